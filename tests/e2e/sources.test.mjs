// Every way in, and every encoding: what was read is what is true of the file.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { reaches, start } from "./support/browser.mjs";
import { TRUTH, assertFigures, drop, figures, fixture, pick } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

describe("each encoding, picked as a file", () => {
  const files = Object.keys(TRUTH).filter((name) => /^sdk\/|otlp-json\/|otlp-proto\//.test(name) && !name.includes("damaged"));
  assert.ok(files.length > 15);
  test(`${files.length} files, one after another on one page`, async () => {
    const page = await spanwise.open();
    for (const name of files) {
      await pick(page, fixture(name));
      await reaches(page, "ready");
      await assertFigures(page, name);
      // The next file's waiting must not be met by this one's marks.
      await page.evaluate(() => performance.clearMarks());
    }
    assert.deepEqual(page.problems, []);
  });
});

describe("each way in", () => {
  const lines = "sdk/collector_traces.jsonl.gz";
  const document = "real/otlp-json/jaegertracing-jaeger-ui__agent-trace.json";
  const text = readFileSync(fixture(document), "utf8");

  test("a drop on the empty page", async () => {
    const page = await spanwise.open();
    await reaches(page, "empty");
    await drop(page, [lines]);
    await reaches(page, "ready");
    await assertFigures(page, lines);
    assert.deepEqual(page.problems, []);
  });

  test("two files dropped together are one data set, and the same file twice is kept once", async () => {
    const page = await spanwise.open();
    await drop(page, [document, { name: "again.json", text }]);
    await reaches(page, "ready");
    await assertFigures(page, document);
    assert.equal((await figures(page)).repaired, TRUTH[document].spans);
  });

  test("a drop that adds to what is open", async () => {
    const page = await spanwise.open();
    await drop(page, [document]);
    await reaches(page, "ready");
    await drop(page, [lines], "Drop to add to what is open");
    const both = TRUTH[document].spans + TRUTH[lines].spans;
    await page.waitForSelector(`[data-testid=load-report][data-spans="${both}"]`);
  });

  test("a folder that is picked: overlapping files are kept once", async () => {
    const page = await spanwise.open();
    await page.setInputFiles("input#open-folder", fixture("real/otlp-proto"));
    await reaches(page, "ready");
    const { spans, repaired } = await figures(page);
    const inFolder = Object.keys(TRUTH).filter((name) => name.startsWith("real/otlp-proto/"));
    assert.equal(spans + repaired, inFolder.reduce((sum, name) => sum + TRUTH[name].spans, 0));
    assert.deepEqual(page.problems, []);
  });

  test("text that is pasted", async () => {
    const page = await spanwise.open();
    await page.evaluate((text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, text);
    await reaches(page, "ready");
    await assertFigures(page, document);
  });

  test("an address in ?url=", async () => {
    const page = await spanwise.open("?url=samples/shop.jsonl.gz");
    await reaches(page, "ready");
    assert.ok((await figures(page)).spans > 1000);
    assert.deepEqual(page.problems, []);
  });

  test("the sample's button", async () => {
    const page = await spanwise.open();
    await page.getByRole("button", { name: /Web shop/ }).click();
    await reaches(page, "ready");
    assert.ok((await figures(page)).traces > 100);
    assert.deepEqual(page.problems, []);
  });
});

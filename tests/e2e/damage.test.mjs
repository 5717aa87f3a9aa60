// What goes wrong: damaged files, files of another kind, a load that is given up, an engine that dies.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { reaches, start } from "./support/browser.mjs";
import { drop, figures, fixture, manySpans, openSample, openTrace, pick, row } from "./support/person.mjs";

let spanwise;
let folder;
before(async () => {
  spanwise = await start();
  folder = await mkdtemp(join(tmpdir(), "spanwise-"));
});
after(async () => {
  await spanwise?.close();
  await rm(folder, { recursive: true, force: true });
});

test("a cut file is read up to the cut, and the report says so", async () => {
  const page = await spanwise.open();
  await pick(page, fixture("sdk/damaged_truncated.jsonl.gz"));
  await reaches(page, "ready");
  const { spans, skipped } = await figures(page);
  // 3,056 spans stand on whole lines; the line that is cut holds seven more that are whole.
  assert.equal(spans, 3063);
  assert.ok(skipped > 0);
  await page.locator("[data-testid=load-report]").click();
  await page.getByText("compressed streams and archives that are damaged or cut").waitFor();
  assert.deepEqual(page.problems, []);
});

test("a file that is no trace leaves a calm panel with a remedy, and what was open", async () => {
  const page = await openSample(spanwise);
  const before = await figures(page);
  await drop(page, [{ name: "holiday.txt", text: "no traces here, only weather\n" }], "Drop to replace what is open");
  const panel = page.getByTestId("failure");
  await panel.waitFor();
  assert.match(await panel.innerText(), /OTLP/);
  assert.deepEqual(await figures(page), before);
  await panel.getByRole("button", { name: "Close" }).click();
  await panel.waitFor({ state: "detached" });
});

test("a load that is given up leaves the page as it was", async () => {
  const page = await openSample(spanwise);
  const before = await figures(page);
  const large = join(folder, "large.jsonl");
  writeFileSync(large, manySpans(100_000, "tree").repeat(8));
  await page.setInputFiles("input#open-files", large);
  await page.getByRole("button", { name: "Cancel" }).click();
  await reaches(page, "ready");
  assert.deepEqual(await figures(page), before);
  await openTrace(page, "POST /checkout");
  assert.deepEqual(page.problems, []);
});

test("an engine that dies is told of, and starts again with the same file", async () => {
  const page = await spanwise.open();
  await pick(page, fixture("sdk/traces_data.pb.gz"));
  await reaches(page, "ready");
  const before = await figures(page);
  const [engine] = page.workers();
  await engine.evaluate(() => {
    setTimeout(() => {
      throw new Error("killed by a test");
    });
  });
  await page.getByTestId("failure").waitFor();
  const opened = await page.evaluate(() => performance.getEntriesByName("spanwise:open")[0].startTime);
  await page.getByRole("button", { name: "Restart and reopen the files" }).click();
  await page.waitForFunction((then) => performance.getEntriesByName("spanwise:open")[0]?.startTime > then, opened);
  await page.waitForSelector("body[data-state=ready] [data-testid=trace-row]");
  assert.deepEqual(await figures(page), before);
  await page.getByTestId("trace-row").first().click();
  await row(page, 0).waitFor();
});

test("text from a file is only ever text", async () => {
  const page = await spanwise.open();
  const evil = "<img src=x onerror=\"document.title='owned'\">";
  const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "00f067aa0ba902b7", name: evil, startTimeUnixNano: "1", endTimeUnixNano: "5" };
  span.attributes = [{ key: evil, value: { stringValue: evil } }, { key: "link", value: { stringValue: "javascript:document.title='owned'" } }];
  const resource = { attributes: [{ key: "service.name", value: { stringValue: evil } }] };
  await drop(page, [{ name: `${evil}.json`, text: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }) }]);
  await reaches(page, "ready");
  await row(page, 0).click();
  const detail = page.getByTestId("span-detail");
  await detail.getByText("javascript:document.title").waitFor();
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await detail.locator("a[href^='javascript']").count(), 0);
  assert.doesNotMatch(await page.title(), /^owned/);
  assert.deepEqual(page.problems, []);
});

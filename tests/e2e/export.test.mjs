// What is open, saved as a file: what is asked, what is told of losses and of what is hidden, and that the file opens again.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";
import { drop, figures } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const TRACE = "5b8efff798038103d269b633813fc60c";
const span = (id, parent, name, more = {}) => ({
  traceId: TRACE,
  spanId: id.padStart(16, "0"),
  parentSpanId: parent && parent.padStart(16, "0"),
  name,
  startTimeUnixNano: "1700000000000000001",
  endTimeUnixNano: "1700000000000900001",
  ...more,
});
const SPANS = [
  span("1", "", "GET /cart", { attributes: [{ key: "user.email", value: { stringValue: "jane@example.com" } }] }),
  span("2", "1", "query", { links: [{ traceId: TRACE, spanId: "0000000000000001" }] }),
  span("3", "2", "read"),
];
const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
const FILE = { name: "cart.json", text: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: SPANS }] }] }) };

const sheet = (page) => page.getByRole("dialog", { name: "Export" });

async function opened(options) {
  const page = await spanwise.open("", options);
  await drop(page, [FILE]);
  await reaches(page, "ready");
  return page;
}

async function save(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), sheet(page).getByRole("button", { name: "Save" }).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test("a file that is saved opens again as what it was", async () => {
  const page = await opened();
  const before = await figures(page);
  await page.keyboard.press("x");
  await sheet(page).waitFor();
  assert.equal(await page.getByTestId("export-losses").textContent(), "Nothing is lost.");
  const { name, bytes } = await save(page);
  assert.equal(name, `trace-${TRACE}.otlp.json.gz`);
  const text = gunzipSync(bytes).toString();
  assert.equal(JSON.parse(text).resourceSpans[0].scopeSpans[0].spans.length, 3);
  await sheet(page).waitFor({ state: "hidden" });
  const again = await spanwise.open();
  await drop(again, [{ name: "again.json", text }]);
  await reaches(again, "ready");
  assert.deepEqual(await figures(again), before);
  assert.deepEqual(page.problems, []);
});

test("losses are told before saving, and a subtree is a choice", async () => {
  const page = await opened();
  await page.keyboard.press("x");
  await sheet(page).getByRole("combobox", { name: "As" }).selectOption({ label: "Zipkin JSON" });
  await page.getByText("links that are left out").waitFor();
  assert.match(await page.getByTestId("export-losses").textContent(), /3 spans whose start or end is cut to whole microseconds/);
  await sheet(page).getByRole("checkbox", { name: "gzip" }).uncheck();
  const { name, bytes } = await save(page);
  assert.equal(name, `trace-${TRACE}.zipkin.json`);
  assert.equal(JSON.parse(bytes.toString()).length, 3);
  assert.deepEqual(page.problems, []);
});

test("what is hidden is shown before saving, and is not in the file", async () => {
  const page = await opened();
  await page.keyboard.press("x");
  await sheet(page).getByRole("checkbox", { name: "Personal data" }).check();
  await sheet(page).getByRole("checkbox", { name: "Ids, by hashing them" }).check();
  await sheet(page).getByText("Rules of your own").click();
  await sheet(page).getByLabel("Mask texts").fill("cart");
  await sheet(page).getByLabel("Mask texts").blur();
  await sheet(page).getByText("Mask “cart”").waitFor();
  const told = await page.getByTestId("export-changes").textContent();
  assert.match(told, /user\.email.*jane@example\.com.*•••/);
  assert.match(told, /GET \/cart.*GET \/•••/);
  const { name, bytes } = await save(page);
  assert.equal(name, "trace.redacted.otlp.json.gz");
  const text = gunzipSync(bytes).toString();
  for (const original of ["jane", "cart", TRACE]) assert.ok(!text.includes(original), original);
  assert.deepEqual(page.problems, []);
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [400, 1600]) {
    test(`the sheet is accessible, ${colorScheme}, ${width} pixels wide`, async () => {
      const page = await opened({ colorScheme, viewport: { width, height: 900 } });
      await page.keyboard.press("x");
      await sheet(page).getByRole("checkbox", { name: "Personal data" }).check();
      await page.getByTestId("export-changes").waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
      const overflow = await sheet(page).evaluate((element) => element.querySelector(".sheet__content").scrollWidth > element.clientWidth);
      assert.ok(!overflow, "it is wider than its sheet");
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/export-${colorScheme}-${width}.png` });
      await page.keyboard.press("Escape");
      await sheet(page).waitFor({ state: "hidden" });
    });
  }
}

test("the sheet can be asked for again at once: what tells that it closed comes later", async () => {
  const page = await opened();
  await page.keyboard.press("x");
  await sheet(page).getByText("Nothing is lost.").waitFor();
  await page.evaluate(async () => {
    const closed = new Promise((told) => document.querySelector("dialog[open]").addEventListener("close", told, { once: true }));
    document.querySelector("dialog[open] [aria-label=Close]").click();
    // Effects run in microtasks, the dialog's event in a task.
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "x", bubbles: true, cancelable: true }));
    await closed;
    await new Promise((passed) => setTimeout(passed, 50));
  });
  await sheet(page).getByRole("checkbox", { name: "Personal data" }).check();
  await page.keyboard.press("Escape");
  await sheet(page).waitFor({ state: "hidden" });
  assert.deepEqual(page.problems, []);
});

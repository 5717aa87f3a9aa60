// Pins and notes: put on spans and traces, kept on the device, seen where they are, found again, and saved along.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";
import { drop, row, selected, waterfall } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const [TRACE, OTHER] = ["5b8efff798038103d269b633813fc60c", "0af7651916cd43dd8448eb211c80319c"];
const span = (trace, id, parent, name) => ({
  traceId: trace,
  spanId: id,
  parentSpanId: parent,
  name,
  startTimeUnixNano: "1700000000000000000",
  endTimeUnixNano: "1700000000000900000",
});
const [ROOT, QUERY] = ["eee19b7ec3c1b174", "b7ad6b7169203331"];
const SPANS = [span(TRACE, ROOT, "", "GET /cart"), span(TRACE, QUERY, ROOT, "query"), span(OTHER, "00f067aa0ba902b7", "", "POST /pay")];
const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
const FILE = { name: "two.json", text: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: SPANS }] }] }) };

async function load(page) {
  await drop(page, [FILE]);
  await reaches(page, "ready");
  await page.getByTestId("trace-row").first().waitFor();
}

async function opened(options) {
  const page = await spanwise.open("", options);
  await load(page);
  return page;
}

async function toTrace(page) {
  await page.locator(`[data-testid=trace-row][data-trace-id="${TRACE}"]`).click();
  await row(page, 1).waitFor();
}

const detail = (page) => page.getByTestId("span-detail");
const sheet = (page) => page.getByRole("dialog", { name: "Export" });
/** The mark of a row. */
const markOf = (locator) => locator.locator(".note-mark");

async function saved(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), sheet(page).getByRole("button", { name: "Save" }).click()]);
  return readFileSync(await download.path()).toString();
}

/** The attributes by span name. */
function attributes(text) {
  const spans = JSON.parse(text).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  return Object.fromEntries(
    spans.map(({ name, attributes = [] }) => [name, Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))]),
  );
}

test("a span is pinned by key, a trace by button, and both are found again after a reload", async () => {
  const page = await opened();
  await toTrace(page);
  await row(page, 1).click();
  await page.keyboard.press("p");
  await page.getByText("Pinned: shop query").waitFor();
  assert.equal(await markOf(row(page, 1)).getAttribute("title"), "Pinned");
  assert.equal(await markOf(row(page, 0)).count(), 0);
  assert.equal(await detail(page).getByRole("button", { name: "Pin the span" }).getAttribute("aria-pressed"), "true");
  const pin = page.getByRole("button", { name: "Pin the trace" });
  await pin.click();
  await page.getByText("Pinned: shop GET /cart").waitFor();
  assert.equal(await pin.getAttribute("aria-pressed"), "true");

  await page.keyboard.press("u");
  const listed = page.locator(`[data-testid=trace-row][data-trace-id="${TRACE}"]`);
  await markOf(listed).waitFor();
  assert.equal(await markOf(page.locator(`[data-testid=trace-row][data-trace-id="${OTHER}"]`)).count(), 0);

  // Another visit with the same data.
  await page.goto(spanwise.url);
  await page.reload();
  await page.waitForFunction(() => globalThis.started);
  await load(page);
  await page.getByRole("button", { name: "Pins and notes: Pinned: 2" }).click();
  await page.getByRole("dialog", { name: "Pins and notes" }).getByRole("button", { name: /shop query/ }).click();
  await selected(page).waitFor();
  assert.equal(await selected(page).getAttribute("data-span-id"), QUERY);

  // And through the palette; of a trace that is not open it says so.
  await page.keyboard.press("Control+k");
  await page.getByRole("group", { name: "Pinned" }).getByRole("option", { name: /shop GET \/cart/ }).click();
  await page.waitForFunction((trace) => location.hash.startsWith(`#/trace/${trace}`), TRACE);

  // The key takes it away again.
  await row(page, 1).click();
  await page.keyboard.press("p");
  await page.getByText("No longer pinned: shop query").waitFor();
  assert.equal(await markOf(row(page, 1)).count(), 0);
  assert.deepEqual(page.problems, []);
});

test("a note is written, kept as it is typed, and seen on its row", async () => {
  const page = await opened();
  await toTrace(page);
  await row(page, 1).click();
  await detail(page).getByRole("button", { name: "Note on the span" }).click();
  const note = detail(page).getByRole("textbox", { name: "Note on the span" });
  await note.waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "span-note");
  await page.keyboard.type("slow since Monday");
  await page.keyboard.press("Enter");
  await page.keyboard.type("zoom e1 ?");
  assert.equal(await note.inputValue(), "slow since Monday\nzoom e1 ?");
  await page.keyboard.press("Escape");
  await markOf(row(page, 1)).waitFor();
  assert.equal(await markOf(row(page, 1)).getAttribute("title"), "Note: slow since Monday\nzoom e1 ?");

  // What was typed last is there even if the box goes away at once.
  await page.getByRole("button", { name: "Note on the trace" }).click();
  await page.waitForFunction(() => document.activeElement?.id === "trace-note");
  await page.keyboard.type("the checkout");
  await page.evaluate(() => (location.hash = "#/traces"));
  await markOf(page.locator(`[data-testid=trace-row][data-trace-id="${TRACE}"]`)).waitFor();
  await toTrace(page);
  await page.waitForFunction(() => document.querySelector("#trace-note")?.value === "the checkout");
  await row(page, 0).click();
  await page.getByRole("textbox", { name: "Note on the span" }).waitFor({ state: "hidden" });
  await row(page, 1).click();
  await page.waitForFunction(() => document.querySelector("#span-note")?.value.startsWith("slow since"));

  // Emptied, it is gone.
  await page.getByRole("textbox", { name: "Note on the trace" }).fill("");
  await waterfall(page).focus();
  await page.getByRole("textbox", { name: "Note on the trace" }).waitFor({ state: "hidden" });
  assert.match(await page.evaluate(() => localStorage.getItem("spanwise-notes-1")), /^0\t5b8e.*\tslow since Monday\\nzoom e1 \?\n$/);
  assert.deepEqual(page.problems, []);
});

test("pins and notes are saved along, hidden as all else is, or left here", async () => {
  const page = await opened();
  await toTrace(page);
  await page.keyboard.press("x");
  await sheet(page).getByText("Nothing is lost.").waitFor();
  assert.equal(await sheet(page).getByRole("checkbox", { name: "With pins and notes" }).count(), 0);
  await page.keyboard.press("Escape");
  await row(page, 1).click();
  await page.keyboard.press("p");
  await page.getByRole("button", { name: "Note on the trace" }).click();
  await page.waitForFunction(() => document.activeElement?.id === "trace-note");
  await page.keyboard.type("ask jane@example.com");
  await page.keyboard.press("Escape");
  await waterfall(page).focus();

  await page.keyboard.press("x");
  const along = sheet(page).getByRole("checkbox", { name: "With pins and notes" });
  await along.waitFor();
  assert.ok(await along.isChecked());
  await sheet(page).getByLabel("This trace").check();
  await sheet(page).getByRole("checkbox", { name: "gzip" }).uncheck();
  assert.deepEqual(attributes(await saved(page)), {
    "GET /cart": { "spanwise.trace.note": "ask jane@example.com" },
    query: { "spanwise.pinned": true },
  });

  await page.keyboard.press("x");
  await sheet(page).getByRole("checkbox", { name: "Personal data" }).check();
  await page.getByTestId("export-changes").getByText("spanwise.trace.note").first().waitFor();
  assert.deepEqual(attributes(await saved(page))["GET /cart"], { "spanwise.trace.note": "ask •••" });

  await page.keyboard.press("x");
  await along.uncheck();
  assert.deepEqual(attributes(await saved(page)), { "GET /cart": {}, query: {} });
  assert.deepEqual(page.problems, []);
});

test("the oldest pin goes when there are too many, and that is said", async () => {
  const page = await spanwise.open();
  await page.evaluate(() => {
    const lines = Array.from({ length: 1000 }, (_, at) => `1\t${at.toString(16).padStart(32, "0")}\t\tpin ${at}\t\n`);
    localStorage.setItem("spanwise-notes-1", lines.join(""));
  });
  await page.reload();
  await page.waitForFunction(() => globalThis.started);
  await load(page);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("p");
  await page.getByText("There is no more room for pins and notes: the oldest was dropped.").waitFor();
  const kept = await page.evaluate(() => localStorage.getItem("spanwise-notes-1").trimEnd().split("\n"));
  assert.equal(kept.length, 1000);
  assert.match(kept[0], /pin 1\t/);
  assert.deepEqual(page.problems, []);
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [400, 1440]) {
    test(`pins and notes are accessible, ${colorScheme}, ${width} pixels wide`, async () => {
      const page = await opened({ colorScheme, viewport: { width, height: 900 } });
      await toTrace(page);
      await row(page, 1).click();
      await page.keyboard.press("p");
      await detail(page).getByRole("button", { name: "Note on the span" }).click();
      await page.waitForFunction(() => document.activeElement?.id === "span-note");
      await page.keyboard.type("slow since Monday: the index was dropped");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Note on the trace" }).click();
      await page.waitForFunction(() => document.activeElement?.id === "trace-note");
      await page.keyboard.type("the checkout");
      assert.deepEqual(await accessibilityProblems(page), []);
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/notes-${colorScheme}-${width}.png` });
      await page.evaluate(() => (location.hash = "#/traces"));
      await markOf(page.getByTestId("trace-row")).first().waitFor();
      await page.getByRole("button", { name: /^Pins and notes/ }).click();
      await page.getByRole("dialog", { name: "Pins and notes" }).getByRole("button").first().waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/pinned-${colorScheme}-${width}.png` });
    });
  }
}

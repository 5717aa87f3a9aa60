// The command palette and pasted ids: all that can be done, by typing a part of its name; everywhere one can go, by what names it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";
import { drop, figures, openSample, openTrace, row, selected, waterfall } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const palette = (page) => page.getByRole("dialog", { name: "Commands" });
const box = (page) => palette(page).getByRole("combobox");
const options = (page) => palette(page).getByRole("option");
/** The option that Enter means. */
const active = (page) => palette(page).locator("[role=option][aria-selected=true]");

async function openPalette(page) {
  await page.keyboard.press("Control+k");
  await box(page).waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "combobox");
}

/** Opens the palette, types, and takes the first option, which has to be `words`. */
async function command(page, typed, words) {
  await openPalette(page);
  await page.keyboard.type(typed);
  await active(page).filter({ hasText: words }).waitFor();
  await page.keyboard.press("Enter");
  await palette(page).waitFor({ state: "hidden" });
}

/** Pastes a text on the page, not into a field. */
const paste = (page, text) =>
  page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);

const at = (page, pattern) => page.waitForFunction((source) => new RegExp(source).test(location.hash), pattern);

const [LONG, OTHER] = ["5b8efff798038103d269b633813fc60c", "0af7651916cd43dd8448eb211c80319c"];
const span = (trace, id, parent, name) => ({
  traceId: trace,
  spanId: id,
  parentSpanId: parent,
  name,
  startTimeUnixNano: "1700000000000000000",
  endTimeUnixNano: "1700000000000900000",
});
const SPANS = [
  span(LONG, "eee19b7ec3c1b174", "", "GET /cart"),
  span(LONG, "b7ad6b7169203331", "eee19b7ec3c1b174", "query"),
  span(OTHER, "00f067aa0ba902b7", "", "POST /pay"),
  span(OTHER, "a2fb4a1d1a96d312", "00f067aa0ba902b7", "charge"),
];
const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
const FILE = { name: "two.json", text: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: SPANS }] }] }) };

async function opened(options) {
  const page = await spanwise.open("", options);
  await drop(page, [FILE]);
  await reaches(page, "ready");
  await page.getByTestId("trace-row").first().waitFor();
  return page;
}

test("commands are found by a part of their name, run by Enter, and the focus comes back", async () => {
  const page = await openSample(spanwise);
  await openTrace(page, "POST /checkout");
  await waterfall(page).focus();
  const total = Number(await waterfall(page).getAttribute("aria-rowcount"));

  // By the button as well, for those without a keyboard.
  await page.getByRole("button", { name: "All commands" }).click();
  await box(page).waitFor();
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "hidden" });
  await waterfall(page).focus();

  await openPalette(page);
  assert.equal(await box(page).getAttribute("aria-controls"), await palette(page).getByRole("listbox").getAttribute("id"));
  const all = await options(page).count();
  assert.ok(all > 30, `${all} commands`);
  assert.match(await options(page).filter({ hasText: "critical path" }).innerText(), /\bc$/);
  // The arrows go from option to option and round the ends, and the box says where they are.
  const ids = async () => [await box(page).getAttribute("aria-activedescendant"), await active(page).getAttribute("id")];
  const first = await ids();
  assert.equal(first[0], first[1]);
  await page.keyboard.press("ArrowDown");
  const second = await ids();
  assert.equal(second[0], second[1]);
  assert.notEqual(second[0], first[0]);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  assert.equal(await active(page).getAttribute("id"), await options(page).last().getAttribute("id"));
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("role")), "treegrid");

  await command(page, "fold all", "Fold all");
  await page.waitForFunction(() => document.querySelector("[role=treegrid]").ariaRowCount === "1");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("role")), "treegrid");
  await command(page, "unfold", "Unfold all");
  await page.waitForFunction((total) => document.querySelector("[role=treegrid]").ariaRowCount === String(total), total);
  await command(page, "crit", "critical path");
  await page.getByTestId("critical-path").waitFor();
  await command(page, "as table", "As a table");
  await page.getByRole("button", { name: "Table", pressed: true }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("a command is there only where it can be done, and keys do what the palette says", async () => {
  const page = await opened();
  await openPalette(page);
  await page.keyboard.type("fold all");
  await palette(page).getByText("Nothing of that name here and now.").waitFor();
  await page.keyboard.press("Control+k");
  await palette(page).waitFor({ state: "hidden" });
  await command(page, "theme dark", "Theme: dark");
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await command(page, "map", "Service map");
  await page.getByTestId("service-map").waitFor();
  await command(page, "find node", "Find a node");
  await page.waitForFunction(() => document.activeElement?.id === "map-find");
  await page.keyboard.press("Escape");
  await command(page, "tables", "The map as tables");
  await page.getByRole("button", { name: "Table", pressed: true }).waitFor();
  await command(page, "help", "Help: all keys");
  await page.getByRole("dialog", { name: "Keys" }).getByText("All commands").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
  await command(page, "latency", "Latency");
  await page.getByTestId("chart-histogram").waitFor();
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement?.id === "trace-filter");
  // From a field, too.
  await command(page, "export", "Export what is shown");
  await page.getByRole("dialog", { name: "Export" }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("traces, services and what was visited are found by name and id", async () => {
  const page = await opened();
  await command(page, LONG.slice(0, 7), "GET /cart");
  await at(page, `^#/trace/${LONG}`);
  await row(page, 0).waitFor();
  await command(page, "POST pay", "POST /pay");
  await at(page, `^#/trace/${OTHER}`);
  await row(page, 0).waitFor();
  // Nothing typed: the trace before this one.
  await openPalette(page);
  const visited = palette(page).getByRole("group", { name: "Visited" }).getByRole("option");
  assert.deepEqual((await visited.allInnerTexts()).map((words) => words.split("\n")[0]), ["shop GET /cart"]);
  await visited.first().click();
  await at(page, `^#/trace/${LONG}`);
  await command(page, "shop", "shop");
  await at(page, "^#/map");
  await page.getByTestId("map-detail").waitFor();
  assert.deepEqual(page.problems, []);
});

test("an id or a header leads to its span, from the palette and pasted anywhere", async () => {
  const page = await opened();
  const goesTo = async (trace, id) => {
    await at(page, `^#/trace/${trace}${id ? `\\?.*span=${id}` : ""}`);
    await (id ? selected(page).and(page.locator(`[data-span-id="${id}"]`)) : row(page, 0)).waitFor();
  };
  await paste(page, ` {${LONG.toUpperCase()}}\n`);
  await goesTo(LONG);
  await paste(page, `traceparent: 00-${OTHER}-a2fb4a1d1a96d312-01\ntracestate: a=b`);
  await goesTo(OTHER, "a2fb4a1d1a96d312");
  await paste(page, "b7ad6b7169203331");
  await goesTo(LONG, "b7ad6b7169203331");
  await paste(page, "X-B3-TraceId: 8448eb211c80319c\nX-B3-SpanId: 00f067aa0ba902b7\nX-B3-Sampled: 1");
  await goesTo(OTHER, "00f067aa0ba902b7");
  await command(page, `b3: ${LONG}-b7ad6b7169203331-1`, `Go to span b7ad6b7169203331 of trace ${LONG}`);
  await goesTo(LONG, "b7ad6b7169203331");

  // Several lines pasted into the palette's one.
  await openPalette(page);
  await box(page).evaluate((box, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, `X-B3-TraceId: ${OTHER}\nX-B3-SpanId: a2fb4a1d1a96d312\n`);
  await active(page).filter({ hasText: "Go to span a2fb4a1d1a96d312" }).waitFor();
  await page.keyboard.press("Enter");
  await goesTo(OTHER, "a2fb4a1d1a96d312");
  assert.deepEqual(page.problems, []);
});

test("what is not in the data is said to be so, and one stays where one is", async () => {
  const page = await opened();
  const hash = await page.evaluate(() => location.hash);
  for (const [text, words] of [
    ["d".repeat(32), `Not in the open data: no trace ${"d".repeat(32)}.`],
    ["0123456789abcdef", "Not in the open data: no span or trace 0123456789abcdef."],
    ["span_id=0123456789abcdef", "Not in the open data: no span 0123456789abcdef."],
  ]) {
    await paste(page, text);
    await page.getByRole("status").getByText(words).waitFor();
    assert.equal(await page.evaluate(() => location.hash), hash);
  }
  await paste(page, `00-${LONG}-0123456789abcdef-01`);
  await page.getByText("Its trace is here, but span 0123456789abcdef is not in it.").waitFor();
  await at(page, `^#/trace/${LONG}`);
  // Any other paste does what it did.
  await paste(page, JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [SPANS[0]] }] }] }));
  await page.waitForSelector('[data-testid=load-report][data-spans="1"]', { state: "attached" });
  assert.equal((await figures(page)).traces, 1);
  assert.deepEqual(page.problems, []);
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [400, 1440]) {
    test(`the palette is accessible, ${colorScheme}, ${width} pixels wide`, async () => {
      const page = await opened({ colorScheme, viewport: { width, height: 900 } });
      await page.getByTestId("trace-row").first().click();
      await row(page, 0).waitFor();
      await openPalette(page);
      assert.deepEqual(await accessibilityProblems(page), []);
      const overflow = await palette(page).evaluate((element) => element.querySelector(".palette__list").scrollWidth > element.clientWidth);
      assert.ok(!overflow, "it is wider than its sheet");
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/palette-${colorScheme}-${width}.png` });
      await page.keyboard.type("shop");
      await palette(page).getByRole("group", { name: "Traces" }).waitFor();
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/palette-typed-${colorScheme}-${width}.png` });
      await page.keyboard.press("Escape");
      await palette(page).waitFor({ state: "hidden" });
    });
  }
}

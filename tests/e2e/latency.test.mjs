// The latency page: charts, brushes by pointer and by keys, the table of operations, what can be saved.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { accessibilityProblems, start } from "./support/browser.mjs";
import { openSample, row } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const CHARTS = ["chart-histogram", "chart-heatmap", "chart-percentiles", "chart-rate"];

/** Opens the sample's latency page and waits until its charts and its table are there. */
async function openLatency(options = {}, query = "") {
  const page = await openSample(spanwise, `?sample=shop#/latency${query}`, options);
  await counted(page);
  await page.getByTestId("red-row").first().waitFor();
  return page;
}

/** How much the charts count. */
async function counted(page) {
  await page.waitForSelector("[data-testid=chart-histogram][data-count]");
  await page.waitForFunction(() => document.querySelector(".latency")?.dataset.loading === "false");
  return Number(await page.getByTestId("chart-histogram").getAttribute("data-count"));
}

/** Waits until the charts count something else than before. */
async function countedAnew(page, before) {
  await page.waitForFunction(
    (before) => {
      const count = document.querySelector("[data-testid=chart-histogram]")?.dataset.count;
      return count !== undefined && count !== String(before) && document.querySelector(".latency").dataset.loading === "false";
    },
    before,
  );
  return counted(page);
}

/** Drags over a part of a chart, given in shares of its size. */
async function drag(page, chart, from, to) {
  const box = await page.getByTestId(chart).boundingBox();
  const at = ([x, y]) => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]));
  await page.mouse.move(...at(to));
  await page.mouse.up();
}

const chips = (page) => page.getByTestId("selection-chip");
const matched = async (page) => Number(await page.getByRole("grid", { name: "Traces" }).getAttribute("aria-rowcount")) - 1;

/** Whether something is painted on a chart's canvas. */
const isPainted = (page, chart) =>
  page.getByTestId(chart).locator("canvas").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colors = new Set(new Uint32Array(data.buffer));
    return colors.size > 10;
  });

test("all spans are counted, every chart is painted and says what it shows", async () => {
  const page = await openLatency();
  const spans = Number(await page.getByTestId("load-report").getAttribute("data-spans"));
  assert.equal(await counted(page), spans);
  for (const chart of CHARTS) {
    assert.ok(await isPainted(page, chart), chart);
    const label = await page.getByTestId(chart).getByRole("img").getAttribute("aria-label");
    assert.match(label, /\d/, chart);
  }
  assert.match(await page.locator("#chart-histogram-summary").innerText(), /p50 .* p95 /);
  await page.getByRole("button", { name: "Traces", exact: true }).last().click();
  const traces = Number(await page.getByTestId("load-report").getAttribute("data-traces"));
  assert.equal(await countedAnew(page, spans), traces);
  assert.deepEqual(page.problems, []);
});

test("a brush on the heatmap narrows all views: charts, list, a trace and back, and away with the chip", async () => {
  const page = await openLatency();
  const all = await counted(page);
  await drag(page, "chart-heatmap", [0.4, 0.2], [0.7, 0.6]);
  await chips(page).first().waitFor();
  const some = await countedAnew(page, all);
  assert.ok(0 < some && some < all, `${some} of ${all}`);
  assert.match(await page.evaluate(() => location.hash), /[?&]b=spans/);

  await page.locator(".top-bar").getByRole("button", { name: "Traces", exact: true }).click();
  await page.getByTestId("trace-row").first().waitFor();
  assert.equal(await chips(page).count(), 1);
  const traces = Number(await page.getByTestId("load-report").getAttribute("data-traces"));
  const few = await matched(page);
  assert.ok(0 < few && few < traces, `${few} of ${traces}`);

  await page.getByTestId("trace-row").first().click();
  await row(page, 0).waitFor();
  await page.goBack();
  await page.getByTestId("trace-row").first().waitFor();
  assert.equal(await chips(page).count(), 1);
  assert.equal(await matched(page), few);

  await chips(page).first().click();
  await page.waitForFunction((all) => Number(document.querySelector("#trace-list").ariaRowCount) - 1 === all, traces);
  await page.locator(".top-bar").getByRole("button", { name: "Latency", exact: true }).click();
  assert.equal(await counted(page), all);
  assert.deepEqual(page.problems, []);
});

test("each chart brushes what it is about: durations, times", async () => {
  const page = await openLatency();
  const all = await counted(page);
  for (const [chart, part] of [["chart-histogram", /~d\d+-\d+/], ["chart-percentiles", /~t\d+-\d+/], ["chart-rate", /~t\d+-\d+/]]) {
    await drag(page, chart, [0.5, 0.5], [0.7, 0.5]);
    await chips(page).first().waitFor();
    assert.ok((await countedAnew(page, all)) < all, chart);
    assert.match(decodeURIComponent(await page.evaluate(() => location.hash)), part, chart);
    await chips(page).first().click();
    await page.waitForFunction((all) => document.querySelector("[data-testid=chart-histogram]")?.dataset.count === String(all), all);
  }
  assert.deepEqual(page.problems, []);
});

test("by keyboard: a cursor reads the bins, Shift grows a region, Enter selects it, Escape lets go", async () => {
  const page = await openLatency();
  const all = await counted(page);
  const chart = page.getByTestId("chart-histogram");
  const said = page.locator("figure", { has: chart }).locator("[aria-live]");
  await chart.focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((el) => /spans/.test(el.textContent), await said.elementHandle());
  const first = await said.textContent();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(([el, first]) => el.textContent !== first, [await said.elementHandle(), first]);
  await page.keyboard.press("Escape");
  await page.waitForFunction((el) => el.textContent.trim() === "", await said.elementHandle());
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Enter");
  await chips(page).first().waitFor();
  const some = await countedAnew(page, all);
  assert.ok(0 < some && some < all);

  const heatmap = page.getByTestId("chart-heatmap");
  await heatmap.focus();
  for (const key of ["ArrowUp", "Shift+ArrowUp", "Shift+ArrowLeft", "Enter"]) await page.keyboard.press(key);
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=selection-chip]").length === 2);
  await page.getByRole("button", { name: "Remove all" }).click();
  await page.waitForFunction((all) => document.querySelector("[data-testid=chart-histogram]")?.dataset.count === String(all), all);
  assert.deepEqual(page.problems, []);
});

test("the pointer reads a bin, and a click on a cell selects it", async () => {
  const page = await openLatency();
  const all = await counted(page);
  const box = await page.getByTestId("chart-rate").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const tip = page.locator(".chart__tip");
  await tip.waitFor();
  assert.match(await tip.innerText(), /\d\d:\d\d/);
  assert.match(await tip.innerText(), /rate/);
  const histogram = await page.getByTestId("chart-histogram").boundingBox();
  await page.mouse.click(histogram.x + histogram.width * 0.5, histogram.y + histogram.height * 0.6);
  await chips(page).first().waitFor();
  assert.ok((await countedAnew(page, all)) < all);
  assert.deepEqual(page.problems, []);
});

test("grouped by service, kind, an attribute; an entry of the legend selects its group", async () => {
  const page = await openLatency();
  const all = await counted(page);
  const groups = () => page.getByTestId("chart-histogram").getAttribute("data-groups").then(Number);
  await page.getByRole("combobox", { name: "Group by" }).selectOption({ label: "Service" });
  await page.waitForFunction(() => Number(document.querySelector("[data-testid=chart-histogram]")?.dataset.groups) > 5);
  const entry = page.getByRole("list", { name: "Groups" }).getByRole("button").first();
  const calls = Number((await entry.locator(".chart-legend__count").innerText()).replace(/\D/g, ""));
  await entry.click();
  assert.equal(await countedAnew(page, all), calls);
  await chips(page).first().click();
  await countedAnew(page, calls);

  await page.getByRole("combobox", { name: "Group by" }).selectOption({ label: "Attribute…" });
  const key = page.getByLabel("Attribute to group by");
  await page.waitForFunction(() => document.querySelectorAll("datalist option").length > 3);
  await key.fill("http.request.method");
  await key.press("Enter");
  await page.waitForFunction(() => /by=attr/.test(location.hash));
  await page.waitForFunction(() => document.querySelector(".latency").dataset.loading === "false");
  assert.ok((await groups()) >= 2);
  assert.deepEqual(page.problems, []);
});

const acts = (page) => page.getByRole("dialog", { name: "What can be done with it" });
const act = (page, name) => acts(page).getByRole("menuitem", { name, exact: true });
const query = (page) => page.getByTestId("query").inputValue();
/** Waits until the query is so, and gives what it is. */
async function queried(page, pattern) {
  await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector("[data-testid=query]").value), pattern.source);
  return query(page);
}

test("a brushed region is written into the query from its chip, and Back takes it out again", async () => {
  const page = await openLatency();
  const all = await counted(page);
  await drag(page, "chart-histogram", [0.5, 0.5], [0.7, 0.5]);
  await chips(page).first().waitFor();
  const some = await countedAnew(page, all);
  await page.getByRole("button", { name: /^Write into the query: Spans: / }).click();
  await act(page, "Filter traces by it").click();
  await queried(page, /^\{ duration >= [\d.]+\w+ && duration < [\d.]+\w+ \}$/);
  await chips(page).first().waitFor({ state: "hidden" });
  assert.equal(await counted(page), some);
  await page.goBack();
  await chips(page).first().waitFor();
  assert.equal(await query(page), "");
  assert.equal(await counted(page), some);
  assert.deepEqual(page.problems, []);
});

test("a bar under the pointer is excluded, and Back takes that back", async () => {
  const page = await openLatency();
  const all = await counted(page);
  const box = await page.getByTestId("chart-histogram").boundingBox();
  await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.7, { button: "right" });
  await acts(page).waitFor();
  // The bar stays marked while it is spoken of.
  await page.locator(".chart__region").waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await act(page, "Exclude it").click();
  await queried(page, /^\{ !\(duration >= \S+ && duration < \S+\) \}$/);
  assert.ok((await countedAnew(page, all)) < all);
  assert.equal(await chips(page).count(), 0);
  await page.goBack();
  await page.waitForFunction((all) => document.querySelector("[data-testid=chart-histogram]")?.dataset.count === String(all), all);
  assert.equal(await query(page), "");
  assert.deepEqual(page.problems, []);
});

test("by keyboard: durations of a heatmap's region go into the query, its time stays a chip, which is said", async () => {
  const page = await openLatency();
  const all = await counted(page);
  await page.getByTestId("chart-heatmap").focus();
  for (const key of ["ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown", "a"]) await page.keyboard.press(key);
  await acts(page).waitFor();
  assert.match(await acts(page).innerText(), /no word for when a span began/);
  await act(page, "Zoom in on it").waitFor();
  // The first has the focus; the next is the filter.
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await queried(page, /^\{ duration >= /);
  assert.match(await chips(page).first().innerText(), /\d\d:\d\d/);
  assert.ok((await countedAnew(page, all)) < all);

  // Of time alone nothing can be written.
  await page.getByTestId("chart-rate").focus();
  await page.keyboard.press("a");
  await acts(page).waitFor();
  assert.equal(await act(page, "Filter traces by it").count(), 0);
  assert.match(await acts(page).innerText(), /only a chip/);
  await act(page, "Zoom in on it").click();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=selection-chip]").length === 2);
  await page.getByRole("button", { name: /^Write into the query: / }).last().click();
  assert.deepEqual(await accessibilityProblems(page), []);
  await act(page, "Remove from the selection").click();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=selection-chip]").length === 1);
  assert.deepEqual(page.problems, []);
});

test("groups of the legend and of the table are filtered, excluded and grouped by", async () => {
  const page = await openLatency({}, "?by=service");
  const all = await counted(page);
  const entry = page.getByRole("list", { name: "Groups" }).getByRole("listitem").filter({ hasText: "cart" }).first();
  const calls = Number((await entry.locator(".chart-legend__count").innerText()).replace(/\D/g, ""));
  await entry.hover();
  await entry.getByRole("button", { name: "Filter, exclude or color by cart" }).click();
  await act(page, "Exclude it").click();
  await queried(page, /^\{ !\(resource\.service\.name = "cart"\) \}$/);
  assert.equal(await countedAnew(page, all), all - calls);
  await page.goBack();
  await page.waitForFunction((all) => document.querySelector("[data-testid=chart-histogram]")?.dataset.count === String(all), all);
  // The same by keyboard: the entry has the focus.
  await entry.getByRole("button").first().focus();
  await page.keyboard.press("a");
  await act(page, "Filter traces by it").click();
  await queried(page, /^\{ resource\.service\.name = "cart" \}$/);
  assert.equal(await countedAnew(page, all), calls);
  await page.goBack();
  await page.waitForFunction((all) => document.querySelector("[data-testid=chart-histogram]")?.dataset.count === String(all), all);

  const operation = page.getByTestId("red-row").first();
  const of = Number(await operation.getAttribute("data-calls"));
  await operation.locator(".operations__name").click({ button: "right" });
  await acts(page).getByRole("button", { name: "Operation", exact: true }).waitFor();
  await act(page, "Filter traces by it").click();
  await queried(page, /^\{ resource\.service\.name = ".+" && name = ".+" \}$/);
  assert.equal(await countedAnew(page, all), of);
  // Of traces only what they are as a whole is written.
  await page.goto(new URL(`?sample=shop#/latency?of=traces&by=service`, spanwise.url).href);
  await page.reload();
  await counted(page);
  await page.getByRole("list", { name: "Groups" }).getByRole("button").first().focus();
  await page.keyboard.press("a");
  await act(page, "Filter traces by it").click();
  await queried(page, /^\{ trace:rootService = ".+" \}$/);
  assert.deepEqual(page.problems, []);
});

test("the table of operations sorts, filters, narrows, and leads to traces", async () => {
  const page = await openLatency();
  const all = await counted(page);
  const rows = page.getByTestId("red-row");
  const calls = () => rows.evaluateAll((rows) => rows.map((row) => Number(row.dataset.calls)));
  const head = page.getByRole("columnheader", { name: "Calls" });
  await head.getByRole("button").click();
  await page.waitForFunction(() => {
    const calls = [...document.querySelectorAll("[data-testid=red-row]")].map((row) => Number(row.dataset.calls));
    return calls.every((count, at) => at === 0 || count <= calls[at - 1]);
  });
  assert.equal(await head.getAttribute("aria-sort"), "descending");
  await head.getByRole("button").click();
  await page.waitForFunction(() => {
    const calls = [...document.querySelectorAll("[data-testid=red-row]")].map((row) => Number(row.dataset.calls));
    return calls.every((count, at) => at === 0 || count >= calls[at - 1]);
  });
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  assert.equal((await calls()).reduce((sum, count) => sum + count, 0), all);

  const before = await rows.count();
  await page.getByLabel("Filter operations by service or name").fill("checkout");
  await page.waitForFunction((before) => {
    const count = document.querySelectorAll("[data-testid=red-row]").length;
    return 0 < count && count < before;
  }, before);
  const [few] = await calls();
  await rows.first().locator(".operations__name").click();
  assert.equal(await countedAnew(page, all), few);
  await chips(page).first().click();
  await countedAnew(page, few);

  await page.getByRole("button", { name: /Slowest / }).first().click();
  await page.waitForFunction(() => /^#\/trace\//.test(location.hash) && /span=/.test(location.hash));
  await row(page, 0).waitFor();
  await page.goBack();
  await rows.first().waitFor();
  await page.getByLabel("Filter operations by service or name").fill("no such operation");
  await page.getByRole("button", { name: "Show all operations" }).click();
  await page.waitForFunction((before) => document.querySelectorAll("[data-testid=red-row]").length === before, before);
  assert.deepEqual(page.problems, []);
});

test("charts and table are saved as SVG, PNG and CSV", async () => {
  const page = await openLatency({}, "?by=service");
  const all = await counted(page);
  const saved = async (click) => {
    const [download] = await Promise.all([page.waitForEvent("download"), click()]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  };
  const choose = (chart, words) => async () => {
    const figure = page.locator("figure", { has: page.getByTestId(chart) });
    await figure.locator("summary").click();
    await figure.getByRole("button", { name: words }).click();
  };
  for (const chart of CHARTS) {
    const svg = await saved(choose(chart, "SVG picture"));
    assert.match(svg.name, /\.svg$/);
    const isXml = await page.evaluate(
      (text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror") === null,
      svg.bytes.toString(),
    );
    assert.ok(isXml && svg.bytes.length > 1000, chart);
    const png = await saved(choose(chart, "PNG picture"));
    assert.match(png.name, /\.png$/);
    assert.deepEqual([...png.bytes.subarray(1, 4)], [0x50, 0x4e, 0x47]);
    assert.ok(png.bytes.readUInt32BE(16) >= 1280, "twice the size");
    const csv = await saved(choose(chart, "CSV figures"));
    assert.match(csv.name, /\.csv$/);
    assert.ok(csv.bytes.includes("\r\n"));
  }
  const csv = await saved(() => page.getByRole("button", { name: "Export CSV" }).click());
  const [head, ...lines] = csv.bytes.toString().trimEnd().split("\r\n");
  const calls = head.split(",").indexOf("calls");
  // No name in the sample needs quotes.
  assert.equal(lines.reduce((sum, line) => sum + Number(line.split(",")[calls]), 0), all);
  assert.deepEqual(page.problems, []);
});

test("where nothing matches, the way back is offered", async () => {
  const page = await openLatency();
  const all = await counted(page);
  await page.keyboard.press("f");
  await page.keyboard.type("no such service anywhere");
  await page.getByRole("button", { name: "Show all", exact: true }).click();
  await page.waitForFunction((all) => document.querySelector("[data-testid=chart-histogram]")?.dataset.count === String(all), all);
  assert.deepEqual(page.problems, []);
});

for (const colorScheme of ["light", "dark"]) {
  describe(colorScheme, () => {
    for (const width of [360, 1280, 2560]) {
      test(`${width} px wide`, async () => {
        const page = await openLatency({ colorScheme, viewport: { width, height: 900 } }, "?by=service");
        assert.deepEqual(await accessibilityProblems(page), []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
        await page.getByTestId("chart-heatmap").focus();
        await page.keyboard.press("ArrowRight");
        assert.deepEqual(await accessibilityProblems(page), []);
        assert.deepEqual(page.problems, []);
      });
    }
  });
}

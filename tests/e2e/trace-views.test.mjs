// The trace page's other views: the critical path, colors by anything, the span table; by keyboard, by mouse and by address.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";
import { drop, manySpans, openSample, openTrace, row, selected, waterfall } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const table = (page) => page.getByRole("grid", { name: "Spans as a table" });
const tableRow = (page, at) => table(page).locator("[role=row][data-span-id]").nth(at);
const head = (page, name) => table(page).getByRole("columnheader", { name });
const column = async (page, at) => {
  const rows = table(page).locator("[role=row][data-span-id]");
  return rows.evaluateAll(
    (rows, at) =>
      rows
        .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
        .map((row) => row.children[at]?.innerText.trim())
        .filter((text) => text !== undefined),
    at,
  );
};
const columnNames = (page) => table(page).getByRole("columnheader").allInnerTexts().then((texts) => texts.map((text) => text.trim()));
const hash = (page) => page.evaluate(() => location.hash);

/** Opens the trace with the most errors of the sample. */
async function openFailing(page) {
  await page.getByRole("button", { name: "Errors", exact: true }).click();
  await page.waitForFunction(() => document.querySelector("[data-testid=trace-row]")?.innerText.includes("POST /checkout"));
  await openTrace(page, "POST /checkout");
}

test("keys 1, 2 and 3 show the trace in three ways, which the address keeps and Back undoes", async () => {
  const page = await openSample(spanwise);
  await openFailing(page);
  const pressed = () => page.getByRole("group", { name: "Show as" }).locator("[aria-pressed=true]").innerText();
  assert.equal(await pressed(), "Waterfall");
  await page.keyboard.press("2");
  await page.getByTestId("flame-graph").waitFor();
  assert.equal(await pressed(), "Flame graph");
  await page.keyboard.press("3");
  await table(page).waitFor();
  assert.match(await hash(page), /[?&]as=table/);
  await page.goBack();
  await page.getByTestId("flame-graph").waitFor();
  assert.match(await hash(page), /[?&]as=flame/);
  await page.keyboard.press("1");
  await waterfall(page).waitFor();
  assert.doesNotMatch(await hash(page), /[?&]as=/);
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await tableRow(page, 0).waitFor();
  await page.reload();
  await reaches(page, "ready");
  await tableRow(page, 0).waitFor();
  assert.deepEqual(page.problems, []);
});

test("what is selected in the table is selected in the waterfall too", async () => {
  const page = await openSample(spanwise);
  await openFailing(page);
  await page.keyboard.press("3");
  await tableRow(page, 0).waitFor();
  await table(page).focus();
  for (const key of ["Home", "ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
  const detail = page.getByTestId("span-detail");
  await detail.getByText("Attributes").first().waitFor();
  await page.waitForFunction(() => /[?&]span=/.test(location.hash));
  const span = await table(page).locator("[role=row][aria-selected=true]").getAttribute("data-span-id");
  assert.match(await hash(page), new RegExp(`span=${span}`));
  await page.keyboard.press("1");
  await selected(page).waitFor();
  assert.equal(await selected(page).getAttribute("data-span-id"), span);
  await detail.waitFor();
  assert.deepEqual(page.problems, []);
});

test("the table sorts by any column, takes attributes as columns, filters and groups", async () => {
  const page = await openSample(spanwise);
  await openFailing(page);
  await page.keyboard.press("3");
  await tableRow(page, 0).waitFor();
  const spans = Number(await table(page).getAttribute("aria-rowcount")) - 1;

  // The longest first; by name from A to Z; by the same again, the other way round.
  assert.equal(await head(page, "Duration").getAttribute("aria-sort"), "descending");
  await head(page, "Name").getByRole("button").click();
  await page.waitForFunction(() => /[?&]sort=name/.test(location.hash));
  await page.waitForFunction(() => document.querySelector("[data-testid=span-table]").ariaBusy === "false");
  assert.equal(await head(page, "Name").getAttribute("aria-sort"), "ascending");
  const up = await column(page, 1);
  assert.ok(up.length > 10 && up[0] <= up.at(-1), up.join("\n"));
  await head(page, "Name").getByRole("button").click();
  await page.waitForFunction((first) => document.querySelector("[data-testid=span-table] [aria-rowindex='2']").children[1].innerText.trim() !== first, up[0]);
  assert.equal(await head(page, "Name").getAttribute("aria-sort"), "descending");

  // An attribute as a column, which can be sorted by and taken away.
  const names = await columnNames(page);
  await page.getByRole("button", { name: /^Attribute as a column/ }).click();
  const menu = page.getByRole("dialog", { name: "Attribute as a column" });
  await menu.getByRole("searchbox").fill("method");
  const key = (await menu.getByRole("button").first().locator(".menu__words").innerText()).trim();
  await page.keyboard.press("Enter");
  await head(page, key).waitFor();
  assert.deepEqual(await columnNames(page), [...names, key]);
  await head(page, key).getByRole("button", { name: key, exact: true }).click();
  await page.waitForFunction(() => /[?&]sort=attr/.test(location.hash));
  await page.reload();
  await reaches(page, "ready");
  await head(page, key).waitFor();
  assert.equal(await head(page, key).getAttribute("aria-sort"), "ascending");
  await head(page, key).getByRole("button", { name: `Column ${key}` }).click();
  await page.getByRole("button", { name: `Remove the column ${key}` }).click();
  await page.waitForFunction((count) => document.querySelectorAll("[data-testid=span-table] [role=columnheader]").length === count, names.length);

  // The same text that the waterfall is searched for.
  await page.keyboard.press("f");
  await page.keyboard.type("charge");
  await page.waitForFunction((spans) => Number(document.querySelector("[data-testid=span-table]").ariaRowCount) - 1 < spans, spans);
  assert.match(await page.locator(".trace-find__count").innerText(), /^\d+ of \d+/);
  await page.getByTestId("find").fill("");
  await page.waitForFunction((spans) => Number(document.querySelector("[data-testid=span-table]").ariaRowCount) - 1 === spans, spans);

  // Grouped by service, then by kind: the counts add up to the spans.
  await page.getByRole("button", { name: /^Group by/ }).click();
  await page.getByRole("dialog", { name: "Group by" }).getByRole("button", { name: "Service", exact: true }).click();
  await head(page, "p95").waitFor();
  const sum = async (at) => (await column(page, at)).reduce((sum, text) => sum + Number(text.replace(/\D/g, "")), 0);
  assert.deepEqual(await columnNames(page), ["Service", "Spans", "Errors", "Total", "Self", "p50", "p95", "Max"]);
  assert.equal(await sum(1), spans);
  await page.getByRole("button", { name: /^Then by/ }).click();
  await page.getByRole("dialog", { name: "Then by" }).getByRole("button", { name: "Kind", exact: true }).click();
  await head(page, "Kind").waitFor();
  assert.equal(await sum(2), spans);
  await page.waitForFunction(() => /[?&]group=service/.test(location.hash));
  assert.deepEqual(page.problems, []);
});

test("the table is saved as CSV, whole and exact", async () => {
  const page = await spanwise.open();
  await drop(page, [{ name: "tree.jsonl", text: manySpans(2500, "tree") }]);
  await reaches(page, "ready");
  await row(page, 0).waitFor();
  await page.keyboard.press("3");
  await tableRow(page, 0).waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const lines = readFileSync(await (await download).path(), "utf8").trimEnd().split("\r\n");
  assert.equal(lines[0], "Service,Name,Kind,Status,Start (ns),Duration (ns),Self (ns),Critical (ns),Children");
  assert.equal(lines.length, 1 + 2500);
  const durations = lines.slice(1).map((line) => Number(line.split(",")[5]));
  assert.deepEqual(durations, durations.toSorted((a, b) => b - a));
  assert.deepEqual(page.problems, []);
});

test("100,000 spans as a table: only rows in view exist, and its end is a key away", async () => {
  const page = await spanwise.open();
  await drop(page, [{ name: "tree.jsonl", text: manySpans(100_000, "tree") }]);
  await reaches(page, "ready");
  await row(page, 0).waitFor();
  await page.keyboard.press("3");
  await tableRow(page, 0).waitFor();
  assert.equal(await table(page).getAttribute("aria-rowcount"), "100001");
  await table(page).focus();
  await page.keyboard.press("End");
  await table(page).locator("[aria-rowindex='100001'][data-span-id]").waitFor();
  assert.ok((await table(page).getByRole("row").count()) < 100);
  assert.deepEqual(page.problems, []);
});

test("bars are colored by an attribute, with a legend that counts", async () => {
  const page = await openSample(spanwise);
  await openFailing(page);
  const spans = Number(await waterfall(page).getAttribute("aria-rowcount"));
  const dots = () => waterfall(page).locator(".waterfall__dot").evaluateAll((dots) => dots.map((dot) => dot.style.getPropertyValue("--waterfall-service")).join(" "));
  const before = await dots();
  await page.getByRole("button", { name: /^Color by/ }).click();
  await page.getByRole("dialog", { name: "Color by" }).getByRole("button", { name: "Kind", exact: true }).click();
  const legend = page.getByTestId("legend");
  await legend.getByText("Client", { exact: true }).waitFor();
  await page.waitForFunction((before) => [...document.querySelectorAll(".waterfall__dot")].map((dot) => dot.style.getPropertyValue("--waterfall-service")).join(" ") !== before, before);
  const counts = await legend.locator(".legend__count").allInnerTexts();
  assert.equal(counts.map(Number).reduce((a, b) => a + b), spans);
  await page.waitForFunction(() => /[?&]color=kind/.test(location.hash));

  // Any attribute, found by typing.
  await page.getByRole("button", { name: /^Color by/ }).click();
  await page.keyboard.type("http");
  // The keys come from the engine.
  await page.getByRole("dialog", { name: "Color by" }).getByRole("button", { name: /http/ }).first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /[?&]color=attr/.test(location.hash));
  await legend.getByRole("heading", { name: /http/ }).waitFor();
  // What has no such attribute has a color of its own kind.
  await legend.getByText(/^no http/).waitFor();
  await page.getByRole("button", { name: "Close the legend" }).click();
  await legend.waitFor({ state: "hidden" });
  assert.deepEqual(page.problems, []);
});

test("the critical path is drawn and broken down, and its operations lead to their spans", async () => {
  const page = await openSample(spanwise);
  await openFailing(page);
  const picture = () => page.locator(".waterfall__bars").evaluate((canvas) => canvas.toDataURL());
  const before = await picture();
  await page.keyboard.press("c");
  const panel = page.getByTestId("critical-path");
  await panel.getByRole("list", { name: "Operations on the critical path" }).waitFor();
  await page.waitForFunction(() => /[?&]critical=1/.test(location.hash));
  await page.waitForTimeout(100);
  assert.notEqual(await picture(), before);

  const percents = await panel.getByRole("list", { name: "Services on the critical path" }).locator(".critical__percent").allInnerTexts();
  const sum = percents.reduce((sum, text) => sum + Number(text.match(/[\d.]+/)[0]), 0);
  assert.ok(sum > 95 && sum < 105, percents.join(" "));
  await panel.getByText("What is this?").click();
  await panel.getByText(/finished last/).waitFor();

  const operation = panel.getByRole("list", { name: "Operations on the critical path" }).getByRole("button").nth(1);
  const name = (await operation.locator(".critical__name").innerText()).trim();
  await operation.click();
  await selected(page).waitFor();
  const title = (await selected(page).locator(".waterfall__title").innerText()).trim();
  assert.ok(name.startsWith(title), `${name} led to ${title}`);
  await page.keyboard.press("c");
  await panel.waitFor({ state: "hidden" });
  assert.deepEqual(page.problems, []);
});

for (const colorScheme of ["light", "dark"]) {
  describe(colorScheme, () => {
    for (const width of [360, 1280]) {
      test(`${width} px wide`, async () => {
        const page = await openSample(spanwise, "?sample=shop", { colorScheme, viewport: { width, height: 800 } });
        const isClean = async (view) => {
          assert.deepEqual(await accessibilityProblems(page), [], view);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(overflow <= 0, `${view} is ${overflow} px wider than the screen`);
        };
        await page.getByTestId("trace-row").first().waitFor();
        await openTrace(page, "POST /checkout");
        await page.keyboard.press("c");
        await page.getByRole("list", { name: "Operations on the critical path" }).waitFor();
        await isClean("the critical path");
        await page.getByRole("button", { name: /^Color by/ }).click();
        await page.getByRole("dialog", { name: "Color by" }).getByRole("button", { name: "Status", exact: true }).waitFor();
        await isClean("the menu of colors");
        await page.getByRole("dialog", { name: "Color by" }).getByRole("button", { name: "Status", exact: true }).click();
        await page.getByTestId("legend").getByText("Unset").waitFor();
        await isClean("the legend");
        await page.keyboard.press("c");
        await page.keyboard.press("3");
        await tableRow(page, 0).waitFor();
        await isClean("the table");
        await page.keyboard.press("2");
        await page.getByTestId("flame-graph").waitFor();
        await isClean("the flame graph");
        await page.getByRole("button", { name: /most self time/ }).click();
        await page.getByRole("region", { name: /most self time/ }).waitFor();
        await isClean("the flame graph's table");
        assert.deepEqual(page.problems, []);
      });
    }
  });
}

// A million spans: in one trace, and as a hundred thousand traces of ten. Whatever is done, the main thread is given no more than a
// screen takes, and all rows can be reached.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertNoMore, loadOf, reaches, scratch, start } from "./support/browser.mjs";
import { writeSpans } from "./support/million.mjs";
import { row, waterfall } from "./support/person.mjs";

let spanwise;
const folder = scratch();
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

/** Opens a file of so many traces of so many spans, and checks that the report counts them; what it gave the main thread to do. */
async function open(page, traces, each) {
  const file = join(folder, `${traces}x${each}.pb`);
  writeSpans(file, traces, each);
  const load = await loadOf(page, async () => {
    await page.setInputFiles("input#open-files", file);
    await reaches(page, "ready", 120_000);
    await (traces === 1 ? row(page, 0) : page.getByTestId("trace-row").first()).waitFor();
  });
  rmSync(file);
  const report = await page.getByTestId("load-report").evaluate((element) => ({ ...element.dataset }));
  assert.deepEqual(
    [report.spans, report.traces, report.roots, report.orphans, report.errors],
    [traces * each, traces, traces, 0, Math.floor(traces * each / 997)].map(String),
  );
  return load;
}

const counted = (page, rows) =>
  page.waitForFunction((rows) => document.querySelector("[role=treegrid]")?.ariaRowCount === String(rows), rows, { timeout: 20_000 });
const shows = (page, index) =>
  page.waitForFunction((index) => document.querySelector(`[role=treegrid] [role=row][aria-rowindex="${index}"][data-span-id]`) !== null, index);

/** Opens a trace of so many spans and does with it what can be done; what each step gave the main thread to do. */
async function useTrace(spans) {
  const page = await spanwise.open();
  const opening = await open(page, 1, spans);
  const load = (act) => loadOf(page, act);
  const grid = waterfall(page);

  const unfolding = await load(async () => {
    await page.getByRole("button", { name: "Unfold all" }).click();
    await counted(page, spans);
  });
  const wheeling = await load(async () => {
    const box = await grid.boundingBox();
    await page.mouse.move(box.x + 300, box.y + 200);
    for (let turn = 0; turn < 40; turn++) await page.mouse.wheel(0, turn < 25 ? 1200 : -2500);
    await shows(page, 1);
  });
  const jumping = await load(async () => {
    await row(page, 3).click();
    await page.keyboard.press("End");
    await shows(page, spans);
    for (const key of ["PageUp", "ArrowUp", "ArrowDown", "PageDown"]) await page.keyboard.press(key);
    await page.keyboard.press("Home");
    await shows(page, 1);
  });
  const dragging = await load(async () => {
    // As the scroll bar is dragged: in leaps over all of it.
    for (let part = 1; part <= 10; part++) {
      await grid.evaluate((grid, part) => (grid.scrollTop = ((grid.scrollHeight - grid.clientHeight) * part) / 10), part);
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(painted)));
    }
    await shows(page, spans);
  });
  const folding = await load(async () => {
    await page.getByRole("button", { name: "Fold all", exact: true }).click();
    await counted(page, 1);
    await page.getByRole("button", { name: "Unfold all" }).click();
    await counted(page, spans);
  });
  const zooming = await load(async () => {
    const box = await grid.boundingBox();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 200);
    await page.keyboard.down("Control");
    for (let turn = 0; turn < 60; turn++) {
      await page.mouse.wheel(0, -240);
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(painted)));
    }
    await page.keyboard.up("Control");
    await page.waitForFunction(() => /[?&]from=/.test(location.hash));
  });
  const [, from, to] = /from=(\d+)&to=(\d+)/.exec(await page.evaluate(() => location.hash));
  assert.ok(Number(to) - Number(from) <= 1000, `zoomed in to ${to - from} ns`);
  const finding = await load(async () => {
    await page.keyboard.press("0");
    await page.getByTestId("find").fill(`item-${Math.floor(spans * 0.777777)}`);
    await page.waitForFunction(() => /\b1 (span|of)|^1\b/.test(document.querySelector(".trace-find__count")?.textContent ?? ""));
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("[role=treegrid] [aria-selected=true]") !== null);
  });
  assert.deepEqual(page.problems, []);
  await page.context().close();
  return { opening, unfolding, wheeling, jumping, dragging, folding, zooming, finding };
}

test("a million spans in one trace: open, scroll, jump, fold, zoom, find", async () => {
  assertNoMore(await useTrace(1_000_000), await useTrace(10_000));
});

/** Opens so many traces of ten spans, sorts and filters them; what that gave the main thread to do. */
async function useList(traces) {
  const page = await spanwise.open();
  const opening = await open(page, traces, 10);
  const rows = page.getByTestId("trace-row");
  const using = await loadOf(page, async () => {
    const headers = page.getByRole("columnheader").filter({ has: page.getByRole("button") });
    const n = await headers.count();
    assert.ok(n >= 5, `${n} columns to sort by`);
    for (let at = 0; at < n; at++) {
      await headers.nth(at).getByRole("button").click();
      await page.waitForFunction((at) => [...document.querySelectorAll("[role=columnheader]")].filter((header) => header.querySelector("button"))[at].ariaSort !== "none", at);
      await rows.first().waitFor();
    }
    // The id of the last trace, so that all others have to be looked at.
    await page.getByTestId("query").fill((traces - 1).toString(16).padStart(8, "0"));
    await page.waitForFunction(() => document.querySelectorAll("[data-testid=trace-row]").length === 1);
  });
  assert.deepEqual(page.problems, []);
  await page.context().close();
  return { opening, using };
}

test("a hundred thousand traces of ten: open, sort by each column, filter", async () => {
  assertNoMore(await useList(100_000), await useList(10_000));
});

// A trace of 100,000 spans never holds the page up: scrolling, jumping, folding, zooming and finding take no task on the main
// thread over 50 ms. Opening builds the whole view once, with code that runs for the first time; it may take longer, though not by the
// number of spans.
//
// Tasks are measured in the processor time of their thread, not by the clock, so that a busy machine does not decide the outcome.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { reaches, scratch, start, tasksOver } from "./support/browser.mjs";
import { manySpans, row } from "./support/person.mjs";

/** The longest that a task may take, in milliseconds. */
const LIMIT = 50;
const LIMIT_OPENING = 150;

let spanwise;
const folder = scratch();
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

test("a task that is too long is seen", async () => {
  const page = await spanwise.open("?sample=shop");
  await reaches(page, "ready");
  const long = await tasksOver(spanwise.browser, LIMIT, page, () =>
    page.evaluate(async () => {
      // Enough small tasks to be a trace at all, and one that is none of them.
      for (let turn = 0; turn < 200; turn++) await new Promise((done) => setTimeout(done));
      let sum = 0;
      for (let turn = 0; turn < 5e8; turn++) sum = (sum + turn) | 0;
      globalThis.sum = sum;
    }),
  );
  assert.ok(long.length >= 1);
});

for (const shape of ["tree", "chain"]) {
  test(`100,000 spans (${shape}): open, scroll, jump, fold, zoom, find`, async () => {
    const file = join(folder, `${shape}.jsonl`);
    writeFileSync(file, manySpans(100_000, shape));
    const page = await spanwise.open();
    const opening = await tasksOver(spanwise.browser, LIMIT_OPENING, page, async () => {
      await page.setInputFiles("input#open-files", file);
      await reaches(page, "ready");
      await row(page, 0).waitFor();
    });
    const scrolling = await tasksOver(spanwise.browser, LIMIT, page, async () => {
      await page.mouse.move(400, 500);
      for (let turn = 0; turn < 40; turn++) await page.mouse.wheel(0, turn < 25 ? 1200 : -2500);
      await row(page, 3).click();
      for (const key of ["End", "Home", "PageDown", "ArrowDown", "ArrowLeft", "ArrowRight", "z", "0"]) await page.keyboard.press(key);
    });
    const folding = await tasksOver(spanwise.browser, LIMIT, page, async () => {
      await page.getByRole("button", { name: "Fold all", exact: true }).click();
      await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row][data-span-id]").length < 3);
      await page.getByRole("button", { name: "Unfold all" }).click();
      await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row][data-span-id]").length > 5);
    });
    const finding = await tasksOver(spanwise.browser, LIMIT, page, async () => {
      await page.keyboard.press("f");
      await page.keyboard.type("/items/77777");
      await page.waitForFunction(() => /\b1 (span|of)|^1\b/.test(document.querySelector(".trace-find__count")?.textContent ?? ""));
      await page.keyboard.press("Enter");
    });
    const found = { opening, scrolling, folding, finding };
    assert.deepEqual(found, { opening: [], scrolling: [], folding: [], finding: [] }, "milliseconds of tasks over the limit");
    assert.deepEqual(page.problems, []);
  });
}

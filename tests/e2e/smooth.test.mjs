// What a trace of 100,000 spans gives the main thread to do is no more than what a small one does: whatever is done with it, messages of
// the worker stay as small as a screen of rows, and so does the page.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertNoMore, loadOf, reaches, scratch, start } from "./support/browser.mjs";
import { manySpans, row } from "./support/person.mjs";

let spanwise;
const folder = scratch();
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

/** Opens a trace of so many spans and uses it as a person would; what each step gave the main thread to do. */
async function use(spans, shape) {
  const file = join(folder, `${shape}-${spans}.jsonl`);
  writeFileSync(file, manySpans(spans, shape));
  const page = await spanwise.open();
  const opening = await loadOf(page, async () => {
    await page.setInputFiles("input#open-files", file);
    await reaches(page, "ready");
    await row(page, 0).waitFor();
  });
  const scrolling = await loadOf(page, async () => {
    await page.mouse.move(400, 500);
    for (let turn = 0; turn < 40; turn++) await page.mouse.wheel(0, turn < 25 ? 1200 : -2500);
    await row(page, 3).click();
    for (const key of ["End", "Home", "PageDown", "ArrowDown", "ArrowLeft", "ArrowRight", "z", "0"]) await page.keyboard.press(key);
  });
  const folding = await loadOf(page, async () => {
    await page.getByRole("button", { name: "Fold all", exact: true }).click();
    await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row][data-span-id]").length < 3);
    await page.getByRole("button", { name: "Unfold all" }).click();
    await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row][data-span-id]").length > 5);
  });
  const finding = await loadOf(page, async () => {
    await page.keyboard.press("f");
    await page.keyboard.type(`/items/${Math.floor(spans * 0.77777)}`);
    await page.waitForFunction(() => /\b1 (span|of)|^1\b/.test(document.querySelector(".trace-find__count")?.textContent ?? ""));
    await page.keyboard.press("Enter");
  });
  assert.deepEqual(page.problems, []);
  await page.context().close();
  return { opening, scrolling, folding, finding };
}

for (const shape of ["tree", "chain"]) {
  test(`100,000 spans (${shape}): open, scroll, jump, fold, zoom, find`, async () => {
    assertNoMore(await use(100_000, shape), await use(2_000, shape));
  });
}

test("what grows with the data is seen", async () => {
  const page = await spanwise.open("?sample=shop");
  await reaches(page, "ready");
  const grow = (by) =>
    loadOf(page, () =>
      page.evaluate((by) => {
        for (let at = 0; at < by; at++) document.body.append(document.createElement("i"));
      }, by),
    );
  const [few, many] = [await grow(10), await grow(10_000)];
  assert.throws(() => assertNoMore({ growing: many }, { growing: few }), /growing: changes 10000 .* elements/);
});

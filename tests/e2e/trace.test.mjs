// The trace page by keyboard, by mouse and by address.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { reaches, start } from "./support/browser.mjs";
import { drop, fixture, manySpans, openSample, openTrace, pick, row, selected, waterfall } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const level = async (locator) => Number(await locator.getAttribute("aria-level"));
const index = async (locator) => Number(await locator.getAttribute("aria-rowindex"));

test("by keyboard: move, fold, go to the parent, see the detail, step through errors", async () => {
  const page = await openSample(spanwise);
  // The list, sorted by errors, by keyboard alone.
  await page.getByRole("button", { name: "Errors", exact: true }).click();
  await page.waitForFunction(() => document.querySelector("[data-testid=trace-row]")?.innerText.includes("POST /checkout"));
  await page.getByRole("grid", { name: "Traces" }).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await row(page, 0).waitFor();
  const grid = waterfall(page);
  const total = Number(await grid.getAttribute("aria-rowcount"));
  assert.ok(total > 20);

  await row(page, 0).click();
  assert.equal(await level(selected(page)), 1);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await page.waitForFunction(() => document.querySelector("[role=treegrid] [aria-selected=true]")?.ariaLevel !== "1");
  await page.keyboard.press("k");
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => document.querySelector("[role=treegrid] [aria-selected=true]")?.ariaLevel === "1");

  // Left folds the root: one row is left. Right unfolds it, and right again goes to its first child.
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row][data-span-id]").length === 1);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row][data-span-id]").length > 5);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector("[role=treegrid] [aria-selected=true]")?.ariaLevel === "2");

  await page.keyboard.press("e");
  const detail = page.getByTestId("span-detail");
  await page.waitForFunction(() => document.querySelector("[role=treegrid] [aria-selected=true]")?.innerText.length > 0);
  await page.keyboard.press("Enter");
  await detail.getByText("Error", { exact: false }).first().waitFor();

  // Zoom to a short span and back, which the address shows.
  await page.keyboard.press("End");
  await page.keyboard.press("z");
  await page.waitForFunction(() => /[?&]from=/.test(location.hash));
  await page.keyboard.press("0");
  await page.waitForFunction(() => !/[?&]from=/.test(location.hash));

  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
  await page.keyboard.press("u");
  await page.getByTestId("trace-row").first().waitFor();
  assert.deepEqual(page.problems, []);
});

test("find counts, steps, marks, and shows matches alone with their ancestors", async () => {
  const page = await openSample(spanwise);
  await openTrace(page, "POST /checkout");
  const rows = async () => Number(await waterfall(page).getAttribute("aria-rowcount"));
  const all = await rows();
  await page.keyboard.press("f");
  await page.keyboard.type("charge");
  const find = page.getByTestId("find");
  assert.equal(await find.inputValue(), "charge");
  const count = page.locator(".trace-find__count");
  await page.waitForFunction(() => /\d/.test(document.querySelector(".trace-find__count")?.textContent ?? ""));
  assert.doesNotMatch(await count.innerText(), /^0\b/);
  await page.keyboard.press("Enter");
  await selected(page).waitFor();
  await page.waitForFunction(() => /1 of/.test(document.querySelector(".trace-find__count")?.textContent ?? ""));
  await page.getByRole("button", { name: "Only matches" }).click();
  await page.waitForFunction((all) => Number(document.querySelector("[role=treegrid]").ariaRowCount) < all, all);
  await find.fill("no such text anywhere");
  await page.waitForFunction(() => /^(no|0)/i.test(document.querySelector(".trace-find__count")?.textContent ?? ""));
  assert.deepEqual(page.problems, []);
});

test("by mouse: fold with the toggle, zoom with the wheel, select, follow the parent", async () => {
  const page = await openSample(spanwise);
  await openTrace(page, "POST /checkout");
  const grid = waterfall(page);
  const all = Number(await grid.getAttribute("aria-rowcount"));
  await page.getByRole("button", { name: "Fold all", exact: true }).click();
  await page.waitForFunction((all) => Number(document.querySelector("[role=treegrid]").ariaRowCount) < all, all);
  await page.getByRole("button", { name: "Unfold all", exact: true }).click();
  await page.waitForFunction((all) => Number(document.querySelector("[role=treegrid]").ariaRowCount) === all, all);

  const box = await grid.boundingBox();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 120);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -400);
  await page.keyboard.up("Control");
  await page.waitForFunction(() => /[?&]from=/.test(location.hash));
  await page.getByRole("button", { name: "Fit" }).click();

  await row(page, 3).click();
  const detail = page.getByTestId("span-detail");
  await detail.getByText("Attributes").first().waitFor();
  const before = await index(selected(page));
  await detail.locator("dt", { hasText: "Parent" }).locator("xpath=following-sibling::dd[1]").getByRole("button").or(detail.locator("dt", { hasText: "Parent" }).locator("xpath=following-sibling::dd[1]").getByRole("link")).first().click();
  await page.waitForFunction((before) => Number(document.querySelector("[role=treegrid] [aria-selected=true]")?.ariaRowIndex) < before, before);
  assert.deepEqual(page.problems, []);
});

test("the address restores trace, span and zoom; back and forward move between them", async () => {
  const page = await openSample(spanwise);
  await openTrace(page, "POST /checkout");
  await row(page, 4).click();
  const span = await row(page, 4).getAttribute("data-span-id");
  await page.keyboard.press("z");
  await page.waitForFunction(() => /[?&]from=/.test(location.hash) && /[?&]span=/.test(location.hash));
  const hash = await page.evaluate(() => location.hash);

  await page.reload();
  await reaches(page, "ready");
  await selected(page).waitFor();
  assert.equal(await selected(page).getAttribute("data-span-id"), span);
  assert.equal(await page.evaluate(() => location.hash), hash);

  await page.getByRole("button", { name: "Back to the traces" }).or(page.getByRole("link", { name: "Back to the traces" })).first().click();
  await page.getByTestId("trace-row").first().waitFor();
  await page.goBack();
  await row(page, 0).waitFor();
  await page.goForward();
  await page.getByTestId("trace-row").first().waitFor();
  assert.deepEqual(page.problems, []);
});

test("a trace that is not in the data is said so", async () => {
  const page = await openSample(spanwise, "?sample=shop#/trace/ffffffffffffffffffffffffffffffff");
  await page.getByRole("alert").getByText(/not|no trace/i).first().waitFor();
});

test("every attribute type is shown exactly", async () => {
  const page = await spanwise.open();
  await pick(page, fixture("traps/values.json"));
  await reaches(page, "ready");
  await row(page, 0).click();
  const detail = page.getByTestId("span-detail");
  await detail.getByText("9223372036854775807").first().waitFor();
  assert.deepEqual(page.problems, []);
});

for (const [shape, depth] of [
  ["tree", null],
  ["chain", 100_000],
]) {
  test(`a trace of 100,000 spans (${shape}) opens, scrolls, jumps to its end, folds and finds`, async () => {
    const page = await spanwise.open();
    await drop(page, [{ name: `${shape}.jsonl`, text: manySpans(100_000, shape) }]);
    await reaches(page, "ready");
    await row(page, 0).waitFor();
    const grid = waterfall(page);
    await page.mouse.move(400, 500);
    for (let turn = 0; turn < 10; turn++) await page.mouse.wheel(0, 1500);
    await page.waitForFunction(() => Number(document.querySelector("[role=treegrid] [role=row][data-span-id]")?.ariaRowIndex) > 100);
    // Never more rows in the page than there is room for.
    assert.ok((await grid.locator("[role=row]").count()) < 150);
    await row(page, 3).click();
    await page.keyboard.press("End");
    await selected(page).waitFor();
    await page.waitForFunction(() => document.querySelector("[role=treegrid] [aria-selected=true]")?.ariaRowIndex > 1000);
    if (depth) await page.waitForFunction((depth) => document.querySelector("[role=treegrid] [aria-selected=true]")?.ariaLevel === String(depth), depth);
    await page.keyboard.press("f");
    await page.keyboard.type("/items/77777");
    await page.waitForFunction(() => /\b1 (span|of)|^1\b/.test(document.querySelector(".trace-find__count")?.textContent ?? ""));
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("[role=treegrid] [aria-selected=true]"));
    await page.getByRole("button", { name: "Fold all", exact: true }).click();
    await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row][data-span-id]").length < 3);
    assert.deepEqual(page.problems, []);
  });
}

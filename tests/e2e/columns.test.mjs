// Columns: any attribute or intrinsic is one, in the trace list and in the span table; sorted, resized, moved, and kept in the address.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityProblems, start } from "./support/browser.mjs";
import { openSample, openTrace } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const LIST = { name: "Traces" };
const TABLE = { name: "Spans as a table" };
const grid = (page, of = LIST) => page.getByRole("grid", of);
const head = (page, name, of) => grid(page, of).getByRole("columnheader").filter({ hasText: name });
const heads = (page, of) => grid(page, of).getByRole("columnheader").allInnerTexts().then((texts) => texts.map((text) => text.trim()));
const edge = (page, name, of) => grid(page, of).getByRole("separator", { name: `Width of ${name}` });
const width = async (page, name, of) => Math.round((await head(page, name, of).boundingBox()).width);
const hash = (page) => page.evaluate(() => location.hash);
const hasHash = (page, pattern) => page.waitForFunction((pattern) => new RegExp(pattern).test(location.hash), pattern);
/** The texts of a column of the list, from the top. */
const column = (page, at) =>
  page.getByTestId("trace-row").evaluateAll(
    (rows, at) => rows.sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((row) => row.children[at]?.innerText.trim()),
    at,
  );

async function opened(options, address = "?sample=shop") {
  const page = await openSample(spanwise, address, options);
  await page.getByTestId("trace-row").first().waitFor();
  return page;
}

/** Adds the first column whose name has the words. */
async function add(page, words, button = "Add a column") {
  await page.getByRole("button", { name: new RegExp(`^${button}`) }).click();
  const menu = page.getByRole("dialog", { name: button });
  await menu.getByRole("searchbox").fill(words);
  const first = menu.getByRole("button").first();
  await first.filter({ hasText: words }).waitFor();
  const name = (await first.locator(".menu__words").innerText()).trim();
  await page.keyboard.press("Enter");
  return name;
}

test("an attribute and an intrinsic as columns of the list: shown, sorted by, kept, moved and removed", async () => {
  const page = await opened();
  const usual = ["Trace", "Duration", "Spans", "Services", "Errors", "Start"];
  assert.deepEqual(await heads(page), usual);
  const key = await add(page, "http.route");
  assert.equal(key, "http.route");
  await head(page, key).waitFor();
  await add(page, "span:childCount");
  await page.waitForFunction(() => document.querySelector("[role=grid]").ariaColCount === "8");
  assert.deepEqual(await heads(page), [...usual, key, "span:childCount"]);
  await page.waitForFunction(() => /^\d+$/.test(document.querySelector("[data-testid=trace-row]").children[7]?.innerText));
  await hasHash(page, "[?&]columns=.http.route%2Cspan%253AchildCount");

  // From A to Z, then the other way round; what has none comes last either way.
  await head(page, key).getByRole("button", { name: key, exact: true }).click();
  await hasHash(page, "[?&]sort=field%3A.http.route");
  await page.waitForFunction(() => {
    const texts = [...document.querySelectorAll("[data-testid=trace-row]")].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((row) => row.children[6]?.innerText);
    return texts[0] !== "" && texts[0] <= texts[10];
  });
  assert.equal(await head(page, key).getAttribute("aria-sort"), "ascending");
  const up = (await column(page, 6)).filter((text) => text !== "");
  assert.deepEqual(up, up.toSorted());
  await head(page, key).getByRole("button", { name: key, exact: true }).click();
  await page.waitForFunction((first) => {
    const text = document.querySelector("[data-testid=trace-row][aria-rowindex='2']")?.children[6]?.innerText;
    return text !== undefined && text !== "" && text > first;
  }, up[0]);
  assert.equal(await head(page, key).getAttribute("aria-sort"), "descending");

  // Moved, it is sorted by still; so it is after a reload.
  await head(page, key).getByRole("button", { name: `Column ${key}` }).click();
  await page.getByRole("dialog", { name: `Column ${key}` }).getByRole("button", { name: "Move right" }).click();
  await page.waitForFunction(() => document.querySelectorAll("[role=grid] [role=columnheader]")[7].innerText.trim() === "http.route");
  assert.equal(await head(page, key).getAttribute("aria-sort"), "descending");
  await hasHash(page, "[?&]columns=span%253AchildCount%2C.http.route");
  await page.reload();
  await head(page, key).waitFor();
  assert.deepEqual(await heads(page), [...usual, "span:childCount", key]);
  assert.equal(await head(page, key).getAttribute("aria-sort"), "descending");

  // Removed, the list is in its own order again.
  await head(page, key).getByRole("button", { name: `Column ${key}` }).click();
  await page.getByRole("button", { name: `Remove the column ${key}` }).click();
  await head(page, key).waitFor({ state: "hidden" });
  assert.deepEqual(await heads(page), [...usual, "span:childCount"]);
  assert.equal(await head(page, "Start").getAttribute("aria-sort"), "descending");
  await page.waitForFunction(() => !/http.route/.test(location.hash));
  assert.deepEqual(page.problems, []);
});

test("a column is as wide as it was made: by dragging, by keys, by itself again", async () => {
  const page = await opened();
  const before = await width(page, "Services");
  const box = await edge(page, "Services").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 60, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  assert.equal(await width(page, "Services"), before + 60);
  assert.equal(await head(page, "Services").getAttribute("aria-sort"), "none");
  await hasHash(page, `[?&]w=services~${before + 60}`);
  // Rows are as wide as their heads.
  const cell = await page.getByTestId("trace-row").first().locator(".trace-list__services").boundingBox();
  assert.equal(Math.round(cell.width), before + 60);
  await edge(page, "Services").focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await width(page, "Services"), before + 52);
  await page.keyboard.press("Shift+ArrowRight");
  assert.equal(await width(page, "Services"), before + 116);
  assert.equal(await edge(page, "Services").getAttribute("aria-valuenow"), String(before + 116));
  await hasHash(page, `[?&]w=services~${before + 116}`);
  await page.reload();
  await page.getByTestId("trace-row").first().waitFor();
  assert.equal(await width(page, "Services"), before + 116);
  await edge(page, "Services").dblclick();
  assert.equal(await width(page, "Services"), before);
  await page.waitForFunction(() => !/[?&]w=/.test(location.hash));
  assert.deepEqual(page.problems, []);
});

test("where columns are wider than the screen, the table scrolls and its head with it", async () => {
  const page = await opened({}, "?sample=shop#/traces?columns=.http.route,kind,status,name&w=name~900,start~400");
  await head(page, "http.route").waitFor();
  const list = grid(page);
  assert.ok((await list.evaluate((list) => list.scrollWidth - list.clientWidth)) > 400);
  await list.evaluate((list) => list.scrollTo({ left: 5000 }));
  const [name, cell] = [await head(page, "name").last().boundingBox(), await page.getByTestId("trace-row").first().locator(".trace-list__field").last().boundingBox()];
  assert.ok(Math.abs(name.x - cell.x) < 1, `${name.x} and ${cell.x}`);
  const inner = await page.evaluate(() => innerWidth);
  assert.ok(cell.x > 0 && cell.x < inner);
  assert.deepEqual(page.problems, []);
});

test("the span table has the same columns and edges", async () => {
  const page = await opened();
  await openTrace(page, "POST /checkout");
  await page.keyboard.press("3");
  await grid(page, TABLE).locator("[role=row][data-span-id]").first().waitFor();
  await add(page, "rootName", "Attribute as a column");
  await head(page, "rootName", TABLE).waitFor();
  const key = await add(page, "http.request", "Attribute as a column");
  await head(page, key, TABLE).waitFor();
  await hasHash(page, "[?&]columns=field%253ArootName%2Chttp");
  const texts = await grid(page, TABLE).locator("[role=row][data-span-id]").evaluateAll((rows) => [...new Set(rows.map((row) => row.children[9].innerText.trim()))]);
  assert.deepEqual(texts, ["POST /checkout"]);
  await edge(page, "rootName", TABLE).focus();
  const before = await width(page, "rootName", TABLE);
  await page.keyboard.press("Shift+ArrowRight");
  assert.equal(await width(page, "rootName", TABLE), before + 64);
  await hasHash(page, "[?&]w=field%253ArootName~");
  await head(page, key, TABLE).getByRole("button", { name: `Column ${key}` }).click();
  await page.getByRole("dialog", { name: `Column ${key}` }).getByRole("button", { name: "Move left" }).click();
  await page.waitForFunction((key) => document.querySelectorAll("[data-testid=span-table] [role=columnheader]")[9].innerText.trim() === key, key);
  await hasHash(page, "[?&]columns=http.*rootName");
  await page.reload();
  await head(page, key, TABLE).waitFor();
  assert.deepEqual((await heads(page, TABLE)).slice(-2), [key, "rootName"]);
  assert.equal(await width(page, "rootName", TABLE), before + 64);
  assert.deepEqual(page.problems, []);
});

for (const colorScheme of ["light", "dark"]) {
  describe(colorScheme, () => {
    for (const width of [400, 1600]) {
      test(`${width} px wide`, async () => {
        const page = await opened({ colorScheme, viewport: { width, height: 800 } }, "?sample=shop#/traces?columns=.http.route,kind&sort=field:kind&dir=asc");
        await head(page, "http.route").getByRole("button", { name: "Column http.route" }).waitFor();
        assert.deepEqual(await accessibilityProblems(page), []);
        await head(page, "http.route").getByRole("button", { name: "Column http.route" }).click();
        await page.getByRole("dialog", { name: "Column http.route" }).waitFor();
        assert.deepEqual(await accessibilityProblems(page), []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
        assert.deepEqual(page.problems, []);
      });
    }
  });
}

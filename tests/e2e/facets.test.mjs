// Facets beside the trace list: what there is of each kind, with counts for the query; a click narrows, and what leaves turns grey first.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityProblems, start } from "./support/browser.mjs";
import { figures, openSample } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const panel = (page) => page.getByRole("complementary", { name: "Facets" });
const facet = (page, name) => panel(page).getByRole("region", { name, exact: true });
const values = (page, name) => facet(page, name).locator(".facet__choose");
const value = (page, name, of) => facet(page, name).locator(`.facet__choose[data-value$="=${of}"]`);
const listed = (page) => page.evaluate(() => Number(document.querySelector("[role=grid][aria-label=Traces]").ariaRowCount) - 1);
const hash = (page) => page.evaluate(() => location.hash);
/** Name, spans selected and spans in all of each value that is shown. */
const counts = (page, name) =>
  values(page, name).evaluateAll((buttons) =>
    buttons.map((button) => [button.querySelector(".facet__name").innerText, Number(button.dataset.selected), Number(button.dataset.all)]),
  );
const hasRows = (page, count) =>
  page.waitForFunction((count) => Number(document.querySelector("[role=grid][aria-label=Traces]").ariaRowCount) - 1 === count, count);
const hasFewer = (page, count) =>
  page.waitForFunction((count) => Number(document.querySelector("[role=grid][aria-label=Traces]").ariaRowCount) - 1 < count, count);

async function opened(options) {
  const page = await openSample(spanwise, "?sample=shop", options);
  await page.getByTestId("trace-row").first().waitFor();
  return page;
}

test("each kind with its counts, which add up to the spans", async () => {
  const page = await opened();
  await values(page, "Service").first().waitFor();
  const { spans, services, errors } = await figures(page);
  for (const name of ["Kind", "Status", "Duration"]) {
    const all = await counts(page, name);
    assert.equal(all.reduce((sum, [, selected]) => sum + selected, 0), spans, name);
    assert.ok(all.every(([, selected, all]) => selected === all), name);
  }
  assert.equal(Number(await facet(page, "Service").locator(".facet__size").innerText()), services);
  assert.deepEqual((await counts(page, "Status")).find(([name]) => name === "Error"), ["Error", errors, errors]);
  assert.deepEqual(page.problems, []);
});

test("a click narrows, the same again takes it back, and what nothing has any more stays, grey", async () => {
  const page = await opened();
  await values(page, "Status").first().waitFor();
  const all = await listed(page);
  await value(page, "Status", "Error").click();
  await hasFewer(page, all);
  await page.waitForFunction(() => /[?&]q=/.test(location.hash));
  const failed = await listed(page);
  await value(page, "Status", "Unset").and(page.locator("[data-selected='0']")).waitFor();
  assert.equal(await value(page, "Status", "Error").getAttribute("aria-pressed"), "true");
  assert.notEqual(await value(page, "Status", "Unset").locator("xpath=..").getAttribute("data-none"), null);
  // What is chosen comes first.
  assert.equal((await counts(page, "Status"))[0][0], "Error");

  // Reloaded, it is chosen still.
  await page.reload();
  await value(page, "Status", "Error").and(page.locator("[aria-pressed=true]")).waitFor();
  assert.equal(await listed(page), failed);
  await value(page, "Status", "Error").click();
  await hasRows(page, all);
  await value(page, "Status", "Error").and(page.locator("[aria-pressed=false]")).waitFor();
  assert.doesNotMatch(await hash(page), /[?&]q=[^&]/);
  assert.deepEqual(page.problems, []);
});

test("the button beside a value, and Alt with a click, exclude it", async () => {
  const page = await opened();
  await values(page, "Status").first().waitFor();
  const error = value(page, "Status", "Error");
  await error.click({ modifiers: ["Alt"] });
  await error.and(page.locator("[data-selected='0']")).waitFor();
  assert.equal(await error.getAttribute("aria-pressed"), "false");
  const kind = (await counts(page, "Kind"))[0][0];
  await facet(page, "Kind").getByRole("button", { name: `Exclude ${kind}` }).focus();
  await page.keyboard.press("Enter");
  await value(page, "Kind", kind).and(page.locator("[data-selected='0']")).waitFor();
  assert.deepEqual(page.problems, []);
});

test("by keyboard: a value keeps the focus when its place changes", async () => {
  const page = await opened();
  await values(page, "Kind").first().waitFor();
  const last = (await counts(page, "Kind")).at(-1)[0];
  await value(page, "Kind", last).focus();
  await page.keyboard.press("Enter");
  await value(page, "Kind", last).and(page.locator("[aria-pressed=true]")).waitFor();
  assert.equal((await counts(page, "Kind"))[0][0], last);
  await page.waitForFunction((last) => document.activeElement?.dataset.value?.endsWith(`=${last}`), last);
  assert.deepEqual(page.problems, []);
});

test("the panel and each facet fold, and stay so", async () => {
  const page = await opened();
  await values(page, "Kind").first().waitFor();
  await facet(page, "Kind").getByRole("button", { name: /^Kind/ }).click();
  await values(page, "Kind").first().waitFor({ state: "hidden" });
  await page.reload();
  await values(page, "Status").first().waitFor();
  assert.equal(await facet(page, "Kind").getByRole("button", { name: /^Kind/ }).getAttribute("aria-expanded"), "false");
  assert.equal(await values(page, "Kind").count(), 0);
  await page.keyboard.press("F");
  await panel(page).waitFor({ state: "hidden" });
  await page.reload();
  await page.getByTestId("trace-row").first().waitFor();
  assert.equal(await panel(page).count(), 0);
  await page.getByRole("button", { name: "Facets", exact: true }).click();
  await values(page, "Status").first().waitFor();
  await page.getByRole("button", { name: "Close the facets" }).click();
  await panel(page).waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Facets");
  assert.deepEqual(page.problems, []);
});

test("any attribute is a facet, which the address keeps", async () => {
  const page = await opened();
  await values(page, "Service").first().waitFor();
  await panel(page).getByRole("button", { name: /^Attribute as a facet/ }).click();
  const menu = page.getByRole("dialog", { name: "Attribute as a facet" });
  await menu.getByRole("searchbox").fill("version");
  await menu.getByRole("button").first().waitFor();
  const key = (await menu.getByRole("button").first().locator(".menu__words").innerText()).trim();
  await page.keyboard.press("Enter");
  await values(page, key).first().waitFor();
  await page.waitForFunction((key) => new RegExp(`[?&]facets=[^&]*${key}`).test(location.hash), key);
  const had = await panel(page).getByRole("region").evaluateAll((facets) => facets.map((facet) => facet.ariaLabel));
  await page.reload();
  await values(page, key).first().waitFor();
  assert.deepEqual(await panel(page).getByRole("region").evaluateAll((facets) => facets.map((facet) => facet.ariaLabel)), had);
  await facet(page, key).getByRole("button", { name: `Remove the facet ${key}` }).click();
  await facet(page, key).waitFor({ state: "hidden" });
  assert.deepEqual(page.problems, []);
});

test("of many values the first are shown, the others a click or a few letters away", async () => {
  const page = await opened();
  await values(page, "Operation").first().waitFor();
  const size = Number(await facet(page, "Operation").locator(".facet__size").innerText());
  assert.equal(await values(page, "Operation").count(), 8);
  await facet(page, "Operation").getByRole("button", { name: `${size - 8} more` }).click();
  await page.waitForFunction((size) => document.querySelectorAll("[data-facet=operation] .facet__choose").length === size, size);
  await facet(page, "Operation").getByRole("button", { name: "Fewer" }).click();
  await facet(page, "Operation").getByRole("searchbox").fill("CHECKOUT");
  await page.waitForFunction(() => {
    const names = [...document.querySelectorAll("[data-facet=operation] .facet__choose")].map((button) => button.title);
    return names.length > 0 && names.every((name) => /checkout/i.test(name));
  });
  assert.deepEqual(page.problems, []);
});

test("rows that leave turn grey, while the list is the new one at once; without motion nothing stays", async () => {
  for (const reducedMotion of ["no-preference", "reduce"]) {
    const page = await opened({ reducedMotion });
    await values(page, "Status").first().waitFor();
    const all = await listed(page);
    await page.evaluate(() => {
      globalThis.seen = [];
      new MutationObserver((changes) => {
        for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
          if (!node.classList?.contains("trace-list__ghost")) continue;
          const rows = [...node.children];
          const hidden = node.ariaHidden === "true" && node.inert && !node.querySelector("[data-testid], [id], [data-trace-id]");
          globalThis.seen.push({ hidden, leaving: rows.filter((row) => "leaving" in row.dataset).length, rows: rows.length });
        }
      }).observe(document.querySelector("[role=grid]"), { childList: true });
    });
    await value(page, "Status", "Error").click();
    await hasFewer(page, all);
    const seen = await page.evaluate(() => globalThis.seen);
    if (reducedMotion === "reduce") {
      assert.deepEqual(seen, []);
    } else {
      assert.equal(seen.length, 1);
      assert.ok(seen[0].hidden && seen[0].leaving > 0 && seen[0].leaving <= seen[0].rows, JSON.stringify(seen));
      await page.waitForFunction(() => document.querySelector(".trace-list__ghost") === null);
    }
    assert.deepEqual(page.problems, []);
  }
});

for (const colorScheme of ["light", "dark"]) {
  describe(colorScheme, () => {
    test("on a narrow screen the panel lies over the list, closed at first, and Escape closes it", async () => {
      const page = await opened({ colorScheme, viewport: { width: 400, height: 800 } });
      assert.equal(await panel(page).count(), 0);
      await page.keyboard.press("F");
      await values(page, "Service").first().waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
      await values(page, "Service").first().focus();
      await page.keyboard.press("Escape");
      await panel(page).waitFor({ state: "hidden" });
      // It is not remembered: the screen may be wider next time.
      await page.reload();
      await page.getByTestId("trace-row").first().waitFor();
      assert.equal(await panel(page).count(), 0);
      assert.deepEqual(page.problems, []);
    });

    test("on a wide screen it stands beside it", async () => {
      const page = await opened({ colorScheme, viewport: { width: 1440, height: 900 } });
      await values(page, "Service").first().waitFor();
      const [facets, list] = [await panel(page).boundingBox(), await page.getByRole("grid", { name: "Traces" }).boundingBox()];
      assert.ok(facets.x + facets.width <= list.x + 1);
      await value(page, "Status", "Error").click();
      await value(page, "Status", "Error").and(page.locator("[aria-pressed=true]")).waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
      assert.deepEqual(page.problems, []);
    });
  });
}

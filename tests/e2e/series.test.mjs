// Metrics queries: what they draw above the list, read by pointer and keys, and where it leads.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessibilityProblems, start } from "./support/browser.mjs";
import { openSample, row } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const box = (page) => page.getByTestId("query");
const card = (page) => page.getByTestId("query-series");
const picture = (page) => page.getByRole("application", { name: /^Series of the query/ });
const query = (page, text) => page.waitForFunction((text) => document.querySelector("[data-testid=query]")?.value === text, text);

/** Asks, leaves the box, and waits until the answer is there with that many series, or any. */
async function ask(page, text, series) {
  await box(page).click();
  await box(page).fill(text);
  await box(page).blur();
  await page.waitForFunction((text) => decodeURIComponent(location.hash.replace(/\+/g, " ")).includes(text), text);
  const drawn = (series) => {
    const card = document.querySelector("[data-testid=query-series]");
    return card?.dataset.loading === "false" && (series === undefined ? Number(card.dataset.series) > 0 : card.dataset.series === String(series));
  };
  await page.waitForFunction(drawn, series);
}

test("rates by service are lines with names; keys read them, a legend isolates one, an example opens its trace and Back returns", async () => {
  const page = await openSample(spanwise);
  const services = Number(await page.getByTestId("load-report").getAttribute("data-services"));
  await ask(page, "{ } | rate() by (resource.service.name)", services);
  const summary = () => picture(page).getByRole("img").first().getAttribute("aria-label");
  assert.match(await summary(), new RegExp(`^${services} series from .* Highest: \\S+, [\\d.]+/s at `));
  const lines = () => card(page).locator(".series__line").evaluateAll((lines) => lines.filter((line) => /^M[\d.]+[ ,][\d.]+.*[Ll]/.test(line.getAttribute("d"))).length);
  assert.equal(await lines(), services);
  assert.deepEqual(await accessibilityProblems(page), []);

  await picture(page).focus();
  await page.keyboard.press("End");
  await card(page).locator(".chart__tip").waitFor();
  const said = card(page).locator("[aria-live]");
  assert.match(await said.innerText(), /frontend/);
  const last = await said.innerText();
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(([said, last]) => said.textContent !== last, [await said.elementHandle(), last]);
  await page.keyboard.press("Escape");

  const legend = page.getByRole("list", { name: "Series" });
  assert.equal(await legend.getByRole("button", { pressed: true }).count(), services);
  await legend.getByRole("button", { name: /^cart/ }).click();
  await page.waitForFunction(() => document.querySelectorAll(".series__line").length === 1);
  await legend.getByRole("button", { name: /^cart/ }).click();
  await page.waitForFunction((services) => document.querySelectorAll(".series__line").length === services, services);

  // What a line stands for is written into the query by its funnel, and taken away by Back.
  await legend.getByRole("button", { name: "Filter, exclude or color by cart" }).click();
  const acts = page.getByRole("dialog", { name: "What can be done with it" });
  await acts.getByText("resource.service.name").waitFor();
  await acts.getByRole("menuitem", { name: "Filter traces by it" }).click();
  await query(page, '{ resource.service.name = "cart" } | rate() by (resource.service.name)');
  await page.waitForFunction(() => document.querySelector("[data-testid=query-series]")?.dataset.series === "1");
  await page.goBack();
  await page.waitForFunction((services) => document.querySelector("[data-testid=query-series]")?.dataset.series === String(services), services);

  const spans = card(page).getByRole("group", { name: "Spans that show values" });
  const span = spans.getByRole("link", { name: /^Span, .*Opens its trace\.$/ }).first();
  await span.focus();
  await page.keyboard.press("Enter");
  await row(page, 0).waitFor();
  assert.match(await page.evaluate(() => location.hash), /^#\/trace\/[0-9a-f]{32}\?.*span=/);
  await page.goBack();
  await query(page, "{ } | rate() by (resource.service.name)");
  await page.waitForFunction((services) => document.querySelector("[data-testid=query-series]")?.dataset.series === String(services), services);
  assert.deepEqual(page.problems, []);
});

test("a histogram over time is a heatmap that says how many a color is", async () => {
  const page = await openSample(spanwise);
  await ask(page, "{ } | histogram_over_time(duration)", 1);
  const cells = () => card(page).locator(".series__cells").evaluateAll((paths) => paths.map((path) => path.getAttribute("d").split("Z").length - 1));
  const drawn = await cells();
  assert.equal(drawn.length, 5);
  // Few are many, and at least one is the most that there is.
  assert.ok(drawn[4] > 0 && drawn.reduce((sum, count) => sum + count) > 200, `${drawn} cells`);
  assert.match(await card(page).locator(".series__ramp").innerText(), /1[\s\S]*\d+\sspans/);
  await picture(page).focus();
  await page.keyboard.press("Home");
  await card(page).locator(".chart__tip").waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  assert.deepEqual(page.problems, []);
});

test("a comparison is a table whose values narrow the query, and Back asks it again", async () => {
  const page = await openSample(spanwise);
  const asked = '{ status = error } | compare({ resource.service.name = "payment" })';
  await ask(page, asked);
  const table = card(page).getByRole("region", { name: "Values of the selection beside the rest" });
  await table.getByRole("columnheader", { name: /^Selection: \d+ spans$/ }).waitFor();
  const failed = Number(await page.getByTestId("load-report").getAttribute("data-errors"));
  const count = async (name) => Number((await table.getByRole("columnheader", { name }).innerText()).replace(/\D/g, ""));
  const selected = await count(/^Selection/);
  assert.ok(0 < selected && selected < failed, `${selected} of ${failed}`);
  assert.equal(selected + (await count(/^Rest/)), failed);
  await table.getByRole("rowheader", { name: "payment" }).first().waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);

  const value = table.getByRole("rowgroup").filter({ hasText: "resource.service.name" }).getByRole("button", { name: "payment" });
  await value.click();
  await query(page, '{ resource.service.name = "payment" }');
  await card(page).waitFor({ state: "hidden" });
  await page.goBack();
  await query(page, asked);
  await table.waitFor();
  assert.deepEqual(page.problems, []);
});

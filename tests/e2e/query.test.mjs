// The query box: TraceQL over what is open, what helps with writing it, and clicks that write it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";
import { openSample, openTrace, row, waterfall } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const box = (page) => page.getByTestId("query");
const proposals = (page) => page.getByRole("listbox", { name: "What may come next" }).getByRole("option");
const trouble = (page) => page.getByTestId("query-trouble");

/** How many traces the list says it has. */
const matched = async (page) => Number((await page.locator(".traces__count").innerText()).replace(/\u00a0/g, " ").split(" ")[0].replace(/\D/g, ""));

/** Waits until the list has other than that many traces, and gives how many. */
async function matchedOtherThan(page, before) {
  await page.waitForFunction((before) => Number(document.querySelector(".traces__count").textContent.split(/\s/)[0].replace(/\D/g, "")) !== before, before);
  return matched(page);
}

async function ask(page, query) {
  await box(page).click();
  await box(page).fill(query);
}

test("a query narrows the list, stays in the address, and comes back by Back and reload", async () => {
  const page = await openSample(spanwise);
  const all = await matched(page);
  await ask(page, "{ status = error }");
  const failing = await matchedOtherThan(page, all);
  assert.ok(failing > 0 && failing < all, `${failing} of ${all}`);
  await page.waitForFunction(() => decodeURIComponent(location.hash).includes("{ status = error }"));
  // Every trace that is listed has an error.
  const errors = await page.locator("[data-testid=trace-row]").evaluateAll((rows) => rows.map((row) => row.children[4]?.textContent.trim()));
  assert.ok(errors.every((text) => text !== "–"), errors.join());
  // In colors, and the same text.
  assert.equal((await page.locator(".query__text").innerText()).replace(/\u00a0/g, " ").trim(), "{ status = error }");
  assert.equal(await page.locator(".query__paint .query__intrinsic").innerText(), "status");

  await page.reload();
  await reaches(page, "ready");
  await page.locator("[data-testid=trace-row]").first().waitFor();
  assert.equal(await matched(page), failing);
  assert.equal(await box(page).inputValue(), "{ status = error }");
  await box(page).click();
  await page.keyboard.press("Escape");
  if ((await box(page).inputValue()) !== "") await page.keyboard.press("Escape");
  await matchedOtherThan(page, failing);
  assert.equal(await matched(page), all);
  assert.deepEqual(page.problems, []);
});

test("structure, pipelines and words before a query", async () => {
  const page = await openSample(spanwise);
  const all = await matched(page);
  await ask(page, "{ kind = server } >> { kind = client && status = error }");
  const structural = await matchedOtherThan(page, all);
  assert.ok(structural > 0 && structural < all);
  await ask(page, "{ kind = client } | count() > 8");
  const many = await matchedOtherThan(page, structural);
  assert.ok(many > 0 && many < all);
  await ask(page, "checkout { status = error }");
  await page.waitForFunction(() => decodeURIComponent(location.hash.replace(/\+/g, " ")).includes("checkout { status"));
  const both = await matchedOtherThan(page, many);
  assert.ok(both > 0 && both < all);
  assert.deepEqual(page.problems, []);
});

test("a mistake is underlined and explained, and the list stays", async () => {
  const page = await openSample(spanwise);
  const all = await matched(page);
  await ask(page, "{ foo = 1 }");
  await trouble(page).waitFor();
  assert.match(await trouble(page).innerText(), /1:3/);
  assert.equal(await box(page).getAttribute("aria-invalid"), "true");
  assert.equal(await page.locator(".query__wrong").innerText(), "foo");
  assert.equal(await matched(page), all);
  await ask(page, '{ name =~ "[" }');
  await page.waitForFunction(() => document.querySelector(".query__wrong")?.textContent.includes("["));
  await ask(page, "{ status = error }");
  await trouble(page).waitFor({ state: "hidden" });
  assert.deepEqual(page.problems, []);
});

test("what may come next is proposed from the data, and taken by Tab or a click", async () => {
  const page = await openSample(spanwise);
  await box(page).click();
  await page.keyboard.type("{ resource.serv");
  await proposals(page).first().waitFor();
  assert.match(await proposals(page).first().innerText(), /resource\.service\.name/);
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.querySelector("[data-testid=query]").value.startsWith("{ resource.service.name"));
  await page.keyboard.type("= ");
  await page.waitForFunction(() => document.querySelector("[role=listbox] [role=option]")?.textContent.startsWith('"'));
  const first = (await proposals(page).first().locator(".query__proposed").innerText()).trim();
  await proposals(page).first().click();
  await page.waitForFunction((value) => document.querySelector("[data-testid=query]").value.includes(value), first);
  await page.keyboard.type(" }");
  await page.waitForFunction(() => location.hash.includes("resource.service.name"));
  await trouble(page).waitFor({ state: "hidden" });
  assert.deepEqual(page.problems, []);
});

test("words are found in values, too", async () => {
  const page = await openSample(spanwise);
  const all = await matched(page);
  await ask(page, "postgresql");
  const found = await matchedOtherThan(page, all);
  assert.ok(found > 0 && found < all, `${found} of ${all}`);
  assert.deepEqual(page.problems, []);
});

test("a trace opens with what the query found in it, and can be searched in the same language", async () => {
  const page = await openSample(spanwise);
  const all = await matched(page);
  await ask(page, "{ status = error }");
  await matchedOtherThan(page, all);
  await page.locator("[data-testid=trace-row]").first().click();
  await row(page, 0).waitFor();
  const find = page.getByTestId("find");
  await find.waitFor();
  assert.equal(await find.inputValue(), "{ status = error }");
  await page.waitForFunction(() => /span/.test(document.querySelector(".trace-find__count").textContent));
  // It may be below what is on the screen.
  await waterfall(page).focus();
  await page.keyboard.press("n");
  await waterfall(page).locator("[role=row][data-found]").first().waitFor();
  const wrong = await waterfall(page).locator("[role=row][data-found]").evaluateAll((rows) => rows.filter((row) => row.dataset.error === undefined).length);
  assert.equal(wrong, 0);
  await find.fill("{ kind = server && duration > 1us }");
  await page.waitForFunction(() => document.querySelectorAll("[role=row][data-found]:not([data-error])").length > 0);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /^1 of/.test(document.querySelector(".trace-find__count").textContent.replace(/\u00a0/g, " ")));
  assert.deepEqual(page.problems, []);
});

test("an attribute writes the query: filter, exclude, find in the trace", async () => {
  const page = await openSample(spanwise);
  await openTrace(page, "checkout");
  await row(page, 0).click();
  const detail = page.getByTestId("span-detail");
  await detail.getByRole("button", { name: "Filter, group or column by http.response.status_code" }).first().click();
  const menu = page.getByRole("menu");
  await menu.getByRole("menuitem", { name: "Find in this trace" }).click();
  await page.waitForFunction(() => /^\{ span\.http\.response\.status_code = \d+ \}$/.test(document.querySelector("[data-testid=find]").value));
  await waterfall(page).locator("[role=row][data-found]").first().waitFor();

  await detail.getByRole("button", { name: "Filter, group or column by http.response.status_code" }).first().click();
  await menu.getByRole("menuitem", { name: "Filter traces by it" }).click();
  await page.locator("[data-testid=trace-row]").first().waitFor();
  assert.match(await box(page).inputValue(), /^\{ span\.http\.response\.status_code = \d+ \}$/);
  await page.goBack();
  await row(page, 0).waitFor();

  // On a bar, by the keyboard.
  await row(page, 0).click();
  await waterfall(page).focus();
  await page.keyboard.press("a");
  await page.getByRole("dialog", { name: "What can be done with it" }).getByRole("button", { name: "Status", exact: true }).click();
  await menu.getByRole("menuitem", { name: "Exclude it" }).click();
  await page.waitForFunction(() => /!\(status = \w+\)/.test(document.querySelector("[data-testid=query]")?.value ?? ""));
  assert.deepEqual(page.problems, []);
});

test("queries are kept by name, and the last ones by themselves", async () => {
  const page = await openSample(spanwise);
  await ask(page, "{ duration > 100ms }");
  await page.waitForFunction(() => location.hash.includes("duration"));
  await page.getByRole("button", { name: "Kept queries and examples" }).click();
  const kept = page.getByRole("dialog", { name: "Queries" });
  await kept.getByLabel("Name for this query").fill("slow ones");
  await page.keyboard.press("Enter");
  await kept.getByRole("button", { name: /slow ones/ }).first().waitFor();
  await kept.getByRole("button", { name: /Spans that failed/ }).click();
  await page.waitForFunction(() => document.querySelector("[data-testid=query]").value === "{ status = error }");
  await page.waitForTimeout(1700);
  await page.reload();
  await reaches(page, "ready");
  await page.getByRole("button", { name: "Kept queries and examples" }).click();
  await kept.getByRole("heading", { name: "Recent" }).waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await kept.getByRole("button", { name: /slow ones/ }).first().click();
  await page.waitForFunction(() => document.querySelector("[data-testid=query]").value === "{ duration > 100ms }");
  assert.deepEqual(page.problems, []);
});

test("the box and its proposals are accessible", async () => {
  const page = await openSample(spanwise);
  await box(page).click();
  await page.keyboard.type("{ span.");
  await proposals(page).first().waitFor();
  await page.keyboard.press("ArrowDown");
  assert.match(await box(page).getAttribute("aria-activedescendant"), /-0$/);
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.keyboard.press("Escape");
  assert.equal(await box(page).getAttribute("aria-expanded"), "false");
  assert.deepEqual(page.problems, []);
});

// Flame graphs: of one trace in time order and merged, and of many traces; zoom, search, keyboard, the way back.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";
import { drop, manySpans, openSample, openTrace, row } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const graph = (page) => page.getByRole("application", { name: /^Flame graph/ });
const focus = (page) => page.getByTestId("flame-focus");
const ready = (page) => page.waitForFunction(() => Number(document.querySelector("[data-testid=flame-graph]")?.dataset.frames) > 0);
const hash = (page) => page.evaluate(() => location.hash);
const says = (page, words) => page.waitForFunction((words) => document.querySelector("[data-testid=flame-focus]")?.innerText.includes(words), words);

/** The merged graph of the sample, from its tab. */
async function openMerged(page) {
  await page.getByTestId("trace-row").first().waitFor();
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Flame graph" }).click();
  await ready(page);
}

test("all traces merged: by keyboard down, zoom, up again, and to the trace of the longest span", async () => {
  const page = await openSample(spanwise);
  await openMerged(page);
  await page.locator(".flame__sum", { hasText: /\d\sspans · \d+\straces/ }).waitFor();
  await graph(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => document.querySelector("[data-testid=flame-focus]").innerText.includes("Spans"));
  const first = await focus(page).innerText();
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction((first) => document.querySelector("[data-testid=flame-focus]").innerText !== first, first);
  const second = await focus(page).innerText();
  await page.keyboard.press("ArrowUp");
  await says(page, first);
  await page.keyboard.press("ArrowDown");
  await says(page, second);

  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /[?&]frame=/.test(location.hash));
  const crumbs = page.getByRole("navigation", { name: "Frames above" });
  await crumbs.waitFor();
  const name = second.split(", ")[0];
  assert.equal((await crumbs.locator("[aria-current]").innerText()).trim(), name);
  // A step that Back undoes; the address alone shows the same.
  await page.goBack();
  await crumbs.waitFor({ state: "hidden" });
  await page.goForward();
  await crumbs.waitFor();
  await page.reload();
  await reaches(page, "ready");
  await crumbs.waitFor();
  assert.equal((await crumbs.locator("[aria-current]").innerText()).trim(), name);
  await page.keyboard.press("Escape");
  await page.waitForFunction((name) => document.querySelector(".flame__crumbs [aria-current]")?.innerText.trim() !== name, name);
  await page.keyboard.press("0");
  await crumbs.waitFor({ state: "hidden" });

  await graph(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("button", { name: "Example: the longest span" }).click();
  await row(page, 0).waitFor();
  assert.match(await hash(page), /^#\/trace\/[0-9a-f]{32}\?.*span=/);
  assert.deepEqual(page.problems, []);
});

test("by mouse: a tooltip, a click zooms, the breadcrumb and the button go back", async () => {
  const page = await openSample(spanwise);
  await openMerged(page);
  const box = await graph(page).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 30);
  await page.locator(".flame__tip").getByText("Share of width").waitFor();
  await page.mouse.click(box.x + box.width / 2, box.y + 30);
  await page.waitForFunction(() => /[?&]frame=/.test(location.hash));
  await page.getByRole("button", { name: "Reset zoom" }).click();
  await page.waitForFunction(() => !/[?&]frame=/.test(location.hash));
  await page.mouse.click(box.x + box.width / 2, box.y + 30);
  await page.getByRole("navigation", { name: "Frames above" }).getByRole("button", { name: "All" }).click();
  await page.waitForFunction(() => !/[?&]frame=/.test(location.hash));
  assert.deepEqual(page.problems, []);
});

test("what is sought is counted and highlighted; another width is another picture; the filter narrows all", async () => {
  const page = await openSample(spanwise);
  await openMerged(page);
  const picture = () => page.locator(".flame__frames").evaluate((canvas) => canvas.toDataURL());
  const before = await picture();
  await page.keyboard.press("/");
  await page.keyboard.type("cart");
  await page.locator(".flame__found", { hasText: /^\d+\sframes?, [\d.]+\s% of the width$/ }).waitFor();
  await page.waitForFunction(() => /[?&]flame-find=cart/.test(location.hash));
  await page.waitForTimeout(100);
  assert.notEqual(await picture(), before);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("no such frame");
  await page.locator(".flame__found", { hasText: "no match" }).waitFor();
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Self time", exact: true }).click();
  await page.waitForFunction(() => /[?&]width=self/.test(location.hash));
  await page.getByRole("application", { name: "Flame graph by self time" }).waitFor();
  const spans = async () => Number((await page.locator(".flame__sum").innerText()).match(/^([\d\s\u202f\u00a0]+)/)[1].replace(/\D/g, ""));
  const all = await spans();
  await page.getByTestId("query").fill("POST /checkout");
  await page.waitForFunction((all) => Number(document.querySelector(".flame__sum").innerText.match(/^([\d\s\u202f\u00a0]+)/)[1].replace(/\D/g, "")) < all, all);
  await page.getByTestId("query").fill("nothing is called so");
  await page.getByText("No span matches the filter and the selection.").waitFor();
  await page.getByRole("button", { name: "Show all traces" }).click();
  await ready(page);
  assert.deepEqual(page.problems, []);
});

test("a trace in time order: click and wheel zoom, the details follow, Back undoes", async () => {
  const page = await openSample(spanwise);
  await openTrace(page, "POST /checkout");
  await page.keyboard.press("2");
  await ready(page);
  const box = await graph(page).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 30);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -400);
  await page.keyboard.up("Control");
  await page.waitForFunction(() => /[?&]from=/.test(location.hash));
  await page.getByRole("button", { name: "Reset zoom" }).click();
  await page.waitForFunction(() => !/[?&]from=/.test(location.hash));

  await graph(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await says(page, "Duration");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /[?&]frame=/.test(location.hash) && /[?&]span=/.test(location.hash));
  await page.getByTestId("span-detail").getByText("Attributes").first().waitFor();
  await page.goBack();
  await page.waitForFunction(() => !/[?&]frame=/.test(location.hash) && !/[?&]from=/.test(location.hash));

  await page.getByRole("button", { name: "Total time" }).click();
  await page.getByRole("application", { name: "Flame graph by total time" }).waitFor();
  await ready(page);
  await page.getByRole("button", { name: /most self time/ }).click();
  const table = page.getByRole("region", { name: /most self time/ });
  assert.ok((await table.getByRole("row").count()) > 5);
  assert.deepEqual(page.problems, []);
});

const act = (page, name) => page.getByRole("dialog", { name: "What can be done with it" }).getByRole("menuitem", { name, exact: true });
const queried = (page, pattern) => page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector("[data-testid=query]")?.value), pattern.source);

test("a frame is filtered by and excluded: by the right button, by a key, from its facts", async () => {
  const page = await openSample(spanwise);
  await openMerged(page);
  const box = await graph(page).boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + 40, { button: "right" });
  await act(page, "Exclude it").click();
  await queried(page, /^\{ !\(resource\.service\.name = ".+" && name = ".+"\) \}$/);
  await page.goBack();
  await queried(page, /^$/);

  await ready(page);
  await graph(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("a");
  const acts = page.getByRole("dialog", { name: "What can be done with it" });
  await acts.getByRole("button", { name: "Service", exact: true }).click();
  await act(page, "Filter traces by it").click();
  await queried(page, /^\{ resource\.service\.name = ".+" \}$/);
  await page.goBack();
  await queried(page, /^$/);

  await ready(page);
  await graph(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("button", { name: /^Filter, exclude or group by / }).click();
  assert.deepEqual(await accessibilityProblems(page), []);
  await act(page, "Filter traces by it").click();
  await queried(page, /^\{ resource\.service\.name = ".+" && name = ".+" \}$/);
  assert.deepEqual(page.problems, []);
});

test("what the list's query found is marked in the trace's flame graph and listed in its table", async () => {
  const page = await openSample(spanwise);
  await page.getByTestId("query").fill("{ status = error }");
  await page.waitForFunction(() => location.hash.includes("error"));
  await openTrace(page, "POST /checkout");
  const count = async (selector) => Number((await page.locator(selector, { hasText: /\d/ }).innerText()).match(/\d+/)[0]);
  const found = await count(".trace-find__count");
  assert.ok(found > 0);
  await page.keyboard.press("2");
  await ready(page);
  assert.equal(await page.getByTestId("flame-find").inputValue(), "{ status = error }");
  assert.equal(await count(".flame__found"), found);
  // What is sought here is sought in the other views, too.
  const picture = () => page.locator(".flame__frames").evaluate((canvas) => canvas.toDataURL());
  const marked = await picture();
  await page.getByTestId("flame-find").fill("{ kind = server }");
  await page.waitForFunction(() => decodeURIComponent(location.hash.replace(/\+/g, " ")).includes("kind = server"));
  await page.waitForFunction((marked) => document.querySelector(".flame__frames").toDataURL() !== marked, marked);
  const servers = await count(".flame__found");
  await page.getByRole("button", { name: "Total time" }).click();
  await page.getByRole("application", { name: "Flame graph by total time" }).waitFor();
  await page.locator(".flame__found", { hasText: /^\d+\sframes?, / }).waitFor();
  await page.getByRole("button", { name: "Table", exact: true }).click();
  const table = page.getByTestId("span-table");
  await page.waitForFunction((rows) => document.querySelector("[data-testid=span-table]")?.ariaRowCount === String(rows + 1), servers);
  assert.equal(Number(await table.getAttribute("aria-rowcount")) - 1, servers);
  assert.deepEqual(page.problems, []);
});

for (const [shape, lanes] of [
  ["tree", 10],
  ["chain", 100_000],
]) {
  test(`100,000 spans (${shape}) as a flame graph: no more frames than fit on the screen`, async () => {
    const page = await spanwise.open();
    await drop(page, [{ name: `${shape}.jsonl`, text: manySpans(100_000, shape) }]);
    await reaches(page, "ready");
    await row(page, 0).waitFor();
    await page.keyboard.press("2");
    await ready(page);
    const { frames, lanes: drawn } = await graph(page).evaluate((graph) => ({ ...graph.dataset }));
    assert.ok(Number(drawn) >= lanes, `${drawn} lanes`);
    assert.ok(Number(frames) < 50_000, `${frames} frames`);
    await page.getByRole("button", { name: "Total time" }).click();
    await page.getByRole("application", { name: "Flame graph by total time" }).waitFor();
    await ready(page);
    const box = await graph(page).boundingBox();
    await page.mouse.move(box.x + 200, box.y + 100);
    for (let turn = 0; turn < 5; turn++) await page.mouse.wheel(0, 1500);
    // Far below there may be nothing that is as wide as a pixel, which is said.
    await page.waitForFunction(() => {
      const graph = document.querySelector("[data-testid=flame-graph]");
      return graph.ariaBusy === "false" && (Number(graph.dataset.frames) > 0 || /narrower than a pixel/.test(document.body.innerText));
    });
    assert.deepEqual(page.problems, []);
  });
}

for (const colorScheme of ["light", "dark"]) {
  describe(colorScheme, () => {
    for (const width of [360, 1280]) {
      test(`${width} px wide`, async () => {
        const page = await openSample(spanwise, "?sample=shop", { colorScheme, viewport: { width, height: 800 } });
        await openMerged(page);
        const isClean = async (view) => {
          assert.deepEqual(await accessibilityProblems(page), [], view);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(overflow <= 0, `${view} is ${overflow} px wider than the screen`);
        };
        await isClean("the graph");
        await graph(page).focus();
        for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
        await page.getByRole("navigation", { name: "Frames above" }).waitFor();
        await page.getByRole("button", { name: /most self time/ }).click();
        await isClean("zoomed, with its table");
        assert.deepEqual(page.problems, []);
      });
    }
  });
}

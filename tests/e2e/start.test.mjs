// The first visit: what is there before the page itself, that page and engine come side by side, and that their second parts come last.
// Nothing here is timed; what has to come first is let through only when what has to be there already has been seen.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { reaches, start } from "./support/browser.mjs";
import { figures, fixture, openTrace, pick, row } from "./support/person.mjs";

const INTERACTIVE = () => performance.getEntriesByName("spanwise:interactive").length > 0;

describe("a first visit", () => {
  let spanwise;
  before(async () => {
    spanwise = await start();
  });
  after(() => spanwise?.close());

  /** A visitor's page that has gone nowhere, what it asks for, and a hold on the files whose names match. */
  async function visitor(held) {
    const context = await spanwise.browser.newContext();
    const page = await context.newPage();
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname.slice(1)));
    let release;
    const released = new Promise((resolve) => (release = resolve));
    if (held) {
      await page.route(held, async (route) => {
        await released;
        await route.continue();
      });
    }
    const asksFor = async (name) => {
      while (!asked.some((file) => name.test(file))) await page.waitForEvent("request");
    };
    // The page rests only when it is told to.
    await page.addInitScript(() => {
      const waiting = [];
      globalThis.requestIdleCallback = (run) => waiting.push(run);
      globalThis.rest = () => waiting.splice(0).forEach((run) => run());
    });
    const rest = () => page.evaluate(() => globalThis.rest());
    return { page, asked, release, asksFor, rest };
  }

  test("shows the static page before any wasm has come", async () => {
    const { page, release } = await visitor("**/*.wasm");
    await page.goto(spanwise.url, { waitUntil: "commit" });
    await page.getByRole("heading", { name: "Read distributed traces, right here" }).waitFor();
    assert.equal(await page.locator("#boot-note").textContent(), "Starting…");
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    // The one style sheet is there, too: nothing moves when the page takes over.
    const styled = await page.evaluate(() => [document.styleSheets.length, getComputedStyle(document.querySelector(".start__title")).fontSize]);
    release();
    await page.waitForFunction(INTERACTIVE);
    assert.equal(await page.locator("#boot-note").count(), 0);
    assert.deepEqual(await page.evaluate(() => [document.styleSheets.length, getComputedStyle(document.querySelector(".start__title")).fontSize]), styled);
    assert.equal(styled[0], 1);
  });

  test("asks for the engine while the page is still coming, for each file once, and for the second parts once it rests", async () => {
    const { page, asked, release, asksFor, rest } = await visitor("**/app-*_bg.wasm");
    await page.goto(spanwise.url, { waitUntil: "commit" });
    await asksFor(/^engine-\w+_bg\.wasm$/);
    release();
    await page.waitForFunction(INTERACTIVE);
    assert.equal(page.workers().length, 1);
    const kinds = () => asked.map((file) => file.replace(/-[0-9a-f]{10,}/, "")).filter((file) => !/^(?:icon\.svg|favicon\.ico)$/.test(file));
    const first = ["", "app.js", "app_bg.wasm", "boot.js", "engine.js", "engine_bg.wasm", "engine_loader.js", "style.css"];
    assert.deepEqual(kinds().sort(), first);
    await rest();
    await asksFor(/^app-\w+_later\.wasm$/);
    await asksFor(/^engine-\w+_later\.wasm$/);
    assert.deepEqual(kinds().slice(first.length).filter((file) => /later/.test(file)).sort(), ["app_later.wasm", "engine_later.wasm"]);
  });

  test("reads a first file, its list and a waterfall without the second parts", async () => {
    const { page, asked } = await visitor();
    await page.goto(new URL("?sample=shop", spanwise.url).href);
    await reaches(page, "ready");
    await openTrace(page, "checkout");
    await row(page, 1).click();
    await page.getByTestId("span-detail").waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("+");
    await page.getByTestId("find").fill("GET");
    await page.keyboard.press("Enter");
    await page.goBack();
    await page.locator("[data-testid=trace-row]").first().waitFor();
    assert.deepEqual(asked.filter((file) => /later/.test(file)), []);
  });

  test("a view of the second part waits for it", async () => {
    const { page, release, rest } = await visitor("**/app-*_later.wasm");
    await page.goto(new URL("?sample=shop#/map", spanwise.url).href);
    await reaches(page, "ready");
    await page.getByText("Loading this view").waitFor();
    await rest();
    assert.equal(await page.getByTestId("service-map").count(), 0);
    release();
    await page.getByTestId("service-map").waitFor();
  });

  test("says so when a view cannot be loaded, and loads it when asked again", async () => {
    const { page } = await visitor();
    const later = /\/app-\w+_later\.wasm$/;
    await page.route(later, (route) => route.abort());
    await page.goto(new URL("?sample=shop#/latency", spanwise.url).href);
    await page.getByRole("heading", { name: "This view could not be loaded" }).waitFor();
    await page.unroute(later);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByTestId("chart-histogram").waitFor();
  });

  test("says so when the engine's second part cannot be loaded", async () => {
    const { page } = await visitor();
    await page.route(/\/engine-\w+_later\.wasm$/, (route) => route.abort());
    await page.goto(new URL("?sample=shop#/map", spanwise.url).href);
    await reaches(page, "failed");
    assert.match(await page.locator(".app__strips").textContent(), /A part of Spanwise could not be loaded/);
    await page.unroute(/\/engine-\w+_later\.wasm$/);
    await page.getByRole("button", { name: "Restart and reopen the files" }).click();
    await page.getByTestId("service-map").waitFor();
  });

  test("hears what the engine said before the page could", async () => {
    const { page, release } = await visitor("**/app-*_bg.wasm");
    await page.addInitScript(() => {
      globalThis.Worker = class extends Worker {
        constructor(...how) {
          super(...how);
          this.addEventListener("message", () => (globalThis.said = (globalThis.said ?? 0) + 1));
        }
      };
    });
    await page.goto(spanwise.url, { waitUntil: "commit" });
    await page.waitForFunction(() => globalThis.said === 1);
    assert.equal(await page.evaluate(INTERACTIVE), false);
    release();
    await page.waitForFunction(INTERACTIVE);
    await pick(page, fixture("sdk/collector_traces.jsonl.gz"));
    await reaches(page, "ready");
    assert.ok((await figures(page)).spans > 0);
  });

  test("says so when the engine cannot be loaded", async () => {
    const { page } = await visitor();
    await page.route(/\/engine-\w+\.js$/, (route) => (/_loader/.test(route.request().url()) ? route.continue() : route.abort()));
    await page.goto(spanwise.url);
    await reaches(page, "failed");
    assert.match(await page.locator(".app__strips").textContent(), /The engine stopped unexpectedly/);
  });
});

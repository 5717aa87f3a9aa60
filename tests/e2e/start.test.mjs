// The first visit: what is there before the page itself, and that page and engine come side by side. Nothing here is timed; what has to
// come first is let through only when what has to be there already has been seen.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { reaches, start } from "./support/browser.mjs";
import { figures, fixture, pick } from "./support/person.mjs";

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
    return { page, asked, release, asksFor };
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

  test("asks for the engine while the page is still coming, for each file once, and for nothing else", async () => {
    const { page, asked, release, asksFor } = await visitor("**/app-*_bg.wasm");
    await page.goto(spanwise.url, { waitUntil: "commit" });
    await asksFor(/^engine-\w+_bg\.wasm$/);
    release();
    await page.waitForFunction(INTERACTIVE);
    assert.equal(page.workers().length, 1);
    const kinds = asked.map((file) => file.replace(/-[0-9a-f]{10,}/, "")).filter((file) => !/^(?:icon\.svg|favicon\.ico)$/.test(file));
    assert.deepEqual(kinds.sort(), ["", "app.js", "app_bg.wasm", "boot.js", "engine.js", "engine_bg.wasm", "engine_loader.js", "style.css"]);
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

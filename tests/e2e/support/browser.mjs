// What every browser test starts from: the built page behind a static server, and a Chromium that notes all that goes
// wrong on it. Tests are plain `node --test` files beside this folder.
//
//   const spanwise = await start();            // or start({ prefix: "/sub/path/" })
//   after(() => spanwise.close());
//   const page = await spanwise.open("?sample=shop");
//   assert.deepEqual(page.problems, []);

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "../../../tools/chromium.mjs";
import { serve } from "../../../tools/serve.mjs";

const DIST = fileURLToPath(new URL("../../../dist", import.meta.url));

/** A folder for the files that tests open; it goes when all tests of the file are done. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "spanwise-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server and a browser for one file of tests. Each opened page is a visitor of its own: nothing stored is shared. */
export async function start({ prefix = "/", dir = DIST, port = 0 } = {}) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("no Chromium or Chrome found: run `make setup`, or name one in CHROMIUM");
  const server = await serve({ dir, prefix, port });
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });

  return {
    url: server.url,
    /** For tests in which it goes away. */
    server,
    browser,

    /**
     * A page at `address` (relative to the built page), once its own code has started. It may ask `servers` too, addresses that
     * the person types there: calls to these are noted in `page.calls`, and that they fail is no problem.
     */
    async open(address = "", { servers = [], ...options } = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      const page = await context.newPage();
      page.calls = [];
      page.problems = watch(page, server.url, servers);
      await page.addInitScript({ content: axe.source }); // before the page's policy applies, which forbids other script
      await page.addInitScript(weighMessages);
      await page.addInitScript(() => addEventListener("TrunkApplicationStarted", () => (globalThis.started = true)));
      await page.goto(new URL(address, server.url).href);
      await page.waitForFunction(() => globalThis.started);
      return page;
    },

    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** Waits until the page's state is `state`; fails at once if it is `failed` instead. */
export async function reaches(page, state) {
  await page.waitForSelector(`body[data-state="${state}"], body[data-state="failed"]`);
  const actual = await page.evaluate(() => document.body.dataset.state);
  if (actual !== state) throw new Error(`the page is ${actual}, expected ${state}`);
}

/** What axe-core finds wrong with the page as it stands, one line each. */
export async function accessibilityProblems(page) {
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help} (${target.join(" ")})`));
}

/**
 * What `act` gives the page's main thread to do, in figures that do not depend on the machine: the largest message that a worker sent it,
 * in bytes, the most changes of the document made in one go, and the most elements that it had. What takes longer the more data there is
 * needs one of them. How long tasks take is what `make bench` measures.
 */
export async function loadOf(page, act) {
  await page.evaluate(() => {
    const load = { bytes: 0, changes: 0, elements: 0 };
    const look = (changes) => {
      load.changes = Math.max(load.changes, changes.length);
      load.elements = Math.max(load.elements, document.getElementsByTagName("*").length);
    };
    look([]);
    const observer = new MutationObserver(look);
    observer.observe(document.body, { attributes: true, characterData: true, childList: true, subtree: true });
    globalThis.load = load;
    globalThis.endLoad = () => (observer.disconnect(), load);
  });
  await act();
  return page.evaluate(() => globalThis.endLoad());
}

/** Holds what each step came to against what it came to with less data; more digits and another mix of rows are no growth. */
export function assertNoMore(steps, less) {
  const grown = Object.entries(steps).map(([step, load]) => {
    const over = Object.entries(load).filter(([what, count]) => count > 1.5 * less[step][what] + 100);
    return over.length === 0 ? "" : `${step}: ${over.map(([what, count]) => `${what} ${count} (with less data ${less[step][what]})`).join(", ")}`;
  });
  assert.equal(grown.filter(Boolean).join("\n"), "");
  assert.ok(Object.values(steps).some(({ bytes }) => bytes > 0), "no message was seen");
}

/** In the page, before its own code: takes the size of what workers send. */
function weighMessages() {
  const size = (data) => (Array.isArray(data) ? data.reduce((sum, part) => sum + size(part), 0) : (data?.byteLength ?? 0));
  globalThis.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (globalThis.load) globalThis.load.bytes = Math.max(globalThis.load.bytes, size(data));
      });
    }
  };
}

/** Fills a list with whatever a healthy page never does. */
function watch(page, origin, servers) {
  const problems = [];
  const isServers = (url) => servers.some((server) => url === server || url.startsWith(`${server.replace(/\/$/, "")}/`));
  page.on("console", (message) => {
    // The browser itself says there what a call came to.
    if (isServers(message.location().url) || servers.some((server) => message.text().includes(server))) return;
    if (message.type() === "error" || message.type() === "warning") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => {
    // Chromium's protocol calls a download that a worker reads as a stream aborted, even one that came whole. What the page
    // made of it is what the tests look at.
    const error = request.failure()?.errorText;
    if (error !== "net::ERR_ABORTED" && !isServers(request.url())) problems.push(`failed: ${request.url()} (${error})`);
  });
  page.on("request", (request) => {
    if (isServers(request.url())) page.calls.push(request.url());
    else if (!/^(?:blob|data):/.test(request.url()) && !request.url().startsWith(origin)) problems.push(`asked for: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !isServers(response.url())) problems.push(`${response.status()}: ${response.url()}`);
  });
  return problems;
}

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
 * What `act` makes the page's main thread do: the tasks over the limit, longest first, in milliseconds. They are measured in the
 * processor time of their thread, not by the clock, so that a busy machine does not decide the outcome. Fewer than `least` tasks
 * mean that nothing was measured.
 */
export async function tasksOver(browser, limit, page, act, least = 100) {
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"] });
  let trace;
  try {
    await act();
  } finally {
    trace = JSON.parse((await browser.stopTracing()).toString());
  }
  const main = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid}:${tid}`),
  );
  const tasks = trace.traceEvents.filter(({ name, pid, tid, tdur }) => /RunTask$/.test(name) && tdur !== undefined && main.has(`${pid}:${tid}`));
  assert.ok(tasks.length > least, `only ${tasks.length} tasks were seen`);
  return tasks
    .map(({ tdur }) => tdur / 1000)
    .filter((ms) => ms > limit)
    .sort((a, b) => b - a);
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

// What measurements in a browser share: made-up files, a browser of their own on the built page, its marks and its memory.

import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "../chromium.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(env.SPANWISE_CACHE ?? join(tmpdir(), "spanwise"), "bench");

/** Larger files are made anew for each run: a gigabyte is made in seconds, and would lie about for good. */
const KEPT = 200e6;

/** A file of made-up traces, the same each time: its path, its size, and what to do when it has served. */
export async function sample(shape, spans, encoding) {
  const path = join(FOLDER, `${shape}-${spans}.${encoding}`);
  if (!existsSync(path)) {
    mkdirSync(FOLDER, { recursive: true });
    // The benches' profile, so that what they have built is built once.
    const options = ["run", "--quiet", "--locked", "--profile", "bench", "--example", "sample", "--", shape, String(spans), "1", encoding];
    const maker = spawn("cargo", options, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve, reject) => maker.on("error", reject).on("close", resolve));
    await pipeline(maker.stdout, createWriteStream(`${path}.part`));
    if ((await ended) !== 0) throw new Error(`${path} could not be made`);
    renameSync(`${path}.part`, path);
  }
  const bytes = statSync(path).size;
  return { path, bytes, done: () => bytes > KEPT && rmSync(path) };
}

/** A fresh browser, so that memory is what `act` does alone. */
export async function launch(act) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("no Chromium or Chrome found: install one, or name it in CHROMIUM");
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
  try {
    // A service worker would fill its cache beside what is measured.
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, serviceWorkers: "block" });
    return await act(await context.newPage(), browser);
  } finally {
    await browser.close();
  }
}

/** A fresh browser on the page, once it can be used. */
export const visit = (server, act) =>
  launch(async (page, browser) => {
    await page.addInitScript(() => {
      globalThis.longest = 0;
      const note = (list) => list.getEntries().forEach(({ duration }) => (globalThis.longest = Math.max(globalThis.longest, duration)));
      new PerformanceObserver(note).observe({ type: "longtask" });
    });
    await page.goto(server.url);
    await marked(page, "interactive");
    // What starting up took is not the subject.
    await page.evaluate(() => (globalThis.longest = 0));
    return act(page, browser);
  });

/** Waits for a mark of the page. */
export const marked = (page, mark) =>
  page.waitForFunction((mark) => performance.getEntriesByName(`spanwise:${mark}`).length > 0, mark, { timeout: 600_000 });

/** Milliseconds from the hand-over of the bytes to a mark. */
export const since = (page, mark) =>
  page.evaluate((mark) => {
    const at = (name) => performance.getEntriesByName(`spanwise:${name}`).at(-1)?.startTime;
    return at(mark) - at("open");
  }, mark);

/** What the engine was busy with, by its own marks: waiting for bytes, making batches of them, linking. */
export async function stages(page) {
  const engine = page.workers().find((worker) => /engine/.test(worker.url()));
  const marks = await engine.evaluate(() => performance.getEntriesByType("mark").map(({ name, startTime }) => [name.replace("spanwise:", ""), startTime]));
  const at = (name) => marks.find(([mark]) => mark === name)?.[1] ?? NaN;
  let read = 0;
  let since;
  for (const [name, time] of marks) {
    if (name === "waiting") since = time;
    else if (name === "bytes" && since !== undefined) {
      read += time - since;
      since = undefined;
    }
  }
  return { read, build: at("linking") - at("open") - read, seal: at("decoded") - at("linking") };
}

/** Peak and present memory of the page's process, in bytes, where the system tells (Linux). */
export async function memory(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sizes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => `/proc/${id}/status`)
    .filter(existsSync)
    .map((path) => readFileSync(path, "utf8"))
    .map((status) => ["VmHWM", "VmRSS"].map((name) => Number(status.match(`${name}:\\s+(\\d+)`)?.[1] ?? 0) * 1024));
  return sizes.sort((a, b) => b[0] - a[0])[0] ?? [NaN, NaN];
}

/** Opens a blank page of the same origin, without the page's policy, whose input's file `work` gets. */
export const beside = (server, path, work, argument) =>
  launch(async (page) => {
    const address = new URL("beside.html", server.url).href;
    await page.route(address, (route) => route.fulfill({ contentType: "text/html", body: '<!doctype html><title>beside</title><input type="file">' }));
    await page.goto(address);
    await page.setInputFiles("input", path);
    return page.evaluate(work, argument);
  });

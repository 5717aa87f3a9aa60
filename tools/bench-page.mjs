// Measures the built page in a browser, and prints one table: open → decoded → list → waterfall by the page's own marks, memory,
// the longest task on the main thread, and `JSON.parse` of the same bytes in the same page.
//
//   node tools/bench-page.mjs [--spans 100000] [--rounds 3]
//
// Compare ratios, not times: they are what other machines will see too.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "./chromium.mjs";
import { serve } from "./serve.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ args: argv.slice(2), options: { spans: { type: "string" }, rounds: { type: "string" } } });
const SPANS = Number(values.spans ?? 100_000);
const ROUNDS = Number(values.rounds ?? 3);

const executablePath = findChromium();
if (!executablePath) {
  console.error("No Chromium or Chrome found: install one, or name it in CHROMIUM.");
  exit(1);
}

/** A file of made-up traces, made once and kept beside other temporary files. */
function sample(shape, encoding) {
  const folder = join(tmpdir(), "spanwise-bench");
  const path = join(folder, `${shape}-${SPANS}.${encoding}`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    // The benches' profile, so that what they have built is built once.
    const command = ["run", "--quiet", "--locked", "--profile", "bench", "--example", "sample", "--"];
    writeFileSync(path, execFileSync("cargo", [...command, shape, String(SPANS), "1", encoding], { cwd: ROOT, maxBuffer: 2 ** 31 }));
  }
  return path;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** A fresh browser on the page, so that memory is this file's alone. */
async function visit(server, act) {
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.addInitScript(() => {
      addEventListener("TrunkApplicationStarted", () => (globalThis.started = true));
      globalThis.longest = 0;
      const note = (list) => list.getEntries().forEach(({ duration }) => (globalThis.longest = Math.max(globalThis.longest, duration)));
      new PerformanceObserver(note).observe({ type: "longtask" });
    });
    await page.goto(server.url);
    await page.waitForFunction(() => globalThis.started);
    // What starting up took is not the subject.
    await page.evaluate(() => (globalThis.longest = 0));
    return await act(page, browser);
  } finally {
    await browser.close();
  }
}

/** Milliseconds from the hand-over of the bytes to a mark. */
const since = (page, mark) =>
  page.evaluate((mark) => {
    const at = (name) => performance.getEntriesByName(`spanwise:${name}`).at(-1)?.startTime;
    return at(mark) - at("open");
  }, mark);

const marked = (page, mark) =>
  page.waitForFunction((mark) => performance.getEntriesByName(`spanwise:${mark}`).length > 0, mark, { timeout: 300_000 });

/** Peak and present memory of the page's process, in bytes, where the system tells (Linux). */
async function memory(browser) {
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

/** Opens a file; if it holds many traces, goes on to the first of the list sorted by spans. */
async function open(server, path, isOneTrace) {
  return visit(server, async (page, browser) => {
    const [, before] = await memory(browser);
    await page.setInputFiles("input#open-files", path);
    await marked(page, "decoded");
    const times = { decoded: await since(page, "decoded") };
    if (isOneTrace) {
      await marked(page, "waterfall");
      times.waterfall = await since(page, "waterfall");
    } else {
      await marked(page, "ready");
      times.ready = await since(page, "ready");
    }
    times.longestOpening = await page.evaluate(() => globalThis.longest);
    const [peak, rest] = await memory(browser);
    Object.assign(times, { peak: peak - before, rest: rest - before });
    if (isOneTrace) times.longestUsing = await use(page);
    return times;
  });
}

/** Scrolls, jumps, folds and finds as a person would; the longest task on the main thread meanwhile. */
async function use(page) {
  // Groups of like siblings are folded to begin with; all rows are wanted.
  await page.getByRole("button", { name: "Unfold all" }).click();
  await page.waitForTimeout(1000);
  await page.evaluate(() => (globalThis.longest = 0));
  await page.mouse.move(400, 500);
  for (let turn = 0; turn < 60; turn++) {
    await page.mouse.wheel(0, turn < 40 ? 900 : -1500);
    await page.waitForTimeout(16);
  }
  await page.getByRole("treegrid").locator("[role=row][data-span-id]").first().click();
  for (const key of ["End", "Home", "ArrowLeft", "ArrowRight", "z", "0"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(120);
  }
  await page.getByRole("button", { name: "Fold all", exact: true }).click();
  await page.waitForTimeout(300);
  await page.getByRole("button", { name: "Unfold all" }).click();
  await page.waitForTimeout(300);
  await page.getByTestId("find").fill("SELECT stock");
  await page.waitForTimeout(800);
  return page.evaluate(() => globalThis.longest);
}

/** Milliseconds that `JSON.parse` takes for the same bytes, line by line, decoding of the text left out. */
async function parse(server, path) {
  return visit(server, async (page) => {
    await page.evaluate(() => {
      const input = Object.assign(document.createElement("input"), { type: "file", id: "bytes" });
      document.body.append(input);
    });
    await page.setInputFiles("input#bytes", path);
    return page.evaluate(async () => {
      const text = await document.querySelector("input#bytes").files[0].text();
      const lines = text.split("\n").filter((line) => line !== "");
      const begin = performance.now();
      globalThis.parsed = lines.map((line) => JSON.parse(line));
      return performance.now() - begin;
    });
  });
}

const server = await serve({ dir: join(ROOT, "dist") });
try {
  const rows = [];
  for (const [name, shape, encoding] of [
    ["a shop, JSON lines", "shop", "json-lines"],
    ["a shop, protobuf", "shop", "protobuf-framed"],
    ["a shop, JSON lines, gzip", "shop", "json-lines.gz"],
    ["one trace, JSON lines", "job", "json-lines"],
    ["one trace, protobuf", "job", "protobuf"],
    ["a chain, protobuf", "chain", "protobuf"],
  ]) {
    const path = sample(shape, encoding);
    const runs = [];
    for (let round = 0; round < ROUNDS; round++) runs.push(await open(server, path, shape !== "shop"));
    const figure = (key) => median(runs.map((run) => run[key] ?? NaN));
    const parsing = [];
    if (encoding === "json-lines") for (let round = 0; round < ROUNDS; round++) parsing.push(await parse(server, path));
    const bytes = statSync(path).size;
    rows.push({
      file: name,
      MB: bytes / 1e6,
      "decoded ms": figure("decoded"),
      "MB/s": bytes / 1e3 / figure("decoded"),
      "list ms": figure("ready"),
      "waterfall ms": figure("waterfall"),
      "JSON.parse ms": parsing.length ? median(parsing) : NaN,
      ratio: parsing.length ? median(parsing) / figure("decoded") : NaN,
      "peak/file": figure("peak") / bytes,
      "rest/file": figure("rest") / bytes,
      "longest task ms, opening": figure("longestOpening"),
      "using": figure("longestUsing"),
    });
  }
  console.log(`${SPANS} spans, ${ROUNDS} rounds, medians. ratio: JSON.parse over ours, at least 2; longest task: at most 50 ms\n`);
  const columns = Object.keys(rows[0]);
  const digits = (key) => (["ratio", "peak/file", "rest/file"].includes(key) ? 2 : 0);
  const cell = (row, key) => (typeof row[key] === "string" ? row[key] : Number.isNaN(row[key]) ? "" : row[key].toFixed(digits(key)));
  const width = (key) => Math.max(key.length, ...rows.map((row) => cell(row, key).length));
  const line = (cells) => cells.map((text, at) => (at === 0 ? text.padEnd(width(columns[0])) : text.padStart(width(columns[at])))).join("  ");
  console.log(line(columns));
  for (const row of rows) console.log(line(columns.map((key) => cell(row, key))));
} finally {
  await server.close();
}

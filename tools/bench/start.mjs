// Measures how the page starts, from a server on this machine: a first visit in a fresh browser, and a second from what the first one left.

import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "../chromium.mjs";
import { marked } from "./browser.mjs";
import { median } from "./table.mjs";

/** What the browser noted of a start, in milliseconds since the address was asked for. */
const times = (page) =>
  page.evaluate(() => ({
    painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
    interactive: performance.getEntriesByName("spanwise:interactive")[0].startTime,
    requests: ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type)).filter(({ transferSize }) => transferSize > 0).length,
  }));

/** A first and a second visit, so many times; medians. */
export async function starts(server, rounds) {
  const first = [];
  const second = [];
  for (let round = 0; round < rounds; round++) {
    const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_FLAGS });
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(server.url);
    await marked(page, "interactive");
    first.push(await times(page));
    await page.evaluate(async () => (await navigator.serviceWorker.ready).active);
    await page.goto("about:blank");
    await page.goto(server.url);
    await marked(page, "interactive");
    second.push(await times(page));
    await browser.close();
  }
  const row = (visit, runs) => ({ visit, ...Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))])) });
  return [row("first", first), row("second, from what is kept", second)];
}

export const START = [
  { name: "visit", of: ({ visit }) => visit },
  { name: "painted after ms", of: ({ painted }) => painted },
  { name: "interactive after ms", of: ({ interactive }) => interactive },
  { name: "requests", of: ({ requests }) => requests },
];

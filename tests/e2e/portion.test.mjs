// More than fits: what is said before loading, what a person can choose, and how the page says what is missing.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";
import { drop, figures, openTrace } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const TRACES = 2000;
const EACH = 5;
const START = 1_700_000_000_000_000_000n;

/** A file of traces of five spans, one a second; every tenth has an error in its last span. */
function manyTraces() {
  const lines = [];
  for (let trace = 0; trace < TRACES; trace++) {
    const begin = START + BigInt(trace) * 1_000_000_000n;
    const spans = Array.from({ length: EACH }, (_, at) => ({
      traceId: (trace + 1).toString(16).padStart(32, "0"),
      spanId: (trace * EACH + at + 1).toString(16).padStart(16, "0"),
      parentSpanId: at === 0 ? "" : (trace * EACH + at).toString(16).padStart(16, "0"),
      name: at === 0 ? `GET /orders/${trace}` : `step ${at}`,
      startTimeUnixNano: String(begin + BigInt(at)),
      endTimeUnixNano: String(begin + 1000n - BigInt(at)),
      attributes: [{ key: "order.note", value: { stringValue: `unlike any other: ${trace}.${at}` } }],
      status: trace % 10 === 9 && at === EACH - 1 ? { code: 2 } : {},
    }));
    const resource = { attributes: [{ key: "service.name", value: { stringValue: trace % 2 ? "shop" : "stock" } }] };
    lines.push(JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }));
  }
  return lines.join("\n");
}

const FILE = { name: "orders.jsonl", text: manyTraces() };
const ALL = TRACES * EACH;

/** A page on a device that holds about a third of the file. */
async function small(options = {}, gigabytes = 0.0015) {
  const page = await spanwise.open("", { timezoneId: "UTC", ...options });
  await page.addInitScript((value) => {
    Object.defineProperty(Navigator.prototype, "deviceMemory", { get: () => value, configurable: true });
  }, gigabytes);
  await page.reload();
  await page.waitForFunction(() => globalThis.started);
  return page;
}

const sheet = (page) => page.getByRole("dialog", { name: "This is more than fits" });
const strip = (page) => page.getByTestId("part");

async function dropAll(page) {
  await drop(page, [FILE]);
  await sheet(page).waitFor();
}

async function load(page) {
  await sheet(page).getByRole("button", { name: "Load", exact: true }).click();
  await reaches(page, "ready");
}

/** What the strip says, once it says it. */
async function says(page, pattern) {
  await strip(page).filter({ hasText: pattern }).waitFor();
}

describe("a file that does not fit", () => {
  test("is refused with numbers, and leaves everything as it was", async () => {
    const page = await small();
    await dropAll(page);
    const words = await sheet(page).innerText();
    assert.match(words, /There are [\d.\s]+MB to read, about 1?\d\D*\d00\sspans\. About \d\D*\d00\sspans fit\./);
    assert.match(words, /needs about [\d.,\s]+MB of memory, going by the first [\d.,\s]+MB; this browser has 1\.50\sMB/);
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.keyboard.press("Escape");
    await sheet(page).waitFor({ state: "hidden" });
    const panel = page.getByTestId("failure");
    assert.match(await panel.innerText(), /more than fits/);
    // The way back to the choice.
    await panel.getByRole("button", { name: "Load a part…" }).click();
    await sheet(page).waitFor();
    await sheet(page).getByRole("button", { name: "Cancel" }).click();
    await sheet(page).waitFor({ state: "hidden" });
    await panel.getByRole("button", { name: "Close", exact: true }).click();
    await reaches(page, "empty");
    assert.deepEqual(page.problems, []);
  });

  test("a share of whole traces", async () => {
    const page = await small();
    await dropAll(page);
    const field = sheet(page).getByLabel("One in so many traces");
    const proposed = Number(await field.inputValue());
    assert.ok(proposed >= 2 && proposed < 40, `1 in ${proposed}`);
    await load(page);
    const { spans, traces } = await figures(page);
    assert.equal(spans, traces * EACH, "traces are whole");
    assert.ok(traces > (TRACES / proposed) * 0.7 && traces < (TRACES / proposed) * 1.4, `${traces} traces for 1 in ${proposed}`);
    const all = "10\\D*000";
    await says(page, new RegExp(`of ${all}\\sspans loaded: 1 in ${proposed} traces, whole`));
    assert.deepEqual(await accessibilityProblems(page), []);
    // Each view that shows it as if it were all says that it is not.
    for (const view of ["#/map", "#/latency", "#/flame"]) {
      await page.evaluate((hash) => (location.hash = hash), view);
      await says(page, /Rates, counts and times are of this part/);
    }
    await page.evaluate(() => (location.hash = "#/traces"));
    await openTrace(page, "GET /orders/");
    await says(page, /loaded: 1 in/);
    assert.equal(await page.getByText("May be incomplete", { exact: true }).count(), 0, "the trace is whole");
    // The report has a finding for it.
    await page.locator("[data-testid=load-report]").click();
    await page.getByText("spans left out, since only a part was asked for").waitFor();
    assert.deepEqual(page.problems, []);
  });

  test("the first spans: a trace may be cut, and says so", async () => {
    const page = await small();
    await dropAll(page);
    await sheet(page).getByLabel("The first spans").check();
    const field = sheet(page).getByLabel("So many spans");
    assert.ok(Number(await field.inputValue()) >= 500);
    await field.fill("");
    await sheet(page).getByRole("button", { name: "Load", exact: true }).click();
    await sheet(page).getByRole("alert").filter({ hasText: "Expected a number from 1 up" }).waitFor();
    await field.fill("503");
    await load(page);
    assert.equal((await figures(page)).spans, 503);
    await says(page, /503 of .* loaded: the first 503/);
    await says(page, /Traces may be incomplete/);
    await openTrace(page, "GET /orders/");
    await page.getByText("May be incomplete", { exact: true }).waitFor();
    assert.deepEqual(page.problems, []);
  });

  test("traces with errors, in two passes", async () => {
    const page = await small();
    await dropAll(page);
    await sheet(page).getByLabel("Traces with errors").check();
    await load(page);
    const { spans, traces, errors } = await figures(page);
    assert.deepEqual({ spans, traces, errors }, { spans: ALL / 10, traces: TRACES / 10, errors: TRACES / 10 });
    await says(page, /traces with errors, whole/);
    assert.deepEqual(page.problems, []);
  });

  test("a time range, prefilled by what was seen", async () => {
    const page = await small();
    await dropAll(page);
    await sheet(page).getByLabel("A time range").check();
    const from = sheet(page).getByLabel("From");
    assert.match(await from.inputValue(), /^2023-11-14T22:13:20/);
    await from.fill("2023-11-14T22:15:00");
    await sheet(page).getByLabel("To").fill("2023-11-14T22:14:00");
    await sheet(page).getByRole("button", { name: "Load", exact: true }).click();
    await sheet(page).getByRole("alert").filter({ hasText: "Expected a time after the first one" }).waitFor();
    await sheet(page).getByLabel("To").fill("2023-11-14T22:15:59");
    await load(page);
    // Of the last second only what runs in its first nanosecond.
    assert.equal((await figures(page)).spans, 59 * EACH + 1);
    await says(page, /2023-11-14 22:15:00 – 2023-11-14 22:15:59/);
    assert.deepEqual(page.problems, []);
  });

  test("a part that is still too large stops where memory ends", async () => {
    const page = await small();
    await dropAll(page);
    await sheet(page).getByLabel("One in so many traces").fill("2");
    await load(page);
    await says(page, /then memory was full, and .* of this part did not fit/);
    await page.locator("[data-testid=load-report]").click();
    await page.getByText("that no longer fitted into memory").waitFor();
  });
});

describe("in any look and on any screen", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 2560]) {
      test(`${colorScheme}, ${width} px wide`, async () => {
        const page = await small({ colorScheme, viewport: { width, height: 800 } });
        const isClean = async (what) => {
          assert.deepEqual(await accessibilityProblems(page), [], what);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(overflow <= 0, `${what} is ${overflow} px wider than the screen`);
        };
        await dropAll(page);
        for (const offer of ["A share of the traces", "The first spans", "A time range", "Traces with errors"]) {
          await sheet(page).getByLabel(offer).check();
          await isClean(offer);
        }
        await sheet(page).getByLabel("The first spans").check();
        await load(page);
        await isClean("the list");
        await openTrace(page, "GET /orders/");
        await page.getByText("May be incomplete", { exact: true }).click();
        await isClean("the trace");
      });
    }
  }
});

describe("a part of what would fit", () => {
  test("is loaded differently, and wholly again", async () => {
    const page = await small({}, 8);
    await drop(page, [FILE]);
    await reaches(page, "ready");
    assert.equal(await strip(page).count(), 0);
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.getByLabel("Load only a part: ask which").check();
    await page.setInputFiles("input#open-files", { name: FILE.name, mimeType: "", buffer: Buffer.from(FILE.text) });
    const part = page.getByRole("dialog", { name: "Load a part" });
    await part.getByLabel("One in so many traces").fill("8");
    await part.getByRole("button", { name: "Load", exact: true }).click();
    await says(page, /loaded: 1 in 8 traces, whole/);
    await strip(page).getByRole("button", { name: "Load differently…" }).click();
    await part.getByLabel("Everything").check();
    await part.getByRole("button", { name: "Load", exact: true }).click();
    await strip(page).waitFor({ state: "hidden" });
    assert.equal((await figures(page)).spans, ALL);
    assert.deepEqual(page.problems, []);
  });
});

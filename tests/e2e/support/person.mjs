// What a person does with the page, in the page's own words: roles, names, keys, drops.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { reaches } from "./browser.mjs";

/** The path of a fixture, by its path below `tests/fixtures/`. */
export const fixture = (name) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

/** What is true of each fixture. */
export const TRUTH = JSON.parse(readFileSync(fixture("truth.json"), "utf8"));

/** Picks files in the open dialog and waits until they are read. */
export async function pick(page, ...paths) {
  await page.setInputFiles("input#open-files", paths);
  await settled(page);
}

/** Waits until what was handed over is read, or refused. */
export async function settled(page) {
  await page.waitForFunction(() => performance.getEntriesByName("spanwise:open").length > 0);
  await page.waitForSelector('body:not([data-state="loading"]):not([data-state="empty"])');
}

/** Drops files (path below `tests/fixtures/`, or {name, text}) on the middle of the page, or on the part that says `onto`. */
export async function drop(page, files, onto) {
  const parts = files.map((file) =>
    typeof file === "string"
      ? { name: basename(file), base64: readFileSync(fixture(file)).toString("base64") }
      : { name: file.name, base64: Buffer.from(file.text).toString("base64") },
  );
  const transfer = await page.evaluateHandle((parts) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of parts) {
      transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    }
    return transfer;
  }, parts);
  await page.dispatchEvent("body", "dragenter", { dataTransfer: transfer });
  await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  const target = onto ? page.getByText(onto) : page.locator("body");
  if (onto) await target.waitFor();
  await target.dispatchEvent("dragover", { dataTransfer: transfer });
  await target.dispatchEvent("drop", { dataTransfer: transfer });
}

/** The figures of the import, as numbers. */
export async function figures(page) {
  const data = await page.locator("[data-testid=load-report]").evaluate((report) => ({ ...report.dataset }));
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== "testid").map(([key, value]) => [key, Number(value)]));
}

/** Asserts that the figures are those of a fixture. Records that came twice are kept once. */
export async function assertFigures(page, name) {
  const truth = TRUTH[name];
  assert.ok(truth, `${name} has no truth`);
  const { spans, traces, services, ...rest } = await figures(page);
  const kept = { spans: truth.spans - truth.duplicates, traces: truth.traces, services: truth.services };
  assert.deepEqual({ spans, traces, services }, kept, name);
  // The truth counts every record, so the rest can be compared only where none came twice.
  if (truth.duplicates > 0) return;
  const { errors, roots, orphans, events, links } = rest;
  const { errors: e, roots: r, orphans: o, events: ev, links: l } = truth;
  assert.deepEqual({ errors, roots, orphans, events, links }, { errors: e, roots: r, orphans: o, events: ev, links: l }, name);
}

/** Opens the built-in sample and waits for the list. */
export async function openSample(spanwise, address = "?sample=shop", options = {}) {
  const page = await spanwise.open(address, options);
  await reaches(page, "ready");
  return page;
}

/** Opens the first trace of the list whose name has `words`, and waits for its first rows. */
export async function openTrace(page, words) {
  const rows = page.locator("[data-testid=trace-row]");
  await rows.filter({ hasText: words }).first().click();
  await row(page, 0).waitFor();
}

/** The waterfall. */
export const waterfall = (page) => page.getByRole("treegrid", { name: "Spans of the trace" });

/** The waterfall's row of that number among those in the page. */
export const row = (page, at) => waterfall(page).locator("[role=row][data-span-id]").nth(at);

/** The row that is selected. */
export const selected = (page) => waterfall(page).locator("[role=row][aria-selected=true]");

/** An OTLP JSON lines file of one trace with `count` spans: a chain, or a bushy tree. Always the same. */
export function manySpans(count, shape) {
  const services = ["frontend", "cart", "checkout", "payment", "shipping", "db"];
  const names = ["GET /cart", "SELECT cart", "charge", "render", "publish"];
  const start = 1_700_000_000_000_000_000n;
  const id = (at) => (at + 1).toString(16).padStart(16, "0");
  let seed = 42;
  const random = () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  const spans = services.map(() => []);
  for (let at = 0; at < count; at++) {
    const parent = shape === "chain" ? at - 1 : at - 1 - Math.floor(random() * Math.min(at, 30));
    const begin = start + BigInt(at) * 1000n;
    const end = shape === "chain" ? start + BigInt(2 * count - at) * 1000n : begin + BigInt(1000 + Math.floor(random() * 5e7));
    spans[at % services.length].push(
      JSON.stringify({
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: id(at),
        parentSpanId: at === 0 ? "" : id(Math.max(0, parent)),
        name: names[at % names.length],
        kind: 1 + (at % 5),
        startTimeUnixNano: String(begin),
        endTimeUnixNano: String(end),
        attributes: [{ key: "url.path", value: { stringValue: `/items/${at}` } }],
        status: at % 997 === 996 ? { code: 2, message: "refused" } : {},
      }),
    );
  }
  return services
    .map((service, at) => {
      const resource = { attributes: [{ key: "service.name", value: { stringValue: service } }] };
      return `{"resourceSpans":[{"resource":${JSON.stringify(resource)},"scopeSpans":[{"spans":[${spans[at].join(",")}]}]}]}\n`;
    })
    .join("");
}

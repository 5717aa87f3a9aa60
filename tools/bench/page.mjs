// Measures the built page in a browser: the stages of opening, cold and warm, how they grow, and what one trace costs to use.

import { marked, memory, sample, since, stages, visit } from "./browser.mjs";
import { parse, plainRead } from "./floors.mjs";
import { least, median } from "./table.mjs";

/** What is opened: a name, the shape and the encoding that `tools/sample.rs` knows. */
const SETS = [
  ["JSON", "shop", "json"],
  ["JSON lines", "shop", "json-lines"],
  ["protobuf", "shop", "protobuf"],
  ["JSON lines, gzip", "shop", "json-lines.gz"],
  ["protobuf, zstd", "shop", "protobuf.zst"],
  ["one trace, protobuf", "job", "protobuf"],
];

/** Opens a file and waits until something of it is to be seen: its one trace, or the list. */
async function open(page, path, isOneTrace) {
  await page.setInputFiles("input#open-files", path);
  await marked(page, "decoded");
  await marked(page, isOneTrace ? "waterfall" : "ready");
  const times = { decoded: await since(page, "decoded"), shown: await since(page, isOneTrace ? "waterfall" : "ready") };
  return { ...times, ...(await stages(page)) };
}

/** Opens a file in a fresh browser, and twice more: the first open pays for what the browser compiles only now. */
const openThrice = (server, path, isOneTrace) =>
  visit(server, async (page, browser) => {
    const [, before] = await memory(browser);
    const cold = await open(page, path, isOneTrace);
    const [peak] = await memory(browser);
    // Without a trace in the address, the next open shows the list first, as this one did.
    const again = async () => {
      await page.evaluate(() => (location.hash = ""));
      return open(page, path, isOneTrace);
    };
    await again();
    return { cold, warm: await again(), peak: peak - before };
  });

/** All sets of a size, one row each; the best of so many rounds, since whatever else runs can only add, but medians of memory. */
export async function openings(server, spans, rounds) {
  const rows = [];
  for (const [name, shape, encoding] of SETS) {
    const file = await sample(shape, spans, encoding);
    const runs = [];
    const parsed = [];
    const read = [];
    for (let round = 0; round < rounds; round++) {
      runs.push(await openThrice(server, file.path, shape !== "shop"));
      read.push(await plainRead(server, file.path));
      if (encoding === "json-lines") parsed.push(await parse(server, file.path));
    }
    const of = (pick) => least(runs.map(pick));
    const warm = Object.fromEntries(["read", "build", "seal", "decoded", "shown"].map((key) => [key, of((run) => run.warm[key])]));
    rows.push({
      set: name,
      spans,
      bytes: file.bytes,
      cold: of((run) => run.cold.decoded),
      ...warm,
      show: of((run) => run.warm.shown - run.warm.decoded),
      parse: parsed.length > 0 ? least(parsed) : NaN,
      floor: least(read),
      peak: median(runs.map(({ peak }) => peak)),
    });
    file.done();
  }
  // JSON is the same to parse, with lines or without; and what inflating takes is what the packed file takes longer.
  const row = (name) => rows.find(({ set }) => set === name);
  row("JSON").parse = row("JSON lines").parse;
  row("JSON lines, gzip").inflate = row("JSON lines, gzip").build - row("JSON lines").build;
  row("protobuf, zstd").inflate = row("protobuf, zstd").build - row("protobuf").build;
  return rows;
}

export const OPENING = [
  { name: "set", of: ({ set }) => set },
  { name: "spans", of: ({ spans }) => spans },
  { name: "MB", of: ({ bytes }) => bytes / 1e6, digits: 1 },
  { name: "cold ms", of: ({ cold }) => cold },
  { name: "warm ms", of: ({ decoded }) => decoded },
  { name: "read", of: ({ read }) => read, detail: true },
  { name: "build", of: ({ build }) => build, detail: true },
  { name: "of it inflate", of: ({ inflate }) => inflate, detail: true },
  { name: "seal", of: ({ seal }) => seal, detail: true },
  { name: "then to the screen", of: ({ show }) => show, detail: true },
  { name: "MB/s", of: ({ bytes, decoded }) => bytes / 1e3 / decoded },
  { name: "k spans/s", of: ({ spans, decoded }) => spans / decoded },
  { name: "JSON.parse ms", of: ({ parse }) => parse, detail: true },
  { name: "× JSON.parse", of: ({ parse, decoded }) => parse / decoded, digits: 2 },
  { name: "plain read ms", of: ({ floor }) => floor, detail: true },
  { name: "× plain read", of: ({ floor, decoded }) => floor / decoded, digits: 2 },
  { name: "bytes/span", of: ({ bytes, spans }) => bytes / spans, detail: true },
  { name: "peak/file", of: ({ peak, bytes }) => peak / bytes, digits: 2 },
];

/** How the time for one span grows with their number: 1.00 is linear. */
export function growth(rows) {
  const sizes = [...new Set(rows.map(({ spans }) => spans))].sort((a, b) => a - b);
  const perSpan = (set, spans) => {
    const row = rows.find((row) => row.set === set && row.spans === spans);
    return row ? (row.decoded * 1e6) / spans : NaN;
  };
  const columns = [
    { name: "ns per span, warm", of: ({ set }) => set },
    ...sizes.map((size) => ({ name: size.toLocaleString("en"), of: ({ set }) => perSpan(set, size) })),
    ...sizes.slice(1).map((size, at) => ({
      name: `${size.toLocaleString("en")} / ${sizes[at].toLocaleString("en")}`,
      of: ({ set }) => perSpan(set, size) / perSpan(set, sizes[at]),
      digits: 2,
    })),
  ];
  return { columns, rows: [...new Set(rows.map(({ set }) => set))].map((set) => ({ set })) };
}

/** Opens one trace, or a list of them, and uses it as a person would; the longest task on the main thread meanwhile. */
export async function using(server, spans, rounds) {
  const rows = [];
  for (const [name, shape, encoding] of [
    ["one trace, JSON lines", "job", "json-lines"],
    ["one trace, protobuf", "job", "protobuf"],
    ["a chain, protobuf", "chain", "protobuf"],
    ["a list, protobuf", "shop", "protobuf"],
  ]) {
    const isOneTrace = shape !== "shop";
    const file = await sample(shape, spans, encoding);
    const runs = [];
    for (let round = 0; round < rounds; round++) {
      runs.push(
        await visit(server, async (page, browser) => {
          const [, before] = await memory(browser);
          const { shown } = await open(page, file.path, isOneTrace);
          await page.waitForTimeout(1000);
          const opening = await longest(page);
          const [, rest] = await memory(browser);
          await page.evaluate(() => (location.hash = ""));
          await open(page, file.path, isOneTrace);
          await page.waitForTimeout(1000);
          const again = await longest(page);
          await (isOneTrace ? use(page) : useList(page));
          return { shown, opening, again, rest: rest - before, using: await longest(page) };
        }),
      );
    }
    const of = (key) => least(runs.map((run) => run[key]));
    const rest = median(runs.map(({ rest }) => rest));
    rows.push({ set: name, spans, bytes: file.bytes, shown: of("shown"), rest, opening: of("opening"), again: of("again"), using: of("using") });
    file.done();
  }
  return rows;
}

export const USING = [
  { name: "set", of: ({ set }) => set },
  { name: "spans", of: ({ spans }) => spans },
  { name: "MB", of: ({ bytes }) => bytes / 1e6, digits: 1 },
  { name: "first rows after ms", of: ({ shown }) => shown },
  { name: "memory at rest/file", of: ({ rest, bytes }) => rest / bytes, digits: 2 },
  { name: "longest task ms, opening", of: ({ opening }) => opening },
  { name: "again", of: ({ again }) => again },
  { name: "using", of: ({ using }) => using },
];

/** The longest task on the main thread since this was asked last: 0 where none took 50 ms, below which browsers tell of none. */
const longest = (page) =>
  page.evaluate(() => {
    const { longest } = globalThis;
    globalThis.longest = 0;
    return longest;
  });

/** Scrolls, jumps, folds and finds. */
async function use(page) {
  // Groups of like siblings are folded to begin with; all rows are wanted.
  await page.getByRole("button", { name: "Unfold all" }).click();
  await page.waitForTimeout(1000);
  await longest(page);
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
}

/** Scrolls, sorts by each column and filters. */
async function useList(page) {
  const rows = page.getByTestId("trace-row");
  await rows.first().hover();
  for (let turn = 0; turn < 30; turn++) {
    await page.mouse.wheel(0, turn < 20 ? 900 : -1500);
    await page.waitForTimeout(16);
  }
  const sorters = page.getByRole("columnheader").getByRole("button");
  for (let at = 0; at < (await sorters.count()); at++) {
    await sorters.nth(at).click();
    await page.waitForTimeout(300);
  }
  await page.getByTestId("query").fill("{ duration > 100ms }");
  await page.waitForTimeout(800);
}

// All measurements: `make bench`. Prints a table for each part, and at the end those that README shows, as README has them.
//
//   node tools/bench.mjs [--spans 10000,100000] [--rounds 3] [--part native,start,page]
//
// Compare ratios, not times: they are what other machines will see too. In the page the best of the rounds counts, as whatever else runs can
// only add; natively and for the start it is the median. "Cold" is the first open of a page, "warm" the third.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { argv, env, exit } from "node:process";
import { parseArgs } from "node:util";
import { ROOT } from "./bench/browser.mjs";
import { OPENING, USING, growth, openings, using } from "./bench/page.mjs";
import { START, starts } from "./bench/start.mjs";
import { markdown, plain } from "./bench/table.mjs";
import { serve } from "./serve.mjs";

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    spans: { type: "string", default: "10000,100000" },
    rounds: { type: "string", default: "3" },
    part: { type: "string", default: "native,start,page" },
  },
});
const sizes = values.spans.split(",").map(Number);
const rounds = Number(values.rounds);
const parts = values.part.split(",");
if (![...sizes, rounds].every((number) => Number.isInteger(number) && number > 0)) {
  console.error("bench: --spans takes numbers by commas, --rounds a number");
  exit(2);
}

/** What README shows, by and by. */
const shown = [];
const title = (text) => console.log(`\n## ${text}\n`);
function show(text, columns, rows, isForReadme = true) {
  title(text);
  console.log(plain(columns, rows));
  if (isForReadme) shown.push(`${text}:\n\n${markdown(columns, rows)}`);
}

function cargo(options, more = {}) {
  const { status, stdout } = spawnSync("cargo", ["bench", "--locked", ...options], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", maxBuffer: 2 ** 26, ...more });
  if (status !== 0) throw new Error(`cargo bench ${options.join(" ")} failed`);
  return stdout;
}

const NATIVE = [
  { name: "natively, sealed", of: ({ name }) => name },
  { name: "spans", of: ({ spans }) => spans },
  { name: "MB/s", of: ({ bytes, ms }) => bytes / 1e3 / ms },
  { name: "ns/span", of: ({ ms, spans }) => (ms * 1e6) / spans },
  { name: "× the oracle", of: ({ oracle, ms }) => oracle / ms, digits: 1 },
  { name: "allocations/span", of: ({ allocs, spans }) => allocs / spans, digits: 2 },
  { name: "peak/file", of: ({ peak, bytes }) => peak / bytes, digits: 2 },
  { name: "store, bytes/span", of: ({ store, spans }) => store / spans },
];

if (parts.includes("native")) {
  title("Stages, natively (divan)");
  console.log(cargo(["--bench", "stages"], { env: { ...env, SPANS: sizes.join(",") } }));
  const rows = cargo(["--bench", "engine", "--", "decode", "rows", ...sizes.map(String)])
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(({ length }) => length === 8)
    .map(([name, ...numbers]) => {
      const [spans, bytes, ms, oracle, allocs, peak, store] = numbers.map((text) => (text === "" ? NaN : Number(text)));
      return { name, spans, bytes, ms, oracle, allocs, peak, store };
    });
  show("Decoding natively, the sealed store included, against `opentelemetry-proto`'s own types, decoding alone, medians", NATIVE, rows);
  title("Analyses, natively");
  console.log(cargo(["--bench", "engine", "--", "analyses"]));
  title("Queries over a million spans, natively, on one core");
  console.log(cargo(["--bench", "queries"]));
}

const server = await serve({ dir: join(ROOT, "dist") });
try {
  if (parts.includes("start")) show("Starting, from a server on the same machine, medians", START, await starts(server, Math.max(5, rounds)));
  if (parts.includes("page")) {
    const rows = [];
    for (const spans of sizes) rows.push(...(await openings(server, spans, rounds)));
    show(`Opening a file in the page, best of ${rounds}`, OPENING, rows);
    if (sizes.length > 1) {
      const { columns, rows: sets } = growth(rows);
      show("How that grows", columns, sets);
    }
    const largest = [];
    for (const spans of sizes.filter((spans) => spans >= 100_000)) largest.push(...(await using(server, spans, rounds)));
    if (largest.length > 0) show("Using one trace: no task on the main thread may take over 50 ms", USING, largest);
  }
} finally {
  await server.close();
}

title("For README");
console.log(shown.join("\n\n"));

// Holds the built page to its promises: the size of a first visit, a policy without 'unsafe-inline', all files kept for the next
// visit as they are, no path of the machine that built it.
//
//   node tools/check-dist.mjs [dist]

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { argv, cwd, env, exit } from "node:process";
import { brotliCompressSync, constants } from "node:zlib";

const BUDGET = 900_000; // bytes of a first visit with Brotli: page and engine together, as far as a first file needs them
// What no first visit waits for: what a person loads who connects to a server, and the parts of the programs that neither the start nor
// the list and waterfall of a first file need (`tools/split.mjs`). The page asks for those once it can be used and rests.
const LATER = [
  [/^connector-/, "when connecting"],
  [/_later\.wasm$/, "later"],
  [/^standalone-/, "when saving one file"],
];
const VISITED = /\.(?:wasm|js|css|html|svg)$/; // all that a first visit loads; samples are loaded when asked for
const directory = argv[2] ?? "dist";
const problems = [];

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length;

const files = readdirSync(directory, { recursive: true })
  .map(String)
  .filter((file) => statSync(join(directory, file)).isFile())
  .sort();

let raw = 0;
let packed = 0;
const row = (name, size, small) => console.log(`${name.padEnd(44)} ${String(size).padStart(10)} ${String(small).padStart(10)}`);
row("file", "bytes", "Brotli");
for (const file of files.filter((file) => VISITED.test(file))) {
  const bytes = readFileSync(join(directory, file));
  const small = brotli(bytes);
  const when = LATER.find(([name]) => name.test(file))?.[1];
  row(when ? `${file} (${when})` : file, bytes.length, small);
  if (when) continue;
  raw += bytes.length;
  packed += small;
}
row("total", raw, packed);
if (packed > BUDGET) problems.push(`a first visit is ${packed} bytes with Brotli, over the budget of ${BUDGET}`);

const page = readFileSync(join(directory, "index.html"), "utf8");
const policy = /<meta\b[^>]*Content-Security-Policy[^>]*>/i.exec(page)?.[0];
if (!policy) problems.push("index.html has no security policy");
else if (/unsafe-inline|'unsafe-eval'/.test(policy)) problems.push("the security policy allows inline script or eval");
for (const [, address] of page.matchAll(/\b(?:href|src)\s*=\s*["']?([^"'\s>]+)/gi)) {
  if (/^(?:\/|[a-z][a-z0-9+.-]*:)/i.test(address) && !address.startsWith("data:")) {
    problems.push(`index.html names ${address}, but works at any path only with relative addresses`);
  }
}

const keeper = readFileSync(join(directory, "sw.js"), "utf8");
for (const file of files.filter((file) => file !== "sw.js")) {
  const name = file === "index.html" ? "./" : file.replaceAll("\\", "/");
  const hash = createHash("sha256").update(readFileSync(join(directory, file))).digest("base64");
  if (!keeper.includes(`["${name}","sha256-${hash}"]`)) problems.push(`sw.js does not keep ${file} as it is`);
}

const local = [env.CARGO_HOME ?? join(homedir(), ".cargo"), env.CARGO_TARGET_DIR, env.SPANWISE_CACHE, cwd()].filter(Boolean).map((path) => resolve(path));
for (const file of files.filter((file) => VISITED.test(file))) {
  const bytes = readFileSync(join(directory, file));
  for (const path of local) if (bytes.includes(path)) problems.push(`${file} contains the local path ${path}`);
}

for (const problem of problems) console.error(`dist: ${problem}`);
if (problems.length > 0) exit(1);
console.log(`A first visit is ${packed} of ${BUDGET} bytes.`);

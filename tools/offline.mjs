// Writes the service worker of a built page: public/sw.js, told which files the build is made of.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const LATER = /^(?:connector-|standalone-|samples\/)/; // what no first visit needs

/** A script of `public/`, without its comments and indentation. Its strings span no lines, and its comments share none. */
export const tight = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(?:\/\/|\/\*\*.*\*\/$)/.test(line))
    .join("\n");

const source = (name) => readFileSync(fileURLToPath(new URL(`../public/${name}`, import.meta.url)), "utf8");

/** Writes `sw.js` for all files that lie in `directory`, as they are. */
export function writeServiceWorker(directory) {
  const names = readdirSync(directory, { recursive: true })
    .map((name) => String(name).replaceAll("\\", "/"))
    .filter((name) => name !== "sw.js" && statSync(join(directory, name)).isFile())
    .sort();
  const files = names.map((name) => {
    const hash = createHash("sha256").update(readFileSync(join(directory, name))).digest("base64");
    // A server may lead from index.html to its folder, and what was led elsewhere is no answer to a navigation.
    return [name === "index.html" ? "./" : name, `sha256-${hash}`];
  });
  const list = (is) => JSON.stringify(files.filter(([name]) => is === LATER.test(name)));
  const text = `const FIRST=${list(false)},LATER=${list(true)};\n${tight(source("sw.js"))}\n`;
  const version = createHash("sha256").update(text).digest("hex").slice(0, 16);
  writeFileSync(join(directory, "sw.js"), `const VERSION="${version}",${text.slice("const ".length)}`);
}

/** Writes a `sw.js` that ends one which was there before. */
export const writeEndOfServiceWorker = (directory) => writeFileSync(join(directory, "sw.js"), source("sw-off.js"));

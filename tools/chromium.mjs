// Finds the Chromium or Chrome that tests and benchmarks drive, and the flags it needs. As a command: prints its path.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { argv, env, exit, getuid } from "node:process";
import { fileURLToPath } from "node:url";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const MAC = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The browser's path: CHROMIUM if set, else the first known name on PATH. Undefined if there is none. */
export function findChromium() {
  const onPath = NAMES.flatMap((name) => (env.PATH ?? "").split(delimiter).map((directory) => join(directory, name)));
  return [env.CHROMIUM, ...onPath, ...MAC].find((path) => path && isExecutable(path));
}

/** Flags for a quiet browser that talks to nobody but the pages it opens. */
export const CHROMIUM_FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Chromium refuses its sandbox to root, as which containers run tests.
  ...(getuid?.() === 0 ? ["--no-sandbox"] : []),
];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const path = findChromium();
  if (!path) {
    console.error("No Chromium or Chrome found: install one, or name it in CHROMIUM.");
    exit(1);
  }
  console.log(path);
}

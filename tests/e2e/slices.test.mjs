// A large file is read by the engine and its helpers together: it comes to what the engine alone makes of it, and the helpers are there
// only meanwhile.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { reaches, scratch, start } from "./support/browser.mjs";
import { figures, manySpans, pick } from "./support/person.mjs";

let spanwise;
const folder = scratch();
const [large, ...small] = ["large.jsonl", "a.jsonl", "b.jsonl", "c.jsonl"].map((name) => join(folder, name));
before(async () => {
  spanwise = await start();
  // The same spans again and again: in all too much for the engine alone, in three files not.
  const spans = manySpans(10_000, "tree");
  writeFileSync(large, spans.repeat(12));
  for (const file of small) writeFileSync(file, spans.repeat(4));
});
after(() => spanwise?.close());

/** A page on a machine of so many cores, that notes each worker that starts on it. */
async function open(cores) {
  const page = await spanwise.open();
  await reaches(page, "empty");
  const [engine] = page.workers();
  await engine.evaluate((cores) => Object.defineProperty(WorkerNavigator.prototype, "hardwareConcurrency", { get: () => cores }), cores);
  page.started = 0;
  page.on("worker", () => page.started++);
  return page;
}

/** Waits until no worker but the engine is left. */
async function engineAlone(page) {
  while (page.workers().length > 1) await page.waitForEvent("close", { timeout: 100 }).catch(() => {});
  assert.equal(page.workers().length, 1);
}

test("with helpers or without, it is the same", async () => {
  const page = await open(8);
  await pick(page, ...small);
  await reaches(page, "ready");
  const alone = await figures(page);
  assert.equal(page.started, 0, "files that are not large need no helpers");
  assert.equal(alone.spans, 10_000);
  // Two cores are the engine's and the page's, and more than four helpers would wait for the engine.
  for (const [cores, helpers] of [
    [2, 0],
    [3, 1],
    [5, 3],
    [64, 4],
  ]) {
    const page = await open(cores);
    await pick(page, large);
    await reaches(page, "ready");
    assert.deepEqual(await figures(page), alone, `${cores} cores`);
    assert.equal(page.started, helpers, `${cores} cores`);
    await engineAlone(page);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  }
});

test("an import that is given up takes its helpers with it", async () => {
  const page = await open(4);
  const helper = page.waitForEvent("worker");
  await page.setInputFiles("input#open-files", large);
  await helper;
  await page.getByRole("button", { name: "Cancel" }).click();
  await reaches(page, "empty");
  await engineAlone(page);
  // And it can be opened all the same.
  await pick(page, large);
  await reaches(page, "ready");
  assert.equal((await figures(page)).spans, 10_000);
  await engineAlone(page);
  assert.deepEqual(page.problems, []);
});

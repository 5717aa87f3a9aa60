// One HTML file of viewer and data: made by the page, opened from disk, with no server and no network.

import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { reaches, scratch, start } from "./support/browser.mjs";
import { figures, waterfall } from "./support/person.mjs";

const folder = scratch();
let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

test("what is open is saved with its viewer, and opens from disk", async () => {
  const page = await spanwise.open("?sample=shop");
  await reaches(page, "ready");
  const expected = await figures(page);
  await page.keyboard.press("x");
  const sheet = page.getByTestId("export");
  await sheet.getByText("Everything that is open").waitFor();
  await sheet.getByRole("combobox", { name: "As" }).selectOption({ label: "HTML page with its viewer – of spans and logs nothing is lost" });
  const [download] = await Promise.all([page.waitForEvent("download"), sheet.getByRole("button", { name: "Save" }).click()]);
  assert.equal(download.suggestedFilename(), "spans.html");
  const file = join(folder, "spans.html");
  await download.saveAs(file);
  assert.deepEqual(page.problems, []);
  // The viewer, packed, and the data, packed.
  assert.ok(statSync(file).size < 4 << 20, `${statSync(file).size} bytes`);
  await page.context().close();

  // So wide that facets are shown, which ask the worker for its second part before that could come by itself.
  const context = await spanwise.browser.newContext({ offline: true, viewport: { width: 1440, height: 900 } });
  const alone = await context.newPage();
  const problems = [];
  const asked = [];
  alone.on("pageerror", (error) => problems.push(String(error)));
  alone.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  alone.on("request", (request) => /^https?:/.test(request.url()) && asked.push(request.url()));
  await alone.goto(pathToFileURL(file).href);
  await reaches(alone, "ready");
  assert.deepEqual(await figures(alone), expected);
  await alone.getByTestId("facets").getByText("Service").first().waitFor();
  await alone.getByTestId("trace-row").first().click();
  await waterfall(alone).locator("[role=row][data-span-id]").first().waitFor();
  // A view of the second part of both programs.
  await alone.goto(`${pathToFileURL(file).href}#/map`);
  await alone.getByTestId("service-map").waitFor();
  assert.deepEqual(asked, [], "it asked a server");
  assert.deepEqual(problems, []);
  // It makes no other of its kind.
  await alone.keyboard.press("x");
  await alone.getByTestId("export").getByRole("combobox", { name: "As" }).waitFor();
  assert.equal(await alone.getByRole("option", { name: /HTML page/ }).count(), 0);
  await context.close();
});

test("hostile names are text in it", async () => {
  const page = await spanwise.open();
  const made = await page.evaluate(async () => {
    const file = await globalThis.makeStandalone(new Blob(["{}"]), `</script><script>alert(1)</script>".json`);
    return (await file.text()).slice(0, 3000);
  });
  assert.ok(!made.includes("<script>alert"), made);
  writeFileSync(join(folder, "hostile.html"), made);
  assert.deepEqual(page.problems, []);
});

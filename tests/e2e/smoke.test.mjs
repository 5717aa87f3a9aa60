// The page opens, at the root and at any other path, breaks none of its own rules, and asks nobody else for anything.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";

for (const prefix of ["/", "/some/sub/path/"]) {
  describe(`behind a static server at ${prefix}`, () => {
    let spanwise;
    before(async () => {
      spanwise = await start({ prefix });
    });
    after(() => spanwise?.close());

    test("the page opens empty, without a problem", async () => {
      const page = await spanwise.open();
      await reaches(page, "empty");
      assert.match(await page.title(), /Spanwise/);
      assert.deepEqual(page.problems, []);
    });

    test("the page knows its build, and the engine is where it says", async () => {
      const page = await spanwise.open();
      const meta = (name) => page.getAttribute(`meta[name="${name}"]`, "content");
      const build = await meta("spanwise-build");
      assert.match(build, /^[0-9a-f]{16}$/);
      const loader = await page.request.get(new URL(await meta("spanwise-engine"), spanwise.url).href);
      assert.equal(loader.headers()["content-type"], "text/javascript; charset=utf-8");
      assert.ok((await loader.text()).includes(build));
    });
  });
}

test("the empty page is accessible", async (t) => {
  const spanwise = await start();
  t.after(() => spanwise.close());
  const page = await spanwise.open();
  await reaches(page, "empty");
  assert.deepEqual(await accessibilityProblems(page), []);
});

// Each view in both themes and at three widths: no violation that axe-core knows, nothing wider than the screen.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityProblems, start } from "./support/browser.mjs";
import { openSample, openTrace, row } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start({ prefix: "/any/sub/path/" });
});
after(() => spanwise?.close());

async function isClean(page, view) {
  assert.deepEqual(await accessibilityProblems(page), [], view);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${view} is ${overflow} px wider than the screen`);
}

for (const colorScheme of ["light", "dark"]) {
  describe(colorScheme, () => {
    for (const width of [360, 1280, 2560]) {
      test(`${width} px wide`, async () => {
        const page = await openSample(spanwise, "?sample=shop", { colorScheme, viewport: { width, height: 800 } });
        await page.getByTestId("trace-row").first().waitFor();
        await isClean(page, "the list");
        await openTrace(page, "POST /checkout");
        await isClean(page, "the trace");
        await row(page, 2).click();
        await page.getByTestId("span-detail").getByText("Attributes").first().waitFor();
        await isClean(page, "the span's detail");
        await page.keyboard.press("Escape");
        await page.locator("[data-testid=load-report]").click();
        await page.getByRole("heading", { name: /sources/i }).waitFor();
        await isClean(page, "the import report");
        assert.deepEqual(page.problems, []);
      });
    }
  });
}

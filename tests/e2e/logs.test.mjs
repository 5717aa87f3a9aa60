// Log records under their spans, exemplars, and clocks that are apart.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";
import { drop, row, selected } from "./support/person.mjs";

let spanwise;
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const BASE = 1_700_000_000_000_000_000n;
const at = (millis) => String(BASE + BigInt(millis) * 1_000_000n);
const id = (number) => String(number).padStart(16, "0");
const resource = (service) => ({ attributes: [{ key: "service.name", value: { stringValue: service } }] });
const span = (number, parent, name, kind, start, end) => ({
  traceId: TRACE,
  spanId: id(number),
  parentSpanId: parent ? id(parent) : "",
  name,
  kind,
  startTimeUnixNano: at(start),
  endTimeUnixNano: at(end),
});
const spans = (service, list) => ({ resource: resource(service), scopeSpans: [{ spans: list }] });
const log = (number, millis, severityNumber, body) => ({
  traceId: TRACE,
  spanId: id(number),
  timeUnixNano: at(millis),
  severityNumber,
  body: { stringValue: body },
});

/** The clock of `db` is 40 ms late. */
const traces = {
  resourceSpans: [
    spans("web", [span(1, 0, "GET /cart", 2, 100, 200), span(2, 1, "query", 3, 120, 180)]),
    spans("db", [span(3, 2, "SELECT", 2, 90, 130)]),
  ],
};
const logs = {
  resourceLogs: [
    {
      resource: resource("web"),
      scopeLogs: [{ logRecords: [log(1, 110, 9, "cart opened"), log(2, 150, 17, "query is slow"), log(1, 190, 9, "cart closed")] }],
    },
  ],
};
const metrics = {
  resourceMetrics: [
    {
      resource: resource("web"),
      scopeMetrics: [
        {
          metrics: [
            {
              name: "queue.length",
              unit: "{items}",
              gauge: {
                dataPoints: [
                  { timeUnixNano: at(160), asInt: "7", exemplars: [{ traceId: TRACE, spanId: id(2), timeUnixNano: at(160), asInt: "7" }] },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
};

async function open() {
  const page = await spanwise.open("");
  const files = [traces, logs, metrics].map((document, n) => ({ name: `${n}.json`, text: JSON.stringify(document) }));
  await drop(page, files);
  // The only trace is shown at once.
  await reaches(page, "ready");
  await row(page, 0).waitFor();
  return page;
}

test("the list of logs narrows by severity and words, and leads to the span", async () => {
  const page = await open();
  await page.keyboard.press("4");
  const rows = page.getByTestId("log-row");
  await rows.first().waitFor();
  assert.equal(await rows.count(), 3);
  assert.match(await rows.first().innerText(), /INFO[\s\S]*cart opened/);
  await page.getByTestId("log-severity").selectOption("Error and up");
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=log-row]").length === 1);
  assert.match(await page.evaluate(() => location.hash), /as=logs/);
  await rows.first().click();
  await page.getByTestId("span-detail").getByText("query is slow").waitFor();
  await page.waitForFunction((id) => location.hash.includes(`span=${id}`), id(2));
  assert.deepEqual(await accessibilityProblems(page), []);
  assert.deepEqual(page.problems, []);
});

test("a span's details show its logs and what was measured in it", async () => {
  const page = await open();
  await row(page, 1).click();
  const detail = page.getByTestId("span-detail");
  await detail.getByText("query is slow").waitFor();
  await detail.getByText("queue.length").waitFor();
  await detail.getByText("7 items").waitFor();
  assert.deepEqual(page.problems, []);
});

test("log records have rows of their own under their spans, once they are wanted", async () => {
  const page = await open();
  const rows = page.locator("[role=treegrid] [role=row]");
  assert.equal(await rows.count(), 3);
  await page.getByTestId("log-rows").click();
  await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row]").length === 6);
  await page.waitForFunction(() => location.hash.includes("logs=rows"));
  // Each is one level below the row of its span, and nothing has another place in the tree.
  const levels = () => rows.evaluateAll((all) => all.map((row) => [row.getAttribute("aria-level"), row.innerText.replace(/\s+/g, " ").trim()]));
  const shown = await levels();
  assert.deepEqual(shown.map(([level]) => level), ["1", "2", "2", "2", "3", "3"]);
  assert.match(shown[1][1], /INFO cart opened \+20/);
  assert.match(shown[4][1], /ERROR query is slow \+60/);
  assert.deepEqual(await accessibilityProblems(page), []);
  // The keyboard goes over them, and Enter opens what they say.
  await rows.first().click();
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => document.querySelector("[role=row][aria-selected=true]")?.hasAttribute("data-log"));
  await page.keyboard.press("Enter");
  const detail = page.getByTestId("log-detail");
  await detail.getByText("cart opened").waitFor();
  await page.keyboard.press("ArrowDown");
  await detail.getByText("cart closed").waitFor();
  // To the span that they are of.
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.querySelector("[role=row][aria-selected=true]")?.getAttribute("aria-rowindex") === "1");
  await page.waitForFunction(() => !document.querySelector("[data-testid=log-detail]"));
  // Folded with it, and gone when they are no longer wanted.
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row]").length === 1);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("l");
  await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row]").length === 3);
  assert.deepEqual(page.problems, []);
});

test("times are those of the file until they are asked to be adjusted", async () => {
  const page = await open();
  const clocks = page.getByTestId("clocks");
  assert.match(await clocks.innerText(), /1\sspan runs outside its parent: the clocks of web and db may differ by 40/);
  const shifted = page.locator("[role=treegrid] [role=row][data-shifted]");
  assert.equal(await shifted.count(), 0);
  await page.getByTestId("adjust-clocks").click();
  await shifted.first().waitFor();
  assert.equal(await shifted.count(), 1);
  await page.waitForFunction(() => location.hash.includes("clocks=adjusted"));
  await shifted.first().click();
  await selected(page).waitFor();
  await page.getByTestId("adjusted-start").waitFor();
  await page.getByTestId("adjust-clocks").click();
  await page.waitForFunction(() => !document.querySelector("[role=row][data-shifted]"));
  assert.deepEqual(page.problems, []);
});

test("an export keeps log records where the format has a place for them, and says where it has none", async () => {
  const page = await open();
  await page.keyboard.press("x");
  await page.getByText("exemplars of metrics, which are left out").waitFor();
  assert.doesNotMatch(await page.getByTestId("export-losses").innerText(), /log records/);
  await page.getByRole("combobox", { name: "As" }).selectOption({ label: "CSV table" });
  await page.getByText("log records, for which only OTLP has a place").waitFor();
  assert.match(await page.getByTestId("export-losses").innerText(), /3\s+log records[\s\S]*1\s+exemplars/);
  assert.deepEqual(page.problems, []);
});

// The service map: by mouse, by keyboard, by address, as a table, as a file; and one of 500 services.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessibilityProblems, loadOf, reaches, scratch, start } from "./support/browser.mjs";
import { drop, openSample, openTrace, row } from "./support/person.mjs";

let spanwise;
const folder = scratch();
before(async () => {
  spanwise = await start();
});
after(() => spanwise?.close());

const picture = (page) => page.getByTestId("service-map");
const service = (page, name) => picture(page).locator(`[data-service="${name}"]`);
const panel = (page) => page.getByTestId("map-detail");
const services = (page) => picture(page).locator("[data-service]").evaluateAll((nodes) => nodes.map((node) => node.dataset.service).sort());

const act = (page, name) => page.getByRole("dialog", { name: "What can be done with it" }).getByRole("menuitem", { name, exact: true });
const queried = (page, text) => page.waitForFunction((text) => document.querySelector("[data-testid=query]")?.value === text, text);

async function openMap(address = "?sample=shop#/map", options = {}) {
  const page = await openSample(spanwise, address, options);
  await picture(page).locator("[data-at]").first().waitFor();
  await atRest(page);
  return page;
}

/** Waits until the picture has stopped moving. */
async function atRest(page) {
  await page.waitForFunction(async () => {
    const world = document.querySelector("[data-testid=service-map] > g");
    const before = world?.getAttribute("transform");
    for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame);
    return before && before === world.getAttribute("transform");
  });
}

/** A place on the line of an edge, on the screen. */
async function onEdge(page, name) {
  return picture(page).locator(`[data-edge="${name}"] path`).first().evaluate((path) => {
    const matrix = path.getScreenCTM();
    const length = path.getTotalLength();
    // Where no card lies over it.
    for (const share of [0.5, 0.4, 0.6, 0.3, 0.7]) {
      const point = path.getPointAtLength(length * share).matrixTransform(matrix);
      if (document.elementFromPoint(point.x, point.y)?.closest("[data-edge]")) return { x: point.x, y: point.y };
    }
    throw new Error("the edge is covered");
  });
}

/** Waits until a service is in the middle of the picture. */
async function isInTheMiddle(page, name) {
  await page.waitForFunction((name) => {
    const middle = (element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    };
    const map = document.querySelector("[data-testid=service-map]");
    const [[x, y], [to_x, to_y]] = [middle(map), middle(map.querySelector(`[data-service="${name}"] rect`))];
    return Math.hypot(to_x - x, to_y - y) < 2;
  }, name);
}

test("the shop's services, and what they call, are on the map", async () => {
  const page = await openMap();
  const found = await services(page);
  assert.equal(found.length, 12);
  for (const name of ["frontend", "cart", "checkout", "payment"]) assert.ok(found.includes(name), `${name} in ${found}`);
  assert.ok((await picture(page).locator("[data-node]").count()) > 3);
  assert.ok((await picture(page).locator('[data-edge="frontend→checkout"]').count()) === 1);
  // A failing dependency is seen by its form, not by color alone.
  assert.equal(await picture(page).locator('[data-edge="payment→api.bank.example"] path').count(), 3);
  // Cards lie clear of each other.
  const cards = await picture(page).locator("[data-at^=n] rect").evaluateAll((rects) => rects.map((rect) => rect.getBoundingClientRect().toJSON()));
  for (const [at, a] of cards.entries()) {
    for (const b of cards.slice(0, at)) {
      assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top, "two cards overlap");
    }
  }
  assert.deepEqual(page.problems, []);
});

test("a node, its panel, an example, the trace, and back to the panel", async () => {
  const page = await openMap();
  await service(page, "checkout").click();
  await panel(page).getByRole("heading", { name: "checkout" }).waitFor();
  await panel(page).getByRole("heading", { name: "Operations" }).waitFor();
  await page.waitForFunction(() => /[?&]at=service(:|%3A)checkout/.test(location.hash));
  for (const words of ["Fastest", "Median", "Slowest", "Failing"]) {
    assert.equal(await panel(page).getByTestId("map-example").filter({ hasText: words }).count(), 1, words);
  }
  await panel(page).getByTestId("map-example").filter({ hasText: "Failing" }).click();
  await row(page, 0).waitFor();
  assert.match(await page.evaluate(() => location.hash), /^#\/trace\/[0-9a-f]{32}\?.*span=/);
  await page.goBack();
  await panel(page).getByRole("heading", { name: "checkout" }).waitFor();
  assert.equal(await service(page, "checkout").getAttribute("data-selected"), "");

  // From the node to the calls of one of its callers.
  await panel(page).getByRole("button", { name: /calls?$/ }).first().click();
  await panel(page).getByRole("heading", { name: /→/ }).waitFor();
  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "detached" });

  await service(page, "cart").click();
  await panel(page).getByRole("button", { name: "Filter to this" }).click();
  await queried(page, '{ resource.service.name = "cart" }');
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-service]").length < 12);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-service]").length === 12);
  assert.deepEqual(page.problems, []);
});

test("a node is filtered by, excluded, and grouped by: from its panel, by the right button, by a key", async () => {
  const page = await openMap();
  await service(page, "cart").click({ button: "right" });
  await act(page, "Exclude it").click();
  await queried(page, '{ !(resource.service.name = "cart") }');
  // The other ends of its calls still say so; those that only it measures are gone.
  const ownCalls = picture(page).locator('[data-edge="cart→redis.shop.svc"]');
  await ownCalls.first().waitFor({ state: "detached" });
  assert.equal(await service(page, "cart").count(), 1);
  await page.goBack();
  await queried(page, "");
  await ownCalls.first().waitFor({ state: "attached" });
  await atRest(page);

  await service(page, "payment").focus();
  await page.keyboard.press("a");
  await act(page, "Filter traces by it").click();
  await queried(page, '{ resource.service.name = "payment" }');
  await page.goBack();
  await queried(page, "");

  await service(page, "checkout").click();
  await panel(page).getByRole("button", { name: "Filter, exclude or group by checkout" }).click();
  assert.deepEqual(await accessibilityProblems(page), []);
  await act(page, "Group latency by it").click();
  await page.waitForFunction(() => /^#\/latency\?.*by=service/.test(location.hash));
  await page.goBack();

  // What sends no spans is named by the attributes of those who call it.
  await picture(page).locator("[data-at]").first().waitFor();
  await picture(page).locator('[data-node="inventory"]').focus();
  await page.keyboard.press("a");
  await act(page, "Filter traces by it").click();
  await queried(page, '{ .db.namespace = "inventory" }');
  assert.deepEqual(page.problems, []);
});

test("calls are filtered by and excluded, where TraceQL has words for them", async () => {
  const page = await openMap();
  const { x, y } = await onEdge(page, "frontend→checkout");
  await page.mouse.click(x, y, { button: "right" });
  await act(page, "Filter traces by it").click();
  await queried(page, '{ resource.service.name = "frontend" } > { resource.service.name = "checkout" }');
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-service]").length < 12);
  await page.goBack();
  await queried(page, "");

  // By keyboard: through the panel of a node to its calls.
  await service(page, "checkout").focus();
  await page.keyboard.press("Enter");
  await panel(page).getByRole("button", { name: /calls?$/ }).first().click();
  await panel(page).getByRole("heading", { name: /→/ }).waitFor();
  await panel(page).getByRole("button", { name: /^Filter or exclude calls from / }).press("Enter");
  await act(page, "Exclude it").press("Enter");
  await page.waitForFunction(() => /^\{ !\(.*\) \} \|\| \{ .* \} !> \{ .* \}$/.test(document.querySelector("[data-testid=query]").value));
  assert.equal(await page.getByTestId("query-trouble").count(), 0);
  assert.deepEqual(page.problems, []);
});

test("an edge by a click on its line", async () => {
  const page = await openMap();
  const { x, y } = await onEdge(page, "frontend→checkout");
  await page.mouse.click(x, y);
  await panel(page).getByRole("heading", { name: /frontend\s*→\s*checkout/ }).waitFor();
  await panel(page).getByRole("img", { name: /Durations from/ }).waitFor();
  // A click where nothing is closes it.
  const frame = await picture(page).boundingBox();
  await page.mouse.click(frame.x + frame.width / 2, frame.y + 8);
  await panel(page).waitFor({ state: "detached" });
  assert.deepEqual(page.problems, []);
});

test("by keyboard: go from node to node, open, close, find, zoom, fit", async () => {
  const page = await openMap();
  const focused = () => page.evaluate(() => document.activeElement?.dataset?.service ?? document.activeElement?.dataset?.node);
  const transform = () => picture(page).locator("> g").getAttribute("transform");
  await service(page, "frontend").focus();
  await page.keyboard.press("ArrowRight");
  const next = await focused();
  assert.ok(next && next !== "frontend");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await focused(), "frontend");
  // One node of all is where Tab comes to.
  assert.equal(await picture(page).locator('[tabindex="0"]').count(), 1);
  await page.keyboard.press("Enter");
  await panel(page).getByRole("heading", { name: "frontend" }).waitFor();
  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "detached" });

  await atRest(page);
  const whole = await transform();
  await page.keyboard.press("+");
  await page.waitForFunction((before) => document.querySelector("[data-testid=service-map] > g").getAttribute("transform") !== before, whole);
  await atRest(page);
  await page.keyboard.press("/");
  await page.keyboard.type("ship");
  assert.equal(await page.locator("#map-find").inputValue(), "ship");
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-at][data-lit]").length === 1);
  await page.keyboard.press("Enter");
  await isInTheMiddle(page, "shipping");
  await page.keyboard.press("Escape");
  await page.keyboard.press("0");
  await page.waitForFunction((whole) => document.querySelector("[data-testid=service-map] > g").getAttribute("transform") === whole, whole);
  assert.deepEqual(page.problems, []);
});

test("the wheel zooms about the pointer, a drag pans, a dragged node takes its edges along and can be put back", async () => {
  const page = await openMap();
  const frame = await picture(page).boundingBox();
  const center = async (name) => {
    const box = await service(page, name).locator("rect").boundingBox();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const before = await center("cart");
  await page.mouse.move(before.x, before.y);
  await page.mouse.wheel(0, -300);
  await atRest(page);
  const zoomed = await center("cart");
  assert.ok(Math.hypot(zoomed.x - before.x, zoomed.y - before.y) < 2, "what is under the pointer stays");

  await page.mouse.move(frame.x + frame.width / 2, frame.y + 6);
  await page.mouse.down();
  await page.mouse.move(frame.x + frame.width / 2 + 60, frame.y + 46, { steps: 4 });
  await page.mouse.up();
  await atRest(page);
  const panned = await center("cart");
  assert.ok(Math.abs(panned.x - zoomed.x - 60) < 2 && Math.abs(panned.y - zoomed.y - 40) < 2, "a drag pans");

  const line = () => picture(page).locator('[data-edge="frontend→cart"] path').first().getAttribute("d");
  const drawn = await line();
  await page.mouse.move(panned.x, panned.y);
  await page.mouse.down();
  await page.mouse.move(panned.x + 30, panned.y + 50, { steps: 4 });
  await page.mouse.up();
  await atRest(page);
  assert.notEqual(await line(), drawn);
  assert.equal(await panel(page).count(), 0, "a drag is no click");
  // It stays while other views are shown.
  const dragged = await line();
  await page.getByRole("button", { name: "Traces", exact: true }).click();
  await page.getByTestId("trace-row").first().waitFor();
  await page.getByRole("button", { name: "Map", exact: true }).click();
  await picture(page).locator("[data-at]").first().waitFor();
  await atRest(page);
  assert.equal(await line(), dragged);
  await page.getByRole("button", { name: "Reset layout" }).click();
  await page.waitForFunction((drawn) => document.querySelector('[data-edge="frontend→cart"] path').getAttribute("d") === drawn, drawn);
  assert.deepEqual(page.problems, []);
});

test("kinds are hidden, a node is focused with more and more around it", async () => {
  const page = await openMap();
  const count = () => picture(page).locator("[data-at^=n]").count();
  const all = await count();
  await page.getByRole("checkbox", { name: "Databases" }).uncheck();
  await page.waitForFunction(() => !document.querySelector('[data-testid=service-map] [data-kind="Database"]'));
  assert.ok((await count()) < all);
  await page.waitForFunction(() => /[?&]hide=database/.test(location.hash));
  await page.getByRole("checkbox", { name: "Databases" }).check();
  await page.waitForFunction((all) => document.querySelectorAll("[data-testid=service-map] [data-at^=n]").length === all, all);

  await service(page, "email").click();
  await panel(page).getByRole("button", { name: "Focus" }).click();
  const focus = page.getByTestId("map-focus");
  await focus.waitFor();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-at^=n]").length === 2);
  await focus.getByRole("combobox").selectOption({ label: "2 calls" });
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-at^=n]").length > 2);
  await focus.getByRole("combobox").selectOption({ label: "any number of calls" });
  await page.waitForFunction((all) => document.querySelectorAll("[data-testid=service-map] [data-at^=n]").length === all, all);
  await focus.getByRole("button", { name: "Show the whole map" }).click();
  await focus.waitFor({ state: "detached" });
  assert.deepEqual(page.problems, []);
});

test("a filter keeps places, says so where nothing matches, and goes again", async () => {
  const page = await openMap();
  const place = () => service(page, "payment").getAttribute("transform");
  const before = await place();
  await page.getByLabel("Filter traces").fill("POST /checkout");
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-service]").length < 12);
  assert.equal(await place(), before);
  await page.getByLabel("Filter traces").fill("no such thing");
  await page.getByText("Nothing matches").waitFor();
  await page.getByRole("button", { name: "Show the whole map" }).click();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-service]").length === 12);
  assert.deepEqual(page.problems, []);
});

test("the map of one trace, from its page and back", async () => {
  const page = await openSample(spanwise);
  await openTrace(page, "POST /checkout");
  await page.locator(".trace-head").getByRole("button", { name: "Map", exact: true }).click();
  const chip = page.getByTestId("map-trace");
  await chip.waitFor();
  await picture(page).locator("[data-at]").first().waitFor();
  const found = await services(page);
  assert.ok(found.length > 2 && found.length < 12, found.join());
  await chip.getByRole("button", { name: /^Trace/ }).click();
  await row(page, 0).waitFor();
  await page.goBack();
  await chip.waitFor();
  await chip.getByRole("button", { name: "Map of all traces" }).click();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-service]").length === 12);
  assert.deepEqual(page.problems, []);
});

/** What a press of a button saves. */
async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test("the same as tables, sorted, and as CSV", async () => {
  const page = await openMap("?sample=shop#/map?size=p95");
  await page.getByRole("button", { name: "Table", exact: true }).click();
  const table = page.getByTestId("map-nodes");
  const calls = () => table.locator("tbody tr td:nth-child(3)").evaluateAll((cells) => cells.map((cell) => Number(cell.textContent.replace(/\D/g, ""))));
  const sorted = await calls();
  assert.deepEqual(sorted, [...sorted].sort((a, b) => b - a));
  await table.getByRole("button", { name: "Calls" }).click();
  assert.equal(await table.getByRole("columnheader", { name: "Calls" }).getAttribute("aria-sort"), "ascending");
  assert.deepEqual(await calls(), [...sorted].reverse());
  await table.getByRole("button", { name: "Name" }).click();
  const names = await table.locator("tbody th").allInnerTexts();
  assert.deepEqual(names, [...names].sort());
  assert.ok((await page.getByTestId("map-edges").locator("tbody tr").count()) > 20);

  const nodes = await saved(page, "Nodes CSV");
  assert.equal(nodes.name, "map-nodes.csv");
  const lines = nodes.bytes.toString().split("\r\n");
  assert.match(lines[0], /^kind,name,detail,spans,calls,errors,p50_ns/);
  assert.equal(lines.length, names.length + 2);
  const column = lines.slice(1, -1).map((line) => Number(line.split(",")[4]));
  assert.deepEqual(column.sort((a, b) => b - a), sorted);
  assert.match((await saved(page, "Edges CSV")).bytes.toString(), /\r\nservice,frontend,service,checkout,false,/);

  await table.getByRole("button", { name: "payment" }).first().click();
  await panel(page).waitFor();
  assert.deepEqual(page.problems, []);
});

for (const colorScheme of ["light", "dark"]) {
  test(`the picture as SVG and PNG (${colorScheme})`, async () => {
    const page = await openMap("?sample=shop#/map?color=p95", { colorScheme });
    const svg = (await saved(page, "SVG")).bytes.toString();
    assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d+" height="\d+"/);
    assert.doesNotMatch(svg, /var\(|url\(|class=|""/);
    assert.ok(svg.includes(">checkout</text>"));
    // It is well-formed, and each color is a plain one.
    const colors = await page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
      if (parsed.querySelector("parsererror")) throw new Error(parsed.textContent);
      return [...parsed.querySelectorAll("[fill], [stroke]")].flatMap((element) => [element.getAttribute("fill"), element.getAttribute("stroke")]);
    }, svg);
    for (const color of colors) assert.match(color ?? "none", /^(none|#[0-9a-f]{6})$/);
    const png = await saved(page, "PNG");
    assert.equal(png.name, "service-map.png");
    assert.deepEqual([...png.bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    const [width] = /width="(\d+)"/.exec(svg).slice(1).map(Number);
    assert.equal(png.bytes.readUInt32BE(16), 2 * width);
    assert.deepEqual(page.problems, []);
  });

  for (const width of [400, 1280]) {
    test(`axe finds nothing (${colorScheme}, ${width} px)`, async () => {
      const page = await openMap("?sample=shop#/map", { colorScheme, viewport: { width, height: 800 } });
      const isClean = async (view) => {
        assert.deepEqual(await accessibilityProblems(page), [], view);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${view} is ${overflow} px wider than the screen`);
      };
      await isClean("the map");
      await service(page, "checkout").dispatchEvent("click");
      await panel(page).getByRole("heading", { name: "Operations" }).waitFor();
      await isClean("a panel");
      await page.evaluate(() => (location.hash = "#/map?as=table&color=errors"));
      await page.getByTestId("map-nodes").waitFor();
      await isClean("the tables");
      assert.deepEqual(page.problems, []);
    });
  }
}

/** So many services that call each other, as an OTLP JSON lines file. Always the same. */
function manyServices(count) {
  const start = 1_700_000_000_000_000_000n;
  let seed = 7;
  const random = (limit) => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) % limit;
  const hex = (number, digits) => number.toString(16).padStart(digits, "0");
  const spans = Array.from({ length: count }, () => []);
  let id = 0;
  // In tiers, each called by the one before it: mostly by its own team, some from further up.
  const tiers = 7;
  const tier = (at) => Math.min(tiers - 1, Math.floor((Math.sqrt(at / count) * tiers)));
  for (let at = 1; at < count; at++) {
    const above = Math.max(1, tier(at)) - 1;
    const callers = Array.from({ length: at }, (_, other) => other).filter((other) => tier(other) === above);
    for (let call = 0; call < 1 + (at % 3 === 0); call++) {
      const caller = callers.length > 0 ? callers[(Math.floor((at * callers.length) / count) + call * (1 + random(9))) % callers.length] : 0;
      const [client, server] = [hex(++id, 16), hex(++id, 16)];
      const begin = start + BigInt(id) * 1_000_000n;
      const span = (spanId, parentSpanId, kind, from, to) => ({
        traceId: hex(id, 32),
        spanId,
        parentSpanId,
        kind,
        name: `op ${at % 9}`,
        startTimeUnixNano: String(begin + from),
        endTimeUnixNano: String(begin + to),
        status: id % 37 === 0 ? { code: 2 } : {},
      });
      spans[caller].push(span(client, "", 3, 0n, 9_000_000n));
      spans[at].push(span(server, client, 2, 1_000_000n, 2_000_000n + BigInt(random(6_000_000))));
    }
  }
  return spans
    .map((spans, at) => {
      const resource = { attributes: [{ key: "service.name", value: { stringValue: `team-${at % 23}-service-${at}` } }] };
      return `${JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })}\n`;
    })
    .join("");
}

test("500 services are drawn, and moving over them changes few of their shapes at a time", async () => {
  const page = await spanwise.open();
  await drop(page, [{ name: "many.jsonl", text: manyServices(500) }]);
  await reaches(page, "ready");
  await page.getByRole("button", { name: "Map", exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=service-map] [data-service]").length === 500);
  await atRest(page);
  const frame = await picture(page).boundingBox();
  const middle = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 };
  const load = await loadOf(page, async () => {
    await page.mouse.move(middle.x, middle.y);
    for (let turn = 0; turn < 12; turn++) await page.mouse.wheel(0, turn < 8 ? -160 : 200);
    await page.mouse.move(middle.x, frame.y + 5);
    await page.mouse.down();
    for (let turn = 0; turn < 20; turn++) await page.mouse.move(middle.x + turn * 6, frame.y + 5 + turn * 4);
    await page.mouse.up();
    for (const key of ["+", "+", "-", "0"]) await page.keyboard.press(key);
    await atRest(page);
  });
  assert.ok(load.changes < 200, `${load.changes} changes of ${load.elements} elements in one go`);
  await page.keyboard.press("/");
  await page.keyboard.type("service-321");
  await page.keyboard.press("Enter");
  await isInTheMiddle(page, "team-22-service-321");
  assert.deepEqual(page.problems, []);
});

test("without calls from one service to another, the page says why", async () => {
  const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", name: "tick", kind: 1, startTimeUnixNano: "1700000000000000000", endTimeUnixNano: "1700000000000001000" };
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "alone" } }] };
  const file = join(folder, "alone.json");
  writeFileSync(file, JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }));
  const page = await spanwise.open("#/map");
  await page.setInputFiles("input#open-files", file);
  await reaches(page, "ready");
  await service(page, "alone").waitFor();
  await page.getByText("No call goes from one service to another").waitFor();
  assert.deepEqual(page.problems, []);
});

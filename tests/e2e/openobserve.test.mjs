// Traces from OpenObserve, as a person looks at them: connect, search, open, count, go live, and all that can go wrong on the way.
//
// The server is the one of support/openobserve.mjs. With SPANWISE_OPENOBSERVE_URL, _USER and _PASSWORD (and _ORG, _STREAM, _LAST, which is
// in seconds) the first part runs against a real one instead, whose setting ZO_CORS_ALLOWED_ORIGINS must name http://localhost:8421
// (SPANWISE_PORT): `make test-openobserve`.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { env } from "node:process";
import { after, before, beforeEach, describe, test } from "node:test";
import { accessibilityProblems, reaches, start } from "./support/browser.mjs";
import { ACCOUNT, SHOP_WINDOW, capture, captured, hugeTrace, shop, span, startOpenObserve } from "./support/openobserve.mjs";
import { write } from "./support/openobserve/json.mjs";
import { drop, figures, row, selected, waterfall } from "./support/person.mjs";

const REAL = env.SPANWISE_OPENOBSERVE_URL
  ? {
      base: env.SPANWISE_OPENOBSERVE_URL.replace(/\/+$/, ""),
      user: env.SPANWISE_OPENOBSERVE_USER ?? "",
      password: env.SPANWISE_OPENOBSERVE_PASSWORD ?? "",
      org: env.SPANWISE_OPENOBSERVE_ORG || "default",
      stream: env.SPANWISE_OPENOBSERVE_STREAM || "default",
      range: `last=${env.SPANWISE_OPENOBSERVE_LAST || 86_400}`,
    }
  : undefined;

/** What needs a server that does as it is told. */
const double = { skip: REAL ? "needs a server that fails when it is told to" : false };

/** The trace of the shop that failed: 30 spans, of which one has two events. */
const FAILED = "35f10300ee379c65f21201e4eaa3556c";
/** The newest one of the shop: its root links to others. */
const LINKED = "0ae1fa324529ea793659e3eb523428e5";
const HUGE = "216363698b529b4a97b750923ceb3ffd";
const HOSTILE = "f00d".repeat(8);

const hex = (number, digits) => number.toString(16).padStart(digits, "0");

/** So many traces of a span each, a millisecond apart. */
const manyTraces = (count, start) =>
  Array.from({ length: count }, (_, at) => {
    const begin = start + BigInt(at) * 1_000_000n;
    return span({ trace: hex(at + 1, 32), id: hex(at + 1, 16), service: `team-${at % 5}`, name: `op ${at % 3}`, start: begin, end: begin + 2_000_000n });
  });

const NASTY = '<img src=x onerror="globalThis.hacked = 1">';
const hostile = () =>
  span({
    trace: HOSTILE,
    id: "a".repeat(16),
    service: NASTY,
    name: "'; DROP TABLE spans; --\u202e\u0007",
    start: 1_795_407_700_000_000_001n,
    end: 1_795_407_700_000_000_002n,
    "constructor": NASTY,
    events: `[{"name":${JSON.stringify(NASTY)},"_timestamp":1795407700000000001,"__proto__":"x","name":"again"}`,
    links: "[[[[[[",
  });

let spanwise;
let server;
before(async () => {
  spanwise = await start(REAL ? { port: Number(env.SPANWISE_PORT || 8421) } : {});
  if (REAL) return;
  const begin = SHOP_WINDOW[0] * 1000n + 1n;
  server = await startOpenObserve({
    origin: spanwise.url,
    prefix: "/o2",
    streams: {
      default: shop(),
      huge: hugeTrace(70_001, { start: begin }),
      many: manyTraces(1200, begin),
      limited: manyTraces(20, SHOP_WINDOW[1] * 1000n - 1_000_000_000n),
      hostile: [hostile()],
      odd: captured("130-odd-trace"),
    },
    maxRangeHours: { limited: 1 },
  });
});
after(async () => {
  await spanwise?.close();
  await server?.close();
});
beforeEach(() => {
  server?.reset();
  if (server) Object.assign(server, { cors: "listed", delayMs: 0, version: "v0.91.5" });
});

// --- what a person does -----------------------------------------------------------------------------------------------------------

const place = () => REAL ?? { base: server.base, ...ACCOUNT, org: "default", stream: "default", range: `from=${SHOP_WINDOW[0]}&to=${SHOP_WINDOW[1]}` };

/** The address of the page for a stream; nothing of who asks stands in it. */
function address({ base, org, stream, range } = place(), more = "") {
  return `#/openobserve?base=${encodeURIComponent(base)}&org=${encodeURIComponent(org)}&stream=${encodeURIComponent(stream)}&${range}${more}`;
}

const field = (page, name) => page.getByLabel(name, { exact: true });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const problem = (page) => page.getByTestId("connect-problem");
const status = (page) => page.getByTestId("search-status");
const rows = (page) => page.getByTestId("trace-row");
/** The traces in the list, those that are scrolled out of sight too. */
const listed = async (page) => Number(await page.getByRole("grid", { name: "Traces" }).getAttribute("aria-rowcount")) - 1;
const ids = (page) => rows(page).evaluateAll((rows) => rows.map((row) => row.dataset.traceId));

/** A visitor on the page of OpenObserve, who has typed nothing yet. */
async function visit(hash = "#/openobserve", options = {}) {
  const page = await spanwise.open(hash, { timezoneId: "UTC", servers: [place().base], ...options });
  await button(page, "Connect").waitFor();
  return page;
}

/** Fills in the connection and presses Connect. */
async function connect(page, { remember = false, ...changes } = {}) {
  const { base, org, stream, user, password } = { ...place(), ...changes };
  for (const [name, value] of Object.entries({ "Base URL": base, Organization: org, Stream: stream, User: user, Password: password })) {
    await field(page, name).fill(value);
  }
  await field(page, "Remember on this device").setChecked(remember);
  await button(page, "Connect").click();
}

/** Waits until the search is over. */
async function searched(page) {
  await button(page, "Disconnect").waitFor();
  await page.waitForFunction(() => /found/.test(document.querySelector("[data-testid=search-status]")?.textContent ?? ""));
}

/** A visitor who has connected, and whose search has found what there is. */
async function connected(more = {}, options = {}) {
  const { query = "", ...where } = more;
  const page = await visit(address({ ...place(), ...where }, query), options);
  await connect(page, where);
  await searched(page);
  return page;
}

/** Presses Search and waits for what comes of it. */
async function search(page) {
  const asked = () => page.calls.filter((url) => url.includes("/traces/latest")).length;
  const before = asked();
  await button(page, "Search").click();
  for (let wait = 0; wait < 200 && asked() === before; wait++) await page.waitForTimeout(25);
  assert.ok(asked() > before, "nothing was asked");
  await searched(page);
}

/** Pastes a text on the page, not into a field. */
const paste = (page, text) =>
  page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);

/** Waits until the server has been asked. */
async function arrived(part) {
  for (let wait = 0; wait < 400 && server.asked(part).length === 0; wait++) await new Promise((resolve) => setTimeout(resolve, 25));
  assert.ok(server.asked(part).length > 0, `nothing was asked of ${part}`);
}

/** Waits for a failure to be said with these words, in its details at the latest. */
async function failed(page, words) {
  const note = page.locator(".server").getByRole("alert");
  const until = Date.now() + 20_000;
  let said = "";
  while (Date.now() < until) {
    const closed = note.locator("details:not([open]) > summary");
    if (await closed.isVisible()) await closed.click({ timeout: 500 }).catch(() => {}); // it may be replaced just now
    said = await note.innerText({ timeout: 500 }).catch(() => "");
    if (words.test(said)) return;
    await page.waitForTimeout(50);
  }
  assert.fail(`${words} is not said in "${said}"`);
}

/** Asserts that nothing of the secret can be read from where it does not belong. */
async function assertNoSecret(page, { remembered = false } = {}) {
  const { user, password } = place();
  const basic = Buffer.from(`${user}:${password}`).toString("base64");
  const kept = await page.evaluate(() => ({ address: location.href, stored: JSON.stringify({ ...localStorage }), session: JSON.stringify({ ...sessionStorage }), text: document.body.innerText, html: document.documentElement.outerHTML }));
  for (const [where, text] of Object.entries(kept)) {
    if (remembered && where === "stored") continue;
    for (const secret of [password, encodeURIComponent(password), basic]) assert.ok(!text.includes(secret), `the secret is in the ${where}`);
  }
  for (const url of page.calls) assert.ok(!url.includes(encodeURIComponent(password)) && !url.includes(password), url);
}

/** Asserts that all went well: nothing odd on the page, no call anywhere else, nothing asked that the server's double cannot do. */
function assertHealthy(page) {
  assert.deepEqual(page.problems, []);
  assert.deepEqual(server?.missing ?? [], []);
}

/** How the page writes an absolute time: to the nanosecond. */
function civil(nanos) {
  const seconds = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19).replace("T", " ");
  const parts = String(nanos % 1_000_000_000n).padStart(9, "0").match(/.../g);
  return new RegExp(`${seconds}\\.${parts.join("\\s?")}`);
}

/** Opens a trace of the list. */
async function openRow(page, id) {
  await page.locator(`[data-testid=trace-row][data-trace-id="${id}"]`).click();
  await row(page, 0).waitFor();
}

// --- on any server ----------------------------------------------------------------------------------------------------------------

describe("on any server that has traces", () => {
  test("connect, and the newest traces come; no secret stays anywhere, no call goes anywhere else", async () => {
    const page = await connected();
    assert.ok((await listed(page)) > 0);
    assert.ok(page.calls.length > 2);
    assert.match(await page.evaluate(() => location.hash), /^#\/openobserve\?base=.*&org=.*&stream=/);
    await assertNoSecret(page);
    assertHealthy(page);
  });

  test("a search of a service of the list finds fewer, or as many", async () => {
    const page = await connected();
    const all = await listed(page);
    const service = await page.evaluate(() => document.querySelector("#server-services option")?.value);
    await field(page, "Service").focus();
    await page.waitForFunction(() => document.querySelectorAll("#server-services option").length > 0);
    const proposed = service ?? (await page.evaluate(() => document.querySelector("#server-services option").value));
    await field(page, "Service").fill(proposed);
    await search(page);
    const some = await listed(page);
    assert.ok(0 < some && some <= all, `${some} of ${all}`);
    assert.ok((await page.evaluate(() => location.hash)).includes("service="));
    assertHealthy(page);
  });

  test("a trace that is opened is here with all its spans", async () => {
    const page = await connected();
    const [id] = await ids(page);
    await openRow(page, id);
    assert.ok(Number(await waterfall(page).getAttribute("aria-rowcount")) >= 1);
    assert.match(await page.evaluate(() => location.hash), new RegExp(`^#/trace/${id}`));
    await row(page, 0).click();
    await page.getByTestId("span-detail").waitFor();
    await page.goBack();
    await rows(page).first().waitFor();
    assertHealthy(page);
  });

  test("a search that is cancelled stops, and what has come stays", async () => {
    const page = await connected();
    const before = await listed(page);
    if (server) server.next("/traces/latest", { hang: true });
    await button(page, "Search").click();
    const cancel = button(page, "Cancel");
    // A real server may be faster than a person.
    if (REAL) await cancel.click({ timeout: 2000 }).catch(() => {});
    else await cancel.click();
    await cancel.waitFor({ state: "detached" });
    assert.ok((await listed(page)) <= before);
    if (server) assert.ok(server.asked("/traces/latest").at(-1).aborted, "the server still works on it");
    assertHealthy(page);
  });

  test("map and charts of the search are counted by the server", async () => {
    const page = await connected();
    await button(page, "Map").click();
    await button(page, "Server").click();
    await page.locator("[data-testid=service-map] [data-service]").first().waitFor();
    await page.getByText(/Counted by the server/).waitFor();
    await button(page, "Latency").click();
    await page.waitForFunction(() => Number(document.querySelector("[data-testid=chart-histogram]")?.dataset.count) > 0);
    assert.equal(await button(page, "Server").getAttribute("aria-pressed"), "true");
    assertHealthy(page);
  });
});

// --- connecting -------------------------------------------------------------------------------------------------------------------

describe("connecting", double, () => {
  test("the server is named with its version and its streams; calls carry nothing but who asks", async () => {
    const page = await visit();
    await connect(page, { base: `${server.base}/` });
    await button(page, "Disconnect").waitFor();
    const line = page.getByTestId("connected");
    assert.match(await line.innerText(), /v0\.91\.5/);
    const streams = await field(page, "Stream").locator("option").allInnerTexts();
    assert.deepEqual(streams, ["default", "hostile", "huge", "limited", "many", "odd"]);
    for (const { method, headers, path } of server.requests) {
      assert.ok(path.startsWith("/o2/"), path);
      assert.ok(!headers.includes("cookie") && !headers.includes("referer"), `${path}: ${headers}`);
      const known = /^(accept|accept-encoding|accept-language|access-control-request-\w+|authorization|cache-control|connection|content-length|content-type|host|origin|pragma|sec-.*|user-agent)$/;
      assert.deepEqual(headers.filter((name) => !known.test(name)), [], `${method} ${path}`);
    }
    await assertNoSecret(page);
    assertHealthy(page);
  });

  /** Asserts what the page says of a refusal, and gives its words. */
  async function refused(page, cause) {
    await problem(page).waitFor();
    await page.waitForFunction((cause) => document.querySelector("[data-testid=connect-problem]")?.dataset.cause === cause, cause).catch(() => {});
    assert.equal(await problem(page).getAttribute("data-cause"), cause, await problem(page).innerText());
    await assertNoSecret(page);
    return problem(page).innerText();
  }

  test("CORS: the setting by its name, this page's own origin in it, and a curl that proves the server answers", async () => {
    server.cors = "refused";
    const page = await visit("#/openobserve", { permissions: ["clipboard-read", "clipboard-write"] });
    await connect(page);
    const words = await refused(page, "cors");
    assert.ok(words.includes(`ZO_CORS_ALLOWED_ORIGINS=${new URL(spanwise.url).origin}`), words);
    const command = await problem(page).locator("code").first().innerText();
    assert.match(command, /^curl /);
    assert.ok(command.includes(`${server.base}/healthz`), command);
    await problem(page).getByRole("button", { name: "Copy", exact: true }).click();
    await page.waitForFunction(async (command) => (await navigator.clipboard.readText()) === command, command);
    // The setting is changed, and the same button connects.
    server.cors = "listed";
    await button(page, "Connect").click();
    await button(page, "Disconnect").waitFor();
    assert.equal(await problem(page).count(), 0);
    assertHealthy(page);
  });

  test("each other refusal by its cause", async () => {
    const closed = createServer();
    await new Promise((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const nowhere = `http://127.0.0.1:${closed.address().port}`;
    await new Promise((resolve) => closed.close(resolve));
    const foreign = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html", "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" });
      response.end("<!doctype html><title>Some other page</title>");
    });
    await new Promise((resolve) => foreign.listen(0, "127.0.0.1", resolve));
    const elsewhere = `http://127.0.0.1:${foreign.address().port}`;
    const page = await visit("#/openobserve", { servers: [server.base, server.base.replace("/o2", "/other"), nowhere, elsewhere] });
    try {
      const plain = (status, body = "") => ({ status, body, type: "text/plain" });
      for (const [cause, changes, words, answers] of [
        ["bad-address", { base: "not an address" }, /https:\/\//],
        ["bad-address", { base: "ftp://o2.example.com" }, /http/],
        ["unreachable", { base: nowhere }, /healthz/],
        ["not-openobserve", { base: elsewhere }, /OpenObserve/],
        ["not-openobserve", { base: server.base.replace("/o2", "/other") }, /path/],
        ["unauthorized", { password: "wrong" }, /401/],
        ["unauthorized", { user: "", password: "abc" }, /token/],
        ["unauthorized", { user: "", password: "" }, /user/i],
        ["forbidden", {}, /403/, [plain(403, "Unauthorized Access")]],
        ["no-organization", { org: "nosuch" }, /default/],
        ["no-stream", { stream: "nosuch" }, /default.*hostile/s],
        ["throttled", {}, /429/, Array(3).fill({ status: 429, body: '{"code":20012,"message":"rate limited"}' })],
        ["server-error", {}, /503/, Array(3).fill(plain(503))],
      ]) {
        server.reset();
        if (answers) server.next("/streams", ...answers);
        await connect(page, changes);
        const said = await refused(page, cause);
        assert.match(said, words, cause);
        // What was typed is still there.
        assert.equal(await field(page, "Base URL").inputValue(), changes.base ?? server.base);
      }
      server.reset();
      server.version = "v0.9.1";
      await connect(page);
      assert.match(await refused(page, "too-old"), /v0\.9\.1/);
      assertHealthy(page);
    } finally {
      foreign.closeAllConnections();
      await new Promise((resolve) => foreign.close(resolve));
    }
  });

  test("a page from https and a server on http: said before anything is asked", async () => {
    const secure = "https://spanwise.example";
    const context = await spanwise.browser.newContext({ viewport: { width: 1280, height: 800 } });
    try {
      const page = await context.newPage();
      const asked = [];
      await context.route("**", async (route) => {
        const { origin, pathname } = new URL(route.request().url());
        if (origin !== secure) {
          asked.push(route.request().url());
          return route.abort();
        }
        return route.fulfill({ response: await route.fetch({ url: new URL(`.${pathname}`, spanwise.url).href }) });
      });
      await page.goto(`${secure}/#/openobserve`);
      await button(page, "Connect").waitFor();
      await connect(page, { base: "http://o2.example:5080" });
      await problem(page).waitFor();
      assert.equal(await problem(page).getAttribute("data-cause"), "mixed-content");
      assert.deepEqual(asked, []);
    } finally {
      await context.close();
    }
  });

  test("an attempt that takes long is given up", async () => {
    const page = await visit();
    server.next("/streams", { hang: true });
    await connect(page);
    await arrived("/streams");
    await button(page, "Cancel").click();
    await button(page, "Cancel").waitFor({ state: "detached" });
    await button(page, "Connect").waitFor();
    assert.equal(await problem(page).count(), 0);
    await button(page, "Connect").click();
    await searched(page);
    assertHealthy(page);
  });

  test("a deep link reopens stream, range and query, and asks for the password alone", async () => {
    const first = await connected({ query: "&service=payments&status=error" });
    const hash = await first.evaluate(() => location.hash);
    const found = await ids(first);
    assert.ok(found.length > 3);
    await assertNoSecret(first);

    const other = await visit(hash);
    assert.equal(await field(other, "Base URL").inputValue(), server.base);
    assert.equal(await field(other, "Organization").inputValue(), "default");
    assert.equal(await field(other, "Service").inputValue(), "payments");
    assert.equal(await field(other, "Password").inputValue(), "");
    await field(other, "User").fill(ACCOUNT.user);
    await field(other, "Password").fill(ACCOUNT.password);
    await other.keyboard.press("Enter");
    await searched(other);
    assert.deepEqual(await ids(other), found);
    assert.equal(await other.evaluate(() => location.hash), hash);
    assertHealthy(first);
    assertHealthy(other);
  });

  test("remembered on this device: a reload connects by itself; not remembered: it asks again", async () => {
    const page = await connected();
    const found = await ids(page);
    await page.reload();
    await button(page, "Connect").waitFor();
    assert.equal(await field(page, "Password").inputValue(), "");
    await assertNoSecret(page);

    await connect(page, { remember: true });
    await searched(page);
    await assertNoSecret(page, { remembered: true });
    await page.reload();
    await searched(page);
    assert.deepEqual(await ids(page), found);

    // Gone for good, when the person wants that.
    await button(page, "Disconnect").click();
    await button(page, "Connect").waitFor();
    await page.getByRole("button", { name: /^Forget / }).click();
    assert.deepEqual(await page.evaluate(() => Object.values({ ...localStorage }).filter((value) => value.includes("root@"))), []);
    assertHealthy(page);
  });

  test("several connections are kept, and a click takes one up", async () => {
    const page = await connected({ remember: true });
    await button(page, "Disconnect").click();
    await connect(page, { stream: "many", user: ACCOUNT.user });
    await button(page, "Disconnect").click();
    const other = await startOpenObserve({ origin: spanwise.url, streams: { second: manyTraces(3, SHOP_WINDOW[0] * 1000n + 1n) } });
    try {
      await connect(page, { base: other.base, stream: "second" });
      await button(page, "Disconnect").waitFor();
      await button(page, "Disconnect").click();
      assert.equal(await page.getByRole("button", { name: /^Forget / }).count(), 2);
      await page.getByRole("button", { name: new RegExp(`^${server.base}`) }).click();
      await field(page, "Password").fill(ACCOUNT.password);
      await button(page, "Connect").click();
      await button(page, "Disconnect").waitFor();
    } finally {
      await other.close();
    }
  });

  test("after Disconnect nothing is asked any more", async () => {
    const page = await connected();
    await button(page, "Disconnect").click();
    await button(page, "Connect").waitFor();
    const asked = server.requests.length;
    await paste(page, FAILED);
    await page.waitForTimeout(500);
    assert.equal(server.requests.length, asked);
    await assertNoSecret(page);
  });
});

// --- searching --------------------------------------------------------------------------------------------------------------------

/** The traces of the shop with a span of which this is true: an oracle of plain JavaScript. */
const having = (is) => new Set(shop().filter(is).map(({ trace_id: id }) => id)).size;

describe("searching", double, () => {
  test("each field of the form, against an oracle", async () => {
    const page = await connected();
    assert.equal(await listed(page), 326);
    const clear = async () => {
      await button(page, "Reset").click();
      await field(page, "Time range").selectOption({ label: "Custom" });
      // To the second, which is wide enough for the shop.
      await field(page, "From").fill("2026-11-23T04:00:00");
      await field(page, "To").fill("2026-11-23T04:30:00");
    };
    const condition = async (attribute, operator, value) => {
      await button(page, "Add condition").click();
      await page.getByRole("group", { name: "Condition" }).waitFor();
      await field(page, "Attribute").fill(attribute);
      await field(page, "Operator").selectOption({ label: operator });
      if (value !== undefined) await field(page, "Value").fill(value);
    };
    for (const [what, fill, is] of [
      ["service", () => field(page, "Service").fill("payments"), (row) => row.service_name === "payments"],
      ["operation", () => field(page, "Operation").fill("GET /cart/{user}"), (row) => row.operation_name === "GET /cart/{user}"],
      ["status", () => field(page, "Status").selectOption({ label: "Error" }), (row) => row.span_status === "ERROR"],
      ["status ok", () => field(page, "Status").selectOption({ label: "Ok" }), (row) => row.span_status === "OK"],
      ["min duration", () => field(page, "Min duration").fill("300ms"), (row) => row.duration >= 300_000n],
      [
        "max duration of an operation",
        async () => {
          await field(page, "Max duration").fill("20 ms");
          await field(page, "Operation").fill("GET /cart/{user}");
        },
        (row) => row.duration <= 20_000n && row.operation_name === "GET /cart/{user}",
      ],
      ["attribute =", () => condition("checkout.mode", "=", "declined"), (row) => row.checkout_mode === "declined"],
      ["attribute >", () => condition("http.status_code", ">", "499"), (row) => Number(row.http_status_code) > 499],
      ["attribute contains", () => condition("http.url", "contains", "slow=1"), (row) => row.http_url?.includes("slow=1") ?? false],
      ["attribute is there", () => condition("messaging.system", "is there"), (row) => row.messaging_system !== undefined],
      ["resource attribute", () => condition("service.version", "=", "3.0.0-rc.2"), (row) => row.service_service_version === "3.0.0-rc.2"],
      ["quotes", () => condition("checkout.mode", "=", "o'clock"), (row) => row.checkout_mode === "o'clock"],
      [
        "SQL",
        async () => {
          await page.getByText("SQL", { exact: true }).click();
          await field(page, "SQL condition").fill("service_name = 'inventory' AND duration > 200000 OR db_system = 'redis'");
        },
        (row) => (row.service_name === "inventory" && row.duration > 200_000n) || row.db_system === "redis",
      ],
    ]) {
      await clear();
      await fill();
      await search(page);
      const wanted = having(is);
      if (wanted > 0) await page.waitForFunction((wanted) => document.querySelector("[role=grid][aria-label=Traces]")?.ariaRowCount === String(wanted + 1), wanted).catch(() => {});
      const found = wanted === 0 ? /No traces/.test(await status(page).innerText()) && 0 : await listed(page);
      assert.equal(found, wanted, `${what}: ${server.asked("/traces/latest").at(-1).query.filter}`);
    }
    assertHealthy(page);
  });

  test("what narrows all views narrows the search too, on the server", async () => {
    const page = await connected();
    await page.getByLabel("Filter traces").fill("compensate");
    const wanted = having((row) => row.operation_name === "compensate");
    await page.waitForFunction((wanted) => document.querySelector("[role=grid][aria-label=Traces]")?.ariaRowCount === String(wanted + 1), wanted);
    await page.waitForFunction((wanted) => document.querySelector("[data-testid=search-status]")?.textContent.startsWith(`${wanted} `), wanted);
    assert.match(server.asked("/traces/latest").at(-1).query.filter, /compensate/);
    assertHealthy(page);
  });

  test("pages arrive one after another, and Cancel keeps those that have come", async () => {
    const page = await visit(address());
    server.delayMs = 250;
    await connect(page);
    await page.waitForFunction(() => /100 so far/.test(document.querySelector("[data-testid=search-status]")?.textContent ?? ""), undefined, { polling: 20 });
    await button(page, "Cancel").click();
    await button(page, "Cancel").waitFor({ state: "detached" });
    const some = await listed(page);
    assert.ok(some >= 100 && some < 326, String(some));
    await button(page, "Load more").click();
    await page.waitForFunction(() => /^326 /.test(document.querySelector("[data-testid=search-status]")?.textContent ?? ""));
    assert.equal(await listed(page), 326);
    const asked = server.asked("/traces/latest").map(({ query }) => Number(query.from));
    assert.deepEqual([...new Set(asked)].sort((a, b) => a - b), [0, 100, 200, 300]);
    assertHealthy(page);
  });

  test("Load more goes on as far as there is more", async () => {
    const page = await connected({ stream: "many" });
    const seen = [await listed(page)];
    while (await button(page, "Load more").isVisible()) {
      assert.match(await status(page).innerText(), /1.200/);
      await button(page, "Load more").click();
      await page.waitForFunction((before) => Number(document.querySelector("[role=grid][aria-label=Traces]")?.ariaRowCount) > before + 1, seen.at(-1));
      await searched(page);
      seen.push(await listed(page));
      assert.ok(seen.length < 10);
    }
    assert.equal(seen.at(-1), 1200);
    assert.ok(seen.length > 1);
    assertHealthy(page);
  });

  test("a range that the server cuts down is said so, with what is left of it", async () => {
    const page = await connected({ stream: "limited" });
    await page.getByTestId("search-notes").waitFor();
    assert.match(await page.getByTestId("search-notes").innerText(), /cut|restriction/i);
    assert.equal(await listed(page), 20);
    assertHealthy(page);
  });

  test("what the server says about SQL that it does not understand stands on the page; what was found stays", async () => {
    const page = await connected();
    await page.getByText("SQL", { exact: true }).click();
    await field(page, "SQL condition").fill("nope = 'x'");
    await button(page, "Search").click();
    await failed(page, /No field named nope/);
    await field(page, "SQL condition").fill("service_name === x");
    await button(page, "Search").click();
    await failed(page, /ParserError/);
    // Nothing gets out of the condition.
    await field(page, "SQL condition").fill("1 = 1) OR (service_name = 'x'; DELETE FROM \"default\"");
    await button(page, "Search").click();
    await page.waitForFunction(() => !/so far|Searching/.test(document.querySelector("[data-testid=search-status]")?.textContent ?? ""));
    await field(page, "SQL condition").fill("");
    await search(page);
    assert.equal(await listed(page), 326);
    assertHealthy(page);
  });

  test("failures that pass are waited out; those that do not are said, and Try again goes on", async () => {
    const page = await connected();
    server.next("/traces/latest", { status: 503, body: "" }, { close: true }, undefined);
    await button(page, "Search").click();
    await page.waitForFunction(() => /^326 /.test(document.querySelector("[data-testid=search-status]")?.textContent ?? ""), undefined, { timeout: 20_000 });
    // The count is told as a page arrives; the list follows once the engine has taken it in.
    await page.waitForFunction(() => document.querySelector("[role=grid][aria-label=Traces]")?.ariaRowCount !== "301");
    assert.equal(await listed(page), 326);

    server.reset();
    server.next("/traces/latest", undefined, { status: 500, body: '{"code":10001,"message":"internal: disk is full"}' });
    await button(page, "Search").click();
    await failed(page, /disk is full/);
    assert.equal(await listed(page), 100);
    await button(page, "Try again").click();
    await page.waitForFunction(() => /^326 /.test(document.querySelector("[data-testid=search-status]")?.textContent ?? ""));
    assertHealthy(page);
  });

  test("answers that are no answers: cut short, garbage, HTML, an error in a stream of events, far too deep", async () => {
    const page = await connected();
    const deep = `{"hits":${"[".repeat(200_000)}`;
    for (const [action, words] of [
      [{ cut: 300 }, /broke off/],
      [{ body: "\u0000\u0001garbage" }, /garbage/],
      [{ body: "<html>login</html>", type: "text/html" }, /HTML/],
      [{ capture: "86-err-latest-stream-unknown-stream" }, /stream/],
      [{ body: deep }, /list of traces/],
    ]) {
      server.reset();
      server.next("/traces/latest", ...Array(3).fill(action));
      await button(page, "Search").click();
      await failed(page, words);
      server.reset();
      await search(page);
      await page.waitForFunction(() => document.querySelector("[role=grid][aria-label=Traces]")?.ariaRowCount === "327");
    }
    // Rows that are none are counted, those beside them are read.
    const [row] = JSON.parse(capture("16-latest-filter-traceid").replace(/\d{16,}/g, '"$&"')).hits;
    server.next("/traces/latest", { body: JSON.stringify({ hits: [{ trace_id: 5, start_time: "x" }, null, 7, row] }) });
    await search(page);
    await page.getByTestId("search-notes").getByText(/cannot be read/).waitFor();
    assert.equal(await listed(page), 1);
    assertHealthy(page);
  });
});

// --- traces -----------------------------------------------------------------------------------------------------------------------

describe("a trace of the server", double, () => {
  const factOf = (detail, name) => detail.locator("dt", { hasText: name }).locator("xpath=following-sibling::dd[1]");

  test("has all its spans, to the nanosecond, with attributes, events and links", async () => {
    const page = await connected();
    await openRow(page, LINKED);
    const spans = shop().filter(({ trace_id: id }) => id === LINKED);
    assert.equal(Number(await waterfall(page).getAttribute("aria-rowcount")), spans.length);
    const root = spans.find((row) => row.reference_parent_span_id === undefined);
    await page.locator(`[role=row][data-span-id="${root.span_id}"]`).click();
    const detail = page.getByTestId("span-detail");
    await detail.getByText(civil(root.start_time)).waitFor();
    await detail.getByText(civil(root.end_time)).waitFor();
    const text = await detail.innerText();
    const [link] = JSON.parse(root.links);
    assert.ok(text.includes(link.context.traceId) || text.includes(link.context.traceId.slice(0, 8)), "the link");
    assert.ok(text.includes("messaging.system"), "a dotted key");
    assert.ok(text.includes("service.version") || (await page.content()).includes("service.version"), "a resource's key");

    await page.goBack();
    await rows(page).first().waitFor();
    const declined = shop().find(({ trace_id: id, events }) => id === FAILED && events !== "[]");
    await paste(page, `00-${FAILED}-${declined.span_id}-01`);
    await selected(page).waitFor();
    await selected(page).click();
    await detail.getByText("PaymentDeclined").first().waitFor();
    await detail.getByTitle(civil(1_795_407_646_674_263_737n)).first().waitFor();
    assert.equal(await factOf(detail, "Start").count(), 1);
    assertHealthy(page);
  });

  test("of 70,001 spans comes in pages, past where the server's own viewer stops", async () => {
    const page = await connected({ stream: "huge" });
    assert.equal(await listed(page), 1);
    await openRow(page, HUGE);
    await page.waitForSelector('[data-testid=load-report][data-spans="70001"]', { state: "attached", timeout: 60_000 });
    const pages = server.asked("/_search").filter(({ body }) => body.includes("ORDER BY start_time")).map(({ body }) => JSON.parse(body).query);
    assert.ok(pages.length > 1);
    assert.deepEqual(pages.map(({ from }) => from), [...pages.keys()].map((at) => at * pages[0].size));
    assert.equal((await figures(page)).spans, 70_001);
    assertHealthy(page);
  });

  test("stops when it is cancelled amid its pages", async () => {
    const page = await connected({ stream: "huge" });
    server.next("/_search", { hang: true });
    await page.locator(`[data-testid=trace-row][data-trace-id="${HUGE}"]`).click();
    await button(page, "Cancel").first().click();
    await page.waitForFunction(() => document.querySelector("[data-testid=waterfall] [role=row]") === null);
    await page.waitForTimeout(200);
    assert.ok(server.asked("/_search").some(({ aborted }) => aborted));
  });

  test("opens by its id or a traceparent, pasted anywhere or typed into the filter", async () => {
    const page = await connected();
    await paste(page, ` ${FAILED.toUpperCase()}\n`);
    await row(page, 0).waitFor();
    assert.match(await page.evaluate(() => location.hash), new RegExp(`^#/trace/${FAILED}`));

    const spanOf = shop().find(({ trace_id: id, operation_name: name }) => id === FAILED && name === "authorise").span_id;
    await paste(page, `traceparent: 00-${FAILED}-${spanOf}-01`);
    await selected(page).waitFor();
    assert.equal(await selected(page).getAttribute("data-span-id"), spanOf);

    await page.evaluate((hash) => (location.hash = hash), address());
    await page.getByLabel("Filter traces").fill(LINKED);
    await page.keyboard.press("Enter");
    await page.waitForFunction((id) => location.hash.startsWith(`#/trace/${id}`), LINKED);
    await row(page, 0).waitFor();
    assertHealthy(page);
  });

  test("that the server does not have is said so", async () => {
    const page = await connected();
    await paste(page, "0123456789abcdef0123456789abcdef");
    await page.getByText(/neither here nor on the server/).waitFor();
    await button(page, "Ask the server again").waitFor();
    assertHealthy(page);
  });

  test("and files dropped beside it are one list; each span knows where it is from", async () => {
    const page = await connected({ stream: "many", query: "&service=team-1" });
    const found = await listed(page);
    await openRow(page, hex(1 + 1 + 5 * 239, 32));
    await page.goBack();
    await rows(page).first().waitFor();
    const start = SHOP_WINDOW[0] * 1000n;
    const file = { resourceSpans: [{ resource: { attributes: [{ key: "service.name", value: { stringValue: "from-a-file" } }] }, scopeSpans: [{ spans: [{ traceId: "e".repeat(32), spanId: "e".repeat(16), name: "dropped", startTimeUnixNano: String(start), endTimeUnixNano: String(start + 5n) }] }] }] };
    await drop(page, [{ name: "mine.json", text: JSON.stringify(file) }], "Drop to add to what is open");
    await page.waitForFunction((count) => document.querySelector("[role=grid][aria-label=Traces]")?.ariaRowCount === String(count), found + 2);
    assert.equal((await figures(page)).spans, 2);
    await paste(page, "e".repeat(32));
    await row(page, 0).click();
    await page.getByTestId("span-detail").getByText("mine.json").first().waitFor();
    assertHealthy(page);
  });

  test("with hostile names and broken events is text, and readable", async () => {
    const page = await connected({ stream: "hostile" });
    await openRow(page, HOSTILE);
    await row(page, 0).click();
    await page.getByTestId("span-detail").getByText("onerror=").first().waitFor();
    for (const view of ["#/map", "#/latency", "#/openobserve"]) {
      await page.evaluate((view) => (location.hash = view), view);
      await page.waitForTimeout(300);
    }
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
    assert.equal(await page.locator("img[src=x]").count(), 0);
    assertHealthy(page);
  });

  test("with all oddities that were measured is read, and what cannot be known is said once", async () => {
    const page = await connected({ stream: "odd", range: "from=1795407880000000&to=1795407900000000" });
    assert.equal(await listed(page), 3);
    await openRow(page, "13f9166af01d8903b28568abbd1651df");
    assert.equal(Number(await waterfall(page).getAttribute("aria-rowcount")), 4);
    assertHealthy(page);
  });
});

// --- figures ----------------------------------------------------------------------------------------------------------------------

describe("figures of the server and of loaded spans", double, () => {
  /** The numbers of a table, by the name in each row. */
  const table = (page, id) =>
    page.getByTestId(id).locator("tbody tr").evaluateAll((rows) =>
      Object.fromEntries(rows.map((row) => [row.querySelector("th")?.innerText.trim(), [...row.querySelectorAll("td")].map((cell) => cell.innerText.trim())])),
    );

  async function counted(page) {
    await page.waitForSelector("[data-testid=chart-histogram][data-count]");
    await page.waitForFunction(() => document.querySelector(".latency")?.dataset.loading === "false");
    return Number(await page.getByTestId("chart-histogram").getAttribute("data-count"));
  }

  test("agree on a set that fits", async () => {
    // The same spans twice: the server's, and all of them as a file of the server's own answer.
    const page = await connected();
    const answer = write({ took: 1, hits: shop(), total: shop().length, from: 0, size: 10_000 });
    await drop(page, [{ name: "all.json", text: answer }], "Drop to add to what is open");
    await page.waitForSelector('[data-testid=load-report][data-spans="6398"]', { timeout: 60_000 });

    const views = {};
    for (const basis of ["Loaded spans", "Server"]) {
      await button(page, "Latency").click();
      await button(page, basis).click();
      if (basis === "Server") await page.getByText(/Counted by the server/).waitFor();
      const count = await counted(page);
      await button(page, "Map").click();
      await page.locator("[data-testid=service-map] [data-service]").first().waitFor();
      if (basis === "Server") await page.getByText(/Counted by the server/).waitFor();
      const services = await page.locator("[data-testid=service-map] [data-service]").evaluateAll((nodes) => nodes.map((node) => node.dataset.service).sort());
      const edges = await page.locator("[data-testid=service-map] [data-edge]").evaluateAll((edges) => edges.map((edge) => edge.dataset.edge).sort());
      await button(page, "Table").click();
      await page.getByTestId("map-nodes").waitFor();
      const nodes = await table(page, "map-nodes");
      await button(page, "Map").last().click();
      views[basis] = { count, services, edges, spans: Object.fromEntries(Object.entries(nodes).map(([name, cells]) => [name, cells.slice(0, 4)])) };
    }
    assert.equal(views.Server.count, 6398);
    assert.deepEqual(views.Server, views["Loaded spans"]);
    assertHealthy(page);
  });

  test("a failing query is said, and loaded spans can still be looked at", async () => {
    const page = await connected();
    server.next("/_search", ...Array(12).fill({ capture: "93-err-delete-sql" }));
    await button(page, "Map").click();
    await button(page, "Server").click();
    await page.getByText(/The server refused/).first().waitFor();
    await button(page, "Loaded spans").click();
    await page.getByText(/The server refused/).first().waitFor({ state: "detached" });
    assertHealthy(page);
  });

  test("a search that narrows narrows the server's figures", async () => {
    const page = await connected({ query: "&service=order-worker" });
    await button(page, "Latency").click();
    await button(page, "Server").click();
    const spans = shop().filter(({ service_name: name }) => name === "order-worker");
    const traces = new Set(spans.map(({ trace_id: id }) => id));
    const whole = shop().filter(({ trace_id: id }) => traces.has(id)).length;
    // Of the spans that match, or of all spans of traces that have one: the page says which.
    assert.ok([spans.length, whole].includes(await counted(page)));
    assertHealthy(page);
  });
});

// --- live -------------------------------------------------------------------------------------------------------------------------

describe("live", double, () => {
  test("new traces come in at the top, without losing the place; errors make it wait longer and longer", async () => {
    const now = BigInt(Date.now()) * 1_000_000n;
    const own = await startOpenObserve({ origin: spanwise.url, streams: { default: manyTraces(90, now - 600_000_000_000n) } });
    try {
      const page = await spanwise.open(address({ base: own.base, org: "default", stream: "default", range: "last=3600" }), { timezoneId: "UTC", servers: [own.base] });
      await connect(page, { base: own.base });
      await searched(page);
      assert.equal(await listed(page), 90);
      const grid = page.getByRole("grid", { name: "Traces" });
      await grid.focus();
      for (let step = 0; step < 30; step++) await page.keyboard.press("ArrowDown");
      /** Where the active row stands on the screen, and which one it is. */
      const standing = () =>
        page.evaluate(() => {
          const grid = document.querySelector("[role=grid][aria-label=Traces]");
          const active = document.getElementById(grid.getAttribute("aria-activedescendant")) ?? grid.querySelector("[aria-selected=true], [data-active]");
          return active && { id: active.dataset.traceId, top: Math.round(active.getBoundingClientRect().top) };
        });
      const before = await standing();
      assert.ok(before?.id, "a row is active");

      await field(page, "Live").check();
      await field(page, "every").selectOption({ label: "5 s" });
      const fresh = "c".repeat(32);
      const begin = BigInt(Date.now()) * 1_000_000n;
      own.add("default", [span({ trace: fresh, id: "c".repeat(16), service: "brand-new", start: begin, end: begin + 1_000_000n })]);
      await page.waitForFunction(() => document.querySelector("[role=grid][aria-label=Traces]")?.ariaRowCount === "92", undefined, { timeout: 30_000 });
      assert.deepEqual(await standing(), before);
      await grid.focus();
      await page.keyboard.press("Home");
      await page.waitForFunction((fresh) => document.querySelector("[data-testid=trace-row]")?.dataset.traceId === fresh, fresh);

      own.next("/traces/latest", ...Array(40).fill({ status: 503, body: "" }));
      await page.getByTestId("live-note").waitFor({ timeout: 30_000 });
      assert.match(await page.getByTestId("live-note").innerText(), /retrying in \d+ s/);
      own.reset();
      await page.getByTestId("live-note").waitFor({ state: "detached", timeout: 40_000 });
      assert.deepEqual(page.problems, []);
      assert.deepEqual(own.missing, []);
    } finally {
      await own.close();
    }
  });
});

// --- for everybody ----------------------------------------------------------------------------------------------------------------

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1280]) {
    test(`axe finds nothing, and nothing is wider than the screen (${colorScheme}, ${width} px)`, double, async () => {
      const page = await visit(address(), { colorScheme, viewport: { width, height: 800 } });
      const isClean = async (view) => {
        assert.deepEqual(await accessibilityProblems(page), [], view);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${view} is ${overflow} px wider than the screen`);
      };
      await isClean("the empty form");
      server.cors = "refused";
      await connect(page);
      await problem(page).waitFor();
      await isClean("a refusal");
      server.cors = "listed";
      await button(page, "Connect").click();
      await searched(page);
      await button(page, "Add condition").click();
      await page.getByText("SQL", { exact: true }).click();
      await field(page, "Time range").selectOption({ label: "Custom" });
      await isClean("a search");
      await page.evaluate(() => (location.hash = location.hash.replace("#/openobserve", "#/latency")));
      await button(page, "Server").click();
      await page.getByText(/Counted by the server/).waitFor();
      await isClean("charts of the server");
      assertHealthy(page);
    });
  }
}

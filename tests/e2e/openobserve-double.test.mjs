// The OpenObserve that other tests ask: the same questions get the answers that the real one gave.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ACCOUNT, INDEX, SHOP_WINDOW, capture, captured, hugeTrace, shop, span, startOpenObserve } from "./support/openobserve.mjs";
import { inOrder, parseExact, write } from "./support/openobserve/json.mjs";

const BASIC = { authorization: `Basic ${Buffer.from(`${ACCOUNT.user}:${ACCOUNT.password}`).toString("base64")}` };

let server;
before(async () => {
  const huge = hugeTrace(70_001, { start: 1_795_407_889_029_483_113n });
  server = await startOpenObserve({ streams: { default: shop(), huge, limited: huge.slice(0, 9), odd: captured("130-odd-trace") }, maxRangeHours: { limited: 1 } });
});
after(() => server?.close());

/** Asks the double what a capture asked the real one. */
async function again(name, headers = BASIC) {
  const { method, path, body } = INDEX[name];
  const type = name.includes("text-plain") ? "text/plain" : "application/json";
  const answer = await fetch(server.base + path, { method, body, headers: { ...headers, ...(method === "POST" ? { "content-type": type } : {}) } });
  return { status: answer.status, type: answer.headers.get("content-type") ?? undefined, text: await answer.text() };
}

/** Asks a query about the shop. */
async function search(sql, more = {}) {
  const [start_time, end_time] = SHOP_WINDOW.map(Number);
  const body = JSON.stringify({ query: { sql, start_time, end_time, ...more } });
  const answer = await fetch(`${server.base}/api/default/_search?type=traces`, { method: "POST", body, headers: { ...BASIC, "content-type": "application/json" } });
  const text = await answer.text();
  return { status: answer.status, text, ...parseExact(text) };
}

/** What is true of an answer whenever it is asked for: no times, no ids of queries, no sizes. */
function lasting(text) {
  const { took, took_detail, trace_id, scan_size, idx_scan_size, cached_ratio, result_cache_ratio, peak_memory_usage, is_histogram_eligible, ...rest } = parseExact(text);
  return write(inOrder(rest));
}

/** The services of a trace come in any order. */
function sorted(hits) {
  const names = (items) => [...items].sort((a, b) => (a.service_name < b.service_name ? -1 : 1));
  return hits.map((hit) => write({ ...hit, service_name: names(hit.service_name) }));
}

describe("lists of traces", () => {
  const lists = Object.keys(INDEX).filter((name) => /^\d+-(odd-)?latest/.test(name) && !name.includes("none"));
  assert.ok(lists.length >= 8);
  for (const name of lists) {
    test(name, async () => {
      const { status, text } = await again(name);
      assert.equal(status, 200);
      const [found, wanted] = [text, capture(name)].map((text) => parseExact(text));
      // Which of those that start at the same time comes first is chance.
      const order = name.includes("odd") ? (rows) => rows.sort() : (rows) => rows;
      assert.deepEqual(order(sorted(found.hits)), order(sorted(wanted.hits)));
      assert.deepEqual([found.total, found.from, found.size], [wanted.total, wanted.from, wanted.size]);
    });
  }
});

describe("answers that are the same to the letter", () => {
  const same = [
    "01-healthz 02-config 04-organizations 20-latest-none 23-search-trace 26-search-trace-links 28-search-trace-upper 29-search-selected-cols",
    "35-search-page 36-search-track-total 37-search-sql-limit 38-search-count 40-search-histogram 43-search-str-match 45-search-base64 51-values-service",
    "54-values-unknown-field 61-trace-list-index 76-err-noauth 81-err-unknown-org 83-err-unknown-stream",
    "85-err-latest-unknown-stream 87-err-schema-unknown-stream 88-err-bad-sql 89-err-unknown-column 90-err-unknown-where-column 91-err-type-mismatch",
    "92-err-unknown-function 93-err-delete-sql 94-err-latest-bad-filter 95-err-latest-unknown-column 97-err-latest-no-time 98-err-latest-ms-time 99-err-latest-reversed",
    "100-err-latest-bad-sort 101-err-search-zero-time 102-err-search-no-time 103-err-search-reversed 104-err-search-float-time 105-err-search-bad-json",
    "106-err-search-text-plain 114-err-values-no-fields 123-err-no-type-param 127-search-huge-count 10-stream-schema 11-stream-schema-keyword 131-odd-schema 42-search-match-all",
  ]
    .join(" ")
    .split(" ");
  for (const name of same) {
    test(name, async () => {
      const { status, type, text } = await again(name, name === "76-err-noauth" ? {} : BASIC);
      assert.deepEqual([status, type], [INDEX[name].status, INDEX[name].type]);
      if (type !== "application/json") return assert.equal(text.split(" at line")[0], capture(name).split(" at line")[0]);
      // Figures of the stream itself, and of what was read, are not what is asked for.
      const plain = (text) => lasting(text).replace(/"created_at":\d+/, "").replace(/"scan_records":\d+,?/, "").replace(/"cache_took":\d+/, "").replace(/Column: \d+/, "");
      return assert.equal(plain(text), plain(capture(name)));
    });
  }

  test("rows that may come in any order", async () => {
    for (const name of ["130-odd-trace", "41-search-edges", "44-search-sampled-table", "52-values-operation-filter", "53-values-two-fields-keyword"]) {
      const [found, wanted] = [(await again(name)).text, capture(name)].map((text) => parseExact(text).hits.map(write).sort());
      const loose = (rows) => rows.map((row) => [...row].sort().join(""));
      assert.deepEqual(loose(found), loose(wanted), name);
    }
  });

  test("percentiles, which the real one only estimates", async () => {
    const [start_time, end_time] = SHOP_WINDOW.map(Number);
    const bounds = [0.92, 0.98].map((share) => `approx_percentile_cont(duration, ${share})`).join(" AS low, ");
    const { query } = JSON.parse(INDEX["39-search-red"].body);
    const sql = query.sql.replace("max(duration) AS mx", `max(duration) AS mx, ${bounds} AS high`);
    const found = new Map((await search(sql, { start_time, end_time, size: 1000 })).hits.map((hit) => [`${hit.service_name} ${hit.operation_name}`, hit]));
    const wanted = parseExact(capture("39-search-red")).hits;
    assert.equal(wanted.length, 20);
    for (const { p95: estimate, ...rest } of wanted) {
      const { low, p95, high, ...exact } = found.get(`${rest.service_name} ${rest.operation_name}`);
      assert.deepEqual(exact, rest);
      assert.ok(low <= estimate && estimate <= high && low <= p95 && p95 <= high, `${estimate} is not in ${low} to ${high}`);
    }
  });
});

describe("what the real one does besides", () => {
  test("1,000 rows without a word where no size is given, with a word where it is 0", async () => {
    const silent = await search('SELECT span_id FROM "default"');
    assert.deepEqual([silent.hits.length, silent.is_partial, silent.function_error], [1000, false, undefined]);
    const warned = await search('SELECT span_id FROM "default"', { size: 0 });
    assert.deepEqual([warned.hits.length, warned.is_partial, warned.function_error.length], [1000, true, 2]);
    assert.equal((await search('SELECT span_id FROM "default"', { size: 1_000_000 })).hits.length, 6398);
  });

  test("a window is half open, and cut down to what the stream allows", async () => {
    const [row] = shop();
    const at = Number(row._timestamp);
    assert.equal((await search('SELECT count(*) AS n FROM "default"', { start_time: at, end_time: at + 1 })).hits[0].n, 1);
    assert.equal((await search('SELECT count(*) AS n FROM "default"', { start_time: at - 1, end_time: at })).hits[0].n, 0);
    const end = 1_795_407_990_000_000;
    const cut = await search('SELECT count(*) AS n FROM "limited"', { start_time: end - 7_200_000_000, end_time: end });
    assert.deepEqual([cut.is_partial, String(cut.new_start_time), cut.function_error], [true, String(end - 3_600_000_000), ["Query duration is modified due to query range restriction of 1 hours"]]);
    const answer = await fetch(`${server.base}/api/default/limited/traces/latest?start_time=${end - 7_200_000_000}&end_time=${end}`, { headers: BASIC });
    const { function_error: word, hits } = await answer.json();
    assert.deepEqual([word, hits[0].spans], [cut.function_error[0], [9, 0]]);
  });

  test("all that SQLite alone would let pass", async () => {
    for (const [sql, code] of [
      ["SELECT service_name, duration, count(*) FROM \"default\" GROUP BY service_name", 20008],
      ["SELECT service_name, count(*) FROM \"default\"", 20008],
      ['SELECT "nope" FROM "default"', 20004],
      ["SELECT ifnull(service_name, 'x') FROM \"default\"", 20005],
      ["SELECT CAST(service_name AS BIGINT) AS n FROM \"default\"", 20008],
      ["SELECT max(duration, 3) AS n FROM \"default\"", 20008],
      ["SELECT match_all('x') FROM \"default\"", 20001],
      ["SELECT * FROM \"default\" WHERE", 400],
    ]) {
      const { status, code: found } = await search(sql);
      assert.deepEqual([status, found], [400, code], sql);
    }
    const like = async (condition) => Number((await search(`SELECT count(*) AS n FROM "default" WHERE ${condition}`)).hits[0].n);
    assert.equal(await like("operation_name LIKE 'get /CART%'"), 0);
    assert.equal(await like("operation_name ILIKE 'get /CART%'"), await like("operation_name LIKE 'GET /cart%'"));
    assert.equal(await like("TRY_CAST(http_status_code AS BIGINT) >= 500"), await like("http_status_code >= 500"));
    assert.equal(await like("TRY_CAST(service_name AS BIGINT) IS NULL"), 6398);
  });

  test("doubles have a point, whole numbers all their digits, nulls are left out", async () => {
    const { text } = await search(
      'SELECT max(start_time) AS last, avg(flags) AS mean, approx_percentile_cont(duration, 0.5) AS p50, min(note) AS none FROM "default" WHERE note IS NULL',
    );
    assert.match(text, /"hits":\[\{"last":1795407656807544\d{3},"mean":1\.0,"p50":\d+\}\]/);
  });

  test("spans that come in are there at once, with new columns", async () => {
    const own = await startOpenObserve({ streams: { fresh: [span({ trace: "a".repeat(32), id: "b".repeat(16), start: 1_795_407_000_000_000_000n, end: 1_795_407_000_000_001_000n })] } });
    try {
      own.add("fresh", [span({ trace: "c".repeat(32), id: "d".repeat(16), start: 1_795_407_001_000_000_000n, end: 1_795_407_001_000_001_000n, new_column: "x" })]);
      const [start, end] = [1_795_406_000_000_000, 1_795_408_000_000_000];
      const answer = await fetch(`${own.base}/api/default/fresh/traces/latest?start_time=${start}&end_time=${end}&filter=new_column='x'`, { headers: BASIC });
      assert.deepEqual((await answer.json()).hits.map(({ trace_id: id }) => id), ["c".repeat(32)]);
    } finally {
      await own.close();
    }
  });
});

describe("who is let in", () => {
  const ask = (base, { origin, method = "OPTIONS", headers = {}, path = "/api/default/_search?type=traces" }) =>
    fetch(base + path, { method, headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type", ...headers } });

  test("no other page, out of the box; the listed one; all", async () => {
    const origin = "http://localhost:8080";
    for (const [cors, from, granted] of [
      ["refused", origin, null],
      ["refused", "http://localhost:5080", "http://localhost:5080"],
      ["refused", "null", null],
      ["listed", origin, origin],
      ["listed", "http://127.0.0.1:8080", null],
      ["listed", "http://localhost:9999", null],
      ["all", "http://anything.example", "http://anything.example"],
      ["all", "null", "null"],
    ]) {
      Object.assign(server, { cors, origin });
      const preflight = await ask(server.base, { origin: from });
      assert.equal(preflight.status, 200);
      assert.equal(preflight.headers.get("access-control-allow-origin"), granted, `${cors} ${from}`);
      assert.equal(
        preflight.headers.get("access-control-allow-headers"),
        "authorization,accept,content-type,stream-name,organization,traceparent,tracestate,x-openobserve-span-id,x-openobserve-trace-id,x-openobserve-sampled,x-o2-assistant-session-id",
      );
      assert.equal(preflight.headers.get("access-control-allow-methods"), "HEAD,GET,POST,PUT,OPTIONS,DELETE,PATCH");
      const answer = await ask(server.base, { origin: from, method: "GET", path: "/healthz" });
      assert.deepEqual([answer.status, answer.headers.get("access-control-allow-origin")], [200, granted]);
    }
  });

  test("no account, a wrong one, a token; a path prefix", async () => {
    const get = (base, path, headers) => fetch(base + path, { headers });
    for (const [headers, text] of [
      [{}, '{"code":401,"message":"Unauthorized Access"}'],
      [{ authorization: `Basic ${Buffer.from("root@example.com:wrong").toString("base64")}` }, "Unauthorized Access"],
      [{ authorization: "Bearer abc" }, "Not Supported"],
    ]) {
      const answer = await get(server.base, "/api/default/streams?type=traces", headers);
      assert.deepEqual([answer.status, await answer.text()], [401, text]);
    }
    const own = await startOpenObserve({ prefix: "/o2", streams: {} });
    try {
      assert.equal((await get(own.base, "/healthz")).status, 200);
      assert.equal((await get(own.base.replace("/o2", ""), "/healthz")).status, 404);
      assert.deepEqual(own.requests.map(({ path }) => path), ["/o2/healthz", "/healthz"]);
    } finally {
      await own.close();
    }
  });
});

describe("what goes wrong when it is told to", () => {
  const get = () => fetch(`${server.base}/healthz`);

  test("a capture, a status of one's own, an answer cut short, none at all, a slow one", async () => {
    server.next("/healthz", { capture: "76-err-noauth" }, { status: 429, body: "{}", headers: { "retry-after": "7" } }, { cut: 5 }, { close: true }, { slow: { bytes: 4, everyMs: 1 } }, undefined);
    assert.equal((await get()).status, 401);
    const throttled = await get();
    assert.deepEqual([throttled.status, throttled.headers.get("retry-after")], [429, "7"]);
    await assert.rejects(async () => (await get()).text());
    await assert.rejects(get);
    assert.equal(await (await get()).text(), '{"status":"ok"}');
    assert.equal((await get()).status, 200);
    assert.equal((await get()).status, 200);
  });

  test("requests are noted, and given up ones as such; secrets are not", async () => {
    server.reset();
    server.next("/healthz", { hang: true });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(fetch(`${server.base}/healthz?a=1`, { signal: controller.signal, headers: BASIC }));
    const [request] = server.requests;
    for (let wait = 0; wait < 100 && !request.aborted; wait++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([request.method, request.path, request.query.a, request.aborted], ["GET", "/healthz", "1", true]);
    assert.ok(request.headers.includes("authorization"));
    assert.doesNotMatch(JSON.stringify(request), /Basic/);
    assert.deepEqual(server.missing, []);
  });
});

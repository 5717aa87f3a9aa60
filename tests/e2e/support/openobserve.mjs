// An OpenObserve for tests: a small HTTP server that answers as version 0.91.5 was measured to, over spans that it was given.
//
//   const server = await startOpenObserve({ streams: { default: shop() } });
//   server.base                       its address, for the dialog
//   server.next("/_search", …)        what becomes of the next calls there instead of an answer
//   server.add("default", rows)       spans that come in meanwhile
//   server.requests                   what was asked; no secrets in it
//   server.missing                    what the real server answers and this one cannot: a healthy test leaves it empty
//
// What it answers, and its shape to the byte, comes from captures of the real one, some of which lie in tests/fixtures/openobserve/; its own
// tests compare the two (openobserve-double.test.mjs). Queries are executed (openobserve/sql.mjs), not recognized.

import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { parseExact, write } from "./openobserve/json.mjs";
import { latest } from "./openobserve/latest.mjs";
import { INDEX, capture, shop } from "./openobserve/rows.mjs";
import { Missing, Refused, Spans, seconds, tokens } from "./openobserve/sql.mjs";

export { INDEX, capture, captured, hugeTrace, moved, shop, span, SHOP_WINDOW } from "./openobserve/rows.mjs";

/** The account of the captures: the one of OpenObserve's own examples. */
export const ACCOUNT = { user: "root@example.com", password: "Complexpass#123" };

const ALLOWED_METHODS = "HEAD,GET,POST,PUT,OPTIONS,DELETE,PATCH";
const ALLOWED_HEADERS =
  "authorization,accept,content-type,stream-name,organization,traceparent,tracestate,x-openobserve-span-id,x-openobserve-trace-id,x-openobserve-sampled,x-o2-assistant-session-id";
const VARY = "origin, access-control-request-method, access-control-request-headers";

/** Rows that a query gives when it does not say how many. */
const USUAL_SIZE = 1000;

/**
 * Starts a server on a free port.
 *
 * - `cors`: `all` lets every origin in (`ZO_WEB_URL=`), `listed` only `origin` (`ZO_CORS_ALLOWED_ORIGINS`), `refused` none but its own, as
 *   it comes out of the box
 * - `auth`: the only account; `organizations`: what it may read
 * - `prefix`: `ZO_BASE_URI`
 * - `streams`: stream → rows; `maxRangeHours`: the longest time that a query may span, by stream
 * - `delayMs`: each answer comes that much later
 * - `version`, `config: false`: what `/config` says, or that there is none
 */
export async function startOpenObserve({
  cors = "listed",
  origin,
  auth = ACCOUNT,
  organizations = ["default"],
  prefix = "",
  streams = { default: shop() },
  maxRangeHours = {},
  delayMs = 0,
  version = "v0.91.5",
  config = true,
} = {}) {
  const spans = await Spans.open(streams);
  const self = { requests: [], missing: [], delayMs, cors, origin, version };
  const planned = [];
  const sockets = new Set();
  const http = createServer((request, response) => {
    serve(request, response).catch((error) => {
      self.missing.push(`${request.method} ${request.url}: ${error.message}`);
      if (!response.headersSent) response.writeHead(501, { "content-type": "text/plain" });
      response.end(`the double cannot: ${error.message}`);
    });
  });
  http.keepAliveTimeout = 100;
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address();

  Object.assign(self, {
    port,
    /** Its address as a person types it. */
    base: `http://127.0.0.1:${port}${prefix}`,
    spans,

    /** Spans that come in. */
    add: (stream, rows) => spans.add(stream, rows),

    /**
     * What happens at the next calls whose path has `part`, one after another, instead of an answer or on top of it:
     * `{ status, body, type, headers }`, `{ capture }`, `{ hang: true }`, `{ close: true }` before or `{ cut: bytes }` amid the answer, `{ slow: { bytes, everyMs } }`,
     * `{ delayMs }`, `{ then: () => … }`, or `undefined` for nothing.
     */
    next(part, ...actions) {
      planned.push({ part, actions });
    },

    /** Forgets what was planned, asked and missed. */
    reset() {
      planned.length = 0;
      self.requests.length = 0;
      self.missing.length = 0;
    },

    /** The requests whose path has `part`; preflights aside. */
    asked: (part) => self.requests.filter(({ method, path }) => method !== "OPTIONS" && path.includes(part)),

    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => http.close(resolve));
      spans.close();
    },
  });
  return self;

  function letIn(from) {
    if (from === undefined) return undefined;
    if (self.cors === "all") return from;
    const listed = self.cors === "listed" ? [self.origin ?? []].flat().map((url) => new URL(url).origin) : [];
    return ["http://localhost:5080", ...listed].includes(from) ? from : undefined;
  }

  async function serve(request, response) {
    const url = new URL(request.url, "http://server");
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const noted = {
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.keys(request.headers).sort(),
      origin: request.headers.origin,
      body,
      at: Date.now(),
      aborted: false,
    };
    self.requests.push(noted);
    response.on("close", () => (noted.aborted = !response.writableFinished));

    const headers = { vary: [VARY], "access-control-allow-credentials": "true" };
    const granted = letIn(request.headers.origin);
    if (granted !== undefined) headers["access-control-allow-origin"] = granted;
    if (request.method === "OPTIONS") {
      // 200 even when it refuses: what refuses is that no origin is named.
      Object.assign(headers, { "access-control-allow-methods": ALLOWED_METHODS, "access-control-allow-headers": ALLOWED_HEADERS, "access-control-max-age": "3600", allow: "POST" });
      return send(response, { status: 200, headers });
    }

    const plan = planned.find(({ part, actions }) => actions.length > 0 && url.pathname.includes(part));
    const action = plan?.actions.shift() ?? {};
    action.then?.();
    if (action.hang) return undefined;
    const delay = self.delayMs + (action.delayMs ?? 0);
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    if (action.close) return void request.socket.destroy();

    let answer;
    if (action.capture) {
      const { status, type, authenticate } = INDEX[action.capture];
      answer = { status, type, headers: authenticate ? { "www-authenticate": authenticate } : {}, text: capture(action.capture) };
    } else if (action.status !== undefined || action.body !== undefined) {
      answer = { status: action.status ?? 200, type: action.type ?? "application/json", text: action.body ?? "", headers: action.headers };
    } else {
      answer = respond(request, url, body);
    }
    if (answer.type) headers.vary.push("accept-encoding");
    const packed = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    return send(response, { ...answer, headers: { ...headers, ...answer.headers } }, { ...action, packed });
  }

  async function send(response, { status, type, text = "", headers }, action = {}) {
    const packed = action.packed && text.length > 1000;
    const bytes = packed ? gzipSync(text, { level: 1 }) : Buffer.from(text);
    // Packed answers come in chunks, without a length, as the real ones do.
    response.writeHead(status, { ...headers, ...(type ? { "content-type": type } : {}), ...(packed ? { "content-encoding": "gzip" } : { "content-length": bytes.length }) });
    if (action.cut !== undefined) {
      response.write(bytes.subarray(0, action.cut));
      await new Promise((resolve) => setTimeout(resolve, 50));
      response.socket?.destroy();
    } else if (action.slow) {
      for (let at = 0; at < bytes.length && !response.destroyed; at += action.slow.bytes) {
        response.write(bytes.subarray(at, at + action.slow.bytes));
        await new Promise((resolve) => setTimeout(resolve, action.slow.everyMs));
      }
      response.end();
    } else response.end(bytes);
  }

  function respond(request, url, body) {
    if (!url.pathname.startsWith(prefix)) return { status: 404 };
    const path = url.pathname.slice(prefix.length);
    const { searchParams: query } = url;
    if (path === "/healthz") return json({ status: "ok" });
    if (path === "/config" && config) return { status: 200, type: "application/json", text: capture("02-config").replace('"v0.91.5"', JSON.stringify(self.version)) };

    const refused = refuse(request.headers.authorization);
    if (refused !== undefined) return refused;
    if (path === "/api/organizations") {
      const [known] = parseExact(capture("04-organizations")).data;
      return json({ data: organizations.map((name) => ({ ...known, identifier: name, name })) });
    }
    const [, organization, rest] = /^\/api\/([^/]+)\/(.*)$/.exec(path) ?? [];
    if (rest === undefined) return { status: 404 };
    if (!organizations.includes(decodeURIComponent(organization))) return text(404, "Organization not found");
    try {
      return route(request, rest, query, body);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { status, code, message, detail = "" } = error;
      return json(code < 1000 ? { code, message } : { code, message, error_detail: detail, trace_id: queryId() }, status);
    }
  }

  function refuse(authorization) {
    if (authorization === undefined) return json({ code: 401, message: "Unauthorized Access" }, 401);
    const challenge = { "www-authenticate": 'Bearer realm="openobserve"' };
    if (!authorization.startsWith("Basic ")) return { status: 401, text: "Not Supported", headers: challenge };
    const wanted = `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString("base64")}`;
    return authorization === wanted ? undefined : { status: 401, text: "Unauthorized Access", headers: challenge };
  }

  function route(request, path, query, body) {
    const { method } = request;
    const [, schemaOf] = /^streams\/([^/]+)\/schema$/.exec(path) ?? [];
    const [, listOf] = /^([^/]+)\/traces\/latest$/.exec(path) ?? [];
    const [, valuesOf] = /^([^/]+)\/_values$/.exec(path) ?? [];
    const wanted = path === "_search" ? "POST" : "GET";
    if (path !== "_search" && path !== "streams" && !schemaOf && !listOf && !valuesOf) {
      if (/(latest_stream|_search_stream|_search_partition|_values_stream|_around|dag|v1\/traces)$/.test(path)) throw new Missing(path);
      return { status: 404 };
    }
    if (method !== wanted) return { status: 405, headers: { allow: wanted } };
    if (path === "_search") return search(request, query, body);
    if (path === "streams") return listStreams(query);
    if (schemaOf) return describe(decodeURIComponent(schemaOf), query);
    if (listOf) return list(decodeURIComponent(listOf), query);
    return values(decodeURIComponent(valuesOf), query);
  }

  function listStreams(query) {
    if (query.get("type") !== "traces") throw new Missing("streams of another type");
    const keyword = query.get("keyword") ?? "";
    const found = [...spans.streams.keys()].sort().filter((name) => name.includes(keyword));
    return json({ list: found.map((name) => about(name, query.get("fetchSchema") === "true")), total: found.length });
  }

  /** What is said of a stream. Its figures lag: 0, however full it is. */
  function about(name, withSchema) {
    const [known] = parseExact(capture("07-streams-traces")).list;
    const schema = withSchema ? spans.schema(name) : [];
    return {
      ...known,
      name,
      schema,
      settings: { ...known.settings, max_query_range: maxRangeHours[name] ?? 0 },
      total_fields: schema.length,
    };
  }

  function describe(name, query) {
    if (!spans.streams.has(name)) return json({ code: 404, message: "stream not found" }, 404);
    const keyword = query.get("keyword") ?? "";
    const offset = Number(query.get("offset") ?? 0);
    const limit = Number(query.get("limit") ?? 0) || Infinity;
    const fields = spans.schema(name).filter((field) => field.name.includes(keyword));
    return json({ ...about(name, true), schema: fields.slice(offset, offset + limit), total_fields: fields.length });
  }

  /** The window of a request, and what it was cut down to where it spans more than the stream allows. */
  function windowOf(start, end, names) {
    if (start <= 0n || end <= 0n || start >= end) throw new Refused(400, 400, "Error# [file_list] invalid time range");
    const hours = Math.min(...names.map((name) => maxRangeHours[name] || Infinity));
    if (hours === Infinity) return { window: [start, end] };
    const longest = BigInt(Math.round(hours * 3_600_000_000));
    if (end - start <= longest) return { window: [start, end] };
    return { window: [end - longest, end], cut: `Query duration is modified due to query range restriction of ${hours} hours` };
  }

  function list(stream, query) {
    for (const name of ["start_time", "end_time"]) if (!/^\d+$/.test(query.get(name) ?? "")) throw new Refused(400, 400, `${name} is empty`);
    const sortBy = query.get("sort_by") ?? "start_time";
    if (sortBy !== "start_time" && sortBy !== "duration") throw new Refused(400, 400, "Invalid sort_by field, only support duration and start_time");
    const { window, cut } = windowOf(BigInt(query.get("start_time")), BigInt(query.get("end_time")), [stream]);
    if (!spans.streams.has(stream)) throw new Refused(400, 20002, `Search stream not found: ${stream}`);
    const began = performance.now();
    const from = Number(query.get("from") ?? 0);
    const size = Number(query.get("size") ?? 10);
    const hits = latest(spans, stream, { window, from, size, filter: query.get("filter") ?? "", sortBy, ascending: query.get("sort_order") === "asc" });
    const took = Math.round(performance.now() - began);
    if (hits === undefined) return json({ ...found({ hits: [], from, size, took, scanned: 0 }), order_by: "desc", order_by_metadata: [["zo_sql_timestamp", "desc"]] });
    return json({ took, total: hits.length, from, size, hits, trace_id: queryId(), function_error: cut });
  }

  /** What every answer to a query has. */
  function found({ hits, from, size, took, scanned }) {
    return {
      took,
      took_detail: { total: took, cache_took: 0, file_list_took: 0, wait_in_queue: 0, idx_took: 0, search_took: took },
      hits,
      total: hits.length,
      from,
      size,
      cached_ratio: 0,
      scan_size: Math.round(scanned / 1000),
      idx_scan_size: 0,
      scan_records: scanned,
      trace_id: queryId(),
      is_partial: false,
      result_cache_ratio: 0,
      is_histogram_eligible: true,
    };
  }

  function search(request, parameters, body) {
    if (!/^application\/json/.test(request.headers["content-type"] ?? "")) return text(415, "Expected request with `Content-Type: application/json`");
    let query;
    let encoding;
    try {
      ({ query, encoding } = parseExact(body));
    } catch {
      return text(400, "Failed to parse the request body as JSON: query: EOF while parsing a value at line 1 column 9");
    }
    const wrong = (what) => text(422, `Failed to deserialize the JSON body into the target type: ${what} at line 1 column ${body.length - 1}`);
    if (query === undefined) return wrong("missing field `query`");
    for (const name of ["sql", "start_time", "end_time"]) if (query[name] === undefined) return wrong(`query: missing field \`${name}\``);
    const [, float] = /"(?:start|end)_time"\s*:\s*(\d+\.\d*)/.exec(body) ?? [];
    if (float !== undefined) return wrong(`query.start_time: invalid type: floating point \`${float}\`, expected i64`);

    const sql = encoding === "base64" ? Buffer.from(query.sql, "base64").toString("utf8") : query.sql;
    const type = parameters.get("type") ?? "logs";
    const named = tokens(sql).filter(({ name }) => spans.streams.has(name)).map(({ name }) => name);
    const { window, cut } = windowOf(BigInt(query.start_time), BigInt(query.end_time), named);
    const from = Number(query.from ?? 0);
    const asked = query.size === undefined ? USUAL_SIZE : Number(query.size);
    const size = asked <= 0 ? USUAL_SIZE : asked;
    const began = performance.now();
    const { columns, hits, scanned, list, plain } = spans.search(sql, { type, window, from, size: query.track_total_hits ? Infinity : size });
    const took = Math.round(performance.now() - began);
    const answer = found({ hits, from, size: asked <= 0 ? asked : size, took, scanned });
    if (query.track_total_hits) Object.assign(answer, { hits: [{ zo_sql_num: hits.length }], total: hits.length });
    if (query.query_type === "table") Object.assign(answer, { columns, hits: hits.map((hit) => columns.map((name) => hit[name] ?? null)), response_type: "table" });
    const errors = [
      ...(cut === undefined ? [] : [cut]),
      ...(asked <= 0 && hits.length >= USUAL_SIZE ? ["Warn: results are capped to meet default limit", "Please be aware that the response is based on partial data"] : []),
    ];
    if (errors.length > 0) Object.assign(answer, { function_error: errors, is_partial: true });
    if (cut !== undefined) Object.assign(answer, { new_start_time: window[0], new_end_time: window[1] });
    const step = list.findIndex(({ kind, name }) => kind === "word" && name === "histogram");
    if (step >= 0) {
      const interval = list.slice(step).find(({ kind }) => kind === "text")?.text;
      if (interval !== undefined) answer.histogram_interval = seconds(interval.slice(1, -1));
    }
    const order = /\border\s+by\s+("?[\w.]+"?)(?:\s+(asc|desc))?\s*(?:$|limit|,|\))/i.exec(sql);
    if ((order !== null || plain) && !query.track_total_hits) {
      const direction = order === null ? "desc" : (order[2] ?? "asc").toLowerCase();
      Object.assign(answer, { order_by: direction, order_by_metadata: [[order === null ? "_timestamp" : order[1].replaceAll('"', ""), direction]] });
    }
    return json(answer);
  }

  function values(stream, query) {
    const fields = query.get("fields")?.split(",") ?? [];
    if (fields.length === 0) throw new Refused(400, 400, "fields is empty");
    if (query.get("sql")) throw new Missing("_values with sql");
    const { window } = windowOf(BigInt(query.get("start_time") ?? 0), BigInt(query.get("end_time") ?? 0), [stream]);
    if (!spans.streams.has(stream)) throw new Refused(400, 20002, `Search stream not found: ${stream}`);
    const size = Number(query.get("size") ?? 10);
    const uncounted = query.get("no_count") === "true";
    const keyword = query.get("keyword") ?? "";
    const literal = (value) => `'${value.replaceAll("'", "''")}'`;
    const column = (name) => `"${name.replaceAll('"', '""')}"`;
    const conditions = ["1"];
    const filter = query.get("filter");
    if (filter) {
      const [name, list] = filter.split(/=(.*)/s);
      conditions.push(`${column(name)} IN (${list.split(",").map(literal).join(", ")})`);
    }
    const hits = [];
    for (const field of fields) {
      if (!spans.streams.get(stream).includes(field)) continue;
      const like = keyword ? ` AND ${column(field)} LIKE ${literal(`%${keyword}%`)}` : "";
      const rows = spans.rows(
        `SELECT ${column(field)} AS zo_sql_key, count(*) AS zo_sql_num FROM ${column(stream)} WHERE ${conditions.join(" AND ")} AND ${column(field)} IS NOT NULL${like} GROUP BY 1 ORDER BY ${uncounted ? "1" : "2 DESC, 1"} LIMIT ${size}`,
        { [stream]: window },
      );
      hits.push({ field, values: rows.map((row) => ({ zo_sql_key: String(row.zo_sql_key), zo_sql_num: uncounted ? 0 : row.zo_sql_num })) });
    }
    return json({ ...found({ hits, from: 0, size, took: 1, scanned: 0 }), total: fields.length });
  }
}

const json = (value, status = 200) => ({ status, type: "application/json", text: write(value), headers: { "x-api-node": "double" } });
const text = (status, words) => ({ status, type: "text/plain; charset=utf-8", text: words });

/** The id of a query: not a trace of anybody's. */
const queryId = () => createHash("sha256").update(randomBytes(16)).digest("hex").slice(0, 32);

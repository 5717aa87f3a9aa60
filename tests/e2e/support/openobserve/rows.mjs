// Spans as OpenObserve stores them: rows of text and whole numbers, recorded and made up.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { fixture } from "../person.mjs";
import { parseExact } from "./json.mjs";

/** The columns that hold numbers; all others hold text. */
export const NUMBERS = { _timestamp: "Int64", duration: "Int64", flags: "Int64", status_code: "Int64", start_time: "UInt64", end_time: "UInt64" };

/** When the recorded shop was asked: microseconds. All its spans start in between. */
export const SHOP_WINDOW = [1_795_396_997_841_560n, 1_795_407_797_841_560n];

/** The captures that lie here: what was asked, and the status and type of the answer. */
export const INDEX = JSON.parse(readFileSync(fixture("openobserve/index.json"), "utf8"));

/** The capture of that name, as text. */
export const capture = (name) => readFileSync(fixture(`openobserve/${name}.body.json`), "utf8");

let recorded;

/**
 * The 6,398 spans of the recorded shop, in 326 traces: numbers as BigInts, what is null not there. `endingAt` moves them in
 * time, so that the last one starts then (milliseconds).
 */
export function shop({ endingAt } = {}) {
  recorded ??= fromColumns(JSON.parse(gunzipSync(readFileSync(fixture("openobserve/shop.rows.json.gz")))));
  if (endingAt === undefined) return recorded;
  const last = recorded.reduce((max, row) => (row._timestamp > max ? row._timestamp : max), 0n);
  return moved(recorded, BigInt(endingAt) * 1000n - last);
}

function fromColumns(columns) {
  const rows = Array.from(columns.trace_id, () => ({}));
  for (const [name, values] of Object.entries(columns)) {
    for (const [at, value] of values.entries()) {
      if (value !== null) rows[at][name] = name in NUMBERS ? BigInt(value) : value;
    }
  }
  return rows;
}

/** The same rows so many microseconds later; events too. */
export function moved(rows, micros) {
  const nanos = micros * 1000n;
  return rows.map((row) => ({
    ...row,
    _timestamp: row._timestamp + micros,
    start_time: row.start_time + nanos,
    end_time: row.end_time + nanos,
    events: row.events.replace(/("_timestamp":)(\d+)/g, (_, key, time) => key + (BigInt(time) + nanos)),
  }));
}

/** The rows of a captured answer to `_search`. */
export function captured(name) {
  return parseExact(capture(name)).hits.map((hit) =>
    Object.fromEntries(Object.entries(hit).map(([key, value]) => [key, typeof value === "number" ? BigInt(value) : value])),
  );
}

/** A span as ingestion would store it. Times in nanoseconds; other fields are columns and win. */
export function span({ trace, id, parent, service = "shop", name = "work", kind = 1, start, end, error = false, ...columns }) {
  const duration = BigInt.asUintN(64, end - start) / 1000n;
  return {
    _timestamp: start / 1000n,
    trace_id: trace,
    span_id: id,
    ...(parent ? { reference_parent_span_id: parent, reference_parent_trace_id: trace, reference_ref_type: "ChildOf" } : {}),
    operation_name: name,
    service_name: service,
    span_kind: String(kind),
    span_status: error ? "ERROR" : "UNSET",
    status_code: error ? 2n : 0n,
    status_message: "",
    start_time: start,
    end_time: end,
    duration,
    flags: 1n,
    events: "[]",
    links: "[]",
    ...columns,
  };
}

/** One trace of so many spans: a root and its children, a microsecond after each other. */
export function hugeTrace(count, { trace = "216363698b529b4a97b750923ceb3ffd", start }) {
  const id = (at) => (at + 1).toString(16).padStart(16, "0");
  return Array.from({ length: count }, (_, at) => {
    const begin = start + BigInt(Math.max(at - 1, 0)) * 1000n;
    const end = at === 0 ? start + BigInt(count - 1) * 1000n : begin + 500n;
    return span({ trace, id: id(at), parent: at === 0 ? undefined : id(0), service: "huge-svc", name: at === 0 ? "root" : `step ${at % 7}`, start: begin, end });
  });
}

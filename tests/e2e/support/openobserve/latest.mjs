// `traces/latest`: the traces of a window, newest first, each with its spans counted by service.

import { Double } from "./json.mjs";

/** What the server counts in is 16 bits wide, and a count that does not fit is 0. */
const COUNT_LIMIT = 65_535;
const count = (number) => (number > COUNT_LIMIT ? 0 : number);

/** The start of the window that a UUIDv7 stands for, milliseconds; `undefined` for any other id. */
const timeOfId = (id) => (/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/.test(id) ? BigInt(`0x${id.slice(0, 12)}`) : undefined);

/** The hits, or `undefined` when nothing is found. */
export function latest(spans, stream, { window, from, size, filter, sortBy, ascending }) {
  // A time in the trace id wins over what was asked.
  const millis = timeOfId(/trace_id='([0-9a-f]{32})'/.exec(filter)?.[1] ?? "");
  if (millis !== undefined) window = [(millis - 60_000n) * 1000n, (millis + 3_600_000n) * 1000n];

  const condition = filter ? spans.checkCondition(filter, stream, ["trace_id", "start_time", "end_time"]) : "1";
  const order = sortBy === "duration" ? "max(end_time) - min(start_time)" : "min(_timestamp)";
  const direction = ascending ? "ASC" : "DESC";
  const table = `"${stream.replaceAll('"', '""')}"`;
  const traces = spans.rows(
    `SELECT trace_id, min(start_time) AS start, max(end_time) AS end FROM ${table} WHERE ${condition} GROUP BY trace_id ORDER BY ${order} ${direction}, trace_id LIMIT ${size} OFFSET ${from}`,
    { [stream]: window },
  );
  if (traces.length === 0) return undefined;

  const starts = [window[0], ...traces.map(({ start }) => start / 1000n)];
  const ends = [window[1], ...traces.map(({ end }) => end / 1000n + 1n)];
  const min = (values) => values.reduce((a, b) => (b < a ? b : a));
  const max = (values) => values.reduce((a, b) => (b > a ? b : a));
  const ids = traces.map(({ trace_id: id }) => `'${id.replaceAll("'", "''")}'`).join(", ");
  const columns = spans.streams.get(stream);
  const optional = ["infer_service_name", "infer_service_type"].map((name) => (columns.includes(name) ? name : `NULL AS ${name}`));
  const rows = spans.rows(
    `SELECT trace_id, start_time, end_time, duration, service_name, operation_name, span_status, reference_parent_span_id, ${optional.join(", ")} FROM ${table} WHERE trace_id IN (${ids}) ORDER BY start_time`,
    { [stream]: [min(starts), max(ends)] },
  );
  const byTrace = new Map(traces.map(({ trace_id: id }) => [id, []]));
  for (const row of rows) byTrace.get(row.trace_id).push(row);
  return [...byTrace].map(([id, rows]) => hit(id, rows));
}

function hit(id, rows) {
  const start = rows.reduce((min, { start_time: time }) => (time < min ? time : min), rows[0].start_time);
  const end = rows.reduce((max, { end_time: time }) => (time > max ? time : max), rows[0].end_time);
  const first = rows.find((row) => row.reference_parent_span_id === undefined) ?? rows[0];
  // A dependency that is inferred from a client's span is an item of its own, and takes the span from the client's service.
  const services = new Map();
  for (const row of rows) {
    const name = row.infer_service_name ?? row.service_name;
    const item = services.get(name) ?? { count: 0, duration: 0n, service_name: name };
    item.count++;
    if (row.duration > item.duration) item.duration = row.duration;
    if (row.infer_service_type !== undefined) item.service_type = row.infer_service_type;
    services.set(name, item);
  }
  return {
    duration: (end - start) / 1000n,
    end_time: end,
    first_event: { operation_name: first.operation_name, service_name: first.service_name },
    gen_ai_input_messages: null,
    gen_ai_usage_cost: new Double(0),
    gen_ai_usage_input_tokens: 0,
    gen_ai_usage_output_tokens: 0,
    gen_ai_usage_total_tokens: 0,
    models: [],
    service_name: [...services.values()].map((item) => ({ ...item, count: count(item.count) })),
    spans: [count(rows.length), count(rows.filter((row) => row.span_status === "ERROR").length)],
    start_time: start,
    trace_id: id,
  };
}

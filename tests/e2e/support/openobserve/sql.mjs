// The SQL of the server: SQLite over tables of spans, made to refuse what DataFusion refuses and to know what OpenObserve adds.
//
// A query is read as tokens, which is enough to tell streams, columns and functions from each other; SQLite does the rest. Where SQLite
// is more lenient than DataFusion (functions of its own, a bare column beside an aggregate, a name in quotes that is no column, a text that is
// no number), the query is refused as DataFusion does, so that nothing passes here that fails there. What DataFusion knows and this
// does not is a `Missing`: the test that asks for it fails, and is not told that the server refuses it.

import initSqlJs from "sql.js";
import { Double, inOrder } from "./json.mjs";
import { NUMBERS } from "./rows.mjs";

/** What the server refuses, and with which answer. */
export class Refused extends Error {
  constructor(status, code, message, detail) {
    super(message);
    Object.assign(this, { status, code, detail });
  }
}

/** What the real server can do and this one cannot. */
export class Missing extends Error {}

const AGGREGATES = new Set(["count", "sum", "min", "max", "avg", "approx_percentile_cont", "approx_distinct", "approx_median"]);
const SCALARS = new Set(
  "coalesce nullif abs floor ceil round ln log10 log2 log exp power pow sqrt sign trunc length lpad rpad lower upper trim ltrim rtrim substr replace concat histogram str_match str_match_ignore_case strpos instr starts_with ends_with cast try_cast cast_to_timestamp greatest least row_number rank".split(" "),
);
// Words before a bracket that call nothing.
const WORDS = new Set("select from where and or not in as on by having limit offset over filter values union all exists case when then else between is like ilike within group order join left right full inner outer cross using distinct partition with interval".split(" "));
const NO_FIELD = new Set(
  [...WORDS, ..."null true false desc asc end nulls first last rows range unbounded preceding following current row escape bigint int integer double float varchar text string unsigned precision boolean recursive".split(" ")],
);

/** The tokens of a query: kind (`word`, `quoted`, `text`, `number`, `other`), text as written, and `name` in lower case for names. */
export function tokens(sql) {
  const found = [];
  const pattern = /(\s+|--[^\n]*)|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([\p{L}_][\p{L}\p{N}_$]*)|(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(<>|!=|<=|>=|\|\||::|.)/gsuy;
  for (const match of sql.matchAll(pattern)) {
    const [text, blank, string, quoted, word, number] = match;
    if (blank !== undefined) continue;
    const at = match.index;
    if (string !== undefined) found.push({ kind: "text", text, at });
    else if (quoted !== undefined) found.push({ kind: "quoted", text, name: quoted.replaceAll('""', '"'), at });
    else if (word !== undefined) found.push({ kind: "word", text, name: word.toLowerCase(), at });
    else found.push({ kind: number !== undefined ? "number" : "other", text, name: text, at });
  }
  return found;
}

const is = (token, name) => token !== undefined && token.kind !== "text" && token.kind !== "quoted" && token.name === name;
const joined = (list) => list.map(({ text }) => text).join(" ");

/** The place of the bracket that closes the one at `open`. */
function closing(list, open) {
  let depth = 0;
  for (let at = open; at < list.length; at++) {
    if (is(list[at], "(")) depth++;
    else if (is(list[at], ")") && --depth === 0) return at;
  }
  throw syntax("EOF", "an expression", 0);
}

/** A list cut at its commas, those in brackets aside. */
function parts(list) {
  const found = [[]];
  let depth = 0;
  for (const token of list) {
    if (is(token, "(")) depth++;
    if (is(token, ")")) depth--;
    if (depth === 0 && is(token, ",")) found.push([]);
    else found.at(-1).push(token);
  }
  return found;
}

/** The first place outside of brackets where one of these words stands. */
function top(list, ...words) {
  let depth = 0;
  for (const [at, token] of list.entries()) {
    if (is(token, "(")) depth++;
    else if (is(token, ")")) depth--;
    else if (depth === 0 && token.kind === "word" && words.includes(token.name)) return at;
  }
  return -1;
}

function syntax(found, expected, at) {
  return new Refused(400, 400, `Error# SQL error: ParserError("Expected: ${expected}, found: ${found} at Line: 1, Column: ${at + 1}")`);
}

/** What a query names, and whether it is a plain list of rows. */
function read(sql) {
  const list = tokens(sql);
  while (is(list.at(-1), ";")) list.pop();
  const [first] = list;
  if (is(first, "delete") || is(first, "update") || is(first, "insert")) {
    const table = list.find(({ kind, name }, at) => at > 0 && kind !== "other" && name !== "from" && name !== "into")?.name;
    const what = first.name.toUpperCase();
    throw new Refused(400, 20008, "Search SQL execute error", `${what} operation on table '${table}'\ncaused by\nThis feature is not implemented: ${what} not supported for Base table`);
  }
  if (!is(first, "select") && !is(first, "with") && !is(first, "(")) throw syntax(first?.text ?? "EOF", "an SQL statement", first?.at ?? 0);

  const streams = new Set();
  const defined = new Set();
  const tables = new Set();
  let derived = false;
  for (const [at, token] of list.entries()) {
    if (is(token, "as") && list[at + 1]?.name !== undefined) defined.add(list[at + 1].name);
    // `name AS (SELECT …)`
    if (is(token, "as") && is(list[at + 1], "(") && list[at - 1]?.name !== undefined) {
      tables.add(list[at - 1].name);
      derived = true;
    }
    if (is(token, "(") && (is(list[at + 1], "select") || is(list[at + 1], "with"))) derived = true;
  }
  for (const [at, token] of list.entries()) {
    if (!is(token, "from") && !is(token, "join")) continue;
    const source = list[at + 1];
    if (source === undefined || is(source, "(")) continue;
    if (!tables.has(source.name)) streams.add(source.name);
    const after = list[at + 2];
    if (after?.kind === "word" && !NO_FIELD.has(after.name) && after.name !== "as") defined.add(after.name);
  }
  // `(SELECT …) name`
  for (const [at, token] of list.entries()) {
    const after = list[at + 1];
    if (is(token, ")") && after?.kind === "word" && !NO_FIELD.has(after.name)) defined.add(after.name);
  }

  const functions = list.filter((token, at) => token.kind === "word" && is(list[at + 1], "(") && !WORDS.has(token.name)).map(({ name }) => name);
  const aggregated = functions.some((name) => AGGREGATES.has(name));
  const grouped = top(list, "group") >= 0;
  const plain = !derived && !aggregated && !grouped && is(first, "select") && top(list, "union", "join", "distinct") < 0;
  return { list, streams, functions, plain, defined: new Set([...defined, ...tables, ...streams]) };
}

/** The names that a query uses as columns. */
function fieldsOf({ list, defined }) {
  return list.filter(
    (token, at) =>
      token.kind === "quoted" || (token.kind === "word" && !NO_FIELD.has(token.name) && !is(list[at + 1], "(")) ? !defined.has(token.name) && !is(list[at + 1], ".") : false,
  );
}

/** Refuses a column that stands beside an aggregate without being grouped by: SQLite would take any. */
function checkGroups(list) {
  for (const [at, token] of list.entries()) {
    if (!is(token, "select")) continue;
    // The SELECT's own tokens, up to the bracket that closes it or to the next UNION.
    let [end, depth] = [at + 1, 0];
    for (; end < list.length; end++) {
      if (is(list[end], "(")) depth++;
      if (is(list[end], ")") && depth-- === 0) break;
      if (depth === 0 && is(list[end], "union")) break;
    }
    const own = list.slice(at + 1, end);
    const from = top(own, "from");
    if (from < 0) continue;
    const group = top(own, "group");
    const items = parts(own.slice(0, from)).map((item) => {
      const as = top(item, "as");
      return { alias: as < 0 ? undefined : item[as + 1]?.name, body: as < 0 ? item : item.slice(0, as) };
    });
    const aggregates = items.some(({ body }) => body.some((token, at) => AGGREGATES.has(token.name) && token.kind === "word" && is(body[at + 1], "(") && !windowed(body, at)));
    if (group < 0 && !aggregates) continue;
    const keys = new Set();
    if (group >= 0) {
      const rest = own.slice(group + 2);
      const stop = top(rest, "having", "order", "limit", "offset");
      for (const key of parts(stop < 0 ? rest : rest.slice(0, stop))) {
        keys.add(joined(key));
        if (key.length === 1 && key[0].kind === "number") keys.add(joined(items[Number(key[0].text) - 1]?.body ?? []));
        for (const { alias, body } of items) if (key.length === 1 && key[0].name === alias) keys.add(joined(body));
      }
    }
    for (const { body } of items) {
      let text = ` ${joined(withoutAggregates(body))} `;
      for (const key of [...keys].sort((a, b) => b.length - a.length)) text = text.replaceAll(` ${key} `, " ? ");
      const bare = tokens(text).filter((token, at, all) => (token.kind === "word" && !NO_FIELD.has(token.name) && !is(all[at + 1], "(")) || token.kind === "quoted");
      if (bare.length > 0) {
        throw new Refused(400, 20008, "Search SQL execute error", `Error during planning: Column in SELECT must be in GROUP BY or an aggregate function: While expanding wildcard, column "${bare.at(-1).name}" must appear in the GROUP BY clause or must be part of an aggregate function`);
      }
    }
  }
}

/** Whether the call at `at` is one over a window. */
const windowed = (list, at) => is(list[closing(list, at + 1) + 1], "over");

function withoutAggregates(list) {
  const kept = [];
  for (let at = 0; at < list.length; at++) {
    if (list[at].kind === "word" && AGGREGATES.has(list[at].name) && is(list[at + 1], "(")) {
      at = closing(list, at + 1);
      if (is(list[at + 1], "filter")) at = closing(list, at + 2);
    } else kept.push(list[at]);
  }
  return kept;
}

/** The query in SQLite's words. */
function translate(list) {
  const out = [];
  for (let at = 0; at < list.length; at++) {
    const token = list[at];
    const call = token.kind === "word" && is(list[at + 1], "(") ? token.name : undefined;
    if (is(token, "::") || is(token, "~")) throw new Missing(`SQL ${token.text}`);
    if (is(token, "ilike")) out.push("REGEXP"); // see `regexp` below
    else if (is(token, "unsigned")) throw new Missing("unsigned casts");
    else if (call === "cast" || call === "try_cast") {
      const end = closing(list, at + 1);
      const inner = list.slice(at + 2, end);
      const as = inner.findLastIndex((token) => is(token, "as"));
      out.push(cast(translate(inner.slice(0, as)), joined(inner.slice(as + 1)).toLowerCase(), call));
      at = end;
    } else if (call === "approx_distinct") {
      const end = closing(list, at + 1);
      out.push(`count(DISTINCT ${translate(list.slice(at + 2, end))})`);
      at = end;
    } else if (call === "approx_percentile_cont" || call === "approx_median") {
      let end = closing(list, at + 1);
      const [value, share] = parts(list.slice(at + 2, end));
      if (is(list[end + 1], "within")) throw new Missing("WITHIN GROUP");
      let text = `o2_percentile(${translate(value)}, ${share ? translate(share) : "0.5"})`;
      if (is(list[end + 1], "filter")) {
        const close = closing(list, end + 2);
        text += ` FILTER ${translate(list.slice(end + 2, close + 1))}`;
        end = close;
      }
      // The answer has the type of what was asked of.
      const whole = value.every(({ kind, text }) => kind !== "number" || !text.includes(".")) && !value.some(({ name }) => /^(double|float|real|ln|log|log2|log10|exp|sqrt|power|avg)$/.test(name));
      out.push(whole ? `CAST(${text} AS INTEGER)` : text);
      at = end;
    } else if (call === "greatest" || call === "least") out.push(call === "greatest" ? "max" : "min");
    else if (call === "strpos") out.push("instr");
    else if ((call === "min" || call === "max") && parts(list.slice(at + 2, closing(list, at + 1))).length !== 1) throw new Refused(400, 20008, "Search SQL execute error", `Error during planning: The function '${call}' expected 1 arguments`);
    else if (token.kind === "quoted") out.push(`"${token.name.replaceAll('"', '""')}"`);
    else out.push(token.text);
  }
  return out.join(" ");
}

/** DataFusion refuses a text that is no number, where SQLite makes it 0; `TRY_CAST` makes it null. */
function cast(inner, type, call) {
  const wanted = /^(bigint|int|integer)$/.test(type) ? "INTEGER" : /^(double|double precision|float|real)$/.test(type) ? "REAL" : /^(varchar|text|string)$/.test(type) ? "TEXT" : undefined;
  if (wanted === undefined) throw new Missing(`CAST … AS ${type}`);
  // Of numbers alone nothing can fail.
  const isOfNumbers = tokens(inner).every(({ kind, name }) => kind === "number" || kind === "other" || name in NUMBERS);
  if (wanted === "TEXT" || isOfNumbers) return `CAST(${inner} AS ${wanted})`;
  const otherwise = call === "cast" ? `o2_no_number(${inner})` : "NULL";
  return `CASE WHEN (${inner}) IS NULL THEN NULL WHEN o2_is_${wanted.toLowerCase()}(${inner}) THEN CAST(${inner} AS ${wanted}) ELSE ${otherwise} END`;
}

const SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 };

/** The seconds of an interval such as `1 minute`. */
export function seconds(interval) {
  const [, count, unit] = /^\s*(\d+)\s*(second|minute|hour|day|week)s?\s*$/.exec(interval) ?? [];
  if (unit === undefined) throw new Error(`histogram: invalid interval ${interval}`);
  return Number(count) * SECONDS[unit];
}

/** What SQLite said, in DataFusion's words. */
function refusal(message, sql) {
  const [, near] = /near "(.*)": syntax error/s.exec(message) ?? [];
  if (near !== undefined || /incomplete input|unrecognized token/.test(message)) return syntax(near ?? "EOF", "an expression", Math.max(0, sql.indexOf(near ?? "")));
  const [, field] = /no such column: (\S+)/.exec(message) ?? [];
  if (field !== undefined) return new Refused(400, 20004, `Search field not found: Schema error: No field named ${field}.`);
  return new Refused(400, 20008, "Search SQL execute error", message);
}

/** A database of span streams. */
export class Spans {
  /** With these streams: name → rows. The same rows are stored once and copied after that. */
  static async open(streams = {}) {
    const SQL = await initSqlJs({ useOldExtensionFunctions: false });
    const spans = new Spans(new SQL.Database());
    for (const [name, rows] of Object.entries(streams)) spans.add(name, rows);
    return spans;
  }

  constructor(db) {
    this.db = db;
    /** Stream → its columns, in order. */
    this.streams = new Map();
    db.run("PRAGMA case_sensitive_like = ON");
    db.create_function("histogram", (micros, interval) => {
      const step = seconds(interval);
      return new Date(Math.floor(micros / 1e6 / step) * step * 1000).toISOString().slice(0, 19);
    });
    db.create_function("str_match", (text, part) => (text === null ? null : String(text).includes(part)));
    db.create_function("str_match_ignore_case", (text, part) => (text === null ? null : String(text).toLowerCase().includes(String(part).toLowerCase())));
    db.create_function("starts_with", (text, part) => (text === null ? null : String(text).startsWith(part)));
    db.create_function("ends_with", (text, part) => (text === null ? null : String(text).endsWith(part)));
    // Of all letters, not of ASCII's alone.
    db.create_function("lower", (text) => (text === null ? null : String(text).toLowerCase()));
    db.create_function("upper", (text) => (text === null ? null : String(text).toUpperCase()));
    const padding = (text, length, pad) => pad.repeat(Math.max(0, Math.ceil((length - text.length) / pad.length))).slice(0, Math.max(0, length - text.length));
    db.create_function("lpad", (text, length, pad) => (text === null ? null : (padding(String(text), length, pad) + text).slice(0, length)));
    db.create_function("rpad", (text, length, pad) => (text === null ? null : (text + padding(String(text), length, pad)).slice(0, length)));
    db.create_function("o2_is_integer", (value) => typeof value === "number" || /^\s*[+-]?\d{1,19}\s*$/.test(value));
    db.create_function("o2_is_real", (value) => typeof value === "number" || (/\S/.test(value) && !Number.isNaN(Number(value))));
    db.create_function("o2_no_number", (value) => {
      throw new Error(`Cast error: Cannot cast string '${value}' to value of type`);
    });
    // SQLite has no ILIKE, and an operator REGEXP that calls whatever is put here.
    db.create_function("regexp", (pattern, text) => {
      if (text === null) return null;
      const source = String(pattern).replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replaceAll("%", ".*").replaceAll("_", ".");
      return new RegExp(`^${source}$`, "isu").test(text);
    });
    db.create_aggregate("o2_percentile", {
      init: () => ({ share: 0, values: [] }),
      step: (state, value, share) => {
        state.share = share;
        if (value !== null) state.values.push(value);
        return state;
      },
      // Exactly, where the server has a t-digest: it is near this.
      finalize: ({ share, values }) => {
        if (values.length === 0) return null;
        values.sort((a, b) => a - b);
        const place = share * (values.length - 1);
        const below = Math.floor(place);
        const above = Math.min(below + 1, values.length - 1);
        return values[below] + (values[above] - values[below]) * (place - below);
      },
    });
  }

  close() {
    this.db.close();
  }

  /** Adds rows to a stream, which is made when it is not there; columns that are new become columns. */
  add(stream, rows) {
    const { db } = this;
    const table = quote(`rows:${stream}`);
    const known = this.streams.get(stream) ?? [];
    const fresh = new Set(known);
    if (known.length === 0) for (const name of ["_timestamp", "trace_id", "span_id", "reference_parent_span_id", "service_name"]) fresh.add(name);
    for (const row of rows) for (const name in row) fresh.add(name);
    const columns = [...fresh];
    const declared = (name) => `${quote(name)} ${name in NUMBERS ? "INTEGER" : "TEXT"}`;
    if (known.length === 0) {
      db.run(`CREATE TABLE ${table} (${columns.map(declared).join(", ")})`);
      for (const [at, on] of ["_timestamp", "trace_id, span_id", "trace_id, reference_parent_span_id"].entries()) db.run(`CREATE INDEX ${quote(`${at}:${stream}`)} ON ${table} (${on})`);
    } else for (const name of columns.slice(known.length)) db.run(`ALTER TABLE ${table} ADD COLUMN ${declared(name)}`);
    this.streams.set(stream, columns);
    // As literals: binding half a million values one by one takes ten times as long.
    const literal = (value) => (value === undefined || value === null ? "NULL" : typeof value === "bigint" ? String(value) : `'${String(value).replaceAll("'", "''")}'`);
    for (let at = 0; at < rows.length; at += 200) {
      const values = rows.slice(at, at + 200).map((row) => `(${columns.map((name) => literal(row[name])).join(",")})`);
      db.run(`INSERT INTO ${table} VALUES ${values.join(",")}`);
    }
  }

  /** A stream's columns and their types, by name. */
  schema(stream) {
    return [...this.streams.get(stream)].sort().map((name) => ({ name, type: NUMBERS[name] ?? "Utf8" }));
  }

  /** Rows of a query of our own, whose tables are views over a window. */
  rows(sql, views) {
    return this.#within(views, () => this.#run(sql, 0, Infinity).rows);
  }

  /**
   * What the server answers to a query: rows as objects without what is null, columns, records read. The window is half open, in
   * microseconds. `type` is that of the streams: `traces` or `metadata`.
   */
  search(sql, { type = "traces", window, from = 0, size }) {
    const query = read(sql);
    const views = {};
    for (const name of query.streams) {
      const known = type === "traces" ? this.streams.has(name) : type === "metadata" && name === "trace_list_index";
      if (!known) throw new Refused(400, 20002, `Search stream not found: ${name}`);
      views[name] = window;
    }
    if (query.streams.size === 0) throw new Missing("SQL without a stream");
    for (const name of query.functions) {
      if (name === "match_all") throw new Refused(400, 20001, "Search SQL not valid", "match_all() should only apply to the stream that have full text search fields");
      if (!AGGREGATES.has(name) && !SCALARS.has(name)) throw new Refused(400, 20005, `Search function not defined: Error during planning: Invalid function '${name}'.\nDid you mean 'now'?`);
    }
    let text = translate(query.list);
    this.#parse(text);
    this.#checkFields(query, [...query.streams]);
    checkGroups(query.list);

    if (query.plain) {
      const fromAt = top(query.list, "from");
      const items = query.list.slice(1, fromAt);
      const whole = items.some((token) => is(token, "*"));
      const timed = whole || items.some(({ name }) => name === "_timestamp");
      const rest = query.list.slice(fromAt);
      const ordered = top(rest, "order") >= 0;
      const limit = top(rest, "limit", "offset");
      const head = limit < 0 ? rest : rest.slice(0, limit);
      const tail = limit < 0 ? [] : rest.slice(limit);
      text = `SELECT ${translate(items)}${timed ? "" : ", _timestamp"} ${translate(head)}${ordered ? "" : " ORDER BY _timestamp DESC"} ${translate(tail)}`;
    }
    return this.#within(views, () => {
      const { columns, rows } = this.#run(text, from, size);
      const joins = query.list.filter((token, at, list) => token.kind !== "text" && query.streams.has(token.name) && (is(list[at - 1], "from") || is(list[at - 1], "join"))).map(({ name }) => name);
      const scanned = joins.reduce((sum, name) => sum + Number(this.#run(`SELECT count(*) AS n FROM ${quote(name)}`, 0, 1).rows[0].n), 0);
      return { columns, hits: rows.map(inOrder), scanned, plain: query.plain, list: query.list };
    });
  }

  /** Refuses a condition that names what is not there. */
  checkCondition(condition, stream, besides) {
    const query = read(`SELECT ${besides.join(", ")} FROM "${stream}" WHERE ${condition}`);
    for (const name of query.functions) if (!AGGREGATES.has(name) && !SCALARS.has(name)) throw new Refused(400, 20005, `Search function not defined: Error during planning: Invalid function '${name}'.\nDid you mean 'now'?`);
    const text = translate(tokens(condition));
    this.#parse(`SELECT 1 WHERE ${text}`);
    this.#checkFields(query, [stream]);
    return text;
  }

  /** Refuses what is no SQL, whatever it names. */
  #parse(sql) {
    try {
      this.db.prepare(sql).free();
    } catch (error) {
      const refused = refusal(String(error.message ?? error), sql);
      if (refused.code === 400) throw refused;
    }
  }

  #checkFields(query, streams) {
    const known = new Set(streams.flatMap((stream) => (stream === "trace_list_index" ? ["_timestamp", "stream_name", "service_name", "trace_id"] : this.streams.get(stream))));
    const fields = fieldsOf(query);
    const unknown = fields.find(({ name }) => !known.has(name));
    if (unknown === undefined) return;
    const named = query.list.some((token, at, list) => is(token, "*") && (is(list[at - 1], "select") || is(list[at - 1], ","))) ? known : new Set(["_timestamp", ...fields.map(({ name }) => name).filter((name) => known.has(name))]);
    const valid = [...named].sort().map((name) => `${streams[0]}.${name}`).join(", ");
    throw new Refused(400, 20004, `Search field not found: Schema error: No field named ${unknown.name}. Valid fields are ${valid}.`);
  }

  /** Makes the streams readable under their names, within the window of each, while `work` runs. */
  #within(views, work) {
    const { db } = this;
    const names = Object.keys(views);
    try {
      for (const name of names) {
        const [start, end] = views[name];
        const window = `_timestamp >= ${start} AND _timestamp < ${end}`;
        const columns = (stream) => [...this.streams.get(stream)].sort().map(quote).join(", ");
        const source =
          name === "trace_list_index"
            ? [...this.streams.keys()].map((stream) => `SELECT _timestamp, '${stream.replaceAll("'", "''")}' AS stream_name, service_name, trace_id FROM ${quote(`rows:${stream}`)} WHERE ${window}`).join(" UNION ALL ")
            : `SELECT ${columns(name)} FROM ${quote(`rows:${name}`)} WHERE ${window}`;
        db.run(`CREATE TEMP VIEW ${quote(name)} AS ${source}`);
      }
      return work();
    } finally {
      for (const name of names) db.run(`DROP VIEW IF EXISTS temp.${quote(name)}`);
    }
  }

  #run(sql, from, size) {
    let statement;
    try {
      statement = this.db.prepare(sql);
      const columns = statement.getColumnNames();
      const rows = [];
      for (let at = 0; rows.length < size && statement.step(); at++) {
        if (at < from) continue;
        const row = {};
        for (const [place, value] of statement.get(null, { useBigInt: true }).entries()) {
          if (value !== null) row[columns[place]] = typeof value === "number" ? new Double(value) : value;
        }
        rows.push(row);
      }
      return { columns, rows };
    } catch (error) {
      throw refusal(String(error.message ?? error), sql);
    } finally {
      statement?.free();
    }
  }
}

const quote = (name) => `"${name.replaceAll('"', '""')}"`;

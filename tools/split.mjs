// Cuts a WebAssembly program in two, so that a first visit loads what it needs and not all there is.
//
// Part one is the program as it was: its memory, table, globals, data, exports, and the functions that stay. Part two is code alone,
// and holds nothing of its own: it imports all of that from part one, and puts its functions into part one's table. Where one stood
// in part one stands a way to it: it asks for part two if that is not there yet, and calls through the table. So each call between
// the parts is one of WebAssembly to WebAssembly, and two copies of part two would do no harm.
//
// What goes is named by module paths, found in the names of functions, and with them goes all that only they can reach. What they
// share with the rest stays.
//
// Works on the bytes, so that all other code is left as the optimizer wrote it. What it does not know it refuses.
// https://webassembly.github.io/spec/core/binary/

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * What goes into part two, by program. `modules` are those whose functions neither the start nor the list and waterfall of a first file
 * need; a path stands for all below it but for what is listed in `stays`, and for what of other crates is made for its types. `doors` are
 * their functions that part one calls; whatever else of them it calls stays with it.
 */
export const PROGRAMS = {
  app: {
    modules: [
      "spanwise::charts",
      "spanwise::scene::flame",
      "spanwise::scene::map_layout",
      "spanwise::scene::map_view",
      "spanwise::ui::flame",
      "spanwise::ui::latency",
      "spanwise::ui::map",
      "spanwise::ui::report",
      "spanwise::ui::server",
      "spanwise::ui::trace::table",
    ],
    stays: ["spanwise::ui::flame::state", "spanwise::ui::map::memory", "spanwise::ui::server::fields", "spanwise::ui::server::saved", "spanwise::ui::server::state"],
    doors: [
      "spanwise::ui::flame::__component_flame_page",
      "spanwise::ui::flame::flame_view",
      "spanwise::ui::flame::tools::flame_tools",
      "spanwise::ui::latency::__component_latency_page",
      "spanwise::ui::map::__component_map_page",
      "spanwise::ui::report::__component_report_page",
      "spanwise::ui::server::page::__component_open_observe_page",
      "spanwise::ui::trace::table::span_table",
      "spanwise::ui::trace::table::tools::table_tools",
    ],
  },
  engine: {
    modules: [
      "spanwise::analysis::flame",
      "spanwise::analysis::latency",
      "spanwise::analysis::red",
      "spanwise::analysis::service_map",
      "spanwise::encode::json",
      "spanwise::encode::otlp_json",
      "spanwise::engine::views::critical",
      "spanwise::engine::views::flame",
      "spanwise::engine::views::latency",
      "spanwise::engine::views::map",
      "spanwise::engine::views::red",
      "spanwise::engine::views::span::text",
      "spanwise::engine::views::table",
    ],
    stays: [],
    doors: [
      "spanwise::engine::views::critical::critical",
      "spanwise::engine::views::flame::flame",
      "spanwise::engine::views::latency::latency",
      "spanwise::engine::views::map::detail::map_detail",
      "spanwise::engine::views::map::map",
      "spanwise::engine::views::red::red",
      "spanwise::engine::views::span::text",
      "spanwise::engine::views::table::table",
    ],
  },
};

/** Exports that wasm-bindgen names after whole types; its script gives each name to a function of its own, too. */
const LONG = /\bwasm_bindgen_\w{16,}\b/g;

/** Bytes of a way into part two. */
const SHORT = 24;

const FEATURES = ["simd", "bulk-memory", "bulk-memory-opt", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue"];

const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, count: 12 };
const KIND = { function: 0, table: 1, memory: 2, global: 3 };

class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    Object.assign(this, { bytes, at, end });
  }
  get more() {
    return this.at < this.end;
  }
  byte() {
    if (this.at >= this.end) throw new Error("split: the program ends too early");
    return this.bytes[this.at++];
  }
  /** An unsigned number of up to 32 bits; the bytes of a signed one, or of one of 64 bits, are passed over with `leb`. */
  u32() {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("split: a number has too many bytes");
  }
  leb() {
    while (this.byte() >= 0x80);
  }
  skip(count) {
    this.at += count;
  }
  take(count) {
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
  text() {
    return new TextDecoder("utf-8", { fatal: true }).decode(this.take(this.u32()));
  }
  list(read) {
    return Array.from({ length: this.u32() }, () => read(this));
  }
}

const u32 = (value) => {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
};
const s32 = (value) => {
  const bytes = [];
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    if ((value === 0 && byte < 0x40) || (value === -1 && byte >= 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
};
const text = (value) => [...u32(Buffer.byteLength(value)), ...Buffer.from(value)];
const list = (items) => [...u32(items.length), ...items.flat()];
const joined = (parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const section = (id, body) => joined([[id], u32(body.length), body]);
const sized = (body) => joined([u32(body.length), body]);

/** Passes over an instruction's memory argument: alignment, the memory if it is not the first, offset. */
function memoryArgument(code) {
  if (code.u32() & 0x40) code.u32();
  code.leb();
}

/** Calls `found(at, end, function, opcode)` for each function that a body names, with the place of its index. */
function eachFunctionIn(body, found) {
  const code = new Reader(body);
  for (let groups = code.u32(); groups > 0; groups--) {
    code.u32();
    code.byte();
  }
  while (code.more) {
    const opcode = code.byte();
    if (opcode === 0x10 || opcode === 0x12 || opcode === 0xd2) {
      const at = code.at;
      const index = code.u32();
      found(at, code.at, index, opcode);
    } else if (opcode >= 0x28 && opcode <= 0x3e) memoryArgument(code);
    else if (opcode === 0x11 || opcode === 0x13) code.u32(), code.u32();
    else if (opcode === 0x0e) {
      for (let labels = code.u32() + 1; labels > 0; labels--) code.u32();
    } else if (opcode === 0x1c) {
      for (let types = code.u32(); types > 0; types--) code.byte();
    } else if (opcode === 0x43) code.skip(4);
    else if (opcode === 0x44) code.skip(8);
    else if ((opcode >= 0x02 && opcode <= 0x04) || opcode === 0x0c || opcode === 0x0d || (opcode >= 0x20 && opcode <= 0x26)) code.leb();
    else if (opcode === 0x3f || opcode === 0x40 || opcode === 0x41 || opcode === 0x42 || opcode === 0xd0) code.leb();
    else if (opcode === 0xfc) {
      const sub = code.u32();
      if (sub === 10 || sub === 14) code.u32(), code.u32();
      else if (sub === 11 || (sub >= 15 && sub <= 17)) code.u32();
      else if (sub > 7) throw new Error(`split: instruction 0xfc ${sub} names a segment, which only part one has`);
    } else if (opcode === 0xfd) {
      const sub = code.u32();
      if (sub <= 11 || sub === 92 || sub === 93) memoryArgument(code);
      else if (sub === 12 || sub === 13) code.skip(16);
      else if (sub >= 21 && sub <= 34) code.byte();
      else if (sub >= 84 && sub <= 91) memoryArgument(code), code.byte();
    } else if (!(opcode <= 0x01 || opcode === 0x05 || opcode === 0x0b || opcode === 0x0f || opcode === 0x1a || opcode === 0x1b || (opcode >= 0x45 && opcode <= 0xc4) || opcode === 0xd1)) {
      throw new Error(`split: instruction 0x${opcode.toString(16)} is not known here`);
    }
  }
}

/** Reads what of a program there is to know. */
function parse(bytes) {
  const program = { sections: [], imports: [], types: [], functions: [], exports: [], elements: [], bodies: [], names: new Map(), globals: 0 };
  const reader = new Reader(bytes, 8);
  while (reader.more) {
    const id = reader.byte();
    const size = reader.u32();
    const body = reader.take(size);
    const part = new Reader(body);
    if (id === SECTION.custom && part.text() === "name") {
      while (part.more) {
        const kind = part.byte();
        const end = part.u32() + part.at;
        if (kind === 1) program.names = new Map(part.list(() => [part.u32(), part.text()]));
        part.at = end;
      }
    }
    if (id === SECTION.custom) continue;
    if (id === SECTION.start) throw new Error("split: a program with a start function is not known here");
    program.sections.push({ id, body });
    if (id === SECTION.type) {
      program.types = part.list(() => {
        if (part.byte() !== 0x60) throw new Error("split: only types of functions are known here");
        return { parameters: part.list(() => part.byte()), results: part.list(() => part.byte()) };
      });
    } else if (id === SECTION.import) {
      program.imports = part.list(() => {
        const [module, name] = [part.text(), part.text()];
        if (part.byte() !== KIND.function) throw new Error(`split: the import ${name} is no function`);
        return { module, name, type: part.u32() };
      });
    } else if (id === SECTION.function) program.functions = part.list(() => part.u32());
    else if (id === SECTION.table) {
      program.tables = part.list(() => {
        const [type, flags, least] = [part.byte(), part.byte(), part.u32()];
        if (flags > 1) throw new Error("split: such a table is not known here");
        return { type, least, most: flags ? part.u32() : undefined };
      });
    } else if (id === SECTION.memory) program.memory = body.subarray(1);
    else if (id === SECTION.global) {
      program.globals = part.list(() => {
        const [type, mutable] = [part.byte(), part.byte()];
        const at = part.at;
        // One constant each.
        if (![0x41, 0x42].includes(part.byte())) throw new Error("split: such a global is not known here");
        part.leb();
        if (part.byte() !== 0x0b) throw new Error("split: such a global is not known here");
        return { type, mutable, value: body.subarray(at, part.at) };
      });
    } else if (id === SECTION.export) {
      program.exports = part.list(() => ({ name: part.text(), kind: part.byte(), index: part.u32() }));
    } else if (id === SECTION.element) {
      program.elements = part.list(() => {
        if (part.u32() !== 0 || part.byte() !== 0x41) throw new Error("split: such an element segment is not known here");
        const offset = part.u32();
        if (offset > 63 || part.byte() !== 0x0b) throw new Error("split: such an element segment is not known here");
        return { offset, functions: part.list(() => part.u32()) };
      });
    } else if (id === SECTION.code) program.bodies = part.list(() => part.take(part.u32()));
  }
  return program;
}

/** A body whose functions have new numbers. */
function renumbered(body, number) {
  const parts = [];
  let done = 0;
  eachFunctionIn(body, (at, end, index) => {
    parts.push(body.subarray(done, at), Buffer.from(u32(number(index))));
    done = end;
  });
  parts.push(body.subarray(done));
  return Buffer.concat(parts);
}

/** Short names that are not yet taken: a, b, … aa, ab, … */
function* shortNames(taken) {
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (let number = 0; ; number++) {
    let name = "";
    for (let rest = number; rest >= 0; rest = Math.floor(rest / letters.length) - 1) name = letters[rest % letters.length] + name;
    if (!taken.has(name)) yield name;
  }
}

/** Functions' names without the hashes of crates; a type's path may stand anywhere in one. */
const plain = (name) => name.replace(/\[[\da-f]+\]/g, "");

/**
 * Splits `bytes`; the second parameter is of PROGRAMS. Part one asks for part two by calling what it
 * imports as `load` of `module`; part two imports all it needs from module "", under the names of part one's exports.
 */
export function split(bytes, { modules, stays: staying, doors }, module) {
  const program = parse(bytes);
  const renamed = new Map();
  for (const entry of program.exports) {
    if (entry.name.search(LONG) !== 0) continue;
    renamed.set(entry.name, `invoke${renamed.size}`);
    entry.name = renamed.get(entry.name);
  }
  const first = program.imports.length;
  const count = first + program.functions.length;
  const name = (index) => plain(program.names.get(index) ?? "");
  const isDoor = (text) => doors.includes(text);
  const paths = (list) => new RegExp(`\\b(?:${list.join("|")})\\b`, "g");
  const [within, without] = [paths(modules), paths([...staying, "$^"])];
  const own = new RegExp(`^<*(?:${modules.join("|")})\\b|\\b(?:${modules.join("|")})\\b[\\w:<>]*\\{closure`);
  const goes = (text) => text.replaceAll(without, "").search(within) >= 0;
  const isOwn = (text) => !text.startsWith("core::ptr::drop_in_place") && text.replaceAll(without, "").search(own) >= 0;
  const typeOf = (index) => (index < first ? program.imports[index].type : program.functions[index - first]);

  const calls = program.bodies.map((body) => {
    const called = new Set();
    eachFunctionIn(body, (_at, _end, index, opcode) => {
      if (opcode === 0xd2) throw new Error("split: references to functions are not known here");
      called.add(index);
    });
    return called;
  });

  // What stays is what can be reached without what is named; so do imports, and what JavaScript calls, whatever their names.
  const named = new Set();
  for (let index = first; index < count; index++) if (goes(name(index))) named.add(index);
  const exported = program.exports.filter(({ kind }) => kind === KIND.function).map(({ index }) => index);
  const inTable = new Set(program.elements.flatMap(({ functions }) => functions));
  // Where the compiler finds that two functions are the same code, it keeps one, under one of their names. Machinery and drop glue that only
  // a type makes a module's may so be others' too; who calls them through the table is not known.
  for (const index of inTable) if (named.has(index) && !isOwn(name(index))) named.delete(index);
  const stays = new Set(Array.from({ length: first }, (_import, index) => index));
  for (const index of exported) named.delete(index);
  const wanted = [...exported, ...inTable];
  while (wanted.length > 0) {
    const index = wanted.pop();
    if (stays.has(index) || named.has(index)) continue;
    stays.add(index);
    for (const called of calls[index - first]) {
      if (!isDoor(name(called))) named.delete(called);
      wanted.push(called);
    }
  }
  // What is no longer than the way to it would be: empty closures, and their like.
  for (const index of inTable) {
    if (index >= first && program.bodies[index - first].length <= SHORT && [...calls[index - first]].every((called) => stays.has(called))) stays.add(index);
  }
  const going = [];
  for (let index = first; index < count; index++) if (!stays.has(index)) going.push(index);
  const goings = new Set(going);

  // Ways into part two: what part one calls of it, or has in its table.
  const ways = new Set(going.filter((index) => inTable.has(index)));
  const callers = new Map();
  for (const index of stays) {
    if (index < first) continue;
    for (const called of calls[index - first]) {
      if (!goings.has(called)) continue;
      ways.add(called);
      callers.set(called, [...(callers.get(called) ?? []), index]);
    }
  }
  const used = new Set();
  for (const index of going) for (const called of calls[index - first]) if (!goings.has(called)) used.add(called);

  // Part one: one import more, one global more, slots for the ways.
  const load = first;
  const flag = program.globals.length;
  const slots = new Map([...ways].map((index, at) => [index, program.tables[0].least + at]));
  const oneNumbers = new Map();
  let next = first + 1;
  for (let index = 0; index < count; index++) {
    if (index < first) oneNumbers.set(index, index);
    else if (!goings.has(index) || ways.has(index)) oneNumbers.set(index, next++);
  }
  const oneNumber = (index) => oneNumbers.get(index);
  const loadType = program.types.findIndex(({ parameters, results }) => parameters.length + results.length === 0);
  if (loadType < 0) throw new Error("split: the program has no function without parameters and results");
  const way = (index) => {
    const type = typeOf(index);
    const parameters = program.types[type].parameters.map((_type, at) => [0x20, ...u32(at)]).flat();
    return Buffer.from([0, 0x23, ...u32(flag), 0x45, 0x04, 0x40, 0x10, ...u32(load), 0x0b, ...parameters, 0x41, ...s32(slots.get(index)), 0x11, ...u32(type), 0, 0x0b]);
  };

  const names = shortNames(new Set(program.exports.map((entry) => entry.name)));
  const exports = [...program.exports];
  const shared = (kind, index) => {
    const found = exports.find((entry) => entry.kind === kind && entry.index === index);
    if (found) return found.name;
    const entry = { name: names.next().value, kind, index };
    exports.push(entry);
    return entry.name;
  };
  const globals = [...program.globals, { type: 0x7f, mutable: 1, value: [0x41, 0, 0x0b] }];
  const usedNames = new Map([...used].sort((a, b) => a - b).map((index) => [index, shared(KIND.function, index)]));
  const tables = program.tables.map((table, at) => {
    const more = at === 0 ? slots.size : 0;
    return { ...table, least: table.least + more, most: table.most === undefined ? undefined : table.most + more };
  });
  const tableType = ({ type, least, most }) => [type, most === undefined ? 0 : 1, ...u32(least), ...(most === undefined ? [] : u32(most))];
  const importOf = (from, what, kind, type) => [...text(from), ...text(what), kind, ...type];
  const twoImports = [
    importOf("", shared(KIND.memory, 0), KIND.memory, program.memory),
    ...tables.map((table, at) => importOf("", shared(KIND.table, at), KIND.table, tableType({ ...table, most: undefined, ...(table.most === undefined ? {} : { most: table.most }) }))),
    ...globals.map(({ type, mutable }, at) => importOf("", shared(KIND.global, at), KIND.global, [type, mutable])),
    ...[...usedNames].map(([index, what]) => importOf("", what, KIND.function, u32(typeOf(index)))),
  ];

  const oneFunctions = [...oneNumbers.keys()].filter((index) => index >= first);
  const one = joined([
    bytes.subarray(0, 8),
    ...program.sections.map(({ id, body }) => {
      if (id === SECTION.import) {
        const all = [...program.imports, { module, name: "load", type: loadType }];
        return section(id, list(all.map((entry) => importOf(entry.module, entry.name, KIND.function, u32(entry.type)))));
      }
      if (id === SECTION.function) return section(id, list(oneFunctions.map((index) => u32(typeOf(index)))));
      if (id === SECTION.table) return section(id, list(tables.map(tableType)));
      if (id === SECTION.global) return section(id, list(globals.map(({ type, mutable, value }) => [type, mutable, ...value])));
      if (id === SECTION.export) {
        return section(id, list(exports.map((entry) => [...text(entry.name), entry.kind, ...u32(entry.kind === KIND.function ? oneNumber(entry.index) : entry.index)])));
      }
      if (id === SECTION.element) {
        return section(id, list(program.elements.map(({ offset, functions }) => [0, 0x41, ...s32(offset), 0x0b, ...list(functions.map((index) => u32(oneNumber(index))))])));
      }
      if (id === SECTION.code) {
        const bodies = oneFunctions.map((index) => sized(goings.has(index) ? way(index) : renumbered(program.bodies[index - first], oneNumber)));
        return section(id, joined([u32(bodies.length), ...bodies]));
      }
      return section(id, body);
    }),
  ]);

  // Part two: what it imports, then its functions, then the one that says that it is there.
  const twoNumbers = new Map([...usedNames.keys()].map((index, at) => [index, at]));
  for (const index of going) twoNumbers.set(index, twoNumbers.size);
  const twoNumber = (index) => twoNumbers.get(index);
  const here = twoNumbers.size;
  const places = new Map([...slots].map(([index, slot]) => [slot, index]));
  for (const { offset, functions } of program.elements) {
    functions.forEach((index, at) => {
      if (goings.has(index)) places.set(offset + at, index);
    });
  }
  const runs = [];
  for (const slot of [...places.keys()].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run.slot + run.functions.length === slot) run.functions.push(places.get(slot));
    else runs.push({ slot, functions: [places.get(slot)] });
  }
  const twoBodies = [...going.map((index) => sized(renumbered(program.bodies[index - first], twoNumber))), sized(Buffer.from([0, 0x41, 1, 0x24, ...u32(flag), 0x0b]))];
  const two = joined([
    bytes.subarray(0, 8),
    section(SECTION.type, program.sections.find(({ id }) => id === SECTION.type).body),
    section(SECTION.import, list(twoImports)),
    section(SECTION.function, list([...going.map((index) => u32(typeOf(index))), u32(loadType)])),
    section(SECTION.start, u32(here)),
    section(SECTION.element, list(runs.map(({ slot, functions }) => [0, 0x41, ...s32(slot), 0x0b, ...list(functions.map((index) => u32(twoNumber(index))))]))),
    section(SECTION.code, joined([u32(twoBodies.length), ...twoBodies])),
  ]);

  const size = (index) => program.bodies[index - first].length;
  const report = {
    going: going.map((index) => ({ name: name(index), size: size(index), named: named.has(index) })),
    ways: [...ways].map((index) => ({ name: name(index), size: size(index), inTable: inTable.has(index), named: named.has(index), callers: (callers.get(index) ?? []).map(name) })),
    used: [...usedNames.keys()].map(name),
    stays: [...stays].filter((index) => index >= first).map((index) => ({ name: name(index), size: size(index) })),
  };
  return { one, two, renamed, report };
}

/** Runs the optimizer over a program. */
async function optimized(bytes, level) {
  const folder = mkdtempSync(join(tmpdir(), "spanwise-split-"));
  try {
    const [from, to] = [join(folder, "from.wasm"), join(folder, "to.wasm")];
    writeFileSync(from, bytes);
    await promisify(execFile)("wasm-opt", [from, "-o", to, `-O${level}`, ...FEATURES.map((feature) => `--enable-${feature}`)]);
    return readFileSync(to);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What the script of a program needs to have part two: `loadLater()`, a promise, for those who can wait, and for those who cannot what
 * part one calls. That is rare on the page, whose views of part two wait for it: a browser that is asked for bytes at once, and not as
 * text, refuses the page, so it is asked for text of which each character is a byte.
 */
const loader = (file, integrity) => `
const LATER = new URL("./${file}", import.meta.url);
let coming;
const load = async () => {
    const response = await fetch(LATER, { integrity: "${integrity}" });
    await WebAssembly.instantiate(await response.arrayBuffer(), { "": wasm });
    loadLater.isThere = true;
};
const loadLater = globalThis.loadLater = () => coming ??= load().catch((error) => {
    coming = undefined;
    throw error;
});
function loadNow() {
    try {
        const request = new XMLHttpRequest();
        request.open("GET", LATER, false);
        request.overrideMimeType("text/plain; charset=x-user-defined");
        request.send();
        if (request.status !== 200) throw new Error(\`the server says ${"${request.status}"}\`);
        const bytes = Uint8Array.from(request.responseText, (character) => character.charCodeAt(0));
        new WebAssembly.Instance(new WebAssembly.Module(bytes), { "": wasm });
        loadLater.isThere = true;
    } catch (error) {
        throw new Error(\`A part of Spanwise could not be loaded: ${"${error.message}"}\`);
    }
}
`;

/**
 * Splits a program that wasm-bindgen made, given its script, and optimizes both parts. The script names part two `<program>_later.wasm`, as
 * it names part one `<program>_bg.wasm`.
 */
export async function splitProgram(program, level, script, wasm) {
  const module = `./${program}_bg.js`;
  const { one, two, renamed, report } = split(wasm, PROGRAMS[program], module);
  const [first, later] = await Promise.all([optimized(one, level), optimized(two, level)]);
  const imports = `"${module}": import0,`;
  if (script.split(imports).length !== 2) throw new Error(`split: the script of ${program} does not name its imports as it used to`);
  const integrity = `sha256-${createHash("sha256").update(later).digest("base64")}`;
  const text = script.replace(LONG, (name) => renamed.get(name) ?? name).replace(imports, `"${module}": { ...import0, load: loadNow },`);
  return { script: text + loader(`${program}_later.wasm`, integrity), first, later, report };
}

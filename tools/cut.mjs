// Cuts a WebAssembly program in two: the mechanics of tools/split.mjs, which says why and where.
//
// Part one is the program as it was: its memory, table, globals, data, exports, and the functions that stay. Part two is code alone,
// and holds nothing of its own: it imports all of that from part one, and puts its functions into part one's table. Where one stood
// in part one stands a way to it: it asks for part two if that is not there yet, and calls through the table. So each call between
// the parts is one of WebAssembly to WebAssembly, and two copies of part two would do no harm.
//
// Works on the bytes, so that all other code is left as it was. What it does not know it refuses.
// https://webassembly.github.io/spec/core/binary/

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

/** Bytes of a way into part two. */
const SHORT = 24;
/** Bytes up to which functions of different modules are thought to be the same now and then. */
const COMMON = 256;

/** The functions that each body names. */
const callsOf = (program) =>
  program.bodies.map((body) => {
    const called = new Set();
    eachFunctionIn(body, (_at, _end, index, opcode) => {
      if (opcode === 0xd2) throw new Error("split: references to functions are not known here");
      called.add(index);
    });
    return called;
  });

/**
 * Which functions stay: what can be reached without those that are named, and whatever JavaScript calls.
 *
 * Where the compiler finds that two functions are the same code, it keeps one, under one of their names; who calls it through the table
 * is not known. So what is small stays, and so do machinery and drop glue that only a type makes a module's.
 */
function chosen(program, calls, inTable, name, { goes, isOwn, isDoor }) {
  const first = program.imports.length;
  const size = (index) => program.bodies[index - first].length;
  const exported = program.exports.filter(({ kind }) => kind === KIND.function).map(({ index }) => index);
  const named = new Set(program.bodies.map((_body, at) => first + at).filter((index) => goes(name(index))));
  const common = new Set([...inTable].filter((index) => named.has(index) && (!isOwn(name(index)) || size(index) <= COMMON)));
  for (const index of [...exported, ...common]) named.delete(index);

  const stays = new Set(program.imports.keys());
  const wanted = [...exported, ...inTable];
  while (wanted.length > 0) {
    const index = wanted.pop();
    if (stays.has(index) || named.has(index)) continue;
    stays.add(index);
    for (const called of calls[index - first]) {
      if (named.has(called)) {
        if (common.has(index) && size(called) <= COMMON) common.add(called);
        // What part one calls and is no door stays with it; what is common may call what goes.
        if (common.has(called) || !(common.has(index) || isDoor(name(called)))) named.delete(called);
      }
      wanted.push(called);
    }
  }
  // What is no longer than the way to it would be: empty closures, and their like.
  for (const index of inTable) {
    if (index >= first && size(index) <= SHORT && [...calls[index - first]].every((called) => stays.has(called))) stays.add(index);
  }
  return stays;
}

/** A program with names for its functions. */
function withNames(bytes, numbers, name) {
  const names = [...numbers].sort(([, a], [, b]) => a - b).map(([index, number]) => [...u32(number), ...text(name(index))]);
  return joined([bytes, section(SECTION.custom, joined([text("name"), [1], sized(joined([u32(names.length), ...names]))]))]);
}

/** Functions' names without the hashes of crates. */
const plain = (name) => name.replace(/\[[\da-f]+\]/g, "");

/**
 * Cuts `bytes`. `rules` say by a function's name whether it `goes` to part two, whether the name is its own and not made of types alone, and
 * whether it is a door of part two; and what an export is `renamed` to. Part one asks for part two by calling what it imports as `load` of
 * `module`; part two imports all it needs from module "", under the names of part one's exports.
 */
export function cut(bytes, rules, module, { keepsNames }) {
  const program = parse(bytes);
  for (const entry of program.exports) entry.name = rules.renamed(entry.name);
  const first = program.imports.length;
  const count = first + program.functions.length;
  const name = (index) => plain(program.names.get(index) ?? "");
  const typeOf = (index) => (index < first ? program.imports[index].type : program.functions[index - first]);

  const calls = callsOf(program);
  const inTable = new Set(program.elements.flatMap(({ functions }) => functions));
  const stays = chosen(program, calls, inTable, name, rules);
  const going = [];
  for (let index = first; index < count; index++) if (!stays.has(index)) going.push(index);
  const goings = new Set(going);

  // Ways into part two: what part one calls of it, or has in its table.
  const ways = new Set(going.filter((index) => inTable.has(index)));
  for (const index of stays) {
    if (index < first) continue;
    for (const called of calls[index - first]) if (goings.has(called)) ways.add(called);
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

  const parts = keepsNames ? [withNames(one, oneNumbers, name), withNames(two, twoNumbers, name)] : [one, two];
  return { parts, ways: ways.size };
}

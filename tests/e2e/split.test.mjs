// A program cut in two does what it did: a small one, whose parts call each other in all ways that there are.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { cut } from "../../tools/cut.mjs";
import { scratch } from "./support/browser.mjs";

const ASSEMBLER = fileURLToPath(new URL("../../node_modules/.bin/wasm-as", import.meta.url));

/** `$away` is longer than what is kept for being common, and so is `$listed`, which only the table has. */
const long = (body) => `${"(global.set $stack (i32.add (global.get $stack) (i32.const 1)))".repeat(40)} ${body}`;
const PROGRAM = `(module
  (type $unary (func (param i64) (result i64)))
  (import "host" "add" (func $add (param i64 i64) (result i64)))
  (memory (export "memory") 1)
  (table (export "table") 4 4 funcref)
  (global $stack (mut i32) (i32.const 1000))
  (elem (i32.const 1) $stays $listed $short)
  (data (i32.const 16) "\\2a\\00\\00\\00\\00\\00\\00\\00")
  (func $nothing)
  (func $stays (param i64) (result i64) (i64.add (local.get 0) (i64.load (i32.const 16))))
  (func $listed (param i64) (result i64) ${long("(call $helper (call $stays (local.get 0)))")})
  (func $short (param i64) (result i64) (i64.mul (local.get 0) (i64.const 3)))
  (func $helper (param i64) (result i64) ${long("(call $add (local.get 0) (i64.const 9007199254740993))")})
  (func $away (param i64) (result i64) ${long("(call_indirect (type $unary) (call $helper (local.get 0)) (i32.const 1))")})
  (func (export "start") (call $nothing))
  (func (export "direct") (param i64) (result i64) (call $away (local.get 0)))
  (func (export "indirect") (param i32 i64) (result i64) (call_indirect (type $unary) (local.get 1) (local.get 0)))
  (func (export "stack") (result i32) (global.get $stack)))`;

const rules = {
  goes: (name) => ["away", "listed", "short"].includes(name),
  isOwn: () => true,
  isDoor: (name) => name === "away",
  renamed: (name) => name,
};

const folder = scratch();
function assembled() {
  const [from, to] = [join(folder, "program.wat"), join(folder, "program.wasm")];
  writeFileSync(from, PROGRAM);
  execFileSync(ASSEMBLER, [from, "-g", "-o", to]);
  return readFileSync(to);
}

function whole(bytes) {
  const host = { add: (a, b) => a + b };
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { host }).exports;
}

function inParts(bytes) {
  const { parts, ways } = cut(bytes, rules, "host", { keepsNames: false });
  const [one, two] = parts.map((part) => new WebAssembly.Module(part));
  const loads = [];
  const load = () => loads.push(new WebAssembly.Instance(two, { "": first }));
  const first = new WebAssembly.Instance(one, { host: { add: (a, b) => a + b, load } }).exports;
  return { first, loads, load, ways, two };
}

describe("a program in two parts", () => {
  const bytes = assembled();

  test("answers as the whole, and asks for its second part once, when it is needed", () => {
    const { first, loads, ways } = inParts(bytes);
    const one = whole(bytes);
    assert.equal(ways, 2);
    const same = (ask) => assert.deepEqual(ask(first), ask(one));
    same(({ indirect }) => indirect(1, 5n));
    same(({ indirect }) => indirect(3, 5n));
    assert.equal(loads.length, 0);
    for (const value of [0n, -1n, 2n ** 62n]) {
      same(({ direct }) => direct(value));
      same(({ indirect }) => indirect(2, value));
      same(({ stack }) => stack());
    }
    assert.equal(loads.length, 1);
  });

  test("takes a second part before it is needed, and another beside it", () => {
    const { first, loads, load } = inParts(bytes);
    load();
    load();
    assert.equal(first.indirect(2, 1n), whole(bytes).indirect(2, 1n));
    assert.equal(first.direct(1n), whole(bytes).direct(1n));
    assert.equal(loads.length, 2);
  });

  test("has in its second part what only that calls, and nothing of its own", () => {
    const { two } = inParts(bytes);
    assert.deepEqual(WebAssembly.Module.exports(two), []);
    const kinds = WebAssembly.Module.imports(two).map(({ kind }) => kind);
    // The memory, the table, the stack's global and the one that says that it is here, `$add` and `$stays`.
    assert.deepEqual(kinds, ["memory", "table", "global", "global", "function", "function"]);
  });

  test("calls the second part again and again in vain while it cannot be had", () => {
    const { parts } = cut(bytes, rules, "host", { keepsNames: true });
    const load = () => {
      throw new Error("gone");
    };
    const { direct, indirect } = new WebAssembly.Instance(new WebAssembly.Module(parts[0]), { host: { add: (a, b) => a + b, load } }).exports;
    for (let again = 0; again < 2; again++) assert.throws(() => direct(1n), /gone/);
    assert.throws(() => indirect(2, 1n), /gone/);
    assert.equal(indirect(1, 0n), 42n);
  });

  test("is refused where it holds what is not known", () => {
    const odd = Buffer.from(bytes);
    const at = odd.indexOf(Buffer.from([0x42, 0x03, 0x7e])); // i64.const 3, i64.mul
    odd[at + 2] = 0x06; // `try` of a proposal that was given up
    assert.throws(() => cut(odd, rules, "host", { keepsNames: false }), /instruction 0x6 is not known/);
  });
});

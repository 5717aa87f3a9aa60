// Files of a million spans, written as OTLP protobuf without holding them: always the same.

import { closeSync, openSync, writeSync } from "node:fs";

const START = 1_700_000_000_000_000_000n;
const SERVICES = ["frontend", "cart", "checkout", "payment", "shipping", "db"];
const NAMES = ["GET /cart", "SELECT cart", "charge", "render", "publish"];

const varint = (number) => {
  const bytes = [];
  for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
  return [...bytes, number];
};
const field = (number, content) => Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(content.length)]), content]);
const text = (number, value) => field(number, Buffer.from(value));
const attribute = (key, value) => Buffer.concat([text(1, key), field(2, text(1, value))]);
const names = NAMES.map((name) => text(5, name));

/** A span; `at` numbers spans through the file, `parent` is a number of the same kind, or -1. */
function span(trace, at, parent, start, duration) {
  const bytes = Buffer.alloc(18 + 10 + 10 + 9 + 9);
  bytes.set([0x0a, 16], 0);
  bytes.writeUInt32BE(0x5eed, 2);
  bytes.writeUInt32BE(trace + 1, 14);
  bytes.set([0x12, 8], 18);
  bytes.writeUInt32BE(1, 20);
  bytes.writeUInt32BE(at, 24);
  bytes.set([0x22, 8], 28);
  bytes.writeUInt32BE(1, 30);
  bytes.writeUInt32BE(Math.max(0, parent), 34);
  bytes[38] = 0x39;
  bytes.writeBigUInt64LE(START + BigInt(start), 39);
  bytes[47] = 0x41;
  bytes.writeBigUInt64LE(START + BigInt(start + duration), 48);
  const ids = parent < 0 ? Buffer.concat([bytes.subarray(0, 28), bytes.subarray(38)]) : bytes;
  const status = at % 997 === 996 ? field(15, Buffer.from([0x18, 2])) : Buffer.alloc(0);
  return Buffer.concat([ids, names[at % names.length], field(9, attribute("item", `item-${at}`)), status]);
}

/** Writes `traces` traces of `each` spans: the first of each is the root, and each other's parent is a few spans before it. */
export function writeSpans(path, traces, each) {
  const file = openSync(path, "w");
  let seed = 42;
  const random = () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  const resources = SERVICES.map((service) => field(1, field(1, attribute("service.name", service))));
  // Batches of a few thousand spans, as a collector writes them.
  let spans = [];
  let batch = 0;
  const flush = () => {
    const scope = field(2, Buffer.concat(spans.map((span) => field(2, span))));
    writeSync(file, field(1, Buffer.concat([resources[batch++ % resources.length], scope])));
    spans = [];
  };
  for (let trace = 0, at = 0; trace < traces; trace++) {
    for (let n = 0; n < each; n++, at++) {
      const parent = n === 0 ? -1 : at - 1 - Math.floor(random() * Math.min(n, 30));
      spans.push(span(trace, at, parent, trace * 1_000_000 + n * 1000, 1000 + Math.floor(random() * 5e7)));
      if (spans.length === 4096) flush();
    }
  }
  flush();
  closeSync(file);
}

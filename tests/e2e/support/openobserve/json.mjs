// JSON as OpenObserve writes it: whole numbers of 19 digits, keys in order, doubles with a point.

/** A text of JSON as values in which no whole number was a double: those of 16 digits and more become BigInts. */
export function parseExact(text) {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => (/^-?\d{16,}$/.test(token) ? `"\\u0001${token}"` : token));
  return JSON.parse(marked, (_, value) => (typeof value === "string" && value.startsWith("\u0001") ? BigInt(value.slice(1)) : value));
}

/** A number that is a double on the server, where it is written with a point even if it is whole. */
export class Double {
  constructor(value) {
    this.value = value;
  }
}

/** The text of a value. BigInts are whole numbers; what is `undefined` is left out. */
export function write(value) {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Double) return Number.isInteger(value.value) && Math.abs(value.value) < 1e21 ? `${value.value}.0` : JSON.stringify(value.value);
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = [];
  for (const key in value) if (value[key] !== undefined) members.push(`${JSON.stringify(key)}:${write(value[key])}`);
  return `{${members.join(",")}}`;
}

/** The same object with its keys in alphabetical order, as OpenObserve writes what it found. */
export const inOrder = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

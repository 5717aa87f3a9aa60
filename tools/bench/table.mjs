// Tables: columns are { name, of: (row) => text or number, digits, detail }, the first is the row's name. README goes without details.

const cell = ({ of, digits = 0 }, row) => {
  const value = of(row);
  if (typeof value === "string") return value;
  return value === undefined || Number.isNaN(value) ? "" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
};

/** For a terminal. */
export function plain(columns, rows) {
  const cells = [columns.map(({ name }) => name), ...rows.map((row) => columns.map((column) => cell(column, row)))];
  const width = (at) => Math.max(...cells.map((line) => line[at].length));
  const widths = columns.map((_, at) => width(at));
  return cells.map((line) => line.map((text, at) => (at === 0 ? text.padEnd(widths[at]) : text.padStart(widths[at]))).join("  ").trimEnd()).join("\n");
}

/** For README. */
export function markdown(all, rows) {
  const columns = all.filter(({ detail }) => !detail);
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ name }) => name)),
    line(columns.map((_, at) => (at === 0 ? "---" : "---:"))),
    ...rows.map((row) => line(columns.map((column) => cell(column, row)))),
  ].join("\n");
}

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

export const least = (numbers) => Math.min(...numbers);

// Splits a program that wasm-bindgen made, so that a first visit loads what it needs and not all there is (tools/cut.mjs says how).
//
// What goes into part two is named by module paths, found in the names of functions, and with them goes all that only they can reach. What
// they share with the rest stays. Names are those of Rust's v0 mangling, which has the types that a function was made for.
//
// Code that a first file does not need goes there by its path in the table below; on the page, its view is shown through `ui::later`. When
// `tests/e2e/start.test.mjs` says that a first file asks for part two, a build with SPANWISE_NAMES=1 shows by which function: stop in
// `loadNow`. What it should not have taken along is listed in `stays`.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import { cut } from "./cut.mjs";

/**
 * What goes into part two, by program. `modules` are those whose functions neither the start nor the list and waterfall of a first file
 * need; a path stands for all below it but for what is listed in `stays`, and for what of other crates is made for its types. `doors` are
 * their functions that part one calls; whatever else of them it calls stays with it.
 */
const PROGRAMS = {
  app: {
    modules: [
      "spanwise::charts",
      "spanwise::scene::flame",
      "spanwise::scene::fuzzy",
      "spanwise::scene::map_layout",
      "spanwise::scene::map_view",
      "spanwise::ui::acts::list",
      "spanwise::ui::columns",
      "spanwise::ui::facets::list",
      "spanwise::ui::facets::words",
      "spanwise::ui::flame",
      "spanwise::ui::latency",
      "spanwise::ui::map",
      "spanwise::ui::query::assist",
      "spanwise::ui::query::series",
      "spanwise::ui::notes::editor",
      "spanwise::ui::notes::list",
      "spanwise::ui::palette::items",
      "spanwise::ui::palette::list",
      "spanwise::ui::report",
      "spanwise::ui::selection_chips::list",
      "spanwise::ui::server",
      "spanwise::ui::trace::logs",
      "spanwise::ui::trace::table",
    ],
    stays: ["spanwise::ui::flame::state", "spanwise::ui::map::memory", "spanwise::ui::server::fields", "spanwise::ui::server::saved", "spanwise::ui::server::state"],
    doors: [
      "spanwise::ui::acts::list::acts",
      "spanwise::ui::columns::list_columns_menu",
      "spanwise::ui::columns::list_head_menu",
      "spanwise::ui::facets::list::facet_list",
      "spanwise::ui::flame::__component_flame_page",
      "spanwise::ui::flame::flame_view",
      "spanwise::ui::flame::tools::flame_tools",
      "spanwise::ui::latency::__component_latency_page",
      "spanwise::ui::map::__component_map_page",
      "spanwise::ui::query::assist::assist",
      "spanwise::ui::query::series::series_card",
      "spanwise::ui::notes::editor::note_box",
      "spanwise::ui::notes::list::marked",
      "spanwise::ui::palette::list::palette",
      "spanwise::ui::report::__component_report_page",
      "spanwise::ui::selection_chips::list::chips",
      "spanwise::ui::server::page::__component_open_observe_page",
      "spanwise::ui::trace::logs::log_list",
      "spanwise::ui::trace::logs::log_tools",
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
      "spanwise::decode::foreign",
      "spanwise::decode::inflate::zstd",
      "spanwise::encode",
      "spanwise::engine::Engine>::step_export",
      "spanwise::engine::export",
      "spanwise::engine::views::critical",
      "spanwise::engine::views::facets",
      "spanwise::engine::views::field",
      "spanwise::engine::views::flame",
      "spanwise::engine::views::latency",
      "spanwise::engine::views::logs",
      "spanwise::engine::views::map",
      "spanwise::engine::views::query",
      "spanwise::engine::views::red",
      "spanwise::engine::views::sortable",
      "spanwise::engine::views::series",
      "spanwise::engine::views::span::text",
      "spanwise::engine::views::table",
      "spanwise::traceql",
      "aho_corasick",
      "flate2::mem::Compress",
      "flate2::zio",
      "regex",
      "regex_automata",
      "regex_syntax",
      "siphasher",
      "structured_zstd",
      "twox_hash",
      "zlib_rs::deflate",
    ],
    stays: ["spanwise::decode::foreign::csv::header", "spanwise::decode::foreign::relaxed", "spanwise::decode::foreign::sniff", "spanwise::traceql::split"],
    doors: [
      "<flate2::mem::Compress as flate2::zio::Ops>::run_vec",
      "<spanwise::decode::foreign::ForeignReader>::feed",
      "<spanwise::decode::foreign::ForeignReader>::finish",
      "<spanwise::decode::foreign::ForeignReader>::new",
      "<spanwise::decode::inflate::zstd::Zstd>::step",
      "<spanwise::engine::Engine>::step_export",
      "spanwise::engine::views::critical::critical",
      "spanwise::engine::views::facets::facets",
      "spanwise::engine::views::field::cells",
      "spanwise::engine::views::field::order",
      "spanwise::engine::views::flame::flame",
      "spanwise::engine::views::latency::latency",
      "spanwise::engine::views::logs::logs",
      "spanwise::engine::views::map::detail::map_detail",
      "spanwise::engine::views::map::map",
      "spanwise::engine::views::query::matched",
      "spanwise::engine::views::query::query",
      "spanwise::engine::views::query::rewrite::rewritten",
      "spanwise::engine::views::red::red",
      "spanwise::engine::views::series::series",
      "spanwise::engine::views::span::text",
      "spanwise::engine::views::table::table",
    ],
  },
};

/** Exports that wasm-bindgen names after whole types; its script gives each name to a function of its own, too. */
const LONG = /\bwasm_bindgen_\w{16,}\b/g;

/** With SPANWISE_NAMES set, functions keep their names, for profiles and for stacks: who asked for part two, and by which function? */
const KEEPS_NAMES = Boolean(env.SPANWISE_NAMES);

const FEATURES = ["simd", "bulk-memory", "bulk-memory-opt", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue"];

/** What all views have alike, made for their closures: the compiler keeps one, under the name of any. */
const ALIKE = /^<*spanwise::ui::commands::offer\b/;

/** By which names of functions a program is cut; a path may stand anywhere in a name, as that of a type. */
function rulesOf({ modules, stays, doors }) {
  const any = (paths) => `\\b(?:${paths.join("|")})\\b`;
  const [module, staying] = [new RegExp(any(modules)), new RegExp(stays.length > 0 ? any(stays) : "$^", "g")];
  const own = new RegExp(`^<*${any(modules)}|${any(modules)}[\\w:<>]*\\{closure`);
  const names = new Map();
  return {
    goes: (name) => module.test(name.replace(staying, "")) && !ALIKE.test(name),
    isOwn: (name) => !name.startsWith("core::ptr::drop_in_place") && own.test(name.replace(staying, "")),
    isDoor: (name) => doors.includes(name),
    renamed(name) {
      if (name.search(LONG) !== 0) return name;
      if (!names.has(name)) names.set(name, `invoke${names.size}`);
      return names.get(name);
    },
  };
}

/** Runs the optimizer over a program. */
async function optimized(bytes, level) {
  const folder = mkdtempSync(join(tmpdir(), "spanwise-split-"));
  try {
    const [from, to] = [join(folder, "from.wasm"), join(folder, "to.wasm")];
    writeFileSync(from, bytes);
    await promisify(execFile)("wasm-opt", [from, "-o", to, `-O${level}`, ...(KEEPS_NAMES ? ["-g"] : []), ...FEATURES.map((feature) => `--enable-${feature}`)]);
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
 * Splits a program, given its script, and optimizes both parts. The script names part two `<program>_later.wasm`, as it names part one
 * `<program>_bg.wasm`.
 */
export async function splitProgram(program, level, script, wasm) {
  const module = `./${program}_bg.js`;
  const rules = rulesOf(PROGRAMS[program]);
  const { parts, ways } = cut(wasm, rules, module, { keepsNames: KEEPS_NAMES });
  const [first, later] = await Promise.all(parts.map((part) => optimized(part, level)));
  const imports = `"${module}": import0,`;
  if (script.split(imports).length !== 2) throw new Error(`split: the script of ${program} does not name its imports as it used to`);
  const integrity = `sha256-${createHash("sha256").update(later).digest("base64")}`;
  const text = script.replace(LONG, rules.renamed).replace(imports, `"${module}": { ...import0, load: loadNow },`);
  return { script: text + loader(`${program}_later.wasm`, integrity), first, later, ways };
}

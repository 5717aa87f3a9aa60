//! The floors: who may import whom. There is no list of exceptions; a needed one means that the table is wrong.

use std::collections::BTreeSet;
use std::process::Command;

use super::source::{Rust, SourceFile, file_at, files_under, is_name_byte, line_of, root};

/// A module, its floor, and what it must not know although that lies below it.
struct Module {
    name: &'static str,
    floor: u8,
    /// Modules below that it must not use all the same.
    blind_to: &'static [&'static str],
}

const fn module(name: &'static str, floor: u8, blind_to: &'static [&'static str]) -> Module {
    Module { name, floor, blind_to }
}

/// A module imports only from floors below its own. `src/lib.rs` shows the same table to people.
const MODULES: [Module; 21] = [
    module("base", 0, &[]),
    module("model", 1, &[]),
    module("decode", 2, &[]),
    module("encode", 2, &[]),
    module("analysis", 2, &[]),
    module("protocol", 2, &["model"]),
    module("traceql", 3, &["protocol"]),
    module("job", 3, &["model", "decode", "encode", "analysis"]),
    module("scene", 3, &["decode", "encode"]),
    module("notes", 3, &["model", "decode", "encode", "analysis"]),
    module("route", 3, &["model", "decode", "encode", "analysis"]),
    // Charts are labelled as `scene` labels everything.
    module("charts", 4, &["decode", "encode", "analysis", "route"]),
    module("connect", 4, &["model", "encode"]),
    module("engine", 4, &[]),
    module("link", 5, &["model", "decode", "encode", "analysis", "traceql"]),
    module("browser", 6, &["model", "decode", "encode", "analysis", "traceql", "engine"]),
    module("ui", 7, &["model", "decode", "encode", "analysis", "traceql", "engine"]),
    // The two programs: the page has no engine in it, and the engine no page.
    module("main", 8, &["model", "decode", "encode", "analysis", "traceql", "engine"]),
    module("bin/engine", 8, &["ui", "scene", "charts", "route", "connect"]),
    module("bin/connector", 8, &["ui", "charts", "route", "engine"]),
    module("lib", 8, &[]),
];

/// Crates that only some modules may name: the crate, and those modules.
const CRATES: [(&str, &[&str]); 16] = [
    ("leptos", &["ui", "main"]),
    ("reactive_stores", &["ui"]),
    ("web_sys", &["browser", "ui"]),
    ("js_sys", &["browser", "ui"]),
    ("wasm_bindgen", &["browser", "ui"]),
    ("wasm_bindgen_futures", &["browser", "ui"]),
    ("gloo_net", &["browser"]),
    ("serde", &["protocol", "connect", "link"]),
    ("serde_json", &["connect"]),
    ("postcard", &["link"]),
    ("plotters", &["charts"]),
    ("plotters_backend", &["browser"]),
    ("flate2", &["decode", "encode"]),
    ("structured_zstd", &["decode", "encode"]),
    ("regex", &["traceql"]),
    ("prost", &[]),
];

/// A path in the code that begins at the crate's root.
struct Import {
    module: String,
    offset: usize,
}

#[test]
fn modules_import_only_from_below() {
    let sources = files_under("src", ".rs");
    assert!(sources.len() > 20, "the scan found only {} files", sources.len());
    let macros = exported_macros(&sources);
    let mut broken = Vec::new();
    let mut n_imports = 0;
    for source in &sources {
        let from = module_of(&source.path);
        if from == "lib" {
            continue;
        }
        let Some(from) = MODULES.iter().find(|module| module.name == from) else {
            broken.push(format!("{}: `{from}` stands on no floor", source.path));
            continue;
        };
        for import in imports(source, &macros) {
            n_imports += 1;
            let line = line_of(&source.text, import.offset);
            let place = format!("{}:{line}: `{}`", source.path, from.name);
            match MODULES.iter().find(|module| module.name == import.module) {
                _ if import.module == from.name => {}
                None => broken.push(format!("{place} imports `{}`, which stands on no floor", import.module)),
                Some(to) if from.floor <= to.floor => {
                    broken.push(format!("{place} on floor {} imports `{}` on floor {}", from.floor, to.name, to.floor));
                }
                Some(to) if from.blind_to.contains(&to.name) => {
                    broken.push(format!("{place} must not know `{}`", to.name));
                }
                Some(_) => {}
            }
        }
    }
    assert!(n_imports > 20, "the scan found only {n_imports} imports");
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut broken = Vec::new();
    for source in files_under("src", ".rs") {
        let from = module_of(&source.path);
        let code = Rust::of(&source.text).code;
        for (name, rooms) in CRATES {
            let path = format!("{name}::");
            for (offset, _) in code.match_indices(&path) {
                // `x::serde::` is a module of x; `use serde::` and `::serde::` are the crate.
                let before = code.as_bytes()[..offset].strip_suffix(b"::").unwrap_or(&code.as_bytes()[..offset]);
                let is_inner = before.last().is_some_and(|&byte| is_name_byte(byte));
                if is_inner || rooms.contains(&from.as_str()) {
                    continue;
                }
                broken.push(format!("{}:{}: `{from}` must not name {name}", source.path, line_of(&source.text, offset)));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn only_what_crosses_a_wire_is_serializable() {
    let mut broken = Vec::new();
    for source in files_under("src", ".rs") {
        let from = module_of(&source.path);
        let code = Rust::of(&source.text).code;
        for (offset, derive) in code.match_indices("derive(") {
            let list = code[offset + derive.len()..].split(')').next().unwrap_or_default();
            if list.contains("erialize") && from != "protocol" && from != "connect" {
                broken.push(format!("{}:{}: `{from}` derives {list}", source.path, line_of(&source.text, offset)));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_codemap_shows_the_same_floors() {
    let lib = file_at("src/lib.rs").unwrap().text;
    let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | "));
    let mut shown = BTreeSet::new();
    for row in rows {
        let mut cells = row.split('|').map(str::trim);
        let Some(Ok(floor)) = cells.next().map(str::parse::<u8>) else { continue };
        for name in cells.next().unwrap().split(',') {
            let name = name.trim().trim_matches(['[', ']', '`']).trim_end_matches(".rs");
            shown.insert((name.to_owned(), floor));
        }
    }
    // Rooms that are not built yet are on no map.
    let is_built = |name: &str| ["", ".rs", "/mod.rs"].iter().any(|end| root().join("src").join(format!("{name}{end}")).exists());
    let floors = MODULES.iter().filter(|module| module.name != "lib" && is_built(module.name));
    let expected: BTreeSet<_> = floors.map(|module| (module.name.to_owned(), module.floor)).collect();
    assert_eq!(shown, expected);
}

#[test]
fn the_native_build_has_no_browser_in_it() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--format", "{p}", "--edges", "normal,build,dev"])
        .args(["--manifest-path", root().join("Cargo.toml").to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("foldhash") && names.contains("prost"), "not the tree that was asked for: {names:?}");
    for name in ["leptos", "web-sys", "js-sys", "wasm-bindgen", "wasm-bindgen-futures", "gloo-net"] {
        assert!(!names.contains(name), "{name} is compiled natively: put it under the wasm target in Cargo.toml");
    }
}

#[test]
fn the_scan_sees_every_way_to_import() {
    let code = "use crate::base::X; use crate::{model, decode::{a, b}, encode as e}; fn f() { crate::link::g() }
        mod inner { use super::super::super::scene; use super::here; } use super::super::engine::Y; use super::ok;
        // use crate::ui;
        crate::define_index!(A); pub(crate) fn g() {} use spanwise::route::R; use super::{super::analysis, fine};";
    let source = SourceFile { path: "src/model/rows.rs".to_owned(), text: code.to_owned() };
    let found: Vec<_> = imports(&source, &[("define_index".to_owned(), "base".to_owned())]).map(|i| i.module).collect();
    assert_eq!(found, ["base", "model", "decode", "encode", "link", "base", "route", "scene", "engine", "analysis"]);
}

/// The top module that a file belongs to.
fn module_of(path: &str) -> String {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    if path.starts_with("bin/") { path.to_owned() } else { path.split('/').next().unwrap().to_owned() }
}

/// Macros with `#[macro_export]`, which live at the crate's root, and the modules that define them.
fn exported_macros(sources: &[SourceFile]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for source in sources {
        let code = Rust::of(&source.text).code;
        for (offset, mark) in code.match_indices("#[macro_export]") {
            let name = code[offset + mark.len()..].trim_start().trim_start_matches("macro_rules!").trim_start();
            let name: String = name.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect();
            found.push((name, module_of(&source.path)));
        }
    }
    found
}

/// Every path of a file that leads to a top module: from `crate::`, from `spanwise::`, or up through `super::`.
fn imports(source: &SourceFile, macros: &[(String, String)]) -> impl Iterator<Item = Import> {
    let code = Rust::of(&source.text).code;
    let mut found = Vec::new();
    for root in ["crate::", "spanwise::"] {
        for (offset, _) in code.match_indices(root) {
            let is_whole = !offset.checked_sub(1).is_some_and(|before| is_name_byte(code.as_bytes()[before]));
            if is_whole {
                found.extend(heads(&code, offset + root.len()).map(|name| (offset, name)));
            }
        }
    }
    found.sort_by_key(|&(offset, _)| offset);
    let segments = source.path.trim_start_matches("src/").trim_end_matches(".rs").split('/');
    let depth = segments.filter(|&name| name != "mod").count();
    let mut at = 0;
    while let Some(offset) = code[at..].find("super::").map(|found| at + found) {
        // `{super::a` continues the path before the brace: how many are open says little, so the path itself is walked.
        let mut up = supers_before(&code, offset);
        at = offset;
        while code[at..].starts_with("super::") {
            up += 1;
            at += "super::".len();
        }
        if up == depth + inline_modules_at(&code, offset) {
            found.extend(heads(&code, at).filter(|name| name != "super").map(|name| (offset, name)));
        }
    }
    let named = move |(offset, name): (usize, String)| {
        let home = macros.iter().find(|(exported, _)| *exported == name).map(|(_, home)| home.clone());
        Import { module: home.unwrap_or(name), offset }
    };
    found.into_iter().map(named).collect::<Vec<_>>().into_iter()
}

/// The first names of the path, or of each path of a braced list, that begins at `at`.
fn heads(code: &str, at: usize) -> impl Iterator<Item = String> {
    let name_at = |text: &str| -> String { text.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect() };
    let rest = &code[at..];
    let mut names = Vec::new();
    if rest.starts_with('{') {
        let (mut depth, mut start) = (0, 1);
        for (place, character) in rest.char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || depth == 1 && character == ',' {
                names.push(name_at(rest[start..place].trim_start()));
                start = place + 1;
            }
            if depth == 0 {
                break;
            }
        }
    } else {
        names.push(name_at(rest));
    }
    names.into_iter().filter(|name| !name.is_empty() && name != "self")
}

/// How many `super::` stand before the braces that enclose a place of a `use`.
fn supers_before(code: &str, offset: usize) -> usize {
    let statement = code[..offset].rfind(';').map_or(0, |end| end + 1);
    let head = &code[statement..offset];
    head.rfind("use ").map_or(0, |from| head[from..].split(',').next().unwrap_or_default().matches("super::").count())
}

/// How many `mod x {` are open at a place.
fn inline_modules_at(code: &str, offset: usize) -> usize {
    let mut open = Vec::new();
    let mut statement = 0;
    for (at, byte) in code.bytes().enumerate().take(offset) {
        match byte {
            b'{' => {
                let head = code[statement..at].trim();
                let words: Vec<_> = head.split_whitespace().collect();
                open.push(words.len() >= 2 && words[words.len() - 2] == "mod");
                statement = at + 1;
            }
            b'}' => {
                open.pop();
                statement = at + 1;
            }
            b';' => statement = at + 1,
            _ => {}
        }
    }
    open.iter().filter(|&&is_module| is_module).count()
}

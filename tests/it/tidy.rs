//! The habits that a machine can guard: contracts, sizes, colors, style sheets, findings.

use std::collections::{BTreeMap, BTreeSet};

use spanwise::model::FindingKind;

use super::source::{Rust, file_at, files_under, is_name_byte, line_of, root};

/// A file past this many lines becomes a folder.
const MAX_LINES: usize = 600;

/// Functions that write a color in CSS.
const COLOR_FUNCTIONS: [&str; 11] = ["rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "device-cmyk"];

/// The named colors of CSS.
const COLOR_NAMES: &str = "aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown
    burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray
    darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue
    darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite
    forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory
    khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen
    lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime
    limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue
    mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive
    olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum
    powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue
    slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato turquoise violet wheat white whitesmoke
    yellow yellowgreen";

#[test]
fn every_file_says_what_it_is_for() {
    let mut broken = Vec::new();
    for file in ["src", "tests", "benches", "tools"].iter().flat_map(|folder| files_under(folder, ".rs")) {
        let first = file.text.lines().next().unwrap_or_default();
        if first.strip_prefix("//! ").is_none_or(|purpose| purpose.len() < 10) {
            broken.push(format!("{}: the first line is not a `//!` sentence", file.path));
        }
        let lines = file.text.lines().count();
        if file.path.starts_with("src/") && lines > MAX_LINES {
            broken.push(format!("{}: {lines} lines; past {MAX_LINES} a file becomes a folder", file.path));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn nothing_is_left_half_done() {
    // Put together here, so that this file does not meet itself.
    let banned = [
        ("#[ign", "ore", "a test that does not run is not a test"),
        ("#[should", "_panic", "say what is expected instead"),
        ("todo", "!", "finish it or leave it out"),
        ("unimplemented", "!", "finish it or leave it out"),
        ("dbg", "!", "for the workbench only"),
        (".for", "get()", "keep closures in StoredValue and release them in on_cleanup"),
        ("#![all", "ow", "use expect, with a reason"),
        ("#[all", "ow", "use expect, with a reason"),
    ];
    let mut broken = Vec::new();
    for file in ["src", "tests", "benches", "tools"].iter().flat_map(|folder| files_under(folder, ".rs")) {
        let code = Rust::of(&file.text).code;
        for (head, tail, why) in banned {
            for (offset, found) in code.match_indices(&format!("{head}{tail}")) {
                broken.push(format!("{}:{}: {found}: {why}", file.path, line_of(&file.text, offset)));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn colors_stand_in_the_tokens_alone() {
    let mut broken = Vec::new();
    for file in files_under("style", ".css").iter().filter(|file| file.path != "style/tokens.css") {
        for declaration in Css::of(&file.text).declarations {
            for color in colors_in(&declaration.value, IsCss::Yes) {
                broken.push(format!("{}:{}: {color}", file.path, line_of(&file.text, declaration.offset)));
            }
        }
    }
    for file in files_under("src", ".rs") {
        for (offset, text) in Rust::of(&file.text).texts {
            // A whole text that is a color's name is one; a word of a sentence is not.
            let is_name = COLOR_NAMES.split_whitespace().any(|name| name == text);
            if is_name || colors_in(&text, IsCss::No).next().is_some() {
                broken.push(format!("{}:{}: \"{text}\"", file.path, line_of(&file.text, offset)));
            }
        }
    }
    if let Some(file) = file_at("index.html") {
        for (number, line) in file.text.lines().enumerate() {
            // Addresses of fragments (`href="#main"`) and hashes of scripts are not colors.
            if let Some(color) = colors_in(line, IsCss::No).next() {
                broken.push(format!("{}:{}: {color}", file.path, number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "colors outside style/tokens.css:\n{}", broken.join("\n"));
}

#[test]
fn every_style_sheet_is_linked_once() {
    let page = file_at("index.html").unwrap().text;
    let mut linked: BTreeMap<String, usize> = BTreeMap::new();
    for link in page.split("<link").skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        if let Some(href) = link.split("href=\"").nth(1).and_then(|rest| rest.split('"').next())
            && href.contains(".css")
        {
            *linked.entry(href.trim_start_matches("./").to_owned()).or_default() += 1;
        }
    }
    let mut broken = Vec::new();
    let sheets: BTreeSet<_> = files_under("style", ".css").into_iter().map(|file| file.path).collect();
    assert!(!sheets.is_empty());
    for sheet in &sheets {
        match linked.get(sheet) {
            Some(1) => {}
            count => broken.push(format!("{sheet} is linked {} times", count.copied().unwrap_or(0))),
        }
    }
    broken
        .extend(linked.keys().filter(|sheet| !sheets.contains(*sheet)).map(|sheet| format!("{sheet} is linked, but not there")));
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_class_is_both_styled_and_used() {
    let mut styled: BTreeMap<String, String> = BTreeMap::new();
    for file in files_under("style", ".css") {
        for (class, offset) in Css::of(&file.text).classes {
            styled.entry(class).or_insert_with(|| format!("{}:{}", file.path, line_of(&file.text, offset)));
        }
    }
    // Every word of every text may be a class; those in the place of a class must be.
    let mut words = BTreeSet::new();
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for file in files_under("src/ui", ".rs").into_iter().chain(files_under("src/browser", ".rs")) {
        let rust = Rust::of(&file.text);
        words.extend(rust.texts.iter().flat_map(|(_, text)| class_words(text)));
        let in_place = class_ranges(&rust.code);
        for (offset, text) in &rust.texts {
            let is_class = in_place.iter().any(|range| range.contains(offset));
            // An element or variant of a component can be nothing but a class, wherever it stands.
            for word in class_words(text).filter(|word| is_class || word.contains("__") || is_variant(word)) {
                used.entry(word).or_insert_with(|| format!("{}:{}", file.path, line_of(&file.text, *offset)));
            }
        }
        for (offset, mark) in rust.code.match_indices("class:") {
            let rest = &file.text[offset + mark.len()..];
            let class: String = rest.chars().take_while(|&c| c.is_alphanumeric() || "_-".contains(c)).collect();
            if !class.is_empty() && !rest.starts_with(':') {
                words.insert(class.clone());
                used.entry(class).or_insert_with(|| format!("{}:{}", file.path, line_of(&file.text, offset)));
            }
        }
    }
    if let Some(file) = file_at("index.html") {
        for text in file.text.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            for word in class_words(text) {
                words.insert(word.clone());
                used.entry(word).or_insert_with(|| file.path.clone());
            }
        }
    }
    let mut broken = Vec::new();
    for (class, place) in &styled {
        if !words.contains(class) {
            broken.push(format!("{place}: .{class} is styled, but not used in src/ui"));
        }
    }
    for (class, place) in &used {
        if !styled.contains_key(class) {
            broken.push(format!("{place}: .{class} is used, but not styled"));
        }
    }
    assert!(!styled.is_empty() && !used.is_empty());
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_finding_is_explained_and_met() {
    let mut broken = Vec::new();
    let mut slugs = BTreeSet::new();
    let tests: Vec<_> = files_under("tests/it", ".rs").into_iter().filter(|file| !file.path.ends_with("/tidy.rs")).collect();
    let goldens: Vec<_> = ["tests/golden", "tests/fixtures"].iter().flat_map(|folder| files_under(folder, ".txt")).collect();
    for &kind in FindingKind::ALL {
        let slug = kind.slug();
        if !slugs.insert(slug) {
            broken.push(format!("{slug}: two findings have this name"));
        }
        let is_sentence = |text: &str| text.len() > 10 && (text.ends_with('.') || text.ends_with('?'));
        if !is_sentence(kind.remedy()) {
            broken.push(format!("{slug}: the remedy is not a sentence: {:?}", kind.remedy()));
        }
        if kind.summary().is_empty() || kind.summary().ends_with('.') {
            broken.push(format!("{slug}: the summary is not a fragment: {:?}", kind.summary()));
        }
        let name = format!("FindingKind::{kind:?}");
        let in_tests = tests.iter().any(|file| {
            let rust = Rust::of(&file.text);
            let named = rust
                .code
                .match_indices(&name)
                .any(|(at, _)| !rust.code.as_bytes().get(at + name.len()).is_some_and(|&byte| is_name_byte(byte)));
            named || rust.texts.iter().any(|(_, text)| has_word(text, slug))
        });
        if !in_tests && !goldens.iter().any(|file| has_word(&file.text, slug)) {
            broken.push(format!("{slug}: no test and no golden meets it"));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// The fuzz targets have a lock file of their own, which nothing else would see growing old.
#[test]
fn what_is_built_can_be_fuzzed() {
    let [manifest, lock] = ["Cargo.toml", "fuzz/Cargo.lock"].map(|path| file_at(path).unwrap().text);
    let section = manifest.split("\n[").find_map(|section| section.strip_prefix("dependencies]")).unwrap();
    let needed: Vec<_> = section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    let needed: Vec<_> = needed.into_iter().filter(|name| !name.starts_with(['#', ' '])).collect();
    assert!(needed.len() > 5, "{needed:?}");
    for name in needed {
        let is_locked = lock.contains(&format!("name = \"{name}\"\n"));
        assert!(is_locked, "fuzz/Cargo.lock has no {name}: `cargo metadata --manifest-path fuzz/Cargo.toml` puts it there");
    }
}

/// Whether `word` stands in `text` with no further letter, digit or hyphen at its ends.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    text.match_indices(word).any(|(at, _)| {
        let bytes = text.as_bytes();
        !is_part(at.checked_sub(1).and_then(|before| bytes.get(before))) && !is_part(bytes.get(at + word.len()))
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IsCss {
    Yes,
    No,
}

/// The color literals of a text. Named colors count in CSS alone: elsewhere they are words.
fn colors_in(text: &str, is_css: IsCss) -> impl Iterator<Item = String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let is_word = |byte: u8| is_name_byte(byte) || byte == b'-';
        if bytes[at] == b'#' {
            let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            let ends = !bytes.get(at + 1 + digits).is_some_and(|&byte| is_word(byte));
            // A color stands alone or after a space, parenthesis or comma; `href="#add"` and `url(#a)` have other neighbors.
            let before = at.checked_sub(1).map(|before| bytes[before]);
            let starts = before.is_none_or(|byte| b" (,:\"'".contains(&byte)) && !text[..at].ends_with("href=\"");
            if ends && starts && matches!(digits, 3 | 4 | 6 | 8) {
                found.push(text[at..=at + digits].to_owned());
            }
            at += 1 + digits;
            continue;
        }
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let end = at + bytes[at..].iter().take_while(|&&byte| is_word(byte)).count();
        let word = text[at..end].to_ascii_lowercase();
        let is_call = bytes.get(end) == Some(&b'(');
        let is_color =
            if is_call { COLOR_FUNCTIONS.contains(&word.as_str()) } else { is_css == IsCss::Yes && is_color_name(&word) };
        // `color(` of a sentence has a space before it.
        if is_color {
            found.push(word);
        }
        at = end;
    }
    found.into_iter()
}

fn is_color_name(word: &str) -> bool {
    COLOR_NAMES.split_whitespace().any(|name| name == word)
}

/// One `property: value`.
struct Declaration {
    value: String,
    offset: usize,
}

/// A style sheet taken apart, nested rules included.
struct Css {
    declarations: Vec<Declaration>,
    classes: Vec<(String, usize)>,
}

impl Css {
    fn of(source: &str) -> Self {
        let code = without_comments_and_texts(source);
        let mut new = Self { declarations: Vec::new(), classes: Vec::new() };
        let mut from = 0;
        for (at, byte) in code.bytes().enumerate() {
            match byte {
                b'{' => new.prelude(&code[from..at], from),
                b';' | b'}' => new.declaration(&code[from..at], from),
                _ => continue,
            }
            from = at + 1;
        }
        new
    }

    fn prelude(&mut self, text: &str, offset: usize) {
        if text.trim_start().starts_with('@') && !text.trim_start().starts_with("@scope") {
            return;
        }
        for (at, _) in text.match_indices('.') {
            let class: String = text[at + 1..].chars().take_while(|&c| c.is_alphanumeric() || "_-".contains(c)).collect();
            if class.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '-') {
                self.classes.push((class, offset + at));
            }
        }
    }

    fn declaration(&mut self, text: &str, offset: usize) {
        if let Some((property, value)) = text.split_once(':')
            && !text.trim_start().starts_with('@')
        {
            let offset = offset + property.len();
            self.declarations.push(Declaration { value: value.to_owned(), offset });
        }
    }
}

/// The style sheet with comments, texts and addresses blanked, offsets unchanged.
fn without_comments_and_texts(source: &str) -> String {
    let mut bytes = source.as_bytes().to_vec();
    let mut at = 0;
    while at < source.len() {
        let rest = &source[at..];
        let len = if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(quote) = rest.chars().next().filter(|c| "\"'".contains(*c)) {
            rest[1..].find(quote).map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("url(") {
            rest.find(')').unwrap_or(rest.len())
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        for byte in &mut bytes[at..at + len] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at += len;
    }
    String::from_utf8(bytes).unwrap()
}

/// The words of a text that could name a class.
fn class_words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(str::to_owned)
}

/// `component--variant`.
fn is_variant(word: &str) -> bool {
    word.split_once("--").is_some_and(|(component, variant)| !component.is_empty() && !variant.is_empty())
}

/// Where classes are written: from `class=` (or `.class(`) to the end of its value.
fn class_ranges(code: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    for mark in ["class=", ".class(", "class_name(", "set_class_name("] {
        for (offset, _) in code.match_indices(mark) {
            let is_whole =
                mark.starts_with('.') || !offset.checked_sub(1).is_some_and(|before| is_name_byte(code.as_bytes()[before]));
            if is_whole {
                let start = if mark.ends_with('(') { offset + mark.len() - 1 } else { offset + mark.len() };
                found.push(start..value_end(code, start));
            }
        }
    }
    found
}

/// The end of an attribute's value in a view: behind a text, or behind an expression's last bracket.
fn value_end(code: &str, start: usize) -> usize {
    // Of `("name", condition)` the name alone is a class.
    if code[start..].starts_with("(\"") {
        return start + 2;
    }
    let mut depth = 0_i32;
    let mut in_text = false;
    for (at, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        let goes_on = code[at + 1..].trim_start().starts_with("else") || code[at + 1..].starts_with('.');
        let is_end = depth == 0 && !in_text && b"\")]};>,".contains(&byte) && !goes_on;
        if depth < 0 || is_end {
            return at;
        }
    }
    code.len()
}

#[test]
fn reads_style_sheets_and_finds_colors() {
    let css = Css::of(
        "@layer a { .one, div.two:hover > .three__x--y { color: red; --c: #abc; background: url(#abc) var(--blue); width: .5em }
          /* .no { color: blue } */ .four { &.five { border: 1px solid oklch(1 0 0); content: \"#fff\" } } }
          @media (width < 3.5em) { .six { color: color-mix(in oklch, var(--a) 5%, transparent); grid-area: main } }",
    );
    let classes: Vec<_> = css.classes.iter().map(|class| class.0.as_str()).collect();
    assert_eq!(classes, ["one", "two", "three__x--y", "four", "five", "six"]);
    let colors: Vec<_> = css.declarations.iter().flat_map(|declaration| colors_in(&declaration.value, IsCss::Yes)).collect();
    assert_eq!(colors, ["red", "#abc", "oklch"]);
    assert_eq!(colors_in("fill:#12ab34;", IsCss::No).collect::<Vec<_>>(), ["#12ab34"]);
    assert_eq!(colors_in("#/trace/abc, #main, a red fox, issue #1234567", IsCss::No).count(), 0);
}

#[test]
fn finds_where_classes_are_written() {
    let code = r#"<div class="a b" id="no"><i class=move || if x { "c" } else { "d" } title="no"/><b class=("e", move || y("no2"))>"no""#;
    let rust = Rust::of(code);
    let ranges = class_ranges(&rust.code);
    let found: Vec<_> =
        rust.texts.iter().filter(|text| ranges.iter().any(|range| range.contains(&text.0))).map(|text| text.1.as_str()).collect();
    assert_eq!(found, ["a b", "c", "d", "e"]);
    assert!(root().join("src").is_dir());
}

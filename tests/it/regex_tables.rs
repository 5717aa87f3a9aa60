//! The tables of Unicode's categories and scripts, against those that they are made from. `UPDATE_GOLDEN=1` makes them.

use std::collections::BTreeMap;
use std::{env, fs};

use regex_syntax::hir::{Class, HirKind};
use spanwise::traceql::regex::unicode::ranges;

use super::source::root;

const FOLDER: &str = "src/traceql/regex";

/// The characters of a category or script.
fn expected(name: &str) -> Vec<(u32, u32)> {
    // Surrogates are no characters of a text, so there is no class of them.
    if name == "Cs" {
        return Vec::new();
    }
    let parsed = regex_syntax::parse(&format!(r"\p{{{name}}}")).unwrap();
    match parsed.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect()
        }
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).unwrap().chars().map(|char| (u32::from(char), u32::from(char))).collect()
        }
        kind => panic!("{name}: {kind:?}"),
    }
}

fn names(file: &str) -> Vec<String> {
    let table = fs::read(root().join(FOLDER).join(file)).unwrap();
    let end = table.iter().position(|&byte| byte == 0).unwrap();
    String::from_utf8(table[..end].to_vec()).unwrap().split(',').map(str::to_owned).collect()
}

fn number(mut number: u32, out: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(number & 127).unwrap();
        number >>= 7;
        out.push(if number == 0 { low } else { low | 128 });
        if number == 0 {
            return;
        }
    }
}

/// A table in its own notation, as `traceql::regex::unicode` says.
fn table(names: &[String]) -> Vec<u8> {
    let mut all: BTreeMap<u32, (u32, u8)> = BTreeMap::new();
    for (at, name) in (0..).zip(names) {
        all.extend(expected(name).into_iter().map(|(first, last)| (first, (last, at))));
    }
    let mut out = names.join(",").into_bytes();
    out.push(0);
    number(u32::try_from(all.len()).unwrap(), &mut out);
    let mut next = 0;
    for (&first, &(last, _)) in &all {
        number(first - next, &mut out);
        next = last + 1;
    }
    for (first, (last, _)) in &all {
        number(last - first, &mut out);
    }
    out.extend(all.values().map(|&(_, at)| at));
    out
}

#[test]
fn tables_are_those_of_unicode() {
    for file in ["categories.bin", "scripts.bin"] {
        let (path, made) = (root().join(FOLDER).join(file), table(&names(file)));
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &made).unwrap();
        }
        assert!(fs::read(&path).unwrap() == made, "{file} is not what regex-syntax has; UPDATE_GOLDEN=1 makes it anew");
    }
}

#[test]
fn categories_and_scripts_are_those_of_unicode() {
    let (categories, scripts) = (names("categories.bin"), names("scripts.bin"));
    assert_eq!((categories.len(), scripts.len() > 160), (29, true));
    for name in categories.iter().chain(&scripts) {
        assert_eq!(ranges(name).unwrap(), expected(name), "{name}");
    }
    for group in ["L", "M", "N", "P", "S", "Z"] {
        assert_eq!(ranges(group).unwrap(), expected(group), "{group}");
    }
    for name in ["", "l", "Lx", "greek", "LATIN", "Cn", ","] {
        assert_eq!(ranges(name), None, "{name:?}");
    }
    // No script is left out: all that is assigned has one, but for private use.
    let count = |ranges: Vec<(u32, u32)>| ranges.iter().map(|(first, last)| last - first + 1).sum::<u32>();
    let of = |names: &[String]| names.iter().map(|name| count(expected(name))).sum::<u32>();
    assert_eq!(of(&scripts), of(&categories) - count(expected("Co")));
}

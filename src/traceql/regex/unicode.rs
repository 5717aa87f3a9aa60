//! Unicode's general categories and scripts, as RE2 names them (`\pL`, `\p{Greek}`), as ranges of characters.
//!
//! The tables that crates have take 40 KB of a first visit, these 5: names with commas between and a zero behind, then how many ranges there
//! are, of each the characters left out before it, of each its length less one, of each the name's number. Numbers are in groups of seven bits,
//! the lowest first. `tests/it/regex_tables.rs` holds them against regex-syntax's, and makes them.

use std::fmt::Write as _;

const CATEGORIES: &[u8] = include_bytes!("categories.bin");
const SCRIPTS: &[u8] = include_bytes!("scripts.bin");

/// Appends a class of the characters in a category or script, or of all others; in a class it is a class within. `false` if there is no such name.
pub(super) fn write_class(name: &str, is_negated: bool, out: &mut String) -> bool {
    let Some(ranges) = ranges(name) else { return false };
    out.push_str(if is_negated { "[^" } else { "[" });
    if ranges.is_empty() {
        // None of all is none.
        out.push_str(if is_negated { r"[^\x{0}-\x{10FFFF}]" } else { r"^\x{0}-\x{10FFFF}" });
    }
    for (first, last) in ranges {
        // A string takes whatever is written to it.
        _ = write!(out, r"\x{{{first:X}}}-\x{{{last:X}}}");
    }
    out.push(']');
    true
}

/// The characters of a category, of all categories that begin with a letter, or of a script; in order, and apart.
pub fn ranges(name: &str) -> Option<Vec<(u32, u32)>> {
    if name == "Any" {
        return Some(vec![(0, 0x10_FFFF)]);
    }
    let is_group = name.len() == 1;
    let of_category = |own: &str| if is_group { own.starts_with(name) } else { own == name };
    read(CATEGORIES, of_category).or_else(|| read(SCRIPTS, |own| own == name))
}

/// The ranges of what has a wanted name; nothing, if none has.
fn read(table: &[u8], is_wanted: impl Fn(&str) -> bool) -> Option<Vec<(u32, u32)>> {
    let end = table.iter().position(|&byte| byte == 0)?;
    let names = std::str::from_utf8(table.get(..end)?).ok()?;
    let wanted: Vec<bool> = names.split(',').map(is_wanted).collect();
    if !wanted.contains(&true) {
        return None;
    }
    let mut numbers = Numbers(table.get(end + 1..)?);
    let count = numbers.next()? as usize;
    let gaps: Vec<u32> = numbers.by_ref().take(count).collect();
    let lengths: Vec<u32> = numbers.by_ref().take(count).collect();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    let mut at = 0;
    for ((gap, length), &number) in gaps.into_iter().zip(lengths).zip(numbers.0) {
        let (first, last) = (at + gap, at + gap + length);
        at = last + 1;
        if wanted.get(usize::from(number)) != Some(&true) {
            continue;
        }
        match ranges.last_mut() {
            Some(before) if before.1 + 1 == first => before.1 = last,
            _ => ranges.push((first, last)),
        }
    }
    Some(ranges)
}

/// Numbers of seven bits a byte, the lowest first; the last byte of each is below 128.
struct Numbers<'a>(&'a [u8]);

impl Iterator for Numbers<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in (0..32).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 127) << shift;
            if byte < 128 {
                break;
            }
        }
        Some(number)
    }
}

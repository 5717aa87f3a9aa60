//! What is folded, as a short text: `l3.gf.s12-5-1.m7`.
//!
//! `l` the level from which spans are closed; `gf`/`go` groups folded or open; `s` the spans whose state differs, `m` the
//! groups whose state differs, each as its first row and then the steps to the next.

use crate::protocol::{Fold, GroupFold};

/// More rows than this are left out: an address of kilobytes helps nobody.
const ROWS_MAX: usize = 400;

pub(super) fn to_text(fold: &Fold) -> String {
    let Fold { level, flipped, groups, flipped_groups, logs: _ } = fold;
    let mut parts = Vec::new();
    if let Some(level) = level {
        parts.push(format!("l{level}"));
    }
    match groups {
        GroupFold::Auto => {}
        GroupFold::Folded => parts.push("gf".to_owned()),
        GroupFold::Open => parts.push("go".to_owned()),
    }
    push_rows(&mut parts, 's', flipped);
    push_rows(&mut parts, 'm', flipped_groups);
    parts.join(".")
}

fn push_rows(parts: &mut Vec<String>, tag: char, rows: &[u32]) {
    if rows.is_empty() || rows.len() > ROWS_MAX {
        return;
    }
    let mut before = 0;
    let steps: Vec<String> = rows
        .iter()
        .map(|&row| {
            let step = row.saturating_sub(before);
            before = row;
            step.to_string()
        })
        .collect();
    parts.push(format!("{tag}{}", steps.join("-")));
}

pub(super) fn parse(text: &str) -> Fold {
    let mut fold = Fold::default();
    for part in text.split('.') {
        let mut chars = part.chars();
        let tag = chars.next();
        let rest = chars.as_str();
        match (tag, rest) {
            (Some('l'), level) => fold.level = level.parse().ok(),
            (Some('g'), "f") => fold.groups = GroupFold::Folded,
            (Some('g'), "o") => fold.groups = GroupFold::Open,
            (Some('s'), rows) => fold.flipped = rows_from_text(rows),
            (Some('m'), rows) => fold.flipped_groups = rows_from_text(rows),
            _ => {}
        }
    }
    fold
}

/// Ascending and without repeats, whatever the text says.
fn rows_from_text(text: &str) -> Vec<u32> {
    let mut rows: Vec<u32> = Vec::new();
    for step in text.split('-').take(ROWS_MAX).map_while(|step| step.parse::<u32>().ok()) {
        match rows.last() {
            None => rows.push(step),
            Some(&last) if step > 0 => match last.checked_add(step) {
                Some(row) => rows.push(row),
                None => break,
            },
            Some(_) => {}
        }
    }
    rows
}

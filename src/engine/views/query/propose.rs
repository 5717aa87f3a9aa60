//! What may come next in a query: keys, values, operators and functions, ranked by how much they tell.

use std::ops::Range;
use std::rc::Rc;

use super::keys::KeyTable;
use super::values::values;
use crate::base::{FastMap, len_u32, sort_few_by_key};
use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{Proposal, TokenClass};
use crate::traceql::print;
use crate::traceql::tree::{Field, Intrinsic, Literal, Scope};
use crate::traceql::words::{CONSTANTS, INTRINSICS, SCOPED_INTRINSICS};
use crate::traceql::{Wanted, Wants, complete};

/// Proposals in an answer, at most: a list to choose from, not to read.
const MAX_PROPOSALS: usize = 60;

/// Which intrinsics are proposed by their older, shorter names: those that everybody writes so.
const SHORT: [&str; 5] = ["name", "duration", "status", "kind", "statusMessage"];

/// A proposal before it is ranked.
struct Candidate {
    text: String,
    class: TokenClass,
    note: String,
    spans: Option<u64>,
    /// Lower comes first: how the text begins, then what was said of it.
    rank: (u8, u32),
}

/// What may stand at a place of the query; `from` is where the query begins in the box.
pub(super) fn proposals(dataset: &Dataset, caches: &mut Caches, query: &str, from: usize, cursor: usize) -> Vec<Proposal> {
    let Wanted { replace, kind } = complete(query, cursor);
    let mut candidates = Vec::new();
    let typed = query.get(replace.clone()).unwrap_or_default().to_lowercase();
    match kind {
        Wants::Keys { scope, prefix, words } => keys(dataset, caches, scope, &prefix, &words, &mut candidates),
        Wants::Values { field, prefix, words, .. } => field_values(dataset, caches, &field, &prefix, &words, &mut candidates),
        Wants::Operators { words } | Wants::Words { words, .. } => {
            for (rank, word) in (0..).zip(words) {
                let begins_with_letter = word.starts_with(|first: char| first.is_alphabetic());
                let class = if begins_with_letter { TokenClass::Function } else { TokenClass::Operator };
                add(&mut candidates, &typed, word, word.to_owned(), class, meaning(word), None, rank);
            }
        }
        Wants::Number | Wants::Nothing => {}
    }
    sort_few_by_key(&mut candidates, |candidate| candidate.rank);
    candidates.truncate(MAX_PROPOSALS);
    candidates.into_iter().map(|candidate| written(candidate, &replace, from)).collect()
}

/// Adds what holds the prefix; what begins with it comes first.
#[expect(clippy::too_many_arguments, reason = "the parts of a row")]
fn add(
    candidates: &mut Vec<Candidate>,
    prefix: &str,
    name: &str,
    text: String,
    class: TokenClass,
    note: &str,
    spans: Option<u64>,
    rank: u32,
) {
    let name = name.to_lowercase();
    let begins = if name.starts_with(prefix) {
        0
    } else if name.contains(prefix) {
        1
    } else {
        return;
    };
    candidates.push(Candidate { text, class, note: note.to_owned(), spans, rank: (begins, rank) });
}

/// How it is written: a function with its parentheses, and the cursor between them.
fn written(candidate: Candidate, replace: &Range<usize>, from: usize) -> Proposal {
    let Candidate { mut text, class, note, spans, .. } = candidate;
    let mut cursor = len_u32(text.len());
    match text.as_str() {
        "count" | "rate" | "count_over_time" | "coalesce" => {
            text.push_str("()");
            cursor += 2;
        }
        "avg"
        | "min"
        | "max"
        | "sum"
        | "by"
        | "select"
        | "min_over_time"
        | "max_over_time"
        | "avg_over_time"
        | "sum_over_time"
        | "quantile_over_time"
        | "histogram_over_time"
        | "compare"
        | "topk"
        | "bottomk"
        | "with" => {
            text.push_str("()");
            cursor += 1;
        }
        // A sign is followed by something.
        _ if class == TokenClass::Operator => {
            text.push(' ');
            cursor += 1;
        }
        _ => {}
    }
    Proposal { start: len_u32(replace.start + from), end: len_u32(replace.end + from), text, cursor, class, note, spans }
}

fn keys(
    dataset: &Dataset,
    caches: &mut Caches,
    scope: Option<Scope>,
    prefix: &str,
    words: &[&str],
    candidates: &mut Vec<Candidate>,
) {
    let table = Rc::clone(caches.keys.get_or_insert_with(|| Rc::new(KeyTable::of(dataset))));
    let prefix = prefix.to_lowercase();
    for (rank, name) in (0..).zip(words) {
        let is_constant = CONSTANTS.iter().any(|(constant, _)| constant == name);
        // Constants stand on the right, most often; and of two names of an intrinsic one is enough.
        if is_constant && prefix.is_empty() || is_older_name(name) {
            continue;
        }
        let (class, note) = if is_constant { (TokenClass::Word, "") } else { (TokenClass::Intrinsic, owner(name)) };
        let first = if SHORT.contains(name) { 0 } else { 1000 };
        add(candidates, &prefix, name, (*name).to_owned(), class, note, None, first + rank);
    }
    // `.key` is the span's, or else its resource's: both count.
    let mut of_any: FastMap<String, u64> = FastMap::default();
    for (rank, key) in (10..).zip(&table.keys) {
        let name = dataset.str(key.name);
        let is_of_any = scope == Some(Scope::Any) && matches!(key.scope, Scope::Span | Scope::Resource);
        if scope.is_some_and(|scope| scope != key.scope) && !is_of_any {
            continue;
        }
        let field = Field::Attribute(if is_of_any { Scope::Any } else { key.scope }, name.to_owned());
        let text = print::field(&field);
        if is_of_any {
            let known = of_any.entry(text.clone()).or_insert(0);
            *known += key.count;
            if *known > key.count {
                continue;
            }
        }
        // What is typed may name the scope or only the key.
        let shown = if scope.is_none() && !text.to_lowercase().starts_with(&prefix) { name.to_owned() } else { text.clone() };
        let shown = if scope.is_some() { name.to_owned() } else { shown };
        let note = if key.varies { owner(&text) } else { "always the same" };
        add(candidates, &prefix, &shown, text, TokenClass::Attribute, note, Some(key.count), rank);
    }
}

fn field_values(
    dataset: &Dataset,
    caches: &mut Caches,
    field: &Field,
    prefix: &str,
    words: &[&str],
    candidates: &mut Vec<Candidate>,
) {
    let prefix = prefix.to_lowercase();
    for (rank, name) in (50_000..).zip(words) {
        let note = CONSTANTS.iter().find(|(constant, _)| constant == name).map_or("", |(_, literal)| constant_note(literal));
        add(candidates, &prefix, name, (*name).to_owned(), TokenClass::Word, note, None, rank);
    }
    if matches!(field, Field::Intrinsic(Intrinsic::Duration | Intrinsic::TraceDuration | Intrinsic::EventTimeSinceStart)) {
        for (rank, text) in (0..).zip(["1ms", "10ms", "100ms", "1s", "10s"]) {
            add(candidates, &prefix, text, text.to_owned(), TokenClass::Number, "", None, rank);
        }
    }
    for (rank, known) in (0..).zip(values(dataset, caches, field).0.iter()) {
        let bare = known.text.trim_matches('"');
        add(candidates, &prefix, bare, known.text.clone(), known.class, "", Some(known.count), rank);
    }
}

/// Whether there is a name with a scope for the same intrinsic, which says whose it is.
fn is_older_name(name: &str) -> bool {
    let intrinsic = INTRINSICS.iter().find(|(old, _)| *old == name).map(|&(_, intrinsic)| intrinsic);
    let has_scoped = |intrinsic: Intrinsic| SCOPED_INTRINSICS.iter().any(|&(_, same)| same == intrinsic);
    let has_short = |intrinsic: Intrinsic| INTRINSICS.iter().any(|&(old, same)| same == intrinsic && SHORT.contains(&old));
    match intrinsic {
        Some(intrinsic) => !SHORT.contains(&name) && has_scoped(intrinsic),
        None => SCOPED_INTRINSICS.iter().any(|&(scoped, same)| scoped == name && has_short(same)),
    }
}

/// Whose a field is, in words.
fn owner(text: &str) -> &'static str {
    match text.split(['.', ':']).next().unwrap_or_default() {
        "span" => "of the span",
        "resource" => "of the resource",
        "event" => "of an event",
        "link" => "of a link",
        "instrumentation" => "of the instrumentation",
        "trace" => "of the trace",
        _ => "of the span or its resource",
    }
}

const fn constant_note(literal: &Literal) -> &'static str {
    match literal {
        Literal::Status(_) => "status",
        Literal::Kind(_) => "kind",
        Literal::Nil => "is not there",
        Literal::Bool(_) | Literal::String(_) | Literal::Int(_) | Literal::Float(_) | Literal::Duration(_) => "",
    }
}

/// What a word or a sign does.
fn meaning(word: &str) -> &'static str {
    match word {
        "=" => "equal",
        "!=" => "not equal",
        "=~" => "matches a pattern, as a whole",
        "!~" => "matches no pattern; between { }: not siblings",
        ">" => "greater; between { }: child",
        "<" => "less; between { }: parent",
        ">>" => "descendant",
        "<<" => "ancestor",
        "~" => "sibling",
        "&&" => "both",
        "||" => "either",
        "|" => "a stage on what was found",
        "count" => "spans of a trace",
        "avg" | "min" | "max" | "sum" => "over the spans of a trace",
        "by" => "groups",
        "coalesce" => "undoes by",
        "select" => "columns to show",
        "rate" => "spans a second, over time",
        "count_over_time" => "spans, over time",
        "quantile_over_time" => "percentiles, over time",
        "histogram_over_time" => "a heatmap",
        "compare" => "how a part differs from the rest",
        "topk" | "bottomk" => "the most, the least of the series",
        _ => "",
    }
}

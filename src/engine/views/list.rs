//! The trace list: filtered and sorted once, then a window of it at a time.

use std::cmp::Ordering;
use std::rc::Rc;

use super::both::Listed;
use super::find::Needle;
use super::select::{fits, normal, select};
use super::usize_of;
use crate::base::len_u32;
use crate::engine::Both;
use crate::engine::caches::Caches;
use crate::protocol::{Brush, Group, Population, Selection, SortColumn, StatusCode, TracesRequest, TracesView};

/// Rows in a window, at most: far more than a screen shows.
const MAX_ROWS: u32 = 4096;

/// Traces that match a filter, in an order.
#[derive(Debug)]
pub(in crate::engine) struct TraceList {
    /// The traces.
    pub(in crate::engine) order: Vec<Listed>,
    /// The longest of them, nanoseconds.
    pub(in crate::engine) longest: u64,
    /// How many of them a server tells of.
    found: u32,
    /// How many it tells of that cannot be judged.
    unjudged: u32,
}

/// A window of the trace list.
pub(in crate::engine) fn traces(both: Both<'_>, caches: &mut Caches, request: &TracesRequest) -> TracesView {
    let list = list(both, caches, &request.selection, request.sort, request.descending);
    let offset = request.offset.min(len_u32(list.order.len()));
    let window = list.order.iter().skip(usize_of(offset)).take(usize_of(request.limit.min(MAX_ROWS)));
    TracesView {
        matched: len_u32(list.order.len()),
        found: list.found,
        unjudged: list.unjudged,
        offset,
        rows: window.map(|&trace| both.row(trace)).collect(),
        longest: list.longest,
    }
}

/// The traces that match, in the order of the data set: by start.
pub(super) fn matching(both: Both<'_>, caches: &mut Caches, selection: &Selection) -> Rc<TraceList> {
    list(both, caches, selection, SortColumn::Start, false)
}

fn list(both: Both<'_>, caches: &mut Caches, selection: &Selection, sort: SortColumn, descending: bool) -> Rc<TraceList> {
    let key = (normal(selection), sort, descending);
    if let Some(list) = caches.lists.get(&key) {
        return list;
    }
    if sort == SortColumn::Start && !descending {
        let list = by_start(both, caches, &key.0);
        return caches.lists.put(key, list);
    }
    let by_start = matching(both, caches, selection);
    let mut order = by_start.order.clone();
    // The sort is stable, so of equal traces the earlier comes first, in either direction.
    order.sort_by(|&a, &b| {
        let ordering = compare(both, sort, a, b);
        if descending { ordering.reverse() } else { ordering }
    });
    caches.lists.put(key, TraceList { order, ..*by_start })
}

fn by_start(both: Both<'_>, caches: &mut Caches, selection: &Selection) -> TraceList {
    let loaded = select(both.dataset, caches, selection);
    let mut order = Vec::with_capacity(loaded.traces.len());
    let (mut found, mut unjudged) = (0, 0);
    let judge = Judge::new(selection);
    let mut told = both.told.listed.iter().filter_map(|&at| match judge.judge(both, at) {
        Some(true) => {
            found += 1;
            Some(Listed::Told(at))
        }
        Some(false) => None,
        None => {
            unjudged += 1;
            None
        }
    });
    let mut next = told.next();
    for &trace in &loaded.traces {
        let trace = Listed::Loaded(trace);
        while let Some(first) = next.filter(|&told| both.place(told) < both.place(trace)) {
            order.push(first);
            next = told.next();
        }
        order.push(trace);
    }
    order.extend(next);
    order.extend(told);
    let longest = order.iter().map(|&trace| both.duration(trace)).max().unwrap_or(0);
    TraceList { order, longest, found, unjudged }
}

fn compare(both: Both<'_>, sort: SortColumn, a: Listed, b: Listed) -> Ordering {
    match sort {
        SortColumn::Name => both.names(a).cmp(&both.names(b)),
        SortColumn::Duration => both.duration(a).cmp(&both.duration(b)),
        SortColumn::Spans => both.spans(a).cmp(&both.spans(b)),
        SortColumn::Services => both.services(a).cmp(&both.services(b)),
        SortColumn::Errors => both.errors(a).cmp(&both.errors(b)),
        SortColumn::Start => both.start(a).cmp(&both.start(b)),
    }
}

/// What a selection says of traces whose spans are elsewhere.
struct Judge<'a> {
    words: Vec<(&'a str, Needle)>,
    brushes: &'a [Brush],
}

impl<'a> Judge<'a> {
    /// Of a selection in its normal form.
    fn new(selection: &'a Selection) -> Self {
        let words = selection.filter.split_whitespace().map(|word| (word, Needle::new(word))).collect();
        Self { words, brushes: &selection.brushes }
    }

    /// Whether the trace is of the selection; `None` where only its spans could say so.
    fn judge(&self, both: Both<'_>, at: u32) -> Option<bool> {
        let trace = Listed::Told(at);
        let Some(told) = both.told.get(at) else { return Some(false) };
        let applied = both.told.applied(told);
        let has_word = |(word, needle): &(&str, Needle)| {
            let of_server = || applied.is_some_and(|applied| applied.filter.split_whitespace().any(|applied| applied == *word));
            told.services.iter().chain([&told.service, &told.name]).any(|&name| needle.is_in(both.told.name(name)))
                || of_server()
                || needle.is_hex() && needle.is_in(&both.id(trace))
        };
        if !self.words.iter().all(has_word) {
            return Some(false);
        }
        let mut verdict = Some(true);
        for brush in self.brushes.iter().filter(|brush| applied.is_none_or(|applied| !applied.brushes.contains(brush))) {
            if brush.of == Population::Spans {
                verdict = None;
                continue;
            }
            let (service, name) = both.names(trace);
            let is_member = match &brush.group {
                None | Some(Group::All) => Some(true),
                Some(Group::Service(wanted)) => Some(wanted == service),
                Some(Group::Operation { service: wanted, name: wanted_name }) => Some(wanted == service && wanted_name == name),
                Some(Group::Status(StatusCode::Error)) => Some(told.errors != 0),
                Some(_) => None,
            };
            if is_member == Some(false) || !fits(brush, told.start, told.duration, told.errors != 0) {
                return Some(false);
            }
            verdict = verdict.and(is_member);
        }
        verdict
    }
}

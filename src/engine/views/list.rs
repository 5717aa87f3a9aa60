//! The trace list: filtered and sorted once, then a window of it at a time.

use std::rc::Rc;

use super::both::Listed;
use super::find::Needle;
use super::select::{fits, normal, select};
use super::usize_of;
use crate::base::{FastMap, len_u32, sort_by_value, sort_few};
use crate::engine::Both;
use crate::engine::caches::Caches;
use crate::protocol::{Brush, Group, Population, Selection, SortColumn, StatusCode, TracesRequest, TracesView};
use crate::traceql::split;

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
    let mut keys = keys(both, sort, &by_start.order);
    if descending {
        for (key, _) in &mut keys {
            *key = !*key;
        }
    }
    // Of equal traces the earlier comes first, in either direction.
    sort_by_value(&mut keys);
    let order = keys.iter().filter_map(|&(_, at)| by_start.order.get(usize_of(at)).copied()).collect();
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

/// What traces are sorted by, as numbers, each with its place.
fn keys(both: Both<'_>, sort: SortColumn, order: &[Listed]) -> Vec<(u64, u32)> {
    let key: &dyn Fn(Listed) -> u64 = match sort {
        SortColumn::Name => return name_ranks(both, order),
        SortColumn::Duration => &|trace| both.duration(trace),
        SortColumn::Spans => &|trace| both.spans(trace).into(),
        SortColumn::Services => &|trace| both.services(trace).into(),
        SortColumn::Errors => &|trace| both.errors(trace).into(),
        SortColumn::Start | SortColumn::Field(_) => &|trace| both.start(trace),
    };
    order.iter().zip(0..).map(|(&trace, at)| (key(trace), at)).collect()
}

/// The rank of each trace's root among all that there are, by service and name. There are few of these, however many traces.
fn name_ranks(both: Both<'_>, order: &[Listed]) -> Vec<(u64, u32)> {
    let mut known: FastMap<(bool, u32, u32), u32> = FastMap::default();
    let mut distinct = Vec::new();
    let mut keys: Vec<(u64, u32)> = Vec::with_capacity(order.len());
    for (&trace, at) in order.iter().zip(0..) {
        let rank = *known.entry(both.root(trace)).or_insert_with(|| {
            distinct.push((both.names(trace), len_u32(distinct.len())));
            len_u32(distinct.len() - 1)
        });
        keys.push((rank.into(), at));
    }
    sort_few(&mut distinct, |a, b| a.0.cmp(&b.0));
    let mut ranks = vec![0; distinct.len()];
    let (mut rank, mut before) = (0, None);
    for &(names, met) in &distinct {
        // A server's names and those of the data set are known by numbers of their own, and may be the same.
        rank += u64::from(before.is_some_and(|before| before != names));
        before = Some(names);
        if let Some(place) = ranks.get_mut(usize_of(met)) {
            *place = rank;
        }
    }
    for (key, _) in &mut keys {
        *key = usize::try_from(*key).ok().and_then(|met| ranks.get(met).copied()).unwrap_or_default();
    }
    keys
}

/// What a selection says of traces whose spans are elsewhere.
struct Judge<'a> {
    /// The query; only spans could say whether it matches.
    query: &'a str,
    words: Vec<(&'a str, Needle)>,
    brushes: &'a [Brush],
}

impl<'a> Judge<'a> {
    /// Of a selection in its normal form.
    fn new(selection: &'a Selection) -> Self {
        let (words, query) = split(&selection.filter);
        let words = words.split_whitespace().map(|word| (word, Needle::new(word))).collect();
        Self { query, words, brushes: &selection.brushes }
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
        let mut verdict = self.query.is_empty().then_some(true);
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

//! One trace under two ids: some senders cut a trace id of 128 bits to its lower 64, as Zipkin's and Jaeger's first versions knew no others
//! (openzipkin/b3-propagation, "`TraceId`"; Zipkin's `STRICT_TRACE_ID=false` compares as is done here).
//!
//! Only spans of formats in which such ids are legal are looked at: in OTLP an id of 16 digits is irregular, and stands for itself.
//! Spans under the short id join those under the long one, if exactly one long id ends with it. A short one is 16 hex digits, or 32 of which the first 16 are zeros.

use crate::base::text::u64_from_hex;
use crate::base::{Column, FastMap};
use crate::model::batch::Batch;
use crate::model::ids::{TraceIdx, TraceKey};
use crate::model::report::{Example, FindingKind, ImportReport, SourceIdx};

/// How long an id is, for one that may be short.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Long {
    None,
    One(TraceIdx),
    Several,
}

/// Joins them.
pub(super) fn join(batch: &mut Batch, report: &mut ImportReport) {
    if !report.sources.iter().any(|(_, source)| source.has_short_ids) {
        return;
    }
    let strings = &batch.strings;
    let short = |key: TraceKey| match key {
        TraceKey::Text(text) => {
            let text = strings.get(text).as_bytes();
            (text.len() == 16).then(|| u64_from_hex(text)).flatten()
        }
        TraceKey::Regular(number) => u64::try_from(number).ok(),
        TraceKey::Missing => None,
    };
    // By the short id: the long one, and the one of 32 digits that is short all the same.
    let mut longs = FastMap::<u64, (Long, Option<TraceIdx>)>::default();
    for (trace, &key) in batch.traces.iter() {
        if let Some(short) = short(key) {
            let entry = longs.entry(short).or_insert((Long::None, None));
            if matches!(key, TraceKey::Regular(_)) {
                entry.1 = Some(trace);
            }
        }
    }
    if longs.is_empty() {
        return;
    }
    for (trace, &key) in batch.traces.iter() {
        let TraceKey::Regular(number) = key else { continue };
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is meant")]
        if u64::try_from(number).is_err()
            && let Some((long, _)) = longs.get_mut(&(number as u64))
        {
            *long = if *long == Long::None { Long::One(trace) } else { Long::Several };
        }
    }
    let is_legal = |source: SourceIdx| report.sources.row(source).is_some_and(|source| source.has_short_ids);
    let mut legal: Column<TraceIdx, bool> = Column::from_vec(vec![false; batch.traces.len()]);
    for (span, &trace) in batch.spans.trace.iter() {
        legal[trace] |= is_legal(batch.spans.source[span]);
    }
    let mut to: Column<TraceIdx, TraceIdx> = Column::default();
    let mut any = false;
    for (trace, &key) in batch.traces.iter() {
        let target =
            short(key).filter(|_| legal[trace]).and_then(|short| longs.get(&short)).and_then(|&(long, padded)| match long {
                Long::One(long) => Some(long),
                Long::None => padded,
                Long::Several => None,
            });
        any |= target.is_some_and(|target| target != trace);
        to.push(target.unwrap_or(trace));
    }
    if !any {
        return;
    }
    let mut example = None;
    let mut count = 0;
    for (row, trace) in batch.spans.trace.as_mut_slice().iter_mut().enumerate() {
        let target = to[*trace];
        if target != *trace {
            example.get_or_insert((row, *trace, target));
            count += 1;
            *trace = target;
        }
    }
    let batch = &*batch;
    report.add_many(FindingKind::JoinedTrace, count, || {
        let Some((row, from, to)) = example else { return Example::default() };
        let display = |trace: TraceIdx| batch.traces[trace].display(&batch.strings).to_string();
        Example {
            source: batch.spans.source.as_slice().get(row).copied().unwrap_or_default(),
            note: format!("{} is the end of {}", display(from), display(to)),
            ..Example::default()
        }
    });
}

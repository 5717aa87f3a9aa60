//! What tells selected spans from the rest: how often each value of each attribute is met among either.

use super::super::super::Trouble;
use super::super::super::tree::{Expr, Field, Intrinsic, Pipeline, Scope};
use super::super::field::of_intrinsic;
use super::super::filter::Run;
use super::super::value::{EvalValue, Likeness};
use super::{Answer, Compared, ComparedValue, Notes, Window};
use crate::base::{FastMap, Idx as _, StrId};
use crate::model::{AttributeIdx, Dataset};

/// Values that are told apart, of all attributes together.
const MAX_VALUES: usize = 1 << 18;

/// What spans have beside attributes, as in Tempo.
const INTRINSICS: [Intrinsic; 6] =
    [Intrinsic::Name, Intrinsic::Kind, Intrinsic::Status, Intrinsic::StatusMessage, Intrinsic::RootName, Intrinsic::RootService];

/// Selected spans, and others.
type Pair = [u64; 2];

/// The values of an attribute.
#[derive(Default)]
struct Counts {
    spans: Pair,
    values: FastMap<Likeness, (EvalValue, Pair)>,
    /// Spans whose value came when there were too many.
    others: u64,
}

/// All counts.
#[derive(Default)]
struct Table {
    place: FastMap<(Option<Scope>, u32), usize>,
    counts: Vec<(Field, Counts)>,
    values: usize,
}

impl Table {
    fn add(
        &mut self,
        dataset: &Dataset,
        key: (Option<Scope>, u32),
        field: impl FnOnce() -> Field,
        value: EvalValue,
        spans: Pair,
    ) {
        if value.is_nil() || spans == [0, 0] {
            return;
        }
        let place = *self.place.entry(key).or_insert_with(|| {
            self.counts.push((field(), Counts::default()));
            self.counts.len() - 1
        });
        let Some((_, counts)) = self.counts.get_mut(place) else { return };
        sum(&mut counts.spans, spans);
        let is_full = MAX_VALUES <= self.values;
        let likeness = value.likeness(dataset);
        match counts.values.get_mut(&likeness) {
            Some((_, pair)) => sum(pair, spans),
            None if is_full => counts.others += spans.iter().sum::<u64>(),
            None => {
                counts.values.insert(likeness, (value, spans));
                self.values += 1;
            }
        }
    }

    fn attribute(&mut self, dataset: &Dataset, scope: Scope, at: AttributeIdx, spans: Pair) {
        let key: StrId = dataset.attributes.key(at);
        let field = || Field::Attribute(scope, dataset.str(key).to_owned());
        self.add(dataset, (Some(scope), key.0), field, EvalValue::of_attribute(dataset, at), spans);
    }
}

const fn sum(pair: &mut Pair, other: Pair) {
    let ([a, b], [c, d]) = (*pair, other);
    *pair = [a + c, b + d];
}

pub(super) fn compared(
    run: &mut Run<'_>,
    pipeline: &Pipeline,
    selection: &Expr,
    top: u32,
    range: Option<(i64, i64)>,
    window: Window,
) -> Result<Answer, Trouble> {
    let dataset = run.dataset;
    let rows = run.measured_spans(pipeline)?;
    let selected = run.truth(selection, &rows.rows)?;
    let mut notes = Notes::default();
    let mut table = Table::default();
    let mut of_resource: Vec<Pair> = vec![[0, 0]; dataset.resources.attributes.len()];
    let mut totals = [0, 0];
    for span in rows.spans() {
        let start = dataset.spans.start[span];
        if start == 0 || window.step_of(start).is_none() {
            notes.outside += 1;
            continue;
        }
        let is_in_range = range.is_none_or(|(from, to)| i64::try_from(start).is_ok_and(|start| from <= start && start < to));
        let one = if is_in_range && selected.has(span.usize()) { [1, 0] } else { [0, 1] };
        notes.spans += 1;
        sum(&mut totals, one);
        if let Some(pair) = of_resource.get_mut(dataset.spans.resource[span].usize()) {
            sum(pair, one);
        }
        for at in dataset.spans.attributes[span].iter() {
            table.attribute(dataset, Scope::Span, at, one);
        }
        for intrinsic in INTRINSICS {
            let value = of_intrinsic(dataset, intrinsic, span);
            if value != EvalValue::String(StrId::EMPTY) {
                table.add(dataset, (None, intrinsic as u32), || Field::Intrinsic(intrinsic), value, one);
            }
        }
    }
    for ((_, &attributes), pair) in dataset.resources.attributes.iter().zip(of_resource) {
        for at in attributes.iter() {
            table.attribute(dataset, Scope::Resource, at, pair);
        }
    }
    notes.spans_left_out = table.counts.iter().map(|(_, counts)| counts.others).sum();
    let [selected, rest] = totals;
    let mut rows: Vec<(f64, Compared)> =
        table.counts.into_iter().map(|(field, counts)| row(dataset, field, counts, top as usize, totals)).collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| name(&a.1.field).cmp(&name(&b.1.field))));
    Ok(Answer::Compare { selected, rest, rows: rows.into_iter().map(|row| row.1).collect(), notes })
}

fn name(field: &Field) -> String {
    super::super::super::print::field(field)
}

/// How far apart the shares of an attribute's values are, and the attribute with its most frequent values among either.
fn row(dataset: &Dataset, field: Field, counts: Counts, top: usize, totals: Pair) -> (f64, Compared) {
    let share = |spans: u64, of: u64| if of == 0 { 0.0 } else { spans as f64 / of as f64 };
    let shown = |(value, [selected, rest]): (EvalValue, Pair)| ComparedValue { value, selected, rest };
    let mut values: Vec<ComparedValue> = counts.values.into_values().map(shown).collect();
    let by_rest = |a: &ComparedValue, b: &ComparedValue| {
        b.rest.cmp(&a.rest).then(b.selected.cmp(&a.selected)).then_with(|| a.value.order(b.value, dataset))
    };
    let by_selected = |a: &ComparedValue, b: &ComparedValue| {
        b.selected.cmp(&a.selected).then(b.rest.cmp(&a.rest)).then_with(|| a.value.order(b.value, dataset))
    };
    let [all_selected, all_rest] = totals;
    let apart = |value: &ComparedValue| (share(value.selected, all_selected) - share(value.rest, all_rest)).abs();
    let most = values.iter().map(apart).fold(0.0, f64::max);
    let n_values = values.len();
    values.sort_by(by_rest);
    let mut frequent: Vec<ComparedValue> = values.iter().take(top).filter(|value| value.rest != 0).copied().collect();
    values.sort_by(by_selected);
    for value in values.iter().take(top).filter(|value| value.selected != 0) {
        if !frequent.iter().any(|known| by_selected(known, value).is_eq()) {
            frequent.push(*value);
        }
    }
    frequent.sort_by(by_selected);
    let [selected, rest] = counts.spans;
    let values_left_out = (n_values - frequent.len()) as u64;
    (most, Compared { field, selected, rest, values: frequent, values_left_out })
}

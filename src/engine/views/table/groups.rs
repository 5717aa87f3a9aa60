//! The spans of a trace in groups, with what they come to.

use super::columns::{Columns, status_name};
use crate::analysis::nearest_rank;
use crate::base::{FastMap, Idx as _, len_u32, sort_few_by_key, sort_numbers};
use crate::engine::views::field::text_cell as text;
use crate::engine::views::find::Found;
use crate::engine::views::group::group_rows;
use crate::engine::views::sortable::sorted_by_value;
use crate::engine::views::{owned, usize_of};
use crate::model::{SpanIdx, StatusCode};
use crate::protocol::{GroupBy, TableCell, TableColumn};

/// The groups that hold a span which matches, by their first members.
#[derive(Debug, Default)]
pub(in crate::engine) struct GroupTable {
    /// What they are grouped by.
    pub(super) keys: Vec<GroupBy>,
    /// The groups.
    pub(super) rows: Vec<GroupFacts>,
    /// How many there would be without a filter.
    pub(super) unfiltered: u32,
}

/// A group.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupFacts {
    /// Its first member.
    pub(super) first: SpanIdx,
    /// Its longest member, the first of equal ones.
    pub(super) longest: SpanIdx,
    count: u32,
    pub(super) errors: u32,
    total: u64,
    self_time: u64,
    critical: u64,
    p50: u64,
    p95: u64,
    max: u64,
}

impl GroupTable {
    pub(super) fn new(columns: Columns<'_>, found: Option<&Found>, keys: &[GroupBy]) -> Self {
        let Columns { dataset, tables } = columns;
        let groupings: Vec<_> = keys.iter().map(|by| group_rows(dataset, tables.rows, by)).collect();
        // Groups by two keys are pairs of groups.
        let mut number_of: FastMap<(u32, u32), u32> = FastMap::default();
        let mut of_member: Vec<(u32, SpanIdx)> = Vec::new();
        let mut unfiltered = 0;
        for (at, span) in tables.rows.iter().enumerate() {
            let mut of_keys = groupings.iter().map(|grouping| grouping.of(span).to_u32());
            let group = match (of_keys.next(), of_keys.next()) {
                (outer, None) => outer.unwrap_or(0),
                (outer, Some(inner)) => *number_of.entry((outer.unwrap_or(0), inner)).or_insert(unfiltered),
            };
            // Numbers are given in order of first coming.
            unfiltered = unfiltered.max(group + 1);
            if found.is_none_or(|found| found.spans.has(at)) {
                of_member.push((group, span));
            }
        }
        // Members of a group side by side, in order of their rows.
        let mut starts = vec![0_usize; usize_of(unfiltered) + 2];
        for &(group, _) in &of_member {
            if let Some(count) = starts.get_mut(usize_of(group) + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut members = vec![SpanIdx::default(); of_member.len()];
        for &(group, span) in &of_member {
            if let Some(next) = starts.get_mut(usize_of(group) + 1) {
                if let Some(slot) = members.get_mut(*next) {
                    *slot = span;
                }
                *next += 1;
            }
        }
        let mut durations = Vec::new();
        let slices = starts.windows(2).filter_map(|pair| members.get(*pair.first()?..*pair.last()?));
        let mut rows: Vec<GroupFacts> = slices.filter_map(|members| facts(columns, members, &mut durations)).collect();
        sort_few_by_key(&mut rows, |facts| facts.first);
        Self { keys: keys.to_vec(), rows, unfiltered }
    }

    /// What a cell shows. Columns of single spans have nothing to show.
    pub(super) fn cell(&self, columns: Columns<'_>, column: &TableColumn, facts: &GroupFacts) -> TableCell {
        match column {
            TableColumn::Group(at) => {
                self.keys.get(usize::from(*at)).map_or(TableCell::Empty, |by| group_cell(columns, by, facts))
            }
            TableColumn::Count => TableCell::Count(facts.count.into()),
            TableColumn::Errors => TableCell::Count(facts.errors.into()),
            _ => time(column, facts).map_or(TableCell::Empty, TableCell::Duration),
        }
    }

    /// The groups in order of a column.
    pub(super) fn order(&self, columns: Columns<'_>, sort: &TableColumn, descending: bool) -> Vec<u32> {
        let numbers =
            |number: &dyn Fn(&GroupFacts) -> Option<u64>| sorted_by_value(self.rows.iter().map(number).zip(0..), descending);
        match sort {
            TableColumn::Group(at) => {
                let firsts: Vec<(SpanIdx, u32)> = self.rows.iter().map(|facts| facts.first).zip(0..).collect();
                let Some(by) = self.keys.get(usize::from(*at)) else { return (0..len_u32(self.rows.len())).collect() };
                match by {
                    GroupBy::Operation => columns.order_by_operation(&firsts, descending),
                    GroupBy::Status => {
                        let status = |&(span, row): &(SpanIdx, u32)| (status_name(columns.dataset.spans.status[span]), row);
                        sorted_by_value(firsts.iter().map(status), descending)
                    }
                    GroupBy::Nothing => firsts.iter().map(|&(_, row)| row).collect(),
                    GroupBy::Service => columns.order(&TableColumn::Service, &firsts, descending),
                    GroupBy::Kind => columns.order(&TableColumn::Kind, &firsts, descending),
                    GroupBy::Attribute(key) => columns.order(&TableColumn::Attribute(key.clone()), &firsts, descending),
                }
            }
            TableColumn::Count => numbers(&|facts| Some(facts.count.into())),
            TableColumn::Errors => numbers(&|facts| Some(facts.errors.into())),
            _ => numbers(&|facts| time(sort, facts)),
        }
    }
}

fn time(column: &TableColumn, facts: &GroupFacts) -> Option<u64> {
    match column {
        TableColumn::Total => Some(facts.total),
        TableColumn::SelfTime => Some(facts.self_time),
        TableColumn::Critical => Some(facts.critical),
        TableColumn::P50 => Some(facts.p50),
        TableColumn::P95 => Some(facts.p95),
        TableColumn::Max => Some(facts.max),
        TableColumn::Service
        | TableColumn::Name
        | TableColumn::Kind
        | TableColumn::Status
        | TableColumn::Start
        | TableColumn::Duration
        | TableColumn::Depth
        | TableColumn::Children
        | TableColumn::Events
        | TableColumn::SpanId
        | TableColumn::Attribute(_)
        | TableColumn::Field(_)
        | TableColumn::Group(_)
        | TableColumn::Count
        | TableColumn::Errors => None,
    }
}

fn group_cell(columns: Columns<'_>, by: &GroupBy, facts: &GroupFacts) -> TableCell {
    let dataset = columns.dataset;
    match by {
        GroupBy::Nothing => TableCell::Empty,
        GroupBy::Service => columns.cell(&TableColumn::Service, facts.first),
        GroupBy::Operation => {
            let name = owned(dataset, dataset.spans.name[facts.first]);
            text(&format!("{} {name}", dataset.service_name(dataset.service(facts.first))))
        }
        GroupBy::Kind => columns.cell(&TableColumn::Kind, facts.first),
        GroupBy::Status => status_name(dataset.spans.status[facts.first]).map_or(TableCell::Empty, text),
        GroupBy::Attribute(key) => columns.cell(&TableColumn::Attribute(key.clone()), facts.first),
    }
}

/// What the members of a group come to; nothing where there is none.
fn facts(columns: Columns<'_>, members: &[SpanIdx], durations: &mut Vec<u64>) -> Option<GroupFacts> {
    let spans = &columns.dataset.spans;
    let &first = members.first()?;
    let mut facts = GroupFacts {
        first,
        longest: first,
        count: len_u32(members.len()),
        errors: 0,
        total: 0,
        self_time: 0,
        critical: 0,
        p50: 0,
        p95: 0,
        max: 0,
    };
    durations.clear();
    for &span in members {
        let duration = spans.duration(span);
        durations.push(duration);
        if facts.max < duration {
            (facts.max, facts.longest) = (duration, span);
        }
        facts.errors += u32::from(spans.status[span] == StatusCode::Error);
        facts.total = facts.total.saturating_add(duration);
        facts.self_time = facts.self_time.saturating_add(columns.self_time(span));
        facts.critical += columns.tables.critical.time_of(span);
    }
    sort_numbers(durations);
    facts.p50 = nearest_rank(durations, 50);
    facts.p95 = nearest_rank(durations, 95);
    Some(facts)
}

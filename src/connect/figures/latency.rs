//! The latency charts: bounds and groups first, then bins and what needs them.

use std::collections::BTreeMap;

use super::basis::Basis;
use super::read::{percentiles, place, stats, text, whole};
use super::source::{Source, duration_bin, percentile_columns, slot, source, stats_columns, time_bin};
use super::{Context, Step};
use crate::analysis::{MAX_TOP, TimeBins, duration_edges};
use crate::base::len_u32;
use crate::connect::condition::KINDS;
use crate::connect::rows::{Row, SqlAnswer};
use crate::protocol::{
    Exactness, Group, GroupBy, HeatCell, LatencyGroup, LatencyRequest, LatencyView, Reply, StatusCode, TimeBin,
};
use crate::scene::palette::{self, FreeSlots};

/// Bins of time, at most.
const MAX_TIME_BINS: u32 = 500;
/// Groups that are told apart at first, of which the largest are shown.
const GROUPS_MAX: usize = 5000;
/// Cells of group × time × duration up to which they are one question.
const CELLS_MAX: usize = 100_000;
/// Rows more than there are bins: of what came in between two questions.
const SPARE_ROWS: usize = 1000;

/// The charts under way.
#[derive(Debug)]
pub(super) struct LatencyCharts {
    request: LatencyRequest,
    source: Source,
    round: Round,
    view: LatencyView,
    /// The groups that are shown.
    groups: Vec<Group>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Begin,
    Bounds,
    /// Whether the bins of groups come with those of durations, in one answer.
    Bins {
        together: bool,
    },
}

impl LatencyCharts {
    pub(super) fn new(request: LatencyRequest) -> Self {
        let request = LatencyRequest {
            top: request.top.clamp(1, len_u32(MAX_TOP)),
            time_bins: request.time_bins.min(MAX_TIME_BINS),
            ..request
        };
        let view = LatencyView { exactness: Exactness::Estimated, ..LatencyView::default() };
        Self { request, source: Source::default(), round: Round::Begin, view, groups: Vec::new() }
    }

    pub(super) fn next(&mut self, context: Context<'_>, basis: &mut Basis, answers: &[SqlAnswer]) -> Step {
        match self.round {
            Round::Begin => {
                let sought = context.sought(&self.request.selection, None);
                self.source = source(sought, self.request.of, &self.request.by);
                basis.remarks(std::mem::take(&mut self.source.remarks));
                self.round = Round::Bounds;
                Step::Ask(self.ask_bounds())
            }
            Round::Bounds => {
                if !self.read_bounds(basis, answers) {
                    return self.done(basis);
                }
                let (together, questions) = self.ask_bins();
                self.round = Round::Bins { together };
                Step::Ask(questions)
            }
            Round::Bins { together } => {
                self.read_bins(basis, answers, together);
                self.done(basis)
            }
        }
    }

    fn done(&mut self, basis: &mut Basis) -> Step {
        basis.remark("Self times cannot be had from the server".to_owned());
        Step::Done(Reply::Latency(Box::new(std::mem::take(&mut self.view))))
    }

    fn is_grouped(&self) -> bool {
        !self.source.keys.is_empty()
    }

    fn ask_bounds(&self) -> Vec<(String, usize)> {
        let (from, stats) = (&self.source.from, stats_columns("sw_d"));
        let mut questions = vec![(
            format!(
                "SELECT {stats}, MIN(sw_t) AS sw_from, MAX(sw_t) AS sw_to, MIN(CASE WHEN sw_d > 0 THEN sw_d END) AS sw_least, \
                 SUM(CASE WHEN sw_u = 1 AND sw_d = 0 THEN 1 ELSE 0 END) AS sw_un FROM {from}"
            ),
            1,
        )];
        if self.is_grouped() {
            let keys = self.source.keys.join(", ");
            questions.push((
                format!(
                    "SELECT {keys}, {stats}, MIN(sw_t) AS sw_from FROM {from} GROUP BY {keys} ORDER BY sw_n DESC, sw_from, {keys}"
                ),
                GROUPS_MAX,
            ));
        }
        questions
    }

    /// Whether there is anything.
    fn read_bounds(&mut self, basis: &mut Basis, answers: &[SqlAnswer]) -> bool {
        let Some(row) = answers.first().and_then(|answer| answer.rows.first()) else { return false };
        let bounds = stats(row).zip(whole(row, "sw_from").zip(whole(row, "sw_to")));
        let Some((all, window)) = bounds.filter(|(all, window)| all.calls != 0 && window.0 <= window.1) else {
            if whole(row, "sw_n") != Some(0) {
                basis.note_odd();
            }
            return false;
        };
        let time = TimeBins::covering(window.0, window.1, self.request.time_bins);
        let least = whole(row, "sw_least").unwrap_or(all.max);
        let view = &mut self.view;
        view.window = window;
        (view.start, view.step, view.n_bins) = (time.start, time.step, time.n);
        view.edges = duration_edges(least, all.max, all.min == 0);
        view.without_end = whole(row, "sw_un").unwrap_or(0).min(all.calls);
        view.all = LatencyGroup { group: Group::All, color: palette::NONE, stats: all, ..LatencyGroup::default() };
        if self.is_grouped()
            && let Some(answer) = answers.get(1)
        {
            self.read_groups(basis, &answer.rows);
        }
        for group in std::iter::once(&mut self.view.all).chain(&mut self.view.groups) {
            let n_durations = self.view.edges.len().saturating_sub(1);
            group.counts = vec![0; n_durations];
            group.errors = vec![0; n_durations];
            group.over_time = vec![TimeBin::default(); usize::try_from(time.n).unwrap_or(0)];
        }
        true
    }

    fn read_groups(&mut self, basis: &mut Basis, rows: &[Row]) {
        basis.note_cut(1, rows.len(), "groups");
        let top = usize::try_from(self.request.top).unwrap_or(MAX_TOP);
        let mut free = FreeSlots::default();
        let mut count = 0_u32;
        for row in rows {
            let group = group_of(&self.request.by, row);
            let Some((group, stats)) = group.zip(stats(row)).filter(|(group, _)| !self.groups.contains(group)) else {
                basis.note_odd();
                continue;
            };
            count += 1;
            if let Group::Service(service) | Group::Operation { service, .. } = &group {
                let service = basis.service(service);
                basis.add_spans(service, stats.calls);
            }
            if self.groups.len() < top {
                let home = palette::slot_of_group(&group);
                let color = if self.request.by == GroupBy::Service { home } else { free.take(home) };
                self.groups.push(group.clone());
                self.view.groups.push(LatencyGroup { group, color, stats, ..LatencyGroup::default() });
            }
        }
        self.view.group_count = count;
        if self.groups.len() < usize::try_from(count).unwrap_or(usize::MAX) {
            let other = LatencyGroup { group: Group::Other, color: palette::NONE, ..LatencyGroup::default() };
            self.view.groups.push(other);
        }
    }

    fn has_other(&self) -> bool {
        self.groups.len() < self.view.groups.len()
    }

    /// Questions, and whether the first is about groups too.
    fn ask_bins(&self) -> (bool, Vec<(String, usize)>) {
        let view = &self.view;
        let from = &self.source.from;
        let n_times = usize::try_from(view.n_bins).unwrap_or(0);
        let n_cells = n_times * view.edges.len();
        let n_slots = view.groups.len();
        let time = time_bin(view.start, view.step);
        let duration = duration_bin("sw_d", &view.edges);
        let counts = "COUNT(*) AS sw_n, SUM(sw_f) AS sw_e";
        let extremes = format!("MIN(sw_d) AS sw_lo, MAX(sw_d) AS sw_hi{}", percentile_columns("sw_d"));
        let over_time = (
            format!("SELECT {time} AS sw_b, {counts}, {extremes} FROM {from} GROUP BY sw_b ORDER BY sw_b"),
            n_times + SPARE_ROWS,
        );
        let cells = |slot: &str, key: &str, n: usize| {
            let keys = format!("{key}sw_b, sw_k");
            let sql =
                format!("SELECT {slot}{time} AS sw_b, {duration} AS sw_k, {counts} FROM {from} GROUP BY {keys} ORDER BY {keys}");
            (sql, n + SPARE_ROWS)
        };
        if self.groups.is_empty() {
            return (false, vec![cells("", "", n_cells), over_time]);
        }
        let slot = slot(&self.groups);
        let together = n_slots * n_cells <= CELLS_MAX;
        let mut questions = if together {
            vec![cells(&format!("{slot} AS sw_s, "), "sw_s, ", n_slots * n_cells), over_time]
        } else {
            vec![cells("", "", n_cells), over_time]
        };
        questions.push((
            format!(
                "SELECT {slot} AS sw_s, {time} AS sw_b, {counts}, {extremes} FROM {from} GROUP BY sw_s, sw_b ORDER BY sw_s, sw_b"
            ),
            n_slots * n_times + SPARE_ROWS,
        ));
        if !together {
            questions.push((
                format!(
                    "SELECT {slot} AS sw_s, {duration} AS sw_k, {counts} FROM {from} GROUP BY sw_s, sw_k ORDER BY sw_s, sw_k"
                ),
                n_slots * view.edges.len() + SPARE_ROWS,
            ));
        }
        if self.has_other() {
            let other = self.groups.len();
            questions.push((format!("SELECT {} FROM {from} WHERE {slot} = {other}", stats_columns("sw_d")), 1));
        }
        (together, questions)
    }

    fn read_bins(&mut self, basis: &mut Basis, answers: &[SqlAnswer], together: bool) {
        let mut answers = answers.iter().enumerate();
        let mut rows = |basis: &mut Basis| {
            let (at, answer) = answers.next()?;
            basis.note_cut(at, answer.rows.len(), "bins");
            Some(answer.rows.as_slice())
        };
        let n_slots = self.view.groups.len();
        let n_times = usize::try_from(self.view.n_bins).unwrap_or(0);
        let n_durations = self.view.edges.len().saturating_sub(1);
        let view = &mut self.view;
        let mut heat: BTreeMap<(usize, usize), (u64, u64)> = BTreeMap::new();
        for row in rows(basis).unwrap_or_default() {
            let cell = place(row, "sw_b", n_times).zip(place(row, "sw_k", n_durations));
            let Some(((time, duration), counts)) = cell.zip(counts(row)) else {
                basis.note_odd();
                continue;
            };
            let cell = heat.entry((time, duration)).or_default();
            add(&mut cell.0, counts.0);
            add(&mut cell.1, counts.1);
            add_to_duration(&mut view.all, duration, counts);
            if together {
                match place(row, "sw_s", n_slots).and_then(|slot| view.groups.get_mut(slot)) {
                    Some(group) => add_to_duration(group, duration, counts),
                    None => basis.note_odd(),
                }
            }
        }
        let cell = |((time, duration), (count, errors)): ((usize, usize), (u64, u64))| HeatCell {
            time: len_u32(time),
            duration: len_u32(duration),
            count,
            errors,
        };
        view.heat = heat.into_iter().map(cell).collect();
        for row in rows(basis).unwrap_or_default() {
            match time_of(row, n_times).and_then(|(at, bin)| Some((view.all.over_time.get_mut(at)?, bin))) {
                Some((slot, bin)) => *slot = bin,
                None => basis.note_odd(),
            }
        }
        if self.groups.is_empty() {
            return;
        }
        for row in rows(basis).unwrap_or_default() {
            let group = place(row, "sw_s", n_slots).and_then(|slot| view.groups.get_mut(slot));
            match group.zip(time_of(row, n_times)).and_then(|(group, (at, bin))| Some((group.over_time.get_mut(at)?, bin))) {
                Some((slot, bin)) => *slot = bin,
                None => basis.note_odd(),
            }
        }
        if !together {
            for row in rows(basis).unwrap_or_default() {
                let group = place(row, "sw_s", n_slots).and_then(|slot| view.groups.get_mut(slot));
                match group.zip(place(row, "sw_k", n_durations).zip(counts(row))) {
                    Some((group, (duration, counts))) => add_to_duration(group, duration, counts),
                    None => basis.note_odd(),
                }
            }
        }
        if let Some(other) = view.groups.get_mut(self.groups.len())
            && let Some(row) = rows(basis).and_then(<[Row]>::first)
        {
            match stats(row) {
                Some(stats) => other.stats = stats,
                None => basis.note_odd(),
            }
        }
    }
}

/// How many, and how many of them failed.
fn counts(row: &Row) -> Option<(u64, u64)> {
    whole(row, "sw_n").zip(whole(row, "sw_e")).filter(|(count, errors)| errors <= count)
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

fn add_to_duration(group: &mut LatencyGroup, duration: usize, counts: (u64, u64)) {
    for (column, more) in [(&mut group.counts, counts.0), (&mut group.errors, counts.1)] {
        if let Some(sum) = column.get_mut(duration) {
            add(sum, more);
        }
    }
}

/// A bin of time and what is in it.
fn time_of(row: &Row, n_times: usize) -> Option<(usize, TimeBin)> {
    let (count, errors) = counts(row)?;
    let [p50, p90, p95, p99] = percentiles(row, whole(row, "sw_lo")?, whole(row, "sw_hi")?);
    Some((place(row, "sw_b", n_times)?, TimeBin { count, errors, p50, p90, p95, p99 }))
}

/// The group that a row is about.
fn group_of(by: &GroupBy, row: &Row) -> Option<Group> {
    Some(match by {
        GroupBy::Nothing => Group::All,
        GroupBy::Service => Group::Service(text(row, "sw_g")),
        GroupBy::Operation => Group::Operation { service: text(row, "sw_g"), name: text(row, "sw_h") },
        GroupBy::Kind => Group::Kind(*place(row, "sw_g", KINDS.len()).and_then(|kind| KINDS.get(kind))?),
        GroupBy::Status => Group::Status(match text(row, "sw_g").as_str() {
            "UNSET" => StatusCode::Unset,
            "OK" => StatusCode::Ok,
            "ERROR" => StatusCode::Error,
            _ => return None,
        }),
        GroupBy::Attribute(key) => {
            let text = text(row, "sw_g");
            let value = if text == "-" { None } else { Some(text.strip_prefix('+')?.to_owned()) };
            Group::Attribute { key: key.clone(), value }
        }
    })
}

//! What a region of a chart says, in words: for the pointer's readout, and for whoever listens.

use crate::protocol::TimeBin;
use crate::scene::format::{self, TimeDigits};

use super::chart::{Cells, Chart, ChartKind, counted_durations, counted_times};

/// Groups that are listed, at most.
const GROUPS_MAX: usize = 6;
const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400 * SECOND;

/// What a region says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readout {
    /// Which region: its times or durations.
    pub title: String,
    /// The figures.
    pub rows: Vec<ReadoutRow>,
}

/// A figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadoutRow {
    /// What it is.
    pub label: String,
    /// How much.
    pub value: String,
    /// The palette slot of the group that it is of.
    pub color: Option<u8>,
    /// It is bad news.
    pub is_error: bool,
}

impl Readout {
    /// All of it in one line.
    pub fn words(&self) -> String {
        let rows: Vec<String> =
            self.rows.iter().map(|row| format!("{} {}", row.label, row.value).trim_end().to_owned()).collect();
        format!("{}: {}", self.title, rows.join(", "))
    }

    fn row(&mut self, label: impl Into<String>, value: String) {
        self.rows.push(ReadoutRow { label: label.into(), value, ..ReadoutRow::default() });
    }
}

impl Chart<'_> {
    /// What a region says.
    pub fn readout(&self, cells: Cells) -> Readout {
        let mut readout = Readout { title: self.title(cells), rows: Vec::new() };
        let view = self.view();
        let (count, errors) = self.counted(cells);
        let all = view.all.stats.calls;
        readout.row(plural(self.figures.noun()), format!("{} ({})", format::count(count), format::percent(count, all)));
        if self.kind == ChartKind::Rate
            && let Some((from, to)) = self.times(cells)
        {
            readout.row("rate", rate_words(count, (to - from).saturating_add(1)));
        }
        if errors > 0 {
            let value = format!("{} ({})", format::count(errors), format::percent(errors, count));
            readout.rows.push(ReadoutRow { label: "errors".to_owned(), value, color: None, is_error: true });
        }
        match self.kind {
            ChartKind::Histogram if view.groups.is_empty() => {
                let (below, _) = counted_durations(&view.all, (0, cells.x.1));
                readout.row("up to here", format::percent(below, all));
            }
            ChartKind::Percentiles => self.percentile_rows(cells, &mut readout),
            ChartKind::Histogram | ChartKind::Heatmap | ChartKind::Rate => {}
        }
        if matches!(self.kind, ChartKind::Histogram | ChartKind::Rate) {
            self.group_rows(cells, &mut readout);
        }
        readout
    }

    fn percentile_rows(&self, cells: Cells, readout: &mut Readout) {
        // Percentiles of several bins do not add up to one.
        if cells.x.0 != cells.x.1 {
            return;
        }
        let view = self.view();
        let bin = |bins: &[TimeBin]| bins.get(cells.x.0 as usize).copied().filter(|bin| bin.count > 0);
        if view.groups.is_empty() {
            if let Some(bin) = bin(&view.all.over_time) {
                for (label, value) in [("p99", bin.p99), ("p95", bin.p95), ("p90", bin.p90), ("p50", bin.p50)] {
                    readout.row(label, format::duration(value));
                }
            }
            return;
        }
        let mut found: Vec<(u64, &str, u8)> = self
            .figures
            .groups()
            .filter_map(|(group, name)| bin(&group.over_time).map(|bin| (bin.p95, name, group.color)))
            .collect();
        found.sort_by_key(|found| std::cmp::Reverse(found.0));
        for (p95, name, color) in found.into_iter().take(GROUPS_MAX) {
            let value = format!("p95 {}", format::duration(p95));
            readout.rows.push(ReadoutRow { label: name.to_owned(), value, color: Some(color), is_error: false });
        }
    }

    fn group_rows(&self, cells: Cells, readout: &mut Readout) {
        let histogram = self.kind == ChartKind::Histogram;
        let groups = self.figures.groups().map(|(group, name)| {
            let (count, _) = if histogram { counted_durations(group, cells.x) } else { counted_times(group, cells.x) };
            (count, name, group.color)
        });
        let mut found: Vec<(u64, &str, u8)> = groups.filter(|&(count, ..)| count > 0).collect();
        found.sort_by_key(|found| std::cmp::Reverse(found.0));
        for (count, name, color) in found.into_iter().take(GROUPS_MAX) {
            let row = ReadoutRow { label: name.to_owned(), value: format::count(count), color: Some(color), is_error: false };
            readout.rows.push(row);
        }
    }

    fn title(&self, cells: Cells) -> String {
        let durations =
            self.duration_range(cells).map(|(from, to)| format!("{} – {}", format::duration(from), format::duration(to)));
        let times = self.times(cells).map(|(from, to)| self.time_words(from, to.saturating_add(1)));
        [times, durations].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// A stretch of time in words, with as many digits as the bins have.
    pub(super) fn time_words(&self, from: u64, to: u64) -> String {
        let view = self.view();
        let offset = self.frame.offset_minutes;
        let digits = if view.step.is_multiple_of(SECOND) { TimeDigits::Seconds } else { TimeDigits::Millis };
        let from_words = if view.step.saturating_mul(u64::from(view.n_bins)) > DAY {
            format::absolute(from, offset, digits)
        } else {
            format::time_of_day(from, offset, digits)
        };
        format!("{from_words} – {}", format::time_of_day(to, offset, digits))
    }
}

pub(super) fn plural(noun: &str) -> String {
    format!("{noun}s")
}

/// How many per second, or per minute or hour where that leaves a number above 1; `–` where no time passed.
pub fn rate_words(count: u64, nanos: u64) -> String {
    rate_words_like(count, nanos, count)
}

/// The same in the unit that fits a `typical` count, so that a column of rates can be compared.
pub fn rate_words_like(count: u64, nanos: u64, typical: u64) -> String {
    if nanos == 0 {
        return "–".to_owned();
    }
    let hundredths =
        |count: u64, seconds: u64| u128::from(count) * u128::from(seconds) * u128::from(SECOND) * 100 / u128::from(nanos);
    let units = [(1, "s"), (60, "min")];
    let found = units.into_iter().find(|&(seconds, _)| hundredths(typical, seconds) >= 100);
    let (seconds, unit) = found.unwrap_or((3_600, "h"));
    let hundredths = u64::try_from(hundredths(count, seconds)).unwrap_or(u64::MAX);
    // Three figures.
    let number = match hundredths {
        0 if count > 0 => format!("<{}0.01", format::UNIT_SPACE),
        0..1_000 => format!("{}.{:02}", hundredths / 100, hundredths % 100),
        1_000..10_000 => format!("{}.{}", hundredths / 100, hundredths % 100 / 10),
        10_000.. => format::count(hundredths / 100),
    };
    format!("{number}/{unit}")
}

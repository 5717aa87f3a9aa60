//! A chart's figures as CSV (RFC 4180): exact integers, nanoseconds, one row for each bin of each group.

use std::fmt::Write as _;

use crate::protocol::LatencyGroup;

use super::chart::{Cells, Chart, ChartKind};

/// One record with its line end. A field is quoted where it must be.
pub fn record<T: AsRef<str>>(fields: impl IntoIterator<Item = T>) -> String {
    let mut line = String::new();
    for (at, field) in fields.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        let field = field.as_ref();
        if field.contains(['"', ',', '\r', '\n']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(field);
        }
    }
    line.push_str("\r\n");
    line
}

/// The figures that a chart shows. What holds nothing is left out of the heatmap alone.
pub fn chart_csv(chart: &Chart<'_>) -> String {
    let mut text = String::new();
    match chart.kind {
        ChartKind::Histogram => histogram(chart, &mut text),
        ChartKind::Heatmap => heatmap(chart, &mut text),
        ChartKind::Percentiles | ChartKind::Rate => over_time(chart, &mut text),
    }
    text
}

/// All of them, then each group.
fn series<'a>(chart: &'a Chart<'_>) -> impl Iterator<Item = (&'a LatencyGroup, &'a str)> {
    std::iter::once((&chart.figures.view.all, "all")).chain(chart.figures.groups())
}

fn histogram(chart: &Chart<'_>, text: &mut String) {
    text.push_str("group,duration_from_nanos,duration_to_nanos,count,errors\r\n");
    for (group, name) in series(chart) {
        for bin in 0..chart.x.count {
            let (from, to) = chart.duration_range(Cells::one(bin, 0)).unwrap_or_default();
            let at = |counts: &[u64]| counts.get(bin as usize).copied().unwrap_or(0).to_string();
            text.push_str(&record([name, &from.to_string(), &to.to_string(), &at(&group.counts), &at(&group.errors)]));
        }
    }
}

fn heatmap(chart: &Chart<'_>, text: &mut String) {
    text.push_str("start_from_unix_nanos,start_to_unix_nanos,duration_from_nanos,duration_to_nanos,count,errors\r\n");
    for cell in &chart.view().heat {
        let cells = Cells::one(cell.time, cell.duration);
        let (start, end) = chart.times(cells).unwrap_or_default();
        let (shortest, longest) = chart.duration_range(cells).unwrap_or_default();
        // Writing to a string cannot fail.
        _ = write!(text, "{start},{end},{shortest},{longest},{},{}\r\n", cell.count, cell.errors);
    }
}

fn over_time(chart: &Chart<'_>, text: &mut String) {
    let percentiles = chart.kind == ChartKind::Percentiles;
    text.push_str("group,start_from_unix_nanos,start_to_unix_nanos,count,errors");
    if percentiles {
        text.push_str(",p50_nanos,p90_nanos,p95_nanos,p99_nanos");
    }
    text.push_str("\r\n");
    for (group, name) in series(chart) {
        for (at, bin) in (0_u32..).zip(&group.over_time) {
            let (from, to) = chart.times(Cells::one(at, 0)).unwrap_or_default();
            let mut fields = vec![name.to_owned()];
            fields.extend([from, to, bin.count, bin.errors].map(|number| number.to_string()));
            if percentiles {
                // There is no percentile of nothing.
                let number = |value: u64| if bin.count > 0 { value.to_string() } else { String::new() };
                fields.extend([bin.p50, bin.p90, bin.p95, bin.p99].map(number));
            }
            text.push_str(&record(fields));
        }
    }
}

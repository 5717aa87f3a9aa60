//! What a metrics query draws as CSV (RFC 4180): times as Unix nanoseconds, values as they are.

use crate::protocol::{SeriesAnswer, SeriesUnit, SeriesView};

use super::super::csv::record;

/// The figures: a row for each step of each line, for each cell, for each value of an attribute.
pub fn series_csv(view: &SeriesView) -> String {
    let mut text = String::new();
    let times = |step: u32| {
        let from = view.start.saturating_add(view.step.saturating_mul(u64::from(step)));
        [from.to_string(), from.saturating_add(view.step).to_string()]
    };
    match &view.answer {
        SeriesAnswer::Lines(lines) => {
            // Series of one expression have the same labels; those of two that were calculated with may not.
            let mut keys: Vec<&str> = Vec::new();
            for (key, _) in lines.iter().flat_map(|line| &line.labels) {
                if !keys.contains(&key.as_str()) {
                    keys.push(key);
                }
            }
            let value = match view.unit {
                SeriesUnit::None => "value",
                SeriesUnit::PerSecond => "per_second",
                SeriesUnit::Nanoseconds => "nanos",
            };
            text.push_str(&record(keys.iter().copied().chain(["start_from_unix_nanos", "start_to_unix_nanos", value])));
            for line in lines {
                let label = |key: &&str| line.labels.iter().find(|(own, _)| own == key).map_or("", |(_, value)| value.as_str());
                let labels: Vec<String> = keys.iter().map(|key| label(key).to_owned()).collect();
                for (step, point) in (0..view.steps).zip(&line.points) {
                    let value = point.map_or_else(String::new, |value| value.to_string());
                    text.push_str(&record(labels.iter().cloned().chain(times(step)).chain([value])));
                }
            }
        }
        SeriesAnswer::Heat { edges, cells, .. } => {
            text.push_str("start_from_unix_nanos,start_to_unix_nanos,value_above,value_to,spans\r\n");
            let edge = |at: Option<usize>| at.and_then(|at| edges.get(at)).map_or_else(String::new, f64::to_string);
            for &(step, bucket, count) in cells {
                let bucket = bucket as usize;
                let bounds = [edge(bucket.checked_sub(1)), edge(Some(bucket))];
                text.push_str(&record(times(step).into_iter().chain(bounds).chain([count.to_string()])));
            }
        }
        SeriesAnswer::Compare(compared) => {
            text.push_str("attribute,value,selected_spans,other_spans\r\n");
            for attribute in &compared.attributes {
                for (value, selected, others) in &attribute.values {
                    text.push_str(&record([&attribute.name, value, &selected.to_string(), &others.to_string()]));
                }
            }
        }
    }
    text
}

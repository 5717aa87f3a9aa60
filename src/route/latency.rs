//! The latency page's part of the address.

use super::percent::Query;
use super::selection::{group_by, group_by_text, population, population_name};
use crate::protocol::{GroupBy, Population, RedColumn};

/// What the latency page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyAddress {
    /// Spans or traces.
    pub of: Population,
    /// What is told apart.
    pub by: GroupBy,
    /// What the heatmap's colors carry.
    pub heat: HeatColor,
    /// Text that must be in a row of the table of operations.
    pub red_filter: String,
    /// What that table is sorted by.
    pub red_sort: RedColumn,
    /// Largest first.
    pub red_descending: bool,
}

impl Default for LatencyAddress {
    /// What takes the most time first.
    fn default() -> Self {
        Self {
            of: Population::Spans,
            by: GroupBy::Nothing,
            heat: HeatColor::Count,
            red_filter: String::new(),
            red_sort: RedColumn::Total,
            red_descending: true,
        }
    }
}

/// What the heatmap's colors carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeatColor {
    /// How many.
    #[default]
    Count,
    /// The share that failed.
    ErrorShare,
}

const COLUMNS: [(RedColumn, &str); 10] = [
    (RedColumn::Operation, "operation"),
    (RedColumn::Calls, "calls"),
    (RedColumn::ErrorShare, "errors"),
    (RedColumn::P50, "p50"),
    (RedColumn::P95, "p95"),
    (RedColumn::P99, "p99"),
    (RedColumn::Max, "max"),
    (RedColumn::Total, "total"),
    (RedColumn::SelfTime, "self"),
    (RedColumn::Critical, "critical"),
];

impl LatencyAddress {
    /// Whether going from here to there is no step of its own.
    pub(super) fn is_same_place(&self, next: &Self) -> bool {
        self.of == next.of && self.by == next.by
    }

    pub(super) fn read(&mut self, key: &str, value: &str) {
        match key {
            "of" => self.of = population(value).unwrap_or(self.of),
            "by" => self.by = group_by(value),
            "heat" => self.heat = if value == "errors" { HeatColor::ErrorShare } else { HeatColor::Count },
            "op" => value.clone_into(&mut self.red_filter),
            "sort" => {
                self.red_sort =
                    COLUMNS.iter().find_map(|&(column, name)| (name == value).then_some(column)).unwrap_or(self.red_sort);
            }
            "dir" => self.red_descending = value != "asc",
            _ => {}
        }
    }

    pub(super) fn write(&self, query: &mut Query) {
        let plain = Self::default();
        if self.of != plain.of {
            query.text("of", population_name(self.of));
        }
        query.text("by", &group_by_text(&self.by));
        if self.heat == HeatColor::ErrorShare {
            query.text("heat", "errors");
        }
        query.text("op", &self.red_filter);
        if self.red_sort != plain.red_sort || self.red_descending != plain.red_descending {
            let name = COLUMNS.iter().find_map(|&(column, name)| (column == self.red_sort).then_some(name));
            query.text("sort", name.unwrap_or_default());
            query.text("dir", if self.red_descending { "desc" } else { "asc" });
        }
    }
}

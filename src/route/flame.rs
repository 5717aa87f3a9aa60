//! A flame graph's part of the address, of many traces or of one.

use super::percent::Query;
use crate::protocol::FlameLayout;

/// What a flame graph shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlameAddress {
    /// How it is laid out; of many traces, [`FlameLayout::Time`] is [`FlameLayout::Total`].
    pub layout: FlameLayout,
    /// The frame that fills the width.
    pub root: Option<u32>,
    /// What is sought.
    pub find: String,
}

impl FlameAddress {
    /// Whether going from here to there is no step of its own.
    pub(super) fn is_same_place(&self, next: &Self) -> bool {
        self.layout == next.layout && self.root == next.root
    }

    pub(super) fn read(&mut self, key: &str, value: &str) {
        match key {
            "width" => {
                self.layout = match value {
                    "self" => FlameLayout::SelfTime,
                    "total" => FlameLayout::Total,
                    _ => FlameLayout::Time,
                }
            }
            "frame" => self.root = value.parse().ok(),
            "flame-find" => value.clone_into(&mut self.find),
            _ => {}
        }
    }

    pub(super) fn write(&self, query: &mut Query) {
        match self.layout {
            FlameLayout::Time => {}
            FlameLayout::Total => query.text("width", "total"),
            FlameLayout::SelfTime => query.text("width", "self"),
        }
        if let Some(root) = self.root {
            query.number("frame", u64::from(root));
        }
        query.text("flame-find", &self.find);
    }
}

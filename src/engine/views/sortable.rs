//! What rows are sorted by where values may be of any type: numbers as numbers, then texts by their places among each other.

use super::usize_of;
use crate::base::{BitSet, FastMap, StrId, len_u32, sort_few};
use crate::encode::plain::text_of_value;
use crate::model::{AttributeIdx, Dataset, Value};

/// What a value is sorted by: numbers, then texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sortable {
    /// By its double, then, as those are further apart than integers beyond 2^53, by the integer.
    Number(u64, i64),
    /// The text's number, then its place among the others.
    Text(u32),
}

impl Sortable {
    /// A whole number.
    pub(super) fn int(number: i64) -> Self {
        Self::Number(ordered(number as f64), number)
    }
}

/// Texts by number: the data set's own, then what is written here.
pub(super) struct Texts<'a> {
    dataset: &'a Dataset,
    written: Vec<String>,
    number_of: FastMap<String, u32>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(dataset: &'a Dataset) -> Self {
        Self { dataset, written: Vec::new(), number_of: FastMap::default() }
    }

    /// An attribute's value.
    pub(super) fn attribute(&mut self, at: AttributeIdx) -> Option<Sortable> {
        Some(match self.dataset.attributes.value(at) {
            Value::Empty => return None,
            Value::Int(number) => Sortable::int(number),
            #[expect(clippy::cast_possible_truncation, reason = "only doubles that are integers share their place with one")]
            Value::Double(number) => Sortable::Number(ordered(number), number as i64),
            Value::String(symbol) => Sortable::Text(symbol.0),
            Value::Bool(_) | Value::Bytes(_) | Value::Array(_) | Value::KvList(_) => self.text(&text_of_value(self.dataset, at)),
        })
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) -> Sortable {
        if let Some(symbol) = self.dataset.strings.find(text) {
            return Sortable::Text(symbol.0);
        }
        if let Some(&number) = self.number_of.get(text) {
            return Sortable::Text(number);
        }
        let next = len_u32(self.dataset.strings.len() + self.written.len());
        self.written.push(text.to_owned());
        self.number_of.insert(text.to_owned(), next);
        Sortable::Text(next)
    }

    /// Rows in order of their values; those without one come last. Rows come in ascending order.
    pub(super) fn sorted(&self, mut values: Vec<(Option<Sortable>, u32)>, descending: bool) -> Vec<u32> {
        let n_own = self.dataset.strings.len();
        let get = |number: u32| match usize_of(number).checked_sub(n_own) {
            None => self.dataset.str(StrId(number)),
            Some(at) => self.written.get(at).map_or("", String::as_str),
        };
        let used = values.iter().filter_map(|(value, _)| match value {
            Some(Sortable::Text(number)) => Some(*number),
            Some(Sortable::Number(..)) | None => None,
        });
        let ranks = ranks(n_own + self.written.len(), used, get);
        for (value, _) in &mut values {
            if let Some(Sortable::Text(number)) = value {
                *number = ranks.get(usize_of(*number)).copied().unwrap_or(0);
            }
        }
        sorted_by_value(values.into_iter(), descending)
    }
}

/// Doubles in order as numbers in order, with both zeros alike and NaN last.
fn ordered(number: f64) -> u64 {
    if number.is_nan() {
        return u64::MAX;
    }
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The place of each symbol among those that are used.
pub(super) fn symbol_ranks(dataset: &Dataset, used: impl Iterator<Item = StrId>) -> Vec<u32> {
    ranks(dataset.strings.len(), used.map(|symbol| symbol.0), |number| dataset.str(StrId(number)))
}

/// The place of each text that is used, by number, among all of these.
pub(super) fn ranks<'a>(n_texts: usize, used: impl Iterator<Item = u32>, get: impl Fn(u32) -> &'a str) -> Vec<u32> {
    let mut met = BitSet::new(n_texts);
    let mut texts: Vec<(&str, u32)> = Vec::new();
    for number in used {
        if met.insert(usize_of(number)) {
            texts.push((get(number), number));
        }
    }
    sort_few(&mut texts, Ord::cmp);
    let mut ranks = vec![0; n_texts];
    for (rank, (_, number)) in (0..).zip(texts) {
        if let Some(slot) = ranks.get_mut(usize_of(number)) {
            *slot = rank;
        }
    }
    ranks
}

/// The rows in order of their values; those without one come last. Rows come in ascending order.
pub(super) fn sorted_by_value<K: Ord>(rows: impl Iterator<Item = (Option<K>, u32)>, descending: bool) -> Vec<u32> {
    let (mut present, mut missing) = (Vec::with_capacity(rows.size_hint().0), Vec::new());
    for (value, row) in rows {
        match value {
            Some(value) => present.push((value, row)),
            None => missing.push(row),
        }
    }
    // Equal values stay in the order of their rows.
    sort_few(&mut present, |a, b| if descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) });
    present.into_iter().map(|(_, row)| row).chain(missing).collect()
}

//! What is kept between queries: where keys stand, and what regular expressions made of texts.

use std::rc::Rc;

use super::super::regex::compile;
use super::compare::{Answers, Test};
use super::field::find;
use crate::base::{FastMap, StrId};
use crate::model::{AttributeIdx, Dataset, SpanIdx};

/// Pairs of span and row that are kept, at most: 32 MB.
const MAX_PAIRS: usize = 1 << 22;

/// Bytes of answers that are kept, at most.
const MAX_ANSWERS: usize = 16 << 20;

/// The spans that have an attribute of some key, ascending, and the first row of each that has a value.
pub(super) type KeyColumn = Rc<Vec<(SpanIdx, AttributeIdx)>>;

/// What is kept between queries of one data set.
#[derive(Debug, Default)]
pub(super) struct Kept {
    columns: FastMap<StrId, KeyColumn>,
    pairs: usize,
    answers: FastMap<String, Answers>,
    answer_bytes: usize,
}

impl Kept {
    /// The column of a key, if it is there.
    pub(super) fn known(&self, key: StrId) -> Option<KeyColumn> {
        self.columns.get(&key).cloned()
    }

    /// The column of a key.
    pub(super) fn column(&mut self, dataset: &Dataset, key: StrId) -> KeyColumn {
        if let Some(column) = self.known(key) {
            return column;
        }
        let mut pairs = Vec::new();
        for (span, &rows) in dataset.spans.attributes.iter() {
            if let Some(at) = find(dataset, rows, key) {
                pairs.push((span, at));
            }
        }
        let column = Rc::new(pairs);
        if MAX_PAIRS < self.pairs.saturating_add(column.len()) {
            self.columns.clear();
            self.pairs = 0;
        }
        if column.len() <= MAX_PAIRS {
            self.pairs += column.len();
            self.columns.insert(key, Rc::clone(&column));
        }
        column
    }

    /// A match of a regular expression. The error is the reason why it does not compile.
    pub(super) fn regex(&mut self, pattern: &str, negated: bool) -> Result<Test, String> {
        let regex = compile(pattern)?;
        let answers = self.answers.remove(pattern).unwrap_or_default();
        self.answer_bytes = self.answer_bytes.saturating_sub(answers.heap_bytes());
        Ok(Test::regex(regex, answers, negated))
    }

    /// Keeps what a match learned.
    pub(super) fn keep(&mut self, pattern: &str, test: Test) {
        let answers = test.into_answers();
        let bytes = answers.heap_bytes();
        if MAX_ANSWERS < self.answer_bytes.saturating_add(bytes) {
            self.answers.clear();
            self.answer_bytes = 0;
        }
        if bytes <= MAX_ANSWERS {
            self.answer_bytes += bytes;
            self.answers.insert(pattern.to_owned(), answers);
        }
    }
}

//! What is kept between queries: where rare keys stand, and what regular expressions made of texts.

use std::rc::Rc;

use super::super::regex::compile;
use super::compare::{Answers, Test};
use crate::base::{FastMap, StrId};
use crate::model::{AttributeIdx, SpanIdx};

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

    /// Keeps the column of a key.
    pub(super) fn keep_column(&mut self, key: StrId, pairs: Vec<(SpanIdx, AttributeIdx)>) {
        if MAX_PAIRS < self.pairs.saturating_add(pairs.len()) {
            self.columns.clear();
            self.pairs = 0;
        }
        if pairs.len() <= MAX_PAIRS {
            self.pairs += pairs.len();
            self.columns.insert(key, Rc::new(pairs));
        }
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

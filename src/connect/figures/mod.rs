//! Figures of a server's spans: planned as SQL, read back as the same views that the engine gives.

use super::rows::{SqlAnswer, SqlQuery};
use crate::protocol::{Failure, OnServer, Reply};

/// What the plan wants next.
#[derive(Debug)]
pub(super) enum Next {
    /// To ask these, in any order, and hand all answers over in this order.
    Ask(Vec<SqlQuery>),
    /// Nothing more.
    Done(Result<Reply, Failure>),
}

/// A question about figures under way.
#[derive(Debug)]
pub(super) struct Figures {
    request: OnServer,
}

impl Figures {
    /// `columns` are those of the stream, which say what may be named in SQL.
    pub(super) fn new(request: OnServer, _columns: Vec<String>) -> Self {
        Self { request }
    }

    /// What comes next, after the answers to what was asked last; none at first.
    pub(super) fn next(&mut self, _answers: Vec<SqlAnswer>) -> Next {
        _ = &self.request;
        Next::Ask(Vec::new())
    }
}

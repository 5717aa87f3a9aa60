//! Figures of a server's spans: planned as SQL, read back as the same views that the engine gives.
//!
//! A question goes in rounds: the first asks for bounds, the next for what needs them, such as bins. What is counted, and how bins
//! and edges lie, is the engine's own: on the same spans all counts, sums and extremes are equal, and quantiles are what the
//! server estimates.
//!
//! *Invariants.* Rows are as hostile as a file: a cell that is not what was asked for is passed over and counted. Each question
//! says how many rows it takes at most; where as many come, that is said.

mod basis;
mod calls;
mod detail;
mod latency;
mod map;
mod read;
mod red;
mod source;

use basis::Basis;
use detail::DetailFigures;
use latency::LatencyCharts;
use map::MapFigures;
use red::RedTable;

use super::condition::Sought;
use super::rows::{SqlAnswer, SqlQuery};
use crate::protocol::{Failure, FailureCode, OnServer, Reply, Request, Selection, ServerBasis, ServerScope};

/// What the plan wants next.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub(super) enum Next {
    /// To ask these, in any order, and hand all answers over in this order.
    Ask(Vec<SqlQuery>),
    /// Nothing more.
    Done(Result<Reply, Failure>),
}

/// A question about figures under way.
#[derive(Debug)]
pub(super) struct Figures {
    scope: ServerScope,
    columns: Vec<String>,
    basis: Basis,
    plan: Plan,
}

#[derive(Debug)]
#[cfg_attr(not(target_arch = "wasm32"), expect(clippy::large_enum_variant, reason = "there is one for a question"))]
enum Plan {
    Latency(LatencyCharts),
    Red(RedTable),
    Map(MapFigures),
    Detail(DetailFigures),
    /// A server has no figures of this kind.
    Other,
}

/// A step of a plan: the next questions, or the answer, which lacks only its basis.
enum Step {
    Ask(Vec<(String, usize)>),
    Done(Reply),
    Failed(Failure),
}

/// What a plan knows besides its own.
#[derive(Clone, Copy)]
struct Context<'a> {
    scope: &'a ServerScope,
    columns: &'a [String],
}

impl<'a> Context<'a> {
    /// What is counted.
    fn sought(self, selection: &'a Selection, trace_id: Option<&'a String>) -> Sought<'a> {
        Sought {
            stream: self.scope.access.connection.stream.trim(),
            query: &self.scope.query,
            selection,
            trace_id: trace_id.map(String::as_str),
            columns: self.columns,
        }
    }
}

impl Figures {
    /// `columns` are those of the stream, which say what may be named in SQL.
    pub(super) fn new(request: OnServer, columns: Vec<String>) -> Self {
        let plan = match request.request {
            Request::Latency(request) => Plan::Latency(LatencyCharts::new(request)),
            Request::Red(request) => Plan::Red(RedTable::new(request)),
            Request::Map(request) => Plan::Map(MapFigures::new(request)),
            Request::MapDetail(request) => Plan::Detail(DetailFigures::new(request)),
            _ => Plan::Other,
        };
        Self { scope: request.scope, columns, basis: Basis::default(), plan }
    }

    /// What comes next, after the answers to what was asked last; none at first.
    #[expect(clippy::needless_pass_by_value, reason = "nobody needs the answers any more")]
    pub(super) fn next(&mut self, answers: Vec<SqlAnswer>) -> Next {
        self.basis.take(&answers);
        let context = Context { scope: &self.scope, columns: &self.columns };
        let step = match &mut self.plan {
            Plan::Latency(charts) => charts.next(context, &mut self.basis, &answers),
            Plan::Red(table) => table.next(context, &mut self.basis, &answers),
            Plan::Map(map) => map.next(context, &mut self.basis, &answers),
            Plan::Detail(detail) => detail.next(context, &mut self.basis, &answers),
            Plan::Other => return Next::Done(Err(no_figures())),
        };
        match step {
            Step::Ask(questions) => {
                self.basis.asked(&questions);
                let window = self.scope.window;
                let query = |(sql, size)| SqlQuery { sql, window, size: u32::try_from(size).unwrap_or(u32::MAX) };
                Next::Ask(questions.into_iter().map(query).collect())
            }
            Step::Failed(failure) => Next::Done(Err(failure)),
            Step::Done(reply) => Next::Done(Ok(on_basis(reply, self.basis.finish()))),
        }
    }
}

/// The answer, which says on what it stands.
fn on_basis(mut reply: Reply, basis: ServerBasis) -> Reply {
    let slot = match &mut reply {
        Reply::Latency(view) => &mut view.basis,
        Reply::Red(view) => &mut view.basis,
        Reply::Map(view) => &mut view.basis,
        Reply::MapDetail(view) => &mut view.basis,
        _ => return reply,
    };
    *slot = Some(Box::new(basis));
    reply
}

fn no_figures() -> Failure {
    Failure {
        code: FailureCode::BadQuery,
        headline: "A server has no figures of this kind".to_owned(),
        detail: "Asked for something else than the map, the latency charts or the table of operations.".to_owned(),
        remedy: String::new(),
    }
}

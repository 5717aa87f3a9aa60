//! What failed, in the reader's words: the one place where the engine's failures are made.

use crate::protocol::{Excess, Failure, FailureCode, Overflow};
use crate::traceql::Trouble;

/// No data set is open.
#[cold]
pub(super) fn empty() -> Failure {
    Failure {
        code: FailureCode::Empty,
        headline: "No data is open.".to_owned(),
        detail: String::new(),
        remedy: "Open a trace file first.".to_owned(),
    }
}

/// The question is about a data set that has been replaced.
#[cold]
pub(super) fn stale(asked: u32, open: u32) -> Failure {
    Failure {
        code: FailureCode::Stale,
        headline: "Other data has been opened meanwhile.".to_owned(),
        detail: format!("expected a question about data set {open}, but found one about {asked}"),
        remedy: String::new(),
    }
}

/// There is no such trace.
#[cold]
pub(super) fn no_trace(trace_id: &str) -> Failure {
    Failure {
        code: FailureCode::NotFound,
        headline: "This trace is not in the data.".to_owned(),
        detail: format!("trace {}", shortened(trace_id)),
        remedy: "Open the file that it is in, or add that file to the open ones.".to_owned(),
    }
}

/// The question is one for the connector.
#[cold]
pub(super) fn not_mine() -> Failure {
    Failure {
        code: FailureCode::Mismatch,
        headline: "The engine was asked what only a server knows.".to_owned(),
        detail: String::new(),
        remedy: "Reload the page.".to_owned(),
    }
}

/// A query that cannot be answered.
#[cold]
pub(super) fn bad_query(trouble: &Trouble) -> Failure {
    Failure {
        code: FailureCode::BadQuery,
        headline: "This query cannot be answered.".to_owned(),
        detail: trouble.to_string(),
        remedy: "The box of the query says what is wrong with it, and what could stand there.".to_owned(),
    }
}

/// There is no such span.
#[cold]
pub(super) fn no_span(span: &str) -> Failure {
    Failure {
        code: FailureCode::NotFound,
        headline: "This span is not in the data.".to_owned(),
        detail: format!("span {}", shortened(span)),
        remedy: "Open the file that it is in, or add that file to the open ones.".to_owned(),
    }
}

/// The service map has no such node.
#[cold]
pub(super) fn no_node(name: &str) -> Failure {
    Failure {
        code: FailureCode::NotFound,
        headline: "This is not on the map of the data.".to_owned(),
        detail: format!("node {}", shortened(name)),
        remedy: "Look for it on the whole map.".to_owned(),
    }
}

/// The service map has no such edge.
#[cold]
pub(super) fn no_edge(from: &str, to: &str) -> Failure {
    Failure {
        code: FailureCode::NotFound,
        headline: "There are no such calls in the data.".to_owned(),
        detail: format!("calls from {} to {}", shortened(from), shortened(to)),
        remedy: "Look for it on the whole map.".to_owned(),
    }
}

/// Rules beyond those that are looked at would hide nothing.
#[cold]
pub(super) fn too_many_rules(rules: usize, limit: usize) -> Failure {
    Failure {
        code: FailureCode::Invalid,
        headline: "These are more rules than can hide things at once.".to_owned(),
        detail: format!("expected at most {limit} rules, but found {rules}"),
        remedy: "Use fewer, or let one with * stand for several.".to_owned(),
    }
}

/// There is no such value.
#[cold]
pub(super) fn no_value(node: u32) -> Failure {
    Failure {
        code: FailureCode::NotFound,
        headline: "This value is not in the data.".to_owned(),
        detail: format!("value {node}"),
        remedy: String::new(),
    }
}

/// No source held a span, a log record or a metric, and all of them were read to their ends.
#[cold]
pub(super) fn nothing_read(sources: usize, findings: &[String]) -> Failure {
    let headline = match sources {
        0 => "There was nothing to open.".to_owned(),
        1 => "The file holds no trace that Spanwise can read.".to_owned(),
        many => format!("None of the {many} files holds a trace that Spanwise can read."),
    };
    Failure {
        code: FailureCode::NothingRead,
        headline,
        detail: findings.join("\n"),
        remedy:
            "Spanwise reads OTLP traces: JSON, JSON lines and protobuf, plain, gzip or zstd, in zip and tar archives or not, as the \
            OpenTelemetry collector and SDKs write them."
                .to_owned(),
    }
}

/// The sources need more memory than there is.
#[cold]
pub(super) fn more_than_fits(excess: Excess) -> Overflow {
    let Excess { sources_bytes, needed_bytes, limit_bytes, read_bytes, .. } = excess;
    let [sources, needed, limit, read] = [sources_bytes, needed_bytes, limit_bytes, read_bytes].map(|bytes| bytes / 1_000_000);
    let failure = Failure {
        code: FailureCode::MoreThanFits,
        headline: "This is more than fits into this browser's memory.".to_owned(),
        detail: format!(
            "expected at most {limit} MB of memory to be needed, but {sources} MB of files need {needed} MB, going by the first {read} MB"
        ),
        remedy: "Load a part of it, or open fewer files at a time.".to_owned(),
    };
    Overflow { failure, excess }
}

/// There are spans, and none of them is in the part that was asked for, or there was no memory for the first of them.
#[cold]
pub(super) fn nothing_wanted(spans: u64, is_full: bool) -> Failure {
    let headline = if is_full { "What is open leaves no memory for more." } else { "No span is in the part that was asked for." };
    Failure {
        code: FailureCode::NothingRead,
        headline: headline.to_owned(),
        detail: format!("expected some of the {spans} spans that were read to be in it"),
        remedy: if is_full { "Reload the page, and open it there." } else { "Load another part." }.to_owned(),
    }
}

/// Ids come from addresses and files, and may be of any length.
fn shortened(text: &str) -> String {
    const MAX: usize = 80;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

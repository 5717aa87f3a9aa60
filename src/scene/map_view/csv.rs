//! The map as two tables in CSV (RFC 4180). Counts and nanoseconds are whole numbers, exactly as they are.

use std::fmt::Write as _;

use crate::protocol::{MapView, NodeKind, Stats};

const FIGURES: &str = "calls,errors,p50_ns,p90_ns,p95_ns,p99_ns,min_ns,max_ns,total_ns,self_ns";

/// A row per node.
pub fn nodes_csv(view: &MapView) -> String {
    let mut text = format!("kind,name,detail,spans,{FIGURES},from_unix_ns,to_unix_ns\r\n");
    for node in &view.nodes {
        let name = [kind_name(node.id.kind).to_owned(), field(&node.id.name), field(&node.detail), node.spans.to_string()];
        line(&mut text, &name, &node.stats, view);
    }
    text
}

/// A row per edge.
pub fn edges_csv(view: &MapView) -> String {
    let mut text = format!("caller_kind,caller,callee_kind,callee,messaging,{FIGURES},from_unix_ns,to_unix_ns\r\n");
    for edge in &view.edges {
        let end = |at: u32| {
            let node = view.nodes.get(at as usize).map(|node| &node.id);
            (node.map_or("", |id| kind_name(id.kind)).to_owned(), field(node.map_or("", |id| &id.name)))
        };
        let ((caller_kind, caller), (callee_kind, callee)) = (end(edge.from), end(edge.to));
        line(&mut text, &[caller_kind, caller, callee_kind, callee, edge.is_messaging.to_string()], &edge.stats, view);
    }
    text
}

fn line(text: &mut String, name: &[String], stats: &Stats, view: &MapView) {
    let Stats { calls, errors, p50, p90, p95, p99, min, max, total, self_time } = *stats;
    text.push_str(&name.join(","));
    for number in [calls, errors, p50, p90, p95, p99, min, max, total, self_time, view.from, view.to] {
        // Writing to a string cannot fail.
        _ = write!(text, ",{number}");
    }
    text.push_str("\r\n");
}

/// Quoted where a comma, a quote or the end of a line would be taken for the format's own.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

const fn kind_name(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Service => "service",
        NodeKind::Database => "database",
        NodeKind::Queue => "queue",
        NodeKind::External => "external",
        NodeKind::Caller => "caller",
    }
}

//! Ids from elsewhere: which trace and span they mean, however they are written there and here.

use spanwise::engine::{Engine, Outcome};
use spanwise::protocol::{Answer, Reply, Request, ResolveRequest};

use super::read::open_bytes;

const LONG: &str = "0af7651916cd43dd8448eb211c80319c";
const SHORT: &str = "463ac35c9f6413ad";

/// Spans with these trace and span ids, as OTLP JSON has them.
fn engine(ids: &[(&str, &str)]) -> (Engine, u32) {
    let spans: Vec<String> = ids
        .iter()
        .map(|(trace, span)| {
            format!(r#"{{"traceId":"{trace}","spanId":"{span}","name":"x","startTimeUnixNano":"1","endTimeUnixNano":"2"}}"#)
        })
        .collect();
    let file = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, spans.join(","));
    let mut engine = Engine::default();
    let epoch = engine.adopt(open_bytes(file.as_bytes())).epoch;
    (engine, epoch)
}

/// What ids mean, as `trace/span`; `-` for what is not here.
fn check((engine, epoch): &mut (Engine, u32), trace: Option<&str>, span: Option<&str>, expected: &str) {
    let request = ResolveRequest { trace_id: trace.map(str::to_owned), span_id: span.map(str::to_owned) };
    let mut job = engine.begin(*epoch, Request::Resolve(request));
    let Outcome::Done(Answer::Reply(Reply::Resolved(view))) = engine.step(&mut job, &|| true) else { panic!("no answer") };
    let or_none = |id: Option<String>| id.unwrap_or_else(|| "-".to_owned());
    assert_eq!(format!("{}/{}", or_none(view.trace_id), or_none(view.span_id)), expected, "{trace:?} {span:?}");
}

#[test]
fn ids_lead_to_their_trace_and_span() {
    let mut open = engine(&[(LONG, "b7ad6b7169203331"), (LONG, "00f067aa0ba902b7"), (&"e".repeat(32), "b7ad6b7169203331")]);
    check(&mut open, Some(LONG), None, &format!("{LONG}/-"));
    check(&mut open, Some(LONG), Some("00f067aa0ba902b7"), &format!("{LONG}/00f067aa0ba902b7"));
    // The trace is here and the span is not.
    check(&mut open, Some(LONG), Some("00f067aa0ba902b8"), &format!("{LONG}/-"));
    check(&mut open, Some(&"d".repeat(32)), Some("00f067aa0ba902b7"), "-/-");
    // A span alone, asked for as one or as whatever it is; of two with the same id, the first.
    for (trace, span) in [(None, Some("00f067aa0ba902b7")), (Some("00f067aa0ba902b7"), None)] {
        check(&mut open, trace, span, &format!("{LONG}/00f067aa0ba902b7"));
    }
    check(&mut open, None, Some("00f067aa0ba902b8"), "-/-");
    check(&mut open, None, None, "-/-");
}

#[test]
fn a_trace_of_64_bits_is_the_one_of_128_that_ends_with_it() {
    let mut long = engine(&[(LONG, "b7ad6b7169203331")]);
    check(&mut long, Some("8448eb211c80319c"), None, &format!("{LONG}/-"));
    check(&mut long, Some("8448eb211c80319c"), Some("b7ad6b7169203331"), &format!("{LONG}/b7ad6b7169203331"));
    // As other tools pad it, and as this file has it.
    let padded = format!("{SHORT:0>32}");
    let mut open = engine(&[(&padded, "a2fb4a1d1a96d312")]);
    for id in [SHORT, &padded, &format!("{}{SHORT}", "1".repeat(16))] {
        check(&mut open, Some(id), None, &format!("{padded}/-"));
    }
    let mut open = engine(&[(SHORT, "a2fb4a1d1a96d312")]);
    for id in [SHORT, &padded] {
        check(&mut open, Some(id), Some("a2fb4a1d1a96d312"), &format!("{SHORT}/a2fb4a1d1a96d312"));
    }
    // A span's id is no trace's only because it ends like one.
    check(&mut open, Some("a2fb4a1d1a96d312"), None, &format!("{SHORT}/a2fb4a1d1a96d312"));
}

#[test]
fn irregular_ids_are_found_by_their_text() {
    let mut open = engine(&[("not hex", "odd"), ("", "b7ad6b7169203331")]);
    check(&mut open, Some("not hex"), Some("odd"), "not hex/odd");
    check(&mut open, None, Some("odd"), "not hex/odd");
    check(&mut open, Some("never"), None, "-/-");
    // The trace of spans without a trace id has none, too.
    check(&mut open, Some(""), Some("b7ad6b7169203331"), "/b7ad6b7169203331");
}

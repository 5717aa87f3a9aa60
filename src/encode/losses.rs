//! What a format cannot hold of the spans that are to be written in it: counted, in words, before anything is saved.

use super::Format;
use super::mermaid;
use super::survey::Facts;

/// Something that is not in the file, or not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// How many are concerned.
    pub count: u64,
    /// Of what, and what becomes of them.
    pub words: &'static str,
}

/// The losses of a format, where there are any, the weightiest first.
pub fn losses(format: Format, facts: &Facts) -> Vec<Loss> {
    let f = facts;
    let all: Vec<(u64, &'static str)> = match format {
        Format::OtlpJson | Format::OtlpJsonLines => Vec::new(),
        Format::OtlpProto | Format::OtlpProtoFramed => vec![
            (f.text_ids, "spans with an id that is not hex: its text is written as bytes"),
            (f.text_link_ids, "links with an id that is not hex: its text is written as bytes"),
            (
                if format.has_logs() { f.text_log_ids } else { 0 },
                "log records with an id that is not hex: its text is written as bytes",
            ),
        ],
        Format::Jaeger => vec![
            (f.fine_span_times, "spans whose start or end is cut to whole microseconds"),
            (f.fine_event_times, "events whose time is cut to whole microseconds"),
            (f.unfinished, "spans without an end: they end where they start"),
            (f.no_start, "spans without a start: they start at 0 and last 0"),
            (f.end_before_start, "spans that end before they start: they last 0"),
            (f.rich_links, "links whose attributes, trace state, flags and counts of what was dropped are left out"),
            (f.rich_scopes, "spans whose scope's attributes and schema URL are left out"),
            (f.rich_resources, "spans whose resource's schema URL and count of dropped attributes are left out"),
            (f.nested, "arrays and maps that become text"),
            (f.empty, "empty values that become empty text"),
            (f.not_finite, "numbers that are infinite or none, and become text"),
            (f.event_named, "events whose attribute called event takes the place of their name"),
            (f.reserved_keys, "attributes with keys by which Jaeger says something else"),
            (f.unknown_kind, "spans of an unknown kind, which is left out"),
            (f.missing_ids, "spans without a trace or span id, which Jaeger wants"),
        ],
        Format::Zipkin => vec![
            (f.links, "links that are left out"),
            (f.typed, "values that become text"),
            (f.event_attributes, "events whose attributes become part of their name"),
            (f.event_dropped, "events whose count of dropped attributes is left out"),
            (f.fine_span_times, "spans whose start or end is cut to whole microseconds"),
            (f.fine_event_times, "events whose time is cut to whole microseconds"),
            (f.brief, "spans of less than a microsecond: they last one"),
            (f.no_start, "spans without a start, whose end is left out"),
            (f.end_before_start, "spans that end before they start, whose end is left out"),
            (
                f.no_kind + f.internal + f.unknown_kind,
                "spans of kind internal, of none or an unknown one, which are not told apart",
            ),
            (f.calm_messages, "status messages of spans that did not fail, which are left out"),
            (f.trace_state, "trace states that are left out"),
            (f.flags, "spans whose flags are left out"),
            (f.resource_attributes, "spans whose resource's attributes become their own"),
            (f.rich_scopes, "spans whose scope's attributes and schema URL are left out"),
            (f.rich_resources, "spans whose resource's schema URL and count of dropped attributes are left out"),
            (f.repeated_keys, "attributes with a key that came before, which are left out"),
            (f.reserved_keys, "attributes with keys by which Zipkin says something else"),
            (f.irregular_ids, "spans with an id that is not as long as Zipkin wants it"),
            (f.missing_ids, "spans without a trace or span id, which Zipkin wants"),
        ],
        Format::Chrome => vec![
            (f.no_start, "spans without a start, which are left out"),
            (f.unfinished, "spans without an end: they last 0"),
            (f.end_before_start, "spans that end before they start: they last 0"),
            (f.links, "links that are left out"),
            (f.resource_attributes, "spans whose resource's attributes are left out, but for the service's name"),
            (f.scoped.max(f.rich_scopes), "spans whose scope is left out"),
            (f.trace_state, "trace states that are left out"),
            (f.flags, "spans whose flags are left out"),
            (f.dropped, "spans whose counts of what was dropped are left out"),
            (f.bytes, "byte values that become text"),
            (f.spans, "spans that are for looking at: what is saved cannot be opened here again"),
        ],
        Format::Csv => vec![
            (f.events, "events that are only counted"),
            (f.links, "links that are only counted"),
            (f.bytes, "byte values that become text"),
            (f.rich_scopes, "spans whose scope's attributes and schema URL are left out"),
            (f.rich_resources, "spans whose resource's schema URL and count of dropped attributes are left out"),
            (f.dropped, "spans whose counts of what was dropped are left out"),
            (f.unknown_kind, "spans of an unknown kind, which is left out"),
        ],
        Format::Mermaid => vec![
            (f.traces.saturating_sub(1), "traces that are left out: a diagram is of one"),
            (f.spans.saturating_sub(u64::from(mermaid::MAX_CALLS)), "spans that are left out at least: a diagram shows 200"),
            (f.events, "events that are left out"),
            (f.links, "links that are left out"),
            (f.spans, "spans of which only name, service, duration and errors are shown"),
        ],
    };
    let logs = match format {
        Format::OtlpProto => "log records, for which OTLP JSON and length-prefixed protobuf have a place",
        _ => "log records, for which only OTLP has a place",
    };
    let others = [
        (if format.has_logs() { 0 } else { f.logs }, logs),
        (f.exemplars, "exemplars of metrics, which are left out as metrics are"),
    ];
    all.into_iter().chain(others).filter(|&(count, _)| count != 0).map(|(count, words)| Loss { count, words }).collect()
}

/// Whether Jaeger and Zipkin say something of a span itself by this key.
pub(super) fn is_reserved(key: &str) -> bool {
    matches!(
        key,
        "error"
            | "span.kind"
            | "w3c.tracestate"
            | "otel.status_code"
            | "otel.status_description"
            | "otel.scope.name"
            | "otel.scope.version"
            | "otel.library.name"
            | "otel.library.version"
            | "otel.dropped_attributes_count"
            | "otel.dropped_events_count"
            | "otel.dropped_links_count"
    )
}

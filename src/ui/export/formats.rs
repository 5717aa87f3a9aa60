//! The formats in words, and what files of them are called.

use crate::protocol::{ExportFormat, ExportRequest, ExportScope};

/// What a format is called.
pub(super) const fn name(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::OtlpJson => "OTLP JSON",
        ExportFormat::OtlpJsonLines => "OTLP JSON lines",
        ExportFormat::OtlpProto => "OTLP protobuf",
        ExportFormat::OtlpProtoFramed => "OTLP protobuf, length-prefixed",
        ExportFormat::Jaeger => "Jaeger JSON",
        ExportFormat::Zipkin => "Zipkin JSON",
        ExportFormat::Chrome => "Chrome trace",
        ExportFormat::Csv => "CSV table",
        ExportFormat::Mermaid => "Mermaid diagram",
    }
}

/// What it is good for.
pub(super) const fn hint(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::OtlpJson => "One OTLP document that people can read. Opens here again as it is.",
        ExportFormat::OtlpJsonLines => "A trace a line, as the collector’s file exporter writes. Opens here again as it is.",
        ExportFormat::OtlpProto => "The spans as OTLP sends them, the smallest. Opens here again as it is.",
        ExportFormat::OtlpProtoFramed => {
            "Spans, then log records, as the collector’s file exporter writes protobuf. Opens here again as it is."
        }
        ExportFormat::Jaeger => "What Jaeger’s UI saves and opens.",
        ExportFormat::Zipkin => "What Zipkin’s API takes and gives, version 2.",
        ExportFormat::Chrome => "For Perfetto (ui.perfetto.dev) and other trace viewers that open such files.",
        ExportFormat::Csv => "A line for each span, for spreadsheets and scripts.",
        ExportFormat::Mermaid => "A sequence diagram of a trace, for documents.",
    }
}

const fn ending(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::OtlpJson => "otlp.json",
        ExportFormat::OtlpJsonLines => "otlp.jsonl",
        ExportFormat::OtlpProto => "otlp.pb",
        ExportFormat::OtlpProtoFramed => "otlp.framed.pb",
        ExportFormat::Jaeger => "jaeger.json",
        ExportFormat::Zipkin => "zipkin.json",
        ExportFormat::Chrome => "chrome.json",
        ExportFormat::Csv => "csv",
        ExportFormat::Mermaid => "mmd",
    }
}

/// What a scope is called.
pub(super) const fn scope(scope: ExportScope) -> &'static str {
    match scope {
        ExportScope::Subtree => "This span and all below it",
        ExportScope::Trace => "This trace",
        ExportScope::Traces => "The traces listed, whole",
        ExportScope::Spans => "The spans selected",
        ExportScope::Everything => "Everything that is open",
    }
}

/// What the file is called. It tells that it is a part, and no id where anything is hidden.
pub(super) fn file_name(request: &ExportRequest, is_part: bool) -> String {
    const ID_CHARS: usize = 32;
    let what = match request.scope {
        ExportScope::Subtree => "span",
        ExportScope::Trace => "trace",
        ExportScope::Traces => "traces",
        ExportScope::Spans | ExportScope::Everything => "spans",
    };
    let redaction = &request.redaction;
    let is_redacted = redaction.personal
        || redaction.secrets
        || redaction.ids_key.is_some()
        || [&redaction.drop_keys, &redaction.mask_keys, &redaction.mask_texts].into_iter().any(|rules| !rules.is_empty());
    let mut name = what.to_owned();
    if let (ExportScope::Trace, false, Some(id)) = (request.scope, is_redacted, &request.trace_id) {
        name.push('-');
        name.extend(id.chars().filter(char::is_ascii_alphanumeric).take(ID_CHARS));
    }
    for (applies, words) in [(is_part, ".part"), (is_redacted, ".redacted")] {
        if applies {
            name.push_str(words);
        }
    }
    name.push('.');
    name.push_str(ending(request.format));
    if request.gzip {
        name.push_str(".gz");
    }
    name
}

/// The media type of the file.
pub(super) const fn media_type(request: &ExportRequest) -> &'static str {
    if request.gzip {
        return "application/gzip";
    }
    match request.format {
        ExportFormat::OtlpProto => "application/x-protobuf",
        ExportFormat::OtlpProtoFramed => "application/octet-stream",
        ExportFormat::OtlpJsonLines => "application/x-ndjson",
        ExportFormat::Csv => "text/csv",
        ExportFormat::Mermaid => "text/plain",
        ExportFormat::OtlpJson | ExportFormat::Jaeger | ExportFormat::Zipkin | ExportFormat::Chrome => "application/json",
    }
}

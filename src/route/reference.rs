//! Ways in which people and headers name a trace.

/// The trace id and, where it is there, the span id that a text names and nothing else: 32 hex digits, a `traceparent` header
/// (W3C Trace Context, section 3.2), a single `b3` header (`OpenZipkin`), each with or without the header's name in front. In
/// lower case.
pub fn trace_reference(text: &str) -> Option<(String, Option<String>)> {
    let text = text.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    let value = ["traceparent", "b3"]
        .iter()
        .find_map(|name| text.strip_prefix(name)?.trim_start().strip_prefix([':', '=']))
        .unwrap_or(&text)
        .trim();
    let is_hex = |part: &str, digits: usize| {
        part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit()) && part.bytes().any(|byte| byte != b'0')
    };
    let parts: Vec<&str> = value.split('-').collect();
    let (trace, span) = match parts.as_slice() {
        [trace] => (*trace, None),
        // `traceparent` of a future version may go on.
        [version, trace, span, flags, ..] if version.len() == 2 && flags.len() == 2 => (*trace, Some(*span)),
        [trace, span] | [trace, span, _] | [trace, span, _, _] => (*trace, Some(*span)),
        _ => return None,
    };
    let span = span.filter(|span| is_hex(span, 16));
    is_hex(trace, 32).then(|| (trace.to_owned(), span.map(str::to_owned)))
}

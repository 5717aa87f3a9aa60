//! Ways in which people, headers and logs name a trace or a span.
//!
//! | form | from |
//! | --- | --- |
//! | 32 hex digits, also with a UUID's dashes or `0x` | a trace's id |
//! | 16 hex digits | a span's id, or a trace's of 64 bits: only the data tells which |
//! | `00-<trace>-<span>-01` | the value of `traceparent` (W3C Trace Context, section 3.2) |
//! | `<trace>-<span>`, `-<sampled>`, `-<parent>` | the value of `b3` (`OpenZipkin`, b3-propagation, "Single Header") |
//! | `X-B3-TraceId: …` and `X-B3-SpanId: …` | the same as several headers ("Multiple Headers") |
//! | `trace_id=… span_id=…` | logs (OpenTelemetry, "Trace Context in non-OTLP Log Formats") |
//!
//! Case does not matter, nor do quotes, braces and commas around it, so that a header may come out of a JSON text or a command. A
//! text that says anything else names nothing: it may be a file's content.

/// Longer texts are contents; all headers of a call that name its trace take a few hundred bytes.
const MAX_BYTES: usize = 2048;

/// What a text names. At least one of the two is there; both are in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// The trace: 32 hex digits, or 16 of which nothing says that they are a span's.
    pub trace_id: Option<String>,
    /// The span: 16 hex digits.
    pub span_id: Option<String>,
}

impl Reference {
    /// Whether it is 16 digits alone, which may be a span's or a trace's of 64 bits.
    pub fn is_vague(&self) -> bool {
        self.span_id.is_none() && self.trace_id.as_ref().is_some_and(|id| id.len() == 16)
    }
}

/// What comes after the name of a header or a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// Nothing in particular.
    Any,
    Trace,
    Span,
    /// Says nothing of interest.
    Passed,
}

/// The names after which values stand, and of what.
const NAMES: [(&str, Expected); 16] = [
    ("traceparent", Expected::Any),
    ("b3", Expected::Any),
    ("x-b3-traceid", Expected::Trace),
    ("x-b3-spanid", Expected::Span),
    ("x-b3-parentspanid", Expected::Passed),
    ("x-b3-sampled", Expected::Passed),
    ("x-b3-flags", Expected::Passed),
    ("trace_id", Expected::Trace),
    ("traceid", Expected::Trace),
    ("trace-id", Expected::Trace),
    ("span_id", Expected::Span),
    ("spanid", Expected::Span),
    ("span-id", Expected::Span),
    ("trace_flags", Expected::Passed),
    ("trace", Expected::Trace),
    ("span", Expected::Span),
];

/// Lines that go along with those above and say what cannot be looked up.
const BESIDE: [&str; 2] = ["tracestate", "baggage"];

/// The trace or span that a text names, if it says nothing else.
pub fn reference(text: &str) -> Option<Reference> {
    if MAX_BYTES < text.len() {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let mut named = Reference::default();
    let mut expected = Expected::Any;
    let is_beside = |line: &&str| BESIDE.iter().any(|name| line.trim_start_matches(is_wrapping).starts_with(name));
    let words = text.lines().filter(|line| !is_beside(line)).flat_map(|line| line.split(is_between));
    for word in words.filter(|word| !word.is_empty()) {
        if let Some((_, next)) = NAMES.iter().find(|(name, _)| *name == word) {
            // A name without a value.
            if matches!(expected, Expected::Trace | Expected::Span) {
                return None;
            }
            expected = *next;
            continue;
        }
        // An option of a command that sends headers.
        if matches!(word, "-h" | "--header" | "curl") {
            continue;
        }
        take(&mut named, expected, word)?;
        expected = Expected::Any;
    }
    (named.trace_id.is_some() || named.span_id.is_some()).then_some(named)
}

const fn is_wrapping(c: char) -> bool {
    matches!(c, '{' | '}' | '[' | ']' | '(' | ')' | '<' | '>' | '"' | '\'' | '`' | ',' | ';' | '\\') || c.is_ascii_whitespace()
}

const fn is_between(c: char) -> bool {
    is_wrapping(c) || matches!(c, ':' | '=')
}

/// Takes in what a word says; `None` if it is no id, or says again what was said.
fn take(named: &mut Reference, expected: Expected, word: &str) -> Option<()> {
    let word = word.strip_prefix("0x").unwrap_or(word);
    match expected {
        Expected::Passed => Some(()),
        Expected::Trace => put(&mut named.trace_id, trace_id(word)?),
        Expected::Span => put(&mut named.span_id, span_id(word)?),
        Expected::Any => {
            if let Some(id) = trace_id(word) {
                // Behind a trace's id, 16 digits are a span's.
                if id.len() == 16 && named.trace_id.is_some() {
                    return put(&mut named.span_id, id);
                }
                return put(&mut named.trace_id, id);
            }
            let (trace, span) = header_value(word)?;
            put(&mut named.trace_id, trace)?;
            match span {
                Some(span) => put(&mut named.span_id, span),
                None => Some(()),
            }
        }
    }
}

/// Puts an id in its place, where none or the same is.
fn put(place: &mut Option<String>, id: String) -> Option<()> {
    let is_new = place.as_ref().is_none_or(|known| *known == id);
    is_new.then(|| *place = Some(id))
}

/// The value of `traceparent` or `b3`.
fn header_value(word: &str) -> Option<(String, Option<String>)> {
    let parts: Vec<&str> = word.split('-').collect();
    let (trace, span) = match parts.as_slice() {
        // `traceparent` of a future version may go on.
        [version, trace, span, flags, ..] if is_hex(version, 2) && is_hex(flags, 2) && trace.len() == 32 => (*trace, *span),
        [trace, span] | [trace, span, _] | [trace, span, _, _] => (*trace, *span),
        _ => return None,
    };
    // A span id that is none does not make the trace's wrong.
    trace_id(trace).map(|trace| (trace, span_id(span)))
}

/// 32 or 16 digits that are not all 0; 32 also as a UUID is written.
fn trace_id(word: &str) -> Option<String> {
    let digits = match word.split('-').map(str::len).collect::<Vec<_>>().as_slice() {
        [8, 4, 4, 4, 12] => word.replace('-', ""),
        _ => word.to_owned(),
    };
    (is_id(&digits, 32) || is_id(&digits, 16)).then_some(digits)
}

fn span_id(word: &str) -> Option<String> {
    is_id(word, 16).then(|| word.to_owned())
}

fn is_id(word: &str, digits: usize) -> bool {
    is_hex(word, digits) && word.bytes().any(|byte| byte != b'0')
}

fn is_hex(word: &str, digits: usize) -> bool {
    word.len() == digits && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

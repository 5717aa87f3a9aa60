//! A trace as a Mermaid sequence diagram (mermaid.js.org, "Sequence diagrams"): services call each other, and themselves.
//!
//! A diagram is for people, so that there is one, of the first trace, and messages in it are bounded; how many spans were left
//! out stands beneath it.

use std::fmt::Write as _;

use super::shown::{Shown, ShownSpan, Text};
use super::units::Unit;
use crate::base::FastMap;
use crate::model::{ServiceIdx, SpanIdx, SpanKind, StatusCode, TraceIdx};

/// Spans in a diagram, at most.
pub(super) const MAX_CALLS: u32 = 200;
/// Characters of a label, at most.
const LABEL_CHARS: usize = 80;

/// A diagram in the making.
#[derive(Default)]
pub(super) struct Mermaid {
    text: String,
    trace: Option<TraceIdx>,
    /// What services are called in the diagram: `s` and this number.
    participants: FastMap<ServiceIdx, usize>,
    /// Calls that have not returned.
    open: Vec<Call>,
    calls: u32,
    left_out: u64,
}

struct Call {
    /// The row after all that happens in it.
    end: SpanIdx,
    from: usize,
    to: usize,
    duration: Option<u64>,
}

impl Mermaid {
    pub(super) fn unit(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, out: &mut Vec<u8>) {
        self.begin();
        if *self.trace.get_or_insert(unit.trace) == unit.trace {
            unit.spans.iter().for_each(|&span| self.span(shown, unit, span));
        } else {
            self.left_out += unit.spans.len() as u64;
        }
        self.drain_into(out);
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.begin();
        self.returns(None);
        let (last, left_out) = (self.participants.len(), self.left_out);
        if left_out != 0 && last != 0 {
            self.line(format_args!("Note over s1,s{last}: {left_out} more spans are left out"));
        }
        self.drain_into(out);
    }

    fn begin(&mut self) {
        if self.trace.is_none() && self.participants.is_empty() {
            self.text.push_str("sequenceDiagram\n");
        }
    }

    fn drain_into(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text.as_bytes());
        self.text.clear();
    }

    fn span(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, at: SpanIdx) {
        self.returns(Some(at));
        if MAX_CALLS <= self.calls {
            self.left_out += 1;
            return;
        }
        self.calls += 1;
        let span = shown.span(at);
        let to = self.participant(shown, at);
        let from = shown.parent(at).filter(|&parent| unit.rows.has(parent)).map_or(to, |parent| self.participant(shown, parent));
        let is_sent = span.kind == SpanKind::Consumer && from != to;
        let name = label(span.name);
        if is_sent {
            self.line(format_args!("s{from}-)s{to}: {name}"));
        } else {
            self.line(format_args!("s{from}->>s{to}: {name}"));
        }
        self.error(&span, to);
        // A message is not answered, and what a service does by itself does not return to anyone.
        if !is_sent && from != to {
            let duration = (span.start != 0 && span.start <= span.end).then(|| span.duration());
            self.open.push(Call { end: shown.subtree_end(at), from, to, duration });
        }
    }

    fn error(&mut self, span: &ShownSpan<'_>, to: usize) {
        if span.status != StatusCode::Error {
            return;
        }
        let message = label(span.status_message);
        let colon = if message.is_empty() { "" } else { ": " };
        self.line(format_args!("Note over s{to}: error{colon}{message}"));
    }

    /// Lets calls return in which `next` does not happen any more.
    fn returns(&mut self, next: Option<SpanIdx>) {
        while let Some(call) = self.open.pop_if(|call| next.is_none_or(|next| call.end <= next)) {
            let Call { from, to, duration, .. } = call;
            let words = duration.map_or_else(|| "no end".to_owned(), words_of_nanos);
            self.line(format_args!("s{to}-->>s{from}: {words}"));
        }
    }

    fn participant(&mut self, shown: &Shown<'_>, span: SpanIdx) -> usize {
        let service = shown.service(span);
        if let Some(&known) = self.participants.get(&service) {
            return known;
        }
        let number = self.participants.len() + 1;
        self.participants.insert(service, number);
        let name = label(shown.service_name(shown.resource_of(span)));
        self.line(format_args!("participant s{number} as {name}"));
        number
    }

    fn line(&mut self, words: std::fmt::Arguments<'_>) {
        writeln!(self.text, "    {words}").unwrap_or_default();
    }
}

/// A text that is nothing but text to Mermaid: what means something there as its entity code, line breaks as spaces.
fn label(text: Text<'_>) -> String {
    let mut label = String::new();
    for (number, word) in text.as_str().split(|c: char| c.is_whitespace() || c.is_control()).enumerate() {
        if number != 0 {
            label.push(' ');
        }
        // A keyword wherever it stands.
        if word.eq_ignore_ascii_case("end") {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            write!(label, "{first}#{};{}", rest.bytes().next().unwrap_or(b'n'), rest.get(1..).unwrap_or_default())
                .unwrap_or_default();
            continue;
        }
        for c in word.chars() {
            match c {
                '#' | ';' | '<' | '>' | ':' | '%' | '"' | '\\' | '{' | '}' | '&' => {
                    write!(label, "#{};", u32::from(c)).unwrap_or_default();
                }
                _ => label.push(c),
            }
        }
        if LABEL_CHARS <= label.len() {
            break;
        }
    }
    match label.char_indices().nth(LABEL_CHARS) {
        // Not in the middle of an entity code.
        Some((end, _)) => {
            let head = label.get(..end).unwrap_or_default();
            let open = head.rfind('#').filter(|&at| !head.get(at..).unwrap_or_default().contains(';'));
            format!("{}…", head.get(..open.unwrap_or(end)).unwrap_or_default())
        }
        None => label,
    }
}

/// Nanoseconds in the largest unit of which there is one, with three digits behind the point.
fn words_of_nanos(nanos: u64) -> String {
    let (unit, name) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let text = format!("{}.{:03}", nanos / unit, nanos % unit * 1000 / unit);
    format!("{} {name}", text.trim_end_matches('0').trim_end_matches('.'))
}

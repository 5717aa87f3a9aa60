//! Spans, log records and metrics told apart: their exports have the same outer shape, so an element must tell by its fields.

use super::wire::{self, FIXED32, FIXED64, LEN, Tag, VARINT, tag};

/// What an element is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Signal {
    /// A span.
    #[default]
    Span,
    /// A log record.
    Log,
    /// A metric.
    Metric,
    /// A profile.
    Profile,
}

impl Signal {
    /// What an element is, if its own fields say so.
    #[inline]
    pub(super) fn of(element: &[u8]) -> Option<Self> {
        // A trace id of 16 bytes, then a span id of 8: how every SDK begins a span. A metric may begin with a name of 16 characters
        // and a description of 8, but ids are no text.
        if let [0x0a, 16, rest @ ..] = element
            && let Some((trace_id, [0x12, 8, ..])) = rest.split_at_checked(16)
            && !is_printable(trace_id)
        {
            return Some(Self::Span);
        }
        Self::by_fields(element)
    }

    fn by_fields(element: &[u8]) -> Option<Self> {
        let mut rest = element;
        let mut has_name = false;
        while !rest.is_empty() {
            let tag = wire::read_tag(&mut rest)?;
            let value = rest;
            wire::skip(&mut rest, tag)?;
            if let Some(signal) = by_tag(tag) {
                return Some(signal);
            }
            // Field 1 of a metric is its name; of a span, an id.
            if tag.0 == NAME_OR_ID {
                let text = wire::bytes(&mut { value }).unwrap_or_default();
                has_name = !text.is_empty() && is_printable(text);
            }
        }
        has_name.then_some(Self::Metric)
    }
}

fn is_printable(text: &[u8]) -> bool {
    text.iter().all(|byte| (b' '..=b'~').contains(byte))
}

const NAME_OR_ID: u32 = tag(1, LEN);

/// Field numbers with wire types that only one signal has.
fn by_tag(found: Tag) -> Option<Signal> {
    Some(match (found.field(), found.wire_type()) {
        (7 | 8, FIXED64) | (6 | 12 | 14, VARINT) | (13 | 15, LEN) | (16, FIXED32) => Signal::Span,
        (1 | 11, FIXED64) | (2 | 7, VARINT) | (6, LEN) | (8, FIXED32) => Signal::Log,
        (7, LEN) => Signal::Metric,
        (3, FIXED64) => Signal::Profile,
        _ => return None,
    })
}

/// How many data points a metric has.
pub(super) fn metric_points(metric: &[u8]) -> u64 {
    let mut points = 0;
    let mut rest = metric;
    while !rest.is_empty() {
        let Some(tag) = wire::read_tag(&mut rest) else { break };
        // Gauge, sum, histogram, exponential histogram, summary; the points of each are its field 1.
        if let (5 | 7 | 9..=11, LEN) = (tag.field(), tag.wire_type()) {
            let Some(mut data) = wire::bytes(&mut rest) else { break };
            while let Some(tag) = wire::read_tag(&mut data) {
                if wire::skip(&mut data, tag).is_none() {
                    break;
                }
                points += u64::from(tag.0 == NAME_OR_ID);
            }
        } else if wire::skip(&mut rest, tag).is_none() {
            break;
        }
    }
    points
}

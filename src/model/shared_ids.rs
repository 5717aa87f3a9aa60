//! Spans that a client and a server share: Zipkin lets both halves of a call have one id.
//!
//! Each half is a span in OpenTelemetry, the server's a child of the client's. Children of the shared id are the server's doing, so the
//! server keeps it, and the client's half gets one that is made from it: the same each time, and no one else's but by chance in 2⁶⁴.

use super::batch::Batch;
use super::ids::{SpanIdx, TraceIdx};
use super::spans::{SpanKind, SpanMark};
use crate::base::{FastMap, StrId, hash_u64, len_u32};

/// Keeps ids that are made from shared ones apart from other hashes.
const SALT: u64 = 0x7a69_706b_696e_2f63;

impl Batch {
    /// Gives the client's half of each shared span its own id, among the spans from `from` on, and makes it the parent of the server's half. How many
    /// there were, and the first of them.
    pub fn split_shared_spans(&mut self, from: SpanIdx) -> Option<(u64, SpanIdx)> {
        /// The halves that were met of an id.
        const CLIENT: u8 = 1;
        const SERVER: u8 = 2;
        let half = |kind: SpanKind| match kind {
            SpanKind::Client => CLIENT,
            SpanKind::Server => SERVER,
            _ => 0,
        };
        let rows = from.0..len_u32(self.spans.len());
        let mut halves = FastMap::<(TraceIdx, u64, bool), u8>::default();
        for span in rows.clone().map(SpanIdx) {
            let half = half(self.spans.kind[span]);
            if half != 0 && self.spans.id[span] != 0 {
                *halves.entry(self.key_of(span)).or_default() |= half;
            }
        }
        halves.retain(|_, met| *met == CLIENT | SERVER);
        let mut split = None;
        if halves.is_empty() {
            return split;
        }
        for span in rows.map(SpanIdx) {
            let half = half(self.spans.kind[span]);
            let key = self.key_of(span);
            if half == 0 || !halves.contains_key(&key) {
                continue;
            }
            let (id, is_text) = (key.1, key.2);
            let own = if is_text {
                #[expect(clippy::cast_possible_truncation, reason = "symbols have 32 bits")]
                let text = self.strings.get(StrId(id as u32)).to_owned();
                u64::from(self.strings.intern(&format!("{text}-client")).0)
            } else {
                hash_u64(id ^ SALT).max(1)
            };
            let spans = &mut self.spans;
            if half == CLIENT {
                spans.id[span] = own;
                let (n, first) = split.unwrap_or((0, span));
                split = Some((n + 1, first));
            } else {
                spans.parent_id[span] = own;
                if is_text {
                    spans.marks[span].add(SpanMark::TextParentId);
                } else {
                    spans.marks[span].0 &= !(1 << SpanMark::TextParentId as u16);
                }
            }
        }
        split
    }

    fn key_of(&self, span: SpanIdx) -> (TraceIdx, u64, bool) {
        (self.spans.trace[span], self.spans.id[span], self.spans.marks[span].has(SpanMark::TextId))
    }
}

//! OTLP protobuf, streamed into columns.
//!
//! ```text
//! TracesData                    ends with the message
//! └ ResourceSpans               an end offset; reading can stop between any two fields
//!   ├ Resource, schema URL      leaves: read from one slice, waited for until they are whole
//!   └ ScopeSpans                an end offset
//!     ├ Scope, schema URL       leaves
//!     └ Span                    leaf
//! ```
//! Fields may come in any order and more than once; unknown ones are skipped at every level. What breaks costs the smallest
//! message around it whose end is known. Logs, metrics and profiles have the same outer shape: of those, log records and exemplars that
//! name a trace are read, the rest is counted.

mod leaf;
mod place;
mod record;
mod signal;
mod slice;
mod value;
pub(super) mod wire;

pub(super) use slice::SUMS;

use leaf::{Leaf, Origin, Writers};
use place::{Context, Place};
use signal::{Signal, metric_points};
use wire::{FIXED32, FIXED64, GROUP, GROUP_END, LEN, Tag, VARINT};

use super::key_cache::KeyCache;
use crate::base::StrId;
use crate::model::{Batch, ExemplarDraft, FindingKind, ImportReport, LogDraft, ResourceSlot, ScopeSlot, SourceIdx, SpanDraft};

/// The largest span, resource or scope. It is held until it is whole, and a larger one is skipped. Collectors refuse messages of more than
/// 4 MiB unless they are told otherwise.
const MAX_LEAF: u64 = 64 << 20;
/// `ResourceSpans.instrumentation_library_spans`, gone since OTLP 0.19: the same as `scope_spans`.
const OLD_SCOPE_SPANS: u32 = 1000;

/// How many bytes are looked at where a `ResourceSpans` may begin: tags and lengths of four nested messages.
const LOOK_AHEAD: usize = 32;

/// Reads OTLP protobuf, bare or message by message.
pub(super) struct OtlpProtoReader {
    /// Bytes of a leaf or tag that is not whole yet.
    carry: Vec<u8>,
    /// How many bytes `carry` needs before anything can be read.
    needed: usize,
    /// Bytes left by the last feed.
    n_unread: usize,
    /// Offset of the first byte of `carry`, or of the next one.
    offset: u64,
    /// How many of `ResourceSpans` and `ScopeSpans` are open.
    depth: usize,
    /// Where the message, the `ResourceSpans` and the `ScopeSpans` end.
    ends: [u64; 3],
    /// Bytes that are passed over.
    skip: u64,
    /// Groups that are open at this level, which are passed over.
    groups: Vec<u32>,
    /// The message broke, and nothing tells where it goes on.
    is_lost: bool,
    place: Place,
    resource: Open<ResourceSlot>,
    scope: Open<ScopeSlot>,
    writers: Writers,
    keys: KeyCache,
    values: KeyCache,
    /// What the last element was that told.
    signal: Signal,
    spans: u64,
    log_records: u64,
    metric_points: u64,
    profiles: u64,
}

/// A `ResourceSpans` or `ScopeSpans` that is being read.
struct Open<Slot> {
    /// Where its spans look; made for the first of them.
    slot: Option<Slot>,
    origin: Origin,
    schema_url: StrId,
}

impl<Slot> Default for Open<Slot> {
    fn default() -> Self {
        Self { slot: None, origin: Origin::default(), schema_url: StrId::EMPTY }
    }
}

impl<Slot> Open<Slot> {
    fn begin(&mut self) {
        self.slot = None;
        self.origin.writer.clear();
        (self.origin.name, self.origin.version, self.schema_url) = (StrId::EMPTY, StrId::EMPTY, StrId::EMPTY);
        self.origin.dropped = 0;
    }
}

/// What a field at an outer level is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outer {
    ResourceSpans,
    ScopeSpans,
    Resource,
    Scope,
    Element,
    SchemaUrl,
    Unknown,
}

impl OtlpProtoReader {
    pub(super) fn new(source: SourceIdx) -> Self {
        Self {
            carry: Vec::new(),
            needed: 0,
            n_unread: 0,
            offset: 0,
            depth: 0,
            ends: [u64::MAX; 3],
            skip: 0,
            groups: Vec::new(),
            is_lost: false,
            place: Place { source, ..Place::default() },
            resource: Open::default(),
            scope: Open::default(),
            writers: Writers::default(),
            keys: KeyCache::for_keys(),
            values: KeyCache::for_values(),
            signal: Signal::default(),
            spans: 0,
            log_records: 0,
            metric_points: 0,
            profiles: 0,
        }
    }

    /// Begins a message of its own at this offset, with so many bytes where that is known.
    pub(super) fn begin_message(&mut self, offset: u64, length: Option<u64>) {
        self.offset = offset;
        self.ends = [length.map_or(u64::MAX, |length| offset + length), u64::MAX, u64::MAX];
        (self.depth, self.skip, self.is_lost) = (0, 0, false);
        self.place.numbers = [0; 3];
        self.carry.clear();
        self.groups.clear();
    }

    /// Takes in bytes of a message that has its own end. One that breaks is lost, and whoever knows where the next begins goes on.
    pub(super) fn feed(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        if self.is_lost {
            return;
        }
        let mut rest = bytes;
        // What was cut is completed first, with as few bytes as it takes; all others are read where they are.
        while !self.carry.is_empty() {
            let missing = self.needed.max(self.carry.len() + 1) - self.carry.len();
            let (more, after) = rest.split_at(missing.min(rest.len()));
            self.carry.extend_from_slice(more);
            rest = after;
            if self.carry.len() < self.needed {
                return;
            }
            let mut carry = std::mem::take(&mut self.carry);
            let read = self.read(&carry, batch, report);
            carry.drain(..read);
            self.carry = carry;
            if self.is_lost {
                self.n_unread = self.carry.len() + rest.len();
                self.carry.truncate(self.n_unread.saturating_sub(bytes.len()));
                return;
            }
            if rest.is_empty() {
                return;
            }
        }
        let read = self.read(rest, batch, report);
        self.n_unread = rest.len() - read;
        if !self.is_lost {
            self.carry.extend_from_slice(rest.get(read..).unwrap_or_default());
        }
    }

    /// Takes in bytes of a source that is one message. Where that breaks, the next place is sought that looks like a `ResourceSpans`.
    pub(super) fn feed_bare(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        // The place where it broke is no beginning.
        let mut from = usize::from(!self.is_lost);
        if self.is_lost {
            self.n_unread = self.carry.len() + bytes.len();
        } else {
            self.feed(bytes, batch, report);
        }
        if !self.is_lost {
            return;
        }
        // What is in `carry` then comes before these bytes.
        let joined;
        let mut rest = if self.carry.is_empty() {
            bytes.get(bytes.len().saturating_sub(self.n_unread)..).unwrap_or_default()
        } else {
            joined = [&std::mem::take(&mut self.carry), bytes].concat();
            &joined
        };
        while self.is_lost {
            let last = rest.len().saturating_sub(LOOK_AHEAD).max(from.min(rest.len()));
            // No more is looked at than is always there.
            let is_start = |&at: &usize| {
                rest.get(at..at + LOOK_AHEAD).is_some_and(|here| here.starts_with(&[0x0a]) && wire::fits_traces_data(here))
            };
            let Some(at) = (from..last).find(is_start) else {
                self.offset += last as u64;
                self.carry = rest.get(last..).unwrap_or_default().to_vec();
                self.n_unread = 0;
                return;
            };
            self.begin_message(self.offset + at as u64, None);
            rest = rest.get(at..).unwrap_or_default();
            self.feed(rest, batch, report);
            if self.is_lost {
                rest = rest.get(rest.len().saturating_sub(self.n_unread)..).unwrap_or_default();
                from = 1;
            }
        }
    }

    /// Ends the message; false where it is not whole.
    pub(super) fn end_message(&mut self, batch: &mut Batch, report: &mut ImportReport) -> bool {
        self.close_ended(self.offset, batch, report);
        let is_whole = !self.is_lost && self.carry.is_empty() && self.skip == 0 && self.depth == 0 && self.groups.is_empty();
        while 0 < self.depth {
            self.close(batch, report);
        }
        self.begin_message(self.offset + self.carry.len() as u64, None);
        is_whole
    }

    /// Ends the source, which is one message.
    pub(super) fn finish(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        let was_lost = self.is_lost;
        let place = Place { offset: self.offset, depth: self.depth, ..self.place };
        if !self.end_message(batch, report) && !was_lost {
            report.add(FindingKind::TruncatedTail, || place.example(0, "", "the message ends inside a field"));
        }
    }

    /// Whether the message broke where nothing tells how it goes on.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// How many bytes were left when the message broke, up to the end of what was fed.
    pub(super) fn n_unread(&self) -> usize {
        self.n_unread
    }

    /// Those of them that had been fed earlier.
    pub(super) fn take_unread(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.carry)
    }

    /// Spans, log records, metric points.
    pub(super) fn counts(&self) -> (u64, u64, u64) {
        (self.spans, self.log_records, self.metric_points)
    }

    /// Profiles, which are left out.
    pub(super) fn profiles(&self) -> u64 {
        self.profiles
    }

    /// Reads what is whole, and says how much that was.
    fn read(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) -> usize {
        let mut rest = bytes;
        self.needed = 0;
        let start = self.offset;
        while !self.is_lost {
            if self.skip != 0 {
                let skipped = rest.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
                rest = rest.get(skipped..).unwrap_or_default();
                self.skip -= skipped as u64;
                self.offset = start + (bytes.len() - rest.len()) as u64;
                if self.skip != 0 {
                    break;
                }
            }
            self.close_ended(self.offset, batch, report);
            if rest.is_empty() || !self.read_field(&mut rest, batch, report) {
                break;
            }
            self.offset = start + (bytes.len() - rest.len()) as u64;
        }
        bytes.len() - rest.len()
    }

    /// Reads one field; false where there are too few bytes for it.
    #[inline]
    fn read_field(&mut self, rest: &mut &[u8], batch: &mut Batch, report: &mut ImportReport) -> bool {
        let end = self.ends.get(self.depth).copied().unwrap_or(u64::MAX);
        let room = end.saturating_sub(self.offset);
        // What is there of the message that is open.
        let here = rest.get(..usize::try_from(room).unwrap_or(usize::MAX)).unwrap_or(rest);
        let is_all = here.len() as u64 == room;
        let mut ahead = here;
        let Some(tag) = wire::read_tag(&mut ahead) else { return self.cut_or_broken(here, is_all, report) };
        if tag.wire_type() != LEN || !self.groups.is_empty() {
            return self.pass_over(rest, here, is_all, tag, report);
        }
        let Some(len) = wire::varint(&mut ahead) else { return self.cut_or_broken(here, is_all, report) };
        let header = here.len() - ahead.len();
        if room - (header as u64) < len {
            return self.broken(report);
        }
        let outer = self.outer(tag);
        match outer {
            Outer::ResourceSpans | Outer::ScopeSpans => {
                *rest = rest.get(header..).unwrap_or_default();
                self.open(self.offset + header as u64 + len);
                batch.begin_group(self.depth - 1);
                return true;
            }
            Outer::Unknown => {
                *rest = rest.get(header..).unwrap_or_default();
                self.skip = len;
                return true;
            }
            Outer::Resource | Outer::Scope | Outer::Element | Outer::SchemaUrl => {}
        }
        if MAX_LEAF < len {
            let note = format!("expected at most 64 MiB, but found {len} bytes");
            report.add(FindingKind::TooLarge, || self.here().example(0, "", &note));
            *rest = rest.get(header..).unwrap_or_default();
            self.skip = len;
            return true;
        }
        let whole = header + usize::try_from(len).unwrap_or(usize::MAX);
        let Some(leaf) = here.get(header..whole) else {
            self.needed = whole;
            return false;
        };
        self.leaf(outer, leaf, self.offset + header as u64, batch, report);
        *rest = rest.get(whole..).unwrap_or_default();
        true
    }

    fn outer(&self, tag: Tag) -> Outer {
        match (self.depth, tag.field()) {
            (0, 1) => Outer::ResourceSpans,
            (1, 1) => Outer::Resource,
            (1, 2 | OLD_SCOPE_SPANS) => Outer::ScopeSpans,
            (2, 1) => Outer::Scope,
            (2, 2) => Outer::Element,
            (1 | 2, 3) => Outer::SchemaUrl,
            _ => Outer::Unknown,
        }
    }

    fn leaf(&mut self, outer: Outer, leaf: &[u8], offset: u64, batch: &mut Batch, report: &mut ImportReport) {
        if outer == Outer::Element {
            self.signal = Signal::of(leaf).unwrap_or(self.signal);
            match self.signal {
                Signal::Span => {
                    if batch.is_choosy() && batch.turns_away(&leaf::skim(leaf)) {
                        self.spans += 1;
                        self.place.numbers[2] += 1;
                        return;
                    }
                }
                Signal::Log | Signal::Metric => return self.record(leaf, offset, batch, report),
                Signal::Profile => return self.profiles += 1,
            }
        }
        let place = Place { offset, depth: self.depth + usize::from(outer == Outer::Element), signal: self.signal, ..self.place };
        let slots = match outer {
            Outer::Element => (
                *self.resource.slot.get_or_insert_with(|| batch.open_resource()),
                *self.scope.slot.get_or_insert_with(|| batch.open_scope()),
            ),
            _ => (ResourceSlot::default(), ScopeSlot::default()),
        };
        let mut context = Context { batch, report, keys: &mut self.keys, values: &mut self.values, place, all: leaf };
        match outer {
            Outer::Element => {
                let draft = SpanDraft { resource: slots.0, scope: slots.1, source: place.source, ..SpanDraft::default() };
                self.spans += u64::from(Leaf { context, writers: &mut self.writers }.span(draft));
                self.place.numbers[2] += 1;
            }
            Outer::Resource => Leaf { context, writers: &mut self.writers }.resource(&mut self.resource.origin),
            Outer::Scope => Leaf { context, writers: &mut self.writers }.scope(&mut self.scope.origin),
            Outer::SchemaUrl => {
                let url = context.key(leaf, "schemaUrl");
                if self.depth == 1 {
                    self.resource.schema_url = url;
                } else {
                    self.scope.schema_url = url;
                }
            }
            Outer::ResourceSpans | Outer::ScopeSpans | Outer::Unknown => {}
        }
    }

    /// A log record or a metric: kept is what names a trace.
    fn record(&mut self, leaf: &[u8], offset: u64, batch: &mut Batch, report: &mut ImportReport) {
        let is_log = self.signal == Signal::Log;
        let place = Place { offset, depth: self.depth + 1, signal: self.signal, ..self.place };
        let mut context = Context { batch, report, keys: &mut self.keys, values: &mut self.values, place, all: leaf };
        if is_log {
            self.log_records += 1;
        } else {
            self.metric_points += metric_points(leaf);
        }
        let is_wanted = if is_log { record::wants_log(&mut context) } else { record::has_exemplars(leaf) };
        if is_wanted {
            let resource = *self.resource.slot.get_or_insert_with(|| context.batch.open_resource());
            let leaf = Leaf { context, writers: &mut self.writers };
            if is_log {
                let scope = *self.scope.slot.get_or_insert_with(|| leaf.context.batch.open_scope());
                leaf.log(LogDraft { resource, scope, source: place.source, ..LogDraft::default() });
            } else {
                leaf.metric(ExemplarDraft { resource, source: place.source, ..ExemplarDraft::default() });
            }
        }
        self.place.numbers[2] += 1;
    }

    /// Passes over a field that is of no interest at this level.
    #[cold]
    fn pass_over(&mut self, rest: &mut &[u8], here: &[u8], is_all: bool, tag: Tag, report: &mut ImportReport) -> bool {
        let mut ahead = here;
        let read = wire::read_tag(&mut ahead).and_then(|_| match tag.wire_type() {
            VARINT => wire::varint(&mut ahead).map(|_| 0),
            FIXED64 => wire::fixed64(&mut ahead).map(|_| 0),
            FIXED32 => wire::fixed32(&mut ahead).map(|_| 0),
            LEN => wire::varint(&mut ahead),
            _ => Some(0),
        });
        let Some(len) = read else { return self.cut_or_broken(here, is_all, report) };
        let header = here.len() - ahead.len();
        let room = self.ends.get(self.depth).copied().unwrap_or(u64::MAX) - self.offset - header as u64;
        match tag.wire_type() {
            GROUP => self.groups.push(tag.field()),
            GROUP_END if self.groups.last() == Some(&tag.field()) => {
                self.groups.pop();
            }
            VARINT | FIXED64 | FIXED32 => {}
            LEN if len <= room => self.skip = len,
            _ => return self.broken(report),
        }
        *rest = rest.get(header..).unwrap_or_default();
        true
    }

    /// A tag or number that cannot be read: for want of bytes, or because it is none.
    #[cold]
    fn cut_or_broken(&mut self, here: &[u8], is_all: bool, report: &mut ImportReport) -> bool {
        // A tag and a length have 15 bytes at most, a tag and a number 20: with so many there, it is not for want of them.
        const LONGEST: usize = 20;
        let mut ahead = here;
        let has_tag = wire::varint(&mut ahead).is_some();
        let is_bad_tag = has_tag && wire::read_tag(&mut { here }).is_none();
        if is_all || is_bad_tag || LONGEST <= here.len() {
            return self.broken(report);
        }
        self.needed = here.len() + 1;
        false
    }

    /// The open message breaks here: the rest of it is passed over.
    #[cold]
    fn broken(&mut self, report: &mut ImportReport) -> bool {
        const NOTE: &str = "expected a field, but found a tag, number or length that cannot be";
        report.add(FindingKind::BrokenProtobuf, || self.here().example(0, "", NOTE));
        self.groups.clear();
        if self.depth == 0 {
            self.is_lost = true;
            return false;
        }
        self.skip = self.ends.get(self.depth).copied().unwrap_or(u64::MAX) - self.offset;
        true
    }

    fn here(&self) -> Place {
        Place { offset: self.offset, depth: self.depth, signal: self.signal, ..self.place }
    }

    fn open(&mut self, end: u64) {
        self.depth += 1;
        if let Some(place) = self.ends.get_mut(self.depth) {
            *place = end;
        }
        if self.depth == 1 {
            self.resource.begin();
            self.place.numbers[1] = 0;
        } else {
            self.scope.begin();
            self.place.numbers[2] = 0;
        }
    }

    /// Closes what ends at this offset.
    #[inline]
    fn close_ended(&mut self, offset: u64, batch: &mut Batch, report: &mut ImportReport) {
        while 0 < self.depth && self.ends.get(self.depth).is_some_and(|&end| end <= offset) {
            if !self.groups.is_empty() {
                self.broken(report);
            }
            self.close(batch, report);
        }
    }

    /// Closes the innermost `ResourceSpans` or `ScopeSpans`: now its resource or scope is known.
    fn close(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        let place = self.here();
        let mut context = Context { batch, report, keys: &mut self.keys, values: &mut self.values, place, all: &[] };
        if self.depth == 1 {
            let Open { slot, origin, schema_url } = &mut self.resource;
            // One without spans leaves no trace: logs and metrics are full of them.
            if context.batch.drops_group(0) {
                origin.writer.clear();
            } else if let Some(slot) = *slot {
                context.tell_repeated_key(&origin.writer, "resource.attributes");
                let attributes = origin.writer.finish(&mut context.batch.attributes);
                context.batch.set_resource(slot, attributes, *schema_url, origin.dropped);
            }
            self.place.numbers[0] += 1;
        } else {
            let Open { slot, origin, schema_url } = &mut self.scope;
            if context.batch.drops_group(1) {
                origin.writer.clear();
            } else if let Some(slot) = *slot {
                context.tell_repeated_key(&origin.writer, "scope.attributes");
                let attributes = origin.writer.finish(&mut context.batch.attributes);
                context.batch.set_scope(slot, origin.name, origin.version, *schema_url, attributes, origin.dropped);
            }
            self.place.numbers[1] += 1;
        }
        self.depth -= 1;
    }
}

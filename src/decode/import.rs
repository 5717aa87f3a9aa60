//! One source, from raw bytes to spans.
//!
//! ```text
//! bytes ─▶ layer ─▶ layer ─▶ head          a layer is gzip, zstd or UTF-16; each has a buffer of 256 KiB
//!            ▲         │      │            the head first looks (Sniffing), then reads
//!            └─ a head that finds compression becomes a layer, with a new head behind it
//! ```
//! Layers run deepest first, so no buffer grows. Of an archive, each member is read as a source of its own, by an `Import` in its head.

use super::archive::{Archive, Meter, Within, is_worth_telling};
use super::detect::{Verdict, detect};
use super::foreign::{ForeignReader, Sniff, sniff};
use super::framing::Framing;
use super::inflate::{Inflater, MAX_RATIO, is_bomb};
use super::layer::{BUFFER, Layer};
use super::otlp_json::{JsonLayout, JsonShape, OtlpJsonReader};
use super::otlp_proto::OtlpProtoReader;
use super::slices::{Advance, Sizes, Slice, Slices, Target};
use crate::base::text::hex_from_bytes;
use crate::model::{Batch, Example, FindingKind, ImportReport, SourceIdx};

/// Compression in compression: a gzip of a zip of a gzip happens; more is an attack.
const MAX_COMPRESSIONS: usize = 3;
/// How much content one step reads: about 3 ms of a worker's time.
const STEP: u64 = 1 << 20;

/// Reads one source.
pub struct Import {
    source: SourceIdx,
    /// Bytes taken in.
    bytes: u64,
    /// Bytes that reached the head.
    inflated: u64,
    /// Bytes of content that were read, also those that come out of compressed messages.
    work: u64,
    layers: Vec<Layer>,
    head: Head,
    /// How many helpers read slices of the source, and how large those are; and the slices that wait.
    shared: Option<(u32, Sizes)>,
    slices: Option<Box<Slices>>,
    /// The archive or the foreign file that it is.
    foreign: Option<&'static str>,
    is_stuck: bool,
    /// Something was lost before a head could read it.
    is_lossy: bool,
    /// Where it is a member of an archive.
    within: Option<Within>,
}

pub(super) enum Head {
    /// Nothing is known yet but the first bytes.
    Sniffing(Vec<u8>),
    Json(Box<OtlpJsonReader>),
    Protobuf(Box<OtlpProtoReader>),
    Framed(Box<Framing>),
    /// Another format.
    Foreign(Box<ForeignReader>),
    Archive(Box<Archive>),
    /// Nothing here is read.
    Closed,
}

impl Import {
    /// For the source that the report knows by this number.
    pub fn new(source: SourceIdx) -> Self {
        Self {
            source,
            bytes: 0,
            inflated: 0,
            work: 0,
            layers: Vec::new(),
            head: Head::Sniffing(Vec::new()),
            shared: None,
            slices: None,
            foreign: None,
            is_stuck: false,
            is_lossy: false,
            within: None,
        }
    }

    /// For a member of an archive.
    pub(super) fn of_member(source: SourceIdx, within: Within) -> Self {
        Self { within: Some(within), ..Self::new(source) }
    }

    /// Takes in bytes of a member, with what was read around it so far.
    pub(super) fn feed_within(&mut self, bytes: &[u8], meter: Meter, batch: &mut Batch, report: &mut ImportReport) {
        if let Some(within) = &mut self.within {
            within.meter = meter;
        }
        self.feed(bytes, batch, report);
    }

    /// Bytes that were taken in, and all that came out of them.
    pub(super) fn weight(&self) -> u64 {
        let layers: u64 = self.layers.iter().map(|layer| layer.total).sum();
        self.bytes + layers + self.unpacked()
    }

    /// Bytes that came out of the head's own compression.
    fn unpacked(&self) -> u64 {
        match &self.head {
            Head::Framed(framing) => framing.inflated(),
            Head::Archive(archive) => archive.inflated(),
            Head::Sniffing(_) | Head::Json(_) | Head::Protobuf(_) | Head::Foreign(_) | Head::Closed => 0,
        }
    }

    /// Takes in bytes.
    pub fn feed(&mut self, mut bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        while self.step(&mut bytes, batch, report) {
            while self.is_full() {
                if self.advance(batch, report) == Advance::Blocked {
                    self.take_back_all();
                }
            }
        }
    }

    /// From here on slices of the source are cut off for helpers to read. The caller lends them out as [`lend`](Self::lend) says, and
    /// reads on with [`advance`](Self::advance).
    pub fn share(&mut self, helpers: u32, sizes: Sizes) {
        if let Some(slices) = &mut self.slices {
            slices.set_helpers(helpers);
        } else if helpers != 0 {
            self.shared = Some((helpers, sizes));
        }
    }

    /// The next slice for a helper, which is answered with [`take_back`](Self::take_back).
    pub fn lend(&mut self) -> Option<Slice> {
        self.slices.as_mut()?.lend()
    }

    /// Takes what a helper read of a slice, or nothing where it did not read it.
    pub fn take_back(&mut self, number: u32, read: Vec<u8>) {
        if let Some(slices) = &mut self.slices {
            slices.take_back(number, read);
        }
    }

    /// Counts on no answer of a helper any more.
    pub fn take_back_all(&mut self) {
        if let Some(slices) = &mut self.slices {
            slices.take_back_all();
        }
    }

    /// Bytes of content so far.
    pub fn inflated(&self) -> u64 {
        self.inflated
    }

    /// Whether enough waits to be read that no more bytes should be taken in.
    pub fn is_full(&self) -> bool {
        self.slices.as_ref().is_some_and(|slices| slices.is_full())
    }

    /// No more bytes come: what was not cut off so far is.
    pub fn end(&mut self) {
        if let Some(slices) = &mut self.slices {
            slices.end();
        }
    }

    /// Reads some of what is cut off.
    pub fn advance(&mut self, batch: &mut Batch, report: &mut ImportReport) -> Advance {
        let Some(slices) = &mut self.slices else { return Advance::Done };
        let before = if let Head::Framed(framing) = &self.head { framing.inflated() } else { 0 };
        let mut advance = slices.advance(&mut Target { head: &mut self.head, batch, report, source: self.source });
        if let Head::Framed(framing) = &self.head {
            self.is_stuck |= framing.is_stuck();
            if let Advance::By(by) = &mut advance {
                *by += framing.inflated() - before;
            }
        }
        advance
    }

    /// Takes in some of the bytes, which shrink from the front: as many as make up to a megabyte of content. True where there is
    /// more to do, with the bytes that are left, even none.
    pub fn step(&mut self, bytes: &mut &[u8], batch: &mut Batch, report: &mut ImportReport) -> bool {
        let until = self.work + STEP;
        while self.work < until {
            if self.is_stuck {
                self.bytes += bytes.len() as u64;
                *bytes = &[];
                return false;
            }
            if self.is_full() {
                return true;
            }
            let Some(runner) = self.deepest_with_work(bytes) else {
                if !self.layers.is_empty() || bytes.is_empty() {
                    return false;
                }
                // Compressed messages and members become many times their size.
                let most = if matches!(self.head, Head::Framed(_) | Head::Archive(_)) { BUFFER / 4 } else { BUFFER };
                let (piece, rest) = bytes.split_at(bytes.len().min(most));
                *bytes = rest;
                self.bytes += piece.len() as u64;
                self.read(piece, batch, report);
                continue;
            };
            if let Some(what) = self.layers.get_mut(runner).and_then(|layer| layer.damage.take()) {
                self.tell_damage(runner, what, batch, report);
                continue;
            }
            self.run(runner, bytes, report);
            if runner + 1 == self.layers.len() {
                self.pass_to_head(batch, report);
            }
        }
        true
    }

    /// Whether nothing more can come of this source: the caller may stop reading it.
    pub fn is_stuck(&self) -> bool {
        self.is_stuck
    }

    /// Ends the source and enters what it was into the report.
    pub fn finish(self, batch: &mut Batch, report: &mut ImportReport) {
        self.conclude(batch, report);
    }

    /// The same; and whether it was telemetry, or what could have been some.
    pub(super) fn conclude(mut self, batch: &mut Batch, report: &mut ImportReport) -> bool {
        self.end();
        self.take_back_all();
        while self.advance(batch, report) != Advance::Done {}
        (self.shared, self.slices) = (None, None);
        // Ending a layer may let bytes through to a head that was still looking, and that may open another layer.
        loop {
            if let Head::Sniffing(prefix) = &mut self.head {
                let prefix = std::mem::take(prefix);
                self.decide(prefix, true, batch, report);
            }
            let before = self.inflated;
            self.feed(&[], batch, report);
            if self.inflated == before && !matches!(self.head, Head::Sniffing(_)) {
                break;
            }
        }
        for layer in &self.layers {
            if let Some(what) = layer.inflater.damage_at_end()
                && !self.is_stuck
            {
                let offset = self.bytes;
                self.is_lossy = true;
                report.add(FindingKind::BrokenCompression, || example(self.source, offset, what));
            }
        }
        self.enter(batch, report)
    }

    fn deepest_with_work(&self, bytes: &[u8]) -> Option<usize> {
        let has_work = |&at: &usize| {
            let Some(layer) = self.layers.get(at) else { return false };
            let upstream = match at.checked_sub(1).and_then(|before| self.layers.get(before)) {
                Some(before) => before.waiting.0 < before.waiting.1,
                None => !bytes.is_empty(),
            };
            layer.is_full || layer.damage.is_some() || layer.preface_read < layer.preface.len() || upstream
        };
        (0..self.layers.len()).rev().find(has_work)
    }

    /// Lets one layer take a step; what comes out waits in its buffer.
    fn run(&mut self, at: usize, bytes: &mut &[u8], report: &mut ImportReport) {
        let (before, after) = self.layers.split_at_mut(at);
        let Some(layer) = after.first_mut() else { return };
        let mut upstream = before.last_mut();
        let preface = layer.preface.get(layer.preface_read..).unwrap_or_default();
        let input = match (&upstream, preface) {
            (_, [_, ..]) => preface,
            (Some(upstream), []) => upstream.out.get(upstream.waiting.0..upstream.waiting.1).unwrap_or_default(),
            (None, []) => bytes,
        };
        let progress = layer.inflater.step(input, &mut layer.out);
        match &mut upstream {
            _ if !preface.is_empty() => {
                layer.preface_read += progress.consumed;
                if layer.preface_read == layer.preface.len() {
                    (layer.preface, layer.preface_read) = (Vec::new(), 0);
                }
            }
            Some(upstream) => upstream.waiting.0 += progress.consumed,
            None => {
                *bytes = bytes.get(progress.consumed..).unwrap_or_default();
                self.bytes += progress.consumed as u64;
            }
        }
        layer.waiting = (0, progress.produced);
        layer.is_full = progress.is_full;
        layer.taken += progress.consumed as u64;
        layer.total += progress.produced as u64;
        layer.damage = progress.damage;
        let total = layer.total;
        // What was looked at and is not read yet counts as taken in, but not here.
        let read = self.layers.first().map_or(0, |layer| layer.taken);
        let around = self.within.map_or_else(Meter::default, |within| within.meter);
        if is_bomb(read, total) || (self.within.is_some() && is_bomb(around.stored, around.inflated + total)) {
            (self.is_stuck, self.is_lossy) = (true, true);
            let inflated = total >> 20;
            let note = format!("expected at most {MAX_RATIO} times its size, but found {inflated} MiB in the first {read} bytes");
            report.add(FindingKind::ExpansionBomb, || example(self.source, read, note));
        }
    }

    /// Lets the head read what the last layer has.
    fn pass_to_head(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        let Some(layer) = self.layers.last_mut() else { return };
        let out = std::mem::take(&mut layer.out);
        let (start, end) = std::mem::take(&mut layer.waiting);
        let at = self.layers.len() - 1;
        self.read(out.get(start..end).unwrap_or_default(), batch, report);
        if let Some(layer) = self.layers.get_mut(at) {
            layer.out = out;
        }
    }

    /// Tells what is wrong at the point that a layer has come to, now that all before it is read.
    fn tell_damage(&mut self, at: usize, what: &'static str, batch: &mut Batch, report: &mut ImportReport) {
        self.is_lossy = true;
        let taken = self.layers.get(at).map_or(0, |layer| layer.taken);
        // How far the source is read while an inner layer is at its damage depends on how its bytes came.
        let (offset, note) = match at.checked_sub(1).and_then(|outer| self.layers.get(outer)) {
            None => (Some(taken), what.to_owned()),
            Some(outer) => (None, format!("{what}, at byte {taken} of what the {} holds", outer.inflater.name())),
        };
        report.add(FindingKind::BrokenCompression, || Example { source: self.source, offset, note, ..Example::default() });
        if at + 1 != self.layers.len() {
            return;
        }
        // The break after a line that is cut counts, or offsets would lie past the end.
        self.inflated += u64::from(matches!(self.head, Head::Json(_) | Head::Foreign(_)));
        match &mut self.slices {
            Some(slices) => slices.break_off(),
            None => self.head.break_off(batch, report),
        }
    }

    fn read(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        if bytes.is_empty() {
            return;
        }
        self.inflated += bytes.len() as u64;
        self.work += bytes.len() as u64;
        if self.slices.is_none()
            && let Some((helpers, sizes)) = self.shared
        {
            self.slices = Slices::of(&self.head, helpers, sizes).map(Box::new);
        }
        if let Some(slices) = &mut self.slices {
            slices.push(bytes);
            return;
        }
        match &mut self.head {
            Head::Sniffing(prefix) => {
                // A large piece can be told without a copy of it.
                let mut prefix = std::mem::take(prefix);
                prefix.extend_from_slice(bytes);
                self.decide(prefix, false, batch, report);
            }
            Head::Framed(framing) => {
                let before = framing.inflated();
                framing.feed(bytes, batch, report);
                self.work += framing.inflated() - before;
                self.is_stuck |= framing.is_stuck();
            }
            Head::Archive(archive) => {
                let before = archive.inflated();
                let outside = Meter { stored: self.bytes, inflated: 0 };
                archive.feed(bytes, self.within.map_or(outside, |within| within.meter), batch, report);
                self.work += archive.inflated() - before;
                self.is_stuck |= archive.is_stuck();
            }
            head => head.read(bytes, batch, report),
        }
    }

    /// Finds out what the first bytes are, and opens a reader or a layer for it.
    fn decide(&mut self, prefix: Vec<u8>, is_all: bool, batch: &mut Batch, report: &mut ImportReport) {
        self.head = match detect(&prefix, is_all) {
            Verdict::More => Head::Sniffing(prefix),
            Verdict::Empty => Head::Closed,
            Verdict::Gzip => self.open_layer(Inflater::gzip(), prefix, report),
            Verdict::Zstd => self.open_layer(Inflater::zstd(), prefix, report),
            Verdict::Utf16(order) => {
                report.add(FindingKind::Utf16, || example(self.source, 0, "UTF-16"));
                self.open_layer(Inflater::utf16(order), prefix, report)
            }
            Verdict::Text => match sniff(&prefix, is_all) {
                Sniff::More => Head::Sniffing(prefix),
                Sniff::Declined(name) => self.decline(name, report),
                Sniff::Foreign(format) => {
                    let mut reader = Box::new(ForeignReader::new(format, self.source));
                    reader.feed(&prefix, batch, report);
                    Head::Foreign(reader)
                }
                Sniff::Otlp => {
                    let mut reader = Box::new(OtlpJsonReader::new(self.source));
                    reader.feed(&prefix, batch, report);
                    Head::Json(reader)
                }
            },
            Verdict::Protobuf => {
                let mut reader = Box::new(OtlpProtoReader::new(self.source));
                reader.feed_bare(&prefix, batch, report);
                Head::Protobuf(reader)
            }
            Verdict::Framed => {
                let mut framing = Box::new(Framing::new(self.source));
                framing.feed(&prefix, batch, report);
                Head::Framed(framing)
            }
            Verdict::Archive(kind) if Archive::is_too_deep(self.within) => {
                (self.is_stuck, self.is_lossy) = (true, true);
                let note = format!("expected at most {} archives, but found a {} inside", Archive::max_depth(), kind.name());
                report.add(FindingKind::NestedTooDeep, || example(self.source, 0, note));
                Head::Closed
            }
            Verdict::Archive(kind) => {
                self.head = Head::Archive(Box::new(Archive::new(kind, self.source, self.within)));
                // What was looked at is read as what comes after it is.
                self.inflated -= prefix.len() as u64;
                self.work -= prefix.len() as u64;
                self.read(&prefix, batch, report);
                return;
            }
            Verdict::Foreign(name) => self.decline(name, report),
            Verdict::Unknown => self.close_unknown(&prefix, report),
        };
    }

    fn decline(&mut self, name: &'static str, report: &mut ImportReport) -> Head {
        self.is_stuck = true;
        self.is_lossy = is_worth_telling(name);
        self.foreign = Some(name);
        report.add(FindingKind::ForeignFormat, || example(self.source, 0, format!("found {name}")));
        Head::Closed
    }

    fn close_unknown(&mut self, prefix: &[u8], report: &mut ImportReport) -> Head {
        self.is_stuck = true;
        let first = prefix.get(..16).unwrap_or(prefix);
        report.add(FindingKind::NotTelemetry, || {
            example(self.source, 0, format!("expected JSON or protobuf, but found the bytes {}", hex_from_bytes(first)))
        });
        Head::Closed
    }

    fn open_layer(&mut self, inflater: Inflater, preface: Vec<u8>, report: &mut ImportReport) -> Head {
        // What is inside counts, not the bytes that were looked at.
        self.inflated -= preface.len() as u64;
        let n_compressions = self.layers.iter().filter(|layer| layer.inflater.is_compression()).count();
        if inflater.is_compression() && n_compressions == MAX_COMPRESSIONS {
            (self.is_stuck, self.is_lossy) = (true, true);
            report.add(FindingKind::NestedTooDeep, || {
                example(
                    self.source,
                    0,
                    format!("expected at most {MAX_COMPRESSIONS} layers, but found {} inside", inflater.name()),
                )
            });
            return Head::Closed;
        }
        self.layers.push(Layer::new(inflater, preface));
        Head::Sniffing(Vec::new())
    }

    /// Ends the reader and fills in the source's line of the report. Whether it is worth one.
    fn enter(self, batch: &mut Batch, report: &mut ImportReport) -> bool {
        let mut is_telling = self.is_lossy;
        let source = self.source;
        // What is declined is not read on: how much of it was inflated says nothing.
        let is_declined = self.is_stuck && matches!(self.head, Head::Closed);
        let read = if self.layers.is_empty() { self.bytes } else { self.inflated };
        let mut inflated = if is_declined { 0 } else { read };
        let mut counts = (0, 0, 0);
        // In JSON these are counted by document, where they stand.
        let mut uncounted = (0, 0);
        let (mut coarse_ns, mut is_foreign) = (0, false);
        let mut format = match self.head {
            Head::Json(mut reader) => {
                reader.finish(batch, report);
                counts = (reader.spans(), reader.log_records(), reader.metric_points());
                let shape = reader.shape();
                is_telling |= counts != (0, 0, 0) || shape.is_otlp || shape.server.is_some() || shape.foreign.is_some();
                json_format(shape, counts, source, report)
            }
            Head::Protobuf(mut reader) => {
                reader.finish(batch, report);
                counts = reader.counts();
                uncounted = (counts.2, reader.profiles());
                is_telling = true;
                "OTLP protobuf".to_owned()
            }
            Head::Foreign(mut reader) => {
                reader.finish(batch, report);
                (counts.0, counts.1) = reader.counts();
                (coarse_ns, is_foreign) = (reader.coarse_ns(), true);
                is_telling |= counts != (0, 0, 0);
                reader.name().to_owned()
            }
            Head::Framed(mut framing) => {
                framing.finish(batch, report);
                counts = framing.counts();
                is_telling = true;
                uncounted = framing.uncounted();
                // Places are in what came out of the compression around the messages, if there is one.
                if framing.inflated() != 0 {
                    inflated = if self.layers.is_empty() { framing.inflated() } else { inflated.max(framing.inflated()) };
                }
                framing.format()
            }
            Head::Archive(mut archive) => {
                archive.finish(batch, report);
                is_telling |= archive.is_telemetry();
                archive.kind().name().to_owned()
            }
            Head::Closed if self.foreign.is_none() && !self.is_stuck => {
                report.add(FindingKind::EmptySource, || example(source, 0, "found nothing but white space"));
                String::new()
            }
            Head::Sniffing(_) | Head::Closed => self.foreign.unwrap_or_default().to_owned(),
        };
        report.add_many(FindingKind::MetricPoints, uncounted.0, || example(source, 0, ""));
        report.add_many(FindingKind::Profiles, uncounted.1, || example(source, 0, ""));
        if coarse_ns != 0 {
            let unit = if coarse_ns < 1_000_000 { "microseconds" } else { "milliseconds" };
            report.add_many(FindingKind::CoarseTime, counts.0, || example(source, 0, format!("{format} counts {unit}")));
        }
        for layer in self.layers.iter().rev() {
            if !format.is_empty() {
                format.push_str(", ");
            }
            format.push_str(layer.inflater.name());
        }
        if let Some(entry) = report.sources.as_mut_slice().get_mut(source.0 as usize) {
            (entry.bytes, entry.bytes_inflated, entry.format) = (self.bytes, inflated, format);
            (entry.spans, entry.log_records, entry.metric_points) = counts;
            (entry.coarse_ns, entry.has_short_ids) = (coarse_ns, is_foreign);
        }
        is_telling
    }
}

/// What JSON or text is called; where nothing in it is OTLP, that is a finding.
fn json_format(shape: JsonShape, counts: (u64, u64, u64), source: SourceIdx, report: &mut ImportReport) -> String {
    let layout = match shape.layout {
        JsonLayout::Empty => "text",
        JsonLayout::Document => "JSON",
        JsonLayout::Array => "JSON array",
        JsonLayout::Lines => "JSON lines",
        JsonLayout::Concatenated => "JSON documents",
    };
    if let Some(server) = shape.server {
        return format!("{server} {layout}");
    }
    if shape.is_otlp || counts != (0, 0, 0) {
        return format!("OTLP {layout}");
    }
    if let Some(name) = shape.foreign {
        report.add(FindingKind::ForeignFormat, || example(source, 0, format!("found {name}")));
        return name.to_owned();
    }
    let note = format!("expected OTLP, but found {layout} without any of its keys");
    report.add(FindingKind::NotTelemetry, || example(source, 0, note));
    layout.to_owned()
}

fn example(source: SourceIdx, offset: u64, note: impl Into<String>) -> Example {
    Example { source, offset: Some(offset), line: None, path: String::new(), note: note.into() }
}

//! Traces in formats that are not OTLP, mapped onto OpenTelemetry's model.
//!
//! ```text
//! bytes ─▶ sniff: whose format it is, by its first keys
//!          outline: documents, lists and wrappers, as a stack that stops anywhere      ┐ the same for every format of JSON
//!            └▶ tape: one span (or what else is small and stands alone), read whole    ┘
//!                 └▶ a format's `leaf`: what its members mean ─▶ pen ─▶ batch, findings
//! ```
//! A format is one file: what its lists are called ([`Format::step`]), what its leaves mean ([`Format::leaf`]), and in its head comment
//! the rules with their sources. All else is shared: cuts, damage, log lines between documents, ids, times, attributes.
//!
//! *Invariants.* As everywhere in `decode`: nothing fails on content, nothing recurses over data, every loss is a finding, and the result does not
//! depend on how the bytes were cut into pieces.

mod csv;
mod datadog;
mod elastic;
mod flat;
mod jaeger;
mod otel_cli;
mod outline;
mod pen;
mod relaxed;
mod sdk;
mod sniff;
mod tape;
mod time;
mod xray;
mod zipkin;

pub(super) use sniff::{Sniff, sniff};

use csv::Csv;
use outline::Outline;
use pen::Pen;
use relaxed::Relaxed;
use tape::Item;

use super::otlp_json::OtlpJsonReader;
use crate::model::{Batch, Example, FindingKind, ImportReport, SourceIdx};

/// A format that is not OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    kind: Kind,
    /// Whether it is an object literal of JavaScript.
    is_relaxed: bool,
    /// Where it is a table: what parts its columns.
    separator: Option<u8>,
}

impl Foreign {
    fn of(kind: Kind) -> Self {
        Self { kind, is_relaxed: false, separator: None }
    }
}

/// Whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Jaeger's traces, batches and answers; and its spans without anything around them.
    Jaeger,
    JaegerSpans,
    Zipkin,
    /// What SDKs print.
    Console(sdk::Sdk),
    Xray,
    XraySegments,
    Datadog,
    Elastic,
    /// What otel-cli's server wrote of its own.
    OtelCli,
    /// Rows whose columns have names that tell.
    Flat(flat::Table),
    /// OpenObserve's rows as a table.
    OpenObserve,
}

/// A list or object of a format that is entered; what the numbers mean is the format's business. Documents stand at 0.
type Level = u8;

/// What is done with a member or element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Its own members or elements are looked at, at this level.
    Enter(Level),
    /// It is read whole, and given to [`Format::leaf`] with this number.
    Leaf(u8),
    /// It is of no use.
    Skip,
}

/// A format of JSON.
trait Format {
    /// What it is called in the report.
    fn name(&self) -> &'static str;

    /// Nanoseconds in the unit of its times, where that is coarser: 1000 of microseconds. 0 where they are nanoseconds.
    fn coarse_ns(&self) -> u32;

    /// The keys, with quotes, that its leaves begin with: where reading goes on after damage.
    fn first_keys(&self) -> &'static [&'static [u8]];

    /// What to do with a value inside a level: a member with its key, or an element or document with none. `first` is its first byte.
    fn step(&self, level: Level, key: &[u8], first: u8) -> Step;

    /// A level ends.
    fn close(&mut self, _level: Level, _pen: &mut Pen<'_>) {}

    /// A value that was read whole.
    fn leaf(&mut self, leaf: u8, item: Item<'_>, pen: &mut Pen<'_>);

    /// The source ends.
    fn finish(&mut self, _pen: &mut Pen<'_>) {}
}

/// What makes JSON of what is none.
enum Translator {
    None,
    Relaxed(Relaxed),
    Csv(Csv),
}

/// Who reads the JSON.
enum Body {
    Outline(Box<Outline>),
    Rows(Box<OtlpJsonReader>),
}

/// Reads one source in a format that is not OTLP. Its code is in the program's second part (`tools/split.mjs`), and three functions are the way to it.
pub(super) struct ForeignReader {
    source: SourceIdx,
    translator: Translator,
    json: Vec<u8>,
    body: Body,
}

impl ForeignReader {
    /// Begins a source.
    #[inline(never)]
    pub(super) fn new(foreign: Foreign, source: SourceIdx) -> Self {
        let translator = match foreign.separator {
            Some(separator) => Translator::Csv(Csv::new(separator)),
            None if foreign.is_relaxed => Translator::Relaxed(Relaxed::default()),
            None => Translator::None,
        };
        let format: Box<dyn Format> = match foreign.kind {
            Kind::Jaeger => Box::<jaeger::Jaeger>::default(),
            Kind::JaegerSpans => Box::new(jaeger::Jaeger::bare()),
            Kind::Zipkin => Box::<zipkin::Zipkin>::default(),
            Kind::Console(sdk) => Box::new(sdk::Console::new(sdk)),
            Kind::Xray => Box::<xray::Xray>::default(),
            Kind::XraySegments => Box::<xray::Segments>::default(),
            Kind::Datadog => Box::<datadog::Datadog>::default(),
            Kind::Elastic => Box::<elastic::Elastic>::default(),
            Kind::OtelCli => Box::<otel_cli::OtelCli>::default(),
            Kind::Flat(table) => Box::new(flat::Flat::new(table)),
            Kind::OpenObserve => {
                let body = Body::Rows(Box::new(OtlpJsonReader::new(source)));
                return Self { source, translator, json: Vec::new(), body };
            }
        };
        Self { source, translator, json: Vec::new(), body: Body::Outline(Box::new(Outline::new(format, source))) }
    }

    /// Takes the next bytes of the text, decompressed and in UTF-8. `batch` and `report` are the same at each call.
    #[inline(never)]
    pub(super) fn feed(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        let json = &mut self.json;
        json.clear();
        match &mut self.translator {
            Translator::None => return self.body.feed(bytes, batch, report),
            Translator::Relaxed(relaxed) => relaxed.translate(bytes, json),
            Translator::Csv(csv) => csv.translate(bytes, json),
        }
        self.body.feed(json, batch, report);
    }

    /// The end of the text: what is left is read, or told as cut off.
    #[inline(never)]
    pub(super) fn finish(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        let json = &mut self.json;
        json.clear();
        let (cut, note) = match &mut self.translator {
            Translator::None => (0, ""),
            Translator::Relaxed(relaxed) => {
                relaxed.finish(json);
                (relaxed.cut, "Node printed `[Object]` in place of a value: print with `depth: null`")
            }
            Translator::Csv(csv) => {
                csv.finish(json);
                (csv.cut, "cells past 4,096 columns or 16 MiB")
            }
        };
        self.body.feed(json, batch, report);
        self.body.finish(batch, report);
        let source = self.source;
        // Both readers count in the text that the translator made.
        if !matches!(self.translator, Translator::None) {
            report.forget_places(source);
        }
        report.add_many(FindingKind::CutValue, cut, || Example { source, note: note.to_owned(), ..Example::default() });
    }

    /// Span records and log records so far.
    pub(super) fn counts(&self) -> (u64, u64) {
        match &self.body {
            Body::Outline(outline) => (outline.spans(), outline.log_records()),
            Body::Rows(reader) => (reader.spans(), reader.log_records()),
        }
    }

    /// What it is called in the report.
    pub(super) fn name(&self) -> &'static str {
        match &self.body {
            Body::Outline(outline) => outline.name(),
            Body::Rows(_) => "OpenObserve CSV",
        }
    }

    /// Nanoseconds in the unit of its times, where that is coarser.
    pub(super) fn coarse_ns(&self) -> u32 {
        match &self.body {
            Body::Outline(outline) => outline.coarse_ns(),
            Body::Rows(_) => 0,
        }
    }
}

impl Body {
    fn feed(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        match self {
            Self::Outline(outline) => outline.feed(bytes, batch, report),
            Self::Rows(reader) => reader.feed(bytes, batch, report),
        }
    }

    fn finish(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        match self {
            Self::Outline(outline) => outline.finish(batch, report),
            Self::Rows(reader) => reader.finish(batch, report),
        }
    }
}

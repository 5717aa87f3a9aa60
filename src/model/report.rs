//! The import report: parsing never fails on content, it says here what it met.
//!
//! One closed list of findings, each with its severity, its meaning and its remedy; counted, with the first few examples.

use super::portion::Part;
use crate::base::Column;

crate::define_index!(
    /// A source: one file, paste or answer that was read.
    pub SourceIdx
);

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing was changed.
    Info,
    /// Something was put right.
    Repaired,
    /// Something is missing now.
    DataLoss,
}

macro_rules! findings {
    ($($(#[$doc:meta])* $name:ident $severity:ident $slug:literal $summary:literal $remedy:literal;)*) => {
        /// The closed list of what an import can find.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FindingKind {
            $($(#[$doc])* $name,)*
        }

        impl FindingKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
            /// A stable name.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }
            /// What it means, as a fragment that follows a count.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$name => $summary,)* }
            }
            /// What was done about it, and what the reader can do.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

findings! {
    // Lost
    /// The file ends inside a record.
    TruncatedTail DataLoss "truncated-tail" "records cut off at the end of the file"
        "Everything before the cut was read. The producer was probably stopped while writing; export again if you need the rest.";
    /// Text that is not JSON where JSON should be.
    BrokenJson DataLoss "broken-json" "places where the JSON is broken"
        "Reading went on after the damage. Compare the file with its origin, or export again.";
    /// Bytes that are not protobuf where protobuf should be.
    BrokenProtobuf DataLoss "broken-protobuf" "messages that are not valid protobuf"
        "Reading went on with the next message. Compare the file with its origin, or export again.";
    /// A compressed stream that breaks off or is damaged.
    BrokenCompression DataLoss "broken-compression" "compressed streams and archives that are damaged or cut"
        "Everything before the damage was read. Compare the file with its origin, or copy it again.";
    /// A file that stopped being readable.
    SourceUnreadable DataLoss "source-unreadable" "files that could not be read to their end"
        "What had been read was kept. The file may have been moved, deleted or changed meanwhile; open it again.";
    /// A source with nothing in it that Spanwise reads.
    NotTelemetry DataLoss "not-telemetry" "sources in no format that Spanwise reads"
        "Spanwise reads OTLP as JSON and protobuf, Jaeger, Zipkin, Tempo, OpenObserve, SDK console output, X-Ray, Datadog, Elastic APM and tables of spans; plain, gzip or zstd, in zip and tar archives or not.";
    /// A format that is recognised, and not read.
    ForeignFormat DataLoss "foreign-format" "sources in a format that is recognized but not read"
        "Export as OTLP JSON or OTLP protobuf instead, for instance with the OpenTelemetry collector's file exporter.";
    /// A value nested deeper than any producer writes.
    TooDeep DataLoss "too-deep" "values nested too deep, left out"
        "Attribute values are read down to 64 levels, as deep as protobuf readers go.";
    /// A message or element over the size that memory allows.
    TooLarge DataLoss "too-large" "elements too large to read, left out"
        "One span, resource or scope may take 64 MiB at most. The rest was read.";
    /// A stream that inflates beyond reason.
    ExpansionBomb DataLoss "expansion-bomb" "compressed streams that inflate without bound"
        "Reading stopped at the limit; what came before it was kept. If the file is genuine, decompress it first.";
    /// Compression in compression in compression.
    NestedTooDeep DataLoss "nested-too-deep" "streams compressed or packed over and over"
        "Up to three layers of compression are taken off, and three archives in each other are read. Unpack the file first.";
    /// A member of an archive that cannot be read.
    UnreadMember DataLoss "unread-member" "members of archives that cannot be read"
        "What is encrypted, sparse, or compressed in another way than with deflate is not read. Unpack the archive and open what is in it.";
    /// A member of an archive that has more than are read.
    TooManyMembers DataLoss "too-many-members" "members of archives beyond the number that is read"
        "The first 10,000 files of an archive in which there is telemetry are read. Unpack it and open the others by themselves.";
    /// A span's field whose value has the wrong type.
    WrongType DataLoss "wrong-type" "fields with a value of the wrong type, left empty"
        "The rest of the span was kept. The producer does not follow the OTLP specification.";
    /// A number that does not fit its field.
    BadNumber DataLoss "bad-number" "numbers that do not fit their field, left at 0"
        "The rest of the span was kept. The producer does not follow the OTLP specification.";
    /// A bytes value that is not base64.
    BadBase64 DataLoss "bad-base64" "byte values that are not base64, kept as text"
        "The rest of the span was kept. The producer does not follow the OTLP specification.";
    /// Text without any JSON between the records.
    SkippedText DataLoss "skipped-text" "lines that are not telemetry, skipped"
        "Usually log lines of the program that wrote the file. Nothing that looked like a span was among them.";
    /// JSON that holds no telemetry.
    SkippedDocument DataLoss "skipped-document" "JSON values that hold no telemetry, skipped"
        "They are well-formed, but have none of OTLP's keys.";
    /// A value that whoever printed it has cut off.
    CutValue DataLoss "cut-value" "values cut off by the program that printed them"
        "The text has a placeholder or nothing in their place; all else was kept. Print again without a limit.";
    /// What a server says is missing from its answer.
    ServerLimit DataLoss "server-limit" "gaps and limits that a server tells of"
        "Its words are below. Ask it for less at a time, or raise its limits.";
    /// A server's answer that is a refusal, or has no span in it.
    NoSpansInAnswer DataLoss "no-spans-in-answer" "answers of servers without a span"
        "What the server says is below. Ask it for whole rows of a stream of traces: `SELECT *`.";

    /// A span that was asked for and for which there was no memory left.
    Unfit DataLoss "unfit" "spans of the part that was asked for that no longer fitted into memory"
        "They were counted and left out. Load a smaller part: fewer spans, a shorter time, or a smaller share of the traces.";

    // Repaired
    /// Text that is not UTF-8 or holds lone surrogates.
    BadText Repaired "bad-text" "texts with broken characters, shown as \u{fffd}"
        "The producer cut a text inside a character, or wrote another encoding than UTF-8.";
    /// Times as floating-point numbers.
    InexactTime Repaired "inexact-time" "times written as floating-point numbers"
        "Such a number holds about 16 digits, so the last nanoseconds are not exact. Export with times as strings, as OTLP asks.";
    /// An enum as its name.
    EnumByName Repaired "enum-by-name" "kinds, status codes and severities written as names"
        "Read by name. OTLP JSON asks for numbers; Tempo and older tools write names.";
    /// An id in base64.
    Base64Id Repaired "base64-id" "ids written in base64"
        "Turned into hex. OTLP JSON asks for hex; generic protobuf tools write base64.";
    /// Names in snake case.
    SnakeCase Repaired "snake-case" "documents with snake_case field names"
        "Read all the same. OTLP JSON asks for lowerCamelCase.";
    /// Names of OTLP before 0.19.
    OldNames Repaired "old-names" "documents with field names of OTLP before 0.19"
        "`instrumentationLibrarySpans` was read as `scopeSpans`.";
    /// UTF-16.
    Utf16 Repaired "utf-16" "sources in UTF-16, read as UTF-8"
        "PowerShell's `>` writes such files.";
    /// A span record that came before, the same.
    DuplicateSpan Repaired "duplicate-span" "span records that came twice, merged"
        "Overlapping files or a retried export. Each span is kept once.";
    /// A span record that came before, with other content.
    ConflictingSpan Repaired "conflicting-span" "span records that came twice with different content, the more complete one kept"
        "Kept is the one that has an end, then the later end, then the one with more attributes, events and links.";
    /// A log record that another source had already.
    DuplicateLog Repaired "duplicate-log" "log records that stand in several sources, kept once"
        "Log records have no id: equal ones from one source are all kept, those that another source had already are not.";
    /// An exemplar that came before, the same.
    DuplicateExemplar Repaired "duplicate-exemplar" "exemplars that came twice, kept once"
        "The same measurement is exported again until another takes its place.";
    /// A trace whose id was cut to 64 bits by some of its senders.
    JoinedTrace Repaired "joined-trace" "spans under a trace id of 64 bits, joined to the trace whose id of 128 bits ends with it"
        "Some senders cut trace ids to their lower half. If two traces should not be one, open their files one at a time.";
    /// A span that a client and a server share.
    SharedSpan Repaired "shared-span" "spans that client and server share in Zipkin, shown as two"
        "The server's half is shown inside the client's, which has an id of its own here, made from the one they share.";
    /// A span that names itself as its parent.
    SelfParent Repaired "self-parent" "spans that name themselves as their parent, shown as roots"
        "The producer set the parent's id wrongly.";
    /// Spans whose ancestors form a circle.
    ParentCycle Repaired "parent-cycle" "circles of parents, cut at their earliest span"
        "The producer set parents' ids wrongly, or ids repeat.";
    /// A span that ends before it starts.
    EndBeforeStart Repaired "end-before-start" "spans that end before they start, shown as instants"
        "Usually a clock that was set back while the span ran. The raw times are in the span's detail.";
    /// A key that stands twice in one list.
    RepeatedKey Repaired "repeated-key" "attribute lists with a key that stands twice, all values kept"
        "OpenTelemetry asks for unique keys.";
    /// A kind or status number that OpenTelemetry does not know.
    UnknownEnum Repaired "unknown-enum" "kinds, status codes or severities that OpenTelemetry does not know, read as unspecified"
        "The number is in the span's detail.";

    // Worth knowing
    /// A span that was not asked for.
    LeftOut Info "left-out" "spans left out, since only a part was asked for"
        "All views, rates and counts are of the part that is loaded. Load another part, or all, if it fits.";
    /// A trace id that is not 16 bytes.
    IrregularTraceId Info "irregular-trace-id" "spans whose trace id is not 32 hex digits, kept as text"
        "They are grouped by that text. Another tool may have cut or padded the id.";
    /// A span id that is not 8 bytes.
    IrregularSpanId Info "irregular-span-id" "spans whose span id is not 16 hex digits, kept as text"
        "Parents are found by that text.";
    /// No trace id.
    MissingTraceId Info "missing-trace-id" "spans without a trace id, shown as one trace"
        "An id of zeros or none at all. The producer or a processor on the way removed it.";
    /// No span id.
    MissingSpanId Info "missing-span-id" "spans without a span id"
        "They cannot be anyone's parent, and are never merged.";
    /// A parent that is not there.
    Orphan Info "orphan" "spans whose parent is not in the data"
        "The parent may be in another file, not yet finished when this one was written, or not sampled. Add the missing file.";
    /// A trace with several roots.
    SeveralRoots Info "several-roots" "traces with more than one root"
        "All roots are shown, by start.";
    /// A span without an end.
    Unfinished Info "unfinished" "spans without an end"
        "Shown from their start as instants. They were still running, or the process ended before they did.";
    /// A span without a start.
    NoStart Info "no-start" "spans without a start"
        "Shown at the start of their trace.";
    /// A child that starts before or ends after its parent.
    OutsideParent Info "outside-parent" "spans that run outside their parent's time"
        "Asynchronous work, or clocks that differ between machines.";
    /// A resource without service.name.
    NoService Info "no-service" "spans whose resource has no service.name, shown as unknown_service"
        "Set OTEL_SERVICE_NAME where the telemetry is made.";
    /// A log record that names no trace.
    LogWithoutTrace Info "log-without-trace" "log records without a trace, counted and left out"
        "Only log records that name a trace are shown, in that trace. Write logs while a span is active, with an SDK's log bridge.";
    /// A log record of a trace that is not there.
    LogOfOtherTrace Info "log-of-other-trace" "log records whose trace is not in the data"
        "They are kept, and shown as soon as a file with spans of their traces is added.";
    /// A log record of a span that is not there.
    LogOfMissingSpan Info "log-of-missing-span" "log records whose span is not in the data, shown in their trace"
        "The span may be in another file, or not yet finished when this one was written. Add the missing file.";
    /// A log record or exemplar that was not asked for.
    RecordLeftOut Info "record-left-out" "log records and exemplars left out, since only a part was asked for"
        "They belong to traces or times outside the part that is loaded.";
    /// OTLP metrics.
    MetricPoints Info "metric-points" "metric points, of which only exemplars are shown"
        "An exemplar marks the span that it names; charts of metrics are not Spanwise's business.";
    /// An exemplar that names no trace.
    ExemplarWithoutTrace Info "exemplar-without-trace" "exemplars of metrics without a trace, left out"
        "Measure while a sampled span is active, so that the exemplar can name it.";
    /// An exemplar of a span that is not there.
    ExemplarOfMissingSpan Info "exemplar-of-missing-span" "exemplars of metrics whose span is not in the data"
        "They are kept, and mark their spans as soon as a file with those is added.";
    /// OTLP profiles.
    Profiles Info "profiles" "OTLP profiles, recognized and left out"
        "Profiles are not shown.";
    /// What a producer dropped.
    DroppedByProducer Info "dropped-by-producer" "attributes, events or links that the producers dropped"
        "Raise the span limits of the SDK (OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT and its like) to keep them.";
    /// An answer that says it is partial.
    PartialAnswer Info "partial-answer" "answers that their server marked as partial"
        "The server left spans out. Ask it for a narrower range.";
    /// Rows of OpenObserve.
    Flattened Info "openobserve-flattened" "sources in which OpenObserve has flattened the spans"
        "It keeps values as texts, and keys in lower case with `_` for dots; here the names of OpenTelemetry's conventions have their dots \
        again. Scopes, schema URLs, trace states, flags, dropped counts and types of values are not in it.";
    /// Times in a coarser unit than nanoseconds.
    CoarseTime Info "coarse-time" "spans from formats that do not count nanoseconds"
        "Their times end with zeros that nobody measured: the format stops at microseconds or milliseconds.";
    /// A member that has no place in OpenTelemetry's model.
    Unmapped Info "unmapped" "members of foreign formats that have no place in OpenTelemetry's model, left out"
        "What they held is named below. All else was kept.";
    /// A member of an archive that is no telemetry.
    SkippedMember Info "skipped-member" "members of archives that are no telemetry, skipped"
        "Folders, empty files, and files in which nothing looks like telemetry.";
    /// A source with nothing in it.
    EmptySource Info "empty-source" "sources with nothing in them"
        "The file has no bytes, or only white space.";
}

/// How many examples of each kind are kept.
const MAX_EXAMPLES: usize = 8;

/// Where something was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// The source.
    pub source: SourceIdx,
    /// Byte offset in the source, after decompression.
    pub offset: Option<u64>,
    /// Line in the source, from 1.
    pub line: Option<u64>,
    /// Path inside the document.
    pub path: String,
    /// What was expected, and what was found.
    pub note: String,
}

/// A kind of finding with its count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// How often.
    pub count: u64,
    /// The first few.
    pub examples: Vec<Example>,
}

/// One file, paste or answer that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Bytes as stored.
    pub bytes: u64,
    /// Bytes after decompression.
    pub bytes_inflated: u64,
    /// What it was found to be: "OTLP JSON lines, gzip".
    pub format: String,
    /// Span records read from it.
    pub spans: u64,
    /// Log records seen in it.
    pub log_records: u64,
    /// Metric data points seen in it.
    pub metric_points: u64,
    /// Nanoseconds in the unit of its times, where that is coarser: 1000 of microseconds. 0 where they are nanoseconds.
    pub coarse_ns: u32,
    /// Whether trace ids of 64 bits are legal in its format.
    pub has_short_ids: bool,
    /// It stands in an archive, a source before this one, whose bytes hold its own.
    pub is_member: bool,
}

/// Where a report stands, to go back to.
#[derive(Clone, Debug)]
pub struct ReportMark {
    n_sources: usize,
    /// Count and number of examples of each kind.
    findings: Vec<(u64, usize)>,
}

/// What was read, and what was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// The sources, in order.
    pub sources: Column<SourceIdx, Source>,
    /// By [`FindingKind`], in its order; grown on demand.
    findings: Vec<Finding>,
    /// What was left out, where anything was.
    pub part: Option<Part>,
}

impl ImportReport {
    /// Begins a source; findings without a place of their own belong to the last one.
    pub fn begin_source(&mut self, name: &str) -> SourceIdx {
        self.sources.push(Source { name: name.to_owned(), ..Source::default() })
    }

    /// The source that is being read.
    pub fn current_source(&self) -> SourceIdx {
        SourceIdx(self.sources.end().0.saturating_sub(1))
    }

    /// The source that is being read.
    pub fn source_mut(&mut self) -> Option<&mut Source> {
        self.sources.as_mut_slice().last_mut()
    }

    /// Where it stands now.
    pub fn mark(&self) -> ReportMark {
        let findings = self.findings.iter().map(|finding| (finding.count, finding.examples.len())).collect();
        ReportMark { n_sources: self.sources.len(), findings }
    }

    /// Forgets what was entered since.
    pub fn rewind(&mut self, mark: &ReportMark) {
        self.sources.truncate(mark.n_sources);
        for (at, finding) in self.findings.iter_mut().enumerate() {
            let (count, n_examples) = mark.findings.get(at).copied().unwrap_or_default();
            finding.count = count;
            finding.examples.truncate(n_examples);
        }
    }

    /// Counts a finding. `example` is called for the first few only.
    pub fn add(&mut self, kind: FindingKind, example: impl FnOnce() -> Example) {
        self.add_many(kind, 1, example);
    }

    /// Counts a finding `count` times, with one example.
    pub fn add_many(&mut self, kind: FindingKind, count: u64, example: impl FnOnce() -> Example) {
        if count == 0 {
            return;
        }
        let at = kind as usize;
        if self.findings.len() <= at {
            self.findings.resize_with(FindingKind::ALL.len(), Finding::default);
        }
        if let Some(finding) = self.findings.get_mut(at) {
            finding.count += count;
            if finding.examples.len() < MAX_EXAMPLES {
                finding.examples.push(example());
            }
        }
    }

    /// Takes the places out of a source's examples, where they are none of the file's but of what was made of it.
    pub fn forget_places(&mut self, source: SourceIdx) {
        for example in self.findings.iter_mut().flat_map(|finding| &mut finding.examples) {
            if example.source == source {
                (example.offset, example.line) = (None, None);
            }
        }
    }

    /// Forgets a kind, before it is looked for again.
    pub(super) fn clear(&mut self, kind: FindingKind) {
        if let Some(finding) = self.findings.get_mut(kind as usize) {
            *finding = Finding::default();
        }
    }

    /// Whether another example of a kind would be kept.
    pub fn wants_examples(&self, kind: FindingKind) -> bool {
        self.findings.get(kind as usize).is_none_or(|finding| finding.examples.len() < MAX_EXAMPLES)
    }

    /// How often a kind was met.
    pub fn count(&self, kind: FindingKind) -> u64 {
        self.findings.get(kind as usize).map_or(0, |finding| finding.count)
    }

    /// How often kinds of this severity were met, in all.
    pub fn count_of(&self, severity: Severity) -> u64 {
        FindingKind::ALL.iter().filter(|kind| kind.severity() == severity).map(|&kind| self.count(kind)).sum()
    }

    /// The kinds that were met, the worst first.
    pub fn findings(&self) -> impl Iterator<Item = (FindingKind, &Finding)> {
        let met = move |severity| {
            let of_severity = FindingKind::ALL.iter().filter(move |kind| kind.severity() == severity);
            of_severity
                .filter_map(|&kind| Some((kind, self.findings.get(kind as usize)?)))
                .filter(|(_, finding)| finding.count != 0)
        };
        met(Severity::DataLoss).chain(met(Severity::Repaired)).chain(met(Severity::Info))
    }

    /// Takes over what another report says of sources that join these.
    pub fn merge(&mut self, other: Self) {
        let shift = self.sources.end().0;
        // What joins nothing is no mixture.
        self.part = if shift == 0 { other.part } else { Part::joined(self.part, other.part) };
        self.sources.vec_mut().extend(other.sources.into_vec());
        if self.findings.len() < other.findings.len() {
            self.findings.resize_with(FindingKind::ALL.len(), Finding::default);
        }
        for (mine, theirs) in self.findings.iter_mut().zip(other.findings) {
            mine.count += theirs.count;
            let room = MAX_EXAMPLES.saturating_sub(mine.examples.len());
            mine.examples.extend(theirs.examples.into_iter().take(room).map(|mut example| {
                example.source.0 += shift;
                example
            }));
        }
    }
}

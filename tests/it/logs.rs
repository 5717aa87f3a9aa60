//! Log records and exemplars: every field against opentelemetry-proto's types in both encodings, where they end up, and what is
//! kept of what comes twice.

use std::fmt::Write as _;

use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric, MetricsData,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, exemplar,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use spanwise::decode::{Import, SIZES, read_slice};
use spanwise::engine::{Engine, Outcome};
use spanwise::model::{Batch, Dataset, FindingKind, ImportReport, Measured, Portion, SpanIdx, TraceIdx};
use spanwise::protocol::{
    Answer, Find, Fold, GroupBy, LocateRequest, LogLevel, LogRow, LogsRequest, MinimapRequest, Reply, Request, Row, RowsRequest,
};

use super::generate::Random;
use super::import::{import, import_chunks, source};
use super::otlp_proto::{
    odd_attributes, odd_count, odd_text, odd_value, oracle_attributes, oracle_id, oracle_value, our_attributes, our_value,
};
use super::read::{File, open};

// --- Both sides as text, a line a record, sorted ---

fn oracle_log(log: &LogRecord) -> String {
    format!(
        "{} {} {} {} severity {} {:?} {:?} body {} dropped {} flags {} {}",
        oracle_id(&log.trace_id),
        oracle_id(&log.span_id),
        log.time_unix_nano,
        log.observed_time_unix_nano,
        log.severity_number,
        log.severity_text,
        log.event_name,
        log.body.as_ref().map_or_else(String::new, |body| oracle_value(body.value.as_ref())),
        log.dropped_attributes_count,
        log.flags,
        oracle_attributes(&log.attributes)
    )
}

pub(crate) fn oracle_logs(data: &LogsData) -> Vec<String> {
    let mut lines = Vec::new();
    for group in &data.resource_logs {
        let resource = group.resource.clone().unwrap_or_default();
        for group in &group.scope_logs {
            let scope = group.scope.clone().unwrap_or_default();
            let kept = group.log_records.iter().filter(|log| !oracle_id(&log.trace_id).is_empty());
            let about = |log| format!("{} of {} {:?}", oracle_log(log), oracle_attributes(&resource.attributes), scope.name);
            lines.extend(kept.map(about));
        }
    }
    lines.sort();
    lines
}

pub(crate) fn our_logs(dataset: &Dataset) -> Vec<String> {
    let (logs, strings) = (&dataset.logs, &dataset.strings);
    let line = |log| {
        let severity = logs.unknown_severity.get(log).unwrap_or_else(|| logs.severity[log].into());
        let body: Vec<_> = dataset.attributes.entries(logs.body[log]).map(|(_, value)| our_value(dataset, value)).collect();
        format!(
            "{} {} {} {} severity {severity} {:?} {:?} body {} dropped {} flags {} {} of {} {:?}",
            logs.trace[log].display(strings),
            logs.span[log].display(strings),
            logs.time[log],
            logs.observed[log],
            strings.get(logs.severity_text[log]),
            strings.get(logs.event_name[log]),
            body.join(" "),
            logs.dropped_attributes.get(log).unwrap_or(0),
            logs.flags[log],
            our_attributes(dataset, logs.attributes[log]),
            our_attributes(dataset, dataset.resources.attributes[logs.resource[log]]),
            strings.get(dataset.scopes.name[logs.scope[log]])
        )
    };
    let mut lines: Vec<_> = logs.time.range().iter().map(line).collect();
    lines.sort();
    lines
}

/// Each metric's exemplars with what they are found by.
fn exemplars_of(metric: &Metric) -> Vec<&Exemplar> {
    match metric.data.as_ref() {
        Some(Data::Gauge(data)) => data.data_points.iter().flat_map(|point| &point.exemplars).collect(),
        Some(Data::Sum(data)) => data.data_points.iter().flat_map(|point| &point.exemplars).collect(),
        Some(Data::Histogram(data)) => data.data_points.iter().flat_map(|point| &point.exemplars).collect(),
        Some(Data::ExponentialHistogram(data)) => data.data_points.iter().flat_map(|point| &point.exemplars).collect(),
        Some(Data::Summary(_)) | None => Vec::new(),
    }
}

fn oracle_exemplars(data: &MetricsData) -> Vec<String> {
    let mut lines = Vec::new();
    for group in &data.resource_metrics {
        let resource = group.resource.clone().unwrap_or_default();
        for metric in group.scope_metrics.iter().flat_map(|group| &group.metrics) {
            let kept = exemplars_of(metric).into_iter().filter(|one| !oracle_id(&one.trace_id).is_empty());
            lines.extend(kept.map(|one| {
                let value = match one.value {
                    None => String::new(),
                    Some(exemplar::Value::AsInt(number)) => number.to_string(),
                    Some(exemplar::Value::AsDouble(number)) => format!("f{:016x}", number.to_bits()),
                };
                format!(
                    "{} {} {} {value} {} {:?} {:?} of {}",
                    oracle_id(&one.trace_id),
                    oracle_id(&one.span_id),
                    one.time_unix_nano,
                    oracle_attributes(&one.filtered_attributes),
                    metric.name,
                    metric.unit,
                    oracle_attributes(&resource.attributes)
                )
            }));
        }
    }
    lines.sort();
    lines
}

pub(crate) fn our_exemplars(dataset: &Dataset) -> Vec<String> {
    let (table, strings) = (&dataset.exemplars, &dataset.strings);
    let line = |row| {
        let value = match table.value(row) {
            Measured::Nothing => String::new(),
            Measured::Int(number) => number.to_string(),
            Measured::Double(number) => format!("f{:016x}", number.to_bits()),
        };
        let metric = table.metric[row];
        format!(
            "{} {} {} {value} {} {:?} {:?} of {}",
            table.trace[row].display(strings),
            table.span[row].display(strings),
            table.time[row],
            our_attributes(dataset, table.attributes[row]),
            strings.get(table.metric_name[metric]),
            strings.get(table.metric_unit[metric]),
            our_attributes(dataset, dataset.resources.attributes[table.resource[row]])
        )
    };
    let mut lines: Vec<_> = table.time.range().iter().map(line).collect();
    lines.sort();
    lines
}

// --- Data with everything in it ---

fn odd_id(random: &mut Random, len: usize) -> Vec<u8> {
    match random.below(12) {
        0 => Vec::new(),
        1 => vec![0; len],
        n => [vec![0; len - 1], vec![u8::try_from(n).unwrap()]].concat(),
    }
}

fn odd_resource(random: &mut Random) -> Option<Resource> {
    (!random.chance(200)).then(|| Resource { attributes: odd_attributes(random), ..Resource::default() })
}

/// Each record has a time of its own, so that none comes twice.
pub(crate) fn odd_logs(random: &mut Random, records: u64) -> LogsData {
    let mut data = LogsData::default();
    for at in 1..=records {
        if data.resource_logs.is_empty() || random.chance(150) {
            let resource = odd_resource(random);
            data.resource_logs.push(ResourceLogs { resource, ..ResourceLogs::default() });
        }
        let scopes = &mut data.resource_logs.last_mut().unwrap().scope_logs;
        if scopes.is_empty() || random.chance(200) {
            let scope = (!random.chance(200)).then(|| InstrumentationScope { name: odd_text(random), ..Default::default() });
            scopes.push(ScopeLogs { scope, ..ScopeLogs::default() });
        }
        let log = LogRecord {
            time_unix_nano: if random.chance(300) { 0 } else { random.next() },
            observed_time_unix_nano: at,
            severity_number: i32::try_from(random.below(28)).unwrap(),
            severity_text: odd_text(random),
            body: odd_value(random, 0),
            attributes: odd_attributes(random),
            dropped_attributes_count: odd_count(random),
            flags: u32::try_from(random.below(1 << 32)).unwrap(),
            trace_id: odd_id(random, 16),
            span_id: odd_id(random, 8),
            event_name: odd_text(random),
        };
        scopes.last_mut().unwrap().log_records.push(log);
    }
    data
}

fn odd_exemplars(random: &mut Random, time: &mut u64) -> Vec<Exemplar> {
    let mut one = |random: &mut Random| {
        *time += 1;
        Exemplar {
            filtered_attributes: odd_attributes(random),
            time_unix_nano: *time,
            span_id: odd_id(random, 8),
            trace_id: odd_id(random, 16),
            value: match random.below(4) {
                0 => None,
                1 => Some(exemplar::Value::AsInt(random.next().cast_signed())),
                _ => Some(exemplar::Value::AsDouble([0.1, -0.0, 1e300, 5.0][usize::try_from(random.below(4)).unwrap()])),
            },
        }
    };
    (0..random.below(4)).map(|_| one(random)).collect()
}

pub(crate) fn odd_metrics(random: &mut Random, metrics: u64) -> MetricsData {
    let mut data = MetricsData::default();
    let mut time = 0;
    for _ in 0..metrics {
        if data.resource_metrics.is_empty() || random.chance(200) {
            let resource = odd_resource(random);
            let scope_metrics = vec![ScopeMetrics::default()];
            data.resource_metrics.push(ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() });
        }
        let kind = random.below(6);
        let points = 1 + random.below(2);
        let mut exemplars = || odd_exemplars(random, &mut time);
        let number = |exemplars| NumberDataPoint { time_unix_nano: 5, exemplars, ..NumberDataPoint::default() };
        let numbers = |exemplars: &mut dyn FnMut() -> Vec<Exemplar>| (0..points).map(|_| number(exemplars())).collect();
        let inner = match kind {
            0 => Some(Data::Gauge(Gauge { data_points: numbers(&mut exemplars) })),
            1 => Some(Data::Sum(Sum { data_points: numbers(&mut exemplars), ..Sum::default() })),
            2 => {
                let point = |_| HistogramDataPoint { time_unix_nano: 5, exemplars: exemplars(), ..Default::default() };
                Some(Data::Histogram(Histogram { data_points: (0..points).map(point).collect(), ..Default::default() }))
            }
            3 => {
                let point = |_| ExponentialHistogramDataPoint { time_unix_nano: 5, exemplars: exemplars(), ..Default::default() };
                let data_points = (0..points).map(point).collect();
                Some(Data::ExponentialHistogram(ExponentialHistogram { data_points, ..Default::default() }))
            }
            4 => Some(Data::Summary(Summary::default())),
            _ => None,
        };
        let metric = Metric { name: format!("m.{}", random.below(99)), unit: odd_text(random), data: inner, ..Metric::default() };
        let group = data.resource_metrics.last_mut().unwrap().scope_metrics.last_mut().unwrap();
        group.metrics.push(metric);
    }
    data
}

#[track_caller]
fn assert_lines(ours: &[String], theirs: &[String], case: &str) {
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours, theirs, "{case}");
    }
    assert_eq!(ours.len(), theirs.len(), "{case}");
}

#[test]
fn logs_agree_with_the_oracle_on_every_field() {
    for seed in 0..40 {
        let data = odd_logs(&mut Random::new(seed), 30);
        let protobuf = data.encode_to_vec();
        let json = serde_json::to_vec(&data).unwrap();
        // What JSON cannot say is not held against it.
        let from_json: LogsData = serde_json::from_slice(&json).unwrap_or_default();
        for (format, bytes, data) in [("protobuf", &protobuf, &data), ("JSON", &json, &from_json)] {
            let expected = oracle_logs(data);
            for chunk in [1, 7, 64, usize::MAX] {
                let dataset = import_chunks(bytes.chunks(chunk.min(bytes.len())));
                let case = format!("{format}, seed {seed}, in chunks of {chunk}");
                if !expected.is_empty() {
                    assert_lines(&our_logs(&dataset), &expected, &case);
                }
                assert_eq!(source(&dataset).log_records, 30, "{case}");
                let untraced = dataset.report.count(FindingKind::LogWithoutTrace);
                assert_eq!(untraced + dataset.logs.len() as u64, 30, "{case}");
                assert_eq!(dataset.report.count(FindingKind::LogOfOtherTrace), dataset.logs.len() as u64, "{case}");
            }
        }
    }
}

#[test]
fn exemplars_agree_with_the_oracle_on_every_field() {
    let mut n = 0;
    for seed in 0..60 {
        let data = odd_metrics(&mut Random::new(seed), 20);
        let protobuf = data.encode_to_vec();
        let json = serde_json::to_vec(&data).unwrap();
        let from_json: MetricsData = serde_json::from_slice(&json).unwrap_or_default();
        for (format, bytes, data) in [("protobuf", &protobuf, &data), ("JSON", &json, &from_json)] {
            let expected = oracle_exemplars(data);
            for chunk in [1, 7, 64, usize::MAX] {
                let dataset = import_chunks(bytes.chunks(chunk.min(bytes.len())));
                let case = format!("{format}, seed {seed}, in chunks of {chunk}");
                if !expected.is_empty() {
                    assert_lines(&our_exemplars(&dataset), &expected, &case);
                    n += 1;
                }
                let met = dataset.report.count(FindingKind::ExemplarOfMissingSpan);
                assert_eq!(met, dataset.exemplars.len() as u64, "{case}");
                let all = data.resource_metrics.iter().flat_map(|group| &group.scope_metrics).flat_map(|group| &group.metrics);
                let all = all.map(|metric| exemplars_of(metric).len() as u64).sum::<u64>();
                let without = dataset.report.count(FindingKind::ExemplarWithoutTrace);
                assert!(all == 0 || all == met + without, "{case}: {all} exemplars, {without} without a trace");
            }
        }
    }
    assert!(300 < n, "JSON and protobuf were both compared: {n}");
}

// --- Where they end up ---

fn text(text: &str) -> AnyValue {
    AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) }
}

/// A span of trace `t`; ids are one digit.
fn span(trace: u8, id: u8, parent: u8) -> String {
    let parent = if parent == 0 { String::new() } else { format!(r#""parentSpanId":"{parent:016x}","#) };
    format!(
        r#"{{"traceId":"{trace:032x}","spanId":"{id:016x}",{parent}"name":"s{id}","startTimeUnixNano":"{}","endTimeUnixNano":"{}"}}"#,
        100 + u64::from(id),
        900
    )
}

fn spans(spans: &[String]) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, spans.join(","))
}

fn log(trace: u8, span: u8, time: u64, body: &str) -> LogRecord {
    LogRecord {
        trace_id: u128::from(trace).to_be_bytes().to_vec(),
        span_id: u64::from(span).to_be_bytes().to_vec(),
        time_unix_nano: time,
        body: Some(text(body)),
        ..LogRecord::default()
    }
}

fn logs(log_records: Vec<LogRecord>) -> Vec<u8> {
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }.encode_to_vec()
}

/// What each trace and span has, and what was met.
fn told(dataset: &Dataset) -> String {
    let bodies = |rows: spanwise::base::IdxRange<spanwise::model::LogIdx>| {
        let body = |log| dataset.attributes.entries(dataset.logs.body[log]).map(|(_, value)| our_value(dataset, value)).collect();
        rows.iter().map(body).collect::<Vec<String>>().join(" ")
    };
    let mut out = String::new();
    for (trace, &rows) in dataset.traces.spans.iter() {
        writeln!(out, "trace {}: {}", dataset.traces.key[trace].display(&dataset.strings), bodies(dataset.logs_of_trace(trace)))
            .unwrap();
        for span in rows.iter() {
            let name = dataset.strings.get(dataset.spans.name[span]);
            let logs = dataset.logs_of_span(span);
            assert!(logs.iter().all(|log| dataset.span_of_log(log) == Some(span)));
            writeln!(out, "  {name}: {}", bodies(logs)).unwrap();
        }
    }
    let met = [
        FindingKind::LogWithoutTrace,
        FindingKind::LogOfOtherTrace,
        FindingKind::LogOfMissingSpan,
        FindingKind::DuplicateLog,
        FindingKind::RecordLeftOut,
    ];
    for kind in met {
        if dataset.report.count(kind) != 0 {
            writeln!(out, "{} {}", kind.slug(), dataset.report.count(kind)).unwrap();
        }
    }
    out.replace("00000000000000000000000000000000", "-").replace("0000000000000000000000000000000", "")
}

fn files(files: &[&[u8]]) -> Dataset {
    let files: Vec<File<'_>> = files.iter().map(|bytes| File { name: "", bytes }).collect();
    open(&files, usize::MAX)
}

#[test]
fn logs_stand_under_their_spans_by_time() {
    let trace = spans(&[span(1, 1, 0), span(1, 2, 1), span(2, 3, 0)]);
    let records = logs(vec![
        log(1, 2, 30, "c"),
        log(1, 1, 20, "b"),
        log(1, 2, 10, "a"),
        log(1, 9, 5, "elsewhere"),
        log(1, 0, 40, "whole"),
        log(7, 1, 1, "other"),
        log(0, 1, 1, "none"),
        LogRecord { observed_time_unix_nano: 15, ..log(1, 2, 0, "observed") },
        log(2, 3, 1, "z"),
        log(2, 3, 1, "y"),
    ]);
    let expected = r#"trace 1: "b" "a" "observed" "c" "elsewhere" "whole"
  s1: "b"
  s2: "a" "observed" "c"
trace 2: "z" "y"
  s3: "z" "y"
log-without-trace 1
log-of-other-trace 1
log-of-missing-span 1
"#;
    assert_eq!(told(&files(&[trace.as_bytes(), &records])), expected);
    assert_eq!(told(&files(&[&records, trace.as_bytes()])), expected);
}

#[test]
fn what_another_source_had_already_is_kept_once() {
    let trace = spans(&[span(1, 1, 0)]);
    let three = logs(vec![log(1, 1, 10, "a"), log(1, 1, 10, "a"), log(1, 1, 20, "b")]);
    let two = logs(vec![log(1, 1, 10, "a"), log(1, 1, 30, "c")]);
    let twice = r#"trace 1: "a" "a" "b"
  s1: "a" "a" "b"
"#;
    assert_eq!(told(&files(&[trace.as_bytes(), &three])), twice);
    assert_eq!(told(&files(&[trace.as_bytes(), &three, &three])), format!("{twice}duplicate-log 3\n"));
    let all = "trace 1: \"a\" \"a\" \"b\" \"c\"\n  s1: \"a\" \"a\" \"b\" \"c\"\nduplicate-log 1\n";
    assert_eq!(told(&files(&[trace.as_bytes(), &three, &two])), all);
    assert_eq!(told(&files(&[trace.as_bytes(), &two, &three])), all);
}

#[test]
fn logs_wait_for_their_spans() {
    let records = logs(vec![log(1, 1, 10, "a"), log(1, 2, 20, "b"), log(3, 1, 1, "x")]);
    let first = files(&[&records]);
    assert_eq!(told(&first), "log-of-other-trace 3\n");
    let (mut batch, mut report) = first.into_batch();
    for more in [spans(&[span(1, 1, 0)]), spans(&[span(1, 2, 1)])] {
        let mut import = Import::new(report.begin_source("more"));
        import.feed(more.as_bytes(), &mut batch, &mut report);
        import.finish(&mut batch, &mut report);
        let dataset = Dataset::seal(batch, report);
        (batch, report) = dataset.clone().into_batch();
        let expected = if dataset.spans.len() == 1 {
            "trace 1: \"a\" \"b\"\n  s1: \"a\"\nlog-of-other-trace 1\nlog-of-missing-span 1\n"
        } else {
            "trace 1: \"a\" \"b\"\n  s1: \"a\"\n  s2: \"b\"\nlog-of-other-trace 1\n"
        };
        assert_eq!(told(&dataset), expected);
    }
}

#[test]
fn an_exemplar_marks_its_span_once() {
    let one = |time: u64, value: f64| Exemplar {
        trace_id: 1_u128.to_be_bytes().to_vec(),
        span_id: 2_u64.to_be_bytes().to_vec(),
        time_unix_nano: time,
        value: Some(exemplar::Value::AsDouble(value)),
        ..Exemplar::default()
    };
    let metrics = |exemplars| {
        let data_points = vec![NumberDataPoint { time_unix_nano: 1, exemplars, ..NumberDataPoint::default() }];
        let data = Some(Data::Gauge(Gauge { data_points }));
        let metrics = vec![Metric { name: "load".to_owned(), unit: "1".to_owned(), data, ..Metric::default() }];
        let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
        MetricsData { resource_metrics: vec![ResourceMetrics { scope_metrics, ..Default::default() }] }.encode_to_vec()
    };
    let (a, b) = (metrics(vec![one(20, 0.5), one(10, 0.25)]), metrics(vec![one(10, 0.25), one(10, 0.75)]));
    let dataset = files(&[spans(&[span(1, 1, 0), span(1, 2, 1)]).as_bytes(), &a, &b]);
    let values = |span: u32| {
        let rows = dataset.exemplars_of_span(SpanIdx(span));
        rows.iter().map(|row| format!("{} {:?}", dataset.exemplars.time[row], dataset.exemplars.value(row))).collect::<Vec<_>>()
    };
    assert_eq!(values(0), Vec::<String>::new());
    assert_eq!(values(1), ["10 Double(0.25)", "10 Double(0.75)", "20 Double(0.5)"]);
    assert_eq!(dataset.exemplars_of_trace(TraceIdx(0)).len(), 3);
    assert_eq!(dataset.report.count(FindingKind::DuplicateExemplar), 1);
    assert_eq!(dataset.report.count(FindingKind::MetricPoints), 2);
    assert_eq!(dataset.report.count(FindingKind::ExemplarOfMissingSpan), 0);
}

// --- By others, in parts, and damaged ---

#[test]
fn a_slice_that_a_helper_reads_is_what_one_reads() {
    let mut random = Random::new(3);
    let json = |random: &mut Random| {
        let lines: Vec<String> = (0..40)
            .flat_map(|_| {
                [
                    serde_json::to_string(&odd_logs(random, 20)).unwrap(),
                    serde_json::to_string(&odd_metrics(random, 10)).unwrap(),
                    spans(&[span(1, 1, 0)]),
                ]
            })
            .collect();
        format!("{}\n", lines.join("\n"))
    };
    let text = json(&mut random);
    let (mut alone, mut alone_report) = (Batch::default(), ImportReport::default());
    let mut import = Import::new(alone_report.begin_source("x"));
    import.feed(text.as_bytes(), &mut alone, &mut alone_report);
    import.finish(&mut alone, &mut alone_report);

    let (mut batch, mut report) = (Batch::default(), ImportReport::default());
    let mut import = Import::new(report.begin_source("x"));
    let sizes = spanwise::decode::Sizes { least: 20_000, most: 90_000 };
    assert!(sizes.most < SIZES.least);
    let mut lent = 0;
    for piece in text.as_bytes().chunks(30_000) {
        import.share(3, sizes);
        let mut piece = piece;
        loop {
            let has_more = import.step(&mut piece, &mut batch, &mut report);
            while let Some(slice) = import.lend() {
                lent += 1;
                import.take_back(slice.number, read_slice(slice.start, &slice.bytes));
            }
            if !has_more || piece.is_empty() {
                break;
            }
            import.advance(&mut batch, &mut report);
        }
    }
    import.finish(&mut batch, &mut report);
    let packed = |batch: &Batch| {
        let mut out = Vec::new();
        batch.pack(&mut out);
        out
    };
    assert!(3 < lent, "{lent} slices were lent");
    assert!(packed(&batch) == packed(&alone));
    let whole = Batch::unpack(&packed(&alone)).unwrap();
    assert_eq!((whole.n_logs(), whole.n_exemplars()), (alone.n_logs(), alone.n_exemplars()));
    assert!(200 < whole.n_logs() && 200 < whole.n_exemplars());
}

#[test]
fn a_part_of_the_traces_comes_with_its_logs() {
    let failed = span(1, 1, 0).replace(r#""name""#, r#""status":{"code":2},"name""#);
    let trace = spans(&[failed, span(2, 3, 0)]);
    let records = logs(vec![log(1, 1, 500, "a"), log(2, 3, 950, "b"), log(2, 3, 0, "c")]);
    let part = |portion| {
        let mut batch = Batch::of_portion(portion);
        loop {
            let mut report = ImportReport::default();
            for file in [trace.as_bytes(), &records] {
                let mut import = Import::new(report.begin_source(""));
                import.feed(file, &mut batch, &mut report);
                import.finish(&mut batch, &mut report);
            }
            if !batch.begin_second_pass() {
                batch.tell_part(&mut report);
                return told(&Dataset::seal(batch, report));
            }
        }
    };
    assert_eq!(part(Portion::Errors), "trace 1: \"a\"\n  s1: \"a\"\nrecord-left-out 2\n");
    let in_time = "trace 1: \"a\"\n  s1: \"a\"\ntrace 2: \"c\"\n  s3: \"c\"\nrecord-left-out 1\n";
    assert_eq!(part(Portion::Time { from: 0, to: 900 }), in_time);
    assert_eq!(part(Portion::First { spans: 1 }), "trace 1: \"a\"\n  s1: \"a\"\nlog-of-other-trace 2\n");
}

#[test]
fn damage_never_breaks_it() {
    let mut random = Random::new(11);
    let files = [
        odd_logs(&mut random, 12).encode_to_vec(),
        odd_metrics(&mut random, 8).encode_to_vec(),
        serde_json::to_vec(&odd_logs(&mut random, 12)).unwrap(),
        serde_json::to_vec(&odd_metrics(&mut random, 8)).unwrap(),
    ];
    for bytes in &files {
        for round in 0..150 {
            let mut damaged = bytes.clone();
            for _ in 0..=random.below(4) {
                let at = usize::try_from(random.below(damaged.len() as u64)).unwrap();
                damaged[at] ^= 1 << random.below(8);
            }
            damaged.truncate(usize::try_from(random.below(2 * bytes.len() as u64)).unwrap().max(1));
            let chunk = 1 + usize::try_from(random.below(300)).unwrap();
            let (whole, cut) = (import(&damaged), import_chunks(damaged.chunks(chunk)));
            assert_lines(&our_logs(&cut), &our_logs(&whole), &format!("round {round}"));
            assert_lines(&our_exemplars(&cut), &our_exemplars(&whole), &format!("round {round}"));
        }
    }
}

// --- What the page shows ---

struct Open {
    engine: Engine,
    epoch: u32,
}

impl Open {
    fn new(dataset: Dataset) -> Self {
        let mut engine = Engine::default();
        let epoch = engine.adopt(dataset).epoch;
        Self { engine, epoch }
    }

    fn ask(&mut self, request: Request) -> Reply {
        let mut job = self.engine.begin(self.epoch, request);
        match self.engine.step(&mut job, &|| true) {
            Outcome::Done(Answer::Reply(reply)) => reply,
            outcome => panic!("{outcome:?}"),
        }
    }

    fn rows(&mut self, find: &str, adjusted: bool) -> Vec<Row> {
        let request = RowsRequest {
            trace_id: format!("{:032x}", 1),
            fold: Fold::default(),
            find: Find { text: find.to_owned(), only: false },
            color: GroupBy::Nothing,
            adjusted,
            offset: 0,
            limit: 100,
        };
        let Reply::Rows(view) = self.ask(Request::Rows(request)) else { panic!("not rows") };
        view.rows
    }

    /// The list of a trace's logs, as text.
    fn list(&mut self, find: &str, least: LogLevel) -> String {
        let request = LogsRequest { trace_id: format!("{:032x}", 1), find: find.to_owned(), least, offset: 0, limit: 100 };
        let Reply::Logs(view) = self.ask(Request::Logs(request)) else { panic!("not logs") };
        let line = |row: &LogRow| {
            let span = row.span.as_ref().map_or("-", |span| span.name.as_str());
            format!("{} {} {} {} {span}\n", row.time, row.severity, row.service_name, row.words)
        };
        format!("{} of {}\n{}", view.matched, view.total, view.rows.iter().map(line).collect::<String>())
    }
}

fn shown() -> Open {
    let level = |severity: i32, log: LogRecord| LogRecord { severity_number: severity, ..log };
    let records = logs(vec![
        level(9, log(1, 2, 300, "cart is\nempty")),
        level(10, log(1, 1, 120, "hello")),
        LogRecord { severity_text: "warning".to_owned(), ..level(13, log(1, 2, 200, "slow")) },
        level(17, LogRecord { body: None, event_name: "crash".to_owned(), ..log(1, 9, 250, "") }),
        log(1, 0, 0, "never"),
    ]);
    Open::new(files(&[spans(&[span(1, 1, 0), span(1, 2, 1)]).as_bytes(), &records]))
}

#[test]
fn the_list_is_by_time_and_narrows() {
    let mut open = shown();
    let all = "5 of 5\n0  unknown_service never -\n120 INFO2 unknown_service hello s1\n200 warning unknown_service slow s2\n\
        250 ERROR unknown_service crash -\n300 INFO unknown_service cart is empty s2\n";
    assert_eq!(open.list("", LogLevel::Unspecified), all);
    let warned = "2 of 5\n200 warning unknown_service slow s2\n250 ERROR unknown_service crash -\n";
    assert_eq!(open.list("", LogLevel::Warn), warned);
    assert_eq!(open.list("CART", LogLevel::Unspecified), "1 of 5\n300 INFO unknown_service cart is empty s2\n");
    assert_eq!(open.list("crash", LogLevel::Fatal), "0 of 5\n");
}

#[test]
fn logs_are_on_the_rows_in_the_details_and_found() {
    let mut open = shown();
    let rows = open.rows("", false);
    // The trace begins at 101.
    assert_eq!(rows[0].logs, [(19, LogLevel::Info)]);
    assert_eq!(rows[1].logs, [(99, LogLevel::Warn), (199, LogLevel::Info)]);
    let found: Vec<bool> = open.rows("empty", false).iter().map(|row| row.found).collect();
    assert_eq!(found, [false, true]);
    let Reply::Span(view) = open.ask(Request::Span { span: rows[1].span, log: None }) else { panic!("not a span") };
    let severities: Vec<_> = view.logs.iter().map(|log| (log.severity, log.severity_words.as_str())).collect();
    assert_eq!((view.logs_count, severities), (2, vec![(13, "warning"), (9, "INFO")]));
    let Reply::Trace(view) = open.ask(Request::Trace { trace_id: format!("{:032x}", 1) }) else { panic!("not a trace") };
    assert_eq!((view.logs, view.exemplars, view.clocks.len()), (5, 0, 0));
}

#[test]
fn logs_have_rows_under_their_spans() {
    let mut open = shown();
    let mut ask = |fold: Fold, only: &str| {
        let find = Find { text: only.to_owned(), only: true };
        let (color, trace_id) = (GroupBy::Nothing, format!("{:032x}", 1));
        let request = RowsRequest { trace_id, fold, find, color, adjusted: false, offset: 0, limit: 100 };
        let Reply::Rows(view) = open.ask(Request::Rows(request)) else { panic!("not rows") };
        let line = |row: &Row| {
            let log = row.log.as_ref().map_or_else(String::new, |log| format!(" {} {:?}", log.severity, log.level));
            let fold = row.expanded.map_or(' ', |open| if open { '-' } else { '+' });
            format!(
                "{}{fold}{} of s{} at {} {:b}{log}\n",
                ".".repeat(row.level as usize),
                row.name,
                row.span + 1,
                row.start,
                row.guides
            )
        };
        assert_eq!(view.total as usize, view.rows.len());
        view.rows.iter().map(line).collect::<String>()
    };
    let fold = Fold { logs: true, ..Fold::default() };
    let all = ".-s1 of s1 at 0 0\n.. hello of s1 at 19 10 INFO2 Info\n..-s2 of s2 at 1 0\n... slow of s2 at 99 100 warning Warn\n\
        ... cart is empty of s2 at 199 0 INFO Info\n";
    assert_eq!(ask(fold.clone(), ""), all);
    assert_eq!(ask(Fold::default(), ""), ".-s1 of s1 at 0 0\n.. s2 of s2 at 1 0\n");
    // A span is closed with its records, also one that has nothing else below it.
    let closed = ".-s1 of s1 at 0 0\n.. hello of s1 at 19 10 INFO2 Info\n..+s2 of s2 at 1 0\n";
    assert_eq!(ask(Fold { flipped: vec![1], ..fold.clone() }, ""), closed);
    assert_eq!(ask(Fold { level: Some(1), ..fold.clone() }, ""), ".+s1 of s1 at 0 0\n");
    assert_eq!(ask(fold.clone(), "s2"), all.replace('-', " "));

    // A record is found by its number, beside its span; where it has no row, its span is.
    let locate = |open: &mut Open, fold: Fold, span, log| {
        let (trace_id, find) = (format!("{:032x}", 1), Find::default());
        let Reply::Locate(view) = open.ask(Request::Locate(LocateRequest { trace_id, span_id: None, span, fold, find, log }))
        else {
            panic!("no place")
        };
        (view.position, view.log)
    };
    let request = RowsRequest {
        trace_id: format!("{:032x}", 1),
        fold: fold.clone(),
        find: Find::default(),
        color: GroupBy::Nothing,
        adjusted: false,
        offset: 0,
        limit: 100,
    };
    let Reply::Rows(view) = open.ask(Request::Rows(request)) else { panic!("not rows") };
    for (row, position) in view.rows.iter().zip(0..) {
        let log = row.log.as_ref().map(|log| log.log);
        assert_eq!(locate(&mut open, fold.clone(), row.span, log), (position, log));
        let Reply::Span(view) = open.ask(Request::Span { span: row.span, log }) else { panic!("not a span") };
        assert_eq!(view.log.map(|log| log.severity_words), row.log.as_ref().map(|log| log.severity.clone()));
    }
    let cart = view.rows[4].log.as_ref().map(|log| log.log);
    assert_eq!(locate(&mut open, Fold::default(), 1, cart), (1, None));
    // Another span's record is none of this one's.
    let Reply::Span(view) = open.ask(Request::Span { span: 0, log: cart }) else { panic!("not a span") };
    assert_eq!(view.log, None);
}

#[test]
fn adjusted_rows_say_by_how_much() {
    let of = |service: &str, spans: &str| {
        format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#
        )
    };
    let early = span(1, 2, 1).replace(r#""102""#, r#""41""#).replace(r#""900""#, r#""441""#);
    let text = format!("{}\n{}", of("web", &span(1, 1, 0)), of("db", &early));
    let records = logs(vec![log(1, 2, 141, "x")]);
    let mut open = Open::new(files(&[text.as_bytes(), &records]));
    let told = |rows: &[Row]| {
        rows.iter()
            .map(|row| format!("{} +{} {:+} {:?} {:?}", row.start, row.duration, row.shift, row.busy, row.logs))
            .collect::<Vec<_>>()
    };
    // The file's times are the truth: the child begins 60 ns before its parent, by its own clock.
    assert_eq!(told(&open.rows("", false)), ["60 +799 +0 [(0, 340)] []", "0 +400 +0 [] [(100, Unspecified)]"]);
    // Between 60 and 459 it would be inside.
    assert_eq!(told(&open.rows("", true)), ["60 +799 +0 [(199, 599)] []", "259 +400 +259 [] [(359, Unspecified)]"]);
    let Reply::Trace(view) = open.ask(Request::Trace { trace_id: format!("{:032x}", 1) }) else { panic!("not a trace") };
    let clocks: Vec<_> = view.clocks.iter().map(|pair| (pair.offset, pair.low, pair.high, pair.outside, pair.calls)).collect();
    assert_eq!(clocks, [(259, Some(60), Some(459), 1, 1)]);
    let Reply::Span(view) = open.ask(Request::Span { span: 1, log: None }) else { panic!("not a span") };
    assert_eq!((view.start, view.shift), (41, 259));
    // So is the minimap: of 859 ns in eight columns, the child takes the first four or so, or three from the third on.
    let mut map = |adjusted| {
        let (trace_id, color) = (format!("{:032x}", 1), GroupBy::Nothing);
        let Reply::Minimap(view) = open.ask(Request::Minimap(MinimapRequest { trace_id, columns: 8, lanes: 2, color, adjusted }))
        else {
            panic!("not a minimap")
        };
        view.density
            .chunks(8)
            .map(|lane| lane.iter().map(|&cell| if cell == 0 { '.' } else { '#' }).collect())
            .collect::<Vec<String>>()
    };
    assert_eq!(map(false), ["########", "####...."]);
    assert_eq!(map(true), ["########", "..#####."]);
}

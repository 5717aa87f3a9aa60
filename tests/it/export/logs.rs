//! Log records go with the spans that are written, in each format that has a place for them; all others say how many they leave out.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use spanwise::base::IdxRange;
use spanwise::encode::{Format, Redaction, Rule, Shown, SpanRows, losses};
use spanwise::model::{Dataset, LogIdx, TraceIdx};

use super::{check_round_trips, facts, survey, written};
use crate::generate::Random;
use crate::logs::{odd_logs, odd_metrics, our_logs};
use crate::otlp_proto::our_attributes;
use crate::read::{File, open, open_bytes};

/// Those that have a place for log records.
const WITH_LOGS: [Format; 3] = [Format::OtlpJson, Format::OtlpJsonLines, Format::OtlpProtoFramed];

/// All log records in their order, with all that is around them.
pub(super) fn lines(dataset: &Dataset) -> Vec<String> {
    dataset.logs.time.range().iter().map(|log| line(dataset, log)).collect()
}

fn line(dataset: &Dataset, log: LogIdx) -> String {
    let (logs, resources, scopes) = (&dataset.logs, &dataset.resources, &dataset.scopes);
    let (resource, scope) = (logs.resource[log], logs.scope[log]);
    let span = dataset.span_of_log(log).map(|span| dataset.str(dataset.spans.name[span]));
    format!(
        "log of {span:?} {} {} time {} {} severity {} {:?} {:?} body {}: {} dropped {:?} flags {} {} of {} {:?} {} by {:?} {:?} {} {:?} {}",
        logs.trace[log].display(&dataset.strings),
        logs.span[log].display(&dataset.strings),
        logs.time[log],
        logs.observed[log],
        logs.unknown_severity.get(log).unwrap_or_else(|| logs.severity[log].into()),
        dataset.str(logs.severity_text[log]),
        dataset.str(logs.event_name[log]),
        logs.body[log].len(),
        our_attributes(dataset, logs.body[log]),
        logs.dropped_attributes.get(log),
        logs.flags[log],
        our_attributes(dataset, logs.attributes[log]),
        our_attributes(dataset, resources.attributes[resource]),
        dataset.str(resources.schema_url[resource]),
        resources.dropped_attributes[resource],
        dataset.str(scopes.name[scope]),
        dataset.str(scopes.version[scope]),
        our_attributes(dataset, scopes.attributes[scope]),
        dataset.str(scopes.schema_url[scope]),
        scopes.dropped_attributes[scope],
    )
}

/// Traces 2 to 6 with spans 2 to 7, each the parent of the next.
fn spans() -> String {
    let mut spans = Vec::new();
    for trace in 2..7 {
        for id in 2..8 {
            let parent = if id == 2 { String::new() } else { format!(r#""parentSpanId":"{:016x}","#, id - 1) };
            spans.push(format!(
                r#"{{"traceId":"{trace:032x}","spanId":"{id:016x}",{parent}"name":"s{trace}-{id}","startTimeUnixNano":"{}","endTimeUnixNano":"9000"}}"#,
                trace * 10 + id
            ));
        }
    }
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, spans.join(","))
}

/// Spans with log records of every kind, and some of no span and of no trace that is here.
fn odd_dataset(seed: u64) -> Dataset {
    let mut random = Random::new(seed);
    let mut data = odd_logs(&mut random, 400);
    for (at, group) in data.resource_logs.iter_mut().enumerate() {
        group.schema_url = format!("https://r/{}", at % 3);
        for scope in &mut group.scope_logs {
            scope.schema_url = format!("https://s/{}", at % 2);
            // Many at the same time: order is all that tells them apart.
            scope.log_records.iter_mut().for_each(|log| log.time_unix_nano %= 3);
        }
    }
    let files = [spans().into_bytes(), data.encode_to_vec()];
    let files = files.each_ref().map(|bytes| File { name: "", bytes });
    let dataset = open(&files, usize::MAX);
    assert!(200 < dataset.logs.len() && dataset.spans.len() == 30, "{} log records", dataset.logs.len());
    dataset
}

fn again(dataset: &Dataset, rows: &SpanRows, format: Format) -> Dataset {
    open_bytes(&written(&Shown::plain(dataset), rows, format, false))
}

fn assert_same(ours: &[String], expected: &[String], case: &str) {
    for (ours, expected) in ours.iter().zip(expected) {
        assert_eq!(ours, expected, "{case}");
    }
    assert_eq!(ours.len(), expected.len(), "{case}");
}

#[test]
fn log_records_come_back_in_order_with_all_they_have() {
    for seed in 1..=8 {
        let dataset = odd_dataset(seed);
        let expected = lines(&dataset);
        for format in WITH_LOGS {
            let again = again(&dataset, &SpanRows::all(&dataset), format);
            assert_same(&lines(&again), &expected, &format!("seed {seed}, {format:?}"));
        }
        check_round_trips(&format!("odd logs {seed}"), &dataset);
    }
}

#[test]
fn a_trace_takes_its_log_records_along_and_no_others() {
    let dataset = odd_dataset(9);
    let all: Vec<TraceIdx> = dataset.traces.key.range().iter().collect();
    for chosen in [&all[..1], &all[1..3], &[all[0], all[4]], &all[..0]] {
        let rows = SpanRows::of_traces(&dataset, chosen);
        let wanted = |log: &LogIdx| dataset.trace_of_log(*log).is_some_and(|trace| chosen.contains(&trace));
        let expected: Vec<String> = dataset.logs.time.range().iter().filter(wanted).map(|log| line(&dataset, log)).collect();
        assert_eq!(expected.is_empty(), chosen.is_empty());
        let (_, findings) = survey(&dataset, &rows, &Redaction::default());
        assert_eq!(findings.facts.logs, expected.len() as u64);
        for format in WITH_LOGS {
            assert_same(&lines(&again(&dataset, &rows, format)), &expected, &format!("{chosen:?}, {format:?}"));
        }
    }
}

#[test]
fn a_part_of_a_trace_takes_the_log_records_of_its_spans() {
    let dataset = odd_dataset(10);
    let trace = dataset.traces.spans[TraceIdx(2)];
    // From its third span on: what belongs to the trace as a whole is not part of that.
    let part = IdxRange::new(trace.start + 2, trace.end);
    let wanted = |log: &LogIdx| dataset.span_of_log(*log).is_some_and(|span| part.contains(span));
    let expected: Vec<String> = dataset.logs.time.range().iter().filter(wanted).map(|log| line(&dataset, log)).collect();
    let whole = dataset.logs_of_trace(TraceIdx(2)).len() as usize;
    assert!(!expected.is_empty() && expected.len() < whole, "{} of {whole}", expected.len());
    for format in WITH_LOGS {
        let again = again(&dataset, &SpanRows::range(part), format);
        assert_same(&lines(&again), &expected, &format!("{format:?}"));
    }
}

#[test]
fn many_log_records_of_one_span_are_written_piece_by_piece() {
    let one = |at: u64| LogRecord {
        trace_id: vec![2; 16],
        span_id: vec![3; 8],
        time_unix_nano: 1 + at / 7,
        body: Some(AnyValue { value: Some(Any::StringValue(format!("line {at}"))) }),
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: (0..1500).map(one).collect(), ..ScopeLogs::default() }];
    let logs = LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }.encode_to_vec();
    let span = r#"{"traceId":"02020202020202020202020202020202","spanId":"0303030303030303","name":"s","startTimeUnixNano":"1","endTimeUnixNano":"2"}"#;
    let spans = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#);
    let dataset = open(&[File { name: "", bytes: spans.as_bytes() }, File { name: "", bytes: &logs }], usize::MAX);
    for format in WITH_LOGS {
        let bytes = written(&Shown::plain(&dataset), &SpanRows::all(&dataset), format, false);
        assert_same(&lines(&open_bytes(&bytes)), &lines(&dataset), &format!("{format:?}"));
        if format == Format::OtlpJsonLines {
            assert_eq!(bytes.split_inclusive(|&byte| byte == b'\n').count(), 2, "a line of spans, and one of log records");
        }
    }
}

#[test]
fn documents_of_both_signals_are_what_other_readers_take() {
    let dataset = odd_dataset(11);
    let expected = {
        let mut lines = our_logs(&dataset);
        lines.sort();
        lines
    };
    let text = |format| String::from_utf8(super::plain(&dataset, format)).unwrap();
    // One document of JSON, in which traces are where they are in any, and log records beside them.
    let document: serde_json::Value = serde_json::from_str(&text(Format::OtlpJson)).unwrap();
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["resourceLogs", "resourceSpans"]);
    // A line is of one signal.
    for line in text(Format::OtlpJsonLines).lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line.as_object().unwrap().len(), 1);
    }
    // So is a message: log records are whole for whoever knows them by opentelemetry-proto's types.
    let bytes = super::plain(&dataset, Format::OtlpProtoFramed);
    let (mut rest, mut found) = (bytes.as_slice(), Vec::new());
    while let Some((len, after)) = rest.split_at_checked(4) {
        let len = u32::from_be_bytes(len.try_into().unwrap()) as usize;
        let (message, after) = after.split_at(len);
        rest = after;
        let is_spans = opentelemetry_proto::tonic::trace::v1::TracesData::decode(message).is_ok_and(|data| {
            data.resource_spans
                .iter()
                .flat_map(|group| &group.scope_spans)
                .flat_map(|group| &group.spans)
                .any(|span| span.span_id.len() == 8)
        });
        if !is_spans {
            found.extend(crate::logs::oracle_logs(&LogsData::decode(message).unwrap()));
        }
    }
    found.sort();
    assert_same(&found, &expected, "opentelemetry-proto");
}

#[test]
fn what_has_no_place_for_log_records_or_exemplars_says_so() {
    let mut random = Random::new(3);
    let files = [spans().into_bytes(), odd_logs(&mut random, 40).encode_to_vec(), odd_metrics(&mut random, 60).encode_to_vec()];
    let dataset = open(&files.each_ref().map(|bytes| File { name: "", bytes }), usize::MAX);
    let (logs, exemplars) = (dataset.logs.len() as u64, dataset.exemplars.len() as u64);
    assert!(0 < logs && 0 < exemplars);
    let facts = facts(&dataset);
    for format in Format::ALL {
        let told =
            |words: &str| losses(format, &facts).iter().filter(|loss| loss.words.contains(words)).map(|loss| loss.count).sum();
        let of_logs: u64 = told("log records, for which");
        assert_eq!(of_logs, if WITH_LOGS.contains(&format) { 0 } else { logs }, "{format:?}");
        assert_eq!(exemplars, told("exemplars of metrics"), "{format:?}");
    }
}

/// A log record, every text of which has something to hide.
fn planted(random: &mut Random, needles: &mut Vec<String>) -> LogsData {
    let mut marker = || {
        let marker = format!("q{:016x}z", random.next());
        needles.push(marker.clone());
        marker
    };
    let mut secret = |at: usize| match at % 4 {
        0 => format!("see {}@example.com tail", marker()),
        1 => format!("Bearer {}", marker()),
        2 => format!("https://user:{}@host/", marker()),
        _ => format!("password={} tail", marker()),
    };
    let text = |text: String| AnyValue { value: Some(Any::StringValue(text)) };
    let pair = |key: String, value: AnyValue| KeyValue { key, value: Some(value), ..KeyValue::default() };
    let mut log_records = Vec::new();
    for at in 0..24 {
        let map = vec![
            pair(secret(at), text(secret(at + 1))),
            pair("db.password".to_owned(), text(secret(at + 2))),
            pair("drop.this".to_owned(), text(secret(at + 3))),
        ];
        let body = match at % 4 {
            0 => Any::StringValue(secret(at / 4)),
            1 => Any::BytesValue(secret(at / 4).into_bytes()),
            2 => Any::KvlistValue(opentelemetry_proto::tonic::common::v1::KeyValueList { values: map.clone() }),
            _ => Any::ArrayValue(opentelemetry_proto::tonic::common::v1::ArrayValue { values: vec![text(secret(at / 4))] }),
        };
        log_records.push(LogRecord {
            // Of spans that are here, of a trace, and of none.
            trace_id: [vec![0; 15], vec![[2, 3, 99][at % 3]]].concat(),
            span_id: [vec![0; 7], vec![[2, 0, 98][at % 3]]].concat(),
            time_unix_nano: 1,
            body: Some(AnyValue { value: Some(body) }),
            severity_text: secret(at),
            event_name: secret(at + 1),
            attributes: map,
            ..LogRecord::default()
        });
    }
    let resource = Resource { attributes: vec![pair("host.name".to_owned(), text(secret(0)))], ..Resource::default() };
    let scope = InstrumentationScope { name: secret(1), version: secret(2), ..InstrumentationScope::default() };
    let scope_logs = vec![ScopeLogs { scope: Some(scope), log_records, schema_url: secret(3) }];
    LogsData { resource_logs: vec![ResourceLogs { resource: Some(resource), scope_logs, schema_url: secret(0) }] }
}

#[test]
fn no_original_in_a_log_record_that_is_masked_is_in_any_output() {
    for seed in 1..=4 {
        let mut needles = Vec::new();
        let logs = planted(&mut Random::new(seed), &mut needles).encode_to_vec();
        let trace = spans();
        let dataset = open(&[File { name: "", bytes: trace.as_bytes() }, File { name: "", bytes: &logs }], usize::MAX);
        let rows = SpanRows::all(&dataset);
        let mut rules: Vec<Rule> = Rule::PERSONAL.into_iter().chain(Rule::SECRETS).collect();
        rules.push(Rule::DropKey("drop.*".to_owned()));
        let redaction = Redaction { rules, ids_key: Some([5; 16]), tells_equal: seed % 2 == 0 };
        let (masks, findings) = survey(&dataset, &rows, &redaction);
        assert!(findings.changes.iter().any(|change| change.place == spanwise::encode::Place::Log), "{:?}", findings.changes);
        for format in Format::ALL {
            if WITH_LOGS.contains(&format) {
                // Each is there as long as nothing hides it, or the test would prove nothing.
                let plain = super::plain(&dataset, format);
                let missing = needles.iter().find(|needle| !super::redaction::holds(&plain, needle));
                assert_eq!(missing, None, "{format:?}");
            }
            for is_gzip in [false, true] {
                let bytes = written(&Shown::through(&dataset, &masks), &rows, format, is_gzip);
                for needle in needles.iter().map(String::as_str).chain(["00000000000000000000000000000002", "0000000000000062"]) {
                    assert!(!super::redaction::holds(&bytes, needle), "seed {seed}, {format:?}: {needle}");
                }
            }
        }
        // What nothing looked at is masked, too.
        let unseen = spanwise::encode::Masks::new(&redaction, &dataset);
        for format in WITH_LOGS {
            let bytes = written(&Shown::through(&dataset, &unseen), &rows, format, false);
            let told = needles.iter().find(|needle| super::redaction::holds(&bytes, needle));
            assert_eq!(told, None, "{format:?}");
        }
    }
}

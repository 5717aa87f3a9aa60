//! Formats of others: their files are read here by serde alone, so that nothing of ours can agree with itself.

use std::collections::BTreeMap;

use serde_json::Value;
use spanwise::encode::{Format, losses};
use spanwise::model::Dataset;

use super::{EVERYTHING, facts, plain, text};
use crate::generate::{Plan, Shape, json_document, requests};
use crate::notation;
use crate::read::{fixtures, open_bytes};

fn json(dataset: &Dataset, format: Format) -> Value {
    serde_json::from_slice(&plain(dataset, format)).unwrap_or_else(|error| panic!("{format:?}: {error}"))
}

fn losses_text(dataset: &Dataset, format: Format) -> Vec<String> {
    losses(format, &facts(dataset)).iter().map(|loss| format!("{} {}", loss.count, loss.words)).collect()
}

fn shop() -> Dataset {
    open_bytes(&json_document(&requests(Plan { shape: Shape::Shop, spans: 800, seed: 9 })))
}

const CALL: &str = "
resource web#1  @service.name=\"web\" @host.name=\"h1\" @cpus=4
trace 5b8efff798038103d269b633813fc60c
  web#1  GET /  0..1000us  server  id=1 scope=lib @http.status_code=200 @tags=[\"a\", 1]
    web#1  call  100..900us  client  id=2  !error \"it broke\" @peer.service=\"db\" @ok=true
    | event 150us \"retry\" @n=2
    | link b2/3
      db  query  200..800us  server  id=3
";

#[test]
fn jaeger_has_processes_references_tags_and_logs() {
    let dataset = notation::dataset(CALL);
    let document = json(&dataset, Format::Jaeger);
    let trace = &document["data"][0];
    assert_eq!(trace["traceID"], "5b8efff798038103d269b633813fc60c");
    assert_eq!(trace["processes"]["p1"]["serviceName"], "web");
    assert_eq!(
        trace["processes"]["p1"]["tags"].to_string(),
        r#"[{"key":"host.name","type":"string","value":"h1"},{"key":"cpus","type":"int64","value":4}]"#
    );
    let call = &trace["spans"][1];
    assert_eq!(call["duration"], 800);
    assert_eq!(call["processID"], "p1");
    let reference = |at: usize| {
        format!(
            "{} {} {}",
            call["references"][at]["refType"], call["references"][at]["traceID"], call["references"][at]["spanID"]
        )
        .replace('"', "")
    };
    assert_eq!(reference(0), "CHILD_OF 5b8efff798038103d269b633813fc60c 0000000000000001");
    assert_eq!(reference(1), format!("FOLLOWS_FROM {:032x} {:016x}", 0xb2, 3));
    let tags: BTreeMap<String, String> = call["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| (tag["key"].as_str().unwrap().to_owned(), tag["value"].to_string()))
        .collect();
    let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        tags,
        [
            "error=true",
            "ok=true",
            "otel.status_code=\"ERROR\"",
            "otel.status_description=\"it broke\"",
            "peer.service=\"db\"",
            "span.kind=\"client\""
        ]
    );
    let fields = call["logs"][0]["fields"].to_string();
    assert_eq!(fields, r#"[{"key":"event","type":"string","value":"retry"},{"key":"n","type":"int64","value":2}]"#);
    assert_eq!(losses_text(&dataset, Format::Jaeger), ["1 arrays and maps that become text"]);
}

#[test]
fn zipkin_has_endpoints_annotations_and_tags() {
    let dataset = notation::dataset(CALL);
    let document = json(&dataset, Format::Zipkin);
    let call = &document[1];
    assert_eq!((call["id"].as_str(), call["parentId"].as_str()), (Some("0000000000000002"), Some("0000000000000001")));
    assert_eq!((call["kind"].as_str(), &call["duration"]), (Some("CLIENT"), &Value::from(800)));
    assert_eq!(call["localEndpoint"]["serviceName"], "web");
    assert_eq!(call["remoteEndpoint"]["serviceName"], "db");
    assert_eq!(call["annotations"][0]["value"], r#""retry": {"n":2}"#);
    assert_eq!(
        call["tags"].to_string(),
        r#"{"cpus":"4","error":"it broke","host.name":"h1","ok":"true","otel.status_code":"ERROR","peer.service":"db"}"#
    );
    assert_eq!(
        losses_text(&dataset, Format::Zipkin),
        [
            "1 links that are left out",
            "4 values that become text",
            "1 events whose attributes become part of their name",
            "2 spans whose resource's attributes become their own",
        ]
    );
}

/// What a format of whole microseconds cannot say is counted as often as it happens.
#[test]
fn cut_times_are_counted_exactly() {
    let mut data_sets: Vec<(String, Dataset)> = fixtures()
        .into_iter()
        .map(|(path, bytes)| (path, open_bytes(&bytes)))
        .filter(|(_, data)| !data.spans.is_empty())
        .collect();
    data_sets.push(("shop".to_owned(), shop()));
    for (name, dataset) in &data_sets {
        let found = facts(dataset);
        let document = json(dataset, Format::Jaeger);
        let spans = document["data"].as_array().unwrap().iter().flat_map(|trace| trace["spans"].as_array().unwrap());
        let (mut fine, mut events, mut n) = (0, 0, 0);
        for (span, row) in spans.zip(dataset.spans.id.range().iter()) {
            n += 1;
            let (start, end) = (dataset.spans.start[row], dataset.spans.end[row]);
            let (first, duration) = (span["startTime"].as_u64().unwrap(), span["duration"].as_u64().unwrap());
            let is_plain = start != 0 && start <= end;
            let differs =
                first * 1000 != start || is_plain && (first + duration) * 1000 != end || !is_plain && !end.is_multiple_of(1000);
            fine += u64::from(differs);
            for (log, event) in span["logs"].as_array().unwrap().iter().zip(dataset.spans.events[row].iter()) {
                events += u64::from(log["timestamp"].as_u64().unwrap() * 1000 != dataset.events.time[event]);
            }
        }
        assert_eq!((found.fine_span_times, found.fine_event_times, n), (fine, events, dataset.spans.len()), "{name}");
        // Zipkin's are the same, but that nothing lasts less than one.
        let zipkin = json(dataset, Format::Zipkin);
        assert_eq!(zipkin.as_array().unwrap().len(), n, "{name}");
        let values = found.typed != 0;
        assert_eq!(values, losses(Format::Zipkin, &found).iter().any(|loss| loss.words.starts_with("values")), "{name}");
    }
}

/// Slices of a thread either hold one another or do not meet, and arrows begin and end in slices.
#[test]
fn chrome_slices_nest() {
    for (name, dataset) in [("shop", shop()), ("everything", notation::dataset(EVERYTHING)), ("call", notation::dataset(CALL))] {
        let document = json(&dataset, Format::Chrome);
        let events = document["traceEvents"].as_array().unwrap();
        let micros = |value: &Value| (value.as_f64().unwrap() * 1000.0).round();
        let mut threads: BTreeMap<(u64, u64), Vec<(f64, f64)>> = BTreeMap::new();
        let thread = |event: &Value| (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        for event in events.iter().filter(|event| event["ph"] == "X") {
            let start = micros(&event["ts"]);
            threads.entry(thread(event)).or_default().push((start, start + micros(&event["dur"])));
        }
        let n: usize = threads.values().map(Vec::len).sum();
        let placed = dataset.spans.start.as_slice().iter().filter(|&&start| start != 0).count();
        assert_eq!(n, placed, "{name}");
        for (place, slices) in &threads {
            for (at, a) in slices.iter().enumerate() {
                for b in &slices[at + 1..] {
                    let apart = a.1 <= b.0 || b.1 <= a.0;
                    let nested = a.0 <= b.0 && b.1 <= a.1 || b.0 <= a.0 && a.1 <= b.1;
                    assert!(apart || nested, "{name} {place:?}: {a:?} {b:?}");
                }
            }
        }
        let arrows = events.iter().filter(|event| event["ph"] == "s" || event["ph"] == "f");
        let calls = dataset.spans.id.range().iter().filter(|&span| {
            dataset.spans.parent(span).is_some_and(|parent| {
                dataset.service(parent) != dataset.service(span)
                    && dataset.spans.start[parent] != 0
                    && dataset.spans.start[span] != 0
            })
        });
        assert_eq!(arrows.clone().count(), 2 * calls.count(), "{name}");
        for arrow in arrows {
            let time = micros(&arrow["ts"]);
            assert!(threads[&thread(arrow)].iter().any(|slice| slice.0 <= time && time <= slice.1), "{name}: {arrow}");
        }
    }
}

#[test]
fn csv_has_a_line_for_each_span() {
    let dataset = notation::dataset(CALL);
    let text = text(&dataset, Format::Csv);
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[0].starts_with("trace_id,span_id,parent_span_id,service,name,kind,start_unix_nano,"));
    assert!(
        lines[2].starts_with("5b8efff798038103d269b633813fc60c,0000000000000002,0000000000000001,web,call,client,"),
        "{}",
        lines[2]
    );
    assert!(
        lines[2].ends_with(r#",800000,error,it broke,,,,0,1,1,"{""peer.service"":""db"",""ok"":true}","{""service.name"":""web"",""host.name"":""h1"",""cpus"":4}""#),
        "{}",
        lines[2]
    );
    assert_eq!(losses_text(&dataset, Format::Csv), ["1 events that are only counted", "1 links that are only counted"]);
}

#[test]
fn csv_cells_are_as_many_as_columns() {
    for (path, bytes) in fixtures() {
        let dataset = open_bytes(&bytes);
        let text = text(&dataset, Format::Csv);
        // RFC 4180, read the plain way.
        let (mut rows, mut cells, mut is_quoted) = (0, 1, false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => cells += 1,
                '\r' if !is_quoted && chars.peek() == Some(&'\n') => {
                    chars.next();
                    assert_eq!(cells, 19, "{path}: line {rows}");
                    (rows, cells) = (rows + 1, 1);
                }
                _ => {}
            }
        }
        assert_eq!(rows, dataset.spans.len() + 1, "{path}");
    }
}

#[test]
fn mermaid_shows_calls_and_returns() {
    let dataset = notation::dataset(CALL);
    assert_eq!(
        text(&dataset, Format::Mermaid),
        "sequenceDiagram\n    participant s1 as web\n    s1->>s1: GET /\n    s1->>s1: call\n    Note over s1: error: it broke\n    \
        participant s2 as db\n    s1->>s2: query\n    s2-->>s1: 600 µs\n"
    );
}

#[test]
fn mermaid_is_bounded_and_means_nothing_but_text() {
    let odd = notation::dataset("trace a1\n  a  \"end; #x\\n: <b>%%\"  0..1ms\n");
    assert_eq!(
        text(&odd, Format::Mermaid),
        "sequenceDiagram\n    participant s1 as a\n    s1->>s1: end#59; #35;x #58; #60;b#62;#37;#37;\n"
    );
    let long = open_bytes(&json_document(&requests(Plan { shape: Shape::Flat, spans: 1000, seed: 2 })));
    let text = text(&long, Format::Mermaid);
    let left_out = long.spans.len() - 200;
    assert!(text.contains(&format!("{left_out} more spans are left out")), "{text}");
    assert!(text.lines().count() < 500);
}

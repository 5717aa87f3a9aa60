//! OTLP JSON: text in, spans and findings out. Each text is read whole and cut into chunks of several sizes: batch, findings and
//! examples must be the same to the last byte.

use std::fmt::Write as _;

use spanwise::decode::otlp_json::{JsonLayout, JsonShape, OtlpJsonReader};
use spanwise::model::{Batch, Dataset, FindingKind, ImportReport};

use super::analysis::Random;
use super::dump::{dump, findings};

struct Import {
    batch: Batch,
    report: ImportReport,
    reader: OtlpJsonReader,
}

fn read_cut(text: &[u8], chunk: usize, limit: usize) -> Import {
    let (mut batch, mut report) = (Batch::default(), ImportReport::default());
    let mut reader = OtlpJsonReader::with_limit(report.begin_source("a.json"), limit);
    for chunk in text.chunks(chunk.max(1)) {
        reader.feed(chunk, &mut batch, &mut report);
    }
    reader.finish(&mut batch, &mut report);
    Import { batch, report, reader }
}

/// Small, so that tests can go beyond it.
const LIMIT: usize = 1 << 20;

/// Reads a text, and checks that it does not matter how it is cut.
fn import(text: &[u8]) -> Import {
    let whole = read_cut(text, text.len(), LIMIT);
    let everything = |import: &Import| format!("{:?} {:?} {:?}", import.batch, import.report, import.reader.shape());
    let expected = everything(&whole);
    for chunk in [1, 7, 64] {
        assert_eq!(everything(&read_cut(text, chunk, LIMIT)), expected, "chunks of {chunk}: {}", String::from_utf8_lossy(text));
    }
    whole
}

fn sealed(text: &[u8]) -> Dataset {
    let Import { batch, report, .. } = import(text);
    Dataset::seal(batch, report)
}

fn shape(text: &str) -> JsonShape {
    import(text.as_bytes()).reader.shape()
}

/// The findings with their examples, one a line.
fn examples(report: &ImportReport) -> String {
    let mut out = String::new();
    for (kind, finding) in report.findings() {
        for example in &finding.examples {
            let (offset, line) = (example.offset.unwrap(), example.line.unwrap());
            writeln!(out, "{} at {offset}, line {line}, {:?}: {}", kind.slug(), example.path, example.note).unwrap();
        }
    }
    out
}

/// Compares spans and findings with what is expected; without indentation.
fn check(text: &str, expected: &str) {
    let dataset = sealed(text.as_bytes());
    let found = format!("{}{}", dump(&dataset), findings(&dataset.report));
    let unindented: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let found_lines: Vec<&str> = found.lines().map(str::trim).collect();
    assert_eq!(found_lines, unindented, "\n{found}");
}

/// A document around spans.
fn document(spans: &str) -> String {
    let resource = r#"{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]}"#;
    format!(r#"{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{{"scope":{{"name":"lib"}},"spans":[{spans}]}}]}}]}}"#)
}

/// A span with an id, and more members.
fn span(id: u64, more: &str) -> String {
    format!(
        r#"{{"traceId":"{:032x}","spanId":"{id:016x}","name":"s{id}","kind":1,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000000001"{more}}}"#,
        0xa1
    )
}

fn with_attribute(value: &str) -> String {
    document(&span(1, &format!(r#","attributes":[{{"key":"k","value":{value}}}]"#)))
}

/// What the one attribute of a span is read as.
fn attribute(value: &str) -> String {
    let dataset = sealed(with_attribute(value).as_bytes());
    let text = dump(&dataset);
    let value = text.lines().find_map(|line| Some(line.split_once(" @k=")?.1)).unwrap_or("nothing").to_owned();
    format!("{value} {}", findings(&dataset.report).replace('\n', " ")).trim().to_owned()
}

/// What a member of a span is read as: its line of the dump, and the findings.
fn member(name: &str, value: &str) -> String {
    let text = document(&format!(r#"{{"traceId":"{:032x}","spanId":"{:016x}","{name}":{value}}}"#, 0xa1, 1));
    let dataset = sealed(text.as_bytes());
    let start = dataset.spans.start.as_slice().first().copied().unwrap_or_default();
    let text = dump(&dataset);
    let line = text.lines().find(|line| line.starts_with("  web")).unwrap_or(&text);
    let line = line
        .split("  # ")
        .next()
        .unwrap_or_default()
        .replacen("web  \"\"  ", "", 1)
        .replace("  id=1", "")
        .replace("  scope=lib", "");
    let line = if start == 0 { line } else { line.replacen("0ms", &start.to_string(), 1) };
    let findings = findings(&dataset.report).replace("unfinished 1\n", "").replace("no-start 1\n", "").replace('\n', " ");
    format!("{} {findings}", line.trim()).trim().to_owned()
}

/// Compares a table of inputs and readings, and shows all that differ.
fn check_table(table: &[(&str, &str)], read: impl Fn(&str) -> String) {
    let differing: Vec<String> = table
        .iter()
        .filter_map(|&(input, expected)| Some((input, expected, read(input))).filter(|(_, expected, found)| expected != found))
        .map(|(input, expected, found)| format!("{input}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(differing.is_empty(), "\n{}", differing.join("\n"));
}

#[test]
fn a_span_with_everything() {
    check(
        r#"{
          "resourceSpans": [ {
            "resource": { "attributes": [ { "key": "service.name", "value": { "stringValue": "web" } } ], "droppedAttributesCount": 2 },
            "scopeSpans": [ {
              "scope": { "name": "lib", "version": "1.0", "attributes": [ { "key": "a", "value": { "boolValue": true } } ] },
              "spans": [ {
                "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "eee19b7ec3c1b174", "parentSpanId": "eee19b7ec3c1b173",
                "traceState": "k=v", "flags": 257, "name": "GET /", "kind": 2,
                "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000000000009",
                "attributes": [ { "key": "n", "value": { "intValue": "-9223372036854775808" } } ],
                "droppedAttributesCount": 1, "droppedEventsCount": 2, "droppedLinksCount": "3",
                "events": [
                  { "timeUnixNano": "1700000000000000003", "name": "one", "attributes": [ { "key": "e", "value": { "doubleValue": 0.5 } } ] },
                  { "timeUnixNano": "1700000000000000004", "name": "two", "droppedAttributesCount": 4 } ],
                "links": [ { "traceId": "000000000000000000000000000000b2", "spanId": "0000000000000007", "traceState": "l=1",
                             "flags": 256, "attributes": [ { "key": "l", "value": {} } ], "droppedAttributesCount": 5 } ],
                "status": { "code": 2, "message": "no" }
              } ],
              "schemaUrl": "https://scope"
            } ],
            "schemaUrl": "https://resource"
          } ]
        }"#,
        r#"
        resource web#1  @service.name="web"  url="https://resource"  dropped=2
        scope lib#1  "lib" "1.0" @a=true  url="https://scope"
        trace 5b8efff798038103d269b633813fc60c  # 1 span, 1 error, 0 roots, 1 orphan, depth 1, 9ns, named "GET /", services web 1
          web#1  GET /  0..9ns  server  id=eee19b7ec3c1b174  parent=eee19b7ec3c1b173  !error "no"  scope=lib#1  state="k=v"  flags=257  dropped=1,2,3 @n=-9223372036854775808  # orphan
          | event 3ns "one" @e=0.5
          | event 4ns "two"  dropped=4
          | link b2/7  state="l=1"  flags=256  dropped=5 @l=null
        orphan 1
        dropped-by-producer 17
        "#,
    );
}

#[test]
fn values() {
    check_table(
        &[
            (r#"{"stringValue":"x"}"#, r#""x""#),
            (r#"{"stringValue":""}"#, r#""""#),
            (r#"{ "stringValue" : "a\u0041\n\/\ud83d\ude00" }"#, "\"aA\\n/\u{1f600}\""),
            (r#"{"stringValue":"raw	control"}"#, r#""raw\tcontrol""#),
            (r#"{"stringValue":"lone \ud83d end"}"#, "\"lone \u{fffd} end\" bad-text 1"),
            (r#"{"stringValue":"lone \ude00"}"#, "\"lone \u{fffd}\" bad-text 1"),
            (r#"{"stringValue":"two \ud83d\ud83d\ude00"}"#, "\"two \u{fffd}\u{1f600}\" bad-text 1"),
            (r#"{"stringValue":"C:\q"}"#, r#""C:\\q" bad-text 1"#),
            (r#"{"stringValue":"end\\"}"#, r#""end\\""#),
            (r#"{"stringValue":7}"#, "null wrong-type 1"),
            (r#"{"stringValue":null}"#, "null"),
            (r#"{"string_value":"x"}"#, r#""x" snake-case 1"#),
            // As Go's `encoding/json` has them.
            (r#"{"Value":{"StringValue":"x"}}"#, r#""x""#),
            (r#"{"Value":null}"#, "null"),
            (
                r#"{"Value":{"ArrayValue":{"values":[{"Value":{"IntValue":1}},{"Value":{"BytesValue":"AAE="}}]}}}"#,
                r#"[1, b64"AAE="]"#,
            ),
            (r#"{"Value":{"KvlistValue":{"values":[{"key":"k","value":{"Value":{"DoubleValue":0.5}}}]}}}"#, r#"{"k": 0.5}"#),
            (r#"{"Value":{"Value":{"IntValue":1}}}"#, "null"),
            (r#"{"Value":{"IntValue":1},"intValue":"2"}"#, "2"),
            (r#"{"intValue":"2","Value":{"BoolValue":true}}"#, "true"),
            (r#"{"boolValue":true}"#, "true"),
            (r#"{"boolValue":"false"}"#, "false"),
            (r#"{"boolValue":1}"#, "null wrong-type 1"),
            (r#"{"intValue":"9223372036854775807"}"#, "9223372036854775807"),
            (r#"{"intValue":-9223372036854775808}"#, "-9223372036854775808"),
            (r#"{"intValue":"0007"}"#, "7"),
            (r#"{"intValue":"9223372036854775808"}"#, "0 bad-number 1"),
            (r#"{"intValue":1e3}"#, "1000"),
            (r#"{"intValue":1.5}"#, "0 bad-number 1"),
            (r#"{"intValue":"seven"}"#, "0 bad-number 1"),
            (r#"{"doubleValue":1}"#, "1.0"),
            (r#"{"doubleValue":-2.5e-3}"#, "-0.0025"),
            (r#"{"doubleValue":"NaN"}"#, "NaN"),
            (r#"{"doubleValue":NaN}"#, "NaN"),
            (r#"{"doubleValue":"Infinity"}"#, "inf"),
            (r#"{"doubleValue":"-Infinity"}"#, "-inf"),
            (r#"{"doubleValue":-Infinity}"#, "-inf"),
            (r#"{"doubleValue":"much"}"#, "0.0 bad-number 1"),
            (r#"{"bytesValue":"AAEC/w=="}"#, r#"b64"AAEC/w==""#),
            (r#"{"bytesValue":"AAEC_w"}"#, r#"b64"AAEC/w==""#),
            (r#"{"bytesValue":"*"}"#, r#""*" bad-base64 1"#),
            ("{}", "null"),
            ("null", "null"),
            (r#"{"newValue":{"deep":[{}]}}"#, "null"),
            (r#"{"stringValueStrindex":3,"stringValue":"x"}"#, r#""x""#),
            (r#"{"intValue":1,"stringValue":"last"}"#, r#""last""#),
            (r#"{"arrayValue":{"values":[{"intValue":1}]},"stringValue":"last"}"#, r#""last""#),
            (r#"{"arrayValue":{}}"#, "[]"),
            (r#"{"arrayValue":{"values":null}}"#, "[]"),
            (
                r#"{"arrayValue":{"values":[{"stringValue":"a"},{},{"arrayValue":{"values":[{"boolValue":false}]}}]}}"#,
                r#"["a", null, [false]]"#,
            ),
            (r#"{"arrayValue":[{"intValue":1}]}"#, "[1]"),
            (r#"{"arrayValue":7}"#, "null wrong-type 1"),
            (
                r#"{"kvlistValue":{"values":[{"key":"a","value":{"intValue":1}},{"value":{"kvlistValue":{"values":[]}},"key":"b"}]}}"#,
                r#"{"a": 1, "b": {}}"#,
            ),
            (r#"{"kvlistValue":{"values":[{"key":"a"},{"key":"a","value":null}]}}"#, r#"{"a": null, "a": null} repeated-key 1"#),
            (r#"{"kvlist_value":{"values":[7]}}"#, "{} wrong-type 1 snake-case 1"),
            ("\"plain\"", r#""plain""#),
            (r#"[1, 2.5, {"a": null, "b": [true]}]"#, r#"[1, 2.5, {"b": [true]}]"#),
        ],
        attribute,
    );
}

#[test]
fn nesting_ends_at_64_levels() {
    let nested = |levels: usize| {
        let (open, close) = (r#"{"arrayValue":{"values":["#, "]}}");
        attribute(&format!("{}{{\"intValue\":1}}{}", open.repeat(levels), close.repeat(levels)))
    };
    assert_eq!(nested(64), format!("{}1{}", "[".repeat(64), "]".repeat(64)));
    assert_eq!(nested(65), format!("{}null{} too-deep 1", "[".repeat(64), "]".repeat(64)));
    assert_eq!(nested(20_000), format!("{}null{} too-deep 1", "[".repeat(64), "]".repeat(64)));
    assert_eq!(attribute(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))), nested(65));
}

#[test]
fn attribute_lists() {
    let read = |list: &str| {
        let dataset = sealed(document(&span(1, &format!(r#","attributes":{list}"#))).as_bytes());
        let text = dump(&dataset);
        let line = text.lines().find(|line| line.starts_with("  web")).unwrap_or_default();
        let line = line.split_once("scope=lib").unwrap_or_default().1;
        format!("{} {}", line.trim(), findings(&dataset.report).replace('\n', " ")).trim().to_owned()
    };
    check_table(
        &[
            ("[]", ""),
            ("null", ""),
            ("7", "wrong-type 1"),
            ("[7]", "wrong-type 1"),
            (r#"[{"value":{"intValue":1},"key":"k"}]"#, "@k=1"),
            (r#"[{"value":{"stringValue":"v"},"extra":[{}],"key":"k"}]"#, "@k=\"v\""),
            (r#"[{"key":"k","value":{"intValue":1},"value":{"intValue":2}}]"#, "@k=2"),
            (r#"[{"key":"k"}]"#, "@k=null"),
            (r#"[{"\u006bey":"k","v\u0061lue":{"int\u0056alue":1}}]"#, "@k=1"),
            (r#"[{"key":"a\"b","value":{"intValue":1}}]"#, r#"@"a\"b"=1"#),
            (r#"[{"key":"k","value":{"intValue":1}},{"key":"k","value":{"intValue":2}},]"#, "@k=1 @k=2 repeated-key 1"),
            (
                r#"{"a":"x","b":null,"c":[1],"d":{"e":true},"f":1.5,"g":18446744073709551615}"#,
                r#"@a="x" @c=[1] @d={"e": true} @f=1.5 @g=1.8446744073709552e19"#,
            ),
        ],
        read,
    );
}

#[test]
fn members() {
    let table: &[(&str, &str, &str)] = &[
        ("startTimeUnixNano", "\"1700000000000000001\"", "1700000000000000001..-"),
        ("startTimeUnixNano", "1700000000000000001", "1700000000000000001..-"),
        ("start_time_unix_nano", "7", "7..- snake-case 1"),
        ("startTimeUnixNano", "1.7e18", "1700000000000000000..- inexact-time 1"),
        ("startTimeUnixNano", "\"1700000000000000001.0\"", "1700000000000000001..- inexact-time 1"),
        ("startTimeUnixNano", "1700000000000000001.75", "1700000000000000001..- inexact-time 1"),
        ("startTimeUnixNano", "\"0000000001700000000000000001\"", "1700000000000000001..-"),
        ("startTimeUnixNano", "\" +5 \"", "5..-"),
        ("startTimeUnixNano", "\"18446744073709551615\"", "18446744073709551615..-"),
        ("startTimeUnixNano", "\"18446744073709551616\"", "-..- bad-number 1"),
        ("startTimeUnixNano", "-1", "-..- bad-number 1"),
        ("startTimeUnixNano", "\"2024-01-01T00:00:00Z\"", "-..- bad-number 1"),
        ("startTimeUnixNano", "\"\"", "-..-"),
        ("startTimeUnixNano", "null", "-..-"),
        ("startTimeUnixNano", "true", "-..- wrong-type 1"),
        ("startTimeUnixNano", "{\"seconds\":1}", "-..- wrong-type 1"),
        ("kind", "3", "-..-  client"),
        ("kind", "\"3\"", "-..-  client"),
        ("kind", "\"SPAN_KIND_CONSUMER\"", "-..-  consumer enum-by-name 1"),
        ("kind", "\"Server\"", "-..-  server enum-by-name 1"),
        ("kind", "\"SPAN_KIND_WHATEVER\"", "-..- unknown-enum 1"),
        ("kind", "9", "-..-  kind=9 unknown-enum 1"),
        ("kind", "null", "-..-"),
        ("status", "{}", "-..-"),
        ("status", "null", "-..-"),
        ("status", "{\"code\":1}", "-..-  !ok"),
        ("status", "{\"code\":\"STATUS_CODE_ERROR\",\"message\":\"m\"}", "-..-  !error \"m\" enum-by-name 1"),
        ("status", "{\"code\":\"Error\"}", "-..-  !error enum-by-name 1"),
        ("status", "{\"code\":7}", "-..- unknown-enum 1"),
        ("status", "2", "-..- wrong-type 1"),
        ("flags", "256", "-..-  flags=256"),
        ("flags", "4294967296", "-..- bad-number 1"),
        ("droppedEventsCount", "2", "-..-  dropped=0,2,0 dropped-by-producer 2"),
        ("droppedEventsCount", "-1", "-..- bad-number 1"),
        ("name", "\"a b\"", "web  a b  -..-"),
        ("name", "7", "-..- wrong-type 1"),
        ("name", "null", "-..-"),
        ("traceState", "\"k=v\"", "-..-  state=\"k=v\""),
        ("events", "null", "-..-"),
        ("events", "[null,7]", "-..- wrong-type 1"),
        ("links", "{}", "-..- wrong-type 1"),
        ("newMember", "{\"a\":[{\"b\":\"]}\"}]}", "-..-"),
        ("parentSpanId", "\"\"", "-..-"),
        ("parentSpanId", "\"0000000000000000\"", "-..-"),
        ("parentSpanId", "null", "-..-"),
        ("parentSpanId", "\"AAAAAAAAALQ=\"", "-..-  parent=b4 base64-id 1 orphan 1"),
        ("parentSpanId", "\"XYZ\"", "-..-  parent=\"XYZ\" orphan 1"),
        ("parentSpanId", "7", "-..-  parent=\"7\" orphan 1"),
    ];
    let differing: Vec<String> = table
        .iter()
        .map(|&(name, value, expected)| (name, value, expected, member(name, value)))
        .filter(|(_, _, expected, found)| expected != found)
        .map(|(name, value, expected, found)| format!("{name} {value}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(differing.is_empty(), "\n{}", differing.join("\n"));
}

#[test]
fn ids() {
    let read = |ids: &str| {
        let dataset = sealed(document(&format!("{{{ids}}}")).as_bytes());
        let strings = &dataset.strings;
        let trace = dataset.traces.key.as_slice().first().unwrap().display(strings).to_string();
        let span = dataset.spans.key(spanwise::model::SpanIdx(0)).display(strings).to_string();
        let findings = findings(&dataset.report).replace("unfinished 1\n", "").replace("no-start 1\n", "").replace('\n', " ");
        format!("{trace} {span} {findings}").trim().to_owned()
    };
    check_table(
        &[
            (
                r#""traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174""#,
                "5b8efff798038103d269b633813fc60c eee19b7ec3c1b174",
            ),
            (
                r#""trace_id":"5b8efff798038103d269b633813fc60c","span_id":"eee19b7ec3c1b174""#,
                "5b8efff798038103d269b633813fc60c eee19b7ec3c1b174 snake-case 1",
            ),
            (
                r#""traceId":"AAAAAAAAAJYAAAAAAAAAoA==","spanId":"AAAAAAAAALQ=""#,
                "000000000000009600000000000000a0 00000000000000b4 base64-id 2",
            ),
            (
                r#""traceId":"AAAAAAAAAJYAAAAAAAAA\/w==","spanId":"AAAAAAAAALQ=""#,
                "000000000000009600000000000000ff 00000000000000b4 base64-id 2",
            ),
            (
                r#""traceId":"00000000000000000000000000000000","spanId":"0000000000000000""#,
                "missing-trace-id 1 missing-span-id 1",
            ),
            (r#""traceId":"","spanId":null"#, "missing-trace-id 1 missing-span-id 1"),
            ("", "missing-trace-id 1 missing-span-id 1"),
            (r#""traceId":"5B8EFFF7","spanId":"abc""#, "5B8EFFF7 abc irregular-trace-id 1 irregular-span-id 1"),
            (
                r#""traceId":"not hex at all, thirty-two bytes","spanId":"12345678901234567""#,
                "not hex at all, thirty-two bytes 12345678901234567 irregular-trace-id 1 irregular-span-id 1",
            ),
            (
                r#""traceId":1234,"spanId":18446744073709551615"#,
                "1234 18446744073709551615 irregular-trace-id 1 irregular-span-id 1",
            ),
            (r#""traceId":{},"spanId":[]"#, "wrong-type 2 missing-trace-id 1 missing-span-id 1"),
        ],
        read,
    );
}

#[test]
fn envelopes() {
    let spans = |ids: &[u64]| ids.iter().map(|&id| span(id, "")).collect::<Vec<_>>().join(",");
    let scopes = format!(r#""scopeSpans":[{{"spans":[{}],"scope":{{"name":"lib"}}}}]"#, spans(&[1]));
    let resource = r#""resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]}"#;
    let read = |text: &str| {
        let import = import(text.as_bytes());
        let shape = import.reader.shape();
        let dataset = Dataset::seal(import.batch, import.report);
        let text = dump(&dataset);
        let spans: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("  "))
            .map(|line| line.trim().replace("  0..1ns  internal", ""))
            .collect();
        let findings = findings(&dataset.report).replace('\n', " ");
        format!("{:?} {}; {findings}", shape.layout, spans.join("; ")).trim().to_owned()
    };
    let one = "web  s1  id=1  scope=lib;";
    let bare = span(1, "");
    check_table(
        &[
            (&format!(r#"{{"resourceSpans":[{{{resource},{scopes}}}]}}"#), &format!("Document {one}")),
            (&format!(r#"{{"resourceSpans":[{{{scopes},{resource}}}]}}"#), &format!("Document {one}")),
            (&format!(r#"{{"resource_spans":[{{{scopes},{resource}}}]}}"#), &format!("Document {one} snake-case 1")),
            (&format!(r#"{{"batches":[{{{scopes},{resource}}}]}}"#), &format!("Document {one}")),
            (
                &format!(r#"{{"trace":{{"resourceSpans":[{{{scopes},{resource}}}]}},"status":"COMPLETE"}}"#),
                &format!("Document {one}"),
            ),
            (
                &format!(r#"{{"status":"PARTIAL","trace":{{"batches":[{{{scopes},{resource}}}]}}}}"#),
                &format!("Document {one} partial-answer 1"),
            ),
            (&format!(r#"{{"result":{{"resourceSpans":[{{{scopes},{resource}}}]}}}}"#), &format!("Document {one}")),
            (&format!(r#"{{"data":{{"resourceSpans":[{{{scopes},{resource}}}]}}}}"#), &format!("Document {one}")),
            (&format!(r#"{{"data":[{{"resourceSpans":[{{{scopes},{resource}}}]}}]}}"#), &format!("Document {one}")),
            (&format!("{{{resource},{scopes}}}"), &format!("Document {one}")),
            (&format!("{{{scopes},{resource}}}"), &format!("Document {one}")),
            (&format!(r#"{{"schemaUrl":"",{scopes},{resource}}}"#), &format!("Document {one}")),
            (&format!("[{{{scopes},{resource}}}]"), &format!("Array {one}")),
            (
                &format!(r#"[{{"a":1}},{{"resourceSpans":[{{{scopes},{resource}}}]}}, 7 ]"#),
                &format!("Array {one} skipped-document 1"),
            ),
            (&format!("\u{feff} {{{scopes},{resource}}}"), &format!("Document {one}")),
            (
                &format!(r#"{{"resourceSpans":[null,{{{resource},{scopes}}},7],"resourceSpans":null}}"#),
                &format!("Document {one} wrong-type 1"),
            ),
            (&format!(r#"{{"resourceSpans":{{{resource},{scopes}}}}}"#), "Document ; wrong-type 1"),
            (&bare, "Document -  s1  id=1; no-service 1"),
            (
                &format!("{bare}\r\n\r\n{}\r\n", span(2, "")),
                "Lines -  s1  id=1; -  s2  id=2  # extra-root; several-roots 1 no-service 2",
            ),
            (
                &format!("{bare}{}", span(2, "")),
                "Concatenated -  s1  id=1; -  s2  id=2  # extra-root; several-roots 1 no-service 2",
            ),
            (
                &format!("{}\n{}\n", document(&bare), document(&span(2, ""))),
                "Lines web  s1  id=1  scope=lib; web  s2  id=2  scope=lib  # extra-root; several-roots 1",
            ),
            (
                &format!("{}\n\n{{\n}}{}", document(&bare), document(&span(2, ""))),
                "Concatenated web  s1  id=1  scope=lib; web  s2  id=2  scope=lib  # extra-root; several-roots 1",
            ),
            (
                &format!("{},{}\u{1e}", document(&bare), document(&span(2, ""))),
                "Concatenated web  s1  id=1  scope=lib; web  s2  id=2  scope=lib  # extra-root; several-roots 1",
            ),
            (r#"{"resourceSpans":[]}"#, "Document ;"),
            ("{}", "Document ;"),
            ("", "Empty ;"),
            (" \n ", "Empty ;"),
        ],
        read,
    );
    let old = format!(
        r#"{{"resourceSpans":[{{{resource},"instrumentationLibrarySpans":[{{"instrumentationLibrary":{{"name":"lib"}},"spans":[{bare}]}}]}}]}}"#
    );
    assert_eq!(read(&old), format!("Document {one} old-names 1"));
    let both = format!(
        r#"{{"resourceSpans":[{{{resource},{scopes},"instrumentation_library_spans":[{{"spans":[{}]}}]}}]}}"#,
        span(2, "")
    );
    assert_eq!(read(&both), format!("Document {one} web  s2  id=2  # extra-root; snake-case 1 old-names 1 several-roots 1"));
}

#[test]
fn other_signals_are_counted() {
    let text = r#"{"resourceLogs":[{"resource":{"attributes":[]},"scopeLogs":[{"scope":{},"logRecords":[{"body":{"stringValue":"]}"}},{}]}]}]}
        {"resourceLogs":[{"instrumentationLibraryLogs":[{"logs":[{}]}]}]}
        {"resourceMetrics":[{"scopeMetrics":[{"metrics":[
            {"name":"a","gauge":{"dataPoints":[{"asInt":"1"},{}]}},{"sum":{"isMonotonic":true,"dataPoints":[{}]}},
            {"histogram":{"dataPoints":[{}]}},{"exponentialHistogram":{"dataPoints":[{}]}},{"summary":{"data_points":[{}]}},{"other":{"dataPoints":[{}]}}]}]}]}
        {"resourceProfiles":[{},{}]}"#;
    let import = import(text.as_bytes());
    assert_eq!((import.reader.log_records(), import.reader.metric_points(), import.reader.spans()), (3, 6, 0));
    assert_eq!(findings(&import.report), "snake-case 1\nold-names 1\nlog-without-trace 3\nmetric-points 6\nprofiles 2\n");
    assert!(import.reader.shape().is_otlp);
}

#[test]
fn foreign_formats_are_named() {
    let foreign =
        |text: &str| format!("{} {:?}", shape(text).foreign.unwrap_or("-"), import(text.as_bytes()).report.findings().count());
    check_table(
        &[
            (r#"{"data":[{"traceID":"1","spans":[{"traceID":"1"}],"processes":{}}]}"#, "Jaeger JSON 0"),
            (r#"[{"traceID":"1","spanID":"2","operationName":"x"}]"#, "Jaeger JSON 0"),
            (r#"[{"traceId":"1","id":"2","localEndpoint":{}}]"#, "Zipkin JSON 0"),
            (r#"[[{"traceId":"1","id":"2"}]]"#, "Zipkin JSON 0"),
            (r#"[[{"trace_id":1,"span_id":2,"meta":{}}]]"#, "Datadog JSON 0"),
            // An answer of OpenObserve is no foreign format; what is told is that no span is in it.
            (r#"{"took":1,"hits":[{"trace_id":"1"}]}"#, "- 1"),
            (
                "{\"name\":\"a\",\"context\":{\"trace_id\":\"0x1\"},\"parent_id\":null}\n{\n}",
                "OpenTelemetry Python console output 0",
            ),
            (r#"{"Name":"a","SpanContext":{},"SpanKind":1,"StartTime":""}"#, "OpenTelemetry Go console output 0"),
            (r#"{"Traces":[{"Segments":[]}]}"#, "AWS X-Ray JSON 0"),
            (r#"{"traceEvents":[{"ph":"X"}]}"#, "Chrome trace events 0"),
            (r#"[{"ph":"X","ts":1}]"#, "Chrome trace events 0"),
            (r#"{"frames":[{"schema":{}}]}"#, "Grafana data frame 0"),
            (r#"{"$schema":"https://www.speedscope.app/file-format-schema.json"}"#, "profile 0"),
            (r#"{"meta":{},"threads":[]}"#, "profile 0"),
            (r#"{"hello":"world"}"#, "- 0"),
            ("no JSON at all", "- 0"),
            (&document(&span(1, "")), "- 0"),
        ],
        foreign,
    );
}

/// What was read of damaged text, and what was told.
fn damage(text: &str) -> String {
    let import = import(text.as_bytes());
    let told = examples(&import.report);
    let dataset = Dataset::seal(import.batch, import.report);
    let mut names: Vec<&str> = dataset.spans.name.as_slice().iter().map(|&name| dataset.str(name)).collect();
    names.sort_unstable();
    format!("{}\n{told}", names.join(" "))
}

fn check_damage(text: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let found = damage(text);
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{text:.1000}\n{found}");
}

#[test]
fn what_stands_before_damage_is_kept() {
    let (one, two) = (document(&span(1, "")), document(&span(2, "")));
    let both = document(&format!("{},{}", span(1, ""), span(2, "")));
    let cut = &both[..both.len() - 40];
    check_damage(
        cut,
        r#"
        s1
        truncated-tail at 324, line 1, "resourceSpans[0].scopeSpans[0].spans[1]": the text ends here
        "#,
    );
    check_damage(
        &format!("{one}\n{cut}"),
        r#"
        s1
        truncated-tail at 655, line 2, "resourceSpans[0].scopeSpans[0].spans[1]": the text ends here
        "#,
    );
    check_damage(
        &format!("{cut}\n{two}\n"),
        r#"
        s1 s2
        broken-json at 471, line 2, "resourceSpans[0].scopeSpans[0].spans[1]": expected `:`, found `r`
        "#,
    );
    check_damage(
        &format!("{}\n{two}\n", &one[..30]),
        r#"
        s2
        broken-json at 31, line 2, "resourceSpans[0]": expected a value, found `{`
        "#,
    );
    check_damage(
        &format!("{}\n{two}", one.replace("\"kind\":1", "\"kind\":")),
        r#"
        s2
        broken-json at 240, line 1, "resourceSpans[0].scopeSpans[0].spans[0]": expected a value, found `,`
        "#,
    );
    check_damage(
        &format!("{both}}}\n{two}"),
        r#"
        s1 s2
        skipped-text at 508, line 1, "": expected JSON, found text
        "#,
    );
    check_damage(
        &format!("{one}\n{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{{\"events\":[\n{two}"),
        r#"
        s1 s2
        broken-json at 716, line 3, "resourceSpans[0].scopeSpans[0].spans[0]": a document that does not end before the next one begins
        "#,
    );
    let pretty =
        |text: &str| text.replace('{', "{\n  ").replace(",\"", ",\n  \"").replace('}', "\n  }").replacen("{\n  ", "{\n", 1);
    check_damage(
        &format!("{}\n{}", pretty(&both.replacen("\"s2\"", "s2", 1)), pretty(&two)),
        r#"
        s1 s2
        broken-json at 476, line 25, "resourceSpans[0].scopeSpans[0].spans[1]": expected a value, found `s`
        "#,
    );
}

#[test]
fn the_next_resource_of_a_broken_document_is_found() {
    let (one, two) = (document(&span(1, "")), document(&span(2, "")));
    let (_, resource) = two.split_once('[').unwrap();
    let broken = format!("{},{resource}", one.replace("\"kind\":1", "\"kind\":x").strip_suffix("]}").unwrap());
    check_damage(
        &format!("{broken}\n{}", document(&span(3, ""))),
        r#"
        s2 s3
        broken-json at 240, line 1, "resourceSpans[0].scopeSpans[0].spans[0]": expected a value, found `x`
        "#,
    );
    check_damage(
        &broken.replace("[{", "[\n {\n  "),
        r#"
        s2
        broken-json at 260, line 9, "resourceSpans[0].scopeSpans[0].spans[0]": expected a value, found `x`
        "#,
    );
}

#[test]
fn every_cut_gives_the_same() {
    let list = r#","attributes":{"a":"x","b":null,"c":[1],"d":{"e":true},"f":-1.5e3},"events":[{"name":"e","attributes":[{"key":"k","value":{"arrayValue":{"values":[{"stringValue":"v"}]}}},{"key":"é","value":{"intValue":-7}}]}]"#;
    let text = format!(
        "\u{feff}log {}\r\n{{\"a\":null}}\n{}\n{{\"resourceSpans\":[x, {{ \"resource\": {{}} }}]}}\n[{}]",
        document(&span(1, list)),
        span(2, list),
        span(3, list)
    );
    let whole = read_cut(text.as_bytes(), text.len(), LIMIT);
    let expected = format!("{:?} {:?}", whole.batch, whole.report);
    for cut in 1..text.len() {
        let (mut batch, mut report) = (Batch::default(), ImportReport::default());
        let mut reader = OtlpJsonReader::with_limit(report.begin_source("a.json"), LIMIT);
        let (start, end) = text.as_bytes().split_at(cut);
        reader.feed(start, &mut batch, &mut report);
        reader.feed(end, &mut batch, &mut report);
        reader.finish(&mut batch, &mut report);
        assert_eq!(format!("{batch:?} {report:?}"), expected, "cut at {cut}");
    }
    assert_eq!((whole.reader.spans(), whole.report.count(FindingKind::BrokenJson)), (3, 1));
}

#[test]
fn text_between_documents_is_skipped() {
    let (one, two) = (document(&span(1, "")), document(&span(2, "")));
    check_damage(
        &format!("starting up\n{one}\n[INFO] 12 done\n\n  {two}\nbye"),
        r#"
        s1 s2
        skipped-text at 0, line 1, "": expected JSON, found text
        skipped-text at 343, line 3, "": expected JSON, found text
        skipped-text at 692, line 6, "": expected JSON, found text
        "#,
    );
    check_damage(
        &format!("app-1 | {one}\napp-1 | [x] {{y}} and more\napp-1 | {two}\r\n"),
        r#"
        s1 s2
        skipped-text at 339, line 2, "": expected JSON, found text
        "#,
    );
    check_damage(
        &format!("2026-01-01 {{\"level\":\"info\"}}\n{{\"a\":1}}\n{one} trailing\n7\n"),
        r#"
        s1
        skipped-text at 0, line 1, "": expected JSON, found text
        skipped-text at 367, line 3, "": expected JSON, found text
        skipped-text at 376, line 4, "": expected JSON, found text
        skipped-document at 28, line 2, "": none of OTLP's keys
        "#,
    );
}

#[test]
fn large_elements_are_left_out() {
    let large = span(2, &format!(r#","attributes":[{{"key":"k","value":{{"stringValue":"{}"}}}}]"#, "x".repeat(2 * LIMIT)));
    let text = document(&format!("{},{large},{}", span(1, ""), span(3, "")));
    let whole = format!("{:?}", read_cut(text.as_bytes(), text.len(), LIMIT).report);
    for chunk in [LIMIT - 1, LIMIT + 1, 100_000] {
        assert_eq!(format!("{:?}", read_cut(text.as_bytes(), chunk, LIMIT).report), whole);
    }
    check_damage(
        &text,
        r#"
        s1 s3
        too-large at 324, line 1, "resourceSpans[0].scopeSpans[0].spans[1]": over 1048576 bytes
        "#,
    );
    // What nobody asks for may be as large as it likes.
    let ignored = document(&span(1, "")).replacen('{', &format!("{{\"x\":[\"{}\"],", "y".repeat(2 * LIMIT)), 1);
    check_damage(&ignored, "s1");
    let deep = document(&span(1, "")).replacen('{', &format!("{{\"x\":{}{},", "[".repeat(LIMIT), "]".repeat(LIMIT)), 1);
    check_damage(&deep, "s1");
    let in_span = document(&span(1, &format!(",\"x\":{}{}", "[".repeat(LIMIT / 4), "]".repeat(LIMIT / 4))));
    check_damage(&in_span, "s1");
}

#[test]
fn bytes_that_are_not_utf_8_are_repaired() {
    let text = document(&span(1, "")).replace("\"s1\"", "\"a?b\"").into_bytes();
    let text: Vec<u8> = text.iter().map(|&byte| if byte == b'?' { 0xff } else { byte }).collect();
    let dataset = sealed(&text);
    assert_eq!(dataset.str(dataset.spans.name.as_slice()[0]), "a\u{fffd}b");
    assert_eq!(dataset.report.count(FindingKind::BadText), 1);
}

#[test]
fn every_prefix_reads_without_harm() {
    let text = format!(
        "x {}\n{}\n[{}]",
        document(&format!("{},{}", span(1, ",\"events\":[{\"name\":\"\\u00e9\"}]"), span(2, ""))),
        span(3, ""),
        document("")
    );
    let mut spans = 0;
    for end in 0..text.len() {
        let found = import(&text.as_bytes()[..end]).reader.spans();
        assert!(spans <= found, "a longer prefix of {end} bytes holds fewer spans");
        spans = found;
    }
    assert_eq!(spans, 3);
}

#[test]
fn flipped_bytes_do_no_harm() {
    let text = format!(
        "{}\n{}\n",
        document(&format!("{},{}", span(1, ",\"events\":[{\"name\":\"\\u00e9\"}]"), span(2, ""))),
        span(3, "")
    );
    let mut seed: u64 = 0x5eed;
    for _ in 0..2_000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=(seed % 3) {
            // Knuth's generator: the upper bits are the random ones.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % bytes.len();
            bytes[at] = match seed >> 60 {
                0..4 => (seed >> 20).to_le_bytes()[0],
                4..8 => b"{}[]\",:\\\n"[(seed >> 20) as usize % 9],
                _ => bytes[at] ^ 1 << (seed >> 20 & 7),
            };
        }
        let import = import(&bytes);
        assert!(import.reader.spans() <= 3 && Dataset::seal(import.batch, import.report).spans.len() <= 3);
    }
}

#[test]
fn white_space_and_repetition_change_nothing() {
    // Compact text that repeats itself is read by guesses, spaced text is not.
    let list = |n: usize| {
        let long = "k".repeat(20 + n);
        format!(
            r#","attributes":[{{"key":"a","value":{{"stringValue":"same"}}}},{{"key":"b","value":{{"intValue":"{n}"}}}},{{"key":"c{}","value":{{"stringValue":"{n}"}}}},{{"key":"{long}","value":{{"boolValue":{}}}}},{{"key":"{long}{long}","value":{{"doubleValue":{n}.5}}}},{{"key":"é","value":{{"stringValue":"{}"}}}},{{"key":"\"","value":{{"stringValue":"a\"b"}}}},{{"key":"","value":{{"stringValue":""}}}},{{"key":"n","value":{{"intValue":-{n}}}}},{{"key":"{}","value":{{"intValue":{n}}}}},{{"key":"x","value":{{"arrayValue":{{"values":[]}}}}}}],"events":[{{"name":"e{}","attributes":[{{"key":"a","value":{{"stringValue":"same"}}}}]}}]"#,
            n / 3,
            n.is_multiple_of(2),
            "v".repeat(n),
            if n.is_multiple_of(5) { "a" } else { "z" },
            n % 2,
        )
    };
    let compact = document(&(1..40).map(|n| span(n as u64, &list(n))).collect::<Vec<_>>().join(","));
    let spaced = compact.replace("\":", "\" : ").replace("},{", "} , {");
    let (compact, spaced) = (sealed(compact.as_bytes()), sealed(spaced.as_bytes()));
    assert_eq!(dump(&compact), dump(&spaced));
    assert_eq!(findings(&compact.report), findings(&spaced.report));
    assert_eq!(compact.report.count(FindingKind::RepeatedKey), 7, "every fifth list");
    let text = dump(&compact);
    assert_eq!(text.matches("@a=\"same\"").count(), 78, "{text}");
}

#[test]
fn guesses_change_nothing() {
    // More keys, names and values than are remembered, of every length around the bounds, in orders that repeat and orders that do not;
    // the same with each value before its key, which is read without any guess.
    let (mut source, mut spans): (Random, [Vec<String>; 2]) = (Random(0x5eed), Default::default());
    let mut random = |below: usize| usize::try_from(source.below(below as u64)).unwrap();
    for n in 1..400 {
        let shape = random(4);
        let mut lists: [Vec<String>; 2] = Default::default();
        for at in 0..random(9) {
            let key = match random(20) {
                0 => format!("rare.{}", "k".repeat(random(70))),
                1..8 => format!("k{}", random(900)),
                _ => format!("usual.{shape}.{at}{}", "x".repeat(shape * 4 + at)),
            };
            let value = match (shape + at + random(10) / 9) % 7 {
                0 => format!("\"stringValue\":\"{}\"", "v".repeat(random(40))),
                1 => format!("\"stringValue\":\"{}\"", random(3000)),
                2 => format!("\"intValue\":\"{}\"", {
                    let bits = random(62);
                    random(1 << 31).pow(2) >> bits
                }),
                3 => format!("\"intValue\":{}{}", if random(3) == 0 { "-" } else { "" }, random(1000)),
                4 => format!("\"boolValue\":{}", random(2) == 0),
                5 => format!("\"doubleValue\":{}.5", random(1000)),
                _ => [
                    "\"stringValue\":\"a\\nb\"",
                    "\"arrayValue\":{\"values\":[]}",
                    "\"intValue\":\"9223372036854775807\"",
                    "\"intValue\":\"9999999999999999999\"",
                ][random(4)]
                .to_owned(),
            };
            lists[0].push(format!("{{\"key\":\"{key}\",\"value\":{{{value}}}}}"));
            lists[1].push(format!("{{\"value\":{{{value}}},\"key\":\"{key}\"}}"));
        }
        let name = format!("{}{}", "n".repeat(random(34)), if shape == 0 { random(900) } else { shape });
        for (spans, list) in spans.iter_mut().zip(lists) {
            let list = list.join(",");
            let event = format!("{{\"name\":\"{name}\",\"attributes\":[{list}]}}");
            spans.push(span(n, &format!(",\"name\":\"{name}\",\"attributes\":[{list}],\"events\":[{event}]")));
        }
    }
    let [guessed, plain] = spans.map(|spans| sealed(document(&spans.join(",")).as_bytes()));
    assert_eq!(guessed.spans.len(), 399);
    assert!(dump(&guessed) == dump(&plain), "the same spans, read with guesses and without");
    assert_eq!(findings(&guessed.report), findings(&plain.report));
}

#[test]
fn layouts_are_told() {
    assert_eq!(shape("{}\n{}").layout, JsonLayout::Lines);
    assert_eq!(shape("{}").layout, JsonLayout::Document);
    assert_eq!(shape("[]").layout, JsonLayout::Array);
}

//! What programs write that call it OTLP JSON, each with habits of its own.

use super::dump::dump;
use super::import::source;
use super::pack::{ZIP_WAYS, zip};
use super::read::{File, open, open_bytes, report_text};

/// R's otelsdk (`tracer_provider_file`, `trace-%N.jsonl`) writes through opentelemetry-cpp's `otlp_file_client.cc`: members by their names,
/// nothing that is 0 or empty, and `null` for a message that is there and has nothing in it.
#[test]
fn lines_of_r_and_cpp_are_read() {
    let span = |id: &str, more: &str, name: &str, nanos: u64| {
        format!(
            r#"{{"attributes":[{{"key":"n","value":{{"intValue":"0"}}}},{{"key":"none","value":null}},{{"key":"x","value":{{"doubleValue":null}}}},{{"key":"list","value":{{"arrayValue":{{"values":[{{"stringValue":"a"}},null]}}}}}}],"endTimeUnixNano":"{}","flags":1,"kind":1,"name":"{name}",{more}"spanId":"{id}","startTimeUnixNano":"{nanos}","status":null,"traceId":"5b8efff798038103d269b633813fc60c"}}"#,
            nanos + 5
        )
    };
    let line = |spans: &str| {
        format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"job"}}}},{{"key":"process.pid","value":{{"intValue":"42"}}}}]}},"scopeSpans":[{{"scope":{{"name":"org.r-lib.fit"}},"spans":[{spans}]}}]}}]}}"#
        )
    };
    // A span a line: each is sent as it ends, so children come first.
    let child = span("eee19b7ec3c1b174", r#""parentSpanId":"eee19b7ec3c1b173","#, "step", 1_700_000_000_000_000_001);
    let root = span("eee19b7ec3c1b173", "", "fit", 1_700_000_000_000_000_000);
    let dataset = open(&[File { name: "trace-0.jsonl", bytes: format!("{}\n{}\n", line(&child), line(&root)).as_bytes() }], 7);
    let expected = r#"resource job#1  @service.name="job" @process.pid=42
trace 5b8efff798038103d269b633813fc60c  # 2 spans, 0 errors, 1 root, 0 orphans, depth 2, 6ns, named "fit", services job 2
  job#1  fit  0..5ns  internal  id=eee19b7ec3c1b173  scope=org.r-lib.fit  flags=1 @n=0 @none=null @x=null @list=["a", null]
    job#1  step  1..6ns  internal  id=eee19b7ec3c1b174  scope=org.r-lib.fit  flags=1 @n=0 @none=null @x=null @list=["a", null]  # ends-after-parent
"#;
    assert_eq!(dump(&dataset), expected);
    assert_eq!(source(&dataset).format, "OTLP JSON lines");
}

/// A resource's file of Aspire's dashboard, indented as it writes them.
fn aspire(list: &str, inner: &str, records: &str, service: &str) -> String {
    let records = records.replace('\n', "\n          ");
    let scope = list.replace("resource", "scope");
    format!(
        r#"{{
  "{list}": [
    {{
      "resource": {{
        "attributes": [
          {{ "key": "service.name", "value": {{ "stringValue": "{service}" }} }},
          {{ "key": "service.instance.id", "value": {{ "stringValue": "{service}-1" }} }}
        ]
      }},
      "{scope}": [
        {{
          "scope": {{ "name": "lib" }},
          "{inner}": [
          {records}
          ]
        }}
      ]
    }}
  ]
}}"#
    )
}

/// Aspire's dashboard (`TelemetryExportService`): a zip of folders, one for each signal, in them a file of OTLP JSON for each resource, and what
/// programs printed as text.
#[test]
fn the_zip_of_aspires_dashboard_is_read() {
    let span = |id: u8, more: &str, name: &str| {
        format!(
            r#"{{ "traceId": "000000000000000000000000000000a1", "spanId": "{id:016x}", {more}"name": "{name}", "kind": 2,
  "startTimeUnixNano": {}, "endTimeUnixNano": 1700000000000000100 }}"#,
            1_700_000_000_000_000_000 + u64::from(id) * 10
        )
    };
    let log = r#"{ "timeUnixNano": 1700000000000000025, "severityNumber": 9, "severityText": "Information",
  "body": { "stringValue": "asked" }, "traceId": "000000000000000000000000000000a1", "spanId": "0000000000000002", "flags": 1 }"#;
    let front = aspire("resourceSpans", "spans", &span(1, "", "GET /"), "front");
    let api = aspire("resourceSpans", "spans", &span(2, r#""parentSpanId": "0000000000000001", "#, "GET /api"), "api");
    let logs = aspire("resourceLogs", "logRecords", log, "api");
    let metrics = aspire("resourceMetrics", "metrics", r#"{ "name": "http.server.request.duration", "unit": "s" }"#, "api");
    let files: [(&str, &[u8]); 5] = [
        ("consolelogs/api.txt", b"info: Program[0]\n      Now listening on: http://localhost:5000\n"),
        ("structuredlogs/api.json", logs.as_bytes()),
        ("traces/front.json", front.as_bytes()),
        ("traces/api.json", api.as_bytes()),
        ("metrics/api.json", metrics.as_bytes()),
    ];
    for way in ZIP_WAYS {
        let dataset = open_bytes(&zip(&files, way));
        let report = report_text(&dataset.report);
        let names: Vec<&str> = dataset.spans.name.as_slice().iter().map(|&name| dataset.str(name)).collect();
        assert_eq!(names, ["GET /", "GET /api"], "{way:?}: {report}");
        let services: Vec<&str> =
            dataset.spans.id.range().iter().map(|span| dataset.service_name(dataset.service(span))).collect();
        assert_eq!(services, ["front", "api"]);
        assert_eq!(dataset.spans.start.as_slice(), [1_700_000_000_000_000_010, 1_700_000_000_000_000_020]);
        let log = dataset.logs.time.range().first().unwrap();
        assert_eq!(dataset.span_of_log(log), dataset.spans.id.range().iter().nth(1));
        assert_eq!(dataset.logs.time.as_slice(), [1_700_000_000_000_000_025]);
        assert!(!report.contains("data-loss") && !report.contains("DataLoss"), "{way:?}: {report}");
    }
}

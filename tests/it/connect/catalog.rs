//! Columns, values, and figures that are asked of a server.

use spanwise::protocol::{FailureCode, OnServer, RedRequest, Reply, Request, ValuesRequest};

use super::{Run, access, answer, captured, in_order, json, run, scope};

fn columns(reaction: super::Reaction) -> Run {
    run(Request::Columns(Box::new(access())), in_order(vec![reaction]))
}

fn values(service: &str, field: &str, reaction: super::Reaction) -> Run {
    let mut scope = scope();
    service.clone_into(&mut scope.query.service);
    run(Request::Values(Box::new(ValuesRequest { scope, field: field.to_owned() })), in_order(vec![reaction]))
}

fn pairs(run: &Run) -> Vec<(&str, u64)> {
    match run.reply() {
        Reply::Values(values) => values.iter().map(|(value, spans)| (value.as_str(), *spans)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn columns_come_by_name() {
    let run = columns(captured("10-stream-schema"));
    let Reply::Columns(columns) = run.reply() else { panic!("{:?}", run.reply()) };
    assert_eq!(run.paths(), ["/api/default/streams/default/schema?type=traces"]);
    assert!(columns.is_sorted() && columns.len() == 91, "{}", columns.len());
    for name in ["_timestamp", "trace_id", "http_route", "service_service_version"] {
        assert!(columns.iter().any(|column| column == name), "{name}");
    }
}

#[test]
fn odd_schemas_are_read_as_far_as_they_go() {
    let run = columns(json(r#"{"schema":[{"name":"b"},{"name":"a"},{"name":"a"},{"name":""},{"name":1},5,null]}"#));
    assert_eq!(*run.reply(), Reply::Columns(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(columns(captured("87-err-schema-unknown-stream")).failure().code, FailureCode::BadQuery);
    assert_eq!(columns(json("{}")).failure().code, FailureCode::Unreadable);
}

#[test]
fn values_come_most_frequent_first() {
    let run = values("payments", "operation_name", captured("52-values-operation-filter"));
    let found = pairs(&run);
    assert!(!found.is_empty() && found.is_sorted_by(|a, b| a.1 >= b.1), "{found:?}");
    assert_eq!(
        run.paths(),
        ["/api/default/default/_values?type=traces&fields=operation_name&size=100&start_time=1795396997841560\
          &end_time=1795407797841560&no_count=false&filter=service_name%3Dpayments"]
    );
    let run = values("payments", "service_name", captured("51-values-service"));
    assert_eq!(pairs(&run)[0], ("inventory", 2123));
    assert_eq!(pairs(&run).len(), 5);
    assert!(!run.paths()[0].contains("filter"), "another service is to be chosen");
    let run = values("", "service_name", captured("53-values-two-fields-keyword"));
    assert_eq!(pairs(&run), [("order-worker", 0), ("orders", 0)], "only the field that was asked for");
    assert!(pairs(&values("", "nope", captured("54-values-unknown-field"))).is_empty());
}

#[test]
fn a_service_that_the_filter_cannot_say_is_asked_for_in_sql() {
    let run = values(
        "a,b='c",
        "operation_name",
        json(r#"{"hits":[{"value":"x","spans":2},{"value":"y","spans":5},{"spans":1},{"value":"z"}]}"#),
    );
    assert_eq!(pairs(&run), [("y", 5), ("x", 2)]);
    assert_eq!(run.paths(), ["/api/default/_search?type=traces"]);
    assert!(run.calls[0].body.as_ref().unwrap().contains("service_name = 'a,b=''c' GROUP BY"), "{:?}", run.calls[0].body);
}

#[test]
fn odd_values_are_texts_or_left_out() {
    let body = r#"{"hits":[{"field":"f","values":[{"zo_sql_key":1,"zo_sql_num":"3"},{"zo_sql_key":null},{"zo_sql_key":true},{"zo_sql_key":""},{},7]},{},3]}"#;
    assert_eq!(pairs(&values("", "f", json(body))), [("1", 3), ("true", 0)]);
}

#[test]
fn figures_pass_failures_on_and_end() {
    let request = || {
        Request::OnServer(Box::new(OnServer {
            scope: scope(),
            request: Request::Red(RedRequest { limit: 10, ..RedRequest::default() }),
        }))
    };
    // Whatever is wrong with the columns, the figures are asked for; what is wrong with those is told.
    let refused = run(request(), |_| answer(401, "", "Unauthorized Access"));
    assert!(refused.paths()[0].ends_with("/schema?type=traces"), "{:?}", refused.paths());
    refused.failure();
    let empty = run(request(), |_| json(r#"{"hits":[]}"#));
    assert!(empty.calls.len() < 200);
}

#[test]
fn what_is_no_question_about_a_server_is_refused() {
    let run = run(Request::Close, |_| panic!("no call"));
    assert_eq!(run.failure().code, FailureCode::BadQuery);
}

//! What is sought: the traces that hold a span of the query, against an oracle that looks at each span.

use std::collections::BTreeSet;

use spanwise::protocol::{AttributeCondition, Comparison, LatencyRequest, LatencyView, Reply, Request, ServerQuery, StatusCode};

use super::double::{ALWAYS, Row, Server};
use super::rows::{captured, dataset, number, text};
use super::same_latency;
use crate::analysis::Random;
use crate::selection::Opened;

fn fulfils(row: &Row, query: &ServerQuery) -> bool {
    let long = number(row, "end_time").saturating_sub(number(row, "start_time"));
    let status = match text(row, "span_status") {
        "ERROR" => StatusCode::Error,
        "OK" => StatusCode::Ok,
        _ => StatusCode::Unset,
    };
    let has = |condition: &AttributeCondition| {
        let value = row.get(&condition.key.replace('.', "_")).map(|value| value.as_str().unwrap());
        let wanted = condition.value.as_str();
        let numbers = || Some((value?.parse::<f64>().ok()?, wanted.parse::<f64>().ok()?));
        match condition.operator {
            Comparison::Equal => value == Some(wanted),
            Comparison::NotEqual => value != Some(wanted),
            Comparison::Greater if wanted.parse::<f64>().is_ok() => numbers().is_some_and(|(a, b)| a > b),
            Comparison::Less if wanted.parse::<f64>().is_ok() => numbers().is_some_and(|(a, b)| a < b),
            Comparison::Greater => value.is_some_and(|value| value > wanted),
            Comparison::Less => value.is_some_and(|value| value < wanted),
            Comparison::Contains => value.is_some_and(|value| value.contains(wanted)),
            Comparison::Exists => value.is_some(),
        }
    };
    (query.service.is_empty() || query.service == text(row, "service_name"))
        && (query.operation.is_empty() || query.operation == text(row, "operation_name"))
        && query.status.is_none_or(|wanted| wanted == status)
        && query.min_duration.is_none_or(|least| least <= long)
        && query.max_duration.is_none_or(|most| long <= most)
        && query.attributes.iter().all(has)
}

fn latency(server: &mut Server, query: ServerQuery) -> LatencyView {
    let request = LatencyRequest { time_bins: 40, top: 3, ..LatencyRequest::default() };
    let Ok(Reply::Latency(view)) = server.ask_within(ALWAYS, query, Request::Latency(request)) else { panic!("no charts") };
    *view
}

#[test]
fn a_query_means_the_traces_that_hold_a_span_of_it() {
    const COMPARISONS: [Comparison; 6] = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Greater,
        Comparison::Less,
        Comparison::Contains,
        Comparison::Exists,
    ];
    let mut n_found = 0;
    for seed in 0..100 {
        let rows = super::rows::random(seed);
        let mut server = Server::new(&rows);
        let mut random = Random(seed + 3000);
        for _ in 0..4 {
            let row = &rows[usize::try_from(random.below(rows.len() as u64)).unwrap()];
            let long = number(row, "end_time").saturating_sub(number(row, "start_time"));
            let mut maybe = |odds: u64| random.below(odds) == 0;
            let query = ServerQuery {
                service: if maybe(3) { text(row, "service_name").to_owned() } else { String::new() },
                operation: if maybe(3) { text(row, "operation_name").to_owned() } else { String::new() },
                status: maybe(4).then_some(StatusCode::Error),
                // One nanosecond more finds fewer.
                min_duration: maybe(3).then_some(long + u64::from(maybe(2))),
                max_duration: maybe(3).then_some(long - u64::from(long != 0 && maybe(2))),
                attributes: if maybe(2) {
                    let value = if maybe(2) { text(row, "http_route").to_owned() } else { "7".to_owned() };
                    let operator = COMPARISONS[usize::try_from(random.below(6)).unwrap()];
                    vec![AttributeCondition { key: "http.route".to_owned(), operator, value }]
                } else {
                    Vec::new()
                },
                sql: String::new(),
            };
            let traces: BTreeSet<&str> =
                rows.iter().filter(|row| fulfils(row, &query)).map(|row| text(row, "trace_id")).collect();
            let meant: Vec<Row> = rows.iter().filter(|row| traces.contains(text(row, "trace_id"))).cloned().collect();
            let view = latency(&mut server, query.clone());
            let mut engine = Opened::new(dataset(&meant));
            let expected = engine.latency(LatencyRequest { time_bins: 40, top: 3, ..LatencyRequest::default() });
            same_latency(&view, &expected, &format!("seed {seed}: {query:?}"));
            n_found += usize::from(!meant.is_empty());
        }
    }
    assert!(n_found > 130, "only {n_found} queries found anything");
}

#[test]
fn hostile_texts_stay_texts() {
    let rows = captured();
    let mut server = Server::new(&rows);
    let all = latency(&mut server, ServerQuery::default()).all.stats.calls;
    let texts =
        ["'", "''", "\"", "\\", "' OR 1=1 --", "'; DROP TABLE spans; --", "\0", "a\0' OR '1'='1", "%", "_", "/*", "\u{202e}"];
    for hostile in texts {
        let mut queries = vec![ServerQuery { service: hostile.to_owned(), ..ServerQuery::default() }];
        for operator in [Comparison::Equal, Comparison::Contains, Comparison::Greater] {
            for (key, value) in [("http.route", hostile), (hostile, "1")] {
                let attributes = vec![AttributeCondition { key: key.to_owned(), operator, value: value.to_owned() }];
                queries.push(ServerQuery { attributes, ..ServerQuery::default() });
            }
        }
        for query in queries {
            let found = latency(&mut server, query.clone()).all.stats.calls;
            // NUL is dropped.
            let mut meant = query.clone();
            for text in meant.attributes.iter_mut().map(|condition| &mut condition.value).chain([&mut meant.service]) {
                *text = text.replace('\0', "");
            }
            // What is sought by nothing but NUL is sought by an empty text.
            let is = |row: &Row| fulfils(row, &meant) && (query.service.is_empty() || meant.service == text(row, "service_name"));
            let traces: BTreeSet<&str> = rows.iter().filter(|row| is(row)).map(|row| text(row, "trace_id")).collect();
            let expected = rows.iter().filter(|row| traces.contains(text(row, "trace_id"))).count();
            assert_eq!(found, expected as u64, "{query:?}");
        }
    }
    assert_eq!(latency(&mut server, ServerQuery::default()).all.stats.calls, all, "the table is still there");
}

#[test]
fn a_sql_condition_stays_in_its_parentheses() {
    let mut server = Server::new(&captured());
    let mut found = |sql: &str| {
        let query = ServerQuery { sql: sql.to_owned(), ..ServerQuery::default() };
        let view = latency(&mut server, query);
        (view.all.stats.calls, view.basis.unwrap().remarks.join("; "))
    };
    let (payments, _) = found("service_name = 'payments' or operation_name = 'no such'");
    assert!(payments > 0 && payments < 1000);
    for sql in ["1 = 1) OR (1 = 1", "1 = 1; DELETE FROM spans", "1 = 1 -- x", "'"] {
        let (calls, remarks) = found(sql);
        assert_eq!(calls, 0, "{sql}");
        assert!(remarks.contains("The SQL condition was not used"), "{sql}: {remarks}");
    }
    let unknown = AttributeCondition { key: "no.such.key".to_owned(), ..AttributeCondition::default() };
    let view = latency(&mut server, ServerQuery { attributes: vec![unknown], ..ServerQuery::default() });
    assert_eq!(view.all.stats.calls, 0);
    assert!(view.basis.unwrap().remarks.join("; ").contains("no column for the attribute \"no.such.key\""));
}

//! Answers that are not what was asked for: passed over and counted, never a panic.

use serde_json::{Value, json};
use spanwise::connect::Connector;
use spanwise::job::{Head, Input, Method, Outcome};
use spanwise::protocol::{
    Access, Answer, Connection, Credentials, GroupBy, LatencyRequest, MapDetailRequest, MapRequest, MapTarget, NodeId, NodeKind,
    OnServer, Population, RedRequest, Reply, Request, Secret, Selection, ServerBasis, ServerQuery, ServerScope,
};

use super::double::{ALWAYS, Server};
use super::rows::captured;
use crate::analysis::Random;

/// A value in the place of another one.
fn odd(value: &Value, random: &mut Random) -> Option<Value> {
    let odds = [
        json!(null),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(0.5),
        json!(-1e-9),
        json!("NaN"),
        json!("'; DROP TABLE"),
        json!("\u{0}\u{202e}"),
        json!(true),
        json!([1, {"a": 2}]),
        json!({"sw_n": 3}),
        json!("9".repeat(400)),
        json!("1/2/3"),
        json!("x/y/z/w/v/u"),
        value.clone(),
    ];
    let at = usize::try_from(random.below(odds.len() as u64 + 1)).unwrap();
    odds.get(at).cloned()
}

fn requests() -> Vec<Request> {
    let node = NodeId { kind: NodeKind::Service, name: "payments".to_owned() };
    let latency = |of, by| Request::Latency(LatencyRequest { of, by, top: 3, time_bins: 20, ..LatencyRequest::default() });
    vec![
        latency(Population::Spans, GroupBy::Nothing),
        latency(Population::Spans, GroupBy::Operation),
        latency(Population::Traces, GroupBy::Kind),
        latency(Population::Spans, GroupBy::Attribute("http.route".to_owned())),
        Request::Red(RedRequest { limit: 20, spark_bins: 10, ..RedRequest::default() }),
        Request::Map(MapRequest::default()),
        Request::MapDetail(MapDetailRequest { selection: Selection::default(), trace_id: None, target: MapTarget::Node(node) }),
    ]
}

/// What comes of a request where answers pass through `change`.
fn ask(server: &Server, request: Request, change: &mut dyn FnMut(&mut Vec<Value>)) -> Answer {
    let connection =
        Connection { base: "http://o2.example".to_owned(), org: "default".to_owned(), stream: "the \"stream\"".to_owned() };
    let access = Access { connection, credentials: Credentials { user: "u".to_owned(), secret: Secret("secret".to_owned()) } };
    let scope = ServerScope { access, window: ALWAYS, query: ServerQuery::default() };
    let mut connector = Connector;
    let mut job = connector.begin(0, Request::OnServer(Box::new(OnServer { scope, request })));
    loop {
        match connector.step(&mut job, &|| true) {
            Outcome::Calling { call, .. } => {
                let body = if call.method == Method::Get {
                    json!({"schema": server.columns().iter().map(|name| json!({"name": name})).collect::<Vec<_>>()})
                } else {
                    let body: Value = serde_json::from_str(call.body.as_ref().unwrap()).unwrap();
                    let query = &body["query"];
                    let window = (&query["start_time"], &query["end_time"]);
                    let mut rows = server.rows(query["sql"].as_str().unwrap(), window, query["size"].as_u64().unwrap()).unwrap();
                    change(&mut rows);
                    json!({"took": 1, "hits": rows})
                };
                let head = Head { status: 200, content_type: "application/json".to_owned(), retry_after_seconds: None };
                for input in [Input::Head(head), Input::Bytes(body.to_string().into_bytes()), Input::End] {
                    connector.input(&mut job, input);
                }
            }
            Outcome::Done(answer) => return answer,
            Outcome::Working(_) => {}
            outcome => panic!("{outcome:?}"),
        }
    }
}

fn basis(answer: &Answer) -> &ServerBasis {
    match answer {
        Answer::Reply(Reply::Latency(view)) => view.basis.as_deref().unwrap(),
        Answer::Reply(Reply::Red(view)) => view.basis.as_deref().unwrap(),
        Answer::Reply(Reply::Map(view)) => view.basis.as_deref().unwrap(),
        Answer::Reply(Reply::MapDetail(view)) => view.basis.as_deref().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn odd_cells_are_passed_over_and_counted() {
    let server = Server::new(&captured()[..200]);
    let mut n_noted = 0;
    for (at, request) in requests().into_iter().enumerate() {
        for seed in 0..40 {
            let mut random = Random(seed * 10 + at as u64);
            let answer = ask(&server, request.clone(), &mut |rows| {
                for row in rows {
                    let Value::Object(cells) = row else { continue };
                    for (_, cell) in cells.iter_mut() {
                        if random.below(6) == 0 {
                            *cell = odd(cell, &mut random).unwrap_or(Value::Null);
                        }
                    }
                }
            });
            n_noted += usize::from(basis(&answer).remarks.iter().any(|remark| remark.contains("not what was asked for")));
        }
    }
    assert!(n_noted > 200, "{n_noted}");
}

#[test]
fn rows_that_are_repeated_missing_or_without_end_do_no_harm() {
    let server = Server::new(&captured()[..200]);
    for request in requests() {
        for way in 0..4 {
            let answer = ask(&server, request.clone(), &mut |rows| {
                match way {
                0 => rows.clear(),
                1 => *rows = rows.iter().flat_map(|row| [row.clone(), row.clone()]).collect(),
                2 => rows.reverse(),
                _ => rows.extend((0..6000).map(|at| json!({"sw_n": 1, "sw_e": 0, "sw_lo": 1, "sw_hi": 1, "sw_ts": 0, "sw_tn": 1, "sw_g": at, "sw_h": "x", "sw_w": "s", "sw_a": at, "sw_z": at, "sw_b": at, "sw_k": 0}))),
            }
            });
            basis(&answer);
        }
    }
}

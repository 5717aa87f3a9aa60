//! Columns of any field: what the trace list and the span table show in them, and their orders against a naive sort.

use std::cmp::Ordering;

use spanwise::model::{Dataset, SpanIdx, TraceIdx, Value};
use spanwise::protocol::{
    Brush, Reply, Request, Selection, SortColumn, TableCell, TableColumn, TableRequest, TraceRow, TracesRequest, TracesView,
};

use crate::analysis::Random;
use crate::notation::dataset;
use crate::selection::{Opened, naive_spans, random_selection, random_shop};

fn list(opened: &mut Opened, selection: &Selection, columns: &[&str], sort: SortColumn, descending: bool) -> TracesView {
    let columns = columns.iter().map(|text| (*text).to_owned()).collect();
    let request = TracesRequest { selection: selection.clone(), sort, descending, offset: 0, limit: 1000, columns };
    let Reply::Traces(view) = opened.ask(Request::Traces(request)) else { panic!("not traces") };
    view
}

fn line(row: &TraceRow) -> String {
    let id = row.trace_id.trim_start_matches('0');
    let cells = row.cells.join(" | ").replace(['\u{a0}', '\u{202f}'], " ");
    format!("{id} {}/{}: {cells}", row.selected, row.spans).trim_end().to_owned()
}

#[track_caller]
fn check(view: &TracesView, expected: &str) {
    let lines: Vec<String> = view.rows.iter().map(line).collect();
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, expected);
}

const TRACES: &str = "resource shop  @service.name=\"shop\"  @region=\"eu\"
resource db  @service.name=\"db\"  @region=\"us\"
trace a1
  shop  checkout  0..100ms  server  id=01
    db  SELECT  10..20ms  client  id=02  !error \"timeout\"  @n=20
    db  SELECT  30..60ms  client  id=03  @n=3.5
      | event 31ms \"row\"
trace a2
  shop  browse  1ms..2ms  id=04  @n=9
trace a3
  db  vacuum  2ms..-  id=05  @n=\"many\"  @odd-key=true
";

#[test]
fn a_column_shows_the_first_selected_span_that_has_a_value() {
    let mut opened = Opened::new(dataset(TRACES));
    let columns = [".n", "name", "kind", "duration", "statusMessage", "span:childCount", "resource.region", "event:name"];
    let all = Selection::default();
    check(
        &list(&mut opened, &all, &columns, SortColumn::Start, false),
        "a1 3/3: 20 | checkout | Server | 100.0 ms | timeout | 2 | eu | row
        a2 1/1: 9 | browse | Unspecified | 1.000 ms |  | 0 | eu |
        a3 1/1: many | vacuum | Unspecified |  |  | 0 | us |",
    );
    let late = Selection { brushes: vec![Brush { duration: Some((20_000_000, 60_000_000)), ..Brush::default() }], ..all.clone() };
    check(
        &list(&mut opened, &late, &columns, SortColumn::Start, false),
        "a1 1/3: 3.5 | SELECT | Client | 30.00 ms |  | 0 | us | row",
    );
    let ids = ["span:id", "span:parentID", "trace:id", "traceDuration", "rootName", "rootServiceName", "status", "nothing", ".x"];
    check(
        &list(&mut opened, &late, &ids, SortColumn::Start, false),
        "a1 1/3: 0000000000000003 | 0000000000000001 | 000000000000000000000000000000a1 | 100.0 ms | checkout | shop | Unset |  |",
    );
    let told: Vec<String> = list(&mut opened, &all, &[], SortColumn::Start, false).rows.iter().map(line).collect();
    assert_eq!(told, ["a1 3/3:", "a2 1/1:", "a3 1/1:"]);
}

#[test]
fn a_list_is_sorted_by_numbers_as_numbers_then_by_texts_and_what_has_none_comes_last() {
    let mut opened = Opened::new(dataset(TRACES));
    let mut order = |columns: &[&str], at: u8, descending: bool| {
        let view = list(&mut opened, &Selection::default(), columns, SortColumn::Field(at), descending);
        view.rows.iter().map(|row| row.trace_id.trim_start_matches('0').to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order(&[".n"], 0, false), "a2 a1 a3");
    assert_eq!(order(&[".n"], 0, true), "a3 a1 a2");
    // The same place, another column.
    assert_eq!(order(&["kind", ".n"], 0, false), "a1 a2 a3");
    assert_eq!(order(&["kind", "duration"], 1, false), "a2 a1 a3");
    assert_eq!(order(&["statusMessage"], 0, true), "a1 a2 a3");
    assert_eq!(order(&[".\"odd-key\""], 0, true), "a3 a1 a2");
    // No such column: in no order but the list's own.
    assert_eq!(order(&["kind"], 7, true), "a1 a2 a3");
}

/// A value as the naive sort has it.
#[derive(Clone, Debug, PartialEq)]
enum Naive {
    Number(f64),
    Text(String),
}

fn naive_value(dataset: &Dataset, span: SpanIdx) -> Option<Naive> {
    let own = dataset.attributes.entries(dataset.spans.attributes[span]);
    let of_resource = dataset.attributes.entries(dataset.resources.attributes[dataset.spans.resource[span]]);
    own.chain(of_resource).find(|(key, _)| dataset.str(*key) == "tier").map(|(_, value)| match value {
        Value::Int(number) => Naive::Number(number as f64),
        Value::String(text) => Naive::Text(dataset.str(text).to_owned()),
        Value::Bool(flag) => Naive::Text(flag.to_string()),
        value => panic!("no {value:?} was made"),
    })
}

fn compare(a: Option<&Naive>, b: Option<&Naive>, descending: bool) -> Ordering {
    let by_value = |a: &Naive, b: &Naive| match (a, b) {
        (Naive::Number(a), Naive::Number(b)) => a.total_cmp(b),
        (Naive::Text(a), Naive::Text(b)) => a.cmp(b),
        (Naive::Number(_), Naive::Text(_)) => Ordering::Less,
        (Naive::Text(_), Naive::Number(_)) => Ordering::Greater,
    };
    match (a, b) {
        (Some(a), Some(b)) => {
            if descending {
                by_value(b, a)
            } else {
                by_value(a, b)
            }
        }
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
    }
}

#[test]
fn orders_are_those_of_a_naive_sort() {
    let mut told_apart = 0;
    for seed in 0..150 {
        let mut random = Random(seed + 3);
        let mut opened = Opened::new(random_shop(seed));
        let data = opened.dataset.clone();
        let selection = if random.below(3) == 0 { Selection::default() } else { random_selection(&data, &mut random) };
        let spans = naive_spans(&data, &selection);
        let mut traces: Vec<TraceIdx> = spans.iter().map(|span| data.spans.trace[*span]).collect();
        traces.dedup();
        let value = |trace: &TraceIdx| {
            spans.iter().filter(|span| data.spans.trace[**span] == *trace).find_map(|span| naive_value(&data, *span))
        };
        for descending in [false, true] {
            let mut expected = traces.clone();
            expected.sort_by(|a, b| compare(value(a).as_ref(), value(b).as_ref(), descending));
            let expected: Vec<(String, u32)> = expected
                .iter()
                .map(|trace| {
                    let n_selected = spans.iter().filter(|span| data.spans.trace[**span] == *trace).count();
                    (data.traces.key[*trace].display(&data.strings).to_string(), u32::try_from(n_selected).unwrap())
                })
                .collect();
            let view = list(&mut opened, &selection, &["kind", ".tier"], SortColumn::Field(1), descending);
            let found: Vec<(String, u32)> = view.rows.iter().map(|row| (row.trace_id.clone(), row.selected)).collect();
            assert_eq!(found, expected, "seed {seed} {selection:?}");
            told_apart += usize::from(1 < found.len());
        }
    }
    assert!(50 < told_apart, "only {told_apart} lists had an order");
}

#[test]
fn the_span_table_has_any_field_as_a_column() {
    let mut opened = Opened::new(dataset(TRACES));
    let fields =
        ["span:childCount", "resource.region", "statusMessage", "span.n"].map(|text| TableColumn::Field(text.to_owned()));
    let mut table = |sort: usize, descending: bool| {
        let request = TableRequest {
            trace_id: "000000000000000000000000000000a1".to_owned(),
            filter: String::new(),
            group: Vec::new(),
            columns: fields.to_vec(),
            sort: fields[sort].clone(),
            descending,
            offset: 0,
            limit: 100,
            adjusted: false,
        };
        let Reply::Table(view) = opened.ask(Request::Table(request)) else { panic!("not a table") };
        let ids: Vec<String> = view.rows.iter().map(|row| row.span_id.trim_start_matches('0').to_owned()).collect();
        (ids.join(" "), view.rows[0].cells.clone())
    };
    let text = |text: &str| TableCell::Text(text.to_owned());
    assert_eq!(table(0, true), ("1 2 3".to_owned(), vec![TableCell::Int(2), text("eu"), TableCell::Empty, TableCell::Empty]));
    assert_eq!(table(1, true), ("2 3 1".to_owned(), vec![TableCell::Int(0), text("us"), text("timeout"), TableCell::Int(20)]));
    assert_eq!(table(3, false).0, "3 2 1");
    assert_eq!(table(2, false).0, "2 1 3");
}

//! The span table: text in, table as text out; and its order against a sort of what the cells show.

use std::cmp::Ordering;
use std::fmt::Write as _;

use spanwise::engine::{Engine, Outcome};
use spanwise::model::Dataset;
use spanwise::protocol::{Answer, GroupBy, Reply, Request, TableCell, TableColumn, TableRequest, TableRow, TableView};

use crate::analysis::Random;
use crate::notation::dataset;

struct Open {
    engine: Engine,
    epoch: u32,
}

impl Open {
    fn new(dataset: &Dataset) -> Self {
        let mut engine = Engine::default();
        let epoch = engine.adopt(dataset.clone()).epoch;
        Self { engine, epoch }
    }

    fn view(&mut self, request: TableRequest) -> TableView {
        let mut job = self.engine.begin(self.epoch, Request::Table(request));
        match self.engine.step(&mut job, &|| true) {
            Outcome::Done(Answer::Reply(Reply::Table(view))) => view,
            outcome => panic!("{outcome:?}"),
        }
    }
}

fn request(columns: &[TableColumn], sort: TableColumn, descending: bool) -> TableRequest {
    TableRequest {
        trace_id: "000000000000000000000000000000a1".to_owned(),
        filter: String::new(),
        group: Vec::new(),
        columns: columns.to_vec(),
        sort,
        descending,
        offset: 0,
        limit: 1000,
        adjusted: false,
    }
}

fn attribute(key: &str) -> TableColumn {
    TableColumn::Attribute(key.to_owned())
}

fn cell(cell: &TableCell) -> String {
    match cell {
        TableCell::Empty => "-".to_owned(),
        TableCell::Text(text) => text.clone(),
        TableCell::Count(number) => number.to_string(),
        TableCell::Duration(nanos) => format!("{}ms", *nanos as f64 / 1e6),
        TableCell::Offset(nanos) => format!("+{}ms", *nanos as f64 / 1e6),
        TableCell::Int(number) => format!("{number}i"),
        TableCell::Double(number) => format!("{number:?}f"),
    }
}

fn line(row: &TableRow) -> String {
    let cells: Vec<String> = row.cells.iter().map(cell).collect();
    format!("{}{}", cells.join(" | "), if row.has_error { " !" } else { "" })
}

#[track_caller]
fn check(view: &TableView, expected: &str) {
    let mut out = format!("{} of {}, from {}\n", view.matched, view.total, view.offset);
    for row in &view.rows {
        writeln!(out, "{}", line(row)).unwrap();
    }
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(out.trim_end(), expected.join("\n"));
}

const TRACE: &str = "resource shop  @service.name=\"shop\"  @region=\"eu\"
trace a1
  shop  checkout  0..100ms  server  id=01  @n=3
    db  SELECT  10..20ms  client  id=02  !error \"timeout\"  @n=20
    db  SELECT  30..60ms  client  id=03  @n=3.5
      db  scan  30ms..-  id=04  @n=\"3\"
    db  INSERT  60..65ms  client  id=05  !ok  @n=true
      | event 61ms \"row\"
";

#[test]
fn all_there_is_to_show_of_a_span() {
    let mut open = Open::new(&dataset(TRACE));
    let columns = [
        TableColumn::Service,
        TableColumn::Name,
        TableColumn::Kind,
        TableColumn::Status,
        TableColumn::Start,
        TableColumn::Duration,
        TableColumn::SelfTime,
        TableColumn::Critical,
        TableColumn::Depth,
        TableColumn::Children,
        TableColumn::Events,
        TableColumn::SpanId,
        attribute("n"),
        attribute("region"),
        attribute("nowhere"),
        TableColumn::Count,
    ];
    check(
        &open.view(request(&columns, TableColumn::Start, false)),
        "5 of 5, from 0
        shop | checkout | Server | - | +0ms | 100ms | 55ms | 55ms | 1 | 3 | 0 | 0000000000000001 | 3i | eu | - | -
        db | SELECT | Client | Error: timeout | +10ms | 10ms | 10ms | 10ms | 2 | 0 | 0 | 0000000000000002 | 20i | - | - | - !
        db | SELECT | Client | - | +30ms | 30ms | 30ms | 30ms | 2 | 1 | 0 | 0000000000000003 | 3.5f | - | - | -
        db | scan | - | - | +30ms | - | - | 0ms | 3 | 0 | 0 | 0000000000000004 | 3 | - | - | -
        db | INSERT | Client | Ok | +60ms | 5ms | 5ms | 5ms | 2 | 0 | 1 | 0000000000000005 | true | - | - | -",
    );
}

#[test]
fn numbers_stand_before_texts_and_what_is_missing_last() {
    let mut open = Open::new(&dataset(TRACE));
    let columns = [TableColumn::Name, attribute("n")];
    let mut windowed = request(&columns, attribute("n"), false);
    check(
        &open.view(windowed.clone()),
        "5 of 5, from 0
        checkout | 3i
        SELECT | 3.5f
        SELECT | 20i !
        scan | 3
        INSERT | true",
    );
    (windowed.offset, windowed.limit) = (3, 1);
    check(&open.view(windowed), "5 of 5, from 3\nscan | 3");
    for descending in [false, true] {
        let view = open.view(request(&[TableColumn::SpanId, TableColumn::Duration], TableColumn::Duration, descending));
        assert_eq!(cell(&view.rows[4].cells[1]), "-");
    }
    let filtered = TableRequest { filter: "SEL".to_owned(), ..request(&columns, TableColumn::Start, true) };
    check(&open.view(filtered), "2 of 5, from 0\nSELECT | 3.5f\nSELECT | 20i !");
    let past = TableRequest { offset: 99, limit: u32::MAX, ..request(&columns, TableColumn::Start, true) };
    check(&open.view(past), "5 of 5, from 5");
}

#[test]
fn groups_tell_what_their_spans_come_to() {
    let mut open = Open::new(&dataset(TRACE));
    let columns = [
        TableColumn::Group(0),
        TableColumn::Group(1),
        TableColumn::Count,
        TableColumn::Errors,
        TableColumn::Total,
        TableColumn::SelfTime,
        TableColumn::P50,
        TableColumn::P95,
        TableColumn::Max,
        TableColumn::Critical,
        TableColumn::Name,
    ];
    let grouped =
        |group: &[GroupBy], sort, descending| TableRequest { group: group.to_vec(), ..request(&columns, sort, descending) };
    let view = open.view(grouped(&[GroupBy::Service, GroupBy::Kind], TableColumn::Total, true));
    check(
        &view,
        "3 of 3, from 0
        shop | Server | 1 | 0 | 100ms | 55ms | 100ms | 100ms | 100ms | 55ms | -
        db | Client | 3 | 1 | 45ms | 45ms | 10ms | 30ms | 30ms | 45ms | - !
        db | - | 1 | 0 | 0ms | 0ms | 0ms | 0ms | 0ms | 0ms | -",
    );
    assert_eq!(view.rows[1].span_id, "0000000000000003");
    assert_eq!(format!("{:?}", view.rows[1].groups), "[Service(\"db\"), Kind(Client)]");

    let by = |by: GroupBy, descending| -> Vec<String> {
        let request = TableRequest {
            columns: vec![TableColumn::Group(0), TableColumn::Count],
            ..grouped(&[by], TableColumn::Group(0), descending)
        };
        Open::new(&dataset(TRACE)).view(request).rows.iter().map(line).collect()
    };
    assert_eq!(by(GroupBy::Operation, false), ["db INSERT | 1", "db SELECT | 2 !", "db scan | 1", "shop checkout | 1"]);
    assert_eq!(by(GroupBy::Status, true), ["Ok | 1", "Error | 1 !", "- | 3"]);
    assert_eq!(by(GroupBy::Attribute("n".to_owned()), false), ["3i | 2", "3.5f | 1", "20i | 1 !", "true | 1"]);
    assert_eq!(by(GroupBy::Nothing, false), ["- | 5 !"]);

    let filtered = TableRequest { filter: "insert".to_owned(), ..grouped(&[GroupBy::Service], TableColumn::Name, false) };
    check(&open.view(filtered), "1 of 2, from 0\ndb | - | 1 | 0 | 5ms | 5ms | 5ms | 5ms | 5ms | 5ms | -");
}

/// A trace with few different values in each column, of all types, some of them missing.
fn random_text(seed: u64) -> String {
    let mut random = Random(seed);
    let mut text = "trace a1\n".to_owned();
    let mut depth = 0;
    let values =
        ["7", "-7", "7.0", "7.5", "-0.5", "9007199254740993", "9007199254740992", "\"7\"", "\"x\"", "true", "[1]", "null"];
    let attributes = [" @k=", " @k=", " @j="];
    for n in 0..=random.below(60) {
        let mut pick = |from: &[&str]| from[usize::try_from(random.below(from.len() as u64)).unwrap()].to_owned();
        let indent = " ".repeat(2 + depth * 2);
        let end = pick(&["-", "10ms", "20ms", "30ms"]);
        let start = if end == "-" { pick(&["-", "3ms"]) } else { pick(&["1ms", "2ms"]) };
        let kind = pick(&["", "  client", "  server", "  consumer"]);
        let status = pick(&["", "  !error", "  !ok", "  !error \"b\"", "  !error \"a\""]);
        let attribute = pick(&attributes);
        let (service, name, value) = (pick(&["a", "b", "c"]), pick(&["x", "Y", "z"]), pick(&values));
        // Ids in no order.
        let id = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 0xffff_ffff_ffff;
        writeln!(text, "{indent}{service}  {name}  {start}..{end}{kind}  id={id:016x}{status} {attribute}{value}").unwrap();
        depth = usize::try_from(random.below(depth as u64 + 2)).unwrap();
    }
    text
}

/// As a reader would compare cells; `None` where one of them is empty.
fn compare(a: &TableCell, b: &TableCell) -> Option<Ordering> {
    #[derive(PartialEq, PartialOrd)]
    enum Shown {
        Number(f64, i128),
        Text(String),
    }
    let shown = |cell: &TableCell| match cell {
        TableCell::Empty => None,
        TableCell::Text(text) => Some(Shown::Text(text.clone())),
        TableCell::Count(number) | TableCell::Duration(number) | TableCell::Offset(number) => {
            Some(Shown::Number(*number as f64, 0))
        }
        TableCell::Int(number) => Some(Shown::Number(*number as f64, i128::from(*number))),
        #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
        TableCell::Double(number) => Some(Shown::Number(*number, *number as i128)),
    };
    Some(shown(a)?.partial_cmp(&shown(b)?).unwrap())
}

#[test]
fn rows_stand_in_the_order_of_their_cells() {
    let columns = [
        TableColumn::SpanId,
        TableColumn::Service,
        TableColumn::Name,
        TableColumn::Kind,
        TableColumn::Status,
        TableColumn::Start,
        TableColumn::Duration,
        TableColumn::SelfTime,
        TableColumn::Critical,
        TableColumn::Depth,
        TableColumn::Children,
        TableColumn::Events,
        attribute("k"),
        attribute("j"),
        attribute("nowhere"),
        TableColumn::Total,
    ];
    for seed in 0..100 {
        let mut open = Open::new(&dataset(&random_text(seed)));
        // By a column that no span has, rows stay as they are.
        let rows = open.view(request(&columns, TableColumn::Count, true)).rows;
        for (at, column) in columns.iter().enumerate() {
            for descending in [false, true] {
                let mut expected = rows.clone();
                expected.sort_by(|a, b| {
                    let (a, b) = (&a.cells[at], &b.cells[at]);
                    let by_value = compare(a, b).map(|ordering| if descending { ordering.reverse() } else { ordering });
                    by_value.unwrap_or_else(|| (*a == TableCell::Empty).cmp(&(*b == TableCell::Empty)))
                });
                let sorted = open.view(request(&columns, column.clone(), descending)).rows;
                assert_eq!(sorted, expected, "seed {seed}, by {column:?}, descending: {descending}");
            }
        }
    }
}

#[test]
fn answers_are_bounded() {
    let long = "ä".repeat(2000);
    let spans = format!("  a  n  0..1ms  @k=\"{long}\"\n").repeat(3);
    let mut open = Open::new(&dataset(&format!("trace a1\n{spans}")));
    let view = open.view(request(&vec![attribute("k"); 100], attribute("k"), true));
    assert_eq!(view.rows[0].cells.len(), 40);
    assert_eq!(view.rows[0].cells[0], TableCell::Text(format!("{}…", "ä".repeat(500))));
    let many: Vec<String> = (0..5000).map(|n| format!("  a  n{n}  0..1ms\n")).collect();
    let mut open = Open::new(&dataset(&format!("trace a1\n{}", many.concat())));
    let all = TableRequest { limit: u32::MAX, ..request(&[TableColumn::Name], TableColumn::Name, true) };
    assert_eq!(open.view(all.clone()).rows.len(), 4096);
    let grouped = TableRequest { group: vec![GroupBy::Operation; 9], ..all };
    let view = open.view(grouped);
    assert_eq!((view.rows.len(), view.matched, view.rows[0].groups.len()), (4096, 5000, 2));
}

//! The engine's answers, as text: a trace in, what the page would show out.

use std::fmt::Write as _;

use spanwise::engine::{Engine, Outcome};
use spanwise::model::{Batch, Dataset, ImportReport, SpanDraft, SpanKey, SpanMark, TraceKey};
use spanwise::protocol::{
    Answer, AttributeNode, AttributeValue, FailureCode, Find, Fold, GroupBy, GroupFold, LocateRequest, Mark, MinimapRequest,
    Reply, Request, Row, RowsRequest, ScatterRequest, Selection, SortColumn, SpanView, Step, StepDirection, StepRequest,
    StepView, TextRequest, TracesRequest,
};

use crate::notation::dataset;

const TRACE: &str = "000000000000000000000000000000a1";

const SHOP: &str = r#"
trace a1
  frontend  GET /cart          0..120ms  server  @http.route="/cart" @http.status_code=500
    cart    Cart.get          10..80ms   client
      cart  Cart.get          12..78ms   server
        db  SELECT cart       20..70ms   client  !error "timeout" @db.statement="SELECT * FROM Cart"
        | event 65ms "exception" @exception.type="TimeoutError"
    cart    Cart.audit        90..140ms  client
    cart    Cart.lost         90..91ms   ~orphan
"#;

/// All traces that hold these words.
fn filtered(filter: &str) -> Selection {
    Selection { filter: filter.to_owned(), brushes: Vec::new() }
}

struct Open {
    engine: Engine,
    epoch: u32,
}

impl Open {
    fn text(text: &str) -> Self {
        Self::dataset(dataset(text))
    }

    fn dataset(dataset: Dataset) -> Self {
        let mut engine = Engine::default();
        let epoch = engine.adopt(dataset).epoch;
        Self { engine, epoch }
    }

    fn answer(&mut self, request: Request) -> Answer {
        let mut job = self.engine.begin(self.epoch, request);
        match self.engine.step(&mut job, &|| true) {
            Outcome::Done(answer) => answer,
            outcome => panic!("a question is answered in one step, not {outcome:?}"),
        }
    }

    fn ask(&mut self, request: Request) -> Reply {
        match self.answer(request) {
            Answer::Reply(reply) => reply,
            answer => panic!("{answer:?}"),
        }
    }

    fn fails(&mut self, request: Request) -> FailureCode {
        match self.answer(request) {
            Answer::Failed(failure) => failure.code,
            answer => panic!("{answer:?}"),
        }
    }

    fn rows_from(&mut self, fold: &Fold, find: &Find, offset: u32, limit: u32) -> (u32, Vec<Row>) {
        let request = RowsRequest {
            adjusted: false,
            trace_id: TRACE.to_owned(),
            fold: fold.clone(),
            find: find.clone(),
            color: GroupBy::Nothing,
            offset,
            limit,
        };
        let Reply::Rows(view) = self.ask(Request::Rows(request)) else { panic!("not rows") };
        assert_eq!(view.offset, offset.min(view.total));
        (view.total, view.rows)
    }

    fn rows(&mut self, fold: &Fold, find: &Find) -> Vec<Row> {
        let (total, rows) = self.rows_from(fold, find, 0, 4096);
        assert_eq!(rows.len(), total as usize);
        rows
    }

    fn waterfall(&mut self, fold: &Fold, find: &Find) -> String {
        drawn(&self.rows(fold, find))
    }

    fn step(&mut self, step: Step, direction: StepDirection, from: Option<u32>, fold: &Fold, text: &str) -> StepView {
        let find = Find { text: text.to_owned(), only: false };
        let request = StepRequest { trace_id: TRACE.to_owned(), step, direction, from, find, fold: fold.clone() };
        let Reply::Step(view) = self.ask(Request::Step(request)) else { panic!("not a step") };
        view
    }

    fn traces(&mut self, filter: &str, sort: SortColumn, descending: bool) -> String {
        let request = TracesRequest { selection: filtered(filter), sort, descending, offset: 0, limit: 100, columns: Vec::new() };
        let Reply::Traces(view) = self.ask(Request::Traces(request)) else { panic!("not traces") };
        assert_eq!(view.matched as usize, view.rows.len());
        view.rows.iter().map(|row| row.root_name.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn span(&mut self, span: u32) -> SpanView {
        let Reply::Span(view) = self.ask(Request::Span { span, log: None }) else { panic!("not a span") };
        *view
    }
}

/// One line per row: guides, then `▸` or `▾` where there is something to open, the name, a group's count, `*` where found.
fn drawn(rows: &[Row]) -> String {
    let mut text = String::from("\n");
    for row in rows {
        for level in 1..row.level {
            text.push_str(if row.guides >> (level - 1) & 1 == 1 { "│ " } else { "  " });
        }
        text.push_str(if row.guides >> (row.level - 1) & 1 == 1 { "├" } else { "└" });
        text.push_str(match row.expanded {
            None => " ",
            Some(true) => "▾",
            Some(false) => "▸",
        });
        text.push_str(&row.name);
        if let Some(group) = row.group {
            write!(text, " ×{}", group.count).unwrap();
        }
        if row.found {
            text.push('*');
        }
        text.push('\n');
    }
    text
}

fn find(text: &str, only: bool) -> Find {
    Find { text: text.to_owned(), only }
}

#[test]
fn a_trace_is_drawn_with_its_guides() {
    let drawn = Open::text(SHOP).waterfall(&Fold::default(), &Find::default());
    assert_eq!(
        drawn,
        "
├▾GET /cart
│ ├▾Cart.get
│ │ └▾Cart.get
│ │   └ SELECT cart
│ └ Cart.audit
└ Cart.lost
"
    );
}

#[test]
fn a_row_tells_what_its_bar_needs() {
    let rows = Open::text(SHOP).rows(&Fold::default(), &Find::default());
    let root = &rows[0];
    assert_eq!((root.start, root.duration, root.self_time), (0, 120_000_000, 20_000_000));
    assert_eq!(root.busy, [(10_000_000, 80_000_000), (90_000_000, 120_000_000)]);
    assert_eq!((root.children, root.descendants, root.errors_below), (2, 4, 1));
    let select = &rows[3];
    assert_eq!((select.level, select.start, select.events.as_slice()), (4, 20_000_000, &[65_000_000][..]));
    assert_eq!((select.errors_below, select.expanded), (0, None));
    assert!(rows[4].marks.has(Mark::EndsAfterParent));
    assert!(rows[5].marks.has(Mark::Orphan));
}

#[test]
fn marks_have_the_same_bits_on_the_wire() {
    let model = [
        SpanMark::Orphan,
        SpanMark::SelfParent,
        SpanMark::CycleCut,
        SpanMark::Merged,
        SpanMark::Unfinished,
        SpanMark::EndBeforeStart,
        SpanMark::NoStart,
        SpanMark::StartsBeforeParent,
        SpanMark::EndsAfterParent,
        SpanMark::IrregularId,
        SpanMark::ExtraRoot,
    ];
    for (wire, model) in Mark::ALL.into_iter().zip(model) {
        assert_eq!(wire as u16, model as u16);
        assert_eq!(format!("{wire:?}"), format!("{model:?}"));
    }
}

#[test]
fn folding_by_level_and_by_span() {
    let mut open = Open::text(SHOP);
    let fold = Fold { level: Some(2), flipped: vec![1], ..Fold::default() };
    assert_eq!(
        open.waterfall(&fold, &Find::default()),
        "
├▾GET /cart
│ ├▾Cart.get
│ │ └▸Cart.get
│ └ Cart.audit
└ Cart.lost
"
    );
    let fold = Fold { flipped: vec![0], ..Fold::default() };
    assert_eq!(open.waterfall(&fold, &Find::default()), "\n├▸GET /cart\n└ Cart.lost\n");
}

#[test]
fn windows_are_slices_of_the_whole() {
    let mut open = Open::text(SHOP);
    let whole = open.rows(&Fold::default(), &Find::default());
    for offset in 0..8 {
        for limit in 0..8 {
            let (total, rows) = open.rows_from(&Fold::default(), &Find::default(), offset, limit);
            assert_eq!(total, 6);
            let slice: Vec<Row> = whole.iter().skip(offset as usize).take(limit as usize).cloned().collect();
            assert_eq!(rows, slice);
        }
    }
}

const GROUPED: &str = "
trace a1
  web     page    0..100ms
    db    q       1..5ms
      disk  read  2..3ms   !error
    web   render  3..9ms
    db    q       4..6ms
    db    q      10..30ms  !error
    db    q      40..41ms
    db    q      50..60ms
    web   done   90..91ms
";

#[test]
fn like_siblings_fold_into_one_row() {
    let mut open = Open::text(GROUPED);
    let folded = Fold { groups: GroupFold::Folded, ..Fold::default() };
    assert_eq!(
        open.waterfall(&folded, &find("read", false)),
        "
└▾page
  ├▸q ×5
  ├ render
  └ done
"
    );
    let rows = open.rows(&folded, &Find::default());
    let group = rows[1].group.unwrap();
    assert_eq!((group.count, group.total, group.errors), (5, 37_000_000, 1));
    assert_eq!((group.p50, group.p95, group.max, group.end), (4_000_000, 20_000_000, 20_000_000, 60_000_000));
    assert_eq!((rows[1].start, rows[1].duration), (1_000_000, 59_000_000));
    assert_eq!(rows[1].busy, [(0, 5_000_000), (9_000_000, 29_000_000), (39_000_000, 40_000_000), (49_000_000, 59_000_000)]);
    assert_eq!((rows[1].descendants, rows[1].errors_below), (6, 2));

    let opened = Fold { flipped_groups: vec![1], ..folded };
    assert_eq!(
        open.waterfall(&opened, &find("q", false)),
        "
└▾page
  ├▾q ×5*
  │ ├▾q*
  │ │ └ read
  │ ├ q*
  │ ├ q*
  │ ├ q*
  │ └ q*
  ├ render
  └ done
"
    );
    // In a small trace nothing folds unless asked to.
    let rows = open.rows(&Fold { flipped_groups: vec![1], ..Fold::default() }, &Find::default());
    assert!(rows.iter().all(|row| row.group.is_none()));
    assert_eq!(rows.len(), 9);
}

#[test]
fn locating_opens_what_is_closed_above() {
    let mut open = Open::text(GROUPED);
    let fold = Fold { level: Some(1), groups: GroupFold::Folded, ..Fold::default() };
    let request = LocateRequest { trace_id: TRACE.to_owned(), span_id: None, span: 2, fold, find: Find::default(), log: None };
    let Reply::Locate(view) = open.ask(Request::Locate(request)) else { panic!("no place") };
    assert_eq!(view.span.name, "read");
    assert_eq!((view.fold.flipped.as_slice(), view.fold.flipped_groups.as_slice()), (&[0, 1][..], &[1][..]));
    let rows = open.rows(&view.fold, &Find::default());
    assert_eq!((rows[view.position as usize].span, view.position), (2, 3));

    // What shows already changes nothing.
    let request = LocateRequest {
        trace_id: TRACE.to_owned(),
        span_id: None,
        span: 2,
        fold: view.fold.clone(),
        find: Find::default(),
        log: None,
    };
    let Reply::Locate(again) = open.ask(Request::Locate(request)) else { panic!("no place") };
    assert_eq!(again, view);

    // By id, as it stands in the address.
    let by_id = |id: &str| {
        let (trace_id, span_id) = (TRACE.to_owned(), Some(id.to_owned()));
        Request::Locate(LocateRequest { trace_id, span_id, span: 0, fold: Fold::default(), find: Find::default(), log: None })
    };
    let Reply::Locate(view) = open.ask(by_id("0000000000000003")) else { panic!("no place") };
    assert_eq!((view.span.name.as_str(), view.position, view.fold), ("read", 2, Fold::default()));
    assert_eq!(open.fails(by_id("00000000000000ff")), FailureCode::NotFound);
}

#[test]
fn finding_looks_everywhere_and_ignores_case() {
    let mut open = Open::text(SHOP);
    let mut found = |text: &str| {
        let rows = open.rows(&Fold::default(), &find(text, false));
        rows.iter().filter(|row| row.found).map(|row| row.name.clone()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(found("cart.GET"), "Cart.get, Cart.get");
    assert_eq!(found("DB"), "SELECT cart");
    assert_eq!(found("from cart"), "SELECT cart");
    assert_eq!(found("http.ROUTE"), "GET /cart");
    assert_eq!(found("500"), "GET /cart");
    assert_eq!(found("timeouterror"), "SELECT cart");
    assert_eq!(found("exception"), "SELECT cart");
    assert_eq!(found("timeout"), "SELECT cart");
    assert_eq!(found("000000004"), "SELECT cart");
    assert_eq!(found("nowhere"), "");
    assert_eq!(found(""), "");
}

#[test]
fn finding_knows_more_letters_than_ascii() {
    let mut open = Open::text("trace a1\n  -  ÄPFEL  0..1ms  @größe=\"ß\"\n  -  STRASSE  1..2ms\n");
    for text in ["äpf", "Größe", "ÄPFEL"] {
        assert!(open.rows(&Fold::default(), &find(text, false))[0].found, "{text}");
    }
    assert_eq!(open.rows(&Fold::default(), &find("strasse", false))[1].name, "STRASSE");
}

#[test]
fn only_matches_with_what_is_above_them() {
    let mut open = Open::text(SHOP);
    let closed = Fold { level: Some(1), ..Fold::default() };
    assert_eq!(
        open.waterfall(&closed, &find("db", true)),
        "
└ GET /cart
  └ Cart.get
    └ Cart.get
      └ SELECT cart*
"
    );
    let request = RowsRequest {
        trace_id: TRACE.to_owned(),
        fold: closed,
        find: find("zzz", true),
        color: GroupBy::Nothing,
        adjusted: false,
        offset: 0,
        limit: 10,
    };
    let Reply::Rows(view) = open.ask(Request::Rows(request)) else { panic!("not rows") };
    assert_eq!((view.total, view.found), (0, 0));
}

#[test]
fn stepping_goes_round() {
    let mut open = Open::text(GROUPED);
    let fold = Fold { groups: GroupFold::Folded, ..Fold::default() };
    let mut path = Vec::new();
    let mut from = None;
    for direction in
        [StepDirection::Next, StepDirection::Next, StepDirection::Next, StepDirection::Previous, StepDirection::Previous]
    {
        let view = open.step(Step::Error, direction, from, &fold, "");
        from = view.at.as_ref().map(|at| at.span.span);
        path.push((from.unwrap(), view.ordinal, view.total));
    }
    assert_eq!(path, [(2, 1, 2), (5, 2, 2), (2, 1, 2), (5, 2, 2), (2, 1, 2)]);
    let last = open.step(Step::Found, StepDirection::Previous, None, &fold, "q");
    assert_eq!((last.ordinal, last.total), (5, 5));
    assert_eq!(last.at.unwrap().fold.flipped_groups, [1]);
    let none = open.step(Step::Found, StepDirection::Next, None, &fold, "nowhere");
    assert_eq!(none, StepView { total: 0, ordinal: 0, at: None });
}

const LIST: &str = "
trace b1 at 1700000000000000000
  web  slow   0..9ms
  db   q      1..2ms  !error
trace b2 at 1700000001000000000
  web  fast   0..1ms
trace b3 at 1700000002000000000
  api  other  0..4ms  ~orphan
  api  x      0..4ms  ~orphan
  api  y      0..4ms  ~orphan
";

#[test]
fn the_list_sorts_by_every_column() {
    let mut open = Open::text(LIST);
    assert_eq!(open.traces("", SortColumn::Start, false), "slow fast other");
    assert_eq!(open.traces("", SortColumn::Start, true), "other fast slow");
    assert_eq!(open.traces("", SortColumn::Duration, true), "slow other fast");
    assert_eq!(open.traces("", SortColumn::Name, false), "other fast slow");
    assert_eq!(open.traces("", SortColumn::Spans, true), "other slow fast");
    assert_eq!(open.traces("", SortColumn::Services, true), "slow fast other");
    assert_eq!(open.traces("", SortColumn::Errors, true), "slow fast other");
}

#[test]
fn the_list_filters_by_words() {
    let mut open = Open::text(LIST);
    assert_eq!(open.traces("WEB", SortColumn::Start, false), "slow fast");
    assert_eq!(open.traces("web q", SortColumn::Start, false), "slow");
    assert_eq!(open.traces(" y  ", SortColumn::Start, false), "other");
    assert_eq!(open.traces("00B2", SortColumn::Start, false), "fast");
    assert_eq!(open.traces("web api", SortColumn::Start, false), "");
}

#[test]
fn a_list_row_sums_its_trace_up() {
    let mut open = Open::text(LIST);
    let request = TracesRequest {
        selection: Selection::default(),
        sort: SortColumn::Start,
        descending: false,
        offset: 2,
        limit: 5,
        columns: Vec::new(),
    };
    let Reply::Traces(view) = open.ask(Request::Traces(request)) else { panic!("not traces") };
    assert_eq!((view.matched, view.offset, view.rows.len(), view.longest), (3, 2, 1, 9_000_000));
    let row = &view.rows[0];
    assert_eq!((row.has_root, row.orphans, row.spans, row.errors, row.depth), (false, 3, 3, 0, 1));
    assert_eq!((row.duration, row.service_count), (4_000_000, 1));
}

#[test]
fn the_scatter_bins_by_time_and_duration() {
    let mut open = Open::text(LIST);
    let request = ScatterRequest { selection: Selection::default(), columns: 10, rows: 10 };
    let Reply::Scatter(view) = open.ask(Request::Scatter(request)) else { panic!("not a scatter") };
    assert_eq!((view.start, view.end), (1_700_000_000_000_000_000, 1_700_000_002_000_000_000));
    assert_eq!((view.shortest, view.longest, view.matched), (1_000_000, 9_000_000, 3));
    let cells: Vec<_> = view.cells.iter().map(|cell| (cell.column, cell.row, cell.errors, cell.name.as_str())).collect();
    assert_eq!(cells, [(0, 9, 1, "slow"), (5, 0, 0, "fast"), (9, 6, 0, "other")]);
}

#[test]
fn the_minimap_shows_where_spans_are() {
    let mut open = Open::text("trace a1\n  a  r  0..100ns\n    b  s  50..100ns  !error\n    b  t  0..10ns\n");
    let request = MinimapRequest { trace_id: TRACE.to_owned(), columns: 4, lanes: 50, color: GroupBy::Nothing, adjusted: false };
    let Reply::Minimap(view) = open.ask(Request::Minimap(request)) else { panic!("not a minimap") };
    assert_eq!((view.columns, view.lanes), (4, 3));
    // Siblings stand by start: r, t, s.
    assert_eq!(view.density, [255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 255, 255]);
    assert_eq!(view.error, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    assert_eq!(view.color[0], view.color[3]);
    assert_ne!(view.color[0], view.color[4]);
    assert_eq!(view.color[4], view.color[11]);
}

#[test]
fn a_span_is_told_in_full() {
    let mut open = Open::text(
        r#"
trace a1
  web  root  0..10ms  @n=9007199254740993 @list=[1, "two", {"k": [true]}] @bytes=b64"AAEC" @none=null
    web  leaf  1..2ms
    | event 2ms "late"
    | event 1ms "early" @a=1
    | link a1/1 state="s=1"
    | link b2/7
"#,
    );
    let root = open.span(0);
    assert_eq!((root.self_time, root.level, root.children, root.descendants), (9_000_000, 1, 1, 1));
    assert_eq!(root.linked_from.iter().map(|from| from.name.as_str()).collect::<Vec<_>>(), ["leaf"]);
    let nodes: Vec<String> = root.attributes.iter().map(node).collect();
    assert_eq!(
        nodes,
        [
            "n: Int(9007199254740993)",
            "list: Array 3",
            "  0: Int(1)",
            "  1: two",
            "  2: KvList 1",
            "    k: Array 1",
            "      0: Bool(true)",
            "bytes: 000102",
            "none: Empty"
        ]
    );
    let text = open.ask(Request::Text(TextRequest::Value { node: root.attributes[1].node }));
    let Reply::Text(text) = text else { panic!("not a text") };
    assert_eq!(text.text.split_whitespace().collect::<String>(), r#"[1,"two",{"k":[true]}]"#);

    let leaf = open.span(1);
    assert_eq!(leaf.parent.unwrap().span, 0);
    assert_eq!(leaf.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["early", "late"]);
    assert_eq!(leaf.links[0].target.as_ref().unwrap().name, "root");
    assert_eq!((leaf.links[0].trace_state.as_str(), leaf.links[1].target.is_none()), ("s=1", true));
    let Reply::Text(json) = open.ask(Request::Text(TextRequest::SpanAsOtlpJson { span: 0 })) else { panic!("not a text") };
    let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
    assert_eq!(json["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"], "root");
    assert_eq!(open.fails(Request::Span { span: 2, log: None }), FailureCode::NotFound);
}

fn node(node: &AttributeNode) -> String {
    let value = match &node.value {
        AttributeValue::String { text, .. } => text.clone(),
        AttributeValue::Bytes { hex, .. } => hex.clone(),
        AttributeValue::Array { len } => format!("Array {len}"),
        AttributeValue::KvList { len } => format!("KvList {len}"),
        value => format!("{value:?}"),
    };
    format!("{}{}: {value}", "  ".repeat(node.depth as usize), node.key)
}

#[test]
fn questions_about_what_is_not_there_fail_calmly() {
    let mut open = Open::text(LIST);
    assert_eq!(open.fails(Request::Trace { trace_id: "ff".to_owned() }), FailureCode::NotFound);
    let before = open.epoch;
    open.epoch = open.engine.adopt(dataset(SHOP)).epoch;
    assert_ne!(before, open.epoch);
    let after = std::mem::replace(&mut open.epoch, before);
    assert_eq!(open.fails(Request::Report), FailureCode::Stale);
    open.epoch = after;
    assert_eq!(open.ask(Request::Close), Reply::Closed);
    assert_eq!(open.fails(Request::Report), FailureCode::Empty);
}

/// Spans of one trace: row n's parent is `parent(n)`, ids count from 1.
fn big(n: u64, parent: impl Fn(u64) -> u64) -> Dataset {
    let mut batch = Batch::default();
    let name = batch.strings.intern("work");
    let (resource, scope) = (batch.open_resource(), batch.open_scope());
    for n in 1..=n {
        let (trace, id, parent) = (TraceKey::Regular(0xa1), SpanKey::Regular(n), SpanKey::from_number(parent(n)));
        let (start, end) = (1_000_000 + n, 3_000_000);
        batch.push_span(&SpanDraft { trace, id, parent, name, start, end, resource, scope, ..SpanDraft::default() });
    }
    Dataset::seal(batch, ImportReport::default())
}

#[test]
fn a_chain_is_as_safe_as_it_is_deep() {
    const DEEP: u32 = 100_000;
    let mut open = Open::dataset(big(u64::from(DEEP), |id| id - 1));
    let (total, rows) = open.rows_from(&Fold::default(), &Find::default(), DEEP - 2, 10);
    assert_eq!((total, rows.len(), rows[1].level, rows[1].descendants), (DEEP, 2, DEEP, 0));
    let fold = Fold { level: Some(1), ..Fold::default() };
    let request =
        LocateRequest { trace_id: TRACE.to_owned(), span_id: None, span: DEEP - 1, fold, find: Find::default(), log: None };
    let Reply::Locate(view) = open.ask(Request::Locate(request)) else { panic!("no place") };
    assert_eq!((view.position, view.fold.flipped.len()), (DEEP - 1, DEEP as usize - 1));
    let (total, _) = open.rows_from(&Fold::default(), &find("work", true), 0, 1);
    assert_eq!(total, DEEP);
}

#[test]
fn very_many_siblings_fold_by_default() {
    const WIDE: u32 = 100_000;
    let mut open = Open::dataset(big(u64::from(WIDE), |id| u64::from(id != 1)));
    let rows = open.rows(&Fold::default(), &Find::default());
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].group.unwrap().count, WIDE - 1);
    let last = open.step(Step::Found, StepDirection::Previous, None, &Fold::default(), "work");
    assert_eq!(last.at.unwrap().position, WIDE);
}

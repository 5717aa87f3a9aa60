//! Addresses: what is shown survives the way to the URL and back, and no address is a dead end.

use spanwise::protocol::{Find, Fold, GroupFold, Selection, SortColumn};
use spanwise::route::{HistoryStep, ListAddress, Note, OffsetRange, Route, TraceAddress, View};

fn trace_route(trace: TraceAddress) -> Route {
    Route { view: View::Trace, trace, ..Route::default() }
}

fn check_round_trip(route: &Route, expected: &str) {
    assert_eq!(route.to_hash(), expected);
    assert_eq!(&Route::parse(expected), route, "reading {expected}");
}

#[test]
fn what_is_shown_survives_the_way_to_the_address_and_back() {
    check_round_trip(&Route::default(), "#/");
    check_round_trip(&Route { view: View::Report, ..Route::default() }, "#/report?v=1");
    check_round_trip(&Route { view: View::Traces, ..Route::default() }, "#/traces?v=1");
    check_round_trip(
        &Route {
            view: View::Traces,
            selection: Selection { filter: "GET /cart & \"ü\" 100%".to_owned(), brushes: Vec::new() },
            list: ListAddress { sort: SortColumn::Duration, descending: false },
            ..Route::default()
        },
        "#/traces?q=GET%20%2Fcart%20%26%20%22%C3%BC%22%20100%25&sort=duration&dir=asc&v=1",
    );
    check_round_trip(
        &trace_route(TraceAddress {
            trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned(),
            span_id: Some("b7ad6b7169203331".to_owned()),
            range: Some(OffsetRange { from: 1, to: u64::MAX }),
            find: Find { text: "timeout".to_owned(), only: true },
            fold: Fold { level: Some(3), flipped: vec![12, 17, 18], groups: GroupFold::Open, flipped_groups: vec![40] },
            ..TraceAddress::default()
        }),
        "#/trace/0af7651916cd43dd8448eb211c80319c?span=b7ad6b7169203331&from=1&to=18446744073709551615\
         &find=timeout&only=1&fold=l3.go.s12-5-1.m40&v=1",
    );
    check_round_trip(
        &trace_route(TraceAddress { trace_id: "odd/id?#%".to_owned(), ..TraceAddress::default() }),
        "#/trace/odd%2Fid%3F%23%25?v=1",
    );
}

#[test]
fn spans_without_a_trace_id_have_an_address_too() {
    check_round_trip(&trace_route(TraceAddress::default()), "#/trace/-?v=1");
}

#[test]
fn one_address_of_each_version_is_still_read() {
    let version_1 = Route::parse("#/trace/aa?v=1&span=bb&from=5&to=9&find=x&only=1&fold=l2.gf.s1-1.m9");
    assert_eq!(version_1.view, View::Trace);
    assert_eq!(version_1.trace.trace_id, "aa");
    assert_eq!(version_1.trace.span_id.as_deref(), Some("bb"));
    assert_eq!(version_1.trace.range, Some(OffsetRange { from: 5, to: 9 }));
    assert_eq!(version_1.trace.fold.flipped, [1, 2]);
    assert_eq!(version_1.note, None);
}

#[test]
fn what_is_not_known_falls_back_and_says_so() {
    for (address, view, note) in [
        ("", View::Start, None),
        ("#", View::Start, None),
        ("#/", View::Start, None),
        ("#/nowhere", View::Traces, Some(Note::UnknownView)),
        ("#/trace", View::Traces, Some(Note::UnknownView)),
        ("#/trace/", View::Traces, Some(Note::UnknownView)),
        ("#/traces?v=2", View::Traces, Some(Note::NewerVersion)),
        ("#/traces?v=abc", View::Traces, None),
        ("#/traces?sort=mood&dir=sideways", View::Traces, None),
    ] {
        let route = Route::parse(address);
        assert_eq!((route.view, route.note), (view, note), "{address}");
    }
}

#[test]
fn broken_addresses_read_as_far_as_they_make_sense() {
    let route = Route::parse("#/trace/a%ZZ%C3?from=9&to=5&fold=lx.s3-0-4294967295-1.q");
    assert_eq!(route.trace.trace_id, "a%ZZ\u{fffd}");
    assert_eq!(route.trace.range, None, "a range that ends before it starts is none");
    assert_eq!(route.trace.fold, Fold { flipped: vec![3], ..Fold::default() });
    // Every prefix of a full address is an address.
    let full = "#/trace/0a%2F?v=1&span=b&from=1&to=2&find=%C3%BC&only=1&fold=l3.go.s12-5.m4";
    for end in 0..=full.len() {
        let route = Route::parse(full.get(..end).unwrap());
        assert_eq!(Route::parse(&route.to_hash()).to_hash(), route.to_hash());
    }
}

#[test]
fn folds_of_thousands_of_rows_stay_out_of_the_address() {
    let fold = Fold { level: Some(2), flipped: (0..100_000).collect(), ..Fold::default() };
    let route = trace_route(TraceAddress { trace_id: "a".to_owned(), fold, ..TraceAddress::default() });
    assert_eq!(route.to_hash(), "#/trace/a?fold=l2&v=1");
}

#[test]
fn going_elsewhere_is_a_step_back_can_undo_and_looking_closer_is_not() {
    let list = Route { view: View::Traces, ..Route::default() };
    let trace = list.at_trace("a");
    let mut zoomed = trace.clone();
    zoomed.trace.range = Some(OffsetRange { from: 1, to: 2 });
    let mut filtered = list.clone();
    filtered.selection.filter = "x".to_owned();
    let mut sorted = list.clone();
    sorted.list.sort = SortColumn::Spans;

    assert_eq!(list.history_step(&trace), HistoryStep::Push);
    assert_eq!(trace.history_step(&trace.at_trace("b")), HistoryStep::Push);
    assert_eq!(list.history_step(&sorted), HistoryStep::Push);
    assert_eq!(trace.history_step(&zoomed), HistoryStep::Replace);
    assert_eq!(list.history_step(&filtered), HistoryStep::Replace);
    // A frame that fills the width is left by going back; what is sought in the graph is not.
    let (mut framed, mut seeking) = (trace.clone(), trace.clone());
    framed.trace.flame.root = Some(7);
    seeking.trace.flame.find = "cart".to_owned();
    assert_eq!(trace.history_step(&framed), HistoryStep::Push);
    assert_eq!(trace.history_step(&seeking), HistoryStep::Replace);

    // The list's filter is still there when the reader comes back from a trace.
    let back = filtered.at_trace("a").at_view(View::Traces);
    assert_eq!(back.to_hash(), filtered.to_hash());
    let forward = filtered.gone_to(Route::parse("#/trace/b"));
    assert_eq!(forward.selection.filter, "x");
    assert_eq!(forward.trace.trace_id, "b");
}

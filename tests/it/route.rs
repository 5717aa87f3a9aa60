//! Addresses: what is shown survives the way to the URL and back, and no address is a dead end.

use spanwise::protocol::{
    AttributeCondition, Brush, Comparison, Connection, Find, FlameLayout, Fold, Group, GroupBy, GroupFold, MapFocus, MapTarget,
    NodeId, NodeKind, Population, RedColumn, Selection, ServerQuery, SortColumn, SpanKind, StatusCode, TableColumn,
};
use spanwise::route::{
    FlameAddress, HeatColor, HistoryStep, LatencyAddress, ListAddress, MapAddress, MapMeasure, Note, OffsetRange, Route,
    ServerAddress, ServerRange, TableAddress, TraceAddress, TraceColors, TraceMode, View, attribute_field, field_words,
    reference,
};

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
            list: ListAddress { sort: SortColumn::Duration, descending: false, ..ListAddress::default() },
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
            fold: Fold {
                level: Some(3),
                flipped: vec![12, 17, 18],
                groups: GroupFold::Open,
                flipped_groups: vec![40],
                logs: true,
            },
            ..TraceAddress::default()
        }),
        "#/trace/0af7651916cd43dd8448eb211c80319c?span=b7ad6b7169203331&from=1&to=18446744073709551615\
         &find=timeout&only=1&fold=l3.go.s12-5-1.m40&logs=rows&v=1",
    );
    check_round_trip(
        &trace_route(TraceAddress { trace_id: "odd/id?#%".to_owned(), ..TraceAddress::default() }),
        "#/trace/odd%2Fid%3F%23%25?v=1",
    );
}

fn node(kind: NodeKind, name: &str) -> NodeId {
    NodeId { kind, name: name.to_owned() }
}

#[test]
fn a_selection_survives_in_all_views_that_it_narrows() {
    let brush = |group| Brush { group: Some(group), ..Brush::default() };
    let selection = Selection {
        filter: "cart".to_owned(),
        brushes: vec![
            Brush { of: Population::Traces, start: Some((1, u64::MAX)), duration: Some((0, 5)), errors_only: true, group: None },
            brush(Group::Service("a~b:c d%".to_owned())),
            brush(Group::Operation { service: "cart".to_owned(), name: "GET /a?b=c&d#e".to_owned() }),
            brush(Group::Kind(SpanKind::Consumer)),
            brush(Group::Status(StatusCode::Error)),
            brush(Group::Attribute { key: "http.route".to_owned(), value: Some(String::new()) }),
            brush(Group::Attribute { key: "http.route".to_owned(), value: None }),
            // Looks like a range of times, and is none.
            brush(Group::Service("t1-2".to_owned())),
        ],
    };
    for view in [View::Traces, View::Map, View::Latency, View::Flame] {
        let route = Route { view, selection: selection.clone(), ..Route::default() };
        assert_eq!(Route::parse(&route.to_hash()), route, "{}", route.to_hash());
    }
    // It is nothing that a trace's address holds, and stays while a trace is read.
    let list = Route { view: View::Traces, selection: selection.clone(), ..Route::default() };
    let trace = list.at_trace("aa");
    assert!(!trace.to_hash().contains("cart"));
    assert_eq!(list.gone_to(Route::parse(&trace.to_hash())).selection, selection);
    assert_eq!(trace.gone_to(Route::parse("#/map?q=x")).selection.filter, "x");
}

#[test]
fn what_cannot_be_read_of_a_selection_narrows_nothing() {
    for odd in ["b=", "b=x", "b=spans~t9-1", "b=spans~dx", "b=spans~kind:9", "b=spans~op:a", "b=spans~~~", "b=%FF"] {
        let route = Route::parse(&format!("#/traces?{odd}"));
        let narrow =
            |brush: &Brush| brush.start.is_some() || brush.duration.is_some() || brush.errors_only || brush.group.is_some();
        assert!(!route.selection.brushes.iter().any(narrow), "{odd}: {:?}", route.selection);
    }
    let many = "b=spans~e&".repeat(1000);
    assert!(Route::parse(&format!("#/traces?{many}")).selection.brushes.len() < 20);
}

#[test]
fn the_maps_and_the_charts_addresses_survive() {
    check_round_trip(&Route { view: View::Map, ..Route::default() }, "#/map?v=1");
    check_round_trip(
        &Route {
            view: View::Map,
            map: MapAddress {
                trace_id: Some("aa".to_owned()),
                hidden: vec![NodeKind::Database, NodeKind::Caller],
                focus: Some(MapFocus { node: node(NodeKind::Service, "a~b:c"), hops: 2 }),
                target: Some(MapTarget::Edge(node(NodeKind::Service, "a"), node(NodeKind::Queue, "orders.placed"))),
                color: MapMeasure::ErrorShare,
                size: MapMeasure::Total,
                as_table: true,
            },
            ..Route::default()
        },
        "#/map?trace=aa&hide=database%2Ccaller&focus=2~service%3Aa%257Eb%253Ac&at=service%3Aa~queue%3Aorders.placed\
         &color=errors&size=total&as=table&v=1",
    );
    check_round_trip(&Route { view: View::Latency, ..Route::default() }, "#/latency?v=1");
    check_round_trip(
        &Route {
            view: View::Latency,
            latency: LatencyAddress {
                of: Population::Traces,
                by: GroupBy::Attribute("app.tenant".to_owned()),
                heat: HeatColor::ErrorShare,
                red_filter: "GET".to_owned(),
                red_sort: RedColumn::Critical,
                red_descending: false,
            },
            ..Route::default()
        },
        "#/latency?of=traces&by=attr%3Aapp.tenant&heat=errors&op=GET&sort=critical&dir=asc&v=1",
    );
    check_round_trip(
        &Route {
            view: View::Flame,
            flame: FlameAddress { layout: FlameLayout::SelfTime, root: Some(7), find: "x".to_owned() },
            ..Route::default()
        },
        "#/flame?width=self&frame=7&flame-find=x&v=1",
    );
}

#[test]
fn columns_their_widths_and_facets_survive() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    check_round_trip(
        &Route {
            view: View::Traces,
            facets: Some(texts(&[".http.route", "span.a,b"])),
            list: ListAddress {
                sort: SortColumn::Field(1),
                descending: false,
                columns: texts(&["kind", ".\"x y\"", "resource.a,b~1"]),
                widths: vec![("name".to_owned(), 320), ("resource.a,b~1".to_owned(), 48)],
            },
            ..Route::default()
        },
        "#/traces?facets=.http.route%2Cspan.a%252Cb&columns=kind%2C.%2522x%2520y%2522%2Cresource.a%252Cb~1\
         &sort=field%3A.%22x%20y%22&dir=asc&w=name~320%2Cresource.a%252Cb~1~48&v=1",
    );
    // None at all is not the same as the usual ones.
    let route = Route { view: View::Map, facets: Some(Vec::new()), ..Route::default() };
    check_round_trip(&route, "#/map?facets=none&v=1");
    // It is nothing that a trace's address holds, and stays while a trace is read.
    assert_eq!(route.gone_to(Route::parse("#/trace/aa")).facets, Some(Vec::new()));
    assert_eq!(route.gone_to(Route::parse("#/traces")).facets, None);
    // A column that is not there is not sorted by, no width is out of all bounds, and no address has too many of either.
    let odd = Route::parse("#/traces?sort=field:.b&columns=.a&w=.a~9999,name~1,spans~x,~,start");
    assert_eq!((odd.list.sort, odd.list.widths), (SortColumn::Start, vec![(".a".to_owned(), 1600), ("name".to_owned(), 48)]));
    let many = (0..1000).map(|at| format!(".k{at}")).collect::<Vec<_>>();
    let wide = many.iter().map(|text| format!("{text}~100")).collect::<Vec<_>>();
    let list = Route::parse(&format!("#/traces?columns={}&w={}", many.join(","), wide.join(","))).list;
    assert!(list.columns.len() < 20 && list.widths.len() < 50);
}

#[test]
fn attributes_are_written_as_a_query_has_them() {
    for (key, text) in [("http.route", ".http.route"), ("a b", ".\"a b\""), ("q\"\\", ".\"q\\\"\\\\\""), ("", ".\"\"")] {
        assert_eq!(attribute_field(key), text);
    }
    assert_eq!(["field", ".field", "span.field"].map(field_words), ["field", "field", "span.field"]);
}

fn attribute(key: &str) -> TableColumn {
    TableColumn::Attribute(key.to_owned())
}

#[test]
fn how_a_trace_is_shown_survives() {
    check_round_trip(
        &trace_route(TraceAddress {
            trace_id: "aa".to_owned(),
            mode: TraceMode::Table,
            colors: TraceColors { by: GroupBy::Kind, critical: true },
            table: TableAddress {
                group: vec![GroupBy::Service, GroupBy::Attribute("a,b".to_owned())],
                added: vec![attribute("http.route"), attribute("x,y"), TableColumn::Field("span:childCount".to_owned())],
                widths: vec![("name".to_owned(), 300), ("attr:x,y".to_owned(), 90)],
                sort: Some(TableColumn::Attribute("http.route".to_owned())),
                descending: false,
            },
            ..TraceAddress::default()
        }),
        "#/trace/aa?as=table&color=kind&critical=1&group=service%2Cattr%253Aa%252Cb\
         &columns=http.route%2Cx%252Cy%2Cfield%253Aspan%253AchildCount\
         &sort=attr%3Ahttp.route&dir=asc&w=name~300%2Cattr%253Ax%252Cy~90&v=1",
    );
    // How bars are colored stays from trace to trace; what is zoomed or sorted belongs to the trace.
    let route = Route::parse("#/trace/aa?color=kind&critical=1&as=flame&frame=3");
    let next = route.at_trace("bb").trace;
    assert_eq!((next.colors, next.mode, next.flame), (route.trace.colors, TraceMode::Waterfall, FlameAddress::default()));
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

#[test]
fn the_map_is_found_again_as_it_was() {
    let node = |kind, name: &str| NodeId { kind, name: name.to_owned() };
    let (odd, redis) = (node(NodeKind::Service, "a~b:c,d&e=%7E"), node(NodeKind::Database, "redis"));
    let map = MapAddress {
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".to_owned()),
        hidden: vec![NodeKind::Queue, NodeKind::Caller],
        focus: Some(MapFocus { node: odd.clone(), hops: u32::MAX }),
        target: Some(MapTarget::Edge(odd.clone(), redis)),
        color: MapMeasure::P95,
        size: MapMeasure::ErrorShare,
        as_table: true,
    };
    let route = Route { view: View::Map, map, ..Route::default() };
    assert_eq!(Route::parse(&route.to_hash()), route);
    let one = Route { map: MapAddress { target: Some(MapTarget::Node(odd)), ..route.map.clone() }, ..route.clone() };
    assert_eq!(Route::parse(&one.to_hash()), one);
    // What is selected is the same place; what is near what is another.
    assert_eq!(route.history_step(&one), HistoryStep::Replace);
    let near = Route { map: MapAddress { focus: None, ..route.map.clone() }, ..route.clone() };
    assert_eq!(route.history_step(&near), HistoryStep::Push);
    // As it is at first it needs no words; identity has no size.
    check_round_trip(&Route { view: View::Map, ..Route::default() }, "#/map?v=1");
    assert_eq!(Route::parse("#/map?size=service&color=mood&at=nothing&focus=x").map, MapAddress::default());
}

#[test]
fn a_search_on_a_server_is_found_again() {
    let connection =
        Connection { base: "https://o2.example.com/o2".to_owned(), org: "default".to_owned(), stream: "my_stream".to_owned() };
    let attribute =
        |key: &str, operator, value: &str| AttributeCondition { key: key.to_owned(), operator, value: value.to_owned() };
    let server = ServerAddress {
        connection: connection.clone(),
        range: ServerRange::Between { from: 1_795_396_997_841_560, to: 1_795_407_797_841_560 },
        query: ServerQuery {
            service: "a & b".to_owned(),
            operation: "GET /x?y=1#z".to_owned(),
            status: Some(StatusCode::Error),
            min_duration: Some(1_500_000),
            max_duration: Some(u64::MAX),
            attributes: vec![
                attribute("http.route", Comparison::Equal, "/cart/{id}~x"),
                attribute("odd~key", Comparison::Contains, ""),
                attribute("error.type", Comparison::Exists, ""),
            ],
            sql: "duration > 5 AND \"x\" = 'ü'".to_owned(),
        },
    };
    let route = Route { view: View::OpenObserve, server, ..Route::default() };
    assert_eq!(Route::parse(&route.to_hash()), route);
    assert_eq!(ServerAddress::from_query(&route.server.to_query()), route.server);

    // As it is written for people and outside checks.
    let plain = Route {
        view: View::OpenObserve,
        server: ServerAddress { range: ServerRange::Last { seconds: 900 }, query: ServerQuery::default(), connection },
        ..Route::default()
    };
    check_round_trip(&plain, "#/openobserve?base=https%3A%2F%2Fo2.example.com%2Fo2&org=default&stream=my_stream&last=900&v=1");
    let given = Route::parse("#/openobserve?base=http://localhost:5080&org=default&stream=default&from=1000&to=2000");
    assert_eq!(given.server.connection.base, "http://localhost:5080");
    assert_eq!(given.server.range.window(0), (1000, 2000));

    // Views of loaded spans name no server, and forget none; those of a server's figures name it.
    let traces = route.at_view(View::Traces);
    assert!(!traces.to_hash().contains("base="), "{}", traces.to_hash());
    assert_eq!(route.gone_to(Route::parse("#/traces")).server, route.server);
    let map = Route { on_server: true, ..route.at_view(View::Map) };
    let read = Route::parse(&map.to_hash());
    assert!(read.on_server && read.server == route.server, "{}", map.to_hash());
    assert_eq!(map.history_step(&route.at_view(View::Map)), HistoryStep::Push);
    // The trace page's own `from` and `to` are no search.
    assert_eq!(Route::parse("#/trace/a?from=1&to=5&base=x").server, ServerAddress::default());
}

#[test]
fn the_last_hour_ends_now() {
    let now = 1_795_407_797_841_560_123;
    let (from, to) = ServerRange::Last { seconds: 3_600 }.window(now);
    assert_eq!((from, to), (1_795_404_197_841_561, 1_795_407_797_841_561));
    assert_eq!(ServerRange::Last { seconds: u64::MAX }.window(now), (1, 1_795_407_797_841_561));
}

/// What a text names, as `trace/span`; `-` for what is not there.
fn check_reference(text: &str, expected: &str) {
    let named = reference(text).map(|named| {
        let or_none = |id: Option<String>| id.unwrap_or_else(|| "-".to_owned());
        format!("{}/{}", or_none(named.trace_id), or_none(named.span_id))
    });
    assert_eq!(named.as_deref().unwrap_or("nothing"), expected, "{text}");
}

#[test]
fn a_trace_is_known_by_what_people_paste() {
    let (trace, span, short) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "8448eb211c80319c");
    for text in [
        format!(" {} \n", trace.to_uppercase()),
        format!("{{{trace}}}"),
        format!("'{trace}',"),
        format!("0x{trace}"),
        "0AF76519-16cd-43dd-8448-eb211c80319c".to_owned(),
        format!("trace_id={trace}"),
        format!("\"traceId\": \"{trace}\","),
        format!("00-{trace}-0000000000000000-00"),
        format!("X-B3-TraceId: {trace}\nX-B3-Sampled: 1"),
    ] {
        check_reference(&text, &format!("{trace}/-"));
    }
    for text in [
        format!("00-{trace}-{span}-01"),
        format!("traceparent: 00-{trace}-{span}-01"),
        format!("TRACEPARENT: 00-{}-{span}-01", trace.to_uppercase()),
        format!("Traceparent=cc-{trace}-{span}-01-what-comes-later"),
        format!("\"00-{trace}-{span}-01\""),
        format!("{{\"traceparent\": \"00-{trace}-{span}-01\"}}"),
        format!("curl -H 'traceparent: 00-{trace}-{span}-01'"),
        format!("traceparent: 00-{trace}-{span}-01\r\ntracestate: congo=t61rcWkgMzE,rojo=00f067aa0ba902b7\r\nbaggage: a=b\r\n"),
        format!("b3: {trace}-{span}-1-05e3ac9a4f6e3b90"),
        format!("b3: {trace}-{span}-d"),
        format!("{trace}-{span}"),
        format!("{trace} {span}"),
        format!("{trace}\t{span}\n"),
        format!("X-B3-TraceId: {trace}\nX-B3-ParentSpanId: 05e3ac9a4f6e3b90\nX-B3-SpanId: {span}\nX-B3-Sampled: 1\n"),
        format!("x-b3-spanid: {span}\r\nx-b3-traceid: {trace}"),
        format!("-H 'X-B3-TraceId: {trace}' -H 'X-B3-SpanId: {span}'"),
        format!("trace_id={trace} span_id={span} trace_flags=01"),
        format!("traceparent: 00-{trace}-{span}-01\nb3: {trace}-{span}-1"),
    ] {
        check_reference(&text, &format!("{trace}/{span}"));
    }
    check_reference(&format!("b3={short}-{span}-1"), &format!("{short}/{span}"));
    check_reference(&format!("X-B3-TraceId: {short}\nX-B3-SpanId: {span}"), &format!("{short}/{span}"));
    check_reference(&format!("span_id: {span}"), &format!("-/{span}"));
    check_reference(span, &format!("{span}/-"));
    assert!(reference(span).unwrap().is_vague());
    for text in [trace, &format!("{short}-{span}"), &format!("span={span}")] {
        assert!(!reference(text).unwrap().is_vague(), "{text}");
    }
}

#[test]
fn what_may_be_the_content_of_a_file_names_no_trace() {
    let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    for text in [
        "",
        " \n",
        "{}",
        "{\"resourceSpans\":[]}",
        &format!("{{\"traceId\":\"{trace}\",\"name\":\"GET\"}}"),
        "00000000000000000000000000000000",
        "0000000000000000",
        "b3: 0",
        "traceparent:",
        &format!("trace_id= span_id={span}"),
        &format!("{trace}x"),
        &format!("{trace} 1af7651916cd43dd8448eb211c80319c"),
        &format!("{trace}-{span}-1-05e3ac9a4f6e3b90-2"),
        &format!("a trace: {trace}"),
        "0af7651916cd43dd8448eb211c80319",
        "GET /cart",
        "größe",
        &format!("{trace}{}", " ".repeat(4096)),
    ] {
        check_reference(text, "nothing");
    }
}

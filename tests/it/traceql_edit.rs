//! What the search box does with a query's text: conditions put in and taken out, and what may stand at the cursor.

use std::fmt::Write as _;

use spanwise::traceql::edit::{has, joined, narrowed, preceded, without};
use spanwise::traceql::{Wanted, Wants, complete, parse, print, read};

use super::source::root;
use super::traceql_conformance::lists;

#[test]
fn a_condition_is_put_where_it_belongs() {
    let cases = [
        ("", ".x = 1", "{ .x = 1 }"),
        ("  ", ".x = 1", "{ .x = 1 }"),
        ("{ }", ".x = 1", "{ .x = 1 }"),
        ("{}", ".x = 1", "{ .x = 1 }"),
        ("{ .a }", ".x = 1", "{ .a && .x = 1 }"),
        ("{.a=1}", ".x = 1", "{.a=1 && .x = 1}"),
        ("{  .a   = 1  }", ".x = 1", "{  .a   = 1 && .x = 1  }"),
        ("{ .a && .b }", ".x = 1", "{ .a && .b && .x = 1 }"),
        ("{ .a || .b }", ".x = 1", "{ (.a || .b) && .x = 1 }"),
        ("{ .a || .b && .c }", ".x = 1", "{ .a || .b && .c && .x = 1 }"),
        ("{ .a && .b || .c }", ".x = 1", "{ (.a && .b || .c) && .x = 1 }"),
        ("{ (.a || .b) }", ".x = 1", "{ (.a || .b) && .x = 1 }"),
        ("{ .a }", ".x = 1 || .y = 2", "{ .a && (.x = 1 || .y = 2) }"),
        ("{ .a }", ".x = 1 && .y = 2", "{ .a && .x = 1 && .y = 2 }"),
        ("{ }", ".x = 1 || .y = 2", "{ .x = 1 || .y = 2 }"),
        ("{ .a } with(sample=true)", ".x = 1", "{ .a && .x = 1 } with(sample=true)"),
        ("{ .a } && { .b }", ".x = 1", "{ .a } && { .b } | { .x = 1 }"),
        ("{ .a } | count() > 1", ".x = 1", "{ .a } | count() > 1 | { .x = 1 }"),
        ("count() > 1 with(sample=true)", ".x = 1", "count() > 1 | { .x = 1 } with(sample=true)"),
        ("({ .a } | count() > 1) && ({ .b })", ".x = 1", "({ .a } | count() > 1) && ({ .b }) | { .x = 1 }"),
        ("({ .a })", ".x = 1", "({ .a }) | { .x = 1 }"),
        ("{ } | rate()", ".x = 1", "{ .x = 1 } | rate()"),
        ("{ .a } | rate() by (name) | topk(5)", ".x = 1", "{ .a && .x = 1 } | rate() by (name) | topk(5)"),
        ("{ .a } >> { .b } | rate()", ".x = 1", "{ .a } >> { .b } | { .x = 1 } | rate()"),
        ("{ .a } | compare({ .b })", ".x = 1", "{ .a && .x = 1 } | compare({ .b })"),
        ("({ .a } | rate()) / ({} | rate()) * 100", ".x = 1", "({ .a && .x = 1 } | rate()) / ({ .x = 1 } | rate()) * 100"),
        ("({ .a } && { .b } | rate()) > 5", ".x = 1", "({ .a } && { .b } | { .x = 1 } | rate()) > 5"),
        // What is there is not put there again, nor anything that does not parse.
        ("{ .a && .x = 1 }", ".x=1", "{ .a && .x = 1 }"),
        ("{ .x = 1 } | rate()", ".x = 1", "{ .x = 1 } | rate()"),
        ("{ .a", ".x = 1", "{ .a"),
        ("{ .a }", ".x = ", "{ .a }"),
        ("{ .a }", ".x } | { .y", "{ .a }"),
        ("{ .a }", "", "{ .a }"),
    ];
    for (query, condition, want) in cases {
        assert_eq!(narrowed(query, condition), want, "{query} with {condition}");
    }
}

#[test]
fn spansets_are_joined_to_a_query_or_asked_first() {
    let call = "{ .a } > { .b }";
    let cases = [
        ("", "{ .a } > { .b }", "{ .a } > { .b }"),
        ("{ }", "{ .a } > { .b }", "{ .a } > { .b }"),
        ("{ .c }", "{ .a } > { .b } | { .c }", "{ .a } > { .b } | { .c }"),
        ("{ .c } >> { .d }", "{ .c } >> { .d } && { .a } > { .b }", "{ .a } > { .b } | { .c } >> { .d }"),
        ("{ .c } || { .d }", "{ .c } || { .d } && { .a } > { .b }", "{ .a } > { .b } | { .c } || { .d }"),
        ("{ .c } | count() > 1", "({ .c } | count() > 1) && ({ .a } > { .b })", "{ .a } > { .b } | { .c } | count() > 1"),
        ("{ } | rate()", "{ .a } > { .b } | rate()", "{ .a } > { .b } | rate()"),
        ("{ .c } > { .d } | rate()", "{ .c } > { .d } && { .a } > { .b } | rate()", "{ .a } > { .b } | { .c } > { .d } | rate()"),
        (
            "({ .c } | rate()) / ({ } | rate())",
            "({ .a } > { .b } | { .c } | rate()) / ({ .a } > { .b } | rate())",
            "({ .a } > { .b } | { .c } | rate()) / ({ .a } > { .b } | rate())",
        ),
        // What is there is not put there again, nor anything where a query does not parse.
        ("{ .a } > { .b }", "{ .a } > { .b }", "{ .a } > { .b }"),
        ("{ .a } > { .b } | { .c }", "{ .a } > { .b } | { .c }", "{ .a } > { .b } | { .c }"),
        ("{ .c", "{ .c", "{ .c"),
    ];
    for (query, want_joined, want_preceded) in cases {
        assert_eq!(joined(query, call), want_joined, "{query}");
        assert_eq!(preceded(query, call), want_preceded, "{query}");
    }
}

#[test]
fn a_condition_is_taken_out_where_it_stands() {
    let cases = [
        ("{ .x = 1 }", ".x = 1", ""),
        ("{ .x = 1 } with(sample=true)", ".x = 1", "{ } with(sample=true)"),
        ("{ .x = 1 } | rate()", ".x = 1", "{ } | rate()"),
        ("{ .a && .x = 1 }", ".x = 1", "{ .a }"),
        ("{ .x = 1 && .a }", ".x = 1", "{ .a }"),
        ("{ .a && .x=1 && .b }", ".x = 1", "{ .a && .b }"),
        ("{.a&&.x=1 && .b}", ".x = 1", "{.a && .b}"),
        ("{ (.a || .b) && .x = 1 }", ".x = 1", "{ .a || .b }"),
        ("{ (.a || .b) && (.c || .d) && .x = 1 }", ".x = 1", "{ (.a || .b) && (.c || .d) }"),
        ("{ .a || .b && .x = 1 }", ".x = 1", "{ .a || .b }"),
        ("{ .a && (.x = 1) }", ".x = 1", "{ .a }"),
        ("{ .a && .x = 1 && .x = 1 }", ".x = 1", "{ .a }"),
        ("{ .a && (.x = 1 || .y = 2) }", ".x = 1 || .y = 2", "{ .a }"),
        ("{ .x = 1 && .a && .y = 2 }", ".x = 1 && .y = 2", "{ .a }"),
        ("{ .a } && { .b } | { .x = 1 }", ".x = 1", "{ .a } && { .b }"),
        ("{ .a } | { .x = 1 } | count() > 1", ".x = 1", "{ .a } | count() > 1"),
        ("{ .a } | { .b && .x = 1 } | count() > 1", ".x = 1", "{ .a } | { .b } | count() > 1"),
        ("({ .a && .x = 1 } | rate()) / ({ .x = 1 } | rate())", ".x = 1", "({ .a } | rate()) / ({ } | rate())"),
        // Elsewhere it means something else.
        ("{ .a || .x = 1 }", ".x = 1", "{ .a || .x = 1 }"),
        ("{ .a && .b || .x = 1 }", ".x = 1", "{ .a && .b || .x = 1 }"),
        ("{ .x = 1 && .b || .c }", ".x = 1", "{ .x = 1 && .b || .c }"),
        ("{ !(.x = 1) }", ".x = 1", "{ !(.x = 1) }"),
        ("{ .x = 1 } && { .b }", ".x = 1", "{ .x = 1 } && { .b }"),
        ("{ .x = 10 }", ".x = 1", "{ .x = 10 }"),
        ("{ .a } | compare({ .x = 1 })", ".x = 1", "{ .a } | compare({ .x = 1 })"),
        ("{ .x = 1", ".x = 1", "{ .x = 1"),
    ];
    for (query, condition, want) in cases {
        assert_eq!(without(query, condition), want, "{query} without {condition}");
        assert_eq!(has(query, condition), query != want, "{query} has {condition}");
    }
}

#[test]
fn what_is_put_in_comes_out_again() {
    let text = std::fs::read_to_string(root().join("tests/fixtures/traceql.yaml")).unwrap();
    let conditions =
        [".it_is = 1", "span.\"a && b\" = \"} | {\"", ".p = 1 || .q = 2", ".p = 1 && .q = 2", "!(.p)", "duration > 1ms"];
    let mut n_cases = 0;
    for query in lists(&text).into_iter().flat_map(|(_, queries)| queries).filter(|query| parse(query).is_ok()) {
        for condition in conditions {
            assert!(!has(&query, condition) || query.contains("duration > 1ms"), "{query}: {condition}");
            let narrow = narrowed(&query, condition);
            let tree = parse(&narrow).unwrap_or_else(|trouble| panic!("{query}: {narrow}: {trouble}"));
            assert!(has(&narrow, condition), "{narrow}: {condition}");
            assert_eq!(narrowed(&narrow, condition), narrow);
            // As valid as before.
            assert_eq!(read(&query).map_err(|it| it.stage).err(), read(&narrow).map_err(|it| it.stage).err(), "{narrow}");
            let again = without(&narrow, condition);
            let is_same = if again.is_empty() { parse("{ }") == parse(&query) } else { parse(&again) == parse(&query) };
            assert!(is_same, "{query}\n{narrow}\n{again}\n{tree:?}");
            n_cases += 1;
        }
    }
    assert!(2_000 < n_cases, "{n_cases}");
}

/// A text with a mark for the cursor, and what may stand there, in short: what is replaced, and with what.
fn wanted(marked: &str) -> String {
    let cursor = marked.find('\u{2038}').unwrap();
    let text = marked.replace('\u{2038}', "");
    let Wanted { replace, kind } = complete(&text, cursor);
    let replaced = &text[replace];
    let listed = |words: &[&str]| if 12 < words.len() { format!("{} words", words.len()) } else { words.join(" ") };
    let wants = match kind {
        Wants::Keys { scope, prefix, words } => {
            let scope = scope.map_or_else(|| "any scope".to_owned(), |scope| format!("{scope:?}"));
            format!("keys of {scope} `{prefix}` {}", listed(&words))
        }
        Wants::Values { field, prefix, quoted, words } => {
            format!("values of {} `{prefix}`{} {}", print::field(&field), if quoted { " in quotes" } else { "" }, listed(&words))
        }
        Wants::Operators { words } => format!("operators {}", listed(&words)),
        Wants::Words { words, prefix } => format!("words `{prefix}` {}", listed(&words)),
        Wants::Number => "a number".to_owned(),
        Wants::Nothing => "nothing".to_owned(),
    };
    format!("[{replaced}] {}", wants.trim())
}

#[test]
fn the_cursor_is_offered_what_may_stand_there() {
    let golden = root().join("tests/golden/traceql_complete.txt");
    let mut out = String::new();
    for marked in CURSORS {
        _ = writeln!(out, "{marked}\n    {}", wanted(marked));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &out).unwrap();
    }
    let want = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(want == out, "UPDATE_GOLDEN=1 writes it anew. It is now:\n{out}");
}

#[test]
fn any_cursor_in_any_text_is_answered() {
    let text = std::fs::read_to_string(root().join("tests/fixtures/traceql.yaml")).unwrap();
    for query in lists(&text).into_iter().flat_map(|(_, queries)| queries) {
        for cursor in 0..query.len() + 2 {
            for text in [&query, query.get(..cursor.min(query.len())).unwrap_or(&query)] {
                let Wanted { replace, .. } = complete(text, cursor);
                assert!(text.get(replace.clone()).is_some(), "{text} at {cursor}: {replace:?}");
                let on_bound = (0..=cursor.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap();
                assert!(replace.start <= on_bound && on_bound <= replace.end, "{text} at {cursor}: {replace:?}");
            }
        }
    }
}

#[test]
fn words_that_are_offered_may_stand_there() {
    // Each word that is offered goes on to a query that parses, if what it needs follows.
    let goes_on_with = [
        "",
        " }",
        " = 1 }",
        " .x = 1 }",
        " 1 }",
        " \"x\" }",
        " nil }",
        ")",
        "() > 1",
        "(.x) > 1",
        "(.x)",
        "()",
        "(duration)",
        "(duration, 0.5)",
        "({ .x })",
        "(5)",
        " }) > 2",
        " { .x }",
        " > 1",
        " 1",
        "(sample=true)",
        "=true)",
        ".x = 1 }",
        " { .x })",
        "({ .x } | { .y })",
        "{ .x }",
        " } | { .x }",
        " count() > 1",
        " rate()",
        "(.x))",
        "() > 1)",
        "5 })",
    ];
    for marked in CURSORS {
        let cursor = marked.find('\u{2038}').unwrap();
        let text = marked.replace('\u{2038}', "");
        if text.get(cursor..) != Some("") {
            continue;
        }
        let Wanted { replace, kind } = complete(&text, cursor);
        let words = match kind {
            Wants::Operators { words } | Wants::Words { words, .. } | Wants::Keys { words, .. } | Wants::Values { words, .. } => {
                words
            }
            Wants::Number => vec!["3"],
            Wants::Nothing => Vec::new(),
        };
        for word in words {
            let typed = format!("{}{word}", &text[..replace.start]);
            let closing =
                ["", ", 0.5)", "} | rate())", " topk(5)", " .x)", " 0.5)", " }", ")", " })", ") > 1", " = .x)", " = .x) > 1"];
            let goes_on = |tail: &&str| closing.iter().any(|end| parse(&format!("{typed}{tail}{end}")).is_ok());
            let is_one = goes_on_with.iter().any(goes_on);
            assert!(is_one, "{marked}: {typed}");
        }
    }
}

/// Texts with a mark for the cursor.
const CURSORS: [&str; 88] = [
    "\u{2038}",
    "{\u{2038}",
    "{ \u{2038}",
    "{ \u{2038} }",
    "{ d\u{2038}",
    "{ duration\u{2038}",
    "{ dur\u{2038}ation > 1s }",
    "{ .\u{2038}",
    "{ .ht\u{2038}",
    "{ span.\u{2038}",
    "{ span.http.r\u{2038}",
    "{ span.ht\u{2038}tp.route = 1 }",
    "{ resource.ser\u{2038} }",
    "{ resource.\"two w\u{2038}",
    "{ event.\u{2038}",
    "{ link.\u{2038}",
    "{ instrumentation.\u{2038}",
    "{ parent.span.\u{2038}",
    "{ span:\u{2038}",
    "{ span:st\u{2038}",
    "{ trace:\u{2038}",
    "{ spam:\u{2038}",
    "{ .a \u{2038}",
    "{ .a \u{2038} }",
    "{ .a =\u{2038}",
    "{ .a = \u{2038}",
    "{ .a != \u{2038}",
    "{ .a > \u{2038}",
    "{ .a = fr\u{2038}",
    "{ .a = \"\u{2038}",
    "{ .a = \"fr\u{2038}",
    "{ .a = \"fr\u{2038} }",
    "{ .a = \"fr\u{2038}ont\" }",
    "{ .a = `fr\u{2038}",
    "{ .a = \"front\"\u{2038}",
    "{ .a = \"front\" \u{2038}",
    "{ .a = 5\u{2038}",
    "{ .a = 5 \u{2038}",
    "{ .a = .b\u{2038}",
    "{ .a = span.b\u{2038}",
    "{ status = \u{2038}",
    "{ status = e\u{2038}",
    "{ span:status != \u{2038}",
    "{ kind = \u{2038}",
    "{ kind = server \u{2038}",
    "{ name = \"\u{2038}",
    "{ resource.service.name = \"\u{2038}",
    "{ duration > \u{2038}",
    "{ 5 = \u{2038}",
    "{ .a = 1 && \u{2038}",
    "{ .a = 1 && sp\u{2038}",
    "{ !\u{2038}",
    "{ (\u{2038}",
    "{ (.a = 1 \u{2038}",
    "{ (.a = 1) \u{2038}",
    "{ .a + \u{2038}",
    "{ .a } \u{2038}",
    "{ .a }\u{2038}",
    "{ .a } && \u{2038}",
    "{ .a } > \u{2038}",
    "{ .a } >> { \u{2038}",
    "{ .a } | \u{2038}",
    "{ .a } | c\u{2038}",
    "{ .a } | count\u{2038}",
    "{ .a } | count(\u{2038}",
    "{ .a } | count() \u{2038}",
    "{ .a } | count() > \u{2038}",
    "{ .a } | count() > 3 \u{2038}",
    "{ .a } | avg(\u{2038}",
    "{ .a } | avg(duration\u{2038}",
    "{ .a } | avg(duration \u{2038}",
    "{ .a } | by(\u{2038}",
    "{ .a } | select(\u{2038}",
    "{ .a } | select(.a, sp\u{2038}",
    "{ .a } | select(.a \u{2038}",
    "{ .a } | rate() \u{2038}",
    "{ .a } | rate() b\u{2038}",
    "{ .a } | rate() by (\u{2038}",
    "{ .a } | quantile_over_time(\u{2038}",
    "{ .a } | quantile_over_time(duration, \u{2038}",
    "{ .a } | compare(\u{2038}",
    "{ .a } | compare({ \u{2038}",
    "{ .a } | rate() | \u{2038}",
    "{ .a } | rate() | topk(\u{2038}",
    "({ .a } | rate()) \u{2038}",
    "({ .a } | \u{2038}",
    "{ .a } with(\u{2038}",
    "{ .a } with(sample=\u{2038}",
];

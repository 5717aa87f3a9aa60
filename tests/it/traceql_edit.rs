//! What the search box does with a query's text: conditions put in and taken out, and what may stand at the cursor.

use spanwise::traceql::edit::{has, narrowed, without};
use spanwise::traceql::{parse, read};

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

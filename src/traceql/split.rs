//! What a person types into the one box: words to be found, a query, or words before a query.

/// The functions that a query may begin with.
const STAGES: [&str; 16] = [
    "count",
    "avg",
    "max",
    "min",
    "sum",
    "by",
    "select",
    "rate",
    "count_over_time",
    "min_over_time",
    "max_over_time",
    "avg_over_time",
    "sum_over_time",
    "quantile_over_time",
    "histogram_over_time",
    "compare",
];

/// The words before a query, and the query; either may be empty.
///
/// A query begins with a brace that begins a word, with a parenthesis, or with a stage such as `count() > 2`. What comes before a brace
/// is words; a path such as `/users/{id}` is a word.
pub fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let begins_with_stage = || text.split_once('(').is_some_and(|(name, _)| STAGES.contains(&name.trim_end()));
    if text.starts_with('(') || begins_with_stage() {
        return ("", text);
    }
    let begins = |at: usize| text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace));
    let at = text.match_indices('{').map(|(at, _)| at).find(|&at| begins(at));
    match at.and_then(|at| text.split_at_checked(at)) {
        Some((words, query)) => (words.trim_end(), query),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_and_queries_are_told_apart() {
        for (text, words, query) in [
            ("", "", ""),
            ("  cart  GET ", "cart  GET", ""),
            ("{ status = error }", "", "{ status = error }"),
            (" cart {status=error} | count() > 2 ", "cart", "{status=error} | count() > 2"),
            ("GET /users/{id}", "GET /users/{id}", ""),
            ("/users/{id} { }", "/users/{id}", "{ }"),
            ("({ } | count() > 1) && { }", "", "({ } | count() > 1) && { }"),
            ("count() > 2", "", "count() > 2"),
            ("counter(x)", "counter(x)", ""),
            ("{", "", "{"),
        ] {
            assert_eq!(split(text), (words, query), "{text:?}");
        }
    }
}

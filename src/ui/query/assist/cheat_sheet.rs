//! TraceQL in brief: examples that can be taken, and what there is to write.

use leptos::prelude::*;

use super::kept::{choice, part};

/// What it means, and how it is written.
const EXAMPLES: [(&str, &str); 11] = [
    ("Spans that failed", "{ status = error }"),
    ("Slow calls of a service", "{ resource.service.name = \"frontend\" && duration > 200ms }"),
    ("By an attribute", "{ span.http.response.status_code >= 500 }"),
    ("Text by a pattern, whole values", "{ name =~ \"GET .*\" }"),
    ("A server that called something slow", "{ kind = server } >> { kind = client && duration > 100ms }"),
    ("Both somewhere in one trace", "{ status = error } && { span.db.system = \"postgresql\" }"),
    ("Many of them in one trace", "{ kind = client } | count() > 20"),
    ("Services that are slow on average", "{ } | by(resource.service.name) | avg(duration) > 50ms"),
    ("Rate by service, as a chart", "{ } | rate() by (resource.service.name)"),
    ("Percentiles, as a chart", "{ kind = server } | quantile_over_time(duration, 0.5, 0.95, 0.99)"),
    ("How failing spans differ", "{ } | compare({ status = error })"),
];

/// Kinds of things to write, and the words.
const WORDS: [(&str, &str); 9] = [
    ("Attributes", ".key  span.key  resource.key  event.key  link.key  instrumentation.key"),
    ("Of a span", "name  duration  status  kind  statusMessage  span:id  span:parentID  span:childCount"),
    ("Of its trace", "trace:duration  trace:rootName  trace:rootService  trace:id"),
    ("Compare", "=  !=  <  <=  >  >=  =~  !~"),
    ("Combine", "&&  ||  !  + - * / % ^"),
    ("Between { }", "&&  ||  > child  >> descendant  < parent  << ancestor  ~ sibling  !>  &>"),
    ("Values", "\"text\"  12  1.5  true  nil  300ms  1h30m  error ok unset  server client internal"),
    ("Stages", "| count() > 2  | avg(duration) > 1s  | by(name)  | select(span.key)  | coalesce()"),
    ("Charts", "| rate()  | count_over_time()  | avg_over_time(duration)  | histogram_over_time(duration)  | topk(5)"),
];

/// The sheet.
pub(super) fn cheat_sheet(choose: Callback<String>) -> AnyView {
    let examples =
        EXAMPLES.map(|(means, text)| view! { <li class="query__row">{choice(means, text, choose)}</li> }).collect_view();
    let words = WORDS
        .map(|(kind, words)| {
            view! {
                <div class="query__words">
                    <dt>{kind}</dt>
                    <dd>
                        <code>{words}</code>
                    </dd>
                </div>
            }
        })
        .collect_view();
    view! {
        {part("Examples", examples.into_any())}
        <section class="query__part">
            <h2 class="query__heading">"TraceQL in brief"</h2>
            <dl>{words}</dl>
            <p class="query__hint">
                "Words without braces are looked for in names, services, values and trace ids; they may stand before a query. Ctrl Space proposes what may come next."
            </p>
        </section>
    }
    .into_any()
}

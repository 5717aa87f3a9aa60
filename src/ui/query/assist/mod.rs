//! What helps with writing a query: its colors, what may come next, what is wrong with it, and the queries that were kept.

mod cheat_sheet;
mod kept;
mod paint;
mod proposals;

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::ui::reactive::show;
use crate::ui::state::AppState;

use super::QueryBox;

/// All of it, to stand beside the field; queries that were kept, where `keeps`.
#[inline(never)]
pub fn assist(app: AppState, query: QueryBox, keeps: bool) -> AnyView {
    query.painted.set(true);
    query.keys.set_value(Some(Callback::new(move |event: KeyboardEvent| proposals::act(app, query, &event))));
    on_cleanup(move || {
        // What goes with the page may be gone before it.
        _ = query.painted.try_set(false);
        _ = query.keys.try_update_value(|keys| *keys = None);
    });
    view! {
        {paint::paint(query)}
        {show(move || below(app, query))}
        {keeps.then(|| kept::kept(app, query))}
    }
    .into_any()
}

/// What hangs below the field: what is wrong, and what may come next.
fn below(app: AppState, query: QueryBox) -> Option<AnyView> {
    let trouble = query.view.with(|view| view.trouble.clone()).filter(|_| query.focused.get() || !query.is_empty());
    let is_open = query.is_open();
    if trouble.is_none() && !is_open {
        return None;
    }
    let trouble = trouble.map(|trouble| {
        let expected = (!trouble.expected.is_empty()).then(|| {
            let words = format!("Expected: {}", trouble.expected.join(", "));
            view! { <span class="query__expected">{words}</span> }
        });
        view! {
            <p class="query__trouble" role="status" data-testid="query-trouble">
                <span class="query__place">{format!("{}:{}", trouble.line, trouble.column)}</span>
                <span>{trouble.message}</span>
                {expected}
            </p>
        }
    });
    Some(
        view! {
            <div class="query__below">
                {is_open.then(|| proposals::list(app, query))}
                {trouble}
            </div>
        }
        .into_any(),
    )
}

impl QueryBox {
    fn is_empty(self) -> bool {
        self.view.with(|view| view.text.trim().is_empty())
    }
}

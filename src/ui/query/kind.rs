//! What the text is by which the page is filtered: what stands beside the box goes by it.

use leptos::prelude::*;

use super::QueryBox;
use crate::protocol::QueryKind;
use crate::ui::reactive::effect;
use crate::ui::state::AppState;

thread_local! {
    /// The text that was judged last, and what it is; beside the page's state, and longer than any view, so that the way back to the list
    /// finds it as it was.
    static JUDGED: ArcRwSignal<(String, QueryKind)> = ArcRwSignal::new((String::new(), QueryKind::Words));
}

fn judged() -> ArcRwSignal<(String, QueryKind)> {
    JUDGED.with(Clone::clone)
}

/// Goes by what the engine says of the box's texts.
pub fn follow(query: QueryBox) {
    let judged = judged();
    effect(move |_| {
        let now = query.view.with(|view| view.trouble.is_none().then(|| (view.text.clone(), view.kind)));
        if let Some(now) = now.filter(|now| judged.with_untracked(|judged| judged != now)) {
            judged.set(now);
        }
    });
}

/// What the filter is; `None` until it is known.
pub fn kind_of_filter(app: AppState) -> Memo<Option<QueryKind>> {
    let judged = judged();
    Memo::new(move |_| {
        let filter = app.route.with(|route| route.selection.filter.clone());
        judged.with(|(text, kind)| (*text == filter).then_some(*kind))
    })
}

/// Whether the filter is a metrics query; until that is known, whether the last one was.
pub fn is_metrics(app: AppState) -> Memo<bool> {
    let kind = kind_of_filter(app);
    Memo::new(move |before: Option<&bool>| match kind.get() {
        Some(kind) => kind == QueryKind::Metrics,
        None => before.copied().unwrap_or(false),
    })
}

//! The text of the box in colors, over a field whose own text is transparent.

use leptos::prelude::*;
use web_sys::HtmlInputElement;

use crate::base::text::common_prefix;
use crate::browser::event::{Listener, Passive};
use crate::browser::frame;
use crate::protocol::{QueryView, TokenClass};
use crate::ui::query::QueryBox;
use crate::ui::reactive::{effect, show};

/// The text.
pub(super) fn paint(query: QueryBox) -> AnyView {
    let text = RwSignal::new(String::new());
    let left = RwSignal::new(0);
    let listeners = StoredValue::new_local(Vec::<Listener>::new());
    on_cleanup(move || listeners.set_value(Vec::new()));
    effect(move |_| {
        // A text that came from elsewhere was put into the field without an event.
        query.view.track();
        let Some(input) = query.input.get() else {
            return;
        };
        let look = move || {
            if let Some(input) = query.input.try_get_untracked().flatten() {
                take_text(&input, text);
                if left.try_get_untracked().is_some_and(|left| left != input.scroll_left()) {
                    left.set(input.scroll_left());
                }
            }
        };
        take_text(&input, text);
        // To ask now where it is scrolled to would lay the page out in the task that makes it.
        frame::next(move |_| look());
        if listeners.with_value(Vec::is_empty) {
            let heard = ["input", "scroll", "keyup", "focus", "blur"];
            let made = heard.map(|name| Listener::new(&input, name, Passive::Yes, move |_: web_sys::Event| look()));
            listeners.set_value(made.into_iter().collect());
        }
    });
    let runs = move || text.with(|text| query.view.with(|view| runs(text, view)));
    view! {
        <div class="query__paint" class:query__paint--query=move || text.with(|text| text.contains(['{', '('])) aria-hidden="true">
            <div class="query__text" style:transform=move || format!("translateX({}px)", -left.get())>
                {show(move || {
                    runs()
                        .into_iter()
                        .map(|(class, text)| view! { <span class=class>{text}</span> })
                        .collect_view()
                })}
            </div>
        </div>
    }
    .into_any()
}

fn take_text(input: &HtmlInputElement, text: RwSignal<String>) {
    let now = input.value();
    if text.try_with_untracked(|text| *text != now).unwrap_or(false) {
        text.set(now);
    }
}

/// The parts of the text with their classes. What was typed since the engine answered has none yet.
fn runs(text: &str, view: &QueryView) -> Vec<(String, String)> {
    let known = common_prefix(text, &view.text);
    let mut runs: Vec<(String, String)> = Vec::new();
    let mut at = 0;
    let is_same = known == text.len() && text.len() == view.text.len();
    let trouble = view.trouble.as_ref().filter(|_| is_same).map(|trouble| (trouble.start as usize, trouble.end as usize));
    let is_wrong = |start: usize, end: usize| trouble.is_some_and(|(from, to)| start < to.max(from + 1) && from < end);
    let mut push = |class: &str, from: usize, to: usize| {
        if let Some(part) = text.get(from..to).filter(|part| !part.is_empty()) {
            let wrong = if is_wrong(from, to) { " query__wrong" } else { "" };
            runs.push((format!("{class}{wrong}"), part.to_owned()));
        }
    };
    for token in &view.tokens {
        let (start, end) = (token.start as usize, token.end as usize);
        if end > known || start < at {
            break;
        }
        push("query__plain", at, start);
        push(class(token.class), start, end);
        at = end;
    }
    push("query__plain", at, text.len());
    // Something is missing where the text ends.
    if trouble.is_some_and(|(from, _)| from >= text.len()) {
        runs.push(("query__plain query__wrong".to_owned(), "\u{a0}".to_owned()));
    }
    runs
}

/// The class of a token.
pub(super) const fn class(class: TokenClass) -> &'static str {
    match class {
        TokenClass::Attribute => "query__attribute",
        TokenClass::Intrinsic => "query__intrinsic",
        TokenClass::String => "query__string",
        TokenClass::Number => "query__number",
        TokenClass::Word => "query__word",
        TokenClass::Function => "query__function",
        TokenClass::Operator => "query__operator",
        TokenClass::Mark => "query__mark",
        TokenClass::Unknown => "query__plain",
    }
}

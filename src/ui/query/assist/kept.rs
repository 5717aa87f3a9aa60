//! Queries that were kept: those with a name, the last ones, and examples. They stay on the device.

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::cheat_sheet::cheat_sheet;
use crate::browser::storage;
use crate::ui::parts::{Glyph, Icon};
use crate::ui::query::QueryBox;
use crate::ui::reactive::{effect, show};
use crate::ui::state::{AppState, Manner};

/// Where the last queries are kept: a line each, the newest first.
const RECENT_KEY: &str = "spanwise-queries-recent";
/// Where the named queries are kept: a line each, name, tab, query.
const NAMED_KEY: &str = "spanwise-queries-named";
/// So many of the last queries are kept.
const RECENT_MAX: usize = 30;
/// So many named ones are.
const NAMED_MAX: usize = 200;
/// A query that stays for so long was meant.
const MEANT: std::time::Duration = std::time::Duration::from_millis(1500);

const POPOVER_ID: &str = "kept-queries";

/// The button, and what it opens.
pub(super) fn kept(app: AppState, query: QueryBox) -> AnyView {
    let recent = RwSignal::new(lines(RECENT_KEY));
    let named = RwSignal::new(lines(NAMED_KEY));
    let open = RwSignal::new(false);
    let popover = NodeRef::<html::Div>::new();
    remember(query, recent);
    let choose = move |text: String| {
        if let Some(popover) = popover.get_untracked() {
            // Throws where it is hidden already.
            let _hidden = popover.hide_popover();
        }
        query.write(app, &text, text.len());
        query.wanted.set(false);
    };
    let choose = Callback::new(choose);
    let toggled = move |_: web_sys::Event| {
        let is_open = popover.get_untracked().is_some_and(|popover| popover.matches(":popover-open").unwrap_or(false));
        open.set(is_open);
    };
    view! {
        <button
            class="button button--quiet button--icon query__button"
            type="button"
            popovertarget=POPOVER_ID
            aria-label="Kept queries and examples"
            title="Kept queries, recent ones, examples, and TraceQL in brief"
        >
            <Icon glyph=Glyph::ChevronDown />
        </button>
        <div id=POPOVER_ID class="query__kept" popover="auto" role="dialog" aria-label="Queries" node_ref=popover on:toggle=toggled>
            {show(move || {
                open.get()
                    .then(|| {
                        view! {
                            {keep(app, query, named)}
                            {named_list(named, choose)}
                            {recent_list(recent, choose)}
                            {cheat_sheet(choose)}
                        }
                    })
            })}
        </div>
    }
    .into_any()
}

/// Keeps a query that stays for a while.
fn remember(query: QueryBox, recent: RwSignal<Vec<String>>) {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(stop);
    effect(move |_| {
        let text = query.view.with(|view| (view.trouble.is_none() && !view.tokens.is_empty()).then(|| one_line(&view.text)));
        stop();
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return;
        };
        let keep = move || {
            _ = recent.try_update(|recent| {
                recent.retain(|kept| *kept != text);
                recent.insert(0, text);
                recent.truncate(RECENT_MAX);
                // Storage may be refused: then they last as long as the page.
                storage::set(RECENT_KEY, &recent.join("\n"));
            });
        };
        timer.set_value(set_timeout_with_handle(keep, MEANT).ok());
    });
}

/// The field in which the present query gets a name.
fn keep(app: AppState, query: QueryBox, named: RwSignal<Vec<String>>) -> AnyView {
    let name = RwSignal::new(String::new());
    let text = move || query.view.with(|view| one_line(&view.text));
    let save = move || {
        let (name, text) = (one_line(&name.get_untracked()), untrack(text));
        if name.is_empty() || text.is_empty() {
            return;
        }
        named.update(|named| {
            named.retain(|line| named_parts(line).0 != name);
            named.insert(0, format!("{name}\t{text}"));
            named.truncate(NAMED_MAX);
        });
        let words = if storage::set(NAMED_KEY, &named.with_untracked(|named| named.join("\n"))) {
            format!("Kept as {name}")
        } else {
            format!("Kept as {name} until the page is closed: the browser refuses to store it")
        };
        app.announce(words, Manner::Shown);
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            save();
        }
        event.stop_propagation();
    };
    (move || {
        let is_empty = text().is_empty();
        (!is_empty).then(|| {
            view! {
                <div class="query__keep">
                    <input
                        class="field query__name"
                        type="text"
                        maxlength="80"
                        autocomplete="off"
                        placeholder="Keep this query as…"
                        aria-label="Name for this query"
                        on:input=move |event| name.set(event_target_value(&event))
                        on:keydown=on_key
                    />
                    <button class="button" type="button" disabled=move || name.with(|name| name.trim().is_empty()) on:click=move |_| save()>
                        "Keep"
                    </button>
                </div>
            }
        })
    })
    .into_any()
}

fn named_list(named: RwSignal<Vec<String>>, choose: Callback<String>) -> AnyView {
    let forget = move |line: &String| {
        named.update(|named| named.retain(|kept| kept != line));
        storage::set(NAMED_KEY, &named.with_untracked(|named| named.join("\n")));
    };
    show(move || {
        let rows: Vec<_> = named.with(|named| {
            let rows = named.iter().map(|line| {
                let (name, text) = named_parts(line);
                let line = line.clone();
                view! {
                    <li class="query__row">
                        {choice(name, text, choose)}
                        <button
                            class="button button--quiet button--icon button--small"
                            type="button"
                            aria-label=format!("Forget {name}")
                            title="Forget it"
                            on:click=move |_| forget(&line)
                        >
                            <Icon glyph=Glyph::Close />
                        </button>
                    </li>
                }
            });
            rows.collect()
        });
        (!rows.is_empty()).then(|| part("Kept", rows.into_any()))
    })
}

fn recent_list(recent: RwSignal<Vec<String>>, choose: Callback<String>) -> AnyView {
    let clear = move |_| {
        recent.set(Vec::new());
        storage::remove(RECENT_KEY);
    };
    show(move || {
        let rows: Vec<_> = recent
            .with(|recent| recent.iter().map(|text| view! { <li class="query__row">{choice("", text, choose)}</li> }).collect());
        (!rows.is_empty()).then(|| {
            let clear = view! {
                <li>
                    <button class="button button--quiet button--small" type="button" on:click=clear>
                        "Forget these"
                    </button>
                </li>
            };
            part("Recent", view! { {rows} {clear} }.into_any())
        })
    })
}

/// A heading and a list.
pub(super) fn part(title: &'static str, rows: AnyView) -> AnyView {
    view! {
        <section class="query__part">
            <h2 class="query__heading">{title}</h2>
            <ul>{rows}</ul>
        </section>
    }
    .into_any()
}

/// A query to be chosen, with what it is called or means.
pub(super) fn choice(name: &str, text: &str, choose: Callback<String>) -> AnyView {
    let name = (!name.is_empty()).then(|| view! { <span class="query__called">{name.to_owned()}</span> });
    let shown = text.to_owned();
    let text = text.to_owned();
    view! {
        <button class="query__choice" type="button" on:click=move |_| choose.run(text.clone())>
            {name}
            <code class="query__code">{shown}</code>
        </button>
    }
    .into_any()
}

fn named_parts(line: &str) -> (&str, &str) {
    line.split_once('\t').unwrap_or(("", line))
}

/// What is kept is a line: a text without what would break it.
fn one_line(text: &str) -> String {
    text.split(['\n', '\r', '\t']).map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn lines(key: &str) -> Vec<String> {
    storage::get(key).map(|text| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()).unwrap_or_default()
}

//! The facets themselves: each with its values as buttons that narrow the query.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, MouseEvent};

use crate::browser::{document, frame};
use crate::link::Slot;
use crate::protocol::{
    Condition, Facet, FacetValue, FacetsRequest, FacetsView, GroupBy, KeysRequest, QueryChange, Reply, Request,
};
use crate::route::attribute_field;
use crate::scene::format;
use crate::ui::actions;
use crate::ui::canvas::slot_color;
use crate::ui::parts::{Glyph, Icon, Menu, MenuOption, ServiceDot};
use crate::ui::reactive::{after_paint, effect, show};
use crate::ui::selection_chips::group_words;
use crate::ui::state::{AppState, use_app};

use super::state::{self, FacetsState};
use super::words::{USUAL, title};

/// Values of a facet that are shown at first.
const SHOWN: usize = 8;

/// From so many on they can be narrowed by typing.
const LONG: u32 = 12;

/// Values that are asked for, at first and once somebody looks for one.
const LIMITS: (u32, u32) = (100, 2000);

/// An answer is on the screen by then.
const REFOCUS_FRAMES: u32 = 30;

/// What the list goes by.
#[derive(Clone, Copy)]
struct List {
    /// The whole page's; behind a handle, as it is large and this is passed by value everywhere.
    app: StoredValue<AppState, LocalStorage>,
    state: FacetsState,
    /// Somebody looks for a value that may not be among the first.
    deep: RwSignal<bool>,
    /// The facets that are shown whole, and what is typed to narrow each: by what they are of.
    whole: RwSignal<Vec<GroupBy>>,
    needles: RwSignal<Vec<(GroupBy, String)>>,
}

impl List {
    fn app(self) -> AppState {
        self.app.get_value()
    }
}

/// The facets, and the way to more of them.
#[inline(never)]
pub(super) fn facet_list() -> AnyView {
    let app = use_app();
    let list = List {
        app: StoredValue::new_local(app),
        state: state::state(),
        deep: RwSignal::new(false),
        whole: RwSignal::new(Vec::new()),
        needles: RwSignal::new(Vec::new()),
    };
    ask(list);
    let kinds = Memo::new(move |_| shown(list));
    let failure = move || list.state.view.with(|view| view.failure().map(|failure| failure.headline.clone()));
    view! {
        {show(move || failure().map(|words| view! { <p class="facets__note" role="alert">{words}</p> }))}
        <For each=move || kinds.get() key=Clone::clone children=move |by| facet(list, by) />
        {menu(list)}
    }
    .into_any()
}

/// Asks for what is shown, and again whenever that changes.
fn ask(list: List) {
    let app = list.app();
    let request = Memo::new(move |_| {
        let (selection, attributes) = app.route.with(|route| (route.selection.clone(), route.facets.clone()));
        let attributes = attributes.unwrap_or_else(|| USUAL.map(str::to_owned).to_vec());
        FacetsRequest { selection, attributes, limit: if list.deep.get() { LIMITS.1 } else { LIMITS.0 } }
    });
    effect(move |_| {
        let request = request.get();
        // Another data set of the same number is another one all the same.
        app.dataset.track();
        if app.epoch() == 0 {
            return;
        }
        let focused = focused_name();
        app.ask_into(Slot::Facets, Request::Facets(Box::new(request)), list.state.view, |reply| match reply {
            Reply::Facets(view) => Some(view),
            _ => None,
        });
        // Values change their places by how many spans have them, and what is moved loses the keyboard.
        if let Some(name) = focused {
            refocus(name, REFOCUS_FRAMES);
        }
    });
}

/// The button that the keyboard is at, by its facet and value.
fn focused_name() -> Option<String> {
    let active = document()?.active_element()?;
    active.closest(".facets").ok().flatten()?;
    active.get_attribute("data-value")
}

/// Gives the keyboard back to a button that lost it, once the answer is on the screen.
fn refocus(name: String, frames: u32) {
    frame::next(move |_| {
        let Some(document) = document() else {
            return;
        };
        let is_lost = document.active_element().is_none_or(|element| element.tag_name().eq_ignore_ascii_case("body"));
        if is_lost && let Ok(buttons) = document.query_selector_all(".facet__choose, .facet__exclude") {
            let buttons = (0..buttons.length()).filter_map(|at| buttons.item(at)?.dyn_into::<HtmlElement>().ok());
            if let Some(button) = buttons.into_iter().find(|button| button.get_attribute("data-value").as_ref() == Some(&name)) {
                // It is on the page, so it can be focused.
                _ = button.focus();
            }
        }
        if let Some(frames) = frames.checked_sub(1) {
            refocus(name, frames);
        }
    });
}

/// Which facets are shown: of the usual attributes those that any span has.
fn shown(list: List) -> Vec<GroupBy> {
    let are_chosen = list.app().route.with(|route| route.facets.is_some());
    list.state.view.with(|view| {
        let facets = view.latest().map(|view| view.facets.as_slice()).unwrap_or_default();
        let is_shown = |facet: &&Facet| are_chosen || facet.count > 0 || !matches!(facet.by, GroupBy::Attribute(_));
        facets.iter().filter(is_shown).map(|facet| facet.by.clone()).collect()
    })
}

/// What of the attributes is shown, as the address has it.
fn attributes(list: List) -> Vec<String> {
    let text = |by: GroupBy| match by {
        GroupBy::Attribute(text) => Some(text),
        _ => None,
    };
    untrack(|| shown(list).into_iter().filter_map(text).collect())
}

fn set_attributes(list: List, change: impl FnOnce(&mut Vec<String>)) {
    let mut attributes = attributes(list);
    change(&mut attributes);
    list.app().route.update(|route| route.facets = Some(attributes));
}

/// What a facet is called in the storage, and its part of the page's names.
fn name_of(by: &GroupBy) -> String {
    match by {
        GroupBy::Attribute(text) => text.clone(),
        by => title(by).to_lowercase(),
    }
}

fn facet(list: List, by: GroupBy) -> AnyView {
    let own = by.clone();
    let facet: Memo<Option<Arc<Facet>>> = Memo::new(move |_| {
        list.state.view.with(|view| {
            let view: &Arc<FacetsView> = view.latest()?;
            view.facets.iter().find(|facet| facet.by == own).cloned().map(Arc::new)
        })
    });
    let (name, words) = (name_of(&by), title(&by).to_owned());
    let own = name.clone();
    let is_folded = Memo::new(move |_| list.state.folded.with(|folded| folded.contains(&own)));
    let count = move || facet.with(|facet| facet.as_ref().map_or(0, |facet| facet.count));
    let glyph = move || if is_folded.get() { Glyph::ChevronRight } else { Glyph::ChevronDown };
    let remove = match &by {
        GroupBy::Attribute(text) => {
            let (text, label) = (text.clone(), format!("Remove the facet {words}"));
            let remove = move |_| set_attributes(list, |attributes| attributes.retain(|kept| *kept != text));
            Some(view! {
                <button class="facet__remove" type="button" aria-label=label.clone() title=label on:click=remove>
                    <Icon glyph=Glyph::Close />
                </button>
            })
        }
        _ => None,
    };
    let (id, fold, label) = (name.clone(), name, words.clone());
    view! {
        <section class="facet" aria-label=label data-facet=id>
            <h3 class="facet__head">
                <button
                    class="facet__fold"
                    type="button"
                    aria-expanded=move || (!is_folded.get()).to_string()
                    on:click=move |_| state::fold(&fold)
                >
                    {show(move || view! { <Icon glyph=glyph() /> })}
                    <span class="facet__title">{words}</span>
                    <span class="facet__size">{move || format::count_short(u64::from(count()))}</span>
                </button>
                {remove}
            </h3>
            {show(move || {
                let by = by.clone();
                // There are many values, all facets come at once, and often with the list.
                (!is_folded.get()).then(|| after_paint(move || values(list, &by, facet)))
            })}
        </section>
    }
    .into_any()
}

/// The values that are shown, and what else there is.
fn values(list: List, by: &GroupBy, facet: Memo<Option<Arc<Facet>>>) -> AnyView {
    let own = by.clone();
    let is_whole = Memo::new(move |_| list.whole.with(|whole| whole.contains(&own)));
    let own = by.clone();
    let needle = Memo::new(move |_| {
        list.needles
            .with(|needles| needles.iter().find(|(by, _)| *by == own).map_or_else(String::new, |(_, needle)| needle.clone()))
    });
    let matching = move || {
        let needle = needle.get().trim().to_lowercase();
        facet.with(|facet| {
            let values = facet.as_ref().map(|facet| facet.values.as_slice()).unwrap_or_default();
            let matching = values.iter().filter(|value| needle.is_empty() || words(value).to_lowercase().contains(&needle));
            matching.map(|value| value.condition.clone()).collect::<Vec<Condition>>()
        })
    };
    let matching = Memo::new(move |_| matching());
    // Ranges of durations are few, and each has its place.
    let most = if *by == GroupBy::Nothing { usize::MAX } else { SHOWN };
    // Values that were shown and that nothing selected has any more stay for once, below the others: they turn grey before they leave.
    let first = StoredValue::new(Vec::<Condition>::new());
    let drawn = Memo::new(move |_| {
        let all = matching.get();
        if is_whole.get() || all.len() <= most {
            return all;
        }
        let mut drawn = all.get(..most).unwrap_or_default().to_vec();
        let before = first.get_value();
        first.set_value(drawn.clone());
        if needle.with(String::is_empty) {
            let stay = before.into_iter().filter(|condition| all.contains(condition) && !drawn.contains(condition));
            let stay: Vec<Condition> = stay.collect();
            drawn.extend(stay);
        }
        drawn
    });
    let own = by.clone();
    let count = move || facet.with(|facet| facet.as_ref().map_or(0, |facet| facet.count));
    let is_long = Memo::new(move |_| most != usize::MAX && count() >= LONG);
    let filter = move || {
        let by = own.clone();
        let label = format!("Find a value of {}", title(&by));
        let typed = move |event| {
            let needle = event_target_value(&event);
            list.deep.set(true);
            list.needles.update(|needles| {
                needles.retain(|(known, _)| *known != by);
                needles.push((by.clone(), needle));
            });
        };
        is_long.get().then(|| {
            view! {
                <input
                    class="field facet__filter"
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="Find a value"
                    aria-label=label
                    prop:value=needle.get_untracked()
                    on:input=typed
                />
            }
        })
    };
    let key = by.clone();
    let rest = move || {
        let (known, shown, all) = (matching.with(Vec::len), drawn.with(Vec::len), count() as usize);
        let loaded = facet.with(|facet| facet.as_ref().map_or(0, |facet| facet.values.len()));
        let by = key.clone();
        let expand = move |_| {
            list.deep.set(true);
            list.whole.update(|whole| match whole.iter().position(|known| *known == by) {
                Some(at) => _ = whole.remove(at),
                None => whole.push(by.clone()),
            });
        };
        let words = match (is_whole.get(), needle.with(String::is_empty)) {
            (true, _) if known > most => Some("Fewer".to_owned()),
            // Those that were not sent are counted as well: they come when they are asked for.
            (false, true) if all > shown => Some(format!("{} more", format::count((all - shown) as u64))),
            (false, false) if known > shown => Some(format!("{} more", format::count((known - shown) as u64))),
            _ => None,
        };
        let unlisted = all.saturating_sub(loaded);
        let unlisted = (unlisted > 0 && is_whole.get()).then(|| {
            let words = format!("{} not listed: the query finds them", format::counted(unlisted as u64, "value"));
            view! { <p class="facets__note">{words}</p> }
        });
        let nothing = (known == 0).then(|| {
            let words = if all == 0 { "No span has it." } else { "No such value" };
            view! { <p class="facets__note">{words}</p> }
        });
        view! {
            {nothing}
            {unlisted}
            {words.map(|words| view! {
                <button class="facet__more" type="button" on:click=expand>
                    {words}
                </button>
            })}
        }
    };
    let by = name_of(by);
    view! {
        {show(filter)}
        <ul class="facet__values">
            <For each=move || drawn.get() key=Clone::clone children=move |condition| value(list, &by, facet, condition) />
        </ul>
        {show(rest)}
    }
    .into_any()
}

/// A value as it is read in full.
fn words(value: &FacetValue) -> String {
    match &value.condition {
        Condition::Group(group) => group_words(group),
        _ if value.name.is_empty() => "(empty)".to_owned(),
        _ => value.name.clone(),
    }
}

fn value(list: List, facet_name: &str, facet: Memo<Option<Arc<Facet>>>, condition: Condition) -> AnyView {
    let own = condition.clone();
    let value: Memo<Option<FacetValue>> =
        Memo::new(move |_| facet.with(|facet| facet.as_ref()?.values.iter().find(|value| value.condition == own).cloned()));
    let Some(first) = value.get_untracked() else {
        return ().into_any();
    };
    let full = words(&first);
    let name = if first.name.is_empty() { full.clone() } else { first.name.clone() };
    let total = move || list.state.view.with(|view| view.latest().map_or(0, |view| view.spans));
    let (selected, all) = (
        move || value.with(|value| value.as_ref().map_or(0, |value| value.selected)),
        move || value.with(|value| value.as_ref().map_or(0, |value| value.all)),
    );
    let title = {
        let full = full.clone();
        move || format!("{full}\n{} of {}", format::count(selected()), format::counted(all(), "span"))
    };
    let share = move || format!("{:.4}", selected() as f64 / total().max(1) as f64);
    let is_chosen = move || value.with(|value| value.as_ref().is_some_and(|value| value.chosen));
    let dot = first.color.map(|slot| view! { <ServiceDot color=slot_color(slot) /> });
    let of_value = format!("{facet_name}={full}");
    let (choose, exclude) = (condition.clone(), condition);
    let clicked = move |event: MouseEvent| {
        let change = if event.alt_key() { QueryChange::Exclude } else { QueryChange::Toggle };
        actions::narrow(list.app(), choose.clone(), change);
    };
    let exclude_label = format!("Exclude {full}");
    view! {
        <li class="facet__value" data-none=move || (selected() == 0).then_some("")>
            <button
                class="facet__choose"
                type="button"
                aria-pressed=move || is_chosen().to_string()
                title=title
                data-value=of_value.clone()
                data-selected=move || selected().to_string()
                data-all=move || all().to_string()
                style:--share=share
                on:click=clicked
            >
                <span class="facet__box" aria-hidden="true"></span>
                {dot}
                <span class="facet__name">{name}</span>
                <span class="facet__count">{move || format::count(selected())}</span>
            </button>
            <button
                class="facet__exclude"
                type="button"
                aria-label=exclude_label.clone()
                title=format!("{exclude_label} (Alt-click)")
                data-value=format!("{of_value} exclude")
                on:click=move |_| actions::narrow(list.app(), exclude.clone(), QueryChange::Exclude)
            >
                <Icon glyph=Glyph::ZoomOut />
            </button>
        </li>
    }
    .into_any()
}

/// The way to a facet of any attribute.
fn menu(list: List) -> AnyView {
    let options = move || {
        let shown = shown(list);
        list.state.keys.with(|keys| {
            let keys = keys.latest().map(|view| view.keys.as_slice()).unwrap_or_default();
            let options = keys.iter().map(|(key, spans)| MenuOption {
                value: attribute_field(key),
                words: key.clone(),
                note: format::count_short(*spans),
            });
            options.filter(|option| !shown.contains(&GroupBy::Attribute(option.value.clone()))).collect::<Vec<_>>()
        })
    };
    view! {
        <div class="facets__more">
            <Menu
                id="facet-menu"
                label="Attribute as a facet"
                face=Signal::stored("Attribute".to_owned())
                options=Signal::derive(options)
                current=Signal::stored(None)
                on_open=Callback::new(move |()| want_keys(list))
                on_choose=Callback::new(move |text: String| {
                    set_attributes(list, |attributes| {
                        if !attributes.contains(&text) {
                            attributes.push(text);
                        }
                    });
                })
            />
        </div>
    }
    .into_any()
}

fn want_keys(list: List) {
    let request = Request::Keys(KeysRequest { trace_id: None });
    list.app().ask_into(Slot::Keys, request, list.state.keys, |reply| match reply {
        Reply::Keys(view) => Some(view),
        _ => None,
    });
}

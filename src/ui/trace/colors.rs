//! What the bars are colored by, and what the colors mean.

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{Group, GroupBy, LegendRequest, LegendView, Reply, Request};
use crate::route::TraceMode;
use crate::scene::format;
use crate::ui::canvas::slot_color;
use crate::ui::parts::{Glyph, Icon, Menu, MenuOption};
use crate::ui::reactive::{effect, show};
use crate::ui::remote::Remote;
use crate::ui::selection_chips::group_words;

use super::state::TraceState;

/// What there always is to tell spans apart by.
const COMMON: [(GroupBy, &str); 4] =
    [(GroupBy::Service, "Service"), (GroupBy::Operation, "Operation"), (GroupBy::Kind, "Kind"), (GroupBy::Status, "Status")];

/// What is grouped by, in a word or two.
pub(super) fn by_words(by: &GroupBy) -> String {
    match by {
        GroupBy::Nothing => "Nothing".to_owned(),
        GroupBy::Attribute(key) => key.clone(),
        common => COMMON.iter().find(|(known, _)| known == common).map_or_else(String::new, |(_, words)| (*words).to_owned()),
    }
}

/// All that spans of the trace can be told apart by: what they all have, then the keys of their attributes.
pub(super) fn by_options(state: TraceState) -> Vec<MenuOption<GroupBy>> {
    let common =
        COMMON.iter().map(|(by, words)| MenuOption { value: by.clone(), words: (*words).to_owned(), note: String::new() });
    common.chain(state.attribute_options(GroupBy::Attribute)).collect()
}

/// The menu.
pub(super) fn color_menu(state: TraceState) -> impl IntoView {
    let by = Memo::new(move |_| {
        state.colors().with(|colors| if colors.by == GroupBy::Nothing { GroupBy::Service } else { colors.by.clone() })
    });
    view! {
        <Menu
            id="color-menu"
            label="Color by"
            face=Signal::derive(move || format!("Color: {}", by.with(by_words)))
            options=Signal::derive(move || by_options(state))
            current=Signal::derive(move || Some(by.get()))
            on_open=Callback::new(move |()| state.want_keys())
            on_choose=Callback::new(move |by: GroupBy| {
                state.legend_open().set(true);
                // The service is what an address that says nothing means.
                let by = if by == GroupBy::Service { GroupBy::Nothing } else { by };
                state.app().route.update(|route| route.trace.colors.by = by);
            })
        />
    }
}

/// What the colors mean, unless they are the services', which the heading lists.
pub(super) fn legend(state: TraceState) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let by = state.colors().with(|colors| colors.by.clone());
        let is_drawn = state.mode().get() == TraceMode::Waterfall;
        (is_drawn && state.legend_open().get() && by != GroupBy::Nothing).then_some(by)
    });
    let entries = RwSignal::new(Remote::<LegendView>::Idle);
    effect(move |_| {
        let Some(by) = shown.get() else {
            return;
        };
        let request = Request::Legend(LegendRequest { trace_id: state.trace_id(), by });
        state.app().ask_into(Slot::Legend, request, entries, |reply| match reply {
            Reply::Legend(view) => Some(view),
            _ => None,
        });
    });
    move || {
        let by = shown.get()?;
        let title = by_words(&by);
        Some(view! {
            <section class="legend" data-testid="legend" aria-label="What the colors mean">
                <h2 class="legend__title">{title}</h2>
                <ul class="legend__entries" tabindex="0" aria-label="Colors">
                    {show(move || entries.with(|entries| entries.latest().map(|view| entries_view(view))))}
                </ul>
                <button
                    class="button button--quiet button--icon"
                    type="button"
                    aria-label="Close the legend"
                    title="Close the legend"
                    on:click=move |_| state.legend_open().set(false)
                >
                    <Icon glyph=Glyph::Close/>
                </button>
            </section>
        })
    }
}

fn entries_view(view: &LegendView) -> impl IntoView + use<> {
    let entries: Vec<_> = view
        .entries
        .iter()
        .map(|(group, slot, spans)| {
            let words = match group {
                // The key is the legend's title.
                Group::Attribute { value: Some(value), .. } if value.is_empty() => "(empty)".to_owned(),
                Group::Attribute { value: Some(value), .. } => value.clone(),
                group => group_words(group),
            };
            let title = words.clone();
            view! {
                <li class="legend__entry" title=title>
                    <span class="legend__swatch" style:--swatch=slot_color(*slot) aria-hidden="true"></span>
                    <span class="legend__words">{words}</span>
                    <span class="legend__count">{format::count_short(u64::from(*spans))}</span>
                </li>
            }
        })
        .collect();
    let more = u64::from(view.count).saturating_sub(view.entries.len() as u64);
    let more = (more > 0).then(|| {
        view! { <li class="legend__more">{format!("{} more in the same colors", format::count(more))}</li> }
    });
    view! {
        {entries}
        {more}
    }
}

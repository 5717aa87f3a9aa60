//! The help sheet: all keys.

use leptos::prelude::*;

use super::actions;
use super::commands::{GROUPS, Group};
use super::parts::SheetFrame;
use super::state::{Sheet, use_app};

/// The sheet.
#[component]
pub fn HelpSheet() -> impl IntoView {
    let app = use_app();
    let open = Memo::new(move |_| app.sheet.get() == Some(Sheet::Help));
    view! {
        <SheetFrame open title="Keys" on_close=move |()| actions::close_sheet_of(app, Sheet::Help)>
            <div class="help">{GROUPS.iter().filter(|group| group.entries.iter().any(|entry| !entry.keys.is_empty())).map(group).collect_view()}</div>
            <p class="help__note">
                "On the waterfall, the wheel with Ctrl zooms and with Shift pans. "
                "Everything works without a mouse, and nothing that you open leaves this browser."
            </p>
        </SheetFrame>
    }
    .into_any()
}

fn group(group: &Group) -> impl IntoView + use<> {
    let rows = group.entries.iter().filter(|entry| !entry.keys.is_empty()).map(|entry| {
        let caps = entry.keys.iter().map(|key| view! { <kbd class="help__key">{*key}</kbd> }).collect_view();
        view! {
            <div class="help__row">
                <dt class="help__keys">{caps}</dt>
                <dd>{entry.words}</dd>
            </div>
        }
    });
    view! {
        <section>
            <h3 class="help__title">{group.title}</h3>
            <dl class="help__list">{rows.collect_view()}</dl>
        </section>
    }
}

//! The help sheet: all keys.

use leptos::prelude::*;

use super::actions;
use super::keys::{KEY_GROUPS, KeyGroup};
use super::parts::SheetFrame;
use super::state::{Sheet, use_app};

/// The sheet.
#[component]
pub fn HelpSheet() -> impl IntoView {
    let app = use_app();
    let open = Memo::new(move |_| app.sheet.get() == Some(Sheet::Help));
    view! {
        <SheetFrame open title="Keys" on_close=move |()| actions::close_sheet_of(app, Sheet::Help)>
            <div class="help">{KEY_GROUPS.iter().map(group).collect_view()}</div>
            <p class="help__note">
                "On the waterfall, the wheel with Ctrl zooms and with Shift pans. "
                "Everything works without a mouse, and nothing that you open leaves this browser."
            </p>
        </SheetFrame>
    }
    .into_any()
}

fn group(group: &KeyGroup) -> impl IntoView + use<> {
    let rows = group.keys.iter().map(|(keys, what)| {
        let caps = keys.iter().map(|key| view! { <kbd class="help__key">{*key}</kbd> }).collect_view();
        view! {
            <div class="help__row">
                <dt class="help__keys">{caps}</dt>
                <dd>{*what}</dd>
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

//! What can be done to a column that was added, as a small menu in its head.

use leptos::html;
use leptos::prelude::*;
use web_sys::{Event, HtmlElement, KeyboardEvent};

use crate::route::field_words;
use crate::ui::parts::menu::place;
use crate::ui::parts::{Glyph, Icon};

/// What is done to a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadAct {
    /// It changes places with the one before it.
    Left,
    /// It changes places with the one behind it.
    Right,
    /// It goes.
    Remove,
}

impl HeadAct {
    /// Does it to the column at that place. Whether it is gone.
    pub fn apply<T>(self, columns: &mut Vec<T>, at: usize) -> bool {
        match self {
            Self::Left if 0 < at && at < columns.len() => columns.swap(at - 1, at),
            Self::Right if at + 1 < columns.len() => columns.swap(at, at + 1),
            Self::Remove if at < columns.len() => {
                columns.remove(at);
                return true;
            }
            Self::Left | Self::Right | Self::Remove => {}
        }
        false
    }
}

/// The menu of the column that a text names.
pub fn head_menu(text: &str, on_act: impl Fn(HeadAct) + Send + Sync + 'static) -> AnyView {
    let on_act = Callback::new(on_act);
    let words = field_words(text).to_owned();
    let id = format!("head-menu-{}", text.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    let button = NodeRef::<html::Button>::new();
    let list = NodeRef::<html::Div>::new();
    let toggled = move |_: Event| {
        if let (Some(list), Some(button)) = (list.get_untracked(), button.get_untracked())
            && list.matches(":popover-open").unwrap_or(false)
        {
            place(&list, &button);
        }
    };
    let option = move |act: HeadAct, words: String| {
        let clicked = move |_| {
            if let Some(list) = list.get_untracked() {
                let list: HtmlElement = list.into();
                // Throws where it is hidden already.
                let _hidden = list.hide_popover();
            }
            on_act.run(act);
        };
        view! {
            <li>
                <button class="menu__option" type="button" on:click=clicked>
                    {words}
                </button>
            </li>
        }
    };
    view! {
        <button
            class="head-menu"
            type="button"
            popovertarget=id.clone()
            aria-haspopup="dialog"
            aria-label=format!("Column {words}")
            title="Move or remove the column"
            node_ref=button
        >
            <Icon glyph=Glyph::More />
        </button>
        <div
            id=id
            class="menu"
            popover="auto"
            role="dialog"
            aria-label=format!("Column {words}")
            tabindex="-1"
            node_ref=list
            on:toggle=toggled
            on:keydown=move |event: KeyboardEvent| event.stop_propagation()
        >
            <ul class="menu__list">
                {option(HeadAct::Left, "Move left".to_owned())}
                {option(HeadAct::Right, "Move right".to_owned())}
                {option(HeadAct::Remove, format!("Remove the column {words}"))}
            </ul>
        </div>
    }
    .into_any()
}

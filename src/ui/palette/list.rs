//! The palette's box and list: a combobox whose list is always open (ARIA Authoring Practices, "Combobox with List Autocomplete").

use std::time::Duration;

use leptos::html;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use web_sys::{ClipboardEvent, KeyboardEvent};

use crate::browser::{clipboard, document, frame};
use crate::link::Slot;
use crate::protocol::{Answer, Reply, Request, Selection, SortColumn, TraceRow, TracesRequest};
use crate::route::reference;
use crate::ui::actions;
use crate::ui::reactive::{effect, show};
use crate::ui::state::{AppState, Sheet};

use super::items::{self, Act, Item, Section};

/// Names the list for the box.
const LIST_ID: &str = "palette-list";
/// Traces that are listed for what is typed.
const TRACES: u32 = 8;
/// Typing rests for this long before the engine is asked.
const REST: Duration = Duration::from_millis(80);
/// Entries that a page of the list is.
const PAGE: usize = 8;

/// What it goes by.
#[derive(Clone, Copy)]
struct Palette {
    app: StoredValue<AppState, LocalStorage>,
    typed: RwSignal<String>,
    /// What the engine found for it.
    traces: RwSignal<Vec<TraceRow>>,
    sections: Memo<Vec<Section>>,
    /// Which entry Enter means, counted over all sections.
    active: RwSignal<usize>,
    timer: StoredValue<Option<TimeoutHandle>, LocalStorage>,
    /// Where the pointer was last seen.
    pointer: StoredValue<Option<(i32, i32)>>,
}

/// The box and the list.
#[inline(never)]
pub(super) fn palette(app: AppState) -> AnyView {
    let typed = RwSignal::new(String::new());
    let traces = RwSignal::new(Vec::new());
    let handle = StoredValue::new_local(app);
    let palette = Palette {
        app: handle,
        typed,
        traces,
        sections: Memo::new(move |_| traces.with(|traces| items::sections(handle.get_value(), &typed.get(), traces))),
        active: RwSignal::new(0),
        timer: StoredValue::new_local(None),
        pointer: StoredValue::new(None),
    };
    let input = NodeRef::<html::Input>::new();
    effect(move |again| {
        if let Some(input) = input.get().filter(|_| !again) {
            // It is on the page, so it can be focused.
            _ = input.focus();
        }
    });
    effect(move |_| {
        let at = palette.active.get();
        palette.sections.track();
        frame::next(move |_| reveal(at));
    });
    on_cleanup(move || palette.stop());
    let active_id = move || palette.active_item().map(|_| id_of(palette.active.get()));
    let none = move || palette.sections.with(Vec::is_empty);
    view! {
        <div class="palette">
            <input
                class="palette__box"
                type="text"
                role="combobox"
                aria-label="A command, a trace, a service, an id"
                aria-expanded="true"
                aria-autocomplete="list"
                aria-controls=LIST_ID
                aria-activedescendant=active_id
                autofocus="autofocus"
                autocomplete="off"
                spellcheck="false"
                placeholder="A command, a trace, a service, an id or a header"
                node_ref=input
                prop:value=move || typed.get()
                on:input=move |event| palette.type_in(event_target_value(&event))
                on:keydown=move |event| palette.pressed(&event)
                on:paste=move |event| palette.pasted(&event)
            />
            <div id=LIST_ID class="palette__list" role="listbox" aria-label="What fits">
                {show(move || palette.sections.with(|sections| listed(palette, sections)))}
            </div>
            <p class="palette__none" role="status">{move || none().then_some("Nothing of that name here and now.")}</p>
        </div>
    }
    .into_any()
}

fn id_of(at: usize) -> String {
    format!("palette-{at}")
}

/// Scrolls the entry into the list.
fn reveal(at: usize) {
    let Some(entry) = document().and_then(|document| document.get_element_by_id(&id_of(at))) else {
        return;
    };
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    entry.scroll_into_view_with_scroll_into_view_options(&options);
}

fn listed(palette: Palette, sections: &[Section]) -> Vec<AnyView> {
    let mut at = 0;
    let section = |section: &Section| {
        let entries: Vec<AnyView> = section
            .items
            .iter()
            .map(|item| {
                at += 1;
                entry(palette, at - 1, item)
            })
            .collect();
        view! {
            <div role="group" aria-label=section.title>
                <p class="palette__title" aria-hidden="true">{section.title}</p>
                {entries}
            </div>
        }
        .into_any()
    };
    sections.iter().map(section).collect()
}

fn entry(palette: Palette, at: usize, item: &Item) -> AnyView {
    let caps = item.keys.iter().map(|key| view! { <kbd class="help__key">{*key}</kbd> }).collect_view();
    let note = (!item.note.is_empty()).then(|| view! { <span class="palette__note">{item.note.clone()}</span> });
    let act = item.act.clone();
    view! {
        <div
            id=id_of(at)
            class="palette__entry"
            role="option"
            aria-selected=move || if palette.active.get() == at { "true" } else { "false" }
            on:mousemove=move |event| palette.pointed(at, (event.client_x(), event.client_y()))
            on:click=move |_| palette.choose(act.clone())
        >
            <span class="palette__words">{item.words.clone()}</span>
            {note}
            <span class="palette__keys">{caps}</span>
        </div>
    }
    .into_any()
}

impl Palette {
    fn app(self) -> AppState {
        self.app.get_value()
    }

    fn stop(self) {
        self.timer.try_update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
    }

    fn type_in(self, typed: String) {
        self.active.set(0);
        self.typed.set(typed);
        self.stop();
        let later = set_timeout_with_handle(move || self.ask(), REST).ok();
        self.timer.set_value(later);
    }

    /// Asks for traces that what is typed may name: by service, name or id.
    fn ask(self) {
        let Some(filter) = self.typed.try_get_untracked().map(|typed| typed.trim().to_owned()) else {
            return;
        };
        if filter.is_empty() || self.app().dataset.with_untracked(Option::is_none) {
            return self.traces.set(Vec::new());
        }
        let asked = filter.clone();
        let request = TracesRequest {
            selection: Selection { filter, brushes: Vec::new() },
            sort: SortColumn::Start,
            descending: true,
            offset: 0,
            limit: TRACES,
            columns: Vec::new(),
        };
        self.app().ask(Slot::Other, Request::Traces(request), move |answer| {
            // The palette may be gone, or something else be typed by now.
            let is_awaited = self.typed.try_get_untracked().is_some_and(|typed| typed.trim() == asked);
            if let (Answer::Reply(Reply::Traces(view)), true) = (answer, is_awaited) {
                self.traces.set(view.rows);
            }
        });
    }

    fn count(self) -> usize {
        self.sections.with_untracked(|sections| sections.iter().map(|section| section.items.len()).sum())
    }

    fn go(self, to: usize) {
        if self.active.get_untracked() != to {
            self.active.set(to);
        }
    }

    /// Where the list comes or moves under a pointer that rests, the keyboard counts.
    fn pointed(self, to: usize, at: (i32, i32)) {
        let before = self.pointer.try_update_value(|pointer| pointer.replace(at)).flatten();
        if before.is_some_and(|before| before != at) {
            self.go(to);
        }
    }

    /// The entry that Enter means; reactive.
    fn active_item(self) -> Option<Item> {
        let at = self.active.get();
        self.sections.with(|sections| sections.iter().flat_map(|section| &section.items).nth(at).cloned())
    }

    fn pressed(self, event: &KeyboardEvent) {
        let last = self.count().saturating_sub(1);
        let at = self.active.get_untracked().min(last);
        let to = match event.key().as_str() {
            "ArrowDown" if at == last => 0,
            "ArrowDown" => at.saturating_add(1),
            "ArrowUp" if at == 0 => last,
            "ArrowUp" => at.saturating_sub(1),
            "PageDown" => at.saturating_add(PAGE).min(last),
            "PageUp" => at.saturating_sub(PAGE),
            "Enter" => {
                event.prevent_default();
                if let Some(item) = untrack(|| self.active_item()) {
                    self.choose(item.act);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        self.go(to);
    }

    /// A header of several lines is pasted as one line that says the same; the box would join its lines.
    fn pasted(self, event: &ClipboardEvent) {
        let (_, text) = clipboard::pasted(event);
        if let Some(named) = text.filter(|text| text.trim().contains('\n')).and_then(|text| reference(&text)) {
            event.prevent_default();
            let ids = [("trace_id", named.trace_id), ("span_id", named.span_id)];
            let words = ids.into_iter().filter_map(|(name, id)| id.map(|id| format!("{name}={id}")));
            self.type_in(words.collect::<Vec<_>>().join(" "));
        }
    }

    /// Takes the palette away, then does it: what it shows or focuses comes after the focus is back.
    fn choose(self, act: Act) {
        let app = self.app();
        actions::close_sheet_of(app, Sheet::Palette);
        frame::next(move |_| items::act(app, act));
    }
}

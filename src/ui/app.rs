//! The frame around the views, and what ties the state to the browser: address, title, theme, keys.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::tachys::dom::body;
use wasm_bindgen::JsCast as _;
use web_sys::{Event, HtmlElement, KeyboardEvent};

use crate::browser::engine_port::{EnginePort, PortEvent, Program};
use crate::browser::event::{Listener, Passive};
use crate::browser::files::Picked;
use crate::browser::{document, frame, location, marks, standalone, theme, window};
use crate::protocol::{Failure, FailureCode, OpenMode};
use crate::route::{HistoryStep, Note, Route, View};
use crate::ui::reactive::effect;

use super::actions;
use super::acts::Acts;
use super::commands::{self, Command};
use super::drop_overlay::DropOverlay;
use super::export::ExportSheet;
use super::facets;
use super::failure_panel::FailurePanel;
use super::file_inputs::FileInputs;
use super::flame::FlamePage;
use super::help::HelpSheet;
use super::import_strip::ImportStrip;
use super::keys;
use super::latency::LatencyPage;
use super::later;
use super::map::MapPage;
use super::notes;
use super::notices::Notices;
use super::open_sheet::OpenSheet;
use super::palette::PaletteSheet;
use super::portion::{PartStrip, PortionSheet};
use super::report::ReportPage;
use super::samples;
use super::server::OpenObservePage;
use super::start::StartPage;
use super::state::{AppState, Manner, Phase};
use super::top_bar::TopBar;
use super::trace::TracePage;
use super::traces::TracesPage;

/// The element that the page is mounted in; until then it holds a picture of the start page.
const ROOT: &str = "app";

/// A zoom or a filter is written into the address once it rests for this long: browsers refuse hundreds of writes a minute.
const SETTLE: Duration = Duration::from_millis(150);

/// Mounts the page in place of the static shell.
pub fn mount() {
    let root =
        document().and_then(|document| document.get_element_by_id(ROOT)).and_then(|root| root.dyn_into::<HtmlElement>().ok());
    let Some(root) = root else {
        return;
    };
    root.set_inner_text("");
    MOUNTED.set(Some(Box::new(mount_to(root, App))));
}

thread_local! {
    /// Kept for as long as the page lives: dropping it would take the page away.
    static MOUNTED: RefCell<Option<Box<dyn std::any::Any>>> = const { RefCell::new(None) };
}

/// The page.
#[component]
fn App() -> impl IntoView {
    let app = AppState::new(Route::parse(&location::hash()), theme::chosen(), actions::time_zone_chosen());
    provide_context(app);
    later::provide();
    facets::provide();
    notes::start();
    start_engine(app);
    mirror_phase(app);
    mirror_route(app);
    mirror_title(app);
    say_what_was_not_understood(app);
    listen_to_keys(app);
    say_that_it_is_outdated(app);
    open_what_the_address_asks_for(app);

    let main = NodeRef::<leptos::html::Main>::new();
    keep_focus(app, main);
    let skip = move |_| {
        if let Some(main) = main.get_untracked() {
            // An element of the page that is shown can be focused; if not, nothing is lost.
            _ = main.focus();
        }
    };
    view! {
        <button class="skip button" type="button" on:click=skip>
            "Skip to content"
        </button>
        <TopBar />
        <div class="app__strips">
            <ImportStrip />
            <FailurePanel />
            <PartStrip />
        </div>
        <main class="app__main" tabindex="-1" node_ref=main>
            {view_switch(app)}
        </main>
        <FileInputs />
        <OpenSheet />
        <PortionSheet />
        <ExportSheet />
        <HelpSheet />
        <Acts />
        <PaletteSheet />
        <DropOverlay />
        <Notices />
    }
    .into_any()
}

fn view_switch(app: AppState) -> impl Fn() -> AnyView {
    let has_data = Memo::new(move |_| app.dataset.with(Option::is_some));
    let view = Memo::new(move |_| app.route.with(|route| route.view));
    // The page that searches a server is the same with data and without: it stays when the first traces come in.
    let shown = Memo::new(move |_| (view.get() == View::OpenObserve || has_data.get(), view.get()));
    move || match shown.get() {
        (_, View::OpenObserve) => later::once_there(|| view! { <OpenObservePage /> }.into_any()),
        // Without data there is nothing to show but the way to it.
        (false, _) | (true, View::Start) => view! { <StartPage /> }.into_any(),
        (true, View::Traces) => view! { <TracesPage /> }.into_any(),
        (true, View::Map) => later::once_there(|| view! { <MapPage /> }.into_any()),
        (true, View::Latency) => later::once_there(|| view! { <LatencyPage /> }.into_any()),
        (true, View::Flame) => later::once_there(|| view! { <FlamePage /> }.into_any()),
        (true, View::Trace) => view! { <TracePage /> }.into_any(),
        (true, View::Report) => later::once_there(|| view! { <ReportPage /> }.into_any()),
    }
}

/// A view that goes away takes the focus with it; the next one begins where its content does.
fn keep_focus(app: AppState, main: NodeRef<leptos::html::Main>) {
    let view = Memo::new(move |_| app.route.with(|route| (route.view, route.trace.trace_id.clone())));
    effect(move |again| {
        view.track();
        // On the first view the browser's own start is right.
        if again {
            frame::next(move |_| focus_if_lost(main));
        }
    });
}

fn focus_if_lost(main: NodeRef<leptos::html::Main>) {
    let is_lost = document()
        .is_some_and(|document| document.active_element().is_none_or(|element| element.tag_name().eq_ignore_ascii_case("body")));
    if let Some(main) = main.get_untracked().filter(|_| is_lost) {
        // An element of the page that is shown can be focused; if not, nothing is lost.
        _ = main.focus();
    }
}

fn start_engine(app: AppState) {
    let port = EnginePort::start(Program::Engine, move |event| match event {
        PortEvent::Ready => {
            marks::mark(marks::INTERACTIVE);
            say_that_it_is_interactive();
        }
        PortEvent::Crashed(failure) => {
            app.import.set(None);
            actions::fail(app, failure);
        }
        PortEvent::Mismatch => {
            app.import.set(None);
            actions::fail(
                app,
                Failure {
                    code: FailureCode::Mismatch,
                    headline: "The page and its engine are of different versions.".to_owned(),
                    detail: String::new(),
                    remedy: "Reload the page without the cache (Ctrl+Shift+R, on a Mac ⌘⇧R).".to_owned(),
                },
            );
        }
    });
    app.port.set_value(Some(port));
}

/// `public/boot.js` has the rest of both programs loaded when it hears this.
fn say_that_it_is_interactive() {
    if let (Some(window), Ok(event)) = (window(), Event::new("spanwise:interactive")) {
        // An event of our own is not refused.
        let _unrefused = window.dispatch_event(&event);
    }
}

/// `document.body.dataset.state` says where the page is.
fn mirror_phase(app: AppState) {
    effect(move |_| {
        // The attribute's name is valid, so this does not throw.
        _ = body().set_attribute("data-state", app.phase().name());
    });
}

/// What is shown goes into the address; going back and forward, and editing the address, goes into what is shown.
fn mirror_route(app: AppState) {
    let resting: Rc<RefCell<Option<String>>> = Rc::default();
    let timer: Rc<Cell<Option<TimeoutHandle>>> = Rc::default();
    let settle = {
        let (resting, timer) = (Rc::clone(&resting), Rc::clone(&timer));
        move || {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            if let Some(hash) = resting.take() {
                location::replace(&hash);
            }
        }
    };

    let listener = {
        let (resting, timer) = (Rc::clone(&resting), Rc::clone(&timer));
        location::on_move(move || {
            // What was waiting to be written belongs to the place that was left.
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            resting.take();
            app.route.update(|route| *route = route.gone_to(Route::parse(&location::hash())));
        })
    };
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.set_value(None));

    Effect::new(move |before: Option<Route>| {
        let route = app.route.get();
        let hash = route.to_hash();
        let shown = location::hash();
        let step = before.as_ref().map_or(HistoryStep::Replace, |before| before.history_step(&route));
        // Nothing to write, or only another way to write the same.
        let same_place = Route::parse(&shown).to_hash() == hash;
        match (step, same_place) {
            (_, true) if shown == hash || (shown.is_empty() && route.view == View::Start) => {
                resting.take();
            }
            (_, true) => location::replace(&hash),
            (HistoryStep::Push, false) => {
                settle();
                location::push(&hash);
            }
            (HistoryStep::Replace, false) => {
                *resting.borrow_mut() = Some(hash);
                let settle = settle.clone();
                if let Some(older) = timer.replace(set_timeout_with_handle(settle, SETTLE).ok()) {
                    older.clear();
                }
            }
        }
        route
    });
}

fn mirror_title(app: AppState) {
    effect(move |_| {
        let has_data = app.dataset.with(Option::is_some);
        let title = app.title.get();
        let view = app.route.with(|route| route.view);
        let page = match view {
            View::OpenObserve => Some("OpenObserve".to_owned()),
            _ if !has_data => None,
            View::Start => None,
            View::Traces => Some("Traces".to_owned()),
            View::Map => Some("Service map".to_owned()),
            View::Latency => Some("Latency".to_owned()),
            View::Flame => Some("Flame graph".to_owned()),
            View::Trace => title.or_else(|| Some("Trace".to_owned())),
            View::Report => Some("Import report".to_owned()),
        };
        if let Some(document) = document() {
            document.set_title(&page.map_or_else(|| "Spanwise".to_owned(), |page| format!("{page} · Spanwise")));
        }
    });
}

/// An address that names what is not there leads to the nearest view, and the page says so.
fn say_what_was_not_understood(app: AppState) {
    // Said while data is still being opened, it would be overtaken by the word that it is there.
    let is_open = Memo::new(move |_| app.phase() == Phase::Ready);
    let note = Memo::new(move |_| app.route.with(|route| route.note).filter(|_| is_open.get()));
    effect(move |_| match note.get() {
        Some(Note::UnknownView) => app.announce("The address names a view that does not exist here.", Manner::Shown),
        Some(Note::NewerVersion) => {
            app.announce("The address was written by a newer Spanwise: it is followed as far as possible.", Manner::Shown);
        }
        None => {}
    });
}

fn listen_to_keys(app: AppState) {
    let listener = window().map(|window| {
        Listener::new(&window, "keydown", Passive::No, move |event: KeyboardEvent| {
            let is_done = if keys::is_for_the_palette(&event) {
                commands::run(app, Command::Palette);
                true
            } else {
                keys::is_for_the_page(&event) && commands::press(app, &event.key())
            };
            if is_done {
                event.prevent_default();
            }
        })
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.set_value(None));
}

/// `public/boot.js` says when a newer page than this has been stored for the next visit.
fn say_that_it_is_outdated(app: AppState) {
    let listener = window().map(|window| {
        Listener::new(&window, "spanwise:newer", Passive::Yes, move |_: Event| {
            app.announce("A new version of Spanwise is ready: reload the page to use it.", Manner::Shown);
        })
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.set_value(None));
}

/// What is in the page itself, if it is one file of viewer and data; else `?sample=` and `?url=`, which may be given more than once.
fn open_what_the_address_asks_for(app: AppState) {
    if let Some(file) = standalone::taken() {
        actions::open_files(app, vec![Picked { path: file.name(), file }], OpenMode::Replace);
        return;
    }
    let sample = location::params("sample").into_iter().find_map(|name| samples::find(&name));
    let addresses = location::params("url");
    match (sample, addresses.as_slice()) {
        (Some(sample), _) => actions::open_sample(app, sample, OpenMode::Replace),
        (None, []) => {}
        (None, _) => actions::open_addresses(app, &addresses, OpenMode::Replace),
    }
}

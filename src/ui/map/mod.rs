//! The page of the service map: the picture or its tables, and all about a node or an edge beside it.

mod acts;
mod export;
mod gestures;
mod histogram;
mod keys;
mod legend;
pub mod memory;
mod panel;
mod picture;
mod stage;
mod tables;
mod tools;
mod words;

use std::sync::Arc;

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{Failure, MapRequest, MapView, Reply, Request};
use crate::route::MapMeasure;
use crate::scene::map_view::{MapScene, Shape};
use crate::ui::reactive::{effect, show};

use super::state::{AppState, use_app};
use stage::Stage;

/// What the parts of the page share. `Copy`.
#[derive(Clone, Copy)]
struct MapState {
    app: StoredValue<AppState>,
    /// What is drawn: an answer, with the measures that are chosen.
    drawn: Memo<Option<Arc<Drawn>>>,
    /// The picture on the screen, while it is there.
    stage: StoredValue<Option<std::rc::Rc<Stage>>, LocalStorage>,
    /// What is sought among the nodes.
    needle: RwSignal<String>,
}

impl MapState {
    fn app(self) -> AppState {
        self.app.get_value()
    }
}

/// An answer, drawn.
#[derive(Debug)]
struct Drawn {
    view: Arc<MapView>,
    scene: MapScene,
}

/// The page.
#[component]
pub fn MapPage() -> impl IntoView {
    let app = use_app();
    ask(app);
    let state = MapState {
        app: StoredValue::new(app),
        drawn: drawn(app),
        stage: StoredValue::new_local(None),
        needle: RwSignal::new(String::new()),
    };
    keys::listen(state);
    let as_table = Memo::new(move |_| app.route.with(|route| route.map.as_table));
    // Errors are red, whatever else is the accent's.
    let ramp = move || app.route.with(|route| (route.map.color == MapMeasure::ErrorShare).then_some("errors"));
    let body = move || {
        if as_table.get() { tables::tables(state) } else { picture::picture(state) }
    };
    view! {
        <div class="map fill" data-ramp=ramp>
            {tools::tools(state)}
            <div class="map__body">
                <div class="map__main" data-busy=move || app.map.view().with(|view| view.is_loading().to_string())>
                    {body}
                    {show(move || note(app))}
                </div>
                {panel::panel(state)}
            </div>
        </div>
    }
    .into_any()
}

fn ask(app: AppState) {
    let request = Memo::new(move |_| {
        app.route.with(|route| {
            let map = &route.map;
            // Of one trace all is shown, whatever narrows the other views.
            let selection = if map.trace_id.is_some() { crate::protocol::Selection::default() } else { route.selection.clone() };
            MapRequest { selection, trace_id: map.trace_id.clone(), hidden: map.hidden.clone(), focus: map.focus.clone() }
        })
    });
    effect(move |_| {
        let request = request.get();
        if !app.has_figures() {
            return;
        }
        app.ask_into(Slot::Map, Request::Map(request), app.map.view(), |reply| match reply {
            Reply::Map(view) => Some(view),
            _ => None,
        });
    });
}

fn drawn(app: AppState) -> Memo<Option<Arc<Drawn>>> {
    let shape = Memo::new(move |_| {
        app.route.with(|route| Shape { size: words::figure(route.map.size), color: words::figure(route.map.color) })
    });
    // While another answer is on its way, the one that is there stays as it is drawn.
    let latest = Memo::new_with_compare(
        move |_| app.map.view().with(|view| view.latest().cloned()),
        |before: Option<&Option<Arc<MapView>>>, now| differ(before, now),
    );
    Memo::new_with_compare(
        move |_| {
            let view = latest.get()?;
            app.map.resets().track();
            let slots: Vec<u8> = match &view.basis {
                Some(basis) => basis.services.iter().map(|service| service.color).collect(),
                None => app.dataset.with(|dataset| {
                    let services = dataset.iter().flat_map(|dataset| &dataset.services);
                    services.map(|service| service.color).collect()
                }),
            };
            let slot_of = |service: u32| slots.get(service as usize).copied().unwrap_or_default();
            let scene = app.map.moved().with_value(|moved| MapScene::new(&view, shape.get(), moved, &slot_of));
            Some(Arc::new(Drawn { view, scene }))
        },
        |before: Option<&Option<Arc<Drawn>>>, now| differ(before, now),
    )
}

/// Whether one is not the other itself.
fn differ<T>(before: Option<&Option<Arc<T>>>, now: Option<&Option<Arc<T>>>) -> bool {
    match (before.and_then(Option::as_ref), now.and_then(Option::as_ref)) {
        (Some(before), Some(now)) => !Arc::ptr_eq(before, now),
        (before, now) => before.is_some() != now.is_some(),
    }
}

/// What is said over the picture where it does not speak for itself.
fn note(app: AppState) -> Option<AnyView> {
    app.map.view().with(|remote| {
        if let Some(failure) = remote.failure() {
            return Some(failed(failure));
        }
        let Some(view) = remote.latest() else {
            return Some(view! { <p class="map__note map__note--wait" role="status">"Drawing the map"</p> }.into_any());
        };
        let narrowed = app.route.with(|route| {
            route.map.focus.is_some() || !route.map.hidden.is_empty() || (route.map.trace_id.is_none() && !route.selection.is_all())
        });
        if view.nodes.is_empty() {
            return Some(nothing(app, narrowed));
        }
        let words = if view.edges.is_empty() {
            "No call goes from one service to another here: no span has a parent in another service, names a database, a queue or a host that it calls, or links to another service."
        } else if view.hurried {
            "The map is large: its layout was cut short, and more lines cross than would have to."
        } else {
            return None;
        };
        Some(view! { <p class="map__note map__note--low" role="status">{words}</p> }.into_any())
    })
}

fn nothing(app: AppState, narrowed: bool) -> AnyView {
    let (words, button) = if narrowed {
        let all = view! {
            <button class="button" type="button" on:click=move |_| acts::show_all(app)>
                "Show the whole map"
            </button>
        };
        ("Nothing matches: no node is left of the map.", Some(all))
    } else {
        ("There is no span here that could be drawn. The import report says what was found.", None)
    };
    view! { <div class="map__note" role="status"><p>{words}</p>{button}</div> }.into_any()
}

fn failed(failure: &Failure) -> AnyView {
    view! {
        <div class="map__note" role="alert">
            <p>{failure.headline.clone()}</p>
            <p>{failure.remedy.clone()}</p>
        </div>
    }
    .into_any()
}

//! What map and charts are figures of: the spans that are loaded, or all that a search found on a server.

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{Request, ServerBasis, ServerScope};
use crate::route::{Route, View};
use crate::scene::format;
use crate::ui::reactive::show;

use super::actions;
use super::parts::Segments;
use super::remote::Remote;
use super::server::ServerState;
use super::state::{AppState, palette_color};

/// The choice's part of the state.
#[derive(Clone, Copy)]
pub struct Basis {
    /// Figures of the server are wanted.
    pub on_server: Memo<bool>,
    /// What they are figures of.
    scope: Memo<Option<ServerScope>>,
    /// What was asked of the server last.
    pub asked: StoredValue<Asked>,
}

/// What was asked of the server last.
#[derive(Debug, Default)]
pub struct Asked {
    /// Slots whose last question went there, a bit for each.
    slots: u32,
    /// The trace that was fetched last, be it in vain.
    pub trace_id: Option<String>,
}

impl Basis {
    /// Makes the memos. Call it once, with the rest of the state.
    pub fn new(route: RwSignal<Route>, server: ServerState) -> Self {
        Self {
            on_server: Memo::new(move |_| route.with(|route| route.on_server && route.map.trace_id.is_none())),
            scope: Memo::new(move |_| server.scope()),
            asked: StoredValue::new(Asked::default()),
        }
    }

    /// Whether the last question in this slot went elsewhere than this one: what it brought is not to be taken for an answer to this one.
    pub fn is_turned(self, slot: Slot, request: &Request) -> bool {
        let (bit, now) = (1_u32 << (slot as u32 % u32::BITS), self.on_server.get_untracked());
        let mut before = now;
        if is_figures(request) {
            self.asked.update_value(|Asked { slots, .. }| {
                before = *slots & bit != 0;
                *slots = if now { *slots | bit } else { *slots & !bit };
            });
        }
        before != now
    }

    /// Where a question is to be asked, if that is on the server; not reactive.
    pub fn scope_for(self, request: &Request) -> Option<ServerScope> {
        if is_figures(request) && self.on_server.get_untracked() { self.scope.get_untracked() } else { None }
    }
}

/// Whether a question is one that a server can answer, too.
pub fn is_figures(request: &Request) -> bool {
    matches!(request, Request::Latency(_) | Request::Red(_) | Request::Map(_) | Request::MapDetail(_))
}

/// What is to be said of an answer; that it failed is said as figures that took no query.
pub fn basis_of<T>(remote: &Remote<T>, basis: impl Fn(&T) -> Option<&ServerBasis>) -> Option<ServerBasis> {
    match remote.failure() {
        Some(_) => Some(ServerBasis::default()),
        None => remote.latest().and_then(|view| basis(view).cloned()),
    }
}

impl AppState {
    /// Whether there is anything that figures could be of; reactive, and changes when what they are of does.
    pub fn has_figures(self) -> bool {
        if self.basis.on_server.get() {
            return self.basis.scope.with(Option::is_some);
        }
        self.dataset.track();
        self.epoch() != 0
    }

    /// A service's name and color; `basis` is that of the answer which names it by its position. Reactive.
    pub fn service_in(self, basis: Option<&ServerBasis>, service: u32) -> (String, &'static str) {
        match basis {
            None => (self.service_name(service), self.service_color(service)),
            Some(basis) => basis.services.get(service as usize).map_or_else(
                || (String::new(), palette_color(0)),
                |service| (service.name.clone(), palette_color(service.color)),
            ),
        }
    }
}

/// The choice, and how the figures came about; nothing where no server is in play. `basis` is that of the figures that are shown.
pub fn basis_choice(app: AppState, basis: Signal<Option<ServerBasis>>) -> AnyView {
    let in_play = Memo::new(move |_| app.basis.on_server.get() || app.basis.scope.with(Option::is_some));
    let choice = move || {
        in_play.get().then(|| {
            view! {
                <div class="basis">
                    <Segments
                        label="Figures of"
                        options=vec![(false, "Loaded spans"), (true, "Server")]
                        current=app.basis.on_server.into()
                        on_choose=Callback::new(move |on_server| app.route.update(|route| route.on_server = on_server))
                    />
                    {show(move || notes(app, basis))}
                </div>
            }
        })
    };
    choice.into_any()
}

fn notes(app: AppState, basis: Signal<Option<ServerBasis>>) -> AnyView {
    let (words, remarks) = if !app.basis.on_server.get() {
        let (traces, found) =
            app.dataset.with(|dataset| dataset.as_ref().map_or((0, 0), |dataset| (dataset.totals.traces, dataset.found)));
        let rest = if found > 0 {
            format!("; {} on the server are not counted", format::counted(found, "trace"))
        } else {
            String::new()
        };
        (format!("Of the {} loaded here{rest}.", format::counted(traces, "trace")), Vec::new())
    } else if app.basis.scope.with(Option::is_none) {
        let connect = move |_| actions::go(app, View::OpenObserve);
        return view! {
            <p class="basis__note" role="status">
                "These are figures of a server, and no search is open: "
                <button class="button" type="button" on:click=connect>"Connect and search"</button>
            </p>
        }
        .into_any();
    } else {
        match basis.get() {
            None => ("The server is counting…".to_owned(), Vec::new()),
            Some(basis) if basis.queries == 0 => ("The server could not count.".to_owned(), Vec::new()),
            Some(basis) => {
                let scanned = if basis.scanned > 0 {
                    format!(", {} read", format::counted(basis.scanned, "record"))
                } else {
                    String::new()
                };
                let queries = if basis.queries == 1 { "one query".to_owned() } else { format!("{} queries", basis.queries) };
                (format!("Counted by the server: {queries}, {} ms{scanned}.", format::count(basis.took_millis)), basis.remarks)
            }
        }
    };
    view! {
        <p class="basis__note" role="status">{words}</p>
        {remarks.into_iter().map(|remark| view! { <p class="basis__remark">{remark}</p> }).collect_view()}
    }
    .into_any()
}

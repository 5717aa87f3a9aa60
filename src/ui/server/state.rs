//! What is known of the connected server; made once, with the rest of the page's state.

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::Blob;

use crate::browser::engine_port::{EnginePort, PortEvent, Program};
use crate::link::Slot;
use crate::protocol::{
    Access, Answer, Connection, Credentials, Failure, Progress, Refusal, Request, RequestId, SearchView, ServerScope, ServerView,
};
use crate::route::ServerAddress;
use crate::ui::state::AppState;

use super::saved::{self, Saved};

/// The connection's part of the state.
#[derive(Clone, Copy)]
pub struct ServerState {
    /// All of it behind one handle: the page's state is copied into hundreds of closures.
    own: StoredValue<Own, LocalStorage>,
}

/// What there is of it.
struct Own {
    /// How far the connection is.
    connected: RwSignal<Connected>,
    /// What was sought last, and what has come of it.
    search: RwSignal<Option<Search>>,
    /// The worker that talks to servers; started when it is first needed.
    port: Option<EnginePort>,
    /// Who asks. In memory alone, unless the person wants it remembered on this device.
    credentials: Credentials,
    /// The connection that is being tried.
    trying: Option<RequestId>,
    /// The traces that the search has found: their ids as numbers, ascending.
    known: Vec<u128>,
    /// Connections that this device remembers.
    saved: RwSignal<Vec<Saved>>,
    /// Whether new traces are asked for by themselves.
    live: RwSignal<Live>,
}

/// How far a connection is.
#[derive(Clone, Debug, Default)]
pub enum Connected {
    /// There is none.
    #[default]
    No,
    /// It is being tried.
    Trying(Connection),
    /// It stands.
    Yes(Connection, Arc<ServerView>),
    /// It was tried in vain.
    Refused(Connection, Arc<Refusal>),
}

/// A search and what has come of it so far.
#[derive(Clone, Debug)]
pub struct Search {
    /// Tells one search from the next.
    pub number: u32,
    /// What the reader asked for.
    pub address: ServerAddress,
    /// What was sought; its window is the one that "the last hour" meant then.
    pub scope: ServerScope,
    /// What narrowed it.
    pub selection: crate::protocol::Selection,
    /// Traces passed over or taken so far.
    pub received: u32,
    /// Pages are asked for until so many are there.
    pub wanted: u32,
    /// Different traces among them.
    pub found: u32,
    /// The last page, less its traces; what earlier pages said beside theirs is in it too.
    pub last: SearchView,
    /// A page is under way.
    pub request: Option<RequestId>,
    /// Why it went no further.
    pub failure: Option<Failure>,
}

/// Whether new traces are asked for by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// They are.
    pub on: bool,
    /// Every so many seconds.
    pub seconds: u32,
    /// Times in a row that it failed.
    pub failures: u32,
    /// What became of it, where that is worth saying.
    pub words: String,
}

/// How often new traces are asked for at first, in seconds.
const USUAL_SECONDS: u32 = 10;

impl Default for ServerState {
    fn default() -> Self {
        let own = Own {
            connected: RwSignal::new(Connected::No),
            search: RwSignal::new(None),
            port: None,
            credentials: Credentials::default(),
            trying: None,
            known: Vec::new(),
            saved: RwSignal::new(saved::read()),
            live: RwSignal::new(Live { seconds: USUAL_SECONDS, ..Live::default() }),
        };
        Self { own: StoredValue::new_local(own) }
    }
}

impl ServerState {
    /// How far the connection is.
    pub fn connected(self) -> RwSignal<Connected> {
        self.own.with_value(|own| own.connected)
    }

    /// What was sought last, and what has come of it.
    pub fn search(self) -> RwSignal<Option<Search>> {
        self.own.with_value(|own| own.search)
    }

    /// The connected server, its organization and stream; reactive.
    pub fn connection(self) -> Option<Connection> {
        self.connected().with(|connected| match connected {
            Connected::Yes(connection, _) => Some(connection.clone()),
            Connected::No | Connected::Trying(_) | Connected::Refused(..) => None,
        })
    }

    /// Where and who, if a server is connected; not reactive.
    pub fn access(self) -> Option<Access> {
        let connection = untrack(|| self.connection())?;
        Some(Access { connection, credentials: self.credentials() })
    }

    /// Who asks; not reactive.
    pub fn credentials(self) -> Credentials {
        self.own.with_value(|own| own.credentials.clone())
    }

    /// Who asks from now on.
    pub fn set_credentials(self, credentials: Credentials) {
        self.own.update_value(|own| own.credentials = credentials);
    }

    /// The connection that is being tried.
    pub fn trying(self) -> Option<RequestId> {
        self.own.with_value(|own| own.trying)
    }

    /// Another connection is being tried.
    pub fn set_trying(self, request: RequestId) {
        self.own.update_value(|own| own.trying = Some(request));
    }

    /// Changes what is known of the traces that the search has found.
    pub fn update_known(self, change: impl FnOnce(&mut Vec<u128>)) {
        self.own.update_value(|own| change(&mut own.known));
    }

    /// Connections that this device remembers.
    pub fn saved(self) -> RwSignal<Vec<Saved>> {
        self.own.with_value(|own| own.saved)
    }

    /// Whether new traces are asked for by themselves.
    pub fn live(self) -> RwSignal<Live> {
        self.own.with_value(|own| own.live)
    }

    /// What the last search sought, for figures of the same spans; reactive.
    pub fn scope(self) -> Option<ServerScope> {
        self.search().with(|search| search.as_ref().map(|search| search.scope.clone()))
    }

    /// Asks the worker that talks to servers.
    pub fn ask(self, app: AppState, slot: Slot, request: Request, on_answer: impl FnOnce(Answer) + 'static) -> RequestId {
        self.port(app).ask(slot, request, on_answer)
    }

    /// Asks it for something that takes long, or that hands blobs over.
    pub fn ask_long(
        self,
        app: AppState,
        slot: Slot,
        request: Request,
        on_progress: impl Fn(Progress) + 'static,
        on_answer: impl FnOnce(Answer, Vec<Blob>) + 'static,
    ) -> RequestId {
        self.port(app).ask_long(slot, request, on_progress, on_answer)
    }

    /// Gives up on a question.
    pub fn cancel(self, request: RequestId) {
        if let Some(port) = self.own.with_value(|own| own.port.clone()) {
            port.cancel(request);
        }
    }

    fn port(self, app: AppState) -> EnginePort {
        if let Some(port) = self.own.with_value(|own| own.port.clone()) {
            return port;
        }
        let port = EnginePort::start(Program::Connector, move |event| {
            if let PortEvent::Crashed(failure) = event {
                // The next question starts it anew.
                app.server.own.update_value(|own| own.port = None);
                crate::ui::actions::fail(app, failure);
            }
        });
        self.own.update_value(|own| own.port = Some(port.clone()));
        port
    }
}

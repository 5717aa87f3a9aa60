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
    /// The worker that talks to servers; started when it is first needed.
    port: StoredValue<Option<EnginePort>, LocalStorage>,
    /// Who asks. In memory alone, unless the person wants it remembered on this device.
    pub credentials: StoredValue<Credentials, LocalStorage>,
    /// How far the connection is.
    pub connected: RwSignal<Connected>,
    /// The connection that is being tried.
    pub trying: StoredValue<Option<RequestId>>,
    /// Connections that this device remembers.
    pub saved: RwSignal<Vec<Saved>>,
    /// What was sought last, and what has come of it.
    pub search: RwSignal<Option<Search>>,
    /// The traces that it found, by their ids as numbers.
    pub known: StoredValue<Vec<u128>>,
    /// Whether new traces are asked for by themselves.
    pub live: RwSignal<Live>,
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
        Self {
            port: StoredValue::new_local(None),
            credentials: StoredValue::new_local(Credentials::default()),
            connected: RwSignal::new(Connected::No),
            trying: StoredValue::new(None),
            saved: RwSignal::new(saved::read()),
            search: RwSignal::new(None),
            known: StoredValue::new(Vec::new()),
            live: RwSignal::new(Live { seconds: USUAL_SECONDS, ..Live::default() }),
        }
    }
}

impl ServerState {
    /// The connected server, its organization and stream; reactive.
    pub fn connection(self) -> Option<Connection> {
        self.connected.with(|connected| match connected {
            Connected::Yes(connection, _) => Some(connection.clone()),
            Connected::No | Connected::Trying(_) | Connected::Refused(..) => None,
        })
    }

    /// Where and who, if a server is connected; not reactive.
    pub fn access(self) -> Option<Access> {
        let connection = untrack(|| self.connection())?;
        Some(Access { connection, credentials: self.credentials.get_value() })
    }

    /// What the last search sought, for figures of the same spans; reactive.
    pub fn scope(self) -> Option<ServerScope> {
        self.search.with(|search| search.as_ref().map(|search| search.scope.clone()))
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
        if let Some(port) = self.port.get_value() {
            port.cancel(request);
        }
    }

    fn port(self, app: AppState) -> EnginePort {
        if let Some(port) = self.port.get_value() {
            return port;
        }
        let port = EnginePort::start(Program::Connector, move |event| {
            if let PortEvent::Crashed(failure) = event {
                // The next question starts it anew.
                app.server.port.set_value(None);
                crate::ui::actions::fail(app, failure);
            }
        });
        self.port.set_value(Some(port.clone()));
        port
    }
}

//! Connecting, and what follows from it. A server is asked only if the reader typed its address here, or remembered it with its secret.

use std::sync::Arc;

use leptos::prelude::*;

use crate::browser::location;
use crate::link::Slot;
use crate::protocol::{
    Access, Answer, ConnectRequest, ConnectView, Connection, Credentials, FoundChange, Refusal, RefusalCause, Reply, Request,
    Selection, ServerView,
};
use crate::route::ServerAddress;
use crate::ui::state::{AppState, Manner};

use super::state::Connected;
use super::{place, saved, search};

/// The stream that a search is in where none is named and the server has it.
pub(super) const USUAL_NAME: &str = "default";

/// Tries a connection, and searches once it stands.
pub(super) fn connect(app: AppState, access: Access, remember: bool) {
    let server = app.server;
    server.connected().set(Connected::Trying(access.connection.clone()));
    let request = ConnectRequest { access: access.clone(), page_origin: location::origin() };
    let id = server.ask(app, Slot::Connect, Request::Connect(Box::new(request)), move |answer| {
        let refusal = match answer {
            Answer::Reply(Reply::Connect(view)) => match *view {
                ConnectView::Connected(view) => return stand(app, access, view, remember),
                ConnectView::Refused(refusal) => refusal,
            },
            Answer::Failed(failure) => Refusal {
                cause: RefusalCause::Other,
                headline: failure.headline,
                detail: failure.detail,
                remedy: failure.remedy,
                command: String::new(),
            },
            Answer::Cancelled | Answer::Reply(_) => return server.connected().set(Connected::No),
        };
        app.announce(refusal.headline.clone(), Manner::Quiet);
        server.connected().set(Connected::Refused(access.connection, Arc::new(refusal)));
    });
    server.set_trying(id);
}

/// Gives up on the connection that is being tried.
pub(super) fn cancel(app: AppState) {
    if let Some(id) = app.server.trying() {
        app.server.cancel(id);
    }
}

/// The connection stands: it is remembered, named in the address, and searched.
fn stand(app: AppState, mut access: Access, view: ServerView, remember: bool) {
    let server = app.server;
    if access.connection.stream.is_empty() {
        let usual = view.streams.iter().find(|stream| stream.name == USUAL_NAME).or_else(|| view.streams.first());
        access.connection.stream = usual.map_or_else(|| USUAL_NAME.to_owned(), |stream| stream.name.clone());
    }
    app.announce(format!("Connected to {}", access.connection.base), Manner::Quiet);
    let connection = access.connection.clone();
    server.set_credentials(access.credentials.clone());
    server.saved().update(|all| saved::keep(all, access, remember));
    server.connected().set(Connected::Yes(connection.clone(), Arc::new(view)));
    app.route.update(|route| route.server.connection = connection);
    search::start(app);
}

/// Looks into another stream of the connected server.
pub(super) fn change_stream(app: AppState, stream: String) {
    app.route.update(|route| route.server.connection.stream = stream);
}

/// Leaves the server: its secret goes from memory, and what it told of from the list.
pub(super) fn disconnect(app: AppState) {
    let server = app.server;
    cancel(app);
    search::cancel(app);
    server.set_credentials(Credentials::default());
    server.connected().set(Connected::No);
    server.search().set(None);
    server.live().update(|live| live.on = false);
    app.route.update(|route| {
        route.server.connection = Connection::default();
        route.on_server = false;
    });
    place::hand_on(app, FoundChange::Replace, Vec::new(), Selection::default(), Vec::new(), || {});
    app.announce("Disconnected", Manner::Shown);
}

/// What an address that was gone to asks for. True if somebody has to give a secret first.
pub(super) fn follow(app: AppState, address: &ServerAddress) -> bool {
    let server = app.server;
    if !address.is_named() {
        return false;
    }
    let is_of = |connection: &Connection| connection.base == address.connection.base && connection.org == address.connection.org;
    match server.connected().get_untracked() {
        Connected::Yes(connection, view) if is_of(&connection) => {
            if connection != address.connection {
                server.connected().set(Connected::Yes(address.connection.clone(), view));
            }
            let is_there =
                server.search().with_untracked(|search| search.as_ref().is_some_and(|search| search.address == *address));
            if !is_there {
                search::start(app);
            }
            return false;
        }
        // What is being tried was typed since.
        Connected::Trying(_) => return false,
        Connected::No | Connected::Yes(..) | Connected::Refused(..) => {}
    }
    let known = server
        .saved()
        .with_untracked(|all| all.iter().find(|saved| saved.has_secret() && saved.is_of(&address.connection)).cloned());
    let Some(known) = known else {
        return true;
    };
    connect(app, Access { connection: address.connection.clone(), credentials: known.access.credentials }, true);
    false
}

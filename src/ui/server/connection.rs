//! The connection: the fields that it takes, why it failed, or in one line what it is.

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::SubmitEvent;

use crate::browser::frame;
use crate::protocol::{Access, Connection, Credentials, Refusal, Secret, ServerView};
use crate::ui::actions;
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::{effect, show};
use crate::ui::state::{AppState, Manner};

use super::connect::{self, USUAL_NAME};
use super::fields::{self, Field, Mistake};
use super::form::{Form, SEARCH};
use super::saved::{self, Saved};
use super::state::Connected;

const BASE: &str = "server-base";
const ORG: &str = "server-org";
const STREAM: &str = "server-stream";
const USER: &str = "server-user";
const SECRET: &str = "server-secret";
const CONNECT: &str = "server-connect";
const REMEMBER: &str = "server-remember";

/// The card, or the line.
pub(super) fn view(app: AppState, form: Form) -> AnyView {
    let server = app.server;
    // The fields stay as they are while a connection is being tried or was refused.
    let stands = Memo::new(move |_| server.connected().with(|connected| matches!(connected, Connected::Yes(..))));
    let editing = RwSignal::new(false);
    effect(move |_| {
        if stands.get() {
            editing.set(false);
        }
    });
    let as_line = Memo::new(move |_| stands.get() && !editing.get());
    effect(move |again| {
        let to = if as_line.get() { SEARCH } else { BASE };
        // What had the keyboard has gone with the fields, or with the line.
        if again {
            frame::next(move |_| fields::focus_if_lost(to));
        }
    });
    (move || if as_line.get() { line(app, editing) } else { card(app, form, stands, editing) }).into_any()
}

/// What is connected.
fn line(app: AppState, editing: RwSignal<bool>) -> AnyView {
    let Connected::Yes(Connection { base, org, stream }, view) = app.server.connected().get_untracked() else {
        return ().into_any();
    };
    let ServerView { version, streams, remarks, .. } = &*view;
    let mut names: Vec<String> = streams.iter().map(|stream| stream.name.clone()).collect();
    if !names.contains(&stream) {
        names.insert(0, stream);
    }
    let options: Vec<_> = names
        .into_iter()
        .map(|name| {
            let (own, words) = (name.clone(), name.clone());
            let selected = move || app.server.connection().is_some_and(|connection| connection.stream == own);
            view! {
                <option value=name prop:selected=selected>
                    {words}
                </option>
            }
        })
        .collect();
    let user = app.server.credentials().user;
    let remarks: Vec<_> = remarks.iter().map(|remark| view! { <p class="server__remark">{remark.clone()}</p> }).collect();
    view! {
        <section class="server__line" aria-label="Connection" data-testid="connected">
            <p class="server__where">
                <span class="server__dot"></span>
                "Connected to "
                <strong>{base}</strong>
            </p>
            <p class="server__part">
                <span>{org} " /"</span>
                <label class="visually-hidden" for=STREAM>
                    "Stream"
                </label>
                <select id=STREAM class="field" on:change=move |event| connect::change_stream(app, event_target_value(&event))>
                    {options}
                </select>
            </p>
            <p class="server__part">{version.clone()}</p>
            <p class="server__part">{user}</p>
            <div class="server__ways">
                <button class="button button--quiet" type="button" on:click=move |_| editing.set(true)>
                    "Change"
                </button>
                <button class="button button--quiet" type="button" on:click=move |_| connect::disconnect(app)>
                    "Disconnect"
                </button>
            </div>
            {remarks}
        </section>
    }
    .into_any()
}

/// The fields.
fn card(app: AppState, form: Form, stands: Memo<bool>, editing: RwSignal<bool>) -> AnyView {
    let server = app.server;
    let mistake: Mistake = RwSignal::new(None);
    let mut connection = app.route.with_untracked(|route| route.server.connection.clone());
    if connection.base.is_empty() {
        connection = Connection { base: String::new(), org: USUAL_NAME.to_owned(), stream: USUAL_NAME.to_owned() };
    }
    let known = server.saved().with_untracked(|all| all.iter().find(|saved| saved.is_of(&connection)).cloned());
    let credentials = server.credentials();
    let user = if credentials.user.is_empty() {
        known.as_ref().map(|saved| saved.access.credentials.user.clone()).unwrap_or_default()
    } else {
        credentials.user
    };
    let secret = credentials.secret.0;
    if !secret.is_empty() {
        frame::next(move |_| fields::put(SECRET, &secret));
    }
    let remembered = known.is_some_and(|saved| saved.has_secret());
    let streams: RwSignal<Vec<String>> = RwSignal::new(server.connected().with_untracked(|connected| match connected {
        Connected::Yes(_, view) => view.streams.iter().map(|stream| stream.name.clone()).collect(),
        Connected::No | Connected::Trying(_) | Connected::Refused(..) => Vec::new(),
    }));
    let text = |id: &str, label, kind, value, hint, list, autocomplete| {
        fields::field(Field { id: id.to_owned(), label, kind, value, hint, list, autocomplete }, mistake)
    };
    let submitted = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some((access, remember)) = read(app) {
            form.connect(access, remember);
        }
    };
    let trying = Memo::new(move |_| server.connected().with(|connected| matches!(connected, Connected::Trying(_))));
    let cancelled = move |_| {
        connect::cancel(app);
        fields::focus(CONNECT);
    };
    let acts = move || {
        if trying.get() {
            view! {
                <button class="button" type="button" on:click=cancelled>
                    "Cancel"
                </button>
            }
            .into_any()
        } else if editing.get() && stands.get() {
            view! {
                <button class="button button--quiet" type="button" on:click=move |_| editing.set(false)>
                    "Keep as it is"
                </button>
            }
            .into_any()
        } else {
            ().into_any()
        }
    };
    let words = move || if trying.get() { "Connecting…" } else { "Connect" };
    view! {
        <section class="server__card" aria-labelledby="server-title">
            <h2 id="server-title" class="server__title">
                "Connect to OpenObserve"
            </h2>
            <form class="server__access" aria-label="Connection" on:submit=submitted>
                <div class="server__grid server__grid--access">
                    {text(BASE, "Base URL", "text", connection.base, "https://openobserve.example.com", None, "url")}
                    {text(ORG, "Organization", "text", connection.org, "", None, "")}
                    {text(STREAM, "Stream", "text", connection.stream, "", Some("server-streams"), "")}
                    {text(USER, "User", "text", user, "root@example.com", None, "username")}
                    {text(
                        SECRET,
                        "Password",
                        "password",
                        String::new(),
                        "or a service account’s token",
                        None,
                        "current-password",
                    )}
                </div>
                {fields::proposals("server-streams", streams)}
                <div class="server__acts">
                    <button id=CONNECT class="button button--primary" type="submit">
                        {words}
                    </button>
                    {acts}
                    <label class="server__tick">
                        <input id=REMEMBER type="checkbox" prop:checked=remembered />
                        "Remember on this device"
                    </label>
                    <p class="server__hint">"Without it, the password stays in memory and is gone with this tab."</p>
                </div>
                <p class="server__hint">
                    "Requests go to this address only, straight from this browser. It needs the server’s leave: its setting ZO_CORS_ALLOWED_ORIGINS names the pages that may ask."
                </p>
            </form>
            {show(move || {
                server
                    .connected()
                    .with(|connected| match connected {
                        Connected::Refused(_, refusal) => problem(app, refusal),
                        Connected::No | Connected::Trying(_) | Connected::Yes(..) => ().into_any(),
                    })
            })}
            {show(move || list(app, form))}
        </section>
    }
    .into_any()
}

/// What exactly failed, and what to do.
fn problem(app: AppState, refusal: &Arc<Refusal>) -> AnyView {
    let Refusal { cause, headline, detail, remedy, command } = Refusal::clone(refusal);
    let copied = command.clone();
    let command = (!command.is_empty()).then(|| {
        view! {
            <p class="server__hint">"From a shell, this says whether the server itself answers:"</p>
            <div class="server__command">
                <code>{command}</code>
                <button
                    class="button button--small"
                    type="button"
                    on:click=move |_| actions::copy_text(app, "Command", &copied)
                >
                    <Icon glyph=Glyph::Copy />
                    "Copy"
                </button>
            </div>
        }
    });
    trouble("connect-problem", cause.name(), [headline, detail, remedy], command.into_any())
}

/// What failed, what was found, and what to do, all of it in the open; then what leads on.
pub(super) fn trouble(test_id: &'static str, cause: &'static str, words: [String; 3], more: AnyView) -> AnyView {
    let [headline, detail, remedy] = words;
    view! {
        <section class="failure server__problem" role="alert" data-testid=test_id data-cause=cause>
            <Icon glyph=Glyph::Error />
            <div class="failure__words">
                <h3 class="failure__headline">{headline}</h3>
                <p class="failure__remedy">{detail}</p>
                <p class="server__remedy">{remedy}</p>
                {more}
            </div>
        </section>
    }
    .into_any()
}

/// Connections that this device remembers.
fn list(app: AppState, form: Form) -> Option<AnyView> {
    let all = app.server.saved().get();
    if all.is_empty() {
        return None;
    }
    let items: Vec<_> = all
        .into_iter()
        .map(|saved| {
            let Access { connection, credentials } = saved.access.clone();
            let whom = if credentials.user.is_empty() { "no user".to_owned() } else { credentials.user };
            let note = format!("{} / {} · {whom}", connection.org, connection.stream);
            let label = format!("Forget {}, {note}", connection.base);
            let forgotten = saved.access.clone();
            let has_secret = saved.has_secret();
            view! {
                <li class="server__saved">
                    <button class="button button--quiet server__known" type="button" on:click=move |_| take(form, &saved)>
                        <strong>{connection.base}</strong>
                        <span>{note}</span>
                        {has_secret.then_some(view! { <span>"· password remembered"</span> })}
                    </button>
                    <button
                        class="button button--quiet button--small"
                        type="button"
                        aria-label=label
                        on:click=move |_| app.server.saved().update(|all| saved::forget(all, &forgotten))
                    >
                        "Forget"
                    </button>
                </li>
            }
        })
        .collect();
    let shown = view! {
        <div class="server__list">
            <h3 class="server__heading">"Saved connections"</h3>
            <ul>{items}</ul>
        </div>
    };
    Some(shown.into_any())
}

/// Puts a remembered connection into the fields, and uses it at once if its secret is known.
fn take(form: Form, saved: &Saved) {
    let Access { connection, credentials } = &saved.access;
    fill(connection);
    fields::put(USER, &credentials.user);
    fields::put(SECRET, &credentials.secret.0);
    fields::tick(REMEMBER, saved.has_secret());
    if saved.has_secret() {
        form.connect(saved.access.clone(), true);
    } else {
        fields::focus(SECRET);
    }
}

/// Puts a connection into the fields.
fn fill(Connection { base, org, stream }: &Connection) {
    for (id, text) in [(BASE, base), (ORG, org), (STREAM, stream)] {
        fields::put(id, text);
    }
}

/// An address names a connection whose secret is not known: the fields show it, and wait for the secret.
pub(super) fn ask_for_secret(app: AppState, connection: Connection) {
    // The fields may have to come first.
    frame::next(move |_| {
        fill(&connection);
        let user = app.server.saved().with_untracked(|all| {
            all.iter().find(|saved| saved.is_of(&connection)).map(|saved| saved.access.credentials.user.clone())
        });
        if let Some(user) = user {
            fields::put(USER, &user);
        }
        fields::focus(SECRET);
    });
}

/// What the fields say, and whether it is to be remembered. `None` without an address, which is then gone to.
pub(super) fn read(app: AppState) -> Option<(Access, bool)> {
    let base = fields::value(BASE).trim_end_matches('/').to_owned();
    if base.is_empty() {
        app.announce("Type the server’s address first.", Manner::Shown);
        fields::focus(BASE);
        return None;
    }
    let org = Some(fields::value(ORG)).filter(|org| !org.is_empty()).unwrap_or_else(|| USUAL_NAME.to_owned());
    let connection = Connection { base, org, stream: fields::value(STREAM) };
    let credentials = Credentials { user: fields::value(USER), secret: Secret(fields::secret(SECRET)) };
    Some((Access { connection, credentials }, fields::is_ticked(REMEMBER)))
}

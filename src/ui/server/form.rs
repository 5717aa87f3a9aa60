//! What is sought: the form, to and from the address.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, SubmitEvent};

use crate::link::Slot;
use crate::protocol::{Access, Answer, Connection, Reply, Request, ServerQuery, ServerScope, StatusCode, ValuesRequest};
use crate::route::{ServerAddress, ServerRange};
use crate::scene::{format, parse};
use crate::ui::parts::{Glyph, Icon};
use crate::ui::state::AppState;

use super::conditions::{self, Conditions};
use super::connection;
use super::fields::{self, Field, Mistake};
use super::range::{self, RangeFields, now_nanos};
use super::{connect, live, search};

/// Names the button that searches.
pub(super) const SEARCH: &str = "server-search";
const SERVICE: &str = "server-service";
const OPERATION: &str = "server-operation";
const STATUS: &str = "server-status";
const BOUNDS: [(&str, &str); 2] = [("server-min", "Min duration"), ("server-max", "Max duration")];
const SQL: &str = "server-sql";

const STATUSES: [(&str, &str); 4] = [("", "Any"), ("Error", "Error"), ("Ok", "Ok"), ("Unset", "Unset")];

/// The form, as a handle that closures take freely.
#[derive(Clone, Copy)]
pub(super) struct Form(StoredValue<Fields, LocalStorage>);

/// The form's fields, as far as they are not read by their ids.
#[derive(Clone, Copy)]
struct Fields {
    app: AppState,
    mistake: Mistake,
    range: RangeFields,
    conditions: Conditions,
    more: NodeRef<html::Details>,
    services: Proposals,
    operations: Proposals,
    columns: Proposals,
}

/// Values that a field proposes, and what they were asked for.
#[derive(Clone, Copy)]
struct Proposals {
    values: RwSignal<Vec<String>>,
    asked: StoredValue<Option<(Connection, ServerRange, String)>>,
}

impl Proposals {
    fn new() -> Self {
        Self { values: RwSignal::new(Vec::new()), asked: StoredValue::new(None) }
    }
}

impl Form {
    pub(super) fn new(app: AppState) -> Self {
        Self(StoredValue::new_local(Fields {
            app,
            mistake: RwSignal::new(None),
            range: RangeFields::new(app),
            conditions: RwSignal::new(Vec::new()),
            more: NodeRef::new(),
            services: Proposals::new(),
            operations: Proposals::new(),
            columns: Proposals::new(),
        }))
    }

    fn fields(self) -> Fields {
        self.0.get_value()
    }

    /// Shows what an address seeks.
    pub(super) fn fill(self, address: &ServerAddress) {
        let Fields { app, mistake, range, conditions, more, .. } = self.fields();
        let query = &address.query;
        mistake.set(None);
        range.fill(app, address.range);
        fields::put(SERVICE, &query.service);
        fields::put(OPERATION, &query.operation);
        fields::put(STATUS, query.status.map_or("", StatusCode::word));
        for ((id, _), bound) in BOUNDS.into_iter().zip([query.min_duration, query.max_duration]) {
            fields::put(id, &bound.map(format::duration_exact).unwrap_or_default());
        }
        fields::put(SQL, &query.sql);
        conditions::fill(conditions, &query.attributes);
        if let Some(more) = more.get_untracked().filter(|_| !query.sql.is_empty()) {
            more.set_open(true);
        }
    }

    /// What the fields say, if all of them can be understood; else the first that cannot says why.
    fn read(self, connection: Connection) -> Option<ServerAddress> {
        let Fields { app, mistake, range, conditions, .. } = self.fields();
        mistake.set(None);
        let range = range.read(app, mistake)?;
        let mut bounds = [None; 2];
        for ((id, _), bound) in BOUNDS.into_iter().zip(&mut bounds) {
            let text = fields::value(id);
            if !text.is_empty() {
                match parse::duration(&text) {
                    Ok(nanos) => *bound = Some(nanos),
                    Err(why) => {
                        mistake.set(Some((id, why.to_string())));
                        fields::focus(id);
                        return None;
                    }
                }
            }
        }
        let [min_duration, max_duration] = bounds;
        let status = fields::value(STATUS);
        let query = ServerQuery {
            service: fields::value(SERVICE),
            operation: fields::value(OPERATION),
            status: [StatusCode::Error, StatusCode::Ok, StatusCode::Unset].into_iter().find(|own| own.word() == status),
            min_duration,
            max_duration,
            attributes: conditions::read(conditions),
            sql: fields::value(SQL),
        };
        Some(ServerAddress { connection, range, query })
    }

    /// Searches. What is sought goes into the address, and whoever follows the address searches.
    fn submit(self) {
        let app = self.fields().app;
        let Some(connection) = untrack(|| app.server.connection()) else {
            if let Some((access, remember)) = connection::read(app) {
                self.connect(access, remember);
            }
            return;
        };
        let Some(address) = self.read(connection) else {
            return;
        };
        if app.route.with_untracked(|route| route.server == address) {
            search::start(app);
        } else {
            app.route.update(|route| route.server = address);
        }
    }

    /// Connects, to search for what the fields say. The address names the server once the connection stands.
    pub(super) fn connect(self, access: Access, remember: bool) {
        let app = self.fields().app;
        if let Some(address) = self.read(access.connection.clone()) {
            connect::connect(app, access, remember);
            app.route.update(|route| {
                route.server.range = address.range;
                route.server.query = address.query;
            });
        }
    }

    fn reset(self) {
        let connection = self.fields().app.route.with_untracked(|route| route.server.connection.clone());
        self.fill(&ServerAddress { connection, ..ServerAddress::default() });
    }

    /// A field gets the keyboard: what it proposes is asked for, once for each place that it is asked about.
    fn propose(self, event: &Event) {
        let Fields { services, operations, columns, .. } = self.fields();
        let id = target_id(event);
        match id.as_str() {
            SERVICE => self.ask(services, "service_name"),
            OPERATION => self.ask(operations, "operation_name"),
            id if id.starts_with(conditions::KEY) => self.ask(columns, ""),
            _ => {}
        }
    }

    fn ask(self, proposals: Proposals, field: &'static str) {
        let Fields { app, range, .. } = self.fields();
        let Some(access) = app.server.access() else {
            return;
        };
        // Columns are of the stream, services of a time too, and operations of a service.
        let range = if field.is_empty() { None } else { range.read(app, RwSignal::new(None)) };
        let range = range.unwrap_or_default();
        let service = if field == "operation_name" { fields::value(SERVICE) } else { String::new() };
        let asked = Some((access.connection.clone(), range, service.clone()));
        if proposals.asked.with_value(|before| *before == asked) {
            return;
        }
        proposals.asked.set_value(asked);
        let request = if field.is_empty() {
            Request::Columns(Box::new(access))
        } else {
            let query = ServerQuery { service, ..ServerQuery::default() };
            let scope = ServerScope { access, window: range.window(now_nanos()), query };
            Request::Values(Box::new(ValuesRequest { scope, field: field.to_owned() }))
        };
        app.server.ask(app, Slot::Other, request, move |answer| {
            // The page may be gone by now, which the `try_` forms forgive.
            _ = match answer {
                Answer::Reply(Reply::Values(values)) => {
                    proposals.values.try_set(values.into_iter().map(|(value, _)| value).collect())
                }
                Answer::Reply(Reply::Columns(columns)) => proposals.values.try_set(columns),
                // A field without proposals is a field all the same: the next time that it is gone to, they are asked for again.
                Answer::Reply(_) | Answer::Failed(_) | Answer::Cancelled => {
                    _ = proposals.asked.try_update_value(|asked| *asked = None);
                    None
                }
            };
        });
    }

    fn changed(self, event: &Event) {
        let Fields { app, range, .. } = self.fields();
        match target_id(event).as_str() {
            range::RANGE => {
                let before = app.route.with_untracked(|route| route.server.range);
                range.changed(app, before);
            }
            "server-from" | "server-to" => range.edited(app),
            live::LIVE | live::EVERY => live::changed(app),
            _ => {}
        }
    }

    /// The form.
    pub(super) fn view(self) -> AnyView {
        let Fields { app, mistake, range, conditions, more, services, operations, columns } = self.fields();
        let text = |id: &str, label, hint, list| {
            fields::field(Field { id: id.to_owned(), label, kind: "text", hint, list, ..Field::default() }, mistake)
        };
        let service = text(SERVICE, "Service", "any", Some("server-services"));
        let operation = text(OPERATION, "Operation", "any", Some("server-operations"));
        let bounds = BOUNDS.map(|(id, label)| text(id, label, if id == "server-min" { "1.5ms" } else { "2s" }, None));
        let status = fields::select(STATUS.to_owned(), "Status", &STATUSES, ().into_any());
        view! {
            <form
                class="server__form"
                aria-label="Search"
                on:submit=move |event: SubmitEvent| {
                    event.prevent_default();
                    self.submit();
                }
                on:focusin=move |event| self.propose(&event)
                on:change=move |event| self.changed(&event)
            >
                <div class="server__grid">{range.choice()} {service} {operation} {status} {bounds}</div>
                {range.edges(app, mistake)}
                {conditions::rows(conditions, mistake)}
                <details class="server__more" node_ref=more>
                    <summary>"SQL"</summary>
                    <div class="server__field">
                        <label for=SQL>"SQL condition"</label>
                        <textarea
                            id=SQL
                            class="field server__sql"
                            rows="2"
                            autocomplete="off"
                            autocapitalize="off"
                            spellcheck="false"
                            aria-describedby="server-sql-hint"
                        ></textarea>
                        <p id="server-sql-hint" class="server__hint">
                            "As after WHERE, beside all of the above; durations are microseconds there: "
                            <code>"http_status_code >= 500 AND duration > 200000"</code>
                        </p>
                    </div>
                </details>
                <div class="server__acts">
                    <button id=SEARCH class="button button--primary" type="submit">
                        <Icon glyph=Glyph::Search />
                        "Search"
                    </button>
                    <button class="button" type="button" on:click=move |_| self.reset()>
                        "Reset"
                    </button>
                    <button id="server-add" class="button button--quiet" type="button" on:click=move |_| conditions::add(conditions)>
                        <Icon glyph=Glyph::ZoomIn />
                        "Add condition"
                    </button>
                    {live::controls(app)}
                </div>
                {fields::proposals("server-services", services.values)}
                {fields::proposals("server-operations", operations.values)}
                {fields::proposals(conditions::COLUMNS, columns.values)}
            </form>
        }
        .into_any()
    }
}

fn target_id(event: &Event) -> String {
    event.target().and_then(|target| target.dyn_into::<Element>().ok()).map(|element| element.id()).unwrap_or_default()
}

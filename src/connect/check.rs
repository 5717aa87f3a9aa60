//! Whether a server can be connected to, and if not, what exactly is in the way.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use super::answer::{self, integer};
use super::base::Base;
use super::client::{Client, Patience, Question};
use super::trouble::{HEADER_REMEDY, Trouble, Words};
use super::wire::Wire;
use crate::protocol::{ConnectRequest, ConnectView, Credentials, Refusal, RefusalCause, ServerView, StreamView};

/// The oldest version whose answers are known.
const OLDEST: (u64, u64) = (0, 15);
/// The version that all was measured on.
const MEASURED: (u64, u64) = (0, 91);
/// Since this version a server lets in only the origins that it is told of.
const SHUT_SINCE: &str = "v0.80";

/// Names that are listed where one is missing, at most.
const MAX_NAMES: usize = 8;

/// Tries to connect.
pub(super) async fn connect(wire: Rc<Wire>, request: &ConnectRequest) -> ConnectView {
    match Check::new(wire, request) {
        Ok(check) => match check.run().await {
            Ok(view) => ConnectView::Connected(view),
            Err(refusal) => ConnectView::Refused(*refusal),
        },
        Err(refusal) => ConnectView::Refused(*refusal),
    }
}

struct Check<'a> {
    client: Client,
    credentials: &'a Credentials,
    page_origin: &'a str,
}

type Refused = Box<Refusal>;

#[derive(Deserialize)]
struct Streams {
    list: Vec<Value>,
}

#[derive(Deserialize)]
struct Organizations {
    data: Vec<Value>,
}

#[derive(Deserialize)]
struct Config {
    version: String,
}

/// What `/config` says.
enum Version {
    /// The version.
    Known(String),
    /// An answer, but not OpenObserve's.
    Foreign,
    /// No answer.
    Unknown,
}

fn refusal(cause: RefusalCause, headline: &str, detail: String, remedy: String, command: String) -> Refused {
    Box::new(Refusal { cause, headline: headline.to_owned(), detail, remedy, command })
}

impl<'a> Check<'a> {
    fn new(wire: Rc<Wire>, request: &'a ConnectRequest) -> Result<Self, Refused> {
        let ConnectRequest { access, page_origin } = request;
        let client = Client::new(wire, access).map_err(|trouble| match trouble {
            Trouble::Header => refusal(
                RefusalCause::Unauthorized,
                "These credentials cannot be sent.",
                "Expected what can stand in a header.".to_owned(),
                HEADER_REMEDY.to_owned(),
                String::new(),
            ),
            other => refusal(
                RefusalCause::BadAddress,
                "This is no address of a server.",
                sentence(&other.brief()),
                "Type it as https://o2.example.com or http://localhost:5080, with the path before /web if there is one."
                    .to_owned(),
                String::new(),
            ),
        })?;
        Ok(Self { client, credentials: &access.credentials, page_origin })
    }

    fn base(&self) -> &Base {
        self.client.base()
    }

    async fn run(&self) -> Result<ServerView, Refused> {
        if self.page_origin.starts_with("https:") && !self.base().is_secure() && !self.base().is_this_machine() {
            return Err(self.mixed_content());
        }
        if self.client.org.is_empty() {
            return Err(self.no_organization("No organization was named").await);
        }
        let path = ["api", &self.client.org, "streams"];
        let question =
            Question { patience: Patience::NotTheNetwork, ..Question::get(&path, &[("type", "traces")], "the streams") };
        let asked = self.client.ask(question).await;
        let streams = asked.and_then(|bytes| answer::read::<Streams>(&self.client, &bytes, "a list of streams"));
        if let Err(Trouble::NoAnswer(why)) = &streams {
            return Err(self.no_answer(why).await);
        }
        let version = self.version().await;
        if let Version::Known(version) = &version
            && number(version).is_some_and(|number| number < OLDEST)
        {
            return Err(self.too_old(version));
        }
        let streams = match streams {
            Ok(streams) => streams,
            Err(trouble) => return Err(self.refused(trouble, &version).await),
        };
        let mut streams: Vec<StreamView> = streams.list.iter().filter_map(stream).collect();
        streams.sort_by(|a, b| a.name.cmp(&b.name));
        let stream = &self.client.stream;
        if !stream.is_empty() && !streams.iter().any(|known| known.name == *stream) {
            return Err(self.no_stream(&streams));
        }
        let organizations = self.organizations().await;
        let mut remarks = self.base().remarks().to_vec();
        if streams.is_empty() {
            remarks
                .push("The organization has no trace stream yet: one comes to be with the first span that is sent.".to_owned());
        }
        let version = match version {
            Version::Known(version) => {
                if number(&version).is_some_and(|number| number < MEASURED) {
                    let (major, minor) = MEASURED;
                    remarks.push(format!(
                        "{version} is older than v{major}.{minor}, which this was tried with: its lists say less."
                    ));
                }
                version
            }
            Version::Foreign | Version::Unknown => {
                remarks.push("The server does not say its version.".to_owned());
                String::new()
            }
        };
        Ok(ServerView { version, streams, organizations, remarks })
    }

    async fn version(&self) -> Version {
        let question = Question { is_signed: false, patience: Patience::None, ..Question::get(&["config"], &[], "the version") };
        match self.client.ask(question).await {
            Ok(bytes) => match answer::read::<Config>(&self.client, &bytes, "the settings of OpenObserve") {
                Ok(config) => Version::Known(self.client.words(&config.version).chars().take(40).collect()),
                Err(_) => Version::Foreign,
            },
            Err(Trouble::Status { .. } | Trouble::Garbled { .. }) => Version::Foreign,
            Err(_) => Version::Unknown,
        }
    }

    async fn organizations(&self) -> Vec<String> {
        let path = ["api", "organizations"];
        let question = Question { patience: Patience::None, ..Question::get(&path, &[], "the organizations") };
        let Ok(bytes) = self.client.ask(question).await else { return Vec::new() };
        let Ok(answer) = answer::read::<Organizations>(&self.client, &bytes, "a list of organizations") else {
            return Vec::new();
        };
        let identifier = |item: &Value| item.get("identifier").and_then(Value::as_str).map(str::to_owned);
        let mut organizations: Vec<String> = answer.data.iter().filter_map(identifier).filter(|it| !it.is_empty()).collect();
        organizations.sort_unstable();
        organizations.dedup();
        organizations
    }

    // What is in the way.

    fn mixed_content(&self) -> Refused {
        refusal(
            RefusalCause::MixedContent,
            "A page from https may not ask a server on http.",
            format!("This page is from {}, and {} is not encrypted: the browser stops the call.", self.page_origin, self.base().as_str()),
            "Reach OpenObserve over https, by a proxy with a certificate; or open Spanwise over http, on this machine if need be."
                .to_owned(),
            self.health_command(),
        )
    }

    /// Nothing came back: a call whose answer cannot be read tells a closed door from an empty house.
    async fn no_answer(&self, why: &str) -> Refused {
        let base = self.base().as_str();
        if self.client.is_alive().await {
            let (detail, remedy) = if self.page_origin == "null" {
                (
                    format!("{base} answers, but this page was opened from a file, and such pages have no origin (null) that a list could hold."),
                    "Open Spanwise over http instead, and start OpenObserve with ZO_CORS_ALLOWED_ORIGINS set to its origin; or start \
                     OpenObserve with ZO_WEB_URL= (empty), which lets every page in."
                        .to_owned(),
                )
            } else {
                (
                    format!("{base} answers, but does not let pages from {} read its answers.", self.page_origin),
                    format!(
                        "Start OpenObserve with ZO_CORS_ALLOWED_ORIGINS={} ({SHUT_SINCE} and later; several origins are separated by \
                         commas, each exactly as here). If that is set, look for a redirect: type the address that it leads to.",
                        self.page_origin
                    ),
                )
            };
            return refusal(
                RefusalCause::Cors,
                "The server answers, but not to this page (CORS).",
                detail,
                remedy,
                self.health_command(),
            );
        }
        let mut remedy = "Check host, port and path, whether the server runs, and whether its certificate is valid: open the \
                          address in a tab of its own."
            .to_owned();
        if self.page_origin.starts_with("https:") && !self.base().is_secure() {
            remedy.push_str(" Some browsers let no page from https ask http, not even on this machine.");
        }
        let said = if why.is_empty() { String::new() } else { format!(" The browser says: {}", sentence(why)) };
        refusal(
            RefusalCause::Unreachable,
            "Nothing answers at this address.",
            format!("Expected an answer of {base}/healthz, but none came.{said}"),
            remedy,
            self.health_command(),
        )
    }

    fn too_old(&self, version: &str) -> Refused {
        let (major, minor) = OLDEST;
        refusal(
            RefusalCause::TooOld,
            "This OpenObserve is too old.",
            format!("Expected v{major}.{minor} or later, but found {version}."),
            format!("Update OpenObserve; v{}.{} and later is what this was tried with.", MEASURED.0, MEASURED.1),
            String::new(),
        )
    }

    async fn refused(&self, trouble: Trouble, version: &Version) -> Refused {
        let is_foreign = matches!(version, Version::Foreign);
        match &trouble {
            Trouble::Status { status, words, wait_seconds } => match *status {
                401 => self.unauthorized(words, is_foreign),
                403 => refusal(
                    RefusalCause::Forbidden,
                    "The server knows this user, but does not let it read traces.",
                    answered(*status, words),
                    "Ask who runs OpenObserve for the right to read the traces of this organization.".to_owned(),
                    self.streams_command(),
                ),
                404 if words.text.contains("rganization") || matches!(version, Version::Known(_)) => {
                    self.no_organization(&format!("“{}” is not there ({})", self.client.org, answered(*status, words))).await
                }
                429 => refusal(
                    RefusalCause::Throttled,
                    "The server is asked too often.",
                    answered(*status, words),
                    match wait_seconds {
                        Some(seconds) => format!("It asks to be left alone for {seconds} s: try again then."),
                        None => "Wait a while, then try again.".to_owned(),
                    },
                    self.streams_command(),
                ),
                500..=599 => refusal(
                    RefusalCause::ServerError,
                    "The server failed to answer.",
                    answered(*status, words),
                    "Try again in a while; if it fails each time, the log of OpenObserve, or of the proxy before it, says why."
                        .to_owned(),
                    self.streams_command(),
                ),
                _ if is_foreign => self.foreign(&answered(*status, words)),
                _ => self.other(answered(*status, words)),
            },
            Trouble::Garbled { .. } => self.foreign(&trouble.brief()),
            Trouble::Name(_) => self.no_organization(&trouble.brief()).await,
            Trouble::TooLarge { .. } if is_foreign => self.foreign(&trouble.brief()),
            _ => self.other(trouble.brief()),
        }
    }

    fn other(&self, detail: String) -> Refused {
        let remedy = "Run the command: it shows what the server says without a browser in between.".to_owned();
        refusal(RefusalCause::Other, "The connection could not be tested.", sentence(&detail), remedy, self.streams_command())
    }

    fn foreign(&self, found: &str) -> Refused {
        refusal(
            RefusalCause::NotOpenObserve,
            "Something else than OpenObserve answers here.",
            format!("Asked {} for the streams of an organization: {}", self.base().as_str(), sentence(found)),
            "Check port and path: OpenObserve listens on 5080, and behind a proxy often below a path (ZO_BASE_URI).".to_owned(),
            self.health_command(),
        )
    }

    fn unauthorized(&self, words: &Words, is_foreign: bool) -> Refused {
        let Credentials { user, secret } = self.credentials;
        let (has_user, has_secret) = (!user.trim().is_empty(), !secret.0.trim().is_empty());
        let mut remedy = if !has_user && !has_secret {
            "Type the user, which is an e-mail address, and the password.".to_owned()
        } else if !has_user && !secret.0.trim_start().starts_with("Basic ") {
            "OpenObserve's open-source build takes no bearer tokens: type a user and the password, or a service account's e-mail \
             address and its token."
                .to_owned()
        } else {
            format!("Check user and password, and that the user is a member of the organization “{}”.", self.client.org)
        };
        if secret.0.trim_start().starts_with("o2oi_") {
            remedy.push_str(" A token that begins with o2oi_ may only send data, not read it.");
        }
        let mut detail = answered(401, words);
        if is_foreign {
            detail.push_str(" It may be a proxy's answer, or not OpenObserve at all: /config does not say a version.");
        }
        refusal(
            RefusalCause::Unauthorized,
            "The server does not accept these credentials.",
            detail,
            remedy,
            self.streams_command(),
        )
    }

    async fn no_organization(&self, what: &str) -> Refused {
        let known = self.organizations().await;
        let remedy = if known.is_empty() {
            "Type the organization's identifier; a new server has one that is called default.".to_owned()
        } else {
            format!("Choose one that this user may read: {}.", self.listed(&near(&self.client.org, &known)))
        };
        let command = if self.client.org.is_empty() { self.health_command() } else { self.streams_command() };
        refusal(RefusalCause::NoOrganization, "The server has no such organization.", sentence(what), remedy, command)
    }

    fn no_stream(&self, streams: &[StreamView]) -> Refused {
        let names: Vec<String> = streams.iter().map(|stream| stream.name.clone()).collect();
        let remedy = if names.is_empty() {
            "Send spans first: the stream comes to be with them. Then connect again.".to_owned()
        } else {
            format!("Choose one that is there: {}.", self.listed(&near(&self.client.stream, &names)))
        };
        let there = match names.len() {
            0 => "no trace stream".to_owned(),
            1 => "one trace stream, which has another name".to_owned(),
            n => format!("{n} trace streams, of which none has this name"),
        };
        refusal(
            RefusalCause::NoStream,
            "The organization has no such trace stream.",
            format!("Expected “{}” in “{}”, but found {there}.", self.client.stream, self.client.org),
            remedy,
            self.streams_command(),
        )
    }

    fn listed(&self, names: &[String]) -> String {
        let shown: Vec<String> = names.iter().take(MAX_NAMES).map(|name| self.client.words(name)).collect();
        let more = names.len() - shown.len();
        if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
    }

    fn health_command(&self) -> String {
        format!("curl -i {}", quoted(&format!("{}/healthz", self.base().as_str())))
    }

    /// Asks for the password itself, so that none stands in it.
    fn streams_command(&self) -> String {
        let Ok(url) = self.base().url(&["api", &self.client.org, "streams"], &[("type", "traces")]) else {
            return self.health_command();
        };
        let Credentials { user, secret } = self.credentials;
        let user = user.trim();
        let who = if !user.is_empty() {
            format!(" -u {}", quoted(user))
        } else if secret.0.trim().is_empty() {
            String::new()
        } else {
            " -H \"Authorization: $AUTHORIZATION\"".to_owned()
        };
        format!("curl -i{who} {}", quoted(&url))
    }
}

fn answered(status: u16, words: &Words) -> String {
    if words.text.is_empty() {
        return format!("The server answered {status}, and nothing more.");
    }
    format!("The server answered {status}: {}", sentence(&words.text))
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// For a shell: nothing in it means anything.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn stream(item: &Value) -> Option<StreamView> {
    let name = item.get("name").and_then(Value::as_str).filter(|name| !name.is_empty())?;
    // Asked for by type; a server that does not know the parameter gives all.
    if item.get("stream_type").and_then(Value::as_str).is_some_and(|kind| kind != "traces") {
        return None;
    }
    let number = |group: &str, key: &str| item.get(group).and_then(|group| group.get(key)).and_then(integer).unwrap_or(0);
    Some(StreamView {
        name: name.to_owned(),
        spans: number("stats", "doc_num"),
        max_range_hours: number("settings", "max_query_range"),
    })
}

/// The first two parts of a version: `v0.91.5`.
fn number(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The names, those that are most like `wanted` first.
fn near(wanted: &str, names: &[String]) -> Vec<String> {
    // As the server cleans names: `My-Stream.1` is stored as `my_stream_1`.
    let clean = |name: &str| name.to_lowercase().replace(|letter: char| !letter.is_alphanumeric(), "_");
    let wanted = clean(wanted);
    let mut ranked: Vec<(usize, &String)> = names
        .iter()
        .map(|name| {
            let cleaned = clean(name);
            let is_part = !wanted.is_empty() && (cleaned.contains(&wanted) || wanted.contains(&cleaned));
            (if cleaned == wanted { 0 } else { distance(&wanted, &cleaned) + usize::from(!is_part) * 100 }, name)
        })
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(_, name)| name.clone()).collect()
}

/// How many letters must be changed, added or left out to make one text of the other; only the beginnings of long ones count.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.iter().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        let mut next = vec![left];
        for (other, &above) in b.iter().zip(row.iter().skip(1)) {
            let cost = (diagonal + usize::from(letter != other)).min(above + 1).min(left + 1);
            diagonal = above;
            left = cost;
            next.push(cost);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

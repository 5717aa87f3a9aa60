//! What can go wrong with a call, and how it is told.

use serde_json::Value;

use super::base::{BadBase, BadName};
use crate::protocol::{Failure, FailureCode};
use crate::scene::format;

/// The longest text of a server that is shown, in letters.
const MAX_WORDS: usize = 600;

/// Names in a list of an error text; the rest is counted.
const MAX_FIELDS: usize = 5;

/// Why a call brought no answer that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// What was typed is no address.
    Address(BadBase),
    /// The credentials cannot stand in a header.
    Header,
    /// The organization or the stream cannot stand in an address.
    Name(BadName),
    /// Nothing answers, or nothing that this page may read.
    NoAnswer(String),
    /// The answer broke off.
    Interrupted {
        /// Bytes that had come.
        received: u64,
        /// What the browser says.
        why: String,
    },
    /// The answer is longer than may be read.
    TooLarge {
        /// Bytes that may be read.
        limit: u64,
    },
    /// The server answers that it cannot.
    Status {
        /// HTTP status.
        status: u16,
        /// What it says.
        words: Words,
        /// How long it wants to be left alone.
        wait_seconds: Option<u32>,
    },
    /// The answer is not what was asked for.
    Garbled {
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// The server is asked something that cannot be asked.
    Question(String),
}

/// What a server says about an error: one of five shapes of body, made into one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// The HTTP status again, or OpenObserve's own code.
    pub(super) code: Option<i64>,
    /// One line; empty where it says nothing.
    pub(super) text: String,
}

/// OpenObserve's own codes, as far as they are told apart.
mod app_code {
    pub(super) const STREAM: i64 = 20002;
    pub(super) const FIELD: i64 = 20004;
    pub(super) const FUNCTION: i64 = 20005;
    pub(super) const CANCELLED: i64 = 20009;
    pub(super) const TIMEOUT: i64 = 20010;
}

impl Words {
    /// Reads a body: JSON, an event stream, plain text, a page, or nothing. `scrub` takes secrets out.
    pub(super) fn of(body: &[u8], scrub: &dyn Fn(&str) -> String) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        let (code, said) = if let Some(error) = error_event(text) {
            from_json(error)
        } else if text.starts_with('{') {
            from_json(text)
        } else if text.starts_with('<') {
            (None, Some("a page of HTML".to_owned()))
        } else {
            (None, None)
        };
        let said = said.unwrap_or_else(|| text.to_owned());
        Self { code, text: one_line(&shortened(&scrub(&said))) }
    }
}

/// The data of the error in an event stream.
pub(super) fn error_event(text: &str) -> Option<&str> {
    let mut is_error = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("event:") {
            is_error = name.trim() == "error";
        } else if let Some(data) = line.strip_prefix("data:").filter(|_| is_error) {
            return Some(data.trim());
        }
    }
    None
}

fn from_json(text: &str) -> (Option<i64>, Option<String>) {
    let Ok(Value::Object(error)) = serde_json::from_str::<Value>(text) else {
        return (None, None);
    };
    let part = |name: &str| error.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let message = part("message").or_else(|| part("error")).or_else(|| part("msg"));
    let message = message.map(|text| text.strip_prefix("Error# ").unwrap_or(text));
    let said = match (message, part("error_detail")) {
        (Some(message), Some(detail)) => Some(format!("{message}: {detail}")),
        (message, detail) => message.or(detail).map(str::to_owned),
    };
    (error.get("code").and_then(Value::as_i64), said)
}

/// The text with long lists of fields cut.
fn shortened(text: &str) -> String {
    const LIST: &str = "Valid fields are ";
    let Some(at) = text.find(LIST) else {
        return text.to_owned();
    };
    let (before, list) = text.split_at(at + LIST.len());
    let fields: Vec<&str> = list.split(", ").collect();
    if fields.len() <= MAX_FIELDS + 1 {
        return text.to_owned();
    }
    let shown: Vec<&str> = fields.iter().take(MAX_FIELDS).copied().collect();
    format!("{before}{} and {} more", shown.join(", "), fields.len() - shown.len())
}

/// A server's text as one line of bounded length, without control characters.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut letters = 0;
    for word in text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if letters == MAX_WORDS {
                line.push('…');
                return line;
            }
            line.push(letter);
            letters += 1;
        }
    }
    line
}

impl Trouble {
    /// Whether the same call may well be answered a little later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::NoAnswer(_) | Self::Interrupted { .. } => true,
            // Who cancelled the query meant it, and one that took too long once would do so again, at the server's cost.
            Self::Status { words, .. } if matches!(words.code, Some(app_code::CANCELLED | app_code::TIMEOUT)) => false,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// Whether it is the network's, not the server's.
    pub(super) const fn is_of_the_network(&self) -> bool {
        matches!(self, Self::NoAnswer(_) | Self::Interrupted { .. })
    }

    /// In a few words, for a sentence that goes on.
    pub(super) fn brief(&self) -> String {
        match self {
            Self::Address(bad) => bad.to_string(),
            Self::Header => "the credentials cannot be sent".to_owned(),
            Self::Name(BadName(name)) => format!("“{}” cannot be a name on the server", one_line(name)),
            Self::NoAnswer(_) => "the server does not answer".to_owned(),
            Self::Interrupted { received, .. } => format!("the answer broke off after {}", format::bytes(*received)),
            Self::TooLarge { limit } => format!("the answer is larger than {}", format::bytes(*limit)),
            Self::Status { status, words, .. } if words.text.is_empty() => format!("the server answered {status}"),
            Self::Status { status, words, .. } => format!("the server answered {status}: {}", words.text),
            Self::Garbled { expected, found } => format!("expected {expected}, but found {found}"),
            Self::Question(why) => why.clone(),
        }
    }

    /// As the page shows it.
    pub(super) fn failure(&self) -> Failure {
        let (code, headline, remedy): (_, &str, String) = match self {
            Self::Address(_) => {
                (FailureCode::BadQuery, "This is no address of a server.", "Change the address of the connection.".to_owned())
            }
            Self::Header => (FailureCode::Unauthorized, "These credentials cannot be sent.", HEADER_REMEDY.to_owned()),
            Self::Name(_) => (
                FailureCode::BadQuery,
                "The organization or the stream has a name that cannot be asked for.",
                "Names on the server hold letters, digits, _ and -: change the connection.".to_owned(),
            ),
            Self::NoAnswer(_) => (
                FailureCode::NoServer,
                "The server does not answer, or does not let this page read its answer.",
                "Test the connection: that says which of the two it is, and what to change.".to_owned(),
            ),
            Self::Interrupted { .. } => (
                FailureCode::NoServer,
                "The server's answer broke off.",
                "Try again. If it breaks off each time, look for a timeout in a proxy before the server.".to_owned(),
            ),
            Self::TooLarge { .. } => (
                FailureCode::TooLarge,
                "The server's answer is too large to be read here.",
                "Ask for less: a shorter time, or a narrower condition.".to_owned(),
            ),
            Self::Status { status, words, wait_seconds } => of_status(*status, words, *wait_seconds),
            Self::Garbled { .. } => (
                FailureCode::Unreadable,
                "The server's answer cannot be read.",
                "Test the connection: something else than OpenObserve may answer at this address.".to_owned(),
            ),
            Self::Question(_) => (FailureCode::BadQuery, "This cannot be asked.", "Change the question.".to_owned()),
        };
        Failure { code, headline: headline.to_owned(), detail: self.detail(), remedy }
    }

    fn detail(&self) -> String {
        match self {
            Self::NoAnswer(why) => why.clone(),
            Self::Interrupted { why, .. } if !why.is_empty() => format!("{}: {why}", self.brief()),
            Self::Status { status, words, .. } if words.text.is_empty() => format!("{status}, without a word about why."),
            Self::Status { status, words, .. } => format!("{status}: {}", words.text),
            _ => self.brief(),
        }
    }
}

/// What to do about credentials that cannot be sent.
pub(super) const HEADER_REMEDY: &str =
    "A token holds letters, digits and signs without spaces or line breaks: copy it again. A user's name holds no colon.";

fn of_status(status: u16, words: &Words, wait_seconds: Option<u32>) -> (FailureCode, &'static str, String) {
    let later = match wait_seconds {
        Some(seconds) => format!("The server asks to be left alone for {seconds} s; try again then."),
        None => "Try again in a while.".to_owned(),
    };
    match (status, words.code) {
        (401, _) => (
            FailureCode::Unauthorized,
            "The server does not accept these credentials.",
            "Check user and password, and whether the user is a member of the organization.".to_owned(),
        ),
        (403, _) => (
            FailureCode::Unauthorized,
            "The server does not let this user read that.",
            "Ask who runs the server for the right to read traces.".to_owned(),
        ),
        (_, Some(app_code::STREAM)) => {
            (FailureCode::BadQuery, "The server has no such stream.", "Choose another stream in the connection.".to_owned())
        }
        (_, Some(app_code::FIELD)) => (
            FailureCode::BadQuery,
            "The question names a field that the stream does not have.",
            "Check the attribute conditions and the SQL; fields are written with _ for each dot: http_route.".to_owned(),
        ),
        (_, Some(app_code::FUNCTION)) => {
            (FailureCode::BadQuery, "The SQL calls a function that the server does not know.", "Check the SQL.".to_owned())
        }
        (_, Some(app_code::CANCELLED)) => (FailureCode::Busy, "The query was cancelled on the server.", "Ask again.".to_owned()),
        (408, _) | (_, Some(app_code::TIMEOUT)) => (
            FailureCode::Busy,
            "The query took longer than the server allows.",
            "Ask for a shorter time, or a narrower condition.".to_owned(),
        ),
        (404, _) => (
            FailureCode::BadQuery,
            "The server does not have what was asked for.",
            "Check the organization and the stream of the connection.".to_owned(),
        ),
        (413, _) => (
            FailureCode::BadQuery,
            "The question is longer than the server takes.",
            "Use fewer or shorter conditions.".to_owned(),
        ),
        (429, _) => (FailureCode::Busy, "The server is asked too often.", later),
        (502..=504, _) => (FailureCode::Busy, "The server cannot answer now.", later),
        (500..=599, _) => (
            FailureCode::Busy,
            "The server failed to answer.",
            "Try again; if it fails each time, the server's own log says why.".to_owned(),
        ),
        _ => (
            FailureCode::BadQuery,
            "The server refused the question.",
            "Check the conditions, and above all the SQL; then ask again.".to_owned(),
        ),
    }
}

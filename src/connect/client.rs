//! One call at a time to one server: signed, bounded, tried again where that is safe.
//!
//! *Invariants.* Every call is built by [`Base::url`], reads only, and carries the secret in its header and nowhere else. What
//! a server says is shown only after [`Client::scrub`].

use std::rc::Rc;

use super::base::Base;
use super::trouble::{Trouble, Words, error_event, one_line};
use super::wire::Wire;
use crate::base::text::base64_from_bytes;
use crate::job::{CallMode, Head, HttpCall, Input, Method, Outcome};
use crate::protocol::{Access, Credentials, OpenStage, Progress, Secret};

/// The longest answer that holds spans.
pub(super) const SPANS_LIMIT: u64 = 1 << 30;
/// The longest of all other answers.
pub(super) const ANSWER_LIMIT: u64 = 64 << 20;
/// How much of an answer that tells of an error is read.
const ERROR_LIMIT: u64 = 256 << 10;

/// How often a call is made, at most.
const TRIES: u32 = 3;
/// The pause before the second try; each further one is twice as long.
const PAUSE_MILLIS: u32 = 500;
/// A server that wants to be left alone for longer is not waited for.
const MAX_WAIT_SECONDS: u32 = 30;
/// A shorter secret is in every text by chance.
const MIN_SECRET: usize = 4;

/// A server, and who asks it.
pub(super) struct Client {
    wire: Rc<Wire>,
    base: Base,
    /// The organization.
    pub(super) org: String,
    /// The stream.
    pub(super) stream: String,
    authorization: Option<Secret>,
    /// Texts that are never shown.
    secrets: Vec<Secret>,
}

/// What is asked.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    /// Segments of the path.
    pub(super) path: &'a [&'a str],
    /// Keys and values.
    pub(super) query: &'a [(&'a str, &'a str)],
    /// JSON to post; a call without is a GET.
    pub(super) body: Option<&'a str>,
    /// Whether to say who asks.
    pub(super) is_signed: bool,
    /// Bytes of the answer, at most.
    pub(super) limit: u64,
    /// When it is asked again.
    pub(super) patience: Patience,
    /// What is asked for, as it follows "Asking for".
    pub(super) what: &'a str,
    /// Bytes and spans that have come before, for the progress.
    pub(super) before: (u64, u64),
}

/// When a call is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Whenever that may help.
    Usual,
    /// Not if the network fails: the reason is looked for instead.
    NotTheNetwork,
    /// Never: it is not that important.
    None,
}

impl<'a> Question<'a> {
    /// A signed GET.
    pub(super) const fn get(path: &'a [&'a str], query: &'a [(&'a str, &'a str)], what: &'a str) -> Self {
        let patience = Patience::Usual;
        Self { path, query, body: None, is_signed: true, limit: ANSWER_LIMIT, patience, what, before: (0, 0) }
    }
}

impl Client {
    pub(super) fn new(wire: Rc<Wire>, access: &Access) -> Result<Self, Trouble> {
        let base = Base::parse(&access.connection.base).map_err(Trouble::Address)?;
        let authorization = authorization(&access.credentials)?;
        let encoded = authorization.as_ref().map(|Secret(header)| header.split_once(' ').map_or(header.as_str(), |(_, it)| it));
        let secrets = [access.credentials.secret.0.as_str(), access.credentials.secret.0.trim(), encoded.unwrap_or_default()]
            .into_iter()
            .filter(|secret| secret.len() >= MIN_SECRET)
            .map(|secret| Secret(secret.to_owned()))
            .collect();
        let (org, stream) = (access.connection.org.trim().to_owned(), access.connection.stream.trim().to_owned());
        Ok(Self { wire, base, org, stream, authorization, secrets })
    }

    pub(super) const fn base(&self) -> &Base {
        &self.base
    }

    /// A server's text as one line, without the secret that it was sent: it may be one that echoes.
    pub(super) fn words(&self, text: &str) -> String {
        one_line(&self.scrub(text))
    }

    fn scrub(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, Secret(secret)| text.replace(secret.as_str(), "…"))
    }

    /// Asks, again if need be. The bytes of an answer that is no error.
    pub(super) async fn ask(&self, question: Question<'_>) -> Result<Vec<u8>, Trouble> {
        let url = self.base.url(question.path, question.query).map_err(Trouble::Name)?;
        let call = HttpCall {
            method: if question.body.is_some() { Method::Post } else { Method::Get },
            url,
            authorization: self.authorization.clone().filter(|_| question.is_signed),
            body: question.body.map(str::to_owned),
            mode: CallMode::Readable,
        };
        let mut tried = 1;
        loop {
            let trouble = match self.call(&call, &question).await {
                Ok(body) => return Ok(body),
                Err(trouble) => trouble,
            };
            let may_help = match question.patience {
                Patience::Usual => trouble.is_passing(),
                Patience::NotTheNetwork => trouble.is_passing() && !trouble.is_of_the_network(),
                Patience::None => false,
            };
            let wanted = if let Trouble::Status { wait_seconds, .. } = &trouble { wait_seconds.unwrap_or(0) } else { 0 };
            if !may_help || tried == TRIES || wanted > MAX_WAIT_SECONDS {
                return Err(trouble);
            }
            let millis = (PAUSE_MILLIS << (tried - 1)).max(wanted * 1_000);
            tried += 1;
            let source = format!("Try {tried} of {TRIES} begins soon: {}", trouble.brief());
            self.wire.sleep(millis, &progress(OpenStage::Retrying, source, question.before, 0)).await;
        }
    }

    /// Whether anything at all answers there, even if this page may not read it.
    pub(super) async fn is_alive(&self) -> bool {
        let Ok(url) = self.base.url(&["healthz"], &[]) else { return false };
        let call = HttpCall { method: Method::Get, url, authorization: None, body: None, mode: CallMode::Opaque };
        let number = self.wire.begin_call();
        loop {
            let source = "Asking whether anything answers".to_owned();
            let progress = progress(OpenStage::Asking, source, (0, 0), 0);
            let wanted = || Outcome::Calling { number, call: Box::new(call.clone()), progress: Some(progress.clone()) };
            match self.wire.input(wanted).await {
                Input::Head(_) => return true,
                Input::NoAnswer(_) | Input::Broken(_) | Input::End => return false,
                Input::Bytes(_) | Input::Size(_) | Input::Awake | Input::Helpers(_) | Input::SliceRead { .. } => {}
            }
        }
    }

    async fn call(&self, call: &HttpCall, question: &Question<'_>) -> Result<Vec<u8>, Trouble> {
        let number = self.wire.begin_call();
        let mut head: Option<Head> = None;
        let mut body = Vec::new();
        loop {
            let stage = if body.is_empty() { OpenStage::Asking } else { OpenStage::Reading };
            let wanted = || {
                let source = format!("Asking for {}", question.what);
                let progress = progress(stage, source, question.before, body.len() as u64);
                Outcome::Calling { number, call: Box::new(call.clone()), progress: Some(progress) }
            };
            let broken = match self.wire.input(wanted).await {
                Input::Head(it) => {
                    head = Some(it);
                    continue;
                }
                Input::Bytes(mut bytes) => {
                    let limit = if is_good(head.as_ref()) { question.limit } else { ERROR_LIMIT };
                    let room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(body.len());
                    if bytes.len() <= room {
                        // Most answers are one piece.
                        if body.is_empty() {
                            body = bytes;
                        } else {
                            body.append(&mut bytes);
                        }
                        continue;
                    }
                    if is_good(head.as_ref()) {
                        return Err(Trouble::TooLarge { limit });
                    }
                    // Of an error the beginning is enough.
                    bytes.truncate(room);
                    body.append(&mut bytes);
                    None
                }
                Input::End => None,
                Input::NoAnswer(why) => Some(why),
                Input::Broken(failure) => Some(failure.detail),
                Input::Size(_) | Input::Awake | Input::Helpers(_) | Input::SliceRead { .. } => continue,
            };
            return self.answer(head, body, broken);
        }
    }

    /// What came of a call that is over; `broken` if it broke off.
    fn answer(&self, head: Option<Head>, body: Vec<u8>, broken: Option<String>) -> Result<Vec<u8>, Trouble> {
        let Some(head) = head else {
            let why = broken.unwrap_or_else(|| "The answer ended before it began.".to_owned());
            return Err(Trouble::NoAnswer(self.words(&why)));
        };
        let scrub = |text: &str| self.scrub(text);
        if !is_good(Some(&head)) {
            // One that broke off while it told of an error has said the most important thing.
            let words = Words::of(&body, &scrub);
            return Err(Trouble::Status { status: head.status, words, wait_seconds: head.retry_after_seconds });
        }
        if let Some(why) = broken {
            return Err(Trouble::Interrupted { received: body.len() as u64, why: self.words(&why) });
        }
        if head.content_type.trim_start().starts_with("text/event-stream") {
            return Err(match std::str::from_utf8(&body).ok().and_then(error_event) {
                Some(_) => {
                    let words = Words::of(&body, &scrub);
                    // The status says that all is well; the error's own code knows better.
                    let status = words.code.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
                    Trouble::Status { status: status.unwrap_or(400), words, wait_seconds: None }
                }
                None => Trouble::Garbled { expected: "JSON", found: "a stream of events".to_owned() },
            });
        }
        Ok(body)
    }

    /// What stands where JSON was expected.
    pub(super) fn found(&self, body: &[u8]) -> String {
        let start = String::from_utf8_lossy(body.get(..body.len().min(1_000)).unwrap_or_default()).trim_start().to_owned();
        match start.chars().next() {
            None => "nothing".to_owned(),
            Some('<') => "a page of HTML".to_owned(),
            // A secret may reach past what is looked at, so what is shown ends well before.
            Some(_) => {
                let text = self.scrub(&start);
                let shown: String = text.chars().take(80).collect();
                format!("“{}{}”", one_line(&shown), if shown.len() < text.len() { "…" } else { "" })
            }
        }
    }
}

fn is_good(head: Option<&Head>) -> bool {
    head.is_some_and(|head| (200..300).contains(&head.status))
}

fn progress(stage: OpenStage, source: String, (bytes, spans): (u64, u64), more: u64) -> Progress {
    Progress { stage, source, bytes: bytes + more, bytes_total: None, spans }
}

/// The header, by the rule of [`Credentials`].
fn authorization(Credentials { user, secret: Secret(secret) }: &Credentials) -> Result<Option<Secret>, Trouble> {
    let user = user.trim();
    if !user.is_empty() {
        // The server would take what follows a colon for the beginning of the password.
        if user.contains(':') || user.contains(char::is_control) {
            return Err(Trouble::Header);
        }
        return Ok(Some(Secret(format!("Basic {}", base64_from_bytes(format!("{user}:{secret}").as_bytes())))));
    }
    let secret = secret.trim();
    if secret.is_empty() {
        return Ok(None);
    }
    if !secret.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Err(Trouble::Header);
    }
    let stands = secret.starts_with("Basic ") || secret.starts_with("Bearer ");
    Ok(Some(Secret(if stands { secret.to_owned() } else { format!("Bearer {secret}") })))
}

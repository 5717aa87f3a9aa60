//! What rules look for and where they find it, in words.

use crate::encode::{Place, Rule};

/// A rule.
pub(super) fn rule(rule: &Rule) -> String {
    match rule {
        Rule::PersonalKeys => "Attributes of people".to_owned(),
        Rule::Emails => "E-mail addresses".to_owned(),
        Rule::IpAddresses => "IP addresses".to_owned(),
        Rule::PhoneNumbers => "Phone numbers".to_owned(),
        Rule::CardNumbers => "Card and social security numbers".to_owned(),
        Rule::UrlQueries => "Values in queries of URLs".to_owned(),
        Rule::SecretKeys => "Attributes of secrets".to_owned(),
        Rule::PrivateKeys => "Private keys".to_owned(),
        Rule::Jwts => "JSON web tokens".to_owned(),
        Rule::KnownKeys => "Keys and tokens of known services".to_owned(),
        Rule::Credentials => "Bearer, Basic and other credentials".to_owned(),
        Rule::UrlLogins => "Users and passwords in URLs".to_owned(),
        Rule::Assignments => "Passwords and tokens in texts".to_owned(),
        Rule::DropKey(key) => format!("Leave out {key}"),
        Rule::MaskKey(key) => format!("Mask {key}"),
        Rule::MaskText(text) => format!("Mask “{text}”"),
    }
}

/// Where a text stands.
pub(super) const fn place(place: Place) -> &'static str {
    match place {
        Place::SpanName => "span name",
        Place::StatusMessage => "status message",
        Place::TraceState => "trace state",
        Place::EventName => "event name",
        Place::Scope => "scope or schema",
        Place::Key => "attribute key",
        Place::Value => "value",
        Place::Log => "log record",
    }
}

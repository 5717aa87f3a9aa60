//! The address that the person typed: the one door through which calls leave.

use std::fmt::Write as _;

/// A server's address, normal: scheme and host in lower case, no usual port, no `/` at its end, nothing after the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    text: String,
    host: String,
    is_secure: bool,
    remarks: Vec<String>,
}

/// What was typed is no address of a server. It may hold a password, so it is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBase {
    /// Nothing.
    #[error("expected an address, https://host or http://host, but found nothing")]
    Empty,
    /// Another scheme.
    #[error("expected https:// or http://, but found another scheme")]
    Scheme,
    /// A user, and maybe a password, before the host.
    #[error("expected an address without a user in it: user and password have fields of their own")]
    User,
    /// A query or a fragment.
    #[error("expected an address that ends with its path, but found a ? or a # in it")]
    Query,
    /// The host.
    #[error("expected a host after the scheme: a name, an IPv4 address, or an IPv6 address in brackets")]
    Host,
    /// The port.
    #[error("expected a port between 1 and 65535 after the host")]
    Port,
    /// The path.
    #[error("expected a plain path, without spaces, backslashes and steps like ..")]
    Path,
}

/// A name that cannot stand in the address of a call: it would lead elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadName(pub(super) String);

impl Base {
    /// Reads what was typed: without a scheme it is `https`, for this machine `http`. What a browser's bar shows of
    /// OpenObserve's own pages, `/web` and on, is cut off.
    pub fn parse(typed: &str) -> Result<Self, BadBase> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(BadBase::Empty);
        }
        let mut remarks = Vec::new();
        let (scheme, rest) = match typed.split_once("://") {
            // A `://` later on is a part of something else.
            Some((scheme, rest)) if !scheme.contains(['/', '?', '#', '@']) => (Some(scheme.to_ascii_lowercase()), rest),
            Some(_) | None => (None, typed),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        let is_https = match scheme.as_deref() {
            Some("https") => Some(true),
            Some("http") => Some(false),
            Some(_) => return Err(BadBase::Scheme),
            None => None,
        };
        if authority.contains('@') {
            return Err(BadBase::User);
        }
        let (host, port) = host_and_port(authority)?;
        let is_secure = is_https.unwrap_or_else(|| !is_this_machine(&host));
        let (path, is_cut) = prefix(path)?;
        if scheme.is_none() && is_secure {
            remarks.push("The address had no scheme, so https was taken.".to_owned());
        }
        if is_cut {
            remarks.push("The part of the address from /web on is a page of OpenObserve itself, so it was left out.".to_owned());
        }
        let mut text = format!("{}://{host}", if is_secure { "https" } else { "http" });
        if let Some(port) = port.filter(|&port| port != if is_secure { 443 } else { 80 }) {
            // Writing to a string cannot fail.
            _ = write!(text, ":{port}");
        }
        for segment in path {
            text.push('/');
            text.push_str(&segment);
        }
        Ok(Self { text, host, is_secure, remarks })
    }

    /// The address, to be shown.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is https.
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether it is the very machine that the browser runs on, which a page from https may ask on http too.
    pub fn is_this_machine(&self) -> bool {
        is_this_machine(&self.host)
    }

    /// What was taken or left out of what was typed, as sentences.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The address of a call below the base. Names come from people and servers: each becomes one segment, whatever is in it.
    pub(super) fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<String, BadName> {
        let mut url = self.text.clone();
        for segment in path {
            // Browsers take `%2e%2e` for a step up, and some proxies `%2f` for a step down.
            let is_step = segment.is_empty() || *segment == "." || *segment == "..";
            if is_step || segment.contains(['/', '\\']) || segment.contains(char::is_control) {
                return Err(BadName((*segment).to_owned()));
            }
            url.push('/');
            encode(&mut url, segment);
        }
        for (at, (key, value)) in query.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            encode(&mut url, key);
            url.push('=');
            encode(&mut url, value);
        }
        Ok(url)
    }
}

fn is_this_machine(host: &str) -> bool {
    let is_loopback = || {
        let mut bytes = host.split('.');
        bytes.next() == Some("127") && host.split('.').count() == 4 && bytes.all(|byte| byte.parse::<u8>().is_ok())
    };
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || is_loopback()
}

fn host_and_port(authority: &str) -> Result<(String, Option<u16>), BadBase> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (inside, after) = rest.split_once(']').ok_or(BadBase::Host)?;
        if inside.is_empty() || !inside.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.') {
            return Err(BadBase::Host);
        }
        let port = if after.is_empty() { "" } else { after.strip_prefix(':').ok_or(BadBase::Host)? };
        (format!("[{}]", inside.to_ascii_lowercase()), port)
    } else {
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
        if !host.chars().all(is_name) || host.split('.').all(str::is_empty) {
            return Err(BadBase::Host);
        }
        (host.to_lowercase(), port)
    };
    if port.is_empty() {
        return Ok((host, None));
    }
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(port) if is_number && port != 0 => Ok((host, Some(port))),
        Ok(_) | Err(_) => Err(BadBase::Port),
    }
}

/// The segments of the path before OpenObserve's own pages, and whether there was more.
fn prefix(path: &str) -> Result<(Vec<String>, bool), BadBase> {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (path, query) = path.split_at(end);
    let mut segments = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        let is_odd =
            |letter: char| letter.is_whitespace() || letter.is_control() || matches!(letter, '\\' | '"' | '<' | '>' | '`');
        let is_step = plain == "." || plain == ".." || plain.contains("%2f") || plain.contains("%5c");
        if is_step || segment.contains(is_odd) || !has_whole_escapes(segment) {
            return Err(BadBase::Path);
        }
        let mut written = String::with_capacity(segment.len());
        for letter in segment.chars() {
            if letter.is_ascii_alphanumeric() || "-._~%!$&()*+,;=:@".contains(letter) {
                written.push(letter);
            } else {
                encode(&mut written, letter.encode_utf8(&mut [0; 4]));
            }
        }
        segments.push(written);
    }
    let web = segments.iter().rposition(|segment| segment == "web");
    if let Some(web) = web {
        segments.truncate(web);
    } else if !query.is_empty() {
        return Err(BadBase::Query);
    }
    Ok((segments, web.is_some()))
}

fn has_whole_escapes(segment: &str) -> bool {
    segment.split('%').skip(1).all(|after| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

/// Percent-encodes all but letters, digits and `-._~`.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            _ = write!(out, "%{byte:02X}");
        }
    }
}

//! Where secrets stand in a text: tokens, keys, passwords. Bytes in, ranges out; ranges begin and end between characters.

use memchr::memmem;

use super::text::{Ranges, at, is_token, is_word, take_while, word_before};

/// `-----BEGIN … PRIVATE KEY-----` to its end, or to the end of the text (RFC 7468).
pub(super) fn private_keys(text: &[u8], found: &mut Ranges) {
    let mut from = 0;
    while let Some(start) = find(text, b"-----BEGIN ", from) {
        let label_end = find(text, b"-----", start + 11).unwrap_or(text.len());
        let label = text.get(start..label_end).unwrap_or_default();
        from = label_end;
        if memmem::find(label, b"PRIVATE KEY").is_none() {
            continue;
        }
        let end = find(text, b"-----END ", label_end).and_then(|end| find(text, b"-----", end + 9)).map(|end| end + 5);
        from = end.unwrap_or(text.len());
        found.push((start, from));
    }
}

/// JSON web tokens: two or three parts of base64url, the first of which begins with `{"` (RFC 7519).
pub(super) fn jwts(text: &[u8], found: &mut Ranges) {
    const HEADER_MIN: usize = 10;
    let mut from = 0;
    while let Some(start) = find(text, b"eyJ", from) {
        let header = take_while(text, start, |byte| is_word(byte) || byte == b'-');
        from = header;
        if header - start < HEADER_MIN || at(text, header) != b'.' {
            continue;
        }
        let end = take_while(text, header, |byte| is_word(byte) || matches!(byte, b'-' | b'.'));
        from = end;
        found.push((start, end));
    }
}

/// How tokens of well-known services begin, with how many characters follow at least: as secret scanners list them.
const KNOWN: [(&[u8], usize); 27] = [
    (b"AKIA", 16),
    (b"ASIA", 16),
    (b"AROA", 16),
    (b"AIDA", 16),
    (b"ghp_", 16),
    (b"gho_", 16),
    (b"ghu_", 16),
    (b"ghs_", 16),
    (b"ghr_", 16),
    (b"github_pat_", 16),
    (b"glpat-", 16),
    (b"xoxb-", 10),
    (b"xoxp-", 10),
    (b"xoxa-", 10),
    (b"xoxs-", 10),
    (b"xapp-", 10),
    (b"sk_live_", 10),
    (b"sk_test_", 10),
    (b"rk_live_", 10),
    (b"sk-", 20),
    (b"AIza", 30),
    (b"ya29.", 16),
    (b"npm_", 20),
    (b"SG.", 20),
    (b"hf_", 20),
    (b"dop_v1_", 16),
    (b"shpat_", 16),
];

/// Keys and tokens that tell what they are by how they begin.
pub(super) fn known_keys(text: &[u8], found: &mut Ranges) {
    let mut from = 0;
    while from < text.len() {
        let start = take_while(text, from, |byte| !is_word(byte));
        let rest = text.get(start..).unwrap_or_default();
        let known = KNOWN.iter().find(|(prefix, _)| rest.starts_with(prefix));
        from = take_while(text, start, is_word).max(start + 1);
        if let Some((prefix, least)) = known {
            let end = take_while(text, start, |byte| is_word(byte) || matches!(byte, b'-' | b'.'));
            if prefix.len() + least <= end - start {
                found.push((start, end));
                from = end;
            }
        }
    }
}

/// What follows the name of an authentication scheme: `Bearer …`, `Basic …` (RFC 9110, section 11).
pub(super) fn credentials(text: &[u8], found: &mut Ranges) {
    const LEAST: usize = 6;
    for space in memchr::memchr_iter(b' ', text) {
        let (start, _) = word_before(text, space);
        let scheme = text.get(start..space).unwrap_or_default();
        if ![b"bearer".as_slice(), b"basic", b"digest", b"token", b"apikey", b"negotiate"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme))
        {
            continue;
        }
        let from = take_while(text, space, |byte| byte == b' ');
        let end = take_while(text, from, |byte| is_token(byte) || !byte.is_ascii());
        // Words follow schemes, too: "basic auth", "token expired".
        let token = text.get(from..end).unwrap_or_default();
        let is_plain_word = token.iter().all(u8::is_ascii_lowercase) && token.len() < 20;
        if LEAST <= token.len() && !is_plain_word {
            found.push((from, end));
        }
    }
}

/// The user and password of a URL (RFC 3986, section 3.2.1).
pub(super) fn url_logins(text: &[u8], found: &mut Ranges) {
    let mut from = 0;
    while let Some(scheme) = find(text, b"://", from) {
        let start = scheme + 3;
        let end = take_while(text, start, |byte| !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | 0..=b' '));
        from = start;
        // A password may hold an `@` that should have been escaped: the last one counts.
        if let Some(len) = memchr::memrchr(b'@', text.get(start..end).unwrap_or_default()) {
            found.push((start, start + len));
        }
    }
}

/// In these words a value is a secret, wherever they stand in its name.
const NAMES: [&[u8]; 20] = [
    b"password",
    b"passwd",
    b"passphrase",
    b"pwd",
    b"secret",
    b"token",
    b"apikey",
    b"api_key",
    b"api-key",
    b"accesskey",
    b"access_key",
    b"access-key",
    b"privatekey",
    b"private_key",
    b"credential",
    b"signature",
    b"authorization",
    b"cookie",
    b"sessionid",
    b"session_id",
];

/// In a URL's query these are secrets by themselves.
const QUERY_NAMES: [&[u8]; 8] = [b"sig", b"auth", b"key", b"code", b"pass", b"pin", b"otp", b"state"];

/// The values of what is called a password, a token and the like: `password=…`, `"api_key": "…"`.
pub(super) fn assignments(text: &[u8], found: &mut Ranges) {
    for anchor in memchr::memchr2_iter(b'=', b':', text) {
        let quote = take_back(text, anchor, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b']'));
        let (start, before) = word_before(text, quote);
        let name = text.get(start..quote).unwrap_or_default();
        let is_query = matches!(before, b'?' | b'&') && at(text, anchor) == b'=';
        let is_secret = NAMES.iter().any(|word| super::glob::find_ascii(name, word).is_some())
            || is_query && QUERY_NAMES.iter().any(|word| word.eq_ignore_ascii_case(name));
        if !is_secret {
            continue;
        }
        let from = take_while(text, anchor + 1, |byte| matches!(byte, b' ' | b'='));
        let is_escaped = at(text, from) == b'\\';
        let quoted = from + usize::from(is_escaped);
        let (value, end) = match at(text, quoted) {
            mark @ (b'"' | b'\'') => {
                let value = quoted + 1;
                let stop = if is_escaped { b'\\' } else { mark };
                (value, quote_end(text, value, stop, mark))
            }
            // What such headers hold has spaces in it.
            _ if is_header(name) => (from, take_while(text, from, |byte| !matches!(byte, b'\n' | b'\r'))),
            _ => (
                from,
                take_while(text, from, |byte| {
                    !matches!(byte, 0..=b' ' | b'&' | b',' | b';' | b')' | b'}' | b']' | b'"' | b'\'' | b'<' | b'>')
                }),
            ),
        };
        // Counts of tokens are none.
        let is_count = text.get(value..end).unwrap_or_default().iter().all(u8::is_ascii_digit)
            && end - value <= 6
            && name.to_ascii_lowercase().ends_with(b"tokens");
        if value < end && !is_count {
            found.push((value, end));
        }
    }
}

fn is_header(name: &[u8]) -> bool {
    [b"authorization".as_slice(), b"cookie"].iter().any(|word| super::glob::find_ascii(name, word).is_some())
}

/// The end of a quoted value: its quote, unless that is escaped, or the end of the text.
fn quote_end(text: &[u8], from: usize, stop: u8, mark: u8) -> usize {
    let mut end = from;
    loop {
        end = take_while(text, end, |byte| byte != stop && byte != b'\\');
        if at(text, end) == stop && (stop == mark || at(text, end + 1) == mark) || text.len() <= end {
            return end.min(text.len());
        }
        // An escape and what it escapes, which may be longer than a byte.
        end = take_while(text, end + 2, |byte| byte & 0xc0 == 0x80);
    }
}

fn take_back(text: &[u8], end: usize, fits: impl Fn(u8) -> bool) -> usize {
    let before = text.get(..end).unwrap_or_default();
    end - before.iter().rev().take_while(|&&byte| fits(byte)).count()
}

fn find(text: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    memmem::find(text.get(from..)?, needle).map(|offset| from + offset)
}

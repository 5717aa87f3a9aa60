//! Where personal data stands in a text: addresses and numbers of people. Bytes in, ranges out.

use std::net::Ipv6Addr;

use super::text::{Ranges, at, before, is_word, take_while};

/// E-mail addresses, also with the `@` escaped as in a URL.
pub(super) fn emails(text: &[u8], found: &mut Ranges) {
    let escaped = memchr::memmem::find_iter(text, b"%40").map(|place| (place, 3));
    for (place, len) in memchr::memchr_iter(b'@', text).map(|place| (place, 1)).chain(escaped) {
        let head = text.get(..place).unwrap_or_default();
        let is_local = |byte: u8| {
            is_word(byte) || !byte.is_ascii() || matches!(byte, b'.' | b'%' | b'+' | b'-' | b'\'' | b'!' | b'#' | b'$' | b'*')
        };
        let start = place - head.iter().rev().take_while(|&&byte| is_local(byte)).count();
        let from = place + len;
        let mut end = take_while(text, from, |byte| is_word(byte) || !byte.is_ascii() || matches!(byte, b'.' | b'-'));
        while matches!(before(text, end), b'.' | b'-') && from < end {
            end -= 1;
        }
        let domain = text.get(from..end).unwrap_or_default();
        // The last label has two letters at least; an address without a dot is one of a machine.
        let last = domain.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
        if start < place && last.len() < domain.len() && 2 <= last.len() && !last.iter().any(u8::is_ascii_digit) {
            found.push((start, end));
        }
    }
}

/// IPv4 and IPv6 addresses.
pub(super) fn ip_addresses(text: &[u8], found: &mut Ranges) {
    let mut from = 0;
    while let Some(offset) = memchr::memchr2(b'.', b':', text.get(from..).unwrap_or_default()) {
        let anchor = from + offset;
        let is_part = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        let head = text.get(from..anchor).unwrap_or_default();
        let start = anchor - head.iter().rev().take_while(|&&byte| is_part(byte)).count();
        let end = take_while(text, anchor, is_part);
        from = end.max(anchor + 1);
        if let Some(range) = ip_v6(text, start, end) {
            found.push(range);
        } else {
            ip_v4s(text, start, end, found);
        }
    }
}

fn ip_v6(text: &[u8], start: usize, mut end: usize) -> Option<(usize, usize)> {
    let run = text.get(start..end)?;
    if memchr::memchr_iter(b':', run).count() < 2 || is_word(before(text, start)) || is_word(at(text, end)) {
        return None;
    }
    // A sentence may end behind it.
    if run.ends_with(b".") || run.ends_with(b":") && !run.ends_with(b"::") {
        end -= 1;
    }
    let run = str::from_utf8(text.get(start..end)?).ok()?;
    (2 < run.len() && run.parse::<Ipv6Addr>().is_ok()).then_some((start, end))
}

/// In a run of digits, dots and what else may stand in addresses.
fn ip_v4s(text: &[u8], start: usize, end: usize, found: &mut Ranges) {
    let mut place = start;
    while place < end {
        let from = take_while(text, place, |byte| !byte.is_ascii_digit()).min(end);
        let stop = take_while(text, from, |byte| byte.is_ascii_digit() || byte == b'.').min(end);
        place = stop.max(from + 1);
        if from == stop {
            continue;
        }
        let mut last = stop;
        while before(text, last) == b'.' {
            last -= 1;
        }
        let octets = text.get(from..last).unwrap_or_default().split(|&byte| byte == b'.');
        let (mut n, mut all_fit) = (0, true);
        for octet in octets {
            n += 1;
            let value = octet.iter().take(4).fold(0_u32, |sum, &digit| sum * 10 + u32::from(digit.wrapping_sub(b'0')));
            all_fit &= matches!(octet.len(), 1..=3) && value <= 255;
        }
        if n == 4 && all_fit && !is_word(before(text, from)) && !is_word(at(text, last)) {
            found.push((from, last));
        }
    }
}

/// Phone numbers: with a country's code behind a plus, or ten digits as three, three and four.
pub(super) fn phone_numbers(text: &[u8], found: &mut Ranges) {
    for_each_number(text, |start, end, digits| {
        let written = text.get(start..end).unwrap_or_default();
        let groups: Vec<usize> = written.split(|byte| !byte.is_ascii_digit()).map(<[u8]>::len).filter(|&len| len != 0).collect();
        let is_international = written.starts_with(b"+") && (8..=15).contains(&digits);
        let is_national = matches!(groups.as_slice(), [3, 3, 4] | [1, 3, 3, 4]);
        if is_international || is_national {
            found.push((start, end));
        }
    });
}

/// Numbers of payment cards, whose last digit proves the others (ISO/IEC 7812), and of US social security (3-2-4).
pub(super) fn card_numbers(text: &[u8], found: &mut Ranges) {
    for_each_number(text, |start, end, digits| {
        let written = text.get(start..end).unwrap_or_default();
        let first = written.iter().find(|byte| byte.is_ascii_digit()).copied().unwrap_or(0);
        let is_card = (13..=19).contains(&digits) && (b'3'..=b'6').contains(&first) && luhn(written);
        let is_social = matches!(written.split(|&byte| byte == b'-').collect::<Vec<_>>().as_slice(), [a, b, c] if a.len() == 3 && b.len() == 2 && c.len() == 4 && digits == 9);
        if is_card || is_social {
            found.push((start, end));
        }
    });
}

fn luhn(written: &[u8]) -> bool {
    let digits = written.iter().rev().filter(|byte| byte.is_ascii_digit()).map(|&byte| u32::from(byte - b'0'));
    let sum: u32 =
        digits.enumerate().map(|(at, digit)| if at % 2 == 0 { digit } else { (digit * 2) / 10 + (digit * 2) % 10 }).sum();
    sum.is_multiple_of(10)
}

/// Each run of digits that single spaces, dots, dashes and brackets divide, with the number of its digits.
fn for_each_number(text: &[u8], mut found: impl FnMut(usize, usize, usize)) {
    let mut from = 0;
    while from < text.len() {
        let mut start = take_while(text, from, |byte| !byte.is_ascii_digit());
        if text.len() <= start {
            return;
        }
        let (mut end, mut digits, mut gap) = (start, 0, 0);
        while end + gap < text.len() && gap <= 2 {
            match at(text, end + gap) {
                byte if byte.is_ascii_digit() => {
                    digits += 1;
                    end += gap + 1;
                    gap = 0;
                }
                b' ' | b'-' | b'.' | b'(' | b')' => gap += 1,
                _ => break,
            }
        }
        from = end;
        if before(text, start) == b'(' {
            start -= 1;
        }
        if before(text, start) == b'+' {
            start -= 1;
        }
        if !is_word(before(text, start)) && !is_word(at(text, end)) {
            found(start, end, digits);
        }
    }
}

/// The values in a URL's query (RFC 3986, section 3.4).
pub(super) fn url_queries(text: &[u8], found: &mut Ranges) {
    for mark in memchr::memchr_iter(b'?', text) {
        let end = take_while(text, mark + 1, |byte| !matches!(byte, 0..=b' ' | b'"' | b'\'' | b'<' | b'>' | b'#' | b'?'));
        let mut from = mark + 1;
        while from < end {
            let stop = take_while(text, from, |byte| byte != b'&').min(end);
            let value = take_while(text, from, |byte| byte != b'=').min(stop) + 1;
            if from + 1 < value && value < stop {
                found.push((value, stop));
            }
            from = stop + 1;
        }
    }
}

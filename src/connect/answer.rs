//! Answers of a server as they are read: what stands beside the hits, and numbers that stay exact.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::Client;
use super::trouble::Trouble;

/// The end of all time, for questions that know none: the year 2100, microseconds.
pub(super) const FAR_FUTURE: u64 = 4_102_444_800_000_000;

const HOUR_MICROS: u64 = 3_600_000_000;

/// Remarks of one answer, at most.
const MAX_REMARKS: usize = 20;

/// An answer to a search; all but the hits may be missing, or be anything.
#[derive(Debug, Deserialize)]
pub(super) struct Body<H> {
    /// The rows.
    pub(super) hits: H,
    #[serde(default)]
    took: Value,
    #[serde(default)]
    scan_records: Value,
    /// The rows that the server would have given, at most.
    #[serde(default)]
    pub(super) size: Value,
    #[serde(default)]
    is_partial: Value,
    #[serde(default)]
    function_error: Value,
    #[serde(default)]
    new_start_time: Value,
    #[serde(default)]
    new_end_time: Value,
}

/// What stands beside the hits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// How long the server took, milliseconds.
    pub(super) took_millis: u64,
    /// Records that it read.
    pub(super) scanned: u64,
    /// The window that it cut the question down to, microseconds.
    pub(super) cut_to: Option<(u64, u64)>,
    /// It says that it gave fewer rows than there are.
    pub(super) is_capped: bool,
    /// What it says, as sentences.
    pub(super) remarks: Vec<String>,
}

/// Reads an answer that must be a JSON object.
pub(super) fn read<T: DeserializeOwned>(client: &Client, body: &[u8], expected: &'static str) -> Result<T, Trouble> {
    // An array would be taken for an object whose keys were left out.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Trouble::Garbled { expected, found: client.found(body) });
    }
    serde_json::from_slice(body).map_err(|error| Trouble::Garbled { expected, found: client.words(&error.to_string()) })
}

impl<H> Body<H> {
    /// What stands beside the hits of an answer about `window`.
    pub(super) fn beside(&self, client: &Client, window: (u64, u64)) -> Beside {
        let said: Vec<&str> = match &self.function_error {
            Value::String(text) => vec![text],
            Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let cut_to = match (integer(&self.new_start_time), integer(&self.new_end_time)) {
            (Some(start), Some(end)) => Some((start, end)),
            // The list of traces says it in words only.
            _ => said.iter().find_map(|text| hours_of_restriction(text)).map(|hours| {
                let start = window.1.saturating_sub(hours.saturating_mul(HOUR_MICROS));
                (start.max(window.0), window.1)
            }),
        };
        let cut_to = cut_to.filter(|&cut| cut.0 > window.0 || cut.1 < window.1);
        let mut remarks: Vec<String> = Vec::new();
        for text in said.iter().map(|text| client.words(text)).filter(|text| !text.is_empty()) {
            let remark = format!("The server says: {}.", text.trim_end_matches('.'));
            if !remarks.contains(&remark) && remarks.len() < MAX_REMARKS {
                remarks.push(remark);
            }
        }
        if remarks.is_empty() && self.is_partial == Value::Bool(true) {
            remarks.push("The server says that this is only a part of its answer.".to_owned());
        }
        Beside {
            took_millis: integer(&self.took).unwrap_or(0),
            scanned: integer(&self.scan_records).unwrap_or(0),
            cut_to,
            is_capped: said.iter().any(|text| text.contains("capped")),
            remarks,
        }
    }
}

/// `Query duration is modified due to query range restriction of 1 hours`.
fn hours_of_restriction(text: &str) -> Option<u64> {
    let (_, after) = text.split_once("range restriction of ")?;
    after.split(' ').next()?.parse().ok().filter(|&hours| hours != 0)
}

/// A whole number, exact, also where it is written as text.
pub(super) fn integer(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A window as the server takes it.
pub(super) fn window((start, end): (u64, u64)) -> Result<(u64, u64), Trouble> {
    let (start, end) = (start.max(1), end.min(FAR_FUTURE));
    if start < end {
        return Ok((start, end));
    }
    Err(Trouble::Question("the time range is empty: it ends before it begins".to_owned()))
}

//! One attribute value as text: what the clipboard gets.

use super::json::JsonWriter;
use crate::base::IdxRange;
use crate::base::text::base64_from_bytes;
use crate::model::{AttributeIdx, Dataset, Value};

/// A value in full: text as it is, bytes in base64, arrays and maps as JSON.
pub fn text_of_value(dataset: &Dataset, at: AttributeIdx) -> String {
    match dataset.attributes.value(at) {
        Value::Empty => String::new(),
        Value::String(text) => dataset.str(text).to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => double(number),
        Value::Bytes(bytes) => base64_from_bytes(bytes),
        Value::Array(_) | Value::KvList(_) => json_of_value(dataset, at),
    }
}

/// A double as JSON would have it, or `NaN`, `Infinity`, `-Infinity`.
pub(super) fn double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-Infinity" } else { "Infinity" }.to_owned();
    }
    // Rust's shortest form that reads back as the same number; `1e300` instead of 300 zeros.
    format!("{number:?}")
}

fn json_of_value(dataset: &Dataset, at: AttributeIdx) -> String {
    let mut json = JsonWriter::default();
    // Ranges that wait behind the one being written, each with whether its rows have keys.
    let mut pending: Vec<(IdxRange<AttributeIdx>, bool)> = vec![(IdxRange::new(at.0, at.0 + 1), false)];
    while let Some((rows, has_keys)) = pending.pop() {
        let Some(row) = rows.first() else {
            json.close();
            continue;
        };
        pending.push((IdxRange::new(rows.start + 1, rows.end), has_keys));
        if has_keys {
            json.key(dataset.str(dataset.attributes.key(row)));
        }
        match dataset.attributes.value(row) {
            Value::Empty => json.bare("null"),
            Value::String(text) => json.string(dataset.str(text)),
            Value::Bool(flag) => json.bare(flag),
            Value::Int(number) => json.bare(number),
            Value::Double(number) if number.is_finite() => json.bare(double(number)),
            Value::Double(number) => json.string(&double(number)),
            Value::Bytes(bytes) => json.string(&base64_from_bytes(bytes)),
            Value::Array(inner) => {
                json.open_array();
                pending.push((inner, false));
            }
            Value::KvList(inner) => {
                json.open_object();
                pending.push((inner, true));
            }
        }
    }
    json.finish()
}

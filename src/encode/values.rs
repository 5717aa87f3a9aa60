//! Values for formats that know fewer types than OpenTelemetry: as plain JSON, and as text.

use std::borrow::Cow;

use super::json::JsonWriter;
use super::plain::double;
use super::shown::{Entries, Shown, ShownValue};
use crate::base::text::base64_from_bytes;

/// A value as plain JSON: bytes in base64, what is empty as `null`, doubles that JSON has no number for as text.
pub(super) fn json_value(json: &mut JsonWriter, shown: &Shown<'_>, value: ShownValue<'_>) {
    // Lists that are open, innermost last, each with whether its entries have keys.
    let mut pending: Vec<(Entries, bool)> = Vec::new();
    let mut next = Some(value);
    loop {
        if let Some(value) = next.take() {
            match value {
                ShownValue::Array(inner) => {
                    json.open_array();
                    pending.push((inner, false));
                }
                ShownValue::KvList(inner) => {
                    json.open_object();
                    pending.push((inner, true));
                }
                scalar => json_scalar(json, scalar),
            }
        }
        let Some((entries, has_keys)) = pending.last_mut() else { return };
        if let Some((key, value)) = shown.next(entries) {
            if *has_keys {
                json.key(key.as_str());
            }
            next = Some(value);
        } else {
            json.close();
            pending.pop();
        }
    }
}

fn json_scalar(json: &mut JsonWriter, value: ShownValue<'_>) {
    match value {
        ShownValue::String(text) => json.string(text.as_str()),
        ShownValue::Bool(flag) => json.bare(flag),
        ShownValue::Int(number) => json.bare(number),
        ShownValue::Double(number) if number.is_finite() => json.bare(double(number)),
        ShownValue::Double(number) => json.string(&double(number)),
        ShownValue::Bytes(bytes) => json.string(&base64_from_bytes(bytes)),
        ShownValue::Empty | ShownValue::Array(_) | ShownValue::KvList(_) => json.bare("null"),
    }
}

/// A list of attributes as one JSON object.
pub(super) fn json_object(json: &mut JsonWriter, shown: &Shown<'_>, entries: Entries) {
    json_value(json, shown, ShownValue::KvList(entries));
}

/// A value as text: arrays and maps as JSON, what is empty as nothing.
pub(super) fn text<'a>(shown: &Shown<'a>, value: ShownValue<'a>) -> Cow<'a, str> {
    match value {
        ShownValue::Empty => Cow::Borrowed(""),
        ShownValue::String(text) => Cow::Borrowed(text.as_str()),
        ShownValue::Bool(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
        ShownValue::Int(number) => Cow::Owned(number.to_string()),
        ShownValue::Double(number) => Cow::Owned(double(number)),
        ShownValue::Bytes(bytes) => Cow::Owned(base64_from_bytes(bytes)),
        ShownValue::Array(_) | ShownValue::KvList(_) => {
            let mut json = JsonWriter::compact();
            json_value(&mut json, shown, value);
            Cow::Owned(json.finish())
        }
    }
}

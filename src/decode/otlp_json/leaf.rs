//! What spans, resources and scopes are read with: texts, ids, times, counts and enums.

use super::compact::Learned;
use super::known::{Known, Owner};
use super::notes::Notes;
use super::span::SpanMember;
use crate::base::StrId;
use crate::base::text::bytes_from_base64;
use crate::decode::json::number::{decimal, digits, hex16};
use crate::decode::json::{Cursor, Raw, Stop, unescape};
use crate::model::{AttributeWriter, Batch, FindingKind, SpanKey, SpanKind, StatusCode, TraceKey};

use super::value::Nest;

/// What outlives one leaf: buffers that are used again, and what is told once it is complete.
#[derive(Clone, Debug, Default)]
pub(in crate::decode) struct Parts {
    pub(in crate::decode) writer: AttributeWriter,
    pub(in crate::decode) nest: Vec<Nest>,
    pub(super) notes: Notes,
    pub(in crate::decode) scratch: Vec<u8>,
    pub(super) known: Known,
    /// How the attributes of each kind of owner are laid out.
    pub(super) layouts: [Learned; Owner::COUNT],
    /// What came after each member of a span the last time.
    pub(super) next_member: [SpanMember; SpanMember::COUNT],
    /// Attributes, events and links that the producer dropped.
    pub(super) dropped: u64,
    /// Whether `snake_case` names were met in this document.
    pub(super) snake_case: bool,
}

impl Parts {
    /// Forgets the leaf that was begun.
    pub(super) fn clear(&mut self) {
        self.writer.clear();
        self.nest.clear();
        self.notes.clear();
        self.dropped = 0;
    }
}

/// Reads one leaf.
pub(in crate::decode) struct Leaf<'a, 'b> {
    pub(in crate::decode) cursor: Cursor<'a>,
    pub(in crate::decode) batch: &'b mut Batch,
    pub(in crate::decode) parts: &'b mut Parts,
}

/// An integer field as it was found.
pub(super) enum Integer {
    /// Not there.
    Absent,
    /// Its value.
    Is(i128),
    /// A text that is no number; the text is what enums are named by.
    Text(NameOf),
    /// Neither text nor number, and skipped.
    Other,
}

/// The start of a name, enough to know any enum's by.
pub(super) type NameOf = [u8; 32];

impl<'a> Leaf<'a, '_> {
    #[cold]
    pub(in crate::decode) fn note(&mut self, kind: FindingKind, field: &'static str, note: &'static str) {
        self.parts.notes.add(kind, self.cursor.at, field, note);
    }

    /// Enters the object that is the next value. Anything else is skipped and gives `false`.
    #[inline]
    pub(in crate::decode) fn enter_object(&mut self, field: &'static str) -> Result<bool, Stop> {
        self.enter(b'{', field, "expected an object")
    }

    /// Enters the array that is the next value. Anything else is skipped and gives `false`.
    #[inline]
    pub(in crate::decode) fn enter_array(&mut self, field: &'static str) -> Result<bool, Stop> {
        self.enter(b'[', field, "expected an array")
    }

    #[inline]
    fn enter(&mut self, open: u8, field: &'static str, note: &'static str) -> Result<bool, Stop> {
        let byte = self.cursor.token()?;
        if byte == open {
            self.cursor.at += 1;
            return Ok(true);
        }
        self.wrong_type(byte, field, note)?;
        Ok(false)
    }

    /// Skips a value that is not of its field's type; `null` is as good as no field.
    #[cold]
    pub(in crate::decode) fn wrong_type(&mut self, byte: u8, field: &'static str, note: &'static str) -> Result<(), Stop> {
        if byte != b'n' {
            self.note(FindingKind::WrongType, field, note);
        }
        self.cursor.skip_value()
    }

    /// The symbol of a string's text.
    #[inline]
    pub(in crate::decode) fn intern(&mut self, raw: Raw<'a>, field: &'static str) -> StrId {
        if raw.escaped {
            return self.intern_escaped(raw, field);
        }
        let (text, repaired) = self.batch.strings.intern_bytes(raw.bytes);
        if repaired {
            self.note(FindingKind::BadText, field, "not UTF-8");
        }
        text
    }

    #[cold]
    fn intern_escaped(&mut self, raw: Raw<'a>, field: &'static str) -> StrId {
        self.parts.scratch.clear();
        let guessed = unescape(raw.bytes, &mut self.parts.scratch);
        let (text, repaired) = self.batch.strings.intern_bytes(&self.parts.scratch);
        if guessed || repaired {
            self.note(FindingKind::BadText, field, if guessed { "an escape that stands for no character" } else { "not UTF-8" });
        }
        text
    }

    /// A text field.
    #[inline]
    pub(in crate::decode) fn text(&mut self, field: &'static str) -> Result<StrId, Stop> {
        let byte = self.cursor.token()?;
        if byte != b'"' {
            self.wrong_type(byte, field, "expected a string")?;
            return Ok(StrId::EMPTY);
        }
        let raw = self.cursor.string()?;
        Ok(self.intern(raw, field))
    }

    /// A text that may come again.
    #[inline]
    pub(in crate::decode) fn name(&mut self, field: &'static str) -> Result<StrId, Stop> {
        self.cursor.token()?;
        match self.compact_name() {
            Some(name) => Ok(name),
            None => self.text(field),
        }
    }

    /// The text of a string field where it is short and plain, as ids, times and enums are; `None` after anything else but a
    /// string, which is skipped.
    #[inline]
    fn plain_string(&mut self, field: &'static str) -> Result<Option<Raw<'a>>, Stop> {
        let byte = self.cursor.token()?;
        if byte == b'"' {
            return self.cursor.string().map(Some);
        }
        if matches!(byte, b'0'..=b'9' | b'-') {
            // An id as a number: an irregular one, known by its digits.
            return Ok(Some(Raw { bytes: self.cursor.scalar()?, escaped: false }));
        }
        self.wrong_type(byte, field, "expected a string")?;
        Ok(None)
    }

    /// A trace id.
    pub(in crate::decode) fn trace_id(&mut self, field: &'static str) -> Result<TraceKey, Stop> {
        self.cursor.token()?;
        if let Some([b'"', digits @ .., b'"']) = self.cursor.rest().first_chunk::<34>()
            && let Some((high, low)) = digits.split_first_chunk::<16>()
            && let Some((low, _)) = low.split_first_chunk::<16>()
            && let (Some(high), Some(low)) = (hex16(high), hex16(low))
        {
            self.cursor.at += 34;
            return Ok(TraceKey::from_number(u128::from(high) << 64 | u128::from(low)));
        }
        self.odd_trace_id(field)
    }

    fn odd_trace_id(&mut self, field: &'static str) -> Result<TraceKey, Stop> {
        let Some(raw) = self.plain_string(field)? else { return Ok(TraceKey::Missing) };
        if let Some((high, low)) = raw.bytes.split_first_chunk::<16>()
            && let Ok(low) = low.try_into()
            && let (Some(high), Some(low)) = (hex16(high), hex16(low))
        {
            return Ok(TraceKey::from_number(u128::from(high) << 64 | u128::from(low)));
        }
        if is_unset(raw.bytes) {
            return Ok(TraceKey::Missing);
        }
        if let Some(bytes) = self.base64_id::<16>(raw, 24, field) {
            return Ok(TraceKey::from_number(u128::from_be_bytes(bytes)));
        }
        Ok(TraceKey::Text(self.intern(raw, field)))
    }

    /// A span id.
    pub(in crate::decode) fn span_id(&mut self, field: &'static str) -> Result<SpanKey, Stop> {
        self.cursor.token()?;
        if let Some([b'"', digits @ .., b'"']) = self.cursor.rest().first_chunk::<18>()
            && let Some((digits, _)) = digits.split_first_chunk::<16>()
            && let Some(number) = hex16(digits)
        {
            self.cursor.at += 18;
            return Ok(SpanKey::from_number(number));
        }
        if self.cursor.take(b"\"\"") {
            return Ok(SpanKey::Missing);
        }
        self.odd_span_id(field)
    }

    fn odd_span_id(&mut self, field: &'static str) -> Result<SpanKey, Stop> {
        let Some(raw) = self.plain_string(field)? else { return Ok(SpanKey::Missing) };
        if let Ok(digits) = raw.bytes.try_into()
            && let Some(number) = hex16(digits)
        {
            return Ok(SpanKey::from_number(number));
        }
        if is_unset(raw.bytes) {
            return Ok(SpanKey::Missing);
        }
        if let Some(bytes) = self.base64_id::<8>(raw, 12, field) {
            return Ok(SpanKey::from_number(u64::from_be_bytes(bytes)));
        }
        Ok(SpanKey::Text(self.intern(raw, field)))
    }

    fn base64_id<const N: usize>(&mut self, raw: Raw<'a>, len: usize, field: &'static str) -> Option<[u8; N]> {
        // A slash may stand escaped.
        let text = if raw.escaped {
            self.parts.scratch.clear();
            unescape(raw.bytes, &mut self.parts.scratch);
            self.parts.scratch.as_slice()
        } else {
            raw.bytes
        };
        let bytes = if text.len() == len { bytes_from_base64(text)?.try_into().ok()? } else { return None };
        self.note(FindingKind::Base64Id, field, "read as base64");
        Some(bytes)
    }

    /// A time: nanoseconds since the epoch.
    #[inline]
    pub(in crate::decode) fn time(&mut self, field: &'static str) -> Result<u64, Stop> {
        // `"1544712660000000000"`: a quote, 19 digits, a quote.
        if self.cursor.token()? == b'"'
            && let Some([b'"', text @ .., b'"']) = self.cursor.rest().first_chunk::<21>()
            && let Some(time) = digits(text)
        {
            self.cursor.at += 21;
            return Ok(time);
        }
        self.odd_time(field)
    }

    fn odd_time(&mut self, field: &'static str) -> Result<u64, Stop> {
        let value = self.integer(field, TimeIsFloat::Tell)?;
        Ok(self.in_range(&value, field))
    }

    /// A 32-bit count or set of flags.
    #[inline]
    pub(in crate::decode) fn small(&mut self, field: &'static str) -> Result<u32, Stop> {
        self.cursor.token()?;
        let start = self.cursor.at;
        if let Some(number) = self.cursor.digits_to(b',').and_then(|number| u32::try_from(number).ok()) {
            return Ok(number);
        }
        self.cursor.at = start;
        self.odd_small(field)
    }

    fn odd_small(&mut self, field: &'static str) -> Result<u32, Stop> {
        let value = self.integer(field, TimeIsFloat::Ignore)?;
        Ok(self.in_range(&value, field))
    }

    fn in_range<T: TryFrom<i128> + Default>(&mut self, value: &Integer, field: &'static str) -> T {
        match *value {
            Integer::Is(value) => match T::try_from(value) {
                Ok(value) => return value,
                Err(_) => self.note(FindingKind::BadNumber, field, "out of range"),
            },
            Integer::Text(_) => self.note(FindingKind::BadNumber, field, "not a number"),
            Integer::Absent | Integer::Other => {}
        }
        T::default()
    }

    /// The text of an `intValue`.
    #[inline]
    pub(super) fn int_text(&mut self, text: &[u8]) -> i64 {
        match digits(text).and_then(|number| i64::try_from(number).ok()) {
            Some(number) => number,
            None => self.odd_int_text(text),
        }
    }

    #[cold]
    fn odd_int_text(&mut self, text: &[u8]) -> i64 {
        let number = decimal(text).filter(|number| number.exact).and_then(|number| i64::try_from(number.value).ok());
        if number.is_none() {
            self.note(FindingKind::BadNumber, "attributes", "not a 64-bit integer");
        }
        number.unwrap_or_default()
    }

    /// A 64-bit integer, as a text or a number; nothing where there is none.
    pub(super) fn int(&mut self, field: &'static str) -> Result<Option<i64>, Stop> {
        let value = self.integer(field, TimeIsFloat::Ignore)?;
        let is_there = matches!(value, Integer::Is(_) | Integer::Text(_));
        let number = self.in_range(&value, field);
        Ok(is_there.then_some(number))
    }

    /// A float, as a number or as a text such as "NaN"; nothing where there is none.
    pub(super) fn double(&mut self, field: &'static str) -> Result<Option<f64>, Stop> {
        let byte = self.cursor.token()?;
        let text = match byte {
            b'"' => self.cursor.string()?.bytes,
            b'0'..=b'9' | b'-' | b'+' | b'.' => self.cursor.scalar()?,
            _ => {
                self.wrong_type(byte, field, "expected a number")?;
                return Ok(None);
            }
        };
        let number = super::value::double(text);
        if number.is_none() {
            self.note(FindingKind::BadNumber, field, "not a number");
        }
        Ok(number)
    }

    fn integer(&mut self, field: &'static str, floats: TimeIsFloat) -> Result<Integer, Stop> {
        let byte = self.cursor.token()?;
        let text = match byte {
            b'"' => self.cursor.string()?.bytes,
            b'0'..=b'9' | b'-' | b'+' | b'.' => self.cursor.scalar()?,
            _ => {
                self.wrong_type(byte, field, "expected a number")?;
                return Ok(if byte == b'n' { Integer::Absent } else { Integer::Other });
            }
        };
        if let Some(value) = digits(text) {
            return Ok(Integer::Is(i128::from(value)));
        }
        if text.is_empty() {
            return Ok(Integer::Absent);
        }
        match decimal(text) {
            Some(number) => {
                if !number.plain && matches!(floats, TimeIsFloat::Tell) {
                    self.note(FindingKind::InexactTime, field, if number.exact { "a float" } else { "a float with a fraction" });
                }
                Ok(Integer::Is(number.value))
            }
            None => Ok(Integer::Text(name_of(text))),
        }
    }

    /// A span kind, and its number where OpenTelemetry does not know it.
    #[inline]
    pub(in crate::decode) fn kind(&mut self) -> Result<(SpanKind, Option<i32>), Stop> {
        const FIELD: &str = "kind";
        const NAMES: [&[u8]; 6] = [b"UNSPECIFIED", b"INTERNAL", b"SERVER", b"CLIENT", b"PRODUCER", b"CONSUMER"];
        self.cursor.token()?;
        // One digit: what nearly every kind is.
        if let Some(&[digit @ b'0'..=b'5', b',' | b'}']) = self.cursor.rest().first_chunk::<2>() {
            self.cursor.at += 1;
            return Ok((SpanKind::from_number(i64::from(digit - b'0')).unwrap_or_default(), None));
        }
        let Some(number) = self.enum_number(FIELD, b"SPAN_KIND_", &NAMES)? else { return Ok((SpanKind::default(), None)) };
        if let Some(kind) = SpanKind::from_number(number) {
            return Ok((kind, None));
        }
        self.note(FindingKind::UnknownEnum, FIELD, "a number that OpenTelemetry does not know");
        Ok((SpanKind::default(), i32::try_from(number).ok()))
    }

    /// A status code.
    pub(in crate::decode) fn status_code(&mut self) -> Result<StatusCode, Stop> {
        const FIELD: &str = "status.code";
        const NAMES: [&[u8]; 3] = [b"UNSET", b"OK", b"ERROR"];
        let Some(number) = self.enum_number(FIELD, b"STATUS_CODE_", &NAMES)? else { return Ok(StatusCode::default()) };
        let code = StatusCode::from_number(number);
        if code.is_none() {
            self.note(FindingKind::UnknownEnum, FIELD, "a number that OpenTelemetry does not know");
        }
        Ok(code.unwrap_or_default())
    }

    pub(super) fn enum_number(&mut self, field: &'static str, prefix: &[u8], names: &[&[u8]]) -> Result<Option<i64>, Stop> {
        let text = match self.integer(field, TimeIsFloat::Ignore)? {
            Integer::Is(number) => return Ok(Some(i64::try_from(number).unwrap_or(i64::MAX))),
            Integer::Text(text) => text,
            Integer::Absent | Integer::Other => return Ok(None),
        };
        let name = text.split(|&byte| byte == 0).next().unwrap_or_default();
        let bare = match name.split_at_checked(prefix.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(prefix) => rest,
            _ => name,
        };
        let found = names.iter().position(|name| name.eq_ignore_ascii_case(bare)).and_then(|at| i64::try_from(at).ok());
        match found {
            Some(_) => self.note(FindingKind::EnumByName, field, "a name"),
            None => self.note(FindingKind::UnknownEnum, field, "a name that OpenTelemetry does not know"),
        }
        Ok(found)
    }

    /// The key itself, escapes resolved, for matching.
    #[inline]
    pub(in crate::decode) fn key_bytes<'k>(raw: Raw<'k>, scratch: &'k mut Vec<u8>) -> &'k [u8] {
        if raw.escaped {
            scratch.clear();
            unescape(raw.bytes, scratch);
            return scratch;
        }
        raw.bytes
    }
}

/// Whether a float is worth telling: times lose their nanoseconds.
#[derive(Clone, Copy)]
enum TimeIsFloat {
    Tell,
    Ignore,
}

/// Whether an id is as good as none: empty or zeros.
fn is_unset(id: &[u8]) -> bool {
    id.iter().all(|&digit| digit == b'0')
}

fn name_of(text: &[u8]) -> NameOf {
    let mut name = NameOf::default();
    for (to, &from) in name.iter_mut().zip(text) {
        *to = from;
    }
    name
}

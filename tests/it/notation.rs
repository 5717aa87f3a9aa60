//! A text notation for traces: what tests write, and what [`dump`](super::dump) prints of any data set.
//!
//! ```text
//! trace a1                                             short hex ids are filled up with zeros; `at <ns>` sets the origin
//!   frontend  GET /cart          0..120ms  server      indentation is parenthood; then service, name, interval, kind
//!     cart    Cart.get          10..80ms   client  @rpc.retries=2 @peer="a b"
//!       db    SELECT cart       20..70ms   client  !error "timeout"
//!       | event 65ms "exception" @exception.type="Timeout"
//!       | link a2/1 state="k=v"                        lines with a bar go on with the span above
//!     cart    Cart.audit        90..-      client      # has no end; what follows a lone # is a comment
//!     cart    Cart.lost         90..91ms   ~orphan     its parent is nowhere
//! ```
//! Columns are parted by two spaces or more. Anything odd is written in quotes. Values are `"text"`, `12`, `1.5`, `true`,
//! `null`, `[…]`, `{"key": …}` and `b64"…"`. `id=`, `parent=`, `flags=`, `state=`, `dropped=attributes,events,links`,
//! `kind=` and `scope=` say what is usually left out. A first column or scope that stands for more than a name is defined
//! before the traces: `resource cart#1 @service.name="cart" @host="h" url="…"`, `scope lib#1 "lib" "1.0" @a=1`.

use std::collections::BTreeMap;

use spanwise::base::StrId;
use spanwise::base::text::bytes_from_base64;
use spanwise::model::{
    AttributeIdx, AttributeWriter, Batch, Dataset, EventDraft, ImportReport, LinkDraft, ResourceSlot, ScopeSlot, SpanDraft,
    SpanKey, SpanKind, StatusCode, TraceKey,
};

type Attributes = spanwise::base::IdxRange<AttributeIdx>;

/// Where offsets count from, unless a trace says otherwise.
pub(crate) const ORIGIN: u64 = 1_700_000_000_000_000_000;

/// The parent that `~orphan` names.
const NOWHERE: u64 = 0xdead_dead_dead_dead;

/// The data set that a text describes.
pub(crate) fn dataset(text: &str) -> Dataset {
    Dataset::seal(batch(text), ImportReport::default())
}

/// The batch that a text describes, spans in the order of its lines.
pub(crate) fn batch(text: &str) -> Batch {
    let mut reader = Reader::default();
    for (number, line) in text.lines().enumerate() {
        reader.line(line).unwrap_or_else(|error| panic!("line {}: {error}: {line:?}", number + 1));
    }
    reader.end_span();
    reader.batch
}

#[derive(Default)]
struct Reader {
    batch: Batch,
    writer: AttributeWriter,
    resources: BTreeMap<String, ResourceSlot>,
    scopes: BTreeMap<String, ScopeSlot>,
    trace: TraceKey,
    origin: u64,
    next_id: u64,
    /// Indentation and id of the spans that the next line may stand under.
    above: Vec<(usize, SpanKey)>,
    /// The span whose lines are being read.
    open: Option<OpenSpan>,
}

/// Rows of attributes, events and links must follow each other, so a span is kept until its last line is read.
#[derive(Default)]
struct OpenSpan {
    draft: SpanDraft,
    attributes: Vec<(String, Value)>,
    events: Vec<(EventDraft, Vec<(String, Value)>)>,
    links: Vec<(LinkDraft, Vec<(String, Value)>)>,
}

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Empty,
    Text(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Vec<u8>),
    Array(Vec<Self>),
    Map(Vec<(String, Self)>),
}

/// `name`, `name=value`, `@key=value`, `!status` or a bare text.
#[derive(Debug)]
enum Token {
    Word(String),
    Field(String, Value),
    Attribute(String, Value),
    Text(String),
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let indent = line.len() - line.trim_start().len();
        let mut cursor = Cursor { text: line, at: indent };
        if cursor.at_end() {
            return Ok(());
        }
        if indent == 0 {
            self.end_span();
            let word = cursor.word();
            return match word.as_str() {
                "trace" => self.trace_line(&mut cursor),
                "resource" => self.resource_line(&mut cursor),
                "scope" => self.scope_line(&mut cursor),
                _ => Err(format!("a line that is not indented begins with trace, resource or scope, not {word}")),
            };
        }
        if cursor.eat("|") { self.bar_line(&mut cursor) } else { self.span_line(&mut cursor, indent) }
    }

    fn trace_line(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let id = cursor.id()?;
        self.trace = trace_key(&mut self.batch, &id)?;
        self.origin = ORIGIN;
        (self.next_id, self.above) = (1, Vec::new());
        match cursor.tokens()?.as_slice() {
            [] => {}
            [Token::Word(at), Token::Word(origin)] if at == "at" => {
                self.origin = origin.parse().map_err(|error| format!("{error}"))?;
            }
            tokens => return Err(format!("expected `at <ns>`, but found {tokens:?}")),
        }
        Ok(())
    }

    fn resource_line(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let label = cursor.column()?;
        let (mut attributes, mut url, mut dropped) = (Vec::new(), StrId::EMPTY, 0);
        for token in cursor.tokens()? {
            match token {
                Token::Attribute(key, value) => attributes.push((key, value)),
                Token::Field(name, Value::Text(text)) if name == "url" => url = self.batch.strings.intern(&text),
                Token::Field(name, Value::Int(number)) if name == "dropped" => dropped = number_u32(number)?,
                token => return Err(format!("a resource has no {token:?}")),
            }
        }
        let slot = self.batch.open_resource();
        let rows = self.write(&attributes);
        self.batch.set_resource(slot, rows, url, dropped);
        self.resources.insert(label, slot);
        Ok(())
    }

    fn scope_line(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let label = cursor.column()?;
        let (mut attributes, mut url, mut dropped) = (Vec::new(), StrId::EMPTY, 0);
        let mut texts = Vec::new();
        for token in cursor.tokens()? {
            match token {
                Token::Attribute(key, value) => attributes.push((key, value)),
                Token::Text(text) => texts.push(self.batch.strings.intern(&text)),
                Token::Field(name, Value::Text(text)) if name == "url" => url = self.batch.strings.intern(&text),
                Token::Field(name, Value::Int(number)) if name == "dropped" => dropped = number_u32(number)?,
                token => return Err(format!("a scope has no {token:?}")),
            }
        }
        texts.resize(2, StrId::EMPTY);
        let slot = self.batch.open_scope();
        let rows = self.write(&attributes);
        self.batch.set_scope(slot, texts[0], texts[1], url, rows, dropped);
        self.scopes.insert(label, slot);
        Ok(())
    }

    fn span_line(&mut self, cursor: &mut Cursor<'_>, indent: usize) -> Result<(), String> {
        self.end_span();
        while self.above.last().is_some_and(|above| indent <= above.0) {
            self.above.pop();
        }
        let label = cursor.column()?;
        let resource = self.resource(&label);
        let name = cursor.column()?;
        let (start, end) = cursor.interval(self.origin)?;
        let parent = self.above.last().map_or(SpanKey::Missing, |above| above.1);
        let draft = SpanDraft {
            trace: self.trace,
            id: SpanKey::Regular(self.next_id),
            parent,
            name: self.batch.strings.intern(&name),
            start,
            end,
            resource,
            scope: self.scope(""),
            ..SpanDraft::default()
        };
        self.next_id += 1;
        let mut span = OpenSpan { draft, ..OpenSpan::default() };
        let mut tokens = cursor.tokens()?.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let draft = &mut span.draft;
            match token {
                Token::Attribute(key, value) => span.attributes.push((key, value)),
                Token::Field(name, value) => match (name.as_str(), value) {
                    ("id", Value::Text(id)) => draft.id = span_key(&mut self.batch, &id)?,
                    ("parent", Value::Text(id)) => draft.parent = span_key(&mut self.batch, &id)?,
                    ("scope", Value::Text(label)) => draft.scope = self.scope(&label),
                    ("state", Value::Text(text)) => draft.trace_state = self.batch.strings.intern(&text),
                    ("flags", Value::Int(number)) => draft.flags = number_u32(number)?,
                    ("kind", Value::Int(number)) => {
                        draft.unknown_kind = Some(i32::try_from(number).map_err(|error| format!("{error}"))?);
                    }
                    ("dropped", Value::Text(counts)) => {
                        let counts: Vec<u32> = counts.split(',').filter_map(|count| count.parse().ok()).collect();
                        let &[attributes, events, links] = counts.as_slice() else { return Err("three counts".to_owned()) };
                        (draft.dropped_attributes, draft.dropped_events, draft.dropped_links) = (attributes, events, links);
                    }
                    (name, value) => return Err(format!("a span has no {name}={value:?}")),
                },
                Token::Word(word) if word.starts_with('!') => {
                    draft.status = match word.as_str() {
                        "!unset" => StatusCode::Unset,
                        "!ok" => StatusCode::Ok,
                        "!error" => StatusCode::Error,
                        _ => return Err(format!("no status {word}")),
                    };
                    if let Some(Token::Text(message)) = tokens.next_if(|token| matches!(token, Token::Text(_))) {
                        draft.status_message = self.batch.strings.intern(&message);
                    }
                }
                Token::Word(word) => match word.as_str() {
                    "~orphan" => draft.parent = SpanKey::Regular(NOWHERE),
                    "internal" => draft.kind = SpanKind::Internal,
                    "server" => draft.kind = SpanKind::Server,
                    "client" => draft.kind = SpanKind::Client,
                    "producer" => draft.kind = SpanKind::Producer,
                    "consumer" => draft.kind = SpanKind::Consumer,
                    _ => return Err(format!("a span has no {word}")),
                },
                Token::Text(text) => return Err(format!("a span has no text {text:?} here")),
            }
        }
        self.above.push((indent, span.draft.id));
        self.open = Some(span);
        Ok(())
    }

    fn bar_line(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let mut span = self.open.take().ok_or("no span above")?;
        cursor.skip_blanks();
        if cursor.rest().starts_with('@') {
            for token in cursor.tokens()? {
                let Token::Attribute(key, value) = token else { return Err(format!("expected attributes, but found {token:?}")) };
                span.attributes.push((key, value));
            }
            self.open = Some(span);
            return Ok(());
        }
        match cursor.word().as_str() {
            "event" => {
                let time = cursor.time(self.origin)?;
                let mut event = EventDraft { time, ..EventDraft::default() };
                let mut attributes = Vec::new();
                for token in cursor.tokens()? {
                    match token {
                        Token::Text(name) => event.name = self.batch.strings.intern(&name),
                        Token::Attribute(key, value) => attributes.push((key, value)),
                        Token::Field(name, Value::Int(n)) if name == "dropped" => event.dropped_attributes = number_u32(n)?,
                        token => return Err(format!("an event has no {token:?}")),
                    }
                }
                span.events.push((event, attributes));
            }
            "link" => {
                let trace = cursor.id()?;
                let id = if cursor.eat("/") { cursor.id()? } else { "-".to_owned() };
                let trace = trace_key(&mut self.batch, &trace)?;
                let mut link = LinkDraft { trace, span: span_key(&mut self.batch, &id)?, ..LinkDraft::default() };
                let mut attributes = Vec::new();
                for token in cursor.tokens()? {
                    match token {
                        Token::Attribute(key, value) => attributes.push((key, value)),
                        Token::Field(name, Value::Text(text)) if name == "state" => {
                            link.trace_state = self.batch.strings.intern(&text);
                        }
                        Token::Field(name, Value::Int(n)) if name == "flags" => link.flags = number_u32(n)?,
                        Token::Field(name, Value::Int(n)) if name == "dropped" => link.dropped_attributes = number_u32(n)?,
                        token => return Err(format!("a link has no {token:?}")),
                    }
                }
                span.links.push((link, attributes));
            }
            word => return Err(format!("expected event, link or attributes, but found {word}")),
        }
        self.open = Some(span);
        Ok(())
    }

    fn end_span(&mut self) {
        let Some(mut span) = self.open.take() else { return };
        span.draft.attributes = self.write(&span.attributes);
        let first = self.batch.next_event();
        for (mut event, attributes) in span.events {
            event.attributes = self.write(&attributes);
            self.batch.push_event(&event);
        }
        span.draft.events = spanwise::base::IdxRange::new(first.0, self.batch.next_event().0);
        let first = self.batch.next_link();
        for (mut link, attributes) in span.links {
            link.attributes = self.write(&attributes);
            self.batch.push_link(&link);
        }
        span.draft.links = spanwise::base::IdxRange::new(first.0, self.batch.next_link().0);
        self.batch.push_span(&span.draft);
    }

    fn resource(&mut self, label: &str) -> ResourceSlot {
        if let Some(&slot) = self.resources.get(label) {
            return slot;
        }
        let slot = self.batch.open_resource();
        if label != "-" {
            let rows = self.write(&[("service.name".to_owned(), Value::Text(label.to_owned()))]);
            self.batch.set_resource(slot, rows, StrId::EMPTY, 0);
        }
        self.resources.insert(label.to_owned(), slot);
        slot
    }

    fn scope(&mut self, label: &str) -> ScopeSlot {
        if let Some(&slot) = self.scopes.get(label) {
            return slot;
        }
        let slot = self.batch.open_scope();
        let name = self.batch.strings.intern(label);
        self.batch.set_scope(slot, name, StrId::EMPTY, StrId::EMPTY, Attributes::default(), 0);
        self.scopes.insert(label.to_owned(), slot);
        slot
    }

    fn write(&mut self, attributes: &[(String, Value)]) -> Attributes {
        for (key, value) in attributes {
            let key = self.batch.strings.intern(key);
            write_value(&mut self.batch, &mut self.writer, key, value);
        }
        self.writer.finish(&mut self.batch.attributes)
    }
}

fn write_value(batch: &mut Batch, writer: &mut AttributeWriter, key: StrId, value: &Value) {
    match value {
        Value::Empty => writer.empty(key),
        Value::Text(text) => writer.string(key, batch.strings.intern(text)),
        Value::Bool(flag) => writer.bool(key, *flag),
        Value::Int(number) => writer.int(key, *number),
        Value::Double(number) => writer.double(key, *number),
        Value::Bytes(bytes) => writer.bytes(&mut batch.attributes, key, bytes),
        Value::Array(values) => {
            writer.open_array(key);
            for value in values {
                write_value(batch, writer, StrId::EMPTY, value);
            }
            writer.close(&mut batch.attributes);
        }
        Value::Map(entries) => {
            writer.open_map(key);
            for (key, value) in entries {
                let key = batch.strings.intern(key);
                write_value(batch, writer, key, value);
            }
            writer.close(&mut batch.attributes);
        }
    }
}

fn trace_key(batch: &mut Batch, id: &str) -> Result<TraceKey, String> {
    if let Some(text) = id.strip_prefix('"') {
        return Ok(TraceKey::Text(batch.strings.intern(text)));
    }
    let number = if id == "-" { Ok(0) } else { u128::from_str_radix(id, 16) };
    number.map(TraceKey::from_number).map_err(|error| format!("trace id {id}: {error}"))
}

fn span_key(batch: &mut Batch, id: &str) -> Result<SpanKey, String> {
    if let Some(text) = id.strip_prefix('"') {
        return Ok(SpanKey::Text(batch.strings.intern(text)));
    }
    let number = if id == "-" { Ok(0) } else { u64::from_str_radix(id, 16) };
    number.map(SpanKey::from_number).map_err(|error| format!("span id {id}: {error}"))
}

fn number_u32(number: i64) -> Result<u32, String> {
    u32::try_from(number).map_err(|error| format!("{number}: {error}"))
}

/// Reads one line from left to right.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Whether only blanks or a comment are left.
    fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.rest().is_empty() || self.rest() == "#" || self.rest().starts_with("# ")
    }

    fn eat(&mut self, mark: &str) -> bool {
        let found = self.rest().starts_with(mark);
        self.at += if found { mark.len() } else { 0 };
        found
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    fn word(&mut self) -> String {
        self.skip_blanks();
        self.take_while(|c| c != ' ').to_owned()
    }

    /// A quoted text, or everything up to two blanks.
    fn column(&mut self) -> Result<String, String> {
        if self.at_end() {
            return Err("a column is missing".to_owned());
        }
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let rest = self.rest();
        let len = rest.find("  ").unwrap_or(rest.len());
        self.at += len;
        Ok(rest[..len].to_owned())
    }

    /// `hex`, `-`, or a quoted text, which comes back behind a quote.
    fn id(&mut self) -> Result<String, String> {
        self.skip_blanks();
        if self.rest().starts_with('"') {
            return Ok(format!("\"{}", self.quoted()?));
        }
        Ok(self.take_while(|c| c.is_ascii_hexdigit() || c == '-').to_owned())
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' => match characters.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('u') => {
                        let hex: String =
                            characters.by_ref().map(|(_, c)| c).skip_while(|&c| c == '{').take_while(|&c| c != '}').collect();
                        text.extend(u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32));
                    }
                    Some(escaped) => text.push(escaped),
                    None => break,
                },
                character => text.push(character),
            }
        }
        Err("a quote is not closed".to_owned())
    }

    /// `10..80ms`, either side `-` where it is not set.
    fn interval(&mut self, origin: u64) -> Result<(u64, u64), String> {
        let text = self.word();
        let (start, end) = text.split_once("..").ok_or_else(|| format!("expected an interval, but found {text:?}"))?;
        let unit = end.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
        let start = if start.ends_with(|c: char| c.is_ascii_digit()) { format!("{start}{unit}") } else { start.to_owned() };
        Ok((time(&start, origin)?, time(end, origin)?))
    }

    fn time(&mut self, origin: u64) -> Result<u64, String> {
        time(&self.word(), origin)
    }

    fn tokens(&mut self) -> Result<Vec<Token>, String> {
        let mut tokens = Vec::new();
        while !self.at_end() {
            if self.rest().starts_with('"') {
                tokens.push(Token::Text(self.quoted()?));
            } else if self.eat("@") {
                let key = self.key('=')?;
                tokens.push(Token::Attribute(key, self.value()?));
            } else {
                let word = self.take_while(|c| c != ' ' && c != '=').to_owned();
                if !self.eat("=") {
                    tokens.push(Token::Word(word));
                    continue;
                }
                let value = match word.as_str() {
                    "id" | "parent" => Value::Text(self.id()?),
                    "scope" => Value::Text(if self.rest().starts_with('"') { self.quoted()? } else { self.word() }),
                    "dropped" if self.rest().split(' ').next().unwrap_or_default().contains(',') => Value::Text(self.word()),
                    _ => self.value()?,
                };
                tokens.push(Token::Field(word, value));
            }
        }
        Ok(tokens)
    }

    fn key(&mut self, end: char) -> Result<String, String> {
        let key =
            if self.rest().starts_with('"') { self.quoted()? } else { self.take_while(|c| c != end && c != ' ').to_owned() };
        if self.eat(&end.to_string()) { Ok(key) } else { Err(format!("expected {end} behind {key:?}")) }
    }

    fn value(&mut self) -> Result<Value, String> {
        if self.rest().starts_with('"') {
            return self.quoted().map(Value::Text);
        }
        if self.eat("b64") {
            let text = self.quoted()?;
            return bytes_from_base64(text.as_bytes()).map(Value::Bytes).ok_or_else(|| format!("{text:?} is not base64"));
        }
        if self.eat("[") {
            let mut values = Vec::new();
            loop {
                self.skip_blanks();
                if self.eat("]") {
                    return Ok(Value::Array(values));
                }
                values.push(self.value()?);
                self.eat(",");
            }
        }
        if self.eat("{") {
            let mut entries = Vec::new();
            loop {
                self.skip_blanks();
                if self.eat("}") {
                    return Ok(Value::Map(entries));
                }
                let key = self.key(':')?;
                self.skip_blanks();
                entries.push((key, self.value()?));
                self.eat(",");
            }
        }
        let word = self.take_while(|c| !" ,]}".contains(c));
        match word {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Empty),
            _ => match word.parse() {
                Ok(number) => Ok(Value::Int(number)),
                Err(_) => word.parse().map(Value::Double).map_err(|error| format!("no value: {word:?}: {error}")),
            },
        }
    }
}

/// An offset such as `10ms`, `-3us`, `7s`, `0`; `-` is "not set".
fn time(text: &str, origin: u64) -> Result<u64, String> {
    if text == "-" {
        return Ok(0);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "" if digits == "0" => 1,
        unit => return Err(format!("expected ns, us, ms or s, but found {unit:?}")),
    };
    let offset = digits.parse::<i128>().map_err(|error| format!("{digits:?}: {error}"))? * unit;
    u64::try_from(i128::from(origin) + offset).map_err(|error| format!("{text}: {error}"))
}

//! CSV (RFC 4180) as JSON lines: each record an object with the names of the header, so that readers of rows need not know it.
//!
//! OpenObserve's own export escapes quotes with a backslash instead of doubling them, and leaves objects without quotes; both are understood. Texts in quotes stay texts, cells
//! without quotes that are numbers become numbers. A line break inside quotes is one of the text. `_start_time_ns` and `_end_time_ns`, which OpenObserve adds because its
//! own numbers are rounded, take the places of `start_time` and `end_time`.

/// More columns than that are no header.
const MAX_COLUMNS: usize = 4096;
/// The most that one cell may hold; the rest of it is left out.
const MAX_CELL: usize = 16 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Start,
    Bare,
    Quoted,
    /// Behind a quote in quotes: its end, or half of a quote.
    Quote,
    /// Behind a backslash in quotes.
    Backslash,
    /// In an object or list without quotes, so deep; in a string of it; behind a backslash there.
    Nested(u32),
    NestedText(u32),
    NestedEscape(u32),
}

/// Translates a text, piece by piece.
#[derive(Clone, Debug)]
pub(super) struct Csv {
    state: State,
    header: Vec<Vec<u8>>,
    has_header: bool,
    cell: Vec<u8>,
    is_text: bool,
    /// The cells of the record at hand.
    cells: Vec<(Vec<u8>, bool)>,
    /// A quote was doubled, or escaped: the other is not.
    doubles: bool,
    separator: u8,
    /// Cells and bytes that were left out.
    pub(super) cut: u64,
}

impl Csv {
    pub(super) fn new(separator: u8) -> Self {
        Self {
            state: State::Start,
            header: Vec::new(),
            has_header: false,
            cell: Vec::new(),
            is_text: false,
            cells: Vec::new(),
            doubles: false,
            separator,
            cut: 0,
        }
    }

    /// Appends to `json` what `bytes` are in JSON lines.
    pub(super) fn translate(&mut self, bytes: &[u8], json: &mut Vec<u8>) {
        for &byte in bytes {
            self.take(byte, json);
        }
    }

    /// Ends the text.
    pub(super) fn finish(&mut self, json: &mut Vec<u8>) {
        self.state = match self.state {
            State::Start => State::Start,
            _ => State::Bare,
        };
        if !self.cells.is_empty() || !self.cell.is_empty() || self.is_text {
            self.end_record(json);
        }
    }

    fn take(&mut self, byte: u8, json: &mut Vec<u8>) {
        match self.state {
            State::Start => match byte {
                b'"' => {
                    self.is_text = true;
                    self.state = State::Quoted;
                }
                b'{' | b'[' => {
                    self.cell.push(byte);
                    self.state = State::Nested(1);
                }
                _ => {
                    self.state = State::Bare;
                    self.bare(byte, json);
                }
            },
            State::Bare => self.bare(byte, json),
            State::Quoted => match byte {
                b'"' => self.state = State::Quote,
                b'\\' if !self.doubles => self.state = State::Backslash,
                _ => self.push(byte),
            },
            State::Quote => {
                if byte == b'"' {
                    self.doubles = true;
                    self.push(b'"');
                    self.state = State::Quoted;
                } else {
                    self.state = State::Bare;
                    self.bare(byte, json);
                }
            }
            State::Backslash => {
                match byte {
                    b'"' | b'\\' => self.push(byte),
                    b'n' => self.push(b'\n'),
                    b't' => self.push(b'\t'),
                    _ => {
                        self.push(b'\\');
                        self.push(byte);
                    }
                }
                self.state = State::Quoted;
            }
            State::Nested(depth) => {
                self.push(byte);
                self.state = match byte {
                    b'"' => State::NestedText(depth),
                    b'{' | b'[' => State::Nested(depth.saturating_add(1)),
                    b'}' | b']' if depth == 1 => State::Bare,
                    b'}' | b']' => State::Nested(depth - 1),
                    _ => State::Nested(depth),
                };
            }
            State::NestedText(depth) => {
                self.push(byte);
                self.state = match byte {
                    b'"' => State::Nested(depth),
                    b'\\' => State::NestedEscape(depth),
                    _ => State::NestedText(depth),
                };
            }
            State::NestedEscape(depth) => {
                self.push(byte);
                self.state = State::NestedText(depth);
            }
        }
    }

    fn bare(&mut self, byte: u8, json: &mut Vec<u8>) {
        match byte {
            _ if byte == self.separator => self.end_cell(),
            b'\n' => self.end_record(json),
            b'\r' => {}
            _ => self.push(byte),
        }
    }

    fn push(&mut self, byte: u8) {
        if self.cell.len() < MAX_CELL {
            self.cell.push(byte);
        } else {
            self.cut += 1;
        }
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        if self.cells.len() < MAX_COLUMNS {
            self.cells.push((cell, self.is_text));
        } else {
            self.cut += 1;
        }
        self.is_text = false;
        self.state = State::Start;
    }

    fn end_record(&mut self, json: &mut Vec<u8>) {
        let is_blank = self.cells.is_empty() && self.cell.is_empty() && !self.is_text;
        self.end_cell();
        let cells = std::mem::take(&mut self.cells);
        if is_blank {
            json.push(b'\n');
            return;
        }
        if !self.has_header {
            self.has_header = true;
            self.header = cells.into_iter().map(|(name, _)| name.trim_ascii().to_vec()).collect();
            for exact in ["start_time", "end_time"] {
                let ns = format!("_{exact}_ns");
                if let Some(at) = self.header.iter().position(|name| *name == *ns.as_bytes()) {
                    self.header.iter_mut().filter(|name| **name == *exact.as_bytes()).for_each(Vec::clear);
                    if let Some(name) = self.header.get_mut(at) {
                        *name = exact.as_bytes().to_vec();
                    }
                }
            }
            json.push(b'\n');
            return;
        }
        json.push(b'{');
        let mut is_first = true;
        // An empty cell is no value: tables have none for "not there".
        let cells = self.header.iter().zip(&cells).filter(|(name, (cell, _))| !name.is_empty() && !cell.is_empty());
        for (name, (cell, is_text)) in cells {
            if !std::mem::take(&mut is_first) {
                json.push(b',');
            }
            push_string(name, json);
            json.push(b':');
            if !is_text && is_number(cell) {
                json.extend_from_slice(cell);
            } else {
                push_string(cell, json);
            }
        }
        json.extend_from_slice(b"}\n");
    }
}

fn is_number(cell: &[u8]) -> bool {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    digits.first().is_some_and(u8::is_ascii_digit)
        && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && memchr::memchr_iter(b'.', digits).count() <= 1
        // An id of digits with a zero in front is a text.
        && !(digits.len() > 1 && digits.starts_with(b"0") && digits.get(1) != Some(&b'.'))
}

fn push_string(text: &[u8], json: &mut Vec<u8>) {
    json.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => json.extend_from_slice(&[b'\\', byte]),
            b'\n' => json.extend_from_slice(b"\\n"),
            b'\r' => json.extend_from_slice(b"\\r"),
            _ => json.push(byte),
        }
    }
    json.push(b'"');
}

/// The names in the first line of a table with such columns, and what parts them.
pub(super) fn header(prefix: &[u8]) -> Option<(u8, Vec<String>)> {
    let text = prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(prefix);
    let line = text.split(|&byte| byte == b'\n').next()?;
    let separator = [b',', b';', b'\t'].into_iter().max_by_key(|&separator| memchr::memchr_iter(separator, line).count())?;
    let clean = |name: &[u8]| {
        let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
        letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect::<String>()
    };
    let names: Vec<String> = line.split(|&byte| byte == separator).take(MAX_COLUMNS).map(clean).collect();
    (1 < names.len()).then_some((separator, names))
}

#[cfg(test)]
mod tests {
    use super::Csv;

    fn json(text: &str) -> String {
        let mut whole = Vec::new();
        let mut csv = Csv::new(b',');
        csv.translate(text.as_bytes(), &mut whole);
        csv.finish(&mut whole);
        let mut pieces = Vec::new();
        let mut again = Csv::new(b',');
        text.as_bytes().iter().for_each(|byte| again.translate(&[*byte], &mut pieces));
        again.finish(&mut pieces);
        assert_eq!(whole, pieces);
        String::from_utf8(whole).unwrap()
    }

    #[test]
    fn records_become_objects() {
        let text = json("a,b,c\r\n1,\"x \"\"y\"\"\nz\",007\r\n\n-2.5,,last");
        assert_eq!(text, "\n{\"a\":1,\"b\":\"x \\\"y\\\"\\nz\",\"c\":\"007\"}\n\n{\"a\":-2.5,\"c\":\"last\"}\n");
    }

    #[test]
    fn openobserves_own_quoting_is_understood() {
        let text = json(
            "a,b,start_time,_start_time_ns\n\"[{\\\"k\\\":\\\"v\\\",\\\"n\\\":1}]\",{\"m\":{\"n\":[1,2]}},17954076465572800,\"1795407646557280079\"\n",
        );
        assert_eq!(
            text,
            "\n{\"a\":\"[{\\\"k\\\":\\\"v\\\",\\\"n\\\":1}]\",\"b\":\"{\\\"m\\\":{\\\"n\\\":[1,2]}}\",\"start_time\":\"1795407646557280079\"}\n"
        );
    }
}

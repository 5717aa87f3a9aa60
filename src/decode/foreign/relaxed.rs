//! JavaScript's object literals as JSON: what Node's `console.dir` prints, and what people paste from a source.
//!
//! Bare keys get quotes, texts in `'` or `` ` `` become texts in `"`, `'a' + 'b'` is one text, `undefined` is `null`, comments go. What Node cut off (`[Object]`, `[Array]`,
//! `... 3 more items`) becomes `null` and is counted. One byte in, a few out, in a state that fits any cut.

/// Where the translation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between tokens.
    Plain,
    /// In a text in this quote.
    Text(u8),
    /// Behind a backslash in it.
    Escape(u8),
    /// In a name or number; its text is in `word`.
    Word,
    /// Behind a text, which a `+` may go on.
    AfterText,
    AfterPlus,
    /// Behind `/`, in `//` or in `/*`, behind its `*`.
    Slash,
    Line,
    Block,
    BlockStar,
    /// Behind `[`, which may begin `[Object]`.
    Bracket,
    /// In `... 3 more items`.
    Dots,
}

/// The longest word that is not a number or text: what is longer is passed on.
const MAX_WORD: usize = 256;

/// Translates a text, piece by piece.
#[derive(Clone, Debug)]
pub(super) struct Relaxed {
    state: State,
    word: Vec<u8>,
    /// What was left out by whoever printed it.
    pub(super) cut: u64,
}

impl Default for Relaxed {
    fn default() -> Self {
        Self { state: State::Plain, word: Vec::new(), cut: 0 }
    }
}

impl Relaxed {
    /// Appends to `json` what `bytes` are in JSON.
    pub(super) fn translate(&mut self, bytes: &[u8], json: &mut Vec<u8>) {
        for &byte in bytes {
            self.take(byte, json);
        }
    }

    fn take(&mut self, byte: u8, json: &mut Vec<u8>) {
        match self.state {
            State::Plain => self.plain(byte, json),
            State::Text(quote) => match byte {
                b'\\' => self.state = State::Escape(quote),
                _ if byte == quote => self.state = State::AfterText,
                b'"' => json.extend_from_slice(b"\\\""),
                b'\n' => json.extend_from_slice(b"\\n"),
                b'\r' => json.extend_from_slice(b"\\r"),
                b'\t' => json.extend_from_slice(b"\\t"),
                _ => json.push(byte),
            },
            State::Escape(quote) => {
                self.state = State::Text(quote);
                match byte {
                    b'\'' | b'`' => json.push(byte),
                    b'0' => json.extend_from_slice(b"\\u0000"),
                    b'v' => json.extend_from_slice(b"\\u000b"),
                    b'x' => json.extend_from_slice(b"\\u00"),
                    b'\n' => {}
                    _ => json.extend_from_slice(&[b'\\', byte]),
                }
            }
            State::AfterText => match byte {
                b'+' => self.state = State::AfterPlus,
                b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => {
                    json.push(b'"');
                    self.state = State::Plain;
                    self.plain(byte, json);
                }
            },
            State::AfterPlus => match byte {
                b'\'' | b'"' | b'`' => self.state = State::Text(byte),
                b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => {
                    json.push(b'"');
                    self.state = State::Plain;
                    self.plain(byte, json);
                }
            },
            State::Word => {
                if is_word(byte) && self.word.len() < MAX_WORD {
                    self.word.push(byte);
                } else if self.word == b"..." {
                    self.state = State::Dots;
                    self.take(byte, json);
                } else {
                    self.end_word(byte, json);
                    self.state = State::Plain;
                    self.plain(byte, json);
                }
            }
            State::Slash => match byte {
                b'/' => self.state = State::Line,
                b'*' => self.state = State::Block,
                _ => {
                    json.push(b'/');
                    self.state = State::Plain;
                    self.plain(byte, json);
                }
            },
            State::Line => {
                if byte == b'\n' {
                    json.push(b'\n');
                    self.state = State::Plain;
                }
            }
            State::Block => self.state = if byte == b'*' { State::BlockStar } else { State::Block },
            State::BlockStar => {
                self.state = match byte {
                    b'/' => State::Plain,
                    b'*' => State::BlockStar,
                    _ => State::Block,
                };
            }
            State::Bracket => {
                // Node's words for what it left out begin with a capital and end with the bracket: `[Object]`, `[Array]`, `[Function: f]`, `[Circular *1]`.
                let is_first = self.word.is_empty();
                if byte == b']' && !is_first {
                    json.extend_from_slice(b"null");
                    self.cut += 1;
                    self.word.clear();
                    self.state = State::Plain;
                } else if (is_first && byte.is_ascii_uppercase() || !is_first && byte != b'\n') && self.word.len() < MAX_WORD {
                    self.word.push(byte);
                } else {
                    json.push(b'[');
                    let word = std::mem::take(&mut self.word);
                    self.state = State::Plain;
                    self.translate(&word, json);
                    self.take(byte, json);
                }
            }
            State::Dots => {
                // `... 3 more items` stands behind a comma, which JSON's reader forgives.
                if matches!(byte, b'\n' | b']' | b'}') {
                    self.cut += 1;
                    self.state = State::Plain;
                    self.plain(byte, json);
                }
            }
        }
    }

    fn plain(&mut self, byte: u8, json: &mut Vec<u8>) {
        match byte {
            b'\'' | b'"' | b'`' => {
                json.push(b'"');
                self.state = State::Text(byte);
            }
            b'/' => self.state = State::Slash,
            b'[' => {
                self.word.clear();
                self.state = State::Bracket;
            }
            _ if is_word(byte) => {
                self.word.clear();
                self.word.push(byte);
                self.state = State::Word;
            }
            _ => json.push(byte),
        }
    }

    fn end_word(&mut self, next: u8, json: &mut Vec<u8>) {
        let word = std::mem::take(&mut self.word);
        let is_number = word.first().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+'));
        match &*word {
            b"undefined" => json.extend_from_slice(b"null"),
            b"true" | b"false" | b"null" | b"NaN" | b"Infinity" | b"-Infinity" if next != b':' => json.extend_from_slice(&word),
            _ if is_number && next != b':' => json.extend_from_slice(word.strip_suffix(b"n").unwrap_or(&word)),
            _ => {
                json.push(b'"');
                json.extend_from_slice(&word);
                json.push(b'"');
            }
        }
        self.word = word;
        self.word.clear();
    }

    /// Ends the text.
    pub(super) fn finish(&mut self, json: &mut Vec<u8>) {
        self.take(b'\n', json);
        if matches!(self.state, State::AfterText | State::AfterPlus) {
            json.push(b'"');
        }
        self.state = State::Plain;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-') || 0x80 <= byte || byte == b'.'
}

/// Whether the text that begins so is an object literal rather than JSON: the first name in it has no quotes, or others than JSON's.
pub(super) fn is_relaxed(prefix: &[u8]) -> bool {
    let text = prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(prefix).trim_ascii_start();
    let inside = text.iter().position(|&byte| !matches!(byte, b'[' | b'{') && !byte.is_ascii_whitespace());
    let Some(rest) = inside.filter(|&at| text.get(..at).is_some_and(|open| open.contains(&b'{'))).and_then(|at| text.get(at..))
    else {
        return false;
    };
    let name = match rest.first() {
        Some(b'\'') => rest.get(1..).and_then(|rest| rest.split(|&byte| byte == b'\'').nth(1)),
        Some(byte) if byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$') => {
            rest.iter().position(|&byte| !is_word(byte)).and_then(|end| rest.get(end..))
        }
        _ => None,
    };
    name.is_some_and(|after| after.trim_ascii_start().first() == Some(&b':'))
}

#[cfg(test)]
mod tests {
    use super::{Relaxed, is_relaxed};

    fn json(text: &str) -> (String, u64) {
        let mut whole = Vec::new();
        let mut relaxed = Relaxed::default();
        relaxed.translate(text.as_bytes(), &mut whole);
        relaxed.finish(&mut whole);
        // However it is cut.
        let mut pieces = Vec::new();
        let mut again = Relaxed::default();
        for byte in text.as_bytes() {
            again.translate(&[*byte], &mut pieces);
        }
        again.finish(&mut pieces);
        assert_eq!(whole, pieces);
        (String::from_utf8(whole).unwrap(), relaxed.cut)
    }

    #[test]
    fn object_literals_become_json() {
        let (text, cut) =
            json("{ a: 'it\\'s \"x\"', 'b.c': [1.5, -2, 3n], d: undefined, $e: true, // no\n f: 'one\\n' +\n  'two', g: `h` }");
        let expected = concat!(
            r#"{ "a": "it's \"x\"", "b.c": [1.5, -2, 3], "d": null, "$e": true, "#,
            "\n",
            r#" "f": "one\ntwo", "g": "h"}"#,
            "\n"
        );
        assert_eq!((text.as_str(), cut), (expected, 0));
        // A comma in front of a bracket is forgiven.
        let (text, cut) = json("{ a: [Object], b: [ [Array], 'x' ], c: [Circular *1], d: [ 1, ... 3 more items ] }");
        assert_eq!(text, "{ \"a\": null, \"b\": [ null, \"x\"], \"c\": null, \"d\": [ 1, ] }\n");
        assert_eq!(cut, 4);
    }

    #[test]
    fn literals_are_told_from_json() {
        assert!(is_relaxed(b"{\n  resource: {"));
        assert!(is_relaxed(b"[\n  {\n    traceId: '1e22'"));
        assert!(is_relaxed(b"{ 'a-b': 1 }"));
        assert!(!is_relaxed(b"{\"a\": 1}"));
        assert!(!is_relaxed(b"[1, 2]"));
        assert!(!is_relaxed(b"[main] INFO x: y"));
    }
}

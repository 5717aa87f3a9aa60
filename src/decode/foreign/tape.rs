//! One JSON value, read whole into a flat list of nodes that is used again for the next: what foreign readers look things up in.
//!
//! ```text
//! {"a": [1, "x"], "b": {}}   ─▶   Object→6  Key "a"  Array→5  Number  String   Key "b"  Object
//! ```
//! Numbers stay as they were written, so that no digit is lost; texts are resolved when they are asked for.

use std::borrow::Cow;

use crate::decode::json::{Cursor, Raw, Stop, unescape};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    /// A member's key; its value is the next node.
    Key,
    String,
    Number,
    True,
    False,
    Null,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    kind: Kind,
    escaped: bool,
    /// The bytes: of texts without their quotes.
    start: usize,
    end: usize,
    /// The node after this one and all within it.
    next: usize,
}

/// The nodes of one value.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape {
    nodes: Vec<Node>,
    /// Objects and arrays that are open: their nodes, and whether a member or element was read.
    open: Vec<(usize, bool)>,
}

/// Nodes of one value, at most: 64 MiB in the page. A span with a hundred thousand tags has some seven hundred thousand.
pub(super) const MAX_NODES: usize = 4 << 20;

/// Why a value was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The bytes end, or are none of JSON.
    Stop(Stop),
    /// It has more than [`MAX_NODES`].
    TooMany,
}

impl From<Stop> for Unread {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl Tape {
    /// Reads the value at `at`; where it ends. After an error, which comes with its place, the tape holds nothing of use.
    pub(super) fn read(&mut self, bytes: &[u8], at: usize) -> Result<usize, (usize, Unread)> {
        let mut cursor = Cursor::new(bytes, at);
        self.read_value(&mut cursor).map_err(|unread| (cursor.at, unread))?;
        Ok(cursor.at)
    }

    /// The same where nothing comes after the bytes.
    pub(super) fn read_all(&mut self, bytes: &[u8]) -> Result<(), Unread> {
        // A scalar ends with what comes after it; so does a text that holds nothing else.
        self.read(bytes, 0).map(|_| ()).map_err(|(_, unread)| unread)
    }

    fn read_value(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Unread> {
        self.nodes.clear();
        self.open.clear();
        self.push_value(cursor)?;
        while let Some(&(container, begun)) = self.open.last() {
            let mut begun = begun;
            let is_object = self.nodes.get(container).is_some_and(|node| node.kind == Kind::Object);
            let goes_on = if is_object {
                match cursor.next_key(&mut begun)? {
                    Some(key) => {
                        self.push_text(Kind::Key, key, cursor);
                        cursor.token()?;
                        true
                    }
                    None => false,
                }
            } else {
                cursor.next_element(&mut begun)?.is_some()
            };
            if let Some(open) = self.open.last_mut() {
                open.1 = true;
            }
            if MAX_NODES <= self.nodes.len() {
                // What they took is not kept for the next.
                *self = Self::default();
                return Err(Unread::TooMany);
            }
            if goes_on {
                self.push_value(cursor)?;
            } else {
                self.open.pop();
                let next = self.nodes.len();
                if let Some(node) = self.nodes.get_mut(container) {
                    (node.next, node.end) = (next, cursor.at);
                }
            }
        }
        Ok(())
    }

    fn push_value(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        let next = self.nodes.len() + 1;
        let start = {
            cursor.token()?;
            cursor.at
        };
        match cursor.token()? {
            byte @ (b'{' | b'[') => {
                let kind = if byte == b'{' { Kind::Object } else { Kind::Array };
                cursor.at += 1;
                self.open.push((self.nodes.len(), false));
                self.nodes.push(Node { kind, escaped: false, start, end: start, next });
            }
            b'"' => {
                let text = cursor.string()?;
                self.push_text(Kind::String, text, cursor);
            }
            _ => {
                let kind = match cursor.scalar()? {
                    b"true" => Kind::True,
                    b"false" => Kind::False,
                    b"null" => Kind::Null,
                    _ => Kind::Number,
                };
                self.nodes.push(Node { kind, escaped: false, start, end: cursor.at, next });
            }
        }
        Ok(())
    }

    /// A text that was just read; after a key the cursor stands behind the colon.
    fn push_text(&mut self, kind: Kind, text: Raw<'_>, cursor: &Cursor<'_>) {
        let next = self.nodes.len() + 1;
        let behind = cursor.between(0, cursor.at);
        // The text is a part of the same bytes.
        let end = if kind == Kind::Key {
            behind.iter().rposition(|&byte| byte == b'"').unwrap_or(0)
        } else {
            cursor.at.saturating_sub(1)
        };
        self.nodes.push(Node { kind, escaped: text.escaped, start: end.saturating_sub(text.bytes.len()), end, next });
    }

    /// The value that was read.
    pub(super) fn root<'a>(&'a self, bytes: &'a [u8]) -> Item<'a> {
        Item { tape: self, bytes, at: 0 }
    }
}

/// A value on a tape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    tape: &'a Tape,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Item<'a> {
    const NOTHING: Node = Node { kind: Kind::Null, escaped: false, start: 0, end: 0, next: 0 };

    fn node(self) -> &'a Node {
        self.tape.nodes.get(self.at).unwrap_or(&Self::NOTHING)
    }

    /// What it is.
    pub(super) fn kind(self) -> Kind {
        self.node().kind
    }

    /// Whether it is `null`.
    pub(super) fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Where it begins in the bytes that were read.
    pub(super) fn start(self) -> usize {
        self.node().start
    }

    /// As it is written: a text without its quotes, its escapes as they stand.
    pub(super) fn raw(self) -> Raw<'a> {
        let node = self.node();
        Raw { bytes: self.bytes.get(node.start..node.end).unwrap_or_default(), escaped: node.escaped }
    }

    /// A text with its escapes resolved; a number or a truth value as it is written; nothing of `null`, objects and arrays.
    pub(super) fn text(self) -> Cow<'a, [u8]> {
        match self.kind() {
            Kind::Object | Kind::Array | Kind::Null => Cow::Borrowed(&[]),
            _ => {
                let raw = self.raw();
                if !raw.escaped {
                    return Cow::Borrowed(raw.bytes);
                }
                let mut text = Vec::with_capacity(raw.bytes.len());
                unescape(raw.bytes, &mut text);
                Cow::Owned(text)
            }
        }
    }

    /// Whether it is a text with these bytes.
    pub(super) fn is(self, text: &str) -> bool {
        self.kind() == Kind::String && *self.text() == *text.as_bytes()
    }

    /// An object's members, in order, with their keys as texts; of anything else none.
    pub(super) fn members(self) -> impl Iterator<Item = (Cow<'a, [u8]>, Self)> {
        self.entries().map(|(key, value)| (key.text(), value))
    }

    /// The same with their keys as items.
    pub(super) fn entries(self) -> impl Iterator<Item = (Self, Self)> {
        let (mut at, end) = if self.kind() == Kind::Object { (self.at + 1, self.node().next) } else { (0, 0) };
        std::iter::from_fn(move || {
            if end <= at {
                return None;
            }
            let key = Item { at, ..self };
            let value = Item { at: at + 1, ..self };
            at = value.node().next.max(at + 2);
            Some((key, value))
        })
    }

    /// An array's elements, in order; of anything else none.
    pub(super) fn elements(self) -> impl Iterator<Item = Self> {
        let (mut at, end) = if self.kind() == Kind::Array { (self.at + 1, self.node().next) } else { (0, 0) };
        std::iter::from_fn(move || {
            if end <= at {
                return None;
            }
            let element = Item { at, ..self };
            at = element.node().next.max(at + 1);
            Some(element)
        })
    }

    /// The first member of that name that is not `null`.
    pub(super) fn get(self, name: &str) -> Option<Self> {
        self.members().find(|(key, value)| **key == *name.as_bytes() && !value.is_null()).map(|(_, value)| value)
    }

    /// The first member of any of these names, in their order.
    pub(super) fn get_any(self, names: &[&str]) -> Option<Self> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Walks down by names.
    pub(super) fn path(self, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(self, |item, name| item.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Tape, Unread};

    #[test]
    fn a_value_is_found_again_as_it_was_written() {
        let text = br#" {"a": [1, "x\n", {"b": -2.50}], "c\u0031" : {}, "d":null, "e": true, "n": 18446744073709551615}"#;
        let mut tape = Tape::default();
        let end = tape.read(text, 0).unwrap();
        assert_eq!(end, text.len());
        let root = tape.root(text);
        let keys: Vec<_> = root.members().map(|(key, _)| String::from_utf8_lossy(&key).into_owned()).collect();
        assert_eq!(keys, ["a", "c1", "d", "e", "n"]);
        let of_a: Vec<_> = root.get("a").unwrap().elements().map(|item| (item.kind(), item.text().into_owned())).collect();
        assert_eq!(of_a, [(Kind::Number, b"1".to_vec()), (Kind::String, b"x\n".to_vec()), (Kind::Object, Vec::new())]);
        assert_eq!(root.get("n").unwrap().raw().bytes, b"18446744073709551615");
        assert_eq!(root.get("c1").unwrap().members().count(), 0);
        assert!(root.get("d").is_none() && root.get("z").is_none());
        assert_eq!(root.get("a").unwrap().elements().last().unwrap().path(&["b"]).unwrap().raw().bytes, b"-2.50");
    }

    #[test]
    fn what_is_cut_or_broken_is_told() {
        let whole = br#"{"a": [1, {"b": "c"}]}"#;
        let mut tape = Tape::default();
        for cut in 0..whole.len() {
            assert!(tape.read(&whole[..cut], 0).is_err(), "cut at {cut}");
        }
        assert!(tape.read(b"{\"a\" 1}", 0).is_err());
        // Depth costs a node, not a stack frame.
        let deep = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
        assert_eq!(tape.read(deep.as_bytes(), 0).unwrap(), deep.len());
        // What has too many nodes is not taken for what it begins with.
        let many = format!("[{}1]", "1,".repeat(super::MAX_NODES));
        assert_eq!(tape.read(many.as_bytes(), 0).unwrap_err().1, Unread::TooMany);
    }
}

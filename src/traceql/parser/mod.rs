//! From tokens to a tree, by hand: operators by their precedence in loops, so that only what is nested recurses, and that is bounded.

mod constant;
mod field;
mod metrics;
mod pipeline;
mod stage;

use std::ops::Range;

use super::lexer::{Token, TokenKind, tokens};
use super::tree::{Compare, Field, Literal, Metrics, Pipeline, Place, Query, Root, Written};
use super::trouble::{Stage, Trouble};
use super::words::{Sign, Word};

/// Bytes that a query may have.
pub const MAX_BYTES: usize = 64 * 1024;

/// How many things may be nested in one another: parentheses, and operators whose operands have operators.
pub const MAX_DEPTH: u32 = 128;

/// Calls of one another that parsing makes at most: in each pair of parentheses an operand or two.
const MAX_CALLS: u32 = 2 * MAX_DEPTH;

/// Reads a query.
pub fn parse(text: &str) -> Result<Query, Trouble> {
    if MAX_BYTES < text.len() {
        let message = format!("a query has at most {MAX_BYTES} bytes, and this has {}", text.len());
        return Err(Trouble::new(text, Stage::Parse, 0..0, message, Vec::new()));
    }
    let mut parser = Parser { text, tokens: tokens(text), next: 0, n_parens: 0, n_calls: 0 };
    let (root, hints) = parser.query().map_err(|Fail(trouble)| *trouble)?;
    Ok(Query { text: Written(text.to_owned()), root, hints })
}

/// What was read, or what is wrong; small, since it stands in every frame of what recurses.
type Parsed<T> = Result<T, Fail>;

/// What is wrong.
struct Fail(Box<Trouble>);

/// Something, and how many things are nested in it.
struct Deep<T> {
    it: T,
    depth: u32,
}

/// Operators by how tightly they bind.
mod power {
    /// `&&` and `||`.
    pub(super) const LOGIC: u8 = 1;
    /// `=` and its like, and structural operators.
    pub(super) const COMPARE: u8 = 2;
    /// `+` and `-`.
    pub(super) const SUM: u8 = 3;
    /// `*`, `/` and `%`: what a `!` stands for.
    pub(super) const PRODUCT: u8 = 5;
    /// `^`, to the right.
    pub(super) const POWER: u8 = 6;
    /// `-` before something.
    pub(super) const NEGATIVE: u8 = 7;
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    next: usize,
    /// Parentheses that are open.
    n_parens: u32,
    /// Operands within operands under way.
    n_calls: u32,
}

impl Parser<'_> {
    fn query(&mut self) -> Parsed<(Root, Vec<(String, Literal)>)> {
        let root = self.root()?;
        let mut hints = Vec::new();
        while self.word(Word::With) {
            self.hints(&mut hints)?;
        }
        if self.next < self.tokens.len() {
            return Err(self.at_end_of(&root));
        }
        Ok((root, hints))
    }

    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn peek_second(&self) -> Option<&TokenKind> {
        self.tokens.get(self.next + 1).map(|token| &token.kind)
    }

    fn peek_sign(&self) -> Option<Sign> {
        match self.peek() {
            Some(TokenKind::Sign(sign)) => Some(*sign),
            _ => None,
        }
    }

    fn peek_word(&self) -> Option<Word> {
        match self.peek() {
            Some(TokenKind::Word(word)) => Some(*word),
            _ => None,
        }
    }

    /// Where the next token stands, or the end of the text.
    fn here(&self) -> Range<usize> {
        self.tokens.get(self.next).map_or(self.text.len()..self.text.len(), |token| token.at.clone())
    }

    /// Where the last token that was taken stands.
    fn last(&self) -> Place {
        self.next.checked_sub(1).and_then(|last| self.tokens.get(last)).map(|token| token.at.clone()).unwrap_or_default().into()
    }

    /// Takes the next token if it is this sign.
    fn sign(&mut self, sign: Sign) -> bool {
        let is_it = self.peek_sign() == Some(sign);
        self.next += usize::from(is_it);
        is_it
    }

    /// Takes the next token if it is this word.
    fn word(&mut self, word: Word) -> bool {
        let is_it = self.peek_word() == Some(word);
        self.next += usize::from(is_it);
        is_it
    }

    /// Takes this sign, or fails.
    fn must(&mut self, sign: Sign) -> Parsed<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected(&[&ticked(sign.text())])) }
    }

    /// What stands next is not what could.
    #[cold]
    fn unexpected(&self, expected: &[&str]) -> Fail {
        let mut at = self.here();
        let token = |at: &Range<usize>| shortened(self.text.get(at.clone()).unwrap_or_default());
        let second = self.tokens.get(self.next + 1).filter(|second| second.at.start == at.end);
        let before =
            self.next.checked_sub(1).and_then(|before| self.tokens.get(before)).filter(|before| before.at.end == at.start);
        let equal = TokenKind::Sign(Sign::Compare(Compare::Equal));
        let message = match self.peek() {
            None => "the query ends too soon".to_owned(),
            Some(TokenKind::Unknown(why)) => format!("`{}`: {why}", token(&at)),
            Some(TokenKind::Name) => {
                if let Some(Token { at: key, kind: TokenKind::Field(_) }) = second {
                    at.end = key.end;
                }
                format!("`{}` is no word of the language; attributes begin with a scope, as in `.{0}`", token(&at))
            }
            Some(kind) if *kind == equal && before.is_some_and(|before| before.kind == equal) => {
                "what is the same is compared with one `=`".to_owned()
            }
            Some(_) => format!("`{}` cannot stand here", token(&at)),
        };
        self.wrong(at, message, expected)
    }

    #[cold]
    fn wrong(&self, at: Range<usize>, message: String, expected: &[&str]) -> Fail {
        let expected = expected.iter().map(|&words| words.to_owned()).collect();
        Fail(Box::new(Trouble::new(self.text, Stage::Parse, at, message, expected)))
    }

    #[cold]
    fn too_deep(&self, at: Range<usize>) -> Fail {
        self.wrong(at, format!("more than {MAX_DEPTH} things are nested in one another"), &[])
    }

    /// One more thing around what is so deep.
    fn deeper(&self, depth: u32) -> Parsed<u32> {
        if depth < MAX_DEPTH { Ok(depth + 1) } else { Err(self.too_deep(self.last().range())) }
    }

    /// Reads something within an operand.
    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if MAX_CALLS <= self.n_calls {
            return Err(self.too_deep(self.here()));
        }
        self.n_calls += 1;
        let read = read(self);
        self.n_calls -= 1;
        read
    }

    /// Reads something and the parenthesis that ends it; the one that begins it has been taken.
    fn in_parens<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>, before_end: &[&str]) -> Parsed<T> {
        if MAX_DEPTH <= self.n_parens {
            return Err(self.too_deep(self.last().range()));
        }
        self.n_parens += 1;
        let it = self.within(read)?;
        self.n_parens -= 1;
        if self.sign(Sign::CloseParen) { Ok(it) } else { Err(self.unexpected(before_end)) }
    }

    /// `(a, b, ...)`, of attributes and intrinsics.
    fn fields(&mut self) -> Parsed<Vec<Field>> {
        self.must(Sign::OpenParen)?;
        let mut fields = vec![self.field()?];
        while self.sign(Sign::Comma) {
            fields.push(self.field()?);
        }
        if self.sign(Sign::CloseParen) { Ok(fields) } else { Err(self.unexpected(&["`,`", "`)`"])) }
    }

    /// An attribute or an intrinsic.
    fn field(&mut self) -> Parsed<Field> {
        match self.peek() {
            Some(TokenKind::Field(field)) => {
                let field = field.clone();
                self.next += 1;
                Ok(field)
            }
            _ => Err(self.unexpected(&["an attribute", "an intrinsic"])),
        }
    }

    /// `(name=value, ...)`.
    fn hints(&mut self, hints: &mut Vec<(String, Literal)>) -> Parsed<()> {
        self.must(Sign::OpenParen)?;
        loop {
            let name = match self.peek() {
                Some(TokenKind::Name) => self.text.get(self.here()).unwrap_or_default().to_owned(),
                _ => return Err(self.unexpected(&["a hint, as in `sample=true`"])),
            };
            self.next += 1;
            self.must(Sign::Compare(Compare::Equal))?;
            let value = match self.peek() {
                Some(TokenKind::Literal(literal)) if *literal != Literal::Nil => literal.clone(),
                _ => return Err(self.unexpected(&["a value"])),
            };
            self.next += 1;
            hints.push((name, value));
            if !self.sign(Sign::Comma) {
                break;
            }
        }
        if self.sign(Sign::CloseParen) { Ok(()) } else { Err(self.unexpected(&["`,`", "`)`"])) }
    }

    /// What is wrong with a token after the query's end.
    #[cold]
    fn at_end_of(&self, root: &Root) -> Fail {
        match (self.peek_sign(), root) {
            (Some(sign), Root::Metrics(Metrics { then, .. })) if constant::arithmetic(sign).is_some() => {
                let message =
                    format!("`{}` calculates with pipelines in parentheses only, as in `({{ }} | rate()) * 100`", sign.text());
                self.wrong(self.here(), message, if then.is_empty() { &["`by`", "a comparison", "`|`"] } else { &["`|`"] })
            }
            (_, Root::Metrics(_)) => self.unexpected(&["a comparison", "`|`", "`with`", "the end"]),
            (_, Root::Spans(Pipeline { stages })) => match stages.last() {
                Some(super::tree::Stage::Spanset(_)) => {
                    self.unexpected(&["an operator between spansets", "`|`", "`with`", "the end"])
                }
                _ => self.unexpected(&["`|`", "`with`", "the end"]),
            },
        }
    }
}

/// Text in backticks, as messages show what a person types.
fn ticked(text: &str) -> String {
    format!("`{text}`")
}

/// The beginning of a long token.
fn shortened(token: &str) -> String {
    /// Characters of a token that a message shows.
    const MAX_CHARS: usize = 40;
    if token.chars().count() <= MAX_CHARS {
        return token.to_owned();
    }
    token.chars().take(MAX_CHARS).chain(std::iter::once('\u{2026}')).collect()
}

/// Joins items of a chain two by two, and again, so that the tree of many is low.
fn balanced<T>(mut items: Vec<T>, join: impl Fn(T, T) -> T) -> Option<T> {
    while 1 < items.len() {
        let mut joined = Vec::with_capacity(items.len().div_ceil(2));
        let mut rest = items.into_iter();
        while let Some(left) = rest.next() {
            joined.push(match rest.next() {
                Some(right) => join(left, right),
                None => left,
            });
        }
        items = joined;
    }
    items.pop()
}

/// How much deeper a balanced chain of so many items is than its deepest item.
fn height(n_items: usize) -> u32 {
    n_items.next_power_of_two().ilog2()
}

//! What may stand at the cursor, by the tokens before it; also in a query that is half typed.

use std::ops::Range;

use super::check::is_always_there;
use super::lexer::{Token, TokenKind, tokens};
use super::tree::{Aggregate, Compare, Field, Intrinsic, Literal, Scope};
use super::words::{CONSTANTS, INTRINSICS, Metric, SCOPED_INTRINSICS, SCOPES, Sign, WORDS, Word};

/// What may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Bytes of the text that what is chosen stands instead of: the token under the cursor, scope and quotes included; none between tokens.
    pub replace: Range<usize>,
    /// What.
    pub kind: Wants,
}

/// Kinds of what may stand at the cursor. Words come in the order of the language, whether they begin as the token does or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Attributes.
    Keys {
        /// Of this scope; of any if none is written.
        scope: Option<Scope>,
        /// The key as far as it is written, without quotes; with no scope, the word.
        prefix: String,
        /// Intrinsics and constants that may stand here as well; none behind a scope.
        words: Vec<&'static str>,
    },
    /// Values of a field.
    Values {
        /// The field.
        field: Field,
        /// The value as far as it is written, without quotes.
        prefix: String,
        /// Whether it is written in quotes.
        quoted: bool,
        /// Constants that may stand here as well.
        words: Vec<&'static str>,
    },
    /// Operators and brackets; what stands here is complete.
    Operators {
        /// Those that can follow.
        words: Vec<&'static str>,
    },
    /// Words alone.
    Words {
        /// Those.
        words: Vec<&'static str>,
        /// The word as far as it is written.
        prefix: String,
    },
    /// A number.
    Number,
    /// Nothing that is known.
    Nothing,
}

/// Operators of expressions over a span.
const OPERATORS: [&str; 16] = ["=", "!=", "<", "<=", ">", ">=", "=~", "!~", "&&", "||", "+", "-", "*", "/", "%", "^"];

/// Operators that join what is true or false.
const LOGIC: [&str; 2] = ["&&", "||"];

/// Operators between spansets.
const RELATIONS: [&str; 17] =
    ["&&", "||", ">>", ">", "<<", "<", "~", "!>>", "!>", "!<<", "!<", "!~", "&>>", "&>", "&<<", "&<", "&~"];

/// Comparisons of figures.
const COMPARISONS: [&str; 6] = [">", ">=", "<", "<=", "=", "!="];

/// Hints that Tempo knows.
const HINTS: [&str; 6] = ["sample", "span_sample", "trace_sample", "exemplars", "most_recent", "extrapolate"];

/// What brackets are around the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    /// None, or parentheses of a pipeline.
    Pipeline,
    /// `{ }`, and parentheses of `by()` and `avg()`, and those in them.
    Expr { in_braces: bool },
    /// `select(`, `by (` of a metrics function: fields.
    Fields,
    /// `min_over_time(`: one field; with more numbers behind it for quantiles.
    Field { with_numbers: bool },
    /// `compare(`.
    Compare,
    /// `topk(`.
    Count,
    /// `with(`.
    Hints,
    /// `count(`, `rate(`, `coalesce(`: nothing.
    Empty,
}

/// Brackets, and what stands in them up to the cursor.
#[derive(Clone, Copy, Debug)]
struct Level {
    around: Around,
    /// The first token in them.
    group: usize,
    /// The first token of the stage at the cursor.
    stage: usize,
    /// Whether a metrics function came.
    is_series: bool,
}

/// Where a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    First,
    Later,
    OfSeries,
}

impl Place {
    /// Whether a word can begin a stage here.
    const fn begins_with(self, word: Word) -> bool {
        match word {
            Word::Aggregate(_) | Word::By | Word::Select => !matches!(self, Self::OfSeries),
            Word::Coalesce | Word::Metric(_) => matches!(self, Self::Later),
            Word::Top | Word::Bottom => matches!(self, Self::OfSeries),
            Word::With => false,
        }
    }
}

/// What may stand at an offset of a text.
pub fn complete(text: &str, cursor: usize) -> Wanted {
    let cursor = (0..=cursor.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let mut before = tokens(text.get(..cursor).unwrap_or_default());
    let typed = before.pop_if(|token| token.at.end == cursor && is_typed(token, text));
    let replace = match &typed {
        None => cursor..cursor,
        Some(typed) => typed.at.start..end_of(text, typed, cursor),
    };
    let typed_text = typed.as_ref().and_then(|typed| text.get(typed.at.clone())).unwrap_or_default();
    let kind = Reading { before: &before, typed: typed_text }.wants();
    // Operators stand behind what is complete, but for those that are words and half written.
    let is_word = typed.as_ref().is_some_and(|typed| matches!(typed.kind, TokenKind::Name | TokenKind::Word(_)));
    let replace = if !is_word && matches!(kind, Wants::Operators { .. }) { cursor..cursor } else { replace };
    Wanted { replace, kind }
}

/// Whether a token that ends at the cursor is being written.
fn is_typed(token: &Token, text: &str) -> bool {
    match &token.kind {
        // A string with its quote is complete.
        TokenKind::Sign(_) | TokenKind::Literal(Literal::String(_)) => false,
        TokenKind::Unknown(_) => text.get(token.at.clone()).is_some_and(|token| {
            token.starts_with(|char: char| char.is_alphanumeric() || matches!(char, '_' | '.' | '"' | '`' | '\''))
        }),
        TokenKind::Literal(_) | TokenKind::Field(_) | TokenKind::Word(_) | TokenKind::Name => true,
    }
}

/// Where a token ends that begins before the cursor: a string that has no end, at the cursor.
fn end_of(text: &str, typed: &Token, cursor: usize) -> usize {
    let whole = tokens(text).into_iter().find(|token| token.at.start == typed.at.start);
    match whole {
        Some(Token { kind: TokenKind::Unknown(_), at })
            if text.get(at.clone()).is_some_and(|token| token.contains(['"', '`', '\''])) =>
        {
            cursor
        }
        Some(whole) => whole.at.end.max(cursor),
        None => cursor,
    }
}

/// Where the cursor is.
struct Reading<'t> {
    /// Tokens before the one that is written.
    before: &'t [Token],
    /// The one that is written.
    typed: &'t str,
}

impl Reading<'_> {
    fn kind(&self, back: usize) -> Option<&TokenKind> {
        self.before.len().checked_sub(back).and_then(|at| self.before.get(at)).map(|token| &token.kind)
    }

    fn wants(&self) -> Wants {
        let (level, is_grouped) = self.level();
        match level.around {
            Around::Expr { in_braces } => self.in_expr(in_braces),
            Around::Fields => self.in_list(true),
            Around::Field { with_numbers } => self.in_arguments(with_numbers),
            Around::Compare => match self.kind(1) {
                Some(TokenKind::Sign(Sign::OpenParen)) => self.words(vec!["{"]),
                Some(TokenKind::Sign(Sign::Comma)) => Wants::Number,
                _ => Wants::Operators { words: vec![",", ")"] },
            },
            Around::Count => match self.kind(1) {
                Some(TokenKind::Sign(Sign::OpenParen)) => Wants::Number,
                _ => Wants::Operators { words: vec![")"] },
            },
            Around::Hints => match self.kind(1) {
                Some(TokenKind::Sign(Sign::OpenParen | Sign::Comma)) => self.words(HINTS.to_vec()),
                Some(TokenKind::Sign(Sign::Compare(Compare::Equal))) => self.words(vec!["true", "false"]),
                Some(TokenKind::Name) => Wants::Operators { words: vec!["="] },
                _ => Wants::Operators { words: vec![",", ")"] },
            },
            Around::Empty => Wants::Operators { words: vec![")"] },
            Around::Pipeline => self.in_pipeline(level, is_grouped),
        }
    }

    /// The brackets around the cursor.
    fn level(&self) -> (Level, bool) {
        let mut open = vec![Level { around: Around::Pipeline, group: 0, stage: 0, is_series: false }];
        for (at, token) in self.before.iter().enumerate() {
            let inside = open.last().map_or(Around::Pipeline, |level| level.around);
            let back = |n: usize| at.checked_sub(n).and_then(|at| self.before.get(at)).map(|token| &token.kind);
            let mut push = |around| open.push(Level { around, group: at + 1, stage: at + 1, is_series: false });
            match token.kind {
                TokenKind::Sign(Sign::OpenBrace) => push(Around::Expr { in_braces: true }),
                TokenKind::Sign(Sign::OpenParen) => push(match (back(1), inside) {
                    (_, Around::Expr { .. }) => Around::Expr { in_braces: false },
                    // The `by` of a metrics function follows its parentheses.
                    (Some(TokenKind::Word(Word::By)), _) if back(2) == Some(&TokenKind::Sign(Sign::CloseParen)) => Around::Fields,
                    (Some(TokenKind::Word(word)), _) => of_word(*word),
                    _ => Around::Pipeline,
                }),
                TokenKind::Sign(Sign::CloseBrace | Sign::CloseParen) if 1 < open.len() => {
                    let closed = open.pop();
                    if let Some(level) = open.last_mut() {
                        level.is_series |= closed.is_some_and(|closed| closed.is_series);
                    }
                }
                TokenKind::Sign(Sign::Pipe) => {
                    if let Some(level) = open.last_mut() {
                        level.stage = at + 1;
                    }
                }
                TokenKind::Word(Word::Metric(_)) => {
                    if let Some(level) = open.last_mut() {
                        level.is_series = true;
                    }
                }
                _ => {}
            }
        }
        let is_grouped = 1 < open.len();
        let outermost = Level { around: Around::Pipeline, group: 0, stage: 0, is_series: false };
        (open.pop().unwrap_or(outermost), is_grouped)
    }

    fn words(&self, words: Vec<&'static str>) -> Wants {
        Wants::Words { words, prefix: self.typed.to_owned() }
    }

    fn in_expr(&self, in_braces: bool) -> Wants {
        if matches!(self.kind(1), Some(TokenKind::Unknown(_) | TokenKind::Name)) {
            return Wants::Nothing;
        }
        let end = if in_braces { "}" } else { ")" };
        let after_operand = || {
            let is_compared = self.is_compared();
            let operators: &[&'static str] = if is_compared { &LOGIC } else { &OPERATORS };
            Wants::Operators { words: operators.iter().copied().chain([end]).collect() }
        };
        match self.kind(1) {
            Some(TokenKind::Sign(Sign::Compare(by))) => match self.kind(2) {
                Some(TokenKind::Field(field)) if !self.typed.starts_with('.') && !self.has_scope() => self.values(field, *by),
                _ => self.keys(),
            },
            Some(TokenKind::Sign(Sign::CloseParen) | TokenKind::Literal(_) | TokenKind::Field(_)) => after_operand(),
            _ => self.keys(),
        }
    }

    /// Whether what is written begins with a scope.
    fn has_scope(&self) -> bool {
        self.typed.contains(':') || SCOPES.iter().any(|(text, _)| self.typed.starts_with(text))
    }

    /// Whether the operand before the cursor is the right side of a comparison.
    fn is_compared(&self) -> bool {
        for token in self.before.iter().rev() {
            match &token.kind {
                TokenKind::Sign(Sign::Compare(_)) => return true,
                TokenKind::Sign(Sign::And | Sign::Or | Sign::OpenBrace | Sign::OpenParen | Sign::CloseParen | Sign::Not) => {
                    return false;
                }
                _ => {}
            }
        }
        false
    }

    fn values(&self, field: &Field, by: Compare) -> Wants {
        let quoted = self.typed.starts_with(['"', '`', '\'']);
        let is_equality = matches!(by, Compare::Equal | Compare::NotEqual) && !quoted;
        let mut words = match field {
            _ if !is_equality => Vec::new(),
            Field::Intrinsic(Intrinsic::Status) => constants(|literal| matches!(literal, Literal::Status(_))),
            Field::Intrinsic(Intrinsic::Kind) => constants(|literal| matches!(literal, Literal::Kind(_))),
            Field::Attribute(..) => constants(|literal| matches!(literal, Literal::Bool(_))),
            Field::Intrinsic(_) | Field::OfParent(_) => Vec::new(),
        };
        if is_equality && (by == Compare::NotEqual || !is_always_there(field)) {
            words.push("nil");
        }
        Wants::Values { field: field.clone(), prefix: unquoted(self.typed), quoted, words }
    }

    /// An attribute, an intrinsic or a constant.
    fn keys(&self) -> Wants {
        if self.typed.starts_with(['"', '`', '\'']) {
            return Wants::Nothing;
        }
        // A `nil` stands beside `=` and `!=`, which nothing before it may keep from it.
        let is_nil_fit = match self.kind(1) {
            Some(TokenKind::Sign(Sign::Compare(by))) => matches!(by, Compare::Equal | Compare::NotEqual),
            Some(TokenKind::Sign(sign)) => matches!(sign, Sign::OpenBrace | Sign::OpenParen | Sign::And | Sign::Or),
            _ => false,
        };
        let mut words = all_intrinsics();
        words.extend(constants(|literal| is_nil_fit || *literal != Literal::Nil));
        self.fields(words)
    }

    fn fields(&self, words: Vec<&'static str>) -> Wants {
        if let Some((scope, _)) = self.typed.split_once(':')
            && !self.typed.contains('.')
        {
            let of_scope = SCOPED_INTRINSICS.iter().map(|(text, _)| *text);
            let words = of_scope.filter(|text| text.split(':').next() == Some(scope)).collect::<Vec<_>>();
            return if words.is_empty() { Wants::Nothing } else { self.words(words) };
        }
        match SCOPES.iter().find_map(|(text, scope)| Some((*scope, self.typed.strip_prefix(text)?))) {
            Some((scope, key)) => Wants::Keys { scope: Some(scope), prefix: unquoted_key(key), words: Vec::new() },
            None if self.typed.starts_with(|char: char| char.is_ascii_digit()) => Wants::Nothing,
            None => Wants::Keys { scope: None, prefix: self.typed.to_owned(), words },
        }
    }

    /// Fields, one after the other.
    fn in_list(&self, is_open: bool) -> Wants {
        match self.kind(1) {
            Some(TokenKind::Sign(Sign::OpenParen | Sign::Comma)) => self.fields(all_intrinsics()),
            _ if is_open => Wants::Operators { words: vec![",", ")"] },
            _ => Wants::Operators { words: vec![")"] },
        }
    }

    fn in_arguments(&self, with_numbers: bool) -> Wants {
        match self.kind(1) {
            Some(TokenKind::Sign(Sign::Comma)) if with_numbers => Wants::Number,
            _ => self.in_list(with_numbers),
        }
    }

    /// Between stages.
    fn in_pipeline(&self, level: Level, is_grouped: bool) -> Wants {
        let so_far = self.before.get(level.stage..).unwrap_or_default();
        let Some(last) = so_far.last() else {
            let place = match level {
                Level { stage, group, .. } if stage == group => Place::First,
                Level { is_series: true, .. } => Place::OfSeries,
                _ => Place::Later,
            };
            let brackets: &[&'static str] = if place == Place::OfSeries { &[] } else { &["{", "("] };
            let words = WORDS.iter().filter(|(_, word)| place.begins_with(*word)).map(|(text, _)| *text);
            return self.words(brackets.iter().copied().chain(words).collect());
        };
        let ends: &[&'static str] = if is_grouped { &["|", ")"] } else { &["|", "with"] };
        let then = |words: &[&'static str]| Wants::Operators { words: words.iter().chain(ends).copied().collect() };
        match (&last.kind, so_far.first().map(|token| &token.kind)) {
            (TokenKind::Word(_), _) => Wants::Operators { words: vec!["("] },
            (TokenKind::Sign(Sign::CloseParen), Some(TokenKind::Word(word))) => match word {
                Word::Metric(Metric::Compare) | Word::By | Word::Select | Word::Coalesce => then(&[]),
                Word::Top | Word::Bottom => then(&COMPARISONS),
                Word::Aggregate(_) => Wants::Operators { words: COMPARISONS.to_vec() },
                Word::With => Wants::Nothing,
                Word::Metric(_) => {
                    let has_by = so_far.iter().any(|token| token.kind == TokenKind::Word(Word::By));
                    let by: &[&'static str] = if has_by { &[] } else { &["by"] };
                    then(&by.iter().chain(&COMPARISONS).copied().collect::<Vec<_>>())
                }
            },
            (TokenKind::Sign(Sign::CloseParen), _) if level.is_series => {
                then(&["+", "-", "*", "/", ">", ">=", "<", "<=", "=", "!="])
            }
            (TokenKind::Sign(Sign::CloseBrace | Sign::CloseParen), _) => then(&RELATIONS),
            (TokenKind::Literal(_), _) => then(&[]),
            (TokenKind::Sign(sign), first) if is_between_spansets(*sign, first, level.is_series) => self.words(vec!["{", "("]),
            (TokenKind::Sign(_), _) => Wants::Number,
            _ => Wants::Nothing,
        }
    }
}

/// Whether an operator stands between spansets, in a stage that begins so.
fn is_between_spansets(sign: Sign, first: Option<&TokenKind>, is_series: bool) -> bool {
    let is_spanset = matches!(first, Some(TokenKind::Sign(Sign::OpenBrace | Sign::OpenParen))) && !is_series;
    match sign {
        Sign::And | Sign::Or | Sign::Tree(..) => true,
        sign => is_spanset && sign.relation().is_some(),
    }
}

/// What the parentheses behind a word hold.
const fn of_word(word: Word) -> Around {
    match word {
        Word::By | Word::Aggregate(Aggregate::Avg | Aggregate::Max | Aggregate::Min | Aggregate::Sum) => {
            Around::Expr { in_braces: false }
        }
        Word::Select => Around::Fields,
        Word::Metric(Metric::Compare) => Around::Compare,
        Word::Metric(Metric::Quantiles) => Around::Field { with_numbers: true },
        Word::Metric(Metric::Rate | Metric::Count) | Word::Aggregate(Aggregate::Count) | Word::Coalesce => Around::Empty,
        Word::Metric(_) => Around::Field { with_numbers: false },
        Word::Top | Word::Bottom => Around::Count,
        Word::With => Around::Hints,
    }
}

fn constants(is_it: impl Fn(&Literal) -> bool) -> Vec<&'static str> {
    CONSTANTS.iter().filter(|(_, literal)| is_it(literal)).map(|(text, _)| *text).collect()
}

fn all_intrinsics() -> Vec<&'static str> {
    INTRINSICS
        .iter()
        .chain(&SCOPED_INTRINSICS)
        .filter(|(_, intrinsic)| *intrinsic != Intrinsic::Parent)
        .map(|(text, _)| *text)
        .collect()
}

/// A string as far as it is written.
fn unquoted(typed: &str) -> String {
    let inner = typed.strip_prefix(['"', '`', '\'']).unwrap_or(typed);
    if typed.starts_with('"') { inner.replace("\\\"", "\"").replace("\\\\", "\\") } else { inner.to_owned() }
}

/// A key as far as it is written, its quotes left out.
fn unquoted_key(typed: &str) -> String {
    let mut key = String::new();
    let mut chars = typed.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => {}
            '\\' => key.extend(chars.next()),
            char => key.push(char),
        }
    }
    key
}

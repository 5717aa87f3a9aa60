//! Comparisons: a value against a constant, prepared once, and two values against each other.
//!
//! What does not fit by type is neither equal nor different: it does not match. An array matches where an element does, and for
//! `!=` and `!~` where none does.

use std::cmp::Ordering;

use regex::Regex;

use super::super::tree::{Compare, Literal};
use super::number::Number;
use super::value::EvalValue;
use crate::base::{StrId, text};
use crate::model::{Dataset, SpanKey, SpanKind, StatusCode, TraceKey, Value};

/// A comparison with a constant.
pub(super) struct Test {
    by: By,
    /// `!=`, `!~`: what does not compare equal, but could have.
    negated: bool,
}

enum By {
    /// There is a value.
    Presence,
    /// Nothing fits.
    Nothing,
    Bool(bool),
    Status(StatusCode),
    Kind(SpanKind),
    Number(Order, Number),
    /// A text, by its symbol; as an id, by its number.
    Symbol(Option<StrId>, Option<u128>),
    /// A text, by what each was found to be.
    Text(Pattern, Answers),
}

/// What is asked of texts.
enum Pattern {
    Regex(Box<Regex>),
    Order(Order, Box<str>),
}

/// A comparison but for its denial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Order {
    /// The comparison, and whether it is denied; regular expressions are none.
    const fn new(by: Compare) -> Option<(Self, bool)> {
        Some(match by {
            Compare::Equal => (Self::Equal, false),
            Compare::NotEqual => (Self::Equal, true),
            Compare::Less => (Self::Less, false),
            Compare::LessEqual => (Self::LessEqual, false),
            Compare::Greater => (Self::Greater, false),
            Compare::GreaterEqual => (Self::GreaterEqual, false),
            Compare::Matches | Compare::MatchesNot => return None,
        })
    }

    /// Whether it holds of what stands so to each other.
    #[inline]
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::LessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// What each text was found to be, by symbol; asked of a text once.
#[derive(Debug, Default)]
pub(super) struct Answers(Vec<u8>);

impl Answers {
    const NO: u8 = 1;
    const YES: u8 = 2;

    #[inline]
    fn of(&mut self, dataset: &Dataset, id: StrId, ask: impl FnOnce(&str) -> bool) -> bool {
        if self.0.len() < dataset.strings.len() {
            self.0.resize(dataset.strings.len(), 0);
        }
        match self.0.get_mut(id.0 as usize) {
            Some(answer) => {
                if *answer == 0 {
                    *answer = if ask(dataset.str(id)) { Self::YES } else { Self::NO };
                }
                *answer == Self::YES
            }
            None => ask(dataset.str(id)),
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.0.capacity()
    }
}

/// Whether two numbers stand so to each other.
pub(super) fn numbers_hold(by: Compare, a: Number, b: Number) -> bool {
    Order::new(by).is_some_and(|(order, negated)| order.holds(a.compare(b)) != negated)
}

/// `a < b` as `b > a`.
pub(super) const fn flipped(by: Compare) -> Compare {
    match by {
        Compare::Less => Compare::Greater,
        Compare::LessEqual => Compare::GreaterEqual,
        Compare::Greater => Compare::Less,
        Compare::GreaterEqual => Compare::LessEqual,
        same => same,
    }
}

impl Test {
    /// There is a value.
    pub(super) const PRESENCE: Self = Self { by: By::Presence, negated: false };
    const NOTHING: Self = Self { by: By::Nothing, negated: false };

    /// A comparison with a constant; `=~` and `!~` are made by [`Self::regex`].
    pub(super) fn new(dataset: &Dataset, by: Compare, with: &Literal) -> Self {
        let Some((order, negated)) = Order::new(by) else { return Self::NOTHING };
        let number = |number| By::Number(order, number);
        let by = match with {
            Literal::Int(int) => number(Number::Int(*int)),
            Literal::Float(float) => number(Number::Float(*float)),
            Literal::Duration(nanos) => number(Number::Duration(*nanos)),
            Literal::String(text) if order == Order::Equal => By::Symbol(dataset.strings.find(text), hex(text)),
            Literal::String(text) => By::Text(Pattern::Order(order, text.as_str().into()), Answers::default()),
            Literal::Bool(flag) if order == Order::Equal => By::Bool(*flag),
            Literal::Status(status) if order == Order::Equal => By::Status(*status),
            Literal::Kind(kind) if order == Order::Equal => By::Kind(*kind),
            Literal::Bool(_) | Literal::Status(_) | Literal::Kind(_) | Literal::Nil => By::Nothing,
        };
        Self { by, negated }
    }

    /// A match of a regular expression, with what is known of texts already.
    pub(super) fn regex(regex: Regex, answers: Answers, negated: bool) -> Self {
        Self { by: By::Text(Pattern::Regex(Box::new(regex)), answers), negated }
    }

    /// What was learned of texts.
    pub(super) fn into_answers(self) -> Answers {
        match self.by {
            By::Text(_, answers) => answers,
            _ => Answers::default(),
        }
    }

    /// Whether it holds of a value.
    #[inline]
    pub(super) fn holds(&mut self, dataset: &Dataset, value: EvalValue) -> bool {
        match value {
            EvalValue::Nil => false,
            EvalValue::Row(at) => match dataset.attributes.value(at) {
                _ if matches!(self.by, By::Presence) => true,
                Value::Array(rows) => {
                    let negated = self.negated;
                    let fits = rows.iter().filter_map(|at| self.plain(dataset, EvalValue::of_attribute(dataset, at)));
                    in_array(fits, rows.len(), negated)
                }
                _ => false,
            },
            value => self.plain(dataset, value).is_some_and(|equal| equal != self.negated),
        }
    }

    /// Whether it holds but for its denial of a value that is no array; nothing where that does not fit.
    #[inline]
    fn plain(&mut self, dataset: &Dataset, value: EvalValue) -> Option<bool> {
        match (&mut self.by, value) {
            (By::Presence, _) => Some(true),
            (By::Number(order, with), value) => Some(order.holds(value.number()?.compare(*with))),
            (By::Symbol(with, _), EvalValue::String(text)) => Some(*with == Some(text)),
            (By::Symbol(with, number), EvalValue::TraceId(id)) => Some(match id {
                TraceKey::Missing => *with == Some(StrId::EMPTY),
                TraceKey::Regular(id) => *number == Some(id),
                TraceKey::Text(text) => *with == Some(text),
            }),
            (By::Symbol(with, number), EvalValue::SpanId(id)) => Some(match id {
                SpanKey::Missing => *with == Some(StrId::EMPTY),
                SpanKey::Regular(id) => *number == Some(u128::from(id)),
                SpanKey::Text(text) => *with == Some(text),
            }),
            (By::Text(pattern, answers), EvalValue::String(text)) => Some(answers.of(dataset, text, |text| pattern.holds(text))),
            (By::Text(pattern, _), value @ (EvalValue::TraceId(_) | EvalValue::SpanId(_))) => {
                Some(pattern.holds(&value.text(dataset)?))
            }
            (By::Bool(with), EvalValue::Bool(flag)) => Some(*with == flag),
            (By::Status(with), EvalValue::Status(status)) => Some(*with == status),
            (By::Kind(with), EvalValue::Kind(kind)) => Some(*with == kind),
            _ => None,
        }
    }
}

impl Pattern {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Regex(regex) => regex.is_match(text),
            Self::Order(order, with) => order.holds(Some(text.cmp(with))),
        }
    }
}

/// Whether a comparison holds of an array, of whose elements that fit it is told for which it holds but for its denial.
fn in_array(mut fits: impl Iterator<Item = bool>, len: u32, negated: bool) -> bool {
    if !negated {
        return fits.any(|equal| equal);
    }
    let mut any = len == 0;
    let none_equals = fits.all(|equal| {
        any = true;
        !equal
    });
    any && none_equals
}

/// An id's number. Leading zeros may be left out, as they are by some who write ids.
fn hex(digits: &str) -> Option<u128> {
    let bytes = digits.as_bytes();
    if bytes.is_empty() || 32 < bytes.len() {
        return None;
    }
    bytes.iter().try_fold(0, |sum: u128, &digit| Some(sum << 4 | u128::from(text::hex_digit(digit)?)))
}

/// A value that is computed for a span, or a text that may be nobody's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operand<'q> {
    Value(EvalValue),
    Text(&'q str),
}

/// Whether two values stand so to each other; regular expressions have a constant beside them and do not come here.
pub(super) fn holds(dataset: &Dataset, by: Compare, a: Operand<'_>, b: Operand<'_>) -> bool {
    let Some((order, negated)) = Order::new(by) else { return false };
    let array = |operand: Operand<'_>| match operand {
        Operand::Value(EvalValue::Row(at)) => match dataset.attributes.value(at) {
            Value::Array(rows) => Some(rows),
            _ => None,
        },
        _ => None,
    };
    let element = |at| Operand::Value(EvalValue::of_attribute(dataset, at));
    match (array(a), array(b)) {
        (None, None) => plain(dataset, order, a, b).is_some_and(|equal| equal != negated),
        (Some(rows), None) => in_array(rows.iter().filter_map(|at| plain(dataset, order, element(at), b)), rows.len(), negated),
        (None, Some(rows)) => in_array(rows.iter().filter_map(|at| plain(dataset, order, a, element(at))), rows.len(), negated),
        (Some(_), Some(_)) => false,
    }
}

fn plain(dataset: &Dataset, order: Order, a: Operand<'_>, b: Operand<'_>) -> Option<bool> {
    if let (Operand::Value(a), Operand::Value(b)) = (a, b) {
        if let (Some(a), Some(b)) = (a.number(), b.number()) {
            return Some(order.holds(a.compare(b)));
        }
        let equal = match (a, b) {
            (EvalValue::Bool(a), EvalValue::Bool(b)) => Some(a == b),
            (EvalValue::Status(a), EvalValue::Status(b)) => Some(a == b),
            (EvalValue::Kind(a), EvalValue::Kind(b)) => Some(a == b),
            _ => None,
        };
        if let Some(equal) = equal {
            return (order == Order::Equal).then_some(equal);
        }
    }
    let text = |operand| match operand {
        Operand::Value(value) => EvalValue::text(value, dataset),
        Operand::Text(text) => Some(text.into()),
    };
    let (x, y) = (text(a)?, text(b)?);
    let is_id = |operand| matches!(operand, Operand::Value(EvalValue::TraceId(_) | EvalValue::SpanId(_)));
    if order == Order::Equal && is_id(a) != is_id(b) {
        return Some(x == y || hex(&x).is_some_and(|number| hex(&y) == Some(number)));
    }
    Some(order.holds(Some(x.cmp(&y))))
}

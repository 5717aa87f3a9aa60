//! What stands between two pipes: spansets and figures, and the operators between them.

use super::constant::{arithmetic, calculated, float, negative};
use super::field::IN_PARENS;
use super::pipeline::Piped;
use super::{Deep, Fail, Parsed, Parser, balanced, height, power};
use crate::traceql::lexer::TokenKind;
use crate::traceql::tree::{
    Aggregate, Arithmetic, Compare, Expr, ExprKind, Literal, Metrics, MetricsExpr, Place, Relation, Scalar, Second, Spanset,
    Stage,
};
use crate::traceql::words::{Sign, Word};

/// What can stand right of an operator between spansets, in words.
const SPANSETS: [&str; 2] = ["`{`", "`(`"];

/// What can stand right of an operator between figures, in words.
const FIGURES: [&str; 3] = ["a number", "an aggregate, as in `count()`", "`(`"];

/// What can stand right of an operator between time series, in words.
const SERIES: [&str; 2] = ["a number", "time series in parentheses, as in `({ } | rate())`"];

/// Spansets.
pub(super) struct Spans {
    pub(super) set: Spanset,
    at: Place,
    depth: u32,
    /// Whether a `{ }` of it stands in no parentheses.
    is_bare: bool,
    /// Whether a pipeline of it stands in parentheses.
    is_piped: bool,
}

/// Figures of spansets, or constants.
pub(super) struct Figure {
    pub(super) scalar: Scalar,
    at: Place,
    depth: u32,
    /// Whether it stands in no parentheses, and nothing was calculated for it.
    pub(super) is_bare: bool,
    /// Whether it is of pipelines in parentheses.
    is_piped: bool,
    /// What keeps a constant from being calculated with time series.
    odd: Option<&'static str>,
}

impl Figure {
    fn constant(literal: Literal, at: Place) -> Self {
        Self { scalar: Scalar::Literal(literal), at, depth: 0, is_bare: true, is_piped: false, odd: None }
    }

    /// A figure of a pipeline in parentheses.
    pub(super) fn of_pipeline(scalar: Scalar, at: Place) -> Self {
        Self { scalar, at, depth: 0, is_bare: false, is_piped: true, odd: None }
    }

    const fn literal(&self) -> Option<&Literal> {
        match &self.scalar {
            Scalar::Literal(literal) => Some(literal),
            _ => None,
        }
    }
}

/// What can stand between two pipes.
pub(super) enum Thing {
    Spans(Box<Spans>),
    Figure(Box<Figure>),
    Compared(Box<Stage>),
    Metrics(Box<Metrics>),
}

impl From<Spans> for Thing {
    fn from(spans: Spans) -> Self {
        Self::Spans(Box::new(spans))
    }
}

impl From<Figure> for Thing {
    fn from(figure: Figure) -> Self {
        Self::Figure(Box::new(figure))
    }
}

impl From<Metrics> for Thing {
    fn from(metrics: Metrics) -> Self {
        Self::Metrics(Box::new(metrics))
    }
}

/// The power of an operator between things.
const fn power_of(sign: Sign) -> Option<u8> {
    Some(match sign {
        Sign::And | Sign::Or => power::LOGIC,
        Sign::Compare(_) | Sign::Tree(..) => power::COMPARE,
        Sign::Plus | Sign::Minus => power::SUM,
        Sign::Star | Sign::Slash | Sign::Percent => power::PRODUCT,
        Sign::Caret => power::POWER,
        _ => return None,
    })
}

const fn comparison(sign: Sign) -> Option<Compare> {
    match sign {
        Sign::Compare(Compare::Matches | Compare::MatchesNot) => None,
        Sign::Compare(by) => Some(by),
        _ => None,
    }
}

impl Parser<'_> {
    /// Things with operators between them that bind so tightly at least. The first is one of those wanted.
    pub(super) fn combined(&mut self, least: u8, wanted: &[&str]) -> Parsed<Thing> {
        let mut left = self.thing(wanted)?;
        while let Some(sign) = self.peek_sign()
            && let Some(power) = power_of(sign)
            && least <= power
        {
            left = match left {
                Thing::Spans(left) => self.related(*left, sign)?.into(),
                Thing::Compared(_) => {
                    let message = format!("`{}` cannot follow a comparison of figures, which is a stage of its own", sign.text());
                    return Err(self.wrong(self.here(), message, &["`|`", "the end"]));
                }
                Thing::Figure(left) => self.figured(*left, sign)?,
                Thing::Metrics(left) => self.calculated(*left, sign)?,
            };
        }
        Ok(left)
    }

    /// Spansets, from the operator after the first on.
    fn related(&mut self, left: Spans, sign: Sign) -> Parsed<Spans> {
        let Some(relation) = sign.relation() else {
            let message = format!("`{}` does not stand between spansets", sign.text());
            return Err(self.wrong(
                self.here(),
                message,
                &["`&&`", "`||`", "a structural operator, as in `>>`", "`|`", "the end"],
            ));
        };
        let least = power_of(sign).unwrap_or(power::LOGIC) + 1;
        let Spans { set, at, mut depth, mut is_bare, mut is_piped } = left;
        let mut end;
        let mut items = Vec::new();
        flatten(set, relation, &mut items);
        loop {
            self.next += 1;
            let start = self.here();
            let Thing::Spans(right) = self.within(|parser| parser.combined(least, &SPANSETS))? else {
                let at = start.start..self.last().range().end;
                return Err(self.wrong(at, format!("`{}` stands between spansets", sign.text()), &SPANSETS));
            };
            if (is_bare && right.is_piped) || (is_piped && right.is_bare) {
                let at = if is_bare { at } else { right.at };
                let message = "beside a pipeline in parentheses a spanset stands in parentheses, too".to_owned();
                return Err(self.wrong(at.range(), message, &[]));
            }
            depth = depth.max(right.depth);
            is_bare |= right.is_bare;
            is_piped |= right.is_piped;
            end = right.at;
            flatten(right.set, relation, &mut items);
            let is_chain = matches!(relation, Relation::And | Relation::Or);
            if !is_chain || self.peek_sign() != Some(sign) {
                break;
            }
        }
        let depth = self.deeper(depth + height(items.len()) - 1)?;
        let joined = balanced(items, |left, right| Spanset::Both { left: Box::new(left), by: relation, right: Box::new(right) });
        match joined {
            Some(set) => Ok(Spans { set, at: at.to(end), depth, is_bare, is_piped }),
            None => Err(self.unexpected(&SPANSETS)),
        }
    }

    /// What comes of a figure and an operator after it.
    fn figured(&mut self, left: Figure, sign: Sign) -> Parsed<Thing> {
        let sign_at = self.here();
        let compare = comparison(sign);
        let Some(power) = power_of(sign).filter(|_| compare.is_some() || arithmetic(sign).is_some()) else {
            let message = format!("`{}` does not stand between figures", sign.text());
            return Err(self.wrong(sign_at, message, &["a comparison", "`+`, `-`, `*`, `/`, `%` or `^`"]));
        };
        self.next += 1;
        let start = self.here();
        let least = if sign == Sign::Caret { power } else { power + 1 };
        let right = match self.within(|parser| parser.combined(least, &FIGURES))? {
            Thing::Figure(right) => *right,
            Thing::Metrics(right) if compare.is_none() => {
                let left = self.number(&left)?;
                return self.joined(left, sign, *right, sign_at).map(Thing::from);
            }
            _ => {
                let at = start.start..self.last().range().end;
                return Err(self.wrong(at, format!("`{}` stands between figures", sign.text()), &FIGURES));
            }
        };
        let at = left.at.to(right.at);
        if let Some(by) = arithmetic(sign) {
            return self.arithmetic_of(left, by, right, at).map(Thing::from);
        }
        let is_alike = match (left.literal(), right.literal()) {
            (Some(_), Some(_)) => {
                let message = "two constants are no query".to_owned();
                return Err(self.wrong(at.range(), message, &["an aggregate on one side, as in `count() > 2`"]));
            }
            (None, Some(_)) => !left.is_piped || right.is_bare,
            (Some(_), None) => !right.is_piped,
            (None, None) => left.is_piped == right.is_piped,
        };
        let Some(by) = compare.filter(|_| is_alike) else { return Err(self.unalike(at)) };
        Ok(Thing::Compared(Box::new(Stage::Scalars { left: left.scalar, by, right: right.scalar, at })))
    }

    #[cold]
    fn unalike(&self, at: Place) -> Fail {
        let message = "a figure of a pipeline in parentheses goes with another, or stands left of one number".to_owned();
        self.wrong(at.range(), message, &[])
    }

    fn arithmetic_of(&self, left: Figure, by: Arithmetic, right: Figure, at: Place) -> Parsed<Figure> {
        if let (Some(a), Some(b)) = (left.literal(), right.literal()) {
            let Some(literal) = calculated(a, by, b) else {
                return Err(self.wrong(at.range(), "this comes to no number that fits".to_owned(), &[]));
            };
            let own = match by {
                Arithmetic::Mod => Some("`%` is not for time series"),
                Arithmetic::Power => Some("`^` is not for time series"),
                _ if matches!(a, Literal::Duration(_)) || matches!(b, Literal::Duration(_)) => {
                    Some("durations are not calculated with time series")
                }
                _ => None,
            };
            let odd = left.odd.or(right.odd).or(own);
            return Ok(Figure { odd, is_bare: false, ..Figure::constant(literal, at) });
        }
        if left.is_piped != right.is_piped {
            return Err(self.unalike(at));
        }
        let depth = self.deeper(left.depth.max(right.depth))?;
        let scalar = Scalar::Both { left: Box::new(left.scalar), by, right: Box::new(right.scalar), at };
        Ok(Figure { scalar, at, depth, is_bare: false, is_piped: left.is_piped, odd: None })
    }

    /// What comes of time series and an operator after them.
    fn calculated(&mut self, left: Metrics, sign: Sign) -> Parsed<Thing> {
        let sign_at = self.here();
        if comparison(sign).is_some() {
            let mut left = left;
            self.filtered(&mut left)?;
            return Ok(left.into());
        }
        let Some(power) = power_of(sign).filter(|_| arithmetic(sign).is_some()) else {
            return Err(self.not_of_series(sign, sign_at));
        };
        self.next += 1;
        let start = self.here();
        let right = match self.within(|parser| parser.combined(power + 1, &SERIES))? {
            Thing::Metrics(right) => *right,
            Thing::Figure(right) => self.number(&right)?,
            _ => {
                let at = start.start..self.last().range().end;
                let message = format!("`{}` stands between time series in parentheses, and numbers", sign.text());
                return Err(self.wrong(at, message, &SERIES));
            }
        };
        self.joined(left, sign, right, sign_at).map(Thing::from)
    }

    #[cold]
    fn not_of_series(&self, sign: Sign, at: std::ops::Range<usize>) -> Fail {
        let message = format!("`{}` is not for time series", sign.text());
        self.wrong(at, message, &["`+`, `-`, `*` or `/`", "a comparison", "`|`", "the end"])
    }

    fn joined(&self, left: Metrics, sign: Sign, right: Metrics, at: std::ops::Range<usize>) -> Parsed<Metrics> {
        let Some(by) = arithmetic(sign).filter(|by| !matches!(by, Arithmetic::Mod | Arithmetic::Power)) else {
            return Err(self.not_of_series(sign, at));
        };
        let (left, right) = (Box::new(operand(left)), Box::new(operand(right)));
        // Left-deep chains are as deep as they are long.
        self.deeper(height_of(&left).max(height_of(&right)))?;
        Ok(Metrics { of: MetricsExpr::Both { left, by, right }, then: Vec::new() })
    }

    /// A constant as a number for time series.
    fn number(&self, figure: &Figure) -> Parsed<Metrics> {
        let message = match (&figure.odd, figure.literal()) {
            (Some(odd), _) => *odd,
            (None, Some(Literal::Duration(_))) => "durations are not calculated with time series",
            (None, None) => "a figure of a spanset is not calculated with time series",
            (None, Some(literal)) => {
                let number = float(literal).unwrap_or_default();
                return Ok(Metrics { of: MetricsExpr::Number(number), then: Vec::new() });
            }
        };
        Err(self.wrong(figure.at.range(), message.to_owned(), &["a number"]))
    }

    /// `> 10`, from its sign on.
    pub(super) fn filtered(&mut self, metrics: &mut Metrics) -> Parsed<()> {
        let Some(by) = self.peek_sign().and_then(comparison) else { return Err(self.unexpected(&["a comparison"])) };
        self.next += 1;
        let start = self.here();
        let Thing::Figure(figure) = self.within(|parser| parser.combined(power::SUM, &["a number"]))? else {
            let at = start.start..self.last().range().end;
            return Err(self.wrong(at, "time series are compared with a number".to_owned(), &["a number"]));
        };
        let number = match (figure.odd, figure.literal()) {
            // In seconds, as series of durations are compared.
            (None, Some(Literal::Duration(nanos))) => *nanos as f64 / 1e9,
            _ => match self.number(&figure)?.of {
                MetricsExpr::Number(number) => number,
                _ => return Err(self.unexpected(&["a number"])),
            },
        };
        metrics.then.push(Second::Filter(by, number));
        Ok(())
    }

    /// What stands between operators.
    fn thing(&mut self, wanted: &[&str]) -> Parsed<Thing> {
        let start = self.here();
        match self.peek() {
            Some(TokenKind::Sign(Sign::OpenBrace)) => {
                let set = Spanset::Filter(self.braced()?.it);
                let at = Place::from(start).to(self.last());
                Ok(Spans { set, at, depth: 0, is_bare: true, is_piped: false }.into())
            }
            Some(TokenKind::Sign(Sign::OpenParen)) => {
                self.next += 1;
                let piped = self.in_parens(Self::piped, &["an operator", "`|`", "`)`"])?;
                let at = Place::from(start).to(self.last());
                Ok(self.grouped(piped, at)?)
            }
            Some(TokenKind::Word(Word::Aggregate(by))) => {
                let by = *by;
                self.next += 1;
                let of = self.aggregated(by)?;
                let at = Place::from(start).to(self.last());
                let scalar = Scalar::Aggregate { by, of, at };
                Ok(Figure { scalar, at, depth: 0, is_bare: true, is_piped: false, odd: None }.into())
            }
            Some(TokenKind::Literal(literal)) if float(literal).is_some() => {
                let literal = literal.clone();
                self.next += 1;
                Ok(Figure::constant(literal, start.into()).into())
            }
            Some(TokenKind::Sign(Sign::Minus)) => {
                let Some(TokenKind::Literal(literal)) = self.peek_second() else { return Err(self.unexpected(wanted)) };
                let Some(literal) = negative(literal) else {
                    self.next += 1;
                    return Err(self.unexpected(&["a number"]));
                };
                self.next += 2;
                Ok(Figure::constant(literal, Place::from(start).to(self.last())).into())
            }
            Some(TokenKind::Name) if self.peek_second() == Some(&TokenKind::Sign(Sign::OpenParen)) => {
                let message = format!("`{}` is no function of the language", self.text.get(start.clone()).unwrap_or_default());
                Err(self.wrong(start, message, wanted))
            }
            _ => Err(self.unexpected(wanted)),
        }
    }

    /// A thing that stands in parentheses.
    fn grouped(&self, piped: Piped, at: Place) -> Parsed<Thing> {
        Ok(match piped {
            Piped::Pipeline(pipeline) => {
                Spans { set: Spanset::Pipeline(pipeline), at, depth: self.deeper(0)?, is_bare: false, is_piped: true }.into()
            }
            Piped::Thing(Thing::Spans(spans)) => Spans { at, is_bare: false, ..*spans }.into(),
            Piped::Thing(Thing::Figure(figure)) => Figure { at, is_bare: false, ..*figure }.into(),
            Piped::Thing(thing) => thing,
        })
    }

    /// `{ }`, and what is in it.
    pub(super) fn braced(&mut self) -> Parsed<Deep<Expr>> {
        let start = self.here();
        self.must(Sign::OpenBrace)?;
        if self.sign(Sign::CloseBrace) {
            let at = Place::from(start).to(self.last());
            return Ok(Deep { it: Expr { at, is: ExprKind::Literal(Literal::Bool(true)) }, depth: 0 });
        }
        if self.peek().is_none() {
            return Err(self.unexpected(&["an attribute", "an intrinsic", "a value", "`!`", "`-`", "`(`", "`}`"]));
        }
        let expr = self.within(|parser| parser.expr(0))?;
        if self.sign(Sign::CloseBrace) { Ok(expr) } else { Err(self.unexpected(&["an operator", "`}`"])) }
    }

    /// What an aggregate is of, in its parentheses.
    fn aggregated(&mut self, by: Aggregate) -> Parsed<Option<Expr>> {
        self.must(Sign::OpenParen)?;
        if by == Aggregate::Count {
            self.must(Sign::CloseParen)?;
            return Ok(None);
        }
        Ok(Some(self.in_parens(|parser| parser.expr(0), &IN_PARENS)?.it))
    }
}

/// Time series as an operand.
fn operand(metrics: Metrics) -> MetricsExpr {
    if metrics.then.is_empty() { metrics.of } else { MetricsExpr::Inner(Box::new(metrics)) }
}

/// How many calculations are nested in one.
fn height_of(expr: &MetricsExpr) -> u32 {
    let mut open = vec![(expr, 0_u32)];
    let mut height = 0;
    while let Some((expr, depth)) = open.pop() {
        height = height.max(depth);
        match expr {
            MetricsExpr::Both { left, right, .. } => open.extend([(&**left, depth + 1), (&**right, depth + 1)]),
            MetricsExpr::Inner(inner) => open.push((&inner.of, depth + 1)),
            MetricsExpr::Series { .. } | MetricsExpr::Compare { .. } | MetricsExpr::Number(_) => {}
        }
    }
    height
}

/// The items of a chain, as they stand from left to right; a spanset of a structural operator is one item.
fn flatten(set: Spanset, by: Relation, items: &mut Vec<Spanset>) {
    let mut open = vec![set];
    while let Some(set) = open.pop() {
        match set {
            Spanset::Both { left, by: own, right } if own == by && matches!(by, Relation::And | Relation::Or) => {
                open.push(*right);
                open.push(*left);
            }
            set => items.push(set),
        }
    }
}

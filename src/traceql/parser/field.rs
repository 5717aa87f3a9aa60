//! Expressions over a span: what stands in `{ }`, and in `by()` and `avg()`.

use super::constant::{arithmetic, calculated, negative};
use super::{Deep, Parsed, Parser, balanced, height, power};
use crate::traceql::lexer::TokenKind;
use crate::traceql::tree::{Arithmetic, Compare, Expr, ExprKind, Literal};
use crate::traceql::words::Sign;

/// What can begin an operand, in words.
pub(super) const OPERANDS: [&str; 6] = ["an attribute", "an intrinsic", "a value", "`!`", "`-`", "`(`"];

/// What can follow an operand in parentheses.
pub(super) const IN_PARENS: [&str; 2] = ["an operator", "`)`"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Binary {
    And,
    Or,
    Compare(Compare),
    Arithmetic(Arithmetic),
}

impl Binary {
    const fn of(sign: Sign) -> Option<Self> {
        Some(match sign {
            Sign::And => Self::And,
            Sign::Or => Self::Or,
            Sign::Compare(by) => Self::Compare(by),
            _ => match arithmetic(sign) {
                Some(by) => Self::Arithmetic(by),
                None => return None,
            },
        })
    }

    const fn power(self) -> u8 {
        match self {
            Self::And | Self::Or => power::LOGIC,
            Self::Compare(_) => power::COMPARE,
            Self::Arithmetic(Arithmetic::Add | Arithmetic::Sub) => power::SUM,
            Self::Arithmetic(Arithmetic::Mul | Arithmetic::Div | Arithmetic::Mod) => power::PRODUCT,
            Self::Arithmetic(Arithmetic::Power) => power::POWER,
        }
    }
}

const fn is_equality(by: Compare) -> bool {
    matches!(by, Compare::Equal | Compare::NotEqual)
}

impl Parser<'_> {
    /// An expression whose operators bind so tightly at least.
    pub(super) fn expr(&mut self, least: u8) -> Parsed<Deep<Expr>> {
        let mut left = self.operand(least)?;
        while let Some(by) = self.peek_sign().and_then(Binary::of).filter(|by| least <= by.power()) {
            self.next += 1;
            left = match by {
                Binary::And | Binary::Or => self.chain(left, by)?,
                Binary::Compare(by) => self.compared(left, by)?,
                Binary::Arithmetic(by) => self.arithmetic(left, by)?,
            };
        }
        Ok(left)
    }

    /// `a && b && c`, from the first `&&` on.
    fn chain(&mut self, first: Deep<Expr>, by: Binary) -> Parsed<Deep<Expr>> {
        let mut depth = first.depth;
        let mut items = Vec::new();
        flatten(first.it, by, &mut items);
        loop {
            let right = self.within(|parser| parser.expr(power::LOGIC + 1))?;
            depth = depth.max(right.depth);
            flatten(right.it, by, &mut items);
            if self.peek_sign().and_then(Binary::of) != Some(by) {
                break;
            }
            self.next += 1;
        }
        let depth = self.deeper(depth + height(items.len()) - 1)?;
        let joined = balanced(items, |left, right| {
            let at = left.at.to(right.at);
            let (left, right) = (Box::new(left), Box::new(right));
            Expr { at, is: if by == Binary::And { ExprKind::And(left, right) } else { ExprKind::Or(left, right) } }
        });
        match joined {
            Some(it) => Ok(Deep { it, depth }),
            None => Err(self.unexpected(&OPERANDS)),
        }
    }

    fn compared(&mut self, left: Deep<Expr>, by: Compare) -> Parsed<Deep<Expr>> {
        let right = if is_equality(by) && matches!(self.peek(), Some(TokenKind::Literal(Literal::Nil))) {
            // Nothing binds a `nil` but this.
            self.next += 1;
            Deep { it: Expr { at: self.last(), is: ExprKind::Literal(Literal::Nil) }, depth: 0 }
        } else {
            self.within(|parser| parser.expr(power::COMPARE + 1))?
        };
        let at = left.it.at.to(right.it.at);
        let depth = self.deeper(left.depth.max(right.depth))?;
        let is_nil = |expr: &Expr| matches!(expr.is, ExprKind::Literal(Literal::Nil));
        let is = match (is_nil(&left.it), is_nil(&right.it)) {
            // No two absent things are the same, nor another.
            (true, true) => ExprKind::Literal(Literal::Bool(false)),
            (true, false) => ExprKind::Compare(by, Box::new(right.it), Box::new(left.it)),
            _ => ExprKind::Compare(by, Box::new(left.it), Box::new(right.it)),
        };
        Ok(Deep { it: Expr { at, is }, depth })
    }

    fn arithmetic(&mut self, left: Deep<Expr>, by: Arithmetic) -> Parsed<Deep<Expr>> {
        let own = Binary::Arithmetic(by).power();
        // To the right, `2 ^ 3 ^ 2` is `2 ^ (3 ^ 2)`.
        let least = if by == Arithmetic::Power { own } else { own + 1 };
        let right = self.within(|parser| parser.expr(least))?;
        let at = left.it.at.to(right.it.at);
        if let (ExprKind::Literal(a), ExprKind::Literal(b)) = (&left.it.is, &right.it.is)
            && let Some(literal) = calculated(a, by, b)
        {
            return Ok(Deep { it: Expr { at, is: ExprKind::Literal(literal) }, depth: 0 });
        }
        let depth = self.deeper(left.depth.max(right.depth))?;
        Ok(Deep { it: Expr { at, is: ExprKind::Arithmetic(by, Box::new(left.it), Box::new(right.it)) }, depth })
    }

    /// What stands between operators that bind so tightly at least.
    fn operand(&mut self, least: u8) -> Parsed<Deep<Expr>> {
        let start = self.here();
        let leaf = |is| Deep { it: Expr { at: start.clone().into(), is }, depth: 0 };
        match self.peek() {
            Some(TokenKind::Field(field)) => {
                let field = field.clone();
                self.next += 1;
                Ok(leaf(ExprKind::Field(field)))
            }
            Some(TokenKind::Literal(Literal::Nil)) => {
                let is_beside = matches!(self.peek_second(), Some(TokenKind::Sign(Sign::Compare(by))) if is_equality(*by));
                if !is_beside || power::COMPARE < least {
                    let message = "`nil` stands beside `=` and `!=` only".to_owned();
                    return Err(self.wrong(start, message, &["`= nil`", "`!= nil`"]));
                }
                self.next += 1;
                Ok(leaf(ExprKind::Literal(Literal::Nil)))
            }
            Some(TokenKind::Literal(literal)) => {
                let literal = literal.clone();
                self.next += 1;
                Ok(leaf(ExprKind::Literal(literal)))
            }
            Some(TokenKind::Sign(Sign::Not)) => {
                self.next += 1;
                let of = self.within(|parser| parser.expr(power::PRODUCT))?;
                let at = super::Place::from(start).to(of.it.at);
                Ok(Deep { it: Expr { at, is: ExprKind::Not(Box::new(of.it)) }, depth: self.deeper(of.depth)? })
            }
            Some(TokenKind::Sign(Sign::Minus)) => {
                self.next += 1;
                let of = self.within(|parser| parser.expr(power::NEGATIVE))?;
                let at = super::Place::from(start).to(of.it.at);
                if let ExprKind::Literal(literal) = &of.it.is
                    && let Some(literal) = negative(literal)
                {
                    return Ok(Deep { it: Expr { at, is: ExprKind::Literal(literal) }, depth: 0 });
                }
                Ok(Deep { it: Expr { at, is: ExprKind::Negative(Box::new(of.it)) }, depth: self.deeper(of.depth)? })
            }
            Some(TokenKind::Sign(Sign::OpenParen)) => {
                self.next += 1;
                let mut inner = self.in_parens(|parser| parser.expr(0), &IN_PARENS)?;
                inner.it.at = super::Place::from(start).to(self.last());
                Ok(inner)
            }
            _ => Err(self.unexpected(&OPERANDS)),
        }
    }
}

/// The items of a chain, as they stand from left to right.
fn flatten(expr: Expr, by: Binary, items: &mut Vec<Expr>) {
    let mut open = vec![expr];
    while let Some(Expr { at, is }) = open.pop() {
        match (is, by) {
            (ExprKind::And(left, right), Binary::And) | (ExprKind::Or(left, right), Binary::Or) => {
                open.push(*right);
                open.push(*left);
            }
            (is, _) => items.push(Expr { at, is }),
        }
    }
}

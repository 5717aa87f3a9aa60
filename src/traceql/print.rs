//! A tree as text, which parses to the same tree.

use std::fmt::Write as _;

use super::lexer::ends_key;
use super::tree::{
    Arithmetic, Expr, ExprKind, Field, Intrinsic, Literal, Measure, Metrics, MetricsExpr, Pipeline, Query, Relation, Root,
    Scalar, Scope, Second, Spanset, Stage,
};
use super::words::{self, CONSTANTS, Metric, SCOPES, Sign, Word};

/// Units that durations are written in, in nanoseconds. The greatest that fits is taken.
const UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Powers of operators, as in the parser.
mod power {
    pub(super) const LOGIC: u8 = 1;
    pub(super) const COMPARE: u8 = 2;
    pub(super) const SUM: u8 = 3;
    pub(super) const NOT: u8 = 4;
    pub(super) const PRODUCT: u8 = 5;
    pub(super) const POWER: u8 = 6;
    pub(super) const NEGATIVE: u8 = 7;
    pub(super) const ALONE: u8 = 8;
}

/// A query as text.
pub fn text(query: &Query) -> String {
    let mut out = String::new();
    match &query.root {
        Root::Spans(spans) => pipeline(&mut out, spans),
        Root::Metrics(all) => metrics(&mut out, all),
    }
    if !query.hints.is_empty() {
        out.push_str(" with(");
        for (n, (name, value)) in query.hints.iter().enumerate() {
            separate(&mut out, n);
            out.push_str(name);
            out.push('=');
            literal(&mut out, value);
        }
        out.push(')');
    }
    out
}

/// An expression over a span as text.
pub fn expr(of: &Expr) -> String {
    let mut out = String::new();
    expression(&mut out, of, 0);
    out
}

/// A figure of spansets as text.
pub fn scalar(of: &Scalar) -> String {
    let mut out = String::new();
    figure(&mut out, of, 0);
    out
}

/// A field as text.
pub fn field(of: &Field) -> String {
    match of {
        Field::Intrinsic(intrinsic) => intrinsic.text().to_owned(),
        Field::OfParent(intrinsic) => format!("parent.{}", intrinsic.text()),
        Field::Attribute(scope, key) => {
            let prefix = SCOPES.iter().find(|(_, other)| other == scope).map_or("", |(text, _)| text);
            let mut out = prefix.to_owned();
            let is_other = *scope == Scope::Parent
                && (key.starts_with("span.")
                    || key.starts_with("resource.")
                    || words::intrinsic(key).is_some_and(|intrinsic| intrinsic != Intrinsic::Parent));
            if is_other || key.is_empty() || key.contains(|char: char| char == '"' || ends_key(char)) {
                out.push('"');
                for char in key.chars() {
                    if matches!(char, '"' | '\\') {
                        out.push('\\');
                    }
                    out.push(char);
                }
                out.push('"');
            } else {
                out.push_str(key);
            }
            out
        }
    }
}

/// A string as text, in quotes.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char.is_control() => _ = write!(out, "\\u{:04x}", u32::from(char)),
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

fn separate(out: &mut String, n: usize) {
    if 0 < n {
        out.push_str(", ");
    }
}

fn literal(out: &mut String, of: &Literal) {
    match of {
        Literal::String(text) => out.push_str(&quoted(text)),
        Literal::Float(float) => _ = write!(out, "{float:?}"),
        Literal::Duration(nanos) => duration(out, *nanos),
        Literal::Int(int) if *int != i64::MIN => _ = write!(out, "{int}"),
        named => out.push_str(CONSTANTS.iter().find(|(_, other)| other == named).map_or("", |(text, _)| text)),
    }
}

fn duration(out: &mut String, nanos: i64) {
    let size = nanos.unsigned_abs();
    let (unit, of_unit) = match size {
        0 => ("s", 1),
        _ => UNITS.iter().copied().find(|(_, of_unit)| size.is_multiple_of(*of_unit)).unwrap_or(("ns", 1)),
    };
    if nanos < 0 {
        out.push('-');
    }
    _ = write!(out, "{}{unit}", size / of_unit);
}

fn list(out: &mut String, fields: &[Field]) {
    out.push('(');
    for (n, of) in fields.iter().enumerate() {
        separate(out, n);
        out.push_str(&field(of));
    }
    out.push(')');
}

/// An expression, in parentheses if it binds less tightly than this.
fn expression(out: &mut String, of: &Expr, least: u8) {
    let own = power_of(of);
    if own < least {
        out.push('(');
    }
    let binary = |out: &mut String, left: &Expr, sign: &str, right: &Expr, powers: (u8, u8)| {
        expression(out, left, powers.0);
        _ = write!(out, " {sign} ");
        expression(out, right, powers.1);
    };
    match &of.is {
        ExprKind::Literal(of) => literal(out, of),
        ExprKind::Field(of) => out.push_str(&field(of)),
        ExprKind::Not(of) => {
            out.push('!');
            expression(out, of, power::PRODUCT);
        }
        ExprKind::Negative(of) => {
            out.push('-');
            expression(out, of, power::NEGATIVE);
        }
        ExprKind::And(..) | ExprKind::Or(..) => chain(out, of),
        ExprKind::Compare(by, left, right) => {
            binary(out, left, Sign::Compare(*by).text(), right, (power::COMPARE, power::COMPARE + 1));
        }
        ExprKind::Arithmetic(by, left, right) => {
            let powers = if *by == Arithmetic::Power { (own + 1, own) } else { (own, own + 1) };
            binary(out, left, Sign::of_arithmetic(*by).text(), right, powers);
        }
    }
    if own < least {
        out.push(')');
    }
}

/// `a && b && c`, without the parentheses that say nothing.
fn chain(out: &mut String, of: &Expr) {
    let is_and = matches!(of.is, ExprKind::And(..));
    let sign = if is_and { " && " } else { " || " };
    let mut open = vec![of];
    let mut is_first = true;
    while let Some(of) = open.pop() {
        match (&of.is, is_and) {
            (ExprKind::And(left, right), true) | (ExprKind::Or(left, right), false) => open.extend([&**right, &**left]),
            _ => {
                if !is_first {
                    out.push_str(sign);
                }
                is_first = false;
                expression(out, of, power::COMPARE);
            }
        }
    }
}

const fn power_of(of: &Expr) -> u8 {
    match &of.is {
        ExprKind::And(..) | ExprKind::Or(..) => power::LOGIC,
        ExprKind::Compare(..) => power::COMPARE,
        ExprKind::Arithmetic(by, ..) => power_of_arithmetic(*by),
        ExprKind::Not(_) => power::NOT,
        ExprKind::Negative(_) => power::NEGATIVE,
        ExprKind::Literal(_) | ExprKind::Field(_) => power::ALONE,
    }
}

const fn power_of_arithmetic(by: Arithmetic) -> u8 {
    match by {
        Arithmetic::Add | Arithmetic::Sub => power::SUM,
        Arithmetic::Mul | Arithmetic::Div | Arithmetic::Mod => power::PRODUCT,
        Arithmetic::Power => power::POWER,
    }
}

fn pipeline(out: &mut String, of: &Pipeline) {
    // Figures of pipelines in parentheses stand at the beginning, where no spanset is written.
    let is_bare = match of.stages.get(1) {
        Some(Stage::Scalars { left, right, .. }) => [left, right].into_iter().any(is_of_pipeline),
        _ => false,
    };
    for (n, of) in of.stages.iter().skip(usize::from(is_bare)).enumerate() {
        if 0 < n {
            out.push_str(" | ");
        }
        match of {
            Stage::Spanset(set) => spanset(out, set, 0, has_pipeline(set)),
            Stage::Scalars { left, by, right, .. } => {
                figure(out, left, power::SUM);
                _ = write!(out, " {} ", Sign::Compare(*by).text());
                figure(out, right, power::SUM);
            }
            Stage::By(of) => {
                out.push_str("by(");
                expression(out, of, 0);
                out.push(')');
            }
            Stage::Coalesce => out.push_str("coalesce()"),
            Stage::Select(fields) => {
                out.push_str("select");
                list(out, fields);
            }
        }
    }
}

/// Whether a figure is of pipelines in parentheses.
fn is_of_pipeline(of: &Scalar) -> bool {
    match of {
        Scalar::Pipeline(..) => true,
        Scalar::Both { left, .. } => is_of_pipeline(left),
        Scalar::Literal(_) | Scalar::Aggregate { .. } => false,
    }
}

/// Whether a spanset has pipelines in parentheses, beside which spansets stand in parentheses, too.
fn has_pipeline(set: &Spanset) -> bool {
    let mut open = vec![set];
    while let Some(set) = open.pop() {
        match set {
            Spanset::Pipeline(_) => return true,
            Spanset::Both { left, right, .. } => open.extend([&**left, &**right]),
            Spanset::Filter(_) => {}
        }
    }
    false
}

fn braces(out: &mut String, of: &Expr) {
    if of.is == ExprKind::Literal(Literal::Bool(true)) {
        out.push_str("{ }");
        return;
    }
    out.push_str("{ ");
    expression(out, of, 0);
    out.push_str(" }");
}

fn spanset(out: &mut String, of: &Spanset, least: u8, in_parens: bool) {
    match of {
        Spanset::Filter(of) if in_parens => {
            out.push('(');
            braces(out, of);
            out.push(')');
        }
        Spanset::Filter(of) => braces(out, of),
        Spanset::Pipeline(of) => {
            out.push('(');
            pipeline(out, of);
            out.push(')');
        }
        Spanset::Both { left, by, right } => {
            let own = if matches!(by, Relation::Tree(..)) { power::COMPARE } else { power::LOGIC };
            if own < least {
                out.push('(');
            }
            if own == power::COMPARE {
                spanset(out, left, own, in_parens);
                _ = write!(out, " {} ", by.text());
                spanset(out, right, own + 1, in_parens);
            } else {
                let mut open = vec![of];
                let mut is_first = true;
                while let Some(of) = open.pop() {
                    match of {
                        Spanset::Both { left, by: other, right } if other == by => open.extend([&**right, &**left]),
                        _ => {
                            if !is_first {
                                _ = write!(out, " {} ", by.text());
                            }
                            is_first = false;
                            spanset(out, of, power::COMPARE, in_parens);
                        }
                    }
                }
            }
            if own < least {
                out.push(')');
            }
        }
    }
}

fn figure(out: &mut String, of: &Scalar, least: u8) {
    match of {
        Scalar::Literal(of) => literal(out, of),
        Scalar::Aggregate { by, of, .. } => {
            out.push_str(Word::Aggregate(*by).text());
            out.push('(');
            if let Some(of) = of {
                expression(out, of, 0);
            }
            out.push(')');
        }
        Scalar::Pipeline(spans, of) => {
            out.push('(');
            pipeline(out, spans);
            out.push_str(" | ");
            figure(out, of, 0);
            out.push(')');
        }
        Scalar::Both { left, by, right, .. } => {
            let own = power_of_arithmetic(*by);
            let powers = if *by == Arithmetic::Power { (own + 1, own) } else { (own, own + 1) };
            if own < least {
                out.push('(');
            }
            figure(out, left, powers.0);
            _ = write!(out, " {} ", Sign::of_arithmetic(*by).text());
            figure(out, right, powers.1);
            if own < least {
                out.push(')');
            }
        }
    }
}

fn metrics(out: &mut String, of: &Metrics) {
    series(out, &of.of, None);
    for second in &of.then {
        match second {
            Second::Top(n) => _ = write!(out, " | topk({n})"),
            Second::Bottom(n) => _ = write!(out, " | bottomk({n})"),
            Second::Filter(by, number) => {
                _ = write!(out, " {} ", Sign::Compare(*by).text());
                literal(out, &number_literal(*number));
            }
        }
    }
}

/// A number for time series, without a fraction if it has none.
#[expect(clippy::cast_possible_truncation, reason = "only if it is the same number")]
fn number_literal(number: f64) -> Literal {
    let whole = number as i64;
    let is_whole = whole.unsigned_abs() < 1 << 53 && (whole as f64).total_cmp(&number).is_eq();
    if is_whole { Literal::Int(whole) } else { Literal::Float(number) }
}

/// Time series; as an operand in parentheses, unless they bind this tightly.
fn series(out: &mut String, of: &MetricsExpr, least: Option<u8>) {
    let is_operand = least.is_some();
    let parens = match of {
        MetricsExpr::Series { .. } | MetricsExpr::Compare { .. } => is_operand,
        MetricsExpr::Inner(_) => true,
        MetricsExpr::Number(_) => false,
        MetricsExpr::Both { by, .. } => least.is_some_and(|least| power_of_arithmetic(*by) < least),
    };
    if parens {
        out.push('(');
    }
    match of {
        MetricsExpr::Series { pipeline: spans, measure, by } => {
            pipeline(out, spans);
            out.push_str(" | ");
            measured(out, measure);
            if !by.is_empty() {
                out.push_str(" by ");
                list(out, by);
            }
        }
        MetricsExpr::Compare { pipeline: spans, selection, top, range } => {
            pipeline(out, spans);
            out.push_str(" | compare(");
            braces(out, selection);
            _ = write!(out, ", {top}");
            if let Some((start, end)) = range {
                _ = write!(out, ", {start}, {end}");
            }
            out.push(')');
        }
        MetricsExpr::Inner(inner) => metrics(out, inner),
        MetricsExpr::Number(number) => literal(out, &number_literal(*number)),
        MetricsExpr::Both { left, by, right } => {
            let own = power_of_arithmetic(*by);
            series(out, left, Some(own));
            _ = write!(out, " {} ", Sign::of_arithmetic(*by).text());
            series(out, right, Some(own + 1));
        }
    }
    if parens {
        out.push(')');
    }
}

fn measured(out: &mut String, of: &Measure) {
    let (metric, argument, quantiles) = match of {
        Measure::Rate => (Metric::Rate, None, &[] as &[f64]),
        Measure::Count => (Metric::Count, None, &[] as &[f64]),
        Measure::Min(field) => (Metric::Min, Some(field), &[] as &[f64]),
        Measure::Max(field) => (Metric::Max, Some(field), &[] as &[f64]),
        Measure::Avg(field) => (Metric::Avg, Some(field), &[] as &[f64]),
        Measure::Sum(field) => (Metric::Sum, Some(field), &[] as &[f64]),
        Measure::Histogram(field) => (Metric::Histogram, Some(field), &[] as &[f64]),
        Measure::Quantiles(field, quantiles) => (Metric::Quantiles, Some(field), quantiles.as_slice()),
    };
    out.push_str(Word::Metric(metric).text());
    out.push('(');
    if let Some(argument) = argument {
        out.push_str(&field(argument));
    }
    for quantile in quantiles {
        out.push_str(", ");
        literal(out, &number_literal(*quantile));
    }
    out.push(')');
}

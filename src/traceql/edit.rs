//! Conditions put into a query's text and taken out again, with all else left as the person wrote it.
//!
//! *Invariants.* What comes out parses if the query and the condition do; if one of them does not, the query stays as it is.

use std::ops::Range;

use super::lexer::{Token, TokenKind, tokens};
use super::parse;
use super::tree::{Expr, ExprKind, Pipeline, Root, Spanset, Stage};
use super::words::{Sign, Word};

/// The query with a condition that its spans must meet, too; each of its pipelines, if it is of time series.
pub fn narrowed(query: &str, condition: &str) -> String {
    let condition = condition.trim();
    let Some(expr) = expr_of(condition) else { return query.to_owned() };
    if query.trim().is_empty() {
        return format!("{{ {condition} }}");
    }
    if parse(query).is_err() || has(query, condition) {
        return query.to_owned();
    }
    let is_or = matches!(expr.is, ExprKind::Or(..));
    let member = if is_or { format!("({condition})") } else { condition.to_owned() };
    let text = Text::of(query);
    let mut out = query.to_owned();
    // From the last to the first, so that places stay.
    for pipeline in text.pipelines().into_iter().rev() {
        let stages = text.stages(pipeline.clone());
        if let [stage] = stages.as_slice()
            && let Some(inner) = text.braced(stage)
        {
            match text.bytes(&inner) {
                Some(at) if text.is_or(inner) => insert(&mut out, &at, "(", &format!(") && {member}")),
                Some(at) => insert(&mut out, &at, "", &format!(" && {member}")),
                None => replace(&mut out, &text.span(stage), &format!("{{ {condition} }}")),
            }
        } else if let Some(at) = text.bytes(&pipeline) {
            insert(&mut out, &at, "", &format!(" | {{ {condition} }}"));
        }
    }
    out
}

/// The query with a spanset expression that its traces must have spans of, too. Where it is one `{ }`, only those of these spans are left
/// that it holds for; else it is joined to it by `&&`.
pub fn joined(query: &str, spansets: &str) -> String {
    changed(query, spansets, |text, pipeline, stages| {
        let [stage] = stages else {
            return text.bytes(&pipeline).map(|at| (at, "(", format!(") && ({spansets})")));
        };
        if text.braced(stage).is_some() {
            return text.bytes(stage).map(|at| (at.start..at.start, "", format!("{spansets} | ")));
        }
        text.bytes(stage).map(|at| (at, "", format!(" && {spansets}")))
    })
}

/// The query asked of what a spanset expression finds.
pub fn preceded(query: &str, spansets: &str) -> String {
    changed(query, spansets, |text, pipeline, _| {
        text.bytes(&pipeline).map(|at| (at.start..at.start, "", format!("{spansets} | ")))
    })
}

/// A query whose pipelines each get something before and after them. One for everything gives way to the spansets; what would not parse,
/// or stands there already, stays.
fn changed<'s>(
    query: &str,
    spansets: &'s str,
    change: impl Fn(&Text<'_>, Range<usize>, &[Range<usize>]) -> Option<(Range<usize>, &'s str, String)>,
) -> String {
    if query.trim().is_empty() {
        return spansets.to_owned();
    }
    let text = Text::of(query);
    let mut out = query.to_owned();
    for pipeline in text.pipelines().into_iter().rev() {
        let stages = text.stages(pipeline.clone());
        let is_there = |stage: &Range<usize>| query.get(text.span(stage)) == Some(spansets);
        if stages.iter().any(is_there) {
            continue;
        }
        if let [stage] = stages.as_slice()
            && text.braced(stage).is_some_and(|inner| inner.is_empty())
        {
            replace(&mut out, &text.span(stage), spansets);
        } else if let Some((at, before, after)) = change(&text, pipeline, &stages) {
            insert(&mut out, &at, before, &after);
        }
    }
    if parse(&out).is_ok() { out } else { query.to_owned() }
}

/// Whether each pipeline of a query has a condition as a member of an `&&` that is all of a `{ }`.
pub fn has(query: &str, condition: &str) -> bool {
    let Some(expr) = expr_of(condition) else { return false };
    if parse(query).is_err() {
        return false;
    }
    let text = Text::of(query);
    text.pipelines().into_iter().all(|pipeline| text.found(pipeline, &expr).is_some())
}

/// The query without a condition, where it stands as [`narrowed`] would have put it.
pub fn without(query: &str, condition: &str) -> String {
    let Some(expr) = expr_of(condition).filter(|_| parse(query).is_ok()) else { return query.to_owned() };
    let text = Text::of(query);
    let mut out = query.to_owned();
    for pipeline in text.pipelines().into_iter().rev() {
        let Some(Found { stage, n_stage, members, kept }) = text.found(pipeline.clone(), &expr) else { continue };
        let stages = text.stages(pipeline);
        if kept.is_empty() {
            let before = n_stage.checked_sub(1).and_then(|before| stages.get(before));
            match before {
                Some(before) => replace(&mut out, &(text.span(before).end..text.span(&stage).end), ""),
                None if stages.len() == 1 && stage.end == text.tokens.len() && stage.start == 0 => return String::new(),
                None => replace(&mut out, &text.span(&stage), "{ }"),
            }
            continue;
        }
        let mut inner = String::new();
        let mut end_of_last = 0;
        for (n, member) in members.iter().enumerate() {
            if kept.contains(&n) {
                if !inner.is_empty() {
                    inner.push_str(query.get(end_of_last..text.span(member).start).unwrap_or_default());
                }
                let only = if kept.len() == 1 { text.out_of_parens(member) } else { member.clone() };
                inner.push_str(query.get(text.span(&only)).unwrap_or_default());
            }
            end_of_last = text.span(member).end;
        }
        if let (Some(first), Some(last)) = (members.first(), members.last()) {
            replace(&mut out, &(text.span(first).start..text.span(last).end), &inner);
        }
    }
    out
}

/// A condition as an expression.
fn expr_of(condition: &str) -> Option<Expr> {
    // By its own: `a } | { b` is none.
    if tokens(condition).iter().any(|token| matches!(token.kind, TokenKind::Sign(Sign::OpenBrace | Sign::CloseBrace))) {
        return None;
    }
    let Root::Spans(Pipeline { stages }) = parse(&format!("{{ {condition} }}")).ok()?.root else { return None };
    match stages.into_iter().next() {
        Some(Stage::Spanset(Spanset::Filter(expr))) if !condition.trim().is_empty() => Some(expr),
        _ => None,
    }
}

fn insert(out: &mut String, at: &Range<usize>, before: &str, after: &str) {
    replace(out, &(at.end..at.end), after);
    replace(out, &(at.start..at.start), before);
}

fn replace(out: &mut String, at: &Range<usize>, by: &str) {
    if out.get(at.clone()).is_some() {
        out.replace_range(at.clone(), by);
    }
}

/// A condition that was found.
struct Found {
    /// The stage, as tokens.
    stage: Range<usize>,
    n_stage: usize,
    /// The members of its `&&`, as tokens.
    members: Vec<Range<usize>>,
    /// Those that are not the condition.
    kept: Vec<usize>,
}

/// A text and its tokens. Ranges are of tokens, if not said otherwise.
struct Text<'t> {
    text: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Text<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, tokens: tokens(text) }
    }

    fn sign(&self, at: usize) -> Option<Sign> {
        match self.tokens.get(at)?.kind {
            TokenKind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    fn word(&self, at: usize) -> Option<Word> {
        match self.tokens.get(at)?.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The bytes of some tokens, if there are any.
    fn bytes(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let first = self.tokens.get(range.start).filter(|_| !range.is_empty())?;
        let last = self.tokens.get(range.end.checked_sub(1)?)?;
        Some(first.at.start..last.at.end)
    }

    fn span(&self, range: &Range<usize>) -> Range<usize> {
        self.bytes(range).unwrap_or_default()
    }

    /// The pipelines whose spans a query is of: one, or those before its metrics functions.
    fn pipelines(&self) -> Vec<Range<usize>> {
        let is_metric =
            |at: &usize| matches!(self.word(*at), Some(Word::Metric(_))) && self.sign(at.wrapping_sub(1)) == Some(Sign::Pipe);
        let metrics: Vec<_> = (1..self.tokens.len()).filter(is_metric).collect();
        if metrics.is_empty() {
            let hints = (0..self.tokens.len()).find(|at| self.word(*at) == Some(Word::With));
            return std::iter::once(0..hints.unwrap_or(self.tokens.len())).collect();
        }
        let start = |metric: usize| {
            let mut depth = 0_u32;
            for at in (0..metric).rev() {
                match self.sign(at) {
                    Some(Sign::CloseParen) => depth += 1,
                    Some(Sign::OpenParen) if depth == 0 => return at + 1,
                    Some(Sign::OpenParen) => depth -= 1,
                    _ => {}
                }
            }
            0
        };
        metrics.into_iter().map(|metric| start(metric)..metric - 1).collect()
    }

    /// Tokens cut at signs that stand in no parentheses and braces.
    fn cut(&self, range: Range<usize>, sign: Sign) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = range.start;
        let mut depth = 0_u32;
        for at in range.clone() {
            match self.sign(at) {
                Some(Sign::OpenParen | Sign::OpenBrace) => depth += 1,
                Some(Sign::CloseParen | Sign::CloseBrace) => depth = depth.saturating_sub(1),
                Some(other) if other == sign && depth == 0 => {
                    parts.push(start..at);
                    start = at + 1;
                }
                _ => {}
            }
        }
        parts.push(start..range.end);
        parts
    }

    fn stages(&self, pipeline: Range<usize>) -> Vec<Range<usize>> {
        self.cut(pipeline, Sign::Pipe)
    }

    /// What stands in the braces of a stage that is one `{ }`.
    fn braced(&self, stage: &Range<usize>) -> Option<Range<usize>> {
        let inner = stage.start + 1..stage.end.checked_sub(1)?;
        let is_one = self.sign(stage.start) == Some(Sign::OpenBrace)
            && self.sign(inner.end) == Some(Sign::CloseBrace)
            && inner.clone().all(|at| self.sign(at) != Some(Sign::OpenBrace));
        is_one.then_some(inner)
    }

    /// The last `||` that stands in no parentheses, and so has all before it on its left.
    fn last_or(&self, inner: Range<usize>) -> Option<usize> {
        let parts = self.cut(inner, Sign::Or);
        if parts.len() < 2 { None } else { parts.last().and_then(|last| last.start.checked_sub(1)) }
    }

    /// Whether an expression is an `||`.
    fn is_or(&self, inner: Range<usize>) -> bool {
        let end = inner.end;
        self.last_or(inner).is_some_and(|or| self.cut(or + 1..end, Sign::And).len() == 1)
    }

    /// The members of an expression that is an `&&`, or the expression.
    fn members(&self, inner: Range<usize>) -> Vec<Range<usize>> {
        let start = inner.start;
        let after_or = self.last_or(inner.clone()).map_or(start, |or| or + 1);
        let mut members = self.cut(after_or..inner.end, Sign::And);
        if let Some(first) = members.first_mut() {
            first.start = start;
        }
        members
    }

    fn found(&self, pipeline: Range<usize>, condition: &Expr) -> Option<Found> {
        let mut wanted = Vec::new();
        let mut open = vec![condition];
        while let Some(expr) = open.pop() {
            match &expr.is {
                ExprKind::And(left, right) => open.extend([&**right, &**left]),
                _ => wanted.push(expr),
            }
        }
        self.stages(pipeline).into_iter().enumerate().find_map(|(n_stage, stage)| {
            let inner = self.braced(&stage).filter(|inner| !inner.is_empty())?;
            let members = self.members(inner);
            let exprs: Vec<_> = members.iter().map(|member| self.text.get(self.span(member)).and_then(expr_of)).collect();
            let is_whole = |expr: &Option<Expr>| expr.as_ref() == Some(condition);
            let is_part = |expr: &Option<Expr>| expr.as_ref().is_some_and(|expr| wanted.contains(&expr));
            let kept = |is_it: &dyn Fn(&Option<Expr>) -> bool| {
                exprs.iter().enumerate().filter(|(_, expr)| !is_it(expr)).map(|(n, _)| n).collect::<Vec<_>>()
            };
            let kept = if exprs.iter().any(is_whole) {
                kept(&is_whole)
            } else if wanted.iter().all(|wanted| exprs.iter().any(|expr| expr.as_ref() == Some(*wanted))) {
                kept(&is_part)
            } else {
                return None;
            };
            Some(Found { stage, n_stage, members, kept })
        })
    }

    /// What stands in the parentheses around all of some tokens, or they themselves.
    fn out_of_parens(&self, range: &Range<usize>) -> Range<usize> {
        let inner = range.start + 1..range.end.saturating_sub(1);
        let mut depth = 0_i32;
        let mut is_closed = false;
        for at in inner.clone() {
            match self.sign(at) {
                Some(Sign::OpenParen) => depth += 1,
                Some(Sign::CloseParen) => depth -= 1,
                _ => {}
            }
            is_closed |= depth < 0;
        }
        let is_around = self.sign(range.start) == Some(Sign::OpenParen) && self.sign(inner.end) == Some(Sign::CloseParen);
        if is_around && !is_closed && !inner.is_empty() { inner } else { range.clone() }
    }
}

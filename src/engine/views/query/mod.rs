//! What a text in the query box is, what may come next in it, and what clicks make of it.

mod keys;
mod propose;
mod rewrite;
mod values;

pub(in crate::engine) use keys::KeyTable;
pub(in crate::engine) use rewrite::{condition_text, rewritten};
pub(in crate::engine) use values::KnownValues;

use std::rc::Rc;

use crate::analysis::Selected;
use crate::base::{BitSet, len_u32};
use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{QueryKind, QueryRequest, QueryToken, QueryTrouble, QueryView, TokenClass};
use crate::traceql::lexer::{Token, TokenKind, tokens};
use crate::traceql::print;
use crate::traceql::tree::{Expr, ExprKind, Field, Literal, Place, Root};
use crate::traceql::words::Sign;
use crate::traceql::{self, Query, Stage, Trouble, split};

/// The spans that a query matches, from the cache if they are there; none, where it is wrong.
#[inline(never)]
pub(in crate::engine) fn matched(dataset: &Dataset, caches: &mut Caches, query: &str) -> Rc<Selected> {
    if let Some(matched) = caches.matched.get(&query.to_owned()) {
        return matched;
    }
    let found = traceql::read(query).and_then(|query| caches.evaluator(dataset).matched(dataset, &query));
    let selected = match found {
        Ok(matched) => matched.selected,
        Err(_) => Selected { traces: Vec::new(), spans: Some(BitSet::new(dataset.spans.len())) },
    };
    caches.matched.put(query.to_owned(), selected)
}

/// What the text is.
#[inline(never)]
pub(in crate::engine) fn query(dataset: &Dataset, caches: &mut Caches, request: &QueryRequest) -> QueryView {
    let (_, query) = split(&request.text);
    if query.is_empty() {
        return QueryView { text: request.text.clone(), ..QueryView::default() };
    }
    // Where the query begins in the text.
    let from = request.text.trim_end().len() - query.len();
    let (kind, trouble) = match traceql::read(query) {
        Ok(query) => (kind(&query), None),
        Err(trouble) => (QueryKind::Spans, Some(told(&trouble, from))),
    };
    let tokens = tokens(query);
    let cursor = request.cursor.and_then(|cursor| (cursor as usize).checked_sub(from));
    let proposals = cursor.map(|cursor| propose::proposals(dataset, caches, query, from, cursor)).unwrap_or_default();
    QueryView {
        text: request.text.clone(),
        kind,
        tokens: tokens.iter().map(|token| shown(token, from)).collect(),
        trouble,
        proposals,
    }
}

fn kind(query: &Query) -> QueryKind {
    match query.root {
        Root::Spans(_) => QueryKind::Spans,
        Root::Metrics(_) => QueryKind::Metrics,
    }
}

fn told(trouble: &Trouble, from: usize) -> QueryTrouble {
    QueryTrouble {
        start: len_u32(trouble.at.start + from),
        end: len_u32(trouble.at.end + from),
        line: trouble.line,
        column: trouble.column.saturating_add(if trouble.line == 1 { len_u32(from) } else { 0 }),
        message: trouble.message.clone(),
        expected: trouble.expected.clone(),
        is_unsupported: trouble.stage == Stage::Unsupported,
    }
}

fn shown(token: &Token, from: usize) -> QueryToken {
    let class = match &token.kind {
        TokenKind::Literal(Literal::String(_)) => TokenClass::String,
        TokenKind::Literal(Literal::Int(_) | Literal::Float(_) | Literal::Duration(_)) => TokenClass::Number,
        TokenKind::Literal(Literal::Bool(_) | Literal::Nil | Literal::Status(_) | Literal::Kind(_)) => TokenClass::Word,
        TokenKind::Field(Field::Attribute(..)) => TokenClass::Attribute,
        TokenKind::Field(Field::Intrinsic(_) | Field::OfParent(_)) => TokenClass::Intrinsic,
        TokenKind::Word(_) => TokenClass::Function,
        TokenKind::Sign(Sign::OpenBrace | Sign::CloseBrace | Sign::OpenParen | Sign::CloseParen | Sign::Comma) => {
            TokenClass::Mark
        }
        TokenKind::Sign(_) => TokenClass::Operator,
        TokenKind::Name | TokenKind::Unknown(_) => TokenClass::Unknown,
    };
    QueryToken { start: len_u32(token.at.start + from), end: len_u32(token.at.end + from), class }
}

/// A constant as a query writes it.
pub(super) fn literal_text(literal: Literal) -> String {
    print::expr(&Expr { at: Place::default(), is: ExprKind::Literal(literal) })
}

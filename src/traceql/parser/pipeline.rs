//! Pipelines, and what stands in parentheses where a pipeline could: what it is shows only at its end.

use super::field::IN_PARENS;
use super::stage::{Figure, Thing};
use super::{Parsed, Parser, power};
use crate::traceql::lexer::TokenKind;
use crate::traceql::tree::{Expr, ExprKind, Literal, Metrics, Pipeline, Place, Root, Scalar, Spanset, Stage};
use crate::traceql::words::{Sign, Word};

/// What can begin a query, in words.
pub(super) const BEGINNINGS: [&str; 5] = ["`{`", "`(`", "an aggregate, as in `count() > 2`", "`by`", "`select`"];

/// What can be a stage, in words.
const STAGES: [&str; 5] =
    ["`{`", "`(`", "an aggregate, as in `count() > 2`", "`by`, `coalesce` or `select`", "a metrics function"];

/// What a pipeline came to.
pub(super) enum Piped {
    /// One thing, without a stage after it.
    Thing(Thing),
    /// Several stages, or one that is no spanset.
    Pipeline(Pipeline),
}

/// The spanset that stands where none is written.
fn every_span(at: Place) -> Stage {
    Stage::Spanset(Spanset::Filter(Expr { at, is: ExprKind::Literal(Literal::Bool(true)) }))
}

impl Parser<'_> {
    /// The whole query but for its hints.
    pub(super) fn root(&mut self) -> Parsed<Root> {
        let start = self.here().start;
        let thing = match self.piped()? {
            Piped::Pipeline(pipeline) => return Ok(Root::Spans(pipeline)),
            Piped::Thing(thing) => thing,
        };
        let at = start..self.last().range().end;
        match thing {
            Thing::Spans(spans) => Ok(Root::Spans(Pipeline { stages: vec![Stage::Spanset(spans.set)] })),
            Thing::Metrics(metrics) => Ok(Root::Metrics(*metrics)),
            Thing::Figure(_) if self.peek().is_some() => Err(self.unexpected(&["a comparison with a number"])),
            Thing::Figure(figure) if matches!(figure.scalar, Scalar::Literal(_)) => {
                Err(self.wrong(at, "a constant alone is no query".to_owned(), &BEGINNINGS))
            }
            Thing::Figure(_) => Err(self.wrong(
                at,
                "an aggregate alone is no query".to_owned(),
                &["a comparison with a number, as in `count() > 2`"],
            )),
            Thing::Compared(stage) => Ok(Root::Spans(Pipeline { stages: vec![every_span(Place::default()), *stage] })),
        }
    }

    /// Stages one after the other, up to what cannot go on with them.
    pub(super) fn piped(&mut self) -> Parsed<Piped> {
        let start = Place::from(self.here());
        let every_span = || every_span(Place { start: start.start, end: start.start });
        let mut stages = match self.peek_word() {
            Some(Word::By | Word::Select) => vec![every_span(), self.named_stage()?],
            Some(Word::Coalesce) => {
                return Err(self.wrong(self.here(), "`coalesce` undoes a `by`, and cannot come first".to_owned(), &BEGINNINGS));
            }
            Some(word @ (Word::Metric(_) | Word::Top | Word::Bottom)) => {
                let message = format!("`{}` needs spans before it, as in `{{ }} | {0}`", word.text());
                return Err(self.wrong(self.here(), message, &BEGINNINGS));
            }
            _ => match self.combined(0, &BEGINNINGS)? {
                Thing::Spans(spans) if self.peek_sign() != Some(Sign::Pipe) => return Ok(Piped::Thing(Thing::Spans(spans))),
                Thing::Spans(spans) => vec![Stage::Spanset(spans.set)],
                Thing::Compared(stage) => vec![every_span(), *stage],
                Thing::Metrics(metrics) => return Ok(Piped::Thing(self.seconds(*metrics)?.into())),
                figure @ Thing::Figure(_) => return Ok(Piped::Thing(figure)),
            },
        };
        while self.sign(Sign::Pipe) {
            let stage_at = self.here();
            match self.peek_word() {
                Some(Word::By | Word::Select | Word::Coalesce) => stages.push(self.named_stage()?),
                Some(Word::Metric(metric)) => {
                    let of = self.measured(Pipeline { stages }, metric)?;
                    let metrics = self.seconds(Metrics { of, then: Vec::new() })?;
                    return Ok(Piped::Thing(metrics.into()));
                }
                Some(word @ (Word::Top | Word::Bottom)) => {
                    let message = format!("`{}` takes time series, as in `{{ }} | rate() | {0}(5)`", word.text());
                    return Err(self.wrong(stage_at, message, &["a metrics function before it"]));
                }
                Some(Word::With | Word::Aggregate(_)) | None => match self.peek() {
                    Some(TokenKind::Field(_) | TokenKind::Unknown(_)) | None => return Err(self.unexpected(&STAGES)),
                    _ => match self.combined(0, &STAGES)? {
                        Thing::Spans(spans) => stages.push(Stage::Spanset(spans.set)),
                        Thing::Compared(stage) => stages.push(*stage),
                        Thing::Figure(figure)
                            if figure.is_bare
                                && matches!(figure.scalar, Scalar::Aggregate { .. })
                                && 0 < self.n_parens
                                && self.peek_sign() == Some(Sign::CloseParen) =>
                        {
                            let scalar = Scalar::Pipeline(Pipeline { stages }, Box::new(figure.scalar));
                            return Ok(Piped::Thing(Figure::of_pipeline(scalar, self.last()).into()));
                        }
                        Thing::Figure(_) if self.peek().is_some() => return Err(self.unexpected(&["a comparison with a number"])),
                        Thing::Figure(_) => {
                            let at = stage_at.start..self.last().range().end;
                            let message = "an aggregate alone is no stage".to_owned();
                            return Err(self.wrong(at, message, &["a comparison with a number, as in `count() > 2`"]));
                        }
                        Thing::Metrics(_) => {
                            let at = stage_at.start..self.last().range().end;
                            return Err(self.wrong(at, "time series are no stage".to_owned(), &STAGES));
                        }
                    },
                },
            }
        }
        Ok(Piped::Pipeline(Pipeline { stages }))
    }

    /// `by()`, `coalesce()` and `select()`.
    fn named_stage(&mut self) -> Parsed<Stage> {
        let word = self.peek_word();
        self.next += 1;
        match word {
            Some(Word::By) => {
                self.must(Sign::OpenParen)?;
                Ok(Stage::By(self.in_parens(|parser| parser.expr(power::LOGIC), &IN_PARENS)?.it))
            }
            Some(Word::Select) => Ok(Stage::Select(self.fields()?)),
            _ => {
                self.must(Sign::OpenParen)?;
                self.must(Sign::CloseParen)?;
                Ok(Stage::Coalesce)
            }
        }
    }
}

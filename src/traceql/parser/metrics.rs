//! Metrics functions, and the stages after them.

use super::{Parsed, Parser};
use crate::traceql::lexer::TokenKind;
use crate::traceql::tree::{Compare, Field, Literal, Measure, Metrics, MetricsExpr, Pipeline, Second};
use crate::traceql::words::{Metric, Sign, Word};

/// Values that a comparison shows of each attribute, if the query does not say.
const DEFAULT_TOP: u32 = 10;

impl Parser<'_> {
    /// A metrics function over a pipeline, and its `by`.
    pub(super) fn measured(&mut self, pipeline: Pipeline, metric: Metric) -> Parsed<MetricsExpr> {
        self.next += 1;
        self.must(Sign::OpenParen)?;
        let measure = match metric {
            Metric::Compare => return self.comparing(pipeline),
            Metric::Rate => Measure::Rate,
            Metric::Count => Measure::Count,
            Metric::Min => Measure::Min(self.field()?),
            Metric::Max => Measure::Max(self.field()?),
            Metric::Avg => Measure::Avg(self.field()?),
            Metric::Sum => Measure::Sum(self.field()?),
            Metric::Histogram => Measure::Histogram(self.field()?),
            Metric::Quantiles => self.quantiles()?,
        };
        self.must(Sign::CloseParen)?;
        let by = if self.word(Word::By) { self.fields()? } else { Vec::new() };
        Ok(MetricsExpr::Series { pipeline, measure, by })
    }

    /// The attribute and the quantiles, of which there is one at least.
    fn quantiles(&mut self) -> Parsed<Measure> {
        let field = self.field()?;
        let mut quantiles = Vec::new();
        while self.sign(Sign::Comma) {
            quantiles.push(match self.peek() {
                Some(TokenKind::Literal(Literal::Float(float))) => *float,
                Some(TokenKind::Literal(Literal::Int(int))) => *int as f64,
                Some(TokenKind::Field(Field::Attribute(_, key))) if key.starts_with(|char: char| char.is_ascii_digit()) => {
                    let token = self.text.get(self.here()).unwrap_or_default();
                    let message = format!("`{token}` is an attribute; the number is `0{token}`");
                    return Err(self.wrong(self.here(), message, &["a number from 0 to 1"]));
                }
                _ => return Err(self.unexpected(&["a number from 0 to 1"])),
            });
            self.next += 1;
        }
        if quantiles.is_empty() {
            return Err(self.unexpected(&["`,` and a number from 0 to 1"]));
        }
        Ok(Measure::Quantiles(field, quantiles))
    }

    /// `compare({ selection }, top, start, end)`, from the selection on.
    fn comparing(&mut self, pipeline: Pipeline) -> Parsed<MetricsExpr> {
        let selection = self.braced()?.it;
        let top = if self.sign(Sign::Comma) { self.small()? } else { DEFAULT_TOP };
        let mut range = None;
        if self.sign(Sign::Comma) {
            let start = self.whole("a start in Unix nanoseconds")?;
            self.must(Sign::Comma)?;
            range = Some((start, self.whole("an end in Unix nanoseconds")?));
        }
        self.must(Sign::CloseParen)?;
        // As in Tempo, twice nothing says nothing.
        Ok(MetricsExpr::Compare { pipeline, selection, top, range: range.filter(|range| *range != (0, 0)) })
    }

    /// A whole number without a sign.
    fn whole(&mut self, expected: &str) -> Parsed<i64> {
        match self.peek() {
            Some(TokenKind::Literal(Literal::Int(int))) if 0 <= *int => {
                let int = *int;
                self.next += 1;
                Ok(int)
            }
            _ => Err(self.unexpected(&[expected])),
        }
    }

    fn small(&mut self) -> Parsed<u32> {
        let at = self.here();
        let whole = self.whole("a whole number")?;
        let Ok(small) = u32::try_from(whole) else {
            return Err(self.wrong(at, format!("{whole} is more than this can be"), &["a smaller number"]));
        };
        Ok(small)
    }

    /// Stages after time series.
    pub(super) fn seconds(&mut self, mut metrics: Metrics) -> Parsed<Metrics> {
        loop {
            match self.peek_sign() {
                Some(Sign::Pipe) => {
                    self.next += 1;
                    let word = self.peek_word();
                    if !matches!(word, Some(Word::Top | Word::Bottom)) {
                        return Err(self.unexpected(&["`topk`", "`bottomk`"]));
                    }
                    self.next += 1;
                    self.must(Sign::OpenParen)?;
                    let n = self.small()?;
                    self.must(Sign::CloseParen)?;
                    metrics.then.push(if word == Some(Word::Top) { Second::Top(n) } else { Second::Bottom(n) });
                }
                Some(Sign::Compare(by)) if !matches!(by, Compare::Matches | Compare::MatchesNot) => {
                    self.filtered(&mut metrics)?;
                }
                _ => return Ok(metrics),
            }
        }
    }
}

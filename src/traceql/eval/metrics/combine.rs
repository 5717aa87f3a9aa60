//! What is done to series: arithmetic, the greatest and least of each step, points that pass.

use std::cmp::Ordering;

use super::super::super::tree::{Arithmetic, Compare, Second};
use super::super::compare::numbers_hold;
use super::super::number::Number;
use super::super::value::Likeness;
use super::{Frame, Outcome, Series, Unit, likeness};
use crate::base::FastMap;
use crate::model::Dataset;

/// Nanoseconds of the second in which a query writes what it compares durations with.
const SECOND: f64 = 1e9;

/// Series in order of their labels.
pub(super) fn order(a: &Series, b: &Series, dataset: &Dataset) -> Ordering {
    let by_value = a.labels.iter().zip(&b.labels).map(|(a, b)| a.1.unwrap_or_default().order(b.1.unwrap_or_default(), dataset));
    by_value.fold(Ordering::Equal, Ordering::then).then(a.labels.len().cmp(&b.labels.len()))
}

/// What second stages leave.
pub(super) fn applied(mut frame: Frame, then: &[Second]) -> Frame {
    for second in then {
        match second {
            Second::Filter(by, with) => {
                let with = if frame.unit == Unit::Nanoseconds { with * SECOND } else { *with };
                keep(&mut frame, |point| numbers_hold(*by, Number::Float(point), Number::Float(with)));
            }
            Second::Top(most) => best(&mut frame, *most, Compare::Greater),
            Second::Bottom(most) => best(&mut frame, *most, Compare::Less),
        }
        frame.series.retain(|series| series.points.iter().any(Option::is_some));
    }
    frame
}

/// Keeps the points for which something holds.
fn keep(frame: &mut Frame, holds: impl Fn(f64) -> bool) {
    for series in &mut frame.series {
        for point in &mut series.points {
            *point = point.filter(|&point| holds(point));
        }
    }
}

/// Keeps the greatest or the least points of each step; of equal ones those of the first series.
fn best(frame: &mut Frame, most: u32, by: Compare) {
    let steps = frame.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
    for step in 0..steps {
        let point = |series: &Series| series.points.get(step).copied().flatten();
        let mut ranked: Vec<(usize, f64)> =
            frame.series.iter().enumerate().filter_map(|(at, series)| Some((at, point(series)?))).collect();
        if ranked.len() <= most as usize {
            continue;
        }
        ranked.sort_by(|a, b| if by == Compare::Greater { b.1.total_cmp(&a.1) } else { a.1.total_cmp(&b.1) });
        for &(at, _) in ranked.iter().skip(most as usize) {
            if let Some(point) = frame.series.get_mut(at).and_then(|series| series.points.get_mut(step)) {
                *point = None;
            }
        }
    }
}

/// The outcome of a calculation, and its unit. Beside nanoseconds plain numbers are seconds where they are added, and factors otherwise.
fn unit_of(a: Unit, by: Arithmetic, b: Unit) -> (Unit, f64, f64) {
    use Unit::{Nanoseconds, None, PerSecond};
    match (a, by, b) {
        (Nanoseconds, Arithmetic::Add | Arithmetic::Sub, None | PerSecond) => (Nanoseconds, 1.0, SECOND),
        (None | PerSecond, Arithmetic::Add | Arithmetic::Sub, Nanoseconds) => (Nanoseconds, SECOND, 1.0),
        (Nanoseconds, Arithmetic::Mul, Nanoseconds) => (None, SECOND.recip(), SECOND.recip()),
        (None | PerSecond, Arithmetic::Div, Nanoseconds) => (None, SECOND, 1.0),
        (Nanoseconds, Arithmetic::Add | Arithmetic::Sub, Nanoseconds)
        | (Nanoseconds, Arithmetic::Mul | Arithmetic::Div, None | PerSecond)
        | (None | PerSecond, Arithmetic::Mul, Nanoseconds) => (Nanoseconds, 1.0, 1.0),
        (PerSecond, Arithmetic::Add | Arithmetic::Sub, PerSecond)
        | (PerSecond, _, None)
        | (None, Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mul, PerSecond) => (PerSecond, 1.0, 1.0),
        _ => (None, 1.0, 1.0),
    }
}

/// The series of an arithmetic operator: of those on both sides that have the same labels.
pub(super) fn calculated(dataset: &Dataset, left: Outcome, by: Arithmetic, right: Outcome) -> Outcome {
    let unit = |outcome: &Outcome| match outcome {
        Outcome::Frame(frame) => frame.unit,
        Outcome::Number(_) => Unit::None,
    };
    let (result, a_factor, b_factor) = unit_of(unit(&left), by, unit(&right));
    let calculate = |a: f64, b: f64| -> Option<f64> {
        let outcome = match by {
            // A factor of both sides of a quotient is none.
            Arithmetic::Add => a * a_factor + b * b_factor,
            Arithmetic::Sub => a * a_factor - b * b_factor,
            Arithmetic::Mul => (a * a_factor) * (b * b_factor),
            Arithmetic::Div => (a * a_factor) / (b * b_factor),
            Arithmetic::Mod => a % b,
            Arithmetic::Power => a.powf(b),
        };
        outcome.is_finite().then_some(outcome)
    };
    match (left, right) {
        (Outcome::Number(a), Outcome::Number(b)) => Outcome::Number(calculate(a, b).unwrap_or(f64::NAN)),
        (Outcome::Frame(mut frame), Outcome::Number(b)) => {
            mapped(&mut frame, |point| calculate(point, b));
            Outcome::Frame(Frame { unit: result, ..frame })
        }
        (Outcome::Number(a), Outcome::Frame(mut frame)) => {
            mapped(&mut frame, |point| calculate(a, point));
            Outcome::Frame(Frame { unit: result, ..frame })
        }
        (Outcome::Frame(mut a), Outcome::Frame(b)) => {
            let mut others: FastMap<Vec<(String, Likeness)>, Series> =
                b.series.into_iter().map(|series| (likeness(&series.labels, dataset), series)).collect();
            a.notes.add(b.notes);
            let mut paired = Vec::new();
            for mut series in a.series {
                let Some(other) = others.remove(&likeness(&series.labels, dataset)) else {
                    a.notes.unpaired += 1;
                    continue;
                };
                for (point, other) in series.points.iter_mut().zip(other.points) {
                    *point = point.zip(other).and_then(|(a, b)| calculate(a, b));
                }
                // What a span measured is no point of the outcome.
                series.exemplars.clear();
                paired.push(series);
            }
            a.notes.unpaired += others.len() as u64;
            Outcome::Frame(Frame { series: paired, unit: result, buckets: a.buckets.filter(|_| b.buckets.is_some()), ..a })
        }
    }
}

fn mapped(frame: &mut Frame, calculate: impl Fn(f64) -> Option<f64>) {
    for series in &mut frame.series {
        for point in &mut series.points {
            *point = point.and_then(&calculate);
        }
        series.exemplars.clear();
    }
}

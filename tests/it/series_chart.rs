//! Charts of metrics queries: where lines, cells and spans are, what is at a point, what it says; as text, and as a picture.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use spanwise::charts::{
    Frame, HEAT_LEVELS, Heading, LINES_MAX, Look, SeriesChart, Shown, compare_rows, label_words, last_values, path_text,
    picture_height, series_csv, series_picture_svg, series_summary, value_words,
};
use spanwise::protocol::{CompareAttribute, CompareView, SeriesAnswer, SeriesExemplar, SeriesLine, SeriesUnit, SeriesView};

use super::source::root;

/// 2026-11-23 06:00:00 UTC.
const START: u64 = 1_795_413_600_000_000_000;
const SECOND: u64 = 1_000_000_000;
const FRAME: Frame = Frame { width: 400, height: 220, top: 0, bottom: 0, offset_minutes: 0 };

fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn line(pairs: &[(&str, &str)], color: u8, points: &[Option<f64>]) -> SeriesLine {
    SeriesLine { labels: labels(pairs), fields: Vec::new(), color, points: points.to_vec(), exemplars: Vec::new() }
}

fn exemplar(seconds: u64, value: f64) -> SeriesExemplar {
    SeriesExemplar { time: START + seconds * SECOND, value, trace_id: "0af7".to_owned(), span_id: "b7ad".to_owned() }
}

fn view(unit: SeriesUnit, steps: u32, answer: SeriesAnswer) -> SeriesView {
    SeriesView { start: START, step: 30 * SECOND, steps, unit, answer, remarks: Vec::new() }
}

/// Two rates, one with a gap and a point alone behind it.
fn rates() -> SeriesView {
    let some = |values: &[f64]| values.iter().map(|&value| Some(value)).collect::<Vec<_>>();
    let mut gap = some(&[1.0, 4.0, 2.5]);
    gap.extend([None, Some(8.2), None]);
    let mut cart = line(&[("resource.service.name", "cart")], 3, &gap);
    cart.exemplars = vec![exemplar(40, f64::NAN), exemplar(130, f64::NAN), exemplar(100, f64::NAN)];
    let checkout = line(&[("resource.service.name", "checkout")], 7, &some(&[0.5, 0.5, 0.25, 0.0, 0.125, 3.0]));
    view(SeriesUnit::PerSecond, 6, SeriesAnswer::Lines(vec![cart, checkout]))
}

/// Quantiles that are over two decades apart.
fn quantiles() -> SeriesView {
    let mut p50 = line(&[("p", "0.5")], 0, &[Some(1.2e6), Some(900e3), Some(1.5e6)]);
    p50.exemplars = vec![exemplar(45, 1.1e6)];
    let p99 = line(&[("p", "0.99")], 5, &[Some(120e6), Some(380e6), Some(95e6)]);
    view(SeriesUnit::Nanoseconds, 3, SeriesAnswer::Lines(vec![p50, p99]))
}

fn heat() -> SeriesView {
    let edges = (0..6).map(|power| f64::from(1_u32 << power) * 1_048_576.0).collect();
    let cells = vec![(0, 0, 1), (0, 2, 40), (1, 3, 1_000), (3, 5, 7)];
    view(SeriesUnit::Nanoseconds, 4, SeriesAnswer::Heat { edges, cells, series: 1 })
}

fn compared() -> CompareView {
    let values = |values: &[(&str, u64, u64)]| values.iter().map(|&(value, a, b)| (value.to_owned(), a, b)).collect();
    CompareView {
        selected: 20,
        others: 80,
        attributes: vec![
            CompareAttribute {
                name: "span.http.status_code".to_owned(),
                values: values(&[("500", 18, 2), ("200", 2, 78)]),
                more: 0,
            },
            CompareAttribute { name: "name".to_owned(), values: values(&[("\"GET /\"", 10, 40)]), more: 3 },
        ],
    }
}

/// Everything that is laid out, as text.
fn dump(view: &SeriesView, frame: Frame) -> String {
    let mut text = format!("{}\n", series_summary(view, frame.offset_minutes));
    let Some(chart) = SeriesChart::new(view, &Shown::default(), frame) else {
        text.push_str("nothing to draw\n");
        return text;
    };
    let plot = chart.plot;
    writeln!(text, "plot {} {} {} {}", plot.left, plot.top, plot.right, plot.bottom).unwrap();
    for mark in chart.value_marks() {
        writeln!(text, "value {:.1} {:?}", mark.place, mark.label).unwrap();
    }
    for mark in chart.time_marks() {
        writeln!(text, "time {:.1} {:?} at {:.1}", mark.place, mark.label, mark.label_place).unwrap();
    }
    for drawn in chart.lines() {
        let runs: Vec<String> = drawn.runs.iter().map(|run| path_text(run)).collect();
        writeln!(text, "line {} {:?}", label_words(&drawn.line.labels), runs).unwrap();
    }
    for drawn in chart.exemplars() {
        writeln!(text, "span {:.1} {:.1} of {}", drawn.x, drawn.y, label_words(&drawn.line.labels)).unwrap();
    }
    for cell in chart.cells() {
        let at = cell.bounds;
        writeln!(text, "cell {:.1} {:.1} {:.1} {:.1} in {}", at.left, at.top, at.right, at.bottom, cell.level).unwrap();
    }
    for step in 0..view.steps {
        writeln!(text, "step {step}: {}", chart.readout(step).words()).unwrap();
    }
    text
}

fn look() -> Look {
    Look {
        surface: (255, 255, 255),
        ink: (20, 20, 30),
        muted: (90, 90, 100),
        faint: (235, 235, 240),
        line: (200, 200, 210),
        other: (150, 150, 150),
        heat: vec![(225, 235, 250), (60, 110, 200), (20, 20, 80)],
        groups: (0..16).map(|slot| (slot * 15, 100, 200)).collect(),
        font: "sans-serif".to_owned(),
        ..Look::default()
    }
}

fn check_golden(name: &str, text: &str, broken: &mut Vec<String>) {
    let golden = root().join("tests/golden/charts").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, text).unwrap();
    }
    if fs::read_to_string(&golden).unwrap_or_default() != text {
        broken.push(format!("{} differs", golden.display()));
    }
}

#[test]
fn series_are_laid_out_as_their_goldens() {
    let mut broken = Vec::new();
    let compare = view(SeriesUnit::None, 1, SeriesAnswer::Compare(compared()));
    let views = [("rates", rates()), ("quantiles", quantiles()), ("heat", heat()), ("compare", compare)];
    for (name, view) in &views {
        let text = format!("{}\n{}", dump(view, FRAME), series_csv(view).replace("\r\n", "\n"));
        check_golden(&format!("series-{name}.txt"), &text, &mut broken);
    }
    for (name, view) in &views[..3] {
        let (top, bottom) = picture_height(FRAME.width, 2);
        let frame = Frame { top, bottom, height: FRAME.height + top + bottom, ..FRAME };
        let chart = SeriesChart::new(view, &Shown::default(), frame).unwrap();
        let heading = Heading { title: format!("The {name}"), subtitle: "{ } | rate()".to_owned() };
        let drawn = series_picture_svg(&chart, &heading, &look(), &|text| text.chars().count() as f64 * 6.0).unwrap();
        check_golden(&format!("series-{name}.svg"), &drawn, &mut broken);
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Each point is found where it is drawn, and is where its value is between two marks of the axis.
#[test]
fn what_is_drawn_is_what_is_found() {
    let (rates, quantiles) = (rates(), quantiles());
    for view in [&rates, &quantiles] {
        let chart = SeriesChart::new(view, &Shown::default(), FRAME).unwrap();
        let ticks = chart.scale.ticks();
        assert!(ticks.len() >= 3, "{ticks:?}");
        for drawn in chart.lines() {
            let values: Vec<f64> = drawn.line.points.iter().flatten().copied().collect();
            let places: Vec<(f64, f64)> = drawn.runs.into_iter().flatten().collect();
            assert_eq!(values.len(), places.len());
            for (value, (x, y)) in values.into_iter().zip(places) {
                for (tick, _) in &ticks {
                    // Up is more.
                    assert_eq!(value > *tick, y < chart.scale.place(*tick), "{value} and {tick}");
                }
                let step = chart.step_at(x, y).unwrap();
                let dots: Vec<(f64, f64)> = chart.dots(step).into_iter().map(|(x, y, _)| (x, y)).collect();
                assert!(dots.contains(&(x, y)), "{dots:?}");
            }
        }
        for (at, drawn) in chart.exemplars().into_iter().enumerate() {
            assert_eq!(chart.exemplar_at(drawn.x + 5.0, drawn.y - 5.0), Some(at));
            assert_eq!(chart.exemplar_at(drawn.x, drawn.y + 9.0), None);
            assert!(chart.exemplar_readout(at).is_some());
        }
        assert_eq!(chart.step_at(-20.0, 100.0), None);
        assert_eq!(chart.step_at(chart.plot.left, chart.plot.top), Some(0));
        assert_eq!(chart.step_at(chart.plot.right, chart.plot.bottom), Some(view.steps - 1));
    }
    // A rate has no value of one span: the span stands on the line, and is left out where that has a gap.
    let chart = SeriesChart::new(&rates, &Shown::default(), FRAME).unwrap();
    assert_eq!(chart.exemplars().len(), 2);
}

#[test]
fn axes_are_round_whatever_the_values() {
    let nothing = SeriesView::default();
    assert!(SeriesChart::new(&nothing, &Shown::default(), FRAME).is_none());
    let odd = [
        (SeriesUnit::None, vec![0.0, 0.0]),
        (SeriesUnit::None, vec![-3.0, 12.0]),
        (SeriesUnit::None, vec![-5.0, -2.0]),
        (SeriesUnit::None, vec![3e-7, 9e-7]),
        (SeriesUnit::None, vec![123_456.0, 20.0]),
        (SeriesUnit::None, vec![1.7e308, -1.7e308]),
        (SeriesUnit::None, vec![5e-324, f64::INFINITY, f64::NAN]),
        (SeriesUnit::PerSecond, vec![0.004, 0.017]),
        (SeriesUnit::Nanoseconds, vec![3.2e9, 14e9]),
        (SeriesUnit::Nanoseconds, vec![-200e9, 5_000e9]),
        (SeriesUnit::Nanoseconds, vec![1.0, 90_000_000e9]),
        (SeriesUnit::Nanoseconds, vec![0.2, 0.9]),
    ];
    let mut text = String::new();
    for (unit, values) in odd {
        let points: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let view = view(unit, 2, SeriesAnswer::Lines(vec![line(&[], 0, &points)]));
        let chart = SeriesChart::new(&view, &Shown::default(), FRAME).unwrap();
        let labels: Vec<String> = chart.value_marks().into_iter().map(|mark| mark.label).collect();
        assert!((1..=10).contains(&labels.len()), "{labels:?}");
        let words: Vec<String> = values.iter().map(|&value| value_words(value, unit)).collect();
        let in_plot = |&(x, y): &(f64, f64)| {
            (chart.plot.left..=chart.plot.right).contains(&x) && (chart.plot.top..=chart.plot.bottom).contains(&y)
        };
        assert!(chart.lines().iter().flat_map(|drawn| drawn.runs.iter().flatten()).all(in_plot));
        writeln!(text, "{}: {}", words.join(", "), labels.join(" | ")).unwrap();
    }
    let mut broken = Vec::new();
    check_golden("series-axes.txt", &text, &mut broken);
    assert!(broken.is_empty(), "\n{}\n{text}", broken.join("\n"));
}

#[test]
fn heat_has_all_its_levels_and_stays_in_its_steps() {
    let cells = (0..5).map(|at| (at, at, 10_u64.pow(at))).chain([(9, 0, 3), (0, 99, 3)]).collect();
    let edges = (1..=5).map(|at| 2_f64.powi(at)).collect();
    let view = view(SeriesUnit::None, 5, SeriesAnswer::Heat { edges, cells, series: 1 });
    let chart = SeriesChart::new(&view, &Shown::default(), FRAME).unwrap();
    let levels: BTreeSet<u8> = chart.cells().iter().map(|cell| cell.level).collect();
    assert_eq!(levels, (0..HEAT_LEVELS).collect());
    // What is beyond the steps or the buckets is not drawn.
    assert_eq!(chart.cells().len(), 5);
    let bottom = chart.cells()[0].bounds.bottom;
    assert!((bottom - chart.plot.bottom).abs() < 1e-6, "{bottom}");
    let top = chart.cells()[4].bounds.top;
    assert!((top - chart.plot.top).abs() < 1e-6, "{top}");
}

#[test]
fn many_lines_are_listed_in_part() {
    let lines: Vec<SeriesLine> =
        (0..u8::MAX).map(|at| line(&[("name", &format!("n{at}"))], at % 16, &[Some(f64::from(at))])).collect();
    let view = view(SeriesUnit::None, 1, SeriesAnswer::Lines(lines));
    let chart = SeriesChart::new(&view, &Shown::default(), FRAME).unwrap();
    assert_eq!(chart.lines().len(), LINES_MAX);
    assert_eq!(chart.left_out, usize::from(u8::MAX) - LINES_MAX);
    let readout = chart.readout(0);
    assert_eq!(readout.rows.len(), 13);
    assert_eq!((readout.rows[0].label.as_str(), readout.rows[12].label.as_str()), ("n254", "88 more"));
    assert_eq!(chart.dots(0).len(), 12);
    assert_eq!(last_values(&view).len(), usize::from(u8::MAX));
}

#[test]
fn lines_are_shown_alone_and_hidden() {
    let all = Shown::default();
    assert!(all.has("a"));
    let alone = all.isolated("a");
    assert!(alone.has("a") && !alone.has("b"));
    assert_eq!(alone.isolated("a"), all);
    let two = alone.toggled("b");
    assert!(two.has("a") && two.has("b") && !two.has("c"));
    assert_eq!(two.toggled("b"), alone);
    assert_eq!(alone.toggled("a"), all);
    let hidden = all.toggled("a");
    assert!(!hidden.has("a") && hidden.has("b"));
    assert_eq!(hidden.toggled("a"), all);
    // The axis fits what is shown.
    let view = rates();
    let rest = SeriesChart::new(&view, &Shown::default().toggled("cart"), FRAME).unwrap();
    assert_eq!(rest.lines().len(), 1);
    assert_eq!(rest.scale.ticks().last().unwrap().1, "3");
    let none = Shown::default().toggled("cart").toggled("checkout");
    assert!(SeriesChart::new(&view, &none, FRAME).is_none());
}

#[test]
fn lines_have_names_that_can_be_read() {
    let names = [
        label_words(&[]),
        label_words(&labels(&[("resource.service.name", "cart"), ("p", "0.95")])),
        label_words(&labels(&[("span.http.status_code", "200"), ("status", "error")])),
        label_words(&labels(&[(".retry", "true"), ("span.peer", "nil"), ("name", ""), ("p", "0.999")])),
        label_words(&labels(&[("p", "2")])),
    ];
    assert_eq!(names, ["all", "cart, p95", "http.status_code=200, error", "retry=true, peer=nil, name=, p99.9", "p=2"]);
}

#[test]
fn compare_lists_what_differs_first() {
    let view = CompareView { selected: 10, others: 1_000, ..CompareView::default() };
    let values = [("\"b\\\"c\"", 5, 500), ("200", 1, 900), ("true", 3, 100), ("nil", 0, 0)];
    let attribute = CompareAttribute {
        name: "span.x".to_owned(),
        values: values.iter().map(|&(value, a, b)| (value.to_owned(), a, b)).collect(),
        more: 0,
    };
    let rows = compare_rows(&view, &attribute);
    let words: Vec<&str> = rows.iter().map(|row| row.words.as_ref()).collect();
    assert_eq!(words, ["200", "true", "b\"c", "nil"]);
    assert!((rows[0].difference() + 0.8).abs() < 1e-9);
}

//! Geometry, drawn as text: one column is ten pixels, so a golden shows what the screen would.
#![expect(clippy::float_cmp, reason = "exactness is what these positions promise")]

use spanwise::scene::text::{is_web_address, layout_json, layout_sql, looks_like_json};
use spanwise::scene::{
    BarShape, BarSpan, Beyond, Extent, Grip, GuideRow, Indent, LabelPlace, RangeDrag, RowSpan, Ruler, SPACER_CAP_CSS_PX,
    ScrollMap, TimeRange, TimeScale, grip_at, guides_below, place_label,
};

const MS: u64 = 1_000_000;
const CELL: f64 = 10.0;

fn scale(from: u64, to: u64, duration: u64, width: f64) -> TimeScale {
    TimeScale::new(TimeRange::between(from, to, duration), 0.0, width)
}

fn view(width: f64) -> Extent {
    Extent { left: 0.0, right: width }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "text columns of a test picture")]
fn cell(x: f64) -> usize {
    (x / CELL).round() as usize
}

/// `█` own time, `░` children running, `|` an event, `<` and `>` where a bar leaves the view or is beyond it, and the label.
fn draw(span: &BarSpan<'_>, scale: &TimeScale, label: &str) -> String {
    let columns = cell(scale.width);
    let shape = BarShape::new(span, scale, view(scale.width));
    let mut line = vec![' '; columns];
    match shape.bar {
        Ok(bar) => {
            let mut fill = |part: &Extent, letter: char| {
                let first = cell(part.left).min(columns - 1);
                line[first..cell(part.right).max(first + 1)].fill(letter);
            };
            fill(&bar, '░');
            for own in &shape.own {
                fill(own, '█');
            }
            if shape.cut_left {
                line[cell(bar.left)] = '<';
            }
            if shape.cut_right {
                line[columns - 1] = '>';
            }
        }
        Err(Beyond::Left) => line[0] = '<',
        Err(Beyond::Right) => line[columns - 1] = '>',
    }
    for &x in &shape.ticks {
        line[cell(x).min(columns - 1)] = '|';
    }
    let width = label.chars().count() as f64 * CELL;
    if let LabelPlace::Right(x) | LabelPlace::Left(x) | LabelPlace::Inside(x, _) = place_label(&shape, width, view(scale.width)) {
        for (at, letter) in line[cell(x)..].iter_mut().zip(label.chars()) {
            *at = letter;
        }
    }
    line.into_iter().collect()
}

fn picture(lines: &[String]) -> String {
    format!("│{}│\n", lines.join("│\n│"))
}

#[test]
fn bars_show_own_time_events_and_labels_beside_them() {
    let whole = scale(0, 100 * MS, 100 * MS, 500.0);
    let bar = |start: u64, duration: u64, busy: &[(u64, u64)], events: &[u64], label: &str| {
        let busy: Vec<_> = busy.iter().map(|&(a, b)| (a * MS, b * MS)).collect();
        let events: Vec<_> = events.iter().map(|&at| at * MS).collect();
        let span = BarSpan { start: start * MS, duration: duration * MS, busy: &busy, events: &events };
        draw(&span, &whole, label)
    };
    let drawn = picture(&[
        bar(0, 100, &[(10, 40), (50, 90)], &[], "100ms"),
        bar(10, 30, &[], &[], "30ms"),
        bar(10, 30, &[(0, 30)], &[20], "30ms"),
        bar(80, 20, &[(4, 8)], &[], "20ms"),
        bar(40, 0, &[], &[], "0"),
        bar(100, 0, &[], &[], "0"),
        bar(0, 96, &[(0, 96)], &[4, 8], "96ms"),
        bar(10, 30, &[], &[46], "30ms"),
    ]);
    let expected = "\
│█████░100ms░░░░░░░░░█████░░░░░░░░░░░░░░░░░░░░█████│
│     ███████████████ 30ms                         │
│     ░░░░░|░░░░░░░░░ 30ms                         │
│                                   20ms ██░░██████│
│                    █0                            │
│                                                0█│
│░░|░|░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  │
│30ms ███████████████   |                          │
";
    assert_eq!(drawn, expected, "\n{drawn}");
}

#[test]
fn bars_are_cut_at_the_view_and_say_where_they_are_beyond_it() {
    let part = scale(40 * MS, 60 * MS, 100 * MS, 400.0);
    let bar = |start: u64, duration: u64, busy: &[(u64, u64)], label: &str| {
        let busy: Vec<_> = busy.iter().map(|&(a, b)| (a * MS, b * MS)).collect();
        let span = BarSpan { start: start * MS, duration: duration * MS, busy: &busy, events: &[] };
        draw(&span, &part, label)
    };
    let drawn = picture(&[
        bar(0, 100, &[(45, 55)], "100ms"),
        bar(0, 50, &[], "50ms"),
        bar(50, 50, &[], "50ms"),
        bar(0, 10, &[], "10ms"),
        bar(70, 10, &[], "10ms"),
        bar(45, 5, &[], "5ms"),
    ]);
    let expected = "\
│<█████████░100ms░░░░░░░░░░░░░░█████████>│
│<███████████████████ 50ms               │
│               50ms ███████████████████>│
│<                                       │
│                                       >│
│          ██████████ 5ms                │
";
    assert_eq!(drawn, expected, "\n{drawn}");
}

#[test]
fn events_nearer_than_a_pixel_are_one_tick() {
    let whole = scale(0, 1_000_000, 1_000_000, 1000.0);
    let events: Vec<u64> = (0..64).map(|n| 500_000 + n * 100).collect();
    let span = BarSpan { start: 0, duration: 1_000_000, busy: &[], events: &events };
    let shape = BarShape::new(&span, &whole, view(1000.0));
    assert_eq!(shape.ticks.len(), 7, "{:?}", shape.ticks);
    assert!(shape.ticks.windows(2).all(|pair| pair[1] - pair[0] >= 1.0));
}

/// `at:label`, in order, and the number of minor ticks.
fn ruler_text(from: u64, to: u64, width: f64) -> String {
    let scale = scale(from, to, u64::MAX, width);
    let ruler = Ruler::new(&scale, |label| label.chars().count() as f64 * 7.0);
    let labels: Vec<String> =
        ruler.major.iter().map(|tick| format!("{:.0}:{}", tick.x, tick.label.replace(['\u{a0}', '\u{202f}'], "_"))).collect();
    format!("{} (+{})", labels.join("  "), ruler.minor.len())
}

#[test]
fn ticks_are_round_in_the_unit_of_the_reader() {
    let second = 1_000_000_000;
    let rulers = [
        ruler_text(0, 1, 600.0),
        ruler_text(0, 100, 600.0),
        ruler_text(0, 2_500, 600.0),
        ruler_text(0, 120 * MS, 600.0),
        ruler_text(33 * MS, 47 * MS, 600.0),
        ruler_text(0, 9 * second, 600.0),
        ruler_text(0, 300 * second, 600.0),
        ruler_text(0, 3 * 3600 * second, 600.0),
        ruler_text(3_123_456_700, 3_123_456_760, 600.0),
        ruler_text(0, 400 * 86_400 * second, 600.0),
    ]
    .join("\n");
    let expected = "\
0:0  600:1_ns (+0)
0:0  60:10_ns  120:20_ns  180:30_ns  240:40_ns  300:50_ns  360:60_ns  420:70_ns  480:80_ns  540:90_ns  600:100_ns (+40)
0:0  120:0.5_µs  240:1.0_µs  360:1.5_µs  480:2.0_µs  600:2.5_µs (+20)
0:0  100:20_ms  200:40_ms  300:60_ms  400:80_ms  500:100_ms  600:120_ms (+18)
43:34_ms  129:36_ms  214:38_ms  300:40_ms  386:42_ms  471:44_ms  557:46_ms (+22)
0:0  67:1_s  133:2_s  200:3_s  267:4_s  333:5_s  400:6_s  467:7_s  533:8_s  600:9_s (+36)
0:0  120:1_min  240:2_min  360:3_min  480:4_min  600:5_min (+25)
0:0  100:30_min  200:1_h  300:1_h 30_min  400:2_h  500:2_h 30_min  600:3_h (+12)
0:3.123_456_70_s  200:3.123_456_72_s  400:3.123_456_74_s  600:3.123_456_76_s (+9)
0:0  60:40_d  120:80_d  180:120_d  240:160_d  300:200_d  360:240_d  420:280_d  480:320_d  540:360_d  600:400_d (+30)";
    assert_eq!(rulers, expected, "\n{rulers}");
}

#[test]
fn labels_never_overlap_at_any_zoom() {
    let mut length = 1_u64;
    loop {
        for from in [0, length / 3, 7_777_777_777] {
            let scale = scale(from, from.saturating_add(length), u64::MAX, 937.0);
            let ruler = Ruler::new(&scale, |label| label.chars().count() as f64 * 7.0);
            assert!(ruler.major.len() <= 40, "{length} from {from}");
            for pair in ruler.major.windows(2) {
                let right = pair[0].x + pair[0].label.chars().count() as f64 * 7.0;
                assert!(right < pair[1].x, "{pair:?}, {length} from {from}");
            }
        }
        let Some(next) = length.checked_mul(3) else {
            break;
        };
        length = next;
    }
}

#[test]
fn the_mapping_is_exact_late_in_a_long_trace() {
    let late = 20 * 365 * 86_400 * 1_000_000_000_u64; // twenty years, in nanoseconds
    let scale = scale(late, late + 10, u64::MAX, 1000.0);
    let xs: Vec<f64> = (0..=10).map(|n| scale.x_from_nanos(late + n)).collect();
    assert_eq!(xs, [0.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, 1000.0]);
    assert_eq!(scale.nanos_from_x(349.0), late + 3);
    assert_eq!(scale.nanos_from_x(-251.0), late - 3);
}

#[test]
fn zoom_keeps_the_moment_under_the_pointer() {
    let duration = 3_600_000_000_000;
    let mut range = TimeRange::whole(duration);
    let pointer = 700.0;
    let mut steps = 0;
    while range.nanos() > 1 {
        let moment = TimeScale::new(range, 0.0, 1000.0).nanos_from_x(pointer);
        range = range.zoomed(0.7, 0.8, duration);
        steps += 1;
        let x = TimeScale::new(range, 0.0, 1000.0).x_from_nanos(moment);
        let nanosecond = 1000.0 / range.nanos() as f64;
        assert!((x - pointer).abs() <= 0.01 + 1.5 * nanosecond, "{x} at {} ns", range.nanos());
        assert!(steps < 200, "the closest zoom is reached");
    }
    for _ in 0..steps * 3 {
        range = range.zoomed(0.7, 1.25, duration);
    }
    assert!(range.is_whole(duration));
}

#[test]
fn panning_stops_at_the_ends() {
    let range = TimeRange::between(40, 60, 100);
    let to = |by: i64| {
        let range = range.panned(by, 100);
        (range.from(), range.to())
    };
    assert_eq!(to(5), (45, 65));
    assert_eq!(to(500), (80, 100));
    assert_eq!(to(-500), (0, 20));
    assert_eq!(to(i64::MIN), (0, 20));
    assert_eq!(TimeRange::whole(0).panned(7, 0), TimeRange::whole(0));
}

#[test]
fn a_range_is_never_empty_nor_outside() {
    for (a, b, duration) in [(0, 0, 0), (5, 5, 100), (100, 100, 100), (300, 200, 100), (9, 3, 10)] {
        let range = TimeRange::between(a, b, duration);
        assert!(range.from() < range.to(), "{range:?}");
        assert!(range.to() <= duration.max(1), "{range:?}");
    }
    assert_eq!(TimeRange::around(50, 10, 100), TimeRange::between(50, 60, 100));
    assert_eq!(TimeRange::around(50, 0, 100), TimeRange::between(48, 52, 100), "an instant gets some air");
}

fn indents(levels: &[u32], column: f64) -> String {
    let indent = Indent::fit(levels.iter().copied(), column);
    let xs: Vec<String> = levels
        .iter()
        .map(|&level| {
            let number = if indent.tells_level() { format!("·{level}") } else { String::new() };
            format!("{}{number}", indent.x_from_level(level))
        })
        .collect();
    xs.join(" ")
}

#[test]
fn names_stay_readable_at_any_depth() {
    assert_eq!(indents(&[1, 2, 3, 2], 320.0), "0 16 32 16");
    assert_eq!(indents(&[1, 12], 320.0), "0 132", "the step shrinks before anything slides");
    assert_eq!(indents(&[80, 81, 82], 320.0), "0·80 16·81 32·82", "deep rows slide to the edge");
    assert_eq!(indents(&[1, 30, 99_999], 320.0), "0 145 160", "half of the column is the limit");
    assert_eq!(indents(&[], 320.0), "");
    let chain: Vec<u32> = (50_000..50_030).collect();
    let indent = Indent::fit(chain.iter().copied(), 320.0);
    assert!(chain.windows(2).all(|pair| indent.x_from_level(pair[0]) < indent.x_from_level(pair[1])));
    assert!(chain.iter().all(|&level| indent.x_from_level(level) <= 160.0));
}

#[test]
fn guides_past_the_bits_come_from_the_rows_on_the_screen() {
    let row = |level: u32, guides: u64| GuideRow { level, guides };
    let rows = [row(2, 0b10), row(90, 0), row(91, 0), row(90, 0), row(89, 0)];
    assert!(guides_below(&rows, 0, 2));
    assert!(!guides_below(&rows, 0, 1));
    assert!(guides_below(&rows, 1, 90), "90 comes again before anything shallower");
    assert!(!guides_below(&rows, 3, 90));
    assert!(!guides_below(&rows, 4, 89));
    assert!(!guides_below(&rows, 99, 1));
}

#[test]
fn scrolling_is_exact_below_the_cap() {
    let map = ScrollMap { rows: 100_000, row_css_px: 26.0, viewport_css_px: 700.0 };
    assert!(!map.is_mapped());
    assert_eq!(map.spacer_css_px(), 2_600_000.0);
    for top in [0.0, 1.0, 13.5, 26.0, 1_000_000.25, map.max_top()] {
        assert_eq!(map.scroll_from_top(top), top);
        assert_eq!(map.top_from_scroll(top), top);
    }
    assert_eq!(map.first_row(27.5), (1, 1.5));
    assert_eq!(map.visible(27.5), RowSpan { first: 1, end: 28 });
    assert_eq!(map.visible(map.max_top()).end, 100_000);
}

#[test]
fn a_million_rows_are_all_reached() {
    let map = ScrollMap { rows: 1_000_000, row_css_px: 26.0, viewport_css_px: 700.0 };
    assert!(map.is_mapped());
    assert_eq!(map.spacer_css_px(), SPACER_CAP_CSS_PX);
    assert_eq!(map.visible(map.top_from_scroll(0.0)).first, 0);
    assert_eq!(map.visible(map.top_from_scroll(SPACER_CAP_CSS_PX - 700.0)).end, 1_000_000);
    // A quarter of a row is a position of its own, though the scrollbar has no pixel for it.
    let top = 13_000_000.0;
    assert_eq!(map.first_row(top), (500_000, 0.0));
    assert_eq!(map.first_row(top + 6.5), (500_000, 6.5));
    assert!((map.top_from_scroll(map.scroll_from_top(top + 6.5)) - (top + 6.5)).abs() < 1e-6);
}

#[test]
fn scrolling_to_a_row_moves_as_little_as_needed() {
    let map = ScrollMap { rows: 1000, row_css_px: 20.0, viewport_css_px: 200.0 };
    assert_eq!(map.revealing(5, 0.0), 0.0, "it is in view");
    assert_eq!(map.revealing(9, 0.0), 20.0, "with a row of context");
    assert_eq!(map.revealing(50, 0.0), 840.0);
    assert_eq!(map.revealing(50, 5000.0), 980.0);
    assert_eq!(map.revealing(0, 5000.0), 0.0);
    assert_eq!(map.revealing(999, 0.0), map.max_top());
    assert_eq!(map.centering(500), 9910.0);
    let tiny = ScrollMap { viewport_css_px: 10.0, ..map };
    assert_eq!(tiny.revealing(50, 0.0), 1000.0, "a viewport below a row's height shows its top");
    let none = ScrollMap { rows: 0, ..map };
    assert_eq!(none.visible(0.0), RowSpan { first: 0, end: 0 });
    assert_eq!(none.revealing(3, 9.0), 0.0);
}

#[test]
fn dragging_the_minimap() {
    let whole = scale(0, 1000, 1000, 1000.0);
    let range = TimeRange::between(200, 400, 1000);
    let grips: Vec<Grip> =
        [100.0, 195.0, 203.0, 300.0, 398.0, 405.0, 500.0].into_iter().map(|x| grip_at(x, &whole, range)).collect();
    assert_eq!(grips, [Grip::New, Grip::From, Grip::From, Grip::Middle, Grip::To, Grip::To, Grip::New]);
    assert_eq!(grip_at(300.0, &whole, TimeRange::whole(1000)), Grip::New, "there is nowhere to move the whole to");
    let narrow = TimeRange::between(500, 504, 1000);
    assert_eq!(grip_at(502.0, &whole, narrow), Grip::Middle);
    let drag = |grip, from, to| {
        let range = RangeDrag::new(grip, whole, from, range, 1000).range_at(to);
        (range.from(), range.to())
    };
    assert_eq!(drag(Grip::Middle, 300.0, 350.0), (250, 450));
    assert_eq!(drag(Grip::Middle, 300.0, -900.0), (0, 200));
    assert_eq!(drag(Grip::From, 200.0, 300.0), (300, 400));
    assert_eq!(drag(Grip::From, 200.0, 700.0), (400, 700), "past the other edge they change places");
    assert_eq!(drag(Grip::To, 400.0, 2000.0), (200, 1000));
    assert_eq!(drag(Grip::New, 600.0, 500.0), (500, 600));
}

#[test]
fn json_is_laid_out_without_changing_it() {
    let text = r#"{"a":[1,2,{"b":"x, {y}: \"z\""}],"c":{},"d":[ ],"e":null}"#;
    let expected = r#"{
  "a": [
    1,
    2,
    {
      "b": "x, {y}: \"z\""
    }
  ],
  "c": {},
  "d": [],
  "e": null
}"#;
    assert_eq!(layout_json(text), expected);
    assert_eq!(layout_json(expected), expected, "once is enough");
    for broken in ["{\"a", "]]]]", "{\"a\\", "[[[{", ""] {
        let kept: String = layout_json(broken).split_whitespace().collect();
        assert_eq!(kept, broken);
    }
    assert!(looks_like_json(" {\"a\":1} "));
    assert!(!looks_like_json("{}"));
    assert!(!looks_like_json("{curly"));
}

#[test]
fn sql_gets_a_line_per_clause() {
    let text =
        "SELECT id, 'from where' FROM orders o LEFT JOIN items i ON i.o = o.id WHERE x IN (SELECT y FROM z) ORDER BY id LIMIT 10";
    let expected = "\
SELECT id, 'from where'
FROM orders o
LEFT JOIN items i ON i.o = o.id
WHERE x IN (SELECT y FROM z)
ORDER BY id
LIMIT 10";
    assert_eq!(layout_sql(text), expected);
    assert_eq!(layout_sql("select 1"), "select 1");
    assert_eq!(layout_sql("SELECT fromage FROM x"), "SELECT fromage\nFROM x");
    assert_eq!(layout_sql("ä FROM ö"), "ä\nFROM ö");
}

#[test]
fn only_web_addresses_can_be_opened() {
    assert!(is_web_address("https://example.com/a?b=c#d"));
    for text in ["javascript:alert(1)", "https://", "http://a b", "ftp://x", "see https://x", "data:text/html,x"] {
        assert!(!is_web_address(text), "{text}");
    }
}

#[test]
fn keys_lead_from_row_to_row_and_stop_at_the_ends() {
    let map = ScrollMap { rows: 100, row_css_px: 20.0, viewport_css_px: 200.0 };
    let to = |key: &str, active: Option<u32>| map.row_by_key(key, active);
    assert_eq!((to("ArrowDown", None), to("j", Some(5)), to("ArrowDown", Some(99))), (Some(0), Some(6), Some(99)));
    assert_eq!((to("ArrowUp", None), to("k", Some(5)), to("ArrowUp", Some(0))), (Some(0), Some(4), Some(0)));
    assert_eq!((to("PageDown", Some(5)), to("PageDown", Some(95)), to("PageUp", Some(5))), (Some(14), Some(99), Some(0)));
    assert_eq!((to("Home", Some(50)), to("End", Some(50))), (Some(0), Some(99)));
    assert_eq!((to("x", Some(5)), to("Enter", Some(5))), (None, None));
    assert_eq!(ScrollMap { rows: 0, ..map }.row_by_key("End", None), None);
}

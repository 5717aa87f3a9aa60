//! Flame graphs, drawn as text: one column is ten pixels, one line a lane.

use spanwise::protocol::FlameFrame;
use spanwise::scene::{
    Advances, Extent, FlameLanes, FlameStep, TimeRange, TimeScale, flame_boxes, flame_frame_at, flame_neighbor, parts_of_bar,
};

const LANE: f64 = 20.0;

/// A frame for each word of a line: `name@start+width`, lines being lanes.
fn frames(picture: &str) -> Vec<FlameFrame> {
    let mut frames = Vec::new();
    for (lane, line) in (0..).zip(picture.lines().map(str::trim).filter(|line| !line.is_empty())) {
        for word in line.split_whitespace().filter(|word| *word != "-") {
            let (name, place) = word.split_once('@').unwrap();
            let (start, width) = place.split_once('+').unwrap();
            frames.push(FlameFrame {
                lane,
                name: name.to_owned(),
                start: start.parse().unwrap(),
                width: width.parse().unwrap(),
                ..FlameFrame::default()
            });
        }
    }
    frames
}

fn scale(from: u64, to: u64, width: f64) -> TimeScale {
    TimeScale::new(TimeRange::between(from, to, u64::MAX), 0.0, width)
}

fn lanes(top: f64, height: f64) -> FlameLanes {
    FlameLanes { lane_css_px: LANE, top, height }
}

/// Each letter is ten pixels wide, so that a column is a letter.
fn letters() -> Advances {
    Advances::measure(|text| 10.0 * text.chars().count() as f64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "text columns of a test picture")]
fn draw(frames: &[FlameFrame], scale: &TimeScale, lanes: &FlameLanes) -> String {
    let columns = (scale.width / 10.0) as usize;
    let rows = (lanes.height / LANE).ceil() as usize;
    let mut lines = vec![vec![' '; columns]; rows];
    let advances = letters();
    for found in flame_boxes(frames, scale, lanes) {
        let line = &mut lines[(found.top.max(0.0) / LANE) as usize];
        let first = ((found.extent.left / 10.0).round() as usize).min(columns - 1);
        let end = ((found.extent.right / 10.0).round() as usize).max(first + 1);
        line[first..end].fill('·');
        line[first] = if found.cut_left { '<' } else { '[' };
        if end - first > 1 {
            line[end - 1] = if found.cut_right { '>' } else { ']' };
        }
        let room = found.extent.width() - 20.0;
        for (letter, place) in advances.fit(&frames[found.frame].name, room).iter().flat_map(|text| text.chars()).zip(first + 1..)
        {
            line[place] = letter;
        }
    }
    lines.iter().flat_map(|line| [line.iter().collect::<String>().trim_end().to_owned(), "\n".to_owned()]).collect()
}

const TREE: &str = "
    checkout@0+40
    cart@0+19 a@20+1 b@21+1 payment@25+15
    select@2+15 - charge@26+13
    io@3+1
";

#[test]
fn frames_are_boxes_with_what_fits_on_them() {
    let tree = frames(TREE);
    assert_eq!(
        draw(&tree, &scale(0, 40, 400.0), &lanes(0.0, 80.0)),
        "\
[checkout······························]
[cart·············] [[   [payment······]
  [select·······]         [charge·····]
   [
"
    );
    // Closer: what leaves the view is cut, and what is written on it stays in view.
    assert_eq!(
        draw(&tree, &scale(10, 30, 400.0), &lanes(0.0, 60.0)),
        "\
<checkout······························>
<cart············]  [][]      [payment·>
<select······]                  [charge>
"
    );
    // Further away: a text that does not fit ends in an ellipsis, and is left out where next to nothing of it would be left.
    assert_eq!(
        draw(&tree, &scale(0, 40, 120.0), &lanes(0.0, 60.0)),
        "\
[checkout··]
[ca…·][ [··]
 [··]   [··]
"
    );
    // Scrolled down by two lanes, and a pixel further: what is above the view by part of it is still drawn.
    assert_eq!(draw(&tree, &scale(0, 40, 400.0), &lanes(40.0, 40.0)), "  [select·······]         [charge·····]\n   [\n");
    let tops =
        |top: f64| flame_boxes(&tree, &scale(0, 40, 400.0), &lanes(top, 20.0)).iter().map(|found| found.top).collect::<Vec<_>>();
    assert_eq!(tops(41.0), [-1.0, -1.0, 19.0]);
}

#[test]
fn hostile_frames_are_drawn_within_the_view() {
    let mut hostile = frames("a@0+0 b@18446744073709551615+18446744073709551615 c@18446744073709551615+0");
    hostile[2].lane = u32::MAX;
    for scale in [scale(0, 1, 100.0), scale(0, u64::MAX, 100.0), scale(u64::MAX - 1, u64::MAX, 0.0)] {
        for found in flame_boxes(&hostile, &scale, &lanes(0.0, 100.0)) {
            assert!(scale.left <= found.extent.left && found.extent.left <= found.extent.right, "{found:?}");
            assert!(found.extent.right <= scale.left + scale.width, "{found:?}");
        }
    }
    // An instant at the very end is still seen.
    let instant = frames("end@40+0");
    assert_eq!(draw(&instant, &scale(0, 40, 100.0), &lanes(0.0, 20.0)), "         [\n");
}

#[test]
fn the_pointer_finds_boxes_and_narrow_ones_beside_it() {
    let tree = frames(TREE);
    let (scale, lanes) = (scale(0, 40, 400.0), lanes(0.0, 80.0));
    let boxes = flame_boxes(&tree, &scale, &lanes);
    let at = |x: f64, y: f64| flame_frame_at(&boxes, &lanes, (x, y), 2.0).map_or("-", |at| tree[at].name.as_str());
    assert_eq!([at(5.0, 5.0), at(5.0, 25.0), at(5.0, 45.0), at(31.0, 65.0)], ["checkout", "cart", "-", "io"]);
    assert_eq!([at(199.0, 25.0), at(197.0, 25.0), at(230.0, 25.0), at(5.0, -1.0)], ["a", "-", "-", "-"]);
    assert_eq!([lanes.lane_from_y(0.0), lanes.lane_from_y(79.0), lanes.lane_from_y(-0.5)], [Some(0), Some(3), None]);
}

#[test]
fn keys_go_from_frame_to_frame() {
    let tree = frames(TREE);
    let go = |from: &str, step: FlameStep| {
        let at = tree.iter().position(|frame| frame.name == from).unwrap();
        flame_neighbor(&tree, at, step).map_or("-", |at| tree[at].name.as_str())
    };
    use FlameStep::{Child, Next, Parent, Previous};
    assert_eq!([go("checkout", Child), go("cart", Child), go("select", Child), go("io", Child)], ["cart", "select", "io", "-"]);
    assert_eq!(
        [go("io", Parent), go("charge", Parent), go("a", Parent), go("checkout", Parent)],
        ["select", "payment", "checkout", "-"]
    );
    assert_eq!([go("cart", Next), go("a", Next), go("payment", Next), go("cart", Previous)], ["a", "b", "-", "-"]);
    // Not from the last of a lane to the first of the next one.
    assert_eq!([go("select", Previous), go("payment", Child)], ["-", "charge"]);
    // What outlives its parent begins in it; the widest child is the one below, the first of the widest.
    let asynchronous = frames("root@0+10 \n late@5+20 \n x@5+2 y@8+9 z@17+9");
    assert_eq!(flame_neighbor(&asynchronous, 1, Parent), Some(0));
    assert_eq!(flame_neighbor(&asynchronous, 1, Child), Some(3));
    assert_eq!(flame_neighbor(&asynchronous, 99, Parent), None);
}

/// The plain way: the longest beginning that fits with its ellipsis.
fn naive_fit(text: &str, room: f64) -> Option<String> {
    let width = |text: &str| letters().width(text);
    if !text.is_empty() && width(text) <= room {
        return Some(text.to_owned());
    }
    let mut cuts = text.char_indices().map(|(at, _)| &text[..at]).filter(|short| short.chars().count() >= 2);
    cuts.rfind(|short| width(short) + width("…") <= room).map(|short| format!("{}…", short.trim_end())).filter(|text| text != "…")
}

#[test]
fn texts_are_cut_as_the_plain_way_cuts_them() {
    for text in
        ["", "a", "ab", "abc", "GET /cart/{id}", "日本語のスパン", "a b c d e f", "  ", "\u{301}\u{301}\u{301}", "héllo wörld"]
    {
        for room in 0..16 {
            let room = f64::from(room) * 10.0;
            let fitted = letters().fit(text, room);
            assert_eq!(fitted.as_deref(), naive_fit(text, room).as_deref(), "{text:?} in {room}");
            assert!(fitted.is_none_or(|fitted| letters().width(&fitted) <= room), "{text:?} in {room}");
        }
    }
}

#[test]
fn parts_of_a_bar_are_seen_however_short() {
    let whole = scale(0, 1000, 100.0);
    let bar = Extent { left: 10.0, right: 60.0 };
    let parts = |parts: &[(u64, u64)]| {
        parts_of_bar(parts, 100, &whole, bar).iter().map(|part| (part.left, part.right)).collect::<Vec<_>>()
    };
    assert_eq!(parts(&[(0, 100), (200, 500)]), [(10.0, 20.0), (30.0, 60.0)]);
    // A pixel at least, joined with what it touches, and never past the bar.
    assert_eq!(parts(&[(50, 51), (60, 61), (300, 900)]), [(15.0, 17.0), (40.0, 60.0)]);
    assert_eq!(parts(&[(600, 700), (u64::MAX, u64::MAX)]), []);
}

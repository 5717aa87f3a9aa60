//! The axes of charts: round figures on the reader's clock.

use spanwise::scene::axis::{AxisTick, decade_ticks, time_ticks};
use spanwise::scene::format::UNIT_SPACE;

/// 2026-11-23 06:12:33.5 UTC.
const START: u64 = 1_795_414_353_500_000_000;
const SECOND: u64 = 1_000_000_000;

fn labels(ticks: &[AxisTick]) -> String {
    ticks.iter().map(|tick| tick.label.replace(UNIT_SPACE, " ")).collect::<Vec<_>>().join(", ")
}

fn check_time(seconds: u64, most: u32, offset_minutes: i32, expected: &str) {
    let ticks = time_ticks(START, START + seconds * SECOND, most, offset_minutes);
    assert_eq!(labels(&ticks), expected);
    assert!(ticks.iter().all(|tick| (START..=START + seconds * SECOND).contains(&tick.at)));
}

#[test]
fn times_are_marked_at_round_figures_of_the_readers_clock() {
    check_time(1, 4, 0, "06:12:33.500, 06:12:34.000, 06:12:34.500");
    check_time(45, 4, 0, "06:12:45, 06:13:00, 06:13:15");
    check_time(3 * 3600, 4, 0, "07:00, 08:00, 09:00");
    check_time(3 * 3600, 4, 330, "12:00, 13:00, 14:00");
    check_time(4 * 86_400, 5, 0, "2026-11-24, 2026-11-25, 2026-11-26, 2026-11-27");
}

#[test]
fn an_axis_is_never_crowded_and_never_endless() {
    for most in [1, 3, 8] {
        for (start, end) in [(0, 0), (START, START), (START, START + 7), (0, u64::MAX), (u64::MAX - 5, u64::MAX), (9, 3)] {
            for offset in [-720, 0, 840] {
                assert!(time_ticks(start, end, most, offset).len() <= most as usize + 1, "{start}..{end}, at most {most}");
            }
        }
    }
}

#[test]
fn durations_are_marked_at_powers_of_ten() {
    assert_eq!(labels(&decade_ticks(900, 3_000_000_000, 9)), "1 µs, 10 µs, 100 µs, 1 ms, 10 ms, 100 ms, 1 s");
    assert_eq!(labels(&decade_ticks(900, 3_000_000_000, 4)), "1 µs, 100 µs, 10 ms, 1 s");
    assert_eq!(labels(&decade_ticks(2, 9, 4)), "");
    assert_eq!(decade_ticks(1, u64::MAX, 30).len(), 20);
}

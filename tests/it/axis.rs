//! The axes of charts: round figures on the reader's clock.

use spanwise::scene::axis::{AxisTick, count_ticks, decade_ticks, duration_ticks, time_ticks};
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

fn check_durations(shortest: u64, longest: u64, most: usize, expected: &str) {
    let ticks = duration_ticks(shortest, longest, most);
    assert_eq!(labels(&ticks), expected);
    assert!(ticks.len() <= most && ticks.is_sorted_by_key(|tick| tick.at));
    assert!(ticks.iter().all(|tick| (shortest..=longest).contains(&tick.at)));
}

#[test]
fn durations_are_marked_as_a_person_would() {
    check_durations(900_000, 60_000_000, 8, "1 ms, 2 ms, 5 ms, 10 ms, 20 ms, 50 ms");
    check_durations(900, 3_000_000_000, 8, "1 µs, 10 µs, 100 µs, 1 ms, 10 ms, 100 ms, 1 s");
    check_durations(900, 3_000_000_000, 4, "1 µs, 100 µs, 10 ms, 1 s");
    check_durations(12_100_000, 12_900_000, 8, "");
    check_durations(11_000_000, 15_900_000, 8, "11 ms, 12 ms, 13 ms, 14 ms, 15 ms");
    check_durations(1_200_000, 1_600_000, 8, "1.2 ms, 1.3 ms, 1.4 ms, 1.5 ms, 1.6 ms");
    check_durations(2_000_000_000, 400_000_000_000, 12, "2 s, 5 s, 10 s, 20 s, 50 s, 1 min, 2 min, 5 min");
    check_durations(0, 5, 9, "1 ns, 2 ns, 3 ns, 4 ns, 5 ns");
    check_durations(5, 4, 9, "");
    assert!(duration_ticks(0, u64::MAX, 30).len() <= 30);
}

#[test]
fn counts_are_marked_at_round_numbers() {
    assert_eq!(count_ticks(0, 4), [0]);
    assert_eq!(count_ticks(3, 4), [0, 1, 2, 3]);
    assert_eq!(count_ticks(7, 4), [0, 2, 4, 6]);
    assert_eq!(count_ticks(12_345, 4), [0, 5_000, 10_000]);
    assert!(count_ticks(u64::MAX, 4).len() <= 5);
}

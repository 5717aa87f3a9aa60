//! How numbers are written for readers.

use spanwise::scene::format::{
    GROUP_SPACE, TimeDigits, UNIT_SPACE, absolute, bytes, count, count_short, counted, duration, duration_exact, percent,
    time_of_day, unit_words, utc_offset,
};

/// With plain spaces, which are easier to read here.
fn plain(text: &str) -> String {
    text.replace([UNIT_SPACE, GROUP_SPACE], " ")
}

#[test]
fn durations_have_four_figures_in_the_unit_that_fits() {
    for (nanos, expected) in [
        (0, "0 ns"),
        (567, "567 ns"),
        (999, "999 ns"),
        (1_000, "1.000 µs"),
        (1_234_000, "1.234 ms"),
        (12_345_678, "12.35 ms"),
        (123_456_789, "123.5 ms"),
        (999_949_999, "999.9 ms"),
        (999_950_000, "1.000 s"),
        (999_960, "1.000 ms"),
        (9_999_500, "10.00 ms"),
        (12_345_678_901, "12.35 s"),
        (59_994_999_999, "59.99 s"),
        (59_999_999_999, "1 min 0.0 s"),
        (63_200_000_000, "1 min 3.2 s"),
        (3_599_960_000_000, "1 h 00 min"),
        (7_500_000_000_000, "2 h 05 min"),
        (86_399_000_000_000, "1 d 00 h"),
        (u64::MAX, "213503 d 23 h"),
    ] {
        assert_eq!(plain(&duration(nanos)), expected, "{nanos} ns");
    }
}

#[test]
fn exact_durations_lose_no_digit() {
    for (nanos, expected) in [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_001, "1.001 µs"),
        (1_234_567, "1.234567 ms"),
        (1_500_000_000, "1.5 s"),
        (63_000_000_001, "63.000000001 s"),
        (u64::MAX, "18 446 744 073.709551615 s"),
    ] {
        assert_eq!(plain(&duration_exact(nanos)), expected, "{nanos} ns");
    }
}

#[test]
fn counts_and_sizes_are_grouped_and_rounded() {
    assert_eq!(count(0), "0");
    assert_eq!(plain(&count(1_234_567)), "1 234 567");
    assert_eq!(plain(&counted(1, "span")), "1 span");
    assert_eq!(plain(&counted(1_000, "span")), "1 000 spans");
    for (number, expected) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1.00k"),
        (12_345, "12.3k"),
        (456_789, "457k"),
        (999_499, "999k"),
        (999_500, "1.00M"),
        (4_560_000, "4.56M"),
    ] {
        assert_eq!(count_short(number), expected, "{number}");
    }
    for (number, expected) in [(0, "0 B"), (999, "999 B"), (12_345, "12.3 kB"), (999_999, "1.00 MB"), (1_200_000_000, "1.20 GB")]
    {
        assert_eq!(plain(&bytes(number)), expected, "{number}");
    }
    for (part, whole, expected) in
        [(0, 5, "0 %"), (1, 0, "0 %"), (1, 100_000, "< 0.1 %"), (4, 1000, "0.4 %"), (1, 3, "33 %"), (5, 5, "100 %")]
    {
        assert_eq!(plain(&percent(part, whole)), expected, "{part} of {whole}");
    }
}

#[test]
fn times_are_exact_in_any_zone() {
    let nanos = 1_795_414_353_123_456_789;
    assert_eq!(plain(&absolute(nanos, 0, TimeDigits::Nanos)), "2026-11-23 06:12:33.123 456 789");
    assert_eq!(plain(&absolute(nanos, 0, TimeDigits::Micros)), "2026-11-23 06:12:33.123 456");
    assert_eq!(absolute(nanos, 120, TimeDigits::Millis), "2026-11-23 08:12:33.123");
    assert_eq!(absolute(nanos, -390, TimeDigits::Seconds), "2026-11-22 23:42:33");
    assert_eq!(time_of_day(nanos, 0, TimeDigits::Seconds), "06:12:33");
    assert_eq!(absolute(0, -60, TimeDigits::Seconds), "1969-12-31 23:00:00");
    assert_eq!(absolute(951_782_400_000_000_000, 0, TimeDigits::Seconds), "2000-02-29 00:00:00");
    assert_eq!(utc_offset(0), "UTC");
    assert_eq!(utc_offset(120), "UTC+02:00");
    assert_eq!(utc_offset(-210), "UTC−03:30");
}

/// Only digits that the source has, and all that the time has.
#[test]
fn digits_are_those_of_the_source() {
    for (unit, nanos, digits) in [
        (0, 1_000_000_000, TimeDigits::Nanos),
        (1, 1_000_000_000, TimeDigits::Nanos),
        (1000, 1_000_000_000, TimeDigits::Micros),
        (1000, 1_234_567_000, TimeDigits::Micros),
        (1000, 1_234_567_890, TimeDigits::Nanos),
        (1_000_000, 1_234_000_000, TimeDigits::Millis),
        (1_000_000, 1_234_567_000, TimeDigits::Micros),
        (1_000_000_000, 2_000_000_000, TimeDigits::Seconds),
        (1_000_000_000, 2_500_000_000, TimeDigits::Millis),
        (u32::MAX, 0, TimeDigits::Seconds),
    ] {
        assert_eq!(TimeDigits::of_unit(unit, nanos), digits, "{nanos} ns in units of {unit} ns");
    }
    let said = [0, 999, 1000, 1_000_000, 1_000_000_000].map(|unit| unit_words(unit).unwrap_or("").split(' ').next_back());
    assert_eq!(said, [Some(""), Some(""), Some("microseconds"), Some("milliseconds"), Some("seconds")]);
}

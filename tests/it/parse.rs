//! How durations and times that people type are read.

use spanwise::scene::format::{self, TimeDigits};
use spanwise::scene::parse::{NoDuration, civil, civil_at, duration};

use super::generate::Random;

#[test]
fn durations_are_read_as_people_write_them() {
    for (text, nanos) in [
        ("0", 0),
        ("250ns", 250),
        ("1.5ms", 1_500_000),
        ("200 ms", 200_000_000),
        ("  2s ", 2_000_000_000),
        ("2 S", 2_000_000_000),
        (".5s", 500_000_000),
        ("3.us", 3_000),
        ("1.000000001s", 1_000_000_001),
        ("0.1 ns", 0),
        ("1.9ns", 1),
        ("12\u{b5}s", 12_000),
        ("12\u{3bc}s", 12_000),
        ("1m", 60_000_000_000),
        ("1 min 3.2 s", 63_200_000_000),
        ("2h05min", 7_500_000_000_000),
        ("2 hours", 7_200_000_000_000),
        ("1d", 86_400_000_000_000),
        ("0.25 min", 15_000_000_000),
        ("1 000.25 ms", 1_000_250_000),
        ("18446744073709551615ns", u64::MAX),
        ("0.333333333333333333333333333 s", 333_333_333),
    ] {
        assert_eq!(duration(text), Ok(nanos), "{text}");
    }
}

#[test]
fn what_is_no_duration_is_told_from_what_is() {
    for (text, why) in [
        ("", NoDuration::Number),
        ("   ", NoDuration::Number),
        ("ms", NoDuration::Number),
        (".", NoDuration::Number),
        (". ms", NoDuration::Number),
        ("-5ms", NoDuration::Number),
        ("1.2.3 s", NoDuration::Number),
        ("5", NoDuration::Unit),
        ("1,5ms", NoDuration::Unit),
        ("5 parsecs", NoDuration::Unit),
        ("5e3 ms", NoDuration::Unit),
        ("5 ms 3", NoDuration::Unit),
        ("5 ms and", NoDuration::Number),
        ("18446744073709551616ns", NoDuration::TooLong),
        ("999999999999 d", NoDuration::TooLong),
        ("18446744073709551615ns 1ns", NoDuration::TooLong),
    ] {
        assert_eq!(duration(text), Err(why), "{text}");
    }
}

#[test]
fn a_duration_that_is_written_to_its_last_digit_is_read_back() {
    let mut random = Random::new(11);
    for _ in 0..4_000 {
        let nanos = random.next() >> random.below(64);
        let text = format::duration_exact(nanos);
        assert_eq!(duration(&text), Ok(nanos), "{text}");
    }
}

#[test]
fn times_are_read_to_the_nanosecond() {
    for (text, nanos) in [
        ("1970-01-01T00:00", Some(0)),
        ("1970-01-01 00:00:01", Some(1_000_000_000)),
        ("2026-11-23T06:12:33.25", Some(1_795_414_353_250_000_000)),
        ("2026-11-23T06:12:33.123456789", Some(1_795_414_353_123_456_789)),
        ("2026-11-23T06:12:33.1234567891", Some(1_795_414_353_123_456_789)),
        ("2024-02-29T00:00:00", Some(1_709_164_800_000_000_000)),
        ("1969-12-31T23:59:59", None),
        ("2026-13-01T00:00", None),
        ("2026-11-23", None),
        ("2026-11-23T24:00", None),
        ("2026-11-23T06", None),
        ("2026-11-23T06:12:33.x", None),
        ("2026-+1-23T06:12", None),
        ("", None),
    ] {
        assert_eq!(civil(text), nanos, "{text}");
    }
}

#[test]
fn a_time_that_is_written_is_read_back_in_any_zone() {
    let mut random = Random::new(12);
    for _ in 0..4_000 {
        let nanos = 1_000_000_000 * (86_400 + random.below(4_000_000_000)) + random.below(1_000) * 1_000_000;
        // Clocks go forward by an hour now and then.
        let offset = |at: u64| if (at / 15_000_000_000_000_000).is_multiple_of(2) { -210 } else { -150 };
        let text = format::absolute(nanos, offset(nanos), TimeDigits::Millis);
        let read = civil_at(&text, offset);
        // In the hour that clocks show twice, either time is right.
        let again = read.map(|read| format::absolute(read, offset(read), TimeDigits::Millis));
        assert!(read == Some(nanos) || again.as_deref() == Some(&text), "{text}: {read:?} for {nanos}");
    }
}

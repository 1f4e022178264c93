//! Calendar days (UTC) from timestamps and text. Does not read the clock; callers pass
//! the time. `jiff` does the arithmetic.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

/// A day of the proleptic Gregorian calendar; orders chronologically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Creates a day from year, month and day of the month; `None` if it does not
    /// exist.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let signed = |n: u8| i8::try_from(n).ok();
        let date = Date::new(year.try_into().ok()?, signed(month)?, signed(day)?);
        date.ok().map(Self)
    }

    /// Returns the day (UTC) of a time in seconds since 1970; times after the year 9999
    /// return its last day.
    pub fn of_unix_time(seconds: u64) -> Self {
        let time = i64::try_from(seconds).ok().and_then(civil);
        Self(time.map_or(Date::MAX, DateTime::date))
    }

    /// Parses `2027-01-31`, and no other form of a date.
    pub fn parse(text: &str) -> Option<Self> {
        let form = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        form.then(|| text.parse().ok().map(Self)).flatten()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The start of the epoch.
pub(crate) const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Returns the date and time (UTC) of a Unix timestamp in seconds; `None` before 1970
/// or after 9999. `jiff::Timestamp` ends a day earlier, to leave room for zones.
pub(crate) fn civil(seconds: i64) -> Option<DateTime> {
    let since = SignedDuration::from_secs(seconds);
    EPOCH.checked_add(since).ok().filter(|time| *time >= EPOCH)
}

/// Formats the UTC date of a Unix timestamp in seconds as `2027-01-02`; `None` before
/// 1970 or after 9999.
pub(crate) fn date(seconds: i64) -> Option<String> {
    civil(seconds).map(|time| time.date().to_string())
}

/// Returns the date at the start of an ISO 8601 text (`2027-01-02`, with or without a
/// time); `None` if it does not exist.
pub(crate) fn iso_date(text: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(text.get(..10)?).ok()?;
    Day::parse(head).map(|day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_out_of_timestamps() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (1_767_225_599, "2025-12-31"),
            (1_767_225_600, "2026-01-01"),
        ] {
            assert_eq!(Day::of_unix_time(seconds).to_string(), day);
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for bad in [
            "2027-13-01",
            "2027-00-01",
            "2027-04-31",
            "27-01-01",
            "2027-1-1",
            "2027-02-29",
            "20270101",
            "2027-01-01T00:00",
            "+027-01-01",
            "2027-001",
            "2027-W01-1",
            "2027-01-0é",
            "x",
        ] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
        assert!(Day::parse("2028-02-29").is_some() && Day::parse("2100-02-29").is_none());
        assert!(Day::parse("2027-01-31") < Day::parse("2027-02-01"));
    }

    #[test]
    fn days_are_made_of_parts() {
        assert_eq!(Day::new(2028, 2, 29), Day::parse("2028-02-29"));
        assert_eq!(Day::new(0, 1, 1).unwrap().to_string(), "0000-01-01");
        for (year, month, day) in [(2027, 2, 29), (2027, 0, 1), (2027, 1, 200), (10_000, 1, 1)] {
            assert_eq!(Day::new(year, month, day), None);
        }
    }

    #[test]
    fn days_end_with_the_year_9999() {
        for seconds in [253_402_300_799, 253_402_300_800, 1 << 60, u64::MAX] {
            assert_eq!(Day::of_unix_time(seconds).to_string(), "9999-12-31");
        }
    }

    #[test]
    fn known_dates() {
        assert_eq!(date(0).unwrap(), "1970-01-01");
        assert_eq!(date(951_782_400).unwrap(), "2000-02-29");
        assert_eq!(date(1_798_848_000).unwrap(), "2027-01-02");
        assert_eq!(date(253_402_300_799).unwrap(), "9999-12-31");
        assert_eq!(date(253_402_300_800), None);
        assert_eq!(date(-1), None);
        assert_eq!(date(i64::MIN), None);
        assert_eq!(date(i64::MAX), None);
    }

    #[test]
    fn iso_dates() {
        assert_eq!(iso_date(b"2027-01-02T03:04:05Z").unwrap(), "2027-01-02");
        for bad in [
            "2027-13-02",
            "2027-1-002",
            "20270102T0",
            "2027-01-0",
            "+027-01-02",
            "2027-02-31",
            "2027-02-29T03:04:05Z",
        ] {
            assert_eq!(iso_date(bad.as_bytes()), None, "{bad}");
        }
    }
}

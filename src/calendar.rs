//! Days of the calendar (UTC), out of timestamps and texts. No clock: whoever wants
//! to know the time asks for it.

use std::fmt;

/// A day of the proleptic Gregorian calendar; orders as days do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl Day {
    /// The day (UTC) of a time in seconds since 1970; years beyond 65,535 are that one.
    pub fn of_unix_time(seconds: u64) -> Self {
        let (year, month, day) = civil((seconds / 86_400) as i64);
        Self {
            year: year.try_into().unwrap_or(u16::MAX),
            // Both are small by construction.
            month: month as u8,
            day: day as u8,
        }
    }

    /// Reads `2027-01-31`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut next = |len: usize| {
            let part = parts.next()?;
            let digits = part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (year, month, day) = (next(4)?, next(2)?, next(2)?);
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let whole = parts.next().is_none() && (1..=days).contains(&day);
        whole.then_some(Self {
            year,
            month: month as u8,
            day: day as u8,
        })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Latest second that gets a date, 9999-12-31T23:59:59Z.
const LAST: i64 = 253_402_300_799;

/// The UTC date of a Unix timestamp in seconds as `2027-01-02`; `None` before
/// 1970 or after 9999.
pub(crate) fn date(seconds: i64) -> Option<String> {
    if !(0..=LAST).contains(&seconds) {
        return None;
    }
    let (year, month, day) = civil(seconds / 86_400);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// The days from 1970-01-01 to a date of the Gregorian calendar.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // The year starts in March so that the leap day comes last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a count of days since 1970-01-01 (the inverse of
/// [`days_from_civil`]; the algorithm is Howard Hinnant's, published as
/// "chrono-compatible low-level date algorithms").
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The date at the start of an ISO 8601 text (`2027-01-02`, with or without a
/// time) when it is a plausible one.
pub(crate) fn iso_date(text: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(text.get(..10)?).ok()?;
    let mut parts = head.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    let fits = digits(year, 4) && digits(month, 2) && digits(day, 2);
    let range = |s: &str, max: u32| s.parse().is_ok_and(|n: u32| (1..=max).contains(&n));
    (fits && range(month, 12) && range(day, 31)).then(|| head.to_owned())
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
            "x",
        ] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
        assert!(Day::parse("2028-02-29").is_some() && Day::parse("2100-02-29").is_none());
        assert!(Day::parse("2027-01-31") < Day::parse("2027-02-01"));
    }

    #[test]
    fn known_dates() {
        assert_eq!(date(0).unwrap(), "1970-01-01");
        assert_eq!(date(951_782_400).unwrap(), "2000-02-29");
        assert_eq!(date(1_798_848_000).unwrap(), "2027-01-02");
        assert_eq!(date(LAST).unwrap(), "9999-12-31");
        assert_eq!(date(-1), None);
        assert_eq!(date(i64::MAX), None);
    }

    #[test]
    fn every_day_of_four_centuries_round_trips() {
        let mut before = (0, 0, 0);
        for days in 0..146_097 {
            let now = civil(days);
            assert!(now > before);
            assert_eq!(days_from_civil(now.0, now.1, now.2), days);
            before = now;
        }
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
        ] {
            assert_eq!(iso_date(bad.as_bytes()), None, "{bad}");
        }
    }
}

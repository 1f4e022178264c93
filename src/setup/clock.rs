//! The current day, against which entries expire.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::calendar::Day;

/// Returns the current day, or None if the clock is clearly wrong. Without a day, every entry
/// with an end date counts as expired.
pub(crate) fn today() -> Option<Day> {
    day_of(SystemTime::now())
}

/// Returns the seconds since 1970, or None if the clock is clearly wrong.
pub(crate) fn now() -> Option<i64> {
    let now = SystemTime::now();
    day_of(now)?;
    i64::try_from(now.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// Returns the day of a clock, or None if the clock is too early: a clock that lost power
/// restarts at its epoch, and long-expired entries would count again.
fn day_of(clock: SystemTime) -> Option<Day> {
    /// 2025-01-01, before the first release.
    const EARLIEST: u64 = 1_735_689_600;
    let since = clock.duration_since(UNIX_EPOCH).ok()?.as_secs();
    (since >= EARLIEST).then(|| Day::of_unix_time(since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_that_cannot_be_right_gives_no_day() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(day_of(UNIX_EPOCH - Duration::from_secs(1)), None);
        assert_eq!(day_of(at(0)), None);
        assert_eq!(day_of(at(86_400 * 365)), None);
        let day = |seconds| day_of(at(seconds)).map(|day| day.to_string());
        assert_eq!(day(1_798_761_600), Some("2027-01-01".to_owned()));
        // The year 2500, and a year with more than four digits.
        assert_eq!(day(16_725_225_600), Some("2500-01-01".to_owned()));
        assert!(day(1 << 60).is_some());
    }
}

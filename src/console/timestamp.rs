//! Times as text.

use std::fmt::{self, Display, Formatter};
use std::time::SystemTime;

use crate::pyc::since_epoch;

/// A time, shown in UTC: `2020-09-13 12:26:40 UTC`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timestamp {
    /// Since 1970.
    seconds: i64,
    nanoseconds: u32,
}

impl Timestamp {
    /// The time of a file system.
    pub(crate) fn new(time: SystemTime) -> Self {
        let (seconds, nanoseconds) = since_epoch(time);
        Self {
            seconds,
            nanoseconds,
        }
    }

    /// A number of seconds since 1970.
    pub(crate) fn of_seconds(seconds: u32) -> Self {
        Self {
            seconds: seconds.into(),
            nanoseconds: 0,
        }
    }

    /// The time with the fraction of the second: `2020-09-13 12:26:40.25 UTC`.
    pub(crate) fn precise(self) -> String {
        let digits = format!("{:09}", self.nanoseconds);
        let digits = digits.trim_end_matches('0');
        let point = if digits.is_empty() { "" } else { "." };
        format!("{}{point}{digits} UTC", self.date_and_time())
    }

    /// The date in the Gregorian calendar, and the time of the day.
    fn date_and_time(self) -> String {
        const SECONDS_PER_DAY: i64 = 86_400;
        // Years begin in March, so that a leap day is the last day of one. Eras have 400
        // years, each with the same days.
        const DAYS_PER_ERA: i64 = 146_097;
        const DAYS_BEFORE_1970: i64 = 719_468;
        let day = self.seconds.div_euclid(SECONDS_PER_DAY) + DAYS_BEFORE_1970;
        let (era, day) = (day.div_euclid(DAYS_PER_ERA), day.rem_euclid(DAYS_PER_ERA));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (year, month) = if month < 10 {
            (year, month + 3)
        } else {
            (year + 1, month - 9)
        };
        let year = era * 400 + year;
        let second = self.seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

impl Display for Timestamp {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        write!(f, "{} UTC", self.date_and_time())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc() {
        for (seconds, nanoseconds, text) in [
            (0, 0, "1970-01-01 00:00:00 UTC"),
            (-1, 999_000_000, "1969-12-31 23:59:59.999 UTC"),
            (951_782_399, 0, "2000-02-28 23:59:59 UTC"),
            (951_868_799, 0, "2000-02-29 23:59:59 UTC"),
            (951_868_800, 0, "2000-03-01 00:00:00 UTC"),
            (1_600_000_000, 250_000_000, "2020-09-13 12:26:40.25 UTC"),
            (4_107_542_399, 1, "2100-02-28 23:59:59.000000001 UTC"),
            (4_107_542_400, 0, "2100-03-01 00:00:00 UTC"),
        ] {
            let time = Timestamp {
                seconds,
                nanoseconds,
            };
            assert_eq!(time.precise(), text);
        }
    }
}

//! Moments as the calendar and the clock of the reader show them. The server computes them.

use serde::{Deserialize, Serialize};

/// A minute in the reader's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalTime {
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    pub minute: u8,
}

impl LocalTime {
    /// Its day.
    #[must_use]
    pub const fn date(self) -> LocalDate {
        let Self {
            year, month, day, ..
        } = self;
        LocalDate { year, month, day }
    }
}

/// A day of the reader's calendar. Where nobody knows which one, it is one that never was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LocalDate {
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl LocalDate {
    /// The day before.
    #[must_use]
    pub const fn previous(self) -> Self {
        let Self { year, month, day } = self;
        match (month, day) {
            (_, 2..) => Self {
                day: day - 1,
                ..self
            },
            (2.., _) => Self {
                year,
                month: month - 1,
                day: num_days(year, month - 1),
            },
            _ => Self {
                year: year.saturating_sub(1),
                month: 12,
                day: 31,
            },
        }
    }
}

/// The day of whoever makes a request; part of its context.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Today(pub LocalDate);

/// When somebody was there last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// A few minutes ago at most.
    Now,
    Before(LocalTime),
}

const fn num_days(year: i16, month: u8) -> u8 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// How long ago a conversation was used, by days of the reader's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateGroup {
    Today,
    Yesterday,
    Previous7Days,
    Previous30Days,
    Month {
        year: i16,
        /// 1 to 12.
        month: u8,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_before_is_that_of_the_calendar() {
        let date = |(year, month, day)| LocalDate { year, month, day };
        for (day, before) in [
            ((2026, 11, 30), (2026, 11, 29)),
            ((2026, 12, 1), (2026, 11, 30)),
            ((2026, 11, 1), (2026, 10, 31)),
            ((2027, 1, 1), (2026, 12, 31)),
            ((2026, 3, 1), (2026, 2, 28)),
            ((2028, 3, 1), (2028, 2, 29)),
            ((2100, 3, 1), (2100, 2, 28)),
            ((2000, 3, 1), (2000, 2, 29)),
        ] {
            assert_eq!(date(day).previous(), date(before), "{day:?}");
            assert!(date(before) < date(day), "{day:?}");
        }
    }
}

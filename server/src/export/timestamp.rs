//! Times as RFC 3339 in UTC with milliseconds: `2026-11-24T06:30:00.123Z`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::civil_date;
use crate::store::now_ms;

const MS_PER_DAY: i64 = 86_400_000;

/// A moment in milliseconds UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// This moment.
    pub fn now() -> Self {
        Self(now_ms())
    }

    /// A moment counted from 1970.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds from 1970.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Reads the one form that is written; others have more than one way to say the same.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let day = civil_date::day(number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let minutes = number(11, 13)? * 60 + number(14, 16)?;
        let ms = (minutes * 60 + number(17, 19)?) * 1000 + number(20, 23)?;
        let moment = Self(day * MS_PER_DAY + ms);
        // Punctuation, ranges and the length are right if the same text comes out.
        (moment.to_string() == text).then_some(moment)
    }

    /// Year, month, day, hour, minute, second and millisecond.
    pub(super) fn parts(self) -> [i64; 7] {
        let (year, month, date) = civil_date::date(self.0.div_euclid(MS_PER_DAY));
        let ms = self.0.rem_euclid(MS_PER_DAY);
        let seconds = ms / 1000;
        let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
        [year, month, date, hour, minute, seconds % 60, ms % 1000]
    }

    /// For people: `2026-11-24 06:30 UTC`.
    pub fn to_minute(self) -> String {
        let text = self.to_string();
        let (date, time) = text.split_once('T').unwrap_or((&text, ""));
        format!("{date} {} UTC", time.get(..5).unwrap_or_default())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, date, hour, minute, second, ms] = self.parts();
        write!(
            f,
            "{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let expected = "a time in UTC such as 2026-11-24T06:30:00.123Z";
            de::Error::invalid_value(de::Unexpected::Str(&text), &expected)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_was_written() {
        for ms in [
            0,
            -1,
            1_709_164_799_999,
            1_795_588_200_123,
            253_402_300_799_999,
        ] {
            let moment = Timestamp::from_ms(ms);
            assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
        }
        let moment = Timestamp::from_ms(951_868_799_007);
        assert_eq!(moment.to_string(), "2000-02-29T23:59:59.007Z");
        assert_eq!(moment.to_minute(), "2000-02-29 23:59 UTC");
    }

    #[test]
    fn a_time_in_another_form_is_refused() {
        for text in [
            "",
            "2026-11-24",
            "2026-02-30T00:00:00.000Z",
            "2026-11-24T24:00:00.000Z",
            "2026-11-24T06:30:00Z",
            "2026-11-24T06:30:00.000+01:00",
            "2026-11-24 06:30:00.000Z",
            "2026-11-24T06:30:00.000Z ",
            "+026-11-24T06:30:00.000Z",
            "二〇二六-11-24T06:30:00.000Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}

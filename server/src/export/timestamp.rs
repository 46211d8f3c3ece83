//! Times as RFC 3339 in UTC with milliseconds: `2026-11-24T06:30:00.123Z`.

use std::fmt;

use jiff::{SignedDuration, civil::DateTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::store::now_ms;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

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
        let moment: DateTime = text.strip_suffix('Z')?.parse().ok()?;
        let since = moment.duration_since(EPOCH).as_millis();
        let moment = Self(i64::try_from(since).ok()?);
        (moment.to_string() == text).then_some(moment)
    }

    /// Date and clock in UTC; a moment beyond the calendar's end is at its end.
    pub(super) fn civil(self) -> DateTime {
        EPOCH.saturating_add(SignedDuration::from_millis(self.0))
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
        write!(f, "{:.3}Z", self.civil())
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

//! When a nightly copy is due: once after each time that the clock on the wall shows a certain
//! hour, however long nobody was there.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, ToSpan as _, civil::Time, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Hour and minute on the wall, in the server's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay(Time);

impl TimeOfDay {
    /// `hour` up to 23, `minute` up to 59.
    pub(crate) const fn constant(hour: i8, minute: i8) -> Self {
        Self(Time::constant(hour, minute, 0, 0))
    }

    /// The last moment, up to `now_ms`, at which the clock showed this. Milliseconds UTC.
    ///
    /// On a day on which the clock leaps over it, the moment after the leap.
    pub(crate) fn last_before(self, now_ms: i64, zone: &TimeZone) -> i64 {
        let moments = self.moments(now_ms, zone);
        moments
            .filter(|&moment| moment <= now_ms)
            .max()
            .unwrap_or(0)
    }

    /// The first moment after `now_ms` at which the clock shows this. Milliseconds UTC.
    pub(crate) fn first_after(self, now_ms: i64, zone: &TimeZone) -> i64 {
        let moments = self.moments(now_ms, zone);
        let coming = moments.filter(|&moment| moment > now_ms).min();
        coming.unwrap_or(i64::MAX)
    }

    /// Of the days around a moment: today's may be past or still to come, and yesterday's may stand
    /// a leap of the clock away.
    fn moments(self, now_ms: i64, zone: &TimeZone) -> impl Iterator<Item = i64> {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let today = zone.to_datetime(now).date();
        (-2..=2).filter_map(move |days: i64| {
            let day = today.saturating_add(days.days());
            let moment = zone.to_timestamp(day.to_datetime(self.0)).ok()?;
            Some(moment.as_millisecond())
        })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

/// What somebody wrote is no time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no time of day such as 03:00")]
pub struct NoTimeOfDay;

impl FromStr for TimeOfDay {
    type Err = NoTimeOfDay;

    fn from_str(text: &str) -> Result<Self, NoTimeOfDay> {
        let digits = |part: &str| {
            let are_digits = part.len() == 2 && part.bytes().all(|it| it.is_ascii_digit());
            are_digits.then(|| part.parse::<i8>().ok()).flatten()
        };
        let (hour, minute) = text.split_once(':').ok_or(NoTimeOfDay)?;
        let (hour, minute) = digits(hour).zip(digits(minute)).ok_or(NoTimeOfDay)?;
        Time::new(hour, minute, 0, 0)
            .map(Self)
            .map_err(|_| NoTimeOfDay)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(moment: &str) -> i64 {
        moment.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn the_last_passing_of_an_hour_is_found_in_every_zone_and_over_every_leap() {
        let three = TimeOfDay::constant(3, 0);
        for (zone, now, last) in [
            ("UTC", "2026-11-29T02:59:59Z", "2026-11-28T03:00:00Z"),
            ("UTC", "2026-11-29T03:00:00Z", "2026-11-29T03:00:00Z"),
            (
                "Asia/Shanghai",
                "2026-11-28T19:30:00Z",
                "2026-11-28T19:00:00Z",
            ),
            (
                "Asia/Shanghai",
                "2026-11-28T18:30:00Z",
                "2026-11-27T19:00:00Z",
            ),
            // In spring 02:30 is leapt over, in autumn it comes twice: the first one counts.
            (
                "Europe/Berlin",
                "2026-03-29T01:30:00Z",
                "2026-03-29T01:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-10-25T01:59:00Z",
                "2026-10-24T01:00:00Z",
            ),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(three.last_before(ms(now), &zone), ms(last), "{now}");
            let next = three.first_after(ms(now), &zone);
            assert_eq!(three.last_before(next, &zone), next, "{now}");
            assert_eq!(three.last_before(next - 1, &zone), ms(last), "{now}");
        }
        let leapt = TimeOfDay::constant(2, 30);
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let spring = leapt.last_before(ms("2026-03-29T12:00:00Z"), &berlin);
        assert_eq!(spring, ms("2026-03-29T01:30:00Z"));
        let autumn = leapt.last_before(ms("2026-10-25T12:00:00Z"), &berlin);
        assert_eq!(autumn, ms("2026-10-25T00:30:00Z"));
    }

    #[test]
    fn a_time_is_two_digits_twice_and_reads_as_it_is_written() {
        for time in ["00:00", "03:00", "23:59"] {
            assert_eq!(time.parse::<TimeOfDay>().unwrap().to_string(), time);
        }
        for other in [
            "", "3:00", "24:00", "03:60", "03:00:00", "+3:00", "03.00", "noon",
        ] {
            assert_eq!(other.parse::<TimeOfDay>(), Err(NoTimeOfDay), "{other}");
        }
    }
}

//! The days of usage and quotas: they begin at midnight where the server is, from wherever somebody
//! asks.

use jiff::{civil::Date, tz::TimeZone};

use crate::calendar::timestamp;

const EPOCH: Date = Date::constant(1970, 1, 1);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Days of a time zone. Some of them have 23 hours, some 25.
#[derive(Clone, Debug)]
pub(crate) struct Days {
    zone: TimeZone,
}

impl Days {
    /// Of this machine: `TZ`, or what the system is set to, or UTC where neither tells.
    pub(crate) fn of_system() -> Self {
        let zone = TimeZone::try_system().unwrap_or_else(|error| {
            tracing::debug!(%error, "days begin at midnight UTC: {error}");
            TimeZone::UTC
        });
        Self { zone }
    }

    /// Of a zone by its IANA name.
    #[cfg(test)]
    pub(crate) fn of_zone(name: &str) -> Self {
        let zone = TimeZone::get(name).unwrap();
        Self { zone }
    }

    /// The day of a moment in milliseconds UTC, counted from 1970-01-01.
    pub(crate) fn number(&self, at_ms: i64) -> i64 {
        self.date(at_ms).duration_since(EPOCH).as_hours() / 24
    }

    /// Milliseconds from a moment to the end of its day.
    pub(crate) fn rest_ms(&self, at_ms: i64) -> i64 {
        let tomorrow = self.date(at_ms).tomorrow();
        // Where the clock leaps over midnight, the day begins when the leap has been made.
        let begins = tomorrow.and_then(|date| date.to_zoned_datetime(self.zone.clone()));
        let begins = begins.map(|moment| moment.timestamp().as_millisecond());
        // There is no tomorrow at the calendar's end.
        begins.map_or(DAY_MS, |begins| (begins - at_ms).max(1))
    }

    /// What people call the zone.
    pub(crate) fn zone_name(&self) -> String {
        let name = self.zone.iana_name();
        let named = name.filter(|_| !self.zone.is_unknown());
        named.map_or_else(|| "UTC".to_owned(), str::to_owned)
    }

    fn date(&self, at_ms: i64) -> Date {
        self.zone.to_datetime(timestamp(at_ms)).date()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const HOUR_MS: i64 = 60 * 60 * 1000;

    fn ms(moment: &str) -> i64 {
        moment.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_day_begins_at_midnight_of_its_zone() {
        // Midnight in Shanghai is 16:00 UTC of the day before.
        for (zone, moment, day) in [
            ("UTC", "1970-01-01T00:00:00Z", 0),
            ("UTC", "1970-01-01T23:59:59.999Z", 0),
            ("UTC", "1970-01-02T00:00:00Z", 1),
            ("UTC", "1969-12-31T23:59:59.999Z", -1),
            ("Asia/Shanghai", "1970-01-01T15:59:59.999Z", 0),
            ("Asia/Shanghai", "1970-01-01T16:00:00Z", 1),
            ("America/New_York", "1970-01-02T04:59:59.999Z", 0),
            ("America/New_York", "1970-01-02T05:00:00Z", 1),
        ] {
            let found = Days::of_zone(zone).number(ms(moment));
            assert_eq!(found, day, "{zone} {moment}");
        }
    }

    #[test]
    fn the_rest_of_a_day_ends_where_the_next_begins() {
        let moments = [
            "2026-03-28T12:00:00Z",
            "2026-03-29T00:30:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T22:59:59.999Z",
            "2024-02-29T12:00:00Z",
        ];
        for zone in [
            "UTC",
            "Europe/Berlin",
            "Asia/Shanghai",
            "America/Havana",
            "Asia/Beirut",
        ] {
            let days = Days::of_zone(zone);
            for moment in moments {
                let at = ms(moment);
                let end = at + days.rest_ms(at);
                assert_eq!(days.number(end - 1), days.number(at), "{zone} {moment}");
                assert_eq!(days.number(end), days.number(at) + 1, "{zone} {moment}");
            }
        }
    }

    #[test]
    fn a_day_of_a_change_of_clocks_is_as_long_as_it_is() {
        let berlin = Days::of_zone("Europe/Berlin");
        // Both begin at midnight in winter time, or in summer time.
        assert_eq!(berlin.rest_ms(ms("2026-03-28T23:00:00Z")), 23 * HOUR_MS);
        assert_eq!(berlin.rest_ms(ms("2026-10-24T22:00:00Z")), 25 * HOUR_MS);
        // In Beirut the clock leaps from midnight to one.
        let beirut = Days::of_zone("Asia/Beirut");
        let last = ms("2026-03-28T21:59:59Z");
        assert_eq!(beirut.rest_ms(last), 1000);
        assert_eq!(beirut.rest_ms(last + 1000), 23 * HOUR_MS);
    }

    #[test]
    fn a_zone_has_a_name_and_the_calendar_an_end() {
        assert_eq!(Days::of_zone("Asia/Shanghai").zone_name(), "Asia/Shanghai");
        let utc = Days::of_zone("UTC");
        assert_eq!(utc.zone_name(), "UTC");
        assert!(utc.rest_ms(i64::MAX) > 0);
        assert!(utc.number(i64::MAX) > utc.number(i64::MIN));
        let unknown = Days {
            zone: TimeZone::unknown(),
        };
        assert_eq!(unknown.zone_name(), "UTC");
        assert_eq!(unknown.number(DAY_MS), 1);
    }
}

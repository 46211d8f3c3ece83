//! Days and clock times as the person who asks sees them.

use hearth_app::model::{DateGroup, LocalDate, LocalTime, Seen};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use leptos::prelude::use_context;

/// Longest name of a time zone; the longest there is has 32 characters.
const MAX_ZONE_NAME_BYTES: usize = 64;
/// Whoever was seen within this time is there now. Sessions are noted less often than that.
const NOW: SignedDuration = SignedDuration::from_mins(5);

/// The time zone of whoever makes a request.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Default for Zone {
    /// UTC: nothing is known of the visitor yet.
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// A zone by its IANA name, such as `Asia/Shanghai`.
    pub fn named(name: &str) -> Option<Self> {
        let is_sound = !name.is_empty() && name.len() <= MAX_ZONE_NAME_BYTES;
        let zone = is_sound.then(|| TimeZone::get(name).ok())?;
        zone.map(Self)
    }
}

/// Today, and how moments look from here.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    now: Timestamp,
    today: Date,
}

impl Calendar {
    /// The calendar of the request that is being answered.
    pub fn of_viewer() -> Self {
        let zone = use_context::<Zone>().unwrap_or_default();
        Self::new(zone, Timestamp::now())
    }

    fn new(zone: Zone, now: Timestamp) -> Self {
        let today = zone.0.to_datetime(now).date();
        Self {
            zone: zone.0,
            now,
            today,
        }
    }

    /// The day of the reader.
    pub fn today(&self) -> LocalDate {
        LocalDate {
            year: self.today.year(),
            month: positive(self.today.month()),
            day: positive(self.today.day()),
        }
    }

    /// Day and time of a moment in milliseconds UTC.
    pub fn local_time(&self, at_ms: i64) -> LocalTime {
        let moment = self.zone.to_datetime(timestamp(at_ms));
        LocalTime {
            year: moment.year(),
            month: positive(moment.month()),
            day: positive(moment.day()),
            hour: positive(moment.hour()),
            minute: positive(moment.minute()),
        }
    }

    /// When a day begins here, in milliseconds UTC.
    pub(crate) fn beginning_of(&self, day: Date) -> i64 {
        let beginning = day.to_zoned_datetime(self.zone.clone());
        let beginning = beginning.map(|it| it.timestamp().as_millisecond());
        // Only the first and the last day of all may not be one in every zone.
        beginning.unwrap_or(if day.year() < 0 { i64::MIN } else { i64::MAX })
    }

    /// How somebody is told who was there at a moment in milliseconds UTC.
    pub fn seen(&self, at_ms: i64) -> Seen {
        let is_now = self.now.duration_since(timestamp(at_ms)) < NOW;
        if is_now {
            Seen::Now
        } else {
            self.before(at_ms)
        }
    }

    /// The same of what nobody expects to go on.
    pub fn before(&self, at_ms: i64) -> Seen {
        Seen::Before(self.local_time(at_ms))
    }

    /// How long ago a moment in milliseconds UTC was, in days of this calendar.
    pub fn group(&self, at_ms: i64) -> DateGroup {
        let day = self.zone.to_datetime(timestamp(at_ms)).date();
        let days_ago = day.duration_until(self.today).as_hours() / 24;
        match days_ago {
            ..=0 => DateGroup::Today, // clocks may differ a little
            1 => DateGroup::Yesterday,
            2..=7 => DateGroup::Previous7Days,
            8..=30 => DateGroup::Previous30Days,
            _ => DateGroup::Month {
                year: day.year(),
                month: positive(day.month()),
            },
        }
    }
}

/// `YYYY-MM-DD` of a moment in milliseconds, in UTC.
pub(crate) fn utc_date(at_ms: i64) -> String {
    TimeZone::UTC
        .to_datetime(timestamp(at_ms))
        .date()
        .to_string()
}

/// `YYYY-MM-DD` of a day counted from 1970-01-01.
pub(crate) fn date_of_day(day: i64) -> String {
    let epoch = Date::constant(1970, 1, 1);
    let since = SignedDuration::from_hours(day.saturating_mul(24));
    epoch.saturating_add(since).to_string()
}

/// A moment beyond the calendar's end is at its end.
pub(crate) fn timestamp(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or(if at_ms < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Months, days and hours are never negative.
fn positive(number: i8) -> u8 {
    number.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24 23:30 in Shanghai.
    const NOW: &str = "2026-11-24T15:30:00Z";

    fn calendar(zone: &str) -> Calendar {
        Calendar::new(Zone::named(zone).unwrap(), NOW.parse().unwrap())
    }

    fn ms(moment: &str) -> i64 {
        moment.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn the_same_moment_is_another_time_and_another_day_elsewhere() {
        let at = ms("2026-11-23T16:30:00Z");
        let shanghai = calendar("Asia/Shanghai");
        let time = shanghai.local_time(at);
        assert_eq!((time.day, time.hour, time.minute), (24, 0, 30));
        assert_eq!(shanghai.group(at), DateGroup::Today);
        assert_eq!(calendar("Europe/London").group(at), DateGroup::Yesterday);
    }

    #[test]
    fn groups_are_counted_in_days_of_the_calendar() {
        let calendar = calendar("UTC");
        for (moment, group) in [
            ("2026-11-25T01:00:00Z", DateGroup::Today),
            ("2026-11-24T00:00:00Z", DateGroup::Today),
            ("2026-11-23T23:59:59Z", DateGroup::Yesterday),
            ("2026-11-22T12:00:00Z", DateGroup::Previous7Days),
            ("2026-11-17T00:00:00Z", DateGroup::Previous7Days),
            ("2026-11-16T23:59:59Z", DateGroup::Previous30Days),
            ("2026-10-25T00:00:00Z", DateGroup::Previous30Days),
        ] {
            assert_eq!(calendar.group(ms(moment)), group, "{moment}");
        }
        let october = DateGroup::Month {
            year: 2026,
            month: 10,
        };
        assert_eq!(calendar.group(ms("2026-10-24T23:59:59Z")), october);
    }

    #[test]
    fn whoever_was_there_minutes_ago_is_there_now() {
        let calendar = calendar("Asia/Shanghai");
        assert_eq!(calendar.today().day, 24);
        for (moment, expected) in [
            ("2026-11-24T15:31:00Z", None), // clocks may differ a little
            ("2026-11-24T15:25:01Z", None),
            ("2026-11-24T15:25:00Z", Some(24)),
            ("2026-11-23T15:59:00Z", Some(23)),
        ] {
            let day = match calendar.seen(ms(moment)) {
                Seen::Now => None,
                Seen::Before(time) => Some(time.day),
            };
            assert_eq!(day, expected, "{moment}");
        }
    }

    #[test]
    fn daylight_saving_time_counts_as_the_clock_shows_it() {
        let berlin = calendar("Europe/Berlin");
        assert_eq!(berlin.local_time(ms("2026-07-01T12:00:00Z")).hour, 14);
        assert_eq!(berlin.local_time(ms("2026-12-01T12:00:00Z")).hour, 13);
    }

    #[test]
    fn a_day_has_its_date() {
        assert_eq!(date_of_day(0), "1970-01-01");
        assert_eq!(date_of_day(11_016), "2000-02-29");
        assert_eq!(date_of_day(-1), "1969-12-31");
    }

    #[test]
    fn a_name_that_is_no_zone_is_none() {
        let long = "A".repeat(1000);
        for name in ["", "Mars/Olympus", "../../etc/passwd", "+25:00", &long] {
            assert!(Zone::named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn moments_beyond_the_calendar_do_not_stop_it() {
        let calendar = calendar("UTC");
        assert_eq!(calendar.local_time(i64::MAX).year, 9999);
        assert_eq!(calendar.local_time(i64::MIN).year, -9999);
    }
}

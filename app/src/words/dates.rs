//! Dates and times, already in the reader's time zone.

use super::{Locale, words};
use crate::model::{DateGroup, LocalDate, LocalTime};
#[cfg(feature = "ssr")]
use crate::model::{Seen, Today};

/// Heading of a group of conversations.
pub(crate) fn group_heading(locale: Locale, group: DateGroup) -> String {
    match group {
        DateGroup::Today => words!(locale, dates.today).to_owned(),
        DateGroup::Yesterday => words!(locale, dates.yesterday).to_owned(),
        DateGroup::Previous7Days => words!(locale, dates.previous_7_days).to_owned(),
        DateGroup::Previous30Days => words!(locale, dates.previous_30_days).to_owned(),
        DateGroup::Month { year, month } => {
            words!(
                locale,
                dates.month,
                year = year,
                month = month_name(locale, month)
            )
        }
    }
}

/// Day and time as people say them today, for what the server draws: `Yesterday, 06:30`.
#[cfg(feature = "ssr")]
pub(crate) fn moment(locale: Locale, moment: LocalTime) -> String {
    moment_seen_from(locale, moment, today())
}

/// The day of a moment as people say it today: `Yesterday`, `24 November`.
#[cfg(feature = "ssr")]
pub(crate) fn day_of(locale: Locale, moment: LocalTime) -> String {
    day_seen_from(locale, moment.date(), today())
}

#[cfg(feature = "ssr")]
fn today() -> LocalDate {
    let Today(today) = leptos::prelude::use_context().unwrap_or_default();
    today
}

#[cfg(feature = "ssr")]
fn moment_seen_from(locale: Locale, moment: LocalTime, today: LocalDate) -> String {
    let day = day_seen_from(locale, moment.date(), today);
    words!(locale, dates.day_and_time, day = day, time = clock(moment))
}

/// Day and time, such as `24 November 2026, 06:30`.
pub(crate) fn full_moment(locale: Locale, moment: LocalTime) -> String {
    let time = clock(moment);
    let LocalTime {
        year, month, day, ..
    } = moment;
    let month = month_name(locale, month);
    words!(
        locale,
        dates.moment,
        year = year,
        month = month,
        day = day,
        time = time
    )
}

/// A day, such as `24 November 2026`.
pub(crate) fn day(locale: Locale, date: LocalDate) -> String {
    let LocalDate { year, month, day } = date;
    let month = month_name(locale, month);
    words!(locale, chat.day, year = year, month = month, day = day)
}

/// A day as people say it on another one: `Yesterday`, `24 November`, or with its year.
pub(crate) fn day_seen_from(locale: Locale, date: LocalDate, today: LocalDate) -> String {
    if date == today {
        words!(locale, dates.today).to_owned()
    } else if date == today.previous() {
        words!(locale, dates.yesterday).to_owned()
    } else if date.year == today.year {
        let month = month_name(locale, date.month);
        words!(locale, chat.day_of_year, month = month, day = date.day)
    } else {
        day(locale, date)
    }
}

/// When somebody was there last, in a table: `Active now`, `Today, 11:40`, `Yesterday`.
#[cfg(feature = "ssr")]
pub(crate) fn seen(locale: Locale, seen: Seen) -> String {
    seen_from(locale, seen, today())
}

#[cfg(feature = "ssr")]
fn seen_from(locale: Locale, seen: Seen, today: LocalDate) -> String {
    match seen {
        Seen::Now => words!(locale, dates.active_now).to_owned(),
        Seen::Before(time) if time.date() == today => moment_seen_from(locale, time, today),
        Seen::Before(time) => day_seen_from(locale, time.date(), today),
    }
}

/// The same in a sentence: `Last seen yesterday`.
#[cfg(feature = "ssr")]
pub(crate) fn last_seen(locale: Locale, seen: Seen) -> String {
    last_seen_from(locale, seen, today())
}

#[cfg(feature = "ssr")]
fn last_seen_from(locale: Locale, seen: Seen, today: LocalDate) -> String {
    match seen {
        Seen::Now => words!(locale, dates.active_now).to_owned(),
        Seen::Before(time) if time.date() == today => {
            words!(locale, settings.last_seen_today, time = clock(time))
        }
        Seen::Before(time) if time.date() == today.previous() => {
            words!(locale, settings.last_seen_yesterday).to_owned()
        }
        Seen::Before(time) => {
            let day = day_seen_from(locale, time.date(), today);
            words!(locale, settings.last_seen_on, day = day)
        }
    }
}

/// A time zone as people call it: that of servers has a longer name where zones are listed.
#[cfg(feature = "ssr")]
pub(crate) fn zone_name(zone: &str) -> &str {
    if zone == "Etc/UTC" { "UTC" } else { zone }
}

/// The time of the day, such as `06:30`.
pub(crate) fn clock(moment: LocalTime) -> String {
    format!("{:02}:{:02}", moment.hour, moment.minute)
}

/// A day without its year, such as `24 November`; `date` is `YYYY-MM-DD`.
#[cfg(feature = "ssr")]
pub(crate) fn day_of_month(locale: Locale, date: &str) -> String {
    let (month, day) = month_and_day(date);
    let month = month_name(locale, month);
    words!(locale, admin.day_of_month, month = month, day = day)
}

/// The same in few letters, such as `24 Nov`.
#[cfg(feature = "ssr")]
pub(crate) fn short_day(locale: Locale, date: &str) -> String {
    let (month, day) = month_and_day(date);
    let month: String = month_name(locale, month).chars().take(3).collect();
    words!(locale, admin.day_of_month, month = month, day = day)
}

#[cfg(feature = "ssr")]
fn month_and_day(date: &str) -> (u8, u8) {
    let mut parts = date
        .split('-')
        .skip(1)
        .map(|part| part.parse().unwrap_or_default());
    (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    )
}

fn month_name(locale: Locale, month: u8) -> &'static str {
    match month {
        1 => words!(locale, dates.months.january),
        2 => words!(locale, dates.months.february),
        3 => words!(locale, dates.months.march),
        4 => words!(locale, dates.months.april),
        5 => words!(locale, dates.months.may),
        6 => words!(locale, dates.months.june),
        7 => words!(locale, dates.months.july),
        8 => words!(locale, dates.months.august),
        9 => words!(locale, dates.months.september),
        10 => words!(locale, dates.months.october),
        11 => words!(locale, dates.months.november),
        _ => words!(locale, dates.months.december),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_each_language_writes_them() {
        let evening = LocalTime {
            year: 2026,
            month: 10,
            day: 5,
            hour: 18,
            minute: 7,
        };
        assert_eq!(full_moment(Locale::en, evening), "5 October 2026, 18:07");
        assert_eq!(full_moment(Locale::zh_CN, evening), "2026年10月5日 18:07");
        assert_eq!(day(Locale::en, evening.date()), "5 October 2026");
        assert_eq!(day(Locale::zh_CN, evening.date()), "2026年10月5日");
        assert_eq!(clock(evening), "18:07");
        #[cfg(feature = "ssr")]
        {
            assert_eq!(day_of_month(Locale::en, "2026-10-05"), "5 October");
            assert_eq!(day_of_month(Locale::zh_CN, "2026-10-05"), "10月5日");
            assert_eq!(short_day(Locale::en, "2026-09-30"), "30 Sep");
            assert_eq!(short_day(Locale::zh_CN, "2026-12-30"), "12月30日");
        }
        let october = DateGroup::Month {
            year: 2026,
            month: 10,
        };
        assert_eq!(group_heading(Locale::en, october), "October 2026");
        assert_eq!(group_heading(Locale::zh_CN, october), "2026年10月");
    }

    #[test]
    fn a_day_is_named_as_people_say_it_today() {
        let date = |(year, month, day)| LocalDate { year, month, day };
        let new_year = (2027, 1, 1);
        for (day, today, english, chinese) in [
            (new_year, new_year, "Today", "今天"),
            ((2026, 12, 31), new_year, "Yesterday", "昨天"),
            (
                (2026, 12, 30),
                new_year,
                "30 December 2026",
                "2026年12月30日",
            ),
            ((2026, 11, 28), (2026, 11, 30), "28 November", "11月28日"),
            ((2026, 1, 1), (2026, 12, 31), "1 January", "1月1日"),
            (
                (2025, 11, 30),
                (2026, 11, 30),
                "30 November 2025",
                "2025年11月30日",
            ),
            // The server has not told of midnight yet.
            ((2026, 12, 1), (2026, 11, 30), "1 December", "12月1日"),
            // It has told of no day.
            ((2026, 12, 1), (0, 0, 0), "1 December 2026", "2026年12月1日"),
        ] {
            let said = |locale| day_seen_from(locale, date(day), date(today));
            assert_eq!(said(Locale::en), english, "{day:?}");
            assert_eq!(said(Locale::zh_CN), chinese, "{day:?}");
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_moment_is_as_long_as_its_distance_makes_it() {
        let evening = LocalTime {
            year: 2026,
            month: 11,
            day: 30,
            hour: 18,
            minute: 7,
        };
        for (today, english, chinese) in [
            ((2026, 11, 30), "Today, 18:07", "今天 18:07"),
            ((2026, 12, 1), "Yesterday, 18:07", "昨天 18:07"),
            ((2026, 11, 1), "30 November, 18:07", "11月30日 18:07"),
            (
                (2027, 1, 1),
                "30 November 2026, 18:07",
                "2026年11月30日 18:07",
            ),
        ] {
            let (year, month, day) = today;
            let today = LocalDate { year, month, day };
            let said = |locale| moment_seen_from(locale, evening, today);
            assert_eq!(said(Locale::en), english);
            assert_eq!(said(Locale::zh_CN), chinese);
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn who_was_there_is_told_as_people_say_it() {
        let time = |(year, month, day)| LocalTime {
            year,
            month,
            day,
            hour: 8,
            minute: 5,
        };
        let today = time((2026, 11, 30)).date();
        let before = |day| Seen::Before(time(day));
        for (when, table, sentence, chinese_table, chinese_sentence) in [
            (
                Seen::Now,
                "Active now",
                "Active now",
                "当前在线",
                "当前在线",
            ),
            (
                before((2026, 11, 30)),
                "Today, 08:05",
                "Last seen today, 08:05",
                "今天 08:05",
                "上次活动：今天 08:05",
            ),
            (
                before((2026, 11, 29)),
                "Yesterday",
                "Last seen yesterday",
                "昨天",
                "上次活动：昨天",
            ),
            (
                before((2026, 1, 4)),
                "4 January",
                "Last seen on 4 January",
                "1月4日",
                "上次活动：1月4日",
            ),
            (
                before((2025, 12, 31)),
                "31 December 2025",
                "Last seen on 31 December 2025",
                "2025年12月31日",
                "上次活动：2025年12月31日",
            ),
        ] {
            assert_eq!(seen_from(Locale::en, when, today), table);
            assert_eq!(last_seen_from(Locale::en, when, today), sentence);
            assert_eq!(seen_from(Locale::zh_CN, when, today), chinese_table);
            assert_eq!(last_seen_from(Locale::zh_CN, when, today), chinese_sentence);
        }
        assert_eq!(zone_name("Etc/UTC"), "UTC");
        assert_eq!(zone_name("Asia/Shanghai"), "Asia/Shanghai");
    }
}

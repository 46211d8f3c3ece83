//! Dates and times, already in the reader's time zone.

use super::{Locale, words};
use crate::model::{DateGroup, LocalTime};

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

/// Day and time, such as `24 November 2026, 06:30`.
pub(crate) fn moment(locale: Locale, moment: LocalTime) -> String {
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
pub(crate) fn day(locale: Locale, moment: LocalTime) -> String {
    let LocalTime {
        year, month, day, ..
    } = moment;
    let month = month_name(locale, month);
    words!(locale, chat.day, year = year, month = month, day = day)
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
        assert_eq!(moment(Locale::en, evening), "5 October 2026, 18:07");
        assert_eq!(moment(Locale::zh_CN, evening), "2026年10月5日 18:07");
        assert_eq!(day(Locale::en, evening), "5 October 2026");
        assert_eq!(day(Locale::zh_CN, evening), "2026年10月5日");
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
}

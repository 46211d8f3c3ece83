//! Days and dates of the Gregorian calendar, without a time zone.
//!
//! Years are counted from the first of March, so that the leap day is the last one of its year.

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;
/// Days of 400 years, after which the calendar repeats.
const DAYS_OF_ERA: i64 = 146_097;

/// Year, month and day of a day counted from 1970-01-01.
pub(super) fn date(day: i64) -> (i64, i64, i64) {
    let day = day + EPOCH;
    let (era, day_of_era) = (day.div_euclid(DAYS_OF_ERA), day.rem_euclid(DAYS_OF_ERA));
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let date = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, date)
}

/// The day of a date, counted from 1970-01-01. The inverse of [`date`].
pub(super) fn day(year: i64, month: i64, date: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month + 2) / 5 + date - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_OF_ERA + day_of_era - EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_leads_back_to_its_day() {
        for number in (-800_000..800_000).step_by(17) {
            let (year, month, of_month) = date(number);
            assert_eq!(day(year, month, of_month), number);
        }
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
    }
}

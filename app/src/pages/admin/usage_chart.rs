//! Tokens by day, stacked by person, as an SVG that the server draws.

use leptos::prelude::*;

use crate::{
    model::{UsageDay, UsageReport, UserId},
    words::{grouped, use_locale, words},
};

/// People with a colour of their own; the rest is one colour.
const MAX_SERIES: usize = 5;
/// Size of the drawing, in units of its own.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
/// Space below the bars for two dates.
const AXIS: f64 = 24.0;
/// Share of a day's width that its bar takes.
const BAR_SHARE: f64 = 0.7;

/// What one person used in the whole time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PersonTotal {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) num_turns: u64,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
}

impl PersonTotal {
    pub(crate) fn total(&self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }
}

/// Sums by person, the largest first.
pub(crate) fn person_totals(report: &UsageReport) -> Vec<PersonTotal> {
    let mut totals: Vec<PersonTotal> = Vec::new();
    for row in &report.rows {
        let place = totals.iter().position(|total| total.user == row.user);
        let place = place.unwrap_or_else(|| {
            totals.push(PersonTotal {
                user: row.user,
                name: row.user_name.clone(),
                num_turns: 0,
                prompt_tokens: 0,
                completion_tokens: 0,
            });
            totals.len() - 1
        });
        let total = &mut totals[place];
        total.num_turns += row.num_turns;
        total.prompt_tokens += row.prompt_tokens;
        total.completion_tokens += row.completion_tokens;
    }
    totals.sort_by(|a, b| b.total().cmp(&a.total()).then_with(|| a.name.cmp(&b.name)));
    totals
}

/// A part of a day's bar.
#[derive(Clone, Debug, PartialEq)]
struct Bar {
    series: usize,
    name: String,
    tokens: u64,
    /// Days after the first.
    day: u32,
    /// Tokens below it.
    base: u64,
}

/// Bars from left to right, from the bottom up; the largest person lies at the bottom.
fn bars(report: &UsageReport, totals: &[PersonTotal]) -> Vec<Bar> {
    let place = |row: &UsageDay| {
        let place = totals.iter().position(|total| total.user == row.user);
        place.unwrap_or(MAX_SERIES)
    };
    let mut rows: Vec<(&UsageDay, usize)> =
        report.rows.iter().map(|row| (row, place(row))).collect();
    rows.sort_by_key(|(row, place)| (row.day, *place));
    let mut bars = Vec::with_capacity(rows.len());
    let (mut day_before, mut base) = (None, 0);
    for (row, place) in rows {
        if day_before != Some(row.day) {
            (day_before, base) = (Some(row.day), 0);
        }
        let tokens = row.prompt_tokens + row.completion_tokens;
        bars.push(Bar {
            series: place.min(MAX_SERIES),
            name: row.user_name.clone(),
            tokens,
            day: u32::try_from(row.day - report.first_day).unwrap_or_default(),
            base,
        });
        base += tokens;
    }
    bars
}

/// The chart with its legend.
#[component]
pub(crate) fn UsageChart(report: UsageReport) -> impl IntoView {
    let locale = use_locale();
    let totals = person_totals(&report);
    let bars = bars(&report, &totals);
    let dates = report.dates;
    let highest = bars.iter().map(|bar| bar.base + bar.tokens).max();
    let scale = (HEIGHT - AXIS) / to_f64(highest.unwrap_or(1).max(1));
    let num_days = u32::try_from(dates.len()).unwrap_or(1).max(1);
    let day_width = WIDTH / f64::from(num_days);
    let rect = |bar: Bar| {
        let date = date_of(&dates, bar.day);
        let tooltip = words!(
            locale,
            admin.bar,
            date = date,
            name = bar.name,
            number = grouped(bar.tokens)
        );
        let height = to_f64(bar.tokens) * scale;
        let left = f64::from(bar.day) * day_width + day_width * (1.0 - BAR_SHARE) / 2.0;
        let top = HEIGHT - AXIS - to_f64(bar.base) * scale - height;
        view! {
            <rect
                class=format!("series-{}", bar.series)
                x=format!("{left:.1}")
                y=format!("{top:.1}")
                width=format!("{:.1}", day_width * BAR_SHARE)
                height=format!("{height:.1}")
            >
                <title>{tooltip}</title>
            </rect>
        }
    };
    let rects: Vec<_> = bars.into_iter().map(rect).collect();
    let (first, last) = (date_of(&dates, 0), date_of(&dates, num_days - 1));
    view! {
        <figure class="usage-chart">
            <svg
                viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                role="img"
                aria-label=words!(locale, admin.chart)
            >
                {rects}
                <line x1="0" x2=WIDTH.to_string() y1=(HEIGHT - AXIS).to_string() y2=(HEIGHT - AXIS).to_string()/>
                <text x="0" y=(HEIGHT - 6.0).to_string()>{first}</text>
                <text x=WIDTH.to_string() y=(HEIGHT - 6.0).to_string() text-anchor="end">{last}</text>
            </svg>
            <figcaption>{legend(&totals, words!(locale, admin.others))}</figcaption>
        </figure>
    }
}

fn legend(totals: &[PersonTotal], others: &'static str) -> impl IntoView + use<> {
    let mut names: Vec<String> = totals
        .iter()
        .take(MAX_SERIES)
        .map(|total| total.name.clone())
        .collect();
    if totals.len() > MAX_SERIES {
        names.push(others.to_owned());
    }
    let entry = |(series, name): (usize, String)| {
        view! { <span class=format!("legend series-{series}")>{name}</span> }
    };
    names.into_iter().enumerate().map(entry).collect_view()
}

/// `YYYY-MM-DD` of a day after the first: the server sends every date, so that no calendar has to
/// be in the browser.
fn date_of(dates: &[String], day: u32) -> String {
    let place = usize::try_from(day).unwrap_or_default();
    dates.get(place).cloned().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
fn to_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn row(user: u128, day: i64, tokens: u64) -> UsageDay {
        UsageDay {
            user: UserId::new(Uuid::from_u128(user)),
            user_name: format!("user {user}"),
            day,
            num_turns: 1,
            prompt_tokens: tokens,
            completion_tokens: 1,
        }
    }

    fn report(rows: Vec<UsageDay>) -> UsageReport {
        UsageReport {
            first_day: 100,
            dates: vec![
                "2026-11-22".into(),
                "2026-11-23".into(),
                "2026-11-24".into(),
            ],
            zone: "UTC".into(),
            rows,
        }
    }

    #[test]
    fn bars_of_a_day_stand_on_each_other_the_largest_person_at_the_bottom() {
        let report = report(vec![row(1, 100, 9), row(2, 100, 29), row(2, 102, 4)]);
        let bars = bars(&report, &person_totals(&report));
        let placed: Vec<_> = bars
            .iter()
            .map(|bar| (bar.day, bar.series, bar.base, bar.tokens))
            .collect();
        assert_eq!(placed, [(0, 0, 0, 30), (0, 1, 30, 10), (2, 0, 0, 5)]);
    }

    #[test]
    fn more_people_than_colours_share_the_last_one() {
        let rows = (0..8).map(|user| row(user, 100, 10)).collect();
        let report = report(rows);
        let series = bars(&report, &person_totals(&report));
        let shared = series.iter().filter(|bar| bar.series == MAX_SERIES);
        assert_eq!(shared.count(), 8 - MAX_SERIES);
    }
}

//! Tokens by day, stacked by person, as an SVG that the server draws.

use leptos::prelude::*;

use crate::{
    model::{UsageDay, UsageReport, UserId},
    words::{Locale, day_of_month, grouped, short_day, words},
};

/// Colours; with more people the last one is shared.
const NUM_SERIES: usize = 4;
/// Size of the drawing, in units of its own.
const WIDTH: f64 = 660.0;
const HEIGHT: f64 = 250.0;
/// Where bars begin, and where the highest line is.
const BASE: f64 = 214.0;
const TOP: f64 = 14.0;
/// Space at the side for values.
const AXIS: f64 = 44.0;
/// Values at the side, besides nothing.
const GRID_LINES: u64 = 3;
/// What a day says takes that much.
const TIP_WIDTH: f64 = 124.0;
/// Share of a day's width that its bar takes.
const BAR_SHARE: f64 = 0.7;

/// Between the parts of a bar, and what stays of a low one.
const GAP: f64 = 1.0;
const LEAST_HEIGHT: f64 = 0.5;

/// What one person used in the whole time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) struct PersonTotal {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) num_turns: u64,
    pub(super) prompt_tokens: u64,
    pub(super) completion_tokens: u64,
}

impl PersonTotal {
    pub(super) fn total(&self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }
}

/// Sums by person, the largest first.
pub(in crate::pages) fn person_totals(report: &UsageReport) -> Vec<PersonTotal> {
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
    tokens: u64,
    /// Days after the first.
    day: u32,
    /// Tokens below it.
    base: u64,
}

/// Bars from left to right, from the bottom up; the largest person lies at the bottom.
fn bars(report: &UsageReport, totals: &[PersonTotal]) -> Vec<Bar> {
    let num_named = num_named(totals.len());
    let place = |row: &UsageDay| {
        let place = totals.iter().position(|total| total.user == row.user);
        place.unwrap_or(num_named)
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
            series: place.min(num_named),
            tokens,
            day: u32::try_from(row.day - report.first_day).unwrap_or_default(),
            base,
        });
        base += tokens;
    }
    bars
}

/// The chart with its legend: every day is a bar that says what it is to whoever points at it or
/// goes there with the arrow keys.
pub(in crate::pages) fn usage_chart(
    locale: Locale,
    report: &UsageReport,
    totals: &[PersonTotal],
) -> AnyView {
    let bars = bars(report, totals);
    let highest = bars.iter().map(|bar| bar.base + bar.tokens).max();
    let step = grid_step(highest.unwrap_or_default());
    let scale = (BASE - TOP) / to_f64(step * GRID_LINES);
    let num_days = u32::try_from(report.dates.len()).unwrap_or(1).max(1);
    let width = (WIDTH - AXIS) / f64::from(num_days);
    let days = report.dates.iter().zip(0_u32..).map(|(date, day)| {
        let of_day: Vec<&Bar> = bars.iter().filter(|bar| bar.day == day).collect();
        let place = Place {
            left: AXIS + f64::from(day) * width,
            width,
            scale,
        };
        day_bar(locale, &place, day, &day_of_month(locale, date), &of_day)
    });
    let days: Vec<_> = days.collect();
    let step_names = match num_days {
        0..=7 => 1,
        8..=30 => 7,
        _ => 14,
    };
    let names = report.dates.iter().zip(0_u32..).step_by(step_names);
    let names = names.map(|(date, day)| {
        let middle = AXIS + (f64::from(day) + 0.5) * width;
        view! {
            <text class="day-name" x=number(middle) y=number(BASE + 20.0) text-anchor="middle">
                {short_day(locale, date)}
            </text>
        }
    });
    let names: Vec<_> = names.collect();
    view! {
        <figure class="setting usage-chart">
            <svg
                viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                role="group"
                aria-label=words!(locale, admin.chart)
            >
                {grid(step, scale)}
                {names}
                <g>{days}</g>
            </svg>
            <figcaption class="legend">{legend(totals, words!(locale, admin.others))}</figcaption>
        </figure>
    }
    .into_any()
}

/// Round values at the side, each with a line.
fn grid(step: u64, scale: f64) -> Vec<AnyView> {
    let line = |index: u64| {
        let value = step * index;
        let height = BASE - to_f64(value) * scale;
        let class = if index == 0 { "base" } else { "grid" };
        view! {
            <line
                class=class
                x1=number(AXIS)
                x2=number(WIDTH)
                y1=number(height)
                y2=number(height)
            ></line>
            <text x=number(AXIS - 8.0) y=number(height + 4.0) text-anchor="end">
                {short(value)}
            </text>
        }
        .into_any()
    };
    (0..=GRID_LINES).map(line).collect()
}

/// Where a day stands.
struct Place {
    left: f64,
    width: f64,
    /// Height of a token.
    scale: f64,
}

fn day_bar(locale: Locale, place: &Place, day: u32, date: &str, bars: &[&Bar]) -> AnyView {
    let Place { left, width, scale } = *place;
    let total: u64 = bars.iter().map(|bar| bar.tokens).sum();
    let rect = |(index, bar): (usize, &&Bar)| {
        let whole = to_f64(bar.tokens) * scale;
        let gap = gap(whole, index + 1 == bars.len());
        let height = whole - gap;
        view! {
            <rect
                class=format!("s{}", bar.series + 1)
                x=number(left + width * (1.0 - BAR_SHARE) / 2.0)
                y=number(BASE - to_f64(bar.base) * scale - height)
                width=number(width * BAR_SHARE)
                height=number(height)
                rx="1"
            ></rect>
        }
    };
    let rects: Vec<_> = bars.iter().enumerate().map(rect).collect();
    let label = words!(
        locale,
        admin.bar,
        date = date.to_owned(),
        number = grouped(total)
    );
    // One stop for the Tab key; arrow keys go on from there.
    let tab_stop = if day == 0 { "0" } else { "-1" };
    view! {
        <g class="day-bar" tabindex=tab_stop role="img" aria-label=label>
            <rect
                class="hit"
                x=number(left)
                y=number(TOP)
                width=number(width)
                height=number(BASE - TOP)
            ></rect>
            {rects}
            {tip(left + width / 2.0, date, total)}
        </g>
    }
    .into_any()
}

/// Room above a part of a bar that tells it from the next one without its colour. `height`: of the
/// part with that room; a low one keeps some of it.
fn gap(height: f64, is_highest: bool) -> f64 {
    if is_highest {
        0.0
    } else {
        (height - LEAST_HEIGHT).clamp(0.0, GAP)
    }
}

/// What stands above a day while it is looked at.
fn tip(middle: f64, date: &str, total: u64) -> AnyView {
    let half = TIP_WIDTH / 2.0;
    let middle = middle.clamp(half, WIDTH - half);
    let date = date.to_owned();
    view! {
        <g class="tip" aria-hidden="true">
            <rect
                x=number(middle - half)
                y="0"
                width=number(TIP_WIDTH)
                height="44"
                rx="8"
            ></rect>
            <text x=number(middle) y="18" text-anchor="middle">{date}</text>
            <text class="strong" x=number(middle) y="35" text-anchor="middle">
                {grouped(total)}
            </text>
        </g>
    }
    .into_any()
}

fn legend(totals: &[PersonTotal], others: &'static str) -> Vec<AnyView> {
    let num_named = num_named(totals.len());
    let names = totals.iter().take(num_named).map(|it| it.name.clone());
    let rest = (totals.len() > num_named).then(|| others.to_owned());
    let entry = |(series, name): (usize, String)| {
        view! { <span class=format!("s{}", series + 1)><bdi>{name}</bdi></span> }.into_any()
    };
    names.chain(rest).enumerate().map(entry).collect()
}

/// People who have a colour of their own: one that would be shared by one is theirs.
const fn num_named(num_people: usize) -> usize {
    if num_people <= NUM_SERIES {
        num_people
    } else {
        NUM_SERIES - 1
    }
}

/// The round number of which three reach up to the highest bar.
fn grid_step(highest: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for factor in [1, 2, 3, 4, 5, 6, 8] {
            let step = unit.saturating_mul(factor);
            if step.saturating_mul(GRID_LINES) >= highest {
                return step;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// A round number in few letters.
fn short(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{}k", to_f64(number) / 1_000.0),
        _ => format!("{}M", to_f64(number) / 1_000_000.0),
    }
}

/// A length of the drawing.
fn number(length: f64) -> String {
    format!("{length:.1}")
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
        let series = |num_people: u128| {
            let report = report((0..num_people).map(|user| row(user, 100, 10)).collect());
            let bars = bars(&report, &person_totals(&report));
            bars.iter().map(|bar| bar.series).collect::<Vec<_>>()
        };
        assert_eq!(series(4), [0, 1, 2, 3]);
        assert_eq!(series(6), [0, 1, 2, 3, 3, 3]);
    }

    #[test]
    fn parts_of_a_bar_stand_apart_and_none_vanishes() {
        let above = [(20.0, false), (20.0, true), (1.0, false), (0.2, false)];
        let above = above.map(|(height, is_highest)| number(gap(height, is_highest)));
        assert_eq!(above, ["1.0", "0.0", "0.5", "0.0"]);
    }

    #[test]
    fn the_values_at_the_side_are_round_and_reach_the_highest_bar() {
        for (highest, step) in [
            (0, 1),
            (3, 1),
            (4, 2),
            (31, 20),
            (61, 30),
            (99_000, 40_000),
            (120_000, 40_000),
            (160_000, 60_000),
            (201_000, 80_000),
        ] {
            assert_eq!(grid_step(highest), step, "{highest}");
        }
        assert!(grid_step(u64::MAX) > 0);
        let shown = [0, 20, 40_000, 1_500_000].map(short);
        assert_eq!(shown, ["0", "20", "40k", "1.5M"]);
    }
}

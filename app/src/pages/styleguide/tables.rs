//! Tables, the chart and the log of the administration.

use leptos::prelude::*;
use uuid::Uuid;

use super::specimen::{Specimen, Stage};
use crate::{
    components::{Icon, IconName},
    model::{UsageDay, UsageReport, UserId},
    pages::admin::usage_chart::{person_totals, usage_chart},
    words::{Locale, grouped, words},
};

/// Two weeks.
const NUM_DAYS: u8 = 14;

/// Who used something, and how much on the first day.
const PEOPLE: [(&str, u64); 4] = [
    ("Ada", 9_000),
    ("Berta", 5_200),
    ("Carl", 3_100),
    ("Dora", 900),
];

/// Lists of people, of values, over time.
pub(super) fn tables(locale: Locale) -> Vec<Specimen> {
    vec![
        Specimen::new("data-table people", Stage::Column, move || people(locale)),
        Specimen::new("data-table plain", Stage::Column, move || plain(locale)),
        Specimen::new("usage-chart, legend", Stage::Column, move || {
            let report = report();
            usage_chart(locale, &report, &person_totals(&report))
        }),
        Specimen::new("log", Stage::Column, move || log(locale)),
    ]
}

fn people(locale: Locale) -> AnyView {
    let row = |(name, is_off): (&'static str, bool)| {
        let initial: String = name.chars().take(1).collect();
        view! {
            <tr class:off=is_off>
                <td>
                    <span class="person">
                        <span class="avatar" aria-hidden="true">{initial}</span>
                        <span class="person-name"><strong dir="auto">{name}</strong></span>
                    </span>
                </td>
                <td class="role">
                    <span class="badge usual">{words!(locale, admin.user)}</span>
                </td>
                <td class="number">{grouped(12_480)}</td>
                <td>
                    <button
                        type="button"
                        class="icon-button"
                        title=words!(locale, frame.more)
                        aria-label=words!(locale, frame.more)
                    >
                        <Icon name=IconName::More/>
                    </button>
                </td>
            </tr>
        }
    };
    let rows: Vec<_> = [("Ada", false), ("Berta", true)]
        .into_iter()
        .map(row)
        .collect();
    view! {
        <div class="setting">
            <table class="data-table people">
                <thead>
                    <tr>
                        <th scope="col">{words!(locale, door.name)}</th>
                        <th scope="col">{words!(locale, admin.role)}</th>
                        <th scope="col" class="number">{words!(locale, admin.today)}</th>
                        <th scope="col">
                            <span class="visually-hidden">{words!(locale, frame.more)}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn plain(locale: Locale) -> AnyView {
    let rows = [
        (words!(locale, styleguide.sample.oak), "8"),
        (words!(locale, styleguide.sample.birch), "5"),
    ];
    let row = |(name, hours): (&'static str, &'static str)| {
        view! { <tr><th scope="row">{name}</th><td class="number">{hours}</td></tr> }
    };
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    view! {
        <div class="setting">
            <table class="data-table plain">
                <thead>
                    <tr>
                        <th scope="col">{words!(locale, styleguide.sample.wood)}</th>
                        <th scope="col" class="number">
                            {words!(locale, styleguide.sample.hours)}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn report() -> UsageReport {
    let day_of = |day: u8| {
        let people = PEOPLE.iter().zip(1_u128..);
        people.map(move |(&(name, tokens), number)| UsageDay {
            user: UserId::new(Uuid::from_u128(number)),
            user_name: name.to_owned(),
            day: i64::from(day),
            num_turns: 12,
            prompt_tokens: tokens + tokens * u64::from(day * 7 % 5) / 4,
            completion_tokens: tokens / 3,
        })
    };
    UsageReport {
        first_day: 0,
        dates: (1..=NUM_DAYS)
            .map(|day| format!("2026-11-{day:02}"))
            .collect(),
        zone: "UTC".to_owned(),
        rows: (0..NUM_DAYS).flat_map(day_of).collect(),
    }
}

fn log(locale: Locale) -> AnyView {
    view! {
        <ul class="setting log">
            <li>
                <span class="log-time">"2026-11-29 22:40"</span>
                <span>{words!(locale, styleguide.sample.banner)}</span>
            </li>
            <li>
                <span class="log-time">"2026-11-29 22:12"</span>
                <span>{words!(locale, styleguide.sample.banner)}</span>
            </li>
        </ul>
    }
    .into_any()
}

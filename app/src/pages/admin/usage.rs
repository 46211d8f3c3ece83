//! Tokens by day and person: a chart, and the same as a table.

use leptos::prelude::*;

use super::usage_chart::{PersonTotal, person_totals, usage_chart};
use crate::{
    model::{ChatError, Drawing, UsagePeriod, UsageReport},
    pages::{
        card::{Head, empty},
        drawn::settled,
        told::Told,
    },
    service::administration_service,
    sub_path::address_of,
    words::{Locale, day_of_month, grouped, use_locale, words, zone_name},
};

/// What was computed in the last days, and for whom.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let period = told.get("days").and_then(|it| UsagePeriod::of_days(&it));
    let period = period.unwrap_or_default();
    let num_days = period.num_days();
    let report = administration_service().usage(num_days).await?;
    let locale = use_locale();
    let head = Head::new(words!(locale, admin.usage));
    let zone = zone_name(&report.zone).to_owned();
    let head = head.lead(words!(locale, admin.usage_lead, zone = zone));
    let head = head.end(periods(locale, period, "/admin/usage"));
    if report.rows.is_empty() {
        return Ok(settled(head.section(empty(words!(locale, admin.no_usage)))));
    }
    let totals = person_totals(&report);
    Ok(settled(view! {
        {head.section(view! {
            {tiles(locale, &totals)}
            {usage_chart(locale, &report, &totals)}
        })}
        {by_person(locale, totals)}
        {by_day(locale, &report)}
    }))
}

/// How far back the page looks: links, which need no script.
pub(super) fn periods(locale: Locale, chosen: UsagePeriod, page: &str) -> AnyView {
    let link = |period: UsagePeriod| {
        let num_days = period.num_days();
        // A full load: the section is drawn anew for each address.
        let address = address_of(&format!("{page}?days={num_days}"));
        let current = (period == chosen).then_some("true");
        view! {
            <a href=address rel="external" aria-current=current>
                {words!(locale, admin.days, number = num_days)}
            </a>
        }
    };
    let links: Vec<_> = UsagePeriod::ALL.map(link).into_iter().collect();
    view! { <nav class="segmented" aria-label=words!(locale, admin.period)>{links}</nav> }
        .into_any()
}

/// What all people used together.
fn tiles(locale: Locale, totals: &[PersonTotal]) -> AnyView {
    let read: u64 = totals.iter().map(|it| it.prompt_tokens).sum();
    let written: u64 = totals.iter().map(|it| it.completion_tokens).sum();
    let answers: u64 = totals.iter().map(|it| it.num_turns).sum();
    let tiles = [
        (words!(locale, admin.read), read),
        (words!(locale, admin.written), written),
        (words!(locale, admin.answers), answers),
    ];
    let tile = |(name, number): (&'static str, u64)| {
        view! { <div class="tile"><dt>{name}</dt><dd>{grouped(number)}</dd></div> }
    };
    let tiles = tiles.map(tile).into_iter().collect_view();
    view! { <div class="setting"><dl class="tiles">{tiles}</dl></div> }.into_any()
}

/// The chart in numbers, folded.
fn by_day(locale: Locale, report: &UsageReport) -> AnyView {
    let row = |(place, date): (usize, &String)| {
        let day = report.first_day + i64::try_from(place).unwrap_or_default();
        let of_day = report.rows.iter().filter(|row| row.day == day);
        let tokens: u64 = of_day
            .map(|row| row.prompt_tokens + row.completion_tokens)
            .sum();
        let date = day_of_month(locale, date);
        view! { <tr><th scope="row">{date}</th><td class="number">{grouped(tokens)}</td></tr> }
    };
    let rows: Vec<_> = report.dates.iter().enumerate().map(row).collect();
    view! {
        <details class="by-day">
            <summary class="quiet-button">{words!(locale, admin.by_day)}</summary>
            <div class="setting">
                <table class="data-table plain">
                    <thead>
                        <tr>
                            <th scope="col">{words!(locale, admin.day)}</th>
                            <th scope="col" class="number">{words!(locale, admin.total)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn by_person(locale: Locale, totals: Vec<PersonTotal>) -> AnyView {
    Head::new(words!(locale, admin.by_person)).section(view! {
        <div class="setting table-box" tabindex="0">
            <table class="data-table plain">
                <thead>
                    <tr>
                        <th scope="col">{words!(locale, admin.person)}</th>
                        <th scope="col" class="number">{words!(locale, admin.answers)}</th>
                        <th scope="col" class="number detail">{words!(locale, admin.read)}</th>
                        <th scope="col" class="number detail">
                            {words!(locale, admin.written)}
                        </th>
                        <th scope="col" class="number">{words!(locale, admin.total)}</th>
                    </tr>
                </thead>
                <tbody>
                    {totals
                        .into_iter()
                        .map(|it| {
                            let total = it.total();
                            view! {
                            <tr>
                                <th scope="row" dir="auto">{it.name}</th>
                                <td class="number">{grouped(it.num_turns)}</td>
                                <td class="number detail">{grouped(it.prompt_tokens)}</td>
                                <td class="number detail">{grouped(it.completion_tokens)}</td>
                                <td class="number">{grouped(total)}</td>
                            </tr>
                        }})
                        .collect_view()}
                </tbody>
            </table>
        </div>
    })
}

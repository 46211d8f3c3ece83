//! Tokens by day and person: a chart, and the same as a table.

use leptos::prelude::*;

use super::usage_chart::{UsageChart, person_totals};
use crate::{
    api::administration::usage,
    model::{ChatError, Drawing, UsageReport},
    pages::drawn::settled,
    words::{grouped, use_locale, words},
};

/// What was computed in the last days, and for whom.
pub(super) async fn draw() -> Result<Drawing, ChatError> {
    let report = usage().await?;
    let locale = use_locale();
    Ok(settled(view! {
        <section class="settings-group">
            <h2>{words!(locale, admin.usage)}</h2>
            <p class="settings-lead">
                {words!(locale, admin.usage_lead, zone = report.zone.clone())}
            </p>
            <Report report/>
        </section>
    }))
}

#[component]
fn Report(report: UsageReport) -> impl IntoView {
    let locale = use_locale();
    if report.rows.is_empty() {
        return view! { <p>{words!(locale, admin.no_usage)}</p> }.into_any();
    }
    let totals = person_totals(&report);
    view! {
        <UsageChart report/>
        <div class="table-box" tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{words!(locale, admin.person)}</th>
                        <th scope="col" class="number">{words!(locale, admin.answers)}</th>
                        <th scope="col" class="number">{words!(locale, admin.read)}</th>
                        <th scope="col" class="number">{words!(locale, admin.written)}</th>
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
                                <td class="number">{grouped(it.prompt_tokens)}</td>
                                <td class="number">{grouped(it.completion_tokens)}</td>
                                <td class="number">{grouped(total)}</td>
                            </tr>
                        }})
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

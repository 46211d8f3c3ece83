//! What the server does by itself, and how its last run went.

use leptos::prelude::*;

use crate::{
    api::administration::upkeep,
    model::{ChatError, Drawing, UpkeepJob, UpkeepReport},
    pages::{admin::details::Details, card::Head, drawn::settled},
    words::{Locale, grouped, moment, use_locale, words},
};

/// Every job with its last run.
pub(super) async fn draw() -> Result<Drawing, ChatError> {
    let reports = upkeep().await?;
    let locale = use_locale();
    let rows: Vec<_> = reports.into_iter().map(|it| row(locale, it)).collect();
    let head = Head::new(words!(locale, admin.upkeep));
    let head = head.lead(words!(locale, admin.upkeep_lead));
    Ok(settled(head.section(view! {
        <div class="setting">
            <table class="exports-table upkeep">
                <thead>
                    <tr>
                        <th scope="col">{words!(locale, admin.job)}</th>
                        <th scope="col">{words!(locale, admin.last_run)}</th>
                        <th scope="col" class="number">{words!(locale, admin.removed)}</th>
                        <th scope="col" class="number">{words!(locale, admin.removed_so_far)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    })))
}

fn row(locale: Locale, report: UpkeepReport) -> AnyView {
    let name = job(locale, report.job);
    let Some(run) = report.last else {
        return view! {
            <tr>
                <td class="exports-name">{name}</td>
                <td colspan="3">{words!(locale, admin.not_run)}</td>
            </tr>
        }
        .into_any();
    };
    let failure = run.error.map(|reason| {
        view! {
            <p class="error-text">{words!(locale, admin.job_failed)}</p>
            <Details text=reason/>
        }
    });
    view! {
        <tr>
            <td class="exports-name">{name} {failure}</td>
            <td class="upkeep-time" data-label=words!(locale, admin.last_run)>
                {moment(locale, run.time)}
            </td>
            <td class="number" data-label=words!(locale, admin.removed)>
                {grouped(run.num_removed)}
            </td>
            <td class="number" data-label=words!(locale, admin.removed_so_far)>
                {grouped(run.total_removed)}
            </td>
        </tr>
    }
    .into_any()
}

fn job(locale: Locale, job: UpkeepJob) -> &'static str {
    match job {
        UpkeepJob::Conversations => words!(locale, admin.jobs.conversations),
        UpkeepJob::Accounts => words!(locale, admin.jobs.accounts),
        UpkeepJob::Sessions => words!(locale, admin.jobs.sessions),
        UpkeepJob::Exports => words!(locale, admin.jobs.exports),
        UpkeepJob::Uploads => words!(locale, admin.jobs.uploads),
        UpkeepJob::Keys => words!(locale, admin.jobs.keys),
        UpkeepJob::File => words!(locale, admin.jobs.file),
        UpkeepJob::Backups => words!(locale, admin.jobs.backups),
    }
}

//! Copies of the database, and a button that makes one.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::administration::{BackUp, backups},
    model::{BackupKind, BackupOutcome, BackupReport, BackupSummary, ChatError, Drawing},
    pages::{
        admin::details::Details,
        card::{Head, empty, error_line},
        drawn::settled,
        told::Told,
    },
    sub_path::address_of,
    words::{Locale, bytes, full_moment, grouped, moment, use_locale, words},
};

/// What is kept, how the last copy went, and the way back.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let report = backups().await?;
    let locale = use_locale();
    let is_changing = report.is_being_made;
    let schedule = match report.num_nights {
        0 => words!(locale, admin.backups_off).to_owned(),
        number => words!(
            locale,
            admin.backups_lead,
            time = report.at.clone(),
            number = number
        ),
    };
    let last = report.last.as_ref().map(|last| outcome(locale, last));
    let head = Head::new(words!(locale, admin.backups)).lead(schedule);
    let drawing = settled(head.end(button(locale, is_changing)).section(view! {
        {error_line(locale, told.error_besides(&[]), "backups-error")}
        {last}
        {copies(locale, report)}
    }));
    Ok(Drawing {
        is_changing,
        ..drawing
    })
}

fn button(locale: Locale, is_being_made: bool) -> AnyView {
    if is_being_made {
        return view! { <p role="status">{words!(locale, admin.backup_being_made)}</p> }.into_any();
    }
    view! {
        <form method="post" action=address_of(BackUp::url()) class="post-form">
            <button type="submit" class="button primary">{words!(locale, admin.back_up)}</button>
        </form>
    }
    .into_any()
}

fn outcome(locale: Locale, last: &BackupOutcome) -> AnyView {
    let time = full_moment(locale, last.time);
    match &last.made {
        Ok(counts) => {
            let sentence = words!(
                locale,
                admin.backup_made,
                time = time,
                accounts = grouped(counts.num_accounts),
                conversations = grouped(counts.num_conversations),
                messages = grouped(counts.num_messages)
            );
            view! { <p>{sentence}</p> }.into_any()
        }
        Err(reason) => view! {
            <p class="error-text">{words!(locale, admin.backup_failed, time = time)}</p>
            <Details text=reason.clone()/>
        }
        .into_any(),
    }
}

fn copies(locale: Locale, report: BackupReport) -> impl IntoView {
    let BackupReport {
        folder,
        copies,
        problem,
        ..
    } = report;
    if let Some(reason) = problem {
        return view! {
            <p class="error-text">{words!(locale, admin.backups_unreadable)}</p>
            <Details text=reason/>
        }
        .into_any();
    }
    if copies.is_empty() {
        return empty(words!(locale, admin.no_backups));
    }
    let rows = copies.into_iter().map(|copy| row(locale, copy));
    view! {
        <div class="setting">
            <table class="exports-table">
                <thead>
                    <tr>
                        <th scope="col">{words!(locale, exports.file)}</th>
                        <th scope="col">{words!(locale, admin.backup_time)}</th>
                        <th scope="col">{words!(locale, admin.backup_reason)}</th>
                        <th scope="col">{words!(locale, exports.size)}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        <p class="hint">{words!(locale, admin.backups_folder)} " " <code>{folder}</code></p>
        <p class="hint">
            {words!(locale, admin.restore_hint)} " " <code>"hearth restore FILE"</code>
        </p>
    }
    .into_any()
}

fn row(locale: Locale, copy: BackupSummary) -> impl IntoView {
    let BackupSummary {
        kind,
        time,
        file,
        num_bytes,
    } = copy;
    view! {
        <tr>
            <td class="exports-name">{file}</td>
            <td data-label=words!(locale, admin.backup_time)>{moment(locale, time)}</td>
            <td data-label=words!(locale, admin.backup_reason)>{reason(locale, kind)}</td>
            <td class="nowrap" data-label=words!(locale, exports.size)>{bytes(num_bytes)}</td>
        </tr>
    }
}

fn reason(locale: Locale, kind: BackupKind) -> &'static str {
    match kind {
        BackupKind::Nightly => words!(locale, admin.backup_reasons.nightly),
        BackupKind::Asked => words!(locale, admin.backup_reasons.asked),
        BackupKind::BeforeUpgrade => words!(locale, admin.backup_reasons.before_upgrade),
        BackupKind::BeforeRestore => words!(locale, admin.backup_reasons.before_restore),
    }
}

//! Who changed what.

use leptos::prelude::*;

use crate::{
    model::{AuditAction, AuditEntry, ChatError, Drawing, SettingName},
    pages::{
        card::{Head, empty},
        drawn::settled,
    },
    service::administration_service,
    sub_path::address_of,
    words::{Locale, moment, setting_name, use_locale, words},
};

/// Longest value that is shown, in characters.
const MAX_SHOWN_CHARS: usize = 200;

/// A page of the audit log, and a link to older entries.
pub(super) async fn draw(before: Option<String>) -> Result<Drawing, ChatError> {
    let page = administration_service().audit(before).await?;
    let entries = page.entries;
    let last = entries.last().filter(|_| page.has_older);
    let older = last.map(|last| last.cursor.clone());
    let locale = use_locale();
    let head = Head::new(words!(locale, admin.log));
    let head = head.lead(words!(locale, admin.log_lead));
    if entries.is_empty() {
        return Ok(settled(head.section(empty(words!(locale, admin.no_log)))));
    }
    let rows: Vec<_> = entries.into_iter().map(|it| row(locale, it)).collect();
    let older = older.map(|cursor| {
        // A full load: the section is drawn anew for each address.
        let address = address_of(&format!("/admin/log?before={cursor}"));
        view! { <p><a href=address rel="external">{words!(locale, admin.older)}</a></p> }
    });
    Ok(settled(head.section(view! {
        <ul class="setting log">{rows}</ul>
        {older}
    })))
}

fn row(locale: Locale, entry: AuditEntry) -> impl IntoView + use<> {
    let what = action(locale, entry.action, entry.subject);
    let change = change(locale, shorten(entry.old), shorten(entry.new));
    let who = match entry.user_name {
        name if name.is_empty() => words!(locale, admin.command_line).to_owned(),
        name => name,
    };
    view! {
        <li>
            <span class="log-time">{moment(locale, entry.time)}</span>
            <span><strong dir="auto">{who}</strong> " " {what} " " {change}</span>
        </li>
    }
}

fn action(locale: Locale, action: AuditAction, subject: String) -> String {
    match action {
        AuditAction::ChangeSetting => {
            let name = subject.parse::<SettingName>();
            let subject = name.map_or(subject, |name| setting_name(locale, name).to_owned());
            words!(locale, admin.actions.change_setting, subject = subject)
        }
        AuditAction::CreateAccount => {
            words!(locale, admin.actions.create_account, subject = subject)
        }
        AuditAction::SignUp => words!(locale, admin.actions.sign_up).to_owned(),
        AuditAction::ChangeRole => words!(locale, admin.actions.change_role, subject = subject),
        AuditAction::DisableAccount => {
            words!(locale, admin.actions.disable_account, subject = subject)
        }
        AuditAction::EnableAccount => {
            words!(locale, admin.actions.enable_account, subject = subject)
        }
        AuditAction::DeleteAccount => {
            words!(locale, admin.actions.delete_account, subject = subject)
        }
        AuditAction::RenameAccount => {
            words!(locale, admin.actions.rename_account, subject = subject)
        }
        AuditAction::ChangeLimit => words!(locale, admin.actions.change_limit, subject = subject),
        AuditAction::ResetPassword => {
            words!(locale, admin.actions.reset_password, subject = subject)
        }
        AuditAction::MakeLink => words!(locale, admin.actions.make_link, subject = subject),
        AuditAction::SwitchModel => words!(locale, admin.actions.switch_model).to_owned(),
        AuditAction::ReturnToModel => words!(locale, admin.actions.return_to_model).to_owned(),
    }
}

fn change(locale: Locale, old: String, new: String) -> String {
    match (old.is_empty(), new.is_empty()) {
        (true, true) => String::new(),
        (true, false) => words!(locale, admin.only_new, new = new),
        _ => words!(locale, admin.old_and_new, old = old, new = new),
    }
}

fn shorten(text: String) -> String {
    if text.chars().count() <= MAX_SHOWN_CHARS {
        return text;
    }
    let kept: String = text.chars().take(MAX_SHOWN_CHARS).collect();
    format!("{kept}…")
}

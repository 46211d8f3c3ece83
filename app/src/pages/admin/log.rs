//! Who changed what.

use leptos::prelude::*;

use super::settings;
use crate::{
    model::{AuditAction, AuditEntry, ChatError, Drawing, SettingName, TokenLimit, UserRole},
    pages::{
        card::{Head, empty},
        drawn::settled,
    },
    service::administration_service,
    sub_path::address_of,
    words::{Locale, full_moment, grouped, moment, use_locale, words},
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
    let who = match entry.user_name.as_str() {
        "" => words!(locale, admin.command_line).to_owned(),
        name => name.to_owned(),
    };
    let (time, full) = (moment(locale, entry.time), full_moment(locale, entry.time));
    view! {
        <li>
            <span class="log-time" title=full>{time}</span>
            <span><strong dir="auto">{who}</strong> " " {what(locale, entry)}</span>
        </li>
    }
}

/// What somebody did, in words that follow the name.
fn what(locale: Locale, entry: AuditEntry) -> String {
    let AuditEntry {
        action,
        subject,
        old,
        new,
        ..
    } = entry;
    match action {
        AuditAction::ChangeSetting => setting_change(locale, subject, old, new),
        AuditAction::CreateAccount => creation(locale, subject, new),
        AuditAction::SignUp => words!(locale, admin.actions.sign_up).to_owned(),
        AuditAction::ChangeRole => {
            let what = words!(locale, admin.actions.change_role, subject = subject);
            change(locale, what, role_name(locale, old), role_name(locale, new))
        }
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
            let what = words!(locale, admin.actions.rename_account, subject = subject);
            change(locale, what, old, new)
        }
        AuditAction::ChangeLimit => {
            let what = words!(locale, admin.actions.change_limit, subject = subject);
            change(
                locale,
                what,
                limit_name(locale, old),
                limit_name(locale, new),
            )
        }
        AuditAction::ResetPassword => {
            words!(locale, admin.actions.reset_password, subject = subject)
        }
        AuditAction::MakeLink => words!(locale, admin.actions.make_link, subject = subject),
        AuditAction::SwitchModel => {
            let what = words!(locale, admin.actions.switch_model).to_owned();
            change(locale, what, old, new)
        }
        AuditAction::ReturnToModel => {
            let (old, new) = (named(locale, old), named(locale, new));
            words!(locale, admin.actions.return_to_model, old = old, new = new)
        }
    }
}

/// Nobody chose a role where none is noted.
fn creation(locale: Locale, subject: String, role: String) -> String {
    if role.is_empty() {
        return words!(locale, admin.actions.create_account, subject = subject);
    }
    let role = role_name(locale, role);
    words!(
        locale,
        admin.actions.create_account_as,
        subject = subject,
        role = role
    )
}

fn setting_change(locale: Locale, subject: String, old: String, new: String) -> String {
    let Ok(name) = subject.parse::<SettingName>() else {
        let what = words!(locale, admin.actions.change_setting, subject = subject);
        return change(locale, what, old, new);
    };
    let subject = settings::full_name(locale, name);
    let what = words!(locale, admin.actions.change_setting, subject = subject);
    let value = |value| settings::value_name(locale, name, value);
    change(locale, what, value(old), value(new))
}

/// A role as the table of people calls it.
fn role_name(locale: Locale, role: String) -> String {
    if role == UserRole::Administrator.as_str() {
        words!(locale, admin.administrator).to_owned()
    } else if role == UserRole::User.as_str() {
        words!(locale, admin.user).to_owned()
    } else {
        role
    }
}

/// A limit as the form of a person calls it.
fn limit_name(locale: Locale, limit: String) -> String {
    match limit.parse() {
        Ok(TokenLimit::Default) => words!(locale, admin.limit_default).to_owned(),
        Ok(TokenLimit::None) => words!(locale, admin.limit_none).to_owned(),
        Ok(TokenLimit::Tokens(number)) => grouped(number),
        Err(_) => limit,
    }
}

fn change(locale: Locale, what: String, old: String, new: String) -> String {
    match (old.is_empty(), new.is_empty()) {
        (true, true) => what,
        (true, false) => {
            let new = named(locale, new);
            words!(locale, admin.only_new, what = what, new = new)
        }
        _ => {
            let (old, new) = (named(locale, old), named(locale, new));
            words!(locale, admin.old_and_new, what = what, old = old, new = new)
        }
    }
}

/// A value in a sentence.
fn named(locale: Locale, value: String) -> String {
    if value.is_empty() {
        words!(locale, errors.nothing).to_owned()
    } else {
        let value = shorten(value);
        words!(locale, errors.quoted, value = value)
    }
}

fn shorten(text: String) -> String {
    if text.chars().count() <= MAX_SHOWN_CHARS {
        return text;
    }
    let kept: String = text.chars().take(MAX_SHOWN_CHARS).collect();
    format!("{kept}…")
}

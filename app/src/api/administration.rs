//! The administration page. Every function asks for an administrator first.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::model::{
    AccountChange, AccountSummary, AdminSection, AuditEntry, BackupReport, ChatError, Drawing,
    ModelSummary, OneTimeLink, RefusedSetting, Setting, SettingEntry, UpkeepReport, UsageReport,
    UserId, UserRole,
};
#[cfg(feature = "ssr")]
use crate::{
    api::lead_form_post_to,
    model::{SettingName, UnknownSetting, UsagePeriod},
    service::{SettingChange, administration_service, current_administrator},
};

/// All settings of the server.
///
/// # Errors
/// [`ChatError::Forbidden`] unless an administrator asks.
#[server(name = ListSettings, endpoint = "settings")]
pub async fn settings() -> Result<Vec<Setting>, ChatError> {
    current_administrator()?;
    administration_service().settings().await
}

/// Changes settings, all or none of them, from the next turn on. `form` has an entry for
/// each; those that are what they were are left alone. What is wrong with settings is in the
/// answer.
///
/// # Errors
/// [`ChatError::Invalid`] for a setting that there is not.
#[server(endpoint = "save_settings")]
pub async fn save_settings(
    form: BTreeMap<String, SettingEntry>,
) -> Result<Vec<RefusedSetting>, ChatError> {
    let by = current_administrator()?;
    let changes = changes_of(form)?;
    let refused = administration_service().save_settings(&by, changes).await?;
    lead_form_post_to(if refused.is_empty() {
        "/admin?saved=settings"
    } else {
        "/admin?refused=settings"
    });
    Ok(refused)
}

/// What somebody changed in a form.
#[cfg(feature = "ssr")]
fn changes_of(form: BTreeMap<String, SettingEntry>) -> Result<Vec<SettingChange>, ChatError> {
    let mut changes = Vec::new();
    for (name, entry) in form {
        let name: SettingName = name
            .parse()
            .map_err(|unknown: UnknownSetting| ChatError::Invalid(unknown.to_string().into()))?;
        let value = if entry.value.is_empty() && name.is_switch() {
            "no".to_owned()
        } else {
            // Browsers send line breaks of forms as CR LF.
            entry.value.replace("\r\n", "\n")
        };
        if value != entry.was.replace("\r\n", "\n") {
            changes.push(SettingChange {
                name,
                value,
                version: entry.version,
            });
        }
    }
    Ok(changes)
}

/// All accounts.
///
/// # Errors
/// [`ChatError::Forbidden`].
#[server(name = ListAccounts, endpoint = "accounts")]
pub async fn accounts() -> Result<Vec<AccountSummary>, ChatError> {
    current_administrator()?;
    administration_service().accounts().await
}

/// Makes an account and the link with which its owner chooses a password.
///
/// # Errors
/// [`ChatError::Invalid`] for a bad name or one that is taken.
#[server(endpoint = "create_account")]
pub async fn create_account(name: String, role: UserRole) -> Result<OneTimeLink, ChatError> {
    let by = current_administrator()?;
    let service = administration_service();
    let link = service.create_account(&by, name, role).await?;
    lead_form_post_to("/admin/people");
    Ok(link)
}

/// Makes another link for an account, such as for a forgotten password.
///
/// # Errors
/// [`ChatError::NotFound`].
#[server(endpoint = "make_link")]
pub async fn make_link(user: UserId) -> Result<OneTimeLink, ChatError> {
    let by = current_administrator()?;
    let link = administration_service().make_link(&by, user).await?;
    lead_form_post_to("/admin/people");
    Ok(link)
}

/// Changes the role of an account, disables or enables it.
///
/// # Errors
/// [`ChatError::NotFound`]; [`ChatError::Invalid`] for the last administrator.
#[server(endpoint = "change_account")]
pub async fn change_account(user: UserId, change: AccountChange) -> Result<(), ChatError> {
    let by = current_administrator()?;
    administration_service()
        .change_account(&by, user, change)
        .await?;
    lead_form_post_to("/admin/people");
    Ok(())
}

/// Gives a person another limit of tokens a day: `default`, `none`, or `tokens` with their number.
///
/// # Errors
/// [`ChatError::NotFound`]; [`ChatError::Invalid`] for a number outside its range.
#[server(endpoint = "change_limit")]
pub async fn change_limit(
    user: UserId,
    limit: String,
    // A browser leaves an empty field out of some encodings.
    #[server(default)] tokens: String,
) -> Result<(), ChatError> {
    let by = current_administrator()?;
    let limit = if limit == "tokens" { tokens } else { limit };
    administration_service()
        .change_limit(&by, user, limit)
        .await?;
    lead_form_post_to("/admin/people");
    Ok(())
}

/// The models the server could load, and the one that answers.
///
/// # Errors
/// [`ChatError::Forbidden`].
#[server(name = ListModels, endpoint = "models")]
pub async fn models() -> Result<Vec<ModelSummary>, ChatError> {
    current_administrator()?;
    administration_service().models().await
}

/// Loads another model. Running answers end as interrupted.
///
/// # Errors
/// [`ChatError::NotFound`] if the models folder has no such file.
#[server(endpoint = "switch_model")]
pub async fn switch_model(file: String) -> Result<(), ChatError> {
    let by = current_administrator()?;
    administration_service().switch_model(&by, file).await?;
    lead_form_post_to("/admin/models");
    Ok(())
}

/// Tokens by person and day of the last 30 days.
///
/// # Errors
/// [`ChatError::Forbidden`].
#[server(name = ReadUsage, endpoint = "usage")]
pub async fn usage() -> Result<UsageReport, ChatError> {
    current_administrator()?;
    let num_days = UsagePeriod::default().num_days();
    administration_service().usage(num_days).await
}

/// Who changed what, the newest first.
///
/// # Errors
/// [`ChatError::Forbidden`]; [`ChatError::Invalid`] for a cursor that nobody gave.
#[server(name = ReadAudit, endpoint = "audit")]
pub async fn audit(
    #[server(default)] before: Option<String>,
) -> Result<Vec<AuditEntry>, ChatError> {
    current_administrator()?;
    let page = administration_service().audit(before).await?;
    Ok(page.entries)
}

/// What the server does by itself, and how the last runs went.
///
/// # Errors
/// [`ChatError::Forbidden`].
#[server(name = ReadUpkeep, endpoint = "upkeep")]
pub async fn upkeep() -> Result<Vec<UpkeepReport>, ChatError> {
    current_administrator()?;
    administration_service().upkeep().await
}

/// The copies of the database that are kept, and how the last one went.
///
/// # Errors
/// [`ChatError::Forbidden`].
#[server(name = ReadBackups, endpoint = "backups")]
pub async fn backups() -> Result<BackupReport, ChatError> {
    current_administrator()?;
    administration_service().backups().await
}

/// Begins a copy of the database. [`backups`] tells how it went.
///
/// # Errors
/// [`ChatError::Forbidden`].
#[server(endpoint = "back_up")]
pub async fn back_up() -> Result<(), ChatError> {
    current_administrator()?;
    administration_service().back_up().await?;
    lead_form_post_to("/admin/backups");
    Ok(())
}

/// A section of the page. `query` is what the address of the page says after `?`.
///
/// # Errors
/// As the function that lists what the section shows.
#[server(endpoint = "draw_administration")]
pub async fn draw_administration(
    section: AdminSection,
    #[server(default)] query: String,
) -> Result<Drawing, ChatError> {
    let by = current_administrator()?;
    crate::pages::draw_administration(&by, section, &query).await
}

//! What the server offers to the administration page, and to people who have no account yet.

use std::sync::Arc;

use async_trait::async_trait;
use leptos::prelude::use_context;

use super::{SessionCookie, current_user};
use crate::model::{
    AccountChange, AccountSummary, AuditEntry, BackupReport, Banner, ChatError, Language,
    ModelSummary, OneTimeLink, RatingReport, RefusedSetting, Setting, SettingName, UpkeepReport,
    UsageReport, User, UserId, UserRole,
};

/// A change of one setting.
#[derive(Clone, Debug)]
pub struct SettingChange {
    pub name: SettingName,
    /// As a form gives it.
    pub value: String,
    /// The version it replaces; another one there is [`ChatError::Invalid`].
    pub version: i64,
}

/// A form of settings that was refused, as it was filled in.
#[derive(Clone, Debug, Default)]
pub struct RefusedForm {
    /// What was to be changed, to what and from which versions.
    pub changes: Vec<SettingChange>,
    pub refused: Vec<RefusedSetting>,
}

/// A page of the audit log.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// Whether there are older ones than the last of these.
    pub has_older: bool,
}

/// What the last banner that this browser put away is remembered by; provided by the server.
#[derive(Clone, Debug, Default)]
pub struct DismissedBanner(pub Option<String>);

/// The administrator's work. What changes anything takes who does it, for the audit log.
#[async_trait]
pub trait AdministrationService: Send + Sync + 'static {
    /// The banner for readers of this language, unless it was put away.
    fn banner(&self, language: Language, dismissed: Option<&str>) -> Option<Banner>;
    /// What readers of this language may begin with; empty: what comes with the program.
    fn starters(&self, language: Language) -> Vec<String>;
    /// All settings, in the order of [`SettingName::ALL`].
    async fn settings(&self) -> Result<Vec<Setting>, ChatError>;
    /// Changes settings, all or none of them, from the next turn on; gives what is wrong with those
    /// that cannot be saved, and keeps what was filled in for the page that asks for it.
    async fn save_settings(
        &self,
        by: &User,
        changes: Vec<SettingChange>,
    ) -> Result<Vec<RefusedSetting>, ChatError>;
    /// The form of this administrator that was refused last, if no page has given it back yet.
    async fn take_refused_settings(&self, by: &User) -> Option<RefusedForm>;
    async fn accounts(&self) -> Result<Vec<AccountSummary>, ChatError>;
    /// Makes an account without a password, and the link that chooses one.
    async fn create_account(
        &self,
        by: &User,
        name: String,
        role: UserRole,
    ) -> Result<OneTimeLink, ChatError>;
    /// Another link; it replaces an unused one. The old password holds until it is used.
    async fn make_link(&self, by: &User, user: UserId) -> Result<OneTimeLink, ChatError>;
    /// The link that this administrator made last, if no page has shown it yet.
    async fn take_new_link(&self, by: &User) -> Option<OneTimeLink>;
    /// Ends the person's sessions, and running answers if it disables. The last administrator
    /// stays one: [`ChatError::Invalid`].
    async fn change_account(
        &self,
        by: &User,
        user: UserId,
        change: AccountChange,
    ) -> Result<(), ChatError>;
    /// Gives a person another limit of tokens a day: `default`, `none` or a number.
    async fn change_limit(&self, by: &User, user: UserId, limit: String) -> Result<(), ChatError>;
    /// How many copies of chats people share now; whose and what they say is theirs.
    async fn num_shares(&self) -> Result<u64, ChatError>;
    async fn models(&self) -> Result<Vec<ModelSummary>, ChatError>;
    /// Ends running answers as interrupted and loads this file of the models folder.
    async fn switch_model(&self, by: &User, file: String) -> Result<(), ChatError>;
    /// Tokens by person and day, that many days with today.
    async fn usage(&self, num_days: u32) -> Result<UsageReport, ChatError>;
    /// What people said of answers, that many days with today.
    async fn ratings(&self, num_days: u32) -> Result<RatingReport, ChatError>;
    /// The newest entries, or those before a cursor.
    async fn audit(&self, before: Option<String>) -> Result<AuditPage, ChatError>;
    /// Every job of the upkeep with its last run.
    async fn upkeep(&self) -> Result<Vec<UpkeepReport>, ChatError>;
    /// The copies of the database, the newest first, and how the last one went.
    async fn backups(&self) -> Result<BackupReport, ChatError>;
    /// Begins a copy, unless one that somebody asked for is being made.
    async fn back_up(&self) -> Result<(), ChatError>;
}

/// Ways into an account besides signing in.
#[async_trait]
pub trait JoinService: Send + Sync + 'static {
    /// Whether anybody may make an account.
    async fn may_sign_up(&self) -> Result<bool, ChatError>;
    /// Makes an account and signs in. [`ChatError::Forbidden`] where sign-up is closed.
    async fn sign_up(&self, name: String, password: String) -> Result<SessionCookie, ChatError>;
    /// Whose password this link chooses; `None` if it was used or has ended.
    async fn link_owner(&self, token: String) -> Result<Option<String>, ChatError>;
    /// Chooses the password, ends all sessions of the account, signs in.
    async fn join(&self, token: String, password: String) -> Result<SessionCookie, ChatError>;
}

/// The signed-in administrator of this request.
///
/// # Errors
/// [`ChatError::Unauthorized`] if nobody is signed in, [`ChatError::Forbidden`] for others.
pub fn current_administrator() -> Result<User, ChatError> {
    let user = current_user()?;
    match user.role {
        UserRole::Administrator => Ok(user),
        UserRole::User => Err(ChatError::Forbidden),
    }
}

/// The administration service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn administration_service() -> Arc<dyn AdministrationService> {
    use_context().expect("invariant: the server provides the administration service")
}

/// The join service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn join_service() -> Arc<dyn JoinService> {
    use_context().expect("invariant: the server provides the join service")
}

//! What an administrator does while the server runs: settings, accounts, models, usage, and the
//! log of all of that.

mod model_choice;
mod model_folder;
mod people;
mod ratings;
mod reports;

use std::sync::Arc;

use async_trait::async_trait;
use hearth_app::{
    model::{
        AccountChange, AccountSummary, BackupReport, Banner, ChatError, Language, ModelSummary,
        OneTimeLink, RatingReport, Refusal, RefusedSetting, Setting, UpkeepReport, UsageReport,
        User, UserId, UserRole,
    },
    service::{AdministrationService, AuditPage, RefusedForm, SettingChange},
};
pub use model_choice::{FirstChoice, Model, ModelChoice};
pub use model_folder::ModelFolder;

use crate::{
    accounts::Accounts,
    backup::Backups,
    chat::ChatServer,
    error::AppError,
    settings::{SaveSettingError, SaveSettingsError, SettingsBook},
    store::{Store, StoreError, now_ms},
};

/// Everything an administrator may change.
#[derive(Debug)]
pub struct Administration {
    pub store: Store,
    pub settings: Arc<SettingsBook>,
    pub chat: Arc<ChatServer>,
    pub accounts: Arc<Accounts>,
    pub models: Arc<ModelChoice>,
    pub backups: Arc<Backups>,
}

#[async_trait]
impl AdministrationService for Administration {
    fn banner(&self, language: Language, dismissed: Option<&str>) -> Option<Banner> {
        self.settings.banner(language, dismissed)
    }

    fn starters(&self, language: Language) -> Vec<String> {
        self.settings.starters(language)
    }

    async fn settings(&self) -> Result<Vec<Setting>, ChatError> {
        Ok(self.settings.all())
    }

    async fn save_settings(
        &self,
        by: &User,
        changes: Vec<SettingChange>,
    ) -> Result<Vec<RefusedSetting>, ChatError> {
        let refused = match self.settings.save_all(by, &changes).await {
            Ok(_) => return Ok(Vec::new()),
            Err(SaveSettingsError::Store(error)) => return Err(refused(error)),
            Err(SaveSettingsError::Refused(refused)) => refused,
        };
        let refused = refused.into_iter().map(|(name, error)| RefusedSetting {
            name,
            error: setting_refused(error),
        });
        let refused: Vec<RefusedSetting> = refused.collect();
        let form = RefusedForm {
            changes,
            refused: refused.clone(),
        };
        self.settings.keep_refused(by, form);
        Ok(refused)
    }

    async fn take_refused_settings(&self, by: &User) -> Option<RefusedForm> {
        self.settings.take_refused(by)
    }

    async fn accounts(&self) -> Result<Vec<AccountSummary>, ChatError> {
        self.account_summaries().await
    }

    async fn create_account(
        &self,
        by: &User,
        name: String,
        role: UserRole,
    ) -> Result<OneTimeLink, ChatError> {
        self.invite(by, &name, role).await
    }

    async fn make_link(&self, by: &User, user: UserId) -> Result<OneTimeLink, ChatError> {
        self.link_for(by, user).await
    }

    async fn take_new_link(&self, by: &User) -> Option<OneTimeLink> {
        self.accounts.take_new_link(by.id)
    }

    async fn change_account(
        &self,
        by: &User,
        user: UserId,
        change: AccountChange,
    ) -> Result<(), ChatError> {
        self.change_state(by, user, change).await
    }

    async fn change_limit(&self, by: &User, user: UserId, limit: String) -> Result<(), ChatError> {
        self.limit(by, user, &limit).await
    }

    async fn num_shares(&self) -> Result<u64, ChatError> {
        self.store.num_shares().await.map_err(refused)
    }

    async fn models(&self) -> Result<Vec<ModelSummary>, ChatError> {
        self.model_summaries().await
    }

    async fn switch_model(&self, by: &User, file: String) -> Result<(), ChatError> {
        self.models.choose(by, &file).await
    }

    async fn usage(&self, num_days: u32) -> Result<UsageReport, ChatError> {
        self.usage_report(num_days).await
    }

    async fn ratings(&self, num_days: u32) -> Result<RatingReport, ChatError> {
        self.rating_report(num_days).await
    }

    async fn audit(&self, before: Option<String>) -> Result<AuditPage, ChatError> {
        self.audit_page(before).await
    }

    async fn upkeep(&self) -> Result<Vec<UpkeepReport>, ChatError> {
        self.upkeep_reports().await
    }

    async fn backups(&self) -> Result<BackupReport, ChatError> {
        Ok(self.backup_report())
    }

    async fn back_up(&self) -> Result<(), ChatError> {
        self.backups.ask(now_ms());
        Ok(())
    }
}

fn setting_refused(error: SaveSettingError) -> ChatError {
    match error {
        SaveSettingError::Store(error) => refused(error),
        SaveSettingError::Refused(error) => ChatError::Invalid(error.into()),
        SaveSettingError::Outdated { value, version } => {
            ChatError::Invalid(Refusal::Outdated { value, version })
        }
    }
}

/// What the store refused, as a page sees it.
fn refused(error: StoreError) -> ChatError {
    AppError::from(error).into()
}

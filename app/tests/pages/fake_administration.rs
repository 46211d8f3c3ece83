//! An administration without settings: no banner, no sign-up, nobody else, one model that does not
//! answer. Readers of Chinese have ways to begin.

use async_trait::async_trait;
use hearth_app::{
    model::*,
    service::{
        AdministrationService, AuditPage, JoinService, RefusedForm, SessionCookie, SettingChange,
    },
};

use crate::fake::HOSTILE;

/// Answers what every page asks.
pub(crate) struct FakeAdministration;

#[async_trait]
impl AdministrationService for FakeAdministration {
    fn banner(&self, _: Language, _: Option<&str>) -> Option<Banner> {
        None
    }
    fn starters(&self, language: Language) -> Vec<String> {
        match language {
            Language::English => Vec::new(),
            Language::Chinese => vec!["写周报".into(), format!("看看{HOSTILE}")],
        }
    }
    async fn settings(&self) -> Result<Vec<Setting>, ChatError> {
        Ok(Vec::new())
    }
    async fn save_settings(
        &self,
        _: &User,
        _: Vec<SettingChange>,
    ) -> Result<Vec<RefusedSetting>, ChatError> {
        Err(ChatError::NotFound)
    }
    async fn take_refused_settings(&self, _: &User) -> Option<RefusedForm> {
        None
    }
    async fn accounts(&self) -> Result<Vec<AccountSummary>, ChatError> {
        Ok(Vec::new())
    }
    async fn create_account(
        &self,
        _: &User,
        _: String,
        _: UserRole,
    ) -> Result<OneTimeLink, ChatError> {
        Err(ChatError::NotFound)
    }
    async fn make_link(&self, _: &User, _: UserId) -> Result<OneTimeLink, ChatError> {
        Err(ChatError::NotFound)
    }
    async fn take_new_link(&self, _: &User) -> Option<OneTimeLink> {
        None
    }
    async fn change_account(&self, _: &User, _: UserId, _: AccountChange) -> Result<(), ChatError> {
        Err(ChatError::NotFound)
    }
    async fn change_limit(&self, _: &User, _: UserId, _: String) -> Result<(), ChatError> {
        Err(ChatError::NotFound)
    }
    async fn num_shares(&self) -> Result<u64, ChatError> {
        Ok(0)
    }
    async fn models(&self) -> Result<Vec<ModelSummary>, ChatError> {
        let model = ModelSummary {
            file: "tiny-Q4_1.gguf".into(),
            num_bytes: 98_400_000,
            active: None,
            failure: None,
        };
        Ok(vec![model])
    }
    async fn switch_model(&self, _: &User, _: String) -> Result<(), ChatError> {
        Err(ChatError::NotFound)
    }
    async fn usage(&self, _: u32) -> Result<UsageReport, ChatError> {
        Ok(UsageReport::default())
    }
    async fn upkeep(&self) -> Result<Vec<UpkeepReport>, ChatError> {
        Ok(Vec::new())
    }
    async fn ratings(&self, _: u32) -> Result<RatingReport, ChatError> {
        Ok(RatingReport::default())
    }
    async fn audit(&self, _: Option<String>) -> Result<AuditPage, ChatError> {
        Ok(AuditPage::default())
    }
    async fn backups(&self) -> Result<BackupReport, ChatError> {
        Err(ChatError::NotFound)
    }
    async fn back_up(&self) -> Result<(), ChatError> {
        Err(ChatError::NotFound)
    }
}

#[async_trait]
impl JoinService for FakeAdministration {
    async fn may_sign_up(&self) -> Result<bool, ChatError> {
        Ok(false)
    }
    async fn sign_up(&self, _: String, _: String) -> Result<SessionCookie, ChatError> {
        Err(ChatError::Forbidden)
    }
    async fn link_owner(&self, _: String) -> Result<Option<String>, ChatError> {
        Ok(None)
    }
    async fn join(&self, _: String, _: String) -> Result<SessionCookie, ChatError> {
        Err(ChatError::Forbidden)
    }
}

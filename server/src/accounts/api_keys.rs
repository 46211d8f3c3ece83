//! Keys of programs: shown once, kept as a hash, revoked by whoever made them.

use async_trait::async_trait;
use hearth_app::{
    model::{ApiKeyId, ApiKeySummary, ChatError, Refusal, User, UserId},
    service::ApiKeyService,
};

use super::{
    AccountName, Accounts, now_ms, random_token, service::visitor, session::hash_token,
    shown_in_log,
};
use crate::{calendar::Calendar, error::AppError, store::NewApiKey};

/// What every key begins with: scanners for lost secrets know them by it.
pub const KEY_PREFIX: &str = "sk-hearth-";
/// Keys of one person.
const MAX_KEYS: u8 = 50;
/// How stale "last used" may get; sparing writes (1 minute).
const TOUCH_AFTER_MS: i64 = 60 * 1000;
/// Characters of a key that stay visible.
const NUM_ENDING: usize = 4;

impl Accounts {
    /// The person whose key this is; nobody if it is revoked or the person disabled.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the database does not answer.
    pub async fn user_of_key(&self, key: &str) -> Result<Option<User>, AppError> {
        if !key.starts_with(KEY_PREFIX) {
            return Ok(None);
        }
        let (hash, now) = (hash_token(key), now_ms());
        let Some(owner) = self.store.api_key_owner(&hash).await? else {
            return Ok(None);
        };
        let used_at = owner.last_used_at.unwrap_or(i64::MIN);
        if used_at.saturating_add(TOUCH_AFTER_MS) < now
            && let Err(error) = self.store.touch_api_key(&hash, now).await
        {
            // A full disk must not keep programs from answers.
            tracing::warn!(%error, "could not note that a key was used: {error}");
        }
        Ok(Some(owner.user))
    }

    /// Whether there is such a person, who is not disabled.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the database does not answer.
    pub async fn is_active(&self, user: UserId) -> Result<bool, AppError> {
        let account = self.store.account(user).await?;
        Ok(account.is_some_and(|(_, is_disabled)| !is_disabled))
    }

    async fn make_key(&self, user: &User, name: &str) -> Result<String, AppError> {
        let name = AccountName::parse(name).map_err(AppError::Invalid)?;
        let token = random_token().map_err(AppError::internal)?;
        let key = format!("{KEY_PREFIX}{token}");
        let now_ms = now_ms();
        let new = NewApiKey {
            id: ApiKeyId::new(uuid::Uuid::now_v7()),
            user: user.id,
            name: name.as_str().to_owned(),
            hash: hash_token(&key),
            ending: key[key.len() - NUM_ENDING..].to_owned(),
            now_ms,
        };
        if !self.store.insert_api_key(&new, MAX_KEYS.into()).await? {
            let limit = MAX_KEYS.into();
            return Err(AppError::Invalid(Refusal::TooManyKeys { limit }));
        }
        tracing::info!(
            client.address = %shown_in_log::address(&visitor()),
            user.id = %user.id,
            user.name = user.name.as_str(),
            key.id = %new.id,
            "an API key was made"
        );
        self.unshown_keys.put(user.id, key.clone(), now_ms);
        Ok(key)
    }

    async fn revoke_key(&self, user: &User, id: ApiKeyId) -> Result<(), AppError> {
        if !self.store.delete_api_key(user.id, id).await? {
            return Err(AppError::NotFound);
        }
        tracing::info!(
            client.address = %shown_in_log::address(&visitor()),
            user.id = %user.id,
            user.name = user.name.as_str(),
            key.id = %id,
            "an API key was revoked"
        );
        Ok(())
    }
}

#[async_trait]
impl ApiKeyService for Accounts {
    async fn api_keys(&self, user: &User) -> Result<Vec<ApiKeySummary>, ChatError> {
        let listed = self.store.api_keys(user.id).await.map_err(AppError::from)?;
        let calendar = Calendar::of_viewer();
        let keys = listed.into_iter().map(|key| ApiKeySummary {
            id: key.id,
            name: key.name,
            ending: key.ending,
            made: calendar.local_time(key.created_at),
            last_used: key.last_used_at.map(|at| calendar.before(at)),
        });
        Ok(keys.collect())
    }

    async fn create_api_key(&self, user: &User, name: String) -> Result<String, ChatError> {
        Ok(self.make_key(user, &name).await?)
    }

    async fn revoke_api_key(&self, user: &User, id: ApiKeyId) -> Result<(), ChatError> {
        Ok(self.revoke_key(user, id).await?)
    }

    fn take_new_api_key(&self, user: &User) -> Option<String> {
        self.unshown_keys.take(user.id, now_ms())
    }
}

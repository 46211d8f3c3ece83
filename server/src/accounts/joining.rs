//! Ways into an account besides signing in: a one-time link, or open sign-up.

use async_trait::async_trait;
use hearth_app::{
    model::{AuditAction, ChatError, OneTimeLink, Refusal, User, UserId, UserRole},
    service::{JoinService, SessionCookie},
};
use leptos::prelude::use_context;

use super::{
    AccountName, Accounts, Visitor, now_ms, password::Password, random_token, session,
    shown_in_log, throttle::Attempt,
};
use crate::{error::AppError, settings::SignUp, slow_work::Asker, store::Change};

/// Hours a one-time link holds.
pub const LINK_HOURS: u32 = 24;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// The token in what somebody pasted: it alone, the end of its link, or all of it.
pub(super) fn link_code(pasted: &str) -> &str {
    let pasted = pasted.trim();
    let code = pasted.rsplit_once("token=");
    let code = code.map_or(pasted, |(_, code)| code);
    code.split_once('&').map_or(code, |(code, _)| code)
}

impl Accounts {
    /// Keeps a link for the next page that its maker opens.
    pub(crate) fn keep_new_link(&self, by: UserId, link: OneTimeLink) {
        self.unshown_links.put(by, link, now_ms());
    }

    /// The link that this person made last, if no page has shown it yet.
    pub(crate) fn take_new_link(&self, by: UserId) -> Option<OneTimeLink> {
        self.unshown_links.take(by, now_ms())
    }

    /// The hash of a password that nobody knows: its account is entered by a link only.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the system gives no randomness.
    pub async fn unusable_password(&self, by: UserId) -> Result<String, AppError> {
        let secret = random_token().map_err(AppError::internal)?;
        let password = Password::parse(&secret).map_err(AppError::internal)?;
        self.hash(by, password).await
    }

    /// The token of a new link for an account; an unused one stops holding.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if there is no such account.
    pub(crate) async fn make_link(
        &self,
        user: UserId,
        change: &Change,
    ) -> Result<String, AppError> {
        let token = random_token().map_err(AppError::internal)?;
        let hash = session::hash_token(&token);
        let expires_at = now_ms() + i64::from(LINK_HOURS) * HOUR_MS;
        let inserted = self.store.insert_link(&hash, user, expires_at, change);
        if !inserted.await? {
            return Err(AppError::NotFound);
        }
        tracing::info!(user.id = %user, "a one-time link was made");
        Ok(token)
    }

    async fn redeem(
        &self,
        token: &str,
        password: &str,
        visitor: &Visitor,
    ) -> Result<SessionCookie, AppError> {
        // 256 random bits are not guessed: only a link that holds costs a password hash.
        let password = Password::parse(password).map_err(AppError::Invalid)?;
        let token_hash = session::hash_token(link_code(token));
        let address = shown_in_log::address(visitor);
        let Some(owner) = self.store.link_owner(&token_hash, now_ms()).await? else {
            tracing::warn!(client.address = %address, "a link that does not hold was tried");
            return Err(AppError::Forbidden);
        };
        let hash = self.hash(Asker::Stranger, password).await?;
        let redeemed = self.store.redeem_link(&token_hash, &hash, now_ms());
        let user = redeemed.await?.ok_or(AppError::Forbidden)?;
        tracing::info!(
            client.address = %address,
            user.id = %user,
            user.name = owner.as_str(),
            "a one-time link was used"
        );
        self.start_session(user, &hash, visitor).await
    }

    async fn make_own(
        &self,
        name: &str,
        password: &str,
        visitor: &Visitor,
    ) -> Result<SessionCookie, AppError> {
        if self.settings.current().sign_up != SignUp::Open {
            return Err(AppError::Forbidden);
        }
        let name = AccountName::parse(name).map_err(AppError::Invalid)?;
        let attempt = Attempt::sign_up(visitor.address);
        let hashed = self.attempt(&attempt, visitor, async {
            let password = Password::parse(password).map_err(AppError::Invalid)?;
            self.hash(Asker::Stranger, password).await
        });
        let (begun, hash) = hashed.await?;
        let user = User {
            id: UserId::new(uuid::Uuid::now_v7()),
            name: name.as_str().to_owned(),
            role: UserRole::User,
        };
        let change = Change::by(&user, AuditAction::SignUp, &user.name);
        let created = self.store.create_account(&user, &hash, &change);
        if !created.await? {
            return Err(AppError::Invalid(Refusal::NameTaken));
        }
        self.succeeded(&begun);
        tracing::info!(
            client.address = %shown_in_log::address(visitor),
            user.id = %user.id,
            user.name = user.name.as_str(),
            "somebody signed up"
        );
        self.start_session(user.id, &hash, visitor).await
    }
}

#[async_trait]
impl JoinService for Accounts {
    async fn may_sign_up(&self) -> Result<bool, ChatError> {
        Ok(self.settings.current().sign_up == SignUp::Open)
    }

    async fn sign_up(&self, name: String, password: String) -> Result<SessionCookie, ChatError> {
        let visitor = use_context::<Visitor>().unwrap_or_default();
        Ok(self.make_own(&name, &password, &visitor).await?)
    }

    async fn link_owner(&self, token: String) -> Result<Option<String>, ChatError> {
        let hash = session::hash_token(link_code(&token));
        let owner = self.store.link_owner(&hash, now_ms()).await;
        Ok(owner.map_err(AppError::from)?)
    }

    async fn join(&self, token: String, password: String) -> Result<SessionCookie, ChatError> {
        let visitor = use_context::<Visitor>().unwrap_or_default();
        Ok(self.redeem(&token, &password, &visitor).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_in_a_link_of_today_and_in_one_of_before() {
        for pasted in [
            "ab12",
            " ab12\n",
            "#token=ab12",
            "https://chat.example.org/join#token=ab12",
            "http://127.0.0.1:8080/set-up?token=ab12&x=1",
        ] {
            assert_eq!(link_code(pasted), "ab12", "{pasted}");
        }
        assert_eq!(link_code("a code with spaces"), "a code with spaces");
    }
}

//! Set-up, sign-in, sign-out, and who a request comes from.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use hearth_app::{
    model::{BusyReason, ChatError, OneTimeLink, Refusal, SessionId, SessionSummary, User, UserId},
    service::{AccountService, SessionCookie},
};
use leptos::prelude::use_context;

use super::{
    AccountName, Visitor, device,
    joining::link_code,
    last_seen::LastSeen,
    now_ms,
    password::{Fit, Password, Passwords},
    random_token,
    session::{self, CookieTransport},
    set_up_token::SetUpToken,
    shown_in_log,
    throttle::{Attempt, Begun, Throttle},
    unshown::Unshown,
};
use crate::{
    error::AppError,
    settings::SettingsBook,
    slow_work::{Asker, SlowWork},
    store::{LiveSession, NewSession, Store},
};

/// Accounts of one server.
#[derive(Debug)]
pub struct Accounts {
    pub(super) store: Store,
    pub(super) settings: Arc<SettingsBook>,
    pub(super) passwords: Passwords,
    pub(super) throttle: Throttle,
    pub(super) unshown_keys: Unshown<String>,
    pub(super) unshown_links: Unshown<OneTimeLink>,
    last_seen: LastSeen,
    transport: CookieTransport,
    set_up_token: Option<SetUpToken>,
    /// Never turns back: the database is asked until an account exists.
    claimed: AtomicBool,
}

impl Accounts {
    /// `set_up_token` is what a claimer must show; without it nobody can claim the server.
    pub fn new(
        store: Store,
        settings: Arc<SettingsBook>,
        transport: CookieTransport,
        set_up_token: Option<SetUpToken>,
        slow_work: SlowWork,
    ) -> Arc<Self> {
        Arc::new(Self {
            last_seen: LastSeen::new(store.clone()),
            store,
            settings,
            passwords: Passwords::new(slow_work),
            throttle: Throttle::default(),
            unshown_keys: Unshown::default(),
            unshown_links: Unshown::default(),
            transport,
            set_up_token,
            claimed: AtomicBool::new(false),
        })
    }

    /// Prepares the first sign-in, which would take longer than the next ones.
    pub async fn warm_up(&self) {
        self.passwords.warm_up().await;
    }

    /// Whether no account exists.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the database does not answer.
    pub async fn is_unclaimed(&self) -> Result<bool, AppError> {
        if self.claimed.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let claimed = self.store.has_user().await?;
        self.claimed.fetch_or(claimed, Ordering::Relaxed);
        Ok(!claimed)
    }

    /// The person whose session this token is. Nobody is seen by it.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the database does not answer.
    pub async fn user_of(&self, token: &str) -> Result<Option<User>, AppError> {
        let hash = session::hash_token(token);
        let live = self.live_session(&hash, now_ms()).await?;
        Ok(live.map(|live| live.user))
    }

    /// The person whose session this token is, who is here now.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the database does not answer.
    pub async fn see(&self, token: &str) -> Result<Option<User>, AppError> {
        self.see_at(token, now_ms()).await
    }

    async fn see_at(&self, token: &str, now_ms: i64) -> Result<Option<User>, AppError> {
        let hash = session::hash_token(token);
        let live = self.live_session(&hash, now_ms).await?;
        if let Some(live) = &live {
            self.last_seen.note(hash, live.last_seen_at, now_ms);
        }
        Ok(live.map(|live| live.user))
    }

    async fn live_session(
        &self,
        hash: &[u8; 32],
        now_ms: i64,
    ) -> Result<Option<LiveSession>, AppError> {
        let idle_since = now_ms - session::IDLE_MS;
        Ok(self.store.live_session(hash, now_ms, idle_since).await?)
    }

    /// Makes the first administrator and a session.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for a wrong token or a claimed server.
    pub async fn claim(
        &self,
        token: &str,
        name: &str,
        password: String,
        visitor: &Visitor,
    ) -> Result<SessionCookie, AppError> {
        let matches = self
            .set_up_token
            .as_ref()
            .is_some_and(|own| own.matches(link_code(token)));
        if !matches || !self.is_unclaimed().await? {
            let address = shown_in_log::address(visitor);
            tracing::warn!(client.address = %address, "a set-up link that does not hold was tried");
            return Err(AppError::Forbidden);
        }
        let name = AccountName::parse(name).map_err(AppError::Invalid)?;
        let password = Password::parse(&password).map_err(AppError::Invalid)?;
        let hash = self.hash(Asker::Stranger, password).await?;
        let id = UserId::new(uuid::Uuid::now_v7());
        let inserted = self
            .store
            .insert_first_administrator(id, name.as_str(), &hash, now_ms());
        if !inserted.await? {
            return Err(AppError::Forbidden);
        }
        self.claimed.store(true, Ordering::Relaxed);
        tracing::info!(
            client.address = %shown_in_log::address(visitor),
            user.id = %id,
            user.name = name.as_str(),
            "the server was claimed by its first administrator"
        );
        self.start_session(id, &hash, visitor).await
    }

    /// Checks a name and a password and makes a session.
    ///
    /// # Errors
    /// [`AppError::Invalid`] if they do not fit, [`AppError::Busy`] after too many failures.
    pub async fn enter(
        &self,
        name: &str,
        password: String,
        visitor: &Visitor,
    ) -> Result<SessionCookie, AppError> {
        let name = name.trim();
        let (attempt, asker) = self.guess_at(name, visitor).await?;
        let checked = self.attempt(&attempt, visitor, async {
            let found = self.store.credentials(name).await?;
            let stored = found.as_ref().map(|found| found.password_hash.clone());
            let fit = self.passwords.verify(asker, password.clone(), stored);
            Ok((fit.await?, found))
        });
        let (begun, (fit, found)) = checked.await?;
        let entered = match found {
            Some(found) if fit != Fit::Wrong && !found.disabled => found,
            found => {
                shown_in_log::failed_sign_in(visitor, fit, found.as_ref());
                return Err(AppError::Invalid(Refusal::WrongCredentials));
            }
        };
        self.succeeded(&begun);
        let (user, mut hash) = (entered.user, entered.password_hash);
        tracing::info!(
            client.address = %shown_in_log::address(visitor),
            user.id = %user.id,
            user.name = user.name.as_str(),
            "somebody signed in"
        );
        if fit == Fit::Outdated {
            hash = self.renew_hash(user.id, hash, &password).await;
        }
        self.start_session(user.id, &hash, visitor).await
    }

    /// Whose guess this is, and in whose turn its hash is made: a browser that was here before, or
    /// is, waits for no stranger.
    async fn guess_at(&self, name: &str, visitor: &Visitor) -> Result<(Attempt, Asker), AppError> {
        let stranger = || (Attempt::stranger(name, visitor.address), Asker::Stranger);
        if visitor.device.is_none() && visitor.user.is_none() {
            return Ok(stranger());
        }
        let Some(found) = self.store.credentials(name).await? else {
            return Ok(stranger());
        };
        let user = found.user.id;
        let is_own = visitor.user.as_ref().is_some_and(|own| own.id == user);
        let session = visitor.session.as_deref().filter(|_| is_own);
        let device = visitor.device.as_deref();
        let device = device.filter(|device| device::is_of(device, &found.password_hash));
        Ok(match session.or(device) {
            Some(token) => (Attempt::Known(session::hash_token(token)), user.into()),
            None => stranger(),
        })
    }

    /// Checks what somebody typed, which counts as a failure until [`Accounts::succeeded`] is told
    /// what began here. It counts as nothing if the server was too busy to check it.
    pub(super) async fn attempt<T>(
        &self,
        attempt: &Attempt,
        visitor: &Visitor,
        check: impl Future<Output = Result<T, AppError>>,
    ) -> Result<(Begun, T), AppError> {
        let begun = self.throttle.begin(attempt, self.throttle.now_ms());
        let begun = begun.map_err(|seconds| {
            // What was typed as a name may be a password, and nobody has looked it up yet.
            tracing::warn!(
                client.address = %shown_in_log::address(visitor),
                user.id = shown_in_log::user(visitor),
                seconds,
                "an attempt has to wait for {seconds} s after too many that failed"
            );
            AppError::Busy {
                reason: BusyReason::TooManyAttempts { seconds },
                retry_after_s: seconds,
            }
        })?;
        if !begun.wait.is_zero() {
            tokio::time::sleep(begun.wait).await;
        }
        let checked = check.await;
        if matches!(checked, Err(AppError::Busy { .. })) {
            self.throttle.take_back(&begun, self.throttle.now_ms());
        }
        Ok((begun, checked?))
    }

    pub(super) fn succeeded(&self, begun: &Begun) {
        self.throttle.succeeded(begun, self.throttle.now_ms());
    }

    /// Replaces an outdated hash of a password that is right. Gives the one that is stored now:
    /// whoever is signing in is not kept out by what went wrong here.
    pub(super) async fn renew_hash(&self, user: UserId, old: String, password: &str) -> String {
        let renewed = async {
            let new = self.hash(user, Password::in_use(password)).await?;
            self.store.renew_hash(user, &old, &new).await?;
            Ok::<_, AppError>(new)
        };
        renewed.await.unwrap_or_else(|error| {
            tracing::warn!(user.id = %user, %error, "a password keeps its old hash: {error}");
            old
        })
    }

    pub(super) async fn hash(
        &self,
        asker: impl Into<Asker>,
        password: Password,
    ) -> Result<String, AppError> {
        Ok(self.passwords.hash(asker, password).await?)
    }

    pub(super) async fn start_session(
        &self,
        user: UserId,
        password_hash: &str,
        visitor: &Visitor,
    ) -> Result<SessionCookie, AppError> {
        let token = random_token().map_err(AppError::internal)?;
        let device = self.device_cookie(password_hash)?;
        // Signing in anew replaces the session the browser had.
        if let Some(old) = &visitor.session {
            self.store.delete_session(&session::hash_token(old)).await?;
        }
        let now_ms = now_ms();
        let session = NewSession {
            token_hash: session::hash_token(&token),
            user,
            user_agent: visitor.user_agent.clone(),
            now_ms,
            expires_at: now_ms + session::ABSOLUTE_MS,
        };
        self.store.insert_session(session).await?;
        Ok(SessionCookie {
            session: session::start_cookie(&token, self.transport),
            device: Some(device),
        })
    }

    /// The `Set-Cookie` value of a browser in which the password with this hash was right.
    pub(super) fn device_cookie(&self, password_hash: &str) -> Result<String, AppError> {
        let device = device::new_device(password_hash).map_err(AppError::internal)?;
        Ok(device::device_cookie(&device, self.transport))
    }

    /// Whether cookies travel over https only.
    pub fn transport(&self) -> CookieTransport {
        self.transport
    }

    /// Ends a session; one that is not there is ended already.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the database does not answer.
    pub async fn leave(&self, token: Option<String>) -> Result<SessionCookie, AppError> {
        if let Some(token) = token {
            self.store
                .delete_session(&session::hash_token(&token))
                .await?;
        }
        Ok(SessionCookie {
            session: session::end_cookie(self.transport),
            device: None,
        })
    }
}

#[async_trait]
impl AccountService for Accounts {
    async fn needs_set_up(&self) -> Result<bool, ChatError> {
        Ok(self.is_unclaimed().await?)
    }

    async fn set_up(
        &self,
        token: String,
        name: String,
        password: String,
    ) -> Result<SessionCookie, ChatError> {
        Ok(self.claim(&token, &name, password, &visitor()).await?)
    }

    async fn sign_in(&self, name: String, password: String) -> Result<SessionCookie, ChatError> {
        Ok(self.enter(&name, password, &visitor()).await?)
    }

    async fn is_signed_in(&self, user: UserId, session: &str) -> bool {
        // A database that does not answer signs nobody out.
        let found = self.user_of(session).await;
        found.map_or(true, |found| found.is_some_and(|it| it.id == user))
    }

    async fn sign_out(&self, session: Option<String>) -> Result<SessionCookie, ChatError> {
        Ok(self.leave(session).await?)
    }

    async fn sessions(&self, user: &User) -> Result<Vec<SessionSummary>, ChatError> {
        Ok(self.list_sessions(user, &visitor()).await?)
    }

    async fn end_session(&self, user: &User, session: SessionId) -> Result<(), ChatError> {
        Ok(self.end(user, session).await?)
    }

    async fn end_other_sessions(&self, user: &User) -> Result<(), ChatError> {
        Ok(self.end_others(user, &visitor()).await?)
    }

    async fn change_password(
        &self,
        user: &User,
        old_password: String,
        new_password: String,
    ) -> Result<String, ChatError> {
        let visitor = visitor();
        Ok(self
            .replace_password(user, old_password, &new_password, &visitor)
            .await?)
    }
}

/// Whoever makes the request that is being answered.
pub(super) fn visitor() -> Visitor {
    use_context::<Visitor>().unwrap_or_default()
}

#[cfg(test)]
mod tests;

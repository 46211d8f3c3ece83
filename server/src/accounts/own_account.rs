//! What a person may do to the own account: another password, an end to sessions.

use hearth_app::model::{Refusal, Seen, SessionId, SessionSummary, User};

use super::{
    Accounts, Visitor, now_ms,
    password::{Fit, Password},
    session::{self, hash_token},
    shown_in_log,
    throttle::Attempt,
    user_agent,
};
use crate::{calendar::Calendar, error::AppError};

impl Accounts {
    /// Sessions of a person that still hold, the last used first.
    pub(super) async fn list_sessions(
        &self,
        user: &User,
        visitor: &Visitor,
    ) -> Result<Vec<SessionSummary>, AppError> {
        let now = now_ms();
        let idle_since = now - session::IDLE_MS;
        let listed = self.store.sessions(user.id, now, idle_since).await?;
        let own = visitor.session.as_deref().map(session_id);
        let calendar = Calendar::of_viewer();
        let summaries = listed.into_iter().map(|it| {
            let is_current = Some(it.id) == own;
            let last_seen = if is_current {
                Seen::Now
            } else {
                calendar.seen(it.last_seen_at)
            };
            SessionSummary {
                id: it.id,
                browser: user_agent::browser(&it.user_agent),
                last_seen,
                is_current,
            }
        });
        Ok(summaries.collect())
    }

    /// Ends one session of a person.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if it is not there or somebody else's.
    pub(super) async fn end(&self, user: &User, id: SessionId) -> Result<(), AppError> {
        if self.store.end_session(user.id, id).await? {
            Ok(())
        } else {
            Err(AppError::NotFound)
        }
    }

    /// Ends every session of a person but the visitor's.
    pub(super) async fn end_others(&self, user: &User, visitor: &Visitor) -> Result<(), AppError> {
        let kept = kept_session(visitor)?;
        let number = self.store.end_other_sessions(user.id, &kept).await?;
        tracing::info!(user.id = %user.id, number, "{number} sessions were ended by their owner");
        Ok(())
    }

    /// Whether somebody at the person's screen knows the password. Gives its hash.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a wrong one, [`AppError::Busy`] after too many of this session:
    /// what strangers guess at the door counts for nothing here.
    pub(crate) async fn confirm_password(
        &self,
        user: &User,
        password: String,
        visitor: &Visitor,
    ) -> Result<String, AppError> {
        // Only this session can use its budget up.
        let attempt = Attempt::Known(kept_session(visitor)?);
        let checked = self.attempt(&attempt, visitor, async {
            let stored = self.store.credentials(&user.name).await?;
            let stored = stored.ok_or(AppError::Unauthorized)?.password_hash;
            let known = Some(stored.clone());
            let fit = self.passwords.verify(user.id, password.clone(), known);
            Ok((fit.await?, stored))
        });
        let (begun, (fit, stored)) = checked.await?;
        if fit == Fit::Wrong {
            tracing::warn!(
                client.address = %shown_in_log::address(visitor),
                user.id = %user.id,
                user.name = user.name.as_str(),
                "a password was not confirmed"
            );
            return Err(AppError::Invalid(Refusal::WrongPassword));
        }
        self.succeeded(&begun);
        Ok(match fit {
            Fit::Outdated => self.renew_hash(user.id, stored, &password).await,
            _ => stored,
        })
    }

    /// Changes a person's password and ends every other session. Gives the cookie by which this
    /// browser is known again: the one it had was made with the old password.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a wrong old or a bad new password, [`AppError::Busy`] after too
    /// many wrong ones: somebody at an unlocked screen guesses no faster than at the door.
    pub(super) async fn replace_password(
        &self,
        user: &User,
        old: String,
        new: &str,
        visitor: &Visitor,
    ) -> Result<String, AppError> {
        let kept = kept_session(visitor)?;
        let new = Password::parse(new).map_err(AppError::Invalid)?;
        let stored = self.confirm_password(user, old, visitor).await?;
        let hash = self.passwords.hash(user.id, new).await?;
        let device = self.device_cookie(&hash)?;
        let changed = self
            .store
            .change_password(user.id, &stored, &hash, &kept)
            .await?;
        if !changed {
            return Err(AppError::Invalid(Refusal::WrongPassword));
        }
        tracing::info!(
            client.address = %shown_in_log::address(visitor),
            user.id = %user.id,
            user.name = user.name.as_str(),
            "a password was changed by its owner"
        );
        Ok(device)
    }
}

/// What a session is called where its person sees it: the beginning of its token's hash.
fn session_id(token: &str) -> SessionId {
    let hash = hash_token(token);
    let mut beginning = [0; 16];
    beginning.copy_from_slice(&hash[..16]);
    SessionId::new(uuid::Uuid::from_bytes(beginning))
}

fn kept_session(visitor: &Visitor) -> Result<[u8; 32], AppError> {
    let token = visitor.session.as_deref();
    token.map(hash_token).ok_or(AppError::Unauthorized)
}

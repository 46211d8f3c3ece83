//! Passwords: argon2id with 19 MiB, 2 passes, 1 lane.
//!
//! At most two are computed at once, in [`crate::slow_work`]: a storm of sign-ins must not starve
//! generation, nor keep whoever is signed in waiting. An unknown name costs the same work as a
//! known one.

mod fit;

use std::sync::{Arc, OnceLock};

use argon2::{Argon2, PasswordHasher};
use hearth_app::model::Refusal;

use crate::{
    error::AppError,
    slow_work::{Asker, Kind, SlowWork, SlowWorkError},
};

pub use fit::Fit;

/// Shortest password, in characters.
pub const MIN_PASSWORD_CHARS: usize = 10;
/// Longest password, in characters.
pub const MAX_PASSWORD_CHARS: usize = 128;

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashPasswordError {
    #[error("argon2 refused: {0}")]
    Argon2(argon2::password_hash::Error),
    #[error(transparent)]
    Undone(#[from] SlowWorkError),
}

impl From<HashPasswordError> for AppError {
    fn from(error: HashPasswordError) -> Self {
        match error {
            HashPasswordError::Undone(error) => error.into(),
            HashPasswordError::Argon2(_) => Self::internal(error),
        }
    }
}

/// A password of allowed length, its letters composed (NFC): systems send the same key differently.
/// Its `Debug` shows dots.
#[derive(Clone)]
pub struct Password(String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Password {
    /// # Errors
    /// If it is shorter than 10 or longer than 128 characters.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let too_long = |chars| Refusal::PasswordTooLong {
            chars,
            limit: MAX_PASSWORD_CHARS,
        };
        // Too long also when its letters are composed: nothing is made of what strangers send.
        let typed = text.chars().count();
        if typed > fit::MAX_TYPED_CHARS {
            return Err(too_long(typed));
        }
        let text = fit::composed(text);
        let chars = text.chars().count();
        if chars < MIN_PASSWORD_CHARS {
            return Err(Refusal::PasswordTooShort {
                chars,
                limit: MIN_PASSWORD_CHARS,
            });
        }
        if chars > MAX_PASSWORD_CHARS {
            return Err(too_long(chars));
        }
        Ok(Self(text))
    }

    /// One that an account has already, however long it is.
    pub(super) fn in_use(text: &str) -> Self {
        Self(fit::composed(text))
    }
}

/// Hashes and checks passwords, two at a time.
#[derive(Clone, Debug, Default)]
pub struct Passwords {
    slow_work: SlowWork,
    decoy: Arc<OnceLock<String>>,
}

impl Passwords {
    /// In the places of this slow work.
    pub fn new(slow_work: SlowWork) -> Self {
        Self {
            slow_work,
            decoy: Arc::default(),
        }
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// If the system gives no randomness or no memory, or too many wait.
    pub async fn hash(
        &self,
        asker: impl Into<Asker>,
        password: Password,
    ) -> Result<String, HashPasswordError> {
        let hash = move || hash_now(&password.0);
        let hashed = self.slow_work.run(Kind::Password, asker, hash).await?;
        hashed.map_err(HashPasswordError::Argon2)
    }

    /// Whether this is the password of `stored`; `None`, an unknown name, costs the same work.
    ///
    /// # Errors
    /// If the system gives no memory, `stored` is not a PHC string, or too many wait.
    pub async fn verify(
        &self,
        asker: impl Into<Asker>,
        password: String,
        stored: Option<String>,
    ) -> Result<Fit, HashPasswordError> {
        let decoy = Arc::clone(&self.decoy);
        let verify = move || {
            let known = stored.is_some();
            let stored = match stored {
                Some(stored) => stored,
                None => decoy_hash(&decoy)?,
            };
            let fit = fit::check(&password, &stored)?;
            Ok(if known { fit } else { Fit::Wrong })
        };
        let verified = self.slow_work.run(Kind::Password, asker, verify).await?;
        verified.map_err(HashPasswordError::Argon2)
    }

    /// Computes the decoy now, so that the first unknown name takes no longer than a known one.
    pub async fn warm_up(&self) {
        let decoy = Arc::clone(&self.decoy);
        let warm_up = move || decoy_hash(&decoy).is_ok();
        let asker = Asker::Stranger;
        let warmed = self.slow_work.run(Kind::Password, asker, warm_up).await;
        tracing::trace!(warmed = warmed == Ok(true), "password hashing is ready");
    }
}

fn hash_now(password: &str) -> Result<String, argon2::password_hash::Error> {
    // The default parameters are the ones in this module's first line; a test holds them.
    Ok(Argon2::default()
        .hash_password(password.as_bytes())?
        .to_string())
}

fn decoy_hash(decoy: &OnceLock<String>) -> Result<String, argon2::password_hash::Error> {
    if let Some(hash) = decoy.get() {
        return Ok(hash.clone());
    }
    let hash = hash_now("nobody has this password")?;
    Ok(decoy.get_or_init(|| hash).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_with_the_stated_cost_and_fits_its_password_only() {
        let passwords = Passwords::default();
        let hash = passwords
            .hash(Asker::Stranger, password("correct horse"))
            .await
            .unwrap();
        assert!(hash.starts_with(fit::CURRENT), "{hash}");
        let fits = passwords
            .verify(Asker::Stranger, "correct horse".into(), Some(hash.clone()))
            .await;
        assert_eq!(fits.unwrap(), Fit::Right);
        let wrong = passwords
            .verify(Asker::Stranger, "correct  horse".into(), Some(hash))
            .await;
        assert_eq!(wrong.unwrap(), Fit::Wrong);
    }

    #[tokio::test]
    async fn nobody_has_a_password_not_even_the_decoy() {
        let passwords = Passwords::default();
        passwords.warm_up().await;
        let entered = passwords
            .verify(Asker::Stranger, "nobody has this password".into(), None)
            .await;
        assert_eq!(entered.unwrap(), Fit::Wrong);
    }

    #[tokio::test]
    async fn an_unknown_name_costs_a_hash_like_everybody_s() {
        let passwords = Passwords::default();
        let entered = passwords
            .verify(Asker::Stranger, "correct horse".into(), None)
            .await;
        assert_eq!(entered.unwrap(), Fit::Wrong);
        let compared = passwords.decoy.get().unwrap();
        assert!(compared.starts_with(fit::CURRENT), "{compared}");
    }

    #[test]
    fn a_password_has_10_to_128_characters_whatever_their_bytes() {
        let check = |text: String| Password::parse(&text).err();
        assert_eq!(check("密".repeat(10)), None);
        assert_eq!(check("a".repeat(128)), None);
        assert_eq!(check("a\u{308}".repeat(128)), None);
        // An alpha with three marks is one letter; nobody types more of them.
        assert_eq!(check("α\u{313}\u{300}\u{345}".repeat(128)), None);
        assert_eq!(
            check("a".repeat(1 << 20)),
            Some(Refusal::PasswordTooLong {
                chars: 1 << 20,
                limit: 128
            })
        );
        assert_eq!(
            check("密".repeat(9)),
            Some(Refusal::PasswordTooShort {
                chars: 9,
                limit: 10
            })
        );
        assert_eq!(
            check("a".repeat(129)),
            Some(Refusal::PasswordTooLong {
                chars: 129,
                limit: 128
            })
        );
    }

    #[test]
    fn a_password_is_never_printed() {
        assert!(!format!("{:?}", password("correct horse")).contains("horse"));
    }
}

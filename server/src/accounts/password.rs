//! Passwords: argon2id with 19 MiB, 2 passes, 1 lane.
//!
//! At most two are computed at once, on blocking threads: a storm of sign-ins must not starve
//! generation. An unknown name costs the same work as a known one.

mod fit;

use std::sync::{Arc, OnceLock};

use argon2::{Argon2, PasswordHasher};
use hearth_app::model::Refusal;
use tokio::sync::Semaphore;

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
    #[error("the hashing thread ended: {0}")]
    Join(#[from] tokio::task::JoinError),
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
        let text = fit::composed(text);
        let chars = text.chars().count();
        if chars < MIN_PASSWORD_CHARS {
            return Err(Refusal::PasswordTooShort {
                chars,
                limit: MIN_PASSWORD_CHARS,
            });
        }
        if chars > MAX_PASSWORD_CHARS {
            return Err(Refusal::PasswordTooLong {
                chars,
                limit: MAX_PASSWORD_CHARS,
            });
        }
        Ok(Self(text))
    }

    /// One that an account has already, however long it is.
    pub(super) fn in_use(text: &str) -> Self {
        Self(fit::composed(text))
    }
}

/// Hashes and checks passwords, two at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    decoy: Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(2)),
            decoy: Arc::default(),
        }
    }
}

impl Passwords {
    /// The PHC string to store.
    ///
    /// # Errors
    /// If the system gives no randomness or no memory.
    pub async fn hash(&self, password: Password) -> Result<String, HashPasswordError> {
        let _permit = self.permits.acquire().await;
        let hashed = tokio::task::spawn_blocking(move || hash_now(&password.0)).await?;
        hashed.map_err(HashPasswordError::Argon2)
    }

    /// Whether this is the password of `stored`; `None`, an unknown name, costs the same work.
    ///
    /// # Errors
    /// If the system gives no memory, or `stored` is not a PHC string.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<Fit, HashPasswordError> {
        let decoy = Arc::clone(&self.decoy);
        let _permit = self.permits.acquire().await;
        let verified = tokio::task::spawn_blocking(move || {
            let known = stored.is_some();
            let stored = match stored {
                Some(stored) => stored,
                None => decoy_hash(&decoy)?,
            };
            let fit = fit::check(&password, &stored)?;
            Ok(if known { fit } else { Fit::Wrong })
        });
        verified.await?.map_err(HashPasswordError::Argon2)
    }

    /// Computes the decoy now, so that the first unknown name takes no longer than a known one.
    pub async fn warm_up(&self) {
        let decoy = Arc::clone(&self.decoy);
        let warmed = tokio::task::spawn_blocking(move || decoy_hash(&decoy).is_ok()).await;
        tracing::trace!(warmed = warmed.is_ok(), "password hashing is ready");
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
        let hash = passwords.hash(password("correct horse")).await.unwrap();
        assert!(hash.starts_with(fit::CURRENT), "{hash}");
        let fits = passwords
            .verify("correct horse".into(), Some(hash.clone()))
            .await;
        assert_eq!(fits.unwrap(), Fit::Right);
        let wrong = passwords.verify("correct  horse".into(), Some(hash)).await;
        assert_eq!(wrong.unwrap(), Fit::Wrong);
    }

    #[tokio::test]
    async fn nobody_has_a_password_not_even_the_decoy() {
        let passwords = Passwords::default();
        passwords.warm_up().await;
        let entered = passwords
            .verify("nobody has this password".into(), None)
            .await;
        assert_eq!(entered.unwrap(), Fit::Wrong);
    }

    #[test]
    fn a_password_has_10_to_128_characters_whatever_their_bytes() {
        let check = |text: String| Password::parse(&text).err();
        assert_eq!(check("密".repeat(10)), None);
        assert_eq!(check("a".repeat(128)), None);
        assert_eq!(check("a\u{308}".repeat(128)), None);
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

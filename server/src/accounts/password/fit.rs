//! Whether a password is the one of a stored hash, and whether that hash is one of today.

use argon2::{
    Argon2, PasswordVerifier as _,
    password_hash::{Error, phc::PasswordHash},
};
use unicode_normalization::UnicodeNormalization as _;

use super::MAX_PASSWORD_CHARS;

/// How a hash begins that is made today. A test holds it.
pub(super) const CURRENT: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
/// Characters of the longest password as somebody may type it: a composed letter is at most four
/// when it is decomposed.
pub(super) const MAX_TYPED_CHARS: usize = 4 * MAX_PASSWORD_CHARS;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Wrong,
    Right,
    /// Right, and its hash has other parameters or was made of letters as they were typed.
    Outdated,
}

/// With composed letters (NFC): one keyboard sends `ä`, another one `a` and two dots.
pub(super) fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Checks a password composed, and then as it was typed: so it was hashed before.
pub(super) fn check(typed: &str, stored: &str) -> Result<Fit, Error> {
    // Longer ones cannot be anybody's; the cut keeps the work bounded.
    let cut = |text: &str, limit: usize| text.chars().take(limit + 1).collect::<String>();
    let composed = cut(&composed(&cut(typed, MAX_TYPED_CHARS)), MAX_PASSWORD_CHARS);
    if is_of(&composed, stored)? {
        let is_current = stored.starts_with(CURRENT);
        return Ok(if is_current {
            Fit::Right
        } else {
            Fit::Outdated
        });
    }
    let typed = cut(typed, MAX_PASSWORD_CHARS);
    if typed != composed && is_of(&typed, stored)? {
        return Ok(Fit::Outdated);
    }
    Ok(Fit::Wrong)
}

/// With the parameters that the hash names.
fn is_of(password: &str, stored: &str) -> Result<bool, Error> {
    let stored = PasswordHash::new(stored).map_err(|_| Error::EncodingInvalid)?;
    match Argon2::default().verify_password(password.as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Params, PasswordHasher as _, Version};

    use super::*;

    const COMPOSED: &str = "p\u{e4}ssw\u{f6}rter";
    const DECOMPOSED: &str = "pa\u{308}sswo\u{308}rter";

    fn hash(password: &str, argon2: &Argon2<'_>) -> String {
        let hash = argon2.hash_password(password.as_bytes()).unwrap();
        hash.to_string()
    }

    #[test]
    fn a_password_is_the_same_however_its_letters_are_composed() {
        let stored = hash(COMPOSED, &Argon2::default());
        assert_eq!(check(COMPOSED, &stored), Ok(Fit::Right));
        assert_eq!(check(DECOMPOSED, &stored), Ok(Fit::Right));
        assert_eq!(check("passworter", &stored), Ok(Fit::Wrong));
    }

    #[test]
    fn a_hash_of_letters_as_they_were_typed_still_fits_and_is_outdated() {
        let stored = hash(DECOMPOSED, &Argon2::default());
        assert_eq!(check(DECOMPOSED, &stored), Ok(Fit::Outdated));
        // Nobody knows from this that the letters were decomposed.
        assert_eq!(check(COMPOSED, &stored), Ok(Fit::Wrong));
    }

    #[test]
    fn a_hash_with_other_parameters_fits_and_is_outdated() {
        let weaker = Params::new(8192, 1, 1, None).unwrap();
        let weaker = Argon2::new(Algorithm::Argon2id, Version::V0x13, weaker);
        let stored = hash("correct horse", &weaker);
        assert_eq!(check("correct horse", &stored), Ok(Fit::Outdated));
        assert_eq!(check("correct house", &stored), Ok(Fit::Wrong));
        let today = hash("correct horse", &Argon2::default());
        assert!(today.starts_with(CURRENT), "{today}");
    }

    #[test]
    fn the_longest_password_is_known_when_it_is_typed_decomposed() {
        let longest = "\u{1fb7}".repeat(MAX_PASSWORD_CHARS);
        let stored = hash(&longest, &Argon2::default());
        let typed: String = longest.nfd().collect();
        assert_eq!(check(&typed, &stored), Ok(Fit::Right));
        assert_eq!(check(&format!("{typed}a"), &stored), Ok(Fit::Wrong));
    }
}

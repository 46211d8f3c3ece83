//! Who may enter: passwords, sessions, the set-up link.
//!
//! Nothing here knows HTTP beyond the text of one cookie; the store keeps hashes only.

mod api_keys;
mod device;
mod joining;
mod last_seen;
mod own_account;
pub mod password;
pub mod service;
pub mod session;
pub mod set_up_token;
mod shown_in_log;
pub mod throttle;
mod unshown;
mod user_agent;

pub use api_keys::KEY_PREFIX;
pub use device::device_in_cookies;
pub use joining::LINK_HOURS;
pub use service::Accounts;
pub use session::{SESSION_COOKIE, Visitor};
pub(crate) use unshown::Unshown;

pub use crate::store::now_ms;

use hearth_app::model::Refusal;
use unicode_normalization::UnicodeNormalization as _;

use crate::store::is_overlong_name;

/// A name that an account may have: 1 to 64 characters, no control characters, trimmed, its letters
/// composed (NFC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// # Errors
    /// [`Refusal::BadName`] if the text is blank, too long, or holds control characters.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        // Before anything is made of it: strangers type names.
        if is_overlong_name(text) {
            return Err(Refusal::BadName);
        }
        let text: String = text.trim().nfc().collect();
        let length = text.chars().count();
        if length == 0 || length > 64 || text.chars().any(char::is_control) {
            return Err(Refusal::BadName);
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 32 random bytes as 64 hex digits, from the system's generator.
///
/// # Errors
/// If the system has no randomness to give.
pub fn random_token() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_has_visible_characters() {
        assert_eq!(AccountName::parse("  Ada ").unwrap().as_str(), "Ada");
        assert_eq!(AccountName::parse("A\u{308}nne").unwrap().as_str(), "Änne");
        assert_eq!(AccountName::parse("   "), Err(Refusal::BadName));
        assert_eq!(AccountName::parse("a\nb"), Err(Refusal::BadName));
        assert!(AccountName::parse(&"名".repeat(64)).is_ok());
        assert!(AccountName::parse(&"名".repeat(65)).is_err());
        let decomposed: String = "\u{1f82}".repeat(64).nfd().collect();
        assert!(AccountName::parse(&decomposed).is_ok());
    }

    #[test]
    fn two_tokens_differ_and_have_256_bits() {
        let token = random_token().unwrap();
        assert_eq!(token.len(), 64);
        assert_ne!(token, random_token().unwrap());
    }
}

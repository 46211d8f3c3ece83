//! The one-time key to an unclaimed server, printed at start and held hashed in memory.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// What a claimer must show. A new one is made at each start.
#[derive(Clone)]
pub struct SetUpToken {
    hash: [u8; 32],
}

impl std::fmt::Debug for SetUpToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetUpToken(…)")
    }
}

impl SetUpToken {
    /// Keeps the hash of `token`.
    pub fn new(token: &str) -> Self {
        Self {
            hash: Sha256::digest(token.as_bytes()).into(),
        }
    }

    /// Compares in constant time.
    pub fn matches(&self, token: &str) -> bool {
        let shown: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.hash.ct_eq(&shown).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_token_matches() {
        let token = SetUpToken::new("0123456789abcdef");
        assert!(token.matches("0123456789abcdef"));
        assert!(!token.matches("0123456789abcdee"));
        assert!(!token.matches(""));
    }
}

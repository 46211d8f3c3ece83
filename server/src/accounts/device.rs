//! The cookie of a browser in which somebody has signed in before: it gets in also while strangers
//! guess at its account ([`super::throttle`]). It opens nothing by itself.
//!
//! Nothing is kept of it: it is a random number and a proof, made with the hash of the account's
//! password, that the server gave it. Another password makes the browser a stranger, who has to
//! show that one first.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{
    random_token,
    session::{self, CookieTransport},
};

/// What else is made of a password's hash must never be the same.
const PURPOSE: &[u8] = b"hearth device 1\n";
/// Hex digits of the random number, and as many of the proof.
const NUM_DIGITS: usize = 64;
/// A browser that nobody used for so long is a stranger (180 days).
const MAX_AGE_S: i64 = 180 * 24 * 60 * 60;

/// The value of a new cookie, for an account whose password has this hash.
///
/// # Errors
/// If the system gives no randomness.
pub(super) fn new_device(password_hash: &str) -> Result<String, getrandom::Error> {
    let number = random_token()?;
    let proof = hex::encode(proof(&number, password_hash));
    Ok(number + &proof)
}

/// Whether the server gave this value to a browser in which that password was right.
pub(super) fn is_of(device: &str, password_hash: &str) -> bool {
    let Some((number, shown)) = device.split_at_checked(NUM_DIGITS) else {
        return false;
    };
    // Digit by digit: no device has two spellings.
    let right = hex::encode(proof(number, password_hash));
    right.as_bytes().ct_eq(shown.as_bytes()).into()
}

/// Both parts are hashed to, or have, one length: nothing can be moved from one to the other, nor
/// put behind them.
fn proof(number: &str, password_hash: &str) -> [u8; 32] {
    let secret = Sha256::new()
        .chain_update(PURPOSE)
        .chain_update(password_hash)
        .finalize();
    let number = Sha256::digest(number);
    let proof = Sha256::new().chain_update(secret).chain_update(number);
    proof.finalize().into()
}

/// The device's cookie among those that a browser sends.
pub fn device_in_cookies(headers: &[&str], transport: CookieTransport) -> Option<String> {
    session::digits_in_cookies(headers, name(transport), 2 * NUM_DIGITS)
}

/// A `Set-Cookie` value for the browser to keep.
pub(super) fn device_cookie(device: &str, transport: CookieTransport) -> String {
    session::cookie(name(transport), device, MAX_AGE_S, transport)
}

const fn name(transport: CookieTransport) -> &'static str {
    match transport {
        CookieTransport::HttpsOnly => "__Host-hearth_device",
        CookieTransport::HttpsBelowPath => "__Secure-hearth_device",
        CookieTransport::Any => "hearth_device",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_known_to_one_password_only() {
        let device = new_device("$argon2id$a").unwrap();
        assert!(is_of(&device, "$argon2id$a"));
        assert!(!is_of(&device, "$argon2id$b"));
        assert_ne!(device, new_device("$argon2id$a").unwrap());
    }

    #[test]
    fn what_the_server_did_not_give_is_no_device() {
        let (one, other) = (new_device("a").unwrap(), new_device("a").unwrap());
        let mixed = format!("{}{}", &one[..64], &other[64..]);
        let longer = format!("{one}00");
        for forged in [
            "",
            "00",
            "é",
            &one[..64],
            &one[1..],
            &mixed,
            &longer,
            &one.to_uppercase(),
        ] {
            assert!(!is_of(forged, "a"), "{forged}");
        }
    }

    #[test]
    fn a_browser_gives_back_what_it_was_given() {
        let device = new_device("a").unwrap();
        for (transport, name) in [
            (CookieTransport::Any, "hearth_device"),
            (CookieTransport::HttpsOnly, "__Host-hearth_device"),
            (CookieTransport::HttpsBelowPath, "__Secure-hearth_device"),
        ] {
            let cookie = device_cookie(&device, transport);
            assert!(cookie.starts_with(&format!("{name}={device};")), "{cookie}");
            assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
            let is_secure = cookie.contains("; Secure");
            assert_eq!(is_secure, transport.is_https(), "{cookie}");
            let found = device_in_cookies(&[&cookie], transport);
            assert_eq!(found.as_ref(), Some(&device));
        }
        assert_eq!(
            device_in_cookies(&["hearth_device=ab"], CookieTransport::Any),
            None
        );
    }
}

//! Sessions: a random 256-bit token in the browser, its hash in the store.

use std::net::IpAddr;

use hearth_app::model::User;
use sha2::{Digest, Sha256};

/// Name of the cookie.
pub const SESSION_COOKIE: &str = "hearth_session";
/// A session nobody used for this long ends (14 days).
pub const IDLE_MS: i64 = 14 * DAY_MS;
/// A session ends this long after signing in (90 days).
pub const ABSOLUTE_MS: i64 = 90 * DAY_MS;
/// How stale "last seen" may get; sparing writes (1 hour).
pub const TOUCH_AFTER_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Who makes a request, and from where.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// The signed-in person.
    pub user: Option<User>,
    /// Value of the session cookie, valid or not.
    pub session: Option<String>,
    /// Address of the connection.
    pub address: Option<IpAddr>,
    /// What the browser calls itself, at most 256 characters.
    pub user_agent: String,
}

/// What the store keeps of a token.
pub fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The session's token in a `Cookie` header. Of several, the first that looks like one.
pub fn token_in_cookies(header: &str) -> Option<&str> {
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == SESSION_COOKIE)
        .map(|(_, value)| value.trim_matches('"'))
        .find(|value| value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether the browser may send the cookie over plain HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieTransport {
    /// The public address is https.
    HttpsOnly,
    /// A machine on a local network: `Secure` would make signing in impossible.
    Any,
}

/// A `Set-Cookie` value that starts a session.
pub fn start_cookie(token: &str, transport: CookieTransport) -> String {
    cookie(token, ABSOLUTE_MS / 1000, transport)
}

/// A `Set-Cookie` value that makes the browser forget the session.
pub fn end_cookie(transport: CookieTransport) -> String {
    cookie("", 0, transport)
}

fn cookie(value: &str, max_age_s: i64, transport: CookieTransport) -> String {
    let secure = match transport {
        CookieTransport::HttpsOnly => "; Secure",
        CookieTransport::Any => "",
    };
    format!("{SESSION_COOKIE}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_among_other_cookies_and_nothing_else_is() {
        let token = "ab".repeat(32);
        let check = |header: &str| token_in_cookies(header).map(str::to_owned);
        assert_eq!(
            check(&format!("a=b; hearth_session={token}; c")),
            Some(token.clone())
        );
        assert_eq!(check(&format!("xhearth_session={token}")), None);
        assert_eq!(check("hearth_session=short"), None);
        assert_eq!(check(""), None);
    }

    #[test]
    fn a_cookie_is_secure_only_where_the_address_is_https() {
        let plain = start_cookie("t", CookieTransport::Any);
        assert_eq!(
            plain,
            "hearth_session=t; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax"
        );
        assert!(start_cookie("t", CookieTransport::HttpsOnly).ends_with("; Secure"));
        assert!(end_cookie(CookieTransport::Any).contains("Max-Age=0"));
    }
}

//! Sessions: a random 256-bit token in the browser, its hash in the store.

use std::net::IpAddr;

use cookie::{Cookie, SameSite, time::Duration};
use hearth_app::model::User;
use sha2::{Digest, Sha256};

/// Name of the cookie where plain HTTP is allowed.
pub const SESSION_COOKIE: &str = "hearth_session";
/// Name of the cookie over https. A browser takes one with this prefix from this host over https
/// only: no neighbour of the host and nobody on the way can plant a session (RFC 6265bis, 4.1.3.2).
const HOST_SESSION_COOKIE: &str = "__Host-hearth_session";
/// Name of the cookie over https below a path of a host. The prefix above would have every program
/// of the host be sent the session; a browser takes one with this prefix over https only.
const SECURE_SESSION_COOKIE: &str = "__Secure-hearth_session";
/// A session nobody used for this long ends (14 days).
pub const IDLE_MS: i64 = 14 * DAY_MS;
/// A session ends this long after signing in (90 days).
pub const ABSOLUTE_MS: i64 = 90 * DAY_MS;
/// How stale "last seen" may get; sparing writes (4 minutes: whoever is there now is told to be).
pub const TOUCH_AFTER_MS: i64 = 4 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Who makes a request, and from where.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// The signed-in person.
    pub user: Option<User>,
    /// Value of the session cookie, valid or not.
    pub session: Option<String>,
    /// Value of the device's cookie, valid or not.
    pub device: Option<String>,
    /// Where the request comes from: the connection, or what trusted proxies say.
    pub address: Option<IpAddr>,
    /// What the browser calls itself, at most 256 characters.
    pub user_agent: String,
}

/// What the store keeps of a token.
pub fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The session's token in `Cookie` headers. Of several, the first that looks like one. What has the
/// name of another transport is nobody's: over https anybody beside the host can have planted it.
pub fn token_in_cookies(headers: &[&str], transport: CookieTransport) -> Option<String> {
    digits_in_cookies(headers, transport.cookie_name(), 64)
}

/// The first cookie of this name that has so many hex digits and nothing else.
pub(super) fn digits_in_cookies(headers: &[&str], name: &str, number: usize) -> Option<String> {
    let cookies = headers.iter().copied().flat_map(Cookie::split_parse);
    let mut cookies = cookies.flatten();
    cookies.find_map(|cookie| {
        let value = cookie.value_trimmed();
        let is_token = value.len() == number && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        (cookie.name() == name && is_token).then(|| value.to_owned())
    })
}

/// Whether the browser may send the cookie over plain HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieTransport {
    /// The public address is https, and the host serves nothing else.
    HttpsOnly,
    /// The public address is https, and a path of a host that may serve other things.
    HttpsBelowPath,
    /// A machine on a local network: `Secure` would make signing in impossible.
    Any,
}

impl CookieTransport {
    /// Whether browsers are to use https alone.
    pub const fn is_https(self) -> bool {
        matches!(self, Self::HttpsOnly | Self::HttpsBelowPath)
    }

    const fn cookie_name(self) -> &'static str {
        match self {
            Self::HttpsOnly => HOST_SESSION_COOKIE,
            Self::HttpsBelowPath => SECURE_SESSION_COOKIE,
            Self::Any => SESSION_COOKIE,
        }
    }
}

/// A `Set-Cookie` value that starts a session.
pub fn start_cookie(token: &str, transport: CookieTransport) -> String {
    cookie(
        transport.cookie_name(),
        token,
        ABSOLUTE_MS / 1000,
        transport,
    )
}

/// A `Set-Cookie` value that makes the browser forget the session.
pub fn end_cookie(transport: CookieTransport) -> String {
    cookie(transport.cookie_name(), "", 0, transport)
}

/// Below a path of the host, `http::sub_path` narrows it to that.
pub(super) fn cookie(
    name: &str,
    value: &str,
    max_age_s: i64,
    transport: CookieTransport,
) -> String {
    Cookie::build((name, value))
        .path("/")
        .max_age(Duration::seconds(max_age_s))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(transport.is_https())
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_among_other_cookies_and_nothing_else_is() {
        let token = "ab".repeat(32);
        let check = |header: &str| token_in_cookies(&[header], CookieTransport::Any);
        assert_eq!(
            check(&format!("a=b; hearth_session={token}; c")),
            Some(token.clone())
        );
        assert_eq!(check(&format!("xhearth_session={token}")), None);
        assert_eq!(check(&format!("__Host-hearth_session={token}")), None);
        assert_eq!(check("hearth_session=short"), None);
        assert_eq!(check(""), None);
    }

    #[test]
    fn a_session_under_the_name_of_another_transport_is_none() {
        let (own, planted) = ("ab".repeat(32), "cd".repeat(32));
        let names = [SESSION_COOKIE, HOST_SESSION_COOKIE, SECURE_SESSION_COOKIE];
        for transport in [
            CookieTransport::Any,
            CookieTransport::HttpsOnly,
            CookieTransport::HttpsBelowPath,
        ] {
            let name = transport.cookie_name();
            let others = names.iter().filter(|other| **other != name);
            let others: Vec<String> = others.map(|other| format!("{other}={planted}")).collect();
            let others = others.join("; ");
            assert_eq!(token_in_cookies(&[&others], transport), None, "{others}");
            let right = format!("{name}={own}");
            let found = token_in_cookies(&[&others, &right], transport);
            assert_eq!(found.as_ref(), Some(&own), "{name}");
        }
    }

    #[test]
    fn a_cookie_is_bound_to_its_host_where_the_address_is_https() {
        let plain = start_cookie("t", CookieTransport::Any);
        assert_eq!(
            plain,
            "hearth_session=t; HttpOnly; SameSite=Lax; Path=/; Max-Age=7776000"
        );
        let bound = start_cookie("t", CookieTransport::HttpsOnly);
        assert_eq!(
            bound,
            "__Host-hearth_session=t; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=7776000"
        );
        let below = start_cookie("t", CookieTransport::HttpsBelowPath);
        assert_eq!(
            below,
            "__Secure-hearth_session=t; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=7776000"
        );
        let end = end_cookie(CookieTransport::HttpsOnly);
        assert!(
            end.contains("Max-Age=0") && end.contains("; Secure"),
            "{end}"
        );
    }
}

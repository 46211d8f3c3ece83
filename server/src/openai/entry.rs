//! Who asks: a key in the `Authorization` header, or this very machine where that is enough.

use std::net::IpAddr;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use hearth_app::model::{User, UserRole};

use super::{ApiServer, error_object::Refused};
use crate::{error::AppError, http::Learnt, slow_work::Asker};

/// Headers that a proxy may add: then somebody lets others read what is for this machine. One that
/// adds none looks like a program of this machine.
const FORWARDED: [&str; 6] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// The person whose key the request brings.
#[derive(Debug)]
pub(super) struct Caller(pub(super) User);

/// The request came in at the address that is this machine's alone (`server.metrics_listen`).
#[derive(Clone, Copy, Debug)]
pub(super) struct ThisMachine;

/// An administrator's key, or no key where only this machine asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overseer;

impl FromRequestParts<ApiServer> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, server: &ApiServer) -> Result<Self, Refused> {
        let user = match key(&parts.headers) {
            Some(key) => server.accounts.user_of_key(key).await?,
            None => None,
        };
        let user = user.ok_or(AppError::Unauthorized)?;
        if let Some(learnt) = parts.extensions.get::<Learnt>() {
            learnt.asked_by(user.id);
        }
        // In whose turn the body is read.
        parts.extensions.insert(Asker::from(user.id));
        Ok(Self(user))
    }
}

impl FromRequestParts<ApiServer> for Overseer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, server: &ApiServer) -> Result<Self, Refused> {
        let is_here = parts.extensions.get::<ThisMachine>().is_some();
        if is_here && key(&parts.headers).is_none() && is_direct(&parts.headers) {
            return Ok(Self);
        }
        let Caller(user) = Caller::from_request_parts(parts, server).await?;
        if user.role == UserRole::Administrator {
            Ok(Self)
        } else {
            Err(AppError::Forbidden.into())
        }
    }
}

/// The key of a request.
fn key(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

/// Whether a program asks for this machine, and neither a proxy that says so nor a page of another
/// site by a name of its own.
fn is_direct(headers: &HeaderMap) -> bool {
    let is_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let is_loopback = name
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    !is_forwarded && (is_loopback || name == "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_key_is_what_follows_bearer() {
        let key = |value: &str| key(&headers(&[("authorization", value)])).map(str::to_owned);
        assert_eq!(key("Bearer sk-1").as_deref(), Some("sk-1"));
        assert_eq!(key("bearer  sk-1 ").as_deref(), Some("sk-1"));
        assert_eq!(key("Basic sk-1"), None);
        assert_eq!(key("sk-1"), None);
    }

    #[test]
    fn neither_a_proxy_nor_a_page_of_another_site_asks_for_this_machine() {
        let check = |pairs: &[(&'static str, &str)], expected| {
            assert_eq!(is_direct(&headers(pairs)), expected, "{pairs:?}");
        };
        check(&[("host", "127.0.0.1:8080")], true);
        check(&[("host", "localhost")], true);
        check(&[("host", "[::1]:8080")], true);
        check(&[("host", "evil.example:8080")], false);
        check(&[], false);
        for name in [
            "forwarded",
            "via",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
        ] {
            check(&[("host", "localhost"), (name, "127.0.0.1")], false);
        }
    }
}

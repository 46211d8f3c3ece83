//! Who asks: a key in the `Authorization` header, or this very machine where that is enough.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use hearth_app::model::{User, UserRole};

use super::{ApiServer, error_object::Refused};
use crate::{error::AppError, http::Learnt, slow_work::Asker};

/// Headers that a proxy adds: the connection is then no proof of where somebody is.
const FORWARDED: [&str; 4] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
];

/// The person whose key the request brings.
#[derive(Debug)]
pub(super) struct Caller(pub(super) User);

/// An administrator's key, or no key from this machine.
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
        let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = connection.map(|ConnectInfo(address)| address.ip());
        let is_here = !server.is_behind_proxy && is_local(address, &parts.headers);
        if key(&parts.headers).is_none() && is_here {
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

/// Whether a program on this machine asks, and no page of another site by a name of its own.
fn is_local(address: Option<IpAddr>, headers: &HeaderMap) -> bool {
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
    address.is_some_and(|address| address.to_canonical().is_loopback())
        && !is_forwarded
        && (is_loopback || name == "localhost")
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
    fn only_a_program_on_this_machine_is_local() {
        let here = Some(IpAddr::from([127, 0, 0, 1]));
        let check = |address, pairs: &[(&'static str, &str)], expected| {
            assert_eq!(is_local(address, &headers(pairs)), expected, "{pairs:?}");
        };
        check(here, &[("host", "127.0.0.1:8080")], true);
        check(here, &[("host", "localhost")], true);
        check(here, &[("host", "[::1]:8080")], true);
        check(here, &[("host", "evil.example:8080")], false);
        check(
            here,
            &[("host", "localhost"), ("x-forwarded-for", "8.8.8.8")],
            false,
        );
        check(
            Some(IpAddr::from([192, 168, 0, 9])),
            &[("host", "localhost")],
            false,
        );
        check(None, &[("host", "localhost")], false);
    }
}

//! Requests to a hub: redirects, the token, and answers that are no content.
//!
//! *Invariant:* the token goes to the endpoint's scheme, host and port and nowhere else, and is in
//! no message. Redirects are followed here, because that is where it would leak.

use std::{fmt, time::Duration};

use ureq::{
    Agent, Body,
    http::{Response, StatusCode, Uri, header},
};
use url::Url;

use super::endpoint::{Endpoint, EndpointError, has_web_scheme};

const MAX_REDIRECTS: usize = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest silence before a connection counts as dead. There is no limit for the whole.
const SILENCE: Duration = Duration::from_mins(1);

/// A hub and what opens it.
pub struct Hub {
    pub(super) endpoint: Endpoint,
    token: String,
    agent: Agent,
}

/// Why a hub gave no content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    #[error("cannot reach {host}")]
    Unreachable {
        host: String,
        source: Box<ureq::Error>,
    },
    /// `what` is a model or a file.
    #[error("the hub has no {what} (404)")]
    NotFound { what: String },
    #[error(
        "access to {what} is refused ({status}): set models.token to a token that may read it, or \
         check the name"
    )]
    Refused { what: String, status: u16 },
    #[error("{host} answered {status} for {what}")]
    Status {
        host: String,
        what: String,
        status: u16,
    },
    #[error("more than {MAX_REDIRECTS} redirects for {what}")]
    TooManyRedirects { what: String },
    #[error("{host} redirects {what} to no web address")]
    BadRedirect { host: String, what: String },
    #[error("{host} redirects {what} from https to http, where anybody could change it")]
    Downgrade { host: String, what: String },
}

impl HubError {
    /// Whether the same request may succeed later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => matches!(
                **source,
                ureq::Error::Io(_)
                    | ureq::Error::Timeout(_)
                    | ureq::Error::HostNotFound
                    | ureq::Error::ConnectionFailed
                    | ureq::Error::Protocol(_)
            ),
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }
}

/// What is asked for.
pub(super) struct HubRequest<'a> {
    pub(super) address: Url,
    /// Its name in messages.
    pub(super) what: &'a str,
    /// Bytes at the beginning that are not needed.
    pub(super) skip_bytes: u64,
}

impl Hub {
    /// A hub; an empty `token` is none. Nothing is sent yet.
    ///
    /// # Errors
    /// [`EndpointError`] if `endpoint` is empty or no web address, or if `token` cannot be sent.
    pub fn new(endpoint: &str, token: &str) -> Result<Self, EndpointError> {
        Self::with_silence(endpoint, token, SILENCE)
    }

    pub(super) fn with_silence(
        endpoint: &str,
        token: &str,
        silence: Duration,
    ) -> Result<Self, EndpointError> {
        let endpoint = endpoint.parse()?;
        let token = token.trim().to_owned();
        if !token.bytes().all(|letter| letter.is_ascii_graphic()) {
            return Err(EndpointError::Token);
        }
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(silence))
            .timeout_per_read(Some(silence))
            .timeout_per_write(Some(silence))
            .user_agent(concat!("hearth/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            endpoint,
            token,
            agent: config.into(),
        })
    }

    /// The answer behind all redirects: 200, 206 or 416.
    pub(super) fn get(&self, request: &HubRequest<'_>) -> Result<Response<Body>, HubError> {
        let mut address = request.address.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&address, request)?;
            if !is_redirect(response.status()) {
                return accepted(response, &address, request.what);
            }
            address = redirected(&address, &response, request.what)?;
        }
        let what = request.what.to_owned();
        Err(HubError::TooManyRedirects { what })
    }

    fn send(&self, address: &Url, request: &HubRequest<'_>) -> Result<Response<Body>, HubError> {
        let mut builder = self
            .agent
            .get(address.as_str())
            .header(header::ACCEPT_ENCODING, "identity");
        if !self.token.is_empty() && self.endpoint.is_origin_of(address) {
            builder = builder.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        if request.skip_bytes > 0 {
            builder = builder.header(header::RANGE, format!("bytes={}-", request.skip_bytes));
        }
        builder.call().map_err(|source| HubError::Unreachable {
            host: host(address),
            source: Box::new(source),
        })
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Where an address leads that an answer for `from` names.
pub(super) fn followed(from: &Url, named: &str, what: &str) -> Result<Url, HubError> {
    let bad = || HubError::BadRedirect {
        host: host(from),
        what: what.to_owned(),
    };
    let mut to = from.join(named).map_err(|_| bad())?;
    // The client reads addresses by its own rules; one it cannot read is refused here.
    if !has_web_scheme(&to) || to.as_str().parse::<Uri>().is_err() {
        return Err(bad());
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(HubError::Downgrade {
            host: host(from),
            what: what.to_owned(),
        });
    }
    to.set_fragment(None);
    Ok(to)
}

fn redirected(from: &Url, response: &Response<Body>, what: &str) -> Result<Url, HubError> {
    let named = response.headers().get(header::LOCATION);
    let named = named.and_then(|named| named.to_str().ok());
    // An empty address is no web address either, but joining it would give `from` again.
    followed(
        from,
        named.filter(|it| !it.is_empty()).unwrap_or("none:"),
        what,
    )
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn accepted(
    response: Response<Body>,
    address: &Url,
    what: &str,
) -> Result<Response<Body>, HubError> {
    let what = what.to_owned();
    match response.status().as_u16() {
        200 | 206 | 416 => Ok(response),
        404 | 410 => Err(HubError::NotFound { what }),
        status @ (401 | 403) => Err(HubError::Refused { what, status }),
        status => Err(HubError::Status {
            host: host(address),
            what,
            status,
        }),
    }
}

/// Without path and query, which may hold a signature.
fn host(address: &Url) -> String {
    let host = address.host_str().unwrap_or_default();
    match address.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_leads_only_to_web_addresses_and_never_out_of_https() {
        let from = Url::parse("https://hub.example.org/a/b?c=d").unwrap();
        let check = |named: &str, expected: &str| {
            let found = match followed(&from, named, "rose") {
                Ok(to) => to.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, expected, "{named}");
        };
        let none = "hub.example.org redirects rose to no web address";
        check("/e?f", "https://hub.example.org/e?f");
        check("e#f", "https://hub.example.org/a/e");
        check("//cdn.example.org:8443/e", "https://cdn.example.org:8443/e");
        check("file:///etc/passwd", none);
        check("ftp://hub.example.org/e", none);
        check("https://", none);
        check(
            "http://hub.example.org/e",
            "hub.example.org redirects rose from https to http, where anybody could change it",
        );
    }

    #[test]
    fn the_token_is_in_no_text_and_has_no_odd_letters() {
        let hub = Hub::new("https://hub.example.org", " rose ").unwrap();
        assert_eq!(hub.token, "rose");
        assert!(!format!("{hub:?}").contains("rose"));
        for odd in ["a b", "a\nb", "ä"] {
            let error = Hub::new("https://hub.example.org", odd).unwrap_err();
            assert_eq!(error, EndpointError::Token, "{odd:?}");
            assert!(!error.to_string().contains(odd));
        }
    }
}

//! Headers that keep a page's script to its own.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::nonce::Nonce;

use crate::{accounts::session::CookieTransport, config::ServerSection};

const FIXED: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// What differs from server to server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    transport: CookieTransport,
}

impl Policy {
    pub(super) fn new(section: &ServerSection) -> Self {
        Self {
            transport: section.cookie_transport(),
        }
    }
}

/// Makes the request's nonce, and adds the headers to its answer.
pub(super) async fn add_headers(
    State(policy): State<Policy>,
    mut request: Request,
    next: Next,
) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    let is_trustworthy = policy.transport.is_https() || is_loopback(&request);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&content_security_policy(&nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    // On the plain-HTTP address of a LAN, browsers ignore it and complain.
    if is_trustworthy {
        let name = HeaderName::from_static("cross-origin-opener-policy");
        headers.insert(name, HeaderValue::from_static("same-origin"));
    }
    // It speaks for the whole host: below a path that is not ours to say.
    if policy.transport == CookieTransport::HttpsOnly {
        let one_year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, one_year);
    }
    response
}

/// Whether a browser asked this very machine, which it trusts without https.
fn is_loopback(request: &Request) -> bool {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host: &str = host.rsplit_once(':').map_or(host, |(name, _)| name);
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )
}

//! Requests that change something must come from our own pages.
//!
//! `Sec-Fetch-Site`, else `Origin` against `Host`; a request with neither comes from no browser.
//! On plain-HTTP addresses of a local network browsers send no `Sec-Fetch-Site`, so the second
//! comparison is what protects there.

use axum::{body::Body, http::Response, response::IntoResponse};
use tower_http::csrf::{CsrfLayer, ProtectionError, ResponseForProtectionError};

use crate::{config::ServerSection, error::AppError};

/// The check, as a layer.
pub(super) fn check(section: &ServerSection) -> CsrfLayer<Refusal> {
    let layer = CsrfLayer::new();
    let trusted = section
        .public_origin()
        .and_then(|origin| layer.clone().add_trusted_origin(origin).ok());
    trusted.unwrap_or(layer).with_rejection_response(Refusal)
}

/// 403 with a sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal;

impl ResponseForProtectionError<Body> for Refusal {
    fn response_for_protection_error(
        &mut self,
        error: ProtectionError,
    ) -> Response<Body> {
        tracing::warn!(%error, "refused a request from another site: {error}");
        AppError::ForeignOrigin.into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        extract::Request,
        http::{Method, StatusCode},
        routing::get,
    };
    use tower::ServiceExt;

    use super::*;

    async fn check_request(method: Method, headers: &[(&str, &str)], expected: StatusCode) {
        let section = ServerSection {
            public_url: "https://chat.example.org".into(),
            ..ServerSection::default()
        };
        let router: Router = Router::new()
            .route("/", get(|| async {}).post(|| async {}))
            .layer(check(&section));
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.unwrap().status(), expected, "{headers:?}");
    }

    #[tokio::test]
    async fn only_our_own_pages_and_programs_may_change_something() {
        let ok = StatusCode::OK;
        let no = StatusCode::FORBIDDEN;
        let host = ("host", "192.168.1.9:8080");
        let check = |headers: &'static [(&str, &str)], expected| async move {
            let headers: Vec<_> = [host].into_iter().chain(headers.iter().copied()).collect();
            check_request(Method::POST, &headers, expected).await;
        };
        check(&[], ok).await;
        check(&[("sec-fetch-site", "same-origin")], ok).await;
        check(&[("origin", "http://192.168.1.9:8080")], ok).await;
        check(&[("origin", "https://chat.example.org")], ok).await;
        check(&[("sec-fetch-site", "cross-site")], no).await;
        check(&[("sec-fetch-site", "same-site")], no).await;
        check(&[("origin", "http://192.168.1.9:9090")], no).await;
        check(&[("origin", "http://evil.example")], no).await;
        check(&[("origin", "null")], no).await;
    }

    #[tokio::test]
    async fn reading_is_allowed_from_everywhere() {
        let headers = [("host", "here"), ("sec-fetch-site", "cross-site")];
        check_request(Method::GET, &headers, StatusCode::OK).await;
    }
}

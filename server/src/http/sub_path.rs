//! A path of the host that everything stands below, where a proxy's host has other programs too.
//!
//! Nothing behind this knows it. Requests come with the path in front, or without it where the
//! proxy has taken it off: from here on they are without. In headers, addresses go out below it; in
//! pages, `app` writes them. It comes from the configuration: what a request says of itself
//! (`X-Forwarded-Prefix`) could be anybody's word.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use hearth_app::SubPath;

/// How a cookie says that it belongs to the whole host.
const WHOLE_HOST: &str = "Path=/";

/// The same server below a path.
pub(super) fn below(sub_path: SubPath, router: Router) -> Router {
    if sub_path.is_empty() {
        return router;
    }
    // A router looks at the address before its own layers do.
    let outside = Router::new().fallback_service(router);
    outside.layer(from_fn_with_state(sub_path, translate))
}

async fn translate(State(sub_path): State<SubPath>, mut request: Request, next: Next) -> Response {
    if let Some(uri) = taken_off(sub_path, request.uri()) {
        *request.uri_mut() = uri;
    }
    let mut response = next.run(request).await;
    put_in_front(sub_path, response.headers_mut());
    response
}

/// An address without the path; nothing if it has none.
fn taken_off(sub_path: SubPath, uri: &Uri) -> Option<Uri> {
    let path = sub_path.strip(uri.path())?;
    let inside = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(inside.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// What an answer says of where to go and where its cookies belong.
fn put_in_front(sub_path: SubPath, headers: &mut HeaderMap) {
    let location = headers.get(header::LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    // What begins with two slashes, or not with one, names its host.
    let is_own = |path: &&str| path.starts_with('/') && !path.starts_with("//");
    if let Some(path) = location.filter(is_own)
        && let Ok(value) = HeaderValue::from_str(&sub_path.to(path))
    {
        headers.insert(header::LOCATION, value);
    }
    let cookies: Vec<HeaderValue> = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|cookie| narrowed(sub_path, cookie))
        .collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// A cookie of the whole host becomes one of the path: no other program of the host is sent it.
fn narrowed(sub_path: SubPath, cookie: &HeaderValue) -> HeaderValue {
    let Ok(text) = cookie.to_str() else {
        return cookie.clone();
    };
    let path = format!("Path={}", sub_path.cookie_path());
    let parts = text.split("; ").map(|part| match part {
        WHOLE_HOST => path.as_str(),
        other => other,
    });
    let narrowed = parts.collect::<Vec<&str>>().join("; ");
    HeaderValue::from_str(&narrowed).unwrap_or_else(|_| cookie.clone())
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::StatusCode, response::Redirect, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    fn router(path: &str) -> Router {
        let echo = |request: Request| async move { request.uri().to_string() };
        let cookies = [
            (header::SET_COOKIE, "a=b; HttpOnly; Path=/; Max-Age=1"),
            (header::SET_COOKIE, "c=Path=/; Path=/"),
            (header::SET_COOKIE, "d=e; Path=/d"),
        ];
        let cookies = axum::response::AppendHeaders(cookies);
        let router = Router::new()
            .route("/", get(echo))
            .route("/settings", get(echo))
            .route("/cookies", get(move || async move { cookies }))
            .route(
                "/away",
                get(|| async { Redirect::to("https://example.org/x") }),
            )
            .route("/home", get(|| async { Redirect::to("/") }))
            .route("/chat", get(|| async { Redirect::to("/chat?a=/chat") }));
        below(SubPath::new(path.to_owned()), router)
    }

    async fn ask(router: &Router, uri: &str) -> Response {
        let request = Request::get(uri).header("x-forwarded-prefix", "/evil");
        let request = request.body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    }

    async fn seen(path: &str, uri: &str) -> String {
        let response = ask(&router(path), uri).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1024).await;
        let body = String::from_utf8(body.unwrap().to_vec()).unwrap();
        if status == StatusCode::OK {
            body
        } else {
            status.as_u16().to_string()
        }
    }

    async fn location(path: &str, uri: &str) -> String {
        let response = ask(&router(path), uri).await;
        let value = response.headers().get(header::LOCATION).unwrap();
        value.to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_request_is_the_same_with_the_path_and_without_it() {
        for (uri, inside) in [
            ("/chat/settings?a=b%20c", "/settings?a=b%20c"),
            ("/settings?a=b%20c", "/settings?a=b%20c"),
            ("/chat/", "/"),
            ("/chat/?a", "/?a"),
            ("/", "/"),
            ("http://host/chat/settings", "http://host/settings"),
        ] {
            assert_eq!(seen("/chat", uri).await, inside, "{uri}");
        }
    }

    #[tokio::test]
    async fn the_path_without_a_slash_is_the_start_page() {
        assert_eq!(seen("/a/b", "/a/b").await, "/");
        assert_eq!(seen("/a/b", "/a/b?c").await, "/?c");
    }

    #[tokio::test]
    async fn other_paths_are_no_way_in() {
        for uri in [
            "/chatter/settings",
            "/Chat/settings",
            "/evil/settings",
            "/chat/chat/settings",
            "/chat//settings",
            "//chat/settings",
            "/a/../chat/settings",
        ] {
            assert_eq!(seen("/chat", uri).await, "404", "{uri}");
        }
    }

    #[tokio::test]
    async fn answers_lead_below_the_path_whichever_way_the_request_came() {
        for uri in ["/home", "/a/b/home"] {
            assert_eq!(location("/a/b", uri).await, "/a/b/");
        }
        assert_eq!(location("/x", "/chat").await, "/x/chat?a=/chat");
        assert_eq!(location("/x", "/away").await, "https://example.org/x");
    }

    #[tokio::test]
    async fn cookies_belong_to_the_path_alone() {
        let response = ask(&router("/a/b"), "/cookies").await;
        let cookies: Vec<&HeaderValue> = response
            .headers()
            .get_all(header::SET_COOKIE)
            .iter()
            .collect();
        assert_eq!(
            cookies,
            [
                "a=b; HttpOnly; Path=/a/b; Max-Age=1",
                "c=Path=/; Path=/a/b",
                "d=e; Path=/d",
            ]
        );
    }

    #[tokio::test]
    async fn without_a_path_nothing_changes() {
        assert_eq!(location("", "/home").await, "/");
        assert_eq!(seen("", "/chat/settings").await, "404");
        let response = ask(&router(""), "/cookies").await;
        let first = response.headers().get(header::SET_COOKIE).unwrap();
        assert_eq!(first, "a=b; HttpOnly; Path=/; Max-Age=1");
    }
}

use std::time::Duration;

use axum::{Router, body::Body, middleware::from_fn_with_state};
use tower::ServiceExt as _;

use super::*;
use crate::{
    accounts::{
        now_ms,
        service::Accounts,
        session::{CookieTransport, SESSION_COOKIE, hash_token},
        set_up_token::SetUpToken,
    },
    settings::SettingsBook,
    slow_work::SlowWork,
    store::Store,
};

/// A server of an https address with a session, its token, and what the server keeps.
async fn signed_in() -> (tempfile::TempDir, Router, String, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
    let settings = SettingsBook::open(store.clone()).await.unwrap();
    let token = Some(SetUpToken::new("the link"));
    let accounts = Accounts::new(
        store.clone(),
        settings,
        CookieTransport::HttpsOnly,
        token,
        SlowWork::default(),
    );
    let visitor = Visitor::default();
    let password = "correct horse battery".to_owned();
    let claimed = accounts.claim("the link", "Ada", password, &visitor);
    let cookie = claimed.await.unwrap().session;
    let sent = token_in_cookies(&[&cookie], CookieTransport::HttpsOnly);
    let who = |request: Request| async move {
        let visitor = request.extensions().get::<Visitor>().cloned();
        visitor
            .and_then(|it| it.user)
            .map_or_else(String::new, |user| user.name)
    };
    let router = Router::new()
        .fallback(who)
        .layer(from_fn_with_state(accounts, identify));
    (folder, router, sent.unwrap(), store)
}

/// Who the server takes the visitor for. It sets no cookie.
async fn visit(router: &Router, cookie: &str) -> String {
    ask(router, "/", cookie).await
}

async fn ask(router: &Router, path: &str, cookie: &str) -> String {
    let request = Request::get(path).header(header::COOKIE, cookie);
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let set = response.headers().get(header::SET_COOKIE);
    assert_eq!(set, None, "{cookie}");
    let body = axum::body::to_bytes(response.into_body(), 1024)
        .await
        .unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn over_https_a_session_under_a_name_that_others_can_plant_is_nobodys() {
    let (_folder, router, token, _store) = signed_in().await;
    let own = format!("__Host-{SESSION_COOKIE}={token}");
    assert_eq!(visit(&router, &own).await, "Ada");
    // What a neighbour of the host gives a browser is a session that holds: the neighbour's own.
    let planted = format!("{SESSION_COOKIE}={token}");
    assert_eq!(visit(&router, &planted).await, "");
    let below_path = format!("__Secure-{SESSION_COOKIE}={token}");
    assert_eq!(visit(&router, &below_path).await, "");
}

#[tokio::test]
async fn what_a_page_asks_by_itself_is_no_sign_of_anybody() {
    let (_folder, router, token, store) = signed_in().await;
    let (hash, now) = (hash_token(&token), now_ms());
    let last_seen = async || {
        let live = store.live_session(&hash, now, 0).await.unwrap();
        live.unwrap().last_seen_at
    };
    let early = now - 5 * 60 * 1000;
    store.touch_session(&hash, early, i64::MAX).await.unwrap();
    let cookie = format!("__Host-{SESSION_COOKIE}={token}");
    for path in ["/changes", "/api/page_build"] {
        assert_eq!(ask(&router, path, &cookie).await, "Ada");
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(last_seen().await, early);
    assert_eq!(visit(&router, &cookie).await, "Ada");
    // That is written a moment later.
    for _ in 0..500 {
        if last_seen().await > early {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody is seen");
}

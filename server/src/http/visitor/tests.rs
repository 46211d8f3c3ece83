use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
use tower::ServiceExt as _;

use super::*;
use crate::{
    accounts::{
        service::Accounts,
        session::{CookieTransport, SESSION_COOKIE},
        set_up_token::SetUpToken,
    },
    settings::SettingsBook,
    slow_work::SlowWork,
    store::Store,
};

/// A server of an https address with a session, and its token.
async fn signed_in() -> (tempfile::TempDir, Router, String) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
    let settings = SettingsBook::open(store.clone()).await.unwrap();
    let token = Some(SetUpToken::new("the link"));
    let accounts = Accounts::new(
        store,
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
        .route("/", get(who))
        .layer(from_fn_with_state(accounts, identify));
    (folder, router, sent.unwrap().token)
}

/// Who the server takes the visitor for, and the cookies it sets.
async fn visit(router: &Router, cookie: &str) -> (String, Vec<String>) {
    let request = Request::get("/").header(header::COOKIE, cookie);
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let set = response.headers().get_all(header::SET_COOKIE).into_iter();
    let set = set
        .map(|value| value.to_str().unwrap().to_owned())
        .collect();
    let body = axum::body::to_bytes(response.into_body(), 1024)
        .await
        .unwrap();
    (String::from_utf8(body.to_vec()).unwrap(), set)
}

#[tokio::test]
async fn a_session_of_an_earlier_version_goes_on_under_the_name_that_nobody_can_plant() {
    let (_folder, router, token) = signed_in().await;
    let (who, set) = visit(&router, &format!("{SESSION_COOKIE}={token}")).await;
    assert_eq!(who, "Ada");
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(
        set[0].starts_with(&format!("__Host-hearth_session={token};")),
        "{set:?}"
    );
    assert!(set[1].starts_with("hearth_session=;"), "{set:?}");
    assert!(set[1].contains("Max-Age=0"), "{set:?}");
    let (who, set) = visit(&router, &format!("__Host-hearth_session={token}")).await;
    assert_eq!((who.as_str(), set.len()), ("Ada", 0));
}

#[tokio::test]
async fn a_token_that_nobody_gave_is_not_renamed() {
    let (_folder, router, _) = signed_in().await;
    let planted = format!("{SESSION_COOKIE}={}", "ab".repeat(32));
    let (who, set) = visit(&router, &planted).await;
    assert_eq!((who.as_str(), set.len()), ("", 0));
}

//! The door: who stands before it and why, and pages that links lead to.

use crate::{fake::FakeServer, page};

#[tokio::test]
async fn the_door_says_why_one_stands_there_and_where_it_leads() {
    let path = "/sign-in?next=%2Fsettings%3Fsaved%3Dtheme&reason=ended";
    let (status, html) = page(FakeServer::signed_out(), path).await;
    assert_eq!(status, 200);
    assert!(html.contains("You were signed out. Your message is kept."));
    let (_, field) = html.split_once("name=\"next\"").unwrap();
    assert!(
        field.starts_with(" value=\"/settings?saved=theme\""),
        "{field:.60}"
    );
    let (_, html) = page(FakeServer::signed_out(), "/sign-in?reason=%3Cb%3Efree").await;
    assert!(
        !html.contains("free") && !html.contains("signed out"),
        "{html}"
    );
}

#[tokio::test]
async fn a_stranger_is_sent_to_the_door() {
    let (status, _) = page(FakeServer::signed_out(), "/").await;
    assert_eq!(status, 302);
    let (status, html) = page(FakeServer::signed_out(), "/sign-in").await;
    assert_eq!(status, 200);
    assert!(html.contains("action=\"/api/sign_in\""));
    assert!(html.contains("type=\"password\""));
    assert!(html.contains(" data-door"), "{html}");
}

#[tokio::test]
async fn a_page_of_a_link_has_a_field_for_what_no_server_is_sent() {
    for path in ["/set-up", "/join"] {
        let (status, html) = page(FakeServer::signed_out(), path).await;
        assert_eq!(status, 200, "{path}");
        let (_, field) = html.split_once("name=\"token\"").unwrap();
        let (field, _) = field.split_once('>').unwrap();
        assert!(field.contains("type=\"text\""), "{path}: {field}");
        assert!(html.contains("Code of the link"), "{path}");
        assert!(!html.contains("role=\"alert\""), "{path}: {html}");
    }
}

#[tokio::test]
async fn the_set_up_page_carries_the_token_of_a_link_of_earlier_versions() {
    let (status, html) = page(FakeServer::signed_out(), "/set-up?token=abc%22%3E").await;
    assert_eq!(status, 200);
    assert!(html.contains("value=\"abc&quot;"), "{html}");
    assert!(html.contains("action=\"/api/set_up\""));
}

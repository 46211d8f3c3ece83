//! Addresses of a page, at the root of a host and below a path of it.

use crate::{
    conversation,
    fake::{CONVERSATION, FakeServer},
    page,
};

/// What pages lead to, post to and load: values of such attributes.
fn addresses(html: &str) -> Vec<&str> {
    let attributes = [" href=\"", " action=\"", " src=\""].into_iter();
    let found = attributes.flat_map(|attribute| html.split(attribute).skip(1));
    found.filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn below_a_path_every_address_of_a_page_is_below_it() {
    let conversation = format!("/c/{CONVERSATION}");
    for path in [
        "/",
        conversation.as_str(),
        "/settings",
        "/settings/account",
        "/admin",
        "/nowhere",
    ] {
        let (_, html) = page(FakeServer::signed_in().below("/a/chat"), path).await;
        assert!(html.contains(" data-sub-path=\"/a/chat\""), "{path}");
        assert!(
            html.contains("(\"/a/chat\", \"pkg\", "),
            "{path}: the script"
        );
        let addresses = addresses(&html);
        assert!(addresses.len() > 5, "{path}: {addresses:?}");
        for address in addresses {
            let is_inside = address.starts_with("/a/chat/") || address.starts_with(['#', '?']);
            assert!(is_inside, "{path} has {address}");
        }
    }
}

#[tokio::test]
async fn a_page_says_which_of_its_links_leads_to_itself_below_a_path_too() {
    for (server, link) in [
        (
            FakeServer::signed_in(),
            format!("href=\"/c/{CONVERSATION}\""),
        ),
        (
            FakeServer::signed_in().below("/x"),
            format!("href=\"/x/c/{CONVERSATION}\""),
        ),
    ] {
        let (status, html) = page(server, &format!("/c/{CONVERSATION}")).await;
        assert_eq!(status, 200);
        assert_eq!(html.matches("aria-current=\"page\"").count(), 1, "{html}");
        assert!(
            html.contains(&format!("{link} aria-current=\"page\"")),
            "{html}"
        );
    }
}

#[tokio::test]
async fn without_a_path_a_page_does_not_speak_of_one() {
    let html = conversation().await;
    assert!(!html.contains("data-sub-path"));
    assert!(html.contains("(\"\", \"pkg\", "), "{html}");
    assert!(html.contains("<a href=\"/\" "), "{html}");
}

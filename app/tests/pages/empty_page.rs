//! The page of a chat that has not begun: the greeting and ways to begin.

use hearth_app::model::{Language, Preferences};

use crate::{conversation, fake::FakeServer, page};

#[tokio::test]
async fn an_empty_page_greets_and_offers_ways_to_begin_below_its_box() {
    let (status, html) = page(FakeServer::signed_in(), "/").await;
    assert_eq!(status, 200);
    assert!(html.contains("chat-stage empty-stage"), "{html}");
    assert_eq!(html.matches("class=\"starter\"").count(), 4);
    let (before, after) = html.split_once("<textarea").unwrap();
    assert!(before.contains("class=\"greeting\"") && after.contains("class=\"starters"));
    let (_, privacy) = after.split_once("class=\"privacy\"").unwrap();
    let told = "Messages stay on this server, where SmolLM2-135M-Instruct answers them";
    assert!(privacy.contains(told), "{privacy}");
    assert!(!conversation().await.contains("class=\"greeting\""));
}

#[tokio::test]
async fn an_administrator_s_ways_to_begin_replace_the_built_in_ones() {
    let preferences = Preferences {
        language: Language::Chinese,
        ..Preferences::default()
    };
    let server = FakeServer::signed_in().with_preferences(preferences);
    let (_, html) = page(server, "/").await;
    let (_, starters) = html.split_once("class=\"starters").unwrap();
    let (starters, _) = starters.split_once("</ul>").unwrap();
    assert_eq!(
        starters.matches("class=\"starter\"").count(),
        2,
        "{starters}"
    );
    assert!(starters.contains(">写周报<"), "{starters}");
    assert!(starters.contains("看看&lt;/title&gt;"), "{starters}");
    assert!(!starters.contains("<small"), "{starters}");
}

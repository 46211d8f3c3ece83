//! What works in a browser that runs no script: links, and forms that are posted with what belongs
//! to them alone.

use hearth_app::model::{ChatError, Refusal};
use server_fn::error::ServerFnUrlError;

use crate::{
    conversation,
    fake::{CONVERSATION, FakeServer},
    page,
};

#[tokio::test]
async fn a_conversation_is_complete_without_script_and_its_answers_are_sent_once() {
    let html = conversation().await;
    for once in [
        "<p>first block</p>",
        "<p>second block</p>",
        "a question of a person",
    ] {
        assert_eq!(html.matches(once).count(), 1, "{once}");
    }
    assert!(html.contains("<p>growing"), "the pending block is shown");
    assert!(
        html.contains("http-equiv=\"refresh\""),
        "a running turn refreshes without script"
    );
    for action in [
        "send_message",
        "stop_turn",
        "regenerate",
        "delete_conversation",
        "create_export",
        "set_theme",
        "set_language",
        "sign_out",
    ] {
        assert!(
            html.contains(&format!("action=\"/api/{action}\"")),
            "{action}"
        );
    }
}

#[tokio::test]
async fn a_row_is_a_link_and_a_button_that_asks_for_its_forms_without_script() {
    let html = conversation().await;
    let (_, list) = html.split_once("id=\"conversations\"").unwrap();
    let (tag, list) = list.split_once('>').unwrap();
    assert!(tag.contains("method=\"get\"") && tag.contains("action=\"#sidebar\""));
    let (_, row) = list.split_once("<li").unwrap();
    let (row, _) = row.split_once("</li>").unwrap();
    assert!(
        row.contains(&format!("name=\"menu\" value=\"{CONVERSATION}\"")),
        "{row}"
    );
    // What stays above the button reads what it opens, not one of the entries.
    let menu = "title=\"Menu\"";
    assert_eq!(row.matches(menu).count(), 1, "{row}");
    assert!(!row.contains("title=\"Rename"), "{row}");
    // Closed menus of rows were most of a long list.
    assert!(!row.contains("<form") && !row.contains("tabindex"), "{row}");
    assert!(!html.contains("action=\"/api/rename_conversation\""));
    let path = format!("/c/{CONVERSATION}?menu={CONVERSATION}");
    let (status, html) = page(FakeServer::signed_in(), &path).await;
    assert_eq!(status, 200);
    let (_, forms) = html.split_once("class=\"row-forms\"").unwrap();
    let (forms, _) = forms.split_once("</section>").unwrap();
    let actions = [
        "rename_conversation",
        "arrange_conversations",
        "delete_conversation",
    ];
    for action in actions {
        assert!(
            forms.contains(&format!("action=\"/api/{action}\"")),
            "{forms}"
        );
    }
    let count = forms.matches(CONVERSATION).count();
    assert_eq!(count, actions.len(), "{forms}");
}

#[tokio::test]
async fn every_form_post_has_its_own_key() {
    let key = |html: &str| {
        let (_, after) = html.split_once("name=\"key\"").unwrap();
        let (_, value) = after.split_once("value=\"").unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let (first, second) = (key(&conversation().await), key(&conversation().await));
    assert_eq!(first.len(), 36);
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_form_post_answers_the_last_message_that_is_shown() {
    let html = conversation().await;
    let (_, last) = html.rsplit_once("id=\"message-").unwrap();
    let (last, _) = last.split_once('"').unwrap();
    let (_, after) = html.split_once("name=\"parent\"").unwrap();
    assert!(
        after.starts_with(&format!(" value=\"{last}\"")),
        "{after:.80}"
    );
}

#[tokio::test]
async fn what_a_conversation_wants_stands_beside_the_box_and_is_no_field_of_its_form() {
    let chips = |html: &str| {
        let (_, chips) = html.split_once("class=\"composer-tools").unwrap();
        chips.split_once("</form>").unwrap().0.to_owned()
    };
    let (_, html) = page(FakeServer::signed_in(), "/").await;
    let usual = chips(&html);
    assert!(usual.contains("value=\"low\" selected"), "{usual}");
    let shown = chips(&conversation().await);
    assert!(shown.contains("value=\"high\" selected"), "{shown}");
    for chips in [usual, shown] {
        assert_eq!(chips.matches(" selected").count(), 1, "{chips}");
        assert!(!chips.contains(" checked"), "{chips}");
        assert!(!chips.contains(" name="), "{chips}");
    }
}

#[tokio::test]
async fn files_are_added_with_script_only_and_no_form_sends_them() {
    let (_, html) = page(FakeServer::signed_in(), "/").await;
    let (_, button) = html.split_once("add-files").unwrap();
    assert!(button.starts_with(" needs-script\""), "{button}");
    let (_, input) = button.split_once("<input").unwrap();
    let (input, _) = input.split_once('>').unwrap();
    assert!(input.contains("type=\"file\""), "{input}");
    assert!(!input.contains(" name="), "{input}");
}

#[tokio::test]
async fn what_is_asked_before_a_message_goes_opens_without_script() {
    let html = conversation().await;
    let (_, button) = html.split_once("class=\"message-delete\"").unwrap();
    let (_, target) = button.split_once("popovertarget=\"").unwrap();
    let (target, panel) = target.split_once('"').unwrap();
    assert!(panel.contains(&format!("id=\"{target}\"")), "{target}");
    assert!(html.contains("action=\"/api/delete_message\""));
}

#[tokio::test]
async fn an_error_of_a_form_post_is_shown_in_its_place() {
    let error = ChatError::Invalid(Refusal::MessageEmpty);
    let url = ServerFnUrlError::new("/api/send_message", error)
        .to_url("http://h/")
        .unwrap();
    let path = format!("/?{}", url.query().unwrap());
    let (status, html) = page(FakeServer::signed_in(), &path).await;
    assert_eq!(status, 200);
    assert!(html.contains("role=\"alert\""));
    assert!(html.contains("The message is empty"));
}

#[tokio::test]
async fn every_setting_works_as_a_plain_form_and_says_what_was_saved() {
    let (status, html) = page(FakeServer::signed_in(), "/settings?saved=theme").await;
    assert_eq!(status, 200);
    for action in ["set_language", "set_theme", "set_single_keys"] {
        assert!(
            html.contains(&format!("action=\"/api/{action}\"")),
            "{action}"
        );
    }
    assert_eq!(
        without_scripts(&html).matches(">Saved").count(),
        1,
        "{html}"
    );
    let (_, html) = page(FakeServer::signed_in(), "/settings/account").await;
    for action in ["change_password", "end_session", "end_other_sessions"] {
        assert!(
            html.contains(&format!("action=\"/api/{action}\"")),
            "{action}"
        );
    }
    assert!(html.contains("Firefox on Linux") && html.contains("This browser"));
}

/// A page without what its script begins with.
fn without_scripts(html: &str) -> String {
    let parts = html
        .split("<script")
        .map(|part| match part.split_once("</script>") {
            Some((_, after)) => after,
            None => part,
        });
    parts.collect()
}

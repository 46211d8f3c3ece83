//! Pages as the server renders them, with a service that only remembers what it is told.

#[path = "pages/fake.rs"]
mod fake;
#[path = "pages/fake_administration.rs"]
mod fake_administration;

use axum::{Router, body::Body, http::Request};
use fake::{CONVERSATION, FakeServer};
use tower::ServiceExt;

/// Status and body of a page.
async fn page(server: FakeServer, path: &str) -> (u16, String) {
    let router: Router = server.router();
    let request = Request::get(path).header("accept", "text/html");
    let request = request.body(Body::empty()).expect("a request");
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .expect("a whole body");
    (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

async fn conversation() -> String {
    let (status, html) = page(FakeServer::signed_in(), &format!("/c/{CONVERSATION}")).await;
    assert_eq!(status, 200);
    html
}

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
async fn the_header_tells_the_model_and_only_administrators_of_a_demonstration() {
    let html = conversation().await;
    assert!(
        html.contains("SmolLM2-135M-Instruct, loading 40%"),
        "{html}"
    );
    assert!(html.contains("SmolLM2-135M-Instruct is loading: 40%"));
    assert!(html.contains("class=\"dot burning\""));
    assert!(html.contains("demonstration model"));
    let (_, html) = page(FakeServer::signed_in().demoted(), "/").await;
    assert!(html.contains("SmolLM2-135M-Instruct, loading 40%"));
    assert!(!html.contains("demonstration model") && !html.contains("href=\"/admin"));
}

#[tokio::test]
async fn the_way_home_has_the_flame_and_the_name() {
    let html = conversation().await;
    let (_, brand) = html.split_once("class=\"sidebar-brand\"").unwrap();
    let (link, _) = brand.split_once("</a>").unwrap();
    for part in ["href=\"/\"", "class=\"flame\"", ">Hearth<"] {
        assert!(link.contains(part), "{part}: {link}");
    }
}

#[tokio::test]
async fn what_a_model_is_called_and_how_large_it_is_are_two_things() {
    let (status, html) = page(FakeServer::signed_in(), "/admin/models").await;
    assert_eq!(status, 200);
    // Marks between pieces of text are for the program of the page.
    let html = html.replace("<!>", "");
    let told = "<bdi>tiny-Q4_1.gguf</bdi>, <span class=\"nowrap\">98.4 MB</span>";
    assert!(html.contains(told), "{html}");
}

#[tokio::test]
async fn titles_and_texts_of_people_cannot_leave_their_element() {
    let html = conversation().await;
    assert!(
        !html.contains(fake::HOSTILE),
        "hostile text stands unescaped in the page"
    );
    assert!(html.contains("&lt;script&gt;") || html.contains("&lt;script>"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_made_at_the_same_time_have_each_their_own_title() {
    let pages = (0..400).map(|number| {
        let title = format!("title {number}");
        tokio::spawn(async move {
            let server = FakeServer::signed_in().with_title(title.clone());
            let (_, html) = page(server, &format!("/c/{CONVERSATION}")).await;
            (title, html)
        })
    });
    for page in pages.collect::<Vec<_>>() {
        let (title, html) = page.await.expect("a page");
        let (_, after) = html.split_once("<title>").unwrap();
        let (shown, _) = after.split_once("</title>").unwrap();
        assert_eq!(shown, format!("{title} · Hearth"));
    }
}

#[tokio::test]
async fn no_style_attribute_and_no_text_in_the_text_box() {
    let html = conversation().await;
    assert!(!html.contains(" style="));
    let (_, after) = html.split_once("<textarea").unwrap();
    let (_, content) = after.split_once('>').unwrap();
    assert!(content.starts_with("</textarea>"), "{}", &content[..40]);
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

#[tokio::test]
async fn what_is_not_there_is_answered_with_404() {
    let nowhere = "/c/00000000-0000-7000-8000-00000000ffff";
    for path in ["/nowhere", "/c/nonsense", nowhere] {
        let (status, html) = page(FakeServer::signed_in(), path).await;
        assert_eq!(status, 404, "{path}");
        assert!(html.contains("Not found"), "{path}");
        if path.starts_with("/c/") {
            assert!(html.contains("class=\"flame out\""), "{path}");
            assert!(!html.contains("class=\"starter"), "{path}");
        }
    }
    let (_, html) = page(FakeServer::signed_in(), "/nowhere").await;
    for part in [
        "This page does not exist.",
        "flame out",
        "href=\"/\"",
        "href=\"/settings\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

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
    use hearth_app::model::{Language, Preferences};
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
    use hearth_app::model::{ChatError, Refusal};
    use server_fn::error::ServerFnUrlError;
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
async fn a_page_is_in_the_language_and_the_theme_that_the_server_decided() {
    use hearth_app::model::{Language, Preferences, SidebarForm, SidebarWidth, SingleKeys, Theme};
    let preferences = Preferences {
        language: Language::Chinese,
        chosen_language: Some(Language::Chinese),
        theme: Theme::Dark,
        sidebar: Some(SidebarForm::Rail),
        sidebar_width: SidebarWidth::MOST,
        single_keys: SingleKeys::Off,
    };
    let server = FakeServer::signed_in().with_preferences(preferences);
    let (_, html) = page(server, &format!("/c/{CONVERSATION}")).await;
    let (tag, _) = html.split_once("<head>").unwrap();
    for attribute in [
        "lang=\"zh-CN\"",
        "dir=\"ltr\"",
        "data-theme=\"dark\"",
        "data-sidebar=\"rail\"",
        "data-side-width=\"400\"",
        "data-single-keys=\"off\"",
        "data-language=\"zh-CN\"",
    ] {
        assert!(tag.contains(attribute), "{tag}");
    }
    for words in [
        "新对话",
        "今天",
        "重新生成",
        "2026年11月24日 06:30",
        "退出登录",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert!(html.contains("<meta name=\"color-scheme\" content=\"dark\">"));
    assert!(html.contains("aria-valuenow=\"400\""), "{html}");
    let (_, english) = page(FakeServer::signed_in(), "/").await;
    let (tag, _) = english.split_once("<head>").unwrap();
    assert!(tag.contains("lang=\"en\""), "{tag}");
    for unsaid in [
        "data-theme",
        "data-sidebar",
        "data-side-width",
        "data-single-keys",
    ] {
        assert!(!tag.contains(unsaid), "{tag}");
    }
    assert!(english.contains("aria-valuenow=\"272\""), "{english}");
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

#[tokio::test]
async fn days_between_messages_are_named_as_people_say_them_and_dated_on_paper() {
    let html = conversation().await;
    let lines: Vec<_> = html.split("class=\"day\">").skip(1).collect();
    let days = [
        ("22 November", "22 November 2026"),
        ("Yesterday", "23 November 2026"),
        ("Today", "24 November 2026"),
    ];
    assert_eq!(lines.len(), days.len(), "{html}");
    for (line, (said, dated)) in lines.iter().zip(days) {
        let (line, _) = line.split_once("</p>").unwrap();
        // Marks between pieces of text are for the program of the page.
        let line = line.replace("<!>", "");
        let expected = format!("<span>{said}</span><span class=\"on-paper\">{dated}</span>");
        assert_eq!(line, expected);
    }
}

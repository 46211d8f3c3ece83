//! Pages as the server renders them, with a service that only remembers what it is told.

#[path = "pages/door.rs"]
mod door;
#[path = "pages/empty_page.rs"]
mod empty_page;
#[path = "pages/fake.rs"]
mod fake;
#[path = "pages/fake_administration.rs"]
mod fake_administration;
#[path = "pages/fake_personal.rs"]
mod fake_personal;
#[path = "pages/sub_path.rs"]
mod sub_path;
#[path = "pages/without_script.rs"]
mod without_script;

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

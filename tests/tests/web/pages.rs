//! Every page: its security policy, and what it contains without script.

use anyhow::Result;
use hearth_app::model::SettingName;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, save_setting, send_and_wait},
    web_client::{Answer, WebClient},
};
use reqwest::Method;

/// The nonce that the policy allows.
fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let (_, rest) = policy.split_once("'nonce-").expect(policy);
    let (nonce, _) = rest.split_once('\'').expect(policy);
    nonce.to_owned()
}

fn assert_is_guarded(path: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy");
    for rule in [
        "default-src 'none'",
        "'wasm-unsafe-eval'",
        "style-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{path}: {rule} is not in {policy}");
    }
    assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
    assert!(!policy.contains("'unsafe-eval'"), "{path}: {policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    assert!(!answer.header("referrer-policy").is_empty(), "{path}");
}

/// Every script of the page carries the nonce; nothing carries a style or a handler.
fn assert_nothing_is_inline(path: &str, answer: &Answer) {
    let page = answer.text();
    let nonce = nonce(answer);
    for script in page.split("<script").skip(1) {
        let (tag, _) = script.split_once('>').expect("a script tag ends");
        let is_allowed = tag.contains(&format!("nonce=\"{nonce}\"")) || tag.contains("src=\"/");
        assert!(is_allowed, "{path}: <script{tag}>");
    }
    assert!(!page.contains("<style"), "{path} has a style element");
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or((tag, ""));
        assert!(!tag.contains(" style="), "{path}: <{tag}>");
        assert!(!tag.contains(" onclick="), "{path}: <{tag}>");
    }
}

async fn check(client: &WebClient, path: &str, status: u16) -> Result<Answer> {
    let answer = client.get(path).await?;
    assert_eq!(answer.status, status, "{path}: {}", answer.text());
    assert!(
        answer.header("content-type").starts_with("text/html"),
        "{path}"
    );
    assert_is_guarded(path, &answer);
    assert_nothing_is_inline(path, &answer);
    Ok(answer)
}

#[tokio::test]
async fn every_page_has_a_policy_with_a_fresh_nonce_and_nothing_inline() -> Result<()> {
    let answer = "Code:\n\n```rust\nfn main() { println!(\"<b>\"); }\n```\n\n$x^2$ and **bold**.";
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![answer.to_owned()])).await?;
    let turn = send_and_wait(&ada, None, "<script>alert(1)</script>").await?;
    let conversation = format!("/c/{}", turn.conversation.id);
    let anonymous = server.client()?;
    let mut nonces = Vec::new();
    for (client, path, status) in [
        (&anonymous, "/sign-in", 200),
        (&ada, "/", 200),
        (&ada, conversation.as_str(), 200),
        (&ada, "/no-such-page", 404),
        (&ada, "/c/00000000-0000-7000-8000-000000000000", 404),
    ] {
        let answer = check(client, path, status).await?;
        nonces.push(nonce(&answer));
    }
    let count = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), count, "every answer has its own nonce");
    Ok(())
}

#[tokio::test]
async fn an_empty_page_offers_what_the_administrator_wrote_in_its_language() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let lines = "写周报\n<b>看看</b>";
    save_setting(&ada, SettingName::StartersZh, lines).await??;
    let english = ada.get("/").await?.text();
    assert!(english.contains("Make this text clearer"), "{english}");
    assert!(!english.contains("写周报"), "{english}");
    let request = ada.request(Method::GET, "/").header("accept", "text/html");
    let chinese = ada.send(request.header("accept-language", "zh-CN")).await?;
    let chinese = chinese.text();
    assert_eq!(chinese.matches("class=\"starter\"").count(), 2, "{chinese}");
    assert!(chinese.contains(">写周报<"), "{chinese}");
    assert!(chinese.contains(">&lt;b&gt;看看&lt;/b&gt;<"), "{chinese}");
    assert!(!chinese.contains("<b>看看"), "{chinese}");
    Ok(())
}

#[tokio::test]
async fn the_set_up_page_is_guarded_too() -> Result<()> {
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let path = format!("/set-up?token={}", server.set_up_token());
    let page = check(&server.client()?, &path, 200).await?.text();
    assert!(page.contains("name=\"password\""), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_conversation_is_readable_without_script_and_shows_text_as_text() -> Result<()> {
    let model = ScriptedModel::new(vec!["<img src=x onerror=alert(1)> **bold**".to_owned()]);
    let (_server, ada) = RunningServer::start(model).await?;
    let question = "</textarea><script>alert('hi')</script>";
    let turn = send_and_wait(&ada, None, question).await?;
    let page = ada
        .get(&format!("/c/{}", turn.conversation.id))
        .await?
        .text();
    assert!(page.contains("<strong>bold</strong>"), "{page}");
    assert!(page.contains("&lt;/textarea&gt;&lt;script&gt;"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(!page.contains("<img src=x"), "{page}");
    Ok(())
}

#[tokio::test]
async fn scripts_and_styles_are_cached_for_good_and_come_compressed() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ada.get("/").await?.text();
    let mut assets: Vec<&str> = page
        .split('"')
        .filter(|part| part.starts_with("/pkg/"))
        .collect();
    assets.sort_unstable();
    assets.dedup();
    assert!(
        assets
            .iter()
            .any(|it| it.split('.').next_back() == Some("css")),
        "{assets:?}"
    );
    assert!(
        assets
            .iter()
            .any(|it| it.split('.').next_back() == Some("js")),
        "{assets:?}"
    );
    for path in assets {
        let client = server.client()?;
        let request = client
            .request(Method::GET, path)
            .header("accept-encoding", "br, gzip");
        let answer = client.send(request).await?;
        assert_eq!(answer.status, 200, "{path}");
        assert!(
            answer.header("cache-control").contains("immutable"),
            "{path}"
        );
        assert_eq!(answer.header("content-encoding"), "br", "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn only_pages_of_sections_load_the_style_sheet_of_sections() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let stranger = server.client()?;
    for (client, path, loads) in [
        (&ada, "/", false),
        (&stranger, "/sign-in", false),
        (&ada, "/settings", true),
        (&ada, "/admin/people", true),
    ] {
        let page = client.get(path).await?.text();
        assert_eq!(page.contains("-sections.css\""), loads, "{path}: {page}");
    }
    Ok(())
}

#[tokio::test]
async fn who_reads_pages_is_told_in_words_and_a_program_in_json() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let missing = "/exports/0192f0c1-2f3a-7000-8000-000000000001";
    let too_long = [("text", "a".repeat(hearth_server::http::MAX_BODY_BYTES))];
    let ask = |accepted: &'static str| {
        let asked = [
            ada.request(Method::GET, missing),
            ada.form("/api/send_message", &too_long),
        ];
        asked.map(|request| {
            request
                .header("accept", accepted)
                .header("accept-language", "zh-CN")
        })
    };
    let statuses = [404, 413];
    let sentences = ["内容不存在。", "内容过长"];
    for ((request, status), sentence) in ask("text/html").into_iter().zip(statuses).zip(sentences) {
        let answer = ada.send(request).await?;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        let html = answer.text();
        assert!(
            html.contains(sentence) && html.contains("lang=\"zh-CN\""),
            "{html}"
        );
    }
    for (request, status) in ask("application/json").into_iter().zip(statuses) {
        let answer = ada.send(request).await?;
        assert_eq!(answer.status, status);
        assert!(
            answer.header("content-type").ends_with("json"),
            "{answer:?}"
        );
    }
    Ok(())
}

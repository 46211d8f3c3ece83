//! Sharing without script: what is told before, forms, and the copy.

use anyhow::{Context as _, Result};
use hearth_app::model::SettingName;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    database,
    running_server::{RunningServer, save_setting, send_and_wait},
    web_client::{Answer, WebClient, attribute_after},
};
use reqwest::Method;

const HOSTILE: &str = "</div><script>alert(1)</script> & more";
const ANSWER: &str = "Look:\n\n```rust\nfn main() {}\n```\n";

/// Where an answer leads, without the host.
fn location(answer: &Answer) -> &str {
    let location = answer.header("location");
    let host = location.split_once("//").map_or("", |(_, rest)| rest);
    host.find('/').map_or(location, |slash| &host[slash..])
}

async fn in_chinese(client: &WebClient, path: &str) -> Result<String> {
    let request = client.request(Method::GET, path);
    let request = request.header("accept", "text/html");
    let request = request.header("accept-language", "zh-CN");
    Ok(client.send(request).await?.text())
}

#[tokio::test]
async fn what_a_copy_holds_is_told_before_it_is_made_and_it_is_one_form() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![ANSWER.into()])).await?;
    let carl = server.add_user("Carl <b>").await?;
    let turn = send_and_wait(&ada, None, HOSTILE).await?;
    let path = format!("/c/{}/share", turn.conversation.id);
    let chat = ada.get(&format!("/c/{}", turn.conversation.id)).await?;
    assert!(chat.text().contains(&format!("href=\"{path}\"")));
    let page = ada.get(&path).await?.text();
    assert!(!page.contains("<script>alert"), "{page}");
    let said = page.replace("<!>", "");
    assert!(
        said.contains("2 messages, of the branch that is shown"),
        "{said}"
    );
    assert!(!said.contains("name=\"reasoning\""), "nothing was thought");
    assert!(!said.contains("Carl <b>"), "{said}");
    assert!(in_chinese(&ada, &path).await?.contains("副本包含"));

    let fields = [
        (
            "id",
            attribute_after(&page, "name=\"id\"", "value")?.to_owned(),
        ),
        ("audience", "named".to_owned()),
        ("readers[3]", "Carl <b>".to_owned()),
    ];
    let shared = ada.submit_form("/api/share_conversation", &fields).await?;
    let copy = location(&shared).to_owned();
    assert!(copy.starts_with("/s/"), "{copy}");
    let page = ada.get(&copy).await?.text();
    assert!(page.contains("action=\"/api/revoke_share\""), "{page}");
    let page = carl.get(&copy).await?.text();
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("class=\"code-block"), "{page}");
    assert!(!page.contains("action=\"/api/revoke_share\""), "{page}");
    assert!(
        in_chinese(&carl, &copy)
            .await?
            .contains("这是对话在当时的副本")
    );

    let fields = ["id", "key"].map(|name| {
        let marker = format!("name=\"{name}\"");
        let value = attribute_after(&page, &marker, "value").unwrap_or_default();
        (name, value.to_owned())
    });
    let own = carl.submit_form("/api/continue_shared", &fields).await?;
    assert!(location(&own).starts_with("/c/"), "{}", location(&own));
    let listed = carl.get("/settings/shared").await?.text();
    assert!(listed.contains(&format!("href=\"{copy}\"")), "{listed}");
    let id = copy.strip_prefix("/s/").context("an id")?.to_owned();
    let revoked = ada.submit_form("/api/revoke_share", &[("id", id)]).await?;
    assert_eq!(location(&revoked), "/settings/shared");
    assert_eq!(carl.get(&copy).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn what_a_model_thought_is_in_a_copy_only_if_that_is_chosen() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![ANSWER.into()])).await?;
    let turn = send_and_wait(&ada, None, "Hello?").await?;
    database::add_reasoning(&server.database(), turn.assistant_message.id, "I wonder.").await?;
    let id = turn.conversation.id.to_string();
    let page = ada.get(&format!("/c/{id}/share")).await?.text();
    assert!(page.contains("name=\"reasoning\""), "{page}");
    for is_chosen in [false, true] {
        let mut fields = vec![("id", id.clone()), ("audience", "everybody".to_owned())];
        fields.extend(is_chosen.then(|| ("reasoning", "true".to_owned())));
        let shared = ada.submit_form("/api/share_conversation", &fields).await?;
        let copy = ada.get(location(&shared)).await?.text();
        assert_eq!(copy.contains("I wonder."), is_chosen, "{copy}");
    }
    Ok(())
}

#[tokio::test]
async fn a_copy_that_is_refused_says_why_where_its_form_stands() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec![ANSWER.into()])).await?;
    let turn = send_and_wait(&ada, None, "Hello?").await?;
    let path = format!("/c/{}/share", turn.conversation.id);
    let fields = [
        ("id", turn.conversation.id.to_string()),
        ("audience", "named".to_owned()),
    ];
    let form = ada.form("/api/share_conversation", &fields);
    let referer = format!("{}{path}", ada.base_url());
    let form = form
        .header("referer", referer)
        .header("accept", "text/html");
    let refused = ada.send(form).await?;
    let address = location(&refused).to_owned();
    assert!(address.starts_with(&path), "{address}");
    let page = ada.get(&address).await?.text();
    assert!(page.contains("Choose at least one person"), "{page}");

    save_setting(&ada, SettingName::Sharing, "no").await??;
    let page = ada.get(&path).await?.text();
    assert!(page.contains("turned sharing off"), "{page}");
    assert!(!page.contains("/api/share_conversation"), "{page}");
    Ok(())
}

//! What another site may not do in a visitor's name.

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, conversations, new_key},
    web_client::{WebClient, function_path},
};

async fn status_of_send(client: &WebClient, headers: &[(&str, &str)]) -> Result<u16> {
    let fields = [("text", "Hello".to_owned()), ("key", new_key().to_string())];
    let mut request = client.form(&function_path("send_message"), &fields);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(client.send(request).await?.status)
}

#[tokio::test]
async fn a_post_from_another_site_is_refused() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for headers in [
        [("sec-fetch-site", "cross-site")].as_slice(),
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[
            ("origin", "http://hearth.lan:8080"),
            ("host", "hearth.lan:8081"),
        ],
        // The path of a page that was tricked into posting to itself does not help.
        &[
            ("origin", "http://hearth.lan.evil.example"),
            ("host", "hearth.lan"),
        ],
    ] {
        assert_eq!(status_of_send(&ada, headers).await?, 403, "{headers:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_post_from_the_own_page_is_accepted_on_a_plain_local_network_too() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let own = server.base_url();
    for headers in [
        [("sec-fetch-site", "same-origin")].as_slice(),
        &[("origin", own)],
        // Browsers send no Sec-Fetch-Site to plain addresses other than this machine.
        &[
            ("origin", "http://192.168.1.7:8080"),
            ("host", "192.168.1.7:8080"),
        ],
        &[
            ("origin", "http://hearth.lan:8080"),
            ("host", "hearth.lan:8080"),
        ],
        // A program, not a browser.
        &[],
    ] {
        assert_eq!(status_of_send(&ada, headers).await?, 200, "{headers:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_post_says_why() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let request = ada
        .form(&function_path("conversations"), &[])
        .header("origin", "https://evil.example");
    let answer = ada.send(request).await?;
    assert_eq!(answer.status, 403);
    assert!(!answer.text().trim().is_empty(), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn reading_a_server_function_by_get_changes_nothing() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let path = format!("/api/send_message?text=Hello&key={}", new_key());
    let answer = ada.get(&path).await?;
    assert!(matches!(answer.status, 404 | 405), "{answer:?}");
    assert_eq!(conversations(&ada).await?, []);
    Ok(())
}

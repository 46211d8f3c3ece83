//! What operators ask: models, health, metrics, the description.

use std::time::Duration;

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::{ApiClient, question},
    deadline::eventually,
    metrics::Metrics,
    running_server::{RunningServer, send},
};
use serde_json::{Value, json};

use super::{CHAT, start};

#[tokio::test]
async fn the_model_is_listed_and_found_by_its_name() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let listed: Value = serde_json::from_slice(&program.get("/v1/models").await?.body)?;
    assert_eq!(listed["object"], "list");
    let model = &listed["data"][0];
    assert!(
        model["created"]
            .as_i64()
            .is_some_and(|it| it > 1_700_000_000)
    );
    let expected = json!({
        "id": "scripted", "object": "model", "created": model["created"],
        "owned_by": "hearth", "max_model_len": 8192,
    });
    assert_eq!(*model, expected);
    let one: Value = serde_json::from_slice(&program.get("/v1/models/scripted").await?.body)?;
    assert_eq!(one, expected);
    let health = program.get("/health").await?;
    assert_eq!(health.text(), r#"{"status":"ok"}"#);
    Ok(())
}

#[tokio::test]
async fn metrics_count_what_was_answered() -> Result<()> {
    let (server, _ada, program) = start("Good morning!").await?;
    program.ask(CHAT, &question("Hello")).await?;
    program.post(CHAT, &json!({})).await?;
    let text = server.watcher()?.get("/metrics").await?.text();
    for line in [
        "hearth_completion_tokens_total 13",
        "hearth_prompt_tokens_total 24",
        "hearth_model_ready 1",
        "hearth_preemptions_total 0",
        "hearth_running_sequences 0",
        "hearth_waiting_sequences 0",
        "hearth_cache_blocks_used 0",
        "hearth_time_to_first_token_seconds_count 1",
        r#"hearth_api_requests_total{path="/v1/chat/completions",status="200"} 1"#,
        r#"hearth_api_requests_total{path="/v1/chat/completions",status="400"} 1"#,
    ] {
        assert!(
            text.lines().any(|it| it == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(text.trim_end().ends_with("# EOF"));
    Ok(())
}

#[tokio::test]
async fn metrics_count_the_answers_of_the_page_too() -> Result<()> {
    let (server, ada, _program) = start("Good morning!").await?;
    send(&ada, None, "Hello").await??;
    let patience = Duration::from_secs(5);
    eventually("the answer is counted", patience, async || {
        let metrics = Metrics::read(&server.watcher()?).await?;
        let found = [
            metrics.value("hearth_completion_tokens_total")?,
            metrics.value("hearth_time_to_first_token_seconds_count")?,
        ];
        Ok((found == [13, 1]).then_some(()))
    })
    .await
}

#[tokio::test]
async fn metrics_and_description_are_for_administrators_and_an_address_of_this_machine()
-> Result<()> {
    let (server, _ada, program) = start("Hi.").await?;
    let carl = server.add_user("Carl").await?;
    let others = ApiClient::of(&server, &carl).await?;
    let (stranger, watcher) = (server.client()?, server.watcher()?);
    for path in ["/metrics", "/v1/openapi.json"] {
        assert_eq!(program.get(path).await?.status, 200, "{path}");
        assert_eq!(others.get(path).await?.status, 403, "{path}");
        assert_eq!(stranger.get(path).await?.status, 401, "{path}");
        assert_eq!(watcher.get(path).await?.status, 200, "{path}");
        // A proxy that leads there opens nothing, nor does a page with a name of its own.
        for (name, value) in [
            ("x-forwarded-for", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1"),
            ("host", "evil.example"),
        ] {
            let request = watcher.request(reqwest::Method::GET, path);
            let answer = watcher.send(request.header(name, value)).await?;
            assert_eq!(answer.status, 401, "{path} {name}");
        }
    }
    // Nothing else is there.
    for path in ["/", "/sign-in", "/v1/models", "/readyz"] {
        assert_eq!(watcher.get(path).await?.status, 404, "{path}");
    }
    assert_eq!(watcher.get("/health").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn metrics_want_a_key_from_everywhere_unless_the_operator_names_an_address() -> Result<()> {
    let model = ScriptedModel::new(Vec::new());
    let (server, _ada) = RunningServer::start_configured(model, |config| {
        config.server.metrics_listen = String::new();
        config.server.trusted_proxies = serde_json::from_str("[\"127.0.0.1\"]").unwrap_or_default();
    })
    .await?;
    assert!(server.watcher().is_err());
    let stranger = server.client()?;
    for headers in [None, Some(("x-forwarded-for", "127.0.0.1"))] {
        let mut request = stranger.request(reqwest::Method::GET, "/metrics");
        if let Some((name, value)) = headers {
            request = request.header(name, value);
        }
        assert_eq!(stranger.send(request).await?.status, 401, "{headers:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_description_knows_every_field_of_a_chat() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let document: Value = serde_json::from_slice(&program.get("/v1/openapi.json").await?.body)?;
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|it| it.starts_with("3."))
    );
    let schemas = document["components"]["schemas"].to_string();
    for field in [
        "messages",
        "temperature",
        "logit_bias",
        "stop_token_ids",
        "response_format",
        "tool_choice",
        "reasoning_content",
        "cached_tokens",
        "include_usage",
    ] {
        assert!(schemas.contains(&format!("\"{field}\"")), "{field}");
    }
    Ok(())
}

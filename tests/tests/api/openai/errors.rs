//! What is wrong, told as OpenAI tells it: never 500.

use std::time::Duration;

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::{ApiClient, question, with},
    running_server::RunningServer,
    web_client::Answer,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{CHAT, COMPLETIONS, start, start_with};

/// The error of an answer, which has exactly the four fields.
fn error(answer: &Answer) -> Value {
    let body: Value = serde_json::from_slice(&answer.body)
        .unwrap_or_else(|error| panic!("{}: {error}", answer.text()));
    let error = body["error"].clone();
    let mut fields: Vec<&String> = error.as_object().expect("an object").keys().collect();
    fields.sort();
    assert_eq!(fields, ["code", "message", "param", "type"], "{error}");
    assert!(error["message"].as_str().is_some_and(|it| !it.is_empty()));
    error
}

/// Fields and what they cannot be.
fn wrong_messages_and_sampling() -> Vec<(&'static str, Value)> {
    vec![
        ("messages", json!([])),
        ("messages", json!("Hello")),
        ("messages", json!([1])),
        (
            "messages[0].role",
            json!([{"role": "king", "content": "a"}]),
        ),
        ("messages[0].content", json!([{"role": "user"}])),
        (
            "messages[0].content",
            json!([{"role": "user", "content": 5}]),
        ),
        (
            "messages[0].content",
            json!([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]),
        ),
        (
            "messages[0].role",
            json!([{"role": "tool", "content": "a", "tool_call_id": "b"}]),
        ),
        ("temperature", json!(-0.1)),
        ("temperature", json!(2.1)),
        ("temperature", json!(1e300)),
        ("temperature", json!("hot")),
        ("top_p", json!(0)),
        ("top_p", json!(1.5)),
        ("top_k", json!(-2)),
        ("top_k", json!(0.5)),
        ("min_p", json!(2)),
        ("seed", json!("a")),
        ("frequency_penalty", json!(3)),
        ("presence_penalty", json!(-3)),
        ("repetition_penalty", json!(0)),
        ("logit_bias", json!([1])),
        ("logit_bias", json!({"word": 1})),
        ("logit_bias", json!({"300": 1})),
        ("logit_bias", json!({"-1": 1})),
        ("logit_bias", json!({"65": 101})),
    ]
}

/// A format of this schema.
fn schema(schema: &Value) -> Value {
    json!({"type": "json_schema", "json_schema": {"name": "a", "schema": schema}})
}

/// The others.
fn wrong_ends_and_shapes() -> Vec<(&'static str, Value)> {
    vec![
        ("stop", json!(5)),
        ("stop", json!(["a", 5])),
        ("stop", json!(vec!["a"; 17])),
        ("stop_token_ids", json!([258])),
        ("stop_token_ids", json!([-1])),
        ("max_tokens", json!(-1)),
        ("max_tokens", json!(0)),
        ("max_tokens", json!("many")),
        ("max_tokens", json!(1.5)),
        ("min_tokens", json!(-1)),
        ("n", json!(0)),
        ("n", json!(-1)),
        ("n", json!(3)),
        ("n", json!(1000)),
        ("logprobs", json!(5)),
        ("top_logprobs", json!(2)),
        ("stream", json!("yes")),
        ("stream_options", json!({"include_usage": true})),
        ("response_format", json!("json")),
        ("response_format.type", json!({"type": "xml"})),
        (
            "response_format.json_schema",
            json!({"type": "json_schema"}),
        ),
        (
            "response_format.json_schema.schema",
            json!({"type": "json_schema", "json_schema": {"name": "a", "schema": 5}}),
        ),
        ("response_format", schema(&json!({"type": "wish"}))),
        ("response_format", schema(&json!({"pattern": 7}))),
        ("tools", json!("a")),
        (
            "tools",
            json!([{"type": "function", "function": {"name": "f"}}]),
        ),
        ("tool_choice", json!("required")),
        ("tool_choice", json!("sometimes")),
        ("reasoning_effort", json!("enormous")),
        ("model", json!(5)),
        ("ignore_eos", json!(1)),
    ]
}

#[tokio::test]
async fn a_field_that_is_wrong_is_named() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let wrong = wrong_messages_and_sampling().into_iter();
    for (field, wrong) in wrong.chain(wrong_ends_and_shapes()) {
        let name = field.split(['.', '[']).next().unwrap_or_default();
        let request = with(question("Hello"), name, wrong.clone());
        let answer = program.post(CHAT, &request).await?;
        assert_eq!(answer.status, 400, "{field} {wrong}: {}", answer.text());
        if name != "stream" && name != "stream_options" {
            let streamed = program.post(CHAT, &with(request, "stream", true)).await?;
            assert_eq!(streamed.status, 400, "{field} {wrong} in a stream");
        }
        let error = error(&answer);
        assert_eq!(error["type"], "invalid_request_error");
        let param = error["param"].as_str().unwrap_or_default();
        let is_named = param == field || param.starts_with(&format!("{name}["));
        assert!(is_named, "{field} {wrong}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_completion_that_is_wrong_is_refused() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    for (field, wrong) in [
        ("prompt", json!("")),
        ("prompt", json!([])),
        ("prompt", json!([[]])),
        ("prompt", json!([300])),
        ("prompt", json!([-5])),
        ("prompt", json!({"a": 1})),
        ("prompt", json!(vec![65; 9000])),
        ("logprobs", json!(21)),
        ("logprobs", json!(-1)),
        ("logprobs", json!(true)),
        ("echo", json!("yes")),
        ("suffix", json!("end")),
        ("best_of", json!(2)),
        ("max_tokens", json!(-1)),
    ] {
        let request = with(json!({"prompt": "Hello"}), field, wrong.clone());
        let answer = program.post(COMPLETIONS, &request).await?;
        assert_eq!(answer.status, 400, "{field} {wrong}: {}", answer.text());
        assert_eq!(error(&answer)["param"], field, "{wrong}");
    }
    // Nothing is multiplied before it is counted.
    let many = json!({"prompt": vec![[65]; 100_000], "n": 128, "max_tokens": 0, "echo": true});
    let refused = program.post(COMPLETIONS, &many).await?;
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(error(&refused)["param"], "n");
    let missing = program.post(COMPLETIONS, &json!({})).await?;
    assert_eq!(missing.status, 400);
    assert!(error(&missing)["message"].to_string().contains("prompt"));
    Ok(())
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let deep = "[".repeat(100_000);
    for path in [CHAT, COMPLETIONS, "/tokenize", "/detokenize"] {
        for body in [
            "",
            "{",
            "[]",
            "\"text\"",
            "1",
            "null",
            "{\"a\": 1e999}",
            &deep,
        ] {
            let answer = program.post_raw(path, body).await?;
            assert_eq!(answer.status, 400, "{path} {}", answer.text());
            assert_eq!(error(&answer)["type"], "invalid_request_error");
        }
    }
    let large = program.post_raw(CHAT, " ".repeat(9 * 1024 * 1024)).await?;
    assert_eq!(large.status, 413);
    assert_eq!(error(&large)["code"], "too_large");
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_told_by_its_kind() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let other = with(question("Hello"), "model", "gpt-5");
    for answer in [
        program.post(CHAT, &other).await?,
        program.get("/v1/models/some/other").await?,
    ] {
        assert_eq!(answer.status, 404);
        let error = error(&answer);
        assert_eq!(error["code"], "model_not_found");
        assert_eq!(error["param"], "model");
    }
    for path in ["/v1/embeddings", "/v1", "/v1/"] {
        let unknown = program.get(path).await?;
        assert_eq!(unknown.status, 404, "{path}");
        assert_eq!(error(&unknown)["code"], "unknown_url");
    }
    let no_text = program.get("/v1/models/%FF").await?;
    assert_eq!(error(&no_text)["code"], "model_not_found");
    let method = program.get(CHAT).await?;
    assert_eq!(method.status, 405);
    assert_eq!(error(&method)["code"], "method_not_supported");
    Ok(())
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_is_told_with_both_numbers() -> Result<()> {
    let model = ScriptedModel::new(vec!["Hi.".to_owned()]).with_context_window(100);
    let (_server, _ada, program) = start_with(model).await?;
    let answer = program.post(CHAT, &question(&"a".repeat(81))).await?;
    assert_eq!(answer.status, 400);
    let error = error(&answer);
    assert_eq!(error["code"], "context_length_exceeded");
    assert_eq!(error["param"], "messages");
    let message = error["message"].to_string();
    assert!(
        message.contains("100 tokens") && message.contains("has 100"),
        "{message}"
    );
    // One token less leaves one for the answer.
    let answer = program.ask(CHAT, &question(&"a".repeat(80))).await?;
    assert_eq!(answer["usage"]["total_tokens"], 100);
    Ok(())
}

#[tokio::test]
async fn while_the_model_loads_it_is_unavailable_and_listed() -> Result<()> {
    let model = ScriptedModel::new(vec!["Hi.".to_owned()]);
    let model = model.with_load_delay(Duration::from_secs(2));
    let (server, ada) = RunningServer::start(model).await?;
    let program = ApiClient::of(&server, &ada).await?;
    for answer in [
        program.get("/health").await?,
        program.post(CHAT, &question("Hello")).await?,
        program.post("/tokenize", &json!({"prompt": "a"})).await?,
    ] {
        assert_eq!(answer.status, 503);
        let error = error(&answer);
        assert_eq!(error["message"], "Loading model");
        assert_eq!(error["type"], "unavailable_error");
        assert_eq!(error["code"], 503);
        assert!(!answer.header("retry-after").is_empty());
    }
    assert_eq!(program.get("/v1/models").await?.status, 200);
    super::until_ready(&program).await?;
    assert_eq!(program.post(CHAT, &question("Hello")).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_is_not_told_by_its_file() -> Result<()> {
    let model = ScriptedModel::new(Vec::new()).with_load_failure("/secret/place is broken");
    let (server, ada) = RunningServer::start(model).await?;
    let program = ApiClient::of(&server, &ada).await?;
    let patience = Duration::from_secs(5);
    let answer = hearth_tests::deadline::eventually("it has failed", patience, async || {
        let answer = program.post(CHAT, &question("Hello")).await?;
        Ok((!answer.text().contains("Loading")).then_some(answer))
    })
    .await?;
    assert_eq!(answer.status, 503);
    assert!(!answer.text().contains("secret"), "{}", answer.text());
    Ok(())
}

#[tokio::test]
async fn another_site_cannot_use_a_key_and_an_extension_can() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let request = program
        .request(Method::POST, CHAT)
        .body(question("Hello").to_string())
        .header("origin", "app://obsidian.md");
    let answer = program.send(request).await?;
    assert_eq!(answer.status, 200);
    // No header lets a page of that origin read it.
    assert_eq!(answer.header("access-control-allow-origin"), "");
    Ok(())
}

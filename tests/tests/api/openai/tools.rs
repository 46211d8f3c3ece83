//! Reasoning and calls of functions, by a tiny trained gpt-oss.

use std::path::Path;

use anyhow::{Context as _, Result};
use hearth_tests::{
    api_client::{ApiClient, with},
    running_server::RunningServer,
};
use serde_json::{Value, json};

use super::{CHAT, COMPLETIONS, until_ready};

const QUESTION: &str = "What is 123 * 45?";
const ARGUMENTS: &str = r#"{"expression": "123*45"}"#;
const ANSWER: &str = "123 * 45 = 5535.";

async fn start() -> Result<(RunningServer, ApiClient)> {
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../engine/tests/golden/gpt-oss-tiny-chat/model");
    let (server, ada) = RunningServer::start_file(model).await?;
    let program = ApiClient::of(&server, &ada).await?;
    until_ready(&program).await?;
    Ok((server, program))
}

/// The tool that the model was trained with.
fn request() -> Value {
    json!({
        "messages": [{"role": "user", "content": QUESTION}],
        "temperature": 0,
        "tools": [{"type": "function", "function": {
            "name": "calculator",
            "description": "Evaluates an arithmetic expression.",
            "parameters": {
                "type": "object",
                "properties": {
                    "expression": { "type": "string", "description": "The expression." },
                },
                "required": ["expression"],
            },
        }}],
    })
}

/// What the model calls, name and arguments.
fn called(message: &Value) -> (String, Value) {
    let function = &message["tool_calls"][0]["function"];
    let arguments = function["arguments"].as_str().unwrap_or_default();
    let arguments = serde_json::from_str(arguments).unwrap_or_else(|error| {
        panic!("{message}: {error}");
    });
    let name = function["name"].as_str().unwrap_or_default();
    (name.to_owned(), arguments)
}

fn expected() -> Result<(String, Value)> {
    Ok(("calculator".to_owned(), serde_json::from_str(ARGUMENTS)?))
}

#[tokio::test]
async fn a_call_is_told_and_its_result_answered() -> Result<()> {
    let (_server, program) = start().await?;
    let first = program.ask(CHAT, &request()).await?;
    let choice = &first["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls", "{first}");
    let message = &choice["message"];
    assert_eq!(called(message), expected()?);
    assert_eq!(message["content"], Value::Null);
    let call = &message["tool_calls"][0];
    assert_eq!(call["type"], "function");
    assert!(
        call["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("call_"))
    );
    let reasoning = message["reasoning"].as_str().context("it thinks")?;
    assert_eq!(message["reasoning_content"], reasoning);
    assert!(!reasoning.contains('{'), "{reasoning}");
    let thought = &first["usage"]["completion_tokens_details"]["reasoning_tokens"];
    assert!(thought.as_u64().is_some_and(|it| it > 0), "{first}");

    let mut second = request();
    let messages = second["messages"].as_array_mut().context("a list")?;
    messages.push(message.clone());
    messages.push(json!({
        "role": "tool", "tool_call_id": call["id"], "content": "5535",
    }));
    let second = program.ask(CHAT, &second).await?;
    let choice = &second["choices"][0];
    assert_eq!(choice["message"]["content"], ANSWER, "{second}");
    assert_eq!(choice["finish_reason"], "stop");
    Ok(())
}

#[tokio::test]
async fn a_streamed_call_is_the_same_in_parts() -> Result<()> {
    let (_server, program) = start().await?;
    let request = with(request(), "stream", true);
    let chunks = program.open(CHAT, &request).await?.chunks().await?;
    let deltas = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]);
    let parts: Vec<&Value> = deltas
        .filter_map(|delta| delta["tool_calls"].get(0))
        .collect();
    assert!(parts.len() > 2, "{parts:?}");
    assert_eq!(parts[0]["type"], "function");
    assert_eq!(parts[0]["function"]["name"], "calculator");
    assert!(parts[0]["id"].is_string());
    assert!(parts[1..].iter().all(|part| part.get("id").is_none()));
    assert!(parts.iter().all(|part| part["index"] == 0));
    let pieces = parts.iter();
    let arguments: String = pieces
        .filter_map(|part| part["function"]["arguments"].as_str())
        .collect();
    assert_eq!(
        serde_json::from_str::<Value>(&arguments)?,
        serde_json::from_str::<Value>(ARGUMENTS)?
    );
    let last = chunks.last().context("an end")?;
    assert_eq!(last["choices"][0]["finish_reason"], "tool_calls");
    let thinks = chunks.iter().any(|chunk| {
        let delta = &chunk["choices"][0]["delta"];
        delta["reasoning"].is_string() && delta["reasoning"] == delta["reasoning_content"]
    });
    assert!(thinks);
    Ok(())
}

#[tokio::test]
async fn who_must_call_calls_at_once() -> Result<()> {
    let (_server, program) = start().await?;
    let named = json!({"type": "function", "function": {"name": "calculator"}});
    for choice in [json!("required"), named] {
        let request = with(request(), "tool_choice", choice.clone());
        let answer = program.ask(CHAT, &request).await?;
        let message = &answer["choices"][0]["message"];
        let (name, _) = called(message);
        assert_eq!(name, "calculator", "{choice}");
        assert!(message.get("reasoning").is_none(), "{message}");
    }
    Ok(())
}

#[tokio::test]
async fn who_must_call_one_of_several_calls_one() -> Result<()> {
    let (_server, program) = start().await?;
    let mut request = with(request(), "tool_choice", "required");
    let tools = request["tools"].as_array_mut().context("a list")?;
    tools.push(json!({"type": "function", "function": {"name": "clock"}}));
    let answer = program.ask(CHAT, &with(request, "max_tokens", 60)).await?;
    let choice = &answer["choices"][0];
    let calls = choice["message"]["tool_calls"].as_array();
    assert_eq!(calls.map(Vec::len), Some(1), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_completion_is_the_text_of_its_tokens_whatever_format_chats_have() -> Result<()> {
    let (_server, program) = start().await?;
    let chat = json!({"messages": [{"role": "user", "content": "Hello!"}]});
    let prompt = program.ask("/tokenize", &chat).await?["tokens"].take();
    let request = json!({"prompt": prompt, "temperature": 0, "max_tokens": 8, "logprobs": 0});
    let answer = program.ask(COMPLETIONS, &request).await?;
    let choice = &answer["choices"][0];
    // The header of a message, of which only the words are text.
    let text = choice["text"].as_str().context("a text")?;
    assert!(text.starts_with("analysis"), "{text}");
    assert_eq!(choice["logprobs"]["tokens"][0], "<|channel|>");
    assert_eq!(
        choice["logprobs"]["tokens"].as_array().map(Vec::len),
        Some(8)
    );
    Ok(())
}

#[tokio::test]
async fn who_must_not_call_answers_in_words() -> Result<()> {
    let (_server, program) = start().await?;
    let request = with(request(), "tool_choice", "none");
    let answer = program.ask(CHAT, &with(request, "max_tokens", 60)).await?;
    let message = &answer["choices"][0]["message"];
    assert!(message.get("tool_calls").is_none(), "{message}");
    Ok(())
}

#[tokio::test]
async fn a_tool_that_is_wrong_is_refused() -> Result<()> {
    let (_server, program) = start().await?;
    let check = async |field: &str, value: Value, param: &str| -> Result<()> {
        let answer = program.post(CHAT, &with(request(), field, value)).await?;
        assert_eq!(answer.status, 400, "{}", answer.text());
        let body: Value = serde_json::from_slice(&answer.body)?;
        assert_eq!(body["error"]["param"], param, "{body}");
        Ok(())
    };
    let named = |name: &str| json!({"type": "function", "function": {"name": name}});
    check("tool_choice", named("other"), "tool_choice").await?;
    check("tools", json!([named("a b")]), "tools[0].function.name").await?;
    check("tools", json!([{"type": "browser"}]), "tools[0]").await?;
    let schema = json!([{"function": {"name": "f", "parameters": 5}}]);
    check("tools", schema, "tools[0].function.parameters").await?;
    let unasked = json!([{"role": "tool", "tool_call_id": "call_1", "content": "5"}]);
    check("messages", unasked, "messages[0].tool_call_id").await
}

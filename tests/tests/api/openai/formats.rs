//! Answers that programs read: whatever the model is, a finished one is what the schema says.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use hearth_engine::scripted::ScriptedModel;
use hearth_server::config::EngineSection;
use hearth_tests::{
    api_client::{ApiClient, question},
    running_server::RunningServer,
    web_client::WebClient,
};
use serde_json::{Value, json};

use super::{CHAT, set, until_ready};

const NUM_ANSWERS: usize = 200;
const AT_ONCE: usize = 8;

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 8},
            "age": {"type": "integer", "minimum": 0, "maximum": 120},
            "tags": {"type": "array", "items": {"enum": ["red", "绿"]}, "maxItems": 3},
        },
        "required": ["name", "age", "tags"],
        "additionalProperties": false,
    })
}

fn check_answer(text: &str) -> Result<()> {
    let value: Value = serde_json::from_str(text).with_context(|| text.to_owned())?;
    let name = value["name"].as_str().context("a name")?;
    let tags = value["tags"].as_array().context("tags")?;
    ensure!(name.chars().count() <= 8, "{text}");
    ensure!(
        value["age"].as_u64().is_some_and(|age| age <= 120),
        "{text}"
    );
    ensure!(tags.len() <= 3, "{text}");
    ensure!(tags.iter().all(|tag| tag == "red" || tag == "绿"), "{text}");
    ensure!(
        value.as_object().map(serde_json::Map::len) == Some(3),
        "{text}"
    );
    Ok(())
}

/// Asks as often as that; gives how many were finished, all of them valid.
async fn num_valid(server: &RunningServer, ada: &WebClient) -> Result<usize> {
    set(ada, "concurrent_turns", "100").await?;
    let program = Arc::new(ApiClient::of(server, ada).await?);
    until_ready(&program).await?;
    let asking = (0..AT_ONCE).map(|worker| {
        let program = Arc::clone(&program);
        tokio::spawn(async move {
            let mut num_finished = 0;
            for seed in (worker..NUM_ANSWERS).step_by(AT_ONCE) {
                let mut request = question("Who are you?");
                request["temperature"] = json!(1.0);
                request["top_p"] = json!(1.0);
                request["seed"] = json!(seed);
                request["max_tokens"] = json!(600);
                request["response_format"] = json!({
                    "type": "json_schema",
                    "json_schema": {"name": "person", "schema": schema(), "strict": true},
                });
                let answer = program.ask(CHAT, &request).await?;
                let choice = &answer["choices"][0];
                if choice["finish_reason"] == "stop" {
                    let text = choice["message"]["content"].as_str();
                    check_answer(text.context("a text")?)?;
                    num_finished += 1;
                }
            }
            anyhow::Ok(num_finished)
        })
    });
    let counts: Vec<usize> = try_join_all(asking)
        .await?
        .into_iter()
        .collect::<Result<_>>()?;
    Ok(counts.into_iter().sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_random_model_keeps_to_a_schema() -> Result<()> {
    let model = ScriptedModel::new(Vec::new()).with_random_letters();
    let (server, ada) = RunningServer::start(model).await?;
    assert_eq!(num_valid(&server, &ada).await?, NUM_ANSWERS);
    Ok(())
}

/// It reasons first; the schema holds for what it says then.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_reasons_keeps_to_a_schema() -> Result<()> {
    let model = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../engine/tests/golden/gpt-oss-tiny-chat/model");
    let engine = EngineSection::default();
    let (server, ada) = RunningServer::start_file_with(model, engine).await?;
    let num_valid = num_valid(&server, &ada).await?;
    assert!(num_valid > NUM_ANSWERS / 2, "{num_valid} were finished");
    Ok(())
}

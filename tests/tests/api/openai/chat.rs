//! Whole answers to chats.

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::api_client::{question, with};
use serde_json::{Value, json};

use super::{CHAT, set, start, start_with};

fn content(answer: &Value, choice: usize) -> String {
    let text = &answer["choices"][choice]["message"]["content"];
    text.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_answer_has_every_field_that_clients_read() -> Result<()> {
    let (_server, _ada, program) = start("Good morning!").await?;
    let mut answer = program.ask(CHAT, &question("Hello")).await?;
    let id = answer["id"].take();
    assert!(id.as_str().unwrap().starts_with("chatcmpl-"), "{id}");
    assert!(answer["created"].take().as_i64().unwrap() > 1_700_000_000);
    let print = answer["system_fingerprint"].take();
    assert!(print.as_str().unwrap().starts_with("fp_"), "{print}");
    // Bytes are tokens: `<start>user\nHello<end>\n<start>assistant\n`.
    let prompt_tokens = 1 + 10 + 1 + 1 + 1 + 10;
    let expected = json!({
        "id": null,
        "object": "chat.completion",
        "created": null,
        "model": "scripted",
        "system_fingerprint": null,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "Good morning!", "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": 13,
            "total_tokens": prompt_tokens + 13,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    });
    assert_eq!(answer, expected);
    Ok(())
}

#[tokio::test]
async fn every_way_to_write_a_conversation_is_understood() -> Result<()> {
    let (_server, _ada, program) = start("Yes.").await?;
    let parts = json!([{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]);
    let messages = json!([
        {"role": "system", "content": "Help."},
        {"role": "developer", "content": parts, "name": "somebody"},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": null, "reasoning": "Hm.", "reasoning_content": "Hm."},
        {"role": "assistant", "content": "Hi", "refusal": null, "tool_calls": null},
        {"role": "user", "content": [{"type": "text", "text": "Are you there?"}]},
    ]);
    let request = json!({
        "model": "SCRIPTED", "messages": messages, "user": "ada", "metadata": {"a": "b"},
        "max_completion_tokens": 50, "n": null, "stop": null, "tools": [], "tool_choice": "none",
        "parallel_tool_calls": true, "reasoning_effort": "high", "store": false,
        "response_format": {"type": "text"}, "top_k": -1, "min_p": 0.05, "seed": -1,
        "frequency_penalty": 0.5, "presence_penalty": -0.5, "repetition_penalty": 1.1,
        "logit_bias": {"65": -100, "66": 3}, "unknown_field": [1, 2],
    });
    let answer = program.ask(CHAT, &request).await?;
    assert_eq!(content(&answer, 0), "Yes.");
    Ok(())
}

#[tokio::test]
async fn the_text_ends_before_a_stop_string_wherever_it_was_cut() -> Result<()> {
    let (_server, _ada, program) = start("one two END three").await?;
    for (stop, expected) in [
        (json!("END"), "one two "),
        (json!(["three", " END"]), "one two"),
        (json!(["nowhere"]), "one two END three"),
        (json!("one"), ""),
    ] {
        let request = with(question("Hello"), "stop", stop.clone());
        let answer = program.ask(CHAT, &request).await?;
        assert_eq!(content(&answer, 0), expected, "{stop}");
        assert_eq!(answer["choices"][0]["finish_reason"], "stop");
        let chunks = program.open(CHAT, &with(request, "stream", true)).await?;
        let chunks = chunks.chunks().await?;
        let pieces = chunks.iter();
        let text: String = pieces
            .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
            .collect();
        assert_eq!(text, expected, "{stop}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_ends_at_its_limit_or_at_a_token() -> Result<()> {
    let (_server, _ada, program) = start("one two three").await?;
    let check = async |field: &str, value: Value, text: &str, reason: &str| -> Result<()> {
        let request = with(question("Hello"), field, value);
        let answer = program.ask(CHAT, &request).await?;
        assert_eq!(content(&answer, 0), text, "{field}");
        assert_eq!(answer["choices"][0]["finish_reason"], reason, "{field}");
        Ok(())
    };
    check("max_tokens", json!(3), "one", "length").await?;
    check("max_completion_tokens", json!(7), "one two", "length").await?;
    let space = u32::from(b' ');
    check("stop_token_ids", json!([space]), "one", "stop").await?;
    let request = with(question("Hello"), "max_tokens", 3);
    let usage = &program.ask(CHAT, &request).await?["usage"];
    assert_eq!(usage["completion_tokens"], 3);
    Ok(())
}

#[tokio::test]
async fn probabilities_stand_beside_every_token_of_the_text() -> Result<()> {
    let (_server, _ada, program) = start("Grüße").await?;
    let request = with(question("Hello"), "logprobs", true);
    let answer = program.ask(CHAT, &with(request, "top_logprobs", 2)).await?;
    let tokens = answer["choices"][0]["logprobs"]["content"].as_array();
    let tokens = tokens.expect("probabilities were asked for");
    let bytes: Vec<u8> = tokens
        .iter()
        .flat_map(|token| token["bytes"].as_array().unwrap())
        .map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap())
        .collect();
    assert_eq!(String::from_utf8(bytes)?, "Grüße");
    assert_eq!(tokens[0]["token"], "G");
    assert_eq!(tokens[2]["token"], "bytes:\\xc3");
    assert_eq!(tokens[0]["logprob"], 0.0);
    let top = tokens[0]["top_logprobs"].as_array().unwrap();
    assert_eq!(top.len(), 2);
    assert_eq!(top[0]["token"], "G");
    // JSON has no minus infinity.
    assert!(top[1]["logprob"].as_f64().unwrap() < -1000.0, "{top:?}");
    Ok(())
}

#[tokio::test]
async fn several_answers_differ_and_a_seed_gives_them_again() -> Result<()> {
    let model = ScriptedModel::new(vec!["a".repeat(30)]).with_random_letters();
    let (_server, ada, program) = start_with(model).await?;
    set(&ada, "concurrent_turns", "3").await?;
    let request = json!({
        "messages": [{"role": "user", "content": "Hello"}],
        "temperature": 1, "top_p": 1, "n": 3, "seed": 7,
    });
    let first = program.ask(CHAT, &request).await?;
    let again = program.ask(CHAT, &request).await?;
    let texts = |answer: &Value| [0, 1, 2].map(|choice| content(answer, choice));
    assert_eq!(texts(&first), texts(&again));
    let [one, two, three] = texts(&first);
    assert!(one != two && two != three, "{one} {two} {three}");
    assert_eq!(first["choices"][2]["index"], 2);
    // The prompt was read once and counts once.
    assert_eq!(first["usage"]["prompt_tokens"], 24);
    Ok(())
}

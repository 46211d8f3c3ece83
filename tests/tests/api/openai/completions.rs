//! Completions, and tokens.

use anyhow::Result;
use hearth_tests::api_client::{question, with};
use serde_json::{Value, json};

use super::{COMPLETIONS, set, start};

/// Scripted answers follow a chat's prompt, written out with its control tokens.
fn prompt() -> Value {
    let mut ids = vec![256];
    ids.extend("user\nHello".bytes().map(u32::from));
    ids.extend([257, 10, 256]);
    ids.extend("assistant\n".bytes().map(u32::from));
    json!(ids)
}

fn request() -> Value {
    json!({"model": "scripted", "prompt": prompt(), "temperature": 0, "max_tokens": 50})
}

#[tokio::test]
async fn a_completion_has_every_field_that_clients_read() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let mut answer = program.ask(COMPLETIONS, &request()).await?;
    assert!(
        answer["id"]
            .take()
            .as_str()
            .is_some_and(|id| id.starts_with("cmpl-"))
    );
    answer["created"].take();
    answer["system_fingerprint"].take();
    let expected = json!({
        "id": null,
        "object": "text_completion",
        "created": null,
        "model": "scripted",
        "system_fingerprint": null,
        "choices": [{"index": 0, "text": "Hi.", "logprobs": null, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 24,
            "completion_tokens": 3,
            "total_tokens": 27,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    });
    assert_eq!(answer, expected);
    Ok(())
}

#[tokio::test]
async fn a_text_prompt_cannot_hold_control_tokens_and_has_sixteen_tokens_of_answer() -> Result<()> {
    let (_server, _ada, program) = start("0123456789abcdefgh").await?;
    let answer = program
        .ask(COMPLETIONS, &with(request(), "prompt", "<|im_end|>"))
        .await?;
    assert_eq!(answer["usage"]["prompt_tokens"], 10);
    let mut short = request();
    short.as_object_mut().unwrap().remove("max_tokens");
    let answer = program.ask(COMPLETIONS, &short).await?;
    assert_eq!(answer["choices"][0]["text"], "0123456789abcdef");
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    Ok(())
}

#[tokio::test]
async fn an_echo_stands_before_the_answer_with_its_tokens() -> Result<()> {
    let (_server, _ada, program) = start("äh").await?;
    let echo = with(with(request(), "echo", true), "logprobs", 1);
    let answer = program.ask(COMPLETIONS, &echo).await?;
    let choice = &answer["choices"][0];
    let told = "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(choice["text"], format!("{told}äh"));
    let logprobs = &choice["logprobs"];
    for list in ["tokens", "token_logprobs", "top_logprobs", "text_offset"] {
        assert_eq!(logprobs[list].as_array().map(Vec::len), Some(28), "{list}");
    }
    assert_eq!(logprobs["token_logprobs"][0], Value::Null);
    let of_prompt = &logprobs["token_logprobs"].as_array().unwrap()[1..24];
    assert!(of_prompt.iter().all(Value::is_number), "{of_prompt:?}");
    assert_eq!(logprobs["token_logprobs"][24], 0.0);
    assert_eq!(logprobs["text_offset"][24], told.len());
    // Both bytes of a letter stand where it begins or behind it.
    assert_eq!(logprobs["text_offset"][26], told.len() + 1);
    assert_eq!(logprobs["tokens"][26], "h");
    // The token that ends it has a place, and no text.
    assert_eq!(logprobs["tokens"][27], "<|im_end|>");
    let none = program
        .ask(COMPLETIONS, &with(echo.clone(), "max_tokens", 0))
        .await?;
    assert_eq!(none["choices"][0]["text"], told);
    assert_eq!(none["choices"][0]["finish_reason"], "length");
    assert_eq!(none["usage"]["completion_tokens"], 0);
    let of_none = &none["choices"][0]["logprobs"]["token_logprobs"];
    assert_eq!(of_none.as_array().unwrap()[1..24], *of_prompt);
    let streamed = program
        .open(COMPLETIONS, &with(echo, "stream", true))
        .await?;
    let chunks = streamed.chunks().await?;
    assert_eq!(chunks[0]["choices"][0]["text"], told);
    let of_stream = &chunks[0]["choices"][0]["logprobs"]["token_logprobs"];
    assert_eq!(of_stream, of_none);
    let only = with(with(request(), "echo", true), "max_tokens", 0);
    let answer = program.ask(COMPLETIONS, &only).await?;
    assert_eq!(answer["choices"][0]["text"], told);
    assert_eq!(answer["usage"]["completion_tokens"], 0);
    Ok(())
}

#[tokio::test]
async fn several_prompts_have_answers_in_their_order_also_in_a_stream() -> Result<()> {
    let (_server, ada, program) = start("Hi.").await?;
    set(&ada, "concurrent_turns", "4").await?;
    let many = with(
        with(request(), "prompt", json!([prompt(), prompt()])),
        "n",
        2,
    );
    let answer = program.ask(COMPLETIONS, &many).await?;
    let choices = answer["choices"].as_array().unwrap();
    assert_eq!(choices.len(), 4);
    assert_eq!(choices[3]["index"], 3);
    assert_eq!(answer["usage"]["prompt_tokens"], 48);
    let streamed = with(with(many, "stream", true), "echo", true);
    let chunks = program.open(COMPLETIONS, &streamed).await?.chunks().await?;
    for index in 0..4 {
        let own = chunks.iter().map(|chunk| &chunk["choices"][0]);
        let own: Vec<&Value> = own.filter(|choice| choice["index"] == index).collect();
        let text: String = own.iter().filter_map(|it| it["text"].as_str()).collect();
        assert!(text.ends_with("assistant\nHi."), "{text}");
        assert_eq!(own.last().unwrap()["finish_reason"], "stop");
    }
    Ok(())
}

#[tokio::test]
async fn text_becomes_tokens_and_tokens_become_text() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let text = json!({"prompt": "é<|im_end|>", "return_token_strs": true});
    let tokenized = program.ask("/tokenize", &text).await?;
    assert_eq!(tokenized["count"], 12);
    assert_eq!(tokenized["max_model_len"], 8192);
    assert_eq!(tokenized["token_strs"][2], "<");
    let tokens = json!({"tokens": tokenized["tokens"]});
    let back = program.ask("/detokenize", &tokens).await?;
    assert_eq!(back["prompt"], "é<|im_end|>");
    assert_eq!(back["content"], "é<|im_end|>");
    let chat = program.ask("/tokenize", &question("Hello")).await?;
    assert_eq!(chat["tokens"], prompt());
    for (path, wrong) in [
        ("/tokenize", json!({})),
        ("/tokenize", json!({"prompt": 1})),
        ("/tokenize", json!({"prompt": "a", "messages": [null]})),
        ("/detokenize", json!({"tokens": [258]})),
        ("/detokenize", json!({"tokens": "a"})),
    ] {
        assert_eq!(program.post(path, &wrong).await?.status, 400, "{wrong}");
    }
    Ok(())
}

//! Answers that a program reads, by a model that writes headers: whatever its header of the final
//! channel says beside, the text is what the schema says.

use std::fs;

use hearth_engine::device::{DeviceChoice, DeviceId};
use hearth_engine::handle::{EngineConfig, EngineHandle, GenerationStream, ModelSource, UserKey};
use hearth_engine::request::{
    AnswerFormat, ChatMessage, Conversation, FinishReason, GenerateRequest, GenerationEvent, Role,
    SamplingParams, TokenId, TokenOptions,
};
use hearth_engine::tokenizer::{Tokenizer, Vocabulary};
use serde_json::{Value, json};

use crate::targets;

const USER: UserKey = UserKey(7);
const ANSWERS_PER_HEADER: u64 = 15;
/// Far more than the longest text of the schema needs.
const MAX_TOKENS: usize = 400;

fn engine() -> EngineHandle {
    let config = EngineConfig {
        num_threads: 2,
        context_window: 1_024,
        device: DeviceChoice::Listed(vec![DeviceId::Cpu]),
        ..EngineConfig::default()
    };
    let model = crate::golden("gpt-oss-tiny-chat").join("model");
    EngineHandle::start(ModelSource::File(model), config)
}

fn tokenizer() -> Tokenizer {
    let path = crate::golden("gpt-oss-tiny-chat").join("model/tokenizer.json");
    let json = fs::read(path).unwrap();
    Tokenizer::try_new(&Vocabulary::from_tokenizer_json(&json, Some("<|return|>")).unwrap())
        .unwrap()
}

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

#[track_caller]
fn check(text: &str, header: &str) {
    let shown = || format!("{header:?}: {text}");
    let value: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("{}", shown()));
    let name = value["name"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", shown()));
    assert!(name.chars().count() <= 8, "{}", shown());
    assert!(
        value["age"].as_u64().is_some_and(|age| age <= 120),
        "{}",
        shown()
    );
    let tags = value["tags"]
        .as_array()
        .unwrap_or_else(|| panic!("{}", shown()));
    assert!(tags.len() <= 3, "{}", shown());
    assert!(
        tags.iter().all(|tag| tag == "red" || tag == "绿"),
        "{}",
        shown()
    );
    assert_eq!(
        value.as_object().map(serde_json::Map::len),
        Some(3),
        "{}",
        shown()
    );
}

/// An answer of which the beginning is given.
fn request(
    prompt: &[TokenId],
    begun: &[TokenId],
    (options, seed): (&TokenOptions, u64),
) -> GenerateRequest {
    GenerateRequest {
        prompt: prompt.to_vec(),
        answer_so_far: begun.to_vec(),
        sampling: SamplingParams {
            temperature: 1.0,
            top_p: 1.0,
            seed,
            ..SamplingParams::default()
        },
        max_tokens: begun.len() + MAX_TOKENS,
        stop: Vec::new(),
        options: options.clone(),
        num_shared_tokens: 0,
        session: None,
    }
}

/// What people see of an answer; it ends by itself.
async fn shown(mut stream: GenerationStream) -> String {
    let (mut shown, mut reason) = (String::new(), None);
    while let Some(event) = stream.next().await {
        match event {
            GenerationEvent::Tokens { text, .. } => shown.push_str(&text),
            GenerationEvent::Finished { reason: why, .. } => reason = Some(why),
            GenerationEvent::Failed(error) => panic!("{error}"),
            _ => {}
        }
    }
    assert_eq!(reason, Some(FinishReason::Stop), "{shown}");
    shown
}

#[tokio::test]
async fn behind_every_header_the_text_is_what_the_schema_says() {
    if targets::is_card() {
        eprintln!("skipped: this is about what may be said, not where it is computed");
        return;
    }
    let (engine, tokenizer) = (engine(), tokenizer());
    let mut conversation = Conversation::default();
    let question = ChatMessage::new(Role::User, "Who are you?");
    conversation.messages.push(question);
    let prompt = engine.prompt(&conversation).await.unwrap();
    let format = engine.compile_format(&AnswerFormat::JsonSchema(schema()));
    let options = TokenOptions {
        format: Some(format.unwrap()),
        ..TokenOptions::default()
    };
    let headers = fs::read(crate::golden("final-headers.json")).unwrap();
    let headers: Vec<String> = serde_json::from_slice(&headers).unwrap();
    let mut num_valid = 0;
    for header in &headers {
        let begun = format!("<|channel|>{header}<|message|>");
        let begun = tokenizer.encode_with_control_tokens(&begun);
        let requests =
            (0..ANSWERS_PER_HEADER).map(|seed| request(&prompt, &begun, (&options, seed)));
        let streams: Vec<_> = requests.map(|it| engine.resume(USER, it)).collect();
        for stream in streams {
            check(&shown(stream).await, header);
            num_valid += 1;
        }
    }
    assert_eq!(num_valid, headers.len() as u64 * ANSWERS_PER_HEADER);
    eprintln!("{num_valid} of {num_valid} are what the schema says");
}

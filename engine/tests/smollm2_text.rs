//! The default model's tokenizer and chat template against golden vectors, and the whole way
//! from a conversation to an answer.
//!
//! The model file is not in the repository: `HEARTH_TEST_MODEL` says where it is.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use hearth_engine::{
    chat::ChatTemplate,
    handle::{EngineConfig, EngineHandle, ModelSource, UserKey},
    loader::GgufFile,
    request::{
        ChatMessage, Conversation, FinishReason, GenerateRequest, GenerationEvent, Role,
        SamplingParams, TokenId, TokenOptions,
    },
    tokenizer::{Tokenizer, Vocabulary},
};
use serde_json::Value;

struct Fixture {
    tokenizer: Tokenizer,
    template: ChatTemplate,
    golden: Value,
}

fn model() -> PathBuf {
    let path = std::env::var_os("HEARTH_TEST_MODEL").expect(
        "HEARTH_TEST_MODEL must name SmolLM2-135M-Instruct.Q4_1.gguf; \
         tests/golden/smollm2-135m/README.md says where to get it",
    );
    PathBuf::from(path)
}

fn fixture() -> Fixture {
    let file = GgufFile::open(model()).unwrap();
    let vocabulary = Vocabulary::from_metadata(file.metadata()).unwrap();
    let tokenizer = Tokenizer::try_new(&vocabulary).unwrap();
    let text = file.metadata().string("tokenizer.chat_template").unwrap();
    let template = ChatTemplate::recognise(text, &tokenizer).unwrap();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/smollm2-135m");
    let json = fs::read_to_string(directory.join("golden.json")).unwrap();
    Fixture {
        tokenizer,
        template,
        golden: serde_json::from_str(&json).unwrap(),
    }
}

fn ids(value: &Value) -> Vec<TokenId> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn every_golden_text_has_the_golden_ids() {
    let Fixture {
        tokenizer, golden, ..
    } = fixture();
    let vectors = golden["tokenizer_vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 20);
    for vector in vectors {
        let (text, expected) = (vector["text"].as_str().unwrap(), ids(&vector["ids"]));
        assert_eq!(
            tokenizer.encode_with_control_tokens(text),
            expected,
            "{text:?}"
        );
        assert_eq!(
            tokenizer.decode(&expected),
            vector["decoded"].as_str().unwrap()
        );
        let as_text = tokenizer.encode_text(text);
        assert!(
            as_text.iter().all(|&id| !tokenizer.is_control(id)),
            "{text:?}"
        );
        assert_eq!(tokenizer.decode(&as_text), text);
    }
}

#[test]
fn every_golden_conversation_has_the_golden_prompt() {
    let Fixture {
        tokenizer,
        template,
        golden,
    } = fixture();
    let mut num_conversations = 0;
    for prompt in golden["prompts"].as_array().unwrap() {
        if prompt["messages"].is_null() {
            continue;
        }
        let messages = serde_json::from_value(prompt["messages"].clone()).unwrap();
        let rendered = template.prompt(&Conversation::new(messages), &tokenizer);
        assert_eq!(rendered, ids(&prompt["ids"]), "{}", prompt["name"]);
        num_conversations += 1;
    }
    assert_eq!(num_conversations, 3);
}

#[test]
fn a_prompt_holds_earlier_answers_as_they_were_written() {
    let Fixture {
        tokenizer,
        template,
        ..
    } = fixture();
    let end = tokenizer.control("<|im_end|>").unwrap();
    let encoded = tokenizer.encode_text("Hello!");
    // Cut otherwise than the encoder would, as sampling does now and then.
    let mut written: Vec<TokenId> = ["Hel", "lo", "!"]
        .iter()
        .flat_map(|piece| tokenizer.encode_text(piece))
        .collect();
    assert_ne!(written, encoded);
    let prompt = |role, token_ids: &[TokenId]| {
        let message = ChatMessage {
            token_ids: token_ids.to_vec(),
            ..ChatMessage::new(role, "Hello!")
        };
        let messages = vec![message, ChatMessage::new(Role::User, "Bye.")];
        template.prompt(&Conversation::new(messages), &tokenizer)
    };
    let holds = |prompt: &[TokenId], ids: &[TokenId]| prompt.windows(ids.len()).any(|w| w == ids);
    written.push(end);
    assert!(holds(&prompt(Role::Assistant, &written), &written));
    let anew = prompt(Role::Assistant, &[]);
    assert!(!holds(&anew, &written));
    assert!(holds(&anew, &encoded));
    // Ids that say something else, or something that only the model's own template may say.
    let start = tokenizer.control("<|im_start|>").unwrap();
    written.insert(1, start);
    assert_eq!(prompt(Role::Assistant, &written), anew);
    assert_eq!(prompt(Role::Assistant, &encoded[1..]), anew);
    assert_eq!(
        prompt(Role::User, &encoded[1..]),
        prompt(Role::User, &[]),
        "people have no ids"
    );
}

#[test]
fn an_answer_ends_at_the_end_of_its_message() {
    let Fixture { tokenizer, .. } = fixture();
    assert_eq!(tokenizer.end_tokens(), [TokenId(2), TokenId(0)]);
    assert_eq!(tokenizer.control("<|im_start|>"), Some(TokenId(1)));
}

/// One answer: ids, text and why it ended.
async fn answer(
    engine: &EngineHandle,
    request: GenerateRequest,
) -> (Vec<TokenId>, String, FinishReason) {
    let permit = engine.reserve(UserKey(1), request.prompt.len()).unwrap();
    let mut stream = engine.submit(permit, request);
    let (mut all_ids, mut all_text) = (Vec::new(), String::new());
    loop {
        match stream.next().await.expect("every stream has a last event") {
            GenerationEvent::Tokens { ids, text, .. } => {
                all_ids.extend(ids);
                all_text += &text;
            }
            GenerationEvent::Finished { reason, .. } => return (all_ids, all_text, reason),
            GenerationEvent::Failed(error) => panic!("{error}"),
            _ => {}
        }
    }
}

fn request(prompt: &[TokenId], sampling: SamplingParams) -> GenerateRequest {
    GenerateRequest {
        prompt: prompt.to_vec(),
        answer_so_far: Vec::new(),
        sampling,
        max_tokens: 24,
        stop: Vec::new(),
        options: TokenOptions::default(),
        num_shared_tokens: 0,
        session: None,
    }
}

async fn prompt(engine: &EngineHandle, question: &str) -> Vec<TokenId> {
    let messages = vec![ChatMessage::new(Role::User, question)];
    engine.prompt(&Conversation::new(messages)).await.unwrap()
}

#[tokio::test]
async fn with_exact_activations_the_answer_is_the_golden_one() {
    let config = EngineConfig {
        exact: true,
        ..EngineConfig::default()
    };
    let engine = EngineHandle::start(ModelSource::File(model()), config);
    let prompt = prompt(&engine, "What is the capital of France?").await;
    let (_, text, reason) = answer(&engine, request(&prompt, SamplingParams::greedy())).await;
    assert_eq!(
        (text.as_str(), reason),
        ("The capital of France is Paris.", FinishReason::Stop)
    );
    assert!(engine.is_demonstration());
    assert_eq!(engine.context_window(), Some(8192));
}

#[tokio::test]
async fn a_stopped_answer_goes_on_exactly() {
    let engine = EngineHandle::start(ModelSource::File(model()), EngineConfig::default());
    let prompt = prompt(&engine, "Why is the sky blue?").await;
    let seeded = SamplingParams {
        seed: 7,
        temperature: 0.8,
        ..SamplingParams::default()
    };
    for sampling in [SamplingParams::greedy(), seeded] {
        let request = request(&prompt, sampling);
        let (ids, text, reason) = answer(&engine, request.clone()).await;
        for num_before in [1, ids.len() / 2] {
            let (before, after) = ids.split_at(num_before);
            let first = GenerateRequest {
                max_tokens: num_before,
                ..request.clone()
            };
            let first = answer(&engine, first).await;
            assert_eq!(first.0, before);
            let rest = GenerateRequest {
                answer_so_far: first.0,
                max_tokens: request.max_tokens - num_before,
                ..request.clone()
            };
            let rest = answer(&engine, rest).await;
            assert_eq!((rest.0.as_slice(), rest.2), (after, reason));
            assert_eq!(first.1 + &rest.1, text);
        }
    }
}

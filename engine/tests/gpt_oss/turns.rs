//! Long conversations: a turn goes on where the one before ended, though its reasoning is left out.

use std::time::Duration;

use hearth_engine::device::{DeviceChoice, DeviceId};
use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource, UserKey};
use hearth_engine::request::{
    ChatMessage, Conversation, GenerateRequest, GenerationEvent, Role, SamplingParams, TokenId,
    TokenOptions,
};

use crate::targets;

const USER: UserKey = UserKey(7);
const TURNS: usize = 10;

fn engine() -> EngineHandle {
    let config = EngineConfig {
        num_threads: 2,
        context_window: 2_048,
        device: DeviceChoice::Listed(vec![DeviceId::Cpu]),
        ..EngineConfig::default()
    };
    let model = crate::golden("gpt-oss-tiny-chat").join("model");
    EngineHandle::start(ModelSource::File(model), config)
}

fn request(prompt: Vec<TokenId>, max_tokens: usize) -> GenerateRequest {
    GenerateRequest {
        prompt,
        answer_so_far: Vec::new(),
        sampling: SamplingParams::greedy(),
        max_tokens,
        stop: Vec::new(),
        options: TokenOptions::default(),
        num_shared_tokens: 0,
        session: Some(1),
    }
}

/// One turn; the number of cached tokens of its prompt, whether it had reasoned, and the answer's
/// ids.
async fn turn(
    engine: &EngineHandle,
    conversation: &mut Conversation,
) -> (usize, bool, Vec<TokenId>) {
    let prompt = engine.prompt(conversation).await.unwrap();
    let mut stream = engine.resume(USER, request(prompt, 120));
    let (mut answer, mut has_reasoned, mut cached) =
        (ChatMessage::new(Role::Assistant, ""), false, 0);
    while let Some(event) = stream.next().await {
        match event {
            GenerationEvent::Tokens {
                ids,
                reasoning,
                text,
                ..
            } => {
                answer.token_ids.extend(ids);
                answer.content.push_str(&text);
                has_reasoned |= !reasoning.is_empty();
            }
            GenerationEvent::Finished { usage, .. } => cached = usage.cached_tokens.unwrap(),
            GenerationEvent::Failed(error) => panic!("{error}"),
            _ => {}
        }
    }
    let ids = answer.token_ids.clone();
    conversation.messages.push(answer);
    (cached, has_reasoned, ids)
}

#[tokio::test]
async fn turn_ten_computes_little_more_than_its_message() {
    if targets::is_card() {
        eprintln!("skipped: this is about what is computed, not where");
        return;
    }
    let engine = engine();
    let mut conversation = Conversation::default();
    let (mut num_reasoned, mut answers) = (0, Vec::new());
    for number in 0..TURNS {
        let before = engine.prompt(&conversation).await.unwrap();
        let text = format!("What is {number} plus {}, and why is that so?", number * 3);
        conversation
            .messages
            .push(ChatMessage::new(Role::User, text));
        let prompt = engine.prompt(&conversation).await.unwrap();
        let (cached, has_reasoned, ids) = turn(&engine, &mut conversation).await;
        num_reasoned += usize::from(has_reasoned);
        answers.push(ids);
        // Up to where the new message begins.
        let old = before
            .iter()
            .zip(&prompt)
            .take_while(|(a, b)| a == b)
            .count();
        eprintln!(
            "turn {}: {cached} of {old} old tokens, {} in all",
            number + 1,
            prompt.len()
        );
        if number + 1 == TURNS {
            assert!(old > 320, "the conversation is long");
            assert!(cached * 100 >= old * 95, "{cached} of {old}");
        }
        let maker = engine.prompt_maker().await.unwrap();
        let prompt = maker.next_prompt(&conversation);
        engine.prepare(USER, request(prompt, 0));
        while engine.counters().prepared < number as u64 + 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert!(num_reasoned > 0, "nothing was left out of later prompts");
    check_fresh(&conversation, &answers).await;
}

/// Every answer is the one of an engine that remembers nothing.
async fn check_fresh(conversation: &Conversation, answers: &[Vec<TokenId>]) {
    for number in [1, TURNS - 1] {
        let fresh = engine();
        let mut beginning = Conversation {
            messages: conversation.messages[..=number * 2].to_vec(),
            ..conversation.clone()
        };
        let (cached, _, ids) = turn(&fresh, &mut beginning).await;
        assert_eq!((cached, &ids), (0, &answers[number]));
    }
}

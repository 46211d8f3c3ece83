//! The engine from outside, with the scripted model.
#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "scripted_engine/answers.rs"]
mod answers;
#[path = "scripted_engine/continuing.rs"]
mod continuing;
#[path = "scripted_engine/ending.rs"]
mod ending;
#[path = "scripted_engine/queueing.rs"]
mod queueing;
#[path = "scripted_engine/reloading.rs"]
mod reloading;
#[path = "scripted_engine/replicas.rs"]
mod replicas;
#[path = "scripted_engine/unwanted_models.rs"]
mod unwanted_models;

use std::time::Duration;

use hearth_engine::{
    handle::{EngineConfig, EngineHandle, EngineState, GenerationStream, ModelSource, UserKey},
    request::{
        ChatMessage, Conversation, FinishReason, GenerateRequest, GenerationEvent, Role,
        SamplingParams, TokenId, TokenOptions, Usage,
    },
    scripted::ScriptedModel,
};

const ANNE: UserKey = UserKey(1);
const BOB: UserKey = UserKey(2);
/// Longer than any test may take: what waits for this waits for an abort.
const FOR_EVER: Duration = Duration::from_mins(10);

/// Everything a stream said.
#[derive(Debug, Default)]
struct Answer {
    text: String,
    ids: Vec<TokenId>,
    /// All but the tokens.
    events: Vec<GenerationEvent>,
}

impl Answer {
    fn end(&self) -> &GenerationEvent {
        self.events.last().expect("every stream has a last event")
    }

    fn reason(&self) -> FinishReason {
        self.finish().0
    }

    fn usage(&self) -> Usage {
        self.finish().1
    }

    fn finish(&self) -> (FinishReason, Usage) {
        match self.end() {
            GenerationEvent::Finished { reason, usage } => (*reason, *usage),
            other => panic!("not finished but {other:?}"),
        }
    }
}

fn engine(model: ScriptedModel) -> EngineHandle {
    engine_with(model, EngineConfig::default())
}

/// One sequence at a time, two waiting.
fn narrow_engine(model: ScriptedModel) -> EngineHandle {
    let config = EngineConfig {
        max_running: 1,
        queue_capacity: 2,
        ..EngineConfig::default()
    };
    engine_with(model, config)
}

fn engine_with(model: ScriptedModel, config: EngineConfig) -> EngineHandle {
    EngineHandle::start(ModelSource::Scripted(model), config)
}

fn says(answer: &str) -> ScriptedModel {
    ScriptedModel::new(vec![answer.to_owned()])
}

fn conversation(messages: &[&str]) -> Conversation {
    let roles = [Role::User, Role::Assistant].into_iter().cycle();
    let messages = roles
        .zip(messages)
        .map(|(role, content)| ChatMessage::new(role, *content))
        .collect();
    Conversation::new(messages)
}

async fn request(engine: &EngineHandle, message: &str) -> GenerateRequest {
    GenerateRequest {
        prompt: engine.prompt(&conversation(&[message])).await.unwrap(),
        answer_so_far: Vec::new(),
        sampling: SamplingParams::greedy(),
        max_tokens: 1000,
        stop: Vec::new(),
        options: TokenOptions::default(),
        num_shared_tokens: 0,
        session: None,
    }
}

fn submit(engine: &EngineHandle, user: UserKey, request: GenerateRequest) -> GenerationStream {
    let permit = engine.reserve(user, request.prompt.len()).unwrap();
    engine.submit(permit, request)
}

async fn ask(engine: &EngineHandle, user: UserKey, message: &str) -> GenerationStream {
    submit(engine, user, request(engine, message).await)
}

async fn complete(mut stream: GenerationStream) -> Answer {
    let mut answer = Answer::default();
    while let Some(event) = stream.next().await {
        take(&mut answer, event);
    }
    answer
}

fn take(answer: &mut Answer, event: GenerationEvent) {
    match event {
        GenerationEvent::Tokens { ids, text, .. } => {
            answer.ids.extend(ids);
            answer.text += &text;
        }
        other => answer.events.push(other),
    }
}

/// Reads until `num_tokens` tokens have come.
async fn read_tokens(stream: &mut GenerationStream, num_tokens: usize) -> Answer {
    let mut answer = Answer::default();
    while answer.ids.len() < num_tokens {
        take(&mut answer, stream.next().await.expect("more tokens come"));
    }
    answer
}

async fn wait_for(engine: &EngineHandle, wanted: impl Fn(&EngineState) -> bool) {
    engine
        .watch_state()
        .wait_for(|state| wanted(state))
        .await
        .unwrap();
}

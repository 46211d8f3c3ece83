//! Titles by the model, made while nobody waits for it. Until then a conversation is called after
//! the first line of its first message; a title that a person gave is never replaced.
//!
//! What is computed here counts for nobody's limit, and ends at once when somebody sends a message,
//! or a program asks.

mod wording;

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use hearth_app::model::ChatError;
use hearth_engine::{
    handle::{EngineState, GenerationStream},
    request::{
        FinishReason, GenerateRequest, GenerationError, GenerationEvent, SamplingParams,
        TokenOptions,
    },
};

use super::{ChatServer, refusal::engine_refused, reservation::user_key};
use crate::{
    slow_work::Kind,
    store::{Untitled, now_ms},
};

/// The model has had nothing to do for so long, more or less.
const REST: Duration = Duration::from_secs(3);
/// Somebody who sends a message waits at most that long for a title to be given up.
const LOOK: Duration = Duration::from_millis(50);
/// Conversations used longer ago keep the title they have.
const RECENT_MS: i64 = 24 * 60 * 60 * 1000;
/// Longest title in tokens, and what a model that reasons may think before.
const TITLE_TOKENS: usize = 40;
const REASONING_TOKENS: usize = 400;

/// What came of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// No conversation waits, or somebody else is served.
    Nothing,
    /// The conversation has its title, made or as it was.
    Settled,
    /// Somebody came, or the engine ended: again later.
    Disturbed,
}

/// Makes titles until the server is gone. Must be called within a Tokio runtime.
pub(super) fn start(server: &Arc<ChatServer>) {
    tokio::spawn(watch(Arc::downgrade(server)));
}

async fn watch(server: Weak<ChatServer>) {
    loop {
        tokio::time::sleep(REST).await;
        let Some(server) = server.upgrade().filter(|it| !it.is_closing()) else {
            return;
        };
        if !server.makes_titles() {
            continue;
        }
        if let Err(error) = server.make_title().await {
            tracing::debug!(%error, "no title was made: {error}");
        }
    }
}

impl ChatServer {
    /// Small models for demonstrations make titles that are worse than the first line.
    pub(super) fn makes_titles(&self) -> bool {
        let engine = self.engine.current();
        self.settings.current().has_made_titles
            && engine.state() == EngineState::Ready
            && !engine.is_demonstration()
    }

    fn is_idle(&self) -> bool {
        let load = self.engine.current().counters().load;
        self.live.people().is_empty() && load.running == 0 && load.waiting == 0
    }

    /// Makes the title of one conversation, if the model has nothing else to do.
    pub(super) async fn make_title(&self) -> Result<Attempt, ChatError> {
        if !self.is_idle() {
            return Ok(Attempt::Nothing);
        }
        let untitled = self.store.untitled_conversation(now_ms() - RECENT_MS).await;
        let untitled = untitled.map_err(|error| super::store_refused(&error))?;
        let Some(untitled) = untitled else {
            return Ok(Attempt::Nothing);
        };
        let (user, conversation) = (untitled.user, untitled.conversation);
        let answer = match self.ask_for_title(untitled).await {
            Ok(stream) => tokio::select! {
                answer = answer_of(stream) => answer,
                () = self.disturbed() => None,
            },
            // What this model has no room for it would refuse again, before any other title.
            Err(ChatError::Invalid(_)) => Some(String::new()),
            Err(error) => return Err(error),
        };
        let Some(answer) = answer else {
            return Ok(Attempt::Disturbed);
        };
        let title = wording::title(&answer);
        let settled = self
            .store
            .settle_title(user, conversation, title.as_deref());
        let is_settled = settled
            .await
            .map_err(|error| super::store_refused(&error))?;
        if is_settled && title.is_some() {
            self.changes.tell(user, conversation);
        }
        Ok(Attempt::Settled)
    }

    async fn ask_for_title(&self, untitled: Untitled) -> Result<GenerationStream, ChatError> {
        let engine = self.engine.current();
        let user = untitled.user;
        let maker = engine.prompt_maker().await.map_err(engine_refused)?;
        let prompt = move || maker.prompt(&wording::conversation(untitled));
        let prompt = self.slow_work.run(Kind::Text, user, prompt).await?;
        let permit = engine.reserve(user_key(user), prompt.len());
        let permit = permit.map_err(engine_refused)?;
        let thinks = if engine.has_effort() {
            REASONING_TOKENS
        } else {
            0
        };
        let request = GenerateRequest {
            prompt,
            answer_so_far: Vec::new(),
            sampling: SamplingParams {
                temperature: 0.0,
                ..SamplingParams::default()
            },
            max_tokens: TITLE_TOKENS + thinks,
            stop: Vec::new(),
            options: TokenOptions {
                deadline: engine.deadline(),
                ..TokenOptions::default()
            },
            num_shared_tokens: 0,
            session: None,
        };
        Ok(engine.submit(permit, request))
    }

    /// Resolves when somebody else is to be served, here or by the API, or the server ends.
    async fn disturbed(&self) {
        let is_alone = || {
            let load = self.engine.current().counters().load;
            self.live.people().is_empty() && load.running + load.waiting <= 1
        };
        while is_alone() && !self.is_closing() {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The whole lines of an answer that people would see. Nothing if the engine ended; what failed
/// otherwise would fail again, and says nothing.
async fn answer_of(mut stream: GenerationStream) -> Option<String> {
    let mut answer = String::new();
    while let Some(event) = stream.next().await {
        match event {
            GenerationEvent::Tokens { text, .. } => answer.push_str(&text),
            GenerationEvent::Finished { reason, .. } => {
                if reason == FinishReason::Length {
                    answer.truncate(answer.rfind('\n').unwrap_or(0));
                }
                return Some(answer);
            }
            GenerationEvent::Failed(
                GenerationError::EngineStopped | GenerationError::ModelNotLoaded(_),
            ) => return None,
            GenerationEvent::Failed(_) => return Some(String::new()),
            _ => {}
        }
    }
    None
}

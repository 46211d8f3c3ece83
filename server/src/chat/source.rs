//! Where the tokens of one answer come from: a request to the engine, made again after every call
//! of a tool.

use std::time::Duration;

use hearth_app::model::UserId;
use hearth_engine::{
    handle::{EngineHandle, GenerationStream},
    harmony::conversation::ToolCall,
    request::{
        ChatMessage, Conversation, GenerateRequest, GenerationEvent, Role, TokenId, TokenOptions,
        Usage,
    },
};

use super::{reservation::user_key, turn::Answer};
use crate::slow_work::{Kind, SlowWork};

#[derive(Debug)]
pub(super) struct Source {
    engine: EngineHandle,
    user: UserId,
    request: GenerateRequest,
    /// Absent: ended.
    stream: Option<GenerationStream>,
    /// Cost of the requests before; the first one's first token is the answer's.
    spent: Option<Usage>,
}

impl Source {
    pub(super) fn new(
        engine: EngineHandle,
        user: UserId,
        request: GenerateRequest,
        stream: GenerationStream,
    ) -> Self {
        Self {
            engine,
            user,
            request,
            stream: Some(stream),
            spent: None,
        }
    }

    pub(super) async fn next(&mut self) -> Option<GenerationEvent> {
        self.stream.as_mut()?.next().await
    }

    /// Gives the engine's place back.
    pub(super) fn end(&mut self) {
        self.stream = None;
    }

    /// Ids that go on from a call to where the model answers its result.
    pub(super) fn tool_result(&self, call: &ToolCall, result: &str) -> Vec<u32> {
        let ids = self.engine.tool_result(call, result);
        ids.into_iter().map(|id| id.0).collect()
    }

    /// Asks for the rest of an answer, whose ids are all of these. Ids of tools count as the
    /// model's: an answer that is continued ends where it would have ended undisturbed.
    pub(super) fn go_on(&mut self, answer: &[u32], usage: Usage) {
        self.spent = Some(self.total(usage));
        let num_new = answer.len() - self.request.answer_so_far.len();
        self.request.max_tokens = self.request.max_tokens.saturating_sub(num_new);
        self.request.answer_so_far = to_token_ids(answer);
        self.stream = Some(
            self.engine
                .resume(user_key(self.user), self.request.clone()),
        );
    }

    /// How the conversation goes on behind this answer; nothing is computed yet.
    pub(super) fn next_prompt(
        self,
        conversation: Option<Conversation>,
        answer: &Answer,
    ) -> Option<NextPrompt> {
        let mut conversation = conversation.filter(|_| !answer.text.is_empty())?;
        conversation.messages.push(ChatMessage {
            token_ids: to_token_ids(&answer.token_ids),
            ..ChatMessage::new(Role::Assistant, answer.text.clone())
        });
        Some(NextPrompt {
            engine: self.engine,
            user: self.user,
            request: self.request,
            conversation,
        })
    }

    /// Cost of all requests, the last one included.
    pub(super) fn total(&self, last: Usage) -> Usage {
        let Some(spent) = self.spent else {
            return last;
        };
        let sum = |earlier: Duration, later: Duration| earlier.saturating_add(later);
        Usage {
            completion_tokens: spent.completion_tokens + last.completion_tokens,
            decode_time: sum(spent.decode_time, last.decode_time),
            ..spent
        }
    }
}

/// A conversation that the engine may read ahead.
#[derive(Debug)]
pub(super) struct NextPrompt {
    engine: EngineHandle,
    user: UserId,
    /// Of the answer before.
    request: GenerateRequest,
    conversation: Conversation,
}

impl NextPrompt {
    /// Lets the engine compute it while it has nothing else to do: the next message is answered
    /// sooner.
    pub(super) async fn prepare(self, slow_work: &SlowWork) {
        let Ok(maker) = self.engine.prompt_maker().await else {
            return;
        };
        let conversation = self.conversation;
        let prompt = move || maker.next_prompt(&conversation);
        // Where there is no place for it, the next message is answered without.
        if let Ok(prompt) = slow_work.run(Kind::Text, self.user, prompt).await {
            let request = GenerateRequest {
                prompt,
                answer_so_far: Vec::new(),
                max_tokens: 0,
                options: TokenOptions::default(),
                ..self.request
            };
            self.engine.prepare(user_key(self.user), request);
        }
    }
}

pub(super) fn to_token_ids(ids: &[u32]) -> Vec<TokenId> {
    ids.iter().copied().map(TokenId).collect()
}

//! Where the tokens of one answer come from: a request to the engine, made again after every call
//! of a tool.

use std::time::Duration;

use hearth_engine::{
    handle::{EngineHandle, GenerationStream, UserKey},
    harmony::conversation::ToolCall,
    request::{
        ChatMessage, Conversation, GenerateRequest, GenerationEvent, Role, TokenId, TokenOptions,
        Usage,
    },
};

use super::turn::Answer;

#[derive(Debug)]
pub(super) struct Source {
    engine: EngineHandle,
    user: UserKey,
    request: GenerateRequest,
    stream: GenerationStream,
    /// Cost of the requests before; the first one's first token is the answer's.
    spent: Option<Usage>,
}

impl Source {
    pub(super) fn new(
        engine: EngineHandle,
        user: UserKey,
        request: GenerateRequest,
        stream: GenerationStream,
    ) -> Self {
        Self {
            engine,
            user,
            request,
            stream,
            spent: None,
        }
    }

    pub(super) async fn next(&mut self) -> Option<GenerationEvent> {
        self.stream.next().await
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
        self.stream = self.engine.resume(self.user, self.request.clone());
    }

    /// Ends, and lets the engine compute how the conversation goes on from here while it has
    /// nothing else to do: the next message is answered sooner.
    pub(super) async fn prepare_next(self, mut conversation: Conversation, answer: &Answer) {
        let Self {
            engine,
            user,
            request,
            stream,
            ..
        } = self;
        drop(stream);
        if answer.text.is_empty() {
            return;
        }
        conversation.messages.push(ChatMessage {
            token_ids: to_token_ids(&answer.token_ids),
            ..ChatMessage::new(Role::Assistant, answer.text.clone())
        });
        if let Ok(prompt) = engine.next_prompt(&conversation).await {
            let request = GenerateRequest {
                prompt,
                answer_so_far: Vec::new(),
                max_tokens: 0,
                options: TokenOptions::default(),
                ..request
            };
            engine.prepare(user, request);
        }
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

pub(super) fn to_token_ids(ids: &[u32]) -> Vec<TokenId> {
    ids.iter().copied().map(TokenId).collect()
}

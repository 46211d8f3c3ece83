//! What a request cost, told to its caller and added to its person's day, however it ends.

use std::sync::Arc;

use hearth_app::model::UserId;
use hearth_engine::request::{TokenId, TokenPart, Usage};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    metrics::Metrics,
    store::{Store, TurnTokens, now_ms},
};

/// What a request cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct RequestUsage {
    pub(super) prompt_tokens: usize,
    pub(super) completion_tokens: usize,
    pub(super) total_tokens: usize,
    pub(super) prompt_tokens_details: PromptDetails,
    pub(super) completion_tokens_details: CompletionDetails,
}

/// The same in a stream, where it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum ChunkUsage {
    /// Null: the last chunk tells it.
    Later,
    Told(RequestUsage),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct PromptDetails {
    /// Tokens of the prompt that did not have to be computed.
    pub(super) cached_tokens: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct CompletionDetails {
    /// Tokens of the answer that were thought and not said.
    pub(super) reasoning_tokens: usize,
}

/// Counts one request. Dropping it writes down what was computed.
#[derive(Debug)]
pub(super) struct Meter {
    pub(super) store: Store,
    pub(super) metrics: Arc<Metrics>,
    pub(super) user: UserId,
    /// Each prompt counts once, however many answers it has.
    pub(super) prompt_tokens: usize,
    pub(super) counts: Counts,
}

/// What was counted so far.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    answers_each: usize,
    /// Of each answer, how much of its prompt there was when it began.
    cached: Vec<Option<usize>>,
    /// Something was computed, if only a prompt.
    is_computed: bool,
    completion: usize,
    reasoning: usize,
}

impl Counts {
    /// For so many prompts with so many answers each.
    pub(super) fn new(num_prompts: usize, answers_each: usize) -> Self {
        Self {
            answers_each,
            cached: vec![None; num_prompts * answers_each],
            is_computed: false,
            completion: 0,
            reasoning: 0,
        }
    }

    pub(super) fn tokens(&mut self, ids: &[TokenId], part: TokenPart) {
        self.is_computed = true;
        self.completion += ids.len();
        if part == TokenPart::Reasoning {
            self.reasoning += ids.len();
        }
    }

    /// So many tokens of an answer's prompt are there; the first time, none was computed for it.
    pub(super) fn prefilled(&mut self, answer: usize, done: usize) {
        let cached = *self.cached[answer].get_or_insert(done);
        self.is_computed |= done > cached;
    }

    /// Tokens of all prompts that did not have to be computed. Of several answers to a prompt, the
    /// later ones find what the first has computed.
    fn cached(&self) -> usize {
        let prompts = self.cached.chunks(self.answers_each.max(1));
        let least = prompts.map(|answers| answers.iter().flatten().min());
        least.flatten().sum()
    }
}

impl Meter {
    /// An answer is complete.
    pub(super) fn finished(&self, usage: &Usage) {
        self.metrics.answered(usage);
    }

    pub(super) fn usage(&self) -> RequestUsage {
        let (completion, reasoning) = (self.counts.completion, self.counts.reasoning);
        RequestUsage {
            prompt_tokens: self.prompt_tokens,
            completion_tokens: completion,
            total_tokens: self.prompt_tokens + completion,
            prompt_tokens_details: PromptDetails {
                cached_tokens: self.counts.cached().min(self.prompt_tokens),
            },
            completion_tokens_details: CompletionDetails {
                reasoning_tokens: reasoning,
            },
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        // Nothing was computed for a request that left the queue.
        if !self.counts.is_computed {
            return;
        }
        let tokens = TurnTokens {
            prompt: self.prompt_tokens.try_into().unwrap_or(u32::MAX),
            completion: self.counts.completion.try_into().unwrap_or(u32::MAX),
        };
        self.metrics
            .spent(tokens, self.usage().prompt_tokens_details.cached_tokens);
        let (store, user) = (self.store.clone(), self.user);
        // Where a runtime ends, the process does: nobody counts its last request.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            let day = store.days().number(now_ms());
            if let Err(error) = store.add_usage(user, tokens, day).await {
                tracing::warn!(%error, "could not count a request: {error}");
            }
        });
    }
}

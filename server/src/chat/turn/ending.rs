//! What an ended answer is stored as.

use hearth_app::model::{FinishReason, MessageStatus, TurnError, Usage};
use hearth_engine::request::{
    FinishReason as EngineFinishReason, GenerationError, Usage as EngineUsage,
};

use super::{
    super::live_turns::{LiveTurn, StopReason},
    Answer, EarlierCost, to_ms, to_u32,
};
use crate::{
    search::IndexText,
    store::{FinishedAnswer, TurnTokens, tokens_per_second},
};

/// Why the stream is not read any further.
pub(super) enum Outcome {
    Finished(EngineFinishReason, EngineUsage),
    Stopped(StopReason),
    Failed(GenerationError),
}

/// What the usage of an answer is made from.
pub(super) struct Cost {
    pub(super) usage: EngineUsage,
    pub(super) num_prompt_tokens: usize,
    pub(super) num_earlier_tokens: usize,
    pub(super) is_prompt_read: bool,
    pub(super) earlier: EarlierCost,
}

impl Cost {
    fn decode_ms(&self) -> u32 {
        self.earlier
            .decode_ms
            .saturating_add(to_ms(self.usage.decode_time))
    }

    /// What this turn computed: a continued answer counts from where it went on.
    fn tokens(&self, completion_tokens: usize) -> TurnTokens {
        if !self.is_prompt_read {
            return TurnTokens::default();
        }
        TurnTokens {
            prompt: to_u32(self.num_prompt_tokens + self.num_earlier_tokens),
            completion: to_u32(completion_tokens.saturating_sub(self.num_earlier_tokens)),
        }
    }

    fn usage(&self, completion_tokens: usize) -> Usage {
        let completion_tokens = to_u32(completion_tokens);
        let time_to_first_token_ms = self.earlier.time_to_first_token_ms;
        Usage {
            prompt_tokens: to_u32(self.num_prompt_tokens),
            completion_tokens,
            time_to_first_token_ms: time_to_first_token_ms
                .unwrap_or_else(|| to_ms(self.usage.time_to_first_token)),
            tokens_per_second: tokens_per_second(completion_tokens, self.decode_ms()),
        }
    }
}

pub(super) fn finished_answer(
    turn: &LiveTurn,
    (answer, index): (Answer, IndexText),
    outcome: Outcome,
    cost: impl FnOnce(Option<EngineUsage>) -> Cost,
) -> FinishedAnswer {
    let (status, finish_reason, error, usage) = match outcome {
        Outcome::Finished(reason, usage) => {
            let reason = match reason {
                EngineFinishReason::Stop => FinishReason::Stop,
                // A call that is not answered: the model has called too often.
                EngineFinishReason::Length | EngineFinishReason::ToolCall => FinishReason::Length,
            };
            (MessageStatus::Finished, Some(reason), None, Some(usage))
        }
        Outcome::Stopped(StopReason::Person) => (MessageStatus::Stopped, None, None, None),
        Outcome::Stopped(StopReason::ShutDown | StopReason::ModelSwitch | StopReason::Disabled) => {
            (MessageStatus::Interrupted, None, None, None)
        }
        Outcome::Failed(GenerationError::EngineStopped) => {
            let error = TurnError::EngineStopped;
            (MessageStatus::Interrupted, None, Some(error), None)
        }
        // What is there is good, and Continue goes on from it.
        Outcome::Failed(GenerationError::DeadlineExceeded) => (
            MessageStatus::Interrupted,
            None,
            Some(TurnError::TimeUp),
            None,
        ),
        Outcome::Failed(GenerationError::ModelNotLoaded(_)) => {
            let error = TurnError::ModelNotLoaded;
            (MessageStatus::Failed, None, Some(error), None)
        }
        Outcome::Failed(error) => {
            tracing::error!(message.id = %turn.message, %error, "an answer failed: {error}");
            let error = TurnError::NotMade {};
            (MessageStatus::Failed, None, Some(error), None)
        }
    };
    let cost = cost(usage);
    FinishedAnswer {
        message: turn.message,
        status,
        finish_reason,
        error,
        usage: cost.usage(answer.token_ids.len()),
        tokens: cost.tokens(answer.token_ids.len()),
        decode_ms: cost.decode_ms(),
        text: answer.text,
        index,
        reasoning: answer.reasoning,
        steps: answer.steps,
        token_ids: answer.token_ids,
    }
}

pub(super) fn log_end(turn: &LiveTurn, answer: &FinishedAnswer) {
    tracing::info!(
        message.id = %turn.message,
        conversation.id = %turn.conversation,
        status = ?answer.status,
        finish_reason = ?answer.finish_reason,
        engine.prompt_tokens = answer.usage.prompt_tokens,
        engine.completion_tokens = answer.usage.completion_tokens,
        time_to_first_token_ms = answer.usage.time_to_first_token_ms,
        tokens_per_second = answer.usage.tokens_per_second,
        "turn ended: {:?}, {} tokens",
        answer.status,
        answer.usage.completion_tokens,
    );
}

//! Answers read to their end, for those who do not want a stream.

use hearth_engine::request::{FinishReason, TokenLogprobs};

use super::{
    generation::{Generation, Piece, Progress},
    logprobs,
};
use crate::error::AppError;

/// One whole answer.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) text: String,
    pub(super) reasoning: String,
    /// Names and arguments.
    pub(super) calls: Vec<(String, String)>,
    pub(super) logprobs: Vec<TokenLogprobs>,
    pub(super) prompt_logprobs: Vec<TokenLogprobs>,
    pub(super) reason: Option<FinishReason>,
}

impl Collected {
    /// About how long it is as JSON, in bytes.
    pub(super) fn num_bytes(&self) -> usize {
        let calls = self.calls.iter();
        let calls = calls.map(|(name, arguments)| name.len() + arguments.len());
        self.text.len()
            + self.reasoning.len()
            + calls.sum::<usize>()
            + logprobs::num_bytes(&self.logprobs)
            + logprobs::num_bytes(&self.prompt_logprobs)
    }

    fn push(&mut self, piece: Piece) {
        self.text.push_str(&piece.text);
        self.reasoning.push_str(&piece.reasoning);
        self.logprobs.extend(piece.logprobs);
        self.prompt_logprobs.extend(piece.prompt_logprobs);
        let Some(call) = piece.call else {
            return;
        };
        match self.calls.get_mut(call.index) {
            Some((_, arguments)) => arguments.push_str(&call.arguments),
            None => self.calls.push((call.name, call.arguments)),
        }
    }
}

/// All answers of a request.
///
/// # Errors
/// The first failure of one of them.
pub(super) async fn collect(
    generation: &mut Generation,
    num_answers: usize,
) -> Result<Vec<Collected>, AppError> {
    let mut answers: Vec<Collected> = (0..num_answers).map(|_| Collected::default()).collect();
    while let Some((index, progress)) = generation.next().await? {
        match progress {
            Progress::Piece(piece) => answers[index].push(piece),
            Progress::Ended(reason) => answers[index].reason = Some(reason),
        }
    }
    Ok(answers)
}

/// As programs read it.
pub(super) fn finish_reason(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCall => "tool_calls",
    }
}

//! Shapes of completions: whole and in chunks, which are the same.

use hearth_engine::{
    handle::EngineHandle,
    request::{FinishReason, TokenId, TokenLogprobs},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    collected::{Collected, finish_reason},
    generation::Piece,
    logprobs::{self, CompletionLogprobs},
    meter::{ChunkUsage, RequestUsage},
    response_head::ResponseHead,
    streaming::Chunks,
};

/// A completion, or a part of one.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Completion {
    #[serde(flatten)]
    head: ResponseHead,
    choices: Vec<CompletionChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RequestUsage>)]
    usage: Option<ChunkUsage>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CompletionChoice {
    index: usize,
    text: String,
    logprobs: Option<CompletionLogprobs>,
    /// `stop` or `length`; absent before the end.
    finish_reason: Option<&'static str>,
}

/// A prompt that is repeated before its answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Echo {
    pub(super) text: String,
    pub(super) ids: Vec<TokenId>,
    /// Of those, the ones at the beginning that are not in the text.
    pub(super) num_hidden: usize,
    /// Of its tokens from the second one on, as far as they are told.
    pub(super) logprobs: Vec<TokenLogprobs>,
}

impl Echo {
    /// About how long it is as JSON, in bytes.
    fn num_bytes(&self) -> usize {
        self.text.len() + logprobs::num_bytes(&self.logprobs)
    }
}

/// Makes completions.
pub(super) struct CompletionShape {
    pub(super) head: ResponseHead,
    pub(super) engine: EngineHandle,
    pub(super) has_logprobs: bool,
    pub(super) includes_usage: bool,
    /// Of each answer; absent if it was not asked for.
    pub(super) echoes: Vec<Option<Echo>>,
    /// Where the tokens of each answer stand.
    pub(super) places: Vec<CompletionLogprobs>,
}

impl CompletionShape {
    /// About how long the whole of these is as JSON, in bytes.
    pub(super) fn whole_bytes(&self, answers: &[Collected]) -> usize {
        let echoes = self.echoes.iter().flatten().map(Echo::num_bytes);
        let answers = answers.iter().map(Collected::num_bytes);
        echoes.sum::<usize>() + answers.sum::<usize>()
    }

    pub(super) fn whole(mut self, answers: Vec<Collected>, usage: RequestUsage) -> Completion {
        let mut choices = Vec::new();
        for (index, answer) in answers.into_iter().enumerate() {
            let echo = self.echoes[index].take().unwrap_or_default();
            let logprobs = self.has_logprobs.then(|| {
                let mut logprobs = CompletionLogprobs::default();
                logprobs.push_prompt(&echo, &answer.prompt_logprobs, &self.engine);
                logprobs.push_answer(&answer.logprobs, &self.engine);
                logprobs
            });
            let reason = answer.reason.unwrap_or(FinishReason::Length);
            choices.push(CompletionChoice {
                index,
                text: echo.text + &answer.text,
                logprobs,
                finish_reason: Some(finish_reason(reason)),
            });
        }
        Completion {
            head: self.head,
            choices,
            usage: Some(ChunkUsage::Told(usage)),
        }
    }

    fn chunk(
        &self,
        index: usize,
        text: String,
        logprobs: Option<CompletionLogprobs>,
        reason: Option<FinishReason>,
    ) -> Completion {
        Completion {
            head: self.head.clone(),
            choices: vec![CompletionChoice {
                index,
                text,
                logprobs,
                finish_reason: reason.map(finish_reason),
            }],
            usage: self.includes_usage.then_some(ChunkUsage::Later),
        }
    }
}

impl Chunks for CompletionShape {
    type Chunk = Completion;

    fn begin(&mut self, answer: usize) -> Option<Completion> {
        let has_logprobs = self.has_logprobs;
        // With probabilities it comes when all of them are there.
        let is_complete =
            |echo: &mut Echo| !has_logprobs || echo.logprobs.len() + 1 >= echo.ids.len();
        let echo = self.echoes[answer].take_if(is_complete)?;
        let mut logprobs = CompletionLogprobs::default();
        logprobs.push_prompt(&echo, &echo.logprobs, &self.engine);
        self.places[answer] = logprobs.rest();
        let logprobs = has_logprobs.then_some(logprobs);
        Some(self.chunk(answer, echo.text, logprobs, None))
    }

    fn piece(&mut self, answer: usize, piece: Piece, engine: &EngineHandle) -> Option<Completion> {
        if let Some(echo) = &mut self.echoes[answer] {
            echo.logprobs.extend(piece.prompt_logprobs);
            return self.begin(answer);
        }
        let mut logprobs = self.places[answer].rest();
        logprobs.push_answer(&piece.logprobs, engine);
        self.places[answer] = logprobs.rest();
        let has_logprobs = self.has_logprobs && !piece.logprobs.is_empty();
        if piece.text.is_empty() && !has_logprobs {
            return None;
        }
        let logprobs = has_logprobs.then_some(logprobs);
        Some(self.chunk(answer, piece.text, logprobs, None))
    }

    fn num_bytes(&self, answer: usize, piece: &Piece) -> usize {
        let Some(echo) = &self.echoes[answer] else {
            return piece.num_bytes();
        };
        let num_told = echo.logprobs.len() + piece.prompt_logprobs.len();
        if self.has_logprobs && num_told + 1 < echo.ids.len() {
            // They are put aside.
            return 0;
        }
        echo.num_bytes() + piece.num_bytes()
    }

    fn end(&mut self, answer: usize, reason: FinishReason) -> Completion {
        self.chunk(answer, String::new(), None, Some(reason))
    }

    fn usage(&mut self, usage: RequestUsage) -> Completion {
        Completion {
            head: self.head.clone(),
            choices: Vec::new(),
            usage: Some(ChunkUsage::Told(usage)),
        }
    }
}

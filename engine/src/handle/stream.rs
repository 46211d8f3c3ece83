//! The events of one request: token ids come up, text and events go out.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::UnboundedReceiver;

use super::{shared::Shared, stop_watch::LateText};
use crate::{
    request::{
        FinishReason, GenerateRequest, GenerationError, GenerationEvent, TokenId, TokenLogprobs,
        TokenPart, Usage,
    },
    sequence::{AbortFlag, EndToken, SequenceEvent},
    stop_strings::Released,
};

/// Events of one request, the last one [`GenerationEvent::Finished`] or
/// [`GenerationEvent::Failed`]. Dropping it aborts the request.
///
/// The engine never waits for its reader; what is unread is bounded by the request's stop strings
/// and its `max_tokens`.
#[derive(Debug)]
pub struct GenerationStream {
    shared: Arc<Shared>,
    events: UnboundedReceiver<SequenceEvent>,
    abort: AbortFlag,
    text: LateText,
    clock: AnswerClock,
    usage: Usage,
    ready: VecDeque<GenerationEvent>,
    is_over: bool,
}

/// When the tokens of an answer came.
#[derive(Debug)]
struct AnswerClock {
    submitted: Instant,
    first_token: Option<Instant>,
    last_token: Option<Instant>,
}

impl GenerationStream {
    pub(super) fn new(
        shared: Arc<Shared>,
        events: UnboundedReceiver<SequenceEvent>,
        abort: AbortFlag,
        request: &GenerateRequest,
    ) -> Self {
        let usage = Usage {
            prompt_tokens: request.prompt.len(),
            ..Usage::default()
        };
        let clock = AnswerClock {
            submitted: Instant::now(),
            first_token: None,
            last_token: None,
        };
        Self {
            shared,
            events,
            abort,
            text: LateText::new(request),
            clock,
            usage,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    /// The next event; `None` after the last. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<GenerationEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            match self.events.recv().await {
                Some(event) => self.take(event),
                None => self.fail(self.shared.reason_of_end()),
            }
        }
    }

    fn take(&mut self, event: SequenceEvent) {
        match event {
            SequenceEvent::Loading { percent } => {
                self.ready.push_back(GenerationEvent::Loading { percent });
            }
            SequenceEvent::Queued { ahead, wait } => {
                self.ready
                    .push_back(GenerationEvent::Queued { ahead, wait });
            }
            SequenceEvent::Prefill { done, total } => {
                // The first one tells what was there already.
                self.usage.cached_tokens.get_or_insert(done);
                self.ready
                    .push_back(GenerationEvent::Prefill { done, total });
            }
            SequenceEvent::PromptLogprobs(logprobs) => {
                self.ready
                    .push_back(GenerationEvent::PromptLogprobs(logprobs));
            }
            SequenceEvent::Token { id, at, logprobs } => self.take_token(id, at, logprobs),
            SequenceEvent::Finished { reason, end_token } => self.take_end(reason, end_token),
            SequenceEvent::Failed(error) => self.fail(error),
        }
    }

    fn take_token(&mut self, id: TokenId, at: Instant, logprobs: Option<TokenLogprobs>) {
        let Some(opened) = self.shared.opened() else {
            return;
        };
        self.clock.first_token.get_or_insert(at);
        self.clock.last_token = Some(at);
        self.usage.completion_tokens += 1;
        let piece = self.text.get(opened).push(id, &opened.tokenizer);
        let (text, is_stopped) = match piece.answer {
            Released::Text(text) => (text, false),
            Released::Stopped(text) => (text, true),
        };
        self.ready.push_back(GenerationEvent::Tokens {
            ids: vec![id],
            part: piece.part,
            reasoning: piece.reasoning,
            text,
            logprobs: logprobs.into_iter().collect(),
        });
        let calls = piece.calls.into_iter();
        self.ready.extend(calls.map(GenerationEvent::CallPiece));
        if is_stopped {
            self.abort.set();
            self.finish(FinishReason::Stop);
        }
    }

    fn take_end(&mut self, mut reason: FinishReason, end_token: Option<EndToken>) {
        let (end_token, logprobs) = end_token.unzip();
        // Text that comes as it is has a place for its end, too.
        let logprobs = logprobs.flatten().filter(|_| self.text.is_plain());
        if let Some(opened) = self.shared.opened() {
            let text = self.text.take(opened);
            let rest = match end_token {
                Some(token) => text.finish(token, &opened.tokenizer),
                None => text.cut_off(),
            };
            if !(rest.reasoning.is_empty() && rest.text.is_empty() && logprobs.is_none()) {
                self.ready.push_back(GenerationEvent::Tokens {
                    ids: Vec::new(),
                    part: if logprobs.is_some() {
                        TokenPart::Answer
                    } else {
                        TokenPart::Frame
                    },
                    reasoning: rest.reasoning,
                    text: rest.text,
                    logprobs: logprobs.into_iter().collect(),
                });
            }
            self.ready
                .extend(rest.calls.into_iter().map(GenerationEvent::CallPiece));
            if let Some(call) = rest.call {
                self.ready.push_back(GenerationEvent::ToolCall(call));
                reason = FinishReason::ToolCall;
            }
        }
        self.finish(reason);
    }

    fn finish(&mut self, reason: FinishReason) {
        let usage = self.clock.usage(self.usage);
        self.ready
            .push_back(GenerationEvent::Finished { reason, usage });
        self.is_over = true;
    }

    fn fail(&mut self, error: GenerationError) {
        self.ready.push_back(GenerationEvent::Failed(error));
        self.is_over = true;
    }
}

impl Drop for GenerationStream {
    fn drop(&mut self) {
        self.abort.set();
    }
}

impl AnswerClock {
    fn usage(&self, counted: Usage) -> Usage {
        let between = |earlier: Option<Instant>, later: Option<Instant>| {
            earlier
                .zip(later)
                .map_or(Duration::ZERO, |(earlier, later)| later - earlier)
        };
        Usage {
            time_to_first_token: between(Some(self.submitted), self.first_token),
            decode_time: between(self.first_token, self.last_token),
            ..counted
        }
    }
}

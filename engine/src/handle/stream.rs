//! The events of one request: token ids come up, text and events go out.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::UnboundedReceiver;

use super::{answer_text::AnswerText, shared::Shared};
use crate::{
    request::{FinishReason, GenerateRequest, GenerationError, GenerationEvent, TokenId, Usage},
    sequence::{AbortFlag, SequenceEvent},
    stop_strings::Released,
};

/// Events of one request, the last one [`GenerationEvent::Finished`] or
/// [`GenerationEvent::Failed`]. Dropping it aborts the request.
///
/// The engine never waits for its reader; what is unread is bounded by the request's
/// `max_tokens`.
#[derive(Debug)]
pub struct GenerationStream {
    shared: Arc<Shared>,
    events: UnboundedReceiver<SequenceEvent>,
    abort: AbortFlag,
    stops: Vec<String>,
    answer_so_far: Vec<TokenId>,
    /// Made with the first token, because the vocabulary may still be unread before.
    text: Option<AnswerText>,
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
            stops: request.stop.clone(),
            answer_so_far: request.answer_so_far.clone(),
            text: None,
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
            SequenceEvent::Queued { ahead } => {
                self.ready.push_back(GenerationEvent::Queued { ahead });
            }
            SequenceEvent::Prefill { done, total } => {
                self.ready
                    .push_back(GenerationEvent::Prefill { done, total });
            }
            SequenceEvent::Token { id, at } => self.take_token(id, at),
            SequenceEvent::Finished(reason) => {
                let opened = self.shared.opened();
                let rest = self.text.take().zip(opened);
                let rest = rest.map(|(text, opened)| text.finish(reason, &opened.tokenizer));
                let rest = rest.unwrap_or_default();
                if !rest.is_empty() {
                    self.ready.push_back(GenerationEvent::Tokens {
                        ids: Vec::new(),
                        text: rest,
                    });
                }
                self.finish(reason);
            }
            SequenceEvent::Failed(error) => self.fail(error),
        }
    }

    fn take_token(&mut self, id: TokenId, at: Instant) {
        let Some(opened) = self.shared.opened() else {
            return;
        };
        self.clock.first_token.get_or_insert(at);
        self.clock.last_token = Some(at);
        self.usage.completion_tokens += 1;
        let text = self.text.get_or_insert_with(|| {
            let language = (&opened.template, &opened.tokenizer);
            AnswerText::new(&self.stops, &self.answer_so_far, language)
        });
        let ids = vec![id];
        let piece = text.push(id, &opened.tokenizer);
        if !piece.reasoning.is_empty() {
            let text = piece.reasoning;
            self.ready.push_back(GenerationEvent::Reasoning { text });
        }
        match piece.answer {
            Released::Text(text) => self.ready.push_back(GenerationEvent::Tokens { ids, text }),
            Released::Stopped(text) => {
                self.ready.push_back(GenerationEvent::Tokens { ids, text });
                self.abort.set();
                self.finish(FinishReason::Stop);
            }
        }
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

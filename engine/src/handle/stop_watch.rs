//! Sees stop strings where tokens are made: a reader may come late, and nobody wants what is
//! computed until then.

use std::sync::Arc;

use super::{answer_text::AnswerText, shared::Shared};
use crate::{
    loaded_model::OpenedModel,
    request::{GenerateRequest, TokenId},
    stop_strings::Released,
};

/// The text of an answer, once the vocabulary is read: it may still be unread when the answer is
/// asked for.
#[derive(Debug)]
pub(super) struct LateText {
    stops: Vec<String>,
    answer_so_far: Vec<TokenId>,
    /// All of the answer is text, whatever the format of the model's chats.
    is_plain: bool,
    text: Option<AnswerText>,
}

impl LateText {
    pub(super) fn new(request: &GenerateRequest) -> Self {
        Self {
            stops: request.stop.clone(),
            answer_so_far: request.answer_so_far.clone(),
            is_plain: request.options.is_plain,
            text: None,
        }
    }

    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    pub(super) fn get(&mut self, opened: &OpenedModel) -> &mut AnswerText {
        self.text.get_or_insert_with(|| {
            let parser = opened.template.parser().filter(|_| !self.is_plain);
            AnswerText::new(&self.stops, &self.answer_so_far, parser, &opened.tokenizer)
        })
    }

    /// What the end of the answer is told to.
    pub(super) fn take(&mut self, opened: &OpenedModel) -> AnswerText {
        // Nothing may have come: an answer so far can be complete but for its end.
        self.get(opened);
        self.text.take().expect("invariant: it was made just now")
    }
}

/// Asked about every token of an answer with stop strings. The reader of the stream sees the same
/// and shows only what is before them.
#[derive(Debug)]
pub(crate) struct StopWatch {
    shared: Arc<Shared>,
    text: LateText,
}

impl StopWatch {
    /// `None`: nothing stops the answer.
    pub(super) fn new(shared: &Arc<Shared>, request: &GenerateRequest) -> Option<Self> {
        let stops = request.stop.iter().any(|stop| !stop.is_empty());
        stops.then(|| Self {
            shared: Arc::clone(shared),
            text: LateText::new(request),
        })
    }

    /// Whether a stop string is complete with this token.
    pub(crate) fn is_stopped_by(&mut self, token: TokenId) -> bool {
        self.shared.opened().is_some_and(|opened| {
            let piece = self.text.get(opened).push(token, &opened.tokenizer);
            matches!(piece.answer, Released::Stopped(_))
        })
    }
}

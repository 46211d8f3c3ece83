//! The text of one answer, from its token ids.

use crate::{
    request::{FinishReason, TokenId},
    stop_strings::{Released, StopStrings},
    text_decoder::TextDecoder,
    tokenizer::Tokenizer,
};

#[derive(Debug)]
pub(super) struct AnswerText {
    decoder: TextDecoder,
    stops: StopStrings,
}

impl AnswerText {
    /// The text after `answer_so_far`, of which nothing is given again.
    pub(super) fn new(stops: &[String], answer_so_far: &[TokenId], tokenizer: &Tokenizer) -> Self {
        let mut text = Self {
            decoder: TextDecoder::new(),
            stops: StopStrings::new(stops),
        };
        for &id in answer_so_far {
            // A stop string in there is the caller's wish: it asked to go on behind it.
            let _ = text.push(id, tokenizer);
        }
        text
    }

    pub(super) fn push(&mut self, id: TokenId, tokenizer: &Tokenizer) -> Released {
        let completed = self.decoder.push(tokenizer.text_bytes(id));
        self.stops.push(&completed)
    }

    /// What is left when the answer ends. An answer that was cut off may be continued, so the
    /// bytes of a character that is not complete are kept out of the text.
    pub(super) fn finish(mut self, reason: FinishReason) -> String {
        if reason == FinishReason::Length {
            return self.stops.finish();
        }
        match self.stops.push(&self.decoder.finish()) {
            Released::Text(text) => text + &self.stops.finish(),
            Released::Stopped(text) => text,
        }
    }
}

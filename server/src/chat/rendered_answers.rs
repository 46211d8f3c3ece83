//! Blocks of answers that are complete, so that opening a conversation renders them once.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hearth_app::model::MessageId;

use crate::markdown;

/// Most bytes of HTML kept; past that, everything is forgotten and made again when asked for.
const MAX_BYTES: usize = 32 << 20;

/// Rendered answers by message.
#[derive(Debug, Default)]
pub(super) struct RenderedAnswers {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<MessageId, RenderedAnswer>,
    num_bytes: usize,
}

#[derive(Debug)]
struct RenderedAnswer {
    /// An answer only ever grows: its length tells whether it is still the same.
    text_bytes: usize,
    blocks: Vec<String>,
}

impl RenderedAnswers {
    /// The blocks of an answer.
    pub(super) fn blocks(&self, message: MessageId, text: &str) -> Vec<String> {
        if let Some(answer) = self.lock().answers.get(&message)
            && answer.text_bytes == text.len()
        {
            return answer.blocks.clone();
        }
        let blocks = markdown::render(text);
        self.lock().keep(message, text.len(), &blocks);
        blocks
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic in the middle of a change leaves at most a wrong sum.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, message: MessageId, text_bytes: usize, blocks: &[String]) {
        let num_bytes: usize = blocks.iter().map(String::len).sum();
        if self.num_bytes + num_bytes > MAX_BYTES {
            self.answers.clear();
            self.num_bytes = 0;
        }
        // An answer that is replaced is counted twice: the limit is only reached earlier.
        self.num_bytes += num_bytes;
        let answer = RenderedAnswer {
            text_bytes,
            blocks: blocks.to_vec(),
        };
        self.answers.insert(message, answer);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_answer_that_went_on_is_rendered_again() {
        let rendered = RenderedAnswers::default();
        let id = MessageId::new(Uuid::now_v7());
        assert_eq!(rendered.blocks(id, "one"), ["<p>one</p>"]);
        assert_eq!(rendered.blocks(id, "one two"), ["<p>one two</p>"]);
        assert_eq!(rendered.blocks(id, "one two"), ["<p>one two</p>"]);
    }
}

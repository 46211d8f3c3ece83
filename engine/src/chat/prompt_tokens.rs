//! The tokens of a prompt, and which message each of them belongs to.

use std::ops::Range;

use crate::request::TokenId;

/// A prompt of which messages can be left out without encoding the others again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptTokens {
    ids: Vec<TokenId>,
    /// Where the tokens of every message lie, in the order of the conversation. Instructions that
    /// a template gathers in one place lie there, all of them.
    messages: Vec<Range<usize>>,
    /// Where the frame of the answer begins, which the model goes on from. Its first token begins
    /// any other message too.
    answer: usize,
}

impl PromptTokens {
    pub(super) fn new(ids: Vec<TokenId>, messages: Vec<Range<usize>>, answer: usize) -> Self {
        Self {
            ids,
            messages,
            answer,
        }
    }

    /// All of them, in order.
    pub fn ids(&self) -> &[TokenId] {
        &self.ids
    }

    /// All of them, in order.
    pub fn into_ids(self) -> Vec<TokenId> {
        self.ids
    }

    /// How many tokens these messages of the conversation take.
    ///
    /// # Panics
    /// If the conversation has no such messages.
    pub fn num_tokens_of(&self, messages: Range<usize>) -> usize {
        let ranges = self.messages[messages].iter();
        ranges.map(|range| range.end - range.start).sum()
    }

    /// Leaves messages out. What is left is the prompt of the conversation without them, if none
    /// of them, and not the one behind them, is a system message.
    ///
    /// # Panics
    /// If the conversation has no such messages.
    pub fn leave_out(&mut self, messages: Range<usize>) {
        let removed: Vec<Range<usize>> = self.messages.drain(messages).collect();
        let (Some(first), Some(last)) = (removed.first(), removed.last()) else {
            return;
        };
        let (start, end) = (first.start, last.end);
        self.ids.drain(start..end);
        let moved = |position: usize| {
            if position < end {
                position
            } else {
                position - (end - start)
            }
        };
        for range in &mut self.messages {
            *range = moved(range.start)..moved(range.end);
        }
        self.answer = moved(self.answer);
    }

    /// Tokens at the beginning that are the same whatever is said behind the first `num_messages`
    /// messages of the conversation.
    pub fn num_fixed(&self, num_messages: usize) -> usize {
        let behind = self.messages.iter().skip(num_messages);
        let starts = behind.map(|range| range.start);
        starts.min().unwrap_or(self.answer)
    }

    /// Ids with which every next prompt of the conversation begins, whatever is said next.
    pub fn into_next_prompt(mut self) -> Vec<TokenId> {
        self.ids.truncate(self.answer + 1);
        self.ids
    }
}

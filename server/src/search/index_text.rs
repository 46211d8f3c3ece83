//! What the index gets of a text.

use std::collections::HashSet;

use super::tokens::{Token, TokenKind, Tokens};
use crate::slow_work::MAX_QUICK_BYTES;

/// Letters with which a word can be found before more of it is typed.
const START_CHARS: usize = 2;

/// The columns of the index, as words between spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexText {
    /// Everything, in the order of the text.
    pub(crate) words: String,
    /// The beginning of each word and each character of writing without spaces, once: to be found
    /// by a letter or two. As beginnings of `words` they would be looked up in thousands of places.
    pub(crate) starts: String,
}

impl IndexText {
    /// Takes a text apart. Some ten milliseconds for each megabyte.
    pub(crate) fn of(text: &str) -> Self {
        let mut index = Self::default();
        let mut seen = HashSet::new();
        for token in Tokens::of(text) {
            push(&mut index.words, &token.text);
            if let Some(start) = start(&token)
                && !seen.contains(start)
            {
                seen.insert(start.to_owned());
                push(&mut index.starts, start);
            }
        }
        index
    }

    /// The same, of a long text on a thread that serves nobody.
    pub(crate) async fn beside(text: &str) -> Self {
        if text.len() <= MAX_QUICK_BYTES {
            return Self::of(text);
        }
        let long = text.to_owned();
        let made = tokio::task::spawn_blocking(move || Self::of(&long));
        // It ends early only with the program.
        made.await.unwrap_or_default()
    }

    /// Whether there is nothing to find.
    pub(crate) const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

fn push(column: &mut String, word: &str) {
    if !column.is_empty() {
        column.push(' ');
    }
    column.push_str(word);
}

/// With what a piece can be found before it is typed whole.
fn start(token: &Token) -> Option<&str> {
    match token.kind {
        TokenKind::Word => start_of(&token.text),
        // The second of a pair is the first of the next, or the last.
        TokenKind::Pair | TokenKind::Last | TokenKind::Single => {
            let first = token.text.chars().next()?;
            token.text.get(..first.len_utf8())
        }
        TokenKind::Mark | TokenKind::Sign => None,
    }
}

/// The first letters of a word; none of one that is shorter.
pub(super) fn start_of(word: &str) -> Option<&str> {
    let (last, letter) = word.char_indices().nth(START_CHARS - 1)?;
    word.get(..last + letter.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_their_order_and_beginnings_once() {
        let index = IndexText::of("Rain and rainbows: 雨, 彩虹!");
        assert_eq!(index.words, "rain and rainbows 雨 彩虹 虹");
        assert_eq!(index.starts, "ra an 雨 彩 虹");
        assert!(IndexText::of(" -- \n").is_empty());
    }

    #[tokio::test]
    async fn a_long_text_is_taken_apart_as_a_short_one_is() {
        let long = "word ".repeat(MAX_QUICK_BYTES);
        assert_eq!(IndexText::beside(&long).await, IndexText::of(&long));
    }
}

//! What a text is made of, for the index and for a question to it: one reader for both, so that
//! whatever stands in a text is found by typing it.
//!
//! Words are letters and digits; everything else only ends them, so `foo_bar`, `std::vec` and an
//! address are several words in a row, found as a phrase and by each of their parts. `+` and `#`
//! right behind a letter count, for `C++` and `C#`. Writing without spaces is taken apart into
//! pairs of neighbours, the last character also alone, as `abcd` would be `ab bc cd d`. Emoji and
//! arrows stand for themselves.

use std::{iter::Peekable, ops::Range};

use unicode_normalization::char::is_combining_mark;

use super::characters::{Character, Characters};

/// Longer words are cut: nobody types them, and encoded files have very long ones.
const MAX_WORD_CHARS: usize = 64;

/// What kind of piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    /// `+` and `#` behind a word.
    Mark,
    /// Two neighbours of a writing without spaces.
    Pair,
    /// The last of several such characters.
    Last,
    /// One such character that stands alone.
    Single,
    /// An emoji, an arrow.
    Sign,
}

/// A piece of a text, folded, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
    /// Where its first character ends.
    pub(super) first_end: usize,
}

/// The pieces of a text in their order.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'a> {
    rest: Peekable<Characters<'a>>,
    /// The first of a pair, and whether it was the second of another one.
    half: Option<(Character, bool)>,
    is_behind_word: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            rest: Characters::of(text).peekable(),
            half: None,
            is_behind_word: false,
        }
    }

    /// The longest piece of this kind that begins here.
    fn run(&mut self, first: &Character, kind: TokenKind, goes_on: fn(char) -> bool) -> Token {
        let mut token = single(first, kind);
        for _ in 1..MAX_WORD_CHARS {
            let Some(next) = self.rest.next_if(|next| goes_on(next.letter)) else {
                break;
            };
            token.text.push(next.letter);
            token.range.end = next.range.end;
        }
        token
    }

    fn unspaced(&mut self, first: &Character, has_pair: bool) -> Token {
        if let Some(second) = self.rest.next_if(|next| is_unspaced(next.letter)) {
            let mut token = single(first, TokenKind::Pair);
            token.text.push(second.letter);
            token.range.end = second.range.end;
            self.half = Some((second, true));
            return token;
        }
        let kind = if has_pair {
            TokenKind::Last
        } else {
            TokenKind::Single
        };
        single(first, kind)
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if let Some((first, has_pair)) = self.half.take() {
            return Some(self.unspaced(&first, has_pair));
        }
        loop {
            let first = self.rest.next()?;
            let was_word = std::mem::take(&mut self.is_behind_word);
            if is_unspaced(first.letter) {
                return Some(self.unspaced(&first, false));
            }
            if is_word(first.letter) {
                self.is_behind_word = true;
                return Some(self.run(&first, TokenKind::Word, is_word));
            }
            if is_mark(first.letter) && was_word {
                return Some(self.run(&first, TokenKind::Mark, is_mark));
            }
            if is_sign(first.letter) {
                return Some(single(&first, TokenKind::Sign));
            }
        }
    }
}

fn single(character: &Character, kind: TokenKind) -> Token {
    Token {
        text: character.letter.to_string(),
        kind,
        range: character.range.clone(),
        first_end: character.range.end,
    }
}

fn is_word(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric();
    }
    (letter.is_alphanumeric() || is_combining_mark(letter)) && !is_unspaced(letter)
}

fn is_mark(letter: char) -> bool {
    matches!(letter, '+' | '#')
}

/// A letter of a writing that puts no spaces between words, or, as in Korean, none between a word
/// and what belongs to it.
pub(super) fn is_unspaced(letter: char) -> bool {
    let is_script = matches!(letter,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1100}'..='\u{11ff}' // Korean, in parts
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{312f}' // Japanese, Bopomofo
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' // Korean
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}');
    is_script && (letter.is_alphanumeric() || is_combining_mark(letter))
}

/// What stands for itself: emoji, arrows, signs of mathematics and of money.
fn is_sign(letter: char) -> bool {
    matches!(letter,
        '\u{20a0}'..='\u{20cf}'
        | '\u{2190}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}'
        | '©' | '®' | '〰' | '〽')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        Tokens::of(text).map(|it| it.text).collect()
    }

    #[test]
    fn identifiers_are_words_in_a_row() {
        assert_eq!(tokens("self.foo_bar()"), ["self", "foo", "bar"]);
        assert_eq!(tokens("std::vec::Vec<u8>"), ["std", "vec", "vec", "u8"]);
        assert_eq!(
            tokens("C++, C# and a + b"),
            ["c", "++", "c", "#", "and", "a", "b"]
        );
        assert_eq!(tokens("# Title\n**bold**"), ["title", "bold"]);
    }

    #[test]
    fn writing_without_spaces_is_pairs_and_its_last_character() {
        assert_eq!(tokens("用户身份"), ["用户", "户身", "身份", "份"]);
        assert_eq!(tokens("用"), ["用"]);
        assert_eq!(tokens("手机app，好"), ["手机", "机", "app", "好"]);
        assert_eq!(tokens("한국어"), ["한국", "국어", "어"]);
    }

    #[test]
    fn emoji_stand_for_themselves() {
        assert_eq!(tokens("fire🔥🔥 👍🏽"), ["fire", "🔥", "🔥", "👍", "🏽"]);
        assert_eq!(tokens("👨‍👩‍👧"), ["👨", "👩", "👧"]);
        assert_eq!(tokens("a → b"), ["a", "→", "b"]);
    }

    #[test]
    fn a_very_long_word_is_cut() {
        let long = tokens(&"x".repeat(200));
        let lengths: Vec<usize> = long.iter().map(String::len).collect();
        assert_eq!(lengths, [64, 64, 64, 8]);
    }

    proptest! {
        #[test]
        fn a_piece_holds_what_the_index_takes_for_one_word(text in any::<String>()) {
            for token in Tokens::of(&text) {
                prop_assert!(text.get(token.range.clone()).is_some());
                prop_assert!(token.range.start < token.first_end);
                prop_assert!(token.first_end <= token.range.end);
                let is_plain = |it: char| !it.is_ascii() || it.is_alphanumeric() || is_mark(it);
                prop_assert!(!token.text.is_empty() && token.text.chars().all(is_plain));
            }
        }
    }
}

//! Letters as the index knows them: without case, width and accents.
//!
//! What is typed is folded the same way, so `Cafe` finds `café` and `ＡＢＣ` finds `abc`. Each letter
//! remembers where in the original it stands, so that a hit can be marked there.

use std::{collections::VecDeque, ops::Range, str::CharIndices};

use unicode_normalization::char::{compose, decompose_compatible};

/// A folded letter and the bytes of the original that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Character {
    pub(super) letter: char,
    pub(super) range: Range<usize>,
}

/// The folded letters of a text.
#[derive(Clone, Debug)]
pub(super) struct Characters<'a> {
    rest: CharIndices<'a>,
    /// The last one may yet be composed with what follows.
    ready: VecDeque<Character>,
}

impl<'a> Characters<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            rest: text.char_indices(),
            ready: VecDeque::new(),
        }
    }

    fn fold(&mut self, original: char, range: &Range<usize>) {
        if original.is_ascii() {
            let letter = original.to_ascii_lowercase();
            let range = range.clone();
            self.ready.push_back(Character { letter, range });
            return;
        }
        decompose_compatible(original, |part| {
            for letter in part.to_lowercase() {
                self.put(letter, range);
            }
        });
    }

    fn put(&mut self, letter: char, range: &Range<usize>) {
        let last = self.ready.back_mut();
        if is_left_out(letter) {
            // Marked with the letter that it belongs to.
            if let Some(last) = last {
                last.range.end = range.end;
            }
            return;
        }
        let composed = last.as_ref().and_then(|last| compose(last.letter, letter));
        if let (Some(composed), Some(last)) = (composed, last) {
            last.letter = composed;
            last.range.end = range.end;
            return;
        }
        self.ready.push_back(Character {
            // Only where a word ends: Greek has two forms of one letter.
            letter: if letter == 'ς' { 'σ' } else { letter },
            range: range.clone(),
        });
    }
}

impl Iterator for Characters<'_> {
    type Item = Character;

    fn next(&mut self) -> Option<Character> {
        while self.ready.len() < 2 {
            let Some((start, original)) = self.rest.next() else {
                break;
            };
            self.fold(original, &(start..start + original.len_utf8()));
        }
        self.ready.pop_front()
    }
}

/// Accents, and signs that nobody sees: joiners, soft hyphens, the choice of a drawing.
fn is_left_out(letter: char) -> bool {
    matches!(letter,
        '\u{ad}'
        | '\u{300}'..='\u{36f}'
        | '\u{200c}'..='\u{200f}'
        | '\u{2060}'..='\u{2064}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> String {
        Characters::of(text).map(|it| it.letter).collect()
    }

    #[test]
    fn case_width_and_accents_make_no_difference() {
        for (one, other) in [
            ("Café", "cafe"),
            ("cafe\u{301}", "CAFÉ"),
            ("ＡＢＣ１２３", "abc123"),
            ("ﾊﾟｿｺﾝ", "パソコン"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ﬁne", "fine"),
            ("❤️", "❤"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        // A sound mark makes another letter, not another way of writing one.
        assert_ne!(folded("か"), folded("が"));
    }

    proptest! {
        #[test]
        fn every_letter_lies_in_the_text_and_in_its_order(text in any::<String>()) {
            let mut last = 0;
            for character in Characters::of(&text) {
                prop_assert!(text.get(character.range.clone()).is_some());
                prop_assert!(character.range.start >= last);
                last = character.range.start;
            }
        }
    }
}

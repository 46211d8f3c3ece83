//! What somebody typed, as a question to the index. Whatever it is, it is one: nothing is refused,
//! and nothing of it is read as the index's own language.

mod filters;

use super::{
    index_text::start_of,
    tokens::{Token, TokenKind, Tokens},
};
use filters::Filters;

/// Of what is typed that much is read, in characters, and that many words and phrases of it.
const MAX_CHARS: usize = 400;
const MAX_TERMS: usize = 16;

/// Words and phrases that all have to be there, and what narrows the search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(super) terms: Vec<Term>,
    pub(crate) filters: Filters,
}

/// A word or a phrase: pieces that stand one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) pieces: Vec<String>,
    /// The last piece may be the beginning of a longer one.
    pub(super) is_open: bool,
}

/// A part of what was typed.
struct Part<'a> {
    text: &'a str,
    is_quoted: bool,
    /// Nothing stands behind it: it may not be finished.
    is_last: bool,
}

impl Query {
    /// Reads what was typed.
    pub(crate) fn parse(typed: &str) -> Self {
        let end = typed.char_indices().nth(MAX_CHARS);
        let typed = end.map_or(typed, |(end, _)| &typed[..end]);
        let mut query = Self::default();
        for part in parts(typed) {
            if !part.is_quoted && query.filters.take(part.text) {
                continue;
            }
            let term = Term::of(&part);
            if query.terms.len() < MAX_TERMS {
                query.terms.extend(term);
            }
        }
        query
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.filters == Filters::default()
    }

    /// What names of files have to hold, as JSON: names are kept as words between spaces.
    pub(crate) fn to_name_parts(&self) -> String {
        let parts = self.terms.iter().map(|term| {
            let end = if term.is_open { "" } else { " " };
            format!(" {}{end}", term.pieces.join(" "))
        });
        let parts: Vec<_> = parts.collect();
        serde_json::to_string(&parts).expect("invariant: texts are plain JSON")
    }

    /// The question in the language of FTS5. `scope` is one word: whose texts, and of what kind.
    pub(crate) fn to_match(&self, scope: &str) -> String {
        let mut question = format!("scope : \"{scope}\"");
        for term in &self.terms {
            question.push_str(" AND ");
            question.push_str(&term.to_match());
        }
        question
    }
}

impl Term {
    /// None: there is nothing in it that could be found.
    fn of(part: &Part<'_>) -> Option<Self> {
        let mut tokens: Vec<Token> = Tokens::of(part.text).collect();
        // It is the end of a longer run in the text, too: the pair before says all.
        tokens.pop_if(|last| last.kind == TokenKind::Last);
        let last = tokens.last()?;
        let is_unfinished = part.is_last || part.text.ends_with('*');
        let is_open = match last.kind {
            TokenKind::Single => true,
            TokenKind::Word | TokenKind::Mark => {
                let is_long = last.kind == TokenKind::Mark || start_of(&last.text).is_some();
                is_long && is_unfinished && !part.is_quoted
            }
            TokenKind::Pair | TokenKind::Last | TokenKind::Sign => false,
        };
        let pieces = tokens.into_iter().map(|token| token.text).collect();
        Some(Self { pieces, is_open })
    }

    /// A letter or two are looked up where beginnings are.
    fn to_match(&self) -> String {
        if let [piece] = self.pieces.as_slice()
            && self.is_open
            && is_start(piece)
        {
            return format!("starts : \"{piece}\"");
        }
        let star = if self.is_open { " *" } else { "" };
        format!("words : \"{}\"{star}", self.pieces.join(" "))
    }
}

/// Whether `starts` has it whole.
fn is_start(piece: &str) -> bool {
    let is_single = piece.chars().all(super::tokens::is_unspaced);
    is_single || start_of(piece) == Some(piece)
}

/// Cuts at spaces, but for what stands between quotation marks.
fn parts(typed: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = typed;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        if is_quote(first) {
            let inner = &rest[first.len_utf8()..];
            let end = inner.find(is_quote);
            let text = &inner[..end.unwrap_or(inner.len())];
            // A phrase that is not ended yet is being typed.
            let is_quoted = end.is_some();
            let behind = inner[text.len()..].chars().next();
            rest = &inner[text.len() + behind.map_or(0, char::len_utf8)..];
            let is_last = !is_quoted;
            return Some(Part {
                text,
                is_quoted,
                is_last,
            });
        }
        let (mut is_inside, mut last) = (false, first);
        // The value of a filter may have spaces between quotation marks.
        let end = rest.find(|letter: char| {
            is_inside ^= is_quote(letter) && (is_inside || matches!(last, ':' | '：'));
            last = letter;
            letter.is_whitespace() && !is_inside
        });
        let (text, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        let is_last = behind.is_empty();
        Some(Part {
            text,
            is_quoted: false,
            is_last,
        })
    })
}

/// Straight quotation marks and those of several languages.
fn is_quote(letter: char) -> bool {
    matches!(
        letter,
        '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '＂'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(typed: &str) -> String {
        let question = Query::parse(typed).to_match("x");
        question.strip_prefix("scope : \"x\"").unwrap().to_owned()
    }

    #[test]
    fn the_last_word_may_be_a_beginning_and_a_quoted_one_is_none() {
        assert_eq!(
            asked("red rainb"),
            r#" AND words : "red" AND words : "rainb" *"#
        );
        assert_eq!(
            asked("red rainb "),
            r#" AND words : "red" AND words : "rainb""#
        );
        assert_eq!(
            asked("rain* red "),
            r#" AND words : "rain" * AND words : "red""#
        );
        assert_eq!(asked("\"red rain\""), r#" AND words : "red rain""#);
        assert_eq!(asked("\"red rain"), r#" AND words : "red rain" *"#);
        assert_eq!(asked("ra"), r#" AND starts : "ra""#);
        assert_eq!(asked("a"), r#" AND words : "a""#);
    }

    #[test]
    fn chinese_is_asked_for_by_a_character_a_pair_or_a_phrase() {
        assert_eq!(asked("用"), r#" AND starts : "用""#);
        assert_eq!(asked("用户"), r#" AND words : "用户""#);
        assert_eq!(asked("用户身份"), r#" AND words : "用户 户身 身份""#);
        assert_eq!(asked("app机"), r#" AND words : "app 机" *"#);
    }

    #[test]
    fn identifiers_are_phrases_and_what_looks_like_a_language_is_not_one() {
        assert_eq!(asked("foo_bar "), r#" AND words : "foo bar""#);
        assert_eq!(asked("C++ "), r#" AND words : "c ++""#);
        assert_eq!(asked("\" OR *"), r#" AND starts : "or""#);
        assert_eq!(asked("NEAR( x"), r#" AND words : "near" AND words : "x""#);
        for nothing in ["", "-", "\"\"", "* ^ :", "\u{200d}"] {
            assert!(Query::parse(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn a_name_holds_each_word_and_the_last_one_begins_like_this() {
        let parts = |typed| Query::parse(typed).to_name_parts();
        assert_eq!(parts("annual rep"), r#"[" annual "," rep"]"#);
        assert_eq!(parts("\"annual report\""), r#"[" annual report "]"#);
        assert_eq!(parts("年度报"), r#"[" 年度 度报 "]"#);
        assert_eq!(parts("has:file"), "[]");
    }

    #[test]
    fn a_long_text_is_cut() {
        let query = Query::parse(&"word ".repeat(2_000));
        assert_eq!(query.terms.len(), MAX_TERMS);
        let query = Query::parse(&"字".repeat(10_000));
        assert_eq!(query.terms[0].pieces.len(), MAX_CHARS - 1);
    }

    proptest! {
        #[test]
        fn between_quotation_marks_stand_only_words(typed in any::<String>()) {
            let question = asked(&typed);
            for (index, text) in question.split('"').enumerate() {
                let is_word = |it: char| !it.is_ascii() || it.is_alphanumeric() || " +#".contains(it);
                prop_assert!(index % 2 == 0 || text.chars().all(is_word), "{}", question);
            }
        }
    }
}

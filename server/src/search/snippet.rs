//! What is shown of a hit: some words around it, from the text itself, with what was found marked.

use std::ops::Range;

use hearth_app::service::search::Piece;

use super::{
    query::Term,
    tokens::{Token, TokenKind, Tokens, is_unspaced},
};

/// Two lines of small letters. Writing without spaces takes twice the room.
const WIDTH: usize = 170;
/// How much stands before what was found.
const LEAD: usize = 40;
/// In a very long text hits are looked for up to here, in pieces of it.
const MAX_TOKENS: usize = 60_000;
/// Hits that are compared: enough to find a place where many words meet.
const MAX_HITS: usize = 500;
/// Bytes in which two hits are near each other.
const NEAR: usize = 240;

/// Where a word or phrase was found.
struct Found {
    term: usize,
    range: Range<usize>,
}

/// The whole text, such as a title.
pub(super) fn marked(text: &str, terms: &[Term]) -> Vec<Piece> {
    cut(text, 0, usize::MAX, &found(text, terms), false)
}

/// The part of a text where most of the words are. Signs of Markdown are left out.
pub(super) fn snippet(text: &str, terms: &[Term], is_markdown: bool) -> Vec<Piece> {
    let found = found(text, terms);
    let near = |at: usize| {
        let (here, rest) = (found[at].range.start, &found[at..]);
        let mut terms: Vec<usize> = rest
            .iter()
            .take_while(|it| it.range.start < here + NEAR)
            .map(|it| it.term)
            .collect();
        terms.sort_unstable();
        terms.dedup();
        terms.len()
    };
    // Of equal places the first.
    let best = (0..found.len()).rev().max_by_key(|&at| near(at));
    let hit = best.map_or(0, |at| found[at].range.start);
    cut(text, begin(text, hit), WIDTH, &found, is_markdown)
}

/// All places in their order.
fn found(text: &str, terms: &[Term]) -> Vec<Found> {
    let tokens: Vec<Token> = Tokens::of(text).take(MAX_TOKENS).collect();
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        for (number, term) in terms.iter().enumerate() {
            if let Some(range) = place(&tokens[at..], term) {
                found.push(Found {
                    term: number,
                    range,
                });
            }
        }
        if found.len() >= MAX_HITS {
            break;
        }
    }
    found
}

/// Which bytes a term takes if it stands at the beginning of these pieces.
fn place(tokens: &[Token], term: &Term) -> Option<Range<usize>> {
    let tokens = tokens.get(..term.pieces.len())?;
    let (first, last) = (tokens.first()?, tokens.last()?);
    for (index, (token, piece)) in tokens.iter().zip(&term.pieces).enumerate() {
        let is_last = index + 1 == tokens.len();
        let is_same = if is_last && term.is_open {
            token.text.starts_with(piece.as_str())
        } else {
            token.text == *piece
        };
        if !is_same {
            return None;
        }
    }
    let is_half = last.kind == TokenKind::Pair && term.pieces.last()?.chars().count() == 1;
    let end = if is_half {
        last.first_end
    } else {
        last.range.end
    };
    Some(first.range.start..end)
}

/// A little before a hit, at the beginning of a word.
fn begin(text: &str, hit: usize) -> usize {
    let before = &text[..hit];
    let mut room = LEAD;
    let mut start = hit;
    for (index, letter) in before.char_indices().rev() {
        let Some(left) = room.checked_sub(width(letter)) else {
            let word = text[start..hit].find(char::is_whitespace);
            return word.map_or(start, |space| start + space);
        };
        room = left;
        start = index;
    }
    0
}

fn width(letter: char) -> usize {
    if is_unspaced(letter) { 2 } else { 1 }
}

/// Letters from a place on, as far as there is room, on one line.
fn cut(
    text: &str,
    start: usize,
    mut room: usize,
    found: &[Found],
    is_markdown: bool,
) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if start > 0 {
        push(&mut pieces, '…', false);
    }
    let mut hits = found.iter().map(|it| &it.range).peekable();
    let (mut hit_end, mut is_line_start, mut is_space) = (0, start == 0, true);
    for (index, letter) in text[start..].char_indices() {
        let at = start + index;
        while let Some(hit) = hits.next_if(|hit| hit.start <= at) {
            hit_end = hit_end.max(hit.end);
        }
        let is_hit = at < hit_end;
        if letter.is_whitespace() {
            is_line_start |= letter == '\n';
            if !is_space {
                push(&mut pieces, ' ', is_hit);
                room = room.saturating_sub(1);
            }
            is_space = true;
            continue;
        }
        if is_markdown && !is_hit && is_sign_of_markdown(letter, is_line_start) {
            continue;
        }
        (is_line_start, is_space) = (false, false);
        let Some(left) = room.checked_sub(width(letter)) else {
            push(&mut pieces, '…', false);
            break;
        };
        room = left;
        push(&mut pieces, letter, is_hit);
    }
    pieces
}

fn is_sign_of_markdown(letter: char, is_line_start: bool) -> bool {
    matches!(letter, '*' | '`' | '|') || (is_line_start && matches!(letter, '#' | '>' | '-'))
}

fn push(pieces: &mut Vec<Piece>, letter: char, is_hit: bool) {
    if let Some(last) = pieces.last_mut().filter(|last| last.is_hit == is_hit) {
        last.text.push(letter);
        return;
    }
    pieces.push(Piece {
        text: letter.to_string(),
        is_hit,
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::query::Query, *};

    /// Hits stand between brackets.
    fn shown(pieces: &[Piece]) -> String {
        let text = |piece: &Piece| {
            if piece.is_hit {
                format!("[{}]", piece.text)
            } else {
                piece.text.clone()
            }
        };
        pieces.iter().map(text).collect()
    }

    fn of(text: &str, typed: &str) -> String {
        shown(&snippet(text, &Query::parse(typed).terms, true))
    }

    #[test]
    fn what_was_found_is_marked_as_it_is_written() {
        assert_eq!(of("A Café in **Paris**", "cafe par"), "A [Café] in [Paris]");
        assert_eq!(
            of("call `foo_bar()` now", "foo_bar "),
            "call [foo_bar]() now"
        );
        assert_eq!(of("用户身份验证", "身份"), "用户[身份]验证");
        assert_eq!(of("用户身份", "身"), "用户[身]份");
        assert_eq!(of("hot 🔥🔥 fire", "🔥"), "hot [🔥🔥] fire");
        assert_eq!(of("# Title\n\n- one\n- two", "two"), "Title one [two]");
    }

    #[test]
    fn the_place_where_most_words_meet_is_shown() {
        let text = format!("red {} red wine {}", "x ".repeat(300), "y ".repeat(300));
        let shown = of(&text, "red wine");
        assert!(
            shown.starts_with("…x x") && shown.contains("[red] [wine] y"),
            "{shown}"
        );
        assert!(shown.ends_with('…') && shown.chars().count() < 200);
    }

    #[test]
    fn a_title_is_shown_whole() {
        let terms = Query::parse("rain").terms;
        let title = format!("{} rain", "word ".repeat(60));
        assert!(shown(&marked(&title, &terms)).ends_with("word [rain]"));
    }

    proptest! {
        #[test]
        fn every_word_of_a_text_is_marked_in_it(text in any::<String>(), number in any::<usize>()) {
            let words: Vec<&str> = text.split_whitespace().collect();
            prop_assume!(!words.is_empty());
            let word = words[number % words.len()].replace(|it: char| "\"“”„«»「」＂:：".contains(it), "");
            let query = Query::parse(&word);
            let whole = text.replace(|it: char| "\"“”„«»「」＂:：".contains(it), "");
            let pieces = snippet(&whole, &query.terms, false);
            prop_assert!(query.terms.is_empty() || pieces.iter().any(|it| it.is_hit));
        }
    }
}

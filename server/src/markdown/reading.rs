//! One reading of a text before it is parsed: code binds before formulas, formulas and the few
//! HTML tags bind before blocks.
//!
//! What is found becomes an atom, which the parser sees as a short word: so a line of a formula
//! that begins with `-` is no list, and a `|` inside of one ends no cell. One pass over the text;
//! whoever looked in vain for an end remembers how far.

mod formula;
mod lines;
mod scanner;
mod tag;

use std::collections::BTreeSet;

pub(super) use formula::{Closer, MAX_SPACED_BYTES, begins_other, opened_by};
pub(super) use lines::{marker_bytes, opening_fence};
pub(super) use tag::Tag;

use super::links::Links;
use scanner::Scanner;

/// Stand around the number of an atom: punctuation, as the signs are that it stands for, so that
/// emphasis around it is read the same. Where a text has them they become atoms themselves.
const OPEN: char = '\u{2e28}';
const CLOSE: char = '\u{2e29}';

/// Something that the parser of blocks must not look into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Atom {
    /// A formula, delimiters removed.
    Formula { latex: String, is_display: bool },
    /// A formula that still grows: it is shown as its source.
    Growing,
    /// One of the tags that may be written.
    Tag(Tag),
    /// A number that stands for a footnote.
    NoteMark(String),
    /// Begins the text of a footnote.
    NoteStart(String),
    /// Nothing but its source.
    Text,
}

/// A text with its atoms taken out.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) text: String,
    atoms: Vec<(Atom, String)>,
    /// Links that the text defines: the name of each, as `links` compares it, and its line.
    pub(super) links: Vec<(String, String)>,
    /// Those of them that are not shown because the text itself seems to name them.
    pub(super) hidden: BTreeSet<String>,
    /// Footnotes whose texts begin here: their names in brackets.
    pub(super) notes: Vec<String>,
    /// Footnotes that are named: their names in brackets.
    pub(super) marks: BTreeSet<String>,
}

/// A piece of text between atoms, or one of them with its source.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Atom(&'a Atom, &'a str),
}

impl Reading {
    /// Of complete blocks, with what the blocks before them left.
    pub(super) fn of(text: &str, links: &Links) -> Self {
        Scanner::new(text, links, false).read()
    }

    /// Of blocks that still grow.
    pub(super) fn of_growing(text: &str, links: &Links) -> Self {
        Scanner::new(text, links, true).read()
    }

    /// Of a text that names none of these, whatever it looks like: their definitions are shown.
    pub(super) fn showing(
        text: &str,
        links: &Links,
        is_growing: bool,
        unnamed: BTreeSet<String>,
    ) -> Self {
        Scanner::new(text, links, is_growing)
            .showing(unnamed)
            .read()
    }

    fn push_atom(&mut self, atom: Atom, source: &str) {
        self.text.push(OPEN);
        self.text.push_str(&self.atoms.len().to_string());
        self.text.push(CLOSE);
        self.atoms.push((atom, source.to_owned()));
    }

    fn push_char(&mut self, c: char) {
        if matches!(c, OPEN | CLOSE) {
            self.push_atom(Atom::Text, c.encode_utf8(&mut [0; 4]));
        } else {
            self.text.push(c);
        }
    }

    /// Text in which atoms may stand, cut at them.
    pub(super) fn pieces<'a>(&'a self, text: &'a str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(OPEN) {
            if !before.is_empty() {
                pieces.push(Piece::Text(before));
            }
            let Some((number, behind)) = behind.split_once(CLOSE) else {
                rest = behind;
                continue;
            };
            let found = number.parse().ok().and_then(|at: usize| self.atoms.get(at));
            if let Some((atom, source)) = found {
                pieces.push(Piece::Atom(atom, source));
            }
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        pieces
    }

    /// Text with every atom as it was written.
    pub(super) fn restored(&self, text: &str) -> String {
        let pieces = self.pieces(text);
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Atom(_, text) => *text,
            })
            .collect()
    }

    /// Whether there is any atom in the text.
    pub(super) fn has_atom(text: &str) -> bool {
        text.contains(OPEN)
    }
}

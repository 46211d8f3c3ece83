//! Footnotes lead to each other: the mark in the text to its note, the number of the note back.
//!
//! In a page stand many answers, each with a footnote 1: an id holds the name of its answer. Ids
//! and addresses are written behind the last gate, which lets none through: no answer can bring its
//! own.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use super::links::{self, Links};

/// Begin a mark and a number in HTML that has passed the gate.
const MARK: &str = r#"<sup class="footnote-mark">"#;
const NUMBER: &str = r#"<sup class="footnote-number">"#;
/// What both begin with.
const BEGINNING: &str = r#"<sup class="footnote-"#;
const END: &str = "</sup>";
/// Names of an answer that get ids: more than there can be notes.
const MAX_IDS: usize = 500;

/// The footnotes of the blocks so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// The name of the answer in its page. Without one nothing leads anywhere.
    answer: Option<Arc<str>>,
    /// Those whose first mark, and whose note, has come.
    marked: Arc<BTreeSet<String>>,
    noted: Arc<BTreeSet<String>>,
}

impl Notes {
    /// Of an answer that has this name in its page.
    pub(super) fn of_answer(name: &str) -> Self {
        Self {
            answer: Some(name.into()),
            ..Self::default()
        }
    }

    /// Whether marks lead to their notes.
    pub(super) fn are_linked(&self) -> bool {
        self.answer.is_some()
    }

    /// Cleaned HTML in which marks lead to notes that are known, and numbers to their first marks.
    pub(super) fn linked(&mut self, html: String, links: &Links) -> String {
        let Some(answer) = self.answer.clone() else {
            return html;
        };
        if !html.contains(BEGINNING) {
            return html;
        }
        let mut linked = String::with_capacity(html.len() + html.len() / 4);
        let mut rest = html.as_str();
        while let Some((before, behind)) = rest.split_once(BEGINNING) {
            linked.push_str(before);
            let start = &rest[before.len()..];
            let is_mark = start.starts_with(MARK);
            let beginning = if is_mark { MARK } else { NUMBER };
            let label = start.strip_prefix(beginning);
            let Some((label, others)) = label.and_then(|it| it.split_once(END)) else {
                linked.push_str(BEGINNING);
                rest = behind;
                continue;
            };
            let sup = self.sup(&answer, label, is_mark, links);
            linked.push_str(&sup);
            rest = others;
        }
        linked.push_str(rest);
        linked
    }

    fn sup(&mut self, answer: &str, label: &str, is_mark: bool, links: &Links) -> String {
        let name = label.to_ascii_lowercase();
        let (own, other) = if is_mark {
            ("mark", "note")
        } else {
            ("note", "mark")
        };
        let leads = if is_mark {
            links.has_note(&links::note_name(label))
        } else {
            self.marked.contains(&name)
        };
        let known = if is_mark {
            &mut self.marked
        } else {
            &mut self.noted
        };
        let is_first = known.len() < MAX_IDS && !known.contains(&name);
        let mut sup = String::from(BEGINNING);
        sup.push_str(if is_mark { "mark\"" } else { "number\"" });
        if is_first {
            let _ = write!(sup, " id=\"{own}-{answer}-{name}\"");
            Arc::make_mut(known).insert(name.clone());
        }
        sup.push('>');
        if leads {
            // The browser goes there, not the page: it takes the focus along.
            let _ = write!(
                sup,
                "<a href=\"#{other}-{answer}-{name}\" rel=\"external\">{label}</a>"
            );
        } else {
            sup.push_str(label);
        }
        sup.push_str(END);
        sup
    }
}

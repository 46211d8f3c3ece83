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

/// The ids that one block has: of first marks, and of notes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ids {
    marks: Vec<String>,
    notes: Vec<String>,
}

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

    /// Whether a mark of this footnote, named with the sign before it, has an id.
    pub(super) fn has_mark(&self, name: &str) -> bool {
        let label = name.strip_prefix('^').unwrap_or(name);
        self.marked.contains(label)
    }

    /// Forgets the ids of a block that is rendered again, which gives them once more.
    pub(super) fn take_back(&mut self, ids: &Ids) {
        for (known, names) in [
            (&mut self.marked, &ids.marks),
            (&mut self.noted, &ids.notes),
        ] {
            if !names.is_empty() {
                let known = Arc::make_mut(known);
                known.retain(|name| !names.contains(name));
            }
        }
    }

    /// Cleaned HTML in which marks lead to notes that are known, and numbers to their first marks;
    /// and the ids in it.
    pub(super) fn linked(&mut self, html: String, links: &Links) -> (String, Ids) {
        let mut ids = Ids::default();
        let Some(answer) = self.answer.clone() else {
            return (html, ids);
        };
        if !html.contains(BEGINNING) {
            return (html, ids);
        }
        let mut in_link = false;
        let mut linked = String::with_capacity(html.len() + html.len() / 4);
        let mut rest = html.as_str();
        while let Some((before, behind)) = rest.split_once(BEGINNING) {
            linked.push_str(before);
            in_link = is_in_link(before, in_link);
            let start = &rest[before.len()..];
            let is_mark = start.starts_with(MARK);
            let beginning = if is_mark { MARK } else { NUMBER };
            let label = start.strip_prefix(beginning);
            let Some((label, others)) = label.and_then(|it| it.split_once(END)) else {
                linked.push_str(BEGINNING);
                rest = behind;
                continue;
            };
            let name = label.to_ascii_lowercase();
            // No link stands in another.
            let leads = !in_link
                && if is_mark {
                    links.has_note(&links::note_name(label))
                } else {
                    self.marked.contains(&name)
                };
            let has_id = self.give_id(&name, is_mark, &mut ids);
            let side = if is_mark { &OF_MARK } else { &OF_NUMBER };
            linked.push_str(&side.written(&answer, label, has_id, leads));
            rest = others;
        }
        linked.push_str(rest);
        (linked, ids)
    }

    /// Whether the first of its name stands here: it has the id.
    fn give_id(&mut self, name: &str, is_mark: bool, ids: &mut Ids) -> bool {
        let (known, given) = if is_mark {
            (&mut self.marked, &mut ids.marks)
        } else {
            (&mut self.noted, &mut ids.notes)
        };
        let is_first = known.len() < MAX_IDS && !known.contains(name);
        if is_first {
            Arc::make_mut(known).insert(name.to_owned());
            given.push(name.to_owned());
        }
        is_first
    }
}

/// Whether a link is open behind a piece of cleaned HTML, which has no such signs but in its tags.
fn is_in_link(html: &str, was_in_link: bool) -> bool {
    match (html.rfind("<a "), html.rfind("</a>")) {
        (None, None) => was_in_link,
        (start, end) => start > end,
    }
}

/// What differs between a mark in the text and the number of a note.
struct Side {
    class: &'static str,
    own: &'static str,
    other: &'static str,
    /// What a screen reader says of the link.
    role: &'static str,
}

const OF_MARK: Side = Side {
    class: "mark",
    own: "mark",
    other: "note",
    role: "doc-noteref",
};
const OF_NUMBER: Side = Side {
    class: "number",
    own: "note",
    other: "mark",
    role: "doc-backlink",
};

impl Side {
    fn written(&self, answer: &str, label: &str, has_id: bool, leads: bool) -> String {
        let name = label.to_ascii_lowercase();
        let Self {
            class,
            own,
            other,
            role,
        } = self;
        let mut html = format!("{BEGINNING}{class}\"");
        if has_id {
            let _ = write!(html, " id=\"{own}-{answer}-{name}\"");
        }
        html.push('>');
        if leads {
            // The browser goes there, not the page: it takes the focus along.
            let _ = write!(
                html,
                "<a href=\"#{other}-{answer}-{name}\" rel=\"external\" role=\"{role}\">\
                 {label}</a>"
            );
        } else {
            html.push_str(label);
        }
        html.push_str(END);
        html
    }
}

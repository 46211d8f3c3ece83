//! What a document says of its paragraphs elsewhere: which styles are headings, and which lists
//! have numbers.

use std::{collections::HashMap, ops::ControlFlow};

use crate::extract::xml::{Node, attribute, walk};

/// Styles rest on others; so many steps are looked at.
const MAX_STEPS: usize = 10;
/// Headings of Markdown.
const MAX_LEVEL: u8 = 6;

/// A list that a paragraph belongs to, and how deep in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ListPlace {
    pub(super) list: String,
    pub(super) level: u8,
}

#[derive(Debug, Default)]
struct Style {
    name: String,
    based_on: Option<String>,
    /// 0 is the highest.
    outline: Option<u8>,
    list: Option<ListPlace>,
}

/// The styles and lists of a document.
#[derive(Debug, Default)]
pub(super) struct Styles {
    by_id: HashMap<String, Style>,
    /// The definition of each list.
    definitions: HashMap<String, String>,
    /// Levels of definitions whose items have numbers or letters.
    numbered: HashMap<(String, u8), bool>,
}

impl Styles {
    /// What two parts of a document say; as much as can be read of them.
    pub(super) fn read(styles: &str, numbering: &str) -> Self {
        let mut read = Self::default();
        let mut current: Option<(String, Style)> = None;
        let _ = walk(styles, |node| {
            match node {
                Node::Start(start) => {
                    let name = start.local_name().into_inner();
                    let value = || attribute(start, "val");
                    if name == "style" {
                        let id = attribute(start, "styleId").unwrap_or_default();
                        current = Some((id, Style::default()));
                    } else if let Some((_, style)) = &mut current {
                        match name {
                            "name" => style.name = value().unwrap_or_default(),
                            "basedOn" => style.based_on = value(),
                            "outlineLvl" => style.outline = level(value()),
                            "ilvl" => style.place().level = level(value()).unwrap_or_default(),
                            "numId" => style.place().list = value().unwrap_or_default(),
                            _ => {}
                        }
                    }
                }
                Node::End("style") => {
                    if let Some((id, style)) = current.take() {
                        read.by_id.insert(id, style);
                    }
                }
                Node::End(_) | Node::Text(_) => {}
            }
            ControlFlow::Continue(())
        });
        read.read_numbering(numbering);
        read
    }

    fn read_numbering(&mut self, numbering: &str) {
        let (mut definition, mut list, mut depth) = (String::new(), String::new(), 0);
        let _ = walk(numbering, |node| {
            if let Node::Start(start) = node {
                match start.local_name().into_inner() {
                    "abstractNum" => {
                        definition = attribute(start, "abstractNumId").unwrap_or_default();
                    }
                    "lvl" => depth = level(attribute(start, "ilvl")).unwrap_or_default(),
                    "numFmt" => {
                        let format = attribute(start, "val").unwrap_or_default();
                        let is_numbered = format != "bullet" && format != "none";
                        let place = (definition.clone(), depth);
                        self.numbered.insert(place, is_numbered);
                    }
                    "num" => list = attribute(start, "numId").unwrap_or_default(),
                    "abstractNumId" => {
                        let definition = attribute(start, "val").unwrap_or_default();
                        self.definitions.insert(list.clone(), definition);
                    }
                    _ => {}
                }
            }
            ControlFlow::Continue(())
        });
    }

    /// The level of a heading of this style, from 1; `None`: it is none.
    pub(super) fn heading(&self, style: &str) -> Option<u8> {
        self.along(style, |style| {
            let name = style.name.to_ascii_lowercase();
            if name == "title" {
                return Some(1);
            }
            let by_name = name.strip_prefix("heading ");
            let by_name = by_name.and_then(|level| level.trim().parse::<u8>().ok());
            let level = by_name.or(style.outline.map(|level| level + 1));
            level.filter(|level| (1..=9).contains(level))
        })
        .map(|level| level.min(MAX_LEVEL))
    }

    /// The list that paragraphs of this style belong to.
    pub(super) fn list(&self, style: &str) -> Option<ListPlace> {
        self.along(style, |style| style.list.clone())
    }

    /// Whether the items at this place have numbers.
    pub(super) fn is_numbered(&self, place: &ListPlace) -> bool {
        let definition = self.definitions.get(&place.list).cloned();
        let found = definition.and_then(|it| self.numbered.get(&(it, place.level)));
        found.copied().unwrap_or_default()
    }

    /// What a style says, or the nearest of those it rests on.
    fn along<T>(&self, style: &str, of: impl Fn(&Style) -> Option<T>) -> Option<T> {
        let first = self.by_id.get(style);
        let next = |style: &&Style| self.by_id.get(style.based_on.as_deref()?);
        std::iter::successors(first, next)
            .take(MAX_STEPS)
            .find_map(of)
    }
}

impl Style {
    fn place(&mut self) -> &mut ListPlace {
        self.list.get_or_insert_default()
    }
}

/// Documents have nine levels, counted from 0.
pub(super) fn level(value: Option<String>) -> Option<u8> {
    value?.parse().ok().filter(|level| *level < 9)
}

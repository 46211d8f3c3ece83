//! What a message of `ChatGPT` says: its content is of many kinds, each with members of its own.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Attachment, citations};
use crate::import::foreign::told::{Attachments, append, fenced, text_of};

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "as the program writes them")]
pub(super) struct Content {
    content_type: Option<String>,
    parts: Option<Vec<Value>>,
    text: Option<Value>,
    result: Option<Value>,
    content: Option<Value>,
    language: Option<String>,
    thoughts: Option<Vec<Thought>>,
    pub(super) user_profile: Option<String>,
    pub(super) user_instructions: Option<String>,
}

#[derive(Deserialize)]
struct Thought {
    summary: Option<String>,
    content: Option<String>,
}

/// What a message says.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    /// Its text alone.
    pub(super) bare: String,
    /// What stands in place of pictures and files.
    pub(super) attached: String,
    /// If the text is code, in which language.
    language: Option<String>,
}

impl Spoken {
    /// All of it, as Markdown.
    pub(super) fn whole(self) -> String {
        let mut whole = match self.language {
            Some(language) if !self.bare.trim().is_empty() => fenced(&language, &self.bare),
            _ => self.bare,
        };
        append(&mut whole, &self.attached);
        whole
    }
}

impl Content {
    /// Whether it is of this kind.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.content_type.as_deref() == Some(kind)
    }

    /// What a model thought.
    pub(super) fn thoughts(&self) -> String {
        let mut told = String::new();
        for thought in self.thoughts.iter().flatten() {
            let lines = [&thought.summary, &thought.content];
            let lines = lines.into_iter().flatten().map(|line| line.trim());
            let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
            append(&mut told, &lines.join("\n"));
        }
        told
    }

    /// Its text and its files. `references`: what marks in the text stand for.
    pub(super) fn speak(
        &self,
        files: &[Attachment],
        references: &HashMap<&str, &str>,
        left: &mut Attachments,
    ) -> Spoken {
        let mut spoken = Spoken {
            language: self.is("code").then(|| self.language()),
            ..Spoken::default()
        };
        let mut is_named = vec![false; files.len()];
        let ids = files.iter().enumerate();
        let ids = ids.filter_map(|(place, file)| Some((file.id.as_deref()?, place)));
        let ids: HashMap<&str, usize> = ids.collect();
        for part in self.parts.iter().flatten() {
            match part_of(part) {
                Piece::Text(text) => append(&mut spoken.bare, &citations::clean(text, references)),
                Piece::File {
                    is_picture,
                    pointer,
                } => {
                    let place = ids.get(pointer).copied();
                    let name = place.and_then(|place| files[place].name.as_deref());
                    if let Some(place) = place {
                        is_named[place] = true;
                    }
                    let in_place = left.either(is_picture, name.unwrap_or_default());
                    append(&mut spoken.attached, &in_place);
                }
            }
        }
        if self.parts.is_none() {
            let texts = [&self.text, &self.result, &self.content];
            let mut texts = texts.map(|text| text_of(text.as_ref())).into_iter();
            let text = texts.find(|text| !text.is_empty()).unwrap_or_default();
            append(&mut spoken.bare, &citations::clean(text, references));
        }
        for (file, is_named) in files.iter().zip(is_named) {
            if !is_named {
                append(&mut spoken.attached, &file.in_place(left));
            }
        }
        spoken
    }

    fn language(&self) -> String {
        let language = self.language.clone().unwrap_or_default();
        if language == "unknown" {
            String::new()
        } else {
            language
        }
    }
}

/// A piece of a content.
enum Piece<'a> {
    Text(&'a str),
    /// A picture, or a sound or something else, and its id.
    File {
        is_picture: bool,
        pointer: &'a str,
    },
}

fn part_of(part: &Value) -> Piece<'_> {
    if let Value::String(text) = part {
        return Piece::Text(text);
    }
    let kind = text_of(part.get("content_type"));
    if kind.ends_with("asset_pointer") {
        let pointer = text_of(part.get("asset_pointer"));
        return Piece::File {
            is_picture: kind.starts_with("image"),
            // `file-service://file-abc`, `sediment://file_abc`.
            pointer: pointer.rsplit_once("//").map_or(pointer, |(_, id)| id),
        };
    }
    Piece::Text(text_of(part.get("text")))
}

impl Attachment {
    /// What stands in its place.
    fn in_place(&self, left: &mut Attachments) -> String {
        let name = self.name.as_deref().unwrap_or_default();
        let kind = self.mime_type.as_deref().unwrap_or_default();
        left.either(kind.starts_with("image/"), name)
    }
}

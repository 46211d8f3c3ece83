//! What stands before the text of a message, held back until it is understood.

mod read;
mod words;

use read::Read;
pub(crate) use words::CONTENT_TYPES;
use words::{Place, Word};

use super::{OpenMessage, Standing};
use crate::{harmony::Channel, request::TokenId};

/// Bytes after which a header is held for text: a tool's name has at most 64 characters.
const MAX_BYTES: usize = 256;

/// What came before a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// `<|start|>`, so that a role follows.
    Start,
    /// Nothing that says so: the prompt's own `<|start|>assistant`, or the end of a message.
    Unmarked,
}

/// A header so far.
#[derive(Clone, Debug)]
pub(super) struct Header {
    opening: Opening,
    /// Channel of a message that names none.
    fallback: Channel,
    sections: Vec<Section>,
}

/// What stands between two control tokens.
#[derive(Clone, Debug)]
struct Section {
    place: Place,
    bytes: Vec<u8>,
    /// Every token with the position at which its bytes end.
    tokens: Vec<(TokenId, usize)>,
}

/// How a message begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    /// Tokens of the header that mean nothing.
    pub(super) stray: Vec<TokenId>,
    pub(super) message: OpenMessage,
    /// Tokens that belong to the text already.
    pub(super) text: Vec<TokenId>,
}

/// A position in a header: section and byte.
type Position = (usize, usize);

impl Header {
    pub(super) fn new(opening: Opening, fallback: Channel) -> Self {
        let place = match opening {
            Opening::Start => Place::Role,
            Opening::Unmarked => Place::AfterRole,
        };
        Self {
            opening,
            fallback,
            sections: vec![Section::new(place)],
        }
    }

    /// A channel name follows.
    pub(super) fn mark_channel(&mut self) {
        self.sections.push(Section::new(Place::Channel));
    }

    /// A content type follows.
    pub(super) fn mark_content_type(&mut self) {
        self.sections.push(Section::new(Place::ContentType));
    }

    pub(super) fn push(&mut self, token: TokenId, bytes: &[u8]) {
        if let Some(section) = self.sections.last_mut() {
            section.bytes.extend_from_slice(bytes);
            section.tokens.push((token, section.bytes.len()));
        }
    }

    /// The beginning of the text, once this cannot be a header any more.
    pub(super) fn begun_text(&self) -> Option<Beginning> {
        let read = Read::new(self);
        if read.arguments.is_some() {
            return Some(read.text(self));
        }
        let num_bytes: usize = self
            .sections
            .iter()
            .map(|section| section.bytes.len())
            .sum();
        let is_too_long = num_bytes > MAX_BYTES;
        // One unknown word may be the name of a channel, a role or a content type. More of them
        // are text. Of the final channel people would see it, so there they wait for `<|message|>`.
        let allowed = usize::from(self.is_marked());
        let is_text =
            !read.is_call(self) && !self.names_final(&read) && read.num_settled_strays > allowed;
        if is_text || (is_too_long && !read.strays.is_empty()) {
            return Some(read.text(self));
        }
        let is_junk = self.is_marked() || read.is_call(self);
        is_too_long.then(|| Beginning {
            stray: Vec::new(),
            message: self.message(is_junk.then_some(Channel::Analysis)),
            text: self.tokens_from((0, 0)),
        })
    }

    /// The beginning of a message whose text comes next.
    pub(super) fn at_message(&self) -> Beginning {
        let read = Read::new(self);
        Beginning {
            stray: self.tokens_of(&read.strays),
            message: read.message(self),
            text: Vec::new(),
        }
    }

    /// The message a header without text amounts to, if it says anything.
    pub(super) fn at_end(&self) -> Option<Beginning> {
        let beginning = Read::new(self).text(self);
        (beginning.message.recipient.is_some() || !beginning.text.is_empty()).then_some(beginning)
    }

    /// Whether words that mean nothing wait here for `<|message|>`, or for the end of the answer.
    pub(super) fn holds_words(&self) -> bool {
        let read = Read::new(self);
        self.names_final(&read) && !read.strays.is_empty()
    }

    pub(super) fn standing(&self) -> Standing {
        if !self.is_marked() {
            return Standing::Unmarked;
        }
        let read = Read::new(self);
        let stays = Some(self.fallback).filter(|channel| *channel == Channel::Commentary);
        Standing::Header {
            channel: read.channel.or(stays),
            is_call: read.is_call(self),
        }
    }

    /// Whether this is a header for certain, of a message on the final channel.
    fn names_final(&self, read: &Read) -> bool {
        self.is_marked() && read.channel == Some(Channel::Final) && !read.is_call(self)
    }

    fn message(&self, channel: Option<Channel>) -> OpenMessage {
        OpenMessage {
            channel: channel.unwrap_or(self.fallback),
            recipient: None,
        }
    }

    /// Whether a control token says that this is a header.
    fn is_marked(&self) -> bool {
        self.opening == Opening::Start || self.sections.len() > 1
    }

    /// Whether anything but spaces stands after `role_end` of the first section.
    fn has_words_after(&self, role_end: usize) -> bool {
        let starts = std::iter::once(role_end).chain(std::iter::repeat(0));
        let mut sections = self.sections.iter().zip(starts);
        sections.any(|(section, start)| !section.bytes[start..].trim_ascii().is_empty())
    }

    fn names_channel(&self) -> bool {
        let mut sections = self.sections.iter();
        sections.any(|section| section.place == Place::Channel)
    }

    /// Tokens that end after `position`.
    fn tokens_from(&self, position: Position) -> Vec<TokenId> {
        let all = self
            .sections
            .iter()
            .enumerate()
            .flat_map(|(index, section)| {
                let tokens = section.tokens.iter();
                tokens.map(move |&(token, end)| (token, (index, end)))
            });
        all.filter(|&(_, end)| end > position)
            .map(|(token, _)| token)
            .collect()
    }

    /// Tokens that touch one of the words.
    fn tokens_of(&self, words: &[(usize, Word)]) -> Vec<TokenId> {
        let mut touched = Vec::new();
        for (index, section) in self.sections.iter().enumerate() {
            let mut start = 0;
            for &(token, end) in &section.tokens {
                let touches = |(section_index, word): &(usize, Word)| {
                    *section_index == index && word.range.start < end && start < word.range.end
                };
                if words.iter().any(touches) {
                    touched.push(token);
                }
                start = end;
            }
        }
        touched
    }
}

impl Section {
    fn new(place: Place) -> Self {
        Self {
            place,
            bytes: Vec::new(),
            tokens: Vec::new(),
        }
    }
}

//! The words of a header. They are told apart by what they are, not by spaces, because models
//! leave spaces out.

use std::ops::Range;

use crate::harmony::{Channel, conversation::FUNCTIONS};

const ASSISTANT: &str = "assistant";
const RECIPIENT: &str = "to=";
const FOREIGN_ROLES: [&str; 4] = ["user", "system", "developer", "tool"];
/// Content types the model knows from its training, and those people ask for.
pub(crate) const CONTENT_TYPES: [&str; 8] = [
    "application/json",
    "json",
    "code",
    "text/plain",
    "text",
    "python",
    "xml",
    "yaml",
];

/// Where in a header a word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Right after `<|start|>`.
    Role,
    /// Where the role is known or should be.
    AfterRole,
    Channel,
    ContentType,
}

/// A word and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) kind: WordKind,
    pub(super) range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WordKind {
    /// The assistant's.
    Role,
    /// Somebody else's.
    ForeignRole,
    Channel(Channel),
    /// `None`: nobody in particular.
    Recipient(Option<String>),
    ContentType,
    /// Nothing known.
    Stray,
}

impl Word {
    fn is_recipient(&self) -> bool {
        matches!(self.kind, WordKind::Recipient(_))
    }

    /// Whether the next token could turn this last word into one that is known.
    pub(super) fn may_grow(&self, bytes: &[u8]) -> bool {
        let word = &bytes[self.range.clone()];
        let known = Channel::ALL.iter().map(|channel| channel.name());
        let known = known.chain([ASSISTANT, RECIPIENT]);
        let mut known = known.chain(FOREIGN_ROLES).chain(CONTENT_TYPES);
        self.range.end == bytes.len() && known.any(|name| name.as_bytes().starts_with(word))
    }
}

/// Reads one section of a header.
pub(super) fn words(place: Place, bytes: &[u8]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut position = 0;
    loop {
        let rest = bytes[position..].trim_ascii_start();
        if rest.is_empty() {
            return words;
        }
        let start = bytes.len() - rest.len();
        let (kind, len) =
            keyword(place, rest, &words).unwrap_or_else(|| (WordKind::Stray, word_len(rest)));
        position = start + len;
        let range = start..position;
        words.push(Word { kind, range });
    }
}

fn keyword(place: Place, rest: &[u8], before: &[Word]) -> Option<(WordKind, usize)> {
    let begins = |name: &str| rest.starts_with(name.as_bytes());
    if begins(RECIPIENT) {
        return recipient(rest);
    }
    if matches!(place, Place::Role | Place::AfterRole) && begins(ASSISTANT) {
        return Some((WordKind::Role, ASSISTANT.len()));
    }
    if place == Place::Role && before.is_empty() {
        let len = word_len(rest);
        let word = &rest[..len];
        // A name may follow the role: `user:anna`.
        let role = word.split(|&byte| byte == b':').next();
        let is_role = FOREIGN_ROLES
            .iter()
            .any(|name| role == Some(name.as_bytes()));
        if is_role || word.starts_with(FUNCTIONS.as_bytes()) {
            return Some((WordKind::ForeignRole, len));
        }
    }
    if place == Place::ContentType {
        return content_type(rest);
    }
    let channel = Channel::ALL
        .into_iter()
        .find(|channel| begins(channel.name()));
    match channel {
        Some(channel) => Some((WordKind::Channel(channel), channel.name().len())),
        None if place == Place::Channel || before.iter().any(Word::is_recipient) => {
            content_type(rest)
        }
        None => None,
    }
}

fn content_type(rest: &[u8]) -> Option<(WordKind, usize)> {
    let mut known = CONTENT_TYPES.iter();
    let name = known.find(|name| rest.starts_with(name.as_bytes()))?;
    Some((WordKind::ContentType, name.len()))
}

/// `to=` and a name, which ends where arguments begin. The assistant itself is no tool.
fn recipient(rest: &[u8]) -> Option<(WordKind, usize)> {
    let name = &rest[RECIPIENT.len()..];
    let len = name
        .iter()
        .position(|&byte| ends_word(byte))
        .unwrap_or(name.len());
    let name = String::from_utf8_lossy(&name[..len]).into_owned();
    let is_tool = !matches!(name.as_str(), ASSISTANT | "user" | "all");
    (len > 0).then(|| {
        let kind = WordKind::Recipient(is_tool.then_some(name));
        (kind, RECIPIENT.len() + len)
    })
}

/// Length of the word, of any kind, with which `rest` begins.
fn word_len(rest: &[u8]) -> usize {
    let end = rest.iter().skip(1).position(|&byte| ends_word(byte));
    end.map_or(rest.len(), |len| len + 1)
}

/// A space, or the first character of arguments.
fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'{' | b'[')
}

//! What the words of a header say together.

use super::{
    Beginning, Header, OpenMessage, Position,
    words::{Place, Word, WordKind, words},
};
use crate::harmony::{Channel, conversation::FUNCTIONS};

#[derive(Default)]
pub(super) struct Read {
    pub(super) channel: Option<Channel>,
    /// Where the name of the channel stands.
    channel_at: Position,
    recipient: Option<String>,
    /// Where the recipient stands.
    recipient_at: Position,
    /// Somebody else's role: the model plays a user or a tool.
    is_foreign: bool,
    /// End of the role in the first section.
    role_end: usize,
    /// Words that mean nothing, with the number of their section.
    pub(super) strays: Vec<(usize, Word)>,
    /// How many of them no further token can make sense of.
    pub(super) num_settled_strays: usize,
    /// First word that is text if the header is none.
    loose: Option<Position>,
    /// Where the arguments of a call begin without `<|message|>`.
    pub(super) arguments: Option<Position>,
}

impl Read {
    pub(super) fn new(header: &Header) -> Self {
        let mut read = Self::default();
        for (index, section) in header.sections.iter().enumerate() {
            let is_last = index + 1 == header.sections.len();
            for (number, word) in words(section.place, &section.bytes).into_iter().enumerate() {
                let is_json = matches!(section.bytes[word.range.start], b'{' | b'[');
                if word.kind == WordKind::Stray && is_json && read.is_call(header) {
                    read.arguments = Some((index, word.range.start));
                    return read;
                }
                let is_role = matches!(word.kind, WordKind::Role | WordKind::ForeignRole);
                if is_role && section.place == Place::Role && number == 0 {
                    read.role_end = word.range.end;
                }
                let is_settled = !(is_last && word.may_grow(&section.bytes));
                read.num_settled_strays += usize::from(is_settled && word.kind == WordKind::Stray);
                read.take(section.place, index, word);
            }
        }
        read
    }

    fn take(&mut self, place: Place, index: usize, word: Word) {
        let position = (index, word.range.start);
        match word.kind {
            WordKind::Role => {}
            WordKind::ForeignRole => self.is_foreign = true,
            WordKind::Channel(channel) => {
                self.channel = Some(channel);
                self.channel_at = position;
            }
            WordKind::Recipient(recipient) => {
                // Nobody known speaks to the assistant: a tool that was not asked.
                self.is_foreign |=
                    recipient.is_none() && place == Place::Role && self.role_end == 0;
                self.recipient = recipient;
                self.recipient_at = position;
            }
            WordKind::ContentType if place == Place::ContentType => {}
            WordKind::ContentType => {
                self.loose.get_or_insert(position);
            }
            WordKind::Stray => {
                self.loose.get_or_insert(position);
                self.strays.push((index, word));
            }
        }
    }

    /// Whether somebody is called, and not only a text begins with `to=`.
    pub(super) fn is_call(&self, header: &Header) -> bool {
        let names = |recipient: &String| recipient.starts_with(FUNCTIONS);
        self.recipient
            .as_ref()
            .is_some_and(|recipient| header.is_marked() || names(recipient))
    }

    pub(super) fn message(&self, header: &Header) -> OpenMessage {
        let mut message = header.message(self.channel);
        message.recipient.clone_from(&self.recipient);
        if self.is_foreign {
            message.channel = Channel::Analysis;
        } else if self.recipient.is_some() && self.channel != Some(Channel::Analysis) {
            message.channel = Channel::Commentary;
        }
        message
    }

    /// The header as a message without `<|message|>`. It is part of the answer only where nothing
    /// says that it was to be a header, or where it names the final channel.
    pub(super) fn text(self, header: &Header) -> Beginning {
        if self.is_call(header) {
            return self.call(header);
        }
        let (is_answer, start) = if header.names_channel() {
            let is_behind = self.loose.is_none_or(|loose| loose > self.channel_at);
            (
                self.channel == Some(Channel::Final) && is_behind,
                self.loose,
            )
        } else {
            // Nothing but plain words: all are text, even one that is the name of a channel.
            let has_words = header.has_words_after(self.role_end);
            let start = has_words.then_some((0, self.role_end));
            (!header.is_marked(), start)
        };
        let is_answer = is_answer && !self.is_foreign;
        let message = OpenMessage {
            channel: if is_answer {
                Channel::Final
            } else {
                Channel::Analysis
            },
            recipient: None,
        };
        Beginning {
            stray: Vec::new(),
            message,
            text: start.map_or_else(Vec::new, |start| header.tokens_from(start)),
        }
    }

    /// Words after the recipient are its arguments.
    fn call(mut self, header: &Header) -> Beginning {
        let start = |(index, word): &(usize, Word)| (*index, word.range.start);
        let mut strays = self.strays.iter().map(start);
        let first = strays.find(|&position| position > self.recipient_at);
        let text = first.or(self.arguments);
        let text = text.map_or_else(Vec::new, |start| header.tokens_from(start));
        let recipient_at = self.recipient_at;
        self.strays.retain(|word| start(word) < recipient_at);
        Beginning {
            stray: header.tokens_of(&self.strays),
            message: self.message(header),
            text,
        }
    }
}

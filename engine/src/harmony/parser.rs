//! Tokens of an answer to messages, while the answer is being written.
//!
//! A state machine over token ids. It never fails and loses no text. Headers are held back only as
//! long as they can still be headers. What nobody understands of one goes into a message of its own
//! on the analysis channel, so that neither the answer nor the arguments of a call contain it.
//!
//! An answer may lack its header: words that no control token introduces are the answer, and so are
//! those behind the name of the final channel.
//!
//! The text of a message is given as token ids; who shows it turns them into characters.

mod header;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(crate) use header::CONTENT_TYPES;
use header::{Beginning, Header, Opening};

use super::{Channel, ControlIds, ControlToken, Spell, conversation::FUNCTIONS};
use crate::request::TokenId;

/// What a token, or the end of the answer, brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message begins.
    MessageStarted {
        /// Where it belongs; never the final channel if there is a recipient.
        channel: Channel,
        /// The tool it is for, namespace included: then its text are the arguments of a call.
        recipient: Option<String>,
    },
    /// An ordinary token of the message that is open.
    Text {
        /// Channel of the message.
        channel: Channel,
        /// The token.
        token: TokenId,
    },
    /// The message is over.
    MessageEnded,
    /// The message before was a complete call.
    ToolCall {
        /// Name of the tool, without the namespace of functions.
        name: String,
    },
    /// A stop token came, or [`HarmonyParser::finish`] was called. Always the last event.
    Finished,
}

/// Where an answer stands between two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Before a message, and no control token says yet that a header is being written: words are
    /// the answer.
    Unmarked,
    /// In a header.
    Header {
        /// The channel that it names so far.
        channel: Option<Channel>,
        /// Whether it names a tool.
        is_call: bool,
    },
    /// In the text of a message.
    Message {
        /// Whether it is for a tool.
        is_call: bool,
    },
    Finished,
}

/// A message of which the text is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenMessage {
    channel: Channel,
    /// The tool it is for.
    recipient: Option<String>,
}

/// Reads an answer token by token.
#[derive(Clone, Debug)]
pub struct HarmonyParser {
    ids: ControlIds,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Before a message: in its header, or where one should begin.
    Header(Header),
    Message(OpenMessage),
    Finished,
}

impl HarmonyParser {
    /// A parser after a prompt that ends in `<|start|>assistant`. An answer that is continued is
    /// pushed from its first token on; the events of the old tokens can be ignored.
    pub fn new(ids: ControlIds) -> Self {
        let state = State::Header(Header::new(Opening::Unmarked, Channel::Final));
        Self { ids, state }
    }

    /// Takes the next token. After [`Event::Finished`] every token is ignored.
    pub fn push(&mut self, token: TokenId, vocabulary: &impl Spell) -> Vec<Event> {
        let mut events = Vec::new();
        match self.ids.token(token) {
            _ if matches!(self.state, State::Finished) => {}
            Some(control) => self.control(control, &mut events),
            None => self.ordinary(token, vocabulary.spell(token), &mut events),
        }
        events
    }

    /// Ends an answer that was cut off: what is held back becomes text, what is open is closed.
    /// A call that is cut off is no [`Event::ToolCall`].
    pub fn finish(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Finished => return events,
            State::Message(_) => events.push(Event::MessageEnded),
            State::Header(header) => {
                if let Some(beginning) = header.at_end(false) {
                    begin(beginning, &mut events);
                    events.push(Event::MessageEnded);
                }
            }
        }
        events.push(Event::Finished);
        events
    }

    /// Where it stands, for those who say what may come next.
    pub fn standing(&self) -> Standing {
        match &self.state {
            State::Header(header) => header.standing(),
            State::Message(message) => Standing::Message {
                is_call: message.recipient.is_some(),
            },
            State::Finished => Standing::Finished,
        }
    }

    /// A token that spells nothing, reserved or outside the vocabulary, is ignored.
    fn ordinary(&mut self, token: TokenId, bytes: &[u8], events: &mut Vec<Event>) {
        if bytes.is_empty() {
            return;
        }
        match &mut self.state {
            State::Message(message) => events.push(Event::Text {
                channel: message.channel,
                token,
            }),
            State::Header(header) => {
                header.push(token, bytes);
                if let Some(beginning) = header.begun_text() {
                    self.state = State::Message(begin(beginning, events));
                }
            }
            State::Finished => {}
        }
    }

    fn control(&mut self, control: ControlToken, events: &mut Vec<Event>) {
        match control {
            ControlToken::Message => {
                if let State::Header(header) = &self.state {
                    self.state = State::Message(begin(header.at_message(), events));
                }
            }
            ControlToken::Constrain => {
                if let State::Header(header) = &mut self.state {
                    header.mark_content_type();
                }
            }
            ControlToken::Channel => self.channel(events),
            ControlToken::Start | ControlToken::End => {
                let opening = if control == ControlToken::Start {
                    Opening::Start
                } else {
                    Opening::Unmarked
                };
                self.close(State::Header(Header::new(opening, Channel::Final)), events);
            }
            ControlToken::Return | ControlToken::Call | ControlToken::EndOfText => {
                self.close(State::Finished, events);
                events.push(Event::Finished);
            }
        }
    }

    /// Inside a message the next header has begun without an end: without a channel of its own
    /// it stays in the message's.
    fn channel(&mut self, events: &mut Vec<Event>) {
        if let State::Message(message) = &self.state {
            let header = Header::new(Opening::Unmarked, message.channel);
            self.close(State::Header(header), events);
        }
        if let State::Header(header) = &mut self.state {
            header.mark_channel();
        }
    }

    /// Ends what is open, as a message or a call that is complete.
    fn close(&mut self, next: State, events: &mut Vec<Event>) {
        let goes_on = !matches!(next, State::Finished);
        let open = match std::mem::replace(&mut self.state, next) {
            State::Message(message) => Some(message),
            State::Header(header) => header
                .at_end(goes_on)
                .map(|beginning| begin(beginning, events)),
            State::Finished => None,
        };
        let Some(message) = open else { return };
        events.push(Event::MessageEnded);
        if let Some(recipient) = message.recipient {
            let name = recipient.strip_prefix(FUNCTIONS).unwrap_or(&recipient);
            events.push(Event::ToolCall {
                name: name.to_owned(),
            });
        }
    }
}

/// Says that a message has begun, after what does not belong to it.
fn begin(beginning: Beginning, events: &mut Vec<Event>) -> OpenMessage {
    let Beginning {
        stray,
        message,
        text,
    } = beginning;
    if !stray.is_empty() {
        let channel = Channel::Analysis;
        events.push(Event::MessageStarted {
            channel,
            recipient: None,
        });
        events.extend(
            stray
                .into_iter()
                .map(|token| Event::Text { channel, token }),
        );
        events.push(Event::MessageEnded);
    }
    let channel = message.channel;
    events.push(Event::MessageStarted {
        channel,
        recipient: message.recipient.clone(),
    });
    events.extend(text.into_iter().map(|token| Event::Text { channel, token }));
    message
}

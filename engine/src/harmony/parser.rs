//! Tokens of an answer to messages, while the answer is being written.
//!
//! A state machine over token ids. It never fails and loses no text. Headers are held back only as
//! long as they can still be headers. What nobody understands of one goes into a message of its own
//! on the analysis channel, so that neither the answer nor the arguments of a call contain it.
//!
//! An answer may lack its header: words that no control token introduces are the answer, and so are
//! those behind the name of the final channel, unless `<|message|>` or another message follows.
//!
//! The text of a message is given as token ids; who shows it turns them into characters.

mod event;
mod header;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use event::{Event, Standing};
pub(crate) use header::CONTENT_TYPES;
use header::{Beginning, Header, Opening};

use super::{Channel, ControlIds, ControlToken, Spell, conversation::FUNCTIONS};
use crate::request::TokenId;

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
    /// Words of headers that ended without `<|message|>`: the answer if no message follows, which
    /// is known when one does, or when nothing else comes.
    held: Vec<TokenId>,
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
        Self {
            ids,
            state,
            held: Vec::new(),
        }
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
                if let Some(beginning) = header.at_end() {
                    self.begin(beginning, &mut events);
                    events.push(Event::MessageEnded);
                }
            }
        }
        self.say_held(&mut events);
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
                    let message = self.begin(beginning, events);
                    self.state = State::Message(message);
                }
            }
            State::Finished => {}
        }
    }

    fn control(&mut self, control: ControlToken, events: &mut Vec<Event>) {
        match control {
            ControlToken::Message => {
                if let State::Header(header) = &self.state {
                    let beginning = header.at_message();
                    let message = self.begin(beginning, events);
                    self.state = State::Message(message);
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
                self.say_held(events);
                events.push(Event::Finished);
            }
        }
    }

    /// Inside a message the next header has begun without an end: without a channel of its own
    /// it stays in the message's. Another header also begins behind words that no header contains.
    fn channel(&mut self, events: &mut Vec<Event>) {
        let fallback = match &self.state {
            // People see nothing of a call's text, so they see nothing of what stays in there.
            State::Message(message) if message.recipient.is_some() => Some(Channel::Analysis),
            State::Message(message) => Some(message.channel),
            State::Header(header) if header.holds_words() => Some(Channel::Final),
            State::Header(_) | State::Finished => None,
        };
        if let Some(fallback) = fallback {
            let header = Header::new(Opening::Unmarked, fallback);
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
            State::Header(header) => match header.at_end() {
                // It is the answer only if no message follows.
                Some(beginning) if goes_on && beginning.message.channel == Channel::Final => {
                    self.held.extend(beginning.text);
                    None
                }
                beginning => beginning.map(|beginning| self.begin(beginning, events)),
            },
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

    /// Says that a message has begun, after what does not belong to it. Where a message follows,
    /// words that no message token followed are none of the answer.
    fn begin(&mut self, beginning: Beginning, events: &mut Vec<Event>) -> OpenMessage {
        let Beginning {
            stray,
            message,
            text,
        } = beginning;
        let mut junk = std::mem::take(&mut self.held);
        junk.extend(stray);
        say(Channel::Analysis, junk, events);
        let channel = message.channel;
        events.push(Event::MessageStarted {
            channel,
            recipient: message.recipient.clone(),
        });
        events.extend(text.into_iter().map(|token| Event::Text { channel, token }));
        message
    }

    /// Says what is held at the end of the answer: no message followed.
    fn say_held(&mut self, events: &mut Vec<Event>) {
        let answer = std::mem::take(&mut self.held);
        say(Channel::Final, answer, events);
    }
}

/// Says a whole message, if there is anything in it.
fn say(channel: Channel, text: Vec<TokenId>, events: &mut Vec<Event>) {
    if text.is_empty() {
        return;
    }
    events.push(Event::MessageStarted {
        channel,
        recipient: None,
    });
    events.extend(text.into_iter().map(|token| Event::Text { channel, token }));
    events.push(Event::MessageEnded);
}

//! The text of one answer, from its token ids; reasoning is kept apart.

use crate::{
    chat::ChatTemplate,
    harmony::{
        Channel,
        parser::{Event, HarmonyParser},
    },
    request::{FinishReason, TokenId},
    stop_strings::{Released, StopStrings},
    text_decoder::TextDecoder,
    tokenizer::Tokenizer,
};

#[derive(Debug)]
pub(super) struct AnswerText {
    decoder: TextDecoder,
    stops: StopStrings,
    /// Present where the model writes more than its answer.
    channels: Option<Channels>,
}

#[derive(Debug)]
struct Channels {
    parser: HarmonyParser,
    /// Of the reasoning.
    decoder: TextDecoder,
    /// Whether the message that is open belongs to the answer.
    is_answering: bool,
    /// Whether something of the answer was written.
    has_answered: bool,
}

/// What a token brought.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) reasoning: String,
    /// Text of the answer.
    pub(super) answer: Released,
}

impl AnswerText {
    /// The text after `answer_so_far`, of which nothing is given again.
    pub(super) fn new(
        stops: &[String],
        answer_so_far: &[TokenId],
        (template, tokenizer): (&ChatTemplate, &Tokenizer),
    ) -> Self {
        let channels = template.parser().map(|parser| Channels {
            parser,
            decoder: TextDecoder::new(),
            is_answering: false,
            has_answered: false,
        });
        let mut text = Self {
            decoder: TextDecoder::new(),
            stops: StopStrings::new(stops),
            channels,
        };
        for &id in answer_so_far {
            // A stop string in there is the caller's wish: it asked to go on behind it.
            let _ = text.push(id, tokenizer);
        }
        text
    }

    pub(super) fn push(&mut self, id: TokenId, tokenizer: &Tokenizer) -> Piece {
        let Some(channels) = &mut self.channels else {
            let completed = self.decoder.push(tokenizer.text_bytes(id));
            return Piece {
                reasoning: String::new(),
                answer: self.stops.push(&completed),
            };
        };
        let events = channels.parser.push(id, tokenizer);
        let (reasoning, completed) = channels.read(events, &mut self.decoder, tokenizer);
        Piece {
            reasoning,
            answer: self.stops.push(&completed),
        }
    }

    /// What is left when the answer ends. An answer that was cut off may be continued, so the
    /// bytes of a character that is not complete are kept out of the text.
    pub(super) fn finish(mut self, reason: FinishReason, tokenizer: &Tokenizer) -> String {
        if reason == FinishReason::Length {
            return self.stops.finish();
        }
        let held_back = self.channels.as_mut().map(|channels| {
            let events = channels.parser.finish();
            channels.read(events, &mut self.decoder, tokenizer).1
        });
        let rest = held_back.unwrap_or_default() + &self.decoder.finish();
        match self.stops.push(&rest) {
            Released::Text(text) => text + &self.stops.finish(),
            Released::Stopped(text) => text,
        }
    }
}

impl Channels {
    /// Text of the reasoning and of the answer. What the model says to the person before it calls
    /// a tool belongs to the answer, the arguments of calls to the reasoning.
    fn read(
        &mut self,
        events: Vec<Event>,
        answer_decoder: &mut TextDecoder,
        tokenizer: &Tokenizer,
    ) -> (String, String) {
        let (mut reasoning, mut answer) = (String::new(), String::new());
        for event in events {
            match event {
                Event::MessageStarted { channel, recipient } => {
                    self.is_answering = channel != Channel::Analysis && recipient.is_none();
                    if self.is_answering && self.has_answered {
                        answer.push_str("\n\n");
                    }
                }
                Event::Text { token, .. } => {
                    let bytes = tokenizer.text_bytes(token);
                    if self.is_answering {
                        self.has_answered = true;
                        answer.push_str(&answer_decoder.push(bytes));
                    } else {
                        reasoning.push_str(&self.decoder.push(bytes));
                    }
                }
                Event::MessageEnded => {
                    let ended = std::mem::take(&mut self.decoder);
                    reasoning.push_str(&ended.finish());
                }
                Event::ToolCall { .. } | Event::Finished => {}
            }
        }
        (reasoning, answer)
    }
}

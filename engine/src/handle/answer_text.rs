//! The text of one answer, from its token ids; reasoning and calls of tools are kept apart.

use crate::{
    chat::{ChatTemplate, PART_SEPARATOR},
    harmony::{
        Channel,
        conversation::{ToolCall, Written},
        parser::Event,
        tool_chain::{ChainEvent, ToolChainParser},
    },
    request::TokenId,
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
    parser: ToolChainParser,
    /// Of the reasoning.
    decoder: TextDecoder,
    /// Where the text of the open message goes.
    target: Target,
    /// A call that is complete, until it is certain that the answer ends with it.
    call: Option<ToolCall>,
    /// Whether something of the answer was written.
    has_answered: bool,
}

#[derive(Debug)]
enum Target {
    Reasoning,
    Answer,
    /// Arguments of a call.
    Call(ToolCall),
}

/// What a token brought.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) reasoning: String,
    /// Text of the answer.
    pub(super) answer: Released,
}

/// What the end of the answer brought.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) reasoning: String,
    /// Text of the answer.
    pub(super) text: String,
    /// The tool the model waits for.
    pub(super) call: Option<ToolCall>,
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
            target: Target::Reasoning,
            call: None,
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

    /// What is left when the model ends the answer with that token.
    pub(super) fn finish(mut self, end_token: TokenId, tokenizer: &Tokenizer) -> Rest {
        let mut rest = Rest::default();
        let mut text = String::new();
        if let Some(channels) = &mut self.channels {
            let mut events = channels.parser.push(end_token, tokenizer);
            events.extend(channels.parser.finish().into_iter().map(ChainEvent::Model));
            (rest.reasoning, text) = channels.read(events, &mut self.decoder, tokenizer);
            rest.call = channels.call.take();
        }
        text += &self.decoder.finish();
        rest.text = match self.stops.push(&text) {
            Released::Text(text) => text + &self.stops.finish(),
            Released::Stopped(text) => {
                rest.call = None;
                text
            }
        };
        rest
    }

    /// What is left of an answer that was cut off. It may be continued, so the bytes of a
    /// character that is not complete and a header that has just begun are kept out of the text.
    pub(super) fn cut_off(self) -> Rest {
        Rest {
            text: self.stops.finish(),
            ..Rest::default()
        }
    }
}

impl Channels {
    /// Text of the reasoning and of the answer. What the model says to the person before it calls
    /// a tool belongs to the answer.
    fn read(
        &mut self,
        events: Vec<ChainEvent>,
        answer_decoder: &mut TextDecoder,
        tokenizer: &Tokenizer,
    ) -> (String, String) {
        let (mut reasoning, mut answer) = (String::new(), String::new());
        for event in events {
            match event {
                ChainEvent::Model(Event::MessageStarted { channel, recipient }) => {
                    // The model goes on without a result: nobody will answer that call.
                    if let Some(call) = self.call.take() {
                        reasoning.push_str(&call.arguments.text);
                    }
                    self.target = Target::of(channel, recipient);
                    if matches!(self.target, Target::Answer) && self.has_answered {
                        answer.push_str(PART_SEPARATOR);
                    }
                }
                ChainEvent::Model(Event::Text { token, .. }) => {
                    let bytes = tokenizer.text_bytes(token);
                    match &mut self.target {
                        Target::Reasoning => reasoning.push_str(&self.decoder.push(bytes)),
                        Target::Answer => {
                            self.has_answered = true;
                            answer.push_str(&answer_decoder.push(bytes));
                        }
                        Target::Call(call) => {
                            call.arguments.text.push_str(&self.decoder.push(bytes));
                            call.arguments.token_ids.push(token);
                        }
                    }
                }
                ChainEvent::Model(Event::MessageEnded) => {
                    let ended = std::mem::take(&mut self.decoder).finish();
                    match &mut self.target {
                        Target::Call(call) => call.arguments.text.push_str(&ended),
                        _ => reasoning.push_str(&ended),
                    }
                }
                ChainEvent::Model(Event::ToolCall { .. }) => self.call = self.target.take_call(),
                ChainEvent::Model(Event::Finished) => {}
                ChainEvent::ToolResult(_) => self.call = None,
            }
        }
        (reasoning, answer)
    }
}

impl Target {
    fn of(channel: Channel, recipient: Option<String>) -> Self {
        match (channel, recipient) {
            (_, Some(recipient)) => Self::Call(ToolCall {
                recipient,
                arguments: Written::default(),
            }),
            (Channel::Analysis, None) => Self::Reasoning,
            (Channel::Commentary | Channel::Final, None) => Self::Answer,
        }
    }

    fn take_call(&mut self) -> Option<ToolCall> {
        match std::mem::replace(self, Self::Reasoning) {
            Self::Call(call) => Some(call),
            other => {
                *self = other;
                None
            }
        }
    }
}

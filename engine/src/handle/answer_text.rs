//! The text of one answer, from its token ids; reasoning and calls of tools are kept apart.

use crate::{
    chat::PART_SEPARATOR,
    harmony::{
        Channel,
        conversation::{ToolCall, Written},
        parser::Event,
        tool_chain::{ChainEvent, ToolChainParser},
    },
    request::{CallPiece, TokenId, TokenPart},
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
    /// Calls that were begun.
    num_calls: usize,
    /// Whether something of the answer was written.
    has_answered: bool,
}

/// What some events brought.
#[derive(Debug, Default)]
struct Brought {
    reasoning: String,
    answer: String,
    calls: Vec<CallPiece>,
    /// What the last text belongs to.
    part: Option<TokenPart>,
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
    pub(super) part: TokenPart,
    pub(super) reasoning: String,
    pub(super) calls: Vec<CallPiece>,
    /// Text of the answer.
    pub(super) answer: Released,
}

/// What the end of the answer brought.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) reasoning: String,
    /// Text of the answer.
    pub(super) text: String,
    pub(super) calls: Vec<CallPiece>,
    /// The tool the model waits for.
    pub(super) call: Option<ToolCall>,
}

impl AnswerText {
    /// The text after `answer_so_far`, of which nothing is given again. Without a parser, all of it
    /// is the answer.
    pub(super) fn new(
        stops: &[String],
        answer_so_far: &[TokenId],
        parser: Option<ToolChainParser>,
        tokenizer: &Tokenizer,
    ) -> Self {
        let channels = parser.map(|parser| Channels {
            parser,
            decoder: TextDecoder::new(),
            target: Target::Reasoning,
            call: None,
            num_calls: 0,
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
                part: TokenPart::Answer,
                reasoning: String::new(),
                calls: Vec::new(),
                answer: self.stops.push(&completed),
            };
        };
        let events = channels.parser.push(id, tokenizer);
        let brought = channels.read(events, &mut self.decoder, tokenizer);
        Piece {
            part: brought.part.unwrap_or(TokenPart::Frame),
            reasoning: brought.reasoning,
            calls: brought.calls,
            answer: self.stops.push(&brought.answer),
        }
    }

    /// What is left when the model ends the answer with that token.
    pub(super) fn finish(mut self, end_token: TokenId, tokenizer: &Tokenizer) -> Rest {
        let mut rest = Rest::default();
        let mut text = String::new();
        if let Some(channels) = &mut self.channels {
            let mut events = channels.parser.push(end_token, tokenizer);
            events.extend(channels.parser.finish().into_iter().map(ChainEvent::Model));
            let brought = channels.read(events, &mut self.decoder, tokenizer);
            rest.reasoning = brought.reasoning;
            rest.calls = brought.calls;
            text = brought.answer;
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
    /// Texts by what they belong to. What the model says to the person before it calls a tool
    /// belongs to the answer.
    fn read(
        &mut self,
        events: Vec<ChainEvent>,
        answer_decoder: &mut TextDecoder,
        tokenizer: &Tokenizer,
    ) -> Brought {
        let mut brought = Brought::default();
        for event in events {
            match event {
                ChainEvent::Model(Event::MessageStarted { channel, recipient }) => {
                    self.begin(Target::of(channel, recipient), &mut brought);
                }
                ChainEvent::Model(Event::Text { token, .. }) => {
                    let bytes = tokenizer.text_bytes(token);
                    brought.part = Some(self.target.part());
                    if matches!(self.target, Target::Answer) {
                        self.has_answered = true;
                        brought.answer.push_str(&answer_decoder.push(bytes));
                    } else {
                        let text = self.decoder.push(bytes);
                        self.add(&text, Some(token), &mut brought);
                    }
                }
                ChainEvent::Model(Event::MessageEnded) => {
                    let ended = std::mem::take(&mut self.decoder).finish();
                    self.add(&ended, None, &mut brought);
                }
                ChainEvent::Model(Event::ToolCall { .. }) => self.call = self.target.take_call(),
                ChainEvent::Model(Event::Finished) => {}
                ChainEvent::ToolResult(_) => self.call = None,
            }
        }
        brought
    }

    fn begin(&mut self, target: Target, brought: &mut Brought) {
        // The model goes on without a result: nobody will answer that call.
        if let Some(call) = self.call.take() {
            brought.reasoning.push_str(&call.arguments.text);
        }
        self.target = target;
        match &self.target {
            Target::Answer if self.has_answered => brought.answer.push_str(PART_SEPARATOR),
            Target::Call(call) => {
                brought.calls.push(CallPiece {
                    index: self.num_calls,
                    name: call.name().to_owned(),
                    arguments: String::new(),
                });
                self.num_calls += 1;
            }
            Target::Answer | Target::Reasoning => {}
        }
    }

    /// Text that is not the answer's.
    fn add(&mut self, text: &str, token: Option<TokenId>, brought: &mut Brought) {
        let Target::Call(call) = &mut self.target else {
            brought.reasoning.push_str(text);
            return;
        };
        call.arguments.text.push_str(text);
        call.arguments.token_ids.extend(token);
        if !text.is_empty() {
            brought.calls.push(CallPiece {
                index: self.num_calls.saturating_sub(1),
                name: call.name().to_owned(),
                arguments: text.to_owned(),
            });
        }
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

    fn part(&self) -> TokenPart {
        match self {
            Self::Reasoning => TokenPart::Reasoning,
            Self::Answer => TokenPart::Answer,
            Self::Call(_) => TokenPart::Call,
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

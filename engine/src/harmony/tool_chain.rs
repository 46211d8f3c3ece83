//! A whole answer in which tools were called: what the model wrote, and what tools said in between.
//!
//! The ids of such an answer are the model's up to the arguments of a call, then those of
//! [`super::render::answered_call`], then the model's again. The model ends its part with
//! `<|call|>` and can write nothing behind it, so the parts are certain.

use super::{
    ControlIds, ControlToken, Spell,
    parser::{Event, HarmonyParser, Standing},
};
use crate::request::TokenId;

/// What a token of the answer brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainEvent {
    /// The model's.
    Model(Event),
    /// A tool has answered the last call.
    ToolResult(Vec<TokenId>),
}

/// Reads an answer token by token, results of tools included.
#[derive(Clone, Debug)]
pub struct ToolChainParser {
    ids: ControlIds,
    parser: HarmonyParser,
    part: Part,
}

#[derive(Clone, Debug)]
enum Part {
    Model,
    /// The model has called; the tool's header, then its text.
    Tool {
        text: Option<Vec<TokenId>>,
    },
}

impl ToolChainParser {
    /// A parser after a prompt that ends in `<|start|>assistant`.
    pub fn new(ids: ControlIds) -> Self {
        Self {
            parser: HarmonyParser::new(ids.clone()),
            ids,
            part: Part::Model,
        }
    }

    /// Takes the next token of the answer.
    pub fn push(&mut self, token: TokenId, vocabulary: &impl Spell) -> Vec<ChainEvent> {
        let control = self.ids.token(token);
        match &mut self.part {
            Part::Model => {
                let events = self.parser.push(token, vocabulary);
                if control == Some(ControlToken::Call) {
                    self.part = Part::Tool { text: None };
                }
                events.into_iter().map(ChainEvent::Model).collect()
            }
            Part::Tool { text } => {
                match (control, &mut *text) {
                    (Some(ControlToken::Message), text) => *text = Some(Vec::new()),
                    (Some(ControlToken::End), text) => {
                        let result = text.take().unwrap_or_default();
                        *self = Self::new(self.ids.clone());
                        return vec![ChainEvent::ToolResult(result)];
                    }
                    (None, Some(text)) => text.push(token),
                    // The header says nothing that the call did not say.
                    _ => {}
                }
                Vec::new()
            }
        }
    }

    /// Where the model's part stands; `None` while a tool speaks.
    pub fn standing(&self) -> Option<Standing> {
        matches!(self.part, Part::Model).then(|| self.parser.standing())
    }

    /// Ends the answer; see [`HarmonyParser::finish`].
    pub fn finish(&mut self) -> Vec<Event> {
        self.parser.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harmony::{
        Channel,
        conversation::ToolResult,
        render::{answered_call, to_ids},
        word_vocabulary::WordVocabulary,
    };

    fn result_ids(content: &str) -> Vec<TokenId> {
        let pieces = answered_call(&ToolResult::function("f", content));
        let ids = WordVocabulary::control_ids();
        to_ids(&pieces, &ids, &WordVocabulary, WordVocabulary::encode)
    }

    fn read(tokens: &[TokenId]) -> Vec<ChainEvent> {
        let mut parser = ToolChainParser::new(WordVocabulary::control_ids());
        let events = tokens.iter();
        events
            .flat_map(|&token| parser.push(token, &WordVocabulary))
            .collect()
    }

    #[test]
    fn what_a_tool_says_is_no_text_of_the_model() {
        let call = "<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}";
        let last = "<|channel|>final<|message|> river<|return|>";
        let told = " runs<|end|> slowly<|call|>";
        let tokens = [
            WordVocabulary::encode_marked(call),
            result_ids(told),
            WordVocabulary::encode_marked(last),
        ];
        let events = read(&tokens.concat());
        let result = ChainEvent::ToolResult(WordVocabulary::encode(told));
        let at = events.iter().position(|event| *event == result).unwrap();
        let before = read(&WordVocabulary::encode_marked(&format!("{call}<|call|>")));
        assert_eq!(events[..at], before);
        let name = "f".to_owned();
        let call = ChainEvent::Model(Event::ToolCall { name });
        assert!(before.contains(&call), "{before:?}");
        let channel = Channel::Final;
        let recipient = None;
        let expected = [
            Event::MessageStarted { channel, recipient },
            Event::Text {
                channel,
                token: WordVocabulary::encode(" river")[0],
            },
            Event::MessageEnded,
            Event::Finished,
        ];
        assert_eq!(events[at + 1..], expected.map(ChainEvent::Model));
    }

    #[test]
    fn without_a_call_it_is_the_plain_parser() {
        let answer = "<|channel|>analysis<|message|> river<|end|><|start|>assistant\
            <|channel|>final<|message|>The<|return|>";
        let tokens = WordVocabulary::encode_marked(answer);
        let mut plain = HarmonyParser::new(WordVocabulary::control_ids());
        let expected = tokens.iter();
        let expected = expected.flat_map(|&token| plain.push(token, &WordVocabulary));
        let expected: Vec<_> = expected.map(ChainEvent::Model).collect();
        assert_eq!(read(&tokens), expected);
    }
}

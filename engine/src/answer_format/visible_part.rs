//! Where the part of an answer begins that is shown, and what may come before it.

use std::sync::Arc;

use llguidance::toktrie::TokTrie;

use super::CONTROL_MARK;
use crate::{
    chat::ChatTemplate,
    harmony::{
        CONTENT_TYPES, Channel, ControlIds, ControlToken, Spell,
        parser::{Event, Standing},
        tool_chain::{ChainEvent, ToolChainParser},
    },
    request::TokenId,
    tokenizer::Tokenizer,
};

/// Reads an answer up to its first message of the final channel, as those who show it read it.
#[derive(Clone)]
pub(super) struct VisiblePart {
    /// `None` where all of an answer is shown.
    headers: Option<Headers>,
    has_begun: bool,
}

/// Of models that write more than what is shown.
#[derive(Clone)]
struct Headers {
    parser: ToolChainParser,
    ids: ControlIds,
    spelling: Spelling,
    /// Tokens that may stand between the name of the final channel and its text.
    content_types: Arc<[TokenId]>,
}

/// What may come before the part that is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Allowed<'a> {
    /// These tokens alone.
    Only(Vec<TokenId>, &'a [TokenId]),
    /// Anything but these.
    AllBut(Vec<TokenId>),
}

/// The texts of ordinary tokens.
#[derive(Clone)]
struct Spelling(Arc<TokTrie>);

impl Spell for Spelling {
    fn spell(&self, token: TokenId) -> &[u8] {
        if token.0 as usize >= self.0.vocab_size() {
            return &[];
        }
        match self.0.token(token.0) {
            // A lone byte of this value is text.
            [CONTROL_MARK, _, ..] => &[],
            text => text,
        }
    }
}

impl std::fmt::Debug for VisiblePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VisiblePart")
            .field("has_begun", &self.has_begun)
            .finish_non_exhaustive()
    }
}

impl VisiblePart {
    pub(super) fn of(template: &ChatTemplate, tokenizer: &Tokenizer, trie: &Arc<TokTrie>) -> Self {
        let headers = template.parser().and_then(|parser| {
            let ids = ControlIds::resolve(|name| tokenizer.control(name)).ok()?;
            let spelling = Spelling(Arc::clone(trie));
            Some(Headers::new(parser, ids, spelling, tokenizer.vocab_size()))
        });
        Self {
            has_begun: headers.is_none(),
            headers,
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// What may come next, as long as it has not begun.
    pub(super) fn allowed(&self, end_tokens: &[TokenId]) -> Allowed<'_> {
        match &self.headers {
            Some(headers) => headers.allowed(end_tokens),
            None => Allowed::AllBut(Vec::new()),
        }
    }

    /// Takes a token; gives those that are text of the visible part, also earlier ones of which
    /// that was not known.
    pub(super) fn advance(&mut self, token: TokenId) -> Vec<TokenId> {
        let Some(headers) = self.headers.as_mut().filter(|_| !self.has_begun) else {
            return vec![token];
        };
        let mut shown = Vec::new();
        for event in headers.parser.push(token, &headers.spelling) {
            match event {
                ChainEvent::Model(Event::MessageStarted {
                    channel: Channel::Final,
                    ..
                }) => self.has_begun = true,
                ChainEvent::Model(Event::Text {
                    channel: Channel::Final,
                    token,
                }) => shown.push(token),
                _ => {}
            }
        }
        shown
    }
}

impl Headers {
    fn new(
        parser: ToolChainParser,
        ids: ControlIds,
        spelling: Spelling,
        vocab_size: usize,
    ) -> Self {
        let is_content_type = |token: &TokenId| {
            let text = spelling.spell(*token);
            let word = text.trim_ascii();
            let is_known = || CONTENT_TYPES.iter().any(|name| name.as_bytes() == word);
            !text.is_empty() && (word.is_empty() || is_known())
        };
        let tokens = (0..u32::try_from(vocab_size).unwrap_or(u32::MAX)).map(TokenId);
        let content_types = tokens.filter(is_content_type).collect();
        Self {
            parser,
            ids,
            spelling,
            content_types,
        }
    }

    /// No answer ends while the model still thinks, unless it calls a tool, and nothing is shown
    /// but messages of the final channel that are introduced as such.
    fn allowed(&self, end_tokens: &[TokenId]) -> Allowed<'_> {
        use ControlToken::{Call, Channel as ChannelMark, Constrain, Message, Start};
        let id = |token| self.ids.id(token);
        let standing = self.parser.standing();
        match standing {
            // Words that no control token introduces would be the answer.
            Some(Standing::Unmarked) => {
                Allowed::Only([Start, ChannelMark, Message].map(id).to_vec(), &[])
            }
            // Other words might be its text already.
            Some(Standing::Header {
                channel: Some(Channel::Final),
                is_call: false,
            }) => Allowed::Only([Message, Constrain].map(id).to_vec(), &self.content_types),
            _ => {
                let is_call = matches!(
                    standing,
                    Some(
                        Standing::Header { is_call: true, .. }
                            | Standing::Message { is_call: true }
                    )
                );
                let ends = end_tokens.iter().copied();
                let mut forbidden: Vec<TokenId> =
                    ends.filter(|end| !(is_call && *end == id(Call))).collect();
                // What a model says before it calls a tool is shown, too.
                let is_preamble = Some(Standing::Header {
                    channel: Some(Channel::Commentary),
                    is_call: false,
                });
                if standing == is_preamble {
                    forbidden.push(id(Message));
                }
                Allowed::AllBut(forbidden)
            }
        }
    }
}

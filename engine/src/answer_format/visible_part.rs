//! Where the part of an answer begins that is shown.

use std::sync::Arc;

use llguidance::toktrie::TokTrie;

use crate::chat::ChatTemplate;
use crate::request::TokenId;
use crate::tokenizer::Tokenizer;

/// Follows the headers of messages up to the first one of the final channel.
#[derive(Clone)]
pub(super) struct VisiblePart {
    /// `<|channel|>` and `<|message|>`, where the model writes more than what is shown.
    marks: Option<[TokenId; 2]>,
    /// `<|call|>`, which ends a call of a tool.
    call: Option<TokenId>,
    trie: Option<Arc<TokTrie>>,
    /// The name of a channel, while it is written.
    header: Option<Vec<u32>>,
    has_begun: bool,
}

impl std::fmt::Debug for VisiblePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VisiblePart")
            .field("has_begun", &self.has_begun)
            .finish_non_exhaustive()
    }
}

impl VisiblePart {
    pub(super) fn of(template: &ChatTemplate, tokenizer: &Tokenizer) -> Self {
        let mark = |name| tokenizer.control(name);
        let marks = template
            .parser()
            .and_then(|_| Some([mark("<|channel|>")?, mark("<|message|>")?]));
        Self {
            has_begun: marks.is_none(),
            marks,
            call: mark("<|call|>"),
            trie: None,
            header: None,
        }
    }

    /// With the texts of tokens.
    pub(super) fn with_trie(self, trie: &Arc<TokTrie>) -> Self {
        Self {
            trie: Some(Arc::clone(trie)),
            ..self
        }
    }

    /// The token that ends a call of a tool.
    pub(super) fn call(&self) -> Option<TokenId> {
        self.call
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(super) fn advance(&mut self, token: TokenId) {
        let (Some([channel, message]), Some(trie)) = (self.marks, &self.trie) else {
            return;
        };
        if token == channel {
            self.header = Some(Vec::new());
        } else if token == message {
            let name = self.header.take().unwrap_or_default();
            let name = trie.decode(&name);
            self.has_begun = String::from_utf8_lossy(&name).trim() == "final";
        } else if let Some(header) = &mut self.header {
            header.push(token.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use llguidance::toktrie::TokRxInfo;

    use super::*;

    #[test]
    fn it_begins_behind_the_header_of_the_final_channel() {
        let words = ["analysis", "fi", "nal", "x"].map(|word| word.as_bytes().to_vec());
        let marks = ["<|channel|>", "<|message|>"].map(|it| [&[0xff], it.as_bytes()].concat());
        let words: Vec<Vec<u8>> = words.into_iter().chain(marks).collect();
        let trie = Arc::new(TokTrie::from(&TokRxInfo::new(6, 5), &words));
        let begins = |tokens: &[u32]| {
            let mut part = VisiblePart {
                marks: Some([TokenId(4), TokenId(5)]),
                call: None,
                trie: Some(Arc::clone(&trie)),
                header: None,
                has_begun: false,
            };
            for token in tokens {
                part.advance(TokenId(*token));
            }
            part.has_begun()
        };
        assert!(!begins(&[4, 0, 5, 1, 2, 3]));
        assert!(!begins(&[4, 1, 2]));
        assert!(begins(&[4, 1, 2, 5]));
        assert!(begins(&[4, 0, 5, 3, 3, 4, 1, 2, 5]));
    }
}

//! Byte-level byte-pair encoding of ordinary text.
//!
//! Built from the text tokens alone: control tokens are not in it, so no text can become one.

use std::collections::HashSet;

use tokenizers::{
    PreTokenizerWrapper, Tokenizer,
    models::bpe::{BPE, Vocab},
    pre_tokenizers::{byte_level::ByteLevel, digits::Digits, sequence::Sequence},
};

use super::vocabulary::{TokenKinds, TokenizerError, Vocabulary};
use crate::request::TokenId;

/// Splits text as the model's makers did, then merges pairs by rank.
#[derive(Debug)]
pub(super) struct BytePairEncoder {
    tokenizer: Tokenizer,
}

impl BytePairEncoder {
    pub(super) fn try_new(
        vocabulary: &Vocabulary,
        kinds: &TokenKinds,
    ) -> Result<Self, TokenizerError> {
        let splitter = splitter(&vocabulary.pre)?;
        let token = |id: TokenId| vocabulary.tokens[id.0 as usize].as_str();
        let text_tokens: HashSet<&str> = kinds.text_ids().map(token).collect();
        let merges = vocabulary.text_merges(&text_tokens)?;
        let ids: Vocab = kinds
            .text_ids()
            .map(|id| (token(id).to_owned(), id.0))
            .collect();
        let model = BPE::builder()
            .vocab_and_merges(ids, merges)
            .build()
            .map_err(|error| TokenizerError::Rejected(error.to_string()))?;
        let mut tokenizer = Tokenizer::new(model);
        tokenizer.with_pre_tokenizer(Some(splitter));
        Ok(Self { tokenizer })
    }

    pub(super) fn encode(&self, text: &str) -> Vec<TokenId> {
        let encoding = self
            .tokenizer
            .encode_fast(text, false)
            .expect("invariant: without dropout and unknown token no step of the encoder fails");
        encoding.get_ids().iter().copied().map(TokenId).collect()
    }
}

/// How text is cut before merging, by the name in the file.
fn splitter(pre: &str) -> Result<PreTokenizerWrapper, TokenizerError> {
    let byte_level = ByteLevel::new(false, false, true);
    match pre {
        "gpt-2" => Ok(byte_level.into()),
        // Every digit alone, then the GPT-2 expression.
        "smollm" => {
            let steps = vec![Digits::new(true).into(), byte_level.into()];
            Ok(Sequence::new(steps).into())
        }
        other => Err(TokenizerError::UnknownPreTokenizer(other.to_owned())),
    }
}

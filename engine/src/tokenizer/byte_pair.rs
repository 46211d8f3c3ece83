//! Byte-level byte-pair encoding of ordinary text.
//!
//! Built from the text tokens alone: control tokens are not in it, so no text can become one.

use std::collections::HashSet;

use tokenizers::{
    PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer,
    models::bpe::{BPE, Vocab},
    pre_tokenizers::{
        byte_level::ByteLevel,
        digits::Digits,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
};

use super::vocabulary::{O200K_NAME, TokenKinds, TokenizerError, Vocabulary};
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
            .ignore_merges(vocabulary.ignores_merges())
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

/// How `o200k` cuts text: words by the case of their letters, numbers in threes, signs, spaces.
/// Written here as in the tokenizers of its makers, joined by `|`.
const O200K: [&str; 7] = [
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}",
    r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
    r"\s*[\r\n]+",
    r"\s+(?!\S)",
    r"\s+",
];

/// The expression as one.
pub(super) fn o200k_expression() -> String {
    O200K.join("|")
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
        O200K_NAME => {
            let pattern = SplitPattern::Regex(o200k_expression());
            let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)
                .map_err(|error| TokenizerError::Rejected(error.to_string()))?;
            let bytes = ByteLevel::new(false, false, false);
            Ok(Sequence::new(vec![split.into(), bytes.into()]).into())
        }
        other => Err(TokenizerError::UnknownPreTokenizer(other.to_owned())),
    }
}

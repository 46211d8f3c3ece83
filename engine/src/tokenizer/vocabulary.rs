//! A vocabulary as the model file holds it, checked before anything is built from it.

use std::collections::HashSet;

use super::byte_alphabet;
use crate::{
    loader::{Metadata, MetadataError},
    request::TokenId,
};

/// The tokenizer entries of a GGUF header.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// `tokenizer.ggml.model`.
    pub model: String,
    /// `tokenizer.ggml.pre`.
    pub pre: String,
    /// `tokenizer.ggml.tokens`, in the byte alphabet.
    pub tokens: Vec<String>,
    /// `tokenizer.ggml.token_type`.
    pub token_types: Vec<i32>,
    /// `tokenizer.ggml.merges`: two tokens and a space between them.
    pub merges: Vec<String>,
    /// `tokenizer.ggml.bos_token_id` where `add_bos_token` asks for it.
    pub begin: Option<u32>,
    /// `tokenizer.ggml.eos_token_id`.
    pub end: Option<u32>,
    /// Others that end an answer: the ends of a turn and of a message in a GGUF file, those of
    /// `generation_config.json` in a directory.
    pub other_ends: Vec<u32>,
}

/// Why a vocabulary cannot be used.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error("the tokenizer model is {0:?}, known is \"gpt2\"")]
    UnknownModel(String),
    #[error("the pre-tokenizer is {0:?}, known are \"smollm\", \"gpt-2\" and \"gpt-4o\"")]
    UnknownPreTokenizer(String),
    #[error("the vocabulary has {tokens} tokens, but {types} token types")]
    TypeCount { tokens: usize, types: usize },
    #[error("the {role} token is {id}, the vocabulary has {tokens} tokens")]
    NoSuchToken {
        role: &'static str,
        id: u32,
        tokens: usize,
    },
    #[error("token {id} ({token:?}) is not written in the byte alphabet")]
    NotBytes { id: u32, token: String },
    #[error("merge {line} ({merge:?}) is not two tokens that make a third")]
    Merge { line: usize, merge: String },
    #[error("tokenizer.json: {0}")]
    Document(String),
    #[error("generation_config.json: {0}")]
    Generation(String),
    #[error("the tokenizer could not be built: {0}")]
    Rejected(String),
}

/// Token types of the GGUF format that are instructions, not text.
pub(super) const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;
/// A piece of text.
pub(super) const NORMAL: i32 = 1;

/// The name that GGUF files give to the pre-tokenizer of `o200k`.
pub(super) const O200K_NAME: &str = "gpt-4o";

/// Which tokens are text: the answer of [`Vocabulary::check`].
#[derive(Debug)]
pub(super) struct TokenKinds {
    is_control: Vec<bool>,
}

impl Vocabulary {
    /// Reads the tokenizer entries of a file; what they say is checked by [`super::Tokenizer`].
    ///
    /// # Errors
    /// [`TokenizerError::Metadata`] if one is missing or has another type.
    pub fn from_metadata(metadata: &Metadata) -> Result<Self, TokenizerError> {
        let optional = |key: &str| {
            metadata
                .contains(key)
                .then(|| metadata.u32(key))
                .transpose()
        };
        let add_begin = "tokenizer.ggml.add_bos_token";
        let begin = if metadata.contains(add_begin) && metadata.bool(add_begin)? {
            optional("tokenizer.ggml.bos_token_id")?
        } else {
            None
        };
        Ok(Self {
            model: metadata.string("tokenizer.ggml.model")?.to_owned(),
            pre: metadata.string("tokenizer.ggml.pre")?.to_owned(),
            tokens: metadata.strings("tokenizer.ggml.tokens")?.to_vec(),
            token_types: metadata.i32s("tokenizer.ggml.token_type")?,
            merges: metadata.strings("tokenizer.ggml.merges")?.to_vec(),
            begin,
            end: optional("tokenizer.ggml.eos_token_id")?,
            other_ends: [
                optional("tokenizer.ggml.eot_token_id")?,
                optional("tokenizer.ggml.eom_token_id")?,
            ]
            .into_iter()
            .flatten()
            .collect(),
        })
    }

    pub(super) fn check(&self) -> Result<TokenKinds, TokenizerError> {
        if self.model != "gpt2" {
            return Err(TokenizerError::UnknownModel(self.model.clone()));
        }
        let (tokens, types) = (self.tokens.len(), self.token_types.len());
        if tokens != types {
            return Err(TokenizerError::TypeCount { tokens, types });
        }
        let begin = self.begin.iter().map(|id| ("begin", *id));
        let ends = self.end.iter().chain(&self.other_ends);
        let mut roles = begin.chain(ends.map(|id| ("end", *id)));
        if let Some((role, id)) = roles.find(|(_, id)| *id as usize >= tokens) {
            return Err(TokenizerError::NoSuchToken { role, id, tokens });
        }
        let is_control = self
            .token_types
            .iter()
            .map(|kind| [CONTROL, USER_DEFINED, UNUSED].contains(kind))
            .collect();
        Ok(TokenKinds { is_control })
    }

    /// Whether a piece of text that is a token is that token, whatever the merges say.
    pub(super) fn ignores_merges(&self) -> bool {
        self.pre == O200K_NAME
    }

    /// The merges as pairs, those of text tokens alone.
    pub(super) fn text_merges(
        &self,
        text_tokens: &HashSet<&str>,
    ) -> Result<Vec<(String, String)>, TokenizerError> {
        let mut pairs = Vec::with_capacity(self.merges.len());
        for (line, merge) in self.merges.iter().enumerate() {
            let pair = merge.split_once(' ').filter(|(left, right)| {
                let made = format!("{left}{right}");
                [left, right, made.as_str()]
                    .iter()
                    .all(|token| text_tokens.contains(token))
            });
            let Some((left, right)) = pair else {
                return Err(TokenizerError::Merge {
                    line,
                    merge: merge.clone(),
                });
            };
            pairs.push((left.to_owned(), right.to_owned()));
        }
        Ok(pairs)
    }
}

impl TokenKinds {
    pub(super) fn control_ids(&self) -> impl Iterator<Item = TokenId> {
        self.ids_where(true)
    }

    pub(super) fn text_ids(&self) -> impl Iterator<Item = TokenId> {
        self.ids_where(false)
    }

    /// Bytes of every token, in order of ids.
    pub(super) fn token_bytes(
        &self,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<Box<[u8]>>, TokenizerError> {
        let mut all = Vec::with_capacity(vocabulary.tokens.len());
        for ((id, token), &is_control) in (0u32..).zip(&vocabulary.tokens).zip(&self.is_control) {
            let bytes: Option<Box<[u8]>> = if is_control {
                Some(token.as_bytes().into())
            } else {
                token.chars().map(byte_alphabet::byte_of).collect()
            };
            all.push(bytes.ok_or_else(|| TokenizerError::NotBytes {
                id,
                token: token.clone(),
            })?);
        }
        Ok(all)
    }

    fn ids_where(&self, control: bool) -> impl Iterator<Item = TokenId> {
        (0u32..)
            .zip(&self.is_control)
            .filter(move |&(_, &is_control)| is_control == control)
            .map(|(id, _)| TokenId(id))
    }
}

//! Text to token ids and back, from the model file's own vocabulary.
//!
//! Two ways in, kept apart so that nobody can type a control token: [`Tokenizer::encode_text`]
//! cannot produce one, because the byte-pair model behind it does not know them; and
//! [`Tokenizer::control`] gives the id of one, for the chat template.

mod byte_alphabet;
mod byte_pair;
mod tokenizer_json;
mod vocabulary;

use std::collections::{BTreeMap, HashSet};

use byte_pair::BytePairEncoder;
pub use vocabulary::{TokenizerError, Vocabulary};

use crate::{loader::ModelFile, request::TokenId};

/// One model's vocabulary in both directions.
#[derive(Debug)]
pub struct Tokenizer {
    encoder: Encoder,
    /// Bytes of every token; a control token's are those of its name.
    token_bytes: Vec<Box<[u8]>>,
    control: BTreeMap<String, TokenId>,
    control_ids: HashSet<TokenId>,
    begin: Option<TokenId>,
    end: Vec<TokenId>,
}

#[derive(Debug)]
enum Encoder {
    BytePair(Box<BytePairEncoder>),
    /// One token per byte: the scripted model's vocabulary.
    #[cfg(feature = "testing")]
    Bytes,
}

/// Control tokens that end an answer besides the file's own end token.
const END_NAMES: [&str; 4] = ["<|im_end|>", "<|endoftext|>", RETURN, "<|call|>"];
/// Ends an answer of gpt-oss, the only model that is read from such a directory.
const RETURN: &str = "<|return|>";

impl Tokenizer {
    /// The tokenizer of a model, from its file or the `tokenizer.json` beside its weights; the
    /// `generation_config.json` there may name more tokens that end answers.
    ///
    /// # Errors
    /// As [`Self::try_new`], and if there is none.
    pub fn open(file: &ModelFile) -> Result<Self, TokenizerError> {
        let vocabulary = match file {
            ModelFile::Gguf(file) => Vocabulary::from_metadata(file.metadata())?,
            ModelFile::HuggingFace(model) => {
                let path = model.path().join("tokenizer.json");
                let json = std::fs::read(&path).map_err(|error| {
                    TokenizerError::Document(format!("{}: {error}", path.display()))
                })?;
                let mut vocabulary = Vocabulary::from_tokenizer_json(&json, Some(RETURN))?;
                let path = model.path().join("generation_config.json");
                if let Ok(json) = std::fs::read(&path) {
                    vocabulary.other_ends = tokenizer_json::ends_of_generation(&json)?;
                }
                vocabulary
            }
        };
        Self::try_new(&vocabulary)
    }

    /// Builds the tokenizer of a model file.
    ///
    /// # Errors
    /// Names what the file holds that this engine cannot encode exactly.
    pub fn try_new(vocabulary: &Vocabulary) -> Result<Self, TokenizerError> {
        let kinds = vocabulary.check()?;
        let control: BTreeMap<String, TokenId> = kinds
            .control_ids()
            .map(|id| (vocabulary.tokens[id.0 as usize].clone(), id))
            .collect();
        let encoder = BytePairEncoder::try_new(vocabulary, &kinds)?;
        let mut end: Vec<TokenId> = vocabulary.end.map(TokenId).into_iter().collect();
        let named = END_NAMES.iter().filter_map(|name| control.get(*name));
        let others = vocabulary.other_ends.iter().map(|id| TokenId(*id));
        // gpt-oss ends every message with it, and most go on behind that.
        let ends_messages = control.get("<|end|>").copied();
        let ends_messages = ends_messages.filter(|_| control.contains_key("<|channel|>"));
        for id in named.copied().chain(others) {
            if !end.contains(&id) && Some(id) != ends_messages {
                end.push(id);
            }
        }
        Ok(Self {
            encoder: Encoder::BytePair(Box::new(encoder)),
            token_bytes: kinds.token_bytes(vocabulary)?,
            control_ids: control.values().copied().collect(),
            control,
            begin: vocabulary.begin.map(TokenId),
            end,
        })
    }

    /// Ids 0 to 255 are the bytes, 256 is `<|im_start|>`, 257 is `<|im_end|>` and ends an answer.
    #[cfg(feature = "testing")]
    pub fn bytes() -> Self {
        let names = ["<|im_start|>", "<|im_end|>"];
        let mut token_bytes: Vec<Box<[u8]>> = (0..=u8::MAX).map(|byte| [byte].into()).collect();
        token_bytes.extend(names.map(|name| name.as_bytes().into()));
        let control = names
            .map(str::to_owned)
            .into_iter()
            .zip([TokenId(256), TokenId(257)]);
        Self {
            encoder: Encoder::Bytes,
            token_bytes,
            control: control.collect(),
            control_ids: HashSet::from([TokenId(256), TokenId(257)]),
            begin: None,
            end: vec![TokenId(257)],
        }
    }

    /// Encodes what a person or a model wrote; the name of a control token is ordinary text.
    ///
    /// A byte for which the vocabulary has no token at all is left out.
    pub fn encode_text(&self, text: &str) -> Vec<TokenId> {
        match &self.encoder {
            Encoder::BytePair(encoder) => encoder.encode(text),
            #[cfg(feature = "testing")]
            Encoder::Bytes => text.bytes().map(|byte| TokenId(u32::from(byte))).collect(),
        }
    }

    /// Encodes trusted text, in which the name of a control token stands for that token.
    ///
    /// For golden files and raw prompts of the operator; never for text from people.
    pub fn encode_with_control_tokens(&self, text: &str) -> Vec<TokenId> {
        let mut ids = Vec::new();
        let (mut ordinary, mut position) = (0, 0);
        while position < text.len() {
            let Some((name, id)) = self.control_at(&text[position..]) else {
                position += text[position..].chars().next().map_or(1, char::len_utf8);
                continue;
            };
            ids.extend(self.encode_text(&text[ordinary..position]));
            ids.push(id);
            position += name.len();
            ordinary = position;
        }
        ids.extend(self.encode_text(&text[ordinary..]));
        ids
    }

    /// Id of the control token of that name.
    pub fn control(&self, name: &str) -> Option<TokenId> {
        self.control.get(name).copied()
    }

    /// Bytes of one token; empty for a control token and for an id outside the vocabulary.
    pub fn text_bytes(&self, id: TokenId) -> &[u8] {
        if self.is_control(id) {
            &[]
        } else {
            self.bytes_of(id)
        }
    }

    /// Text of these tokens, names of control tokens included.
    pub fn decode(&self, ids: &[TokenId]) -> String {
        let bytes: Vec<u8> = ids
            .iter()
            .flat_map(|&id| self.bytes_of(id))
            .copied()
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether these are ordinary tokens that make up exactly this text.
    pub fn spells(&self, ids: &[TokenId], text: &str) -> bool {
        let mut rest = text.as_bytes();
        for &id in ids {
            match rest.strip_prefix(self.text_bytes(id)) {
                Some(after) if after.len() < rest.len() => rest = after,
                _ => return false,
            }
        }
        rest.is_empty()
    }

    /// Whether this token is an instruction to the model, not text.
    pub fn is_control(&self, id: TokenId) -> bool {
        self.control_ids.contains(&id)
    }

    /// Tokens at which an answer ends.
    pub fn end_tokens(&self) -> &[TokenId] {
        &self.end
    }

    /// Token that begins every prompt, where the model wants one.
    pub fn begin_token(&self) -> Option<TokenId> {
        self.begin
    }

    /// Number of tokens.
    pub fn vocab_size(&self) -> usize {
        self.token_bytes.len()
    }

    /// Bytes of one token, of a control token those of its name; empty outside the vocabulary.
    pub fn bytes_of(&self, id: TokenId) -> &[u8] {
        self.token_bytes
            .get(id.0 as usize)
            .map_or(&[], |bytes| bytes)
    }

    /// The longest control token whose name `text` begins with.
    fn control_at(&self, text: &str) -> Option<(&str, TokenId)> {
        self.control
            .iter()
            .filter(|(name, _)| text.starts_with(name.as_str()))
            .max_by_key(|(name, _)| name.len())
            .map(|(name, &id)| (name.as_str(), id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte, two merges, one control token and one user-defined token.
    fn small_vocabulary() -> Vocabulary {
        let mut tokens: Vec<String> = (0..=u8::MAX)
            .map(|byte| byte_alphabet::char_of(byte).to_string())
            .collect();
        tokens.extend(["he", "ll", "<|im_end|>", "<tool>"].map(str::to_owned));
        let mut token_types = vec![1; 258];
        token_types.extend([3, 4]);
        Vocabulary {
            model: "gpt2".to_owned(),
            pre: "smollm".to_owned(),
            tokens,
            token_types,
            merges: vec!["h e".to_owned(), "l l".to_owned()],
            begin: None,
            end: Some(258),
            other_ends: Vec::new(),
        }
    }

    fn ids(numbers: &[u32]) -> Vec<TokenId> {
        numbers.iter().copied().map(TokenId).collect()
    }

    #[test]
    fn text_is_merged_and_comes_back() {
        let tokenizer = Tokenizer::try_new(&small_vocabulary()).unwrap();
        let encoded = tokenizer.encode_text("hello ä");
        assert_eq!(encoded[..2], ids(&[256, 257]));
        assert_eq!(tokenizer.decode(&encoded), "hello ä");
    }

    #[test]
    fn nobody_can_type_a_control_token() {
        let tokenizer = Tokenizer::try_new(&small_vocabulary()).unwrap();
        for text in ["<|im_end|>", "<tool>", "x<|im_end|><tool>y"] {
            let encoded = tokenizer.encode_text(text);
            assert!(
                encoded.iter().all(|&id| !tokenizer.is_control(id)),
                "{encoded:?}"
            );
            assert_eq!(tokenizer.decode(&encoded), text);
        }
    }

    #[test]
    fn trusted_text_can_name_control_tokens() {
        let tokenizer = Tokenizer::try_new(&small_vocabulary()).unwrap();
        let encoded = tokenizer.encode_with_control_tokens("é<|im_end|>he<tool>");
        assert_eq!(encoded, ids(&[0xC3, 0xA9, 258, 256, 259]));
        assert_eq!(tokenizer.text_bytes(TokenId(258)), b"");
    }

    #[test]
    fn any_cut_spells_a_text_but_no_control_token_does() {
        let tokenizer = Tokenizer::try_new(&small_vocabulary()).unwrap();
        let byte = u32::from;
        let cut = ids(&[byte(b'h'), byte(b'e'), 257, byte(b'o')]);
        assert_ne!(cut, tokenizer.encode_text("hello"));
        assert!(tokenizer.spells(&cut, "hello"));
        assert!(tokenizer.spells(&[], ""));
        for (numbers, text) in [
            (&[256, 257][..], "hello"),
            (&[256, 257, 257], "hell"),
            (&[256, 258], "he"),
            (&[256, 258], "he<|im_end|>"),
            (&[256, 9999], "he"),
            (&[0xC3], "ä"),
        ] {
            assert!(!tokenizer.spells(&ids(numbers), text), "{numbers:?}");
        }
    }

    #[test]
    fn answers_end_where_the_file_says_and_at_no_message_of_gpt_oss() {
        let ends = |vocabulary: &Vocabulary| {
            let tokenizer = Tokenizer::try_new(vocabulary).unwrap();
            tokenizer.end_tokens().to_vec()
        };
        let mut vocabulary = Vocabulary {
            other_ends: vec![259, 258, 259],
            ..small_vocabulary()
        };
        assert_eq!(ends(&vocabulary), ids(&[258, 259]));
        vocabulary.end = None;
        assert_eq!(ends(&vocabulary), ids(&[258, 259]));
        vocabulary.tokens[259] = "<|end|>".to_owned();
        assert_eq!(ends(&vocabulary), ids(&[258, 259]));
        vocabulary.tokens.push("<|channel|>".to_owned());
        vocabulary.token_types.push(3);
        assert_eq!(ends(&vocabulary), ids(&[258]));
        vocabulary.other_ends = vec![700];
        assert!(matches!(
            Tokenizer::try_new(&vocabulary),
            Err(TokenizerError::NoSuchToken { id: 700, .. })
        ));
    }

    #[test]
    fn an_unknown_kind_of_tokenizer_is_named() {
        let other_model = Vocabulary {
            model: "llama".to_owned(),
            ..small_vocabulary()
        };
        let error = Tokenizer::try_new(&other_model).unwrap_err();
        assert_eq!(error, TokenizerError::UnknownModel("llama".to_owned()));
        let other_pre = Vocabulary {
            pre: "tekken".to_owned(),
            ..small_vocabulary()
        };
        let error = Tokenizer::try_new(&other_pre).unwrap_err();
        assert_eq!(
            error,
            TokenizerError::UnknownPreTokenizer("tekken".to_owned())
        );
    }

    #[test]
    fn a_broken_vocabulary_is_refused() {
        let short = Vocabulary {
            token_types: vec![1; 3],
            ..small_vocabulary()
        };
        assert_eq!(
            Tokenizer::try_new(&short).unwrap_err(),
            TokenizerError::TypeCount {
                tokens: 260,
                types: 3
            }
        );
        let merges = vec!["h zz".to_owned()];
        let unknown_merge = Vocabulary {
            merges,
            ..small_vocabulary()
        };
        assert_eq!(
            Tokenizer::try_new(&unknown_merge).unwrap_err(),
            TokenizerError::Merge {
                line: 0,
                merge: "h zz".to_owned()
            }
        );
        let far_end = Vocabulary {
            end: Some(999),
            ..small_vocabulary()
        };
        assert!(matches!(
            Tokenizer::try_new(&far_end),
            Err(TokenizerError::NoSuchToken { id: 999, .. })
        ));
    }
}

//! Vocabularies as Hugging Face writes them: `tokenizer.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::byte_pair::o200k_expression;
use super::vocabulary::{CONTROL, NORMAL, O200K_NAME, TokenizerError, Vocabulary};

/// Most tokens that are believed.
const MAX_TOKENS: u32 = 1 << 24;

#[derive(Deserialize)]
struct Document {
    added_tokens: Vec<AddedToken>,
    pre_tokenizer: serde_json::Value,
    model: Model,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
}

#[derive(Deserialize)]
struct Model {
    r#type: String,
    vocab: BTreeMap<String, u32>,
    merges: Vec<Merge>,
}

/// Both spellings are in use.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Joined(String),
    Pair([String; 2]),
}

impl Vocabulary {
    /// Reads the document; what it says is checked by [`super::Tokenizer`]. Every added token is a
    /// control token. `end` names the token at which answers end.
    ///
    /// # Errors
    /// [`TokenizerError`] if it is another kind of tokenizer than byte pairs cut like `o200k`.
    pub fn from_tokenizer_json(json: &[u8], end: Option<&str>) -> Result<Self, TokenizerError> {
        let document: Document = serde_json::from_slice(json)
            .map_err(|error| TokenizerError::Document(error.to_string()))?;
        let Model {
            r#type,
            vocab,
            merges,
        } = document.model;
        if r#type != "BPE" {
            return Err(TokenizerError::UnknownModel(r#type));
        }
        let expression = document.pre_tokenizer["pretokenizers"][0]["pattern"]["Regex"].as_str();
        if expression != Some(&o200k_expression()) {
            let found = document.pre_tokenizer.to_string();
            return Err(TokenizerError::UnknownPreTokenizer(found));
        }
        let added = document.added_tokens.iter();
        let end = end.and_then(|end| added.clone().find(|token| token.content == end));
        let end = end.map(|token| token.id);
        let texts = vocab.into_iter().map(|(token, id)| (id, token, NORMAL));
        let added = document.added_tokens.into_iter();
        let added = added.map(|token| (token.id, token.content, CONTROL));
        let (tokens, token_types) = place(texts.chain(added))?;
        let joined = |merge| match merge {
            Merge::Joined(text) => text,
            Merge::Pair([left, right]) => format!("{left} {right}"),
        };
        Ok(Self {
            model: "gpt2".to_owned(),
            pre: O200K_NAME.to_owned(),
            tokens,
            token_types,
            merges: merges.into_iter().map(joined).collect(),
            begin: None,
            end,
            other_ends: Vec::new(),
        })
    }
}

/// Tokens that end answers according to a `generation_config.json`: one, several or none.
pub(super) fn ends_of_generation(json: &[u8]) -> Result<Vec<u32>, TokenizerError> {
    #[derive(Deserialize)]
    struct Generation {
        eos_token_id: Option<Ends>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Ends {
        One(u32),
        Several(Vec<u32>),
    }
    let read: Result<Generation, _> = serde_json::from_slice(json);
    let read = read.map_err(|error| TokenizerError::Generation(error.to_string()))?;
    Ok(match read.eos_token_id {
        None => Vec::new(),
        Some(Ends::One(id)) => vec![id],
        Some(Ends::Several(ids)) => ids,
    })
}

/// Puts every token at the place of its id; places nobody takes hold control tokens without use.
fn place(
    tokens: impl Iterator<Item = (u32, String, i32)>,
) -> Result<(Vec<String>, Vec<i32>), TokenizerError> {
    let mut texts: Vec<Option<(String, i32)>> = Vec::new();
    for (id, token, kind) in tokens {
        if id >= MAX_TOKENS {
            let message = format!("token {token:?} has the id {id}");
            return Err(TokenizerError::Document(message));
        }
        let place = id as usize;
        if texts.len() <= place {
            texts.resize(place + 1, None);
        }
        // An added token may be in the vocabulary too; it is a control token then.
        if let Some((there, _)) = &texts[place]
            && *there != token
        {
            let message = format!("tokens {there:?} and {token:?} have the same id {id}");
            return Err(TokenizerError::Document(message));
        }
        texts[place] = Some((token, kind));
    }
    let unused = |id: usize| (format!("<|unused_{id}|>"), CONTROL);
    let placed = texts.into_iter().enumerate();
    Ok(placed
        .map(|(id, token)| token.unwrap_or_else(|| unused(id)))
        .unzip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_answers_are_one_several_or_none() {
        let ends = |json: &str| ends_of_generation(json.as_bytes());
        assert_eq!(ends(r#"{"eos_token_id": 7, "top_k": 1}"#), Ok(vec![7]));
        assert_eq!(ends(r#"{"eos_token_id": [7, 9]}"#), Ok(vec![7, 9]));
        assert_eq!(ends(r#"{"eos_token_id": null}"#), Ok(vec![]));
        assert_eq!(ends("{}"), Ok(vec![]));
        for wrong in ["[", r#"{"eos_token_id": "end"}"#, r#"{"eos_token_id": -1}"#] {
            let error = ends(wrong).unwrap_err().to_string();
            assert!(error.starts_with("generation_config.json: "), "{error}");
        }
    }
}

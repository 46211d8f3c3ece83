//! A vocabulary for tests: every byte, the control tokens, a reserved token and a few words.

use super::{ControlIds, ControlToken, Spell};
use crate::request::TokenId;

const FIRST_CONTROL: usize = 256;
const RESERVED: usize = FIRST_CONTROL + ControlToken::ALL.len();
const FIRST_WORD: usize = RESERVED + 1;
const RESERVED_NAME: &str = "<|reserved|>";

/// Words of headers, some cut as the real vocabulary cuts them, and words of texts.
const WORDS: [&str; 20] = [
    "assistant",
    "analysis",
    "comment",
    "commentary",
    "ary",
    "final",
    " to",
    "=",
    "functions",
    ".web",
    "-browsing",
    "json",
    " json",
    " code",
    "user",
    "The",
    " river",
    " runs",
    " slowly",
    ",",
];

pub(super) struct WordVocabulary;

impl Spell for WordVocabulary {
    fn spell(&self, token: TokenId) -> &[u8] {
        static BYTES: [u8; 256] = {
            let mut bytes = [0; 256];
            let mut byte = 0;
            while byte < 256 {
                bytes[byte] = byte.to_le_bytes()[0];
                byte += 1;
            }
            bytes
        };
        let id = token.0 as usize;
        let word = || {
            id.checked_sub(FIRST_WORD)
                .and_then(|index| WORDS.get(index))
        };
        BYTES
            .get(id..=id)
            .or_else(|| word().map(|word| word.as_bytes()))
            .unwrap_or_default()
    }
}

impl WordVocabulary {
    /// Ids 0 to 299 cover every kind of token, and a few that are none.
    pub(super) const NUM_IDS: u32 = 300;

    pub(super) fn control_ids() -> ControlIds {
        let id = |name| {
            let index = ControlToken::ALL
                .iter()
                .position(|token| token.name() == name);
            index.and_then(|index| id(FIRST_CONTROL + index))
        };
        ControlIds::resolve(id).unwrap()
    }

    /// Ordinary text, in the longest tokens there are.
    pub(super) fn encode(text: &str) -> Vec<TokenId> {
        let mut ids = Vec::new();
        let mut rest = text.as_bytes();
        while let Some(&byte) = rest.first() {
            let words = WORDS.iter().enumerate();
            let word = words
                .filter(|(_, word)| rest.starts_with(word.as_bytes()))
                .max_by_key(|(_, word)| word.len());
            ids.extend(match word {
                Some((index, _)) => id(FIRST_WORD + index),
                None => id(usize::from(byte)),
            });
            rest = &rest[word.map_or(1, |(_, word)| word.len())..];
        }
        ids
    }

    /// Text in which the names of control tokens stand for them.
    pub(super) fn encode_marked(text: &str) -> Vec<TokenId> {
        let mut marks = ControlToken::ALL.map(ControlToken::name).to_vec();
        marks.push(RESERVED_NAME);
        let mut ids = Vec::new();
        let mut rest = text;
        loop {
            let found = marks.iter().enumerate().filter_map(|(index, mark)| {
                let position = rest.find(mark)?;
                Some((position, index, mark.len()))
            });
            let Some((position, index, len)) = found.min() else {
                ids.extend(Self::encode(rest));
                return ids;
            };
            ids.extend(Self::encode(&rest[..position]));
            ids.extend(id(FIRST_CONTROL + index));
            rest = &rest[position + len..];
        }
    }

    /// Text of ordinary tokens.
    pub(super) fn decode(ids: &[TokenId]) -> String {
        let bytes: Vec<u8> = ids
            .iter()
            .flat_map(|&id| WordVocabulary.spell(id).to_vec())
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn id(number: usize) -> Option<TokenId> {
    u32::try_from(number).ok().map(TokenId)
}

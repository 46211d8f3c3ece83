//! What a child says to the server: one JSON document.

use serde::{Deserialize, Serialize};

use super::{ExtractError, Extracted};

/// Beside the text, each byte of which is two at most in JSON: quotes, backslashes, ends of lines.
const FRAME_BYTES: usize = 64 << 10;

/// The text of a file, or why there is none.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Text(Extracted),
    Refused(ExtractError),
}

impl Answer {
    /// Longest JSON of a text that keeps to the limit.
    pub(super) const fn max_bytes(max_text_bytes: usize) -> usize {
        max_text_bytes.saturating_mul(2).saturating_add(FRAME_BYTES)
    }

    pub(super) fn into_result(self) -> Result<Extracted, ExtractError> {
        match self {
            Self::Text(extracted) => Ok(extracted),
            Self::Refused(error) => Err(error),
        }
    }
}

impl From<Result<Extracted, ExtractError>> for Answer {
    fn from(result: Result<Extracted, ExtractError>) -> Self {
        match result {
            Ok(extracted) => Self::Text(extracted),
            Err(error) => Self::Refused(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::FileKind, *};

    #[test]
    fn what_is_written_is_read_again_and_keeps_to_its_length() {
        let text = "\"\\\n\t".repeat(1000);
        let num_bytes = text.len();
        let extracted = Extracted {
            kind: FileKind::Pdf,
            text,
            num_pages: Some(3),
            is_cut: true,
        };
        for result in [
            Ok(extracted),
            Err(ExtractError::Encrypted),
            Err(ExtractError::Damaged("no pages".to_owned())),
        ] {
            let answer = Answer::from(result.clone());
            let json = serde_json::to_vec(&answer).unwrap();
            assert!(json.len() <= Answer::max_bytes(num_bytes));
            let read: Answer = serde_json::from_slice(&json).unwrap();
            assert_eq!(read.into_result(), result);
        }
    }
}

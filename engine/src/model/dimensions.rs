//! Sizes in the metadata of a GGUF file.

use super::{MAX_DIMENSION, ModelError};
use crate::loader::{GgufFile, Metadata};

/// The embedding's rows; the tokenizer's list must have as many.
pub(super) fn vocab_size(file: &GgufFile) -> Result<usize, ModelError> {
    let name = "token_embd.weight";
    let missing = || ModelError::MissingTensor {
        name: name.to_owned(),
    };
    let (entry, _) = file.tensor(name).ok_or_else(missing)?;
    let rows = entry.dimensions.get(1).copied().unwrap_or(1);
    let key = "tokenizer.ggml.tokens";
    if file.metadata().contains(key) {
        let num_tokens = file.metadata().strings(key)?.len();
        if num_tokens as u64 != rows {
            let (key, found) = (key.to_owned(), format!("{num_tokens} tokens"));
            let expected = "one for each row of token_embd.weight";
            return Err(ModelError::Dimension {
                key,
                found,
                expected,
            });
        }
    }
    usize::try_from(rows).map_err(|_| missing())
}

/// A size, 1 to [`MAX_DIMENSION`].
pub(super) fn dimension(metadata: &Metadata, key: &str) -> Result<usize, ModelError> {
    let value = metadata.u32(key)?;
    if (1..=MAX_DIMENSION).contains(&value) {
        return Ok(value as usize);
    }
    let (key, found) = (key.to_owned(), value.to_string());
    Err(ModelError::Dimension {
        key,
        found,
        expected: "1 to 1048576",
    })
}

/// The same, if the file names it.
pub(super) fn optional(
    metadata: &Metadata,
    key: &str,
    default: usize,
) -> Result<usize, ModelError> {
    if metadata.contains(key) {
        dimension(metadata, key)
    } else {
        Ok(default)
    }
}

/// A number, if the file names it.
pub(super) fn optional_f32(
    metadata: &Metadata,
    key: &str,
    default: f32,
) -> Result<f32, ModelError> {
    if metadata.contains(key) {
        Ok(metadata.f32(key)?)
    } else {
        Ok(default)
    }
}

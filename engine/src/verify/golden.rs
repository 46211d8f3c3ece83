//! The files of a golden directory.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde::Deserialize;

use super::VerifyError;

/// `golden.json`, with the logits of `golden.safetensors` put to their prompts.
#[derive(Debug, Deserialize)]
pub(super) struct Golden {
    #[serde(skip)]
    path: PathBuf,
    pub(super) tokenizer_vectors: Vec<TokenizerVector>,
    pub(super) prompts: Vec<GoldenPrompt>,
}

/// A text and its token ids.
#[derive(Debug, Deserialize)]
pub(super) struct TokenizerVector {
    pub(super) text: String,
    pub(super) ids: Vec<u32>,
}

/// A prompt and what the golden run made of it.
#[derive(Debug, Deserialize)]
pub(super) struct GoldenPrompt {
    pub(super) name: String,
    /// Missing where the ids are a repetition.
    pub(super) text: Option<String>,
    pub(super) ids: Vec<u32>,
    #[serde(alias = "greedy64")]
    pub(super) f32_greedy: Vec<u32>,
    #[serde(alias = "greedy64_margin")]
    pub(super) f32_margin: Vec<f32>,
    pub(super) f32_nll_per_token: Option<f64>,
    #[serde(skip)]
    pub(super) logits_last: Vec<f32>,
}

impl Golden {
    pub(super) fn open(directory: &Path) -> Result<Self, VerifyError> {
        let path = directory.join("golden.json");
        let json = read(&path)?;
        let mut golden: Self =
            serde_json::from_slice(&json).map_err(|source| VerifyError::Json {
                path: path.clone(),
                source,
            })?;
        golden.path = path;
        let path = directory.join("golden.safetensors");
        let bytes = read(&path)?;
        let failed = |source| VerifyError::Safetensors {
            path: path.clone(),
            source,
        };
        let tensors = SafeTensors::deserialize(&bytes).map_err(failed)?;
        for (index, prompt) in golden.prompts.iter_mut().enumerate() {
            let tensor = tensors
                .tensor(&format!("p{index}.logits_last"))
                .map_err(failed)?;
            let words = tensor.data().as_chunks::<4>().0;
            prompt.logits_last = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        }
        Ok(golden)
    }

    /// Checks that every prompt fits the model, so that computing it cannot fail.
    pub(super) fn check(
        &self,
        vocab_size: usize,
        context_window: usize,
    ) -> Result<(), VerifyError> {
        for prompt in &self.prompts {
            let ids = || prompt.ids.iter().chain(&prompt.f32_greedy);
            let largest = ids().max().map_or(0, |id| *id as usize);
            let checks = [
                (!prompt.ids.is_empty(), "tokens", 1, 0),
                (
                    ids().count() <= context_window,
                    "tokens",
                    context_window,
                    ids().count(),
                ),
                (largest < vocab_size, "vocabulary", vocab_size, largest),
                (
                    prompt.logits_last.len() == vocab_size,
                    "logits",
                    vocab_size,
                    prompt.logits_last.len(),
                ),
            ];
            if let Some((_, what, expected, found)) = checks.iter().find(|check| !check.0) {
                return Err(VerifyError::Mismatch {
                    path: self.path.clone(),
                    what: format!("prompt {}: {what}", prompt.name),
                    expected: expected.to_string(),
                    found: found.to_string(),
                });
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, VerifyError> {
    fs::read(path).map_err(|source| VerifyError::Read {
        path: path.to_owned(),
        source,
    })
}

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
    #[serde(default)]
    pub(super) tokenizer_vectors: Vec<TokenizerVector>,
    #[serde(default)]
    pub(super) prompts: Vec<GoldenPrompt>,
    #[serde(default)]
    pub(super) conversations: Vec<GoldenConversation>,
    /// Ids of conversations whose replies rounded activations have to give too.
    #[serde(default)]
    margin_over_1: Vec<String>,
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
    pub(super) prefix: Option<GoldenPrefix>,
    #[serde(skip)]
    pub(super) logits_last: Vec<f32>,
    #[serde(skip)]
    pub(super) top: Option<TopLogits>,
}

/// Logits of the likeliest tokens at every position of a prompt.
#[derive(Debug)]
pub(super) struct TopLogits {
    /// `[positions, per_position]`
    pub(super) ids: Vec<u32>,
    /// `[positions, per_position]`
    pub(super) logits: Vec<f32>,
    pub(super) per_position: usize,
}

/// A prompt whose first part comes from the cache.
#[derive(Debug, Deserialize)]
pub(super) struct GoldenPrefix {
    /// Tokens of the prompt that come from the cache.
    #[serde(rename = "prefix_len")]
    pub(super) length: usize,
    pub(super) suffix_ids: Vec<u32>,
    #[serde(rename = "greedy32")]
    pub(super) greedy: Vec<u32>,
    #[serde(skip)]
    pub(super) logits_last: Vec<f32>,
}

/// A conversation and its replies.
#[derive(Debug, Deserialize)]
pub(super) struct GoldenConversation {
    pub(super) id: String,
    pub(super) steps: Vec<GoldenStep>,
    #[serde(skip)]
    pub(super) has_safe_margin: bool,
    /// At the end of the last step's prompt.
    #[serde(skip)]
    pub(super) logits_last: Option<Vec<f32>>,
}

/// One reply.
#[derive(Debug, Deserialize)]
pub(super) struct GoldenStep {
    pub(super) prompt_ids: Vec<u32>,
    pub(super) output_ids: Vec<u32>,
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
            prompt.take(index, &tensors).map_err(failed)?;
        }
        for conversation in &mut golden.conversations {
            let id = &conversation.id;
            conversation.has_safe_margin = golden.margin_over_1.contains(id);
            // Some conversations have them.
            conversation.logits_last = floats(&tensors, &format!("{id}.logits_last")).ok();
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
            let greedy = prompt.prefix.iter().flat_map(|it| &it.greedy);
            let suffix = prompt.prefix.iter().flat_map(|it| &it.suffix_ids);
            let all = prompt.ids.iter().chain(&prompt.f32_greedy);
            let checked = Checked {
                name: &prompt.name,
                ids: all.chain(greedy).chain(suffix).copied().collect(),
                num_tokens: prompt.ids.len() + prompt.f32_greedy.len(),
                is_empty: prompt.ids.is_empty(),
                logits: Some(&prompt.logits_last),
            };
            self.check_one(&checked, (vocab_size, context_window))?;
            let prefix = prompt.prefix.as_ref();
            let is_inside = prefix.is_none_or(|it| {
                it.length <= prompt.ids.len() && it.logits_last.len() == vocab_size
            });
            let top = prompt.top.as_ref();
            let is_whole = top.is_none_or(|it| {
                let positions = prompt.ids.len() * it.per_position;
                it.ids.len() == positions && it.logits.len() == positions
            });
            if !(is_inside && is_whole) {
                return Err(self.mismatch(&prompt.name, "shapes", "the prompt's", "others"));
            }
        }
        for conversation in &self.conversations {
            for step in &conversation.steps {
                let all = step.prompt_ids.iter().chain(&step.output_ids);
                let checked = Checked {
                    name: &conversation.id,
                    ids: all.copied().collect(),
                    num_tokens: step.prompt_ids.len() + step.output_ids.len(),
                    is_empty: step.prompt_ids.is_empty() || step.output_ids.is_empty(),
                    logits: conversation.logits_last.as_deref(),
                };
                self.check_one(&checked, (vocab_size, context_window))?;
            }
        }
        if self.prompts.is_empty() && self.conversations.is_empty() {
            return Err(self.mismatch("all", "prompts or conversations", "some", "none"));
        }
        Ok(())
    }

    fn check_one(
        &self,
        checked: &Checked<'_>,
        (vocab_size, context_window): (usize, usize),
    ) -> Result<(), VerifyError> {
        let largest = checked.ids.iter().max().map_or(0, |id| *id as usize);
        let num_tokens = checked.num_tokens;
        let num_logits = checked.logits.map_or(vocab_size, <[f32]>::len);
        let checks = [
            (!checked.is_empty, "tokens", 1, 0),
            (
                num_tokens <= context_window,
                "tokens",
                context_window,
                num_tokens,
            ),
            (largest < vocab_size, "vocabulary", vocab_size, largest),
            (num_logits == vocab_size, "logits", vocab_size, num_logits),
        ];
        match checks.iter().find(|check| !check.0) {
            None => Ok(()),
            Some((_, what, expected, found)) => Err(self.mismatch(
                checked.name,
                what,
                &expected.to_string(),
                &found.to_string(),
            )),
        }
    }

    fn mismatch(&self, name: &str, what: &str, expected: &str, found: &str) -> VerifyError {
        VerifyError::Mismatch {
            path: self.path.clone(),
            what: format!("{name}: {what}"),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}

/// What a prompt or a reply has to fit.
struct Checked<'a> {
    name: &'a str,
    ids: Vec<u32>,
    num_tokens: usize,
    is_empty: bool,
    logits: Option<&'a [f32]>,
}

impl GoldenPrompt {
    /// Takes what the tensors have of prompt `index`.
    fn take(
        &mut self,
        index: usize,
        tensors: &SafeTensors<'_>,
    ) -> Result<(), safetensors::SafeTensorError> {
        let name = |part: &str| format!("p{index}.{part}");
        self.logits_last = floats(tensors, &name("logits_last"))?;
        if let Some(prefix) = &mut self.prefix {
            prefix.logits_last = floats(tensors, &name("prefix_logits_last"))?;
        }
        // Not every golden run has looked at every position.
        if let Ok(ids) = tensors.tensor(&name("top20_ids")) {
            let words = ids.data().as_chunks::<4>().0;
            self.top = Some(TopLogits {
                ids: words.iter().map(|word| u32::from_le_bytes(*word)).collect(),
                logits: floats(tensors, &name("top20_logits"))?,
                per_position: ids.shape().last().copied().unwrap_or_default(),
            });
        }
        Ok(())
    }
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, safetensors::SafeTensorError> {
    let tensor = tensors.tensor(name)?;
    let words = tensor.data().as_chunks::<4>().0;
    Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
}

fn read(path: &Path) -> Result<Vec<u8>, VerifyError> {
    fs::read(path).map_err(|source| VerifyError::Read {
        path: path.to_owned(),
        source,
    })
}

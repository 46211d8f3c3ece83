//! The models an engine can run, behind one set of calls.

use std::path::PathBuf;

#[cfg(feature = "testing")]
use crate::scripted::{ScriptedModel, ScriptedRunner};
use crate::{
    chat::{ChatTemplate, ChatTemplateError},
    handle::{EngineConfig, ModelSource},
    request::TokenId,
    tokenizer::{Tokenizer, TokenizerError},
};

/// What is known of a model before its weights are loaded.
#[derive(Debug)]
pub(crate) struct OpenedModel {
    pub(crate) name: String,
    pub(crate) fingerprint: String,
    pub(crate) is_demonstration: bool,
    /// Most tokens of a sequence, the operator's limit applied.
    pub(crate) context_window: usize,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) template: ChatTemplate,
}

/// A model whose weights are still to be loaded.
#[derive(Debug)]
pub(crate) enum UnloadedModel {
    #[cfg(feature = "testing")]
    Scripted(ScriptedModel),
}

/// A model that computes.
#[derive(Debug)]
pub(crate) enum LoadedModel {
    #[cfg(feature = "testing")]
    Scripted(ScriptedRunner),
}

/// What a model keeps of a sequence between two calls; moved in and out, never copied.
#[derive(Debug)]
pub(crate) enum Cache {
    #[cfg(feature = "testing")]
    Scripted(Vec<TokenId>),
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    #[error(transparent)]
    ChatTemplate(#[from] ChatTemplateError),
    #[error("{0} cannot be opened: this build reads no GGUF files")]
    NoReader(PathBuf),
    #[cfg(feature = "testing")]
    #[error("{0}")]
    Scripted(String),
}

impl UnloadedModel {
    /// Reads everything but the weights.
    pub(crate) fn open(
        source: ModelSource,
        config: &EngineConfig,
    ) -> Result<(OpenedModel, Self), LoadError> {
        match source {
            #[cfg(feature = "testing")]
            ModelSource::Scripted(model) => {
                let opened = model.opened(config);
                Ok((opened, Self::Scripted(model)))
            }
            ModelSource::Gguf(path) => Err(LoadError::NoReader(path)),
        }
    }

    /// Loads the weights, telling the percentage done.
    pub(crate) fn load(self, progress: &mut dyn FnMut(u8)) -> Result<LoadedModel, LoadError> {
        match self {
            #[cfg(feature = "testing")]
            Self::Scripted(model) => model.load(progress).map(LoadedModel::Scripted),
        }
    }
}

impl LoadedModel {
    /// The cache of a sequence of which nothing is computed.
    pub(crate) fn new_cache(&self) -> Cache {
        match self {
            #[cfg(feature = "testing")]
            Self::Scripted(_) => Cache::Scripted(Vec::new()),
        }
    }

    /// Computes `tokens` after those in `cache`; gives the logits after the last of them, `None`
    /// if `abort` said so on the way.
    pub(crate) fn forward(
        &mut self,
        tokens: &[TokenId],
        cache: Cache,
        abort: &dyn Fn() -> bool,
    ) -> (Option<Vec<f32>>, Cache) {
        match (self, cache) {
            #[cfg(feature = "testing")]
            (Self::Scripted(runner), Cache::Scripted(history)) => {
                let (logits, history) = runner.forward(tokens, history, abort);
                (logits, Cache::Scripted(history))
            }
        }
    }
}

/// The operator's limit applied to what the model was made for; 0 sets no limit.
pub(crate) fn context_window(of_model: usize, config: &EngineConfig) -> usize {
    match config.context_window {
        0 => of_model,
        limit => of_model.min(limit),
    }
}

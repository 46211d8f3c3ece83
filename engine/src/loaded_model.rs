//! The models an engine can run, behind one set of calls.

mod opening;

use std::{path::PathBuf, sync::Arc};

#[cfg(feature = "testing")]
use crate::scripted::{ScriptedModel, ScriptedRunner};
use crate::{
    chat::{ChatTemplate, ChatTemplateError},
    device::DeviceError,
    handle::{EngineConfig, ModelSource},
    kv_cache::KvCache,
    loader::{MetadataError, ModelFile, OpenError},
    model::{self, ModelError},
    model_runner::{ForwardOutcome, Logits, ModelRunner, RunnerConfig},
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
    pub(crate) description: ModelDescription,
}

/// What a model is, for people who choose one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelDescription {
    /// File format, architecture and most frequent tensor type, such as `GGUF, llama, Q4_1`.
    pub format: String,
    /// Where it computes, such as `CPU, avx2`.
    pub device: String,
    /// Bytes of all weights as they lie in the file.
    pub weight_bytes: u64,
    /// Number of weights.
    pub num_parameters: u64,
}

/// A model whose weights are still to be loaded.
#[derive(Debug)]
pub(crate) enum UnloadedModel {
    File {
        file: Arc<ModelFile>,
        config: RunnerConfig,
    },
    #[cfg(feature = "testing")]
    Scripted(ScriptedModel),
}

/// A model that computes.
#[derive(Debug)]
pub(crate) enum LoadedModel {
    File(Box<ModelRunner>),
    #[cfg(feature = "testing")]
    Scripted(ScriptedRunner),
}

/// What a model keeps of a sequence between two calls; moved in and out, never copied.
#[derive(Debug)]
pub(crate) enum Cache {
    File(KvCache),
    #[cfg(feature = "testing")]
    Scripted(Vec<TokenId>),
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Weights(#[from] model::LoadError),
    #[error("{}: {problem}", path.display())]
    Content {
        path: PathBuf,
        problem: ContentProblem,
    },
    #[cfg(feature = "testing")]
    #[error("{0}")]
    Scripted(String),
}

/// What is wrong with a file that can be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentProblem {
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    #[error(transparent)]
    ChatTemplate(#[from] ChatTemplateError),
}

impl UnloadedModel {
    /// Reads everything but the weights; one model for each engine.
    pub(crate) fn open(
        source: ModelSource,
        config: &EngineConfig,
    ) -> Result<(OpenedModel, Vec<Self>), LoadError> {
        match source {
            ModelSource::File(path) => opening::open(&path, config),
            #[cfg(feature = "testing")]
            ModelSource::Scripted(model) => {
                let opened = model.opened(config);
                let replicas = model.replicas().into_iter().map(Self::Scripted);
                Ok((opened, replicas.collect()))
            }
        }
    }

    /// Loads the weights, telling the percentage done.
    pub(crate) fn load(self, progress: &mut dyn FnMut(u8)) -> Result<LoadedModel, LoadError> {
        match self {
            Self::File { file, config } => {
                let runner = ModelRunner::load_shared(&file, &config, progress)?;
                Ok(LoadedModel::File(Box::new(runner)))
            }
            #[cfg(feature = "testing")]
            Self::Scripted(model) => model.load(progress).map(LoadedModel::Scripted),
        }
    }
}

impl LoadedModel {
    /// Number of logits.
    pub(crate) fn vocab_size(&self) -> usize {
        match self {
            Self::File(runner) => runner.vocab_size(),
            #[cfg(feature = "testing")]
            Self::Scripted(_) => crate::scripted::VOCAB_SIZE,
        }
    }

    /// The cache of a sequence of which nothing is computed.
    pub(crate) fn new_cache(&self) -> Cache {
        match self {
            Self::File(runner) => Cache::File(runner.new_cache()),
            #[cfg(feature = "testing")]
            Self::Scripted(_) => Cache::Scripted(Vec::new()),
        }
    }

    /// Computes `tokens` after those in `cache`; gives the logits after the last of them, `None`
    /// if `abort` said so on the way.
    ///
    /// # Panics
    /// If the cache is another model's.
    pub(crate) fn forward(
        &mut self,
        tokens: &[TokenId],
        cache: Cache,
        abort: &dyn Fn() -> bool,
    ) -> (Option<Logits>, Cache) {
        match (self, cache) {
            (Self::File(runner), Cache::File(cache)) => {
                match runner.forward(tokens, cache, abort) {
                    ForwardOutcome::Done { logits, cache } => (Some(logits), Cache::File(cache)),
                    ForwardOutcome::Aborted { cache } => (None, Cache::File(cache)),
                }
            }
            #[cfg(feature = "testing")]
            (Self::Scripted(runner), Cache::Scripted(history)) => {
                let (logits, history) = runner.forward(tokens, history, abort);
                (logits, Cache::Scripted(history))
            }
            #[cfg(feature = "testing")]
            _ => unreachable!("a cache comes from the model it is used with"),
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

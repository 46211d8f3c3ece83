//! The models an engine can run, behind one set of calls.

mod opening;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

#[cfg(feature = "testing")]
use crate::scripted::{ScriptedModel, ScriptedRunner};
use crate::{
    answer_format::{FormatCompiler, FormatError},
    chat::{ChatTemplate, ChatTemplateError},
    device::DeviceError,
    handle::{EngineConfig, ModelSource},
    kv_cache::{KvCache, NoRoom},
    loader::{MetadataError, ModelFile, OpenError},
    model::{self, ModelError},
    model_runner::{Logits, ModelRunner, RunnerConfig, SequenceStep, StepOutput, Wanted},
    prefix_cache::Salt,
    request::TokenId,
    sequence::AbortFlag,
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
    /// Made when the first answer has a format.
    pub(crate) formats: OnceLock<Result<FormatCompiler, FormatError>>,
}

impl OpenedModel {
    /// Makes constraints of formats.
    pub(crate) fn formats(&self) -> Result<&FormatCompiler, FormatError> {
        let compiler = || FormatCompiler::new(&self.template, &self.tokenizer);
        self.formats
            .get_or_init(compiler)
            .as_ref()
            .map_err(Clone::clone)
    }
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
    #[cfg(feature = "testing")]
    Disturbed(Box<UnloadedModel>, crate::handle::Disturbance),
}

/// A model that computes.
#[derive(Debug)]
pub(crate) enum LoadedModel {
    File(Box<ModelRunner>),
    #[cfg(feature = "testing")]
    Scripted(ScriptedRunner),
    /// Waits before each step, and panics when none is left.
    #[cfg(feature = "testing")]
    Disturbed {
        model: Box<LoadedModel>,
        steps_left: Option<usize>,
        step_delay: std::time::Duration,
    },
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
            #[cfg(feature = "testing")]
            ModelSource::Disturbed(path, disturbance) => {
                let (opened, mut replicas) = opening::open(&path, config)?;
                let first = replicas.remove(0);
                replicas.insert(0, Self::Disturbed(Box::new(first), disturbance));
                Ok((opened, replicas))
            }
        }
    }

    /// Loads the weights, telling the percentage done. An engine that failed does so again.
    pub(crate) fn load(&mut self, progress: &mut dyn FnMut(u8)) -> Result<LoadedModel, LoadError> {
        match self {
            Self::File { file, config } => {
                let runner = ModelRunner::load_shared(file, config, progress)?;
                Ok(LoadedModel::File(Box::new(runner)))
            }
            #[cfg(feature = "testing")]
            Self::Scripted(model) => model.load(progress).map(LoadedModel::Scripted),
            #[cfg(feature = "testing")]
            Self::Disturbed(model, disturbance) => {
                let fails_after = &mut disturbance.fails_after;
                let steps_left = (!fails_after.is_empty()).then(|| fails_after.remove(0));
                Ok(LoadedModel::Disturbed {
                    model: Box::new(model.load(progress)?),
                    steps_left,
                    step_delay: disturbance.step_delay,
                })
            }
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
            #[cfg(feature = "testing")]
            Self::Disturbed { model, .. } => model.vocab_size(),
        }
    }

    /// A cache for a sequence, and how many of its tokens are in it already.
    pub(crate) fn cache_for(&mut self, tokens: &[TokenId], salt: Salt) -> (Cache, usize) {
        match self {
            Self::File(runner) => {
                let cache = runner.kv_pool_mut().cache_for(tokens, salt);
                let length = cache.len();
                (Cache::File(cache), length)
            }
            #[cfg(feature = "testing")]
            Self::Scripted(_) => (Cache::Scripted(Vec::new()), 0),
            #[cfg(feature = "testing")]
            Self::Disturbed { model, .. } => model.cache_for(tokens, salt),
        }
    }

    /// Keeps what a cache holds of `tokens`, for sequences that begin like them.
    pub(crate) fn keep(&mut self, cache: &Cache, tokens: &[TokenId], salt: Salt) {
        match (self, cache) {
            (Self::File(runner), Cache::File(cache)) => {
                runner.kv_pool_mut().keep(cache, tokens, salt);
            }
            #[cfg(feature = "testing")]
            (Self::Disturbed { model, .. }, cache) => model.keep(cache, tokens, salt),
            #[cfg(feature = "testing")]
            _ => {}
        }
    }

    /// Makes room in a cache for that many tokens more.
    pub(crate) fn reserve(&mut self, cache: &mut Cache, num_tokens: usize) -> Result<(), NoRoom> {
        match (self, cache) {
            (Self::File(runner), Cache::File(cache)) => {
                runner.kv_pool_mut().reserve(cache, num_tokens)
            }
            #[cfg(feature = "testing")]
            (Self::Disturbed { model, .. }, cache) => model.reserve(cache, num_tokens),
            #[cfg(feature = "testing")]
            _ => Ok(()),
        }
    }

    /// Longest sequence there is room for; `None`: any.
    pub(crate) fn context_window(&self) -> Option<usize> {
        match self {
            Self::File(runner) => Some(runner.context_window()),
            #[cfg(feature = "testing")]
            Self::Scripted(_) => None,
            #[cfg(feature = "testing")]
            Self::Disturbed { model, .. } => model.context_window(),
        }
    }

    /// Whether it draws tokens itself, see [`ModelRunner::draws_tokens`].
    pub(crate) fn draws_tokens(&self) -> bool {
        match self {
            Self::File(runner) => runner.draws_tokens(),
            #[cfg(feature = "testing")]
            Self::Scripted(_) => false,
            #[cfg(feature = "testing")]
            Self::Disturbed { model, .. } => model.draws_tokens(),
        }
    }

    /// Blocks of layers that attend to everything: all, and those in use.
    pub(crate) fn blocks(&self) -> (usize, usize) {
        match self {
            Self::File(runner) => {
                let pool = runner.kv_pool();
                (
                    pool.num_blocks(),
                    pool.num_blocks() - pool.num_free_blocks()[0],
                )
            }
            #[cfg(feature = "testing")]
            Self::Scripted(_) => (0, 0),
            #[cfg(feature = "testing")]
            Self::Disturbed { model, .. } => model.blocks(),
        }
    }

    /// See [`KvPool::has_room`](crate::kv_cache::KvPool::has_room).
    pub(crate) fn has_room(&self, num_tokens: usize, promised: isize) -> bool {
        match self {
            Self::File(runner) => runner.kv_pool().has_room(num_tokens, promised),
            #[cfg(feature = "testing")]
            Self::Scripted(_) => true,
            #[cfg(feature = "testing")]
            Self::Disturbed { model, .. } => model.has_room(num_tokens, promised),
        }
    }

    /// Computes a step; gives what became of each part of it.
    ///
    /// # Panics
    /// If a cache is another model's, or has no room for its tokens.
    pub(crate) fn step(
        &mut self,
        parts: &mut [StepPart<'_>],
        is_stopping: &dyn Fn() -> bool,
    ) -> Vec<PartOutcome> {
        match self {
            Self::File(runner) => step(runner, parts, is_stopping),
            #[cfg(feature = "testing")]
            Self::Disturbed {
                model,
                steps_left,
                step_delay,
            } => {
                std::thread::sleep(*step_delay);
                if let Some(steps_left) = steps_left {
                    assert!(*steps_left > 0, "it was to fail here");
                    *steps_left -= 1;
                }
                model.step(parts, is_stopping)
            }
            #[cfg(feature = "testing")]
            Self::Scripted(runner) => {
                let compute = |part: &mut StepPart<'_>| {
                    let Cache::Scripted(history) = &mut *part.cache else {
                        unreachable!("a cache comes from the model it is used with")
                    };
                    let abort = || part.abort.is_set() || is_stopping();
                    if part.wanted == Wanted::EachLogits {
                        let each = part.tokens.chunks(1);
                        let each = each.map(|token| runner.forward(token, history, &abort));
                        let each: Option<Vec<Logits>> = each.collect();
                        return each.map_or(PartOutcome::GivenUp, PartOutcome::EachLogits);
                    }
                    match runner.forward(part.tokens, history, &abort) {
                        Some(_) if part.wanted == Wanted::Nothing => PartOutcome::Prefilled,
                        Some(logits) => PartOutcome::Logits(logits),
                        None => PartOutcome::GivenUp,
                    }
                };
                parts.iter_mut().map(compute).collect()
            }
        }
    }
}

impl Cache {
    /// Blocks it has in layers that attend to everything.
    pub(crate) fn num_blocks(&self) -> usize {
        match self {
            Self::File(cache) => cache.num_blocks(),
            #[cfg(feature = "testing")]
            Self::Scripted(_) => 0,
        }
    }
}

/// One sequence's part of a step.
#[derive(Debug)]
pub(crate) struct StepPart<'a> {
    /// At least one.
    pub(crate) tokens: &'a [TokenId],
    pub(crate) cache: &'a mut Cache,
    pub(crate) wanted: Wanted,
    pub(crate) abort: &'a AbortFlag,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum PartOutcome {
    /// Computed; the logits of its last token.
    Logits(Logits),
    /// Computed; the logits of all its tokens.
    EachLogits(Vec<Logits>),
    /// Computed, and the next token drawn.
    Token(TokenId),
    /// Computed, and nothing wanted.
    Prefilled,
    /// Nobody wants it any more.
    GivenUp,
}

/// All parts in one pass.
fn step(
    runner: &mut ModelRunner,
    parts: &mut [StepPart<'_>],
    is_stopping: &dyn Fn() -> bool,
) -> Vec<PartOutcome> {
    let flags: Vec<&AbortFlag> = parts.iter().map(|part| part.abort).collect();
    let is_unwanted = |number: usize| flags[number].is_set() || is_stopping();
    let mut sequences = Vec::with_capacity(parts.len());
    for part in &mut *parts {
        match &mut *part.cache {
            Cache::File(cache) => sequences.push(SequenceStep {
                tokens: part.tokens,
                cache,
                wanted: part.wanted,
            }),
            #[cfg(feature = "testing")]
            Cache::Scripted(_) => unreachable!("a cache comes from the model it is used with"),
        }
    }
    let outputs = runner.step(&mut sequences, &is_unwanted);
    let outcome = |output| match output {
        StepOutput::Nothing => PartOutcome::Prefilled,
        StepOutput::Logits(logits) => PartOutcome::Logits(logits),
        StepOutput::EachLogits(logits) => PartOutcome::EachLogits(logits),
        StepOutput::Token(token) => PartOutcome::Token(token),
        StepOutput::GivenUp => PartOutcome::GivenUp,
    };
    outputs.into_iter().map(outcome).collect()
}

/// The operator's limit applied to what the model was made for; 0 sets no limit.
pub(crate) fn context_window(of_model: usize, config: &EngineConfig) -> usize {
    match config.context_window {
        0 => of_model,
        limit => of_model.min(limit),
    }
}

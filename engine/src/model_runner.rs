//! Tokens in, logits out: one loaded model with its kernels, used by one thread.
//!
//! Knows token ids and tensors; knows no text and no requests. On a processor, computing `n` tokens
//! at once gives the same bits as computing them one by one, in any chunks.

mod config;
#[cfg(feature = "cube")]
mod recorded;
mod step;

use std::sync::Arc;

use burn::tensor::Device;

use crate::kernels::KernelContext;
use crate::kv_cache::{KvCache, KvPool, MAX_STEP_TOKENS};
use crate::loader::ModelFile;
use crate::model::gpt_oss::{GptOss, GptOssConfig};
use crate::model::{LoadError, Model, ModelConfig, ModelError, Placement};
use crate::request::TokenId;
pub use config::RunnerConfig;
use config::{check_memory, context_window, placement, pool, precision};
#[cfg(feature = "cube")]
use recorded::RecordedSteps;
pub use step::{SequenceStep, StepOutput, Wanted};

/// Every random model is the same one.
const RANDOM_SEED: u64 = 20;

/// One value a token of the vocabulary.
pub type Logits = Vec<f32>;

/// What became of a forward pass; the cache comes back in any case.
#[derive(Debug)]
pub enum ForwardOutcome {
    /// All tokens are computed and in the cache.
    Done {
        /// Of the last token.
        logits: Logits,
        /// With the tokens.
        cache: KvCache,
    },
    /// The caller's `abort` said yes.
    Aborted {
        /// As it was before, or with so many times [`MAX_STEP_TOKENS`] more.
        cache: KvCache,
    },
}

/// A model that is ready to compute.
#[derive(Debug)]
pub struct ModelRunner {
    model: Arc<Model>,
    #[cfg(feature = "cube")]
    recorded: RecordedSteps,
    vocab_size: usize,
    context: KernelContext,
    placement: Placement,
    pool: KvPool,
    context_window: usize,
    fingerprint: String,
    num_parameters: u64,
}

impl ModelRunner {
    /// Loads the model of `file`; `progress` hears percents, in order.
    ///
    /// # Errors
    /// [`LoadError`] naming the file and what is wrong with it.
    pub fn load(
        file: impl Into<ModelFile>,
        config: &RunnerConfig,
        progress: &mut dyn FnMut(u8),
    ) -> Result<Self, LoadError> {
        Self::load_shared(&file.into(), config, progress)
    }

    /// The same with a file that others load too.
    ///
    /// # Errors
    /// [`LoadError`] naming the file and what is wrong with it.
    pub fn load_shared(
        file: &ModelFile,
        config: &RunnerConfig,
        progress: &mut dyn FnMut(u8),
    ) -> Result<Self, LoadError> {
        Self::load_from(file, config, progress).map_err(|problem| LoadError {
            path: file.path().to_owned(),
            problem,
        })
    }

    fn load_from(
        file: &ModelFile,
        config: &RunnerConfig,
        progress: &mut dyn FnMut(u8),
    ) -> Result<Self, ModelError> {
        let model_config = ModelConfig::new(file)?;
        let context_window = context_window(config, model_config.max_context())?;
        let placement = placement(config, model_config.num_layers())?;
        check_memory(
            &placement,
            model_config.num_layers(),
            file.loaded_bytes(config.weights),
        )?;
        let model = Model::load(
            file,
            &model_config,
            context_window,
            (&placement, config.weights),
            progress,
        )?;
        let shape = model_config.cache_shape(context_window);
        let (pool, context_window) = pool(shape, config, &placement);
        Ok(Self {
            model: Arc::new(model),
            #[cfg(feature = "cube")]
            recorded: RecordedSteps::default(),
            vocab_size: model_config.vocab_size(),
            context: KernelContext::new(config.num_threads, precision(config.exact)),
            placement,
            pool,
            context_window,
            fingerprint: file.fingerprint(),
            num_parameters: file.num_parameters(),
        })
    }

    /// A model of random weights, see [`GptOss::random`].
    ///
    /// # Errors
    /// [`ModelError`], before any memory is taken.
    pub fn random(shape: GptOssConfig, config: &RunnerConfig) -> Result<Self, ModelError> {
        let context_window = context_window(config, shape.max_context)?;
        let placement = placement(config, shape.num_layers)?;
        check_memory(&placement, shape.num_layers, shape.random_bytes())?;
        let (vocab_size, num_parameters) = (shape.vocab_size, shape.num_parameters());
        let (pool, context_window) = pool(shape.cache_shape(context_window), config, &placement);
        let model = GptOss::random(shape, context_window, &placement, RANDOM_SEED);
        let model = Model::GptOss(model);
        Ok(Self {
            model: Arc::new(model),
            #[cfg(feature = "cube")]
            recorded: RecordedSteps::default(),
            vocab_size,
            context: KernelContext::new(config.num_threads, precision(config.exact)),
            placement,
            pool,
            context_window,
            fingerprint: "random".to_owned(),
            num_parameters,
        })
    }

    /// Whether activations are f32 from now on, see [`RunnerConfig::exact`]. A cache belongs to the
    /// way it was computed.
    pub fn set_exact(&mut self, exact: bool) {
        self.context.set_precision(precision(exact));
        // What is recorded computes as it did.
        #[cfg(feature = "cube")]
        {
            self.recorded = RecordedSteps::default();
        }
    }

    /// Longest sequence.
    pub fn context_window(&self) -> usize {
        self.context_window
    }

    /// Values in [`Logits`].
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Identity of the model file, see [`ModelFile::fingerprint`].
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Weights of the model.
    pub fn num_parameters(&self) -> u64 {
        self.num_parameters
    }

    /// Bytes of weights that a decode step reads.
    pub fn bytes_per_token(&self) -> usize {
        self.model.bytes_per_token()
    }

    /// Threads and instructions in use.
    pub fn kernel_context(&self) -> &KernelContext {
        &self.context
    }

    /// Instructions in use, or `card` where no layer is on the processor.
    pub fn instructions(&self) -> &'static str {
        if self.placement.devices().contains(&Device::flex()) {
            self.context.instruction_set().name()
        } else {
            "card"
        }
    }

    /// Where norm and head are computed.
    pub fn last_device(&self) -> &Device {
        self.placement.last()
    }

    /// An empty cache for a new sequence.
    pub fn new_cache(&self) -> KvCache {
        self.pool.new_cache()
    }

    /// Where all caches are.
    pub fn kv_pool(&self) -> &KvPool {
        &self.pool
    }

    /// The same, to look for what is kept, to keep more and to make room.
    pub fn kv_pool_mut(&mut self) -> &mut KvPool {
        &mut self.pool
    }

    /// Computes `tokens` at positions `cache.len()` on; logits of the last one.
    ///
    /// `abort` is asked before every layer.
    ///
    /// # Panics
    /// If there is no token, one is not in the vocabulary, or there is no room for them.
    pub fn forward(
        &mut self,
        tokens: &[TokenId],
        mut cache: KvCache,
        abort: &dyn Fn() -> bool,
    ) -> ForwardOutcome {
        assert!(!tokens.is_empty(), "a step computes at least one token");
        let last = (tokens.len() - 1) / MAX_STEP_TOKENS;
        for (index, tokens) in tokens.chunks(MAX_STEP_TOKENS).enumerate() {
            reserve(&mut cache, tokens.len());
            let sequence = SequenceStep {
                tokens,
                cache: &mut cache,
                wanted: if index == last {
                    Wanted::Logits
                } else {
                    Wanted::Nothing
                },
            };
            match self.step(&mut [sequence], &|_| abort()).pop() {
                Some(StepOutput::Logits(logits)) => return ForwardOutcome::Done { logits, cache },
                Some(StepOutput::Nothing) => {}
                _ => break,
            }
        }
        ForwardOutcome::Aborted { cache }
    }

    /// Computes `tokens` like [`forward`](Self::forward); logits of every one of them.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_all(
        &mut self,
        tokens: &[TokenId],
        mut cache: KvCache,
    ) -> (Vec<Logits>, KvCache) {
        let mut all = Vec::with_capacity(tokens.len());
        for tokens in tokens.chunks(MAX_STEP_TOKENS) {
            reserve(&mut cache, tokens.len());
            let mut sequence = [SequenceStep {
                tokens,
                cache: &mut cache,
                wanted: Wanted::EachLogits,
            }];
            let ids = self.ids(&sequence);
            let hidden_states = self.hidden_states(&ids, &mut sequence, &|_| false);
            let (hidden_states, _) = hidden_states.expect("invariant: nobody aborted");
            all.extend(self.logits(hidden_states));
        }
        (all, cache)
    }
}

/// # Panics
/// If there is no room: the pool is planned for as many sequences as its user has.
fn reserve(cache: &mut KvCache, num_tokens: usize) {
    let reserved = cache.reserve(num_tokens);
    assert!(reserved.is_ok(), "no room for {num_tokens} tokens more");
}

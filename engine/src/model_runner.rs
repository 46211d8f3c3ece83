//! Tokens in, logits out: one loaded model with its kernels, used by one thread.
//!
//! Knows token ids and tensors; knows no text and no requests. On a processor, computing `n` tokens
//! at once gives the same bits as computing them one by one, in any chunks.

use burn::tensor::{Device, Tensor};

use crate::device::{self, DeviceId};
use crate::kernels::{KernelContext, Precision};
use crate::kv_cache::KvCache;
use crate::loader::{ModelFile, WeightFormat};
use crate::model::gpt_oss::{GptOss, GptOssConfig};
use crate::model::{LoadError, Model, ModelConfig, ModelError, Placement, StepInput, memory};
use crate::request::TokenId;

/// Every random model is the same one.
const RANDOM_SEED: u64 = 20;

/// One value a token of the vocabulary.
pub type Logits = Vec<f32>;

/// How a model is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunnerConfig {
    /// Compute threads; 0 = physical cores.
    pub num_threads: usize,
    /// f32 activations everywhere.
    pub exact: bool,
    /// Longest sequence; 0 = what the model was made for.
    pub context_window: usize,
    /// How plain weights are kept.
    pub weights: WeightFormat,
    /// Where the layers are, one device after the other; none: the processor.
    pub devices: Vec<DeviceId>,
    /// How many on each of them; none: equal parts.
    pub layer_counts: Vec<usize>,
}

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
        /// As it was before.
        cache: KvCache,
    },
}

/// A model that is ready to compute.
#[derive(Debug)]
pub struct ModelRunner {
    model: Model,
    vocab_size: usize,
    context: KernelContext,
    placement: Placement,
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
            file.num_bytes() as u64,
        )?;
        let model = Model::load(
            file,
            &model_config,
            context_window,
            (&placement, config.weights),
            progress,
        )?;
        Ok(Self {
            model,
            vocab_size: model_config.vocab_size(),
            context: KernelContext::new(config.num_threads, precision(config.exact)),
            placement,
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
        let model = GptOss::random(shape, context_window, &placement, RANDOM_SEED);
        Ok(Self {
            model: Model::GptOss(model),
            vocab_size,
            context: KernelContext::new(config.num_threads, precision(config.exact)),
            placement,
            context_window,
            fingerprint: "random".to_owned(),
            num_parameters,
        })
    }

    /// Whether activations are f32 from now on, see [`RunnerConfig::exact`]. A cache belongs to the
    /// way it was computed.
    pub fn set_exact(&mut self, exact: bool) {
        self.context.set_precision(precision(exact));
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
        let shape = self.model.cache_shape(self.context_window);
        KvCache::new(shape, &self.placement.of_layers(shape.num_layers))
    }

    /// Computes `tokens` at positions `cache.len()` on; logits of the last one.
    ///
    /// `abort` is asked before every layer.
    ///
    /// # Panics
    /// If there is no token, one is not in the vocabulary, or they do not fit into the context
    /// window: the scheduler admits no such step.
    pub fn forward(
        &mut self,
        tokens: &[TokenId],
        cache: KvCache,
        abort: &dyn Fn() -> bool,
    ) -> ForwardOutcome {
        let num_tokens = tokens.len();
        match self.hidden_states(tokens, cache, abort) {
            (None, cache) => ForwardOutcome::Aborted { cache },
            (Some(hidden_states), cache) => {
                let last = hidden_states.slice(num_tokens - 1..num_tokens);
                ForwardOutcome::Done {
                    logits: self.logits(last),
                    cache,
                }
            }
        }
    }

    /// Computes `tokens` like [`forward`](Self::forward); logits of every one of them.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_all(&mut self, tokens: &[TokenId], cache: KvCache) -> (Vec<Logits>, KvCache) {
        let vocab_size = self.vocab_size();
        let (hidden_states, cache) = self.hidden_states(tokens, cache, &|| false);
        let hidden_states = hidden_states.expect("invariant: nobody aborted");
        let logits = self.logits(hidden_states);
        (
            logits.chunks(vocab_size).map(<[f32]>::to_vec).collect(),
            cache,
        )
    }

    fn hidden_states(
        &self,
        tokens: &[TokenId],
        cache: KvCache,
        abort: &dyn Fn() -> bool,
    ) -> (Option<Tensor<2>>, KvCache) {
        assert!(!tokens.is_empty(), "a step computes at least one token");
        let tokens: Vec<u32> = tokens.iter().map(|token| token.0).collect();
        let vocab_size = self.vocab_size();
        let known = tokens.iter().all(|token| (*token as usize) < vocab_size);
        assert!(known, "a token is outside the vocabulary of {vocab_size}");
        let step = StepInput::new(&tokens, cache.len(), &self.placement);
        self.model.forward(&self.context, &step, cache, abort)
    }

    fn logits(&self, hidden_states: Tensor<2>) -> Vec<f32> {
        let logits = self.model.logits(&self.context, hidden_states);
        logits
            .into_data()
            .try_into_vec()
            .expect("invariant: logits are f32")
    }
}

/// Longest sequence: what is asked for, or what the model was made for.
fn context_window(config: &RunnerConfig, limit: usize) -> Result<usize, ModelError> {
    match config.context_window {
        0 => Ok(limit),
        wanted if wanted > limit => Err(ModelError::ContextWindow { wanted, limit }),
        wanted => Ok(wanted),
    }
}

/// Refuses weights whose layers on the processor its memory does not hold.
fn check_memory(
    placement: &Placement,
    num_layers: usize,
    weight_bytes: u64,
) -> Result<(), ModelError> {
    let devices = placement.of_layers(num_layers);
    let on_processor = devices.iter().filter(|it| **it == Device::flex()).count();
    memory::check(weight_bytes / num_layers.max(1) as u64 * on_processor as u64)
}

/// As many layers on each device as the configuration says, or equal shares: the first ones have
/// one more.
fn placement(config: &RunnerConfig, num_layers: usize) -> Result<Placement, ModelError> {
    let opened = config.devices.iter().map(|id| device::open(*id));
    let opened: Vec<Device> = opened.collect::<Result<_, _>>()?;
    if opened.is_empty() {
        return Ok(Placement::whole(Device::flex()));
    }
    if config.layer_counts.len() == opened.len() {
        return Ok(Placement::split(opened, config.layer_counts.clone()));
    }
    let (share, rest) = (num_layers / opened.len(), num_layers % opened.len());
    let counts = (0..opened.len()).map(|place| share + usize::from(place < rest));
    Ok(Placement::split(opened.clone(), counts.collect()))
}

fn precision(exact: bool) -> Precision {
    if exact {
        Precision::Exact
    } else {
        Precision::Int8
    }
}

//! Tokens in, logits out: one loaded model with its kernels, used by one thread.
//!
//! Knows token ids and tensors; knows no text and no requests. On a processor, computing `n` tokens
//! at once gives the same bits as computing them one by one, in any chunks.

#[cfg(feature = "cube")]
mod recorded;

use std::sync::Arc;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::device::{self, DeviceId};
use crate::kernels::{Draw, DrawTensor, KernelContext, Precision, choose, reference};
use crate::kv_cache::{KvCache, KvPlan, KvPool, MAX_STEP_TOKENS};
use crate::loader::{ModelFile, WeightFormat};
use crate::model::gpt_oss::{GptOss, GptOssConfig};
use crate::model::{
    LoadError, Model, ModelConfig, ModelError, Placement, StepInput, StepWords, memory,
};
use crate::request::TokenId;
#[cfg(feature = "cube")]
use recorded::RecordedSteps;

/// Sequences there is room for where nobody says.
const DEFAULT_SEQUENCES: usize = 4;

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
    /// Sequences of full length that there is to be room for; 0 = 4.
    pub num_sequences: usize,
    /// Bytes that all caches together may take; 0 = as many as those sequences need.
    pub kv_memory: u64,
}

/// One sequence's part of a step.
#[derive(Debug)]
pub struct SequenceStep<'a> {
    /// What comes behind the tokens in the cache; at least one.
    pub tokens: &'a [TokenId],
    /// Has room for them, see [`KvCache::reserve`].
    pub cache: &'a mut KvCache,
    /// What is wanted of its last token.
    pub wanted: Wanted,
}

/// What a step is to give for a sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// More of its tokens come later.
    Nothing,
    /// The logits behind its last token.
    Logits,
    /// The next token, drawn where the logits are.
    Token(Draw),
}

/// What a step gave for a sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum StepOutput {
    Nothing,
    Logits(Logits),
    Token(TokenId),
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
            file.num_bytes() as u64,
        )?;
        let model = Model::load(
            file,
            &model_config,
            context_window,
            (&placement, config.weights),
            progress,
        )?;
        let (pool, context_window) = pool(&model, config, (&placement, context_window));
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
        let model = GptOss::random(shape, context_window, &placement, RANDOM_SEED);
        let model = Model::GptOss(model);
        let (pool, context_window) = pool(&model, config, (&placement, context_window));
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

    /// Whether tokens are best drawn where the logits are: on a card.
    pub fn draws_tokens(&self) -> bool {
        *self.placement.last() != Device::flex()
    }

    /// Decode steps that were recorded and run again, see `recorded`: 0 on a processor.
    pub fn num_recorded_runs(&self) -> usize {
        #[cfg(feature = "cube")]
        return self.recorded.num_runs();
        #[cfg(not(feature = "cube"))]
        0
    }

    /// Computes the next tokens of all sequences in one pass; gives what each wants, in their order:
    /// the same as if it were alone, on a processor to the bit.
    ///
    /// `abort` is asked before every layer; when it says yes nothing was computed.
    ///
    /// # Panics
    /// If a sequence has no token, one that is not in the vocabulary, or no room for them: the
    /// scheduler makes no such step.
    pub fn step(
        &mut self,
        sequences: &mut [SequenceStep<'_>],
        abort: &dyn Fn() -> bool,
    ) -> Option<Vec<StepOutput>> {
        let ids = self.ids(sequences);
        #[cfg(feature = "cube")]
        if let Some(draws) = decode_draws(sequences) {
            let given = given(&ids, sequences);
            let place = (&self.placement, self.context_window);
            let tokens = self
                .recorded
                .run((&self.model, &self.pool), place, &given, &draws);
            if let Some(tokens) = tokens {
                advance(sequences);
                return Some(tokens.into_iter().map(StepOutput::Token).collect());
            }
        }
        let hidden_states = self.hidden_states(&ids, sequences, abort)?;
        let mut num_tokens = 0;
        let mut last_rows = Vec::new();
        for sequence in &*sequences {
            num_tokens += sequence.tokens.len();
            if sequence.wanted != Wanted::Nothing {
                last_rows.push(num_tokens - 1);
            }
        }
        let wanted: Vec<Wanted> = sequences.iter().map(|sequence| sequence.wanted).collect();
        if last_rows.is_empty() {
            return Some(vec![StepOutput::Nothing; wanted.len()]);
        }
        let hidden_states = self.rows(hidden_states, &last_rows);
        Some(self.outputs(hidden_states, &wanted))
    }

    /// What is wanted, of the hidden states of those that want something.
    fn outputs(&self, hidden_states: Tensor<2>, wanted: &[Wanted]) -> Vec<StepOutput> {
        let draw = |wanted: &Wanted| match wanted {
            Wanted::Token(draw) => Some(*draw),
            _ => None,
        };
        let asking = || wanted.iter().filter(|wanted| **wanted != Wanted::Nothing);
        let draws: Option<Vec<Draw>> = asking().map(draw).collect();
        let mut found: Vec<StepOutput> = match draws {
            Some(draws) => {
                let logits = self.model.logits(&self.context, hidden_states);
                let draws = DrawTensor::new(&draws, self.placement.last());
                let tokens = read_tokens(choose(logits, &draws));
                tokens.into_iter().map(StepOutput::Token).collect()
            }
            None => {
                let logits = self.logits(hidden_states).into_iter();
                let output = |(logits, wanted): (Logits, &Wanted)| match wanted {
                    Wanted::Token(draw) => {
                        StepOutput::Token(TokenId(reference::choose(&logits, &[*draw])[0]))
                    }
                    _ => StepOutput::Logits(logits),
                };
                logits.zip(asking()).map(output).collect()
            }
        };
        let mut found = found.drain(..);
        let output = |wanted: &Wanted| match wanted {
            Wanted::Nothing => StepOutput::Nothing,
            _ => found.next().unwrap_or(StepOutput::Nothing),
        };
        wanted.iter().map(output).collect()
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
            match self.step(&mut [sequence], abort).as_deref_mut() {
                Some([StepOutput::Logits(logits)]) => {
                    let logits = std::mem::take(logits);
                    return ForwardOutcome::Done { logits, cache };
                }
                Some(_) => {}
                None => break,
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
                wanted: Wanted::Logits,
            }];
            let ids = self.ids(&sequence);
            let hidden_states = self.hidden_states(&ids, &mut sequence, &|| false);
            let hidden_states = hidden_states.expect("invariant: nobody aborted");
            all.extend(self.logits(hidden_states));
        }
        (all, cache)
    }

    /// The tokens of each sequence.
    fn ids(&self, sequences: &[SequenceStep<'_>]) -> Vec<Vec<u32>> {
        let vocab_size = self.vocab_size();
        let ids = |sequence: &SequenceStep<'_>| -> Vec<u32> {
            let ids: Vec<u32> = sequence.tokens.iter().map(|token| token.0).collect();
            assert!(!ids.is_empty(), "a step computes at least one token");
            let known = ids.iter().all(|id| (*id as usize) < vocab_size);
            assert!(known, "a token is outside the vocabulary of {vocab_size}");
            ids
        };
        sequences.iter().map(ids).collect()
    }

    /// Of all tokens: `[num_tokens, hidden_size]`.
    fn hidden_states(
        &mut self,
        ids: &[Vec<u32>],
        sequences: &mut [SequenceStep<'_>],
        abort: &dyn Fn() -> bool,
    ) -> Option<Tensor<2>> {
        let words = StepWords::new(&given(ids, sequences), 1);
        let step = StepInput::new(&words, &self.placement);
        let hidden_states = self
            .model
            .forward(&self.context, &step, &mut self.pool, abort)?;
        advance(sequences);
        Some(hidden_states)
    }

    /// Some rows, in ascending order.
    fn rows(&self, hidden_states: Tensor<2>, rows: &[usize]) -> Tensor<2> {
        match rows {
            [row] => hidden_states.slice(*row..*row + 1),
            _ if rows.len() == hidden_states.dims()[0] => hidden_states,
            _ => {
                let rows: Vec<i32> = rows
                    .iter()
                    .filter_map(|row| i32::try_from(*row).ok())
                    .collect();
                let length = rows.len();
                let rows = TensorData::new(rows, [length]);
                let rows: Tensor<1, Int> =
                    Tensor::from_data(rows, (self.placement.last(), DType::I32));
                hidden_states.select(0, rows)
            }
        }
    }

    fn logits(&self, hidden_states: Tensor<2>) -> Vec<Logits> {
        let logits = self.model.logits(&self.context, hidden_states);
        let logits: Logits = logits
            .into_data()
            .try_into_vec()
            .expect("invariant: logits are f32");
        if logits.len() == self.vocab_size {
            return vec![logits];
        }
        logits
            .chunks(self.vocab_size)
            .map(<[f32]>::to_vec)
            .collect()
    }
}

/// Tokens beside the cache they come behind.
fn given<'a>(
    ids: &'a [Vec<u32>],
    sequences: &'a [SequenceStep<'_>],
) -> Vec<(&'a [u32], &'a KvCache)> {
    let given = ids.iter().zip(sequences);
    given
        .map(|(ids, sequence)| (&ids[..], &*sequence.cache))
        .collect()
}

/// Counts what a step has written.
fn advance(sequences: &mut [SequenceStep<'_>]) {
    for sequence in sequences {
        sequence.cache.advance(sequence.tokens.len());
    }
}

/// The draws of a step in which every sequence computes one token and wants the next.
#[cfg(feature = "cube")]
fn decode_draws(sequences: &[SequenceStep<'_>]) -> Option<Vec<Draw>> {
    let draw = |sequence: &SequenceStep<'_>| match sequence {
        SequenceStep {
            tokens: [_],
            wanted: Wanted::Token(draw),
            ..
        } => Some(*draw),
        _ => None,
    };
    sequences.iter().map(draw).collect()
}

/// Waits for tokens that were drawn on a device.
fn read_tokens(tokens: Tensor<2, Int>) -> Vec<TokenId> {
    let tokens = tokens.into_data();
    tokens.iter::<u32>().map(TokenId).collect()
}

/// # Panics
/// If there is no room: the pool is planned for as many sequences as its user has.
fn reserve(cache: &mut KvCache, num_tokens: usize) {
    let reserved = cache.reserve(num_tokens);
    assert!(reserved.is_ok(), "no room for {num_tokens} tokens more");
}

/// Memory for the caches, and the longest sequence it has room for.
fn pool(
    model: &Model,
    config: &RunnerConfig,
    (placement, context_window): (&Placement, usize),
) -> (KvPool, usize) {
    let shape = model.cache_shape(context_window);
    let devices = placement.of_layers(shape.windows.len());
    let num_sequences = match config.num_sequences {
        0 => DEFAULT_SEQUENCES,
        count => count,
    };
    let memory = match config.kv_memory {
        0 => u64::MAX,
        bytes => bytes,
    };
    let plan = KvPlan::new(&shape, num_sequences, memory);
    let affordable = plan.context_window(&shape);
    let shape = model.cache_shape(affordable);
    (KvPool::new(shape, plan, &devices), affordable)
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

//! The `llama` architecture: grouped-query attention, rotary positions, `SwiGLU`, RMS norms.
//!
//! Dimensions come from the file's metadata alone and every tensor is checked against them. In
//! this format the rotary pairs of a head are adjacent values (queries and keys are permuted when
//! the file is written).

use burn::tensor::{Tensor, TensorData};

use super::dimensions::{dimension, optional, optional_f32, vocab_size};
use super::pass::LayerStep;
use super::placement::on_all;
use super::weights::{Linear, WeightReader};
use super::{ModelError, Pass, Placement};
use crate::kernels::{
    AttentionShape, KernelContext, LayerCache, RotaryPairs, WeightMatrix, attention, embedding,
    matmul, reference, rms_norm, rope_and_cache_write, swiglu,
};
use crate::kv_cache::{CacheShape, KvPool};
use crate::loader::{GgufFile, Metadata, ModelFile, WeightFormat};

/// Dimensions of a model, as in its metadata.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LlamaConfig {
    /// Values of a token between layers.
    pub hidden_size: usize,
    /// Values inside the MLP.
    pub intermediate_size: usize,
    /// Layers.
    pub num_layers: usize,
    /// Query heads.
    pub num_heads: usize,
    /// Key and value heads.
    pub num_kv_heads: usize,
    /// Values of a head.
    pub head_dim: usize,
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Tokens the model was made for.
    pub max_context: usize,
    /// Added to the mean square in norms.
    pub rms_norm_epsilon: f32,
    /// Base of the rotary frequencies.
    pub rope_base: f32,
}

impl LlamaConfig {
    /// Reads and checks the dimensions.
    ///
    /// # Errors
    /// [`ModelError::UnknownArchitecture`], [`ModelError::Metadata`], [`ModelError::Dimension`].
    pub fn new(file: &GgufFile) -> Result<Self, ModelError> {
        let metadata = file.metadata();
        let architecture = metadata.string("general.architecture")?;
        if architecture != "llama" {
            return Err(ModelError::UnknownArchitecture {
                found: architecture.to_owned(),
            });
        }
        let hidden_size = dimension(metadata, "llama.embedding_length")?;
        let num_heads = dimension(metadata, "llama.attention.head_count")?;
        let num_kv_heads = optional(metadata, "llama.attention.head_count_kv", num_heads)?;
        let head_dim = optional(
            metadata,
            "llama.attention.key_length",
            hidden_size / num_heads,
        )?;
        let config = Self {
            hidden_size,
            intermediate_size: dimension(metadata, "llama.feed_forward_length")?,
            num_layers: dimension(metadata, "llama.block_count")?,
            num_heads,
            num_kv_heads,
            head_dim,
            vocab_size: vocab_size(file)?,
            max_context: dimension(metadata, "llama.context_length")?,
            rms_norm_epsilon: metadata.f32("llama.attention.layer_norm_rms_epsilon")?,
            rope_base: optional_f32(metadata, "llama.rope.freq_base", 10_000.0)?,
        };
        config.check(metadata)?;
        Ok(config)
    }

    fn check(&self, metadata: &Metadata) -> Result<(), ModelError> {
        let rope_dimensions = optional(metadata, "llama.rope.dimension_count", self.head_dim)?;
        let key = "llama.rope.scaling.type";
        let scaling = if metadata.contains(key) {
            metadata.string(key)?
        } else {
            "none"
        };
        let checks = [
            (
                self.head_dim > 0 && self.head_dim.is_multiple_of(2),
                (
                    "llama.attention.key_length",
                    self.head_dim.to_string(),
                    "an even number",
                ),
            ),
            (
                self.num_heads.is_multiple_of(self.num_kv_heads),
                (
                    "llama.attention.head_count_kv",
                    self.num_kv_heads.to_string(),
                    "a divisor of llama.attention.head_count",
                ),
            ),
            (
                rope_dimensions == self.head_dim,
                (
                    "llama.rope.dimension_count",
                    rope_dimensions.to_string(),
                    "the size of a head: partial rotation is not supported",
                ),
            ),
            (
                scaling == "none",
                (key, scaling.to_owned(), "none: others are not supported"),
            ),
            (
                [self.rope_base, self.rms_norm_epsilon]
                    .iter()
                    .all(|value| value.is_finite() && *value > 0.0),
                (
                    "llama.rope.freq_base and llama.attention.layer_norm_rms_epsilon",
                    format!("{} and {}", self.rope_base, self.rms_norm_epsilon),
                    "more than 0",
                ),
            ),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            None => Ok(()),
            Some((_, (key, found, expected))) => Err(ModelError::Dimension {
                key: key.to_owned(),
                found,
                expected,
            }),
        }
    }

    /// Dimensions of a cache for sequences of up to `context_window` tokens.
    pub fn cache_shape(&self, context_window: usize) -> CacheShape {
        CacheShape {
            windows: vec![usize::MAX; self.num_layers],
            num_kv_heads: self.num_kv_heads,
            head_dim: self.head_dim,
            context_window,
        }
    }

    fn query_size(&self) -> usize {
        self.num_heads * self.head_dim
    }

    fn kv_size(&self) -> usize {
        self.num_kv_heads * self.head_dim
    }
}

#[derive(Debug)]
struct Layer {
    attn_norm: Tensor<1>,
    attn_qkv: Linear,
    attn_output: Linear,
    ffn_norm: Tensor<1>,
    ffn_gate_up: Linear,
    ffn_down: Linear,
    /// Number of its device.
    place: usize,
}

impl Layer {
    fn load(
        weights: &mut WeightReader<'_>,
        config: &LlamaConfig,
        index: usize,
    ) -> Result<Self, ModelError> {
        let name = |part: &str| format!("blk.{index}.{part}.weight");
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let (query, kv) = (config.query_size(), config.kv_size());
        let qkv = [
            (name("attn_q"), query),
            (name("attn_k"), kv),
            (name("attn_v"), kv),
        ];
        let gate_up = [(name("ffn_gate"), inner), (name("ffn_up"), inner)];
        let place = weights.begin_layer(index);
        Ok(Self {
            attn_norm: weights.vector(&name("attn_norm"), hidden)?,
            attn_qkv: weights.linear(&qkv, hidden)?,
            attn_output: weights.linear(&[(name("attn_output"), hidden)], query)?,
            ffn_norm: weights.vector(&name("ffn_norm"), hidden)?,
            ffn_gate_up: weights.linear(&gate_up, hidden)?,
            ffn_down: weights.linear(&[(name("ffn_down"), hidden)], inner)?,
            place,
        })
    }
}

/// A loaded model.
#[derive(Debug)]
pub struct Llama {
    config: LlamaConfig,
    token_embd: WeightMatrix,
    layers: Vec<Layer>,
    output_norm: Tensor<1>,
    output: WeightMatrix,
    /// On every device `[context_window, head_dim]`.
    rotations: Vec<Tensor<2>>,
    /// This architecture has none; on every device.
    no_sinks: Vec<Tensor<1>>,
    placement: Placement,
}

impl Llama {
    /// Takes the weights of a model of these dimensions out of `file`, for sequences of up to
    /// `context_window` tokens.
    ///
    /// # Errors
    /// [`ModelError`], before any tensor is used that does not fit.
    pub fn load(
        file: &ModelFile,
        config: LlamaConfig,
        context_window: usize,
        (placement, format): (&Placement, WeightFormat),
        progress: &mut dyn FnMut(u8),
    ) -> Result<Self, ModelError> {
        let (hidden_size, vocab_size) = (config.hidden_size, config.vocab_size);
        let mut weights = WeightReader::new(file, (placement, format), progress);
        let token_embd = weights.matrix("token_embd.weight", vocab_size, hidden_size)?;
        let layers = (0..config.num_layers).map(|index| Layer::load(&mut weights, &config, index));
        let layers = layers.collect::<Result<_, _>>()?;
        weights.begin_head();
        let output_norm = weights.vector("output_norm.weight", hidden_size)?;
        let output = if weights.has("output.weight") {
            weights.matrix("output.weight", vocab_size, hidden_size)?
        } else if placement.first() == placement.last() {
            token_embd.clone() // tied
        } else {
            weights.matrix("token_embd.weight", vocab_size, hidden_size)?
        };
        weights.finish()?;
        let frequencies = reference::frequencies(config.head_dim, config.rope_base);
        let rotations = reference::rotations(context_window, &frequencies, 1.0);
        let rotations = TensorData::new(rotations, [context_window, config.head_dim]);
        let no_sinks = TensorData::full([config.num_heads], f32::NEG_INFINITY);
        Ok(Self {
            config,
            token_embd,
            layers,
            output_norm,
            output,
            rotations: on_all(placement, &rotations),
            no_sinks: on_all(placement, &no_sinks),
            placement: placement.clone(),
        })
    }

    /// Dimensions.
    pub fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// Bytes of weights that a decode step reads.
    pub fn bytes_per_token(&self) -> usize {
        let layer_bytes = |layer: &Layer| {
            let linears = [
                &layer.attn_qkv,
                &layer.attn_output,
                &layer.ffn_gate_up,
                &layer.ffn_down,
            ];
            let norms = 2 * self.config.hidden_size * size_of::<f32>();
            linears.into_iter().map(Linear::num_bytes).sum::<usize>() + norms
        };
        self.layers.iter().map(layer_bytes).sum::<usize>() + self.output.layout().num_bytes()
    }

    /// Computes the tokens of a step and writes them into the caches in `pool`; gives hidden states
    /// `[num_tokens, hidden_size]` of what is [read](Pass::reading) of the sequences that are left;
    /// `None` if there are none. Where nothing is read they are unfinished.
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    pub fn forward(
        &self,
        context: &KernelContext,
        pass: &mut Pass<'_>,
        pool: &mut KvPool,
    ) -> Option<Tensor<2>> {
        let LlamaConfig {
            num_heads,
            num_kv_heads,
            head_dim,
            ..
        } = self.config;
        let shape = AttentionShape {
            num_heads,
            num_kv_heads,
            head_dim,
            window: usize::MAX,
            pairs: RotaryPairs::Adjacent,
        };
        let mut hidden_states = embedding(context, &self.token_embd, &pass.input.tokens);
        let mut place = 0;
        for (index, layer) in self.layers.iter().enumerate() {
            hidden_states = pass.before_layer(hidden_states, place)?;
            let is_last = index + 1 == self.layers.len();
            let read = is_last.then(|| pass.read_tokens()).flatten();
            let step = (&pass.input, read.as_ref());
            hidden_states = self.placement.bring(hidden_states, place, layer.place);
            place = layer.place;
            let cache = pool.take(index);
            let (next_states, cache) =
                self.forward_layer(context, layer, hidden_states, (shape, step, cache));
            pool.put(index, cache);
            hidden_states = next_states;
        }
        Some(hidden_states)
    }

    fn forward_layer(
        &self,
        context: &KernelContext,
        layer: &Layer,
        hidden_states: Tensor<2>,
        (shape, (step, read), cache): (AttentionShape, LayerStep<'_>, LayerCache),
    ) -> (Tensor<2>, LayerCache) {
        let places = step.places(layer.place, shape.window);
        let (rotations, sinks) = (&self.rotations[layer.place], &self.no_sinks[layer.place]);
        let epsilon = self.config.rms_norm_epsilon;
        let normed = rms_norm(context, hidden_states.clone(), &layer.attn_norm, epsilon);
        let qkv = layer.attn_qkv.forward(context, normed);
        let (query, cache) = rope_and_cache_write(qkv, rotations, cache, places, shape);
        let (hidden_states, query, places) = match read {
            None => (hidden_states, query, places),
            Some(read) if read.is_empty() => return (hidden_states, cache),
            Some(read) => {
                let places = read.input.places(layer.place, shape.window);
                (read.rows(hidden_states), read.rows(query), places)
            }
        };
        let attended = attention(context, query, &cache, sinks, places, shape);
        let hidden_states = hidden_states + layer.attn_output.forward(context, attended);

        let normed = rms_norm(context, hidden_states.clone(), &layer.ffn_norm, epsilon);
        let inner = swiglu(context, layer.ffn_gate_up.forward(context, normed));
        (
            hidden_states + layer.ffn_down.forward(context, inner),
            cache,
        )
    }

    /// Logits `[num_tokens, vocab_size]` of hidden states.
    pub fn logits(&self, context: &KernelContext, hidden_states: Tensor<2>) -> Tensor<2> {
        let epsilon = self.config.rms_norm_epsilon;
        let normed = rms_norm(context, hidden_states, &self.output_norm, epsilon);
        matmul(context, normed, &self.output)
    }
}

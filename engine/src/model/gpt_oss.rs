//! The `gpt-oss` architecture: a mixture of experts with attention sinks and sliding layers.
//!
//! Read from top to bottom: a token's row of the embedding goes through the layers; each adds what
//! attention and then four of its experts make of the normed state. Dimensions come from the file
//! alone. Sources: OpenAI's reference implementation of gpt-oss, and the model's card.
//!
//! The parts in files of their own: [`config`] (dimensions, from both formats), `weights` (names of
//! tensors), `experts` (the router and what it chooses), `yarn` (rotary frequencies), `shapes` and
//! `random` (models without a file, for measuring).

pub mod config;
mod experts;
mod random;
mod shapes;
mod weights;
mod yarn;

use burn::tensor::{Tensor, TensorData};

use super::pass::LayerStep;
use super::placement::on_all;
use super::weights::{Linear, WeightReader};
use super::{ModelError, Pass, Placement};
use crate::kernels::{
    AttentionShape, KernelContext, LayerCache, RotaryPairs, WeightMatrix, attention, embedding,
    matmul, reference, rms_norm, rope_and_cache_write,
};
use crate::kv_cache::KvPool;
use crate::loader::{ModelFile, WeightFormat};
pub use config::GptOssConfig;
use experts::Experts;

/// Names are those of the Hugging Face checkpoint.
#[derive(Debug)]
struct Layer {
    input_layernorm: Tensor<1>,
    /// Queries, keys and values, one behind the other.
    qkv_proj: Linear,
    qkv_bias: Tensor<1>,
    o_proj: Linear,
    o_bias: Tensor<1>,
    /// `[num_heads]`
    sinks: Tensor<1>,
    post_attention_layernorm: Tensor<1>,
    experts: Experts,
    /// Positions a token attends to; `usize::MAX`: all.
    window: usize,
    /// Number of its device.
    place: usize,
}

/// A loaded model.
#[derive(Debug)]
pub struct GptOss {
    config: GptOssConfig,
    embed_tokens: WeightMatrix,
    layers: Vec<Layer>,
    norm: Tensor<1>,
    lm_head: WeightMatrix,
    /// On every device `[context_window, head_dim]`.
    rotations: Vec<Tensor<2>>,
    placement: Placement,
}

impl GptOss {
    /// Takes the weights out of `file`, for sequences of up to `context_window` tokens.
    ///
    /// # Errors
    /// [`ModelError`], before any tensor is used that does not fit.
    pub fn load(
        file: &ModelFile,
        context_window: usize,
        (placement, format): (&Placement, WeightFormat),
        progress: &mut dyn FnMut(u8),
    ) -> Result<Self, ModelError> {
        let config = GptOssConfig::new(file)?;
        let mut weights = WeightReader::new(file, (placement, format), progress);
        let names = weights::Names::of(file);
        let (hidden, vocab) = (config.hidden_size, config.vocab_size);
        let embed_tokens = weights.matrix(names.embed_tokens(), vocab, hidden)?;
        let layer = |index| weights::layer(&mut weights, names, &config, index);
        let layers = (0..config.num_layers)
            .map(layer)
            .collect::<Result<_, _>>()?;
        weights.begin_head();
        let norm = weights.vector(names.norm(), hidden)?;
        let lm_head = weights.matrix(names.lm_head(), vocab, hidden)?;
        weights.finish()?;
        Ok(Self {
            embed_tokens,
            layers,
            norm,
            lm_head,
            rotations: rotations(&config, context_window, placement),
            placement: placement.clone(),
            config,
        })
    }

    /// Dimensions.
    pub fn config(&self) -> &GptOssConfig {
        &self.config
    }

    /// Bytes of weights that a decode step reads: all but the experts that are not chosen.
    pub fn bytes_per_token(&self) -> usize {
        let layer_bytes = |layer: &Layer| {
            let norms = 2 * self.config.hidden_size * size_of::<f32>();
            let attention = layer.qkv_proj.num_bytes() + layer.o_proj.num_bytes();
            norms + attention + layer.experts.bytes_per_token()
        };
        self.layers.iter().map(layer_bytes).sum::<usize>() + self.lm_head.layout().num_bytes()
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
        let mut hidden_states = embedding(context, &self.embed_tokens, &pass.input.tokens);
        let mut place = 0;
        for (index, layer) in self.layers.iter().enumerate() {
            hidden_states = pass.before_layer(hidden_states, place)?;
            let is_last = index + 1 == self.layers.len();
            let read = is_last.then(|| pass.read_tokens()).flatten();
            hidden_states = self.placement.bring(hidden_states, place, layer.place);
            place = layer.place;
            let (attended, cache) = self.attend(
                context,
                layer,
                hidden_states.clone(),
                ((&pass.input, read.as_ref()), pool.take(index)),
            );
            pool.put(index, cache);
            let Some(attended) = attended else {
                return Some(hidden_states);
            };
            if let Some(read) = read {
                hidden_states = read.rows(hidden_states);
            }
            hidden_states = hidden_states + attended;
            hidden_states = hidden_states.clone() + self.mix(context, layer, hidden_states);
        }
        Some(hidden_states)
    }

    /// What attention adds to the hidden states that are read; `None`: none is.
    fn attend(
        &self,
        context: &KernelContext,
        layer: &Layer,
        hidden_states: Tensor<2>,
        ((step, read), cache): (LayerStep<'_>, LayerCache),
    ) -> (Option<Tensor<2>>, LayerCache) {
        let shape = AttentionShape {
            num_heads: self.config.num_heads,
            num_kv_heads: self.config.num_kv_heads,
            head_dim: self.config.head_dim,
            window: layer.window,
            pairs: RotaryPairs::Halves,
        };
        let places = step.places(layer.place, layer.window);
        let epsilon = self.config.rms_norm_epsilon;
        let normed = rms_norm(context, hidden_states, &layer.input_layernorm, epsilon);
        let qkv = with_bias(layer.qkv_proj.forward(context, normed), &layer.qkv_bias);
        let (query, cache) =
            rope_and_cache_write(qkv, &self.rotations[layer.place], cache, places, shape);
        let (query, places) = match read {
            None => (query, places),
            Some(read) if read.is_empty() => return (None, cache),
            Some(read) => (
                read.rows(query),
                read.input.places(layer.place, layer.window),
            ),
        };
        let attended = attention(context, query, &cache, &layer.sinks, places, shape);
        let output = with_bias(layer.o_proj.forward(context, attended), &layer.o_bias);
        (Some(output), cache)
    }

    /// What the chosen experts add to the hidden states.
    fn mix(&self, context: &KernelContext, layer: &Layer, hidden_states: Tensor<2>) -> Tensor<2> {
        let epsilon = self.config.rms_norm_epsilon;
        let weight = &layer.post_attention_layernorm;
        let normed = rms_norm(context, hidden_states, weight, epsilon);
        layer.experts.forward(context, normed)
    }

    /// Logits `[num_tokens, vocab_size]` of hidden states.
    pub fn logits(&self, context: &KernelContext, hidden_states: Tensor<2>) -> Tensor<2> {
        let epsilon = self.config.rms_norm_epsilon;
        let normed = rms_norm(context, hidden_states, &self.norm, epsilon);
        matmul(context, normed, &self.lm_head)
    }
}

/// On every device `[context_window, head_dim]`.
fn rotations(
    config: &GptOssConfig,
    context_window: usize,
    placement: &Placement,
) -> Vec<Tensor<2>> {
    let (frequencies, factor) = yarn::frequencies(config.head_dim, &config.rope);
    let rotations = reference::rotations(context_window, &frequencies, factor);
    let rotations = TensorData::new(rotations, [context_window, config.head_dim]);
    on_all(placement, &rotations)
}

/// Adds `bias` to each row.
fn with_bias(rows: Tensor<2>, bias: &Tensor<1>) -> Tensor<2> {
    rows + bias.clone().unsqueeze::<2>()
}

//! The operations a model is made of, as one extension of burn's backends.
//!
//! Every operation exists three times: [`reference`](mod@reference) (plain loops, the
//! specification and the oracle),
//! [`cpu`] (for burn's CPU device) and `cube` (`CubeCL`, for every GPU). The functions here take
//! and give burn tensors; the device of the tensors chooses the implementation.
//!
//! Law: on the CPU, computing `n` rows in one call equals `n` calls with one row, bit for bit.
//! Hence nothing here uses burn's matmul, softmax or reductions, whose order depends on shapes.
//!
//! Law: the cache is owned. Operations that write into it take it by value and give it back,
//! because burn's CPU tensors copy on write: a second reference would silently copy everything.
#![expect(
    clippy::too_many_arguments,
    reason = "backends take tensors one by one, not in pairs"
)]

mod cache_memory;
pub mod cpu;
#[cfg(feature = "cube")]
mod cube;
mod draw;
mod flex;
mod places;
pub mod reference;
mod routing;
mod weight_matrix;
mod weight_memory;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{Int, Tensor};

use crate::layout::MatrixLayout;

pub use cache_memory::cache_memory;
pub use cpu::KernelContext;
#[cfg(feature = "cube")]
pub(crate) use cube::graph::{Recording, RecordingError, overwrite};
#[cfg(feature = "cube")]
pub(crate) use draw::DRAW_WORDS;
pub use draw::{Draw, DrawTensor};
pub use places::{Places, TokenPlaces, cache_row};
pub use routing::{ExpertPlan, ExpertStack, Routing};
pub use weight_matrix::WeightMatrix;

/// Whether activations are rounded before they meet quantised weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// f32 activations, added in a fixed order: for parity tests.
    Exact,
    /// Activations rounded to int8, per token, in blocks of 32: fast.
    Int8,
}

/// Dimensions of an attention layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    /// Query heads; a multiple of `num_kv_heads`.
    pub num_heads: usize,
    /// Key and value heads.
    pub num_kv_heads: usize,
    /// Values of a head; even.
    pub head_dim: usize,
    /// Positions a token attends to, itself included; `usize::MAX`: all before it.
    pub window: usize,
    /// Which values of a head are rotated together.
    pub pairs: RotaryPairs,
}

/// Which two values of a head a rotation turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotaryPairs {
    /// `2i` and `2i + 1`.
    Adjacent,
    /// `i` and `i + head_dim / 2`.
    Halves,
}

/// `SwiGLU` with bounds, as gpt-oss has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SwigluLimits {
    /// Factor inside the sigmoid.
    pub alpha: f32,
    /// The gate is cut above it, the other factor on both sides.
    pub limit: f32,
}

impl AttentionShape {
    /// Values of all query heads of a token.
    pub fn query_size(&self) -> usize {
        self.num_heads * self.head_dim
    }

    /// Values of all key heads of a token.
    pub fn kv_size(&self) -> usize {
        self.num_kv_heads * self.head_dim
    }
}

/// The operations, for every backend a model can run on. Shapes: see the free functions.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub trait Kernels: Backend {
    /// See [`embedding`].
    fn embedding(
        context: &KernelContext,
        weight: IntTensor<Self>,
        layout: MatrixLayout,
        tokens: IntTensor<Self>,
    ) -> FloatTensor<Self>;

    /// See [`matmul`].
    fn quantized_matmul(
        context: &KernelContext,
        input: FloatTensor<Self>,
        weight: IntTensor<Self>,
        layout: MatrixLayout,
    ) -> FloatTensor<Self>;

    /// See [`rms_norm`].
    fn rms_norm(
        context: &KernelContext,
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self>;

    /// See [`rope_and_cache_write`].
    fn rope_and_cache_write(
        qkv: FloatTensor<Self>,
        rotations: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        positions: IntTensor<Self>,
        sequences: IntTensor<Self>,
        blocks: IntTensor<Self>,
        shape: AttentionShape,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// See [`attention`].
    fn attention(
        context: &KernelContext,
        query: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        sinks: FloatTensor<Self>,
        positions: IntTensor<Self>,
        sequences: IntTensor<Self>,
        blocks: IntTensor<Self>,
        shape: AttentionShape,
    ) -> FloatTensor<Self>;

    /// See [`swiglu`].
    fn swiglu(context: &KernelContext, gate_up: FloatTensor<Self>) -> FloatTensor<Self>;

    /// See [`experts`]; layouts are those of one expert.
    fn experts(
        context: &KernelContext,
        input: FloatTensor<Self>,
        logits: FloatTensor<Self>,
        gate_up: IntTensor<Self>,
        gate_up_bias: FloatTensor<Self>,
        down: IntTensor<Self>,
        down_bias: FloatTensor<Self>,
        plan: ExpertPlan,
    ) -> FloatTensor<Self>;

    /// See [`choose`]; `limits`: whether any draw has a top-k, and whether any has a top-p.
    fn choose(
        logits: FloatTensor<Self>,
        draws: IntTensor<Self>,
        limits: [bool; 2],
    ) -> IntTensor<Self>;
}

/// Rows of a weight matrix: `[num_tokens, in_features]`, row `i` the one of `tokens[i]`.
///
/// # Panics
/// If a token is not below `out_features`.
pub fn embedding(
    context: &KernelContext,
    weight: &WeightMatrix,
    tokens: &Tensor<1, Int>,
) -> Tensor<2> {
    let (bytes, tokens) = (
        weight.bytes.clone().into_dispatch(),
        tokens.clone().into_dispatch(),
    );
    let rows = <Dispatch as Kernels>::embedding(context, bytes, weight.layout, tokens);
    Tensor::from_dispatch(rows)
}

/// `input * weight^T`: `[num_tokens, in_features]` to `[num_tokens, out_features]`.
///
/// # Panics
/// If `input` is not `[_, in_features]`.
pub fn matmul(context: &KernelContext, input: Tensor<2>, weight: &WeightMatrix) -> Tensor<2> {
    let bytes = weight.bytes.clone().into_dispatch();
    let input = input.into_dispatch();
    let output = <Dispatch as Kernels>::quantized_matmul(context, input, bytes, weight.layout);
    Tensor::from_dispatch(output)
}

/// Root-mean-square norm of each row, times `weight` (`[hidden_size]`).
///
/// # Panics
/// If a row has another length than `weight`.
pub fn rms_norm(
    context: &KernelContext,
    input: Tensor<2>,
    weight: &Tensor<1>,
    epsilon: f32,
) -> Tensor<2> {
    let (input, weight) = (input.into_dispatch(), weight.clone().into_dispatch());
    Tensor::from_dispatch(<Dispatch as Kernels>::rms_norm(
        context, input, weight, epsilon,
    ))
}

/// Keys and values of one layer: two tensors `[num_rows, num_kv_heads, head_dim]`, f32. Which row
/// belongs to which position of which sequence say [`TokenPlaces`]. On a processor the rows of a
/// block lie otherwise among each other: see `cpu/cache.rs`.
pub type LayerCache = (Tensor<3>, Tensor<3>);

/// Splits `qkv`, rotates query and key pairs, and writes keys and values into the cache.
///
/// # Shapes
/// - `qkv`: `[num_tokens, query_size + 2 * kv_size]`
/// - `rotations`: `[context_window, head_dim]`, cosine and sine of each pair, interleaved
/// - the result: query `[num_tokens, query_size]`, and the cache that was given
///
/// # Panics
/// On a CPU, if a place is not in the cache.
pub fn rope_and_cache_write(
    qkv: Tensor<2>,
    rotations: &Tensor<2>,
    cache: LayerCache,
    places: &TokenPlaces,
    shape: AttentionShape,
) -> (Tensor<2>, LayerCache) {
    let (query, keys, values) = <Dispatch as Kernels>::rope_and_cache_write(
        qkv.into_dispatch(),
        rotations.clone().into_dispatch(),
        cache.0.into_dispatch(),
        cache.1.into_dispatch(),
        places.positions.clone().into_dispatch(),
        places.sequences.clone().into_dispatch(),
        places.blocks.clone().into_dispatch(),
        shape,
    );
    let cache = (Tensor::from_dispatch(keys), Tensor::from_dispatch(values));
    (Tensor::from_dispatch(query), cache)
}

/// Causal attention of new tokens over the cache, which already holds them.
///
/// # Shapes
/// - `query`: `[num_tokens, query_size]`; the result has the same shape
/// - `sinks`: `[num_heads]`, a score of each head that takes part in the softmax and brings no
///   value; minus infinity where there is none
///
/// # Panics
/// On a CPU, if a place is not in the cache.
pub fn attention(
    context: &KernelContext,
    query: Tensor<2>,
    cache: &LayerCache,
    sinks: &Tensor<1>,
    places: &TokenPlaces,
    shape: AttentionShape,
) -> Tensor<2> {
    let output = <Dispatch as Kernels>::attention(
        context,
        query.into_dispatch(),
        cache.0.clone().into_dispatch(),
        cache.1.clone().into_dispatch(),
        sinks.clone().into_dispatch(),
        places.positions.clone().into_dispatch(),
        places.sequences.clone().into_dispatch(),
        places.blocks.clone().into_dispatch(),
        shape,
    );
    Tensor::from_dispatch(output)
}

/// `silu(gate) * up` of rows `[gate, up]`: `[num_tokens, 2 * size]` to `[num_tokens, size]`.
pub fn swiglu(context: &KernelContext, gate_up: Tensor<2>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as Kernels>::swiglu(
        context,
        gate_up.into_dispatch(),
    ))
}

/// The weighted sum of what its chosen experts make of each token: two matrices with biases and a
/// bounded `SwiGLU` (`gate * sigmoid(alpha * gate) * (up + 1)`) between them. Added in the order of
/// experts. The experts with the `num_chosen` largest logits work, see [`Routing`].
///
/// # Shapes
/// - `input` and the result: `[num_tokens, hidden_size]`
/// - `logits`: `[num_tokens, num_experts]`
///
/// # Panics
/// If `logits` are of another number of tokens or experts.
pub fn experts(
    context: &KernelContext,
    input: Tensor<2>,
    logits: Tensor<2>,
    stack: &ExpertStack,
    num_chosen: usize,
) -> Tensor<2> {
    let [num_tokens, num_experts] = logits.dims();
    assert_eq!(num_tokens, input.dims()[0], "logits for every token");
    assert_eq!(
        num_experts,
        stack.down_bias.dims()[0],
        "logits for every expert"
    );
    let plan = ExpertPlan {
        gate_up: stack.gate_up.layout,
        down: stack.down.layout,
        limits: stack.limits,
        num_chosen,
    };
    Tensor::from_dispatch(<Dispatch as Kernels>::experts(
        context,
        input.into_dispatch(),
        logits.into_dispatch(),
        stack.gate_up.bytes.clone().into_dispatch(),
        stack.gate_up_bias.clone().into_dispatch(),
        stack.down.bytes.clone().into_dispatch(),
        stack.down_bias.clone().into_dispatch(),
        plan,
    ))
}

/// The token drawn from each row of `logits` (`[num_rows, vocab_size]`): `[num_rows, 1]`.
///
/// # Panics
/// If there are more or fewer draws than rows.
pub fn choose(logits: Tensor<2>, draws: &DrawTensor) -> Tensor<2, Int> {
    let num_rows = logits.dims()[0];
    assert_eq!(num_rows, draws.words.dims()[0], "a draw for every row");
    let words = draws.words.clone().into_dispatch();
    let tokens = <Dispatch as Kernels>::choose(logits.into_dispatch(), words, draws.limits);
    Tensor::from_dispatch(tokens)
}

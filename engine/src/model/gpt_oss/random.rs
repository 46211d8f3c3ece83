//! A model of random weights, made where it computes from its dimensions alone: for measuring speed
//! where there is no file. What it writes means nothing.

use std::convert::Infallible;

use burn::tensor::{Device, Tensor, TensorData};

use super::experts::Experts;
use super::{GptOss, GptOssConfig, Layer, rotations};
use crate::kernels::{ExpertStack, WeightMatrix};
use crate::layout::{LayoutKind, MatrixLayout};
use crate::loader::repack::PackedMatrix;
use crate::model::Placement;
use crate::model::weights::Linear;

/// Scale of a block of 4-bit floats: 2^(121 - 127). With it an output of 2,880 inputs is about as
/// large as they are.
const FP4_SCALE: u8 = 121;
/// Scale of a block of bytes as f16: 2^-12, for the same reason.
const BYTE_SCALE: [u8; 2] = 0x0c00_u16.to_le_bytes();
/// Bytes of noise that matrices are cut from.
const POOL_BYTES: usize = 1 << 22;

impl GptOss {
    /// Experts in MXFP4, attention, embedding and head in 8 bits, as in published GGUF files.
    /// The same `seed` gives the same weights.
    pub fn random(
        config: GptOssConfig,
        context_window: usize,
        placement: &Placement,
        seed: u64,
    ) -> Self {
        let mut noise = Noise::new(seed);
        let (hidden, vocab) = (config.hidden_size, config.vocab_size);
        let embed_tokens = noise.matrix(LayoutKind::Bytes, vocab, hidden, placement.first());
        let layer = |index| layer(&mut noise, &config, (index, placement));
        let layers = (0..config.num_layers).map(layer).collect();
        Self {
            embed_tokens,
            layers,
            norm: ones(hidden, placement.last()),
            lm_head: noise.matrix(LayoutKind::Bytes, vocab, hidden, placement.last()),
            rotations: rotations(&config, context_window, placement),
            placement: placement.clone(),
            config,
        }
    }
}

fn layer(
    noise: &mut Noise,
    config: &GptOssConfig,
    (index, placement): (usize, &Placement),
) -> Layer {
    let place = placement.place(index);
    let device = placement.device(place);
    let hidden = config.hidden_size;
    let query = config.num_heads * config.head_dim;
    let qkv = query + 2 * config.num_kv_heads * config.head_dim;
    Layer {
        input_layernorm: ones(hidden, device),
        qkv_proj: Linear::of(noise.matrix(LayoutKind::Bytes, qkv, hidden, device)),
        qkv_bias: zeros(qkv, device),
        o_proj: Linear::of(noise.matrix(LayoutKind::Bytes, hidden, query, device)),
        o_bias: zeros(hidden, device),
        sinks: zeros(config.num_heads, device),
        post_attention_layernorm: ones(hidden, device),
        experts: experts(noise, config, device),
        window: config.window(index),
        place,
    }
}

fn experts(noise: &mut Noise, config: &GptOssConfig, device: &Device) -> Experts {
    let (hidden, inner, count) = (
        config.hidden_size,
        config.intermediate_size,
        config.num_experts,
    );
    let zeros = |size| Tensor::zeros([count, size], device);
    Experts {
        router: noise.matrix(LayoutKind::Bytes, count, hidden, device),
        router_bias: self::zeros(count, device),
        stack: ExpertStack {
            gate_up: noise.stack(count, [2 * inner, hidden], device),
            gate_up_bias: zeros(2 * inner),
            down: noise.stack(count, [hidden, inner], device),
            down_bias: zeros(hidden),
            limits: config.swiglu,
        },
        num_chosen: config.num_chosen,
    }
}

fn ones(length: usize, device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(vec![1.0_f32; length], [length]), device)
}

fn zeros(length: usize, device: &Device) -> Tensor<1> {
    Tensor::zeros([length], device)
}

/// Random bytes, of which every matrix begins somewhere else.
struct Noise {
    pool: Vec<u8>,
    state: u64,
}

impl Noise {
    fn new(seed: u64) -> Self {
        let mut noise = Self {
            pool: Vec::new(),
            state: seed,
        };
        noise.pool = (0..POOL_BYTES)
            .map(|_| noise.bits().to_be_bytes()[0])
            .collect();
        noise
    }

    /// Knuth's linear congruence; its upper bits are good enough to measure with.
    fn bits(&mut self) -> u64 {
        const FACTOR: u64 = 6_364_136_223_846_793_005;
        self.state = self.state.wrapping_mul(FACTOR).wrapping_add(1);
        self.state
    }

    fn matrix(
        &mut self,
        kind: LayoutKind,
        out_features: usize,
        in_features: usize,
        device: &Device,
    ) -> WeightMatrix {
        let start = self.bits();
        WeightMatrix::new(
            &packed(&self.pool, start, (kind, [out_features, in_features])),
            device,
        )
    }

    fn stack(
        &mut self,
        count: usize,
        [out_features, in_features]: [usize; 2],
        device: &Device,
    ) -> WeightMatrix {
        let (start, pool) = (self.bits(), &self.pool);
        let shape = (LayoutKind::Mxfp4, [out_features, in_features]);
        let one = |index: usize| {
            let start = start.wrapping_add((index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            Ok::<_, Infallible>(packed(pool, start, shape))
        };
        match WeightMatrix::stack(count, one, device) {
            Ok(stack) => stack,
            Err(never) => match never {},
        }
    }
}

/// A matrix whose codes are noise from a place in the pool on, and whose scales are all the same.
fn packed(
    pool: &[u8],
    start: u64,
    (kind, [out_features, in_features]): (LayoutKind, [usize; 2]),
) -> PackedMatrix {
    let layout = MatrixLayout {
        kind,
        out_features,
        in_features,
    };
    let row_bytes = layout.row_bytes();
    let mut bytes = vec![0; layout.num_bytes()];
    // The upper half of the number: the lower bits of a congruence repeat soon.
    let mut place = usize::try_from(start >> 32).unwrap_or_default();
    for row in bytes.chunks_mut(row_bytes) {
        place = (place + row_bytes) % (pool.len() - row_bytes);
        row.copy_from_slice(&pool[place..place + row_bytes]);
        let heads = layout.num_blocks();
        match kind {
            LayoutKind::Mxfp4 => row[..heads].fill(FP4_SCALE),
            _ => {
                for scale in row[..2 * heads].chunks_exact_mut(2) {
                    scale.copy_from_slice(&BYTE_SCALE);
                }
            }
        }
    }
    PackedMatrix { layout, bytes }
}

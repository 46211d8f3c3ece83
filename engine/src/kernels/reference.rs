//! The operations as plain loops in f64 or f32: the specification, and the oracle of the others.
//!
//! Never optimised. Layouts and shapes are those of [`crate::kernels`]; all slices are row-major.

use super::{AttentionShape, Draw, Places, RotaryPairs, Routing, SwigluLimits, cache_row};
use crate::layout::{MatrixLayout, Row};

/// See [`super::embedding`].
pub fn embedding(weight: &[u8], layout: &MatrixLayout, tokens: &[u32]) -> Vec<f32> {
    let mut output = vec![0.0; tokens.len() * layout.in_features];
    for (row, token) in output.chunks_mut(layout.in_features).zip(tokens) {
        let start = *token as usize * layout.row_bytes();
        Row::new(layout, &weight[start..start + layout.row_bytes()]).decode(row);
    }
    output
}

/// See [`super::matmul`]. Sums in f64.
pub fn matmul(input: &[f32], weight: &[u8], layout: &MatrixLayout) -> Vec<f32> {
    let num_tokens = input.len() / layout.in_features;
    let mut output = vec![0.0; num_tokens * layout.out_features];
    let mut row = vec![0.0; layout.in_features];
    for (out_index, bytes) in weight.chunks(layout.row_bytes()).enumerate() {
        Row::new(layout, bytes).decode(&mut row);
        for (token, activations) in input.chunks(layout.in_features).enumerate() {
            let products = activations
                .iter()
                .zip(&row)
                .map(|(x, w)| f64::from(*x) * f64::from(*w));
            output[token * layout.out_features + out_index] = to_f32(products.sum());
        }
    }
    output
}

/// See [`super::rms_norm`].
pub fn rms_norm(input: &[f32], weight: &[f32], epsilon: f32) -> Vec<f32> {
    let mut output = Vec::with_capacity(input.len());
    for row in input.chunks(weight.len()) {
        let squares: f64 = row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        let scale = 1.0 / (squares / to_f64(row.len()) + f64::from(epsilon)).sqrt();
        output.extend(
            row.iter()
                .zip(weight)
                .map(|(x, w)| to_f32(f64::from(*x) * scale) * w),
        );
    }
    output
}

/// Rotates the pairs of every head in `row` by the angles of one position.
pub fn rotate(row: &mut [f32], rotations: &[f32], pairs: RotaryPairs) {
    let head_dim = rotations.len();
    for head in row.chunks_mut(head_dim) {
        for (pair, [cosine, sine]) in rotations.as_chunks::<2>().0.iter().enumerate() {
            let (first, second) = match pairs {
                RotaryPairs::Adjacent => (2 * pair, 2 * pair + 1),
                RotaryPairs::Halves => (pair, pair + head_dim / 2),
            };
            let (x, y) = (head[first], head[second]);
            head[first] = x * cosine - y * sine;
            head[second] = x * sine + y * cosine;
        }
    }
}

/// Radians that each pair turns from one position to the next: `[head_dim / 2]`.
pub fn frequencies(head_dim: usize, frequency_base: f32) -> Vec<f64> {
    let exponent = |pair| -to_f64(2 * pair) / to_f64(head_dim);
    let pairs = 0..head_dim / 2;
    pairs
        .map(|pair| f64::from(frequency_base).powf(exponent(pair)))
        .collect()
}

/// Cosine and sine of every pair at every position, times `factor`: `[context_window, head_dim]`.
pub fn rotations(context_window: usize, frequencies: &[f64], factor: f64) -> Vec<f32> {
    let mut rotations = Vec::with_capacity(context_window * frequencies.len() * 2);
    for position in 0..context_window {
        for frequency in frequencies {
            let angle = to_f64(position) * frequency;
            rotations.extend([to_f32(angle.cos() * factor), to_f32(angle.sin() * factor)]);
        }
    }
    rotations
}

/// See [`super::rope_and_cache_write`]; the query is returned, the cache written in place.
pub fn rope_and_cache_write(
    qkv: &[f32],
    rotations: &[f32],
    keys: &mut [f32],
    values: &mut [f32],
    (places, shape): (&Places<'_>, &AttentionShape),
) -> Vec<f32> {
    let (query_size, kv_size) = (shape.query_size(), shape.kv_size());
    let mut query = Vec::with_capacity(qkv.len());
    for (index, row) in qkv.chunks(query_size + 2 * kv_size).enumerate() {
        let position = places.position(index);
        let first = cache_row(places.blocks_of(index), position) * kv_size;
        let angles = &rotations[position * shape.head_dim..][..shape.head_dim];
        let key = &mut keys[first..][..kv_size];
        query.extend(&row[..query_size]);
        key.copy_from_slice(&row[query_size..query_size + kv_size]);
        values[first..][..kv_size].copy_from_slice(&row[query_size + kv_size..]);
        rotate(&mut query[index * query_size..], angles, shape.pairs);
        rotate(key, angles, shape.pairs);
    }
    query
}

/// See [`super::attention`]. Sums in f64.
pub fn attention(
    query: &[f32],
    (keys, values): (&[f32], &[f32]),
    sinks: &[f32],
    (places, shape): (&Places<'_>, &AttentionShape),
) -> Vec<f32> {
    let (head_dim, kv_size) = (shape.head_dim, shape.kv_size());
    let heads_per_kv_head = shape.num_heads / shape.num_kv_heads;
    let mut output = Vec::with_capacity(query.len());
    for (index, query_head) in query.chunks(head_dim).enumerate() {
        let token = index / shape.num_heads;
        let (length, blocks) = (places.position(token) + 1, places.blocks_of(token));
        let start = length.saturating_sub(shape.window);
        let sink = f64::from(sinks[index % shape.num_heads]);
        let first = index % shape.num_heads / heads_per_kv_head * head_dim;
        let at = |cache: &[f32], cached: usize, i: usize| {
            f64::from(cache[cache_row(blocks, cached) * kv_size + first + i])
        };
        let scores: Vec<f64> = (start..length)
            .map(|cached| {
                let products =
                    (0..head_dim).map(|i| f64::from(query_head[i]) * at(keys, cached, i));
                products.sum::<f64>() / to_f64(head_dim).sqrt()
            })
            .collect();
        let max = scores.iter().copied().fold(sink, f64::max);
        let weights: Vec<f64> = scores.iter().map(|score| (score - max).exp()).collect();
        let total: f64 = weights.iter().sum::<f64>() + (sink - max).exp();
        for i in 0..head_dim {
            let products = (start..length).zip(&weights);
            let sum: f64 = products.map(|(p, weight)| weight * at(values, p, i)).sum();
            output.push(to_f32(sum / total));
        }
    }
    output
}

/// See [`super::swiglu`].
pub fn swiglu(gate_up: &[f32], size: usize) -> Vec<f32> {
    let mut output = Vec::with_capacity(gate_up.len() / 2);
    for row in gate_up.chunks(2 * size) {
        let (gate, up) = row.split_at(size);
        output.extend(gate.iter().zip(up).map(|(gate, up)| {
            let gate = f64::from(*gate);
            to_f32(gate / (1.0 + (-gate).exp()) * f64::from(*up))
        }));
    }
    output
}

/// One matrix of every expert: bytes, the layout of one, biases `[num_experts, out_features]`.
pub type ExpertMatrix<'a> = (&'a [u8], &'a MatrixLayout, &'a [f32]);

/// See [`super::experts`].
pub fn experts(
    input: &[f32],
    gate_up: ExpertMatrix<'_>,
    down: ExpertMatrix<'_>,
    (routing, limits): (&Routing, SwigluLimits),
) -> Vec<f32> {
    let (hidden, inner) = (down.1.out_features, down.1.in_features);
    let product = |row: &[f32], (bytes, layout, bias): ExpertMatrix<'_>, expert: usize| {
        let bytes = &bytes[expert * layout.num_bytes()..][..layout.num_bytes()];
        let bias = &bias[expert * layout.out_features..][..layout.out_features];
        let product = matmul(row, bytes, layout).into_iter().zip(bias);
        product
            .map(|(value, bias)| value + bias)
            .collect::<Vec<_>>()
    };
    let mut output = vec![0.0; routing.num_tokens() * hidden];
    for (index, (expert, weight)) in routing.choices().enumerate() {
        let token = index / routing.num_chosen;
        let gate_up = product(&input[token * hidden..][..hidden], gate_up, expert);
        let values = product(&limited_swiglu(&gate_up, inner, limits), down, expert);
        for (output, value) in output[token * hidden..].iter_mut().zip(values) {
            *output += weight * value;
        }
    }
    output
}

/// `gate * sigmoid(alpha * gate) * (up + 1)` of rows `[gate, up]`, the gate cut above the limit and
/// `up` on both sides: `[num_tokens, 2 * size]` to `[num_tokens, size]`.
pub fn limited_swiglu(gate_up: &[f32], size: usize, limits: SwigluLimits) -> Vec<f32> {
    let (alpha, limit) = (f64::from(limits.alpha), f64::from(limits.limit));
    let mut output = Vec::with_capacity(gate_up.len() / 2);
    for row in gate_up.chunks(2 * size) {
        let (gate, up) = row.split_at(size);
        output.extend(gate.iter().zip(up).map(|(gate, up)| {
            let gate = f64::from(*gate).min(limit);
            let up = f64::from(*up).clamp(-limit, limit);
            to_f32(gate / (1.0 + (-alpha * gate).exp()) * (up + 1.0))
        }));
    }
    output
}

/// See [`super::choose`]. Sums in f64.
pub fn choose(logits: &[f32], draws: &[Draw]) -> Vec<u32> {
    let vocab_size = logits.len() / draws.len().max(1);
    let rows = logits.chunks(vocab_size.max(1)).zip(draws);
    rows.map(|(logits, draw)| choose_one(logits, draw))
        .collect()
}

fn choose_one(logits: &[f32], draw: &Draw) -> u32 {
    // One that is not a number is impossible.
    let finite = |logit: &f32| {
        if logit.is_nan() {
            f32::MIN
        } else {
            logit.clamp(f32::MIN, f32::MAX)
        }
    };
    let mut candidates: Vec<(u32, f64)> = (0..)
        .zip(logits.iter().map(|logit| f64::from(finite(logit))))
        .collect();
    candidates.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
    let Some(&(best, largest)) = candidates.first() else {
        return 0;
    };
    if draw.temperature <= 0.0 {
        return best;
    }
    for (_, logit) in &mut candidates {
        *logit = ((*logit - largest) / f64::from(draw.temperature)).exp();
    }
    candidates.retain(|(_, weight)| *weight > 0.0 && *weight >= f64::from(draw.min_p));
    if draw.top_k > 0 {
        candidates.truncate(draw.top_k as usize);
    }
    let total = |candidates: &[(u32, f64)]| candidates.iter().map(|it| it.1).sum::<f64>();
    if draw.top_p < 1.0 {
        let enough = total(&candidates) * f64::from(draw.top_p);
        let mut sum = 0.0;
        let last = candidates.iter().position(|(_, weight)| {
            sum += weight;
            sum >= enough
        });
        candidates.truncate(last.map_or(candidates.len(), |last| last + 1));
    }
    candidates.sort_by_key(|(id, _)| *id);
    let mut rest = total(&candidates) * f64::from(draw.unit);
    let drawn = candidates.iter().find(|(_, weight)| {
        rest -= weight;
        rest < 0.0
    });
    drawn.or(candidates.last()).map_or(best, |(id, _)| *id)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the result is an f32 by definition"
)]
fn to_f32(value: f64) -> f32 {
    value as f32
}

#[expect(
    clippy::cast_precision_loss,
    reason = "lengths and positions stay far below 2^52"
)]
fn to_f64(value: usize) -> f64 {
    value as f64
}

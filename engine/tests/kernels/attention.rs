//! Positions, cache and attention: several sequences in one call, their blocks in any order.

use burn::tensor::{Tensor, TensorData};
use hearth_engine::block_pool::BLOCK_TOKENS;
use hearth_engine::kernels::{
    self, AttentionShape, KernelContext, LayerCache, Places, Precision, RotaryPairs, TokenPlaces,
    cache_row, reference,
};

use super::{FLOAT_TOLERANCE, Noise, check, contexts, device, matrix, values, vector, words};
use crate::targets;

/// One sequence by itself, its cache in one piece.
struct Alone {
    position: usize,
    num_tokens: usize,
    qkv: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    /// Its blocks in the cache of all.
    blocks: Vec<u32>,
}

impl Alone {
    fn end(&self) -> usize {
        self.position + self.num_tokens
    }

    /// What the reference writes, and the attention it gives.
    fn expected(
        &mut self,
        rotations: &[f32],
        sinks: &[f32],
        shape: &AttentionShape,
    ) -> (Vec<f32>, Vec<f32>) {
        let narrow = |value: usize| u32::try_from(value).unwrap();
        let positions: Vec<u32> = (self.position..self.end()).map(narrow).collect();
        let sequences = vec![0; self.num_tokens];
        let blocks: Vec<u32> = (0..narrow(self.blocks.len())).collect();
        let places = Places {
            positions: &positions,
            sequences: &sequences,
            blocks: &blocks,
            num_blocks: blocks.len(),
        };
        let (keys, values) = (&mut self.keys, &mut self.values);
        let query =
            reference::rope_and_cache_write(&self.qkv, rotations, keys, values, (&places, shape));
        let attended = reference::attention(&query, (keys, values), sinks, (&places, shape));
        (query, attended)
    }
}

/// Sequences with these numbers of old and new tokens; their blocks are mixed. Old keys grow from
/// position to position by `rise`.
fn sequences(
    (parts, rise): (&[(usize, usize)], f32),
    shape: &AttentionShape,
    noise: &mut Noise,
) -> Vec<Alone> {
    let row_size = shape.query_size() + 2 * shape.kv_size();
    let num_blocks = |(position, added): &(usize, usize)| (position + added).div_ceil(BLOCK_TOKENS);
    let total: usize = parts.iter().map(num_blocks).sum();
    let mut numbers: Vec<u32> = (0..u32::try_from(total).unwrap()).collect();
    for place in 1..numbers.len() {
        let other = usize::try_from(noise.bits()).unwrap() % (place + 1);
        numbers.swap(place, other);
    }
    let alone = |part: &(usize, usize)| {
        let count = num_blocks(part);
        let size = count * BLOCK_TOKENS * shape.kv_size();
        let mut keys = noise.floats(size);
        let mut factor = 1.0;
        for key in keys.chunks_mut(shape.kv_size()) {
            for value in key {
                *value *= factor;
            }
            factor += rise;
        }
        Alone {
            position: part.0,
            num_tokens: part.1,
            qkv: noise.floats(part.1 * row_size),
            keys,
            values: noise.floats(size),
            blocks: numbers.split_off(numbers.len() - count),
        }
    };
    parts.iter().map(alone).collect()
}

/// The caches of all sequences, as their blocks say.
fn paged(alone: &[Alone], row_size: usize, of: impl Fn(&Alone) -> &[f32]) -> Vec<f32> {
    let total: usize = alone.iter().map(|it| it.blocks.len()).sum();
    let mut all = vec![f32::NAN; total * BLOCK_TOKENS * row_size];
    for sequence in alone {
        for (position, row) in of(sequence).chunks(row_size).enumerate() {
            let first = cache_row(&sequence.blocks, position) * row_size;
            all[first..first + row_size].copy_from_slice(row);
        }
    }
    all
}

/// Rows of a cache as the device keeps them: on a processor the positions of a block stand together
/// for each head, and of keys value by value.
fn laid_out(rows: &[f32], shape: &AttentionShape, is_keys: bool) -> Vec<f32> {
    if targets::is_card() {
        return rows.to_vec();
    }
    let mut laid_out = Vec::with_capacity(rows.len());
    for block in rows.chunks(BLOCK_TOKENS * shape.kv_size()) {
        for kv_head in 0..shape.num_kv_heads {
            let at = |position: usize, value: usize| {
                block[position * shape.kv_size() + kv_head * shape.head_dim + value]
            };
            if is_keys {
                let values = 0..shape.head_dim;
                laid_out
                    .extend(values.flat_map(|value| (0..BLOCK_TOKENS).map(move |p| at(p, value))));
            } else {
                let positions = 0..BLOCK_TOKENS;
                let values = 0..shape.head_dim;
                laid_out.extend(positions.flat_map(|p| values.clone().map(move |v| at(p, v))));
            }
        }
    }
    laid_out
}

fn places(alone: &[Alone]) -> TokenPlaces {
    let longest = alone.iter().map(|it| it.blocks.len()).max().unwrap();
    let (mut positions, mut sequences, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
    for (index, sequence) in (0_u32..).zip(alone) {
        for position in sequence.position..sequence.end() {
            positions.push(u32::try_from(position).unwrap());
            sequences.push(index);
        }
        blocks.extend(&sequence.blocks);
        // Nobody may look there.
        blocks.resize((index as usize + 1) * longest, u32::MAX / 64);
    }
    TokenPlaces {
        positions: words(&positions),
        sequences: words(&sequences),
        blocks: words(&blocks).reshape([alone.len(), longest]),
    }
}

#[test]
fn attention_agrees_with_the_reference() {
    use RotaryPairs::{Adjacent, Halves};
    let parts: [&[(usize, usize)]; 6] = [
        // Enough tokens for groups of heads of several tokens.
        &[(30, 37), (0, 21), (250, 2)],
        &[(130, 1)],
        &[(0, 6), (40, 1)],
        &[(17, 3)],
        &[(63, 2), (0, 1), (200, 1), (15, 2)],
        &[(126, 7), (500, 1), (129, 1)],
    ];
    let shapes = [
        (9, 3, 64, 33, Adjacent),
        (9, 3, 64, usize::MAX, Adjacent),
        (4, 4, 40, usize::MAX, Halves),
        (4, 1, 2, 5, Adjacent),
        (2, 1, 128, 64, Halves),
        (8, 1, 64, 128, Halves),
    ];
    for ((num_heads, num_kv_heads, head_dim, window, pairs), parts) in shapes.into_iter().zip(parts)
    {
        let shape = AttentionShape {
            num_heads,
            num_kv_heads,
            head_dim,
            window,
            pairs,
        };
        check_attention(shape, (parts, 0.0), FLOAT_TOLERANCE);
    }
}

/// Scores become ten and a hundred times as large on the way, and small again at the end.
#[test]
fn attention_agrees_where_scores_rise() {
    let shape = AttentionShape {
        num_heads: 9,
        num_kv_heads: 3,
        head_dim: 64,
        window: usize::MAX,
        pairs: RotaryPairs::Adjacent,
    };
    // A sum of 200 is rounded by some 1e-5, and its weight is as far off.
    for (rise, tolerance) in [(0.05, FLOAT_TOLERANCE), (0.5, 20.0 * FLOAT_TOLERANCE)] {
        let parts = &[(400, 37), (130, 1), (505, 2)];
        check_attention(shape, (parts, rise), tolerance);
    }
}

/// Writes new tokens of all sequences behind old ones and attends to both.
fn check_attention(shape: AttentionShape, (parts, rise): (&[(usize, usize)], f32), tolerance: f32) {
    let mut noise = Noise(5);
    let (head_dim, kv_size) = (shape.head_dim, shape.kv_size());
    let mut alone = sequences((parts, rise), &shape, &mut noise);
    let mut sinks = noise.floats(shape.num_heads);
    sinks[0] = f32::NEG_INFINITY;
    let frequencies = reference::frequencies(head_dim, 10_000.0);
    let rotations = reference::rotations(512, &frequencies, 1.25);
    let tensor = |values: Vec<f32>| -> Tensor<3> {
        let shape = [values.len() / kv_size, shape.num_kv_heads, head_dim];
        Tensor::from_data(TensorData::new(values, shape), &device())
    };
    let old_keys = paged(&alone, kv_size, |it| &it.keys);
    let old_values = paged(&alone, kv_size, |it| &it.values);
    let cache = (
        tensor(laid_out(&old_keys, &shape, true)),
        tensor(laid_out(&old_values, &shape, false)),
    );
    let qkv: Vec<f32> = alone.iter().flat_map(|it| it.qkv.clone()).collect();
    let qkv = matrix(&qkv, shape.query_size() + 2 * kv_size);
    let places = places(&alone);
    let rotation_rows = matrix(&rotations, head_dim);
    let (query, cache) = kernels::rope_and_cache_write(qkv, &rotation_rows, cache, &places, shape);

    let (mut expected_query, mut expected) = (Vec::new(), Vec::new());
    for sequence in &mut alone {
        let (query, attended) = sequence.expected(&rotations, &sinks, &shape);
        expected_query.extend(query);
        expected.extend(attended);
    }
    // A card may multiply and add in one step.
    let fused = if targets::is_card() {
        FLOAT_TOLERANCE
    } else {
        0.0
    };
    check("query", &values(query.clone()), &expected_query, fused);
    let keys = laid_out(&paged(&alone, kv_size, |it| &it.keys), &shape, true);
    check("keys", &values(cache.0.clone()), &keys, fused);
    let cached_values = laid_out(&paged(&alone, kv_size, |it| &it.values), &shape, false);
    check("values", &values(cache.1.clone()), &cached_values, 0.0);
    let written = Written {
        alone,
        sinks,
        query,
        cache,
    };
    for context in contexts(Precision::Int8) {
        let what = format!("attention {shape:?} {}", context.instruction_set().name());
        let output = written.attention(&context, &places, &shape);
        check(&what, &output, &expected, tolerance);
    }
    if !targets::is_card() {
        written.check_bits(&places, &shape);
    }
}

/// Queries, and a cache that holds all keys and values.
struct Written {
    alone: Vec<Alone>,
    sinks: Vec<f32>,
    query: Tensor<2>,
    cache: LayerCache,
}

impl Written {
    fn attention(
        &self,
        context: &KernelContext,
        places: &TokenPlaces,
        shape: &AttentionShape,
    ) -> Vec<f32> {
        let (query, sinks) = (self.query.clone(), vector(&self.sinks));
        values(kernels::attention(
            context,
            query,
            &self.cache,
            &sinks,
            places,
            *shape,
        ))
    }

    /// Tokens together are tokens alone, and vectors of another width make no difference.
    fn check_bits(&self, places: &TokenPlaces, shape: &AttentionShape) {
        let mut of_vectors: Option<Vec<u32>> = None;
        for context in contexts(Precision::Int8) {
            let name = context.instruction_set().name();
            let together = bits(&self.attention(&context, places, shape));
            let alone = bits(&self.one_by_one(&context, shape));
            assert!(together == alone, "{name} {shape:?}: together and alone");
            if name != "portable" {
                let other = of_vectors.get_or_insert_with(|| together.clone());
                assert!(together == *other, "{name} {shape:?}: another width");
            }
        }
    }

    /// A call for each token of each sequence.
    fn one_by_one(&self, context: &KernelContext, shape: &AttentionShape) -> Vec<f32> {
        let (query, sinks) = (values(self.query.clone()), vector(&self.sinks));
        let mut rows = query.chunks(shape.query_size());
        let mut outputs = Vec::new();
        for sequence in &self.alone {
            for position in sequence.position..sequence.end() {
                let places = TokenPlaces {
                    positions: words(&[u32::try_from(position).unwrap()]),
                    sequences: words(&[0]),
                    blocks: words(&sequence.blocks).unsqueeze::<2>(),
                };
                let query = matrix(rows.next().unwrap(), shape.query_size());
                let (cache, sinks) = (&self.cache, &sinks);
                let output = kernels::attention(context, query, cache, sinks, &places, *shape);
                outputs.extend(values(output));
            }
        }
        outputs
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

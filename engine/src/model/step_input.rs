//! What a step computes, on the devices that compute it.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::Placement;
use crate::kernels::TokenPlaces;
use crate::kv_cache::KvCache;

/// Tokens of one or more sequences, and where they stand. On a GPU the kernels read both there.
#[derive(Clone, Debug)]
pub struct StepInput {
    /// `[num_tokens]`, u32; on the first device.
    pub(super) tokens: Tensor<1, Int>,
    /// On every device; in layers that attend to everything, and in sliding ones.
    places: Vec<[TokenPlaces; 2]>,
}

impl StepInput {
    /// For each sequence the tokens behind those in its cache, which has room for them.
    ///
    /// # Panics
    /// If a position is beyond every context window.
    pub fn new(sequences: &[(&[u32], &KvCache)], placement: &Placement) -> Self {
        let (mut tokens, mut positions, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (row, (of_sequence, cache)) in (0_u32..).zip(sequences) {
            let positions_of_sequence = cache.len()..cache.len() + of_sequence.len();
            tokens.extend_from_slice(of_sequence);
            positions.extend(positions_of_sequence.map(narrow));
            rows.extend(of_sequence.iter().map(|_| row));
        }
        let caches = || sequences.iter().map(|(_, cache)| *cache);
        let tables = [false, true].map(|is_sliding| table(caches(), is_sliding));
        let on_device = |device: &Device| {
            let places = |(blocks, num_blocks): &(Vec<u32>, usize)| TokenPlaces {
                positions: words(positions.clone(), device),
                sequences: words(rows.clone(), device),
                blocks: words(blocks.clone(), device).reshape([sequences.len(), *num_blocks]),
            };
            tables.each_ref().map(places)
        };
        Self {
            tokens: words(tokens, placement.first()),
            places: placement.devices().iter().map(on_device).collect(),
        }
    }

    /// How many tokens there are.
    pub fn num_tokens(&self) -> usize {
        self.tokens.dims()[0]
    }

    /// Where they stand in a layer of such a window on a device.
    pub(super) fn places(&self, device: usize, window: usize) -> &TokenPlaces {
        &self.places[device][usize::from(window != usize::MAX)]
    }
}

/// Block numbers of all sequences, rows of equal length; and that length, at least one.
fn table<'a>(caches: impl Iterator<Item = &'a KvCache>, is_sliding: bool) -> (Vec<u32>, usize) {
    let rows: Vec<Vec<u32>> = caches.map(|cache| cache.blocks(is_sliding)).collect();
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut table = Vec::with_capacity(rows.len() * longest);
    for (index, row) in rows.iter().enumerate() {
        table.extend_from_slice(row);
        table.resize((index + 1) * longest, 0);
    }
    (table, longest)
}

fn narrow(position: usize) -> u32 {
    u32::try_from(position).expect("invariant: a context window is far smaller")
}

fn words(words: Vec<u32>, device: &Device) -> Tensor<1, Int> {
    let length = words.len();
    Tensor::from_data(TensorData::new(words, [length]), (device, DType::U32))
}

//! What a step computes, on the devices that compute it.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::Placement;
use crate::kernels::TokenPlaces;
use crate::kv_cache::KvCache;

/// The words of a step, before they are on any device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepWords {
    tokens: Vec<u32>,
    positions: Vec<u32>,
    /// For each token the row of its sequence in `tables`.
    sequences: Vec<u32>,
    /// Blocks of all sequences in layers that attend to everything, and in sliding ones.
    tables: [BlockRows; 2],
}

/// Block numbers, one row a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BlockRows {
    blocks: Vec<u32>,
    /// Numbers of a row, at least one.
    num_blocks: usize,
}

impl StepWords {
    /// For each sequence the tokens behind those in its cache, which has room for them. Rows of
    /// blocks are at least `num_blocks` long.
    ///
    /// # Panics
    /// If a position is beyond every context window.
    pub fn new(sequences: &[(&[u32], &KvCache)], num_blocks: usize) -> Self {
        let (mut tokens, mut positions, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (row, (of_sequence, cache)) in (0_u32..).zip(sequences) {
            let positions_of_sequence = cache.len()..cache.len() + of_sequence.len();
            tokens.extend_from_slice(of_sequence);
            positions.extend(positions_of_sequence.map(narrow));
            rows.extend(of_sequence.iter().map(|_| row));
        }
        let table = |is_sliding| {
            let rows = sequences.iter().map(|(_, cache)| cache.blocks(is_sliding));
            BlockRows::new(&rows.collect::<Vec<_>>(), num_blocks)
        };
        Self {
            tokens,
            positions,
            sequences: rows,
            tables: [table(false), table(true)],
        }
    }
}

impl StepWords {
    /// Sequences of the step, those that fell out included.
    pub(super) fn num_sequences(&self) -> usize {
        self.tables[0].blocks.len() / self.tables[0].num_blocks
    }

    /// Drops the tokens of all other sequences; gives the places of the tokens that stay.
    pub(super) fn retain(&mut self, left: &[usize]) -> Vec<i32> {
        let is_left = |row: &u32| left.contains(&(*row as usize));
        let kept: Vec<bool> = self.sequences.iter().map(is_left).collect();
        for words in [&mut self.tokens, &mut self.positions, &mut self.sequences] {
            let mut kept = kept.iter();
            words.retain(|_| *kept.next().unwrap_or(&false));
        }
        let places = (0..)
            .zip(kept)
            .filter_map(|(place, kept)| kept.then_some(place));
        places.collect()
    }
}

impl StepWords {
    /// The sequence of each token, by number.
    pub(super) fn sequences(&self) -> &[u32] {
        &self.sequences
    }

    /// The step without the tokens at other places, which ascend.
    pub(super) fn only(&self, places: &[usize]) -> Self {
        let only = |words: &[u32]| places.iter().map(|place| words[*place]).collect();
        Self {
            tokens: only(&self.tokens),
            positions: only(&self.positions),
            sequences: only(&self.sequences),
            tables: self.tables.clone(),
        }
    }
}

impl BlockRows {
    fn new(rows: &[Vec<u32>], least: usize) -> Self {
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        let num_blocks = longest.max(least).max(1);
        let mut blocks = Vec::with_capacity(rows.len() * num_blocks);
        for (index, row) in rows.iter().enumerate() {
            blocks.extend_from_slice(row);
            blocks.resize((index + 1) * num_blocks, 0);
        }
        Self { blocks, num_blocks }
    }
}

/// Tokens of one or more sequences, and where they stand. On a GPU the kernels read both there.
#[derive(Clone, Debug)]
pub struct StepInput {
    /// `[num_tokens]`, u32; on the first device.
    pub(super) tokens: Tensor<1, Int>,
    /// On every device; in layers that attend to everything, and in sliding ones.
    places: Vec<[TokenPlaces; 2]>,
}

impl StepInput {
    /// The words where they are needed.
    pub fn new(step: &StepWords, placement: &Placement) -> Self {
        let on_device = |device: &Device| {
            let positions = words(step.positions.clone(), device);
            let sequences = words(step.sequences.clone(), device);
            let places = |table: &BlockRows| TokenPlaces {
                positions: positions.clone(),
                sequences: sequences.clone(),
                blocks: words(table.blocks.clone(), device)
                    .reshape([table.blocks.len() / table.num_blocks, table.num_blocks]),
            };
            step.tables.each_ref().map(places)
        };
        Self {
            tokens: words(step.tokens.clone(), placement.first()),
            places: placement.devices().iter().map(on_device).collect(),
        }
    }

    /// Puts another step of the same size into the same buffers, on cards; `before` is what is in
    /// them.
    ///
    /// # Panics
    /// If a size differs.
    #[cfg(feature = "cube")]
    pub fn overwrite(&self, before: &StepWords, step: &StepWords) {
        use crate::kernels::overwrite;

        overwrite(&self.tokens, step.tokens.clone());
        for places in &self.places {
            // Both kinds of layers read the same positions and sequences.
            overwrite(&places[0].positions, step.positions.clone());
            if step.sequences != before.sequences {
                overwrite(&places[0].sequences, step.sequences.clone());
            }
            for (index, places) in places.iter().enumerate() {
                if step.tables[index] != before.tables[index] {
                    overwrite(&places.blocks, step.tables[index].blocks.clone());
                }
            }
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

fn narrow(position: usize) -> u32 {
    u32::try_from(position).expect("invariant: a context window is far smaller")
}

fn words(words: Vec<u32>, device: &Device) -> Tensor<1, Int> {
    let length = words.len();
    Tensor::from_data(TensorData::new(words, [length]), (device, DType::U32))
}

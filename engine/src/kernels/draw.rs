//! How the next token of a sequence is to be drawn, as kernels read it.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

/// Words of a draw: temperature, top-k, top-p, min-p, unit and, so that kernels need not divide,
/// the inverse of the temperature; all but top-k are the bits of an f32.
pub(crate) const DRAW_WORDS: usize = 6;

/// Places of the words of a draw.
#[cfg(feature = "cube")]
pub(super) mod place {
    pub(crate) const TEMPERATURE: usize = 0;
    pub(crate) const TOP_K: usize = 1;
    pub(crate) const TOP_P: usize = 2;
    pub(crate) const MIN_P: usize = 3;
    pub(crate) const UNIT: usize = 4;
    pub(crate) const INVERSE_TEMPERATURE: usize = 5;
}

/// The largest f32 below 1.
const BELOW_ONE: f32 = 1.0 - f32::EPSILON / 2.0;

/// One draw. Candidates are those of [`SamplingParams`](crate::request::SamplingParams) without
/// penalties; of them the one in the order of ids is taken at which `unit` of their summed
/// probability is reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// 0 takes the largest logit, of equal ones the lowest id.
    pub temperature: f32,
    /// 0 keeps all.
    pub top_k: u32,
    /// 1 keeps all.
    pub top_p: f32,
    /// 0 keeps all.
    pub min_p: f32,
    /// From 0, below 1.
    pub unit: f32,
}

/// Draws on a device.
#[derive(Clone, Debug)]
pub struct DrawTensor {
    /// `[num_rows, DRAW_WORDS]`, u32.
    pub(super) words: Tensor<2, Int>,
    /// Whether any has a top-k, and whether any has a top-p.
    pub(super) limits: [bool; 2],
}

impl Draw {
    pub(crate) fn words(&self) -> [u32; DRAW_WORDS] {
        [
            self.temperature.to_bits(),
            self.top_k,
            self.top_p.to_bits(),
            self.min_p.to_bits(),
            self.unit.min(BELOW_ONE).to_bits(),
            self.temperature.recip().min(f32::MAX).to_bits(),
        ]
    }

    /// Draws of their words.
    pub(super) fn of_words(words: &[u32]) -> Vec<Self> {
        let draw = |[temperature, top_k, top_p, min_p, unit, _]: &[u32; DRAW_WORDS]| Self {
            temperature: f32::from_bits(*temperature),
            top_k: *top_k,
            top_p: f32::from_bits(*top_p),
            min_p: f32::from_bits(*min_p),
            unit: f32::from_bits(*unit),
        };
        words.as_chunks().0.iter().map(draw).collect()
    }

    /// Whether any of them has a top-k, and whether any has a top-p.
    pub(crate) fn limits(draws: &[Self]) -> [bool; 2] {
        let has_top_k = draws.iter().any(|draw| draw.top_k > 0);
        [has_top_k, draws.iter().any(|draw| draw.top_p < 1.0)]
    }
}

impl DrawTensor {
    /// One draw a row.
    pub fn new(draws: &[Draw], device: &Device) -> Self {
        let words: Vec<u32> = draws.iter().flat_map(Draw::words).collect();
        let words = TensorData::new(words, [draws.len(), DRAW_WORDS]);
        Self {
            words: Tensor::from_data(words, (device, DType::U32)),
            limits: Draw::limits(draws),
        }
    }

    /// Puts other draws with the same limits into the same buffer, on a card.
    ///
    /// # Panics
    /// If there are more or fewer.
    #[cfg(feature = "cube")]
    pub(crate) fn overwrite(&self, draws: &[Draw]) {
        let words = draws.iter().flat_map(Draw::words).collect();
        super::overwrite(&self.words, words);
    }
}

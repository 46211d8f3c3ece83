//! What a step computes, on the devices that compute it.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::Placement;

/// Tokens, and where they stand. On a GPU the kernels read both there.
#[derive(Clone, Debug)]
pub struct StepInput {
    /// `[num_tokens]`, u32; on the first device.
    pub(super) tokens: Tensor<1, Int>,
    /// On every device `[1]`, u32: tokens already in the cache = position of the first one.
    pub(super) positions: Vec<Tensor<1, Int>>,
}

impl StepInput {
    /// `tokens` from `position` on.
    ///
    /// # Panics
    /// If the position is beyond every context window.
    pub fn new(tokens: &[u32], position: usize, placement: &Placement) -> Self {
        let position = u32::try_from(position).expect("invariant: a context window is far smaller");
        let devices = placement.devices().iter();
        Self {
            tokens: words(tokens.to_vec(), placement.first()),
            positions: devices
                .map(|device| words(vec![position], device))
                .collect(),
        }
    }

    /// How many tokens there are.
    pub fn num_tokens(&self) -> usize {
        self.tokens.dims()[0]
    }
}

fn words(words: Vec<u32>, device: &Device) -> Tensor<1, Int> {
    let length = words.len();
    Tensor::from_data(TensorData::new(words, [length]), (device, DType::U32))
}

//! A step on its way through the layers. Sequences that nobody wants any more fall out between two
//! of them; the others are computed as if they had never been there.

use burn::tensor::{DType, Int, Tensor, TensorData};

use super::{Placement, StepInput, StepWords};

/// Asked before every layer whether a sequence of the step, by number, is unwanted.
pub type Unwanted<'a> = &'a dyn Fn(usize) -> bool;

/// What is left of a step.
pub struct Pass<'a> {
    pub(super) input: StepInput,
    words: StepWords,
    placement: &'a Placement,
    unwanted: Unwanted<'a>,
    /// Numbers of the sequences that are left.
    left: Vec<usize>,
}

impl<'a> Pass<'a> {
    /// All sequences of a step.
    pub fn new(words: StepWords, placement: &'a Placement, unwanted: Unwanted<'a>) -> Self {
        let input = StepInput::new(&words, placement);
        Self::of_input(input, words, placement, unwanted)
    }

    /// The same with an input that is there already.
    pub fn of_input(
        input: StepInput,
        words: StepWords,
        placement: &'a Placement,
        unwanted: Unwanted<'a>,
    ) -> Self {
        let left = (0..words.num_sequences()).collect();
        Self {
            input,
            words,
            placement,
            unwanted,
            left,
        }
    }

    /// Numbers of the sequences that are left, ascending.
    pub fn left(&self) -> &[usize] {
        &self.left
    }

    /// The hidden states of the sequences that are wanted still; `None` if there are none. `place`:
    /// the number of the device they are on.
    pub(super) fn before_layer(
        &mut self,
        hidden_states: Tensor<2>,
        place: usize,
    ) -> Option<Tensor<2>> {
        let before = self.left.len();
        self.left.retain(|sequence| !(self.unwanted)(*sequence));
        if self.left.is_empty() {
            return None;
        }
        if self.left.len() == before {
            return Some(hidden_states);
        }
        let rows = self.words.retain(&self.left);
        self.input = StepInput::new(&self.words, self.placement);
        let length = rows.len();
        let rows = TensorData::new(rows, [length]);
        let device = self.placement.device(place);
        let rows: Tensor<1, Int> = Tensor::from_data(rows, (device, DType::I32));
        Some(hidden_states.select(0, rows))
    }
}

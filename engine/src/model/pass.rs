//! A step on its way through the layers. Sequences that nobody wants any more fall out between two
//! of them; the others are computed as if they had never been there.

use burn::tensor::{DType, Int, Tensor, TensorData};

use super::{Placement, StepInput, StepWords};

/// Asked before every layer whether a sequence of the step, by number, is unwanted.
pub type Unwanted<'a> = &'a dyn Fn(usize) -> bool;

/// Whose hidden states are read behind the last layer, of the tokens of one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    Nothing,
    Last,
    Each,
}

/// The tokens of the last layer that are read behind it. Of the others it makes keys and values.
pub(super) struct ReadTokens {
    /// Places among all tokens of the step, ascending.
    places: Vec<usize>,
    /// The step with them alone.
    pub(super) input: StepInput,
}

/// A step as a layer sees it, and the tokens that are read behind it; `None`: all are.
pub(super) type LayerStep<'a> = (&'a StepInput, Option<&'a ReadTokens>);

impl ReadTokens {
    /// Whether nothing is read.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Their rows.
    pub(super) fn rows(&self, of_all: Tensor<2>) -> Tensor<2> {
        let places = self.places.iter();
        let places: Vec<i32> = places.filter_map(|it| i32::try_from(*it).ok()).collect();
        let length = places.len();
        let places = TensorData::new(places, [length]);
        let places: Tensor<1, Int> = Tensor::from_data(places, (&of_all.device(), DType::I32));
        of_all.select(0, places)
    }
}

/// What is left of a step.
pub struct Pass<'a> {
    pub(super) input: StepInput,
    words: StepWords,
    placement: &'a Placement,
    unwanted: Unwanted<'a>,
    /// Numbers of the sequences that are left.
    left: Vec<usize>,
    /// Of each sequence; `None`: everything is.
    reads: Option<Vec<Reads>>,
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
            reads: None,
        }
    }

    /// Computes behind the attention of the last layer only what is read, in that order.
    #[must_use]
    pub fn reading(mut self, reads: Vec<Reads>) -> Self {
        self.reads = Some(reads);
        self
    }

    /// The tokens that are read behind the last layer; `None`: all are.
    pub(super) fn read_tokens(&self) -> Option<ReadTokens> {
        let reads = self.reads.as_ref()?;
        let sequences = self.words.sequences();
        let is_read = |place: &usize| match reads[sequences[*place] as usize] {
            Reads::Nothing => false,
            Reads::Last => sequences.get(place + 1) != Some(&sequences[*place]),
            Reads::Each => true,
        };
        let places: Vec<usize> = (0..sequences.len()).filter(is_read).collect();
        (places.len() < sequences.len()).then(|| ReadTokens {
            input: StepInput::new(&self.words.only(&places), self.placement),
            places,
        })
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

//! Decode steps on a card, recorded once for each number of sequences and run again with new
//! tokens.
//!
//! Nothing is read back in a step but the tokens it ends with.

use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor};

use super::step::read_tokens;
use crate::block_pool::BLOCK_TOKENS;
use crate::kernels::{
    Draw, DrawTensor, KernelContext, Precision, Recording, RecordingError, choose,
};
use crate::kv_cache::{KvCache, KvPool};
use crate::model::{Model, Pass, Placement, StepInput, StepWords};
use crate::request::TokenId;

/// Steps of so many sequences are recorded; larger ones are launched each time.
const MAX_SEQUENCES: usize = 64;

/// Recordings that are there at once: each holds on to the memory of its intermediate results.
const MAX_RECORDINGS: usize = 8;

/// Everything a recorded step works on; inputs are written anew for each run.
#[derive(Debug)]
struct DecodeStep {
    model: Arc<Model>,
    context: KernelContext,
    pool: KvPool,
    input: StepInput,
    /// Of the step that was recorded: only its size counts.
    words: StepWords,
    placement: Placement,
    draws: DrawTensor,
}

/// The tokens behind those of the input.
fn compute(step: &mut DecodeStep) -> Tensor<2, Int> {
    let (input, words) = (step.input.clone(), step.words.clone());
    let mut pass = Pass::of_input(input, words, &step.placement, &|_| false);
    let hidden_states = step.model.forward(&step.context, &mut pass, &mut step.pool);
    let hidden_states = hidden_states.expect("invariant: all are wanted");
    choose(step.model.logits(&step.context, hidden_states), &step.draws)
}

#[derive(Debug)]
struct RecordedStep {
    num_sequences: usize,
    /// Whether top-k and top-p are searched.
    limits: [bool; 2],
    recording: Recording<DecodeStep, Tensor<2, Int>>,
    /// What is in the buffers of its input.
    words: StepWords,
}

/// The steps recorded so far.
#[derive(Debug, Default)]
pub(super) struct RecordedSteps {
    steps: Vec<RecordedStep>,
    /// A card that records nothing is not asked again.
    is_impossible: bool,
    num_runs: usize,
}

impl RecordedSteps {
    /// Recorded steps that were run.
    pub(super) fn num_runs(&self) -> usize {
        self.num_runs
    }

    /// Computes one token of each sequence and draws the next; `None` where that is not possible.
    pub(super) fn run(
        &mut self,
        (model, pool): (&Arc<Model>, &KvPool),
        (placement, context_window, precision): (&Placement, usize, Precision),
        sequences: &[(&[u32], &KvCache)],
        draws: &[Draw],
    ) -> Option<Vec<TokenId>> {
        let [device] = placement.devices() else {
            return None;
        };
        if self.is_impossible || *device == Device::flex() || sequences.len() > MAX_SEQUENCES {
            return None;
        }
        let words = StepWords::new(sequences, context_window.div_ceil(BLOCK_TOKENS));
        let step = || DecodeStep {
            model: Arc::clone(model),
            context: KernelContext::new(1, precision),
            pool: pool.share(),
            input: StepInput::new(&words, placement),
            words: words.clone(),
            placement: placement.clone(),
            draws: DrawTensor::new(draws, device),
        };
        let tokens = self.recorded(device, (&words, draws), step);
        match tokens.and_then(|step| step.run(words, draws)) {
            Ok(tokens) => {
                self.num_runs += 1;
                Some(tokens)
            }
            Err(error) => {
                tracing::warn!(%error, "decode steps are not recorded on this card: {error}");
                self.steps.clear();
                self.is_impossible = true;
                None
            }
        }
    }

    /// The recording of such a step, made now if there is none.
    fn recorded(
        &mut self,
        device: &Device,
        (words, draws): (&StepWords, &[Draw]),
        step: impl FnOnce() -> DecodeStep,
    ) -> Result<&mut RecordedStep, RecordingError> {
        let (num_sequences, limits) = (draws.len(), Draw::limits(draws));
        let is_such =
            |step: &RecordedStep| step.num_sequences == num_sequences && step.limits == limits;
        let place = if let Some(place) = self.steps.iter().position(is_such) {
            place
        } else {
            if self.steps.len() >= MAX_RECORDINGS {
                self.steps.remove(0);
            }
            self.steps.push(RecordedStep {
                num_sequences,
                limits,
                recording: Recording::new(device, step(), compute)?,
                words: words.clone(),
            });
            self.steps.len() - 1
        };
        Ok(&mut self.steps[place])
    }
}

impl RecordedStep {
    fn run(&mut self, words: StepWords, draws: &[Draw]) -> Result<Vec<TokenId>, RecordingError> {
        let step = self.recording.kept();
        step.input.overwrite(&self.words, &words);
        step.draws.overwrite(draws);
        self.words = words;
        Ok(read_tokens(self.recording.replay()?.clone()))
    }
}

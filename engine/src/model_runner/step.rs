//! One pass over the next tokens of several sequences.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::{Logits, ModelRunner};
use crate::kernels::{Draw, DrawTensor, choose};
use crate::kv_cache::KvCache;
use crate::model::{Pass, Reads, StepWords, Unwanted};
use crate::request::TokenId;

/// One sequence's part of a step.
#[derive(Debug)]
pub struct SequenceStep<'a> {
    /// What comes behind the tokens in the cache; at least one.
    pub tokens: &'a [TokenId],
    /// Has room for them, see [`KvCache::reserve`].
    pub cache: &'a mut KvCache,
    /// What is wanted of its last token.
    pub wanted: Wanted,
}

/// What a step is to give for a sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// More of its tokens come later.
    Nothing,
    /// The logits behind its last token.
    Logits,
    /// The logits behind every one of its tokens.
    EachLogits,
    /// The next token, drawn where the logits are.
    Token(Draw),
}

/// What a step gave for a sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum StepOutput {
    Nothing,
    Logits(Logits),
    EachLogits(Vec<Logits>),
    Token(TokenId),
    /// It was unwanted; its cache is as it was.
    GivenUp,
}

impl StepOutput {
    /// The logits of a last token, if it is that.
    fn into_logits(self) -> Option<Logits> {
        match self {
            Self::Logits(logits) => Some(logits),
            _ => None,
        }
    }
}

impl ModelRunner {
    /// Whether tokens are best drawn where the logits are: on a card.
    pub fn draws_tokens(&self) -> bool {
        *self.placement.last() != Device::flex()
    }

    /// Decode steps that were recorded and run again, see `recorded`: 0 on a processor.
    pub fn num_recorded_runs(&self) -> usize {
        #[cfg(feature = "cube")]
        return self.recorded.num_runs();
        #[cfg(not(feature = "cube"))]
        0
    }

    /// Computes the next tokens of all sequences in one pass; gives what each wants, in their
    /// order: the same as if it were alone, on a processor to the bit.
    ///
    /// `unwanted` is asked before every layer about every sequence, by its number; when it says yes
    /// no further layer is computed for that sequence. A recorded step is computed whole.
    ///
    /// # Panics
    /// If a sequence has no token, one that is not in the vocabulary, or no room for them: the
    /// scheduler makes no such step.
    pub fn step(
        &mut self,
        sequences: &mut [SequenceStep<'_>],
        unwanted: Unwanted<'_>,
    ) -> Vec<StepOutput> {
        let ids = self.ids(sequences);
        #[cfg(feature = "cube")]
        if let Some(draws) = decode_draws(sequences) {
            let given = given(&ids, sequences);
            let place = (
                &self.placement,
                self.context_window,
                self.context.precision(),
            );
            let tokens = self
                .recorded
                .run((&self.model, &self.pool), place, &given, &draws);
            if let Some(tokens) = tokens {
                advance(sequences);
                return tokens.into_iter().map(StepOutput::Token).collect();
            }
        }
        let mut outputs = vec![StepOutput::GivenUp; sequences.len()];
        let Some((hidden_states, left)) = self.hidden_states(&ids, sequences, unwanted) else {
            return outputs;
        };
        let (mut num_tokens, mut rows, mut wanted) = (0, Vec::new(), Vec::new());
        for number in &left {
            let sequence = &sequences[*number];
            let first = num_tokens;
            num_tokens += sequence.tokens.len();
            match sequence.wanted {
                Wanted::Nothing => {}
                Wanted::Logits | Wanted::Token(_) => rows.push(num_tokens - 1),
                Wanted::EachLogits => rows.extend(first..num_tokens),
            }
            wanted.push((sequence.wanted, num_tokens - first));
        }
        let found = if rows.is_empty() {
            vec![StepOutput::Nothing; wanted.len()]
        } else {
            // Where they were not read, some may not have been computed.
            self.outputs(self.rows(hidden_states, &rows), &wanted)
        };
        for (number, output) in left.into_iter().zip(found) {
            outputs[number] = output;
        }
        outputs
    }

    /// What is wanted of sequences with so many tokens in the step; `hidden_states` are those of
    /// the tokens whose logits or draws are wanted.
    fn outputs(&self, hidden_states: Tensor<2>, wanted: &[(Wanted, usize)]) -> Vec<StepOutput> {
        let draws = wanted.iter().flat_map(|(wanted, num_tokens)| match wanted {
            Wanted::Nothing => vec![],
            Wanted::Logits => vec![None],
            Wanted::Token(draw) => vec![Some(*draw)],
            Wanted::EachLogits => vec![None; *num_tokens],
        });
        let draws: Vec<Option<Draw>> = draws.collect();
        let rows = |is_drawn: bool| -> Vec<usize> {
            let rows = draws.iter().enumerate();
            rows.filter(|(_, draw)| draw.is_some() == is_drawn)
                .map(|(row, _)| row)
                .collect()
        };
        let (drawn_rows, read_rows) = (rows(true), rows(false));
        let mut found = vec![StepOutput::Nothing; draws.len()];
        // Drawn where they are; only the others are read back.
        if !drawn_rows.is_empty() {
            let draws: Vec<Draw> = draws.iter().flatten().copied().collect();
            let draws = DrawTensor::new(&draws, self.placement.last());
            let hidden_states = self.rows(hidden_states.clone(), &drawn_rows);
            let logits = self.model.logits(&self.context, hidden_states);
            for (row, token) in drawn_rows.iter().zip(read_tokens(choose(logits, &draws))) {
                found[*row] = StepOutput::Token(token);
            }
        }
        if !read_rows.is_empty() {
            let logits = self.logits(self.rows(hidden_states, &read_rows));
            for (row, logits) in read_rows.iter().zip(logits) {
                found[*row] = StepOutput::Logits(logits);
            }
        }
        let mut found = found.into_iter();
        let output = |(wanted, num_tokens): &(Wanted, usize)| match wanted {
            Wanted::Nothing => StepOutput::Nothing,
            Wanted::EachLogits => {
                let rows = found.by_ref().take(*num_tokens);
                StepOutput::EachLogits(rows.filter_map(StepOutput::into_logits).collect())
            }
            _ => found.next().unwrap_or(StepOutput::Nothing),
        };
        wanted.iter().map(output).collect()
    }

    /// The tokens of each sequence.
    pub(super) fn ids(&self, sequences: &[SequenceStep<'_>]) -> Vec<Vec<u32>> {
        let vocab_size = self.vocab_size();
        let ids = |sequence: &SequenceStep<'_>| -> Vec<u32> {
            let ids: Vec<u32> = sequence.tokens.iter().map(|token| token.0).collect();
            assert!(!ids.is_empty(), "a step computes at least one token");
            let known = ids.iter().all(|id| (*id as usize) < vocab_size);
            assert!(known, "a token is outside the vocabulary of {vocab_size}");
            ids
        };
        sequences.iter().map(ids).collect()
    }

    /// Of the tokens of the sequences that are left, `[num_tokens, hidden_size]`, and the numbers
    /// of those: on a processor of the tokens that are wanted, elsewhere of all.
    pub(super) fn hidden_states(
        &mut self,
        ids: &[Vec<u32>],
        sequences: &mut [SequenceStep<'_>],
        unwanted: Unwanted<'_>,
    ) -> Option<(Tensor<2>, Vec<usize>)> {
        let words = StepWords::new(&given(ids, sequences), 1);
        let mut pass = Pass::new(words, &self.placement, unwanted);
        if *self.placement.last() == Device::flex() {
            // Not on a card: it rounds steps of one size differently from others.
            pass = pass.reading(sequences.iter().map(reads).collect());
        }
        let hidden_states = self
            .model
            .forward(&self.context, &mut pass, &mut self.pool)?;
        let left = pass.left().to_vec();
        for number in &left {
            let sequence = &mut sequences[*number];
            sequence.cache.advance(sequence.tokens.len());
        }
        Some((hidden_states, left))
    }

    /// Some rows, in ascending order.
    fn rows(&self, hidden_states: Tensor<2>, rows: &[usize]) -> Tensor<2> {
        match rows {
            _ if rows.len() == hidden_states.dims()[0] => hidden_states,
            [row] => hidden_states.slice(*row..*row + 1),
            _ => {
                let rows: Vec<i32> = rows
                    .iter()
                    .filter_map(|row| i32::try_from(*row).ok())
                    .collect();
                let length = rows.len();
                let rows = TensorData::new(rows, [length]);
                let rows: Tensor<1, Int> =
                    Tensor::from_data(rows, (self.placement.last(), DType::I32));
                hidden_states.select(0, rows)
            }
        }
    }

    pub(super) fn logits(&self, hidden_states: Tensor<2>) -> Vec<Logits> {
        let logits = self.model.logits(&self.context, hidden_states);
        let logits: Logits = logits
            .into_data()
            .try_into_vec()
            .expect("invariant: logits are f32");
        if logits.len() == self.vocab_size {
            return vec![logits];
        }
        logits
            .chunks(self.vocab_size)
            .map(<[f32]>::to_vec)
            .collect()
    }
}

/// What is read of the hidden states of a sequence.
fn reads(sequence: &SequenceStep<'_>) -> Reads {
    match sequence.wanted {
        Wanted::Nothing => Reads::Nothing,
        Wanted::Logits | Wanted::Token(_) => Reads::Last,
        Wanted::EachLogits => Reads::Each,
    }
}

/// Tokens beside the cache they come behind.
fn given<'a>(
    ids: &'a [Vec<u32>],
    sequences: &'a [SequenceStep<'_>],
) -> Vec<(&'a [u32], &'a KvCache)> {
    let given = ids.iter().zip(sequences);
    given
        .map(|(ids, sequence)| (&ids[..], &*sequence.cache))
        .collect()
}

/// Counts what a step has written.
#[cfg(feature = "cube")]
fn advance(sequences: &mut [SequenceStep<'_>]) {
    for sequence in sequences {
        sequence.cache.advance(sequence.tokens.len());
    }
}

/// The draws of a step in which every sequence computes one token and wants the next.
#[cfg(feature = "cube")]
fn decode_draws(sequences: &[SequenceStep<'_>]) -> Option<Vec<Draw>> {
    let draw = |sequence: &SequenceStep<'_>| match sequence {
        SequenceStep {
            tokens: [_],
            wanted: Wanted::Token(draw),
            ..
        } => Some(*draw),
        _ => None,
    };
    let draws: Option<Vec<Draw>> = sequences.iter().map(draw).collect();
    draws.filter(|draws| !draws.is_empty())
}

/// Waits for tokens that were drawn on a device.
pub(super) fn read_tokens(tokens: Tensor<2, Int>) -> Vec<TokenId> {
    let tokens = tokens.into_data();
    tokens.iter::<u32>().map(TokenId).collect()
}

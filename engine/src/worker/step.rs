//! One forward pass over the parts of several sequences.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::{Computed, Worker, choosing::computed_no_numbers};
use crate::{
    loaded_model::{Cache, PartOutcome, StepPart},
    model_runner::Wanted,
    scheduler::{ScheduledBatch, SequenceId, Share},
    sequence::{Sequence, SequenceState},
};

/// What a step has taken out of a sequence.
struct Taken {
    sequence: SequenceId,
    cache: Cache,
    first: usize,
    end: usize,
}

impl Taken {
    fn of(sequence: &mut Sequence, share: &Share) -> Option<Self> {
        match std::mem::replace(&mut sequence.state, SequenceState::Computing) {
            SequenceState::Running {
                cache,
                num_computed_tokens,
            } => Some(Self {
                sequence: share.sequence,
                cache,
                first: num_computed_tokens,
                end: num_computed_tokens + share.num_tokens,
            }),
            // It was halted to make room.
            state => {
                sequence.state = state;
                None
            }
        }
    }

    fn share(&self) -> Share {
        Share {
            sequence: self.sequence,
            num_tokens: self.end - self.first,
        }
    }
}

impl Worker {
    /// Makes room in the cache for what a step writes. Where there is none, sequences are halted
    /// and computed again later, the last admitted first.
    pub(super) fn make_room(&mut self, batch: &ScheduledBatch) {
        for share in &batch.shares {
            while let Some(sequence) = self.sequences.get_mut(&share.sequence)
                && let SequenceState::Running { cache, .. } = &mut sequence.state
                && self.model.reserve(cache, share.num_tokens).is_err()
            {
                if let Some(last) = self.holds_room() {
                    self.halt(last);
                } else {
                    // It is the only one, and computed for no one yet.
                    self.scheduler.remove(share.sequence);
                    self.sequences.remove(&share.sequence);
                }
            }
        }
    }

    fn halt(&mut self, id: SequenceId) {
        tracing::debug!(sequence = id.0, "halted: the cache is full");
        self.scheduler.preempt(id);
        self.shared.counters.note_preemption();
        self.keep(id);
        if let Some(halted) = self.sequences.get_mut(&id) {
            halted.state = SequenceState::Waiting;
        }
    }

    /// The sequence that is to give up its room: one that waits for its turn, else the one that was
    /// admitted last.
    fn holds_room(&self) -> Option<SequenceId> {
        let holds = |id: &SequenceId| self.sequences.get(id).is_some_and(Sequence::has_begun);
        let waiting = self.scheduler.waiting().into_iter().rev().filter(holds);
        waiting.chain(self.scheduler.last_admitted()).next()
    }

    /// Keeps what is computed of a sequence that runs no more, for those that begin like it.
    pub(super) fn keep(&mut self, id: SequenceId) {
        if let Some(sequence) = self.sequences.get(&id)
            && let SequenceState::Running {
                cache,
                num_computed_tokens,
            } = &sequence.state
        {
            let tokens = &sequence.tokens[..*num_computed_tokens];
            self.model.keep(cache, tokens, sequence.salt);
        }
    }

    pub(super) fn launch(&mut self, batch: &ScheduledBatch) -> Vec<Computed> {
        let mut taken: Vec<Taken> = Vec::with_capacity(batch.shares.len());
        for share in &batch.shares {
            let sequence = self.sequences.get_mut(&share.sequence);
            taken.extend(sequence.and_then(|sequence| Taken::of(sequence, share)));
        }
        if taken.is_empty() {
            return Vec::new();
        }
        let draws_tokens = self.model.draws_tokens();
        let mut parts: Vec<StepPart<'_>> = Vec::with_capacity(taken.len());
        for part in &mut taken {
            let sequence = &self.sequences[&part.sequence];
            parts.push(StepPart {
                tokens: &sequence.tokens[part.first..part.end],
                cache: &mut part.cache,
                wanted: wanted(sequence, part.first..part.end, draws_tokens),
                abort: &sequence.abort,
            });
        }
        let started = Instant::now();
        let shared = &self.shared;
        let outcomes = self.model.step(&mut parts, &|| shared.is_stopping());
        self.note_step(&taken, &outcomes, started.elapsed());
        let outcomes = taken.into_iter().zip(outcomes);
        let computed = outcomes.map(|(part, outcome)| self.put_back(part, outcome));
        computed.collect()
    }

    /// Counts what was computed; a step that was cut short says nothing about speed.
    fn note_step(&mut self, taken: &[Taken], outcomes: &[PartOutcome], took: Duration) {
        let is_computed = |outcome: &PartOutcome| !matches!(outcome, PartOutcome::GivenUp);
        let parts = taken.iter().zip(outcomes);
        let computed = parts.filter(|(_, outcome)| is_computed(outcome));
        let shares: Vec<Share> = computed.map(|(taken, _)| taken.share()).collect();
        let num_tokens = shares.iter().map(|share| share.num_tokens).sum();
        self.shared.counters.note_step(num_tokens);
        let took = outcomes.iter().all(is_computed).then_some(took);
        self.scheduler.note_step(&ScheduledBatch { shares }, took);
    }

    fn put_back(&mut self, part: Taken, outcome: PartOutcome) -> Computed {
        if let Some(sequence) = self.sequences.get_mut(&part.sequence) {
            let is_computed = !matches!(outcome, PartOutcome::GivenUp);
            if is_computed
                && sequence.has_just_prefilled(part.first, part.end)
                && !computed_no_numbers(&outcome)
            {
                // The next turn may go on from here, even if it leaves out what comes now.
                let tokens = &sequence.tokens[..part.end];
                self.model.keep(&part.cache, tokens, sequence.salt);
            }
            sequence.state = SequenceState::Running {
                cache: part.cache,
                num_computed_tokens: if is_computed { part.end } else { part.first },
            };
        }
        Computed {
            sequence: part.sequence,
            outcome,
        }
    }
}

/// What is wanted of these tokens.
fn wanted(sequence: &Sequence, tokens: Range<usize>, draws_tokens: bool) -> Wanted {
    let end = tokens.end;
    if sequence.is_scored_behind(tokens.start) {
        return Wanted::EachLogits;
    }
    if end < sequence.tokens.len() || sequence.is_background {
        return Wanted::Nothing;
    }
    let draw = draws_tokens.then(|| sequence.draw(end)).flatten();
    draw.map_or(Wanted::Logits, Wanted::Token)
}

//! Decides, before every forward pass, how many tokens each sequence computes.
//!
//! There is no prefill phase and no decode phase here, only a number per sequence: a chunk of
//! what it has not computed yet, or the single next token. Single tokens come first, so that a
//! long prompt does not halt the answers beside it.
//!
//! Sequences of one user are admitted first come, first served; users take turns.
//!
//! Invariant: this module and its children know no tensors, no text and no clock.

mod pace;

use std::{collections::VecDeque, time::Duration};

use pace::Pace;

/// Number of a sequence, unique within an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceId(pub u64);

/// Whose request it is. Users take turns; what the number means is the caller's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserKey(pub u128);

/// How many tokens one sequence computes in a step; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub sequence: SequenceId,
    pub num_tokens: usize,
}

/// What one step computes, each sequence at most once, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduledBatch {
    pub shares: Vec<Share>,
}

/// Who runs, who waits.
#[derive(Debug)]
pub struct Scheduler {
    max_running: usize,
    /// In order of admission.
    running: Vec<SequenceId>,
    /// Users with waiting sequences; the first is next. No queue is empty.
    waiting: VecDeque<UserQueue>,
    pace: Pace,
}

#[derive(Debug)]
struct UserQueue {
    user: UserKey,
    sequences: VecDeque<SequenceId>,
}

impl Scheduler {
    /// A scheduler that runs up to `max_running` sequences at once, at least one.
    pub fn new(max_running: usize) -> Self {
        Self {
            max_running: max_running.max(1),
            running: Vec::new(),
            waiting: VecDeque::new(),
            pace: Pace::default(),
        }
    }

    /// Puts a sequence behind the others of its user.
    pub fn add(&mut self, user: UserKey, sequence: SequenceId) {
        match self.waiting.iter_mut().find(|queue| queue.user == user) {
            Some(queue) => queue.sequences.push_back(sequence),
            None => {
                let sequences = VecDeque::from([sequence]);
                self.waiting.push_back(UserQueue { user, sequences });
            }
        }
    }

    /// Forgets a sequence, wherever it stands.
    pub fn remove(&mut self, sequence: SequenceId) {
        self.running.retain(|&other| other != sequence);
        for queue in &mut self.waiting {
            queue.sequences.retain(|&other| other != sequence);
        }
        self.waiting.retain(|queue| !queue.sequences.is_empty());
    }

    /// Fills the free places; gives the sequences that run from now on.
    pub fn admit(&mut self) -> Vec<SequenceId> {
        let mut admitted = Vec::new();
        while self.running.len() < self.max_running
            && let Some(sequence) = take_turn(&mut self.waiting)
        {
            self.running.push(sequence);
            admitted.push(sequence);
        }
        admitted
    }

    /// Waiting sequences in the order in which they will be admitted.
    pub fn waiting(&self) -> Vec<SequenceId> {
        let mut queues: VecDeque<UserQueue> = self.waiting.iter().map(UserQueue::copy).collect();
        std::iter::from_fn(|| take_turn(&mut queues)).collect()
    }

    /// Shares of the next step; none is missing that can compute something.
    ///
    /// `pending` gives the tokens of a running sequence that are not computed yet.
    pub fn schedule(&self, pending: impl Fn(SequenceId) -> usize) -> ScheduledBatch {
        let (mut shares, mut chunks) = (Vec::new(), Vec::new());
        for &sequence in &self.running {
            match pending(sequence) {
                0 => {}
                1 => shares.push(Share {
                    sequence,
                    num_tokens: 1,
                }),
                num_tokens => chunks.push(Share {
                    sequence,
                    num_tokens,
                }),
            }
        }
        let alone = shares.is_empty();
        let mut budget = if alone {
            self.pace.tokens_alone()
        } else {
            self.pace.tokens_beside()
        };
        for Share {
            sequence,
            num_tokens,
        } in chunks
        {
            let num_tokens = num_tokens.min(budget);
            if num_tokens == 0 {
                break;
            }
            budget -= num_tokens;
            shares.push(Share {
                sequence,
                num_tokens,
            });
        }
        ScheduledBatch { shares }
    }

    /// Notes what computing a chunk took; later chunks are sized by it.
    pub fn note_chunk(&mut self, num_tokens: usize, took: Duration) {
        self.pace.note(num_tokens, took);
    }
}

impl UserQueue {
    fn copy(&self) -> Self {
        Self {
            user: self.user,
            sequences: self.sequences.clone(),
        }
    }
}

/// Takes the next sequence of the first user, who then goes behind the other users.
fn take_turn(queues: &mut VecDeque<UserQueue>) -> Option<SequenceId> {
    let mut queue = queues.pop_front()?;
    let sequence = queue.sequences.pop_front();
    if !queue.sequences.is_empty() {
        queues.push_back(queue);
    }
    sequence
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNE: UserKey = UserKey(1);
    const BOB: UserKey = UserKey(2);

    fn ids(numbers: &[u64]) -> Vec<SequenceId> {
        numbers.iter().copied().map(SequenceId).collect()
    }

    #[test]
    fn users_take_turns_and_each_is_served_in_order() {
        let mut scheduler = Scheduler::new(1);
        for number in 1..=3 {
            scheduler.add(ANNE, SequenceId(number));
        }
        scheduler.add(BOB, SequenceId(4));
        assert_eq!(scheduler.waiting(), ids(&[1, 4, 2, 3]));
        assert_eq!(scheduler.admit(), ids(&[1]));
        assert_eq!(scheduler.waiting(), ids(&[4, 2, 3]));
        assert_eq!(scheduler.admit(), ids(&[]));
        scheduler.remove(SequenceId(1));
        scheduler.remove(SequenceId(2));
        assert_eq!(scheduler.admit(), ids(&[4]));
        assert_eq!(scheduler.waiting(), ids(&[3]));
    }

    #[test]
    fn single_tokens_come_before_chunks_and_make_them_smaller() {
        let mut scheduler = Scheduler::new(3);
        for number in 1..=3 {
            scheduler.add(ANNE, SequenceId(number));
        }
        scheduler.admit();
        let share = |number, num_tokens| Share {
            sequence: SequenceId(number),
            num_tokens,
        };
        let check = |pending: [usize; 3], expected: &[Share]| {
            let batch = scheduler.schedule(|id| pending[usize::try_from(id.0).unwrap() - 1]);
            assert_eq!(batch.shares, expected, "{pending:?}");
        };
        check([1000, 50, 0], &[share(1, 128)]);
        check([100, 50, 0], &[share(1, 100), share(2, 28)]);
        check([1000, 50, 1], &[share(3, 1), share(1, 32)]);
        check([20, 50, 1], &[share(3, 1), share(1, 20), share(2, 12)]);
        check([0, 0, 0], &[]);
    }
}

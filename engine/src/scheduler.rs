//! Decides, before every forward pass, how many tokens each sequence computes.
//!
//! There is no prefill phase and no decode phase here, only a number per sequence: a chunk of
//! what it has not computed yet, or the single next token. Single tokens come first, so that a
//! long prompt does not halt the answers beside it.
//!
//! Sequences of one user are admitted first come, first served; users take turns, and a user who is
//! ahead of one who waits by more than a quantum of tokens makes room.
//!
//! Invariant: this module and its children know no tensors, no text and no clock.

mod pace;
mod served;
mod user_queues;

use std::collections::VecDeque;
use std::time::Duration;

use pace::Pace;
pub use served::QUANTUM;
use served::ServedTokens;
use user_queues::UserQueues;

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
    running: Vec<(UserKey, SequenceId)>,
    waiting: UserQueues,
    /// Computed when nothing else is to be done, the first one first.
    background: VecDeque<SequenceId>,
    served: ServedTokens,
    pace: Pace,
    /// Whether the order of those who wait may be another than was last told.
    is_order_new: bool,
}

impl Scheduler {
    /// A scheduler that runs up to `max_running` sequences at once, at least one.
    pub fn new(max_running: usize) -> Self {
        Self {
            max_running: max_running.max(1),
            running: Vec::new(),
            waiting: UserQueues::default(),
            background: VecDeque::new(),
            served: ServedTokens::default(),
            pace: Pace::default(),
            is_order_new: false,
        }
    }

    /// Puts a sequence behind the others of its user.
    pub fn add(&mut self, user: UserKey, sequence: SequenceId) {
        if !self.waiting.has(user) {
            let waiting = &self.waiting;
            let has_more = waiting.users().any(|other| other != user);
            // Who waits is the measure; where nobody does, who runs.
            self.served
                .begin(user, |rival| !has_more || waiting.has(rival));
        }
        self.waiting.add(user, sequence);
        self.is_order_new = true;
    }

    /// Puts a sequence behind everything else.
    pub fn add_background(&mut self, sequence: SequenceId) {
        self.background.push_back(sequence);
    }

    /// The sequence to get on with if nothing else runs or waits.
    pub fn idle_work(&self) -> Option<SequenceId> {
        let is_idle = self.running.is_empty() && self.waiting.users().next().is_none();
        self.background.front().copied().filter(|_| is_idle)
    }

    /// Forgets a sequence, wherever it stands.
    pub fn remove(&mut self, sequence: SequenceId) {
        self.is_order_new = true;
        self.background.retain(|&other| other != sequence);
        self.running.retain(|&(_, other)| other != sequence);
        self.waiting.remove(sequence);
        let running = &self.running;
        let runs = |user| running.iter().any(|&(other, _)| other == user);
        self.waiting.forget_idle_users(runs);
        let waiting = &self.waiting;
        self.served.forget(|user| runs(user) || waiting.has(user));
    }

    /// Fills the free places, and gives places of users who are ahead to users who wait; gives the
    /// sequences that run from now on. If there is no room for the next one, those behind it wait
    /// too; where nothing runs it is let in all the same.
    pub fn admit(&mut self, has_room: impl Fn(SequenceId) -> bool) -> Vec<SequenceId> {
        let mut admitted = Vec::new();
        loop {
            let served = &self.served;
            let is_full = self.running.len() >= self.max_running;
            // A free place goes to whoever's turn it is; one that is taken away to who has least.
            let rank = |user| {
                if is_full {
                    served.of(user)
                } else {
                    served.quanta(user)
                }
            };
            let Some((user, next)) = self.waiting.next(rank) else {
                return admitted;
            };
            let place = self.place_for(user).filter(|_| is_full);
            if is_full && place.is_none() || !self.running.is_empty() && !has_room(next) {
                return admitted;
            }
            self.is_order_new = true;
            if let Some(place) = place {
                let (other, halted) = self.running.remove(place);
                self.waiting.add_first(other, halted);
            }
            if let Some(sequence) = self.waiting.take_first(user) {
                self.running.push((user, sequence));
                admitted.push(sequence);
            }
        }
    }

    /// Which running sequence makes room for that user: one of whoever is furthest ahead, if that
    /// is too far.
    fn place_for(&self, user: UserKey) -> Option<usize> {
        let ahead = |other: UserKey| self.served.of(other).saturating_sub(self.served.of(user));
        // Of equals the last one: the first one is nearest to its end.
        let furthest = self
            .running
            .iter()
            .enumerate()
            .max_by_key(|(_, (user, _))| ahead(*user));
        let (place, (other, _)) = furthest?;
        (*other != user && ahead(*other) >= QUANTUM).then_some(place)
    }

    /// The running sequence that was admitted last: the one to be halted where room is short.
    pub fn last_admitted(&self) -> Option<SequenceId> {
        self.running.last().map(|&(_, sequence)| sequence)
    }

    /// Halts a running sequence: it waits in front of the others of its user.
    pub fn preempt(&mut self, sequence: SequenceId) {
        let place = self
            .running
            .iter()
            .position(|&(_, other)| other == sequence);
        if let Some(place) = place {
            let (user, sequence) = self.running.remove(place);
            self.waiting.add_first(user, sequence);
            self.is_order_new = true;
        }
    }

    /// [`Self::waiting`], if that may be another than it was when this was asked last.
    pub fn new_order(&mut self) -> Option<Vec<SequenceId>> {
        std::mem::take(&mut self.is_order_new).then(|| self.waiting())
    }

    /// Waiting sequences in the order in which they will be admitted, if everybody is served alike
    /// from now on.
    pub fn waiting(&self) -> Vec<SequenceId> {
        let mut future = self.waiting.clone();
        let rank = |user| self.served.quanta(user);
        std::iter::from_fn(|| {
            let (user, _) = future.next(rank)?;
            future.take_first(user)
        })
        .collect()
    }

    /// Shares of the next step; none is missing that can compute something. Single tokens come
    /// first, then chunks, of the user who has got least before others.
    ///
    /// `pending` gives the tokens of a running sequence that are not computed yet.
    pub fn schedule(&self, pending: impl Fn(SequenceId) -> usize) -> ScheduledBatch {
        let (mut shares, mut chunks) = (Vec::new(), Vec::new());
        for &(user, sequence) in &self.running {
            match pending(sequence) {
                0 => {}
                1 => shares.push(Share {
                    sequence,
                    num_tokens: 1,
                }),
                num_tokens => chunks.push((
                    self.served.of(user),
                    Share {
                        sequence,
                        num_tokens,
                    },
                )),
            }
        }
        if let Some(sequence) = self.idle_work() {
            // Somebody may come at any moment, so the step is as short as beside others.
            let num_tokens = pending(sequence).min(self.pace.chunk_tokens(1));
            shares.extend((num_tokens > 0).then_some(Share {
                sequence,
                num_tokens,
            }));
        }
        chunks.sort_by_key(|(served, _)| *served);
        let mut budget = self.pace.chunk_tokens(shares.len());
        for (_, share) in chunks {
            let num_tokens = share.num_tokens.min(budget);
            if num_tokens == 0 {
                break;
            }
            budget -= num_tokens;
            shares.push(Share {
                num_tokens,
                ..share
            });
        }
        ScheduledBatch { shares }
    }

    /// Notes what was computed and, if it is known, what it took: later chunks are sized by it.
    pub fn note_step(&mut self, batch: &ScheduledBatch, took: Option<Duration>) {
        let (mut num_single, mut num_in_chunks) = (0, 0);
        for share in &batch.shares {
            let found = self
                .running
                .iter()
                .find(|(_, other)| *other == share.sequence);
            if let Some(&(user, _)) = found {
                let before = self.served.quanta(user);
                self.served.note(user, share.num_tokens);
                // Who waits for nothing is in no order.
                self.is_order_new |= before != self.served.quanta(user) && self.waiting.has(user);
            }
            match share.num_tokens {
                1 => num_single += 1,
                num_tokens => num_in_chunks += num_tokens,
            }
        }
        if let Some(took) = took {
            self.pace.note(num_single, num_in_chunks, took);
        }
    }

    /// Whether a sequence runs.
    pub fn is_running(&self, sequence: SequenceId) -> bool {
        self.running.iter().any(|&(_, other)| other == sequence)
    }

    /// Sequences that run.
    pub fn num_running(&self) -> usize {
        self.running.len()
    }

    /// Sequences that wait for a place.
    pub fn num_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Tokens computed for a user who has something running or waiting.
    pub fn num_served(&self, user: UserKey) -> u64 {
        self.served.of(user)
    }
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
        assert_eq!(scheduler.admit(|_| true), ids(&[1]));
        assert_eq!(scheduler.waiting(), ids(&[4, 2, 3]));
        assert_eq!(scheduler.admit(|_| true), ids(&[]));
        scheduler.remove(SequenceId(1));
        scheduler.remove(SequenceId(2));
        assert_eq!(scheduler.admit(|_| true), ids(&[4]));
        assert_eq!(scheduler.waiting(), ids(&[3]));
    }

    #[test]
    fn what_may_be_of_use_later_is_computed_only_when_nothing_else_is_to_be_done() {
        let mut scheduler = Scheduler::new(1);
        scheduler.add_background(SequenceId(8));
        scheduler.add_background(SequenceId(9));
        assert_eq!(scheduler.idle_work(), Some(SequenceId(8)));
        let batch = scheduler.schedule(|_| 1_000);
        assert_eq!(batch.shares.len(), 1);
        assert_eq!(
            (batch.shares[0].sequence, batch.shares[0].num_tokens),
            (SequenceId(8), 32)
        );
        scheduler.add(ANNE, SequenceId(1));
        assert_eq!(scheduler.idle_work(), None);
        assert!(scheduler.schedule(|_| 1_000).shares.is_empty());
        scheduler.admit(|_| true);
        assert_eq!(scheduler.schedule(|_| 1).shares[0].sequence, SequenceId(1));
        scheduler.remove(SequenceId(1));
        scheduler.remove(SequenceId(8));
        assert_eq!(scheduler.idle_work(), Some(SequenceId(9)));
    }

    #[test]
    fn who_finds_no_room_waits_and_who_is_halted_comes_first() {
        let mut scheduler = Scheduler::new(2);
        for number in 1..=3 {
            scheduler.add(ANNE, SequenceId(number));
        }
        assert_eq!(scheduler.admit(|_| false), ids(&[1]), "nothing else runs");
        assert_eq!(scheduler.admit(|id| id.0 == 3), ids(&[]), "no overtaking");
        assert_eq!(scheduler.admit(|_| true), ids(&[2]));
        assert_eq!(scheduler.last_admitted(), Some(SequenceId(2)));
        scheduler.preempt(SequenceId(2));
        assert_eq!(scheduler.last_admitted(), Some(SequenceId(1)));
        assert_eq!(scheduler.waiting(), ids(&[2, 3]));
        scheduler.preempt(SequenceId(3));
        assert_eq!(scheduler.waiting(), ids(&[2, 3]), "it does not run");
        scheduler.remove(SequenceId(1));
        assert_eq!(scheduler.admit(|_| true), ids(&[2, 3]));
    }

    #[test]
    fn a_user_who_was_just_served_comes_after_one_who_was_not() {
        let mut scheduler = Scheduler::new(1);
        scheduler.add(ANNE, SequenceId(1));
        assert_eq!(scheduler.admit(|_| true), ids(&[1]));
        scheduler.add(ANNE, SequenceId(2));
        scheduler.add(BOB, SequenceId(3));
        assert_eq!(scheduler.waiting(), ids(&[3, 2]));
    }

    #[test]
    fn a_new_order_is_told_once_and_not_after_every_step() {
        let mut scheduler = Scheduler::new(1);
        scheduler.add(ANNE, SequenceId(1));
        scheduler.add(ANNE, SequenceId(2));
        scheduler.add(BOB, SequenceId(3));
        scheduler.admit(|_| true);
        assert_eq!(scheduler.new_order(), Some(ids(&[3, 2])));
        let mut step = |num_tokens| {
            let share = Share {
                sequence: SequenceId(1),
                num_tokens,
            };
            let shares = vec![share];
            scheduler.note_step(&ScheduledBatch { shares }, None);
            scheduler.new_order()
        };
        assert_eq!(step(100), None);
        assert_eq!(step(100), Some(ids(&[3, 2])), "a quantum further");
        assert_eq!(step(1), None);
        scheduler.remove(SequenceId(3));
        assert_eq!(scheduler.new_order(), Some(ids(&[2])));
    }

    #[test]
    fn single_tokens_come_before_chunks_and_make_them_smaller() {
        let mut scheduler = Scheduler::new(3);
        for number in 1..=3 {
            scheduler.add(ANNE, SequenceId(number));
        }
        scheduler.admit(|_| true);
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

//! Whose waiting sequence is next.

use std::collections::VecDeque;

use super::{SequenceId, UserKey};

/// Waiting sequences by user. The user whose last turn is the longest ago is next.
#[derive(Clone, Debug, Default)]
pub(super) struct UserQueues {
    /// In order of arrival.
    queues: Vec<UserQueue>,
    num_turns: u64,
}

#[derive(Clone, Debug)]
struct UserQueue {
    user: UserKey,
    /// Number of the user's last turn; 0 before the first.
    last_turn: u64,
    sequences: VecDeque<SequenceId>,
}

impl UserQueues {
    pub(super) fn add(&mut self, user: UserKey, sequence: SequenceId) {
        if let Some(queue) = self.queues.iter_mut().find(|queue| queue.user == user) {
            queue.sequences.push_back(sequence);
            return;
        }
        let sequences = VecDeque::from([sequence]);
        self.queues.push(UserQueue {
            user,
            last_turn: 0,
            sequences,
        });
    }

    /// Puts a sequence in front of the others of its user.
    pub(super) fn add_first(&mut self, user: UserKey, sequence: SequenceId) {
        self.add(user, sequence);
        if let Some(queue) = self.queues.iter_mut().find(|queue| queue.user == user) {
            queue.sequences.rotate_right(1);
        }
    }

    /// The sequence that is next, and whose it is: of the users with the least `rank`, the one
    /// whose last turn is the longest ago.
    pub(super) fn next(&self, rank: impl Fn(UserKey) -> u64) -> Option<(UserKey, SequenceId)> {
        let waiting = self
            .queues
            .iter()
            .filter(|queue| !queue.sequences.is_empty());
        let queue = waiting.min_by_key(|queue| (rank(queue.user), queue.last_turn))?;
        Some((queue.user, *queue.sequences.front()?))
    }

    /// Takes the first sequence of a user, whose turn it was.
    pub(super) fn take_first(&mut self, user: UserKey) -> Option<SequenceId> {
        let queue = self.queues.iter_mut().find(|queue| queue.user == user)?;
        self.num_turns += 1;
        queue.last_turn = self.num_turns;
        queue.sequences.pop_front()
    }

    /// Waiting sequences.
    pub(super) fn len(&self) -> usize {
        self.queues.iter().map(|queue| queue.sequences.len()).sum()
    }

    /// Users with something waiting.
    pub(super) fn users(&self) -> impl Iterator<Item = UserKey> {
        let waiting = self
            .queues
            .iter()
            .filter(|queue| !queue.sequences.is_empty());
        waiting.map(|queue| queue.user)
    }

    /// Whether that user has something waiting.
    pub(super) fn has(&self, user: UserKey) -> bool {
        self.users().any(|other| other == user)
    }

    pub(super) fn remove(&mut self, sequence: SequenceId) {
        for queue in &mut self.queues {
            queue.sequences.retain(|&other| other != sequence);
        }
    }

    /// Forgets the turns of users with nothing waiting, except those the caller still needs.
    pub(super) fn forget_idle_users(&mut self, is_needed: impl Fn(UserKey) -> bool) {
        self.queues
            .retain(|queue| !queue.sequences.is_empty() || is_needed(queue.user));
    }
}

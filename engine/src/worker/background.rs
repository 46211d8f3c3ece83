//! What is computed while nothing else is to be done: prompts that somebody may go on from.

use super::Worker;
use crate::sequence::Sequence;

/// Prompts that are remembered for idle times.
const MAX_BACKGROUND: usize = 32;

impl Worker {
    /// Takes a prompt for idle times, in place of an earlier one of its conversation.
    pub(super) fn add_background(&mut self, sequence: Sequence) {
        let is_useful = (2..self.context_window).contains(&sequence.tokens.len());
        let background = || self.sequences.values().filter(|other| other.is_background);
        let outdated = background()
            .find(|other| other.session.is_some() && other.session == sequence.session)
            .map(|other| other.id);
        if let Some(id) = outdated {
            self.scheduler.remove(id);
            self.sequences.remove(&id);
        }
        let num_background = self
            .sequences
            .values()
            .filter(|other| other.is_background)
            .count();
        if is_useful && num_background < MAX_BACKGROUND {
            self.scheduler.add_background(sequence.id);
            self.sequences.insert(sequence.id, sequence);
        }
    }

    /// Gives a cache to the prompt that is next, if there is nothing else to do.
    pub(super) fn begin_idle_work(&mut self) {
        if let Some(id) = self.scheduler.idle_work()
            && let Some(sequence) = self.sequences.get_mut(&id).filter(|it| !it.has_begun())
        {
            let found = self.model.cache_for(&sequence.tokens, sequence.salt);
            sequence.begin(found);
        }
    }
}

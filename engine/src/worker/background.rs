//! What is computed while nothing else is to be done: prompts that somebody may go on from.

use super::Worker;
use crate::sequence::{Sequence, SequenceState};

/// Prompts that are remembered for idle times.
const MAX_BACKGROUND: usize = 32;

impl Worker {
    /// Takes a prompt for idle times, in place of an earlier one of its conversation.
    pub(super) fn add_background(&mut self, sequence: Sequence) {
        if !(2..self.context_window).contains(&sequence.tokens.len()) {
            return;
        }
        self.drop_background(sequence.session);
        let mut background = self.sequences.values().filter(|other| other.is_background);
        // Ids ascend: the first one is the oldest.
        let oldest = background.next().map(|other| other.id);
        if let Some(oldest) = oldest.filter(|_| background.count() + 1 >= MAX_BACKGROUND) {
            self.scheduler.remove(oldest);
            self.sequences.remove(&oldest);
        }
        self.scheduler.add_background(sequence.id);
        self.sequences.insert(sequence.id, sequence);
    }

    /// Gives the room of such prompts back as soon as there is something else to do. What was
    /// computed is kept while nobody needs its place.
    pub(super) fn rest_idle_work(&mut self) {
        if self.scheduler.idle_work().is_some() {
            return;
        }
        let begun = self
            .sequences
            .values()
            .filter(|it| it.is_background && it.has_begun());
        let begun: Vec<_> = begun.map(|sequence| sequence.id).collect();
        for id in begun {
            self.keep(id);
            if let Some(sequence) = self.sequences.get_mut(&id) {
                sequence.state = SequenceState::Waiting;
            }
        }
    }

    /// Forgets the prompt that was to be computed for a conversation: its next turn is here.
    pub(super) fn drop_background(&mut self, session: Option<u128>) {
        let outdated = self.sequences.values().find(|other| {
            other.is_background && other.session.is_some() && other.session == session
        });
        if let Some(id) = outdated.map(|other| other.id) {
            self.keep(id);
            self.scheduler.remove(id);
            self.sequences.remove(&id);
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

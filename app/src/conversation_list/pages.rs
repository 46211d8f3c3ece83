//! One list, of which the pages used last are loaded.
//!
//! Only the first page is read again: what changed stands there, because a change moves to the top.

use std::collections::HashSet;

use crate::model::{
    ConversationId, ConversationPage, ConversationSummary, DateGroup, ListPlace, LocalDate,
};

/// The loaded pages: the beginning of the list, without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pages {
    conversations: Vec<ConversationSummary>,
    /// The server has older ones.
    has_more: bool,
    /// The highest place when a page was read last: nothing is missing below it.
    known_from: Option<ListPlace>,
    /// The day of the page that was read last.
    today: LocalDate,
}

impl Pages {
    /// Begins with one page.
    pub(super) fn new(page: ConversationPage) -> Self {
        Self {
            known_from: page.conversations.first().map(ConversationSummary::place),
            conversations: page.conversations,
            has_more: page.has_more,
            today: page.today,
        }
    }

    pub(super) fn conversations(&self) -> &[ConversationSummary] {
        &self.conversations
    }

    /// The reader's day when a page was read last.
    pub(super) fn today(&self) -> LocalDate {
        self.today
    }

    /// The place after which the next page begins; absent if everything is loaded.
    pub(super) fn end(&self) -> Option<ListPlace> {
        let last = self.conversations.last().map(ConversationSummary::place);
        last.filter(|_| self.has_more)
    }

    /// Appends the page after `end`. False: the list ends elsewhere by now.
    pub(super) fn extend(&mut self, end: ListPlace, page: ConversationPage) -> bool {
        if self.end() != Some(end) {
            return false;
        }
        let known: HashSet<_> = self.conversations.iter().map(|it| it.id).collect();
        let new = page.conversations.into_iter();
        self.conversations
            .extend(new.filter(|it| !known.contains(&it.id)));
        self.has_more = page.has_more;
        self.today = page.today;
        true
    }

    /// The first page was read again: what stands below it stays, what left it goes.
    pub(super) fn refresh(&mut self, first: ConversationPage) {
        let end = first.conversations.last().map(ConversationSummary::place);
        let Some(end) = end.filter(|_| first.has_more) else {
            *self = Self::new(first);
            return;
        };
        let has_gap = self.known_from.is_none_or(|known| known < end);
        let fresh: HashSet<_> = first.conversations.iter().map(|it| it.id).collect();
        let old = std::mem::replace(self, Self::new(first));
        if has_gap {
            return;
        }
        let below = old.conversations.into_iter();
        let below = below.filter(|it| it.place() < end && !fresh.contains(&it.id));
        let num_fresh = self.conversations.len();
        // A turn that began before so many others is hardly running; nobody asks again.
        self.conversations
            .extend(below.map(|it| ConversationSummary {
                running: false,
                ..it
            }));
        if self.conversations.len() > num_fresh {
            self.has_more = old.has_more;
        }
    }

    pub(super) fn find_mut(&mut self, id: ConversationId) -> Option<&mut ConversationSummary> {
        self.conversations.iter_mut().find(|it| it.id == id)
    }

    /// A turn started: its conversation is the last used one.
    pub(super) fn move_to_top(&mut self, summary: ConversationSummary) {
        self.remove(summary.id);
        self.conversations.insert(0, summary);
    }

    /// A deletion was taken back: its conversation stands where it stood, if that is loaded.
    pub(super) fn put_back(&mut self, summary: ConversationSummary) {
        self.remove(summary.id);
        let place = summary.place();
        let index = self.conversations.partition_point(|it| it.place() > place);
        if index < self.conversations.len() || !self.has_more {
            self.conversations.insert(index, summary);
        }
    }

    pub(super) fn remove(&mut self, id: ConversationId) {
        self.conversations.retain(|it| it.id != id);
    }

    /// These stand in another list by now.
    pub(super) fn leave_out(&mut self, elsewhere: &[ConversationSummary]) {
        let is_elsewhere = |id| elsewhere.iter().any(|it| it.id == id);
        self.conversations.retain(|it| !is_elsewhere(it.id));
    }

    /// The groups in the order of the list, each once, with the numbers of their rows.
    pub(super) fn groups(&self) -> Vec<(DateGroup, Vec<usize>)> {
        let mut groups: Vec<(DateGroup, Vec<usize>)> = Vec::new();
        for (row, summary) in self.conversations.iter().enumerate() {
            // Nearly always the last one: a list that is loaded in pieces may straddle midnight.
            match groups.iter_mut().rev().find(|it| it.0 == summary.group) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((summary.group, vec![row])),
            }
        }
        groups
    }
}

//! How many tokens were computed for whom, among those who ask for more.

use std::collections::BTreeMap;

use super::UserKey;

/// Tokens by which a user may be ahead of one who waits, before a place changes hands.
pub const QUANTUM: u64 = 128;

/// Tokens computed for each user who has something running or waiting.
#[derive(Clone, Debug, Default)]
pub(super) struct ServedTokens {
    tokens: BTreeMap<UserKey, u64>,
}

impl ServedTokens {
    /// A user begins, or begins to wait for more. Time without demand earns nothing: nobody
    /// begins behind the one who has got least.
    pub(super) fn begin(&mut self, user: UserKey, is_rival: impl Fn(UserKey) -> bool) {
        let rivals = self
            .tokens
            .iter()
            .filter(|(other, _)| **other != user && is_rival(**other));
        let least = rivals.map(|(_, tokens)| *tokens).min();
        let own = self.tokens.entry(user).or_insert(0);
        *own = (*own).max(least.unwrap_or(0));
    }

    pub(super) fn note(&mut self, user: UserKey, num_tokens: usize) {
        if let Some(tokens) = self.tokens.get_mut(&user) {
            *tokens += num_tokens as u64;
        }
    }

    pub(super) fn of(&self, user: UserKey) -> u64 {
        self.tokens.get(&user).copied().unwrap_or(0)
    }

    /// Quanta a user has had: users of one number take turns.
    pub(super) fn quanta(&self, user: UserKey) -> u64 {
        self.of(user) / QUANTUM
    }

    pub(super) fn forget(&mut self, is_needed: impl Fn(UserKey) -> bool) {
        self.tokens.retain(|user, _| is_needed(*user));
    }
}

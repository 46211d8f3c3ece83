//! Slows guessing down, and lets nobody keep somebody else out by it.
//!
//! Each guess falls into budgets, and an attempt counts as a failure when it begins, so that many
//! at once get no further than one after the other:
//!
//! - *its own*: this address at this name, or this browser that has signed in before. Five failures
//!   are free, then each one doubles the wait. Nobody else can use it up.
//! - *the address's*, over all names: fifty, and another one every 30 seconds.
//! - *the name's*, over all addresses: what comes faster than one a second waits in the request
//!   itself, at most three seconds, and beyond that is told to come again. An address that has not
//!   failed at the name yet is never told so: it waits in a queue of its own and then has its turn.
//!
//! A browser that has signed in before has its own budget only: whatever strangers do, it gets in.
//! docs/adr/0038 says why it is so.

mod bounded;
mod bucket;
mod failures;
mod origin;

#[cfg(test)]
mod tests;

use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bounded::Bounded;
use bucket::{Bucket, Rate};
use failures::Failures;
pub use origin::Origin;

use crate::store::name_key;

/// Longest wait for the name, in the request.
const NAME_WAIT_MS: i64 = 3_000;
/// Failures of one address, whatever the names: many people may share it.
const OF_ADDRESS: Rate = Rate {
    burst: 50,
    interval_ms: 30_000,
};
/// Further guesses at one name, from wherever they come.
const OF_NAME: Rate = Rate {
    burst: 20,
    interval_ms: 1_000,
};
/// First guesses of addresses at one name: two passwords are hashed at a time, each in some 50 ms.
const OF_NEWCOMERS: Rate = Rate {
    burst: 20,
    interval_ms: 30,
};
/// Characters of a name that are looked at; no account has more than 64.
const MAX_NAME_CHARS: usize = 128;

/// A guess, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// By a browser or a session that has shown the password of the account before: the hash of
    /// its token.
    Known([u8; 32]),
    /// At a name, by anybody.
    Stranger {
        name: String,
        origin: Option<Origin>,
    },
    /// At a name that is free, to take it.
    SignUp { origin: Option<Origin> },
}

/// A budget of several attempts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Shared {
    Address(Origin),
    Name(String),
    Newcomers(String),
}

/// Failed sign-ins of late. Times are milliseconds of [`Throttle::now_ms`].
#[derive(Debug)]
pub struct Throttle {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: Bounded<Attempt, Failures>,
    shared: Bounded<Shared, Bucket>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            state: Mutex::default(),
        }
    }
}

impl Throttle {
    /// Milliseconds since the start: whoever sets the clock changes no wait.
    pub fn now_ms(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// Begins an attempt. Gives how long it has to wait before anything is checked.
    ///
    /// # Errors
    /// The seconds after which it may come again, at least 1.
    pub fn begin(&self, attempt: &Attempt, now_ms: i64) -> Result<Duration, u32> {
        let begun = self.lock().begin(attempt, now_ms);
        match begun {
            Ok(wait_ms) => Ok(Duration::from_millis(wait_ms.unsigned_abs())),
            Err(wait_ms) => Err(u32::try_from((wait_ms + 999) / 1000).unwrap_or(u32::MAX)),
        }
    }

    /// The attempt was right: its own failures are forgotten, and it counts nowhere.
    pub fn succeeded(&self, attempt: &Attempt, now_ms: i64) {
        let mut state = self.lock();
        state.give_back(attempt, now_ms);
        state.failures.remove(attempt);
    }

    /// The attempt was not looked at: it counts as if it had not begun.
    pub fn take_back(&self, attempt: &Attempt, now_ms: i64) {
        let mut state = self.lock();
        state.give_back(attempt, now_ms);
        match state.failures.get(attempt).and_then(Failures::one_less) {
            Some(fewer) => state.failures.set(attempt.clone(), fewer, now_ms),
            None => state.failures.remove(attempt),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Counts stay right whatever a panicking holder did.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How long to wait before anything is checked, or else before the next attempt.
    fn begin(&mut self, attempt: &Attempt, now_ms: i64) -> Result<i64, i64> {
        let own = self.own_failures(attempt, now_ms);
        refuse_for(own.wait_ms(now_ms))?;
        let (address, name) = attempt.shared(own.is_none());
        if let Some(address) = &address {
            refuse_for(self.wait_ms(address, now_ms))?;
        }
        let mut wait_ms = name.as_ref().map_or(0, |name| self.wait_ms(name, now_ms));
        if matches!(name, Some(Shared::Name(_))) && wait_ms > NAME_WAIT_MS {
            return Err(NAME_WAIT_MS);
        }
        wait_ms = wait_ms.min(NAME_WAIT_MS);
        for shared in address.into_iter().chain(name) {
            let bucket = self.bucket(&shared).take(now_ms, NAME_WAIT_MS);
            self.shared.set(shared, bucket, now_ms);
        }
        self.failures
            .set(attempt.clone(), own.one_more(now_ms), now_ms);
        Ok(wait_ms)
    }

    /// What an attempt took of the budgets that it shares.
    fn give_back(&mut self, attempt: &Attempt, now_ms: i64) {
        let own = self.own_failures(attempt, now_ms);
        let (address, name) = attempt.shared(own.is_first());
        for shared in address.into_iter().chain(name) {
            let bucket = self.bucket(&shared).give_back();
            self.shared.set(shared, bucket, now_ms);
        }
    }

    fn own_failures(&self, attempt: &Attempt, now_ms: i64) -> Failures {
        let known = self.failures.get(attempt).unwrap_or_default();
        known.remembered(now_ms)
    }

    fn wait_ms(&self, shared: &Shared, now_ms: i64) -> i64 {
        self.bucket(shared).wait_ms(now_ms)
    }

    fn bucket(&self, shared: &Shared) -> Bucket {
        let known = self.shared.get(shared);
        known.unwrap_or_else(|| Bucket::full(shared.rate()))
    }
}

impl Attempt {
    /// A guess at a name.
    pub fn stranger(name: &str, address: Option<IpAddr>) -> Self {
        let name: String = name.chars().take(MAX_NAME_CHARS).collect();
        Self::Stranger {
            name: name_key(&name),
            origin: address.map(Origin::from),
        }
    }

    /// A try to make an account.
    pub fn sign_up(address: Option<IpAddr>) -> Self {
        Self::SignUp {
            origin: address.map(Origin::from),
        }
    }

    /// The budgets of the address and of the name.
    fn shared(&self, is_newcomer: bool) -> (Option<Shared>, Option<Shared>) {
        match self {
            Self::Known(_) => (None, None),
            Self::SignUp { origin } => (origin.map(Shared::Address), None),
            Self::Stranger { name, origin } => {
                let name = name.clone();
                let of_name = if is_newcomer {
                    Shared::Newcomers(name)
                } else {
                    Shared::Name(name)
                };
                (origin.map(Shared::Address), Some(of_name))
            }
        }
    }
}

impl Shared {
    const fn rate(&self) -> Rate {
        match self {
            Self::Address(_) => OF_ADDRESS,
            Self::Name(_) => OF_NAME,
            Self::Newcomers(_) => OF_NEWCOMERS,
        }
    }
}

fn refuse_for(wait_ms: i64) -> Result<(), i64> {
    if wait_ms > 0 { Err(wait_ms) } else { Ok(()) }
}

//! Slows guessing down, and lets nobody keep somebody else out by it.
//!
//! Each guess falls into budgets, and an attempt counts as a failure when it begins, so that many
//! at once get no further than one after the other:
//!
//! - *its own*: this address at this name, or this browser that has signed in before. Five failures
//!   are free, then each one doubles the wait. Nobody else can use it up.
//! - *the address's*, over all names: fifty, and another one every 30 seconds.
//! - *the name's*, over all addresses: what comes faster than one a second waits in the request
//!   itself, at most three seconds, and beyond that is told to come again. A network that has not
//!   failed at the name yet is never told so: it waits in a queue of its own and then has its turn.
//!   That queue has places for 10,000 networks, and for as many in each day: whoever commands more
//!   than that guesses in the name's budget.
//!
//! A network is an IPv4 address, or the /48 of an IPv6 one.
//!
//! A browser that has signed in before has its own budget only: whatever strangers do, it gets in.
//! docs/adr/0038 says why it is so.

mod bounded;
mod bucket;
mod failures;
mod key;
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
use key::{Key, Kind};
pub use origin::Origin;

use crate::store::{is_overlong_name, name_key};

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
/// First guesses of networks at one name: two passwords are hashed at a time, each in some 50 ms.
const OF_NEWCOMERS: Rate = Rate {
    burst: 20,
    interval_ms: 30,
};
/// Networks that have a first guess at one name: so many at once, and as many in each day.
const OF_FIRST_GUESSES: Rate = Rate {
    burst: 10_000,
    interval_ms: 8_640,
};

/// A guess, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug)]
struct Shared {
    key: Key,
    rate: Rate,
}

/// An attempt that has begun, with what it took.
#[derive(Debug)]
pub struct Begun {
    /// How long it has to wait before anything is checked.
    pub wait: Duration,
    /// Where its failure is counted.
    failures: Vec<Key>,
    taken: Vec<Shared>,
}

/// Failed sign-ins of late. Times are milliseconds of [`Throttle::now_ms`].
#[derive(Debug)]
pub struct Throttle {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: Bounded<Key, Failures>,
    shared: Bounded<Key, Bucket>,
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

    /// Begins an attempt. What [`Begun`] says of it is to be waited for.
    ///
    /// # Errors
    /// The seconds after which it may come again, at least 1.
    pub fn begin(&self, attempt: &Attempt, now_ms: i64) -> Result<Begun, u32> {
        let begun = self.lock().begin(attempt, now_ms);
        begun.map_err(|wait_ms| u32::try_from((wait_ms + 999) / 1000).unwrap_or(u32::MAX))
    }

    /// The attempt was right: its own failures are forgotten, and it counts nowhere.
    pub fn succeeded(&self, begun: &Begun, now_ms: i64) {
        let mut state = self.lock();
        state.give_back(&begun.taken, now_ms);
        for key in &begun.failures {
            state.failures.remove(key);
        }
    }

    /// The attempt was not looked at: it counts as if it had not begun.
    pub fn take_back(&self, begun: &Begun, now_ms: i64) {
        let mut state = self.lock();
        state.give_back(&begun.taken, now_ms);
        for key in &begun.failures {
            match state.failures.get(key).and_then(Failures::one_less) {
                Some(fewer) => state.failures.set(*key, fewer, now_ms),
                None => state.failures.remove(key),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Counts stay right whatever a panicking holder did.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What an attempt takes; or how long to wait before the next one. That leaves no trace.
    fn begin(&mut self, attempt: &Attempt, now_ms: i64) -> Result<Begun, i64> {
        let failures = attempt.failures();
        if let Some(own) = failures.first() {
            refuse_for(self.failures_of(own, now_ms).wait_ms(now_ms))?;
        }
        let mut taken = Vec::new();
        if let Some(address) = attempt.address() {
            refuse_for(self.bucket(address).wait_ms(now_ms))?;
            taken.push(address);
        }
        let mut wait_ms = 0;
        if let Attempt::Stranger { name, .. } = attempt {
            let knows = |key: &Key| !self.failures_of(key, now_ms).is_none();
            let is_newcomer = !failures.iter().any(knows);
            wait_ms = self.queue_at(name, is_newcomer, &mut taken, now_ms)?;
        }
        for &shared in &taken {
            let bucket = self.bucket(shared).take(now_ms, NAME_WAIT_MS);
            self.shared.set(shared.key, bucket, now_ms);
        }
        for &key in &failures {
            let more = self.failures_of(&key, now_ms).one_more(now_ms);
            self.failures.set(key, more, now_ms);
        }
        Ok(Begun {
            wait: Duration::from_millis(wait_ms.unsigned_abs()),
            failures,
            taken,
        })
    }

    /// How long a guess waits for its turn at a name, and the budgets it takes from.
    fn queue_at(
        &self,
        name: &str,
        is_newcomer: bool,
        taken: &mut Vec<Shared>,
        now_ms: i64,
    ) -> Result<i64, i64> {
        let first = Shared::of_name(Kind::FirstGuesses, name, OF_FIRST_GUESSES);
        if is_newcomer && self.bucket(first).wait_ms(now_ms) == 0 {
            let queue = Shared::of_name(Kind::Newcomers, name, OF_NEWCOMERS);
            taken.extend([first, queue]);
            return Ok(self.bucket(queue).wait_ms(now_ms).min(NAME_WAIT_MS));
        }
        let all = Shared::of_name(Kind::Name, name, OF_NAME);
        let wait_ms = self.bucket(all).wait_ms(now_ms);
        if wait_ms > NAME_WAIT_MS {
            return Err(NAME_WAIT_MS);
        }
        taken.push(all);
        Ok(wait_ms)
    }

    fn give_back(&mut self, taken: &[Shared], now_ms: i64) {
        for shared in taken {
            // One that is not kept any more is full.
            let Some(bucket) = self.shared.get(&shared.key).map(Bucket::give_back) else {
                continue;
            };
            if bucket.is_full(now_ms) {
                self.shared.remove(&shared.key);
            } else {
                self.shared.set(shared.key, bucket, now_ms);
            }
        }
    }

    fn failures_of(&self, key: &Key, now_ms: i64) -> Failures {
        let known = self.failures.get(key).unwrap_or_default();
        known.remembered(now_ms)
    }

    fn bucket(&self, shared: Shared) -> Bucket {
        let known = self.shared.get(&shared.key);
        known.unwrap_or_else(|| Bucket::full(shared.rate))
    }
}

impl Attempt {
    /// A guess at a name. All that are too long for one are the same.
    pub fn stranger(name: &str, address: Option<IpAddr>) -> Self {
        let name = if is_overlong_name(name) {
            String::new()
        } else {
            name_key(name)
        };
        Self::Stranger {
            name,
            origin: address.map(Origin::from),
        }
    }

    /// A try to make an account.
    pub fn sign_up(address: Option<IpAddr>) -> Self {
        Self::SignUp {
            origin: address.map(Origin::from),
        }
    }

    /// Where its failures count: its own first, and for an IPv6 address its network's, which are
    /// only looked at to tell whether it is new.
    fn failures(&self) -> Vec<Key> {
        match self {
            Self::Known(token) => vec![Key::of(Kind::Known, None, token)],
            Self::SignUp { origin } => vec![Key::of(Kind::SignUp, *origin, &[])],
            Self::Stranger { name, origin } => {
                let own = Key::of(Kind::Own, *origin, name.as_bytes());
                let network = origin.and_then(Origin::network);
                let network =
                    network.map(|network| Key::of(Kind::Network, Some(network), name.as_bytes()));
                [own].into_iter().chain(network).collect()
            }
        }
    }

    /// The budget of the address.
    fn address(&self) -> Option<Shared> {
        let origin = match self {
            Self::Known(_) => None,
            Self::SignUp { origin } | Self::Stranger { origin, .. } => *origin,
        };
        origin.map(|origin| Shared {
            key: Key::of(Kind::Address, Some(origin), &[]),
            rate: OF_ADDRESS,
        })
    }
}

impl Shared {
    fn of_name(kind: Kind, name: &str, rate: Rate) -> Self {
        Self {
            key: Key::of(kind, None, name.as_bytes()),
            rate,
        }
    }
}

fn refuse_for(wait_ms: i64) -> Result<(), i64> {
    if wait_ms > 0 { Err(wait_ms) } else { Ok(()) }
}

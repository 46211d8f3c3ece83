//! Slows guessing down: after five failures a name, and an address, must wait longer each time.
//!
//! Nobody is locked out for good, which would let anybody lock anybody out. An attempt counts
//! as a failure when it begins, so that many at once get no further than five.

use std::{collections::HashMap, net::IpAddr, sync::Mutex};

use crate::store::name_key;

/// Failures without a wait.
const FREE_FAILURES: u32 = 5;
/// First wait; doubled with each failure.
const FIRST_WAIT_MS: i64 = 15_000;
const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// Failures are forgotten this long after the last one.
const FORGET_MS: i64 = 30 * 60_000;
/// Bound of the memory an attacker can fill with invented names.
const MAX_KEYS: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Name(String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last_ms: i64,
}

/// Failed sign-ins of late.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: Mutex<HashMap<Key, Failures>>,
}

impl Throttle {
    /// Begins an attempt, or says how many seconds to wait (at least 1).
    ///
    /// # Errors
    /// The seconds, if the name or the address has failed too often.
    pub fn begin(&self, name: &str, address: Option<IpAddr>, now_ms: i64) -> Result<(), u32> {
        let mut failures = self.lock();
        let keys = keys(name, address);
        let wait_ms = keys
            .iter()
            .filter_map(|key| failures.get(key))
            .map(|failed| failed.last_ms + wait_after(failed.count) - now_ms)
            .max()
            .unwrap_or(0);
        if wait_ms > 0 {
            return Err(u32::try_from((wait_ms + 999) / 1000).unwrap_or(u32::MAX));
        }
        if failures.len() >= MAX_KEYS {
            failures.retain(|_, failed| failed.last_ms + FORGET_MS > now_ms);
        }
        if failures.len() >= MAX_KEYS {
            failures.clear();
        }
        for key in keys {
            let failed = failures.entry(key).or_insert(Failures {
                count: 0,
                last_ms: now_ms,
            });
            if failed.last_ms + FORGET_MS <= now_ms {
                failed.count = 0;
            }
            failed.count += 1;
            failed.last_ms = now_ms;
        }
        Ok(())
    }

    /// The attempt was right: forgets the name's failures and this attempt of the address.
    pub fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        let mut failures = self.lock();
        for key in keys(name, address) {
            let left = match (&key, failures.get_mut(&key)) {
                (Key::Address(_), Some(failed)) => {
                    failed.count = failed.count.saturating_sub(1);
                    failed.count
                }
                _ => 0,
            };
            if left == 0 {
                failures.remove(&key);
            }
        }
    }

    /// The attempt was not looked at: it counts as if it had not begun.
    pub fn take_back(&self, name: &str, address: Option<IpAddr>) {
        let mut failures = self.lock();
        for key in keys(name, address) {
            let Some(failed) = failures.get_mut(&key) else {
                continue;
            };
            failed.count = failed.count.saturating_sub(1);
            if failed.count == 0 {
                failures.remove(&key);
            } else {
                // When it began, the wait after the failures before it was over.
                failed.last_ms -= wait_after(failed.count);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Failures>> {
        // Counts stay right whatever a panicking holder did.
        self.failures
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn keys(name: &str, address: Option<IpAddr>) -> Vec<Key> {
    let name: String = name_key(name).chars().take(64).collect();
    std::iter::once(Key::Name(name))
        .chain(address.map(Key::Address))
        .collect()
}

fn wait_after(count: u32) -> i64 {
    match count.checked_sub(FREE_FAILURES) {
        None => 0,
        Some(beyond) => (FIRST_WAIT_MS << beyond.min(10)).min(LONGEST_WAIT_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    #[test]
    fn the_sixth_guess_of_a_name_waits_whatever_the_address() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            assert_eq!(throttle.begin("ada", None, 0), Ok(()));
        }
        assert_eq!(throttle.begin("ADA ", HERE, 0), Err(15));
        assert_eq!(throttle.begin("grace", HERE, 0), Ok(()));
        assert_eq!(throttle.begin("ada", None, 15_000), Ok(()));
        assert_eq!(throttle.begin("ada", None, 15_000), Err(30));
    }

    #[test]
    fn the_sixth_guess_from_an_address_waits_whatever_the_name() {
        let throttle = Throttle::default();
        for name in ["a", "b", "c", "d", "e"] {
            assert_eq!(throttle.begin(name, HERE, 0), Ok(()));
        }
        assert_eq!(throttle.begin("f", HERE, 0), Err(15));
        assert_eq!(throttle.begin("f", None, 0), Ok(()));
    }

    #[test]
    fn signing_in_well_never_adds_up() {
        let throttle = Throttle::default();
        for _ in 0..100 {
            assert_eq!(throttle.begin("ada", HERE, 0), Ok(()));
            throttle.succeeded("ada", HERE);
        }
    }

    #[test]
    fn an_attempt_that_is_taken_back_leaves_everything_as_it_was() {
        let throttle = Throttle::default();
        for _ in 0..100 {
            assert_eq!(throttle.begin("ada", HERE, 0), Ok(()));
            throttle.take_back("ada", HERE);
        }
        for _ in 0..5 {
            assert_eq!(throttle.begin("ada", HERE, 0), Ok(()));
        }
        for _ in 0..3 {
            assert_eq!(throttle.begin("ada", HERE, 15_000), Ok(()));
            throttle.take_back("ada", HERE);
        }
        assert_eq!(throttle.begin("ada", HERE, 15_000), Ok(()));
        assert_eq!(throttle.begin("ada", HERE, 15_000), Err(30));
    }

    #[test]
    fn old_failures_are_forgotten_and_waits_stay_bounded() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            assert_eq!(throttle.begin("ada", None, 0), Ok(()));
        }
        for _ in 0..5 {
            assert_eq!(throttle.begin("ada", None, FORGET_MS), Ok(()));
        }
        assert_eq!(wait_after(u32::MAX), LONGEST_WAIT_MS);
    }
}

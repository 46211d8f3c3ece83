//! How many connections one address holds: nobody takes all places alone.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{accounts::throttle::Origin, config::Networks};

type Counts = HashMap<Origin, usize>;

/// The connections of each address. This machine and trusted proxies may have all there are: many
/// visitors come through them.
#[derive(Debug)]
pub(super) struct PerAddress {
    counts: Arc<Mutex<Counts>>,
    limit: usize,
    proxies: Networks,
}

/// A connection of an address; dropping it gives its place back.
#[derive(Debug)]
pub(super) struct Share {
    of: Option<(Origin, Arc<Mutex<Counts>>)>,
}

impl PerAddress {
    pub(super) fn new(limit: usize, proxies: Networks) -> Self {
        Self {
            counts: Arc::default(),
            limit,
            proxies,
        }
    }

    /// One more connection of this address; nothing if it has too many.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Share> {
        if address.to_canonical().is_loopback() || self.proxies.contains(address) {
            return Some(Share { of: None });
        }
        let origin = Origin::from(address);
        let mut counts = lock(&self.counts);
        let count = counts.entry(origin).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        let of = Some((origin, Arc::clone(&self.counts)));
        Some(Share { of })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((origin, counts)) = &self.of else {
            return;
        };
        let mut counts = lock(counts);
        let Some(count) = counts.get_mut(origin) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            counts.remove(origin);
        }
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_so_many_connections_and_the_next_one_when_one_ends() {
        let proxies = serde_json::from_str(r#"["10.0.0.1"]"#).unwrap();
        let limited = PerAddress::new(2, proxies);
        let one = limited.admit(address("192.0.2.1"));
        let two = limited.admit(address("::ffff:192.0.2.1"));
        assert!(one.is_some() && two.is_some());
        assert!(limited.admit(address("192.0.2.1")).is_none());
        assert!(limited.admit(address("192.0.2.2")).is_some());
        drop(one);
        let three = limited.admit(address("192.0.2.1"));
        assert!(three.is_some());
        drop((two, three));
        assert!(
            lock(&limited.counts).is_empty(),
            "nothing is kept of who has gone"
        );
    }

    #[test]
    fn a_proxy_and_this_machine_bring_everybody() {
        let proxies = serde_json::from_str(r#"["10.0.0.1"]"#).unwrap();
        let limited = PerAddress::new(1, proxies);
        for text in ["10.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let many: Vec<_> = (0..9).map(|_| limited.admit(address(text))).collect();
            assert!(many.iter().all(Option::is_some), "{text}");
        }
    }
}

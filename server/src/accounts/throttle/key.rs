//! What budgets are kept under: hashes, so that no name, however long, takes more room.

use sha2::{Digest as _, Sha256};

use super::Origin;

/// 128 bits of SHA-256: nobody finds two names with one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 16]);

/// Whose budget it is. Each number is one kind's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// One browser's, or one session's.
    Known = 1,
    /// One address's at one name.
    Own = 2,
    /// One IPv6 network's at one name.
    Network = 3,
    /// One address's that makes accounts.
    SignUp = 4,
    /// One address's, over all names.
    Address = 5,
    /// One name's, over all addresses.
    Name = 6,
    /// The queue of those who have not failed at a name.
    Newcomers = 7,
    /// How many have a place in that queue.
    FirstGuesses = 8,
}

impl Key {
    /// What goes with an origin, or with none, and a name, or nothing.
    pub(super) fn of(kind: Kind, origin: Option<Origin>, name: &[u8]) -> Self {
        let bits = origin.map_or([0; 16], Origin::bits);
        // All but the name has one length: nothing can be moved from one part to the other.
        let hash: [u8; 32] = Sha256::new()
            .chain_update([kind as u8, u8::from(origin.is_some())])
            .chain_update(bits)
            .chain_update(name)
            .finalize()
            .into();
        let mut beginning = [0; 16];
        beginning.copy_from_slice(&hash[..16]);
        Self(beginning)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, net::IpAddr};

    use super::*;

    #[test]
    fn another_kind_origin_or_name_is_another_key() {
        let origins = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "::"];
        let origins = origins.map(|text| Some(Origin::from(text.parse::<IpAddr>().unwrap())));
        let mut keys = HashSet::new();
        for kind in [Kind::Own, Kind::Network, Kind::Name] {
            for origin in origins.into_iter().chain([None]) {
                for name in ["", "ada", "grace"] {
                    keys.insert(Key::of(kind, origin, name.as_bytes()));
                }
            }
        }
        assert_eq!(keys.len(), 3 * 5 * 3);
    }
}

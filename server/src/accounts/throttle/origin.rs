//! Where somebody comes from, as far as it tells people apart.

use std::net::{IpAddr, Ipv6Addr};

/// Bits of an IPv6 address that its holder cannot choose.
const HOLDER_BITS: u32 = 64;
/// Bits of the networks that anybody is given who asks for one.
const NETWORK_BITS: u32 = 48;

/// An IPv4 address, or the 64 bits of an IPv6 address that its holder cannot choose: whoever has
/// one of the others has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(IpAddr);

impl Origin {
    /// The /48 of an IPv6 address, which may be one holder's with all of its 65,536 parts.
    pub(super) fn network(self) -> Option<Self> {
        match self.0 {
            IpAddr::V6(address) => Some(beginning(address, NETWORK_BITS)),
            IpAddr::V4(_) => None,
        }
    }

    /// The same for the same origin only.
    pub(super) fn bits(self) -> [u8; 16] {
        match self.0 {
            IpAddr::V6(address) => address.octets(),
            // Nobody comes from an address of this kind: each was made an IPv4 one.
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        }
    }
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => beginning(address, HOLDER_BITS),
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

fn beginning(address: Ipv6Addr, num_bits: u32) -> Origin {
    let kept = !(u128::MAX >> num_bits);
    Origin(Ipv6Addr::from_bits(address.to_bits() & kept).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Origin {
        Origin::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn the_holder_of_a_network_is_one_and_neighbours_are_two() {
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_ne!(of("::ffff:192.0.2.1"), of("::ffff:192.0.2.2"));
    }

    #[test]
    fn the_parts_of_a_48_are_of_one_network_and_ipv4_addresses_of_none() {
        let network = |text: &str| of(text).network();
        assert_eq!(network("2001:db8:1::1"), network("2001:db8:1:ffff::1"));
        assert_ne!(network("2001:db8:1::1"), network("2001:db8:2::1"));
        assert_eq!(network("192.0.2.1"), None);
    }
}

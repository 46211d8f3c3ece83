//! A list of addresses and networks, as a setting: a list of the file, or one text with commas.

use std::{fmt, net::IpAddr, sync::Arc};

use ipnet::{IpNet, Ipv4Net};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, SeqAccess, Visitor},
};

/// Addresses and networks, such as `127.0.0.1` and `fd00::/8`. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Arc<[IpNet]>);

/// What is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 10.0.0.0/8")]
struct NoNetwork(String);

impl Networks {
    /// Whether an address lies in one of them. An IPv4 address that is written as IPv6 is the IPv4
    /// address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether one of them is a whole Internet.
    pub(super) fn has_everybody(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }
}

impl FromIterator<IpNet> for Networks {
    fn from_iter<I: IntoIterator<Item = IpNet>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

fn parse(text: &str) -> Result<IpNet, NoNetwork> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network: IpNet = text.parse().map_err(|_| NoNetwork(text.to_owned()))?;
    Ok(as_ipv4(network).unwrap_or(network))
}

/// The IPv4 network that is written as IPv6, such as `::ffff:10.0.0.0/104`.
fn as_ipv4(network: IpNet) -> Option<IpNet> {
    let IpNet::V6(network) = network else {
        return None;
    };
    let address = network.addr().to_ipv4_mapped()?;
    let length = network.prefix_len().checked_sub(96)?;
    Ipv4Net::new(address, length).ok().map(IpNet::V4)
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

/// As people write it.
struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Networks;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of addresses and networks")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Networks, E> {
        let parts = text.split(',').filter(|part| !part.trim().is_empty());
        parts
            .map(|part| parse(part).map_err(E::custom))
            .collect::<Result<Networks, E>>()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Networks, A::Error> {
        let mut networks = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            networks.push(parse(&text).map_err(A::Error::custom)?);
        }
        Ok(networks.into_iter().collect())
    }
}

impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ToString::to_string))
    }
}

#[cfg(test)]
mod tests {
    use figment::value::Value;

    use super::*;

    fn read(json: &str) -> Result<Networks, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    fn has(networks: &Networks, address: &str) -> bool {
        networks.contains(address.parse().unwrap())
    }

    #[test]
    fn a_list_holds_addresses_and_networks_of_both_kinds() {
        let networks = read(r#"["127.0.0.1", "10.1.2.3/8", "fd00::/8", "::1"]"#).unwrap();
        for inside in [
            "127.0.0.1",
            "10.255.0.1",
            "fd12::9",
            "::1",
            "::ffff:10.0.0.7",
        ] {
            assert!(has(&networks, inside), "{inside}");
        }
        for outside in ["127.0.0.2", "11.0.0.1", "fe80::1", "::2", "::ffff:11.0.0.1"] {
            assert!(!has(&networks, outside), "{outside}");
        }
        assert!(!has(&Networks::default(), "127.0.0.1"));
    }

    #[test]
    fn an_ipv4_network_written_as_ipv6_is_the_ipv4_network() {
        let networks = read(r#"["::ffff:192.168.0.1", "::ffff:10.0.0.0/104"]"#).unwrap();
        assert!(has(&networks, "192.168.0.1") && has(&networks, "10.9.9.9"));
        assert!(!has(&networks, "192.168.0.2") && !has(&networks, "11.0.0.1"));
    }

    #[test]
    fn the_environment_writes_them_with_commas_or_in_brackets() {
        let expected = read(r#"["127.0.0.1", "fd00::/8"]"#).unwrap();
        for text in [
            "127.0.0.1, fd00::/8",
            "127.0.0.1,fd00::/8,",
            "[127.0.0.1, fd00::/8]",
            r#"["127.0.0.1", "fd00::/8"]"#,
        ] {
            let value: Value = text.parse().unwrap();
            assert_eq!(value.deserialize::<Networks>().unwrap(), expected, "{text}");
        }
        let nothing: Value = "".parse().unwrap();
        assert_eq!(
            nothing.deserialize::<Networks>().unwrap(),
            Networks::default()
        );
    }

    #[test]
    fn what_is_no_network_is_named() {
        for wrong in [
            "10.0.0.0/33",
            "localhost",
            "10.0.0",
            "fe80::1%eth0",
            "/8",
            "1.2.3.4:80",
        ] {
            let error = read(&format!("[\"{wrong}\"]")).unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
        assert!(read("[1]").is_err() && read("7").is_err());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let networks = read(r#"["127.0.0.1", "10.0.0.0/8", "::1"]"#).unwrap();
        let written = serde_json::to_string(&networks).unwrap();
        assert_eq!(read(&written).unwrap(), networks);
        assert!(!networks.has_everybody());
        assert!(read(r#"["0.0.0.0/0"]"#).unwrap().has_everybody());
        assert!(read(r#"["::/0"]"#).unwrap().has_everybody());
    }
}

//! The address a visitor comes from, found once for each request.
//!
//! It is the connection's, unless that is a trusted proxy's (`server.trusted_proxies`). Then the
//! headers are followed from their right end, where the nearest proxy has written, for as long as
//! whoever is named is a trusted proxy too: everything further left is what a stranger says. Where
//! a proxy names nobody, or in a way nobody can read, its own address is all that is known.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, header},
    middleware::Next,
    response::Response,
};

use crate::config::Networks;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Proxies one behind the other; nobody has more.
const MAX_HOPS: usize = 32;
/// Longest address with brackets and a port.
const MAX_NODE_BYTES: usize = 64;
/// Longest line of `Forwarded` that is read.
const MAX_LINE_BYTES: usize = 8 << 10;

/// Where a request comes from, in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// The connection is a trusted proxy's, in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ThroughProxy;

/// The proxies of a server, and what its log was told of them. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Proxies {
    trusted: Networks,
    told: Arc<Told>,
}

/// Each once: whoever asks may cause it as often as they like.
#[derive(Debug, Default)]
struct Told {
    of_contradiction: AtomicBool,
    of_unnamed_proxy: AtomicBool,
}

impl Proxies {
    pub(super) fn new(trusted: Networks) -> Self {
        let told = Arc::default();
        Self { trusted, told }
    }
}

/// Puts a [`ClientAddress`] into the request, and a [`ThroughProxy`] where that is so.
pub(super) async fn find(
    State(proxies): State<Proxies>,
    mut request: Request,
    next: Next,
) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if let Some(peer) = connection.map(|ConnectInfo(address)| address.ip().to_canonical()) {
        let address = client_address(peer, request.headers(), &proxies);
        request.extensions_mut().insert(ClientAddress(address));
        if proxies.trusted.contains(peer) {
            request.extensions_mut().insert(ThroughProxy);
        } else if is_unnamed_proxy(peer, request.headers()) {
            proxies.told.of_unnamed_proxy(peer);
        }
    }
    next.run(request).await
}

/// Whether a proxy seems to ask that the operator forgot to name: on this machine, or in a network
/// of the house. From elsewhere anybody sends these headers.
fn is_unnamed_proxy(peer: IpAddr, headers: &HeaderMap) -> bool {
    let is_near = match peer {
        IpAddr::V4(peer) => peer.is_loopback() || peer.is_private(),
        IpAddr::V6(peer) => peer.is_loopback() || peer.is_unique_local(),
    };
    let names_visitor = [X_FORWARDED_FOR, header::FORWARDED];
    is_near && names_visitor.iter().any(|name| headers.contains_key(name))
}

/// Of the two headers the one that is there. Both have to say the same: a proxy writes one of them
/// and lets the other through as a stranger wrote it, and nobody here knows which.
fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let peer = peer.to_canonical();
    let Proxies { trusted, told } = proxies;
    if !trusted.contains(peer) {
        return peer;
    }
    let usual = || follow(peer, trusted, x_forwarded_for(headers));
    let standard = || follow(peer, trusted, forwarded(headers));
    let has = |name: HeaderName| headers.contains_key(name);
    match (has(X_FORWARDED_FOR), has(header::FORWARDED)) {
        (false, false) => peer,
        (true, false) => usual(),
        (false, true) => standard(),
        (true, true) => {
            let (usual, standard) = (usual(), standard());
            if usual == standard {
                return usual;
            }
            told.of_contradiction();
            peer
        }
    }
}

/// From the connection's end of a chain to the first address that is no trusted proxy's.
fn follow(peer: IpAddr, proxies: &Networks, hops: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
    let mut address = peer;
    for hop in hops.take(MAX_HOPS) {
        let Some(hop) = hop else {
            break;
        };
        address = hop;
        if !proxies.contains(address) {
            break;
        }
    }
    address
}

/// The addresses of all lines together, the last one first; `None`: not an address.
fn x_forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',').map(node))
}

/// As [`x_forwarded_for`], of the standard header (RFC 7239).
fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(header::FORWARDED).iter().rev();
    lines.flat_map(|line| {
        let line = line.to_str().ok();
        let line = line.filter(|line| line.len() <= MAX_LINE_BYTES);
        match line.and_then(|line| split(line, ',')) {
            Some(elements) => elements.into_iter().rev().map(forwarded_for).collect(),
            None => vec![None],
        }
    })
}

/// The node of `for=` in one element.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = split(element, ';')?.into_iter();
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    let quoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    node(quoted.unwrap_or(value))
}

/// Parts between separators that stand in no quotes; `None` if a quote has no end.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (index, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if letter == separator && !is_quoted => {
                parts.push(&text[start..index]);
                start = index + separator.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!is_quoted).then_some(parts)
}

/// An address, with or without brackets and a port.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if text.len() > MAX_NODE_BYTES {
        return None;
    }
    let bracketed = || {
        let inside = text.strip_prefix('[')?.strip_suffix(']')?;
        inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let bare = text.parse::<IpAddr>().ok();
    let address = bare.or_else(with_port).or_else(bracketed);
    address.map(|address| address.to_canonical())
}

impl Told {
    fn of_contradiction(&self) {
        if self.of_contradiction.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::warn!(
            "a trusted proxy sent `Forwarded` and `X-Forwarded-For` that name different visitors, \
             and neither is believed: let it remove the one that it does not write"
        );
    }

    fn of_unnamed_proxy(&self, peer: IpAddr) {
        if self.of_unnamed_proxy.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::warn!(
            client.address = %peer,
            "a request from {peer} names the visitor that it was passed on for, and is not \
             believed: if a proxy asks from there, name its address in server.trusted_proxies, or \
             all visitors have one address"
        );
    }
}

#[cfg(test)]
mod tests;

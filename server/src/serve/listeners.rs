//! The addresses a server listens at.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

use super::ServeError;
use crate::config::ServerSection;

/// Sockets that nobody else has now.
#[derive(Debug)]
pub(super) struct Listeners {
    /// For everybody: page and API.
    pub(super) public: TcpListener,
    /// Where that is; the port is the real one if 0 was asked for.
    pub(super) address: SocketAddr,
    /// For programs on this machine that read what the server has done.
    pub(super) metrics: Option<TcpListener>,
    pub(super) metrics_address: Option<SocketAddr>,
}

impl Listeners {
    /// # Errors
    /// The address that is taken.
    pub(super) async fn open(section: &ServerSection) -> Result<Self, ServeError> {
        let (public, address) = bind(section.listen).await.map_err(|source| {
            let address = section.listen;
            let mut suggestion = address;
            suggestion.set_port(address.port().checked_add(1).unwrap_or(8080));
            ServeError::Listen {
                address,
                suggestion,
                source,
            }
        })?;
        let metrics = match section.metrics_address() {
            Some(address) => {
                let bound = bind(address).await;
                Some(bound.map_err(|source| ServeError::ListenForMetrics { address, source })?)
            }
            None => None,
        };
        let (metrics, metrics_address) = metrics.unzip();
        Ok(Self {
            public,
            address,
            metrics,
            metrics_address,
        })
    }
}

async fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

//! Connections: how many, how patient each is with its client, and how they end.
//!
//! `axum::serve` would do the same without any limit: it gives hyper no clock, and who sends half a
//! request or reads half an answer keeps a connection for as long as it likes.

mod per_address;

#[cfg(test)]
mod tests;

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use crate::config::Networks;
use per_address::{PerAddress, Share};

/// Connections at the same time: some thousand tabs that each watch an answer. A thousand of them
/// and four clients that stand still took 120 MB together.
const MAX_CONNECTIONS: usize = 8192;
/// Of them, one address has at most so many: a large office behind one, and an eighth of all.
const MAX_OF_ADDRESS: usize = 1024;
/// When the system gives no connection, such as for want of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What a client may let the server wait for.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// For the head of a request, the first one and each that follows on the same connection.
    head: Duration,
    /// For a client that takes nothing of what is being sent.
    write: Duration,
}

const PATIENCE: Patience = Patience {
    head: Duration::from_secs(30),
    write: Duration::from_mins(1),
};

/// Serves until `stopped`, then lets what is being answered be answered. Dropping it cuts every
/// connection.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    proxies: Networks,
    stopped: impl Future<Output = ()>,
) {
    let per_address = PerAddress::new(MAX_OF_ADDRESS, proxies);
    serve_with(listener, router, per_address, stopped, PATIENCE).await;
}

async fn serve_with(
    listener: TcpListener,
    router: Router,
    per_address: PerAddress,
    stopped: impl Future<Output = ()>,
    patience: Patience,
) {
    let (closing, _) = watch::channel(false);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut stopped = pin!(stopped);
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, address, place)) = accepted else {
            continue;
        };
        while connections.try_join_next().is_some() {}
        let Some(share) = per_address.admit(address.ip()) else {
            tracing::debug!(client.address = %address.ip(), "an address has too many connections");
            continue;
        };
        let connection = Connection {
            address,
            router: router.clone(),
            closing: closing.subscribe(),
            patience,
            _place: place,
            _share: share,
        };
        connections.spawn(connection.serve(stream));
    }
    drop(listener);
    closing.send_replace(true);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => Some((stream, address, place)),
        Err(error) if is_the_clients(&error) => None,
        Err(error) => {
            tracing::error!(%error, "no connection can be accepted: {error}");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Whether a client left before it was served.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

struct Connection {
    address: SocketAddr,
    router: Router,
    closing: watch::Receiver<bool>,
    patience: Patience,
    _place: OwnedSemaphorePermit,
    _share: Share,
}

impl Connection {
    async fn serve(mut self, stream: TcpStream) {
        // Frames are small and must not wait for more.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "frames may wait for each other: {error}");
        }
        let address = self.address;
        let service = self
            .router
            .map_request(move |mut request: http::Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(address));
                let request: Request = request.map(Body::new);
                request
            });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.patience.write));
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience.head);
        let stream = TokioIo::new(Box::pin(stream));
        let connection = builder.serve_connection(stream, TowerToHyperService::new(service));
        let mut connection = pin!(connection);
        let closing = async {
            // The sender outlives every connection.
            let _ = self.closing.wait_for(|&is_closing| is_closing).await;
        };
        let served = tokio::select! {
            served = connection.as_mut() => served,
            () = closing => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, "a connection ended early: {error}");
        }
    }
}

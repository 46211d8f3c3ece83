//! One number, one span and one line for each request. Never the query: it may hold a token.
//!
//! The line is written when the last byte of the answer is handed over, so that it tells how long
//! and how much: of a stream that is its end. It has a target of its own, `access`.

mod line;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::Uri,
    middleware::Next,
    response::Response,
};
use hearth_app::model::UserId;
use tracing::Instrument as _;

use super::client_address::ClientAddress;
use crate::{
    accounts::Visitor,
    error::RefusalKind,
    metrics::Metrics,
    request_id::{self, RequestId},
};
use line::{Line, LoggedBody};

/// A path may be as long as a client likes.
const MAX_PATH_CHARS: usize = 256;
/// What machines ask all day long, beside what [`mark_quiet`] marks.
const QUIET_ROUTES: [&str; 2] = ["/health", "/metrics"];

/// What is learnt of a request further in, for its line. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learnt(Arc<Facts>);

#[derive(Debug, Default)]
struct Facts {
    user: OnceLock<UserId>,
    address: OnceLock<IpAddr>,
}

impl Learnt {
    /// Who asks; the first one who says so counts.
    pub(crate) fn asked_by(&self, user: UserId) {
        self.0.user.get_or_init(|| user);
    }

    fn asked_from(&self, address: IpAddr) {
        self.0.address.get_or_init(|| address);
    }
}

/// Of an answer whose line is told at `debug` only.
#[derive(Clone, Copy, Debug)]
struct Quiet;

/// Marks the answers of files and health checks: they would fill the log.
pub(super) async fn mark_quiet(mut response: Response) -> Response {
    response.extensions_mut().insert(Quiet);
    response
}

/// Notes who visits, once that is known.
pub(super) async fn note_visitor(request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let found = (extensions.get::<Learnt>(), extensions.get::<Visitor>());
    if let (Some(learnt), Some(visitor)) = found {
        if let Some(user) = &visitor.user {
            learnt.asked_by(user.id);
        }
        if let Some(address) = visitor.address {
            learnt.asked_from(address);
        }
    }
    next.run(request).await
}

/// Gives a request its number, which its answer carries, counts it and logs it.
pub(super) async fn log(
    State(metrics): State<Arc<Metrics>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::of(request.headers());
    let learnt = Learnt::default();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = shown_path(request.uri());
    let span = tracing::error_span!(
        "http.request",
        request.id = %id,
        http.method = %request.method(),
        http.path = path,
    );
    let client = request.extensions().get::<ClientAddress>();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| address.ip());
    let peer = client.map(|ClientAddress(address)| *address).or(peer);
    let mut line = Line::new(&id, request.method(), path);
    request.extensions_mut().insert(learnt.clone());
    let work = next.run(request).instrument(span.clone());
    let mut response = id.clone().carry(work).await;
    line.status = response.status().as_u16();
    line.user = learnt.0.user.get().copied();
    line.address = learnt.0.address.get().copied().or(peer);
    let is_marked = response.extensions().get::<Quiet>().is_some();
    let route = route.as_ref().map(MatchedPath::as_str);
    let refusal = response.extensions().get::<RefusalKind>().copied();
    metrics.answered_on(route, line.status, refusal);
    line.is_quiet = is_marked || route.is_some_and(|route| QUIET_ROUTES.contains(&route));
    if let Some(value) = id.header_value() {
        response.headers_mut().insert(request_id::HEADER, value);
    }
    response.map(|body| Body::new(LoggedBody::new(body, span, line)))
}

fn shown_path(uri: &Uri) -> String {
    uri.path().chars().take(MAX_PATH_CHARS).collect()
}

#[cfg(test)]
mod tests;

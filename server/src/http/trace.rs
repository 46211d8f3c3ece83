//! One number, one span and one line for each request. Never the query: it may hold a token.
//!
//! The line is written when the last byte of the answer is handed over, so that it tells how long
//! and how much: of a stream that is its end. It has a target of its own, `access`.

mod line;

use std::{
    net::SocketAddr,
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

use super::client_address::{ClientAddress, ThroughProxy};
use crate::{
    accounts::Visitor,
    error::RefusalKind,
    metrics::Metrics,
    request_id::{self, RequestId},
};
use line::{Line, LoggedBody};

/// A path may be as long as a client likes.
const MAX_PATH_CHARS: usize = 256;
/// What machines ask all day long to learn whether the server can be used.
const HEALTH_ROUTES: [&str; 3] = ["/health", "/healthz", "/readyz"];
/// What a machine asks all day long beside that.
const METRICS_ROUTE: &str = "/metrics";

/// What is learnt of a request further in, for its line. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learnt {
    user: Arc<OnceLock<UserId>>,
}

impl Learnt {
    /// Who asks; the first one who says so counts.
    pub(crate) fn asked_by(&self, user: UserId) {
        self.user.get_or_init(|| user);
    }

    fn user(&self) -> Option<UserId> {
        self.user.get().copied()
    }
}

/// Of an answer whose line is told at `debug` only, unless something is wrong.
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
    if let (Some(learnt), Some(visitor)) = found
        && let Some(user) = &visitor.user
    {
        learnt.asked_by(user.id);
    }
    next.run(request).await
}

/// Gives a request its number, which its answer carries, counts it and logs it.
pub(super) async fn log(
    State(metrics): State<Arc<Metrics>>,
    mut request: Request,
    next: Next,
) -> Response {
    let extensions = request.extensions();
    // Whoever chose a number could choose that of somebody else's request.
    let id = if extensions.get::<ThroughProxy>().is_some() {
        RequestId::of(request.headers())
    } else {
        RequestId::random()
    };
    let learnt = Learnt::default();
    let route = extensions.get::<MatchedPath>().cloned();
    let path = shown_path(request.uri());
    let span = tracing::error_span!(
        "http.request",
        request.id = %id,
        http.method = %request.method(),
        http.path = path,
    );
    let client = extensions.get::<ClientAddress>();
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| address.ip());
    let mut line = Line::new(&id, request.method(), path, learnt.clone());
    // Now: whoever asks may go away before there is an answer, and then this is written all the
    // same.
    line.address = client.map(|ClientAddress(address)| *address).or(peer);
    request.extensions_mut().insert(learnt);
    let work = next.run(request).instrument(span.clone());
    let mut response = id.clone().carry(work).await;
    line.status = response.status().as_u16();
    let is_marked = response.extensions().get::<Quiet>().is_some();
    let route = route.as_ref().map(MatchedPath::as_str);
    let refusal = response.extensions().get::<RefusalKind>().copied();
    metrics.answered_on(route, line.status, refusal);
    line.is_quiet = is_quiet(route, line.status, is_marked);
    if let Some(value) = id.header_value() {
        response.headers_mut().insert(request_id::HEADER, value);
    }
    response.map(|body| Body::new(LoggedBody::new(body, span, line)))
}

/// Whether an answer is told at `debug` only. What is refused or fails is told in any case, but
/// not that a model is still being loaded, which is asked every few seconds.
fn is_quiet(route: Option<&str>, status: u16, is_marked: bool) -> bool {
    let is_health = route.is_some_and(|route| HEALTH_ROUTES.contains(&route));
    let is_watched = is_health || route == Some(METRICS_ROUTE);
    let is_well = status < 400 || (is_health && status == 503);
    (is_marked || is_watched) && is_well
}

fn shown_path(uri: &Uri) -> String {
    uri.path().chars().take(MAX_PATH_CHARS).collect()
}

#[cfg(test)]
mod tests;

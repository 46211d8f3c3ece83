//! Who makes a request: the session cookie, looked up once.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    accounts::{Accounts, Visitor, session::token_in_cookies},
    error::AppError,
};

/// Puts a [`Visitor`] into the request.
pub(super) async fn identify(
    State(accounts): State<Arc<Accounts>>,
    mut request: Request,
    next: Next,
) -> Response {
    let session = session(request.headers());
    let user = match &session {
        Some(token) => accounts.user_of(token).await,
        None => Ok(None),
    };
    let user = match user {
        Ok(user) => user,
        Err(error) => return answer_for(request.uri().path(), error),
    };
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let visitor = Visitor {
        user,
        session,
        address: connection.map(|ConnectInfo(address)| address.ip()),
        user_agent: user_agent(request.headers()),
    };
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

/// An error in the form that the caller of this path reads.
pub(super) fn answer_for(path: &str, error: AppError) -> Response {
    if path.starts_with("/api/") {
        error.into_server_function_response()
    } else {
        error.into_response()
    }
}

fn session(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(token_in_cookies)
        .map(str::to_owned)
}

fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT);
    let text = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    text.chars().take(256).collect()
}

//! Who makes a request: the session cookie, looked up once.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hearth_app::api::page_build::ReadPageBuild;
use leptos::server_fn::ServerFn as _;

use super::{changes::CHANGES, client_address::ClientAddress};
use crate::{
    accounts::{Accounts, Visitor, device_in_cookies, session::token_in_cookies},
    error::AppError,
};

/// By these nobody is seen.
const QUIET: [&str; 2] = [CHANGES, ReadPageBuild::PATH];

/// Puts a [`Visitor`] into the request.
pub(super) async fn identify(
    State(accounts): State<Arc<Accounts>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (session, device) = {
        let (cookies, transport) = (cookies(request.headers()), accounts.transport());
        (
            token_in_cookies(&cookies, transport),
            device_in_cookies(&cookies, transport),
        )
    };
    let user = match &session {
        // A page asks these by itself, also where nobody is there.
        Some(token) if QUIET.contains(&request.uri().path()) => accounts.user_of(token).await,
        Some(token) => accounts.see(token).await,
        None => Ok(None),
    };
    let user = match user {
        Ok(user) => user,
        Err(error) => return answer_for(request.uri().path(), error),
    };
    let address = request.extensions().get::<ClientAddress>();
    let visitor = Visitor {
        user,
        session,
        device,
        address: address.map(|ClientAddress(address)| *address),
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

fn cookies(headers: &HeaderMap) -> Vec<&str> {
    let headers = headers.get_all(header::COOKIE).into_iter();
    headers.filter_map(|value| value.to_str().ok()).collect()
}

fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT);
    let text = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    text.chars().take(256).collect()
}

#[cfg(test)]
mod tests;

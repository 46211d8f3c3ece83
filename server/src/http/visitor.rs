//! Who makes a request: the session cookie, looked up once.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::client_address::ClientAddress;
use crate::{
    accounts::{
        Accounts, Visitor, device_in_cookies,
        session::{HOST_SESSION_COOKIE, SentToken, end_old_cookie, start_cookie, token_in_cookies},
    },
    error::AppError,
};

/// Puts a [`Visitor`] into the request. A session that comes under the name of earlier versions
/// gets the one of today.
pub(super) async fn identify(
    State(accounts): State<Arc<Accounts>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (sent, device) = {
        let (cookies, transport) = (cookies(request.headers()), accounts.transport());
        (
            token_in_cookies(&cookies, transport),
            device_in_cookies(&cookies, transport),
        )
    };
    let user = match &sent {
        Some(sent) => accounts.user_of(&sent.token).await,
        None => Ok(None),
    };
    let user = match user {
        Ok(user) => user,
        Err(error) => return answer_for(request.uri().path(), error),
    };
    let address = request.extensions().get::<ClientAddress>();
    let is_known = user.is_some();
    let visitor = Visitor {
        user,
        session: sent.as_ref().map(|sent| sent.token.clone()),
        device,
        address: address.map(|ClientAddress(address)| *address),
        user_agent: user_agent(request.headers()),
    };
    request.extensions_mut().insert(visitor);
    let mut response = next.run(request).await;
    if let Some(sent) = sent.filter(|sent| sent.is_old_name && is_known) {
        rename(&mut response, &sent, &accounts);
    }
    response
}

/// Gives a session's cookie the name of today, unless the answer has begun or ended one.
fn rename(response: &mut Response, sent: &SentToken, accounts: &Accounts) {
    let set = response.headers().get_all(header::SET_COOKIE);
    let name = HOST_SESSION_COOKIE.as_bytes();
    let is_set = set.iter().any(|it| it.as_bytes().starts_with(name));
    let renewed = (!is_set).then(|| start_cookie(&sent.token, accounts.transport()));
    for cookie in renewed.into_iter().chain([end_old_cookie()]) {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
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

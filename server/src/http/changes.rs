//! `GET /changes`: what changes in somebody's conversations, as server-sent events. Each event has
//! its cursor as id, so that a browser goes on from there by itself.
//!
//! Whoever is not signed in any more, or is disabled, hears nothing more: before each event it is
//! looked up who listens.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Extension, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use futures::{Stream, StreamExt as _, future, stream};
use hearth_app::model::{Change, Cursor, UserId};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::{Audience, RouteName, Services, downloads::ask_to_sign_in};
use crate::accounts::{Accounts, Visitor};

pub(super) const CHANGES: &str = "/changes";
/// Longest and usual time of one answer, in seconds. Then the browser asks again.
const LONGEST_WAIT: u16 = 600;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// After this time a browser that lost the stream opens it again.
const RETRY: Duration = Duration::from_secs(1);

/// Name of this route.
pub(super) fn routes() -> [RouteName; 1] {
    [RouteName {
        method: Method::GET,
        path: CHANGES.to_owned(),
        audience: Audience::SignedIn,
    }]
}

/// The route; who visits has to be known.
pub(super) fn router(services: &Services) -> Router {
    Router::new()
        .route(CHANGES, get(listen))
        .with_state(services.clone())
}

/// From where on, and for how long.
#[derive(Deserialize)]
struct Wish {
    after: Option<String>,
    /// In seconds; 0: what is known already, and no more.
    wait: Option<u16>,
}

async fn listen(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let Some(user) = visitor.user else {
        return ask_to_sign_in(&headers);
    };
    // A browser that opens the stream again says so in a header; its address is still the first.
    let heard = headers.get("last-event-id");
    let heard = heard.and_then(|id| id.to_str().ok().map(str::to_owned));
    let changes = services
        .changes
        .since(user.id, cursor(heard.or(wish.after)));
    let wait = wish.wait.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
    let deadline = Instant::now() + Duration::from_secs(wait.into());
    let retry = stream::once(future::ready(Event::default().retry(RETRY)));
    let session = visitor.session.unwrap_or_default();
    let changes = while_signed_in(
        Arc::clone(&services.accounts),
        user.id,
        session,
        until(deadline, changes),
    );
    let events = retry.chain(changes.map(event));
    // Something that a page sees: a comment would keep only the connection.
    let alive = Event::default().event("alive").data("");
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).event(alive);
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    let events = Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(keep_alive);
    (headers, events).into_response()
}

/// What is no cursor is none that is known: then anything may have changed.
fn cursor(text: Option<String>) -> Option<Cursor> {
    let unknown = Cursor { epoch: 0, seq: 0 };
    text.map(|text| text.parse().unwrap_or(unknown))
}

fn event((cursor, change): (Cursor, Change)) -> Event {
    let event = Event::default().id(cursor.to_string());
    event.data(change.to_string())
}

/// What comes before the deadline; whatever is there already comes in any case.
fn until<T>(deadline: Instant, items: impl Stream<Item = T>) -> impl Stream<Item = T> {
    stream::unfold(Box::pin(items), move |mut items| async move {
        let next = timeout_at(deadline, items.next()).await;
        Some((next.ok()??, items))
    })
}

/// Ends before the first item that comes once the session has, or its person may not come in.
fn while_signed_in<T>(
    accounts: Arc<Accounts>,
    user: UserId,
    session: String,
    items: impl Stream<Item = T>,
) -> impl Stream<Item = T> {
    items.take_while(move |_| {
        let (accounts, session) = (Arc::clone(&accounts), session.clone());
        async move {
            // Nobody knows while the database does not answer: the browser asks again soon.
            let found = accounts.user_of(&session).await.ok().flatten();
            found.is_some_and(|found| found.id == user)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_that_cannot_be_read_is_an_unknown_one() {
        let known = Cursor { epoch: 16, seq: 3 };
        assert_eq!(cursor(Some("10.3".to_owned())), Some(known));
        assert_eq!(cursor(None), None);
        let unknown = Cursor { epoch: 0, seq: 0 };
        assert_eq!(cursor(Some("yesterday".to_owned())), Some(unknown));
    }

    #[tokio::test]
    async fn what_is_there_already_comes_even_when_the_time_is_up() {
        let items = stream::iter(1..=3).chain(stream::pending());
        let found: Vec<u8> = until(Instant::now(), items).collect().await;
        assert_eq!(found, [1, 2, 3]);
    }
}

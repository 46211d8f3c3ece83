//! Watching turns.

use leptos::prelude::*;
use server_fn::codec::{ByteStream, Streaming};

use crate::model::{ChatError, TailStart};
#[cfg(feature = "ssr")]
use crate::{
    model::{ChatEvent, MAX_TAILS, MessageId, TailLine, Told},
    service::{chat_service, current_user},
};

/// Streams several turns at once, each after its cursor, as newline-delimited
/// [`crate::model::TailLine`]s. One that is refused says so in a line of its own; the stream ends
/// when all have ended.
///
/// # Errors
/// [`ChatError::Invalid`] for none or too many. What all of them are refused for, such as
/// [`ChatError::NotFound`] if no message is the user's.
#[server(endpoint = "tail_turns", output = Streaming)]
pub async fn tail_turns(tails: Vec<TailStart>) -> Result<ByteStream<ChatError>, ChatError> {
    use std::sync::Arc;

    use futures::{StreamExt, future::join_all, stream};

    let user = current_user()?.id; // before the stream: contexts are gone inside it
    if tails.is_empty() || tails.len() > MAX_TAILS {
        let detail = format!("a stream has 1 to {MAX_TAILS} answers");
        return Err(ChatError::Invalid(detail.into()));
    }
    let service = chat_service();
    let opening = tails.into_iter().map(|TailStart { message, cursor }| {
        let service = Arc::clone(&service);
        async move { (message, service.tail(user, message, cursor).await) }
    });
    let opened = join_all(opening).await;
    if let Some(refusal) = common_refusal(&opened) {
        return Err(refusal);
    }
    let lines = opened.into_iter().map(|(message, tail)| {
        let told = match tail {
            Ok(events) => events.map(Told::Event).boxed(),
            Err(error) => stream::once(async move { Told::Refused(error) }).boxed(),
        };
        told.map(move |told| Ok(TailLine { message, told }.to_line()))
    });
    Ok(ByteStream::new(stream::select_all(lines)))
}

#[cfg(feature = "ssr")]
type Opened = (
    MessageId,
    Result<futures::stream::BoxStream<'static, ChatEvent>, ChatError>,
);

/// What every one of them is refused for.
#[cfg(feature = "ssr")]
fn common_refusal(opened: &[Opened]) -> Option<ChatError> {
    let mut refusals = opened.iter().map(|(_, tail)| tail.as_ref().err());
    let first = refusals.next()??;
    refusals
        .all(|refusal| refusal == Some(first))
        .then(|| first.clone())
}

//! Watching turns.

use leptos::prelude::*;
use server_fn::codec::{ByteStream, Streaming};

use crate::model::{ChatError, TailStart};
#[cfg(feature = "ssr")]
use crate::{
    model::{ChatEvent, MAX_TAILS, MessageId, TailLine, Told, UserId},
    service::{SessionToken, account_service, chat_service, current_user},
};

/// How often it is looked up whether who reads a stream is still signed in.
#[cfg(feature = "ssr")]
const LOOK: std::time::Duration = std::time::Duration::from_secs(5);

/// Streams several turns at once, each after its cursor, as newline-delimited
/// [`crate::model::TailLine`]s. One that is refused says so in a line of its own; the stream ends
/// when all have ended, or soon after the session has: then its last line is refused.
///
/// # Errors
/// [`ChatError::Invalid`] for none, too many, or one that is named twice. What all of them are
/// refused for, such as [`ChatError::NotFound`] if no message is the user's.
#[server(endpoint = "tail_turns", output = Streaming)]
pub async fn tail_turns(tails: Vec<TailStart>) -> Result<ByteStream<ChatError>, ChatError> {
    use std::{collections::HashSet, sync::Arc};

    use futures::{StreamExt, future::join_all, stream};

    let user = current_user()?.id; // before the stream: contexts are gone inside it
    let different: HashSet<_> = tails.iter().map(|tail| tail.message).collect();
    if !(1..=MAX_TAILS).contains(&tails.len()) || different.len() < tails.len() {
        let detail = format!("a stream has 1 to {MAX_TAILS} different answers");
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
        told.map(move |told| TailLine { message, told })
    });
    let lines = while_signed_in(user, stream::select_all(lines));
    Ok(ByteStream::new(lines.map(|line| Ok(line.to_line()))))
}

/// Ends with a refusal once the session has ended, or its person may not come in.
#[cfg(feature = "ssr")]
fn while_signed_in<S>(user: UserId, lines: S) -> impl futures::Stream<Item = TailLine> + Send
where
    S: futures::Stream<Item = TailLine> + Send + Unpin,
{
    use std::{sync::Arc, time::Instant};

    use futures::{StreamExt, stream};

    let accounts = account_service();
    let session = use_context::<SessionToken>().unwrap_or_default().0;
    let session: Arc<str> = session.unwrap_or_default().into();
    stream::unfold((Some(lines), Instant::now()), move |(lines, looked_at)| {
        let (accounts, session) = (Arc::clone(&accounts), Arc::clone(&session));
        async move {
            let mut lines = lines?;
            let mut line = lines.next().await?;
            if looked_at.elapsed() < LOOK {
                return Some((line, (Some(lines), looked_at)));
            }
            if accounts.is_signed_in(user, &session).await {
                return Some((line, (Some(lines), Instant::now())));
            }
            line.told = Told::Refused(ChatError::Unauthorized);
            Some((line, (None, looked_at)))
        }
    })
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

//! Waiting without sleeping blindly: ask again until it is so, or say what never happened.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks until there is an answer. `what` completes the sentence "… did not happen".
///
/// # Errors
/// If `limit` passes first, or a question fails.
pub async fn eventually<T, F, Fut>(what: &str, limit: Duration, mut question: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>>>,
{
    let start = Instant::now();
    loop {
        if let Some(answer) = question().await.with_context(|| what.to_owned())? {
            return Ok(answer);
        }
        if start.elapsed() > limit {
            bail!("within {limit:?} this did not happen: {what}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

//! Waiting without sleeping blindly: ask again until it is so, or say what never happened.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// Between the first two questions.
const PAUSE: Duration = Duration::from_millis(10);

/// Between two questions, at most: what takes long may be seen a moment later, and asking takes the
/// processors from what is waited for.
const LONGEST_PAUSE: Duration = Duration::from_millis(60);

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
    let mut pause = PAUSE;
    loop {
        if let Some(answer) = question().await.with_context(|| what.to_owned())? {
            return Ok(answer);
        }
        if start.elapsed() > limit {
            bail!("within {limit:?} this did not happen: {what}");
        }
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause.mul_f32(1.3));
    }
}

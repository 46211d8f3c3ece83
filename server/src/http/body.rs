//! Bodies of requests, read within limits of their size and of patience.
//!
//! A client may be slow, but not so slow that it holds what it has for as long as it likes: a body
//! that stands still, or comes slower on the average than any line that people use, ends its
//! request. So does a file on its way out.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::StreamExt as _;
use hearth_app::model::Refusal;
use tokio::time::{Instant, timeout};

use crate::error::AppError;

/// How slow a client may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Longest wait for one piece.
    pub(crate) pause: Duration,
    /// Waiting for so long costs nothing, whatever the pace.
    pub(crate) grace: Duration,
    /// Slowest pace.
    pub(crate) bytes_per_s: usize,
}

/// An old mobile phone sends faster: half an hour for 64 MiB.
const WITH_SENDERS: Patience = Patience {
    pause: Duration::from_secs(30),
    grace: Duration::from_mins(1),
    bytes_per_s: 32 << 10,
};
/// No line takes files slower than it sends them.
const WITH_READERS: Patience = Patience {
    pause: Duration::from_mins(1),
    ..WITH_SENDERS
};

/// How fast a client sends, or takes what is sent. What the server does between two pieces does not
/// count.
#[derive(Debug)]
pub(crate) struct Pace {
    patience: Patience,
    waited: Duration,
    num_bytes: usize,
}

impl Pace {
    /// Of a body that begins now.
    pub(crate) fn start() -> Self {
        Self::start_with(WITH_SENDERS)
    }

    /// Of a file that somebody begins to read.
    pub(crate) fn of_reader() -> Self {
        Self::start_with(WITH_READERS)
    }

    pub(crate) fn start_with(patience: Patience) -> Self {
        Self {
            patience,
            waited: Duration::ZERO,
            num_bytes: 0,
        }
    }

    /// Counts what has come, or was taken; how much that is with all before.
    pub(crate) fn add(&mut self, num_bytes: usize) -> usize {
        self.num_bytes += num_bytes;
        self.num_bytes
    }

    /// Waits for the next piece, or until it is taken.
    ///
    /// # Errors
    /// [`AppError::TooSlow`] if that does not happen in time.
    pub(crate) async fn wait<T>(&mut self, piece: impl Future<Output = T>) -> Result<T, AppError> {
        let Patience {
            pause,
            grace,
            bytes_per_s,
        } = self.patience;
        let earned = Duration::from_millis(self.num_bytes as u64 * 1000 / bytes_per_s as u64);
        let left = (grace + earned).saturating_sub(self.waited);
        let start = Instant::now();
        let piece = timeout(left.min(pause), piece).await;
        self.waited += start.elapsed();
        piece.map_err(|_| AppError::TooSlow)
    }
}

/// A whole body. Clients read a refusal only after they have sent everything: of a body that is too
/// long, so many bytes are read and thrown away.
///
/// # Errors
/// If it has more than `limit` bytes, breaks off, or comes too slowly.
pub(crate) async fn collect(
    body: Body,
    limit: usize,
    max_discarded: usize,
) -> Result<Bytes, AppError> {
    collect_at(Pace::start(), body, limit, max_discarded).await
}

async fn collect_at(
    mut pace: Pace,
    body: Body,
    limit: usize,
    max_discarded: usize,
) -> Result<Bytes, AppError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = pace.wait(chunks.next()).await? {
        let chunk = chunk.map_err(|_| AppError::Invalid(Refusal::Incomplete))?;
        let received = pace.add(chunk.len());
        if received <= limit {
            bytes.extend_from_slice(&chunk);
        } else if received > max_discarded {
            break;
        }
    }
    if pace.num_bytes > limit {
        return Err(AppError::TooLarge { limit });
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, pin::pin};

    use futures::stream;
    use tokio::time::sleep;

    use super::*;

    const LIMIT: usize = 1 << 20;

    const QUICK: Patience = Patience {
        pause: Duration::from_millis(100),
        grace: Duration::from_millis(200),
        bytes_per_s: 1 << 20,
    };

    /// A body of so many pieces, each after a pause.
    fn body(num_pieces: usize, num_bytes: usize, pause_ms: u64) -> Body {
        Body::from_stream(stream::iter(0..num_pieces).then(move |_| async move {
            sleep(Duration::from_millis(pause_ms)).await;
            Ok::<_, Infallible>(Bytes::from(vec![b'a'; num_bytes]))
        }))
    }

    #[tokio::test]
    async fn a_body_of_one_byte_too_many_is_refused_and_one_of_the_limit_is_not() {
        let read = |num_bytes| collect(Body::from(vec![b'a'; num_bytes]), LIMIT, 2 * LIMIT);
        assert_eq!(read(LIMIT).await.unwrap().len(), LIMIT);
        let refused = Err(AppError::TooLarge { limit: LIMIT });
        assert_eq!(read(LIMIT + 1).await, refused);
        assert_eq!(read(3 * LIMIT).await, refused);
    }

    #[tokio::test]
    async fn a_body_that_stands_still_or_crawls_ends_and_a_slow_one_does_not() {
        let read = |body| collect_at(Pace::start_with(QUICK), body, LIMIT, 2 * LIMIT);
        let start = Instant::now();
        assert_eq!(read(body(1, 1, 60_000)).await, Err(AppError::TooSlow));
        assert!(start.elapsed() >= QUICK.pause);
        // A byte every ten milliseconds is no pause, and no pace.
        let start = Instant::now();
        assert_eq!(read(body(100_000, 1, 10)).await, Err(AppError::TooSlow));
        assert!(start.elapsed() >= QUICK.grace);
        // Longer than the grace, and as much as that takes.
        let slow = read(body(32, 32 << 10, 10)).await;
        assert_eq!(slow.unwrap().len(), LIMIT);
    }

    #[tokio::test]
    async fn what_the_server_takes_its_time_for_is_no_fault_of_the_client() {
        let mut pace = Pace::start_with(QUICK);
        for _ in 0..4 {
            assert_eq!(pace.wait(std::future::ready(7)).await, Ok(7));
            sleep(QUICK.grace).await;
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_incomplete() {
        let pieces = [Ok(Bytes::from("a")), Err(std::io::Error::other("gone"))];
        let body = Body::from_stream(stream::iter(pieces));
        let read = pin!(collect(body, LIMIT, LIMIT));
        assert_eq!(read.await, Err(AppError::Invalid(Refusal::Incomplete)));
    }
}

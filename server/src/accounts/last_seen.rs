//! When sessions were last seen. That is written beside the requests: who only reads waits for no
//! writer, and reads on where nothing can be written.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::session::TOUCH_AFTER_MS;
use crate::store::Store;

/// So many are written at once. The next ones are noted with a later request.
const MOST: usize = 16;
/// After a failure a session is left alone for this time.
const PAUSE: Duration = Duration::from_mins(1);

/// Notes them.
#[derive(Debug)]
pub(super) struct LastSeen {
    store: Store,
    /// The sessions that are being noted.
    noted: Arc<Noted>,
}

#[derive(Debug, Default)]
struct Noted(Mutex<HashSet<[u8; 32]>>);

impl LastSeen {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            noted: Arc::default(),
        }
    }

    /// A session was seen now, and at `last_seen_at` before, as far as the store knows.
    pub(super) fn note(&self, hash: [u8; 32], last_seen_at: i64, now_ms: i64) {
        let stale_since = now_ms - TOUCH_AFTER_MS;
        if last_seen_at >= stale_since || !self.noted.begin(hash) {
            return;
        }
        let (store, noted) = (self.store.clone(), Arc::clone(&self.noted));
        tokio::spawn(async move {
            let touched = store.touch_session(&hash, now_ms, stale_since).await;
            drop(store);
            if let Err(error) = touched {
                tracing::warn!(%error, "it is not noted when a session was last seen: {error}");
                tokio::time::sleep(PAUSE).await;
            }
            noted.lock().remove(&hash);
        });
    }

    /// Until everything is written.
    #[cfg(test)]
    pub(super) async fn settle(&self) {
        while !self.noted.lock().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Noted {
    /// False if it is on its way, or too many are.
    fn begin(&self, hash: [u8; 32]) -> bool {
        let mut noted = self.lock();
        noted.len() < MOST && noted.insert(hash)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<[u8; 32]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What imports leave: rows to reveal of one that was decided, rows to remove of one that was not.

use std::time::{Duration, Instant};

use super::staging::PAUSE;
use crate::{
    store::{RunningImport, Store, StoreError, now_ms},
    upkeep::{self, AHEAD_MS, IMPORT_SILENCE_MS},
};

/// A step that fails is tried again so often, this long apart; then it is left to the upkeep.
const TRIES: u32 = 3;
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// At the start, before anybody is served: no import of an earlier process goes on. A failure is
/// logged, and the upkeep tries again.
pub(crate) async fn recover(store: &Store) {
    match store.give_silent_imports_up(i64::MAX, i64::MAX).await {
        Ok(0) => {}
        Ok(number) => tracing::info!(number, "{number} imports were cut off and are forgotten"),
        Err(error) => tracing::error!(%error, "cut off imports are not forgotten: {error}"),
    }
    finish(store).await;
}

/// Removes what dead imports put aside, so that the ids are free again, and reveals what is left
/// of decided ones.
pub(super) async fn clear(store: &Store) -> Result<(), StoreError> {
    let now = now_ms();
    store
        .give_silent_imports_up(now - IMPORT_SILENCE_MS, now + AHEAD_MS)
        .await?;
    while store.reveal_decided().await? > 0 {
        tokio::time::sleep(PAUSE).await;
    }
    let mut limit = upkeep::FIRST_ROWS;
    loop {
        let started = Instant::now();
        if store.purge_dead_imports(limit).await?.num_rows == 0 {
            return Ok(());
        }
        let took = started.elapsed();
        limit = upkeep::next_limit(limit, took);
        tokio::time::sleep(took.max(PAUSE)).await;
    }
}

/// Reveals what is left of decided imports. They count already, so a failure is only logged.
pub(crate) async fn finish(store: &Store) {
    let mut num_failures = 0;
    loop {
        match store.reveal_decided().await {
            Ok(0) => return,
            Ok(_) => tokio::time::sleep(PAUSE).await,
            Err(error) if num_failures < TRIES => {
                num_failures += 1;
                tracing::warn!(%error, "an import is not visible as a whole yet: {error}");
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
            Err(error) => {
                return tracing::error!(%error, "an import becomes visible later: {error}");
            }
        }
    }
}

/// Forgets an import that failed. If that fails too, it is dead as soon as it has been silent.
pub(super) async fn give_up(store: &Store, import: &RunningImport) {
    if let Err(error) = store.give_import_up(import).await {
        tracing::warn!(%error, "a failed import is forgotten later: {error}");
    }
}

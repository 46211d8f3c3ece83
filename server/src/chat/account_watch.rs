//! Accounts that another process disables or deletes, such as `hearth user disable`. Sessions and
//! keys are looked up for each request, and before anything is told of a change; only what is being
//! made meanwhile would go on, so the server looks at those for whom it makes something.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::ChatServer;

/// How long an answer goes on for somebody who may not have it any more, at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// Looks until the server is gone. Must be called within a Tokio runtime.
pub(super) fn start(server: &Arc<ChatServer>) {
    tokio::spawn(watch(Arc::downgrade(server)));
}

async fn watch(server: Weak<ChatServer>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        match server.upgrade() {
            Some(server) if !server.is_closing() => server.end_turns_of_the_disabled().await,
            _ => return,
        }
    }
}

impl ChatServer {
    async fn end_turns_of_the_disabled(&self) {
        for user in self.live.people() {
            match self.store.account(user).await {
                Ok(Some((_, false))) => {}
                Ok(_) => self.end_turns_of(user),
                // The next look is soon.
                Err(error) => tracing::debug!(%error, "an account cannot be read: {error}"),
            }
        }
    }
}

//! Waiting without a timer library.

use std::time::Duration;

use futures::channel::oneshot;
use leptos::prelude::set_timeout;

/// Resolves after that time. In a hidden tab the browser may take up to a second longer.
pub(crate) async fn sleep(duration: Duration) {
    let (sender, receiver) = oneshot::channel();
    let ring = move || {
        // The receiver is gone if the waiting was given up.
        let _ = sender.send(());
    };
    set_timeout(ring, duration);
    let _ = receiver.await;
}

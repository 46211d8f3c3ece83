//! Waiting without a timer library.

use std::{pin::pin, time::Duration};

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};

/// A wait that is over by then was none: nothing is shown of it.
pub(crate) const UNNOTICED: Duration = Duration::from_millis(150);

/// Rings for nobody once the waiting is given up.
struct Timer(Option<TimeoutHandle>);

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(timer) = &self.0 {
            timer.clear();
        }
    }
}

/// Resolves after that time. In a hidden tab the browser may take up to a second longer.
pub(crate) async fn sleep(duration: Duration) {
    let (sender, receiver) = oneshot::channel();
    let ring = move || {
        // The receiver is gone if the waiting was given up.
        let _ = sender.send(());
    };
    let _timer = Timer(set_timeout_with_handle(ring, duration).ok());
    let _ = receiver.await;
}

/// What a task gives; nothing if that takes longer. What it waited for is given up then.
pub(crate) async fn within<T>(limit: Duration, task: impl Future<Output = T>) -> Option<T> {
    match select(pin!(task), pin!(sleep(limit))).await {
        Either::Left((given, _)) => Some(given),
        Either::Right(_) => None,
    }
}

/// What a task gives. `notice` is called if somebody who waits for it begins to wonder.
pub(crate) async fn noticing<T>(task: impl Future<Output = T>, notice: impl FnOnce()) -> T {
    let mut task = pin!(task);
    if let Either::Left((given, _)) = select(task.as_mut(), pin!(sleep(UNNOTICED))).await {
        return given;
    }
    notice();
    task.await
}

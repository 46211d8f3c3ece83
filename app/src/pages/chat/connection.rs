//! A server that is away for a while is told above the conversation, also where nobody asks it for
//! anything now.

use std::time::Duration;

use futures::future::{AbortHandle, Abortable};
use leptos::prelude::*;

use super::state::ChatState;
use crate::{api::page_build::page_build, browser, model::ChatError};

/// So long a server may be away before that is told. Then it is asked as often.
const DOUBT: Duration = Duration::from_secs(3);

/// Watches as long as the page is there.
pub(super) fn watch(state: ChatState) {
    Effect::new(move || {
        browser::watch_connection(move |is_there| state.hear_connection(is_there));
        let offline = window_event_listener_untyped("offline", |_| browser::tell_connection(false));
        on_cleanup(move || offline.remove());
    });
}

impl ChatState {
    /// A request that reached nobody is a sign too.
    pub(super) fn doubt_after(error: &ChatError) {
        if matches!(error, ChatError::Unreachable(_)) {
            browser::tell_connection(false);
        }
    }

    fn hear_connection(self, is_there: bool) {
        if self.unseen.is_disposed() {
            return; // the page was left
        }
        if is_there {
            self.end_doubt();
        } else if self.unseen.with_value(|it| it.doubt.is_none()) {
            let (doubt, registration) = AbortHandle::new_pair();
            let asking = Abortable::new(self.ask_for_server(), registration);
            self.unseen.update_value(|it| it.doubt = Some(doubt));
            self.spawn(async move {
                // Aborted is as good as done.
                let _ = asking.await;
            });
        }
    }

    fn end_doubt(self) {
        let doubt = self.unseen.try_update_value(|it| it.doubt.take());
        if let Some(doubt) = doubt.flatten() {
            doubt.abort();
        }
        if self.is_offline().get_untracked() {
            self.is_offline().set(false);
        }
    }

    /// Asks until the server is there.
    async fn ask_for_server(self) {
        loop {
            browser::sleep(DOUBT).await;
            if browser::is_hidden() {
                continue;
            }
            match browser::within(DOUBT, page_build()).await {
                // An answer that nobody understands is a proxy's, before a server that is away.
                None | Some(Err(ChatError::Unreachable(_) | ChatError::Invalid(_))) => {
                    self.is_offline().set(true);
                }
                Some(answer) => {
                    // What answers is there, also with a refusal.
                    if answer.is_ok_and(|build| Some(build) != browser::page_build()) {
                        self.is_outdated().set(true);
                    }
                    return self.end_doubt();
                }
            }
        }
    }
}

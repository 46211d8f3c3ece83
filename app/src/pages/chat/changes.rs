//! What other tabs and devices change appears here too.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use super::state::ChatState;
use crate::{browser, model::Change};

/// Changes within this time are looked at together.
const PAUSE: Duration = Duration::from_millis(50);

/// Listens as long as the page is there.
pub(super) fn listen(state: ChatState) {
    Effect::new(move || {
        let heard = Rc::new(Cell::new(Heard::default()));
        let on_change = move |change| hear(state, &heard, change);
        // Dropped with the page.
        StoredValue::new_local(browser::listen_for_changes(state.user(), on_change));
    });
}

/// What has not been looked at yet.
#[derive(Clone, Copy, Default)]
struct Heard {
    is_due: bool,
    /// The shown conversation is among what has changed.
    is_shown: bool,
}

fn hear(state: ChatState, heard: &Rc<Cell<Heard>>, change: Change) {
    let concerns_shown = match change {
        Change::Listening => return,
        Change::Everything => true,
        Change::Conversation(id) => state.shown_id() == Some(id),
    };
    let before = heard.get();
    heard.set(Heard {
        is_due: true,
        is_shown: before.is_shown || concerns_shown,
    });
    if before.is_due {
        return;
    }
    let heard = Rc::clone(heard);
    spawn_local(async move {
        browser::sleep(PAUSE).await;
        let Heard { is_shown, .. } = heard.take();
        state.refresh_list().await;
        // What this tab sends or follows, it shows by itself.
        let is_busy = state.is_sending.get_untracked() || state.is_following();
        if is_shown && !is_busy {
            state.refresh_if_changed().await;
        }
    });
}

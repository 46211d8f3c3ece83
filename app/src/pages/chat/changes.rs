//! What other tabs and devices change appears here too.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::prelude::*;

use super::{
    state::ChatState,
    tail::{self, ANSWER},
};
use crate::{
    browser,
    model::{Change, ConversationId},
};

/// Changes within this time are looked at together.
const PAUSE: Duration = Duration::from_millis(50);
/// More conversations than these are a list that is read again.
const MAX_SINGLE: usize = 3;

/// Listens as long as the page is there.
pub(super) fn listen(state: ChatState) {
    Effect::new(move || {
        let heard = Rc::new(RefCell::new(Heard::default()));
        let on_change = move |change| hear(state, &heard, change);
        // Dropped with the page.
        let listener = browser::listen_for_changes(state.user(), on_change, tail::open);
        StoredValue::new_local(listener);
    });
}

/// What has not been looked at yet.
#[derive(Default)]
struct Heard {
    /// Somebody looks, and goes on until nothing is left.
    is_looking: bool,
    ids: Vec<ConversationId>,
    /// Anything may be different.
    is_everything: bool,
}

impl Heard {
    /// What is to be looked at now.
    fn take(&mut self) -> Self {
        Self {
            ids: std::mem::take(&mut self.ids),
            is_everything: std::mem::take(&mut self.is_everything),
            ..Self::default()
        }
    }

    /// Nothing is left. From then on nobody looks.
    fn is_over(&mut self) -> bool {
        self.is_looking = self.is_everything || !self.ids.is_empty();
        !self.is_looking
    }
}

fn hear(state: ChatState, heard: &Rc<RefCell<Heard>>, change: Change) {
    let was_looking = {
        let mut heard = heard.borrow_mut();
        match change {
            Change::Listening => return,
            Change::Everything => heard.is_everything = true,
            Change::Conversation(id) if heard.ids.contains(&id) => {}
            Change::Conversation(id) => heard.ids.push(id),
        }
        std::mem::replace(&mut heard.is_looking, true)
    };
    if was_looking {
        return;
    }
    let heard = Rc::clone(heard);
    state.spawn(async move {
        // One look after the other: what an earlier one read never stands over a later one.
        loop {
            browser::sleep(PAUSE).await;
            let now = heard.borrow_mut().take();
            // A server that does not answer holds up nothing for long.
            browser::within(ANSWER, state.look_at_heard(now)).await;
            if heard.borrow_mut().is_over() {
                return;
            }
        }
    });
}

impl ChatState {
    async fn look_at_heard(self, heard: Heard) {
        // What this tab sends or follows, it shows by itself.
        let is_busy = move || self.is_sending.get_untracked() || self.is_following();
        if heard.is_everything || heard.ids.len() > MAX_SINGLE {
            self.read_lists().await;
            if !is_busy() {
                self.refresh_if_changed().await;
            }
            return;
        }
        for id in heard.ids {
            if self.shown_id() != Some(id) || !is_busy() {
                self.look_at(id).await;
            }
        }
    }
}

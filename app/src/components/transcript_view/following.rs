//! Which part of the messages is seen: their end, or where somebody was reading.

use leptos::{html, prelude::*};

use super::Neighbours;
use crate::{
    browser::{self, Distance, Follower, ReadingPlace},
    model::{ConversationId, MessageId},
};

/// How far below the upper edge a message stands that somebody looked for, in pixels.
const SOUGHT: f64 = 72.0;

/// The ends of what is shown, and of which conversation.
#[derive(Clone, Copy)]
struct Extent {
    conversation: Option<ConversationId>,
    first: Option<MessageId>,
    last: Option<MessageId>,
}

/// The list stays at its end unless the reader scrolled up.
#[derive(Clone, Copy)]
pub(super) struct Following {
    /// Made in the browser only: a value bound to a thread must not be dropped by the server.
    follower: StoredValue<Option<StoredValue<Follower, LocalStorage>>>,
    container: NodeRef<html::Div>,
    conversation: Signal<Option<ConversationId>>,
    ids: Signal<Vec<MessageId>>,
    neighbours: Neighbours,
    /// Where somebody was reading, until it is shown again: its message may have to be fetched.
    place: StoredValue<Option<ReadingPlace>>,
    /// How far from the end.
    pub(super) distance: RwSignal<Distance>,
}

impl Following {
    pub(super) fn new(
        container: NodeRef<html::Div>,
        content: NodeRef<html::Div>,
        conversation: Signal<Option<ConversationId>>,
        ids: Signal<Vec<MessageId>>,
        neighbours: Neighbours,
    ) -> Self {
        let following = Self {
            follower: StoredValue::new(None),
            container,
            conversation,
            ids,
            neighbours,
            place: StoredValue::new(None),
            distance: RwSignal::new(Distance::default()),
        };
        Effect::new(move || {
            if let (Some(container), Some(content)) = (container.get(), content.get()) {
                let tell = move |distance| following.distance.set(distance);
                let made = Follower::new(container.into(), &content, tell);
                following
                    .follower
                    .set_value(Some(StoredValue::new_local(made)));
            }
        });
        Effect::new(move |old: Option<Extent>| {
            let ids = ids.read();
            let now = Extent {
                conversation: conversation.get_untracked(),
                first: ids.first().copied(),
                last: ids.last().copied(),
            };
            following.moved(old, now);
            now
        });
        following
    }

    /// A new last message is one's own, or a new answer: show it. Another conversation is shown
    /// where it was left. Only another first message came above what is being read.
    fn moved(self, old: Option<Extent>, now: Extent) {
        let is_other = old.is_none_or(|old| {
            let is_begun = old.conversation.is_none() && old.last.is_none();
            old.conversation != now.conversation && !is_begun
        });
        // The first messages of a page that was empty may be those of an old conversation.
        let was_empty = old.is_some_and(|old| old.last.is_none());
        let changed = old.is_none_or(|old| old.last != now.last);
        if is_other || was_empty {
            // Read first: at the end, where the list goes now, nothing is kept.
            let place = now.conversation.and_then(browser::read_reading_place);
            self.place.set_value(place);
            self.pin();
            self.go_back_soon();
        } else if changed {
            self.place.set_value(None);
            self.pin();
        } else if old.is_some_and(|old| old.first != now.first) {
            self.run(Follower::hold);
            self.go_back_soon();
        }
    }

    /// Shows the message that somebody looked for, whenever there is one. After the effects that
    /// show the end, or where somebody was reading.
    pub(super) fn seek(self, sought: Signal<Option<MessageId>>) {
        Effect::new(move || {
            let Some(message) = sought.get() else { return };
            // Wherever somebody was reading before, they want to be here.
            self.place.set_value(None);
            // By then the messages are in the page, and not painted yet.
            request_animation_frame(move || {
                if let Some(message) = browser::element(&format!("message-{message}")) {
                    self.run(|follower| follower.show(&message, SOUGHT));
                    browser::mark_found(&message);
                }
            });
        });
    }

    fn run(self, what: impl FnOnce(&Follower)) {
        // The page may be gone when a frame comes.
        if let Some(Some(follower)) = self.follower.try_get_value() {
            follower.try_with_value(what);
        }
    }

    pub(super) fn pin(self) {
        self.run(Follower::pin);
    }

    fn go_back_soon(self) {
        if self.place.with_value(Option::is_some) {
            // By then the messages are in the page, and not painted yet.
            request_animation_frame(move || self.go_back());
        }
    }

    /// Shows where somebody was reading. A message that they had fetched is fetched again, piece by
    /// piece; one that is gone is not among as many as they had, and the end is shown.
    fn go_back(self) {
        // The page may be gone when a frame comes, or the place not wanted any more.
        let Some(Some(place)) = self.place.try_get_value() else {
            return;
        };
        let message = browser::element(&place.message);
        let num_shown = self.ids.with_untracked(Vec::len);
        let has_earlier = self.neighbours.earlier.with_untracked(Option::is_some);
        if message.is_none() && has_earlier && num_shown <= place.num_shown {
            self.neighbours.on_earlier.run(());
            return;
        }
        self.place.set_value(None);
        if let Some(message) = message {
            self.run(|follower| follower.show(&message, f64::from(place.offset)));
        }
    }

    pub(super) fn scrolled(self) {
        self.run(Follower::scrolled);
        let (Some(list), Some(conversation)) = (
            self.container.get_untracked(),
            self.conversation.get_untracked(),
        ) else {
            return;
        };
        let mut is_at_end = None;
        self.run(|follower| is_at_end = Some(follower.is_pinned()));
        match is_at_end {
            Some(false) => {
                // Whoever scrolls wants to be here.
                self.place.set_value(None);
                let num_shown = self.ids.with_untracked(Vec::len);
                browser::save_reading_place(conversation, &list, num_shown);
            }
            // The end is shown only until the place is found.
            Some(true) if self.place.with_value(Option::is_none) => {
                browser::forget_reading_place(conversation);
            }
            _ => {}
        }
    }
}

//! Where somebody was reading, kept for each conversation as long as the tab lives.

use leptos::prelude::document;
use web_sys::Element;

use super::storage::tab_storage;
use crate::{model::ConversationId, sub_path::use_sub_path};

/// A message, by the id of its element, and how far below the upper edge of the list it stands, in
/// whole pixels: what reads fractions is 13 kB of every visit.
#[derive(Clone)]
pub(crate) struct ReadingPlace {
    pub(crate) message: String,
    pub(crate) offset: i32,
    /// How many messages were shown then: those that one fetched are not there when one comes back.
    pub(crate) num_shown: usize,
}

/// Where in the list a message is looked for: between two of them there is nothing.
const PROBES: [f64; 3] = [8.0, 60.0, 112.0];

/// Two servers below two paths of a host share the storage.
fn name(conversation: ConversationId) -> String {
    format!("hearth-place{}:{conversation}", use_sub_path().as_str())
}

/// Notes which message stands at the upper edge of the list, of so many.
pub(crate) fn save_reading_place(conversation: ConversationId, list: &Element, num_shown: usize) {
    match first_seen(list) {
        // Without storage one comes back to the end.
        Some((offset, message)) => {
            if let Some(storage) = tab_storage() {
                let place = format!("{offset} {num_shown} {message}");
                let _ = storage.set_item(&name(conversation), &place);
            }
        }
        None => forget_reading_place(conversation),
    }
}

/// Somebody reads at the end: there is nothing to note.
pub(crate) fn forget_reading_place(conversation: ConversationId) {
    if let Some(storage) = tab_storage() {
        let _ = storage.remove_item(&name(conversation));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a window")]
fn first_seen(list: &Element) -> Option<(i32, String)> {
    let edges = list.get_bounding_client_rect();
    let x = edges.left() + edges.width() / 2.0;
    let message = PROBES.into_iter().find_map(|below| {
        let found = document().element_from_point(x as f32, (edges.top() + below) as f32)?;
        found.closest("article.message").ok()?
    })?;
    let offset = message.get_bounding_client_rect().top() - edges.top();
    Some((offset.round() as i32, message.id()))
}

/// Where somebody was reading.
pub(crate) fn read_reading_place(conversation: ConversationId) -> Option<ReadingPlace> {
    let kept = tab_storage()?.get_item(&name(conversation)).ok()??;
    let mut parts = kept.splitn(3, ' ');
    Some(ReadingPlace {
        offset: parts.next()?.parse().ok()?,
        num_shown: parts.next()?.parse().ok()?,
        message: parts.next()?.to_owned(),
    })
}

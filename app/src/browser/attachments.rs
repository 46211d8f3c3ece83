//! The chips of files in the box. The server draws them; they stand in the document, and like a
//! draft in the browser's storage, until their message is accepted.
//!
//! A chip with `data-file` can be sent, one with `data-sending` is on its way, any other one says
//! why it cannot. Those that the browser makes itself are copies of chips that stand in the page
//! for it.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

use js_sys::{Function, Promise, futures::JsFuture};
use leptos::prelude::document;
use web_sys::{
    Element, Event, File, FormData, HtmlProgressElement, ProgressEvent, XmlHttpRequest,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
};

use super::{
    elements::{all, all_in, closest, set},
    storage::storage,
    way_out::leave_for_the_door,
};
use crate::{
    later::later,
    model::{ChatError, ConversationId, FileId, UserId},
    sub_path::{address_of, use_sub_path},
};

/// Id of the list of chips.
pub(crate) const CHIPS: &str = "composer-files";
/// A chip that stands for its file.
const SENDABLE: &str = "#composer-files > [data-file]";
const SENDING: &str = "#composer-files > [data-sending]";
/// Largest file, in bytes; as much as `MAX_FILE_BYTES` of the server.
const MAX_BYTES: f64 = 20_971_520.0;

/// Where chips are kept; see `drafts`.
fn place(user: UserId, conversation: Option<ConversationId>) -> String {
    let path = use_sub_path().as_str();
    match conversation {
        Some(id) => format!("hearth-files{path}:{user}:{id}"),
        None => format!("hearth-files{path}:{user}:new"),
    }
}

fn list() -> Option<Element> {
    document().get_element_by_id(CHIPS)
}

fn kept(place: &str) -> String {
    let kept = storage().and_then(|it| it.get_item(place).ok().flatten());
    kept.unwrap_or_default()
}

fn keep(place: &str, chips: &str) {
    if let Some(storage) = storage() {
        // Full storage, or none: the chips stand in the box.
        let _ = if chips.is_empty() {
            storage.remove_item(place)
        } else {
            storage.set_item(place, chips)
        };
    }
}

/// Keeps what can be sent of the shown chips.
fn keep_shown(place: &str) {
    let chips: String = all(SENDABLE).iter().map(Element::outer_html).collect();
    keep(place, &chips);
}

/// Shows the chips of a draft.
pub(crate) fn show_chips(user: UserId, conversation: Option<ConversationId>) {
    if let Some(list) = list() {
        let place = place(user, conversation);
        // They were drawn by the server, and nobody else writes there.
        list.set_inner_html(&kept(&place));
        set(Some(&list), "data-place", &place);
    }
}

/// A new conversation was made: what waits to be sent there waits in it.
pub(crate) fn move_chips(user: UserId, to: ConversationId) {
    let from = place(user, None);
    keep(&place(user, Some(to)), &kept(&from));
    keep(&from, "");
}

/// The files that can be sent, in their order.
pub(crate) fn attached_files() -> Vec<FileId> {
    let chips = all(SENDABLE).into_iter();
    let ids = chips.filter_map(|chip| chip.get_attribute("data-file")?.parse().ok());
    ids.collect()
}

/// How many of them have this name.
pub(crate) fn num_attached(name: &str) -> usize {
    let chips = all("#composer-files > [data-file] strong").into_iter();
    let named = chips.filter(|it| it.text_content().as_deref() == Some(name));
    named.count()
}

/// Whether a file is on its way.
pub(crate) fn is_sending_files() -> bool {
    !all(SENDING).is_empty()
}

/// A message was accepted with these files. What came since then waits in the conversation that it
/// went to. `way`: from where to where.
pub(crate) fn forget_files(
    user: UserId,
    (from, to): (Option<ConversationId>, ConversationId),
    sent: &[FileId],
) {
    let (from, to) = (place(user, from), place(user, Some(to)));
    let is_shown = list()
        .and_then(|it| it.get_attribute("data-place"))
        .as_ref()
        == Some(&from);
    keep(&from, "");
    if !is_shown {
        return;
    }
    for chip in all("#composer-files > li:not([data-sending])") {
        let id = chip.get_attribute("data-file");
        // What could not be sent has been read by now.
        if id.is_none_or(|id| id.parse().is_ok_and(|id| sent.contains(&id))) {
            chip.remove();
        }
    }
    keep_shown(&to);
}

/// Takes a chip away whose button was pressed, and its file if that has come. False: something else
/// was pressed.
pub(crate) fn remove_pressed(event: &Event) -> bool {
    let button = closest(event, "[data-remove-file]");
    let Some(chip) = button.and_then(|it| it.closest("li").ok().flatten()) else {
        return false;
    };
    if let Some(id) = chip.get_attribute("data-file") {
        forget(&id);
    }
    // What is still being sent sees it there.
    set(Some(&chip), "data-removed", "");
    chip.remove();
    if let Some(place) = list().and_then(|it| it.get_attribute("data-place")) {
        keep_shown(&place);
    }
    true
}

/// Nobody waits for the answer: a file that stays is removed after a day.
fn forget(id: &str) {
    let address = address_of(&format!("/files/{id}/remove"));
    if let Ok(request) = XmlHttpRequest::new()
        && request.open("POST", &address).is_ok()
    {
        let _ = request.send();
    }
}

later! { chat:
    /// Sends files that go with the next message of a conversation, one after the other. What
    /// became of each stands in its chip.
    pub(crate) async fn send_files(
        user: UserId,
        conversation: Option<ConversationId>,
        files: Vec<File>,
    ) -> Result<(), ChatError> {
        for file in files {
            let is_large = file.size() > MAX_BYTES;
            let kind = if is_large { "large" } else { "sending" };
            if let Some(chip) = add_chip(kind, &file.name())
                && !is_large
            {
                let place = place(user, conversation);
                WAITING.with_borrow_mut(|it| it.push_back((place, file, chip)));
            }
        }
        // Whoever sends already sends these too.
        if !IS_SENDING.replace(true) {
            while let Some(next) = WAITING.with_borrow_mut(VecDeque::pop_front) {
                send_one(&next.0, &next.1, &next.2).await;
            }
            IS_SENDING.set(false);
        }
        Ok(())
    }
}

thread_local! {
    /// Files that wait to be sent, with the place and the chip of each: the server takes one at a
    /// time from a person.
    static WAITING: RefCell<VecDeque<(String, File, Element)>> = const {
        RefCell::new(VecDeque::new())
    };
    static IS_SENDING: Cell<bool> = const { Cell::new(false) };
}

/// A copy of the chip that stands in the page for this.
fn chip_for(kind: &str, name: &str) -> Option<Element> {
    let model = document()
        .query_selector(&format!("#chip-models > [data-chip={kind}]"))
        .ok()??;
    let chip = model.clone_node_with_deep(true).ok()?;
    let chip: Element = chip.dyn_into().ok()?;
    if let Some(place) = chip.query_selector("strong").ok()? {
        place.set_text_content(Some(name));
    }
    if kind == "sending" {
        set(Some(&chip), "data-sending", "");
    }
    Some(chip)
}

fn add_chip(kind: &str, name: &str) -> Option<Element> {
    let chip = chip_for(kind, name)?;
    list()?.append_child(&chip).ok()?;
    Some(chip)
}

async fn send_one(place: &str, file: &File, chip: &Element) {
    if chip.has_attribute("data-removed") {
        return;
    }
    let answer = upload(file, chip).await.ok();
    if chip.has_attribute("data-removed") {
        return;
    }
    let drawn = match answer {
        Some((401, _)) => return leave_for_the_door(),
        // A chip, whether it was taken or not; a proxy would answer a page of its own.
        Some((_, html)) if html.starts_with("<li") => html,
        _ => {
            let failed = chip_for("unreached", &file.name());
            failed.map(|it| it.outer_html()).unwrap_or_default()
        }
    };
    let is_shown = list().is_some_and(|list| {
        chip.is_connected() && list.get_attribute("data-place").as_deref() == Some(place)
    });
    if is_shown {
        chip.set_outer_html(&drawn);
        keep_shown(place);
    } else if drawn.contains("data-file=") {
        // Another conversation is shown by now, or another page.
        keep(place, &(kept(place) + &drawn));
    }
}

/// Sends a file and shows in its chip how much of it has gone. Gives the status, 0 if there was no
/// answer, and what came.
async fn upload(file: &File, chip: &Element) -> Result<(u16, String), JsValue> {
    let request = XmlHttpRequest::new()?;
    request.open("POST", &address_of("/files"))?;
    request.set_request_header("accept", "text/html")?;
    let form = FormData::new()?;
    form.append_with_blob_and_filename("file", file, &file.name())?;
    let progress = all_in(chip, "progress").pop();
    let progress: Option<HtmlProgressElement> = progress.and_then(|it| it.dyn_into().ok());
    let (sending, watched) = (request.clone(), chip.clone());
    let on_progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
        if watched.has_attribute("data-removed") {
            // Fails only where nothing is sent.
            let _ = sending.abort();
        }
        if let Some(progress) = &progress {
            progress.set_max(event.total());
            progress.set_value(event.loaded());
        }
    });
    let function: &Function = on_progress.as_ref().unchecked_ref();
    request.upload()?.set_onprogress(Some(function));
    let ended = Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
    request.send_with_opt_form_data(Some(&form))?;
    JsFuture::from(ended).await?;
    let text = request.response_text()?.unwrap_or_default();
    Ok((request.status()?, text))
}

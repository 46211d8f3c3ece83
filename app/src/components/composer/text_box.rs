//! The text box itself, and what is done to its text from elsewhere.

use leptos::{html, prelude::*};
use web_sys::{HtmlTextAreaElement, wasm_bindgen::JsCast};

use super::{ComposerState, keys_hint::KEYS_ID, long_paste::long_text};
use crate::{
    browser::{self, Queued, join_texts},
    components::drop_zone::take_files,
    model::{ConversationId, UserId},
    words::{use_locale, words},
};

/// Id of the text box.
pub(crate) const TEXT_ID: &str = "composer-text";
/// The box grows up to that many lines where the browser cannot size it by itself.
const MAX_ROWS: usize = 14;
/// Height of one line with its room, in pixels (`composer.css`).
const ONE_LINE: i32 = 44;

pub(super) fn text_box() -> Option<HtmlTextAreaElement> {
    browser::element(TEXT_ID)?.dyn_into().ok()
}

/// The box, if it belongs to this conversation. Whoever sent a text may be elsewhere by now, or be
/// back on a page that never heard of it: the form knows for which conversation it stands.
fn box_of(conversation: Option<ConversationId>) -> Option<HtmlTextAreaElement> {
    let text = text_box()?;
    let form = text.closest(".composer").ok()??;
    let named = form.query_selector("[name=conversation]").ok()?;
    let named = named.and_then(|it| it.get_attribute("value"));
    (named == conversation.map(|id| id.to_string())).then_some(text)
}

#[component]
pub(super) fn TextBox(user: UserId, state: ComposerState, on_enter: Callback<()>) -> impl IntoView {
    let locale = use_locale();
    let text = NodeRef::<html::Textarea>::new();
    keep_drafts(text, user, state);
    let on_key = move |event: web_sys::KeyboardEvent| {
        let is_enter = event.key() == "Enter" && !event.shift_key();
        if is_enter && !browser::is_composing(&event) && !browser::is_touch_screen() {
            event.prevent_default();
            on_enter.run(());
        }
    };
    let on_paste = move |event: web_sys::ClipboardEvent| {
        if take_files(user, state, event.clipboard_data().as_ref()) {
            event.prevent_default();
        } else {
            state.pasted.set(long_text(&event));
        }
    };
    let on_input = move |_| {
        if let Some(text) = text.get_untracked() {
            let conversation = state.conversation.get_untracked();
            let value = text.value();
            browser::save_draft(user, conversation, &value);
            put_notes_away(state, &value);
            fit(&text);
        }
    };
    let placeholder = move || {
        if state.running.read().is_some() {
            words!(locale, chat.placeholder_next)
        } else if state.is_empty.get() {
            words!(locale, chat.greeting)
        } else {
            words!(locale, chat.placeholder)
        }
    };
    view! {
        <label class="visually-hidden" for=TEXT_ID>{words!(locale, chat.message)}</label>
        <textarea
            id=TEXT_ID
            name="text"
            rows="1"
            dir="auto"
            required
            autocomplete="off"
            placeholder=placeholder
            aria-describedby=KEYS_ID
            node_ref=text
            on:input=on_input
            on:keydown=on_key
            on:paste=on_paste
        ></textarea>
    }
}

/// The text was accepted: takes it out of the draft of the conversation it was written in, and out
/// of the box if that still belongs to it. What was typed since then stays, as a draft of the
/// conversation that the message went to. `way`: from where to where.
pub(crate) fn forget_sent(user: UserId, way: (Option<ConversationId>, ConversationId), sent: &str) {
    let (from, to) = way;
    let text = box_of(from);
    let draft = || browser::read_draft(user, from).unwrap_or_default();
    let value = text.as_ref().map_or_else(draft, HtmlTextAreaElement::value);
    let rest = value.strip_prefix(sent).unwrap_or(&value);
    browser::forget_draft(user, from);
    browser::save_draft(user, Some(to), rest);
    if let Some(text) = text {
        set_text(&text, rest);
    }
}

/// A new conversation was made: what is being written for it is its draft now.
pub(crate) fn move_draft(user: UserId, to: ConversationId) {
    let draft = text_box().map(|text| text.value());
    browser::forget_draft(user, None);
    browser::save_draft(user, Some(to), &draft.unwrap_or_default());
    browser::move_chips(user, to);
}

/// A text comes back into the box, before what was typed since then. If the box belongs to another
/// conversation by now, the draft takes it.
pub(crate) fn put_back(user: UserId, conversation: Option<ConversationId>, text: &str) {
    let shown = box_of(conversation);
    let draft = || browser::read_draft(user, conversation).unwrap_or_default();
    let value = shown
        .as_ref()
        .map_or_else(draft, HtmlTextAreaElement::value);
    let joined = join_texts(text, &value);
    browser::save_draft(user, conversation, &joined);
    if let Some(shown) = shown {
        set_text(&shown, &joined);
    }
}

/// Puts a beginning into the box, which a person goes on with.
pub(crate) fn begin_text(user: UserId, conversation: Option<ConversationId>, beginning: &str) {
    if let Some(text) = text_box() {
        let value = format!("{beginning}\n\n{}", text.value());
        browser::save_draft(user, conversation, &value);
        set_text(&text, &value);
        browser::focus(TEXT_ID);
    }
}

/// Somebody types on: what was told of files has been read, and what was pasted may be gone.
fn put_notes_away(state: ComposerState, value: &str) {
    if state.note.read_untracked().is_some() {
        state.note.set(None);
    }
    let is_gone = |pasted: &String| !value.contains(pasted.as_str());
    if state
        .pasted
        .with_untracked(|it| it.as_ref().is_some_and(is_gone))
    {
        state.pasted.set(None);
    }
}

/// Takes a part out of the text, if the box still belongs to this conversation.
pub(super) fn take_out(user: UserId, conversation: Option<ConversationId>, part: &str) {
    if let Some(text) = box_of(conversation) {
        let value = text.value().replacen(part, "", 1);
        browser::save_draft(user, conversation, &value);
        set_text(&text, &value);
    }
}

fn set_text(text: &HtmlTextAreaElement, value: &str) {
    // Who is writing may be in the middle of a word.
    if text.value() != value {
        text.set_value(value);
    }
    fit(text);
}

/// Shows the draft of the conversation that is shown, and keeps what stands in the box at first, or
/// was typed while the conversation was on its way. Whoever opens one wants to write in it.
fn keep_drafts(text: NodeRef<html::Textarea>, user: UserId, state: ComposerState) {
    Effect::new(move |before: Option<(bool, Option<ConversationId>)>| {
        let (id, is_there) = (state.conversation.get(), !state.is_waiting.get());
        let Some(text) = text.get() else {
            return (false, id);
        };
        let typed = text.value();
        let before = before.filter(|it| it.0).map(|it| it.1);
        let is_first = before.is_none();
        let is_same = before.is_none_or(|it| it == id);
        if is_same && !typed.is_empty() {
            browser::save_draft(user, id, &typed);
        }
        if is_there {
            state.queued.set(waiting_or_drafted(user, id, state));
        }
        let draft = browser::read_draft(user, id).unwrap_or_default();
        // What storage cannot keep stays at least in the box.
        let is_kept = !is_same || typed.is_empty() || draft.contains(&typed);
        set_text(&text, if is_kept { &draft } else { &typed });
        if is_first {
            // By then the page that led here has gone, and taken its focus along.
            request_animation_frame(|| browser::focus_text_if_lost(TEXT_ID));
        } else {
            browser::focus_text(TEXT_ID);
        }
        (true, id)
    });
}

/// The message that waits for the answer of a conversation. If nothing is being answered any more,
/// it becomes a draft: nobody is here who wants it sent now, unless they have said so.
fn waiting_or_drafted(
    user: UserId,
    conversation: Option<ConversationId>,
    state: ComposerState,
) -> Option<Queued> {
    let id = conversation?;
    let queued = browser::read_queued(user, id)?;
    let is_busy = state.running.get_untracked().is_some() || state.is_sending.get_untracked();
    if is_busy || queued.is_wanted {
        return Some(queued);
    }
    let draft = browser::read_draft(user, conversation).unwrap_or_default();
    browser::save_draft(user, conversation, &join_texts(&queued.text, &draft));
    browser::forget_queued(user, id);
    None
}

/// Gives the box its second line, and its lines where the browser does not count them.
fn fit(text: &HtmlTextAreaElement) {
    let value = text.value();
    let lines = value.split('\n').count().clamp(1, MAX_ROWS);
    // At most fourteen: the cast loses nothing.
    text.set_rows(u32::try_from(lines).unwrap_or(1));
    let Ok(Some(form)) = text.closest(".composer") else {
        return;
    };
    // Once tall, it stays so until it is empty: the wider line would need no second one.
    let was_tall = form.has_attribute("data-tall") && !value.is_empty();
    let is_tall = was_tall || lines > 1 || (!value.is_empty() && text.scroll_height() > ONE_LINE);
    // Both fail only for a name that is no attribute's.
    let _ = if is_tall {
        form.set_attribute("data-tall", "")
    } else {
        form.remove_attribute("data-tall")
    };
}

//! The box in which a message is written: a real form, so it also works before and without script.
//!
//! The text lives in the document, not in a signal: what was typed before the page became
//! interactive stays, and typing never waits for a render.

mod files;

use files::{TextOnlyNote, brings_only_files};
use leptos::{html, prelude::*};
use server_fn::ServerFn;

use super::{ErrorText, Icon, IconName};
use crate::{
    api::messages::{PostMessage, StopTurn},
    browser,
    model::{ChatError, ConversationId, MessageId, UserId},
    sub_path::address_of,
    words::{use_locale, words},
};

/// Id of the text box.
pub(crate) const TEXT_ID: &str = "composer-text";
const STOP_FORM_ID: &str = "stop-turn";
const KEYS_ID: &str = "composer-keys";
/// The box grows up to that many lines where the browser cannot size it by itself.
const MAX_ROWS: usize = 8;

/// The text box with Send, or Stop while a turn runs.
#[component]
pub(crate) fn Composer(
    user: UserId,
    #[prop(into)] conversation: Signal<Option<ConversationId>>,
    /// The end of the shown branch, to which a message answers.
    #[prop(into)]
    leaf: Signal<Option<MessageId>>,
    /// The answer that is being made in this conversation.
    #[prop(into)]
    running: Signal<Option<MessageId>>,
    #[prop(into)] is_sending: Signal<bool>,
    #[prop(into)] error: Signal<Option<ChatError>>,
    /// The text stays in the box until [`forget_sent`] says that it was accepted.
    on_send: Callback<String>,
    on_stop: Callback<MessageId>,
) -> impl IntoView {
    let locale = use_locale();
    let text = NodeRef::<html::Textarea>::new();
    let has_refused_file = RwSignal::new(false);
    keep_drafts(text, user, conversation);
    let send = move || {
        let is_free = running.get_untracked().is_none() && !is_sending.get_untracked();
        match text.get_untracked().map(|it| it.value()) {
            Some(value) if is_free && !value.trim().is_empty() => on_send.run(value),
            _ => {}
        }
    };
    let hint = move || {
        let is_running = running.read().is_some();
        if is_running {
            words!(locale, chat.keys_while_running)
        } else {
            words!(locale, chat.keys)
        }
    };
    view! {
        <div class="composer-area">
            <ErrorText error/>
            <TextOnlyNote is_shown=has_refused_file/>
            <form
                class="composer"
                method="post"
                action=address_of(PostMessage::url())
                on:submit=move |event| {
                    event.prevent_default();
                    send();
                }
            >
                <HiddenFields conversation leaf/>
                <TextBox
                    text
                    user
                    conversation
                    has_refused_file
                    on_enter=Callback::new(move |()| send())
                />
                <div class="composer-bar">
                    <span class="composer-hint" id=KEYS_ID>{hint}</span>
                    <SendOrStop running is_sending/>
                </div>
            </form>
            <StopForm running on_stop/>
        </div>
    }
}

/// The text was accepted: takes it out of the draft of the conversation it was written in, and out
/// of the box if that still belongs to it. What was typed since then stays, as a draft of the
/// conversation that the message went to. `way`: from where to where.
pub(crate) fn forget_sent(
    user: UserId,
    way: (Option<ConversationId>, ConversationId),
    sent: &str,
    is_shown: bool,
) {
    let (from, to) = way;
    let text = text_box().filter(|_| is_shown);
    let draft = || browser::read_draft(user, from).unwrap_or_default();
    let value = text
        .as_ref()
        .map_or_else(draft, web_sys::HtmlTextAreaElement::value);
    let rest = value.strip_prefix(sent).unwrap_or(&value);
    browser::forget_draft(user, from);
    browser::save_draft(user, Some(to), rest);
    if let Some(text) = text {
        text.set_value(rest);
        fit_rows(&text);
    }
}

/// A new conversation was made: what is being written for it is its draft now.
pub(crate) fn move_draft(user: UserId, to: ConversationId) {
    let draft = text_box().map(|text| text.value());
    browser::forget_draft(user, None);
    browser::save_draft(user, Some(to), &draft.unwrap_or_default());
}

fn text_box() -> Option<web_sys::HtmlTextAreaElement> {
    use web_sys::wasm_bindgen::JsCast;
    browser::element(TEXT_ID)?.dyn_into().ok()
}

#[component]
fn TextBox(
    text: NodeRef<html::Textarea>,
    user: UserId,
    conversation: Signal<Option<ConversationId>>,
    has_refused_file: RwSignal<bool>,
    on_enter: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let on_key = move |event: web_sys::KeyboardEvent| {
        let is_enter = event.key() == "Enter" && !event.shift_key();
        if is_enter && !browser::is_composing(&event) {
            event.prevent_default();
            on_enter.run(());
        }
    };
    let refuse = move |event: &web_sys::Event, brought| {
        let is_refused = brings_only_files(brought);
        if is_refused {
            // The browser would leave the page and show the file.
            event.prevent_default();
        }
        is_refused
    };
    let on_paste = move |event: web_sys::ClipboardEvent| {
        has_refused_file.set(refuse(&event, event.clipboard_data()));
    };
    let on_drop = move |event: web_sys::DragEvent| {
        has_refused_file.set(refuse(&event, event.data_transfer()));
    };
    let on_drag = move |event: web_sys::DragEvent| {
        refuse(&event, event.data_transfer());
    };
    let on_input = move |_| {
        has_refused_file.set(false);
        if let Some(text) = text.get_untracked() {
            browser::save_draft(user, conversation.get_untracked(), &text.value());
            fit_rows(&text);
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
            enterkeyhint="send"
            placeholder=words!(locale, chat.placeholder)
            aria-describedby=KEYS_ID
            node_ref=text
            on:input=on_input
            on:keydown=on_key
            on:paste=on_paste
            on:dragover=on_drag
            on:drop=on_drop
        ></textarea>
    }
}

#[component]
fn HiddenFields(
    conversation: Signal<Option<ConversationId>>,
    leaf: Signal<Option<MessageId>>,
) -> impl IntoView {
    let field = |name, value| {
        view! { <input type="hidden" name=name value=value autocomplete="off"/> }
    };
    view! {
        {move || Some(field("conversation", conversation.get()?.to_string()))}
        {move || Some(field("parent", leaf.get()?.to_string()))}
        <input type="hidden" name="key" value=key_for_form_posts() autocomplete="off"/>
    }
}

#[component]
fn SendOrStop(running: Signal<Option<MessageId>>, is_sending: Signal<bool>) -> impl IntoView {
    let locale = use_locale();
    let is_running = Memo::new(move |_| running.read().is_some());
    move || {
        let (class, label, icon, form) = if is_running.get() {
            (
                "send-button stop",
                words!(locale, chat.stop),
                IconName::Stop,
                Some(STOP_FORM_ID),
            )
        } else {
            (
                "send-button",
                words!(locale, chat.send),
                IconName::Send,
                None,
            )
        };
        view! {
            <button
                type="submit"
                class=class
                title=label
                aria-label=label
                form=form
                disabled=is_sending
            >
                <Icon name=icon/>
            </button>
        }
    }
}

#[component]
fn StopForm(running: Signal<Option<MessageId>>, on_stop: Callback<MessageId>) -> impl IntoView {
    move || {
        let id = running.get()?;
        let on_submit = move |event: web_sys::SubmitEvent| {
            event.prevent_default();
            on_stop.run(id);
        };
        Some(view! {
            <form id=STOP_FORM_ID method="post" action=address_of(StopTurn::url()) on:submit=on_submit>
                <input type="hidden" name="message" value=id.to_string() autocomplete="off"/>
            </form>
        })
    }
}

/// Shows the draft of the conversation that is shown, and keeps what stands in the box at first.
fn keep_drafts(
    text: NodeRef<html::Textarea>,
    user: UserId,
    conversation: Signal<Option<ConversationId>>,
) {
    Effect::new(move |is_later: Option<bool>| {
        let id = conversation.get();
        let Some(text) = text.get() else { return false };
        let typed = text.value();
        if is_later != Some(true) && !typed.is_empty() {
            browser::save_draft(user, id, &typed);
        } else {
            text.set_value(&browser::read_draft(user, id).unwrap_or_default());
        }
        fit_rows(&text);
        true
    });
}

fn fit_rows(text: &web_sys::HtmlTextAreaElement) {
    let lines = text.value().lines().count().clamp(1, MAX_ROWS);
    // At most eight: the cast loses nothing.
    text.set_rows(u32::try_from(lines).unwrap_or(1));
}

/// A post without script needs a key that the server made. Hydration leaves the attribute alone,
/// and the script makes its own key for each press of Send.
#[cfg(feature = "ssr")]
fn key_for_form_posts() -> String {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string(),
        // An invalid key is refused by the server; an equal one could swallow a message.
        Err(_) => String::new(),
    }
}

#[cfg(not(feature = "ssr"))]
fn key_for_form_posts() -> String {
    String::new()
}

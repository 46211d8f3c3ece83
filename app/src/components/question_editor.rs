//! A question that is being edited: a box of the whole column in the place of its bubble.
//!
//! The text lives in the document, like that of the composer. It is a real form, and the address
//! can name the question (`?edit=`), so that it works without script too.

use leptos::{html, prelude::*};
use server_fn::ServerFn;
use web_sys::{HtmlTextAreaElement, wasm_bindgen::JsCast};

use super::{ErrorText, MessageCommand, composer::key_for_form_posts};
use crate::{
    api::messages::EditQuestion,
    browser,
    model::{ChatError, ConversationId, MessageId, UserId},
    sub_path::address_of,
    transcript::ShownMessage,
    words::{use_locale, words},
};

/// Id of the box; there is one at most.
const TEXT_ID: &str = "question-text";
/// Id of what describes it.
const NOTE_ID: &str = "question-note";
/// As many lines are shown, where the browser does not count them by itself.
const MIN_ROWS: usize = 2;
const MAX_ROWS: usize = 14;

/// Which question is being edited, by whom, and why the last attempt to send it failed.
#[derive(Clone, Copy)]
pub(crate) struct Editing {
    pub(crate) user: UserId,
    /// What was shown first: where one is led back to without script.
    drawn: Option<ConversationId>,
    pub(crate) question: RwSignal<Option<MessageId>>,
    pub(crate) error: RwSignal<Option<ChatError>>,
}

impl Editing {
    pub(crate) fn new(user: UserId, drawn: Option<ConversationId>) -> Self {
        Self {
            user,
            drawn,
            question: RwSignal::new(None),
            error: RwSignal::new(None),
        }
    }
}

/// What stands in the box, if it is open.
pub(crate) fn edited_text() -> Option<String> {
    let text: HtmlTextAreaElement = browser::element(TEXT_ID)?.dyn_into().ok()?;
    Some(text.value())
}

/// The box with Cancel and Send.
#[component]
pub(super) fn QuestionEditor(
    message: RwSignal<ShownMessage>,
    editing: Editing,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let id = message.with_untracked(|it| it.id);
    let place = format!("#message-{id}");
    let back = editing.drawn.map(|id| id.to_string());
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        on_command.run(MessageCommand::SendEdited(id));
    };
    let cancel = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        on_command.run(MessageCommand::CancelEdit(id));
    };
    view! {
        <form
            class="question-editor"
            method="post"
            action=address_of(EditQuestion::url())
            on:submit=on_submit
        >
            <input type="hidden" name="message" value=id.to_string() autocomplete="off"/>
            <input type="hidden" name="conversation" value=back autocomplete="off"/>
            <input type="hidden" name="key" value=key_for_form_posts() autocomplete="off"/>
            <EditedText message editing on_command/>
            <ErrorText error=editing.error/>
            <div class="question-editor-foot">
                <p id=NOTE_ID>{words!(locale, chat.edit_note)}</p>
                // Without script it asks for the page as it was.
                <button
                    type="submit"
                    class="button"
                    form="conversations"
                    formaction=place
                    on:click=cancel
                >
                    {words!(locale, chat.cancel)}
                </button>
                <button type="submit" class="button primary">
                    {words!(locale, chat.send)}
                </button>
            </div>
        </form>
    }
}

/// Enter sends and Escape cancels; on a keyboard of the screen Enter makes a line.
#[component]
fn EditedText(
    message: RwSignal<ShownMessage>,
    editing: Editing,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let (id, first) = message.with_untracked(|it| (it.id, first_text(&it.text)));
    let text = NodeRef::<html::Textarea>::new();
    Effect::new(move || {
        if let Some(text) = text.get() {
            begin(&text, editing.user, id);
        }
    });
    let on_input = move |_| {
        if let Some(text) = text.get_untracked() {
            browser::save_edit(editing.user, id, &text.value());
            fit(&text);
        }
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        if browser::is_composing(&event) {
            return;
        }
        let sends = !event.shift_key() && !browser::is_touch_screen();
        let command = match event.key().as_str() {
            "Enter" if sends => MessageCommand::SendEdited(id),
            "Escape" => MessageCommand::CancelEdit(id),
            _ => return,
        };
        event.prevent_default();
        on_command.run(command);
    };
    view! {
        <textarea
            id=TEXT_ID
            name="text"
            rows=MIN_ROWS.to_string()
            dir="auto"
            required
            autofocus
            autocomplete="off"
            aria-label=words!(use_locale(), chat.edit_question)
            aria-describedby=NOTE_ID
            node_ref=text
            inner_html=first
            on:input=on_input
            on:keydown=on_key
        ></textarea>
    }
}

/// Puts what was written last into the box, else the question as it is, and the focus behind it.
/// What was typed before the page became interactive stays.
fn begin(text: &HtmlTextAreaElement, user: UserId, id: MessageId) {
    let old = browser::question_text(id);
    let typed = Some(text.value()).filter(|typed| !typed.is_empty() && *typed != old);
    let value = typed.or_else(|| browser::read_edit(user, id));
    text.set_value(&value.unwrap_or(old));
    fit(text);
    // Fails only for elements that left the document meanwhile.
    let _ = text.focus();
}

fn fit(text: &HtmlTextAreaElement) {
    let lines = text.value().split('\n').count().clamp(MIN_ROWS, MAX_ROWS);
    // At most fourteen: the cast loses nothing.
    text.set_rows(u32::try_from(lines).unwrap_or(1));
}

/// The server writes the text into the document. The first line break after the tag is the
/// browser's, not the text's.
#[cfg(feature = "ssr")]
fn first_text(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

/// The browser finds the text in the bubble.
#[cfg(not(feature = "ssr"))]
fn first_text(_: &str) -> String {
    String::new()
}

//! The box in which a message is written: a real form, so it also works before and without script.
//!
//! The text lives in the document, not in a signal: what was typed before the page became
//! interactive stays, and typing never waits for a render.

mod add_files;
mod chips;
mod keys_hint;
mod long_paste;
mod lost_message;
mod queued_row;
mod send_buttons;
mod text_box;
mod tool_chips;

use add_files::AddFiles;
use chips::Chips;
use keys_hint::KeysHint;
use leptos::prelude::*;
use long_paste::LongPaste;
use lost_message::LostMessage;
use queued_row::QueuedRow;
use send_buttons::{SendButtons, StopForm};
use server_fn::ServerFn;
pub(crate) use text_box::{TEXT_ID, begin_text, forget_sent, move_draft, put_back};
use text_box::{TextBox, text_box};
use tool_chips::ToolChips;

use crate::{
    api::messages::PostMessage,
    browser::{self, Queued},
    model::{ChatError, Choices, ConversationId, MessageId, UserId},
    sub_path::address_of,
};

/// What a person wants of the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ComposerCommand {
    /// The text stays in the box until [`forget_sent`] says that it was accepted.
    Send(String),
    /// To be sent when the answer is finished.
    Queue(String),
    Stop(MessageId),
    /// The waiting message is wanted now.
    StopAndSend(MessageId),
    /// The waiting message goes back into the box.
    EditQueued,
    /// The waiting message is not wanted any more.
    DropQueued,
    /// The conversation wants it so from now on.
    Choose(Choices),
}

/// What the box has to know of the page.
#[derive(Clone, Copy)]
pub(crate) struct ComposerState {
    /// Whose draft stands in the box.
    pub(crate) conversation: Signal<Option<ConversationId>>,
    /// The end of the shown branch, to which a message answers.
    pub(crate) leaf: Signal<Option<MessageId>>,
    /// The answer that is being made in this conversation.
    pub(crate) running: Signal<Option<MessageId>>,
    pub(crate) is_sending: Signal<bool>,
    /// The conversation is on its way: only its draft is there.
    pub(crate) is_waiting: Signal<bool>,
    /// Nothing was said in this conversation yet.
    pub(crate) is_empty: Signal<bool>,
    /// What holds in this conversation, of what the model can do.
    pub(crate) choices: Signal<Choices>,
    pub(crate) queued: RwSignal<Option<Queued>>,
    pub(crate) error: Signal<Option<ChatError>>,
    /// What there is to know of files that were brought.
    pub(crate) note: RwSignal<Option<FileNote>>,
    /// A long text that was pasted and stands in the box.
    pub(crate) pasted: RwSignal<Option<String>>,
}

/// What is told of files at the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileNote {
    /// Send was pressed while one was on its way.
    Coming,
    /// What sends them could not be loaded.
    Unreached,
}

/// The text box with Send, or Stop while a turn runs.
#[component]
pub(crate) fn Composer(
    user: UserId,
    state: ComposerState,
    on_command: Callback<ComposerCommand>,
) -> impl IntoView {
    let submit = Callback::new(move |()| {
        let text = text_box().map(|it| it.value()).unwrap_or_default();
        if text.trim().is_empty() || state.is_sending.get_untracked() {
            return;
        }
        if browser::is_sending_files() {
            state.note.set(Some(FileNote::Coming));
            return;
        }
        state.pasted.set(None);
        on_command.run(if state.running.get_untracked().is_some() {
            ComposerCommand::Queue(text)
        } else {
            ComposerCommand::Send(text)
        });
    });
    let place = move || {
        if state.is_empty.get() {
            "composer-inline"
        } else {
            "composer-area"
        }
    };
    view! {
        <div class=place>
            <LostMessage
                error=state.error
                note=state.note
                is_sending=state.is_sending
                on_again=submit
            />
            <LongPaste user state/>
            <form
                class="composer"
                method="post"
                action=address_of(PostMessage::url())
                on:submit=move |event| {
                    event.prevent_default();
                    submit.run(());
                }
            >
                <HiddenFields conversation=state.conversation leaf=state.leaf/>
                <div class="composer-head">
                    <QueuedRow state on_command/>
                    <Chips user state/>
                </div>
                <AddFiles user state/>
                <TextBox user state on_enter=submit/>
                <ToolChips state on_command/>
                <SendButtons running=state.running is_sending=state.is_sending/>
            </form>
            <KeysHint user is_sending=state.is_sending/>
            <StopForm running=state.running on_command/>
        </div>
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

/// A post without script needs a key that the server made. Hydration leaves the attribute alone,
/// and the script makes its own key for each press of Send.
#[cfg(feature = "ssr")]
pub(crate) fn key_for_form_posts() -> String {
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
pub(crate) fn key_for_form_posts() -> String {
    String::new()
}

//! Send, and Stop in its place while an answer is written. With a text in the box both stand there.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::ComposerCommand;
use crate::{
    api::messages::StopTurn,
    components::{Icon, IconName},
    model::MessageId,
    sub_path::address_of,
    words::{use_locale, words},
};

const STOP_FORM_ID: &str = "stop-turn";

/// While an answer is written Send means to queue; the style sheet hides it as long as there is
/// nothing to queue.
#[component]
pub(super) fn SendButtons(
    running: Signal<Option<MessageId>>,
    is_sending: Signal<bool>,
) -> impl IntoView {
    let locale = use_locale();
    let is_running = Memo::new(move |_| running.read().is_some());
    let stop = move || {
        let label = words!(locale, chat.stop);
        view! {
            <button
                type="submit"
                class="send-button stop"
                title=label
                aria-label=label
                form=STOP_FORM_ID
            >
                <Icon name=IconName::Stop/>
            </button>
        }
    };
    let class = move || {
        if is_running.get() {
            "send-button needs-script"
        } else {
            "send-button"
        }
    };
    let label = move || {
        if is_running.get() {
            words!(locale, chat.queue)
        } else {
            words!(locale, chat.send)
        }
    };
    view! {
        <span class="send-pair">
            {move || is_running.get().then(stop)}
            <button
                type="submit"
                class=class
                title=label
                aria-label=label
                disabled=is_sending
            >
                <Icon name=IconName::Send/>
            </button>
        </span>
    }
}

/// Always there, so that nothing moves when an answer begins.
#[component]
pub(super) fn StopForm(
    running: Signal<Option<MessageId>>,
    on_command: Callback<ComposerCommand>,
) -> impl IntoView {
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(id) = running.get_untracked() {
            on_command.run(ComposerCommand::Stop(id));
        }
    };
    let message = move || running.get().map(|id| id.to_string()).unwrap_or_default();
    view! {
        <form
            id=STOP_FORM_ID
            hidden
            method="post"
            action=address_of(StopTurn::url())
            on:submit=on_submit
        >
            <input type="hidden" name="message" value=message autocomplete="off"/>
        </form>
    }
}

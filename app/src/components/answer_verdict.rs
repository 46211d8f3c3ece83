//! What its person does with an answer that is there: says what it is worth, has it read aloud.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{Icon, IconName, MessageCommand};
use crate::{
    api::personal::RateMessage,
    model::Thumb,
    sub_path::address_of,
    transcript::ShownMessage,
    words::{use_locale, words},
};

/// Two thumbs, of which one may be pressed. Pressed once more it is taken back: its form then sends
/// none.
#[component]
pub(crate) fn RatingButtons(
    message: RwSignal<ShownMessage>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let id = message.with_untracked(|it| it.id);
    let button = move |thumb: Thumb, label: &'static str, icon: IconName| {
        let is_pressed = move || message.read().rating == Some(thumb);
        let pressed = move || if is_pressed() { "true" } else { "false" };
        let press = move |event: web_sys::MouseEvent| {
            event.prevent_default();
            let wanted = (!untrack(is_pressed)).then_some(thumb);
            on_command.run(MessageCommand::Rate(id, wanted));
        };
        view! {
            <button
                type="submit"
                class="icon-button"
                name=move || (!is_pressed()).then_some("thumb")
                value=thumb.as_str()
                title=label
                aria-label=label
                aria-pressed=pressed
                on:click=press
            >
                <Icon name=icon/>
            </button>
        }
    };
    view! {
        <form class="post-form rating" method="post" action=address_of(RateMessage::url())>
            <input type="hidden" name="message" value=id.to_string() autocomplete="off"/>
            {button(Thumb::Up, words!(locale, chat.good_answer), IconName::ThumbUp)}
            {button(Thumb::Down, words!(locale, chat.bad_answer), IconName::ThumbDown)}
        </form>
    }
}

/// Begins and ends it; hidden where the browser has no voice (`message.css`).
#[component]
pub(crate) fn ReadAloudButton(
    message: RwSignal<ShownMessage>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let label = words!(use_locale(), chat.read_aloud);
    let id = message.with_untracked(|it| it.id);
    let pressed = move || {
        if message.read().is_read_aloud {
            "true"
        } else {
            "false"
        }
    };
    view! {
        <button
            type="button"
            class="icon-button read-aloud needs-script"
            title=label
            aria-label=label
            aria-pressed=pressed
            on:click=move |_| on_command.run(MessageCommand::ReadAloud(id))
        >
            <Icon name=IconName::Speaker/>
            <Icon name=IconName::Stop class="icon reading"/>
        </button>
    }
}

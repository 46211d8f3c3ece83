//! The row of buttons under a message.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{
    DeleteMessageMenu, Icon, IconName, MessageInfo, PostForm, RatingButtons, ReadAloudButton,
};
use crate::{
    api::{
        conversations::{ForkConversation, ShowVersion},
        messages::Regenerate,
    },
    model::{MessageId, MessageStatus, Thumb},
    sub_path::address_of,
    transcript::ShownMessage,
    words::{self, use_locale, words},
};

/// What a person asked about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageCommand {
    Copy(MessageId),
    Regenerate(MessageId),
    Continue(MessageId),
    ShowVersion(MessageId),
    /// A box is to stand in the place of this question.
    Edit(MessageId),
    /// What stands in that box is not wanted.
    CancelEdit(MessageId),
    /// What stands in that box becomes another version of the question.
    SendEdited(MessageId),
    /// A new conversation is to begin as this one did.
    Fork(MessageId),
    Delete(MessageId),
    /// An answer is good, or not; or nothing is to be said of it any more.
    Rate(MessageId, Option<Thumb>),
    /// An answer is to be read aloud, or is being read long enough.
    ReadAloud(MessageId),
    /// The stream of the running answer is to be opened again, now.
    Reconnect,
}

/// Copy, Edit, Fork and Delete, beside a question.
#[component]
pub(crate) fn QuestionActions(
    message: RwSignal<ShownMessage>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="message-actions" role="group" aria-label=words!(locale, chat.actions)>
            <CopyButton message on_command/>
            <EditButton message on_command/>
            <ForkButton message on_command/>
            <DeleteMessageMenu message on_command/>
        </div>
    }
}

/// Copy, Regenerate, Fork, thumbs, Read aloud, facts and Delete, under an answer.
#[component]
pub(crate) fn MessageActions(
    message: RwSignal<ShownMessage>,
    #[prop(into)] is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let is_running = Memo::new(move |_| message.read().is_running());
    let answer_actions =
        move || (!is_running.get()).then(|| view! { <AnswerActions message is_busy on_command/> });
    view! {
        <div class="message-actions" role="group" aria-label=words!(locale, chat.actions)>
            <CopyButton message on_command/>
            {answer_actions}
            <DeleteMessageMenu message on_command/>
        </div>
    }
}

/// Its drawing becomes a tick for a moment (`message.css`): the eye is there already.
#[component]
fn CopyButton(
    message: RwSignal<ShownMessage>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let id = message.with_untracked(|it| it.id);
    view! {
        <button
            type="button"
            class="icon-button copy-button needs-script"
            title=words!(locale, chat.copy)
            aria-label=words!(locale, chat.copy)
            on:click=move |_| on_command.run(MessageCommand::Copy(id))
        >
            <Icon name=IconName::Copy/>
            <Icon name=IconName::Check class="icon tick"/>
        </button>
    }
}

/// Without script it asks for the page with a box in the place of the question.
#[component]
fn EditButton(
    message: RwSignal<ShownMessage>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let label = words!(use_locale(), chat.edit_question);
    let id = message.with_untracked(|it| it.id);
    let place = format!("#message-{id}");
    let edit = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        on_command.run(MessageCommand::Edit(id));
    };
    view! {
        <button
            type="submit"
            class="icon-button edit-question"
            form="conversations"
            formaction=place
            name="edit"
            value=id.to_string()
            title=label
            aria-label=label
            on:click=edit
        >
            <Icon name=IconName::Edit/>
        </button>
    }
}

#[component]
fn ForkButton(
    message: RwSignal<ShownMessage>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let id = message.with_untracked(|it| it.id);
    let on_press = Callback::new(move |()| on_command.run(MessageCommand::Fork(id)));
    view! {
        <PostForm
            action=address_of(ForkConversation::url())
            name="message"
            value=id.to_string()
            label=words!(use_locale(), chat.fork)
            class="icon-button"
            on_press
        >
            <Icon name=IconName::Branch/>
        </PostForm>
    }
}

#[component]
fn AnswerActions(
    message: RwSignal<ShownMessage>,
    is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let id = message.with_untracked(|it| it.id);
    // Below a failed answer a button with words says it.
    let has_failed = Memo::new(move |_| message.read().status == MessageStatus::Failed);
    let on_again = Callback::new(move |()| on_command.run(MessageCommand::Regenerate(id)));
    let again = move || {
        (!has_failed.get()).then(|| {
            view! {
                <PostForm
                    action=address_of(Regenerate::url())
                    name="message"
                    value=id.to_string()
                    label=words!(locale, chat.regenerate)
                    class="icon-button"
                    disabled=is_busy
                    on_press=on_again
                >
                    <Icon name=IconName::Retry/>
                </PostForm>
            }
        })
    };
    let info = move || {
        let message = message.read();
        let (usage, provenance) = (message.usage?, message.provenance.clone()?);
        let finish_reason = message.finish_reason;
        Some(view! { <MessageInfo id usage finish_reason provenance/> })
    };
    view! {
        {again}
        <ForkButton message on_command/>
        <RatingButtons message on_command/>
        <ReadAloudButton message on_command/>
        {info}
    }
}

/// ‹ n / m ›, where a message has more than one version.
#[component]
pub(crate) fn VersionSwitch(
    message: RwSignal<ShownMessage>,
    is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let version = Memo::new(move |_| message.read().version());
    let step = move |step: isize, label: &'static str, icon: IconName| {
        let target = message.with_untracked(|it| it.neighbour(step));
        let value = target.map(|id| id.to_string()).unwrap_or_default();
        let on_press = Callback::new(move |()| {
            if let Some(id) = target {
                on_command.run(MessageCommand::ShowVersion(id));
            }
        });
        let disabled = Signal::derive(move || target.is_none() || is_busy.get());
        view! {
            <PostForm
                action=address_of(ShowVersion::url())
                name="message"
                value
                label
                class="icon-button"
                disabled
                on_press
            >
                <Icon name=icon class="icon mirrored"/>
            </PostForm>
        }
    };
    move || {
        let (place, count) = version.get();
        (count > 1).then(|| {
            view! {
                <div class="version-switch">
                    {step(-1, words!(locale, chat.earlier_version), IconName::ChevronLeft)}
                    <span aria-hidden="true">{format!("{place} / {count}")}</span>
                    <span class="visually-hidden">{words::version(locale, place, count)}</span>
                    {step(1, words!(locale, chat.later_version), IconName::ChevronRight)}
                </div>
            }
        })
    }
}

//! The row of buttons under a message.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{DeleteMessageMenu, Icon, IconName, MessageInfo, PostForm};
use crate::{
    api::{
        conversations::ShowVersion,
        messages::{ContinueTurn, Regenerate},
    },
    model::{MessageId, MessageStatus, Role},
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
    Delete(MessageId),
}

/// Copy, versions, Regenerate or Retry, Continue, Delete.
#[component]
pub(crate) fn MessageActions(
    message: RwSignal<ShownMessage>,
    #[prop(into)] is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let (id, role) = message.with_untracked(|it| (it.id, it.role));
    let copy = move |_| on_command.run(MessageCommand::Copy(id));
    let is_running = Memo::new(move |_| message.read().is_running());
    let answer_actions = move || {
        (role == Role::Assistant && !is_running.get())
            .then(|| view! { <AnswerActions message is_busy on_command/> })
    };
    view! {
        <div class="message-actions" role="group" aria-label=words!(locale, chat.actions)>
            <VersionSwitch message is_busy on_command/>
            <button
                type="button"
                class="icon-button needs-script"
                title=words!(locale, chat.copy)
                aria-label=words!(locale, chat.copy)
                on:click=copy
            >
                <Icon name=IconName::Copy/>
            </button>
            {answer_actions}
            <DeleteMessageMenu message on_command/>
        </div>
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
    let value = id.to_string();
    let has_failed = Memo::new(move |_| message.read().status == MessageStatus::Failed);
    let can_continue = Memo::new(move |_| message.read().can_continue());
    let on_again = Callback::new(move |()| on_command.run(MessageCommand::Regenerate(id)));
    let on_continue = Callback::new(move |()| on_command.run(MessageCommand::Continue(id)));
    let again = {
        let value = value.clone();
        move || {
            let (label, class) = if has_failed.get() {
                (words!(locale, chat.retry), "quiet-button")
            } else {
                (words!(locale, chat.regenerate), "icon-button")
            };
            view! {
                <PostForm
                    action=address_of(Regenerate::url())
                    name="message"
                    value=value.clone()
                    label
                    class
                    disabled=is_busy
                    on_press=on_again
                >
                    <Icon name=IconName::Retry/>
                    {has_failed.get().then_some(words!(locale, chat.retry))}
                </PostForm>
            }
        }
    };
    let go_on = move || {
        can_continue.get().then(|| {
            view! {
                <PostForm
                    action=address_of(ContinueTurn::url())
                    name="message"
                    value=value.clone()
                    label=words!(locale, chat.go_on)
                    disabled=is_busy
                    on_press=on_continue
                >
                    <Icon name=IconName::Continue/>
                    {words!(locale, chat.go_on)}
                </PostForm>
            }
        })
    };
    let info = move || {
        let message = message.read();
        let (usage, provenance) = (message.usage?, message.provenance.clone()?);
        let finish_reason = message.finish_reason;
        Some(view! { <MessageInfo usage finish_reason provenance/> })
    };
    view! {
        {again}
        {go_on}
        {info}
    }
}

/// ‹ n/m ›, where a message has more than one version.
#[component]
fn VersionSwitch(
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
                <Icon name=icon/>
            </PostForm>
        }
    };
    move || {
        let (place, count) = version.get();
        (count > 1).then(|| {
            view! {
                <span class="version-switch">
                    {step(-1, words!(locale, chat.earlier_version), IconName::ChevronLeft)}
                    <span aria-hidden="true">{format!("{place}/{count}")}</span>
                    <span class="visually-hidden">{words::version(locale, place, count)}</span>
                    {step(1, words!(locale, chat.later_version), IconName::ChevronRight)}
                </span>
            }
        })
    }
}

//! What happens to an answer, or what became of it, in words below it.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{Icon, IconName, MessageCommand, PostForm};
use crate::{
    api::messages::{ContinueTurn, Regenerate},
    model::MessageStatus,
    sub_path::address_of,
    transcript::ShownMessage,
    words::{self, Locale, use_locale, words},
};

/// What stands before the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Nothing,
    /// Something is on its way.
    Burning,
    /// It is not, for now.
    Unlit,
    Warning,
}

/// What there is to press beside the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WayOn {
    Nothing,
    Continue,
    Again,
    Reconnect,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    words: String,
    sign: Sign,
    way_on: WayOn,
}

/// Nothing below an answer that is as it should be.
#[component]
pub(crate) fn AnswerNote(
    message: RwSignal<ShownMessage>,
    is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let note = Memo::new(move |_| message.with(|message| note_of(locale, message)));
    let notice = Memo::new(move |_| message.read().notice);
    let view_note = move |note: Note| {
        let class = match note.sign {
            Sign::Nothing => "message-note",
            Sign::Burning | Sign::Unlit => "message-note waiting",
            Sign::Warning => "message-note failed",
        };
        view! {
            <div class=class>
                {view_sign(note.sign)}
                <span class="note-text">{note.words}</span>
                <NoteButton way_on=note.way_on message is_busy on_command/>
            </div>
        }
    };
    view! {
        {move || note.get().map(view_note)}
        {move || notice.get().map(|notice| view! {
            <p class="message-notice">{words::notice(locale, notice)}</p>
        })}
    }
}

fn view_sign(sign: Sign) -> impl IntoView {
    match sign {
        Sign::Nothing => ().into_any(),
        Sign::Burning => view! { <span class="dot burning"></span> }.into_any(),
        Sign::Unlit => view! { <span class="dot unlit"></span> }.into_any(),
        Sign::Warning => view! { <Icon name=IconName::Warning/> }.into_any(),
    }
}

/// Continue and Try again are posts, so that they work without script; a lost stream needs script.
#[component]
fn NoteButton(
    way_on: WayOn,
    message: RwSignal<ShownMessage>,
    is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let id = message.with_untracked(|it| it.id);
    let post = move |action: String, command, icon, words: &'static str| {
        let on_press = Callback::new(move |()| on_command.run(command));
        view! {
            <PostForm
                action
                name="message"
                value=id.to_string()
                label=words
                class="button"
                disabled=is_busy
                on_press
            >
                <Icon name=icon class="icon small mirrored"/>
                {words}
            </PostForm>
        }
        .into_any()
    };
    match way_on {
        WayOn::Nothing => ().into_any(),
        WayOn::Continue => post(
            address_of(ContinueTurn::url()),
            MessageCommand::Continue(id),
            IconName::Continue,
            words!(locale, chat.go_on),
        ),
        WayOn::Again => post(
            address_of(Regenerate::url()),
            MessageCommand::Regenerate(id),
            IconName::Retry,
            words!(locale, chat.try_again),
        ),
        WayOn::Reconnect => view! {
            <button
                type="button"
                class="button"
                on:click=move |_| on_command.run(MessageCommand::Reconnect)
            >
                {words!(locale, chat.try_again)}
            </button>
        }
        .into_any(),
    }
}

fn note_of(locale: Locale, message: &ShownMessage) -> Option<Note> {
    if message.is_running() {
        return running_note(locale, message);
    }
    let way_on = match message.status {
        MessageStatus::Failed => WayOn::Again,
        _ if message.can_continue() => WayOn::Continue,
        _ => WayOn::Nothing,
    };
    let (sign, words) = match message.status {
        MessageStatus::Running => return None,
        MessageStatus::Finished if message.reasoning.is_some() && !message.has_text() => {
            let words = words!(locale, chat.only_reasoning);
            (Sign::Nothing, words.to_owned())
        }
        MessageStatus::Finished => {
            let words = words::finish(locale, message.finish_reason)?;
            (Sign::Nothing, words.to_owned())
        }
        MessageStatus::Stopped => (Sign::Nothing, words!(locale, chat.stopped).to_owned()),
        MessageStatus::Interrupted => (Sign::Nothing, words!(locale, chat.interrupted).to_owned()),
        MessageStatus::Failed => (Sign::Warning, failure(locale, message)),
    };
    Some(Note {
        words,
        sign,
        way_on,
    })
}

fn running_note(locale: Locale, message: &ShownMessage) -> Option<Note> {
    if message.is_lost {
        return Some(Note {
            words: words!(locale, chat.reconnecting).to_owned(),
            sign: Sign::Unlit,
            way_on: WayOn::Reconnect,
        });
    }
    // What the model thinks is shown as it comes.
    let is_shown = message.reasoning.is_some() && message.waiting.is_none();
    if message.has_text() || is_shown {
        return None;
    }
    let words = match message.waiting {
        Some(state) => words::waiting(locale, state),
        None => words!(locale, chat.thinking).to_owned(),
    };
    Some(Note {
        words,
        sign: Sign::Burning,
        way_on: WayOn::Nothing,
    })
}

fn failure(locale: Locale, message: &ShownMessage) -> String {
    let failed = words!(locale, chat.failed);
    match message.error.clone() {
        Some(error) => {
            let reason = words::turn_error(locale, error);
            words!(
                locale,
                chat.failed_because,
                failed = failed,
                reason = reason
            )
        }
        None => failed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{LocalTime, Message, MessageId, Role, WaitState};

    fn running() -> ShownMessage {
        let id = MessageId::new(Uuid::from_u128(1));
        let time = LocalTime {
            year: 2026,
            month: 11,
            day: 24,
            hour: 6,
            minute: 30,
        };
        ShownMessage::new(Message {
            status: MessageStatus::Running,
            ..Message::empty(id, Role::Assistant, time)
        })
    }

    #[test]
    fn a_lost_connection_is_told_while_the_prompt_is_read_too() {
        let locale = Locale::en;
        let mut message = running();
        message.waiting = Some(WaitState::ReadingPrompt { percent: 11 });
        let reading = note_of(locale, &message).unwrap();
        assert_eq!(reading.sign, Sign::Burning);
        assert_eq!(reading.way_on, WayOn::Nothing);
        for pending in ["", "<p>A word"] {
            message.pending = pending.to_owned();
            message.is_lost = true;
            let lost = note_of(locale, &message).unwrap();
            assert_eq!(lost.words, words!(locale, chat.reconnecting));
            assert_eq!((lost.sign, lost.way_on), (Sign::Unlit, WayOn::Reconnect));
        }
    }
}

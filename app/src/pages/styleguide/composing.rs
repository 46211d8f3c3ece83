//! The box in which a message is written, and the page where nothing is written yet.

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    menus::{conversation, status},
    specimen::{Specimen, Stage},
};
use crate::{
    browser::Queued,
    components::{
        Composer, ComposerState, FileNote, Greeting, Icon, IconName, MissingConversation, Privacy,
        Starters,
    },
    model::{
        ChatError, Choices, ConversationId, IdempotencyKey, MessageId, ModelState, ReasoningEffort,
        UserId,
    },
    words::{Locale, words},
};

/// What differs from box to box.
#[derive(Clone, Default)]
struct Case {
    /// An answer is being written.
    is_running: bool,
    /// A message is on its way.
    is_sending: bool,
    is_empty: bool,
    queued: Option<String>,
    error: Option<ChatError>,
    note: Option<FileNote>,
    /// A long text that was pasted.
    pasted: Option<String>,
}

impl Case {
    fn state(self) -> ComposerState {
        let answer = MessageId::new(Uuid::from_u128(2));
        let queued = self.queued.map(|text| Queued {
            text,
            key: IdempotencyKey::new(Uuid::from_u128(7)),
            is_wanted: false,
        });
        let conversation: Option<ConversationId> = (!self.is_empty).then(conversation);
        ComposerState {
            conversation: Signal::stored(conversation),
            leaf: Signal::stored(None),
            running: Signal::stored(self.is_running.then_some(answer)),
            is_sending: Signal::stored(self.is_sending),
            is_waiting: Signal::stored(false),
            is_empty: Signal::stored(self.is_empty),
            choices: Signal::stored(Choices {
                effort: Some(ReasoningEffort::Medium),
                calculator: Some(true),
            }),
            queued: RwSignal::new(queued),
            error: Signal::stored(self.error),
            note: RwSignal::new(self.note),
            pasted: RwSignal::new(self.pasted),
        }
    }

    fn view(self) -> AnyView {
        let user = UserId::new(Uuid::from_u128(1));
        let state = self.state();
        let on_command = Callback::new(|_| ());
        view! { <Composer user state on_command/> }.into_any()
    }
}

fn specimen(name: &'static str, case: Case) -> Specimen {
    Specimen::new(name, Stage::Column, move || case.view())
}

/// Every state of the box.
pub(super) fn composer(locale: Locale) -> Vec<Specimen> {
    let text = words!(locale, styleguide.sample.text);
    let next = words!(locale, styleguide.sample.next);
    let running = Case {
        is_running: true,
        ..Case::default()
    };
    let queued = Case {
        queued: Some(next.to_owned()),
        ..running.clone()
    };
    let sending = Case {
        is_sending: true,
        ..Case::default()
    };
    let lost = Case {
        error: Some(ChatError::Unreachable(String::new())),
        ..Case::default()
    };
    let refused = Case {
        note: Some(FileNote::Coming),
        ..Case::default()
    };
    let pasted = Case {
        pasted: Some(text.to_owned()),
        ..Case::default()
    };
    vec![
        specimen("composer", Case::default()),
        specimen("composer, written", Case::default()).written(next),
        specimen("composer [data-tall]", Case::default())
            .written(text)
            .marked("composer", "data-tall"),
        specimen("send-button [disabled]", sending).written(next),
        specimen("send-button stop", running.clone()),
        specimen("send-button stop, queue", running).written(next),
        specimen("queued", queued),
        specimen("message-note failed", lost).written(next),
        specimen("error-text", refused),
        specimen("message-note, pasted", pasted).written(text),
        Specimen::new("drop-zone", Stage::Strip, move || drop_zone(locale)),
    ]
}

/// It is there only while files hang above the page.
fn drop_zone(locale: Locale) -> AnyView {
    view! {
        <div class="drop-zone">
            <Icon name=IconName::Upload/>
            <strong>{words!(locale, chat.drop_files)}</strong>
            <small>{words!(locale, chat.drop_files_hint)}</small>
        </div>
    }
    .into_any()
}

/// The first screen, and a conversation that is not there.
pub(super) fn empty_page() -> Vec<Specimen> {
    vec![
        Specimen::new("empty-stage", Stage::Window, || {
            let empty = Case {
                is_empty: true,
                ..Case::default()
            };
            let on_choose = Callback::new(|_| ());
            view! {
                <div class="chat-stage empty-stage">
                    <Greeting name="Ada".to_owned()/>
                    {empty.view()}
                    <Starters own=Vec::new() on_choose/>
                    <Privacy status=status(ModelState::Ready)/>
                </div>
            }
            .into_any()
        }),
        Specimen::new("missing-stage", Stage::Window, || {
            view! {
                <div class="chat-stage missing-stage">
                    <MissingConversation/>
                </div>
            }
            .into_any()
        }),
    ]
}

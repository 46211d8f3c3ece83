//! Menus, as they are when they are open.

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    frame,
    messages::answer,
    specimen::{Specimen, Stage},
};
use crate::{
    components::{ChatMenu, DeleteMessageMenu, ModelChip, PressedQuestion, QuestionMenu, Sidebar},
    model::{Choices, ConversationId, ModelState, ModelStatus},
    words::Locale,
};

/// The menus of the header, of a row and of the account.
pub(super) fn menus(locale: Locale) -> Vec<Specimen> {
    let states = [
        ("model-chip", ModelState::Ready),
        (
            "model-chip, dot burning",
            ModelState::Loading { percent: 62 },
        ),
        ("model-chip, dot failed", ModelState::Failed),
    ];
    let chips = states.map(|(name, state)| {
        Specimen::new(name, Stage::Stack, move || chip(state).into_any()).open()
    });
    let conversation = [("menu, empty page", None), ("menu", Some(conversation()))];
    let conversation = conversation.map(|(name, id)| {
        Specimen::new(name, Stage::Stack, move || {
            let on_command = Callback::new(|_| ());
            let has_title = id.is_some();
            view! { <ChatMenu conversation=id has_title has_branches=has_title on_command/> }
                .into_any()
        })
        .open()
    });
    // Both belong to the sidebar; the guide's style sheet leaves out the rest of it.
    let of_sidebar = [("account-menu", "only-account"), ("row-menu", "only-row")];
    let of_sidebar = of_sidebar.map(|(name, class)| {
        Specimen::new(name, Stage::Stack, move || {
            view! { <div class=class>{sidebar(locale)}</div> }.into_any()
        })
        .open()
    });
    let deletion = Specimen::new("message-delete", Stage::Stack, || {
        let message = RwSignal::new(answer(Vec::new()));
        let on_command = Callback::new(|_| ());
        view! { <DeleteMessageMenu message on_command/> }.into_any()
    })
    .open();
    let question = Specimen::new("question-menu", Stage::Stack, || {
        let on_command = Callback::new(|_| ());
        view! { <QuestionMenu pressed=PressedQuestion::new() on_command/> }.into_any()
    });
    chips
        .into_iter()
        .chain(conversation)
        .chain(of_sidebar)
        .chain([deletion, question.open()])
        .collect()
}

/// A conversation that nobody has.
pub(super) const fn conversation() -> ConversationId {
    ConversationId::new(Uuid::from_u128(1))
}

/// A small model.
pub(super) fn status(state: ModelState) -> RwSignal<ModelStatus> {
    RwSignal::new(ModelStatus {
        name: "SmolLM2-135M-Instruct".to_owned(),
        is_demonstration: true,
        state,
        usual: Choices::default(),
    })
}

/// Its chip.
pub(super) fn chip(state: ModelState) -> impl IntoView {
    let status = status(state);
    let on_settings = Callback::new(|()| ());
    view! { <ModelChip status is_administrator=true on_settings/> }
}

fn sidebar(locale: Locale) -> AnyView {
    let on_command = Callback::new(|_| ());
    let shown: Option<ConversationId> = None;
    view! {
        <Sidebar
            list=frame::list(locale)
            user=frame::person()
            shown
            row_forms=None
            is_open=true
            on_command
        />
    }
    .into_any()
}

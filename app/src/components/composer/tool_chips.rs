//! How long the model may think and what it may use, between the text and Send.

use leptos::prelude::*;

use super::{ComposerCommand, ComposerState};
use crate::{
    components::{Icon, IconName},
    model::{Choices, ReasoningEffort},
    words::{Locale, use_locale, words},
};

/// Nothing of what the model cannot do. Without script what was chosen before holds: a box without
/// a tick is not sent, and what is not sent is no choice.
#[component]
pub(super) fn ToolChips(
    state: ComposerState,
    on_command: Callback<ComposerCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let choose = move |chosen| on_command.run(ComposerCommand::Choose(chosen));
    // What is chosen changes no element: who walks through the efforts by keyboard stays there.
    let can = Memo::new(move |_| {
        let choices = state.choices.get();
        (choices.effort.is_some(), choices.calculator.is_some())
    });
    let effort = move || state.choices.get().effort.unwrap_or_default();
    let has_calculator = move || state.choices.get().calculator == Some(true);
    let on_effort = move |event: web_sys::Event| {
        choose(Choices {
            effort: event_target_value(&event).parse().ok(),
            ..Choices::default()
        });
    };
    let on_calculator = move |event: web_sys::Event| {
        choose(Choices {
            calculator: Some(event_target_checked(&event)),
            ..Choices::default()
        });
    };
    let option = move |it: ReasoningEffort| {
        let is_chosen = untrack(effort) == it;
        view! { <option value=it.as_str() selected=is_chosen>{think(locale, it)}</option> }
    };
    let effort_chip = move || {
        view! {
            <span class="tool-chip effort">
                <Icon name=IconName::Effort class="icon small"/>
                <select
                    title=words!(locale, frame.effort)
                    aria-label=words!(locale, frame.effort)
                    autocomplete="off"
                    prop:value=move || effort().as_str()
                    on:change=on_effort
                >
                    {ReasoningEffort::ALL.into_iter().map(option).collect_view()}
                </select>
            </span>
        }
    };
    let calculator_chip = move || {
        let name = words!(locale, admin.names.calculator);
        view! {
            <label class="tool-chip" title=name>
                <input
                    type="checkbox"
                    autocomplete="off"
                    checked=untrack(has_calculator)
                    prop:checked=has_calculator
                    on:change=on_calculator
                />
                <Icon name=IconName::Calculator class="icon small"/>
                <span class="text">{name}</span>
            </label>
        }
    };
    move || {
        let (thinks, calculates) = can.get();
        view! {
            <div class="composer-tools needs-script">
                {thinks.then(effort_chip)}
                {calculates.then(calculator_chip)}
            </div>
        }
    }
}

fn think(locale: Locale, effort: ReasoningEffort) -> &'static str {
    match effort {
        ReasoningEffort::Low => words!(locale, chat.think.low),
        ReasoningEffort::Medium => words!(locale, chat.think.medium),
        ReasoningEffort::High => words!(locale, chat.think.high),
    }
}

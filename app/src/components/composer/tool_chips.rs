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
    let choices = state.choices;
    let on_choose = Callback::new(move |it| on_command.run(ComposerCommand::Choose(it)));
    // Another choice makes no other element: who walks through the efforts by keyboard stays there.
    let can = Memo::new(move |_| {
        let choices = choices.get();
        (choices.effort.is_some(), choices.calculator.is_some())
    });
    move || {
        let (thinks, calculates) = can.get();
        view! {
            <div class="composer-tools needs-script">
                {thinks.then(|| view! { <EffortChip choices on_choose/> })}
                {calculates.then(|| view! { <CalculatorChip choices on_choose/> })}
            </div>
        }
    }
}

#[component]
fn EffortChip(choices: Signal<Choices>, on_choose: Callback<Choices>) -> impl IntoView {
    let locale = use_locale();
    let effort = move || choices.get().effort.unwrap_or_default();
    let on_change = move |event: web_sys::Event| {
        on_choose.run(Choices {
            effort: event_target_value(&event).parse().ok(),
            ..Choices::default()
        });
    };
    let first = untrack(effort);
    let option = |it: ReasoningEffort| {
        view! { <option value=it.as_str() selected=it == first>{think(locale, it)}</option> }
    };
    view! {
        <span class="tool-chip effort">
            <Icon name=IconName::Effort class="icon small"/>
            <select
                title=words!(locale, admin.names.reasoning_effort)
                aria-label=words!(locale, admin.names.reasoning_effort)
                autocomplete="off"
                prop:value=move || effort().as_str()
                on:change=on_change
            >
                {ReasoningEffort::ALL.into_iter().map(option).collect_view()}
            </select>
        </span>
    }
}

fn think(locale: Locale, effort: ReasoningEffort) -> &'static str {
    match effort {
        ReasoningEffort::Low => words!(locale, chat.think.low),
        ReasoningEffort::Medium => words!(locale, chat.think.medium),
        ReasoningEffort::High => words!(locale, chat.think.high),
    }
}

#[component]
fn CalculatorChip(choices: Signal<Choices>, on_choose: Callback<Choices>) -> impl IntoView {
    let locale = use_locale();
    let is_on = move || choices.get().calculator == Some(true);
    let on_change = move |event: web_sys::Event| {
        on_choose.run(Choices {
            calculator: Some(event_target_checked(&event)),
            ..Choices::default()
        });
    };
    let name = words!(locale, admin.names.calculator);
    view! {
        <label class="tool-chip" title=name>
            <input
                type="checkbox"
                autocomplete="off"
                checked=untrack(is_on)
                prop:checked=is_on
                on:change=on_change
            />
            <Icon name=IconName::Calculator class="icon small"/>
            <span class="text">{name}</span>
        </label>
    }
}

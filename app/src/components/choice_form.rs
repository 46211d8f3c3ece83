//! One setting with a few choices: a form without script, saved at once with it.

use leptos::prelude::*;

use super::ErrorText;
use crate::{
    model::ChatError,
    words::{use_locale, words},
};

/// What a setting offers.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    /// Name of the server function's argument.
    pub(crate) name: &'static str,
    pub(crate) heading: &'static str,
    /// A sentence below the heading.
    pub(crate) lead: &'static str,
    /// Values and what they are called.
    pub(crate) options: Vec<(&'static str, &'static str)>,
    pub(crate) chosen: &'static str,
}

/// A setting of which one choice holds.
#[component]
pub(crate) fn ChoiceForm(
    choices: Choices,
    /// Address of the server function.
    action: String,
    /// Says so beside the setting.
    #[prop(into)]
    saved: Signal<bool>,
    #[prop(into)] error: Signal<Option<ChatError>>,
    on_choose: Callback<String>,
) -> impl IntoView {
    let locale = use_locale();
    let Choices {
        name,
        heading,
        lead,
        options,
        chosen,
    } = choices;
    let lead_id = format!("{name}-lead");
    let described_by = lead_id.clone();
    let option = |(value, label): (&'static str, &'static str)| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name=name
                    value=value
                    checked=value == chosen
                    autocomplete="off"
                    on:change=move |_| on_choose.run(value.to_owned())
                />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <form class="setting" method="post" action=action>
            <fieldset aria-describedby=described_by>
                <legend>{heading}</legend>
                <p class="setting-lead" id=lead_id>{lead}</p>
                <div class="choices">
                    {options.into_iter().map(option).collect_view()}
                    <button type="submit" class="quiet-button only-without-script">
                        {words!(locale, settings.save)}
                    </button>
                    <SavedMark saved/>
                </div>
            </fieldset>
            <ErrorText error/>
        </form>
    }
}

/// Says that a setting is kept, to screen readers too.
#[component]
pub(crate) fn SavedMark(#[prop(into)] saved: Signal<bool>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <span class="saved-mark" role="status">
            {move || saved.get().then_some(words!(locale, settings.saved))}
        </span>
    }
}

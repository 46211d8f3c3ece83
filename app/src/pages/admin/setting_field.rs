//! One setting in a form of its own: saved alone, with the answer in its place.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api::administration::SaveSetting,
    components::{ErrorText, ServerForm},
    model::{ChatError, Refusal, Setting},
    pages::escape_html,
    words::{use_locale, words},
};

/// How a setting is entered.
#[derive(Clone, Debug)]
pub(super) enum Control {
    /// A text of several lines.
    Text,
    /// A number, or nothing.
    Number,
    /// One of these values, with its name.
    Choice(Vec<(&'static str, &'static str)>),
}

/// Label, control, Save, and what became of it.
#[component]
pub(super) fn SettingField(
    setting: Setting,
    label: &'static str,
    #[prop(optional_no_strip)] hint: Option<String>,
    control: Control,
) -> impl IntoView {
    let locale = use_locale();
    let save = ServerAction::<SaveSetting>::new();
    let version = RwSignal::new(setting.version);
    let name = setting.name.as_str();
    // A form post without script says in the address what was saved.
    let query = use_query_map();
    let was_posted = move || query.read().get("saved").is_some_and(|saved| saved == name);
    let answer = move || save.value().get();
    let is_saved = move || match answer() {
        Some(answer) => answer.is_ok() && !save.pending().get(),
        None => was_posted(),
    };
    let error = Signal::derive(move || answer().and_then(Result::err));
    Effect::new(move || {
        // Who was told what holds now may replace it knowingly.
        let now = match answer() {
            Some(Ok(saved)) => Some(saved.version),
            Some(Err(ChatError::Invalid(Refusal::Outdated { version, .. }))) => Some(version),
            _ => None,
        };
        if let Some(now) = now {
            version.set(now);
        }
    });
    let hint_id = format!("{name}-hint");
    let described_by = hint.as_ref().map(|_| hint_id.clone());
    view! {
        <ServerForm action=save attr:class="setting-field">
            <div class="field">
                <label for=name>{label}</label>
                {input(name, setting.value, described_by, control)}
                {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
            </div>
            <input type="hidden" name="name" value=name/>
            <input
                type="hidden"
                name="version"
                value=move || version.get().to_string()
                autocomplete="off"
            />
            <div class="setting-end">
                <button type="submit" class="secondary-button" disabled=save.pending()>
                    {words!(locale, admin.save)}
                </button>
                <span class="saved-mark" role="status">
                    {move || is_saved().then_some(words!(locale, admin.saved))}
                </span>
            </div>
            <ErrorText error/>
        </ServerForm>
    }
}

fn input(
    name: &'static str,
    value: String,
    described_by: Option<String>,
    control: Control,
) -> AnyView {
    match control {
        Control::Text => {
            // The first line break after the tag is the browser's, not the text's.
            let text = format!("\n{}", escape_html(&value));
            view! {
                <textarea
                    id=name
                    name="value"
                    rows="4"
                    dir="auto"
                    aria-describedby=described_by
                    inner_html=text
                ></textarea>
            }
            .into_any()
        }
        Control::Number => view! {
            <input
                id=name
                name="value"
                type="text"
                inputmode="decimal"
                autocomplete="off"
                aria-describedby=described_by
                value=value
            />
        }
        .into_any(),
        Control::Choice(choices) => {
            let option = |(choice, label): &(&'static str, &'static str)| {
                let is_chosen = *choice == value;
                view! { <option value=*choice selected=is_chosen>{*label}</option> }
            };
            let options: Vec<_> = choices.iter().map(option).collect();
            view! {
                <select id=name name="value" aria-describedby=described_by>
                    {options}
                </select>
            }
            .into_any()
        }
    }
}

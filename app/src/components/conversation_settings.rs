//! What one conversation wants otherwise than the server: a form in a dialog.

mod inputs;

use leptos::{html, prelude::*};

use super::{ErrorText, Icon, IconName};
use crate::{
    browser,
    model::{ChatError, ConversationForm, ReasoningEffort},
    words::{effort, use_locale, words},
};
use inputs::Inputs;

/// The dialog; it opens while `form` holds the values to begin with.
#[component]
pub(crate) fn ConversationSettingsDialog(
    form: RwSignal<Option<ConversationForm>>,
    /// The folder whose instructions hold where nothing is written.
    #[prop(into)]
    instructed_by: Signal<Option<String>>,
    #[prop(into)] error: Signal<Option<ChatError>>,
    on_save: Callback<ConversationForm>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let inputs = Inputs::new();
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        match form.get() {
            Some(values) => {
                inputs.fill(&values);
                // It fails only for a dialog that is open already.
                let _ = dialog.show_modal();
            }
            None => dialog.close(),
        }
    });
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        on_save.run(inputs.read());
    };
    // What was written is put away by its button alone, not by a press or a key too many.
    let is_changed = move || form.with_untracked(|form| form.as_ref() != Some(&inputs.read()));
    let on_click = move |event: web_sys::MouseEvent| {
        if browser::pressed_backdrop(&event).is_some() && !is_changed() {
            form.set(None);
        }
    };
    let on_cancel = move |event: web_sys::Event| {
        if is_changed() {
            event.prevent_default();
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="dialog sheet"
            aria-labelledby="conversation-settings-title"
            on:click=on_click
            on:cancel=on_cancel
            on:close=move |_| form.set(None)
        >
            <form on:submit=on_submit>
                <Head form/>
                <div class="dialog-body">
                    <Fields inputs instructed_by/>
                    <Choices inputs/>
                    <ErrorText error/>
                </div>
                <Buttons inputs/>
            </form>
        </dialog>
    }
}

#[component]
fn Head(form: RwSignal<Option<ConversationForm>>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="dialog-head">
            <h2 id="conversation-settings-title">{words!(locale, frame.chat_settings)}</h2>
            <button
                type="button"
                class="icon-button"
                title=words!(locale, frame.close)
                aria-label=words!(locale, frame.close)
                on:click=move |_| form.set(None)
            >
                <Icon name=IconName::Close/>
            </button>
        </div>
    }
}

#[component]
fn Fields(inputs: Inputs, instructed_by: Signal<Option<String>>) -> impl IntoView {
    let locale = use_locale();
    let number = |id: &'static str, label: &'static str, hint: &'static str, node_ref| {
        let hint_id = format!("{id}-hint");
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input
                    id=id
                    class="input"
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    placeholder=words!(locale, admin.as_default)
                    aria-describedby=hint_id.clone()
                    node_ref=node_ref
                />
                <p class="hint" id=hint_id>{hint}</p>
            </div>
        }
    };
    view! {
        <p class="hint">{words!(locale, admin.conversation_lead)}</p>
        <div class="field">
            <label for="own-system-prompt">{words!(locale, frame.instructions)}</label>
            <textarea
                id="own-system-prompt"
                class="input"
                autofocus
                rows="3"
                dir="auto"
                placeholder=words!(locale, admin.as_default)
                aria-describedby="own-system-prompt-hint"
                node_ref=inputs.system_prompt
            ></textarea>
            <p class="hint" id="own-system-prompt-hint">
                {move || {
                    let name = instructed_by.get()?;
                    Some(words!(locale, chat.instructed_by, name = name))
                }}
            </p>
        </div>
        {number(
            "own-temperature",
            words!(locale, admin.names.temperature),
            words!(locale, admin.hints.temperature),
            inputs.temperature,
        )}
        {number(
            "own-top-p",
            words!(locale, admin.names.top_p),
            words!(locale, admin.hints.top_p),
            inputs.top_p,
        )}
        {number(
            "own-max-tokens",
            words!(locale, admin.names.max_tokens),
            words!(locale, admin.hints.max_tokens),
            inputs.max_tokens,
        )}
    }
}

#[component]
fn Choices(inputs: Inputs) -> impl IntoView {
    let locale = use_locale();
    let efforts = ReasoningEffort::ALL.map(|it| (it.as_str(), effort(locale, it)));
    let yes_or_no = [
        ("yes", words!(locale, admin.yes)),
        ("no", words!(locale, admin.no)),
    ];
    view! {
        <ChoiceField
            id="own-reasoning-effort"
            words=(
                words!(locale, admin.names.reasoning_effort),
                words!(locale, admin.hints.reasoning_effort),
            )
            choices=efforts.to_vec()
            chosen=inputs.reasoning_effort
        />
        <ChoiceField
            id="own-calculator"
            words=(words!(locale, admin.names.calculator), words!(locale, admin.hints.calculator))
            choices=yes_or_no.to_vec()
            chosen=inputs.calculator
        />
    }
}

/// One of a few values, all in sight, or the server's. `words`: label and hint.
#[component]
fn ChoiceField(
    id: &'static str,
    words: (&'static str, &'static str),
    choices: Vec<(&'static str, &'static str)>,
    chosen: RwSignal<String>,
) -> impl IntoView {
    let locale = use_locale();
    let hint_id = format!("{id}-hint");
    let all = [("", words!(locale, frame.usual))];
    let all = all.into_iter().chain(choices);
    let option = move |(value, name): (&'static str, &'static str)| {
        view! {
            <label>
                <input
                    type="radio"
                    name=id
                    value=value
                    prop:checked=move || chosen.read().as_str() == value
                    autocomplete="off"
                    on:change=move |_| chosen.set(value.to_owned())
                />
                <span>{name}</span>
            </label>
        }
    };
    view! {
        <div class="field">
            <span class="label" aria-hidden="true">{words.0}</span>
            <fieldset id=id class="segmented" aria-describedby=hint_id.clone()>
                <legend class="visually-hidden">{words.0}</legend>
                {all.map(option).collect_view()}
            </fieldset>
            <p class="hint" id=hint_id>{words.1}</p>
        </div>
    }
}

#[component]
fn Buttons(inputs: Inputs) -> impl IntoView {
    let locale = use_locale();
    let reset = move |_| inputs.fill(&ConversationForm::default());
    view! {
        <div class="dialog-foot">
            <button type="button" class="quiet-button" on:click=reset>
                {words!(locale, frame.reset)}
            </button>
            <button type="submit" class="button primary">{words!(locale, admin.save)}</button>
        </div>
    }
}

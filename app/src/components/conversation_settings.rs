//! What one conversation wants otherwise than the server: a form in a dialog.

use leptos::{html, prelude::*};

use super::ErrorText;
use crate::{
    model::{ChatError, ConversationForm, ReasoningEffort},
    words::{effort, use_locale, words},
};

/// The dialog; it opens while `form` holds the values to begin with.
#[component]
pub(crate) fn ConversationSettingsDialog(
    form: RwSignal<Option<ConversationForm>>,
    #[prop(into)] error: Signal<Option<ChatError>>,
    on_save: Callback<ConversationForm>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let inputs = Inputs::default();
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
    view! {
        <dialog
            node_ref=dialog
            class="dialog"
            aria-labelledby="conversation-settings-title"
            on:close=move |_| form.set(None)
        >
            <form on:submit=on_submit>
                <Fields inputs/>
                <Choices inputs/>
                <ErrorText error/>
                <Buttons form/>
            </form>
        </dialog>
    }
}

/// The elements that hold the values.
#[derive(Clone, Copy, Default)]
struct Inputs {
    system_prompt: NodeRef<html::Textarea>,
    temperature: NodeRef<html::Input>,
    top_p: NodeRef<html::Input>,
    max_tokens: NodeRef<html::Input>,
    reasoning_effort: NodeRef<html::Select>,
    calculator: NodeRef<html::Select>,
}

impl Inputs {
    fn fill(self, values: &ConversationForm) {
        if let Some(prompt) = self.system_prompt.get_untracked() {
            prompt.set_value(&values.system_prompt);
        }
        let numbers = [
            (self.temperature, &values.temperature),
            (self.top_p, &values.top_p),
            (self.max_tokens, &values.max_tokens),
        ];
        for (input, text) in numbers {
            if let Some(input) = input.get_untracked() {
                input.set_value(text);
            }
        }
        let choices = [
            (self.reasoning_effort, &values.reasoning_effort),
            (self.calculator, &values.calculator),
        ];
        for (select, value) in choices {
            if let Some(select) = select.get_untracked() {
                select.set_value(value);
            }
        }
    }

    fn read(self) -> ConversationForm {
        let number = |input: NodeRef<html::Input>| {
            let value = input.get_untracked().map(|it| it.value());
            value.unwrap_or_default()
        };
        let prompt = self.system_prompt.get_untracked();
        let choice = |select: NodeRef<html::Select>| {
            let value = select.get_untracked().map(|it| it.value());
            value.unwrap_or_default()
        };
        ConversationForm {
            system_prompt: prompt.map(|it| it.value()).unwrap_or_default(),
            temperature: number(self.temperature),
            top_p: number(self.top_p),
            max_tokens: number(self.max_tokens),
            reasoning_effort: choice(self.reasoning_effort),
            calculator: choice(self.calculator),
        }
    }
}

#[component]
fn Fields(inputs: Inputs) -> impl IntoView {
    let locale = use_locale();
    let number = |id: &'static str, label: &'static str, hint: &'static str, node_ref| {
        let hint_id = format!("{id}-hint");
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input
                    id=id
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    placeholder=words!(locale, admin.as_default)
                    aria-describedby=hint_id.clone()
                    node_ref=node_ref
                />
                <p class="field-hint" id=hint_id>{hint}</p>
            </div>
        }
    };
    view! {
        <h2 id="conversation-settings-title">{words!(locale, admin.conversation_settings)}</h2>
        <p class="settings-lead">{words!(locale, admin.conversation_lead)}</p>
        <div class="field">
            <label for="own-system-prompt">{words!(locale, admin.names.system_prompt_en)}</label>
            <textarea
                id="own-system-prompt"
                rows="5"
                dir="auto"
                placeholder=words!(locale, admin.as_default)
                node_ref=inputs.system_prompt
            ></textarea>
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
            select=inputs.reasoning_effort
        />
        <ChoiceField
            id="own-calculator"
            words=(words!(locale, admin.names.calculator), words!(locale, admin.hints.calculator))
            choices=yes_or_no.to_vec()
            select=inputs.calculator
        />
    }
}

/// One of several values, or the server's. `words`: label and hint.
#[component]
fn ChoiceField(
    id: &'static str,
    words: (&'static str, &'static str),
    choices: Vec<(&'static str, &'static str)>,
    select: NodeRef<html::Select>,
) -> impl IntoView {
    let locale = use_locale();
    let hint_id = format!("{id}-hint");
    let choices = choices.into_iter();
    let options = choices.map(|(value, name)| view! { <option value=value>{name}</option> });
    view! {
        <div class="field">
            <label for=id>{words.0}</label>
            <select id=id aria-describedby=hint_id.clone() node_ref=select>
                <option value="">{words!(locale, admin.as_default)}</option>
                {options.collect_view()}
            </select>
            <p class="field-hint" id=hint_id>{words.1}</p>
        </div>
    }
}

#[component]
fn Buttons(form: RwSignal<Option<ConversationForm>>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="dialog-buttons">
            <button type="button" class="quiet-button" on:click=move |_| form.set(None)>
                {words!(locale, admin.cancel)}
            </button>
            <button type="submit" class="primary-button">{words!(locale, admin.save)}</button>
        </div>
    }
}

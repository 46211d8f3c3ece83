//! A labelled input, and the place of an error.

use leptos::prelude::*;

use crate::{
    model::ChatError,
    words::{self, use_locale, words},
};

/// A labelled input of a form.
#[component]
pub(crate) fn Field(
    label: &'static str,
    /// Name and id.
    name: &'static str,
    /// `text` or `password`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What a password store has to fill in.
    autocomplete: &'static str,
    /// A rule below the input.
    #[prop(optional)]
    hint: Option<&'static str>,
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    let described_by = hint.map(|_| hint_id.clone());
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                aria-describedby=described_by
                autocapitalize="none"
                spellcheck="false"
                required
            />
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </div>
    }
}

/// Where a person chooses a password.
#[component]
pub(crate) fn NewPasswordField() -> impl IntoView {
    let locale = use_locale();
    view! {
        <Field
            label=words!(locale, door.password)
            name="password"
            kind="password"
            autocomplete="new-password"
            hint=words!(locale, door.password_rule)
        />
    }
}

/// What went wrong, said at once to screen readers, in its place.
#[component]
pub(crate) fn ErrorText(#[prop(into)] error: Signal<Option<ChatError>>) -> impl IntoView {
    let locale = use_locale();
    move || {
        let error = error.get()?;
        Some(view! { <p class="error-text" role="alert">{words::sentence(locale, error)}</p> })
    }
}

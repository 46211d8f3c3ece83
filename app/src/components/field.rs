//! A labelled input of a form that the server draws.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{
    model::ChatError,
    words::{self, Locale, use_locale, words},
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
    /// What is wrong with what was filled in.
    #[prop(optional, into)]
    error: Signal<Option<ChatError>>,
    /// `input`, with `tall` where it stands alone.
    #[prop(default = "input")]
    class: &'static str,
) -> impl IntoView {
    let locale = use_locale();
    let hint_id = format!("{name}-hint");
    let described_by = {
        let hint_id = hint.map(|_| hint_id.clone());
        move || {
            let is_wrong = error.read().is_some();
            is_wrong
                .then(|| format!("{name}-error"))
                .or_else(|| hint_id.clone())
        }
    };
    let error_line = move || {
        let error = error.get()?;
        Some(view! {
            <p class="error" id=format!("{name}-error") role="alert">
                <Icon name=IconName::Warning class="icon mini"/>
                <span>{words::sentence(locale, error)}</span>
            </p>
        })
    };
    let input = view! {
        <input
            id=name
            class=class
            name=name
            type=kind
            autocomplete=autocomplete
            aria-describedby=described_by
            aria-invalid=move || error.read().is_some().then_some("true")
            autocapitalize="none"
            spellcheck="false"
            required
        />
    };
    let input = if kind == "password" {
        view! { <div class="input-box">{input} {eye(locale, name)}</div> }.into_any()
    } else {
        input.into_any()
    };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {input}
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {error_line}
        </div>
    }
}

/// Shows what is typed (`browser::password`). Its name stays, because it says itself whether it is
/// pressed; its tip says what a press does.
fn eye(locale: Locale, name: &'static str) -> AnyView {
    view! {
        <button
            type="button"
            class="icon-button needs-script"
            title=words!(locale, door.show_password)
            aria-label=words!(locale, door.show_password)
            aria-pressed="false"
            aria-controls=name
            data-password=words!(locale, door.hide_password)
        >
            <Icon name=IconName::Eye/>
        </button>
    }
    .into_any()
}

/// Where a person chooses a password at a door.
#[component]
pub(crate) fn NewPasswordField(
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<ChatError>>,
) -> impl IntoView {
    let locale = use_locale();
    view! {
        <Field
            label=words!(locale, door.password)
            name="password"
            kind="password"
            autocomplete="new-password"
            hint=words!(locale, door.password_rule)
            error
            class="input tall"
        />
    }
}

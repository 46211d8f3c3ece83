//! What one presses, fills in and reads at a glance.

use leptos::prelude::*;

use super::specimen::{Specimen, Stage};
use crate::{
    components::{ErrorText, Field, Icon, IconName, NewPasswordField},
    model::{ChatError, Refusal},
    pages::card::{copy_button, error_line, saved_mark},
    words::{Locale, words},
};

/// Buttons with words.
const WORDED: [&str; 6] = [
    "button primary",
    "button",
    "button danger",
    "quiet-button",
    "quiet-button danger",
    "link",
];

/// Every button, at rest and not to be pressed.
pub(super) fn buttons(locale: Locale) -> Vec<Specimen> {
    let worded = WORDED
        .map(|class| Specimen::new(class, Stage::Line, move || worded(locale, class).into_any()));
    let others = [
        Specimen::new("icon-button", Stage::Line, move || icon_buttons(locale)),
        Specimen::new("quiet-button floating", Stage::Line, move || {
            view! {
                <button type="button" class="quiet-button floating">
                    <Icon name=IconName::Down class="icon small"/>
                    {words!(locale, chat.to_bottom)}
                </button>
            }
            .into_any()
        }),
        Specimen::new("button primary wide tall", Stage::Stack, move || {
            view! {
                <button type="button" class="button primary wide tall">
                    {words!(locale, door.sign_in)}
                </button>
            }
            .into_any()
        }),
        Specimen::new("button copy-button", Stage::Line, move || {
            copy_button(locale, "copied-text")
        }),
        Specimen::new("button copy-button [data-copied]", Stage::Line, move || {
            copy_button(locale, "copied-text")
        })
        .marked("button copy-button needs-script", "data-copied"),
    ];
    worded.into_iter().chain(others).collect()
}

fn worded(locale: Locale, class: &'static str) -> impl IntoView {
    let save = words!(locale, admin.save);
    view! {
        <button type="button" class=class>{save}</button>
        <button type="button" class=class>
            <Icon name=IconName::Check class="icon small"/>
            {save}
        </button>
        <button type="button" class=class disabled>{save}</button>
    }
}

fn icon_buttons(locale: Locale) -> AnyView {
    let name = words!(locale, chat.copy);
    view! {
        <button type="button" class="icon-button" title=name aria-label=name>
            <Icon name=IconName::Copy/>
        </button>
        <button type="button" class="icon-button" title=name aria-label=name aria-pressed="true">
            <Icon name=IconName::Copy/>
        </button>
        <button type="button" class="icon-button" title=name aria-label=name disabled>
            <Icon name=IconName::Copy/>
        </button>
        <button type="button" class="icon-button round floating" title=name aria-label=name>
            <Icon name=IconName::Copy/>
        </button>
    }
    .into_any()
}

/// What a form is made of.
pub(super) fn fields(locale: Locale) -> Vec<Specimen> {
    let refused = || Some(ChatError::Invalid(Refusal::WrongCredentials));
    vec![
        Specimen::new("field", Stage::Stack, move || {
            view! {
                <Field
                    label=words!(locale, door.name)
                    name="name"
                    autocomplete="off"
                    hint=words!(locale, settings.theme_lead)
                />
            }
            .into_any()
        }),
        Specimen::new("field [aria-invalid]", Stage::Stack, move || {
            view! {
                <Field
                    label=words!(locale, door.name)
                    name="name"
                    autocomplete="off"
                    error=Signal::derive(refused)
                />
            }
            .into_any()
        }),
        Specimen::new("input tall", Stage::Stack, || {
            view! { <NewPasswordField/> }.into_any()
        }),
        Specimen::new("textarea.input", Stage::Stack, move || {
            long_text(locale).into_any()
        }),
        Specimen::new("input short, with-suffix", Stage::Line, move || {
            number(locale)
        }),
        Specimen::new("select", Stage::Stack, move || select(locale)),
        Specimen::new("segmented", Stage::Stack, move || segmented(locale)),
        Specimen::new("switch", Stage::Line, move || switches(locale)),
        Specimen::new("check", Stage::Line, move || checks(locale)),
        Specimen::new("slider", Stage::Stack, move || slider(locale)),
        Specimen::new("error, error-text", Stage::Stack, move || {
            view! {
                {error_line(locale, refused(), "refused")}
                <ErrorText error=Signal::derive(refused)/>
            }
            .into_any()
        }),
        Specimen::new("saved-mark", Stage::Line, move || {
            saved_mark(true, words!(locale, admin.saved)).into_any()
        }),
    ]
}

fn long_text(locale: Locale) -> impl IntoView {
    view! {
        <div class="field">
            <label for="long-text">{words!(locale, frame.instructions)}</label>
            <textarea
                id="long-text"
                class="input"
                rows="3"
                dir="auto"
                placeholder=words!(locale, admin.as_default)
            ></textarea>
        </div>
    }
}

fn number(locale: Locale) -> AnyView {
    let name = words!(locale, admin.names.max_tokens);
    view! {
        <span class="with-suffix">
            <input class="input short" type="text" value="2048" aria-label=name/>
            {words!(locale, admin.info_tokens)}
        </span>
        <input class="input short" type="text" value="2048" aria-label=name disabled/>
    }
    .into_any()
}

fn select(locale: Locale) -> AnyView {
    view! {
        <span class="select">
            <select aria-label=words!(locale, styleguide.sample.wood)>
                <option selected>{words!(locale, styleguide.sample.oak)}</option>
                <option>{words!(locale, styleguide.sample.birch)}</option>
            </select>
            <Icon name=IconName::ChevronDown class="icon small"/>
        </span>
    }
    .into_any()
}

fn segmented(locale: Locale) -> AnyView {
    let choices = [
        (
            IconName::Monitor,
            words!(locale, settings.theme_system),
            true,
        ),
        (IconName::Sun, words!(locale, settings.theme_light), false),
        (IconName::Moon, words!(locale, settings.theme_dark), false),
    ];
    let choice = |(icon, name, is_chosen): (IconName, &'static str, bool)| {
        view! {
            <label>
                <input type="radio" name="choice" checked=is_chosen autocomplete="off"/>
                <span><Icon name=icon class="icon small"/>{name}</span>
            </label>
        }
    };
    let choices: Vec<_> = choices.into_iter().map(choice).collect();
    // A form of its own: choices of one name are one group.
    view! {
        <form method="post">
            <fieldset class="segmented">
                <legend class="visually-hidden">{words!(locale, settings.theme)}</legend>
                {choices}
            </fieldset>
        </form>
    }
    .into_any()
}

fn switches(locale: Locale) -> AnyView {
    let name = words!(locale, admin.names.calculator);
    view! {
        <input class="switch" type="checkbox" role="switch" aria-label=name/>
        <input class="switch" type="checkbox" role="switch" aria-label=name checked/>
        <input class="switch" type="checkbox" role="switch" aria-label=name disabled/>
    }
    .into_any()
}

fn checks(locale: Locale) -> AnyView {
    view! {
        <label class="menu-choice">
            <input class="check" type="checkbox"/>
            {words!(locale, exports.with_reasoning)}
        </label>
        <label class="menu-choice">
            <input class="check" type="checkbox" checked/>
            {words!(locale, exports.with_reasoning)}
        </label>
    }
    .into_any()
}

fn slider(locale: Locale) -> AnyView {
    view! {
        <span class="slider-box">
            <input
                class="slider"
                type="range"
                min="0"
                max="2"
                step="0.1"
                value="0.7"
                aria-label=words!(locale, admin.names.temperature)
            />
            <output>"0.7"</output>
        </span>
    }
    .into_any()
}

/// What is read at a glance.
pub(super) fn signs() -> Vec<Specimen> {
    let badges = [
        "badge",
        "badge accent",
        "badge good",
        "badge warning",
        "badge danger",
    ];
    let dots = ["dot", "dot burning", "dot unlit", "dot failed"];
    let sign = |class: &'static str| view! { <span class=class></span><code>{class}</code> };
    vec![
        Specimen::new("badge", Stage::Line, move || {
            let badge = |class: &'static str| view! { <span class=class>{class}</span> };
            badges.map(badge).into_iter().collect_view().into_any()
        }),
        Specimen::new("dot", Stage::Line, move || {
            dots.map(sign).into_iter().collect_view().into_any()
        }),
        Specimen::new("avatar", Stage::Line, || {
            view! { <span class="avatar" aria-hidden="true">"A"</span> }.into_any()
        }),
        Specimen::new("flame", Stage::Line, || {
            view! { <Icon name=IconName::Flame class="flame"/> }.into_any()
        }),
        Specimen::new("kbd", Stage::Line, || {
            view! { <kbd>"Ctrl ⇧ O"</kbd> }.into_any()
        }),
        Specimen::new("progress", Stage::Stack, || {
            view! {
                <progress class="progress" value="62" max="100" aria-label="62%"></progress>
                <progress class="progress" value="4" max="100" aria-label="4%"></progress>
            }
            .into_any()
        }),
    ]
}

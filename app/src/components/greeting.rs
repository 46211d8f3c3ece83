//! What stands on an empty page: a greeting, a few ways to begin, or that nothing is here.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{
    browser,
    model::{ModelState, ModelStatus},
    sub_path::address_of,
    words::{Locale, use_locale, words},
};

/// Greets by the clock of the reader, which the server does not know: it says hello.
#[component]
pub(crate) fn Greeting(name: String) -> impl IntoView {
    let locale = use_locale();
    let hour = RwSignal::new(None);
    Effect::new(move || hour.set(Some(browser::hour())));
    view! {
        <div class="greeting">
            <Icon name=IconName::Flame class="flame"/>
            <h1>{move || greeting_words(locale, hour.get(), name.clone())}</h1>
        </div>
    }
}

fn greeting_words(locale: Locale, hour: Option<u32>, name: String) -> String {
    match hour {
        None => words!(locale, chat.hello, name = name),
        Some(5..12) => words!(locale, chat.good_morning, name = name),
        Some(12..18) => words!(locale, chat.good_afternoon, name = name),
        Some(_) => words!(locale, chat.good_evening, name = name),
    }
}

/// A conversation that is not there, and the way back.
#[component]
pub(crate) fn MissingConversation() -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="blank">
            <Icon name=IconName::Flame class="flame out"/>
            <h1>{words!(locale, door.not_found)}</h1>
            <p>{words!(locale, door.not_found_lead)}</p>
            <div class="actions">
                <a class="button primary" href=address_of("/")>{words!(locale, chat.new_chat)}</a>
            </div>
        </div>
    }
}

/// A beginning of a message.
struct Starter {
    icon: IconName,
    title: String,
    hint: Option<&'static str>,
    /// What goes into the box.
    text: String,
}

impl Starter {
    fn built_in(icon: IconName, [title, hint, text]: [&'static str; 3]) -> Self {
        Self {
            icon,
            title: title.to_owned(),
            hint: Some(hint),
            text: text.to_owned(),
        }
    }

    /// One of the administrator's: what is shown is what goes into the box.
    fn own(text: String) -> Self {
        Self {
            icon: IconName::Message,
            title: text.clone(),
            hint: None,
            text,
        }
    }
}

/// Beginnings of messages: the administrator's `own`, or those that come with the program. They
/// fill the box and send nothing, so they need the script.
#[component]
pub(crate) fn Starters(own: Vec<String>, on_choose: Callback<String>) -> impl IntoView {
    let locale = use_locale();
    let starters: Vec<Starter> = if own.is_empty() {
        built_in(locale).into()
    } else {
        own.into_iter().map(Starter::own).collect()
    };
    let starter = |it: Starter| {
        let Starter {
            icon,
            title,
            hint,
            text,
        } = it;
        view! {
            <li>
                <button
                    type="button"
                    class="starter"
                    on:click=move |_| on_choose.run(text.clone())
                >
                    <Icon name=icon/>
                    <strong dir="auto">{title}</strong>
                    {hint.map(|hint| view! { <small>{hint}</small> })}
                </button>
            </li>
        }
    };
    view! {
        <ul class="starters needs-script" aria-label=words!(locale, chat.starters.label)>
            {starters.into_iter().map(starter).collect_view()}
        </ul>
    }
}

fn built_in(locale: Locale) -> [Starter; 4] {
    let clearer = [
        words!(locale, chat.starters.clearer),
        words!(locale, chat.starters.clearer_hint),
        words!(locale, chat.starters.clearer_text),
    ];
    let error = [
        words!(locale, chat.starters.error),
        words!(locale, chat.starters.error_hint),
        words!(locale, chat.starters.error_text),
    ];
    let exactly = [
        words!(locale, chat.starters.exactly),
        words!(locale, chat.starters.exactly_hint),
        words!(locale, chat.starters.exactly_text),
    ];
    let letter = [
        words!(locale, chat.starters.letter),
        words!(locale, chat.starters.letter_hint),
        words!(locale, chat.starters.letter_text),
    ];
    [
        Starter::built_in(IconName::Edit, clearer),
        Starter::built_in(IconName::Code, error),
        Starter::built_in(IconName::Calculator, exactly),
        Starter::built_in(IconName::Message, letter),
    ]
}

/// Where messages stay and who reads them, in one line.
#[component]
pub(crate) fn Privacy(status: RwSignal<ModelStatus>) -> impl IntoView {
    let locale = use_locale();
    let told = move || privacy_words(locale, &status.read());
    view! {
        <p class="privacy">
            <Icon name=IconName::Lock class="icon mini"/>
            <span>{told}</span>
        </p>
    }
}

/// A model that could not be loaded answers nothing.
fn privacy_words(locale: Locale, model: &ModelStatus) -> String {
    if model.state == ModelState::Failed || model.name.is_empty() {
        words!(locale, chat.privacy).to_owned()
    } else {
        words!(locale, chat.privacy_and_model, name = model.name.clone())
    }
}

//! What a browser sees where there is no page: why not, and the way back.

use leptos::prelude::*;

use super::door::door_document;
use crate::{
    components::ErrorText,
    model::{ChatError, Preferences},
    sub_path::{SubPath, address_of},
    words::{locale_of, words},
};

/// The document that says what went wrong.
pub fn error_page(
    options: &LeptosOptions,
    sub_path: SubPath,
    preferences: Preferences,
    error: ChatError,
) -> String {
    let locale = locale_of(preferences.language);
    let (path, label) = if error == ChatError::Unauthorized {
        ("/sign-in", words!(locale, door.sign_in))
    } else {
        ("/", words!(locale, door.back))
    };
    let name = words!(locale, door.not_done);
    door_document(options, sub_path, preferences, name, || {
        view! {
            <ErrorText error=Signal::derive(move || Some(error.clone()))/>
            <p class="door-foot"><a href=address_of(path)>{label}</a></p>
        }
    })
}

//! What a browser without script sees when a message was refused: why, and its text again.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{door::door_document, escape_text};
use crate::{
    api::messages::{EditQuestion, PostMessage},
    components::ErrorText,
    model::{ChatError, ConversationId, Preferences},
    sub_path::{SubPath, address_of},
    words::{locale_of, use_locale, words},
};

/// A message that was not sent, as the form held it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct RefusedMessage {
    pub text: String,
    /// Empty for a new conversation.
    pub conversation: String,
    /// Empty for a new conversation.
    pub parent: String,
    /// The question that was edited; empty for a new one.
    pub message: String,
    /// The same message sent again is the same message.
    pub key: String,
}

/// The document in which the message can be mended and sent again.
pub fn refused_message(
    options: &LeptosOptions,
    sub_path: SubPath,
    preferences: Preferences,
    message: RefusedMessage,
    error: ChatError,
) -> String {
    let name = words!(locale_of(preferences.language), door.not_sent);
    door_document(options, sub_path, preferences, name, || {
        content(message, error)
    })
}

fn content(message: RefusedMessage, error: ChatError) -> impl IntoView {
    let locale = use_locale();
    let needs_sign_in = error == ChatError::Unauthorized;
    let action = if message.message.is_empty() {
        address_of(PostMessage::url())
    } else {
        address_of(EditQuestion::url())
    };
    let hidden = [
        ("conversation", message.conversation.clone()),
        ("parent", message.parent),
        ("message", message.message),
        ("key", message.key),
    ];
    let hidden = hidden.into_iter().filter(|(_, value)| !value.is_empty());
    let hidden: Vec<_> = hidden
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let back = address_of(&match message.conversation.parse::<ConversationId>() {
        Ok(id) => format!("/c/{id}"),
        Err(_) => "/".to_owned(),
    });
    // The first line break after the tag is the browser's, not the text's.
    let text = format!("\n{}", escape_text(&message.text));
    view! {
        <ErrorText error=Signal::derive(move || Some(error.clone()))/>
        <form method="post" action=action class="door-form">
            {hidden}
            <div class="field">
                <label for="refused-text">{words!(locale, door.your_message)}</label>
                <textarea
                    id="refused-text"
                    class="input"
                    name="text"
                    rows="12"
                    inner_html=text
                ></textarea>
            </div>
            <button type="submit" class="button primary">{words!(locale, door.send_again)}</button>
        </form>
        {needs_sign_in
            .then(|| view! {
                <p><a href=address_of("/sign-in") target="_blank">{words!(locale, door.sign_in)}</a></p>
            })}
        <p><a href=back>{words!(locale, door.back_without_sending)}</a></p>
    }
}

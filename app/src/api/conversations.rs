//! Reading and arranging conversations.
#![cfg_attr(
    feature = "ssr",
    expect(
        clippy::unused_async,
        reason = "in the browser every server function is a call over the network"
    )
)]

use leptos::prelude::*;

use crate::model::{
    ChatError, Conversation, ConversationForm, ConversationId, ConversationPage, ConversationState,
    ListPlace, MessageId, ModelStatus, User,
};
#[cfg(feature = "ssr")]
use crate::{
    api::lead_form_post_to,
    model::Outline,
    service::{chat_service, current_user},
    words::{use_locale, words},
};

/// The signed-in user; absent if nobody is.
///
/// # Errors
/// Only if the server fails.
#[server(endpoint = "signed_in_user")]
pub async fn signed_in_user() -> Result<Option<User>, ChatError> {
    Ok(current_user().ok())
}

/// A page of the user's conversations, the last used first; the first page unless it begins
/// `after` a place.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ListConversations, endpoint = "conversations")]
pub async fn conversations(
    #[server(default)] after: Option<ListPlace>,
) -> Result<ConversationPage, ChatError> {
    let user = current_user()?;
    chat_service().conversations(user.id, after).await
}

/// One conversation with the last messages of its active branch, or with those `before` a message.
///
/// # Errors
/// [`ChatError::NotFound`] unless it is the user's, and the message its own.
#[server(name = ReadConversation, endpoint = "conversation")]
pub async fn conversation(
    id: ConversationId,
    #[server(default)] before: Option<MessageId>,
) -> Result<Conversation, ChatError> {
    let user = current_user()?;
    chat_service().conversation(user.id, id, before).await
}

/// The piece of a conversation that holds a message, whose branch is the shown one from now on; its
/// end if the message is not there.
///
/// # Errors
/// [`ChatError::NotFound`] unless the conversation is the user's.
#[server(name = ReadConversationAt, endpoint = "conversation_at")]
pub async fn conversation_at(
    id: ConversationId,
    message: MessageId,
) -> Result<Conversation, ChatError> {
    let user = current_user()?;
    chat_service().conversation_at(user.id, id, message).await
}

/// What tells whether a conversation changed since it was read; nothing unless it is there, and the
/// user's. Who hears of a change may learn so that it was a deletion, which is no failure.
///
/// # Errors
/// [`ChatError::Unauthorized`] unless somebody is signed in.
#[server(name = ReadConversationState, endpoint = "conversation_state")]
pub async fn conversation_state(
    id: ConversationId,
) -> Result<Option<ConversationState>, ChatError> {
    let user = current_user()?;
    match chat_service().conversation_state(user.id, id).await {
        Err(ChatError::NotFound) => Ok(None),
        state => state.map(Some),
    }
}

/// Gives a conversation another title.
///
/// # Errors
/// [`ChatError::NotFound`], or [`ChatError::Invalid`] for a blank title.
#[server(endpoint = "rename_conversation")]
pub async fn rename_conversation(id: ConversationId, title: String) -> Result<(), ChatError> {
    let user = current_user()?;
    chat_service().rename(user.id, id, title).await?;
    lead_form_post_to(&format!("/c/{id}"));
    Ok(())
}

/// Hides a conversation.
///
/// # Errors
/// [`ChatError::NotFound`].
#[server(endpoint = "delete_conversation")]
pub async fn delete_conversation(id: ConversationId) -> Result<(), ChatError> {
    let user = current_user()?;
    chat_service().delete(user.id, id).await?;
    lead_form_post_to(&format!("/?deleted={id}"));
    Ok(())
}

/// Takes a deletion back.
///
/// # Errors
/// [`ChatError::NotFound`].
#[server(endpoint = "restore_conversation")]
pub async fn restore_conversation(id: ConversationId) -> Result<(), ChatError> {
    let user = current_user()?;
    chat_service().restore(user.id, id).await?;
    lead_form_post_to(&format!("/c/{id}"));
    Ok(())
}

/// Shows the branch that holds this version of a message.
///
/// # Errors
/// [`ChatError::NotFound`].
#[server(endpoint = "show_version")]
pub async fn show_version(message: MessageId) -> Result<(), ChatError> {
    let user = current_user()?;
    chat_service().show_version(user.id, message).await?;
    Ok(())
}

/// Shows the branch that holds this message; a form post leads to the message.
///
/// # Errors
/// [`ChatError::NotFound`].
#[server(endpoint = "open_branch")]
pub async fn open_branch(message: MessageId) -> Result<(), ChatError> {
    let user = current_user()?;
    let id = chat_service().show_version(user.id, message).await?;
    // Without script the browser itself goes to the message.
    lead_form_post_to(&format!("/c/{id}?at={message}#message-{message}"));
    Ok(())
}

/// All branches of a conversation, a line for each message: for what the server draws.
///
/// # Errors
/// [`ChatError::NotFound`] unless it is the user's.
#[cfg(feature = "ssr")]
pub(crate) async fn outline(id: ConversationId) -> Result<Outline, ChatError> {
    let user = current_user()?;
    chat_service().outline(user.id, id).await
}

/// Makes a new conversation that begins as another one did, up to this answer, or up to what was
/// said before this question.
///
/// # Errors
/// [`ChatError::NotFound`]; [`ChatError::Busy`] while an answer among them is being written.
#[server(endpoint = "fork_conversation")]
pub async fn fork_conversation(message: MessageId) -> Result<ConversationId, ChatError> {
    let user = current_user()?;
    let mark = words!(use_locale(), chat.fork_mark);
    let id = chat_service().fork(user.id, message, mark).await?;
    lead_form_post_to(&format!("/c/{id}"));
    Ok(id)
}

/// What a conversation wants otherwise than the server's defaults.
///
/// # Errors
/// [`ChatError::NotFound`].
#[server(name = ReadConversationSettings, endpoint = "conversation_settings")]
pub async fn conversation_settings(id: ConversationId) -> Result<ConversationForm, ChatError> {
    let user = current_user()?;
    chat_service().conversation_settings(user.id, id).await
}

/// Gives a conversation settings of its own, from the next turn on; without an id a new one.
///
/// # Errors
/// [`ChatError::NotFound`], or [`ChatError::Invalid`] for a value outside its range.
#[server(endpoint = "save_conversation_settings")]
pub async fn save_conversation_settings(
    #[server(default)] id: Option<ConversationId>,
    #[server(default)] form: ConversationForm,
) -> Result<ConversationId, ChatError> {
    let user = current_user()?;
    let service = chat_service();
    let id = service
        .save_conversation_settings(user.id, id, form)
        .await?;
    lead_form_post_to(&format!("/c/{id}"));
    Ok(id)
}

/// The model and whether it can answer.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ReadModelStatus, endpoint = "model_status")]
pub async fn model_status() -> Result<ModelStatus, ChatError> {
    current_user()?;
    Ok(chat_service().model_status())
}

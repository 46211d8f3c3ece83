//! Starting and stopping turns; `tails` has what watches them.

use leptos::prelude::*;

use crate::model::{ChatError, ConversationId, IdempotencyKey, MessageId, SendParams, StartedTurn};
#[cfg(feature = "ssr")]
use crate::{
    api::lead_form_post_to,
    model::MessageText,
    service::{SendMessage, chat_service, current_user},
};

/// Starts a turn and returns its ids at once; the answer is read with
/// [`tail_turns`](super::tails::tail_turns). What is chosen holds in its conversation from now on.
///
/// # Errors
/// [`ChatError::NotFound`] unless the conversation is the user's; [`ChatError::Invalid`] for an
/// empty or too long text, or files that are not there; [`ChatError::Busy`] if the engine accepts
/// no more (nothing is written).
#[server(name = PostMessage, endpoint = "send_message")]
pub async fn send_message(
    #[server(default)] conversation: Option<ConversationId>,
    #[server(default)] parent: Option<MessageId>,
    text: String,
    #[server(default)] params: SendParams,
    key: IdempotencyKey,
) -> Result<StartedTurn, ChatError> {
    let user = current_user()?;
    let text = MessageText::parse(text).map_err(ChatError::Invalid)?;
    let message = SendMessage {
        conversation,
        parent,
        edits: None,
        text,
        params: params.turn(),
        choices: params.choices(),
        files: params.files,
        key,
    };
    let turn = chat_service().send(user.id, message).await?;
    lead_form_post_to(&format!("/c/{}", turn.conversation.id));
    Ok(turn)
}

/// Sends a question of the user once more, with another text: a new version stands beside it, and
/// the old one stays as it is, with all that follows it.
///
/// # Errors
/// As of [`send_message`]; [`ChatError::NotFound`] unless the question is the user's, and
/// [`ChatError::Invalid`] if it is an answer.
#[server(endpoint = "edit_question")]
pub async fn edit_question(
    message: MessageId,
    text: String,
    #[server(default)] params: SendParams,
    key: IdempotencyKey,
) -> Result<StartedTurn, ChatError> {
    let user = current_user()?;
    let text = MessageText::parse(text).map_err(ChatError::Invalid)?;
    let edited = SendMessage {
        conversation: None,
        parent: None,
        edits: Some(message),
        text,
        params: params.turn(),
        choices: params.choices(),
        files: params.files,
        key,
    };
    let turn = chat_service().send(user.id, edited).await?;
    lead_form_post_to(&format!("/c/{}", turn.conversation.id));
    Ok(turn)
}

/// Stops a turn from any tab, whatever it is doing. Stopping twice is the same as once.
///
/// # Errors
/// [`ChatError::NotFound`] unless the message is the user's.
#[server(endpoint = "stop_turn")]
pub async fn stop_turn(message: MessageId) -> Result<(), ChatError> {
    let user = current_user()?;
    chat_service().stop(user.id, message).await
}

/// Makes another version of an answer.
///
/// # Errors
/// [`ChatError::NotFound`], [`ChatError::Busy`].
#[server(endpoint = "regenerate")]
pub async fn regenerate(message: MessageId) -> Result<StartedTurn, ChatError> {
    let user = current_user()?;
    let turn = chat_service().regenerate(user.id, message).await?;
    lead_form_post_to(&format!("/c/{}", turn.conversation.id));
    Ok(turn)
}

/// Goes on with an answer that was stopped, interrupted or cut off.
///
/// # Errors
/// [`ChatError::NotFound`], [`ChatError::Busy`].
#[server(endpoint = "continue_turn")]
pub async fn continue_turn(message: MessageId) -> Result<StartedTurn, ChatError> {
    let user = current_user()?;
    let turn = chat_service().continue_turn(user.id, message).await?;
    lead_form_post_to(&format!("/c/{}", turn.conversation.id));
    Ok(turn)
}

/// The Markdown source of a message.
///
/// # Errors
/// [`ChatError::NotFound`] unless the message is the user's.
#[server(name = ReadMessageText, endpoint = "message_text")]
pub async fn message_text(message: MessageId) -> Result<String, ChatError> {
    let user = current_user()?;
    chat_service().message_text(user.id, message).await
}

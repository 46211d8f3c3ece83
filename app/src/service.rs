//! What the server offers to pages and server functions.
//!
//! Every method takes the user first; not yours and not there are both [`ChatError::NotFound`].
//! The server puts an `Arc<dyn ChatService>` and an `Option<User>` into Leptos' context.

mod administration;
pub mod api_keys;
pub mod deletion;
pub mod exports;
pub mod order;
pub mod personal;
pub mod search;
pub mod sharing;

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use leptos::prelude::use_context;

pub use administration::{
    AdministrationService, AuditPage, DismissedBanner, JoinService, RefusedForm, SettingChange,
    administration_service, current_administrator, join_service,
};

pub use api_keys::ApiKeyService;

use crate::model::{
    ChatError, ChatEvent, Choices, Conversation, ConversationForm, ConversationId,
    ConversationPage, ConversationState, Cursor, FileId, IdempotencyKey, ListPlace, MessageId,
    MessageText, ModelStatus, Outline, SessionId, SessionSummary, StartedTurn, TurnParams, User,
    UserId,
};

/// Name of the page's build, as documents have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageBuild(pub String);

/// From where on a page has to listen for changes: it shows everything that was before.
#[derive(Clone, Copy, Debug)]
pub struct ChangesCursor(pub Cursor);

/// One press of Send.
#[derive(Clone, Debug)]
pub struct SendMessage {
    /// Absent: a new conversation is made in the same transaction.
    pub conversation: Option<ConversationId>,
    /// The message answered to; absent: the last of the active branch.
    pub parent: Option<MessageId>,
    /// The question that this one is another version of: it stands beside that one, in its
    /// conversation, and neither `conversation` nor `parent` have to be told.
    pub edits: Option<MessageId>,
    pub text: MessageText,
    /// Files that go with it; those of a question that is edited go with its new version too.
    pub files: Vec<FileId>,
    pub params: TurnParams,
    /// Of the conversation from now on.
    pub choices: Choices,
    pub key: IdempotencyKey,
}

/// Conversations and turns.
#[async_trait]
pub trait ChatService: Send + Sync + 'static {
    /// A page of the list: the conversations used last, or last before those above `after`.
    async fn conversations(
        &self,
        user: UserId,
        after: Option<ListPlace>,
    ) -> Result<ConversationPage, ChatError>;
    /// The end of the active branch, or the piece of a branch that ends before a message of it.
    async fn conversation(
        &self,
        user: UserId,
        id: ConversationId,
        before: Option<MessageId>,
    ) -> Result<Conversation, ChatError>;
    /// The piece of a conversation that holds this message, whose branch is the shown one from now
    /// on; the end of the active branch if the message is not there.
    async fn conversation_at(
        &self,
        user: UserId,
        id: ConversationId,
        message: MessageId,
    ) -> Result<Conversation, ChatError>;
    /// What tells whether it changed; reads no message.
    async fn conversation_state(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<ConversationState, ChatError>;
    async fn rename(
        &self,
        user: UserId,
        id: ConversationId,
        title: String,
    ) -> Result<(), ChatError>;
    /// Hides a conversation; [`ChatService::restore`] brings it back.
    async fn delete(&self, user: UserId, id: ConversationId) -> Result<(), ChatError>;
    async fn restore(&self, user: UserId, id: ConversationId) -> Result<(), ChatError>;
    /// Makes the branch that holds this message the shown one of its conversation, which it gives.
    async fn show_version(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<ConversationId, ChatError>;
    /// The whole tree, a line for each message.
    async fn outline(&self, user: UserId, id: ConversationId) -> Result<Outline, ChatError>;
    /// A new conversation with copies of the messages up to an answer, or before a question. `mark`
    /// says at the end of its title that it is one. [`ChatError::Busy`] while an answer among them
    /// is being written.
    async fn fork(
        &self,
        user: UserId,
        message: MessageId,
        mark: &str,
    ) -> Result<ConversationId, ChatError>;
    async fn send(&self, user: UserId, message: SendMessage) -> Result<StartedTurn, ChatError>;
    /// A new version of an answer, beside the old one.
    async fn regenerate(&self, user: UserId, message: MessageId) -> Result<StartedTurn, ChatError>;
    /// Goes on with a stopped, interrupted or cut-off answer, in the same message.
    async fn continue_turn(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<StartedTurn, ChatError>;
    /// Idempotent; the text so far is kept.
    async fn stop(&self, user: UserId, message: MessageId) -> Result<(), ChatError>;
    /// Replay after the cursor, live frames, `Ended`. Dropping the stream stops nothing.
    async fn tail(
        &self,
        user: UserId,
        message: MessageId,
        cursor: Cursor,
    ) -> Result<BoxStream<'static, ChatEvent>, ChatError>;
    /// The Markdown source of a message, for Copy.
    async fn message_text(&self, user: UserId, message: MessageId) -> Result<String, ChatError>;
    fn model_status(&self) -> ModelStatus;
    /// What a conversation wants otherwise than the server's defaults.
    async fn conversation_settings(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<ConversationForm, ChatError>;
    /// Holds from the next turn on. Without an id, an empty conversation is made.
    async fn save_conversation_settings(
        &self,
        user: UserId,
        id: Option<ConversationId>,
        form: ConversationForm,
    ) -> Result<ConversationId, ChatError>;
}

/// Accounts and sessions. Cookies are set through the request's response options by the server.
#[async_trait]
pub trait AccountService: Send + Sync + 'static {
    /// No account exists yet: only the set-up page answers.
    async fn needs_set_up(&self) -> Result<bool, ChatError>;
    /// Creates the first administrator and signs in. A wrong token is [`ChatError::Forbidden`].
    async fn set_up(
        &self,
        token: String,
        name: String,
        password: String,
    ) -> Result<SessionCookie, ChatError>;
    async fn sign_in(&self, name: String, password: String) -> Result<SessionCookie, ChatError>;
    /// Whether this session of the person still holds, and the person may come in.
    async fn is_signed_in(&self, user: UserId, session: &str) -> bool;
    /// Sessions of a person that still hold, the last used first.
    async fn sessions(&self, user: &User) -> Result<Vec<SessionSummary>, ChatError>;
    /// Ends one of them.
    async fn end_session(&self, user: &User, session: SessionId) -> Result<(), ChatError>;
    /// Ends all of them but the one that asks.
    async fn end_other_sessions(&self, user: &User) -> Result<(), ChatError>;
    /// Asks for the old password and ends all other sessions. Gives a complete `Set-Cookie` value
    /// by which the server knows this browser again: the one it had went with the old password.
    async fn change_password(
        &self,
        user: &User,
        old_password: String,
        new_password: String,
    ) -> Result<String, ChatError>;
    /// Ends the session of this cookie value.
    async fn sign_out(&self, session: Option<String>) -> Result<SessionCookie, ChatError>;
}

/// Complete `Set-Cookie` values.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    pub session: String,
    /// By which the server knows this browser again, also after it has signed out.
    pub device: Option<String>,
}

/// The value of the request's session cookie, put into the context by the server.
#[derive(Clone, Debug, Default)]
pub struct SessionToken(pub Option<String>);

/// The signed-in user of this request.
///
/// # Errors
/// [`ChatError::Unauthorized`] if nobody is signed in.
pub fn current_user() -> Result<User, ChatError> {
    use_context::<Option<User>>()
        .flatten()
        .ok_or(ChatError::Unauthorized)
}

/// The chat service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn chat_service() -> Arc<dyn ChatService> {
    use_context().expect("invariant: the server provides the chat service")
}

/// The account service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn account_service() -> Arc<dyn AccountService> {
    use_context().expect("invariant: the server provides the account service")
}

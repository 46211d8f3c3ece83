//! The words of the product: ids, messages, events and errors that travel between browser and
//! server.

pub mod error;
pub mod event;
pub mod id;
pub mod message;
pub mod preferences;
pub mod refusal;
pub mod session;
pub mod status;
pub mod time;

pub use error::ChatError;
pub use event::{ChatEvent, ChatEventKind, Cursor, WaitState};
pub use id::{ConversationId, IdempotencyKey, MessageId, SessionId, UserId};
pub use message::{
    Conversation, ConversationSummary, FinishReason, MAX_MESSAGE_BYTES, Message, MessageStatus,
    MessageText, Role, StartedTurn, TurnParams, Usage,
};
pub use preferences::{Language, LanguageChoice, Preferences, Theme, UnknownChoice};
pub use refusal::{BusyReason, Notice, Refusal, TurnError};
pub use session::{Browser, SessionSummary};
pub use status::{ModelState, ModelStatus, User, UserRole};
pub use time::{DateGroup, LocalTime};

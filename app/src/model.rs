//! The words of the product: ids, messages, events and errors that travel between browser and
//! server.

pub mod error;
pub mod event;
pub mod export;
pub mod id;
pub mod message;
pub mod status;

pub use error::ChatError;
pub use event::{ChatEvent, ChatEventKind, Cursor, WaitState};
pub use export::{Export, ExportFormat, ExportSubject, ImportCounts, Upload, UploadState};
pub use id::{ConversationId, ExportId, IdempotencyKey, MessageId, UploadId, UserId};
pub use message::{
    Conversation, ConversationSummary, FinishReason, Message, MessageStatus, MessageText, Role,
    StartedTurn, TurnParams, Usage,
};
pub use status::{ModelState, ModelStatus, User, UserRole};

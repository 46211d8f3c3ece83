//! The words of the product: ids, messages, events and errors that travel between browser and
//! server.

pub mod administration;
pub mod api_key;
mod backup;
mod change;
mod conversation;
pub mod conversation_settings;
mod drawing;
pub mod error;
pub mod event;
pub mod export;
mod extract_error;
mod file;
mod folder;
pub mod id;
mod import_problem;
pub mod message;
mod model_title;
mod outline;
mod personal_instructions;
mod phase;
pub mod preferences;
mod rating;
pub mod refusal;
pub mod session;
pub mod setting;
mod sharing;
mod sidebar_width;
pub mod status;
pub mod tail;
pub mod time;
mod token_limit;
mod trash;
mod upkeep;

pub use administration::{
    AccountChange, AccountSummary, ActiveModel, AuditAction, AuditEntry, ModelSummary, OneTimeLink,
    UsageDay, UsagePeriod, UsageReport,
};
pub use api_key::ApiKeySummary;
pub use backup::{BackupCounts, BackupKind, BackupOutcome, BackupReport, BackupSummary};
pub use change::Change;
pub use conversation::{
    Conversation, ConversationPage, ConversationState, ConversationSummary, ListPlace, NoPlace,
};
pub use conversation_settings::{Choices, ConversationForm, ConversationSettings, ReasoningEffort};
pub use drawing::{AdminSection, Drawing, SettingsSection};
pub use error::ChatError;
pub use event::{ChatEvent, ChatEventKind, Cursor, WaitState};
pub use export::{
    Brought, ChatProgram, Export, ExportChoice, ExportFormat, ExportSubject, ImportCounts, Upload,
    UploadState,
};
pub use extract_error::ExtractError;
pub use file::{AttachedFile, MAX_FILE_BYTES, MAX_FILES};
pub use folder::{
    Arranged, Arrangement, Folder, FolderForm, MAX_ARRANGED, MAX_FOLDER_NAME_CHARS, MAX_FOLDERS,
    MAX_PINNED,
};
pub use id::{
    ApiKeyId, ConversationId, ExportId, FileId, FolderId, IdempotencyKey, MessageId, SessionId,
    ShareId, UploadId, UserId,
};
pub use import_problem::{ImportFault, ImportProblem};
pub use message::{
    FinishReason, MAX_MESSAGE_BYTES, Message, MessageStatus, MessageText, Provenance, Reasoning,
    Role, SendParams, StartedTurn, ToolStep, TurnParams, Usage,
};
pub use model_title::model_title;
pub use outline::{Outline, OutlineMessage};
pub use personal_instructions::{MAX_PERSONAL_CHARS, PersonalInstructions};
pub use phase::{Phase, phases};
pub use preferences::{
    Language, LanguageChoice, Preferences, SidebarForm, SingleKeys, Theme, UnknownChoice,
};
pub use rating::{MAX_COMMENT_CHARS, RatingDetails, RatingReason, Thumb};
#[cfg(feature = "ssr")]
pub use rating::{RatingComment, RatingCount, RatingReport, SentTexts};
pub use refusal::{BusyReason, Notice, Refusal, TurnError};
pub use session::{Browser, SessionSummary};
pub use setting::{
    Banner, BannerLevel, PageWords, RefusedSetting, Setting, SettingEntry, SettingName,
    UnknownSetting,
};
pub use sharing::{
    MAX_SHARE_BYTES, MAX_SHARED_MESSAGES, MAX_SHARES, MAX_SHARES_OF_CHAT, ReceivedShare, Share,
    ShareAudience, Shares,
};
pub use sidebar_width::SidebarWidth;
pub use status::{ModelState, ModelStatus, User, UserRole};
pub use tail::{MAX_TAILS, TailLine, TailStart, Told};
#[cfg(feature = "ssr")]
pub use time::Today;
pub use time::{DateGroup, LocalDate, LocalTime, Seen};
pub use token_limit::TokenLimit;
pub use trash::{Trash, TrashedConversation};
pub use upkeep::{UpkeepJob, UpkeepReport, UpkeepRun};

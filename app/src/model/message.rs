//! Messages, as the page shows them.

use serde::{Deserialize, Serialize};

use super::{
    Choices, ConversationSummary, Cursor, FileId, LocalTime, MessageId, Notice, ReasoningEffort,
    Refusal, Thumb, TurnError,
};

/// Longest message a person may send, in bytes of UTF-8 (256 KiB).
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Assistant,
}

impl Role {
    /// Name in the database and in `data-role`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// Text of a person: not blank, at most [`MAX_MESSAGE_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText(String);

impl MessageText {
    /// # Errors
    /// If the text is blank or too long.
    pub fn parse(text: impl Into<String>) -> Result<Self, Refusal> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(Refusal::MessageEmpty);
        }
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(Refusal::MessageTooLong { bytes: text.len() });
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// A turn is being made (queued, reading the prompt or writing).
    Running,
    Finished,
    /// Somebody pressed Stop; the text so far is kept.
    Stopped,
    /// The server went away in mid-answer; the text so far is kept.
    Interrupted,
    Failed,
}

impl MessageStatus {
    /// Whether an answer was cut off, so that Continue has a meaning. Page and server ask here. A
    /// running answer that nobody makes any more was cut off too.
    pub fn can_continue(self, finish_reason: Option<FinishReason>) -> bool {
        match self {
            Self::Finished => finish_reason == Some(FinishReason::Length),
            Self::Running | Self::Stopped | Self::Interrupted | Self::Failed => true,
        }
    }
}

/// Why an answer ended (`OpenAI`'s terms).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its message, or a stop string was met.
    Stop,
    /// `max_tokens` or the context window was reached.
    Length,
}

/// What an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    /// From submission to the first token.
    pub time_to_first_token_ms: u32,
    /// Decode speed, from the first token to the last.
    pub tokens_per_second: f32,
}

/// Settings of one turn; absent fields take the server's defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TurnParams {
    pub temperature: Option<f32>,
    pub top_p: Option<f32>,
    pub max_tokens: Option<u32>,
    pub seed: Option<u64>,
}

/// What one press of Send asks for; absent fields are as its conversation has them. Other programs
/// ask for a temperature; the page never does, and writes no fractions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SendParams {
    #[cfg_attr(not(feature = "ssr"), serde(skip_serializing))]
    pub temperature: Option<f32>,
    #[cfg_attr(not(feature = "ssr"), serde(skip_serializing))]
    pub top_p: Option<f32>,
    pub max_tokens: Option<u32>,
    pub seed: Option<u64>,
    /// Of the conversation, from now on.
    pub effort: Option<ReasoningEffort>,
    /// Of the conversation, from now on.
    pub calculator: Option<bool>,
    /// Files that go with the message, as they were answered when they were sent.
    pub files: Vec<FileId>,
}

impl SendParams {
    /// What is asked for this turn alone.
    pub fn turn(&self) -> TurnParams {
        TurnParams {
            temperature: self.temperature,
            top_p: self.top_p,
            max_tokens: self.max_tokens,
            seed: self.seed,
        }
    }

    /// What the conversation wants from now on.
    pub fn choices(&self) -> Choices {
        Choices {
            effort: self.effort,
            calculator: self.calculator,
        }
    }
}

impl From<Choices> for SendParams {
    fn from(choices: Choices) -> Self {
        Self {
            effort: choices.effort,
            calculator: choices.calculator,
            ..Self::default()
        }
    }
}

/// What made an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the model.
    pub model: Option<String>,
    /// Temperature, top-p and longest answer, in the field's own words.
    pub sampling: String,
    pub seed: String,
}

/// A message on the page. The text of a person is plain; an answer is HTML rendered by the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub parent_id: Option<MessageId>,
    pub role: Role,
    pub status: MessageStatus,
    /// The person's text; empty for answers.
    pub text: String,
    /// The files beside that text, HTML, safe to insert; empty if there are none.
    pub files: String,
    /// Committed blocks of an answer, HTML, safe to insert.
    pub blocks: Vec<String>,
    /// The block that still grows, HTML, safe to insert.
    pub pending: String,
    /// What the model thought before it answered, if it did.
    pub reasoning: Option<Reasoning>,
    /// What tools did for the answer, in order.
    pub steps: Vec<ToolStep>,
    /// Where a tail has to go on; present while the turn runs.
    pub cursor: Option<Cursor>,
    pub finish_reason: Option<FinishReason>,
    pub usage: Option<Usage>,
    /// What made an answer; absent for a person's message.
    pub provenance: Option<Provenance>,
    /// What went wrong with the turn, if anything did.
    pub error: Option<TurnError>,
    /// What its person says of an answer, if anything.
    pub rating: Option<Thumb>,
    /// Ids of all versions of this message (siblings), oldest first, this one included.
    pub versions: Vec<MessageId>,
    /// When it was written, in the reader's time zone.
    pub time: LocalTime,
}

impl Message {
    /// A finished one without a word, and without another version.
    pub fn empty(id: MessageId, role: Role, time: LocalTime) -> Self {
        Self {
            id,
            parent_id: None,
            role,
            status: MessageStatus::Finished,
            text: String::new(),
            files: String::new(),
            blocks: Vec::new(),
            pending: String::new(),
            reasoning: None,
            steps: Vec::new(),
            cursor: None,
            finish_reason: None,
            usage: None,
            provenance: None,
            error: None,
            rating: None,
            versions: vec![id],
            time,
        }
    }
}

/// What a model thought before it answered. Exported as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasoning {
    /// As the model wrote it: plain text.
    pub text: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
}

/// A tool that was called for an answer, and what it said. Exported and stored as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolStep {
    /// Name of the tool, as the model called it.
    pub tool: String,
    /// What it was asked: for a calculator the expression.
    pub input: String,
    /// What it answered, or why it could not.
    pub output: String,
    pub has_failed: bool,
    /// How much the model had thought before it called, in bytes of the reasoning's text. Absent
    /// where that is not known: then nobody wrote it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_bytes: Option<u32>,
}

impl ToolStep {
    /// Name of the calculator.
    pub const CALCULATOR: &str = "calculator";
}

/// What a started turn is known by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartedTurn {
    pub conversation: ConversationSummary,
    /// The person's message; absent for regenerate and continue.
    pub user_message: Option<Message>,
    /// The answer, running and (unless continued) empty.
    pub assistant_message: Message,
    pub notice: Option<Notice>,
}

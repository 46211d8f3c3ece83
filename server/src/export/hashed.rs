//! What the hashes of a document cover, in canonical form: every member but the hash itself, sorted
//! by name. A document of 64 MiB need not be copied to be hashed.

mod share;

use hearth_app::model::{
    ConversationId, FinishReason, MessageId, MessageStatus, Reasoning, Role, ToolStep,
};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{ConversationDocument, FileDocument, MessageDocument, Timestamp, canonical::Canonical};
use crate::extract::FileKind;
use share::HashedShares;

/// What the hash of a conversation covers.
#[derive(Serialize)]
pub(super) struct HashedConversation<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    active_message_id: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<Timestamp>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<&'a str>,
    id: ConversationId,
    messages: HashedMessages<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned_at: Option<Timestamp>,
    schema: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Canonical<Value>>,
    #[serde(skip_serializing_if = "HashedShares::is_empty")]
    shares: HashedShares<'a>,
    title: &'a str,
    updated_at: Timestamp,
    version: u32,
}

struct HashedMessages<'a>(&'a [MessageDocument]);

impl Serialize for HashedMessages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let messages = self.0.iter();
        serializer.collect_seq(messages.map(|it| HashedMessage::new(it, Some(&it.sha256))))
    }
}

/// What the hash of a message covers, or, with that hash, what it is within its conversation.
#[derive(Serialize)]
pub(super) struct HashedMessage<'a> {
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<HashedFile<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finish_reason: Option<FinishReason>,
    id: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Canonical<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Canonical<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<Canonical<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<HashedReasoning<'a>>,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
    status: MessageStatus,
    text: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_steps: Vec<HashedStep<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Canonical<Value>>,
}

#[derive(Serialize)]
struct HashedFile<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    is_cut: bool,
    kind: FileKind,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_pages: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_tokens: Option<u32>,
    sha256: &'a str,
    size: u64,
    text: &'a str,
}

#[derive(Serialize)]
struct HashedReasoning<'a> {
    duration_ms: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct HashedStep<'a> {
    has_failed: bool,
    input: &'a str,
    output: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_bytes: Option<u32>,
    tool: &'a str,
}

// Structures are taken apart here, so that no member that is added one day is forgotten.

impl<'a> HashedConversation<'a> {
    pub(super) fn new(document: &'a ConversationDocument) -> Self {
        let ConversationDocument {
            schema,
            version,
            exported_at: _,
            id,
            title,
            created_at,
            updated_at,
            active_message_id,
            settings,
            folder,
            pinned_at,
            archived_at,
            messages,
            shares,
            sha256: _,
        } = document;
        Self {
            active_message_id: *active_message_id,
            archived_at: *archived_at,
            created_at: *created_at,
            folder: folder.as_deref(),
            id: *id,
            messages: HashedMessages(messages),
            pinned_at: *pinned_at,
            schema,
            settings: settings.as_ref().map(canonical),
            shares: HashedShares(shares),
            title,
            updated_at: *updated_at,
            version: *version,
        }
    }
}

impl<'a> HashedMessage<'a> {
    pub(super) fn new(message: &'a MessageDocument, sha256: Option<&'a str>) -> Self {
        let MessageDocument {
            id,
            parent_id,
            role,
            status,
            text,
            files,
            reasoning,
            tool_steps,
            finish_reason,
            error,
            params,
            model,
            usage,
            rating,
            created_at,
            sha256: _,
        } = message;
        Self {
            created_at: *created_at,
            error: error.as_deref(),
            files: files.iter().map(HashedFile::new).collect(),
            finish_reason: *finish_reason,
            id: *id,
            model: model.as_ref().map(canonical),
            params: Some(params).filter(|it| !it.is_empty()).map(canonical),
            parent_id: *parent_id,
            rating: rating.as_ref().map(canonical),
            reasoning: reasoning.as_ref().map(HashedReasoning::new),
            role: *role,
            sha256,
            status: *status,
            text,
            tool_steps: tool_steps.iter().map(HashedStep::new).collect(),
            usage: usage.as_ref().map(canonical),
        }
    }
}

impl<'a> HashedFile<'a> {
    fn new(file: &'a FileDocument) -> Self {
        let FileDocument {
            name,
            kind,
            size,
            sha256,
            num_pages,
            num_tokens,
            is_cut,
            text,
            content,
        } = file;
        Self {
            content: content.as_deref(),
            is_cut: *is_cut,
            kind: *kind,
            name,
            num_pages: *num_pages,
            num_tokens: *num_tokens,
            sha256,
            size: *size,
            text,
        }
    }
}

impl<'a> HashedReasoning<'a> {
    fn new(reasoning: &'a Reasoning) -> Self {
        let Reasoning { text, duration_ms } = reasoning;
        Self {
            duration_ms: *duration_ms,
            text,
        }
    }
}

impl<'a> HashedStep<'a> {
    fn new(step: &'a ToolStep) -> Self {
        let ToolStep {
            tool,
            input,
            output,
            has_failed,
            reasoning_bytes,
        } = step;
        Self {
            has_failed: *has_failed,
            input,
            output,
            reasoning_bytes: *reasoning_bytes,
            tool,
        }
    }
}

/// Something small, by way of a value.
fn canonical(small: &impl Serialize) -> Canonical<Value> {
    Canonical(serde_json::to_value(small).expect("invariant: a document is plain JSON"))
}

//! The same for copies that are shared.

use hearth_app::model::{FinishReason, MessageStatus, Role, ShareId};
use serde::{Serialize, Serializer};

use super::{HashedReasoning, HashedStep};
use crate::export::{ShareDocument, SharedMessage, Timestamp};

/// Copies of a conversation.
pub(super) struct HashedShares<'a>(pub(super) &'a [ShareDocument]);

impl HashedShares<'_> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for HashedShares<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(HashedShare::new))
    }
}

#[derive(Serialize)]
struct HashedShare<'a> {
    created_at: Timestamp,
    id: ShareId,
    messages: HashedSharedMessages<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readers: Option<&'a [String]>,
    title: &'a str,
}

struct HashedSharedMessages<'a>(&'a [SharedMessage]);

impl Serialize for HashedSharedMessages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(HashedSharedMessage::new))
    }
}

#[derive(Serialize)]
struct HashedSharedMessage<'a> {
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    finish_reason: Option<FinishReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<HashedReasoning<'a>>,
    role: Role,
    status: MessageStatus,
    text: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_steps: Vec<HashedStep<'a>>,
}

impl<'a> HashedShare<'a> {
    fn new(share: &'a ShareDocument) -> Self {
        let ShareDocument {
            id,
            title,
            created_at,
            readers,
            messages,
        } = share;
        Self {
            created_at: *created_at,
            id: *id,
            messages: HashedSharedMessages(messages),
            readers: readers.as_deref(),
            title,
        }
    }
}

impl<'a> HashedSharedMessage<'a> {
    fn new(message: &'a SharedMessage) -> Self {
        let SharedMessage {
            role,
            status,
            text,
            reasoning,
            tool_steps,
            finish_reason,
            model,
            created_at,
        } = message;
        Self {
            created_at: *created_at,
            finish_reason: *finish_reason,
            model: model.as_deref(),
            reasoning: reasoning.as_ref().map(HashedReasoning::new),
            role: *role,
            status: *status,
            text,
            tool_steps: tool_steps.iter().map(HashedStep::new).collect(),
        }
    }
}

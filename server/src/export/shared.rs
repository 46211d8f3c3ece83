//! Copies of a conversation that its person shares, as documents have them and as the database
//! keeps their messages.

use hearth_app::model::{
    FinishReason, MessageId, MessageStatus, Reasoning, Role, ShareId, ToolStep,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Timestamp;
use crate::store::{StoreError, StoredMessage, StoredShare, TreeMessage};

/// A copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareDocument {
    pub id: ShareId,
    pub title: String,
    pub created_at: Timestamp,
    /// Names of those who may read it; absent: everybody who is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readers: Option<Vec<String>>,
    /// They follow each other.
    pub messages: Vec<SharedMessage>,
}

/// A message of a copy: what people read of it, without its id and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedMessage {
    pub role: Role,
    pub status: MessageStatus,
    pub text: String,
    /// What the model thought before it answered, if that is shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// What tools did for the answer, if that is shared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_steps: Vec<ToolStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// Name of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub created_at: Timestamp,
}

impl ShareDocument {
    /// The document of a stored copy. One that nobody can read is none, and the log says so.
    pub(super) fn new(share: StoredShare) -> Option<Self> {
        let messages = SharedMessage::from_stored(&share.content);
        if let Err(error) = &messages {
            let id = share.id;
            tracing::error!(share.id = %id, %error, "a shared copy is left out: {error}");
        }
        Some(Self {
            id: share.id,
            title: share.title,
            created_at: Timestamp::from_ms(share.created_at),
            readers: share.readers,
            messages: messages.ok()?,
        })
    }

    /// The copy to be stored.
    pub(super) fn into_share(self) -> StoredShare {
        StoredShare {
            id: self.id,
            title: self.title,
            readers: self.readers,
            num_messages: u32::try_from(self.messages.len()).unwrap_or(u32::MAX),
            content: SharedMessage::to_stored(&self.messages),
            created_at: self.created_at.ms(),
        }
    }
}

impl SharedMessage {
    /// A message as it is now.
    pub(crate) fn new(message: StoredMessage) -> Self {
        Self {
            role: message.role,
            status: settled(message.status),
            text: message.text,
            reasoning: message.reasoning,
            tool_steps: message.steps,
            finish_reason: message.finish_reason,
            model: message.model_name,
            created_at: Timestamp::from_ms(message.created_at),
        }
    }

    /// As the database keeps them.
    pub(crate) fn to_stored(messages: &[Self]) -> String {
        serde_json::to_string(messages).expect("invariant: a message is plain data")
    }

    /// What the database has kept.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`]: nobody here wrote that.
    pub(crate) fn from_stored(content: &str) -> Result<Vec<Self>, StoreError> {
        serde_json::from_str(content).map_err(|_| StoreError::Corrupt { column: "content" })
    }

    /// Messages of a conversation of their own: they follow each other, with new ids.
    pub(crate) fn into_branch(messages: Vec<Self>) -> Vec<TreeMessage> {
        let mut parent_id = None;
        let message = |message: Self| {
            let id = MessageId::new(Uuid::now_v7());
            TreeMessage {
                id,
                parent_id: parent_id.replace(id),
                role: message.role,
                // A file may say anything; nobody writes on here.
                status: settled(message.status),
                text: message.text,
                files: Vec::new(),
                reasoning: message.reasoning,
                steps: message.tool_steps,
                finish_reason: message.finish_reason,
                error: None,
                params: serde_json::Map::new(),
                model_name: message.model,
                model_fingerprint: None,
                prompt_tokens: 0,
                completion_tokens: 0,
                time_to_first_token_ms: 0,
                decode_ms: 0,
                rating: None,
                created_at: message.created_at.ms(),
            }
        };
        messages.into_iter().map(message).collect()
    }
}

/// An answer that nobody makes any more was cut off.
const fn settled(status: MessageStatus) -> MessageStatus {
    match status {
        MessageStatus::Running => MessageStatus::Interrupted,
        settled => settled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: Role, text: &str) -> SharedMessage {
        SharedMessage {
            role,
            status: MessageStatus::Finished,
            text: text.to_owned(),
            reasoning: None,
            tool_steps: Vec::new(),
            finish_reason: None,
            model: None,
            created_at: Timestamp::from_ms(5),
        }
    }

    #[test]
    fn what_is_kept_of_messages_comes_back_byte_by_byte() {
        let thought = SharedMessage {
            reasoning: Some(Reasoning {
                text: "想\u{1}".to_owned(),
                duration_ms: 7,
            }),
            tool_steps: vec![ToolStep::default()],
            finish_reason: Some(FinishReason::Length),
            model: Some("tiny".to_owned()),
            ..message(Role::Assistant, "你好 \"</script>\n")
        };
        let messages = vec![message(Role::User, "Hi"), thought];
        let stored = SharedMessage::to_stored(&messages);
        let read = SharedMessage::from_stored(&stored).unwrap();
        assert_eq!(read, messages);
        assert_eq!(SharedMessage::to_stored(&read), stored);
        for nonsense in ["", "{}", "[{}]", "[1]"] {
            assert!(SharedMessage::from_stored(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_branch_is_a_chain_of_messages_with_ids_of_their_own() {
        let texts = ["One?", "Yes.", "Two?"];
        let mut messages = texts.map(|text| message(Role::User, text)).to_vec();
        messages[1].status = MessageStatus::Running;
        let branch = SharedMessage::into_branch(messages);
        assert_eq!(branch[0].parent_id, None);
        assert_eq!(branch[1].parent_id, Some(branch[0].id));
        assert_eq!(branch[2].parent_id, Some(branch[1].id));
        assert!(branch[0].id < branch[1].id && branch[1].id < branch[2].id);
        assert_eq!(branch[2].text, "Two?");
        assert_eq!(branch[1].status, MessageStatus::Interrupted);
    }
}

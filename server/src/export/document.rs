//! A conversation as a document: the whole tree, described in `docs/export-format.md`.
//!
//! Canonical order: of the messages whose parent stands already, the one with the smallest id comes
//! next. That is the order of ids, unless the clock was set back between a parent and its child.
//! Two exports of equal content are equal but for `exported_at`, which no hash covers.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
};

use hearth_app::model::{
    ConversationId, FinishReason, MessageId, MessageStatus, Phase, Reasoning, Role, ToolStep,
    phases,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    FileDocument, RatingDocument, SettingsDocument, ShareDocument, canonical,
    hashed::{HashedConversation, HashedMessage},
    timestamp::Timestamp,
};
use crate::{
    chat::ModelTitles,
    store::{StoredTree, TreeMessage, TreePlace},
};

/// What `schema` says.
pub const SCHEMA: &str = "hearth.conversation";
/// What `version` says.
pub const VERSION: u32 = 1;
/// What it says where a conversation is pinned, in a folder or in the archive: an older program
/// refuses such a document in a sentence, rather than lose where it was.
pub(crate) const ORDERED_VERSION: u32 = 2;
/// What it says where its person rated an answer or shares copies, or a message has files, for the
/// same reason.
pub(crate) const EXTENDED_VERSION: u32 = 3;

/// A conversation with all its branches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversationDocument {
    pub schema: String,
    pub version: u32,
    /// When the document was made; outside of every hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exported_at: Option<Timestamp>,
    pub id: ConversationId,
    pub title: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Leaf of the branch that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_message_id: Option<MessageId>,
    /// What the conversation wants otherwise than its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsDocument>,
    /// Name of the folder that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Since when it stands at the top of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<Timestamp>,
    /// Since when it is in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    pub messages: Vec<MessageDocument>,
    /// Copies of it that its person shares, in order of their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<ShareDocument>,
    /// Of the whole document, without this member and `exported_at`.
    pub sha256: String,
}

/// One message of the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageDocument {
    pub id: MessageId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    pub role: Role,
    pub status: MessageStatus,
    pub text: String,
    /// Of a person's message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileDocument>,
    /// What the model thought before it answered, if that is exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// What tools did for the answer, if that is exported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_steps: Vec<ToolStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Settings of the turn, seed included. Kept as written: a number keeps its digits.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageDocument>,
    /// What its person says of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<RatingDocument>,
    pub created_at: Timestamp,
    /// Of the message without this member.
    pub sha256: String,
}

/// The model that gave an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What people call it, where that is known; programs are told the name.
    #[serde(skip)]
    pub title: Option<String>,
}

/// What an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageDocument {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    /// From submission to the first token.
    pub time_to_first_token_ms: u32,
    /// From the first token to the last.
    pub decode_ms: u32,
}

impl ConversationDocument {
    /// Calls models as people do, in the formats that people read.
    pub(crate) fn call_models(&mut self, titles: &ModelTitles) {
        let models = self.messages.iter_mut().filter_map(|it| it.model.as_mut());
        for model in models {
            model.title = model.name.as_deref().and_then(|name| titles.of(name));
        }
    }

    /// The document of a stored conversation.
    pub(crate) fn new(tree: StoredTree, exported_at: Timestamp) -> Self {
        let messages = tree.messages.into_iter().map(MessageDocument::new);
        let messages = in_canonical_order(messages.collect());
        let shares = tree.shares.into_iter().filter_map(ShareDocument::new);
        let shares: Vec<_> = shares.collect();
        let is_extended = |it: &MessageDocument| it.rating.is_some() || !it.files.is_empty();
        let version = if !shares.is_empty() || messages.iter().any(is_extended) {
            EXTENDED_VERSION
        } else if tree.place == TreePlace::default() {
            VERSION
        } else {
            ORDERED_VERSION
        };
        let TreePlace {
            folder,
            pinned_at,
            archived_at,
        } = tree.place;
        let mut document = Self {
            schema: SCHEMA.to_owned(),
            version,
            exported_at: Some(exported_at),
            id: tree.id,
            title: tree.title,
            created_at: Timestamp::from_ms(tree.created_at),
            updated_at: Timestamp::from_ms(tree.updated_at),
            active_message_id: tree.active_message,
            settings: SettingsDocument::new(tree.settings),
            folder,
            pinned_at: pinned_at.map(Timestamp::from_ms),
            archived_at: archived_at.map(Timestamp::from_ms),
            messages,
            shares,
            sha256: String::new(),
        };
        document.sha256 = document.content_hash();
        document
    }

    /// The conversation to be stored. An answer that was running is made by nobody here.
    pub(crate) fn into_tree(self) -> StoredTree {
        // No person has both: a pin in the archive would count for nothing until writing brings
        // it out, and then be one more than the list can show.
        let pinned_at = self.pinned_at.filter(|_| self.archived_at.is_none());
        StoredTree {
            id: self.id,
            title: self.title,
            active_message: self.active_message_id,
            created_at: self.created_at.ms(),
            updated_at: self.updated_at.ms(),
            // Checked before: a document with others is not imported.
            settings: self
                .settings
                .and_then(|it| it.check().ok())
                .unwrap_or_default(),
            place: TreePlace {
                folder: self.folder,
                pinned_at: pinned_at.map(Timestamp::ms),
                archived_at: self.archived_at.map(Timestamp::ms),
            },
            messages: self
                .messages
                .into_iter()
                .map(MessageDocument::into_message)
                .collect(),
            shares: self
                .shares
                .into_iter()
                .map(ShareDocument::into_share)
                .collect(),
        }
    }

    /// What `sha256` has to say.
    pub fn content_hash(&self) -> String {
        canonical::sha256(&HashedConversation::new(self))
    }

    /// The messages of the shown branch, oldest first; without an active message, of the last.
    pub fn branch(&self) -> Vec<&MessageDocument> {
        let by_id: HashMap<_, _> = self.messages.iter().map(|it| (it.id, it)).collect();
        let last = || self.messages.last().map(|it| it.id);
        let mut next = self.active_message_id.or_else(last);
        let mut branch = Vec::new();
        // No branch is longer than the tree, even if somebody closed a circle by hand.
        while let Some(message) = next.and_then(|id| by_id.get(&id))
            && branch.len() < self.messages.len()
        {
            branch.push(*message);
            next = message.parent_id;
        }
        branch.reverse();
        branch
    }

    /// The other branches, oldest first: of each the messages that no earlier one has. Where one
    /// begins, it goes on with what was written last.
    pub fn other_branches(&self) -> Vec<Vec<&MessageDocument>> {
        let mut children: HashMap<_, &MessageDocument> = HashMap::new();
        for message in &self.messages {
            children.insert(message.parent_id, message);
        }
        let mut written: HashSet<_> = self.branch().iter().map(|it| it.id).collect();
        let mut branches = Vec::new();
        for first in &self.messages {
            let mut branch = Vec::new();
            let mut next = Some(first);
            while let Some(message) = next.filter(|it| written.insert(it.id)) {
                branch.push(message);
                next = children.get(&Some(message.id)).copied();
            }
            if !branch.is_empty() {
                branches.push(branch);
            }
        }
        branches
    }

    /// The document as JSON, indented, with a line feed at its end.
    ///
    /// # Panics
    /// Never: documents have no maps with keys other than strings.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("invariant: a document is plain JSON") + "\n"
    }
}

impl MessageDocument {
    /// What the model thought and what tools did, in order.
    pub(super) fn phases(&self) -> Vec<Phase<'_>> {
        let reasoning = self.reasoning.as_ref().map_or("", |it| &it.text);
        phases(reasoning, &self.tool_steps)
    }

    fn new(message: TreeMessage) -> Self {
        let mut params = message.params;
        params.retain(|_, value| !value.is_null());
        let model = ModelDocument {
            name: message.model_name,
            fingerprint: message.model_fingerprint,
            title: None,
        };
        let usage = UsageDocument {
            prompt_tokens: message.prompt_tokens,
            completion_tokens: message.completion_tokens,
            time_to_first_token_ms: message.time_to_first_token_ms,
            decode_ms: message.decode_ms,
        };
        let mut document = Self {
            id: message.id,
            parent_id: message.parent_id,
            role: message.role,
            status: message.status,
            text: message.text,
            files: message.files.into_iter().map(FileDocument::new).collect(),
            reasoning: message.reasoning,
            tool_steps: message.steps,
            finish_reason: message.finish_reason,
            error: message.error,
            params,
            model: Some(model).filter(|it| it.name.is_some() || it.fingerprint.is_some()),
            usage: Some(usage).filter(|it| *it != UsageDocument::default()),
            rating: message.rating.map(RatingDocument::new),
            created_at: Timestamp::from_ms(message.created_at),
            sha256: String::new(),
        };
        document.sha256 = document.content_hash();
        document
    }

    fn into_message(self) -> TreeMessage {
        let (model_name, model_fingerprint) = match self.model {
            Some(model) => (model.name, model.fingerprint),
            None => (None, None),
        };
        let usage = self.usage.unwrap_or_default();
        TreeMessage {
            id: self.id,
            parent_id: self.parent_id,
            role: self.role,
            status: match self.status {
                MessageStatus::Running => MessageStatus::Interrupted,
                settled => settled,
            },
            text: self.text,
            files: self
                .files
                .into_iter()
                .map(FileDocument::into_file)
                .collect(),
            reasoning: self.reasoning,
            steps: self.tool_steps,
            finish_reason: self.finish_reason,
            error: self.error,
            params: self.params,
            model_name,
            model_fingerprint,
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            time_to_first_token_ms: usage.time_to_first_token_ms,
            decode_ms: usage.decode_ms,
            rating: self.rating.map(RatingDocument::into_rating),
            created_at: self.created_at.ms(),
        }
    }

    /// What `sha256` has to say.
    pub fn content_hash(&self) -> String {
        canonical::sha256(&HashedMessage::new(self, None))
    }
}

/// Parents before children, otherwise by id.
fn in_canonical_order(messages: Vec<MessageDocument>) -> Vec<MessageDocument> {
    let ids: HashSet<_> = messages.iter().map(|it| it.id).collect();
    let mut ready = BinaryHeap::new();
    let mut waiting: HashMap<_, Vec<_>> = HashMap::new();
    for message in &messages {
        // A parent that is not in the tree holds nothing up.
        match message.parent_id.filter(|parent| ids.contains(parent)) {
            Some(parent) => waiting.entry(parent).or_default().push(message.id),
            None => ready.push(Reverse(message.id)),
        }
    }
    let mut by_id: HashMap<_, _> = messages.into_iter().map(|it| (it.id, it)).collect();
    let mut ordered = Vec::with_capacity(by_id.len());
    while let Some(Reverse(id)) = ready.pop() {
        ordered.extend(by_id.remove(&id));
        ready.extend(waiting.remove(&id).into_iter().flatten().map(Reverse));
    }
    ordered
}

//! Conversations: lines of the list, its pages, and what is read of one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Choices, ConversationId, DateGroup, Folder, FolderId, LocalDate, Message, MessageId};

/// A line of the sidebar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    pub id: ConversationId,
    pub title: String,
    /// A turn of this conversation is running.
    pub running: bool,
    /// When it was last used, milliseconds UTC.
    pub updated_at: i64,
    /// The same, by the reader's calendar.
    pub group: DateGroup,
    /// Since when it stands at the top of the list, milliseconds UTC; absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<FolderId>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub archived: bool,
    /// An answer has ended since its person saw it last.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unread: bool,
}

/// Of fifty rows hardly one says so.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference to the field"
)]
fn is_false(said: &bool) -> bool {
    !said
}

impl ConversationSummary {
    /// Where it stands in the list.
    pub fn place(&self) -> ListPlace {
        ListPlace {
            updated_at: self.updated_at,
            id: self.id,
        }
    }
}

/// A place in the list of conversations: the later one stands higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListPlace {
    pub updated_at: i64,
    /// Of two that were used in the same millisecond.
    pub id: ConversationId,
}

impl fmt::Display for ListPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.updated_at, self.id)
    }
}

/// A text that names no place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the list of conversations")]
pub struct NoPlace;

impl FromStr for ListPlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (updated_at, id) = text.split_once('.').ok_or(NoPlace)?;
        Ok(Self {
            updated_at: updated_at.parse().map_err(|_| NoPlace)?,
            id: id.parse().map_err(|_| NoPlace)?,
        })
    }
}

/// A piece of the list of conversations, the last used first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationPage {
    pub conversations: Vec<ConversationSummary>,
    /// Others were used before these.
    pub has_more: bool,
    /// The day on which it was read, by the reader's calendar: that of its groups.
    pub today: LocalDate,
    /// In the first piece: what stands at the top of the list, the last pinned first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<ConversationSummary>,
    /// In the first piece: all folders, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<Folder>,
}

/// What tells of a conversation whether it is still the one that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationState {
    pub summary: ConversationSummary,
    /// The end of the branch that is shown.
    pub leaf: Option<MessageId>,
    /// Of all branches.
    pub num_messages: u32,
    /// A message has more than one version.
    pub has_branches: bool,
    /// Its own; what is absent is as usual.
    pub choices: Choices,
    /// The folder whose instructions hold where it has none of its own; absent: those of the
    /// server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructed_by: Option<String>,
}

impl ConversationState {
    /// Nobody wrote, answered, went on, deleted or chose another version between the two.
    pub fn has_same_messages(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.leaf, it.num_messages, it.summary.updated_at);
        of(self) == of(other)
    }
}

/// A piece of a conversation's active branch, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub state: ConversationState,
    pub messages: Vec<Message>,
}

impl Conversation {
    /// The branch begins before these messages.
    pub fn has_earlier(&self) -> bool {
        let first = self.messages.first();
        first.is_some_and(|message| message.parent_id.is_some())
    }

    /// The end of the branch, if it goes on after these messages.
    pub fn later_leaf(&self) -> Option<MessageId> {
        let last = self.messages.last().map(|message| message.id);
        self.state.leaf.filter(|_| self.state.leaf != last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        let place = ListPlace {
            updated_at: -5,
            id: "0192f0c1-2f3a-7000-8000-000000000001".parse().unwrap(),
        };
        assert_eq!(place.to_string().parse(), Ok(place));
        for text in [
            "",
            ".",
            "5",
            "5.",
            "x.0192f0c1-2f3a-7000-8000-000000000001",
            "5.6.7",
        ] {
            assert_eq!(text.parse::<ListPlace>(), Err(NoPlace), "{text}");
        }
    }
}

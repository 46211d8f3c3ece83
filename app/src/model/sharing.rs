//! Copies of chats that people share inside of the server.

use serde::{Deserialize, Serialize};

use super::{ConversationId, LocalTime, ShareId};

/// Most copies that a person shares at once.
pub const MAX_SHARES: usize = 200;
/// Most of them of one chat.
pub const MAX_SHARES_OF_CHAT: usize = 10;
/// Most messages of a copy.
pub const MAX_SHARED_MESSAGES: usize = 5000;
/// Longest copy, as the database has it (4 MiB): ten of them fit into a document beside their chat.
pub const MAX_SHARE_BYTES: usize = 4 << 20;

/// Who may read a copy, of those who are signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareAudience {
    /// Who has the address.
    Everybody,
    /// Some, by their names.
    Named,
}

impl ShareAudience {
    /// As in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Everybody => "everybody",
            Self::Named => "named",
        }
    }
}

/// A copy that a person shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub id: ShareId,
    pub conversation: ConversationId,
    pub title: String,
    pub num_messages: u32,
    /// Names; absent: everybody who is signed in.
    pub readers: Option<Vec<String>>,
    /// Its chat is in the trash: nobody reads it now.
    pub is_in_trash: bool,
    pub made: LocalTime,
}

/// A copy that somebody else shares with a person by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedShare {
    pub id: ShareId,
    pub title: String,
    /// Who shares it.
    pub owner: String,
    pub made: LocalTime,
}

/// What a person shares and is given to read, each the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    pub own: Vec<Share>,
    pub received: Vec<ReceivedShare>,
    /// An administrator has turned sharing off: nobody reads any of them.
    pub is_off: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_written_in_forms_as_in_json() {
        for audience in [ShareAudience::Everybody, ShareAudience::Named] {
            let json = serde_json::to_string(&audience).unwrap();
            assert_eq!(json, format!("\"{}\"", audience.as_str()));
        }
    }
}

//! How a person orders conversations: folders, and what is done with many at once.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{FolderId, UnknownChoice};

/// Most conversations that one call arranges.
pub const MAX_ARRANGED: usize = 500;
/// Most conversations that a person pins.
pub const MAX_PINNED: usize = 50;
/// Most folders of a person.
pub const MAX_FOLDERS: usize = 200;
/// Longest name of a folder, in characters.
pub const MAX_FOLDER_NAME_CHARS: usize = 100;

/// A folder, as the list of conversations has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    pub id: FolderId,
    pub name: String,
}

/// A folder as its form gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FolderForm {
    pub name: String,
    /// What the model is told in its conversations that have no instructions of their own; empty:
    /// nothing.
    pub instructions: String,
}

/// What is done with conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrangement {
    /// To the top of the list, out of the archive too.
    Pin,
    Unpin,
    /// Out of the list, and from its top too.
    Archive,
    Unarchive,
    /// Into a folder or out of it, and from the top of the list.
    Move,
    /// Into the trash.
    Delete,
    /// Out of the trash.
    Restore,
}

impl Arrangement {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pin,
        Self::Unpin,
        Self::Archive,
        Self::Unarchive,
        Self::Move,
        Self::Delete,
        Self::Restore,
    ];

    /// As in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Unpin => "unpin",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
            Self::Move => "move",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }
}

impl FromStr for Arrangement {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.as_str() == text).ok_or(UnknownChoice)
    }
}

/// What became of conversations that were arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arranged {
    pub num_arranged: usize,
    /// They are not there, or not the person's: nothing happened to them.
    pub num_missing: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrangement_is_read_as_it_is_written_in_forms_and_in_json() {
        for arrangement in Arrangement::ALL {
            let word = arrangement.as_str();
            assert_eq!(word.parse(), Ok(arrangement));
            let json = serde_json::to_string(&arrangement).unwrap();
            assert_eq!(json, format!("\"{word}\""));
        }
        assert_eq!("burn".parse::<Arrangement>(), Err(UnknownChoice));
    }
}

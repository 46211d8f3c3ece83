//! What a person has beside conversations: it stands in the manifest of an archive.

use hearth_app::model::{PersonalInstructions, UserId};
use serde::{Deserialize, Serialize};

use super::folders::{FolderDocument, stored_folders};
use crate::store::{Store, StoreError};

/// Folders, and what models are told in every chat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongings {
    /// By name, each once.
    pub folders: Vec<FolderDocument>,
    pub instructions: Option<InstructionsDocument>,
}

/// A person's own instructions. Members are sorted, so that this is the canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstructionsDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answering: Option<String>,
    pub is_on: bool,
}

impl InstructionsDocument {
    /// Nothing if nothing is written.
    pub(super) fn new(told: PersonalInstructions) -> Option<Self> {
        let text = |it: String| (!it.is_empty()).then_some(it);
        let document = Self {
            about: text(told.about),
            answering: text(told.answering),
            is_on: told.is_on,
        };
        (document.about.is_some() || document.answering.is_some()).then_some(document)
    }

    /// The instructions as a form would give them.
    pub(crate) fn into_instructions(self) -> PersonalInstructions {
        PersonalInstructions {
            about: self.about.unwrap_or_default(),
            answering: self.answering.unwrap_or_default(),
            is_on: self.is_on,
        }
    }
}

/// All that a person has beside conversations.
///
/// # Errors
/// [`StoreError`] if the database cannot be read.
pub async fn stored_belongings(store: &Store, user: UserId) -> Result<Belongings, StoreError> {
    let instructions = store.personal_instructions(user).await?;
    Ok(Belongings {
        folders: stored_folders(store, user).await?,
        instructions: instructions.and_then(InstructionsDocument::new),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_wrote_is_not_exported_and_what_is_off_stays_off() {
        assert_eq!(
            InstructionsDocument::new(PersonalInstructions::default()),
            None
        );
        let told = PersonalInstructions {
            about: "I keep bees.".to_owned(),
            answering: String::new(),
            is_on: false,
        };
        let document = InstructionsDocument::new(told.clone()).unwrap();
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(json, r#"{"about":"I keep bees.","is_on":false}"#);
        let read: InstructionsDocument = serde_json::from_str(&json).unwrap();
        assert_eq!(read.into_instructions(), told);
    }
}

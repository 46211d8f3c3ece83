//! The folders of a person in an archive: a conversation's document names its own, the manifest
//! lists all of them with what models are told there.

use hearth_app::model::UserId;
use serde::{Deserialize, Serialize};

use super::Timestamp;
use crate::{
    folders::parse_instructions,
    store::{Store, StoreError, StoredFolder},
};

/// A folder. Members are sorted, so that this is the canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderDocument {
    pub created_at: Timestamp,
    /// For conversations that have none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    pub name: String,
}

impl FolderDocument {
    fn new(folder: StoredFolder) -> Self {
        Self {
            created_at: Timestamp::from_ms(folder.created_at),
            instructions: folder.instructions,
            name: folder.name,
        }
    }

    /// The folder to be stored.
    pub(crate) fn into_folder(self) -> StoredFolder {
        StoredFolder {
            name: self.name,
            // Checked before: an archive with others is not imported.
            instructions: self
                .instructions
                .and_then(|it| parse_instructions(&it).ok().flatten()),
            created_at: self.created_at.ms(),
        }
    }
}

/// All folders of a person, by name.
pub(super) async fn stored_folders(
    store: &Store,
    user: UserId,
) -> Result<Vec<FolderDocument>, StoreError> {
    let folders = store.whole_folders(user).await?;
    Ok(folders.into_iter().map(FolderDocument::new).collect())
}

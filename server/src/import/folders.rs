//! The folders that a file speaks of: those that its manifest lists, and those that its
//! conversations are in. Names are one where those of accounts would be.

use std::collections::BTreeMap;

use hearth_app::model::{Folder, ImportFault, MAX_FOLDERS, Refusal, UserId};

use super::problem::{Problems, problem};
use crate::{
    export::{ConversationDocument, FolderDocument, MANIFEST, Manifest, ORDERED_VERSION},
    folders::{parse_instructions, parse_name},
    store::{Store, StoreError, StoredFolder, name_key, now_ms},
};

/// By what makes two names one.
#[derive(Debug, Default)]
pub(super) struct Folders(BTreeMap<String, StoredFolder>);

impl Folders {
    /// Those that a manifest lists.
    pub(super) fn new(listed: &[FolderDocument]) -> Self {
        let folders = listed.iter().cloned().map(FolderDocument::into_folder);
        Self(folders.map(|it| (name_key(&it.name), it)).collect())
    }

    /// The one that a conversation is in, which an archive of all lists already.
    pub(super) fn add(&mut self, document: &ConversationDocument) {
        let Some(name) = &document.folder else { return };
        self.0
            .entry(name_key(name))
            .or_insert_with(|| StoredFolder {
                name: name.clone(),
                instructions: None,
                created_at: now_ms(),
            });
    }

    /// Whether there is room for them beside those that are there.
    pub(super) async fn fit(&self, store: &Store, user: UserId) -> Result<bool, StoreError> {
        let there = store.folders(user).await?;
        let is_other = |it: &&Folder| !self.0.contains_key(&name_key(&it.name));
        let num_others = there.iter().filter(is_other).count();
        Ok(self.0.len() + num_others <= MAX_FOLDERS)
    }

    /// There is no room for them.
    pub(super) fn too_many() -> Problems {
        let limit = MAX_FOLDERS;
        problem("", ImportFault::Refused(Refusal::TooManyFolders { limit })).into()
    }

    pub(super) fn into_folders(self) -> Vec<StoredFolder> {
        self.0.into_values().collect()
    }
}

/// What is wrong with where a conversation is put.
pub(super) fn check_place(document: &ConversationDocument, problems: &mut Problems) {
    let (folder, version) = (document.folder.as_ref(), document.version);
    let is_put = folder.is_some() || document.pinned_at.is_some() || document.archived_at.is_some();
    if is_put && version < ORDERED_VERSION {
        let (found, read) = (version.to_string(), ORDERED_VERSION);
        problems.push(problem(
            "version",
            ImportFault::OtherVersion { found, read },
        ));
    }
    if let Some(fault) = folder.map(String::as_str).and_then(name_fault) {
        problems.push(problem("folder", fault));
    }
}

/// What is wrong with the folders that a manifest lists.
pub(super) fn check_listed(manifest: &Manifest) -> Result<(), Problems> {
    let mut problems = Problems::default();
    if manifest.folders.len() > MAX_FOLDERS {
        let place = format!("{MANIFEST}/folders");
        let limit = MAX_FOLDERS;
        return Err(problem(place, ImportFault::TooMany { limit }).into());
    }
    let mut keys = BTreeMap::new();
    for (index, folder) in manifest.folders.iter().enumerate() {
        let place = |member: &str| format!("{MANIFEST}/folders/{index}/{member}");
        if let Some(fault) = name_fault(&folder.name) {
            problems.push(problem(place("name"), fault));
        }
        let first = *keys.entry(name_key(&folder.name)).or_insert(index);
        if first < index {
            let same = format!("{MANIFEST}/folders/{first}");
            problems.push(problem(place("name"), ImportFault::SameAs { place: same }));
        }
        let instructions = folder.instructions.as_deref().unwrap_or_default();
        if let Err(error) = parse_instructions(instructions) {
            let fault = ImportFault::Refused(error.into());
            problems.push(problem(place("instructions"), fault));
        }
    }
    problems.into_result()
}

/// Names are written as they are kept.
fn name_fault(name: &str) -> Option<ImportFault> {
    match parse_name(name) {
        Ok(kept) if kept == *name => None,
        Ok(kept) => Some(ImportFault::Unexpected {
            detail: format!("{kept:?}"),
        }),
        Err(refusal) => Some(ImportFault::Refused(refusal)),
    }
}

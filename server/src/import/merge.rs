//! The preview of an import, and the import: everything is checked before the first row is
//! written, rows are put aside while the rest of the file is parsed, and one transaction decides
//! that they count.
//!
//! Both read a whole file, one conversation at a time, and are not for the threads that serve
//! requests.

use std::io::{self, Read, Seek};

use hearth_app::model::{ImportCounts, ImportFault, UploadId, UserId};
use tokio::runtime::Handle;

use super::{
    folders::Folders,
    problem::{Problems, problem},
    remains,
    source::ImportFile,
    staging::Stager,
};
use crate::{
    export::ConversationDocument,
    store::{Decision, RunningImport, Store, StoreError, StoredFolder},
};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error(transparent)]
    Refused(#[from] Problems),
    /// Another press of the button was quicker, or another file took its place.
    #[error("the file is not there any more")]
    Gone,
    #[error(
        "another import of this person is under way, or was cut off within the last two minutes; \
         nothing was imported, try again later"
    )]
    Busy,
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    /// What the import continues was removed, or it was given up for dead.
    pub(super) fn changed_meanwhile() -> Self {
        Self::Refused(problem("", ImportFault::ChangedMeanwhile).into())
    }
}

/// What importing a file would do. Must be called within a Tokio runtime, on a thread that may
/// block.
///
/// # Errors
/// Everything that is wrong with the file, or what the database said.
pub fn preview(
    store: &Store,
    user: UserId,
    content: impl Read + Seek,
) -> Result<ImportCounts, ImportError> {
    let mut file = ImportFile::open(content)?;
    let mut counts = ImportCounts::default();
    look_for_folders(store, user, &mut file, |document| {
        let plan = store.plan_import(user, document.id);
        let plan = Handle::current().block_on(plan)?;
        let ids = document.messages.iter().map(|message| message.id);
        plan.count(ids, &mut counts);
        Ok(())
    })?;
    Ok(counts)
}

/// Imports a file, all or nothing, and notes so if it was an upload. Must be called within a Tokio
/// runtime, on a thread that may block.
///
/// # Errors
/// Everything that is wrong with the file, or what the database said; nothing was changed then.
pub fn import(
    store: &Store,
    user: UserId,
    content: impl Read + Seek,
    upload: Option<UploadId>,
) -> Result<ImportCounts, ImportError> {
    let mut file = ImportFile::open(content)?;
    let folders = look_for_folders(store, user, &mut file, |_| Ok(()))?.into_folders();
    let runtime = Handle::current();
    runtime.block_on(remains::clear(store))?;
    let begun = runtime.block_on(store.begin_import(user))?;
    let import = begun.ok_or(ImportError::Busy)?;
    let imported = run(store, &import, &mut file, (upload, folders.as_slice()));
    match &imported {
        Ok(_) => runtime.block_on(remains::finish(store)),
        Err(_) => runtime.block_on(remains::give_up(store, &import)),
    }
    imported
}

/// Puts everything aside and decides.
fn run<R: Read + Seek>(
    store: &Store,
    import: &RunningImport,
    file: &mut ImportFile<R>,
    (upload, folders): (Option<UploadId>, &[StoredFolder]),
) -> Result<ImportCounts, ImportError> {
    let mut stager = Stager::new(store, import);
    for index in 0..file.len() {
        let tree = file.read(index)?.into_tree();
        stager.add(tree)?;
    }
    let counts = stager.finish()?;
    let decided = store.decide_import(import, upload, counts, folders);
    match Handle::current().block_on(decided)? {
        Decision::Imported => Ok(counts),
        Decision::FileGone => Err(ImportError::Gone),
        Decision::ChangedMeanwhile => Err(ImportError::changed_meanwhile()),
    }
}

/// Checks everything, as [`look_through`], and whether there is room for its folders.
fn look_for_folders<R: Read + Seek>(
    store: &Store,
    user: UserId,
    file: &mut ImportFile<R>,
    mut see: impl FnMut(&ConversationDocument) -> Result<(), StoreError>,
) -> Result<Folders, ImportError> {
    let mut folders = Folders::new(file.folders());
    look_through(file, |document| {
        folders.add(document);
        see(document)
    })?;
    let is_room = Handle::current().block_on(folders.fit(store, user))?;
    if is_room {
        Ok(folders)
    } else {
        Err(ImportError::Refused(Folders::too_many()))
    }
}

/// Checks everything; no more is read than what is wrong can be named. `see` is shown each
/// conversation, until something is wrong.
fn look_through<R: Read + Seek>(
    file: &mut ImportFile<R>,
    mut see: impl FnMut(&ConversationDocument) -> Result<(), StoreError>,
) -> Result<(), ImportError> {
    let mut problems = Problems::default();
    for index in 0..file.len() {
        match file.read(index) {
            Ok(document) if problems.named().is_empty() => see(&document)?,
            Ok(_) => {}
            Err(wrong) => problems.append(wrong, file.place(index)),
        }
        if problems.is_full() {
            break;
        }
    }
    Ok(problems.into_result()?)
}

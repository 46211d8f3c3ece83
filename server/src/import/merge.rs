//! The preview of an import, and the import: everything is checked before the first row is
//! written, rows are put aside while the rest of the file is parsed, and one transaction decides
//! that they count.
//!
//! Both read a whole file, one conversation at a time, and are not for the threads that serve
//! requests.

use std::{
    io::{self, Read, Seek},
    ops::ControlFlow,
};

use hearth_app::model::{Brought, ImportCounts, ImportFault, UploadId, UserId};
use tokio::runtime::Handle;

use super::{
    folders::Folders,
    problem::{Problems, problem},
    remains,
    source::ImportFile,
    staging::Stager,
};
use crate::{
    export::{ConversationDocument, InstructionsDocument},
    store::{BesideChats, Decision, RunningImport, Store, StoreError},
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

/// What importing a file would do.
#[derive(Debug)]
pub struct Preview {
    /// Without what cannot be read.
    pub counts: ImportCounts,
    /// Conversations of another program that cannot be read. The others can be imported without
    /// them, by [`import_readable`].
    pub unreadable: Problems,
}

impl From<ImportCounts> for Preview {
    fn from(counts: ImportCounts) -> Self {
        Self {
            counts,
            unreadable: Problems::default(),
        }
    }
}

/// Looks at what importing a file would do. Must be called within a Tokio runtime, on a thread that
/// may block.
///
/// # Errors
/// Everything that is wrong with the file as a whole, or what the database said.
pub fn look(
    store: &Store,
    user: UserId,
    content: impl Read + Seek,
) -> Result<Preview, ImportError> {
    let mut file = ImportFile::open(content)?;
    let mut counts = ImportCounts::default();
    let survey = survey(store, user, &mut file, |document| {
        let shares = document.shares.iter().map(|share| share.id);
        let plan = store.plan_import(user, document.id, shares);
        let plan = Handle::current().block_on(plan)?;
        let ids = document.messages.iter().map(|message| message.id);
        plan.count(ids, &mut counts);
        Ok(())
    })?;
    counts.brought = survey.brought;
    Ok(Preview {
        counts,
        unreadable: survey.unreadable,
    })
}

/// As [`look`], where everything is to be imported.
///
/// # Errors
/// Everything that is wrong with the file, or what the database said.
pub fn preview(
    store: &Store,
    user: UserId,
    content: impl Read + Seek,
) -> Result<ImportCounts, ImportError> {
    let preview = look(store, user, content)?;
    preview.unreadable.into_result()?;
    Ok(preview.counts)
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
    bring(store, user, content, upload, false)
}

/// As [`import`], without the conversations of another program that cannot be read.
///
/// # Errors
/// As [`import`].
pub fn import_readable(
    store: &Store,
    user: UserId,
    content: impl Read + Seek,
    upload: Option<UploadId>,
) -> Result<ImportCounts, ImportError> {
    bring(store, user, content, upload, true)
}

/// Looks at a file and, if all of it may be imported, does so.
fn bring(
    store: &Store,
    user: UserId,
    content: impl Read + Seek,
    upload: Option<UploadId>,
    without_unreadable: bool,
) -> Result<ImportCounts, ImportError> {
    let mut file = ImportFile::open(content)?;
    let survey = survey(store, user, &mut file, |_| Ok(()))?;
    if !without_unreadable {
        survey.unreadable.clone().into_result()?;
    }
    let runtime = Handle::current();
    runtime.block_on(remains::clear(store))?;
    let begun = runtime.block_on(store.begin_import(user))?;
    let import = begun.ok_or(ImportError::Busy)?;
    let imported = run(store, &import, &mut file, &survey, upload);
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
    survey: &Survey,
    upload: Option<UploadId>,
) -> Result<ImportCounts, ImportError> {
    let mut stager = Stager::new(store, import);
    let leaves_out = !survey.unreadable.named().is_empty();
    file.walk(|found| {
        match found {
            Ok(Some(incoming)) => stager.add(incoming.into_document().into_tree())?,
            Ok(None) => {}
            // Somebody was told of it and wants the others.
            Err(_) if leaves_out => {}
            Err(wrong) => return Err(wrong.into()),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut counts = stager.finish()?;
    counts.brought = survey.brought;
    let decided = store.decide_import(import, upload, counts, &survey.beside);
    match Handle::current().block_on(decided)? {
        Decision::Imported => Ok(counts),
        Decision::FileGone => Err(ImportError::Gone),
        Decision::ChangedMeanwhile => Err(ImportError::changed_meanwhile()),
    }
}

/// What was found in a file.
struct Survey {
    brought: Option<Brought>,
    /// What is wrong with some conversations of another program.
    unreadable: Problems,
    beside: BesideChats,
}

/// Checks everything, as [`look_through`], and whether there is room for the folders of the file.
fn survey<R: Read + Seek>(
    store: &Store,
    user: UserId,
    file: &mut ImportFile<R>,
    mut see: impl FnMut(&ConversationDocument) -> Result<(), StoreError>,
) -> Result<Survey, ImportError> {
    let mut folders = Folders::new(file.folders());
    let (brought, unreadable) = look_through(file, |document| {
        folders.add(document);
        see(document)
    })?;
    let is_room = Handle::current().block_on(folders.fit(store, user))?;
    if !is_room {
        return Err(ImportError::Refused(Folders::too_many()));
    }
    let told = file.instructions().cloned();
    Ok(Survey {
        brought,
        unreadable,
        beside: BesideChats {
            folders: folders.into_folders(),
            instructions: told.map(InstructionsDocument::into_instructions),
        },
    })
}

/// Checks everything; of a file of ours no more is read than what is wrong can be named. `see` is
/// shown each conversation; of a file of ours, until something is wrong. Gives what was found of
/// another program, and what is wrong with some of its conversations.
///
/// # Errors
/// What is wrong, if nothing can be imported.
fn look_through<R: Read + Seek>(
    file: &mut ImportFile<R>,
    mut see: impl FnMut(&ConversationDocument) -> Result<(), StoreError>,
) -> Result<(Option<Brought>, Problems), ImportError> {
    let mut brought = file.program().map(Brought::new);
    let mut problems = Problems::default();
    file.walk(|found| {
        let is_clean = problems.named().is_empty();
        match (found, &mut brought) {
            (Ok(Some(incoming)), Some(brought)) => {
                incoming.count(brought);
                see(incoming.document())?;
            }
            (Ok(None), Some(brought)) => brought.empty = brought.empty.saturating_add(1),
            (Ok(Some(incoming)), None) if is_clean => see(incoming.document())?,
            (Ok(_), None) => {}
            (Err(wrong), brought) => {
                if let Some(brought) = brought {
                    brought.unreadable = brought.unreadable.saturating_add(1);
                }
                problems.append(wrong, "");
            }
        }
        let is_enough = brought.is_none() && problems.is_full();
        Ok(if is_enough {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    if brought.is_none_or(|brought| brought.conversations == 0) {
        problems.into_result()?;
        if brought.is_some() {
            let nothing = problem("", ImportFault::NothingInIt);
            return Err(ImportError::Refused(nothing.into()));
        }
        problems = Problems::default();
    }
    Ok((brought, problems))
}

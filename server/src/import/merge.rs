//! The preview of an import, and the import: everything is checked before the first row is
//! written, and all rows are written in one transaction.
//!
//! Both read a whole file and are not for the threads that serve requests.

use std::collections::HashMap;

use bytes::Bytes;
use hearth_app::model::{ConversationId, ImportCounts, ImportFault, MessageId, UploadId, UserId};
use tokio::runtime::Handle;

use super::{
    problem::{Problems, problem, within},
    source::ImportFile,
};
use crate::store::{Store, StoreError};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error(transparent)]
    Refused(#[from] Problems),
    /// Another press of the button was quicker, or another file took its place.
    #[error("the file is not there any more")]
    Gone,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A conversation of a file without its texts.
struct Outline {
    conversation: ConversationId,
    messages: Vec<MessageId>,
}

/// What importing a file would do. Must be called within a Tokio runtime, on a thread that may
/// block.
///
/// # Errors
/// Everything that is wrong with the file, or what the database said.
pub fn preview(store: &Store, user: UserId, content: Bytes) -> Result<ImportCounts, ImportError> {
    let mut file = ImportFile::open(content)?;
    let outlines = outline(&mut file)?;
    let mut counts = ImportCounts::default();
    for it in outlines {
        let plan = store.plan_import(user, it.conversation, &it.messages);
        Handle::current().block_on(plan)?.count(&mut counts);
    }
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
    content: Bytes,
    upload: Option<UploadId>,
) -> Result<ImportCounts, ImportError> {
    let mut file = ImportFile::open(content)?;
    outline(&mut file)?;
    let runtime = Handle::current();
    let mut counts = ImportCounts::default();
    let mut transaction = runtime.block_on(store.begin_import())?;
    for index in 0..file.len() {
        let tree = file.read(index)?.into_tree();
        let merged = transaction.merge(user, &tree);
        runtime.block_on(merged)?.count(&mut counts);
    }
    if let Some(upload) = upload
        && !runtime.block_on(transaction.finish_upload(user, upload, counts))?
    {
        return Err(ImportError::Gone);
    }
    runtime.block_on(transaction.commit())?;
    Ok(counts)
}

/// Checks everything and keeps the ids.
fn outline(file: &mut ImportFile) -> Result<Vec<Outline>, Problems> {
    let mut problems = Problems::default();
    let mut outlines = Vec::new();
    let mut places = HashMap::new();
    for index in 0..file.len() {
        let read = file.read(index);
        let place = file.place(index);
        match read {
            Ok(document) => {
                if let Some(first) = places.insert(document.id, place.to_owned()) {
                    let fault = ImportFault::SameAs { place: first };
                    problems.push(within(problem("id", fault), place));
                }
                outlines.push(Outline {
                    conversation: document.id,
                    messages: document.messages.iter().map(|message| message.id).collect(),
                });
            }
            Err(wrong) => problems.append(wrong, place),
        }
    }
    problems.into_result()?;
    Ok(outlines)
}

//! What a hub said of a model's content, kept beside the model: `hearth model verify` compares the
//! two years later, without the hub.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Progress,
    checksum::Checksum,
    listing::{RepositoryFile, is_plain_path},
    plan::{Difference, PlanError, compare},
    selection::Selection,
};
use crate::{data_folder::open_file, disk};

/// A list of a hundred thousand files; more than this is not ours.
const MAX_BYTES: u64 = 32 << 20;

/// Why what was recorded is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    #[error("{} cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no record of checksums", path.display())]
    Form { path: PathBuf },
    #[error(transparent)]
    Content(#[from] PlanError),
}

/// What a comparison with the record found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The model was not fetched here, or by a program that kept no record.
    NothingRecorded,
    Same {
        num_files: usize,
    },
    Different(Difference),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    size_bytes: u64,
    /// `sha256:` or `git:` and digits.
    checksum: String,
}

/// The list of a selection, taken before it is fetched.
pub(super) struct Record {
    name: String,
    entries: Vec<Entry>,
}

impl Record {
    pub(super) fn of(selection: &Selection) -> Self {
        let (name, files) = match selection {
            Selection::Directory { name, files } => (name, files.as_slice()),
            Selection::Gguf { name, file } => (name, std::slice::from_ref(file)),
        };
        let entries = files.iter().map(|file| Entry {
            path: file.path.clone(),
            size_bytes: file.size_bytes,
            checksum: file.checksum.to_text(),
        });
        Self {
            name: name.clone(),
            entries: entries.collect(),
        }
    }

    /// Keeps it for a model that is complete. Without it the model is as good, only less is known.
    pub(super) fn keep(&self, models: &Path) {
        let place = place(models, &self.name);
        if let Err(error) = self.write(models, &place) {
            tracing::warn!(%error, "{} was not written: {error}", place.display());
        }
    }

    fn write(&self, models: &Path, place: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(&self.entries)?;
        let mut new = place.as_os_str().to_owned();
        new.push(".new");
        let new = PathBuf::from(new);
        let mut file = open_file(&new)?;
        file.set_len(0)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&new, place)?;
        disk::sync_folder(models)
    }
}

/// Where the record of a model is kept: a hidden name, as of everything that is no model.
pub(crate) fn place(models: &Path, name: &str) -> PathBuf {
    models.join(format!(".{name}.checksums"))
}

/// Reads the files of a model and compares them with what the hub said when they were fetched.
///
/// # Errors
/// [`RecordError`] if the record or the disk cannot be read.
pub fn compare_with_record(
    models: &Path,
    name: &str,
    progress: &mut dyn Progress,
) -> Result<Compared, RecordError> {
    let Some(files) = recorded(&place(models, name))? else {
        return Ok(Compared::NothingRecorded);
    };
    let model = models.join(name);
    let is_directory = model.is_dir();
    for file in &files {
        let place = if is_directory {
            model.join(&file.path)
        } else {
            model.clone()
        };
        if let Err(difference) = compare(file, &place, progress)? {
            return Ok(Compared::Different(difference));
        }
    }
    let num_files = files.len();
    Ok(Compared::Same { num_files })
}

fn recorded(place: &Path) -> Result<Option<Vec<RepositoryFile>>, RecordError> {
    let failed = |source| RecordError::Read {
        path: place.to_owned(),
        source,
    };
    match fs::metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(found) if found.is_file() && found.len() <= MAX_BYTES => {}
        Ok(_) => return Err(damaged(place)),
    }
    let mut text = Vec::new();
    let file = File::open(place).map_err(failed)?;
    file.take(MAX_BYTES)
        .read_to_end(&mut text)
        .map_err(failed)?;
    let entries: Vec<Entry> = serde_json::from_slice(&text).map_err(|_| damaged(place))?;
    let files = entries.into_iter().map(|entry| {
        let checksum = Checksum::from_text(&entry.checksum)?;
        // A path must not lead out of the model, whoever wrote it here.
        is_plain_path(&entry.path).then_some(RepositoryFile {
            path: entry.path,
            size_bytes: entry.size_bytes,
            checksum,
        })
    });
    let files: Option<Vec<_>> = files.collect();
    let files = files.filter(|files| !files.is_empty());
    files.map(Some).ok_or_else(|| damaged(place))
}

fn damaged(place: &Path) -> RecordError {
    let path = place.to_owned();
    RecordError::Form { path }
}

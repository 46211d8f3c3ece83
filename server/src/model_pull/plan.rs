//! What of a selection is on the disk already, whether the rest fits, and the last step: the name.
//!
//! A directory is made as `.{name}.part` and renamed when all of its files are right.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    Progress, PullEvent,
    checksum::{Checksum, RunningChecksum},
    listing::RepositoryFile,
    part_file::part_place,
    selection::{Bytes, Selection},
};
use crate::{data_folder::create_folder, disk};

/// Why a download cannot begin, or its result not be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    #[error("cannot use {}", path.display())]
    Disk { path: PathBuf, source: io::Error },
    #[error(
        "not enough space in {}: {} are needed, {} are free",
        folder.display(), Bytes(*needed_bytes), Bytes(*free_bytes)
    )]
    NoSpace {
        folder: PathBuf,
        needed_bytes: u64,
        free_bytes: u64,
    },
    #[error(
        "{} is there and is not overwritten, but it is not what the hub has: move it away and pull \
         again", path.display()
    )]
    Different {
        path: PathBuf,
        #[source]
        difference: Difference,
    },
}

/// How a file on the disk differs from the hub's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    #[error("{path} is missing")]
    Missing { path: String },
    #[error("{path} is not a file")]
    Kind { path: String },
    #[error("{path} has {found_bytes} bytes instead of {expected_bytes}")]
    Size {
        path: String,
        expected_bytes: u64,
        found_bytes: u64,
    },
    #[error("{path} has the checksum {found} instead of {expected}")]
    Checksum {
        path: String,
        expected: Checksum,
        found: Checksum,
    },
}

/// What is to be done.
pub(super) enum Plan {
    AlreadyThere { path: PathBuf },
    Missing(Missing),
}

/// A model that is not complete.
pub(super) struct Missing {
    /// In the order in which they are fetched.
    pub(super) files: Vec<PlannedFile>,
    /// The folder that becomes the model, if it is a directory.
    staging: Option<PathBuf>,
    /// Where the model will be.
    place: PathBuf,
}

/// A file of the model, and where it is made.
pub(super) struct PlannedFile {
    pub(super) wanted: RepositoryFile,
    pub(super) target: PathBuf,
    pub(super) is_complete: bool,
}

impl PlannedFile {
    /// Bytes that an earlier run left.
    fn present_bytes(&self) -> u64 {
        if self.is_complete {
            return self.wanted.size_bytes;
        }
        let left = fs::metadata(part_place(&self.target)).map_or(0, |found| found.len());
        // A longer one is thrown away.
        if left > self.wanted.size_bytes {
            0
        } else {
            left
        }
    }
}

impl Missing {
    pub(super) fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.wanted.size_bytes).sum()
    }

    pub(super) fn present_bytes(&self) -> u64 {
        self.files.iter().map(PlannedFile::present_bytes).sum()
    }

    /// Refuses a download that would fill the disk.
    pub(super) fn check_space(
        &self,
        folder: &Path,
        free_bytes: impl Fn(&Path) -> io::Result<u64>,
    ) -> Result<(), PlanError> {
        let needed_bytes = self.total_bytes() - self.present_bytes();
        let free_bytes = free_bytes(folder).map_err(|error| at(folder, error))?;
        if needed_bytes <= free_bytes {
            return Ok(());
        }
        Err(PlanError::NoSpace {
            folder: folder.to_owned(),
            needed_bytes,
            free_bytes,
        })
    }

    /// Gives a complete model its name, for good.
    pub(super) fn put_in_place(self, models: &Path) -> Result<PathBuf, PlanError> {
        if let Some(staging) = self.staging {
            let renamed = disk::sync_folder(&staging);
            let renamed = renamed.and_then(|()| fs::rename(&staging, &self.place));
            renamed.map_err(|error| at(&self.place, error))?;
        }
        disk::sync_folder(models).map_err(|error| at(models, error))?;
        Ok(self.place)
    }
}

/// Compares the disk with a selection; makes the folders.
pub(super) fn planned(
    selection: Selection,
    models: &Path,
    progress: &mut dyn Progress,
) -> Result<Plan, PlanError> {
    create_folder(models).map_err(|error| at(models, error))?;
    let (name, files, is_directory) = match selection {
        Selection::Gguf { name, file } => (name, vec![file], false),
        Selection::Directory { name, files } => (name, files, true),
    };
    let place = models.join(&name);
    let place_of = |file: &RepositoryFile| {
        let is_below = is_directory.then_some(&file.path);
        is_below.map_or_else(|| place.clone(), |path| place.join(path))
    };
    // A link that leads nowhere is something, too.
    if fs::symlink_metadata(&place).is_ok() {
        for file in &files {
            let compared = compare(file, &place_of(file), progress)?;
            compared.map_err(|difference| PlanError::Different {
                path: place.clone(),
                difference,
            })?;
        }
        return Ok(Plan::AlreadyThere { path: place });
    }
    let staging = is_directory.then(|| models.join(format!(".{name}.part")));
    let files = match &staging {
        Some(staging) => staged(files, staging, progress)?,
        None => files
            .into_iter()
            .map(|wanted| PlannedFile {
                wanted,
                target: place.clone(),
                is_complete: false,
            })
            .collect(),
    };
    Ok(Plan::Missing(Missing {
        files,
        staging,
        place,
    }))
}

/// Makes or cleans the folder of an unfinished directory. It is ours, so what is wrong goes.
fn staged(
    files: Vec<RepositoryFile>,
    staging: &Path,
    progress: &mut dyn Progress,
) -> Result<Vec<PlannedFile>, PlanError> {
    create_folder(staging).map_err(|error| at(staging, error))?;
    remove_strangers(&files, staging).map_err(|error| at(staging, error))?;
    let mut planned = Vec::new();
    for wanted in files {
        let target = staging.join(&wanted.path);
        let compared = compare(&wanted, &target, progress)?;
        match &compared {
            Ok(()) | Err(Difference::Missing { .. }) => {}
            Err(_) => fs::remove_file(&target).map_err(|error| at(&target, error))?,
        }
        planned.push(PlannedFile {
            wanted,
            target,
            is_complete: compared.is_ok(),
        });
    }
    Ok(planned)
}

/// Removes files that another revision had, so that they do not become part of the model.
fn remove_strangers(files: &[RepositoryFile], staging: &Path) -> io::Result<()> {
    for entry in fs::read_dir(staging)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let name = name.strip_suffix(".part").unwrap_or(&name);
        let is_ours = files.iter().any(|file| file.path == name);
        if !is_ours && !entry.file_type()?.is_dir() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether the file at `place` is the hub's; the outer error is the disk's.
pub(super) fn compare(
    wanted: &RepositoryFile,
    place: &Path,
    progress: &mut dyn Progress,
) -> Result<Result<(), Difference>, PlanError> {
    let path = wanted.path.clone();
    let expected_bytes = wanted.size_bytes;
    let found_bytes = match fs::metadata(place) {
        Ok(found) if found.is_file() => found.len(),
        Ok(_) => return Ok(Err(Difference::Kind { path })),
        Err(error) if is_absence(&error) => return Ok(Err(Difference::Missing { path })),
        Err(error) => return Err(at(place, error)),
    };
    if found_bytes != expected_bytes {
        return Ok(Err(Difference::Size {
            path,
            expected_bytes,
            found_bytes,
        }));
    }
    progress.on(PullEvent::Checking { path: place });
    let mut running = RunningChecksum::new(wanted.checksum, expected_bytes);
    let read = File::open(place).and_then(|mut file| running.update_from(&mut file));
    read.map_err(|error| at(place, error))?;
    let (expected, found) = (wanted.checksum, running.finish());
    if found == expected {
        return Ok(Ok(()));
    }
    Ok(Err(Difference::Checksum {
        path,
        expected,
        found,
    }))
}

fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn at(path: &Path, source: io::Error) -> PlanError {
    let path = path.to_owned();
    PlanError::Disk { path, source }
}

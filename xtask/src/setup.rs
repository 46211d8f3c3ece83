//! Provides what a build needs, and says what it did.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Workspace};
use crate::{apt, model, process, wasm};

/// Checks the C compiler, provides the WASM target and the model.
///
/// # Errors
/// A sentence for the first thing that is missing and cannot be provided.
pub(crate) fn setup(
    workspace: &Workspace,
    choice: wasm::Choice,
    data: Option<PathBuf>,
) -> Result<()> {
    require_c_compiler()?;
    let toolchain = wasm::provide(choice)?;
    process::note(&format!("page compiler: {toolchain}"));
    let data = data.map_or_else(workspace::default_data_directory, Ok)?;
    let model = model::provide(&data.join("models"))?;
    process::note(&format!("model: {}", model.display()));
    process::note(&format!(
        "target directory: {}",
        workspace.target().display()
    ));
    Ok(())
}

/// The database is compiled from C, and every Rust program is linked by the C compiler.
///
/// # Errors
/// If there is neither `cc` nor a way to install it.
pub(crate) fn require_c_compiler() -> Result<()> {
    if process::find("cc").is_some() {
        return Ok(());
    }
    apt::install(&["gcc", "libc6-dev"])
        .context("there is no C compiler (`cc`); install gcc or clang")
}

/// `ip`, for the test that runs in a network of its own.
///
/// # Errors
/// If it is missing and cannot be installed.
pub(crate) fn require_ip() -> Result<()> {
    let elsewhere = ["/usr/sbin/ip", "/sbin/ip"];
    if process::find("ip").is_some() || elsewhere.iter().any(|path| Path::new(path).exists()) {
        return Ok(());
    }
    apt::install(&["iproute2"]).context("the test of an isolated network needs ip")
}

/// A browser and its driver, for the tests that click.
///
/// # Errors
/// If one is missing and cannot be installed.
pub(crate) fn require_browser() -> Result<()> {
    let has_browser = process::find("chromium").is_some();
    if has_browser && process::find("chromedriver").is_some() {
        return Ok(());
    }
    apt::install(&["chromium", "chromium-driver"])
        .context("the browser tests need chromium and chromedriver")?;
    if process::find("chromedriver").is_none() {
        bail!("chromium-driver is installed, but chromedriver is not on PATH");
    }
    Ok(())
}

//! Builds the program and starts it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::wasm::{self, Toolchain};
use crate::workspace::{self, Workspace};
use crate::{cards, process, setup, site};

/// Builds the page, then the program around it; prints where it lies and what it weighs.
///
/// # Errors
/// If either does not build.
pub(crate) fn build(workspace: &Workspace, toolchain: &Toolchain) -> Result<PathBuf> {
    let site = site::build(workspace, toolchain)?;
    let program = compile(workspace, &cards::features())?;
    println!(
        "page {}: {} bytes (brotli){}",
        site.hash,
        site.page_weight_bytes,
        site.later()
    );
    Ok(program)
}

/// Compiles the program around a page that is built; prints where it lies.
///
/// # Errors
/// If it does not compile.
pub(crate) fn compile(workspace: &Workspace, features: &[&str]) -> Result<PathBuf> {
    process::announce("compiling the program");
    let mut command = process::cargo(workspace);
    command.args(["build", "--release", "--package", "hearth-server"]);
    if !features.is_empty() {
        command.arg("--features").arg(features.join(","));
    }
    process::run(&mut command)?;
    let program = workspace.target().join("release/hearth");
    let num_bytes = fs::metadata(&program)?.len();
    println!("{} ({num_bytes} bytes)", program.display());
    Ok(program)
}

/// Sets up, builds, and becomes the server.
///
/// # Errors
/// If something is missing or does not build. It does not return otherwise.
pub(crate) fn run(
    workspace: &Workspace,
    choice: wasm::Choice,
    data: Option<PathBuf>,
    arguments: &[String],
) -> Result<()> {
    let data = data.map_or_else(workspace::default_data_directory, Ok)?;
    setup::setup(workspace, choice, Some(data.clone()))?;
    let program = build(workspace, &wasm::provide(choice)?)?;
    become_server(&program, &data, arguments)
}

#[cfg(unix)]
fn become_server(program: &Path, data: &Path, arguments: &[String]) -> Result<()> {
    use std::os::unix::process::CommandExt;

    // Replacing this process hands signals and the terminal to the server itself.
    let mut command = Command::new(program);
    let error = command
        .arg("serve")
        .arg("--data")
        .arg(data)
        .args(arguments)
        .exec();
    bail!("{} cannot be started: {error}", program.display())
}

#[cfg(not(unix))]
fn become_server(program: &Path, data: &Path, arguments: &[String]) -> Result<()> {
    process::run(
        Command::new(program)
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(arguments),
    )
}

//! Runs commands: says which one, and turns a failure into a sentence that names it.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::workspace::Workspace;

/// How often a command with a time limit is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Everything but this tool. With it, its crates would get the features of the product's and be
/// compiled once more: `cargo xtask` has compiled them with its own.
pub(crate) const PRODUCT: [&str; 3] = ["--workspace", "--exclude", "xtask"];
/// This tool, with the features it runs with.
pub(crate) const TOOL: [&str; 2] = ["--package", "xtask"];

/// Announces a step that may take a while.
pub(crate) fn announce(what: &str) {
    eprintln!("==> {what}");
}

/// Tells something that was found or decided.
pub(crate) fn note(what: &str) {
    eprintln!("    {what}");
}

/// `cargo` in the workspace, writing to its target directory.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(workspace.root())
        .env("CARGO_TARGET_DIR", workspace.target());
    forget_own_package(&mut command);
    command
}

/// Clippy on everything of these packages; a warning is an error.
pub(crate) fn clippy(workspace: &Workspace, packages: &[&str]) -> Command {
    let mut command = cargo(workspace);
    command.arg("clippy").args(packages);
    command.args(["--all-targets", "--", "-D", "warnings"]);
    command
}

/// Removes what `cargo run` told this tool about itself. Build scripts that watch these variables
/// would otherwise run again on every change between `cargo xtask` and plain `cargo`.
pub(crate) fn forget_own_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
            .iter()
            .any(|it| text.starts_with(it))
        {
            command.env_remove(&name);
        }
    }
}

/// Runs a command with its output on this terminal.
///
/// # Errors
/// If it cannot be started or does not end with status 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = spawn(command.stdin(Stdio::null()))?.wait()?;
    succeed(command, status)
}

/// Runs a command and returns what it printed.
///
/// # Errors
/// As [`run`], with what the command wrote to its error output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| start(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed ({}): {}",
            line(command),
            output.status,
            said.trim()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed something that is not UTF-8", line(command)))
}

/// Runs a command for at most `limit`; it is killed and reported as failed after that.
///
/// # Errors
/// As [`run`], or if the time is over.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let mut child = spawn(command.stdin(Stdio::null()))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return succeed(command, status);
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!(
                "`{}` did not end within {} s",
                line(command),
                limit.as_secs()
            );
        }
        thread::sleep(POLL);
    }
}

/// Runs a command, passes every line of its output on, and shows it to `look` as well.
///
/// # Errors
/// If it cannot be started or its output cannot be read.
pub(crate) fn run_watched(command: &mut Command, mut look: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut child = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let stdout = child
        .stdout
        .take()
        .context("invariant: the output was asked for as a pipe")?;
    for bytes in BufReader::new(stdout).split(b'\n') {
        let bytes = bytes?;
        let text = String::from_utf8_lossy(&bytes);
        println!("{text}");
        look(&text);
    }
    Ok(child.wait()?)
}

/// Whether `program` can be started, without starting it.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
}

fn spawn(command: &mut Command) -> Result<Child> {
    command.spawn().map_err(|error| start(command, &error))
}

fn start(command: &Command, error: &std::io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy();
    if error.kind() == ErrorKind::NotFound {
        anyhow!("`{program}` is not installed or not on PATH")
    } else {
        anyhow!("`{program}` cannot be started: {error}")
    }
}

fn succeed(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!("`{}` failed ({status})", line(command));
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

//! A command of the program, such as `hearth user list`, beside a running server or without one.

use std::{path::Path, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::program::binary;

/// What a command did.
#[derive(Clone, Debug)]
pub struct Done {
    pub is_success: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// What it printed, if it did what it was told.
    pub fn text(self) -> Result<String> {
        ensure!(self.is_success, "{}", self.stderr);
        Ok(self.stdout)
    }

    /// The sentence of a command that refused.
    pub fn refusal(self) -> Result<String> {
        ensure!(!self.is_success, "it was done: {}", self.stdout);
        ensure!(!self.stderr.contains("panicked"), "{}", self.stderr);
        Ok(self.stderr)
    }
}

/// Runs a command on a data directory, with these words behind it and `input` from a pipe.
pub async fn hearth(data: &Path, words: &[&str], input: &str) -> Result<Done> {
    let (group, rest) = words.split_first().context("a command has a name")?;
    let mut child = Command::new(binary()?)
        .arg(group)
        .arg("--data")
        .arg(data)
        .args(rest)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("it has an input")?;
    // One that reads nothing may have ended already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await?;
    Ok(Done {
        is_success: output.status.success(),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}

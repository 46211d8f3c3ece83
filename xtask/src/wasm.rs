//! Compiles the page to WASM and makes its JavaScript glue.
//!
//! The target's standard library comes from rustup where its server answers. Where it does not,
//! Debian's compiler builds it from source (once, about 40 s): see [`Toolchain`].

mod emptied;
mod glue;
mod split;
mod trim;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use wasm_bindgen_cli_support::Bindgen;

use self::split::Split;
use crate::workspace::Workspace;
use crate::{apt, process};

/// The target triple of the page.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
/// How long rustup may try to reach its server.
const RUSTUP_LIMIT: Duration = Duration::from_mins(1);
/// The oldest minor version of Rust 1 that compiles the workspace.
const OLDEST_RUST: u32 = 95;
/// Separates flags in `CARGO_ENCODED_RUSTFLAGS`.
pub(crate) const FLAG_SEPARATOR: &str = "\u{1f}";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "lld-22",
];

/// What a developer asked for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// The compiler in use if it has the target or rustup can add it, else Debian's.
    Auto,
    /// The compiler in use, its target added by rustup.
    Rustup,
    /// Debian's packages.
    Debian,
}

/// A compiler that is known to make WASM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The compiler in use, which has the target installed.
    Installed { version: String },
    /// Debian's compiler, which builds the standard library from its sources.
    Debian { version: String },
}

impl fmt::Display for Toolchain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed { version } => write!(formatter, "{version}, target {TARGET}"),
            Self::Debian { version } => write!(formatter, "Debian's {version}, std from source"),
        }
    }
}

impl Toolchain {
    /// `cargo` with this compiler; the caller adds the subcommand, then [`Self::target_arguments`].
    fn cargo(&self, workspace: &Workspace) -> Command {
        match self {
            Self::Installed { .. } => process::cargo(workspace),
            Self::Debian { .. } => {
                let mut command = Command::new(DEBIAN_CARGO);
                // `cargo run` prepends the libraries of its own compiler to the search path.
                command
                    .current_dir(workspace.root())
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env_remove("CARGO_TARGET_DIR")
                    .env_remove("LD_LIBRARY_PATH");
                process::forget_own_package(&mut command);
                command
            }
        }
    }

    fn target_arguments(&self) -> &'static [&'static str] {
        match self {
            Self::Installed { .. } => &["--target", TARGET],
            Self::Debian { .. } => &["--target", TARGET, "-Zbuild-std=std,panic_abort"],
        }
    }
}

/// Finds a compiler that makes WASM, installing one where that is possible.
///
/// # Errors
/// One sentence that says what is missing and how to supply it by hand.
pub(crate) fn provide(choice: Choice) -> Result<Toolchain> {
    let by_rustup = if choice == Choice::Debian {
        None
    } else {
        installed()
    };
    if let Some(toolchain) = by_rustup {
        return Ok(toolchain);
    }
    if choice != Choice::Debian && process::find("rustup").is_some() {
        process::announce(&format!("rustup target add {TARGET}"));
        let mut rustup = Command::new("rustup");
        match process::run_within(rustup.args(["target", "add", TARGET]), RUSTUP_LIMIT) {
            Ok(()) => return installed().context("rustup added the target, rustc lacks it"),
            Err(error) => process::note(&format!("{error}")),
        }
    }
    if choice == Choice::Rustup {
        bail!("the compiler in use cannot make WASM: run `rustup target add {TARGET}`");
    }
    if debian().is_none() {
        process::note("trying Debian's compiler for the page");
        apt::install(&DEBIAN_PACKAGES).with_context(|| {
            format!(
                "no compiler for the page: neither `rustup target add {TARGET}` nor Debian's \
                 packages ({}) worked",
                DEBIAN_PACKAGES.join(" ")
            )
        })?;
    }
    debian().with_context(|| {
        format!("{DEBIAN_RUSTC} with its sources is missing or older than 1.{OLDEST_RUST}")
    })
}

/// The compiler in use, if its target directory holds the page's standard library.
fn installed() -> Option<Toolchain> {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"])).ok()?;
    let library = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib");
    let has_core = fs::read_dir(library)
        .ok()?
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"));
    let version = process::output(Command::new("rustc").arg("--version")).ok()?;
    has_core.then(|| Toolchain::Installed {
        version: version.trim().to_owned(),
    })
}

/// Debian's compiler, if it is new enough and its sources are there.
fn debian() -> Option<Toolchain> {
    if !Path::new(DEBIAN_CARGO).is_file() {
        return None;
    }
    let version = process::output(Command::new(DEBIAN_RUSTC).arg("--version")).ok()?;
    let mut sysroot = Command::new(DEBIAN_RUSTC);
    sysroot
        .args(["--print", "sysroot"])
        .env_remove("LD_LIBRARY_PATH");
    let sysroot = process::output(&mut sysroot).ok()?;
    let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
    (minor_version(&version)? >= OLDEST_RUST && sources.is_dir()).then(|| Toolchain::Debian {
        version: version.trim().to_owned(),
    })
}

/// The 95 of `rustc 1.95.0 (…)`.
fn minor_version(text: &str) -> Option<u32> {
    text.strip_prefix("rustc 1.")?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// What the browser loads: the JavaScript glue, the program, and scripts they import.
pub(crate) struct Page {
    pub(crate) script: String,
    pub(crate) program: Vec<u8>,
    /// Parts of the program that are loaded when they are used, by name.
    pub(crate) parts: BTreeMap<String, Vec<u8>>,
    /// Paths below `snippets/` and their text.
    pub(crate) snippets: Vec<(String, String)>,
}

/// Compiles the package `hearth-app` for the browser, with these flags in place of those of
/// `.cargo/config.toml` if there are any.
///
/// # Errors
/// If it does not compile, or its exports cannot be bound.
pub(crate) fn compile(
    workspace: &Workspace,
    toolchain: &Toolchain,
    flags: &[String],
) -> Result<Page> {
    process::announce(&format!("compiling the page ({toolchain})"));
    let mut command = toolchain.cargo(workspace);
    // Other flags compile everything anew: what others made stays beside it.
    let target = if flags.is_empty() {
        workspace.target().join("wasm")
    } else {
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join(FLAG_SEPARATOR));
        workspace.target().join("wasm-dist")
    };
    command
        .args([
            "rustc",
            "--package",
            "hearth-app",
            "--lib",
            "--crate-type",
            "cdylib",
        ])
        .args([
            "--no-default-features",
            "--features",
            "hydrate",
            "--profile",
            "wasm-release",
        ])
        .args(toolchain.target_arguments())
        .arg("--target-dir")
        .arg(&target)
        // What refers to what: splitting has to know.
        .args(["--", "-Clink-args=--emit-relocs"]);
    process::run(&mut command)?;

    process::announce("splitting the page and binding it to JavaScript");
    let linked = target.join(TARGET).join("wasm-release/hearth_app.wasm");
    let linked = fs::read(&linked).with_context(|| format!("cannot read {}", linked.display()))?;
    let [apart, bound] = ["split", "bound"].map(|name| target.join(name));
    for folder in [&apart, &bound] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
    }
    let split = split::split(&trim::trimmed(&linked)?, &apart)?;
    let parts = bind(split, &bound)?;
    read(&bound, parts)
}

/// Lints the half of `hearth-app` that runs in the browser.
///
/// # Errors
/// If a lint fires.
pub(crate) fn lint(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let mut command = process::cargo(workspace);
    command.args(["clippy", "--package", "hearth-app", "--no-default-features"]);
    command.args(["--features", "hydrate"]);
    match toolchain {
        Toolchain::Installed { .. } => command.args(["--target", TARGET]),
        Toolchain::Debian { .. } => {
            // Clippy belongs to the compiler in use, which has no standard library for WASM here.
            process::note("clippy reads the browser's half of app for this machine, not for WASM");
            &mut command
        }
    };
    process::run(command.args(["--", "-D", "warnings"]))
}

/// Binds what is loaded at once, and makes it smaller. Gives the parts.
fn bind(split: Split, out: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_module("hearth", split.main)
        .typescript(false)
        // Parts share the table of functions.
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        // The page always says where the program lies, so the script need not know its own name.
        .omit_default_module_path(true);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(out))
        .context("cannot bind the page")?;
    glue::make_smaller(
        &out.join("hearth.js"),
        &out.join("hearth_bg.wasm"),
        &split.parts,
    )?;
    Ok(split.parts.programs)
}

fn read(bound: &Path, parts: BTreeMap<String, Vec<u8>>) -> Result<Page> {
    let snippets_directory = bound.join("snippets");
    let mut snippets = Vec::new();
    if snippets_directory.is_dir() {
        for path in files_below(&snippets_directory)? {
            let name = path
                .strip_prefix(&snippets_directory)?
                .to_string_lossy()
                .into_owned();
            snippets.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(Page {
        script: fs::read_to_string(bound.join("hearth.js"))?,
        program: fs::read(bound.join("hearth_bg.wasm"))?,
        parts,
        snippets,
    })
}

/// Every file below `directory`, sorted by path.
///
/// # Errors
/// If a directory cannot be read.
pub(crate) fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(next) = pending.pop() {
        let entries =
            fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minor_version_is_read_from_what_rustc_prints() {
        assert_eq!(
            minor_version("rustc 1.96.0 (ac68faa20 2026-05-25)"),
            Some(96)
        );
        assert_eq!(minor_version("rustc 1.100.1-nightly"), Some(100));
        assert_eq!(minor_version("clang version 22"), None);
    }
}

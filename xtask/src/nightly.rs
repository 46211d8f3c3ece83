//! The long checks, too long for every change: fuzzing, many property test cases, and what a large
//! database costs.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;

use crate::tally::Tally;
use crate::wasm::{self, Choice};
use crate::workspace::Workspace;
use crate::{bench, cargo_tests, process, site};

/// How long the long checks may take.
#[derive(Args)]
pub(crate) struct Options {
    /// Cases of every property test.
    #[arg(long, default_value_t = 4096)]
    proptest_cases: u32,
    /// Seconds for each fuzz target.
    #[arg(long, default_value_t = 300)]
    fuzz_seconds: u32,
}

/// Runs them; the last line is `N passed, N failed`. What this machine cannot run is said by name.
///
/// # Errors
/// If a command cannot be started at all, or there is no page to test.
pub(crate) fn nightly(
    workspace: &Workspace,
    toolchain: Choice,
    options: &Options,
) -> Result<ExitCode> {
    // The program that is tested carries it.
    site::build(workspace, &wasm::provide(toolchain)?)?;
    process::announce(&format!(
        "all Rust tests, {} cases for each property",
        options.proptest_cases
    ));
    let mut tally = cargo_tests::rust(workspace, Some(options.proptest_cases))?;
    process::announce("killing the server under load");
    tally += cargo_tests::kills(workspace, options.proptest_cases)?;
    process::announce("the page, whatever fails and whatever is done");
    tally += cargo_tests::long_pages(workspace, options.proptest_cases)?;
    tally += bench::large_databases(workspace);
    tally += cargo_tests::cards(workspace, true)?;
    tally += fuzz(workspace, options);
    let Tally {
        num_passed,
        num_failed,
    } = tally;
    println!("{num_passed} passed, {num_failed} failed");
    Ok(if num_failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn fuzz(workspace: &Workspace, options: &Options) -> Tally {
    let mut tally = Tally::default();
    let targets = fuzz_targets(&workspace.root().join("engine/fuzz/fuzz_targets"));
    if targets.is_empty() {
        process::note("skipped: fuzzing (there is no target in engine/fuzz/fuzz_targets)");
        return tally;
    }
    if process::output(process::cargo(workspace).args(["fuzz", "--version"])).is_err() {
        process::note(&format!(
            "skipped: fuzzing {targets:?} (cargo-fuzz is not installed)"
        ));
        return tally;
    }
    let has_nightly =
        process::output(Command::new("cargo").args(["+nightly", "--version"])).is_ok();
    if !has_nightly {
        process::note("fuzzing without the address sanitizer: it needs a nightly compiler");
    }
    for target in targets {
        process::announce(&format!("fuzzing {target} for {} s", options.fuzz_seconds));
        let mut command = fuzz_command(workspace, has_nightly);
        command
            .args([&target, "--"])
            .arg(format!("-max_total_time={}", options.fuzz_seconds));
        tally += Tally::of(process::run(&mut command));
    }
    tally
}

/// `cargo fuzz run`, with the sanitizer where the compiler has one.
fn fuzz_command(workspace: &Workspace, has_nightly: bool) -> Command {
    let mut command = process::cargo(workspace);
    if has_nightly {
        command.args(["+nightly", "fuzz", "run"]);
    } else {
        command.args(["fuzz", "run", "--sanitizer", "none"]);
    }
    // Another compiler, other flags: a directory of its own.
    command
        .env("CARGO_TARGET_DIR", workspace.target().join("fuzz"))
        .current_dir(workspace.root().join("engine"));
    command
}

fn fuzz_targets(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            entry
                .path()
                .file_stem()
                .map(|name| name.to_string_lossy().into())
        })
        .collect();
    names.sort();
    names
}

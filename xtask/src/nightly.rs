//! The long checks, too long for every change: fuzzing and many property test cases.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::tally::Tally;
use crate::workspace::Workspace;

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
/// If a command cannot be started at all.
pub(crate) fn nightly(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let mut tally = property_tests(workspace, options)?;
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

fn property_tests(workspace: &Workspace, options: &Options) -> Result<Tally> {
    process::announce(&format!(
        "property tests, {} cases each",
        options.proptest_cases
    ));
    let mut command = process::cargo(workspace);
    command
        .args([
            "test",
            "--no-fail-fast",
            "--package",
            "hearth-engine",
            "--package",
            "hearth-app",
        ])
        .args(["--features", "hearth-engine/testing,hearth-app/ssr"])
        .env("PROPTEST_CASES", options.proptest_cases.to_string());
    let mut tally = Tally::default();
    let status = process::run_watched(&mut command, |line| tally.read(line))?;
    if !status.success() && tally.num_failed == 0 {
        tally += Tally::FAILED;
    }
    Ok(tally)
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
    for target in targets {
        process::announce(&format!("fuzzing {target} for {} s", options.fuzz_seconds));
        let mut command = process::cargo(workspace);
        command
            .current_dir(workspace.root().join("engine"))
            .args(["fuzz", "run", &target, "--"])
            .arg(format!("-max_total_time={}", options.fuzz_seconds));
        tally += match process::run(&mut command) {
            Ok(()) => Tally::PASSED,
            Err(error) => {
                println!("{error:#}");
                Tally::FAILED
            }
        };
    }
    tally
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

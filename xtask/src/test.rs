//! Runs every check, cheapest first, and counts them.
//!
//! A step that runs Rust tests counts each of them; any other step counts as one. All steps run
//! even after a failure, so one run shows everything. The last line is `N passed, N failed`.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::tally::Tally;
use crate::wasm::{self, Toolchain};
use crate::workspace::Workspace;
use crate::{axe, model, process, setup, site, sql};

/// Integration tests that have a step of their own.
const TIDY: &str = "tidy";
const BROWSER: &str = "browser";

/// One part of the whole check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// A C compiler, the WASM target, the model, a browser.
    Prerequisites,
    /// `cargo fmt --check`
    Format,
    /// The house rules.
    Tidy,
    /// Clippy for this machine and for the browser.
    Clippy,
    /// The documentation builds without a warning.
    Doc,
    /// The page builds in release and stays within its weight.
    Site,
    /// `.sqlx` describes the queries as they are.
    Sql,
    /// Unit, property, HTTP and documentation tests.
    Rust,
    /// The product in a real browser.
    Browser,
}

/// Runs `only` these steps, or all of them in order.
///
/// # Errors
/// None from a failing check: that is counted. Only if this tool itself is in a wrong place.
pub(crate) fn test(workspace: &Workspace, choice: wasm::Choice, only: &[Step]) -> Result<ExitCode> {
    // The server's sources name this directory, so they compile before the page was built.
    std::fs::create_dir_all(workspace.dist())?;
    let mut checks = Checks {
        workspace,
        choice,
        toolchain: None,
        tally: Tally::default(),
    };
    for step in Step::value_variants() {
        if only.is_empty() || only.contains(step) {
            checks.perform(*step);
        }
    }
    let Tally {
        num_passed,
        num_failed,
    } = checks.tally;
    println!("{num_passed} passed, {num_failed} failed");
    Ok(if num_failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Checks<'a> {
    workspace: &'a Workspace,
    choice: wasm::Choice,
    toolchain: Option<Toolchain>,
    tally: Tally,
}

impl Checks<'_> {
    fn perform(&mut self, step: Step) {
        process::announce(&format!("step {step:?}"));
        let start = Instant::now();
        let counted = match step {
            Step::Prerequisites => self.prerequisites().map(|()| Tally::PASSED),
            Step::Format => self.format().map(|()| Tally::PASSED),
            Step::Tidy => self.cargo_test(&["--test".to_owned(), TIDY.to_owned()]),
            Step::Clippy => self.clippy().map(|()| Tally::PASSED),
            Step::Doc => self.doc().map(|()| Tally::PASSED),
            Step::Site => self.site().map(|()| Tally::PASSED),
            Step::Sql => sql::check(self.workspace).map(|()| Tally::PASSED),
            Step::Rust => self.rust(),
            Step::Browser => self.browser(),
        };
        let tally = counted.unwrap_or_else(|error| {
            println!("step {step:?} failed: {error:#}");
            Tally::FAILED
        });
        let seconds = start.elapsed().as_secs();
        println!(
            "step {step:?}: {} passed, {} failed ({seconds} s)",
            tally.num_passed, tally.num_failed
        );
        self.tally += tally;
    }

    fn prerequisites(&mut self) -> Result<()> {
        let model = model::provide_for_tests(self.workspace);
        let browser = setup::require_browser().and_then(|()| axe::provide(self.workspace));
        setup::require_c_compiler()?;
        let toolchain = self.toolchain()?;
        process::note(&format!("page compiler: {toolchain}"));
        browser?;
        model.map(|path| process::note(&format!("model: {}", path.display())))
    }

    fn toolchain(&mut self) -> Result<Toolchain> {
        if self.toolchain.is_none() {
            self.toolchain = Some(wasm::provide(self.choice)?);
        }
        self.toolchain
            .clone()
            .ok_or_else(|| anyhow::anyhow!("no compiler for the page"))
    }

    fn format(&self) -> Result<()> {
        process::run(process::cargo(self.workspace).args(["fmt", "--all", "--check"]))
    }

    fn clippy(&mut self) -> Result<()> {
        let mut native = process::cargo(self.workspace);
        native.args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]);
        process::run(&mut native)?;
        let toolchain = self.toolchain()?;
        wasm::lint(self.workspace, &toolchain)
    }

    fn doc(&self) -> Result<()> {
        let mut command = process::cargo(self.workspace);
        command.args(["doc", "--workspace", "--no-deps"]);
        process::run(command.env("RUSTDOCFLAGS", "-D warnings --cfg erase_components"))
    }

    fn site(&mut self) -> Result<()> {
        let toolchain = self.toolchain()?;
        let site = site::build(self.workspace, &toolchain)?;
        println!(
            "page weight: {} of {} bytes (brotli)",
            site.page_weight_bytes,
            site::PAGE_WEIGHT_BUDGET
        );
        site.check_weight()
    }

    fn rust(&self) -> Result<Tally> {
        let mut targets = vec!["--lib".to_owned(), "--bins".to_owned()];
        for name in integration_tests(self.workspace)? {
            if name != TIDY && name != BROWSER {
                targets.extend(["--test".to_owned(), name]);
            }
        }
        let mut tally = self.cargo_test(&targets)?;
        tally += self.cargo_test(&["--doc".to_owned()])?;
        Ok(tally)
    }

    fn browser(&self) -> Result<Tally> {
        if !integration_tests(self.workspace)?
            .iter()
            .any(|name| name == BROWSER)
        {
            process::note("skipped: there is no integration test called browser");
            return Ok(Tally::default());
        }
        setup::require_browser()?;
        self.cargo_test(&["--test".to_owned(), BROWSER.to_owned()])
    }

    /// Runs tests of the whole workspace: one set of features, so everything is compiled once.
    fn cargo_test(&self, targets: &[String]) -> Result<Tally> {
        let program = build_server(self.workspace)?;
        let mut command = process::cargo(self.workspace);
        command
            .args(["test", "--workspace", "--no-fail-fast"])
            .args(targets);
        command.env("HEARTH_BINARY", program);
        if let Ok(model) = model::provide_for_tests(self.workspace) {
            command.env("HEARTH_TEST_MODEL", model);
        }
        if let Ok(axe) = axe::provide(self.workspace) {
            command.env("HEARTH_AXE", axe);
        }
        let mut tally = Tally::default();
        let status = process::run_watched(&mut command, |line| tally.read(line))?;
        if !status.success() && tally.num_failed == 0 {
            // It did not compile, or a test program died without a result.
            tally += Tally::FAILED;
        }
        Ok(tally)
    }
}

/// The program as the tests run it: same profile and features as the tests themselves.
fn build_server(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = process::cargo(workspace);
    process::run(command.args(["build", "--workspace", "--bins", "--tests"]))?;
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

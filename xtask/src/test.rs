//! Runs every check and counts them: first what only reads the sources, and the program is compiled
//! once, when the page that it contains is there.
//!
//! A step that runs Rust tests counts each of them; any other step counts as one. All steps run
//! even after a failure, so one run shows everything. The last line is `N passed, N failed`.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;

use crate::tally::Tally;
use crate::wasm::{self, Toolchain};
use crate::workspace::Workspace;
use crate::{
    cargo_tests, graphics, model, npm, process, proxies, python_package, setup, site, sql, vendored,
};

/// One part of the whole check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// A C compiler, the WASM target, the model, a browser.
    Prerequisites,
    /// `cargo fmt --check`
    Format,
    /// `.sqlx` describes the queries as they are.
    Sql,
    /// Clippy for this machine and for the browser.
    Clippy,
    /// The documentation builds without a warning.
    Doc,
    /// The page builds in release and stays within its weight.
    Site,
    /// The house rules.
    Tidy,
    /// Unit, property, HTTP and documentation tests.
    Rust,
    /// The kernels for cards, and a model on them, on two Vulkan drivers in software.
    Cards,
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
    vendored::settle(workspace)?;
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
            Step::Sql => sql::check(self.workspace).map(|()| Tally::PASSED),
            Step::Clippy => self.clippy().map(|()| Tally::PASSED),
            Step::Doc => self.doc().map(|()| Tally::PASSED),
            Step::Site => self.site().map(|()| Tally::PASSED),
            Step::Tidy => cargo_tests::tidy(self.workspace),
            Step::Rust => cargo_tests::rust(self.workspace, None),
            Step::Cards => cargo_tests::cards(self.workspace, false),
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
        let browser = setup::require_browser()
            .and_then(|()| setup::require_ip())
            .and_then(|()| npm::provide(self.workspace, &npm::AXE))
            .and_then(|_| npm::provide(self.workspace, &npm::GPT_OSS_TOKENIZER).map(drop));
        for driver in &graphics::DRIVERS {
            driver.provide()?;
        }
        graphics::provide_cuda(self.workspace)?;
        python_package::OPENAI.provide(self.workspace)?;
        python_package::SCHEMATHESIS.provide(self.workspace)?;
        proxies::provide(self.workspace)?;
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
        for packages in [&process::PRODUCT[..], &process::TOOL] {
            process::run(&mut process::clippy(self.workspace, packages))?;
        }
        let toolchain = self.toolchain()?;
        wasm::lint(self.workspace, &toolchain)
    }

    fn doc(&self) -> Result<()> {
        for packages in [&process::PRODUCT[..], &process::TOOL] {
            let mut command = process::cargo(self.workspace);
            command.arg("doc").args(packages).arg("--no-deps");
            process::run(command.env("RUSTDOCFLAGS", "-D warnings --cfg erase_components"))?;
        }
        Ok(())
    }

    fn site(&mut self) -> Result<()> {
        let toolchain = self.toolchain()?;
        let site = site::build(self.workspace, &toolchain)?;
        println!(
            "page weight: {} of {} bytes (brotli){}",
            site.page_weight_bytes,
            site::PAGE_WEIGHT_BUDGET,
            site.later()
        );
        site.check_weight()
    }

    fn browser(&self) -> Result<Tally> {
        setup::require_browser()?;
        cargo_tests::browser(self.workspace)
    }
}

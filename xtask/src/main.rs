//! `cargo xtask`: everything a developer or CI does, in Rust.
//!
//! Reading order: [`workspace`] (where things lie), [`process`] (how a command is run and told),
//! then one module per subject. [`site`] assembles what the browser downloads out of [`wasm`] and
//! [`stylesheet`]; [`mod@test`] runs every check in order.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command line tool: its progress and its answers are text on a terminal"
)]

mod apt;
mod bench;
mod bundle;
mod cards;
mod cargo_tests;
mod graphics;
mod model;
mod nightly;
mod npm;
mod process;
mod proxies;
mod python_package;
#[cfg(unix)]
mod release;
mod run;
mod setup;
mod site;
mod sql;
mod stylesheet;
mod tally;
mod test;
mod vendored;
mod wasm;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Sets up, builds, runs and tests Hearth.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    /// Which compiler builds the page's WASM.
    #[arg(long, global = true, value_enum, default_value_t = wasm::Choice::Auto)]
    wasm_toolchain: wasm::Choice,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Provide what a build needs: a C compiler, a WASM target, a small model.
    Setup {
        /// Data directory whose `models/` receives the model.
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// Build the page and the program into one file, `hearth`.
    Build {
        /// Build the page only (into `dist/`).
        #[arg(long)]
        site_only: bool,
    },
    /// Set up, build, then start the server.
    Run {
        /// Data directory: database, models, backups.
        #[arg(long)]
        data: Option<PathBuf>,
        /// Passed on to `hearth serve`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run every check; the last line is `N passed, N failed`.
    Test {
        /// Only this step (may be repeated).
        #[arg(long, value_enum)]
        only: Vec<test::Step>,
    },
    /// Renew `.sqlx`, the committed descriptions of all queries.
    Sql {
        /// Compare instead of renewing.
        #[arg(long)]
        check: bool,
    },
    /// Compare tokens per second with llama.cpp on the same model file.
    Bench(bench::Options),
    /// Pack tests and benches for NVIDIA cards into one archive, to be run on any Linux machine.
    Bundle,
    /// Make the archive that is given away: program, licences, installer, checksums.
    #[cfg(unix)]
    Dist(release::Options),
    /// The long checks: fuzzing and many property test cases.
    Nightly(nightly::Options),
}

fn main() -> ExitCode {
    match perform(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(arguments: Arguments) -> Result<ExitCode> {
    let workspace = Workspace::discover()?;
    let toolchain = arguments.wasm_toolchain;
    match arguments.task {
        Task::Setup { data } => setup::setup(&workspace, toolchain, data)?,
        Task::Build { site_only: true } => {
            site::build(&workspace, &wasm::provide(toolchain)?)?;
        }
        Task::Build { site_only: false } => {
            run::build(&workspace, &wasm::provide(toolchain)?)?;
        }
        Task::Run { data, arguments } => run::run(&workspace, toolchain, data, &arguments)?,
        Task::Test { only } => return test::test(&workspace, toolchain, &only),
        Task::Sql { check: true } => sql::check(&workspace)?,
        Task::Sql { check: false } => sql::renew(&workspace)?,
        Task::Bench(options) => bench::bench(&workspace, toolchain, &options)?,
        Task::Bundle => {
            bundle::bundle(&workspace, &wasm::provide(toolchain)?)?;
        }
        #[cfg(unix)]
        Task::Dist(options) => release::dist(&workspace, toolchain, &options)?,
        Task::Nightly(options) => return nightly::nightly(&workspace, toolchain, &options),
    }
    Ok(ExitCode::SUCCESS)
}

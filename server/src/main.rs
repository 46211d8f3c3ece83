//! The program `hearth`.

use std::process::ExitCode;

use clap::Parser;
use hearth_server::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}

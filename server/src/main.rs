//! The program `hearth`.

use std::process::ExitCode;

use clap::Parser;
use hearth_server::cli::Cli;
use mimalloc::MiMalloc;

/// See `docs/adr/0030-an-allocator-of-its-own.md`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    Cli::parse().run()
}

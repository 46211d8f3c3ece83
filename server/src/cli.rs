//! The commands: `hearth serve | generate | bench | verify | doctor | user`.

mod doctor;
mod serve;
mod user;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Overrides};

/// A chat for your own machine.
#[derive(Debug, Parser)]
#[command(name = "hearth", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the page.
    Serve(serve::ServeArgs),
    /// Says what is there, what is usable, and what mends the rest.
    Doctor(doctor::DoctorArgs),
    /// Makes and lists accounts, and resets passwords.
    User(user::UserArgs),
}

/// Where the settings come from.
#[derive(Clone, Debug, Args)]
struct Place {
    /// Folder of the database, the models and hearth.toml.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Settings file, instead of hearth.toml in the data folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn overrides(&self) -> Overrides {
        Overrides {
            data: self.data.clone(),
            config: self.config.clone(),
            ..Overrides::default()
        }
    }
}

impl Cli {
    /// Runs the command; errors go to stderr, each a sentence.
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Serve(args) => serve::run(args),
            Command::Doctor(args) => doctor::run(&args),
            Command::User(args) => user::run(args),
        };
        outcome.unwrap_or_else(|error| {
            // Without stderr there is nobody to tell.
            let _ = writeln!(io::stderr(), "hearth: {error:#}");
            ExitCode::FAILURE
        })
    }
}

/// Several threads; the engine brings its own.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.server.log)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_target(false)
        .try_init();
    if let Err(error) = started {
        tracing::debug!(%error, "a log was there already: {error}");
    }
}

//! The commands: `hearth serve | generate | bench | verify | doctor | model | user | export |
//! import | backup | restore | extract`.

mod backup;
mod bench;
mod doctor;
mod export;
mod extract;
mod generate;
mod import;
mod model;
mod restore;
mod serve;
mod user;
mod verify;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use hearth_app::model::UserId;
use hearth_engine::{
    device::{DeviceChoice, Parallel},
    loader::WeightFormat,
};

use crate::{
    config::{Config, Overrides},
    store::Store,
};

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
    /// Answers one prompt on standard output.
    Generate(generate::GenerateArgs),
    /// Measures how fast a model runs on this machine.
    Bench(bench::BenchArgs),
    /// Compares a model with outputs that another implementation made.
    Verify(verify::VerifyArgs),
    /// Says what is there, what is usable, and what mends the rest.
    Doctor(doctor::DoctorArgs),
    /// Fetches, lists, checks and removes models.
    Model(model::ModelArgs),
    /// Makes, lists and changes accounts.
    User(user::UserArgs),
    /// Writes a user's conversations into a file.
    Export(export::ExportArgs),
    /// Adds the conversations of an exported file to a user's.
    Import(import::ImportArgs),
    /// Copies the database, beside a running server or without one, and reads the copy whole.
    Backup(backup::BackupArgs),
    /// Puts a copy in the place of the database, and keeps what was there.
    Restore(restore::RestoreArgs),
    /// Prints the text of a file; the server reads files that way.
    Extract(extract::ExtractArgs),
}

/// Where the settings come from.
#[derive(Clone, Debug, Args)]
struct Place {
    /// Folder of the database, the models and hearth.toml (`HEARTH_DATA` in the environment).
    #[arg(long, value_name = "FOLDER", global = true)]
    data: Option<PathBuf>,
    /// Settings file, instead of hearth.toml in the data folder.
    #[arg(long, value_name = "FILE", global = true)]
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

/// Which model is run, and on what.
#[derive(Clone, Debug, Args)]
struct Running {
    /// GGUF file or Hugging Face directory.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Compute threads; 0 is one per physical core.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// How plain weights are kept: as-stored, or q8 for 8 bits.
    #[arg(long, value_name = "FORMAT")]
    weights: Option<WeightFormat>,
    /// Where the model computes: auto, or a list of cpu, cuda:N and wgpu:N.
    #[arg(long, value_name = "DEVICES")]
    device: Option<DeviceChoice>,
    /// What several devices are for: replicas of the model, or some of its layers each.
    #[arg(long, value_name = "WAY")]
    parallel: Option<Parallel>,
    /// Memory for all conversations that are being answered, in MB; 0: from what is free.
    #[arg(long, value_name = "MB")]
    kv_memory: Option<usize>,
}

impl Running {
    fn overrides(&self, place: &Place) -> Overrides {
        Overrides {
            model: self.model.clone(),
            threads: self.threads,
            weights: self.weights,
            device: self.device.clone(),
            parallel: self.parallel,
            kv_memory: self.kv_memory,
            ..place.overrides()
        }
    }
}

impl Cli {
    /// Runs the command; errors go to stderr, each a sentence.
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Serve(args) => serve::run(&args),
            Command::Generate(args) => generate::run(args),
            Command::Bench(args) => bench::run(&args),
            Command::Verify(args) => verify::run(&args),
            Command::Doctor(args) => doctor::run(&args),
            Command::Model(args) => model::run(&args),
            Command::User(args) => user::run(args),
            Command::Export(args) => export::run(&args),
            Command::Import(args) => import::run(&args),
            Command::Backup(args) => backup::run(&args),
            Command::Restore(args) => restore::run(&args),
            Command::Extract(args) => extract::run(&args),
        };
        outcome.unwrap_or_else(|error| {
            // Without stderr there is nobody to tell.
            let _ = writeln!(io::stderr(), "hearth: {}", sentence(&error));
            ExitCode::FAILURE
        })
    }
}

/// An error with its causes, without those that an earlier sentence has told.
fn sentence(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.contains(&cause) {
            continue;
        }
        if !told.is_empty() {
            told += ": ";
        }
        told += &cause;
    }
    told
}

/// The account of this name.
async fn user_named(store: &Store, name: &str) -> anyhow::Result<UserId> {
    let found = store.credentials(name.trim()).await?;
    let found = found
        .with_context(|| format!("there is no account {name:?}; `hearth user list` shows all"))?;
    Ok(found.user.id)
}

/// The configured model.
fn model(config: &Config) -> anyhow::Result<PathBuf> {
    config.model().with_context(|| {
        let folder = config.models();
        format!(
            "there is no model: name one with --model, put a .gguf file or a model directory into {}, \
             or fetch one with `hearth model pull`",
            folder.display()
        )
    })
}

/// Several threads; the engine brings its own.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

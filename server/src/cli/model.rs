//! `hearth model`: what lies in the models folder, and what comes and goes there.

mod list;
mod pull;
mod remove;
mod verify;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use super::Place;
use crate::{
    config::Config,
    data_folder::{Presence, open_for_reading},
    model_files::FoundModel,
};

#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Lists the models folder: whole models, and what is still being fetched.
    List {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Fetches a model from the hub that `models.endpoint` names; goes on where it was interrupted.
    Pull(pull::PullArgs),
    /// Checks the structure of models and, where the hub's checksums are known, their content.
    Verify {
        /// One model, as `list` names it; without it all of them.
        name: Option<String>,
    },
    /// Removes a model, and what is there of one that is being fetched.
    Remove {
        /// As `list` names it.
        name: String,
    },
}

pub(super) fn run(args: &ModelArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.place.overrides())?;
    match &args.command {
        ModelCommand::List { json } => list::run(&config, *json),
        ModelCommand::Pull(args) => pull::run(&config, args),
        ModelCommand::Verify { name } => verify::run(&config, name.as_deref()),
        ModelCommand::Remove { name } => remove::run(&config, name),
    }
}

/// What answers now, or would after the next start: as the running server says, else as
/// configuration, database and folder say.
fn chosen(config: &Config, presence: &Presence) -> anyhow::Result<Option<PathBuf>> {
    if let Presence::Server(holder) = presence
        && let Some(model) = &holder.model
    {
        return Ok(Some(model.clone()));
    }
    if config.names_model() {
        return Ok(config.model());
    }
    let remembered = super::runtime()?.block_on(async {
        // Without a database nobody has chosen anything.
        let folder = open_for_reading(config).await.ok()?;
        let file = folder.store.chosen_model().await;
        folder.store.close().await;
        file.ok().flatten()
    });
    let path = remembered.map(|file| config.models().join(file));
    let path = path.filter(|path| path.exists());
    Ok(path.or_else(|| config.model()))
}

/// Whether two paths lead to the same thing.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    one == other || real(one).is_some_and(|path| Some(path) == real(other))
}

/// The model of this name. The name is compared, never joined to a path.
fn found<'a>(
    config: &Config,
    models: &'a [FoundModel],
    name: &str,
) -> anyhow::Result<&'a FoundModel> {
    let found = models.iter().find(|model| model.name == name);
    found.ok_or_else(|| {
        let folder = config.models();
        anyhow::anyhow!(
            "there is no model {name:?} in {}; `hearth model list` shows all",
            folder.display()
        )
    })
}

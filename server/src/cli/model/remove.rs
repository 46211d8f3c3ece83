//! `hearth model remove`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::bail;

use super::{chosen, found, is_same};
use crate::{
    config::Config,
    data_folder::{self, Presence},
    model_files::{models, remove},
    model_pull::Bytes,
};

pub(super) fn run(config: &Config, name: &str) -> anyhow::Result<ExitCode> {
    let folder = config.models();
    let models = models(&folder);
    let model = found(config, &models, name)?;
    let who = data_folder::look(config);
    let chosen = chosen(config, &who)?;
    let is_chosen = match (&chosen, &model.path) {
        (Some(chosen), Some(path)) => is_same(chosen, path),
        _ => false,
    };
    // A server that starts meanwhile would look for what goes.
    let _held = match who {
        Presence::Server(holder) if is_chosen => bail!(
            "{name} is the model of {holder}: choose another one on its administration page, or \
             stop it, first"
        ),
        Presence::Somebody => {
            bail!("a server is starting, or a command is at work: try again when that is done")
        }
        Presence::Nobody => data_folder::hold_servers_off(config),
        Presence::Server(_) | Presence::Unknown(_) => None,
    };
    let freed = Bytes(remove(&folder, model)?);
    let mut out = io::stdout().lock();
    writeln!(out, "{name} is removed, {freed} are free.")?;
    if is_chosen {
        match config.model() {
            Some(next) => writeln!(out, "The next start takes {}.", next.display())?,
            None => writeln!(out, "No model is left for the next start.")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

//! `hearth backup`: a copy of the database with proof, beside a running server or without one.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use hearth_app::model::BackupKind;

use super::Place;
use crate::{
    backup::{check_folder, copy},
    config::Config,
    data_folder::open_for_copying,
    store::{Proof, now_ms, rows_of},
};

/// What people count, and the table it stands in.
pub(super) const COUNTED: [(&str, &str); 3] = [
    ("accounts", "user"),
    ("conversations", "conversation"),
    ("messages", "message"),
];

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    place: Place,
    /// Where the copy goes, instead of the folder of the server's own copies. There it is nobody's
    /// to remove.
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

pub(super) fn run(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.place.overrides())?;
    super::runtime()?.block_on(async {
        let source = open_for_copying(&config).await?;
        let folder = if let Some(folder) = &args.to {
            folder.clone()
        } else {
            check_folder(&config.backups(), config.names_backups())?;
            config.backups()
        };
        let made = copy(&source.store, &folder, BackupKind::Asked, now_ms()).await;
        source.store.close().await;
        let made = made?;
        let (shown, proof) = (made.path.display(), &made.proof);
        writeln!(io::stdout(), "{shown}: {}", counted(proof))?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Such as "3 accounts, 12 conversations, 80 messages; schema 11, 1048576 bytes, no damage".
pub(super) fn counted(proof: &Proof) -> String {
    let counts = COUNTED.map(|(words, table)| format!("{} {words}", rows_of(&proof.tables, table)));
    let (schema, bytes) = (proof.schema, proof.num_bytes);
    let orphans = match proof.num_orphans {
        0 => String::new(),
        number => format!(", but {number} rows that refer to others that are not there"),
    };
    format!(
        "{}; schema {schema}, {bytes} bytes, no damage{orphans}",
        counts.join(", ")
    )
}

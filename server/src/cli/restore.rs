//! `hearth restore`: a copy takes the place of the database, while no server runs.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{
    Place,
    backup::{COUNTED, counted},
};
use crate::{
    backup::{Restored, rehearse, restore},
    config::Config,
    store::{now_ms, rows_of},
};

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    place: Place,
    /// A copy that `hearth backup` or the server made.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only says what would change. A server may run meanwhile.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.place.overrides())?;
    let restored = super::runtime()?.block_on(async {
        if args.dry_run {
            return rehearse(&config, &args.file).await;
        }
        restore(&config, &args.file, now_ms()).await
    })?;
    tell(&restored, args, &config.database(), &mut io::stdout())?;
    Ok(ExitCode::SUCCESS)
}

fn tell(
    restored: &Restored,
    args: &RestoreArgs,
    database: &Path,
    out: &mut impl Write,
) -> io::Result<()> {
    let Restored {
        before,
        after,
        kept,
    } = restored;
    writeln!(out, "{}: {}", args.file.display(), counted(after))?;
    match before {
        Some(before) => {
            for (words, table) in COUNTED {
                let (now, then) = (rows_of(before, table), rows_of(&after.tables, table));
                writeln!(out, "  {words}: {now} now, {then} in the copy")?;
            }
        }
        None => writeln!(
            out,
            "  there is no database now that can be read: {}",
            database.display()
        )?,
    }
    if args.dry_run {
        return writeln!(out, "nothing was changed");
    }
    if let Some(kept) = kept {
        writeln!(out, "what was there is kept as {}", kept.display())?;
    }
    writeln!(
        out,
        "restored to {}. What was deleted, revoked or changed since the copy was made is as it was \
         then: accounts, passwords, sessions and keys too",
        database.display()
    )
}

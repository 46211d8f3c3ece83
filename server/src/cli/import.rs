//! `hearth import`: a file that was exported, into a user's conversations, all or nothing.

use std::{
    fs::File,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use hearth_app::model::ImportCounts;

use super::Place;
use crate::{
    config::Config,
    data_folder::{open_for_reading, open_for_writing},
    import::{import, preview},
};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    place: Place,
    /// Whose conversations they become.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// JSON or ZIP.
    file: PathBuf,
    /// Only says what would change.
    #[arg(long)]
    preview: bool,
}

pub(super) fn run(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.place.overrides())?;
    let shown = args.file.display().to_string();
    let content = File::open(&args.file).with_context(|| format!("cannot read {shown}"))?;
    let runtime = super::runtime()?;
    let folder = runtime.block_on(async {
        if args.preview {
            open_for_reading(&config).await
        } else {
            open_for_writing(&config).await
        }
    })?;
    let store = &folder.store;
    let user = runtime.block_on(super::user_named(store, &args.user));
    let _inside = runtime.enter();
    let counts = user.and_then(|user| {
        let counts = if args.preview {
            preview(store, user, content)
        } else {
            import(store, user, content, None)
        };
        counts.with_context(|| shown)
    });
    runtime.block_on(store.close());
    tell(counts?, args.preview)?;
    Ok(ExitCode::SUCCESS)
}

fn tell(counts: ImportCounts, is_preview: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if is_preview {
        writeln!(out, "Nothing was changed; an import would find:")?;
    }
    for (number, what) in [
        (counts.new_conversations, "new conversations"),
        (
            counts.extended_conversations,
            "conversations with new messages",
        ),
        (
            counts.restored_conversations,
            "deleted conversations that come back",
        ),
        (
            counts.unchanged_conversations,
            "conversations that stay as they are",
        ),
        (counts.new_messages, "new messages"),
        (counts.unchanged_messages, "messages that are there already"),
    ] {
        writeln!(out, "{number:>9}  {what}")?;
    }
    Ok(())
}

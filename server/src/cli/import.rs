//! `hearth import`: a file that was exported, here or by another program, into a user's
//! conversations, all or nothing.

use std::{
    fs::File,
    io::{self, Read, Seek as _, Write},
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use hearth_app::model::{Brought, ImportCounts};

use super::Place;
use crate::{
    config::Config,
    data_folder::{open_for_reading, open_for_writing},
    import::{ImportError, Preview, import, import_readable, look},
    store::Store,
    uploads::Uploads,
};

/// What somebody can do about conversations that cannot be read.
const OTHERS: &str = "--without-unreadable imports the other conversations";
/// Read at once from a pipe (1 MiB).
const PIECE_BYTES: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    place: Place,
    /// Whose conversations they become.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// JSON or ZIP, of Hearth, ChatGPT, Open WebUI, LibreChat or llama.cpp; - is what comes from
    /// standard input.
    file: PathBuf,
    /// Only says what would change.
    #[arg(long)]
    preview: bool,
    /// Leaves out conversations of another program that cannot be read.
    #[arg(long)]
    without_unreadable: bool,
}

pub(super) fn run(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.place.overrides())?;
    let shown = args.file.display().to_string();
    let content = open(&args.file).with_context(|| format!("cannot read {shown}"))?;
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
        let content = runtime.block_on(whole(content, store, &config));
        let content = content.with_context(|| format!("cannot read {shown}"))?;
        let again = content.try_clone()?;
        let done = if args.preview {
            look(store, user, content)
        } else if args.without_unreadable {
            import_readable(store, user, content, None).map(Preview::from)
        } else {
            import(store, user, content, None).map(Preview::from)
        };
        // Whether it is everything that cannot be read, or a few of many, or something else.
        let may_leave_out = !args.preview
            && !args.without_unreadable
            && matches!(done, Err(ImportError::Refused(_)))
            && look(store, user, again).is_ok_and(|it| !it.unreadable.named().is_empty());
        let done = done.map_err(|error| {
            if may_leave_out {
                anyhow!("{error}\n{OTHERS}")
            } else {
                error.into()
            }
        });
        done.with_context(|| shown)
    });
    runtime.block_on(store.close());
    let Preview { counts, unreadable } = counts?;
    tell(counts, args.preview)?;
    if !unreadable.named().is_empty() && !args.without_unreadable {
        bail!("{unreadable}\n{OTHERS}");
    }
    Ok(ExitCode::SUCCESS)
}

fn open(file: &Path) -> io::Result<File> {
    if file == Path::new("-") {
        return Ok(io::stdin().as_fd().try_clone_to_owned()?.into());
    }
    File::open(file)
}

/// A file in which any place can be read at any time. What comes from a pipe is written down first,
/// where people's files wait too, but under no name.
async fn whole(mut content: File, store: &Store, config: &Config) -> anyhow::Result<File> {
    if content.metadata()?.is_file() && content.stream_position()? == 0 {
        return Ok(content);
    }
    let uploads = Uploads::new(store.clone(), config.uploads());
    let mut incoming = uploads.begin(0).await?;
    let mut piece = Vec::new();
    while Read::by_ref(&mut content)
        .take(PIECE_BYTES)
        .read_to_end(&mut piece)?
        > 0
    {
        incoming.write(&piece).await?;
        piece.clear();
    }
    ensure!(incoming.num_bytes() > 0, "nothing comes from it");
    Ok(incoming.into_file().await?)
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
    match counts.brought {
        Some(brought) => tell_brought(&mut out, &brought),
        None => Ok(()),
    }
}

fn tell_brought(out: &mut impl Write, brought: &Brought) -> io::Result<()> {
    writeln!(out, "In the file of {}:", brought.program.name())?;
    for (number, what) in [
        (brought.conversations, "conversations"),
        (brought.messages, "messages"),
        (brought.branches, "other versions, as branches"),
        (brought.pictures, "pictures that stay behind"),
        (brought.files, "files that stay behind"),
        (
            brought.prompts,
            "system prompts that are too long and stay behind",
        ),
        (brought.empty, "conversations without a message, left out"),
        (
            brought.unreadable,
            "conversations that cannot be read, left out",
        ),
    ] {
        if number > 0 {
            writeln!(out, "{number:>9}  {what}")?;
        }
    }
    Ok(())
}

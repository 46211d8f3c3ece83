//! `hearth export`: a user's conversations as a file, beside a running server or without one.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use hearth_app::model::{ConversationId, ExportFormat, UserId};

use super::Place;
use crate::{
    config::Config,
    data_folder::{create_file, open_for_reading},
    export::{
        ConversationDocument, Language, StoredConversations, Timestamp, render, stored_belongings,
        write_archive_with,
    },
    store::{Store, StoredTree},
};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    place: Place,
    /// Whose conversations.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// The file that is written; one that exists is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// All conversations as a ZIP, or one (`--conversation`) in another format.
    #[arg(long, value_enum, default_value_t = Format::Zip)]
    format: Format,
    /// Id of one conversation: the end of its address, after `/c/`.
    #[arg(long, value_name = "ID")]
    conversation: Option<ConversationId>,
    /// With what models thought, and what tools did.
    #[arg(long)]
    reasoning: bool,
    /// Language of the words that an export adds.
    #[arg(long, value_enum, default_value_t)]
    language: Language,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Zip,
    Json,
    Markdown,
    Text,
    Html,
}

impl Format {
    const fn of_one(self) -> Option<ExportFormat> {
        match self {
            Self::Zip => None,
            Self::Json => Some(ExportFormat::Json),
            Self::Markdown => Some(ExportFormat::Markdown),
            Self::Text => Some(ExportFormat::Text),
            Self::Html => Some(ExportFormat::Html),
        }
    }
}

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.place.overrides())?;
    let runtime = super::runtime()?;
    let folder = runtime.block_on(open_for_reading(&config))?;
    let store = &folder.store;
    // The archive is written by a thread that may block, and this one may.
    let _inside = runtime.enter();
    let sentence = export(&runtime, store, args);
    runtime.block_on(store.close());
    writeln!(io::stdout(), "{}", sentence?)?;
    Ok(ExitCode::SUCCESS)
}

fn export(
    runtime: &tokio::runtime::Runtime,
    store: &Store,
    args: &ExportArgs,
) -> anyhow::Result<String> {
    let user = runtime.block_on(super::user_named(store, &args.user))?;
    let now = Timestamp::now();
    let shown = args.out.display();
    match (args.format.of_one(), args.conversation) {
        (None, None) => {
            let documents =
                StoredConversations::new(store.clone(), user, now).with_reasoning(args.reasoning);
            let belongings = runtime.block_on(stored_belongings(store, user))?;
            let report = replace(&args.out, |file| {
                let language = args.language;
                Ok(write_archive_with(
                    file, belongings, documents, language, now,
                )?)
            })?;
            let (conversations, messages) = (report.num_conversations, report.num_messages);
            Ok(format!(
                "{shown}: {conversations} conversations, {messages} messages"
            ))
        }
        (Some(format), Some(id)) => {
            let mut tree = runtime.block_on(tree(store, user, id))?;
            if !args.reasoning {
                tree.leave_out_reasoning();
            }
            let document = ConversationDocument::new(tree, now);
            let content = render(&document, format, args.language);
            replace(&args.out, |file| Ok(file.write_all(content.as_bytes())?))?;
            Ok(format!("{shown}: {:?}", document.title))
        }
        (None, Some(_)) => {
            anyhow::bail!("a ZIP holds all conversations; for one, add for example --format json")
        }
        (Some(_), None) => {
            anyhow::bail!("this format holds one conversation: name it with --conversation ID")
        }
    }
}

async fn tree(store: &Store, user: UserId, id: ConversationId) -> anyhow::Result<StoredTree> {
    let tree = store.conversation_tree(user, id).await?;
    tree.with_context(|| format!("this user has no conversation {id}"))
}

/// Writes a file beside its place, for its owner alone, and moves it there when it is complete.
fn replace<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written: anyhow::Result<T> = (|| {
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut file = BufWriter::new(create_file(&part)?);
        let result = write(&mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        fs::rename(&part, path)?;
        Ok(result)
    })();
    if written.is_err() {
        // What could not be made need not be removed.
        let _ = fs::remove_file(&part);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

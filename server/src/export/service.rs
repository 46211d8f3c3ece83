//! Exports and imports as the page asks for them: who may have what, and what is kept.

use std::{collections::VecDeque, fs::File, io, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use hearth_app::{
    model::{
        BusyReason, ChatError, ConversationId, Export, ExportChoice, ExportFormat, ExportId,
        ExportSubject, FolderId, Preferences, Upload, UploadId, UploadState, UserId,
    },
    service::exports::ExportService,
};
use leptos::prelude::use_context;
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, sync::mpsc};

use super::{
    ArchiveError, ConversationDocument, FileName, Language, Timestamp, extension,
    pipe::{Chunk, PipeWriter},
    render, render_branches, stored_belongings, write_archive_with,
};
use crate::{
    calendar::Calendar,
    changes::Changes,
    chat::{ModelTitles, busy, store_refused},
    error::AppError,
    import::{self, ImportError, Preview, Problems},
    slow_work::{Kind, Place, SlowWork, run_in},
    store::{KeptExport, NewExport, Store, StoreError, StoredExport, StoredUploadState},
    uploads::{self, Uploads},
};

/// Ids read at a time.
const PAGE: u32 = 100;
/// The name of an archive, before its date.
const ARCHIVE_NAME: &str = "Hearth";

/// Serves exports and imports from a store.
#[derive(Debug)]
pub struct ExportServer {
    store: Store,
    uploads: Arc<Uploads>,
    slow_work: SlowWork,
    changes: Changes,
    titles: ModelTitles,
}

/// The bytes of an archive as they are made.
pub(crate) struct ArchiveDownload {
    pub(crate) file_name: FileName,
    pub(crate) content: BoxStream<'static, io::Result<Bytes>>,
}

impl ExportServer {
    /// Serves from now on.
    pub(crate) fn new(
        store: Store,
        uploads: Arc<Uploads>,
        slow_work: SlowWork,
        changes: Changes,
        titles: ModelTitles,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            uploads,
            slow_work,
            changes,
            titles,
        })
    }

    /// A file that is kept, and the place of its download.
    pub(crate) async fn download(
        &self,
        user: UserId,
        id: ExportId,
    ) -> Result<(KeptExport, Place), ChatError> {
        let place = self.slow_work.place(Kind::Download, user).await?;
        let kept = read(self.store.kept_export(user, id).await)?;
        Ok((kept.ok_or(ChatError::NotFound)?, place))
    }

    /// All of a user's conversations, or those of a folder, as a ZIP, made while it is read.
    pub(crate) async fn archive(
        &self,
        user: UserId,
        folder: Option<FolderId>,
        language: Language,
        with_reasoning: bool,
    ) -> Result<ArchiveDownload, ChatError> {
        let folder = match folder {
            Some(id) => {
                let stored = read(self.store.folder(user, id).await)?;
                Some((id, stored.ok_or(ChatError::NotFound)?.name))
            }
            None => None,
        };
        let place = self.slow_work.place(Kind::Download, user).await?;
        let now = Timestamp::now();
        let day = now.to_minute();
        let name = folder
            .as_ref()
            .map_or(ARCHIVE_NAME, |(_, name)| name.as_str());
        let title = format!("{name} {}", day.split(' ').next().unwrap_or_default());
        let file_name = FileName::new(&title, "zip");
        let (writer, chunks) = PipeWriter::new(Handle::current());
        let work = ArchiveWork {
            store: self.store.clone(),
            user,
            folder,
            language,
            with_reasoning,
            now,
            file_name: file_name.to_string(),
            titles: self.titles.clone(),
        };
        // As long as somebody reads: one that takes no chunk for a minute ends it.
        tokio::spawn(run_in(place, move || work.run(writer)));
        Ok(ArchiveDownload {
            file_name,
            content: content(chunks),
        })
    }

    /// Files that wait to be imported.
    pub(crate) fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    /// The right to send a file.
    pub(crate) async fn begin_upload(&self, user: UserId) -> Result<Place, ChatError> {
        Ok(self.slow_work.place(Kind::Upload, user).await?)
    }

    /// Runs the preview of an upload, or its import. The file is opened in its place: whoever waits
    /// for one gets what there is by that time.
    async fn with_upload(
        &self,
        user: UserId,
        id: UploadId,
        work: fn(&Store, UserId, File, UploadId) -> Result<UploadState, ImportError>,
    ) -> Result<Upload, ChatError> {
        let place = self.slow_work.place(Kind::Document, user).await?;
        let stored = read(self.store.upload(user, id).await)?.ok_or(ChatError::NotFound)?;
        let state = match stored.state {
            StoredUploadState::Imported(counts) => UploadState::Imported(counts),
            StoredUploadState::Waiting => {
                let (store, path) = (self.store.clone(), self.uploads.path(id));
                let work = move || {
                    let file = uploads::open(&path, stored.size)?;
                    work(&store, user, file.ok_or(ImportError::Gone)?, id)
                };
                done(run_in(place, work).await?)?
            }
        };
        if matches!(state, UploadState::Imported(_)) {
            self.uploads.tidy().await;
        }
        Ok(Upload {
            id,
            file_name: stored.file_name,
            state,
        })
    }
}

#[async_trait]
impl ExportService for ExportServer {
    async fn create_export(
        &self,
        user: UserId,
        conversation: ConversationId,
        choice: ExportChoice,
    ) -> Result<ExportId, ChatError> {
        let ExportChoice {
            format,
            with_reasoning,
            with_branches,
        } = choice;
        // Before the conversation is in memory.
        let place = self.slow_work.place(Kind::Document, user).await?;
        let tree = read(self.store.conversation_tree(user, conversation).await)?;
        let mut tree = tree.ok_or(ChatError::NotFound)?;
        if !with_reasoning {
            tree.leave_out_reasoning();
        }
        let now = Timestamp::now();
        let language = use_context::<Preferences>().unwrap_or_default().language;
        let language = Language::from(language);
        let titles = self.titles.clone();
        let write = move || {
            let mut document = ConversationDocument::new(tree, now);
            document.call_models(&titles);
            let content = if with_branches && format == ExportFormat::Markdown {
                render_branches(&document, language)
            } else {
                render(&document, format, language)
            };
            let content = content.into_bytes();
            NewExport {
                user,
                subject: ExportSubject::Conversation {
                    format,
                    id: Some(conversation),
                },
                file_name: FileName::new(&document.title, extension(format)).to_string(),
                sha256: Sha256::digest(&content).into(),
                size: content.len() as u64,
                content: Some(content),
            }
        };
        let export = run_in(place, write).await?;
        read(self.store.insert_export(export).await)
    }

    async fn exports(&self, user: UserId) -> Result<Vec<Export>, ChatError> {
        let stored = read(self.store.exports(user).await)?;
        let calendar = Calendar::of_viewer();
        let shown = |stored| shown(stored, &calendar);
        Ok(stored.into_iter().map(shown).collect())
    }

    async fn delete_export(&self, user: UserId, id: ExportId) -> Result<(), ChatError> {
        let is_found = read(self.store.delete_export(user, id).await)?;
        is_found.then_some(()).ok_or(ChatError::NotFound)
    }

    async fn upload(&self, user: UserId, id: UploadId) -> Result<Upload, ChatError> {
        let look = |store: &Store, user, file: File, _| import::look(store, user, file).map(ready);
        self.with_upload(user, id, look).await
    }

    async fn import(
        &self,
        user: UserId,
        id: UploadId,
        without_unreadable: bool,
    ) -> Result<Upload, ChatError> {
        let whole = |store: &Store, user, file: File, id| {
            import::import(store, user, file, Some(id)).map(UploadState::Imported)
        };
        let readable = |store: &Store, user, file: File, id| {
            import::import_readable(store, user, file, Some(id)).map(UploadState::Imported)
        };
        let imported = if without_unreadable {
            self.with_upload(user, id, readable).await
        } else {
            self.with_upload(user, id, whole).await
        };
        self.changes.tell_everything(user);
        imported
    }
}

/// An archive on its way to a browser.
struct ArchiveWork {
    store: Store,
    user: UserId,
    /// With its name; absent: everything.
    folder: Option<(FolderId, String)>,
    language: Language,
    with_reasoning: bool,
    now: Timestamp,
    file_name: String,
    titles: ModelTitles,
}

impl ArchiveWork {
    fn run(self, mut writer: PipeWriter) {
        let documents = StoredConversations::new(self.store.clone(), self.user, self.now)
            .with_reasoning(self.with_reasoning)
            .with_titles(self.titles)
            .in_folder(self.folder.as_ref().map(|(id, _)| *id));
        let belongings = Handle::current().block_on(stored_belongings(&self.store, self.user));
        let written = belongings.map_err(ArchiveError::from).and_then(|mut it| {
            if let Some((_, name)) = &self.folder {
                it.folders.retain(|folder| folder.name == *name);
                it.instructions = None;
            }
            let (language, now) = (self.language, self.now);
            write_archive_with(&mut writer, it, documents, language, now)
        });
        if let Err(error) = written {
            tracing::warn!(%error, "an archive ends early: {error}");
            return writer.fail(error);
        }
        if self.folder.is_some() {
            // The list of exports offers to make those of everything again.
            return writer.finish();
        }
        let (sha256, size) = writer.digest();
        let export = NewExport {
            user: self.user,
            subject: ExportSubject::All,
            file_name: self.file_name,
            sha256,
            size,
            // As large as all conversations together: made again rather than kept.
            content: None,
        };
        // A full disk must not keep anybody from taking their conversations away.
        if let Err(error) = Handle::current().block_on(self.store.insert_export(export)) {
            tracing::error!(%error, "an archive could not be noted: {error}");
        }
        writer.finish();
    }
}

/// The documents of a user's conversations, one after the other. For threads that may block.
pub struct StoredConversations {
    store: Store,
    user: UserId,
    now: Timestamp,
    has_reasoning: bool,
    titles: ModelTitles,
    /// Only of this one, and without copies that are shared.
    folder: Option<FolderId>,
    page: VecDeque<ConversationId>,
    last: Option<ConversationId>,
}

impl StoredConversations {
    /// All of them, those of the first page first; without what models thought.
    pub fn new(store: Store, user: UserId, now: Timestamp) -> Self {
        Self {
            store,
            user,
            now,
            has_reasoning: false,
            titles: ModelTitles::default(),
            folder: None,
            page: VecDeque::new(),
            last: None,
        }
    }

    /// Whether they say what models thought, and what tools did.
    #[must_use]
    pub const fn with_reasoning(mut self, has_reasoning: bool) -> Self {
        self.has_reasoning = has_reasoning;
        self
    }

    /// What people call models, in the formats that people read.
    #[must_use]
    fn with_titles(mut self, titles: ModelTitles) -> Self {
        self.titles = titles;
        self
    }

    /// Only those of a folder, if there is one.
    #[must_use]
    const fn in_folder(mut self, folder: Option<FolderId>) -> Self {
        self.folder = folder;
        self
    }

    fn next_id(&mut self) -> Result<Option<ConversationId>, StoreError> {
        if self.page.is_empty() {
            let (store, user, last) = (&self.store, self.user, self.last);
            let page = Handle::current().block_on(async {
                match self.folder {
                    Some(folder) => store.folder_page(user, folder, last, PAGE).await,
                    None => store.conversation_page(user, last, PAGE).await,
                }
            });
            self.page = page?.into();
        }
        let id = self.page.pop_front();
        self.last = id.or(self.last);
        Ok(id)
    }
}

impl Iterator for StoredConversations {
    type Item = Result<ConversationDocument, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let id = match self.next_id() {
                Ok(id) => id?,
                Err(error) => return Some(Err(error)),
            };
            let tree = self.store.conversation_tree(self.user, id);
            match Handle::current().block_on(tree) {
                Ok(Some(mut tree)) => {
                    if !self.has_reasoning {
                        tree.leave_out_reasoning();
                    }
                    if self.folder.is_none() {
                        let shares = self.store.shares_of(self.user, id);
                        match Handle::current().block_on(shares) {
                            Ok(shares) => tree.shares = shares,
                            Err(error) => return Some(Err(error)),
                        }
                    }
                    let mut document = ConversationDocument::new(tree, self.now);
                    document.call_models(&self.titles);
                    return Some(Ok(document));
                }
                // Deleted since its page was read.
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn content(chunks: mpsc::Receiver<Chunk>) -> BoxStream<'static, io::Result<Bytes>> {
    stream::unfold(chunks, |mut chunks| async {
        let chunk = chunks.recv().await?;
        Some((chunk, chunks))
    })
    .boxed()
}

fn shown(stored: StoredExport, calendar: &Calendar) -> Export {
    Export {
        id: stored.id,
        subject: stored.subject,
        file_name: stored.file_name,
        size: u64::try_from(stored.size).unwrap_or_default(),
        is_kept: stored.is_kept,
        time: calendar.local_time(stored.created_at),
    }
}

/// What became of a preview or an import.
fn done(outcome: Result<UploadState, ImportError>) -> Result<UploadState, ChatError> {
    match outcome {
        Ok(state) => Ok(state),
        Err(ImportError::Refused(problems)) => Ok(refused(&problems)),
        Err(ImportError::Gone) => Err(ChatError::NotFound),
        Err(ImportError::Busy) => Err(busy(BusyReason::WorkersBusy)),
        Err(ImportError::Read(error)) => Err(AppError::internal(error).into()),
        Err(ImportError::Store(error)) => Err(store_refused(&error)),
    }
}

fn refused(problems: &Problems) -> UploadState {
    UploadState::Refused {
        problems: problems.named().to_vec(),
        num_more: num_more(problems),
    }
}

/// What can be said of a file that was looked at.
fn ready(preview: Preview) -> UploadState {
    let Preview { counts, unreadable } = preview;
    if unreadable.named().is_empty() {
        return UploadState::Ready(counts);
    }
    UploadState::Partly {
        counts,
        problems: unreadable.named().to_vec(),
        num_more: num_more(&unreadable),
    }
}

fn num_more(problems: &Problems) -> u32 {
    u32::try_from(problems.num_more()).unwrap_or(u32::MAX)
}

fn read<T>(result: Result<T, StoreError>) -> Result<T, ChatError> {
    result.map_err(|error| store_refused(&error))
}

#[cfg(test)]
mod tests;

//! Files that people add to their messages: taken in, read by another process, and kept in the
//! database, each content once for its person. See `docs/adr/0051-files-stand-in-the-database.md`.
//!
//! A file comes as one that is to be imported does, to the folder of uploads, and is removed there
//! as soon as it has its rows. What a model reads of it is made in `chat/file_blocks.rs`.

mod name;

use std::{fs, io, path::PathBuf, sync::Arc};

use futures::FutureExt as _;
use hearth_app::model::{AttachedFile, ExtractError, FileId, MAX_FILE_BYTES, Refusal, UserId};
use sha2::{Digest as _, Sha256};

pub(crate) use name::{check_name, clean_name};

use crate::{
    chat::ChatServer,
    error::AppError,
    extract::{Extracted, Extractor},
    slow_work::{Kind, Place, SlowWork},
    store::{InsertedFile, NewFile, PIECE_BYTES, Store, StoreError},
    uploads::{Incoming, Uploads},
};

/// Most bytes of all files of one person, and of their texts (2 GiB): a small one may unpack to a
/// long text.
const MAX_PERSON_BYTES: u64 = 2 << 30;

/// Serves files from a store.
#[derive(Debug)]
pub struct FileServer {
    store: Store,
    uploads: Arc<Uploads>,
    chat: Arc<ChatServer>,
    extractor: Extractor,
}

/// Why a file was not added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddError {
    /// Nothing in it can be read.
    #[error("the file was not read: {}", .0.code())]
    Unread(ExtractError),
    #[error(transparent)]
    Other(#[from] AppError),
}

impl From<AddError> for AppError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Unread(_) => Self::Invalid(error.to_string().into()),
            AddError::Other(error) => error,
        }
    }
}

impl FileServer {
    /// Serves from now on.
    pub(crate) fn new(
        store: Store,
        uploads: Arc<Uploads>,
        chat: Arc<ChatServer>,
        extractor: Extractor,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            uploads,
            chat,
            extractor,
        })
    }

    /// The right to send a file.
    pub(crate) async fn begin(&self, user: UserId) -> Result<Place, AppError> {
        let place = self.slow_work().place(Kind::Upload, user).await?;
        let num_bytes = read(self.store.file_bytes(user).await)?;
        if num_bytes >= MAX_PERSON_BYTES {
            let limit = MAX_PERSON_BYTES;
            return Err(AppError::Invalid(Refusal::FilesFull { limit }));
        }
        Ok(place)
    }

    /// Begins to take a file. `announced`: how long the request says it is; 0: it does not say.
    pub(crate) async fn take(&self, announced: u64) -> Result<Incoming, AppError> {
        Ok(self.uploads.begin_file(announced, MAX_FILE_BYTES).await?)
    }

    /// Reads a file that has come and keeps it, on its way to a message of its person.
    pub(crate) async fn add(
        &self,
        user: UserId,
        name: &str,
        mut incoming: Incoming,
    ) -> Result<AttachedFile, AddError> {
        // Before it is in memory, and as long as it is.
        let place = self.slow_work().place(Kind::Document, user).await;
        let _place = place.map_err(AppError::from)?;
        let path = incoming.written().await.map_err(AppError::from)?;
        let extracted = self.extractor.extract(&path, name).await;
        let extracted = extracted.map_err(AddError::Unread)?;
        let num_tokens = self.num_tokens(user, &extracted.text).await?;
        let (sha256, content) = content(path).await?;
        let file = new_file(extracted, (sha256, content.len()), num_tokens);
        let inserted = self.keep(user, name, &file, &content).await;
        let inserted = inserted.map_err(|error| AppError::store(&error))?;
        Ok(AttachedFile {
            id: inserted.id,
            name: name.to_owned(),
            kind: file.kind,
            size: file.size,
            num_pages: file.num_pages,
            num_tokens,
            is_cut: file.is_cut,
            is_whole: true,
        })
    }

    async fn keep(
        &self,
        user: UserId,
        name: &str,
        file: &NewFile,
        content: &[u8],
    ) -> Result<InsertedFile, StoreError> {
        let inserted = self.store.insert_file(user, name, file).await?;
        if inserted.is_whole {
            return Ok(inserted);
        }
        for (seq, piece) in (0..).zip(content.chunks(PIECE_BYTES)) {
            self.store.insert_file_piece(inserted, seq, piece).await?;
        }
        self.store.note_whole_file(inserted).await?;
        Ok(inserted)
    }

    /// How long a text is for the model at hand; nobody waits for one that is not there yet.
    async fn num_tokens(&self, user: UserId, text: &str) -> Result<Option<u32>, AppError> {
        let engine = self.chat.engine();
        let maker = engine.prompt_maker().now_or_never();
        let Some(Ok(maker)) = maker else {
            return Ok(None);
        };
        let text = text.to_owned();
        let count = move || maker.encode_answer(&text).len();
        let count = self.slow_work().run(Kind::Text, user, count).await?;
        Ok(u32::try_from(count).ok())
    }

    /// A file of a message that can be seen, or one on its way.
    pub(crate) async fn file(&self, user: UserId, id: FileId) -> Result<AttachedFile, AppError> {
        let file = read(self.store.attached_file(user, id).await)?;
        file.ok_or(AppError::NotFound)
    }

    /// The first characters of what was read of a file.
    pub(crate) async fn text(
        &self,
        user: UserId,
        id: FileId,
        limit: u32,
    ) -> Result<String, AppError> {
        read(self.store.file_text(user, id, limit).await)
    }

    /// The place of a download.
    pub(crate) async fn begin_download(&self, user: UserId) -> Result<Place, AppError> {
        Ok(self.slow_work().place(Kind::Download, user).await?)
    }

    /// A piece of a file; none behind its end.
    pub(crate) async fn piece(
        &self,
        user: UserId,
        id: FileId,
        seq: u32,
    ) -> io::Result<Option<Vec<u8>>> {
        let piece = self.store.file_piece(user, id, seq).await;
        piece.map_err(io::Error::other)
    }

    /// Removes a file that was not sent.
    pub(crate) async fn remove(&self, user: UserId, id: FileId) -> Result<(), AppError> {
        let removed = read(self.store.remove_unsent_file(user, id).await)?;
        if !removed {
            return Err(AppError::NotFound);
        }
        // Its content, unless a message has it.
        while read(self.store.purge_loose_file().await)?.num_rows > 0 {}
        Ok(())
    }

    fn slow_work(&self) -> SlowWork {
        self.chat.slow_work()
    }
}

/// What the database gets of a file.
fn new_file(
    extracted: Extracted,
    (sha256, num_bytes): ([u8; 32], usize),
    num_tokens: Option<u32>,
) -> NewFile {
    NewFile {
        sha256,
        kind: extracted.kind.as_str().to_owned(),
        size: num_bytes as u64,
        is_cut: extracted.is_cut,
        num_pages: extracted.num_pages,
        num_tokens,
        text: extracted.text,
    }
}

/// A file that was looked at already, with its sum. At most 20 MiB, for two people at once.
async fn content(path: PathBuf) -> Result<([u8; 32], Vec<u8>), AppError> {
    let work = move || -> io::Result<([u8; 32], Vec<u8>)> {
        let content = fs::read(&path)?;
        Ok((Sha256::digest(&content).into(), content))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.unwrap_or_else(|error| Err(io::Error::other(error)));
    done.map_err(AppError::internal)
}

fn read<T>(result: Result<T, StoreError>) -> Result<T, AppError> {
    result.map_err(|error| AppError::store(&error))
}

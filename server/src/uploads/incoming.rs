//! A file on its way in: written piece by piece, and gone unless somebody keeps it.

use std::{
    fs::{self, File},
    io::Write as _,
    mem,
    path::PathBuf,
    sync::Arc,
};

use hearth_app::model::UploadId;

use super::{Allowed, Coming, PART, Room, UploadError, beside, failed, locked};
use crate::{
    data_folder::create_own_file,
    disk,
    import::{MAX_DOCUMENT_BYTES, max_bytes},
};

/// Written at once (1 MiB); as much of each file is in memory.
const PIECE_BYTES: usize = 1 << 20;

/// A file of which more may come. Dropped, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Incoming {
    id: UploadId,
    part: PathBuf,
    whole: PathBuf,
    file: Arc<File>,
    room: Room,
    /// What is not written yet.
    piece: Vec<u8>,
    num_written: u64,
    allowed: Allowed,
    /// Most bytes of a file of its kind.
    limit: u64,
    is_kept: bool,
    coming: Coming,
}

impl Incoming {
    /// An empty file; for threads that may block.
    pub(super) fn begin(
        id: UploadId,
        room: Room,
        (allowed, coming): (Allowed, Coming),
    ) -> Result<Self, UploadError> {
        let whole = room.folder.join(id.to_string());
        let part = room.folder.join(format!("{id}{PART}"));
        // Before there is a file that somebody could take for nobody's.
        locked(&coming).insert(id);
        let file = create_own_file(&part).map_err(|source| {
            locked(&coming).remove(&id);
            failed(&part, source)
        })?;
        Ok(Self {
            id,
            part,
            whole,
            file: Arc::new(file),
            room,
            piece: Vec::new(),
            num_written: 0,
            allowed,
            limit: match allowed {
                Allowed::ToImport => MAX_DOCUMENT_BYTES,
                Allowed::Bytes(limit) => limit,
            },
            is_kept: false,
            coming,
        })
    }

    pub(super) const fn id(&self) -> UploadId {
        self.id
    }

    /// How much has come.
    pub(crate) fn num_bytes(&self) -> u64 {
        self.num_written + self.piece.len() as u64
    }

    /// Takes what comes next.
    pub(crate) async fn write(&mut self, chunk: &[u8]) -> Result<(), UploadError> {
        self.piece.extend_from_slice(chunk);
        if self.num_written == 0 && self.allowed == Allowed::ToImport {
            // The first bytes say what it is.
            self.limit = max_bytes(&self.piece);
        }
        if self.num_bytes() > self.limit {
            let limit = self.limit;
            return Err(UploadError::TooLarge { limit });
        }
        if self.piece.len() >= PIECE_BYTES {
            self.write_piece().await?;
        }
        Ok(())
    }

    async fn write_piece(&mut self) -> Result<(), UploadError> {
        let (file, room) = (Arc::clone(&self.file), self.room.clone());
        let (mut piece, path) = (mem::take(&mut self.piece), self.part.clone());
        let num_bytes = piece.len() as u64;
        let written = beside(&self.part, move || {
            room.check(num_bytes)?;
            let written = (&*file).write_all(&piece);
            written.map_err(|source| failed(&path, source))?;
            piece.clear();
            Ok(piece)
        });
        self.piece = written.await?;
        self.num_written += num_bytes;
        Ok(())
    }

    /// What has come, for who reads it now. The file has no name any more, and goes with its last
    /// reader.
    pub(crate) async fn into_file(mut self) -> Result<File, UploadError> {
        self.write_piece().await?;
        let file = self.file.try_clone();
        file.map_err(|source| failed(&self.part, source))
    }

    /// Where all that has come can be read, as long as this is there.
    pub(crate) async fn written(&mut self) -> Result<PathBuf, UploadError> {
        self.write_piece().await?;
        Ok(self.part.clone())
    }

    /// It is whole and has its name, on the disk when this returns.
    pub(super) async fn finish(&mut self) -> Result<(), UploadError> {
        self.write_piece().await?;
        let (file, folder) = (Arc::clone(&self.file), self.room.folder.clone());
        let (part, whole) = (self.part.clone(), self.whole.clone());
        let finished = beside(&self.part, move || {
            let synced = file.sync_all().and_then(|()| fs::rename(&part, &whole));
            let synced = synced.and_then(|()| disk::sync_folder(&folder));
            synced.map_err(|source| failed(&part, source))
        });
        finished.await
    }

    /// There is a row that names it.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.is_kept {
            // In this order, since somebody may just be giving it its name; what is left all the
            // same is removed with the files that no row waits for.
            let _ = fs::remove_file(&self.part);
            let _ = fs::remove_file(&self.whole);
        }
        locked(&self.coming).remove(&self.id);
    }
}

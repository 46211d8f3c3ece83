//! From a thread that writes to a connection that reads, a bounded number of bytes in between.

use std::{
    io::{self, Write},
    time::Duration,
};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, sync::mpsc, time::timeout};

/// What the reading side gets; an error breaks the download off.
pub(super) type Chunk = io::Result<Bytes>;

/// Bytes of one chunk.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks on their way. With the one being filled, this is all the memory of a download.
const NUM_CHUNKS: usize = 4;
/// A client that takes nothing for that long has gone, whatever its connection says.
const PATIENCE: Duration = Duration::from_mins(1);

/// The writing side.
pub(super) struct PipeWriter {
    runtime: Handle,
    chunks: mpsc::Sender<Chunk>,
    filling: Vec<u8>,
    hash: Sha256,
    size: u64,
    /// Nobody reads any more, or nobody may: what is written goes nowhere.
    is_broken: bool,
}

impl PipeWriter {
    /// Both sides. The writing one is for a thread that may block.
    pub(super) fn new(runtime: Handle) -> (Self, mpsc::Receiver<Chunk>) {
        let (chunks, received) = mpsc::channel(NUM_CHUNKS);
        let writer = Self {
            runtime,
            chunks,
            filling: Vec::with_capacity(CHUNK_BYTES),
            hash: Sha256::new(),
            size: 0,
            is_broken: false,
        };
        (writer, received)
    }

    /// SHA-256 and number of all bytes written.
    pub(super) fn digest(&self) -> ([u8; 32], u64) {
        (self.hash.clone().finalize().into(), self.size)
    }

    /// Sends the last bytes.
    pub(super) fn finish(mut self) {
        // The reader has gone: there is nobody to tell.
        let _ = self.send_filled();
    }

    /// Breaks the download off, so that nobody takes a part for the whole.
    pub(super) fn fail(self, error: impl std::error::Error + Send + Sync + 'static) {
        let _ = self.send(Err(io::Error::other(error)));
    }

    fn send_filled(&mut self) -> io::Result<()> {
        let filled = std::mem::replace(&mut self.filling, Vec::with_capacity(CHUNK_BYTES));
        self.send(Ok(filled.into()))
    }

    fn send(&self, chunk: Chunk) -> io::Result<()> {
        let sent = timeout(PATIENCE, self.chunks.send(chunk));
        match self.runtime.block_on(sent) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the reader left")),
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the reader stopped reading",
            )),
        }
    }
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_broken {
            // A ZIP's writer that is dropped half-way still writes its end, and cannot be told.
            return Ok(bytes.len());
        }
        let taken = bytes.len().min(CHUNK_BYTES - self.filling.len());
        self.filling.extend_from_slice(&bytes[..taken]);
        self.hash.update(&bytes[..taken]);
        self.size += taken as u64;
        if self.filling.len() == CHUNK_BYTES
            && let Err(error) = self.send_filled()
        {
            self.is_broken = true;
            return Err(error);
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // chunks are sent when they are full, and at the end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_written_arrives_and_a_reader_that_leaves_is_noticed() {
        let (mut writer, mut chunks) = PipeWriter::new(Handle::current());
        let writing = tokio::task::spawn_blocking(move || {
            let all = writer.write_all(&vec![7; 3 * CHUNK_BYTES / 2]);
            let digest = writer.digest();
            writer.finish();
            (all.is_ok(), digest)
        });
        let mut received = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            received.extend_from_slice(&chunk.unwrap());
        }
        let (is_written, (hash, size)) = writing.await.unwrap();
        assert!(is_written);
        assert_eq!(received.len() as u64, size);
        assert_eq!(hash, <[u8; 32]>::from(Sha256::digest(&received)));

        let (mut writer, chunks) = PipeWriter::new(Handle::current());
        drop(chunks);
        let left = tokio::task::spawn_blocking(move || writer.write_all(&vec![7; 2 * CHUNK_BYTES]));
        let error = left.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}

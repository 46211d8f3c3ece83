//! From a thread that writes to a connection that reads, a bounded number of bytes in between.

use std::io::{self, Write};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, sync::mpsc};

use crate::http::body::Pace;

/// What the reading side gets; an error breaks the download off.
pub(super) type Chunk = io::Result<Bytes>;

/// Bytes of one chunk.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks on their way. With the one being filled, this is all the memory of a download.
const NUM_CHUNKS: usize = 4;

/// The writing side.
pub(super) struct PipeWriter {
    runtime: Handle,
    chunks: mpsc::Sender<Chunk>,
    /// Of the reader: a slow one holds a thread and a place.
    pace: Pace,
    filling: Vec<u8>,
    hash: Sha256,
    size: u64,
    /// Nobody reads any more, or nobody may: what is written goes nowhere.
    is_broken: bool,
}

impl PipeWriter {
    /// Both sides. The writing one is for a thread that may block.
    pub(super) fn new(runtime: Handle) -> (Self, mpsc::Receiver<Chunk>) {
        Self::with_pace(runtime, Pace::of_reader())
    }

    fn with_pace(runtime: Handle, pace: Pace) -> (Self, mpsc::Receiver<Chunk>) {
        let (chunks, received) = mpsc::channel(NUM_CHUNKS);
        let writer = Self {
            runtime,
            chunks,
            pace,
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
    pub(super) fn fail(mut self, error: impl std::error::Error + Send + Sync + 'static) {
        let _ = self.send(Err(io::Error::other(error)));
    }

    fn send_filled(&mut self) -> io::Result<()> {
        let filled = std::mem::replace(&mut self.filling, Vec::with_capacity(CHUNK_BYTES));
        self.send(Ok(filled.into()))
    }

    fn send(&mut self, chunk: Chunk) -> io::Result<()> {
        let num_bytes = chunk.as_ref().map_or(0, Bytes::len);
        let sent = self.pace.wait(self.chunks.send(chunk));
        match self.runtime.block_on(sent) {
            Ok(Ok(())) => {
                self.pace.add(num_bytes);
                Ok(())
            }
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the reader left")),
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the reader stopped reading, or is too slow",
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
    use std::{thread, time::Duration};

    use tokio::{task::spawn_blocking, time::sleep};

    use super::*;
    use crate::http::body::Patience;

    /// A chunk earns 63 ms.
    const QUICK: Patience = Patience {
        pause: Duration::from_secs(10),
        grace: Duration::from_millis(300),
        bytes_per_s: 1 << 20,
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reader_that_crawls_is_left() {
        let pace = Pace::start_with(QUICK);
        let (mut writer, mut chunks) = PipeWriter::with_pace(Handle::current(), pace);
        let writing = spawn_blocking(move || writer.write_all(&vec![7; 64 * CHUNK_BYTES]));
        let mut num_read = 0;
        while chunks.recv().await.is_some() {
            num_read += 1;
            sleep(Duration::from_millis(200)).await;
        }
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(num_read < 64, "{num_read}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_writer_may_take_longer_than_a_reader() {
        let pace = Pace::start_with(QUICK);
        let (mut writer, mut chunks) = PipeWriter::with_pace(Handle::current(), pace);
        let writing = spawn_blocking(move || {
            for _ in 0..6 {
                // All of them: more than the grace and what six chunks earn.
                thread::sleep(Duration::from_millis(150));
                writer.write_all(&vec![7; CHUNK_BYTES]).unwrap();
            }
            writer.finish();
        });
        let mut num_bytes = 0;
        while let Some(chunk) = chunks.recv().await {
            num_bytes += chunk.unwrap().len();
        }
        writing.await.unwrap();
        assert_eq!(num_bytes, 6 * CHUNK_BYTES);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_written_arrives_and_a_reader_that_leaves_is_noticed() {
        let (mut writer, mut chunks) = PipeWriter::new(Handle::current());
        let writing = spawn_blocking(move || {
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
        let left = spawn_blocking(move || writer.write_all(&vec![7; 2 * CHUNK_BYTES]));
        let error = left.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}

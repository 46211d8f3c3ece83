//! A read-only memory map of a model file.
#![expect(
    unsafe_code,
    reason = "a memory map is unsafe by nature; see SAFETY below"
)]

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// A whole file, readable as bytes. Pages come from the system's cache when touched.
#[derive(Debug)]
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps the file at `path`.
    ///
    /// # Errors
    /// Whatever the system answers: missing, not readable, a directory, empty.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the map is private and read-only. A file that another process truncates while
        // it is mapped ends this one with SIGBUS; no language rule is broken by bytes that change,
        // because every value is validated or copied before it is relied upon.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self(map))
    }

    /// All bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

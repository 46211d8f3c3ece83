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

    /// Lets the system take back the memory behind these bytes of the file; they can be read
    /// again, from the file. Does nothing where the system has no such call.
    ///
    /// # Panics
    /// If `bytes` are not part of the file.
    pub fn release(&self, bytes: &[u8]) {
        let offset = (bytes.as_ptr() as usize).checked_sub(self.0.as_ptr() as usize);
        let offset = offset.filter(|offset| offset + bytes.len() <= self.0.len());
        let offset = offset.expect("invariant: the bytes come from this file");
        #[cfg(unix)]
        {
            use memmap2::UncheckedAdvice::DontNeed;
            // SAFETY: the map is read-only and backed by the file, so dropped pages are read anew
            // from the file with the same content; nothing of ours was written into them.
            let released = unsafe { self.0.unchecked_advise_range(DontNeed, offset, bytes.len()) };
            // A refusal costs memory, nothing else.
            drop(released);
        }
        #[cfg(not(unix))]
        let _ = offset;
    }
}

//! Packed files, which are not believed about themselves: how large something is, is counted while
//! it is unpacked.

use std::io::{Cursor, ErrorKind, Read, Write, copy, sink};

use zip::{ZipArchive, result::ZipError};

use super::ExtractError;

/// Files that a document is made of; a book of sheets with a picture in each row has some thousand.
const MAX_FILES: usize = 20_000;

/// A ZIP in memory.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that may still be unpacked, of all files together.
    left: u64,
}

impl<'a> Archive<'a> {
    /// Reads the directory. `max_bytes`: of everything that will be unpacked.
    ///
    /// # Errors
    /// If there is none, or it lists too much.
    pub(super) fn open(bytes: &'a [u8], max_bytes: u64) -> Result<Self, ExtractError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        if zip.len() > MAX_FILES {
            return Err(ExtractError::TooLarge);
        }
        Ok(Self {
            zip,
            left: max_bytes,
        })
    }

    /// The first file whose name begins and ends so.
    pub(super) fn name_of(&self, beginning: &str, end: &str) -> Option<String> {
        let mut names = self.zip.file_names().filter_map(Result::ok);
        let found = names.find(|name| name.starts_with(beginning) && name.ends_with(end));
        found.map(std::borrow::Cow::into_owned)
    }

    /// Unpacks a file, if it is there.
    ///
    /// # Errors
    /// If it is damaged, or larger than what is left.
    pub(super) fn file(&mut self, name: &str) -> Result<Option<Vec<u8>>, ExtractError> {
        let Some(index) = self.zip.index_for_name_raw(name.as_bytes()) else {
            return Ok(None);
        };
        // As much as it says, so that nothing is moved while it grows, and never more than may be.
        let told = self.zip.by_index_raw(index).map_or(0, |file| file.size());
        let room = usize::try_from(told.min(self.left).saturating_add(1)).unwrap_or_default();
        let mut content = Vec::new();
        let reserved = content.try_reserve_exact(room);
        reserved.map_err(|_| ExtractError::TooMuchMemory)?;
        self.unpack(index, &mut content)?;
        Ok(Some(content))
    }

    /// Unpacks everything and keeps nothing: whoever unpacks it again knows how large it is.
    ///
    /// # Errors
    /// If it is larger than what is left. What is damaged is for whoever reads it to tell: it may
    /// be a picture that nobody asks for.
    pub(super) fn measure(&mut self) -> Result<(), ExtractError> {
        for index in 0..self.zip.len() {
            if self.unpack(index, &mut sink()) == Err(ExtractError::TooLarge) {
                return Err(ExtractError::TooLarge);
            }
        }
        Ok(())
    }

    fn unpack(&mut self, index: usize, target: &mut impl Write) -> Result<(), ExtractError> {
        let file = self.zip.by_index(index).map_err(|error| damaged(&error))?;
        let mut bounded = file.take(self.left.saturating_add(1));
        let copied = copy(&mut bounded, target);
        // Also of a file that breaks off in the middle.
        let unpacked = self.left.saturating_add(1) - bounded.limit();
        let Some(left) = self.left.checked_sub(unpacked) else {
            return Err(ExtractError::TooLarge);
        };
        self.left = left;
        copied.map_err(|error| match error.kind() {
            ErrorKind::OutOfMemory => ExtractError::TooMuchMemory,
            _ => ExtractError::Damaged(error.to_string()),
        })?;
        Ok(())
    }
}

fn damaged(error: &ZipError) -> ExtractError {
    match error {
        ZipError::UnsupportedArchive(what) if *what == ZipError::PASSWORD_REQUIRED => {
            ExtractError::Encrypted
        }
        other => ExtractError::Damaged(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn packed(files: &[(&str, usize)]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, num_bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&vec![0; *num_bytes]).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn what_is_unpacked_is_counted() {
        let bytes = packed(&[("a", 1000), ("b", 1000)]);
        let mut archive = Archive::open(&bytes, 1500).unwrap();
        assert_eq!(archive.file("a").unwrap().map(|it| it.len()), Some(1000));
        assert_eq!(archive.file("c"), Ok(None));
        assert_eq!(archive.file("b"), Err(ExtractError::TooLarge));
        let mut archive = Archive::open(&bytes, 2000).unwrap();
        assert_eq!(archive.measure(), Ok(()));
        let mut archive = Archive::open(&bytes, 1999).unwrap();
        assert_eq!(archive.measure(), Err(ExtractError::TooLarge));
    }

    #[test]
    fn a_directory_that_lies_about_a_size_unpacks_no_more() {
        let mut bytes = packed(&[("a", 5000)]);
        // Both headers say 5 bytes now.
        let size = 5000_u32.to_le_bytes();
        for at in 0..bytes.len() - 4 {
            if bytes[at..at + 4] == size {
                bytes[at..at + 4].copy_from_slice(&5_u32.to_le_bytes());
            }
        }
        let mut archive = Archive::open(&bytes, 1000).unwrap();
        assert!(archive.file("a").is_err());
    }

    #[test]
    fn no_zip_is_damaged() {
        let opened = Archive::open(b"PK\x03\x04 and no more", 1000);
        assert!(matches!(opened.err(), Some(ExtractError::Damaged(_))));
    }
}

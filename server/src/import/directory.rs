//! What a ZIP may say about itself before anything of it is believed: its directory comes into
//! memory as a whole, and nobody vouches for what stands in it.

use std::{
    cell::Cell,
    io::{self, Read, Seek, SeekFrom},
    rc::Rc,
};

use hearth_app::model::{ImportFault, ImportProblem};
use zip::{
    ZipArchive,
    read::{ArchiveOffset, Config},
};

use super::problem::problem;

/// Most files of an archive: two for each of as many conversations as a manifest can list.
const MAX_FILES: u64 = 500_000;
/// Most bytes that are read until the directory is known (128 MiB): of so many files, names of 200
/// letters.
const MAX_DIRECTORY_BYTES: u64 = 128 << 20;
/// The end of a ZIP lies so far from that of its file at most: a comment has 64 KiB.
const TAIL_BYTES: u64 = 128 << 10;
/// What a large ZIP says about itself at its end has 56 bytes, and something of others behind them.
const MAX_RECORD_BYTES: u64 = 64 << 10;
/// Where the record of a large ZIP is told (APPNOTE 4.3.15), and the record (4.3.14).
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_BYTES: usize = 20;
const RECORD: [u8; 4] = *b"PK\x06\x06";
/// As much of the record as is looked at.
const RECORD_BYTES: u64 = 40;

/// A file of which so much can be read, and then no more.
pub(super) struct Bounded<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other("its directory is too long"));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let num_bytes = self.inner.read(&mut buffer[..most])?;
        self.left.set(left - num_bytes as u64);
        Ok(num_bytes)
    }
}

impl<R: Seek> Seek for Bounded<R> {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.inner.seek(place)
    }
}

/// Reads the directory of a ZIP that has so many bytes; what is read of its files later has bounds
/// of its own.
pub(super) fn open<R: Read + Seek>(
    mut content: R,
    num_bytes: u64,
) -> Result<ZipArchive<Bounded<R>>, ImportProblem> {
    let damaged = |detail: String| problem("", ImportFault::DamagedArchive { detail });
    check_end(&mut content, num_bytes).map_err(|error| damaged(error.to_string()))?;
    let left = Rc::new(Cell::new(MAX_DIRECTORY_BYTES));
    let bounded = Bounded {
        inner: content,
        left: Rc::clone(&left),
    };
    // Ours begin where their file begins: nothing is searched for.
    let config = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let zip = ZipArchive::with_config(config, bounded);
    let zip = zip.map_err(|error| damaged(error.to_string()))?;
    left.set(u64::MAX);
    Ok(zip)
}

/// Memory is taken for as many files as the end of a ZIP says there are, before the first of them
/// is seen: that number is looked at here. A small ZIP has 65,535 at most and needs no look.
fn check_end(content: &mut (impl Read + Seek), num_bytes: u64) -> io::Result<()> {
    let start = num_bytes.saturating_sub(TAIL_BYTES);
    let tail = read_at(content, start, TAIL_BYTES)?;
    // Whichever of them is believed: each is looked at.
    let locators = tail.windows(LOCATOR_BYTES);
    for locator in locators.filter(|it| it.starts_with(&LOCATOR)) {
        let record = read_at(content, number_at(locator, 8), RECORD_BYTES)?;
        if record.len() as u64 == RECORD_BYTES && record.starts_with(&RECORD) {
            check_record(number_at(&record, 4), number_at(&record, 32))?;
        }
    }
    Ok(())
}

fn check_record(num_bytes: u64, num_files: u64) -> io::Result<()> {
    if num_files > MAX_FILES {
        let detail = format!("it says that it holds more than {MAX_FILES} files");
        return Err(io::Error::other(detail));
    }
    if num_bytes > MAX_RECORD_BYTES {
        return Err(io::Error::other("its end is too long"));
    }
    Ok(())
}

/// What there is of so many bytes.
fn read_at(content: &mut (impl Read + Seek), place: u64, num_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content.seek(SeekFrom::Start(place))?;
    content.take(num_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Eight bytes, the lowest first.
fn number_at(bytes: &[u8], place: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[place..place + 8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// The end of a large ZIP: its record, where that is, and the end of every ZIP.
    fn end(num_files: u64, num_bytes: u64) -> Vec<u8> {
        let mut file = b"PK\x03\x04".to_vec();
        file.extend(RECORD);
        file.extend(num_bytes.to_le_bytes());
        file.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for number in [num_files, num_files, 46, 0] {
            file.extend(number.to_le_bytes());
        }
        file.extend(LOCATOR);
        file.extend([0; 4]);
        file.extend(4_u64.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(*b"PK\x05\x06");
        file.extend([0, 0, 0, 0]);
        file.extend([0xff; 12]);
        file.extend([0, 0]);
        file
    }

    fn refusal(file: Vec<u8>) -> String {
        let num_bytes = file.len() as u64;
        match open(Cursor::new(file), num_bytes) {
            Err(problem) => problem.to_string(),
            Ok(_) => panic!("it is no archive"),
        }
    }

    #[test]
    fn no_memory_is_taken_for_files_that_a_zip_only_speaks_of() {
        let told = refusal(end(90_000_000, 44));
        assert!(told.contains("more than 500000 files"), "{told}");
        let told = refusal(end(u64::MAX, 44));
        assert!(told.contains("more than 500000 files"), "{told}");
        let told = refusal(end(0, 1 << 32));
        assert!(told.contains("its end is too long"), "{told}");
        // Wherever it points: another word for what is wrong, and no panic.
        let mut astray = end(3, 44);
        let at = astray.len() - 22 - LOCATOR_BYTES + 8;
        astray[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        refusal(astray);
    }

    #[test]
    fn what_is_read_beyond_a_bound_is_an_error() {
        let mut bounded = Bounded {
            inner: Cursor::new(vec![7; 100]),
            left: Rc::new(Cell::new(64)),
        };
        let mut bytes = Vec::new();
        let error = bounded.read_to_end(&mut bytes).unwrap_err();
        assert_eq!(bytes.len(), 64);
        assert!(error.to_string().contains("too long"));
        bounded.left.set(u64::MAX);
        bounded.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len(), 100);
    }
}

//! Writes `.tar.gz` files that are the same bytes wherever they are made: entries in the order of
//! their names, one time for all of them, no names of people, and no time in the compression.
//!
//! The format is `ustar` (POSIX.1-1988), which every `tar` reads.

use std::io::Write as _;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Bytes of a header; contents are filled up to a multiple of it.
const BLOCK: usize = 512;
/// Bytes for a name, and for the folders in front of it.
const NAME: usize = 100;
const FOLDERS: usize = 155;
/// Where the sum of a header's bytes stands in it.
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Path inside of the archive, with slashes.
    pub(super) path: String,
    pub(super) contents: Vec<u8>,
    pub(super) is_program: bool,
}

impl Entry {
    pub(super) fn text(path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            contents: contents.into(),
            is_program: false,
        }
    }

    pub(super) fn program(path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            is_program: true,
            ..Self::text(path, contents)
        }
    }
}

/// An archive of these files, all below `folder` and all changed `seconds` after 1970.
///
/// # Errors
/// If a name is too long for the format or stands there twice.
pub(super) fn pack(folder: &str, mut entries: Vec<Entry>, seconds: u64) -> Result<Vec<u8>> {
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let twice = entries.windows(2).find(|pair| pair[0].path == pair[1].path);
    if let Some(pair) = twice {
        bail!("{} would be in the archive twice", pair[0].path);
    }
    // Compression leaves its time at 0, and no name.
    let mut archive = GzEncoder::new(Vec::new(), Compression::best());
    for entry in &entries {
        archive.write_all(&header(
            &format!("{folder}/{}", entry.path),
            entry,
            seconds,
        )?)?;
        archive.write_all(&entry.contents)?;
        let rest = entry.contents.len().next_multiple_of(BLOCK) - entry.contents.len();
        archive.write_all(&vec![0; rest])?;
    }
    archive.write_all(&[0; 2 * BLOCK])?;
    Ok(archive.finish()?)
}

fn header(path: &str, entry: &Entry, seconds: u64) -> Result<[u8; BLOCK]> {
    let (folders, name) = split(path).with_context(|| format!("{path} is too long for tar"))?;
    let mode = if entry.is_program { 0o755 } else { 0o644 };
    let size = entry.contents.len() as u64;
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, octal(mode, 7).as_bytes());
    // Root's, so that unpacking as root makes files of root.
    put(108, octal(0, 7).as_bytes());
    put(116, octal(0, 7).as_bytes());
    put(124, octal(size, 11).as_bytes());
    put(136, octal(seconds, 11).as_bytes());
    put(CHECKSUM.start, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(345, folders.as_bytes());
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[CHECKSUM].copy_from_slice(format!("{}\0 ", octal(sum, 6)).as_bytes());
    Ok(header)
}

/// The folders and the name of a path, each as long as the format allows.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= NAME {
        return Some(("", path));
    }
    let slashes = path.match_indices('/').map(|(at, _)| at);
    slashes
        .map(|at| (&path[..at], &path[at + 1..]))
        .find(|(folders, name)| folders.len() <= FOLDERS && name.len() <= NAME)
}

fn octal(number: u64, digits: usize) -> String {
    format!("{number:0digits$o}")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn entries() -> Vec<Entry> {
        vec![
            Entry::text("docs/operations.md", "words"),
            Entry::program("hearth", vec![7_u8; BLOCK]),
            Entry::text("README.md", ""),
        ]
    }

    fn unpacked(archive: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut reader = flate2::read::GzDecoder::new(archive);
        reader.read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_same_files_are_the_same_bytes_in_whatever_order_they_come() {
        let mut reversed = entries();
        reversed.reverse();
        let archive = pack("hearth-1", entries(), 1_000_000_000).unwrap();
        assert_eq!(archive, pack("hearth-1", reversed, 1_000_000_000).unwrap());
        assert_ne!(archive, pack("hearth-1", entries(), 1_000_000_001).unwrap());
        // The time of the compression, which is none (RFC 1952).
        assert_eq!(archive[4..8], [0; 4]);
    }

    #[test]
    fn headers_are_those_of_tar() {
        let archive = unpacked(&pack("hearth-1", entries(), 1_000_000_000).unwrap());
        // Three headers, one block of words, one of the program, two at the end.
        assert_eq!(archive.len(), 7 * BLOCK);
        let header = &archive[..BLOCK];
        assert!(header.starts_with(b"hearth-1/README.md\0"));
        assert_eq!(&header[100..108], b"0000644\0");
        assert_eq!(&header[124..136], b"00000000000\0");
        assert_eq!(&header[136..148], b"07346545000\0");
        assert_eq!(&header[257..265], b"ustar\x0000");
        let blank = [b' '; 8];
        let counted = header.iter().enumerate().map(|(at, byte)| {
            let in_sum = CHECKSUM.contains(&at);
            u64::from(if in_sum {
                blank[at - CHECKSUM.start]
            } else {
                *byte
            })
        });
        let told = std::str::from_utf8(&header[148..154]).unwrap();
        assert_eq!(u64::from_str_radix(told, 8).unwrap(), counted.sum::<u64>());
        let program = &archive[3 * BLOCK..4 * BLOCK];
        assert!(program.starts_with(b"hearth-1/hearth\0"));
        assert_eq!(&program[100..108], b"0000755\0");
        assert_eq!(&program[124..136], b"00000001000\0");
    }

    #[test]
    fn long_names_are_split_at_a_slash_and_longer_ones_refused() {
        let folder = "f".repeat(90);
        let name = "n".repeat(90);
        assert_eq!(
            split(&format!("{folder}/{name}")),
            Some((folder.as_str(), name.as_str()))
        );
        let long = vec![Entry::text("n".repeat(200), "")];
        let error = pack("hearth-1", long, 0).unwrap_err().to_string();
        assert!(error.ends_with("is too long for tar"), "{error}");
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        let twice = vec![Entry::text("a", "1"), Entry::text("a", "2")];
        let error = pack("hearth-1", twice, 0).unwrap_err().to_string();
        assert_eq!(error, "a would be in the archive twice");
    }
}

//! What a hub says about the content of a file: SHA-256 of a large one, the git blob id of a small.
//!
//! Source of the blob id: git hashes `blob`, a space, the length in decimal, a zero byte, then the
//! content with SHA-1. It guards against damage, not against somebody who forges a file.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
};

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Bytes that are read or received at a time.
pub(super) const CHUNK_BYTES: usize = 256 * 1024;

/// Checksum of a whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    Sha256([u8; 32]),
    GitBlob([u8; 20]),
}

impl Checksum {
    /// From 64 hexadecimal digits.
    pub(super) fn sha256(digits: &str) -> Option<Self> {
        bytes_of_hex(digits).map(Self::Sha256)
    }

    /// From 40 hexadecimal digits.
    pub(super) fn git_blob(digits: &str) -> Option<Self> {
        bytes_of_hex(digits).map(Self::GitBlob)
    }
}

impl Checksum {
    /// As it is recorded.
    pub(super) fn to_text(self) -> String {
        match self {
            Self::Sha256(bytes) => format!("sha256:{}", hex::encode(bytes)),
            Self::GitBlob(bytes) => format!("git:{}", hex::encode(bytes)),
        }
    }

    /// Of what [`Checksum::to_text`] gave.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("sha256", digits) => Self::sha256(digits),
            ("git", digits) => Self::git_blob(digits),
            _ => None,
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, bytes) = match self {
            Self::Sha256(bytes) => ("SHA-256", &bytes[..]),
            Self::GitBlob(bytes) => ("git blob", &bytes[..]),
        };
        write!(f, "{kind} {}", hex::encode(bytes))
    }
}

/// A checksum that is being computed.
#[derive(Clone)]
pub(super) enum RunningChecksum {
    Sha256(Sha256),
    GitBlob(Sha1),
}

impl RunningChecksum {
    /// Of the same kind as `expected`, for a file of `size_bytes`.
    pub(super) fn new(expected: Checksum, size_bytes: u64) -> Self {
        match expected {
            Checksum::Sha256(_) => Self::Sha256(Sha256::new()),
            Checksum::GitBlob(_) => {
                let mut state = Sha1::new();
                state.update(format!("blob {size_bytes}\0").as_bytes());
                Self::GitBlob(state)
            }
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(state) => state.update(bytes),
            Self::GitBlob(state) => state.update(bytes),
        }
    }

    /// Takes in `file` from where it stands to its end; returns how many bytes that were.
    pub(super) fn update_from(&mut self, file: &mut File) -> io::Result<u64> {
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut num_read = 0;
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(num_read),
                Ok(count) => {
                    self.update(&chunk[..count]);
                    num_read += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn finish(self) -> Checksum {
        match self {
            Self::Sha256(state) => Checksum::Sha256(state.finalize().into()),
            Self::GitBlob(state) => Checksum::GitBlob(state.finalize().into()),
        }
    }
}

fn bytes_of_hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_git_and_of_the_standard() {
        // `printf 'hello\n' | git hash-object --stdin`, and the example "abc" of FIPS 180-2.
        let blob = Checksum::git_blob("ce013625030ba8dba906f756967f9e9ca394464a").unwrap();
        let mut running = RunningChecksum::new(blob, 6);
        running.update(b"hello\n");
        assert_eq!(running.finish(), blob);

        let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sha256 = Checksum::sha256(digits).unwrap();
        let mut running = RunningChecksum::new(sha256, 3);
        running.update(b"abc");
        assert_eq!(running.finish(), sha256);
        assert_eq!(sha256.to_string(), format!("SHA-256 {digits}"));
    }

    #[test]
    fn anything_but_digits_of_the_right_number_is_no_checksum() {
        for odd in [
            "",
            "ce01",
            &"g".repeat(40),
            &"é".repeat(20),
            &"+1".repeat(20),
        ] {
            assert_eq!(Checksum::git_blob(odd), None, "{odd}");
        }
        assert_eq!(Checksum::sha256(&"a".repeat(40)), None);
    }
}

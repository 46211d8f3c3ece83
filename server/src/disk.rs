//! What the file system is asked beyond reading and writing.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use sha2::{Digest as _, Sha256};

/// What a large file leaves of its disk: whoever writes meanwhile needs some (64 MiB).
pub(crate) const LEFT_BYTES: u64 = 64 << 20;
/// Of a large file, that much is read at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Bytes that a user without privileges may still write into `folder`, which must be there.
///
/// # Errors
/// Whatever the system says about the folder.
pub(crate) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Makes new names in `folder` last beyond a power failure.
///
/// # Errors
/// Whatever the system says about the folder.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// SHA-256 of a file's bytes, in hexadecimal digits.
///
/// # Errors
/// Whatever the system says about the file.
pub(crate) fn sha256(path: &Path) -> io::Result<String> {
    let (mut file, mut sum) = (File::open(path)?, Sha256::new());
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(sum.finalize())),
            num_bytes => sum.update(&piece[..num_bytes]),
        }
    }
}

/// The file is on the disk, and what is read of it next comes from there rather than from memory.
///
/// # Errors
/// Whatever the system says about the file.
pub(crate) fn sync_and_forget(file: &File) -> io::Result<()> {
    file.sync_all()?;
    // A wish: where it is not granted, the file is read from memory.
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_free_space_and_a_missing_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(folder.path()).unwrap() > 0);
        assert!(free_bytes(&folder.path().join("missing")).is_err());
        sync_folder(folder.path()).unwrap();
    }
}

//! What the file system is asked beyond reading and writing.

use std::{fs::File, io, path::Path};

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

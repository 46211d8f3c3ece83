//! Who may read what: what Hearth makes is its owner's alone, whatever the umask is.

use std::{
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
    },
    path::{Path, PathBuf},
};

use crate::config::Config;

/// Permissions of a file that is made here.
const FILE_MODE: u32 = 0o600;
/// Permissions of a folder that is made here.
const FOLDER_MODE: u32 = 0o700;
/// The bits of a mode that let other people in.
const OTHERS: u32 = 0o077;
/// Of these, the bits that let them change something.
const OTHERS_WRITE: u32 = 0o022;
/// The bits that are permissions.
const MODE: u32 = 0o7777;
/// What lies in a data folder that holds nothing else.
const OURS: [&str; 10] = [
    "hearth.db",
    "hearth.db-wal",
    "hearth.db-shm",
    "hearth.db-journal",
    super::COMING,
    super::lock::NAME,
    "hearth.toml",
    "models",
    "backups",
    "uploads",
];

/// Makes a folder and those above it, each for its owner alone; what exists stays as it is.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(FOLDER_MODE).create(path)
}

/// As [`create_folder`], inside of the data folder.
pub(crate) fn create_folder_inside(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    create_folder(path)?;
    follow_owner(&File::open(path)?, path);
    Ok(())
}

/// Opens a file for reading and writing. One that is made here is its owner's alone.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    make_file(path)?;
    OpenOptions::new().read(true).write(true).open(path)
}

/// Makes a file for its owner alone. One that exists is not even opened: closing it again would
/// take from SQLite the locks that this process has on it.
pub(crate) fn make_file(path: &Path) -> io::Result<()> {
    match create_own_file(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// As [`create_file`]; it belongs to who owns the folder.
pub(crate) fn create_own_file(path: &Path) -> io::Result<File> {
    let made = create_file(path)?;
    follow_owner(&made, path);
    Ok(made)
}

/// Makes a file that must not be there yet, for its owner alone.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    options.mode(FILE_MODE).open(path)
}

/// What an administrator's command makes beside a server belongs to who owns the folder: the
/// server could not open it otherwise.
fn follow_owner(made: &File, path: &Path) {
    let folder = path.parent().and_then(|folder| folder.metadata().ok());
    let (Some(folder), Ok(own)) = (folder, made.metadata()) else {
        return;
    };
    if own.uid() == folder.uid() {
        return;
    }
    // Only root may give something away, and only root has to.
    if let Err(error) = fchown(made, Some(folder.uid()), Some(folder.gid())) {
        tracing::debug!(%error, "{} keeps its owner: {error}", path.display());
    }
}

/// Takes from others what is Hearth's, and says so.
pub(super) fn tighten(config: &Config) {
    for path in private_files(config) {
        let Some(mode) = open_to_others(&path, OTHERS) else {
            continue;
        };
        change(&path, FILE_MODE, mode);
    }
    let folder = &config.data;
    if let Some(mode) = open_to_others(folder, OTHERS)
        && holds_only_ours(folder)
    {
        change(folder, FOLDER_MODE, mode);
    }
    for sentence in too_open(config) {
        tracing::warn!("{sentence}");
    }
}

fn change(path: &Path, mode: u32, before: u32) {
    let shown = path.display();
    match fs::set_permissions(path, Permissions::from_mode(mode)) {
        Ok(()) => tracing::info!(
            "{shown} was open to other people of this machine (mode {before:03o}), and no longer is"
        ),
        Err(error) => tracing::warn!(
            %error,
            "{shown} is open to other people of this machine (mode {before:03o}), and that cannot \
             be changed: {error}"
        ),
    }
}

/// Sentences about what other people of this machine may read or change.
pub(crate) fn too_open(config: &Config) -> Vec<String> {
    let settings = config.data.join("hearth.toml");
    let mut sentences = Vec::new();
    for path in private_files(config).into_iter().chain([settings]) {
        if let Some(mode) = open_to_others(&path, OTHERS) {
            sentences.push(format!(
                "other people of this machine may read {path} (mode {mode:03o}): chmod 600 {path}",
                path = path.display(),
            ));
        }
    }
    // Who may write into the folder may put another database in its place.
    if let Some(mode) = open_to_others(&config.data, OTHERS_WRITE) {
        sentences.push(format!(
            "other people of this machine may change what is in {path} (mode {mode:03o}): \
             chmod go-w {path}",
            path = config.data.display(),
        ));
    }
    sentences
}

/// Files that hold what people wrote.
fn private_files(config: &Config) -> Vec<PathBuf> {
    [
        "hearth.db",
        "hearth.db-wal",
        "hearth.db-shm",
        super::lock::NAME,
    ]
    .map(|name| config.data.join(name))
    .into()
}

/// The mode of what is there, if it has some of these bits.
fn open_to_others(path: &Path, bits: u32) -> Option<u32> {
    let mode = path.metadata().as_ref().map(Metadata::mode).ok()?;
    (mode & bits != 0).then_some(mode & MODE)
}

/// Whether nothing else lies in the folder: a home folder is nobody's to close.
fn holds_only_ours(folder: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else {
        return false;
    };
    entries
        .all(|entry| entry.is_ok_and(|entry| OURS.iter().any(|name| entry.file_name() == **name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & MODE
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_made_is_its_owners_alone_and_what_exists_keeps_its_mode() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        create_folder(&folder).unwrap();
        assert_eq!(mode(&folder), FOLDER_MODE);
        assert_eq!(mode(&place.path().join("a")), FOLDER_MODE);
        let file = folder.join("file");
        open_file(&file).unwrap();
        assert_eq!(mode(&file), FILE_MODE);
        let refused = create_file(&file).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        set_mode(&file, 0o640);
        set_mode(&folder, 0o750);
        open_file(&file).unwrap();
        create_folder(&folder).unwrap();
        assert_eq!((mode(&file), mode(&folder)), (0o640, 0o750));
    }

    #[test]
    fn files_of_ours_are_closed_and_a_folder_only_where_nothing_else_lives() {
        for (other, expected) in [(None, 0o700), (Some("letters"), 0o755)] {
            let place = tempfile::tempdir().unwrap();
            let config = Config::new(place.path().to_owned());
            let names = ["hearth.db", "hearth.db-wal", "hearth.db-shm", "hearth.lock"];
            for name in names.iter().chain(other.as_ref()) {
                fs::write(place.path().join(name), "x").unwrap();
                set_mode(&place.path().join(name), 0o644);
            }
            set_mode(place.path(), 0o755);
            assert_eq!(too_open(&config).len(), names.len());
            tighten(&config);
            for name in names {
                assert_eq!(mode(&place.path().join(name)), 0o600, "{name}");
            }
            assert_eq!(mode(place.path()), expected);
            if let Some(other) = other {
                assert_eq!(mode(&place.path().join(other)), 0o644);
            }
            assert_eq!(too_open(&config), [""; 0]);
        }
    }

    #[test]
    fn a_folder_that_others_may_change_and_settings_they_may_read_are_named() {
        let place = tempfile::tempdir().unwrap();
        let config = Config::new(place.path().to_owned());
        assert_eq!(too_open(&config), [""; 0]);
        let settings = place.path().join("hearth.toml");
        fs::write(&settings, "").unwrap();
        set_mode(&settings, 0o640);
        fs::write(place.path().join("letters"), "").unwrap();
        set_mode(place.path(), 0o777);
        tighten(&config);
        let sentences = too_open(&config);
        assert_eq!(sentences.len(), 2, "{sentences:?}");
        assert!(
            sentences[0].contains("hearth.toml (mode 640)"),
            "{sentences:?}"
        );
        assert!(sentences[1].contains("(mode 777)"), "{sentences:?}");
    }
}

//! The lock on a data folder: the system's, so that it ends with the process that holds it, however
//! that ends. A file that is left over is no obstacle.
//!
//! A server holds it alone, and so does a command that brings the database up to date; other
//! commands that find no server share it. The file says which server holds it.

use std::{
    fmt,
    fs::{File, TryLockError},
    io::{self, Read as _},
    net::SocketAddr,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::permissions;

pub(super) const NAME: &str = "hearth.lock";
/// More than this is not ours: a path has at most 4096 bytes.
const MAX_TEXT_BYTES: u64 = 8192;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
    /// False: this file system cannot lock.
    is_held: bool,
    told: Mutex<Told>,
}

/// What a server has said of itself.
#[derive(Debug, Default)]
struct Told {
    address: Option<SocketAddr>,
    model: Option<String>,
}

/// The server that holds a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub process: u32,
    pub address: String,
    pub version: String,
    /// What it answers with, or loads; absent: it has not said so.
    pub model: Option<PathBuf>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            process,
            address,
            version,
            model: _,
        } = self;
        write!(
            f,
            "the server at {address} (process {process}, Hearth {version})"
        )
    }
}

/// Why a lock is not held.
#[derive(Debug)]
pub(super) enum LockError {
    /// By a server, or, without a name, by a command.
    Held(Option<Holder>),
    Io(io::Error),
}

/// What a look at a folder finds.
#[derive(Debug)]
pub(crate) enum Presence {
    /// No server.
    Nobody,
    Server(Holder),
    /// Something that has not said who it is: a command, or a server that starts.
    Somebody,
    /// The file system cannot say.
    Unknown(io::Error),
}

impl FolderLock {
    /// Keeps everybody else out.
    pub(super) fn exclusive(folder: &Path) -> Result<Self, LockError> {
        Self::take(folder, File::try_lock)
    }

    /// Keeps servers out.
    pub(super) fn shared(folder: &Path) -> Result<Self, LockError> {
        Self::take(folder, File::try_lock_shared)
    }

    fn take(folder: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Self, LockError> {
        let file = permissions::open_file(&folder.join(NAME)).map_err(LockError::Io)?;
        let is_held = match lock(&file) {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(holder(&file))),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "{}", cannot_lock(folder, &error));
                false
            }
        };
        let told = Mutex::default();
        let lock = Self {
            file,
            is_held,
            told,
        };
        // A server that was killed has left its name.
        lock.write("");
        Ok(lock)
    }

    /// Whether it keeps anybody out.
    pub(crate) const fn is_held(&self) -> bool {
        self.is_held
    }

    /// Says who holds it.
    pub(crate) fn tell(&self, address: SocketAddr) {
        self.change(|told| told.address = Some(address));
    }

    /// Says which model is in use, so that no command removes it. A scripted one lies nowhere.
    pub(crate) fn tell_model(&self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_default();
        // A line is a line.
        let is_told = |path: &&str| !path.is_empty() && !path.contains('\n');
        let path = path.to_str().filter(is_told);
        self.change(|told| told.model = path.map(str::to_owned));
    }

    fn change(&self, change: impl FnOnce(&mut Told)) {
        // Nothing is left half done by whoever panics.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut told);
        let Some(address) = told.address else {
            return;
        };
        let (process, version) = (std::process::id(), env!("CARGO_PKG_VERSION"));
        let model = told.model.iter().map(|path| format!("model {path}\n"));
        let model: String = model.collect();
        self.write(&format!(
            "process {process}\naddress {address}\nversion {version}\n{model}"
        ));
    }

    fn write(&self, text: &str) {
        if !self.is_held {
            return;
        }
        let written = self.file.write_all_at(text.as_bytes(), 0);
        let written = written.and_then(|()| self.file.set_len(text.len() as u64));
        if let Err(error) = written {
            tracing::debug!(%error, "{NAME} does not say who holds it: {error}");
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        self.write("");
    }
}

/// Looks without changing anything.
pub(super) fn look(folder: &Path) -> Presence {
    let Ok(file) = File::open(folder.join(NAME)) else {
        return Presence::Nobody;
    };
    match file.try_lock_shared() {
        Ok(()) => Presence::Nobody,
        Err(TryLockError::WouldBlock) => holder(&file).map_or(Presence::Somebody, Presence::Server),
        Err(TryLockError::Error(error)) => Presence::Unknown(error),
    }
}

/// What happens on a file system without locks.
pub(super) fn cannot_lock(folder: &Path, error: &io::Error) -> String {
    format!(
        "the file system of {} cannot lock files ({error}): nothing keeps a second server out, and \
         two of them damage each other's answers. Keep the data folder on a local disk",
        folder.display()
    )
}

fn holder(file: &File) -> Option<Holder> {
    let mut text = String::new();
    file.take(MAX_TEXT_BYTES).read_to_string(&mut text).ok()?;
    let value = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    };
    Some(Holder {
        process: value("process")?.parse().ok()?,
        address: value("address")?.to_owned(),
        version: value("version")?.to_owned(),
        model: value("model").map(PathBuf::from),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 80);

    fn holder_of(refused: Result<FolderLock, LockError>) -> Option<Holder> {
        match refused {
            Err(LockError::Held(holder)) => holder,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_is_alone_and_its_lock_says_who_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(matches!(look(folder), Presence::Nobody));
        let lock = FolderLock::exclusive(folder).unwrap();
        assert!(matches!(look(folder), Presence::Somebody));
        assert_eq!(holder_of(FolderLock::exclusive(folder)), None);
        lock.tell(ADDRESS);
        let expected = Holder {
            process: std::process::id(),
            address: "127.0.0.1:80".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: None,
        };
        assert_eq!(
            holder_of(FolderLock::exclusive(folder)).as_ref(),
            Some(&expected)
        );
        assert_eq!(
            holder_of(FolderLock::shared(folder)).as_ref(),
            Some(&expected)
        );
        assert!(matches!(look(folder), Presence::Server(found) if found == expected));
        for path in ["/models/a longer name.gguf", "/models/b.gguf"] {
            lock.tell_model(Path::new(path));
            let found = holder_of(FolderLock::shared(folder)).and_then(|it| it.model);
            assert_eq!(found.as_deref(), Some(Path::new(path)));
        }
        lock.tell_model(Path::new("/models/two\nlines.gguf"));
        assert_eq!(
            holder_of(FolderLock::shared(folder)).as_ref(),
            Some(&expected)
        );
        drop(lock);
        assert!(matches!(look(folder), Presence::Nobody));
        FolderLock::exclusive(folder).unwrap();
    }

    #[test]
    fn commands_share_a_folder_and_keep_servers_out() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (first, second) = (FolderLock::shared(folder), FolderLock::shared(folder));
        assert_eq!(holder_of(FolderLock::exclusive(folder)), None);
        drop((first, second));
        FolderLock::exclusive(folder).unwrap();
    }

    #[test]
    fn the_name_that_a_killed_server_left_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let left = "process 1\naddress 127.0.0.1:8080\nversion 0.1.0\n";
        std::fs::write(folder.join(NAME), left).unwrap();
        assert!(matches!(look(folder), Presence::Nobody));
        let command = FolderLock::shared(folder).unwrap();
        assert_eq!(holder_of(FolderLock::exclusive(folder)), None);
        drop(command);
        std::fs::write(folder.join(NAME), left).unwrap();
        let _server = FolderLock::exclusive(folder).unwrap();
        assert_eq!(holder_of(FolderLock::exclusive(folder)), None);
    }

    #[test]
    fn a_file_system_without_locks_is_named_and_its_file_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let cannot = |_: &File| Err(TryLockError::Error(io::ErrorKind::Unsupported.into()));
        let other = FolderLock::exclusive(folder).unwrap();
        other.tell(ADDRESS);
        let lock = FolderLock::take(folder, cannot).unwrap();
        assert!(!lock.is_held());
        drop(lock);
        assert!(matches!(look(folder), Presence::Server(_)));
        let sentence = cannot_lock(folder, &io::ErrorKind::Unsupported.into());
        assert!(sentence.contains("local disk"), "{sentence}");
    }
}

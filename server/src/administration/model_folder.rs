//! The model files an administrator may choose from.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hearth_engine::loader::models_in;

use crate::data_folder::FolderLock;

/// The models folder. The model that answers may lie elsewhere.
#[derive(Debug)]
pub struct ModelFolder {
    folder: PathBuf,
    /// What commands read of the server.
    lock: Option<Arc<FolderLock>>,
}

impl ModelFolder {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, lock: None }
    }

    /// As [`ModelFolder::new`], of a server that tells commands which model it uses.
    pub fn of_server(folder: PathBuf, lock: Arc<FolderLock>) -> Self {
        let lock = Some(lock);
        Self { folder, lock }
    }

    /// Tells commands which model is used from now on.
    pub(super) fn tell_active(&self, path: &Path) {
        if let Some(lock) = &self.lock {
            lock.tell_model(path);
        }
    }

    /// Every model of the folder and the active one, by name: files and directories.
    pub(super) fn files(&self, active: &Path) -> Vec<PathBuf> {
        let mut files = models_in(&self.folder);
        if !files.iter().any(|file| file == active) && active.exists() {
            files.push(active.to_owned());
        }
        files.sort();
        files
    }

    /// The file of this name. The name is compared, never joined to a path: it comes from a form.
    pub fn find(&self, name: &str, active: &Path) -> Option<PathBuf> {
        let mut files = self.files(active).into_iter();
        files.find(|path| file_name(path) == name)
    }
}

/// Bytes of a file, or of the files of a directory; 0 if it cannot be read.
pub(super) fn num_bytes(path: &Path) -> u64 {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| length(&entry.path())).sum(),
        Err(_) => length(path),
    }
}

/// The last part of a path, for people.
pub(super) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_models_of_the_folder_and_the_active_one_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        for name in ["b.gguf", "a.GGUF", "notes.txt"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        for name in ["gpt-oss-20b", "pictures"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("gpt-oss-20b/config.json"), "{}").unwrap();
        let active = elsewhere.path().join("c.gguf");
        std::fs::write(&active, "x").unwrap();
        let models = ModelFolder::new(folder.path().to_owned());
        let files = models.files(&active);
        let mut names: Vec<_> = files.iter().map(|path| file_name(path)).collect();
        names.sort();
        assert_eq!(names, ["a.GGUF", "b.gguf", "c.gguf", "gpt-oss-20b"]);
        assert_eq!(models.find("c.gguf", &active), Some(active.clone()));
        let directory = models.find("gpt-oss-20b", &active).unwrap();
        assert_eq!(num_bytes(&directory), 2);
        assert_eq!(num_bytes(&folder.path().join("b.gguf")), 1);
        assert_eq!(num_bytes(&folder.path().join("gone")), 0);
        for name in [
            "notes.txt",
            "pictures",
            "../b.gguf",
            "/b.gguf",
            "",
            "d.gguf",
        ] {
            assert_eq!(models.find(name, &active), None, "{name}");
        }
    }
}

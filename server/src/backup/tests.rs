//! A house with a database, in which copies are made and from which they come back.

mod nightly;
mod restoring;
mod sound;

use std::fs;

use hearth_app::model::{BackupKind, User, UserId, UserRole};
use uuid::Uuid;

use super::*;
use crate::{
    config::Config,
    data_folder::{FolderLock, occupy, open},
    store::Store,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// 2026-11-29 12:00 UTC.
const NOON: i64 = 1_795_953_600_000;

/// A data folder, and a server's hold on it.
struct House {
    folder: tempfile::TempDir,
    config: Config,
    store: Store,
    lock: FolderLock,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::new(folder.path().join("data"));
        let lock = occupy(&config).await.unwrap();
        let store = open(&config).await.unwrap();
        Self {
            folder,
            config,
            store,
            lock,
        }
    }

    async fn add(&self, name: &str) {
        add(&self.store, name).await;
    }

    async fn copy(&self, now_ms: i64) -> Result<Backup, BackupError> {
        copy(
            &self.store,
            &self.config.backups(),
            BackupKind::Asked,
            now_ms,
        )
        .await
    }

    /// The server ends.
    async fn leave(self) -> (tempfile::TempDir, Config) {
        self.store.close().await;
        drop(self.lock);
        (self.folder, self.config)
    }

    /// Names of all files in the folder of copies.
    fn files(&self) -> Vec<String> {
        files(&self.config.backups())
    }
}

/// Of a folder, sums left out.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with(".sha256"))
        .collect();
    names.sort();
    names
}

async fn add(store: &Store, name: &str) {
    let user = User {
        id: UserId::new(Uuid::now_v7()),
        name: name.to_owned(),
        role: UserRole::User,
    };
    store.insert_user(&user, "no password", 0).await.unwrap();
}

async fn names(config: &Config) -> Vec<String> {
    let store = Store::open(&config.database()).await.unwrap();
    let accounts = store.accounts().await.unwrap();
    store.close().await;
    let mut names: Vec<String> = accounts.into_iter().map(|it| it.user.name).collect();
    names.sort();
    names
}

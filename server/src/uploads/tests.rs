//! A file is whole and somebody's, or it is not there.

use std::{
    io::{Read as _, Seek as _},
    os::unix::fs::PermissionsExt as _,
    sync::atomic::{AtomicU64, Ordering},
};

use hearth_app::model::{ChatError, User, UserRole};

use super::*;
use crate::import::MAX_DOCUMENT_BYTES;

struct Desk {
    store: Store,
    uploads: Arc<Uploads>,
    user: UserId,
    place: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        Self::with_free(disk::free_bytes).await
    }

    /// On a disk that says so of itself.
    async fn with_free(free_bytes: fn(&Path) -> io::Result<u64>) -> Self {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(&place.path().join("hearth.db")).await.unwrap();
        let uploads = Uploads {
            store: store.clone(),
            folder: place.path().join("uploads"),
            coming: Coming::default(),
            free_bytes,
        };
        let mut desk = Self {
            store,
            uploads: Arc::new(uploads),
            user: UserId::new(Uuid::nil()),
            place,
        };
        desk.user = desk.add("ada").await;
        desk
    }

    async fn add(&self, name: &str) -> UserId {
        let user = User {
            id: UserId::new(Uuid::now_v7()),
            name: name.to_owned(),
            role: UserRole::User,
        };
        self.store
            .insert_user(&user, "no password", 0)
            .await
            .unwrap();
        user.id
    }

    async fn keep(&self, user: UserId, content: &[u8]) -> UploadId {
        let mut file = self.uploads.begin(0).await.unwrap();
        for chunk in content.chunks(100_000) {
            file.write(chunk).await.unwrap();
        }
        self.uploads.keep(user, "file", file).await.unwrap()
    }

    /// Names of what lies in the folder.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.place.path().join("uploads"));
        let entries = entries.into_iter().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_file_of_many_pieces_is_kept_as_it_came_and_is_its_owners_alone() {
    let desk = Desk::new().await;
    let content: Vec<u8> = (0..3_500_000_u32).map(|it| it.to_le_bytes()[0]).collect();
    let id = desk.keep(desk.user, &content).await;
    assert_eq!(desk.files(), [id.to_string()]);
    let path = desk.uploads.path(id);
    assert_eq!(fs::read(&path).unwrap(), content);
    for (path, mode) in [(path.as_path(), 0o600), (path.parent().unwrap(), 0o700)] {
        let found = path.metadata().unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{}", path.display());
    }
    let stored = desk.store.upload(desk.user, id).await.unwrap().unwrap();
    assert_eq!(stored.size, content.len() as u64);
    assert!(open(&path, stored.size).unwrap().is_some());
    // Somebody has changed it.
    assert!(open(&path, stored.size - 1).unwrap().is_none());
    assert!(open(&desk.place.path().join("none"), 1).unwrap().is_none());
}

#[tokio::test]
async fn a_file_takes_the_place_of_its_persons_last_one_and_of_nobody_elses() {
    let desk = Desk::new().await;
    let bob = desk.add("bob").await;
    let theirs = desk.keep(bob, b"[]").await;
    desk.keep(desk.user, b"{}").await;
    let last = desk.keep(desk.user, b"{ }").await;
    let mut expected = [theirs.to_string(), last.to_string()];
    expected.sort();
    assert_eq!(desk.files(), expected);
}

#[tokio::test]
async fn what_is_cut_off_leaves_nothing() {
    let desk = Desk::new().await;
    let mut file = desk.uploads.begin(0).await.unwrap();
    file.write(&vec![7; 3 << 20]).await.unwrap();
    assert_eq!(desk.files(), [format!("{}.part", file.id())]);
    // Nobody takes it for nobody's while it comes.
    desk.uploads.sweep().await.unwrap();
    assert_eq!(desk.files().len(), 1);
    drop(file);
    assert_eq!(desk.files(), [""; 0]);
    // Whole, and the row could not be written.
    let file = desk.uploads.begin(0).await.unwrap();
    let nobody = UserId::new(Uuid::now_v7());
    let refused = desk.uploads.keep(nobody, "file", file).await;
    assert!(matches!(refused, Err(UploadError::Store(_))), "{refused:?}");
    assert_eq!(desk.files(), [""; 0]);
}

#[tokio::test]
async fn what_no_row_waits_for_is_removed_and_other_files_are_let_alone() {
    let desk = Desk::new().await;
    let kept = desk.keep(desk.user, b"{}").await;
    let folder = desk.place.path().join("uploads");
    let stray = Uuid::now_v7();
    for name in [
        stray.to_string(),
        format!("{stray}.part"),
        // As if it had ended between the row and the file's name.
        format!("{kept}.part"),
        "notes".to_owned(),
    ] {
        fs::write(folder.join(name), "x").unwrap();
    }
    desk.uploads.sweep().await.unwrap();
    assert_eq!(desk.files(), [kept.to_string(), "notes".to_owned()]);
    fs::remove_dir_all(&folder).unwrap();
    desk.uploads.sweep().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_too_large_for_what_it_is_is_refused_where_it_is_too_large() {
    let desk = Desk::new().await;
    let mut document = desk.uploads.begin(0).await.unwrap();
    let chunk = vec![b' '; 1 << 20];
    for _ in 0..MAX_DOCUMENT_BYTES >> 20 {
        document.write(&chunk).await.unwrap();
    }
    let refused = document.write(b" ").await;
    let limit = MAX_DOCUMENT_BYTES;
    assert!(
        matches!(&refused, Err(UploadError::TooLarge { limit: told }) if *told == limit),
        "{refused:?}"
    );
    let mut archive = desk.uploads.begin(0).await.unwrap();
    archive.write(b"PK").await.unwrap();
    archive.write(b"\x03\x04").await.unwrap();
    for _ in 0..=MAX_DOCUMENT_BYTES >> 20 {
        archive.write(&chunk).await.unwrap();
    }
    assert!(archive.num_bytes() > limit);
    let announced = desk.uploads.begin(MAX_ARCHIVE_BYTES + FORM_BYTES + 1).await;
    let told = ChatError::from(AppError::from(announced.unwrap_err()));
    let limit = MAX_ARCHIVE_BYTES;
    assert_eq!(told, ChatError::Invalid(Refusal::FileTooLarge { limit }));
}

/// What the disk of the next test has left.
static LEFT: AtomicU64 = AtomicU64::new(0);

#[tokio::test]
async fn a_file_that_the_disk_has_no_room_for_is_refused_before_it_comes_and_while_it_does() {
    let left = |num_bytes: u64| LEFT.store(disk::LEFT_BYTES + num_bytes, Ordering::SeqCst);
    left(10 << 20);
    let desk = Desk::with_free(|_| Ok(LEFT.load(Ordering::SeqCst))).await;
    let refused = desk.uploads.begin((10 << 20) + 1).await.unwrap_err();
    let told = AppError::from(refused);
    let reason = BusyReason::NoRoom;
    let retry_after_s = RETRY_AFTER_S;
    assert_eq!(
        told,
        AppError::Busy {
            reason,
            retry_after_s
        }
    );
    let mut file = desk.uploads.begin(10 << 20).await.unwrap();
    file.write(&vec![7; 2 << 20]).await.unwrap();
    // Somebody else has filled it.
    left(1 << 20);
    let refused = file.write(&vec![7; 2 << 20]).await;
    assert!(
        matches!(refused, Err(UploadError::NoRoom(_))),
        "{refused:?}"
    );
    drop(file);
    assert_eq!(desk.files(), [""; 0]);
    left(1 << 20);
    desk.keep(desk.user, b"{}").await;
}

#[tokio::test]
async fn a_file_that_is_read_at_once_is_whole_and_leaves_nothing() {
    let desk = Desk::new().await;
    let content: Vec<u8> = (0..3_500_000_u32).map(|it| it.to_le_bytes()[0]).collect();
    let mut file = desk.uploads.begin(0).await.unwrap();
    for chunk in content.chunks(100_000) {
        file.write(chunk).await.unwrap();
    }
    let mut file = file.into_file().await.unwrap();
    assert_eq!(desk.files(), [""; 0]);
    let mut found = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut found).unwrap();
    assert_eq!(found, content);
}

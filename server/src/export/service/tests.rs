//! Whoever waits for a place holds nothing meanwhile, and then gets what there is by that time.

use std::time::Duration;

use hearth_app::model::{ConversationSettings, ExportFormat, User, UserRole};
use tokio::time::timeout;
use uuid::Uuid;

use super::*;

/// Much longer than a small database is read for.
const MOMENT: Duration = Duration::from_millis(300);

struct Desk {
    server: Arc<ExportServer>,
    store: Store,
    uploads: Arc<Uploads>,
    slow_work: SlowWork,
    user: UserId,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
        let user = User {
            id: UserId::new(Uuid::now_v7()),
            name: "ada".to_owned(),
            role: UserRole::User,
        };
        store.insert_user(&user, "no password", 0).await.unwrap();
        let slow_work = SlowWork::default();
        let uploads = Uploads::new(store.clone(), folder.path().join("uploads"));
        Self {
            server: ExportServer::new(
                store.clone(),
                Arc::clone(&uploads),
                slow_work.clone(),
                Changes::new(1),
                ModelTitles::default(),
            ),
            store,
            uploads,
            slow_work,
            user: user.id,
            _folder: folder,
        }
    }

    /// The one place of a person, taken by something else.
    async fn occupied(&self) -> Place {
        let place = self.slow_work.place(Kind::Document, self.user).await;
        place.unwrap()
    }

    async fn rename(&self, conversation: ConversationId, title: &str) {
        let renamed = self
            .store
            .rename_conversation(self.user, conversation, title);
        assert!(renamed.await.unwrap());
    }
}

#[tokio::test]
async fn an_export_is_of_what_there_is_when_its_turn_comes() {
    let desk = Desk::new().await;
    let conversation = ConversationId::new(Uuid::now_v7());
    let settings = ConversationSettings::default();
    let made = desk
        .store
        .insert_empty_conversation(desk.user, conversation, &settings);
    made.await.unwrap();
    desk.rename(conversation, "Before").await;
    let place = desk.occupied().await;
    let choice = ExportChoice {
        format: ExportFormat::Text,
        with_reasoning: false,
        with_branches: false,
    };
    let mut export = desk.server.create_export(desk.user, conversation, choice);
    assert!(timeout(MOMENT, &mut export).await.is_err());
    desk.rename(conversation, "Afterwards").await;
    drop(place);
    let id = export.await.unwrap();
    let kept = desk.store.kept_export(desk.user, id).await.unwrap();
    assert_eq!(kept.unwrap().file_name, "Afterwards.txt");
}

#[tokio::test]
async fn a_preview_is_of_the_file_that_is_there_when_its_turn_comes() {
    let desk = Desk::new().await;
    let keep = async |name: &str| {
        let mut file = desk.uploads.begin(0).await.unwrap();
        file.write(b"{}").await.unwrap();
        desk.uploads.keep(desk.user, name, file).await.unwrap()
    };
    let first = keep("first.json").await;
    let place = desk.occupied().await;
    let mut preview = desk.server.upload(desk.user, first);
    assert!(timeout(MOMENT, &mut preview).await.is_err());
    let second = keep("second.json").await;
    drop(place);
    assert_eq!(preview.await, Err(ChatError::NotFound));
    let preview = desk.server.upload(desk.user, second).await.unwrap();
    assert_eq!(preview.file_name, "second.json");
}

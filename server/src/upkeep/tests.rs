use hearth_app::model::{
    Choices, ConversationId, ConversationSettings, ExportFormat, ExportSubject, IdempotencyKey,
    User, UserRole,
};
use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource};
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::*;
use crate::{
    config::Config,
    settings::SettingsBook,
    store::{AnswerStart, NewExport, NewSession, NewTurn},
};

const MINUTE_MS: i64 = 60 * 1000;

struct House {
    _folder: tempfile::TempDir,
    store: Store,
    upkeep: Arc<Upkeep>,
    uploads: Arc<Uploads>,
    user: UserId,
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
    let user = User {
        id: UserId::new(Uuid::now_v7()),
        name: "ada".to_owned(),
        role: UserRole::User,
    };
    store.insert_user(&user, "no password", 0).await.unwrap();
    let settings = SettingsBook::open(store.clone()).await.unwrap();
    let model = ModelSource::File(folder.path().join("none.gguf"));
    let engine = EngineHandle::start(model, EngineConfig::default());
    let chat = ChatServer::start(store.clone(), engine, settings);
    let config = Config::new(folder.path().to_owned());
    let backups = Backups::new(store.clone(), &config, TimeZone::UTC);
    let uploads = Uploads::new(store.clone(), config.uploads());
    House {
        upkeep: Upkeep::new(store.clone(), chat, backups, Arc::clone(&uploads)),
        uploads,
        _folder: folder,
        store,
        user: user.id,
    }
}

impl House {
    async fn session(&self, token: u8, now_ms: i64) {
        let session = NewSession {
            token_hash: [token; 32],
            user: self.user,
            user_agent: String::new(),
            now_ms,
            expires_at: now_ms + session::ABSOLUTE_MS,
        };
        self.store.insert_session(session).await.unwrap();
    }

    async fn num_sessions(&self) -> usize {
        let all = self.store.sessions(self.user, i64::MIN, i64::MIN).await;
        all.unwrap().len()
    }

    async fn deleted_conversation(&self) -> ConversationId {
        let id = ConversationId::new(Uuid::now_v7());
        let settings = ConversationSettings::default();
        let made = self
            .store
            .insert_empty_conversation(self.user, id, &settings);
        made.await.unwrap();
        assert!(self.store.hide_conversation(self.user, id).await.unwrap());
        id
    }

    async fn can_come_back(&self, id: ConversationId) -> bool {
        self.store
            .restore_conversation(self.user, id)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_deleted_conversation_comes_back_for_thirty_days_and_not_longer() {
    let house = house().await;
    let now = now_ms();
    let id = house.deleted_conversation().await;
    house.upkeep.run(now + 29 * DAY_MS).await;
    assert!(house.can_come_back(id).await);
    house.store.hide_conversation(house.user, id).await.unwrap();
    house.upkeep.run(now + 31 * DAY_MS).await;
    assert!(!house.can_come_back(id).await);
    let jobs = house.store.upkeep_jobs().await.unwrap();
    assert_eq!(jobs.len(), UpkeepJob::ALL.len());
    for stored in jobs {
        let num = u64::from(stored.last.job == UpkeepJob::Conversations);
        assert_eq!(stored.last.error, None);
        if stored.last.job != UpkeepJob::File {
            assert_eq!((stored.last.num_removed, stored.total_removed), (num, num));
        }
        assert_eq!(stored.last.ran_at, now + 31 * DAY_MS);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_by_a_day_removes_nothing_early() {
    let house = house().await;
    let now = now_ms();
    let id = house.deleted_conversation().await;
    house.session(1, now).await;
    for days in [-1, 0, 13] {
        house.upkeep.run(now + days * DAY_MS).await;
    }
    assert_eq!(house.num_sessions().await, 1);
    assert!(house.can_come_back(id).await);
}

#[tokio::test]
async fn dates_of_a_clock_that_ran_ahead_are_not_waited_for() {
    let house = house().await;
    let later = now_ms();
    let id = house.deleted_conversation().await;
    house.session(1, later).await;
    // The clock is right again, and it was a year ahead.
    let now = later - 365 * DAY_MS;
    house.upkeep.run(now).await;
    assert_eq!(house.num_sessions().await, 0, "no session lives for a year");
    house.upkeep.run(now + 29 * DAY_MS).await;
    assert!(house.can_come_back(id).await);
    house.store.hide_conversation(house.user, id).await.unwrap();
    house.upkeep.run(now).await;
    house.upkeep.run(now + 31 * DAY_MS).await;
    assert!(!house.can_come_back(id).await);
}

#[tokio::test]
async fn sessions_end_when_nobody_uses_them() {
    let house = house().await;
    let now = now_ms();
    house.session(1, now).await;
    house.session(2, now - 10 * DAY_MS).await;
    house.upkeep.run(now + 5 * DAY_MS).await;
    assert_eq!(house.num_sessions().await, 1);
    house.upkeep.run(now + 15 * DAY_MS).await;
    assert_eq!(house.num_sessions().await, 0);
}

#[tokio::test]
async fn an_exported_file_is_kept_for_thirty_days_and_its_line_for_longer() {
    let house = house().await;
    let export = NewExport {
        user: house.user,
        subject: ExportSubject::Conversation {
            format: ExportFormat::Text,
            id: None,
        },
        file_name: "a.txt".to_owned(),
        sha256: [0; 32],
        size: 1,
        content: Some(b"a".to_vec()),
    };
    let id = house.store.insert_export(export).await.unwrap();
    let now = now_ms();
    let is_kept_after = async |ms: i64| {
        house.upkeep.run(now + ms).await;
        let listed = house.store.exports(house.user).await.unwrap();
        let kept = house.store.kept_export(house.user, id).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].is_kept, kept.is_some());
        kept.is_some()
    };
    assert!(is_kept_after(KEPT_MS - MINUTE_MS).await);
    assert!(!is_kept_after(KEPT_MS + MINUTE_MS).await);
}

#[tokio::test]
async fn a_file_that_nobody_imports_waits_for_a_day() {
    let house = house().await;
    let (store, user) = (&house.store, house.user);
    let mut file = house.uploads.begin(0).await.unwrap();
    file.write(b"{}").await.unwrap();
    let id = house.uploads.keep(user, "a.json", file).await.unwrap();
    let now = now_ms();
    let waits_after = async |ms: i64| {
        house.upkeep.run(now + ms).await;
        let is_there = house.uploads.path(id).exists();
        let stored = store.upload(user, id).await.unwrap();
        assert_eq!(stored.is_some(), is_there);
        is_there
    };
    assert!(waits_after(DAY_MS - MINUTE_MS).await);
    assert!(!waits_after(DAY_MS + MINUTE_MS).await);
}

#[tokio::test]
async fn the_key_of_a_message_is_known_for_seven_days() {
    let house = house().await;
    let key = IdempotencyKey::new(Uuid::now_v7());
    let turn = NewTurn {
        user: house.user,
        conversation: ConversationId::new(Uuid::now_v7()),
        is_new_conversation: true,
        title: "Hello".to_owned(),
        parent: None,
        edits: None,
        text: "Hello".to_owned(),
        files: Vec::new(),
        key,
        choices: Choices::default(),
        answer: AnswerStart {
            prompt_token_ids: Vec::new(),
            params: "{}".to_owned(),
            model_name: "a model".to_owned(),
            model_fingerprint: None,
        },
    };
    assert!(house.store.insert_turn(&turn).await.unwrap().is_some());
    let now = now_ms();
    let is_known_after = async |ms: i64| {
        house.upkeep.run(now + ms).await;
        let known = house.store.turn_by_key(house.user, key).await.unwrap();
        known.is_some()
    };
    assert!(is_known_after(7 * DAY_MS - MINUTE_MS).await);
    assert!(!is_known_after(7 * DAY_MS + MINUTE_MS).await);
}

#[test]
fn a_slow_step_makes_the_next_one_smaller_and_a_quick_one_larger() {
    assert_eq!(next_limit(64, Duration::from_millis(60)), 32);
    assert_eq!(next_limit(64, Duration::from_millis(20)), 64);
    assert_eq!(next_limit(64, Duration::from_millis(1)), 128);
    assert_eq!(next_limit(8, Duration::from_secs(1)), 8);
    assert_eq!(next_limit(256, Duration::ZERO), 256);
}

use hearth_app::model::{ConversationId, ConversationSettings, User, UserRole};
use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource};
use uuid::Uuid;

use super::*;
use crate::{settings::SettingsBook, store::NewSession};

struct House {
    _folder: tempfile::TempDir,
    store: Store,
    upkeep: Arc<Upkeep>,
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
    House {
        upkeep: Upkeep::new(store.clone(), chat),
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

#[test]
fn a_slow_step_makes_the_next_one_smaller_and_a_quick_one_larger() {
    assert_eq!(next_limit(64, Duration::from_millis(60)), 32);
    assert_eq!(next_limit(64, Duration::from_millis(20)), 64);
    assert_eq!(next_limit(64, Duration::from_millis(1)), 128);
    assert_eq!(next_limit(8, Duration::from_secs(1)), 8);
    assert_eq!(next_limit(256, Duration::ZERO), 256);
}

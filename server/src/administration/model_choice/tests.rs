use std::time::Duration;

use hearth_app::model::{UserId, UserRole};
use hearth_engine::{handle::EngineState, scripted::ScriptedModel};
use uuid::Uuid;

use super::*;
use crate::{settings::SettingsBook, store::now_ms};

struct Bench {
    choice: Arc<ModelChoice>,
    store: Store,
    ada: User,
    _folder: tempfile::TempDir,
}

fn good(name: &str) -> Model {
    Model {
        path: name.into(),
        source: ModelSource::Scripted(ScriptedModel::new(vec![name.to_owned()])),
    }
}

fn broken(name: &str) -> Model {
    let model = ScriptedModel::new(Vec::new()).with_load_failure("/srv/it is broken");
    Model {
        path: name.into(),
        source: ModelSource::Scripted(model),
    }
}

fn slow(name: &str) -> Model {
    let model = ScriptedModel::new(Vec::new()).with_load_delay(Duration::from_secs(3));
    Model {
        path: name.into(),
        source: ModelSource::Scripted(model),
    }
}

impl Bench {
    async fn start(active: Model, fallback: Option<Model>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
        let ada = User {
            id: UserId::new(Uuid::now_v7()),
            name: "Ada".to_owned(),
            role: UserRole::Administrator,
        };
        store.insert_user(&ada, "", now_ms()).await.unwrap();
        // What stands in for another model was chosen before this start.
        if fallback.is_some() {
            let chosen = file_name(&active.path);
            store.save_chosen_model(&chosen).await.unwrap();
        }
        let settings = SettingsBook::open(store.clone()).await.unwrap();
        let config = EngineConfig::default();
        let engine = EngineHandle::start(active.source.clone(), config.clone());
        let chat = ChatServer::start(store.clone(), engine, settings);
        let models = ModelFolder::new(folder.path().to_owned());
        let first = FirstChoice { active, fallback };
        Self {
            choice: ModelChoice::start(store.clone(), chat, models, config, first),
            store,
            ada,
            _folder: folder,
        }
    }

    fn choose(&self, model: Model) {
        let state = self.choice.state();
        self.choice.put(state, model, Some(self.ada.clone()));
    }

    /// The model that answers, once one does.
    async fn answering(&self) -> PathBuf {
        for _ in 0..1000 {
            let active = self.choice.active();
            let state = self.choice.chat.engine().state();
            let is_proven = {
                let state = self.choice.state();
                let proven = state.fallback.as_ref();
                proven.is_some_and(|it| it.path == active)
            };
            if state == EngineState::Ready && is_proven {
                // Whoever writes the choice down holds this.
                drop(self.choice.writing.lock().await);
                return active;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no model answers");
    }

    async fn remembered(&self) -> Option<String> {
        self.store.chosen_model().await.unwrap()
    }
}

#[tokio::test]
async fn a_model_is_remembered_once_it_has_loaded() {
    let bench = Bench::start(good("first"), None).await;
    assert_eq!(bench.answering().await, PathBuf::from("first"));
    assert_eq!(bench.remembered().await, None, "nobody chose it");
    bench.choose(slow("second"));
    assert_eq!(bench.remembered().await, None, "it is still being loaded");
    assert_eq!(bench.answering().await, PathBuf::from("second"));
    assert_eq!(bench.remembered().await.as_deref(), Some("second"));
}

#[tokio::test]
async fn a_model_that_does_not_load_gives_its_place_back_and_is_not_remembered() {
    let bench = Bench::start(good("first"), None).await;
    bench.answering().await;
    bench.choose(good("second"));
    bench.answering().await;
    bench.choose(broken("third"));
    assert_eq!(bench.answering().await, PathBuf::from("second"));
    assert_eq!(bench.remembered().await.as_deref(), Some("second"));
    let reason = bench.choice.failure(Path::new("third")).unwrap();
    assert!(reason.contains("/srv/it is broken"), "{reason}");
    let log = bench.store.changes(None, 10).await.unwrap();
    assert_eq!(log[0].change.action, AuditAction::ReturnToModel);
    assert_eq!(log[0].change.old, "third");
    assert_eq!(log[0].change.new, "second");
    // What loads after all has failed no more.
    bench.choose(good("third"));
    assert_eq!(bench.answering().await, PathBuf::from("third"));
    assert_eq!(bench.choice.failure(Path::new("third")), None);
}

#[tokio::test]
async fn a_choice_that_no_longer_loads_at_the_start_stays_one_and_the_configured_model_answers() {
    let bench = Bench::start(broken("chosen"), Some(good("configured"))).await;
    assert_eq!(bench.remembered().await.as_deref(), Some("chosen"));
    assert_eq!(bench.answering().await, PathBuf::from("configured"));
    assert!(bench.choice.failure(Path::new("chosen")).is_some());
    // Whatever was wrong with its file may be mended until the next start.
    assert_eq!(bench.remembered().await.as_deref(), Some("chosen"));
}

#[tokio::test]
async fn of_two_choices_the_later_one_counts_whatever_becomes_of_the_first() {
    let bench = Bench::start(good("first"), None).await;
    bench.answering().await;
    bench.choose(slow("second"));
    bench.choose(broken("third"));
    bench.choose(slow("fourth"));
    assert_eq!(bench.answering().await, PathBuf::from("fourth"));
    assert_eq!(bench.remembered().await.as_deref(), Some("fourth"));
    assert_eq!(bench.choice.failure(Path::new("second")), None);
}

#[tokio::test]
async fn a_server_that_ends_while_a_model_loads_starts_no_other() {
    let bench = Bench::start(good("first"), None).await;
    bench.answering().await;
    bench.choose(slow("second"));
    bench.choice.chat.shut_down().await;
    bench.choice.chat.engine().shut_down();
    let ended = async {
        let is_loading = |state| matches!(state, EngineState::Loading { .. });
        while is_loading(bench.choice.chat.engine().state()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .unwrap();
    // What follows from it has been done by then, if anything does.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.choice.active(), PathBuf::from("second"));
    assert_eq!(bench.remembered().await, None);
}

//! Which model answers: another one takes its place once it has loaded, or not at all.
//!
//! Only a model that has loaded is remembered for the next start. One that does not load gives its
//! place back to the model that answered before, and its reason is kept for administrators.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hearth_app::model::{AuditAction, ChatError, User};
use hearth_engine::handle::{EngineConfig, EngineHandle, EngineState, ModelSource};

use super::{
    model_folder::{ModelFolder, file_name},
    refused,
};
use crate::{
    chat::ChatServer,
    store::{Change, Store},
};

/// A model and where it lies; a scripted one lies nowhere.
#[derive(Clone, Debug)]
pub struct Model {
    pub path: PathBuf,
    pub source: ModelSource,
}

/// What a server starts with.
#[derive(Clone, Debug)]
pub struct FirstChoice {
    pub active: Model,
    /// What answers if the other one does not load.
    pub fallback: Option<Model>,
}

#[derive(Debug)]
struct State {
    /// It answers, or is being loaded.
    active: Model,
    /// The last one that has loaded.
    fallback: Option<Model>,
    /// Counts choices: what becomes of an earlier one is of no interest any more.
    number: u64,
    /// Why models did not load when they were last tried.
    failures: BTreeMap<PathBuf, String>,
}

/// The models folder, the model that answers, and the way from one to the next.
#[derive(Debug)]
pub struct ModelChoice {
    store: Store,
    chat: Arc<ChatServer>,
    folder: ModelFolder,
    engine_config: EngineConfig,
    state: Mutex<State>,
    /// Held while a choice is written down: two are never written in the wrong order.
    writing: tokio::sync::Mutex<()>,
}

/// Who chose a model, and which number the choice has.
#[derive(Clone, Debug)]
struct Attempt {
    number: u64,
    /// Absent: the server's start, or a way back.
    by: Option<User>,
}

impl ModelChoice {
    /// Watches the model that loads already. Must be called within a Tokio runtime.
    pub fn start(
        store: Store,
        chat: Arc<ChatServer>,
        folder: ModelFolder,
        engine_config: EngineConfig,
        first: FirstChoice,
    ) -> Arc<Self> {
        let state = State {
            active: first.active,
            fallback: first.fallback,
            number: 0,
            failures: BTreeMap::new(),
        };
        folder.tell_active(&state.active.path);
        let engine = chat.engine();
        let choice = Arc::new(Self {
            store,
            chat,
            folder,
            engine_config,
            state: Mutex::new(state),
            writing: tokio::sync::Mutex::default(),
        });
        choice.watch(
            engine,
            Attempt {
                number: 0,
                by: None,
            },
        );
        choice
    }

    /// The file that answers, or is being loaded.
    pub(super) fn active(&self) -> PathBuf {
        self.state().active.path.clone()
    }

    /// Every file that may be chosen.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.folder.files(&self.active())
    }

    /// Why this file did not load when it was last tried, for administrators.
    pub(super) fn failure(&self, path: &Path) -> Option<String> {
        self.state().failures.get(path).cloned()
    }

    /// Loads another model in the place of the one that answers.
    pub(super) async fn choose(self: &Arc<Self>, by: &User, file: &str) -> Result<(), ChatError> {
        let path = self.folder.find(file, &self.active());
        let path = path.ok_or(ChatError::NotFound)?;
        let change = Change {
            old: self.chat.engine().model_name(),
            new: file.to_owned(),
            ..Change::by(by, AuditAction::SwitchModel, "model")
        };
        self.store.write_change(&change).await.map_err(refused)?;
        tracing::info!(model = file, "another model is loaded: {file}");
        let source = ModelSource::File(path.clone());
        let state = self.state();
        self.put(state, Model { path, source }, Some(by.clone()));
        Ok(())
    }

    fn put(self: &Arc<Self>, mut state: MutexGuard<'_, State>, model: Model, by: Option<User>) {
        state.number += 1;
        let number = state.number;
        // While nobody else chooses: what is active is what loads.
        self.chat
            .switch_model(model.source.clone(), self.engine_config.clone());
        let engine = self.chat.engine();
        state.active = model;
        self.folder.tell_active(&state.active.path);
        drop(state);
        self.watch(engine, Attempt { number, by });
    }

    fn watch(self: &Arc<Self>, engine: EngineHandle, attempt: Attempt) {
        let choice = Arc::clone(self);
        tokio::spawn(async move {
            match outcome(&engine).await {
                Ok(()) => choice.has_loaded(attempt).await,
                Err(reason) => choice.has_failed(attempt, reason).await,
            }
        });
    }

    async fn has_loaded(&self, attempt: Attempt) {
        let _one_at_a_time = self.writing.lock().await;
        let path = {
            let mut state = self.state();
            if state.number != attempt.number {
                return;
            }
            let active = state.active.clone();
            state.failures.remove(&active.path);
            state.fallback = Some(active.clone());
            active.path
        };
        if attempt.by.is_none() {
            return;
        }
        let file = file_name(&path);
        if let Err(error) = self.store.save_chosen_model(&file).await {
            tracing::error!(%error, "the choice of {file} is not remembered: {error}");
        }
    }

    async fn has_failed(self: &Arc<Self>, attempt: Attempt, reason: String) {
        // An engine that is told to end while it loads has failed, too.
        if self.chat.is_closing() {
            return;
        }
        let (failed, fallback) = {
            let mut state = self.state();
            if state.number != attempt.number {
                return;
            }
            let failed = state.active.path.clone();
            state.failures.insert(failed.clone(), reason);
            let fallback = state.fallback.clone();
            (failed.clone(), fallback.filter(|it| it.path != failed))
        };
        let Some(fallback) = fallback else {
            return;
        };
        let (failed, back) = (file_name(&failed), file_name(&fallback.path));
        tracing::warn!("{failed} could not be loaded; {back} answers again");
        if let Some(by) = attempt.by {
            let change = Change {
                old: failed,
                new: back,
                ..Change::by(&by, AuditAction::ReturnToModel, "model")
            };
            if let Err(error) = self.store.write_change(&change).await {
                tracing::error!(%error, "the log has no entry of the way back: {error}");
            }
        }
        // While the log was written, somebody may have chosen yet another one, or ended the server.
        let state = self.state();
        if state.number == attempt.number && !self.chat.is_closing() {
            self.put(state, fallback, None);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done by whoever panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a model has loaded, once that is known; the reason if not.
async fn outcome(engine: &EngineHandle) -> Result<(), String> {
    let mut states = engine.watch_state();
    loop {
        match states.borrow_and_update().clone() {
            EngineState::Ready => return Ok(()),
            EngineState::Failed(reason) => return Err(reason),
            EngineState::Loading { .. } => {}
        }
        if states.changed().await.is_err() {
            return Err("the engine is gone".to_owned());
        }
    }
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;

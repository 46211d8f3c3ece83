//! Conversations and turns: the middle of one message's path.
//!
//! Reading order: `service` (what is offered), `order` (folders, the archive, many at once),
//! `personal` (what people want of all answers and say of each), `fork` and `outline` (branches),
//! `start_turn` (from a message to the database), `file_blocks`, `prompt` and `reservation`
//! (history to token ids, and a place in the queue), `submit` (from there to a task), `turn` (the
//! task that makes an answer), `turn_log` (its frames and their tails), `recorder` (what is
//! written, and when). `title_maker` works when nobody waits.
//!
//! Nothing here knows HTTP or SQL. A tail only watches: a turn ends by itself, by Stop, or with
//! the process.

mod account_watch;
mod allowance;
mod engine_slot;
mod file_blocks;
mod fork;
mod jump;
mod key_locks;
mod live_turns;
mod model_titles;
mod order;
mod outline;
mod personal;
mod prompt;
mod recorder;
mod refusal;
mod rendered_answers;
mod reservation;
mod service;
mod settings;
mod source;
mod start_turn;
mod submit;
mod title_maker;
mod tools;
mod turn;
mod turn_log;
mod view;

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hearth_app::{
    model::{ConversationId, MessageId, UserId},
    service::ChatService as _,
};
use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource};

use crate::{
    changes::Changes, metrics::Metrics, settings::SettingsBook, slow_work::SlowWork, store::Store,
};
pub(crate) use allowance::RequestClaim;
use engine_slot::EngineSlot;
use key_locks::KeyLocks;
pub(crate) use model_titles::ModelTitles;
pub(crate) use prompt::engine_effort;
pub(crate) use reservation::user_key;
pub(crate) use service::model_status;

use live_turns::{LiveTurns, StopReason};
use recorder::Recorder;
pub(crate) use recorder::RecorderCondition;
pub(crate) use refusal::{busy, store_refused};
use rendered_answers::RenderedAnswers;
pub(crate) use service::MAX_TITLE_CHARS;
pub(crate) use settings::check_params;
pub(crate) use view::title;

/// Longest wait for running turns when the server ends, and then for what they leave to write.
/// Together less than the server gives both: one turn that hangs costs no other its text.
const TURNS_PATIENCE: Duration = Duration::from_millis(1500);
const WRITE_PATIENCE: Duration = Duration::from_millis(1200);

/// Serves conversations from a store and an engine.
#[derive(Debug)]
pub struct ChatServer {
    store: Store,
    engine: EngineSlot,
    settings: Arc<SettingsBook>,
    live: LiveTurns,
    recorder: Recorder,
    rendered: Arc<RenderedAnswers>,
    metrics: Arc<Metrics>,
    slow_work: SlowWork,
    key_locks: KeyLocks,
    changes: Changes,
    is_closing: AtomicBool,
}

impl ChatServer {
    /// Starts serving; answers that an earlier process left running become interrupted before the
    /// first new turn starts. Must be called within a Tokio runtime.
    pub fn start(store: Store, engine: EngineHandle, settings: Arc<SettingsBook>) -> Arc<Self> {
        let server = Arc::new(Self {
            recorder: Recorder::start(store.clone()),
            store,
            engine: EngineSlot::new(engine),
            settings,
            live: LiveTurns::default(),
            rendered: Arc::default(),
            metrics: Arc::default(),
            slow_work: SlowWork::default(),
            key_locks: KeyLocks::default(),
            changes: Changes::new(submit::new_epoch()),
            is_closing: AtomicBool::new(false),
        });
        account_watch::start(&server);
        title_maker::start(&server);
        server
    }

    /// Puts another model in the place of the one that answers. Running answers end as
    /// interrupted, with what they have; messages sent from now on wait for the new model.
    pub fn switch_model(&self, source: ModelSource, config: EngineConfig) {
        let stop_all = || {
            for turn in self.live.all() {
                turn.stop(StopReason::ModelSwitch);
            }
        };
        stop_all();
        self.engine.replace(source, config);
        // Those that began in between, with the old one.
        stop_all();
    }

    /// Ends the answer of a message that is removed, be it one that is only about to begin.
    pub(crate) async fn end_removed(
        &self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
    ) {
        if self.live.turn(user, message).is_some() {
            // One that is not there any more is as good as stopped.
            let _gone = self.stop(user, message).await;
        } else {
            self.live.end_claim(conversation, StopReason::Person);
        }
    }

    /// Whether the server is being stopped, and its engine with it.
    pub fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::SeqCst)
    }

    /// The engine that answers now.
    pub fn engine(&self) -> EngineHandle {
        self.engine.current()
    }

    /// What people call the models that gave answers.
    pub(crate) fn model_titles(&self) -> ModelTitles {
        self.engine.titles()
    }

    /// Where everything of this server is done that takes long.
    pub(crate) fn slow_work(&self) -> SlowWork {
        self.slow_work.clone()
    }

    /// Where it is told that a conversation has changed.
    pub(crate) fn changes(&self) -> Changes {
        self.changes.clone()
    }

    /// What is counted of all answers.
    pub(crate) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// How far the disk is behind what answers have.
    pub(crate) fn recorder_condition(&self) -> RecorderCondition {
        self.recorder.condition()
    }

    /// Ends everything that is being made for a person or about to be, programs' requests too.
    pub fn end_turns_of(&self, user: UserId) {
        self.live
            .stop_where(|whose, _| whose == user, StopReason::Disabled);
    }

    /// Stops all turns as interrupted, which ends their tails, and writes what is left to write.
    pub async fn shut_down(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        self.changes.close();
        let turns = self.live.all();
        for turn in &turns {
            turn.stop(StopReason::ShutDown);
        }
        let ended = futures::future::join_all(turns.iter().map(|turn| turn.log.ended()));
        if tokio::time::timeout(TURNS_PATIENCE, ended).await.is_err() {
            tracing::warn!("some turns did not end in time; what they have is kept");
        }
        let written = tokio::time::timeout(WRITE_PATIENCE, self.recorder.shut_down()).await;
        if written.is_err() {
            tracing::error!("the last answers were not written in time");
        }
    }
}

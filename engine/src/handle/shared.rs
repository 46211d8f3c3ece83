//! What the handles of an engine and its worker both see.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::watch;

use super::{EngineState, counters::Counters, queue::Queue};
use crate::{
    loaded_model::OpenedModel,
    request::{GenerationError, SubmitError},
    scheduler::SequenceId,
};

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) queue: Arc<Queue>,
    /// Of answers that have no deadline of their own.
    pub(super) time_limit: Option<Duration>,
    provisional_name: String,
    pub(super) file_name: Option<String>,
    opened: OnceLock<Arc<OpenedModel>>,
    state: watch::Sender<EngineState>,
    /// Set when the engine serves no more, with what its streams are to say, and why.
    ended: OnceLock<(GenerationError, String)>,
    is_stopping: AtomicBool,
    num_sequences: AtomicU64,
    pub(crate) counters: Counters,
    /// The worker's thread, until somebody waits for its end.
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl AsRef<Counters> for Shared {
    fn as_ref(&self) -> &Counters {
        &self.counters
    }
}

impl Shared {
    pub(super) fn new(
        (provisional_name, file_name): (String, Option<String>),
        queue: Arc<Queue>,
        time_limit: Option<Duration>,
    ) -> Self {
        Self {
            queue,
            time_limit,
            provisional_name,
            file_name,
            opened: OnceLock::new(),
            state: watch::Sender::new(EngineState::Loading { percent: 0 }),
            ended: OnceLock::new(),
            is_stopping: AtomicBool::new(false),
            num_sequences: AtomicU64::new(0),
            counters: Counters::default(),
            thread: Mutex::default(),
        }
    }

    pub(crate) fn opened(&self) -> Option<&Arc<OpenedModel>> {
        self.opened.get()
    }

    pub(crate) fn set_opened(&self, opened: OpenedModel) {
        self.opened.get_or_init(|| Arc::new(opened));
        // Wakes those who wait for it.
        self.set_loading(0);
    }

    pub(crate) fn set_loading(&self, percent: u8) {
        self.state.send_replace(EngineState::Loading { percent });
    }

    pub(crate) fn set_ready(&self) {
        self.state.send_replace(EngineState::Ready);
    }

    /// The engine serves no more; the first reason counts.
    pub(crate) fn end(&self, reason: GenerationError) {
        let sentence = reason.to_string();
        self.end_because(reason, sentence);
    }

    /// The same, with a sentence for those who look after it.
    pub(crate) fn end_because(&self, reason: GenerationError, sentence: String) {
        let (_, sentence) = self.ended.get_or_init(|| (reason, sentence));
        self.state
            .send_replace(EngineState::Failed(sentence.clone()));
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_thread(&self, thread: JoinHandle<()>) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    pub(super) fn take_thread(&self) -> Option<JoinHandle<()>> {
        self.thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    pub(super) fn state(&self) -> EngineState {
        self.state.borrow().clone()
    }

    pub(super) fn watch_state(&self) -> watch::Receiver<EngineState> {
        self.state.subscribe()
    }

    pub(super) fn model_name(&self) -> String {
        self.opened()
            .map_or(&self.provisional_name, |opened| &opened.name)
            .clone()
    }

    /// What a stream says whose sequence was dropped.
    pub(super) fn reason_of_end(&self) -> GenerationError {
        self.ended
            .get()
            .map_or(GenerationError::EngineStopped, |(reason, _)| reason.clone())
    }

    pub(super) fn check_serving(&self) -> Result<(), SubmitError> {
        match self.ended.get() {
            None if self.is_stopping() => Err(SubmitError::EngineStopped),
            None => Ok(()),
            Some((GenerationError::ModelNotLoaded(reason), _)) => {
                Err(SubmitError::ModelNotLoaded(reason.clone()))
            }
            Some(_) => Err(SubmitError::EngineStopped),
        }
    }

    pub(super) fn next_sequence_id(&self) -> SequenceId {
        SequenceId(self.num_sequences.fetch_add(1, Ordering::Relaxed))
    }
}

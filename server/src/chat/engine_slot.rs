//! The engine that answers now. An administrator may put another one in its place.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource};

use super::model_titles::ModelTitles;

/// Holds one engine. A turn takes it once and stays with it to its end.
#[derive(Debug)]
pub(super) struct EngineSlot {
    current: RwLock<EngineHandle>,
    num_replaced: AtomicU64,
    titles: ModelTitles,
}

impl EngineSlot {
    pub(super) fn new(engine: EngineHandle) -> Self {
        Self {
            current: RwLock::new(engine),
            num_replaced: AtomicU64::new(0),
            titles: ModelTitles::default(),
        }
    }

    /// How often another one took the place: who finds another number than before has an engine
    /// that is not the current one.
    pub(super) fn num_replaced(&self) -> u64 {
        self.num_replaced.load(Ordering::SeqCst)
    }

    pub(super) fn current(&self) -> EngineHandle {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What people call the models that gave answers, that of this engine among them.
    pub(super) fn titles(&self) -> ModelTitles {
        self.titles.learn(&self.current());
        self.titles.clone()
    }

    /// Ends the engine; its successor loads when the memory is free and takes requests at once.
    pub(super) fn replace(&self, source: ModelSource, config: EngineConfig) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        self.titles.learn(&current);
        *current = current.succeed(source, config);
        self.num_replaced.fetch_add(1, Ordering::SeqCst);
    }
}

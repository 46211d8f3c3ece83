//! The engine that answers now. An administrator may put another one in its place.

use std::sync::{PoisonError, RwLock};

use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource};

/// Holds one engine. A turn takes it once and stays with it to its end.
#[derive(Debug)]
pub(super) struct EngineSlot {
    current: RwLock<EngineHandle>,
}

impl EngineSlot {
    pub(super) fn new(engine: EngineHandle) -> Self {
        Self {
            current: RwLock::new(engine),
        }
    }

    pub(super) fn current(&self) -> EngineHandle {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Ends the engine; its successor loads when the memory is free and takes requests at once.
    pub(super) fn replace(&self, source: ModelSource, config: EngineConfig) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = current.succeed(source, config);
    }
}

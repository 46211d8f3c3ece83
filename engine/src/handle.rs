//! The door of the engine: text above it, tokens below it.

use std::path::PathBuf;

/// Operator's settings of an engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Compute threads; 0 = physical cores.
    pub num_threads: usize,
    /// Requests that may wait beside the running ones.
    pub queue_capacity: usize,
    /// Sequences computed at once.
    pub max_running: usize,
    /// Longest sequence; 0 = what the model was made for.
    pub context_window: usize,
    /// f32 activations everywhere, from plain loops.
    pub exact: bool,
}

/// Which model an engine loads.
#[derive(Clone, Debug)]
pub enum ModelSource {
    /// A GGUF file.
    Gguf(PathBuf),
}

/// Where loading stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineState {
    Loading { percent: u8 },
    Ready,
    Failed(String),
}

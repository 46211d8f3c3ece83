//! The door of the engine: text above it, tokens below it.

use std::path::PathBuf;

use crate::request::{Conversation, GenerateRequest, GenerationEvent, SubmitError, TokenId};

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

/// Who asks; the queue is fair between users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserKey(pub u128);

/// A place in the queue.
#[derive(Debug)]
pub struct Permit;

/// Events of one request.
#[derive(Debug)]
pub struct GenerationStream;

impl GenerationStream {
    /// The next event.
    pub async fn next(&mut self) -> Option<GenerationEvent> {
        None
    }
}

/// The engine's handle.
#[derive(Clone, Debug)]
pub struct EngineHandle;

impl EngineHandle {
    pub fn state(&self) -> EngineState {
        EngineState::Ready
    }
    pub fn model_name(&self) -> String {
        String::new()
    }
    pub fn is_demonstration(&self) -> bool {
        true
    }
    pub fn fingerprint(&self) -> Option<String> {
        None
    }
    pub fn context_window(&self) -> Option<usize> {
        None
    }
    pub async fn prompt(&self, _: &Conversation) -> Result<Vec<TokenId>, SubmitError> {
        Ok(Vec::new())
    }
    pub fn encode_answer(&self, _: &str) -> Vec<TokenId> {
        Vec::new()
    }
    pub fn reserve(&self, _: UserKey, _: usize) -> Result<Permit, SubmitError> {
        Ok(Permit)
    }
    pub fn submit(&self, _: Permit, _: GenerateRequest) -> GenerationStream {
        GenerationStream
    }
}

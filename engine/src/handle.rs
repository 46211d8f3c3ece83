//! The door of the engine: text above it, tokens below it.

mod answer_text;
mod counters;
mod prompt_maker;
mod queue;
mod shared;
mod stop_watch;
mod stream;
mod vocabulary;

use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc as channel, watch};

pub(crate) use self::counters::LoadGauge;
pub(crate) use self::queue::Queue;
pub(crate) use self::shared::Shared;
pub(crate) use self::stop_watch::StopWatch;
pub use self::{
    counters::{EngineCounters, EngineLoad},
    prompt_maker::PromptMaker,
    queue::Permit,
    stream::GenerationStream,
};
use crate::{
    answer_format::{CompiledFormat, FormatError},
    device::{DeviceChoice, Parallel},
    harmony::conversation::ToolCall,
    loader::WeightFormat,
    request::{AnswerFormat, Conversation, GenerateRequest, GenerationError, SubmitError, TokenId},
    sequence::{AbortFlag, Sequence},
    worker::{self, Command},
};
pub use crate::{loaded_model::ModelDescription, scheduler::UserKey};

/// Operator's settings of an engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Compute threads; 0 = physical cores.
    pub num_threads: usize,
    /// Requests that may wait beside the running ones.
    pub queue_capacity: usize,
    /// Sequences computed at once.
    pub max_running: usize,
    /// How long an answer may take, from its submission on.
    pub time_limit: Option<Duration>,
    /// Longest sequence; 0 = what the model was made for.
    pub context_window: usize,
    /// Bytes that the caches of all sequences of an engine take at most, but for what one sequence
    /// needs at least; 0: three quarters of what the weights leave of a card's memory, a quarter of
    /// main memory.
    pub kv_memory: u64,
    /// f32 activations everywhere, from plain loops.
    pub exact: bool,
    /// How plain weights are kept.
    pub weights: WeightFormat,
    /// Where it computes.
    pub device: DeviceChoice,
    /// What several devices are for.
    pub parallel: Parallel,
}

/// Which model an engine loads.
#[derive(Clone, Debug)]
pub enum ModelSource {
    /// A GGUF file.
    File(PathBuf),
    /// Scripted answers, no weights.
    #[cfg(feature = "testing")]
    Scripted(crate::scripted::ScriptedModel),
    /// The model of a file, whose first engine is disturbed.
    #[cfg(feature = "testing")]
    Disturbed(PathBuf, Disturbance),
}

/// What happens to an engine in a test.
#[cfg(feature = "testing")]
#[derive(Clone, Debug, Default)]
pub struct Disturbance {
    /// It panics after so many steps each time that it is loaded, as long as there is a number
    /// left.
    pub fails_after: Vec<usize>,
    /// How long it waits before each step.
    pub step_delay: Duration,
}

/// Where loading stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineState {
    Loading { percent: u8 },
    Ready,
    Failed(String),
}

/// One engine, from outside. Cheap to clone; the engine ends when the last handle is gone and
/// the last sequence is complete.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            num_threads: 0,
            queue_capacity: 32,
            max_running: 8,
            time_limit: None,
            context_window: 0,
            kv_memory: 0,
            exact: false,
            weights: WeightFormat::AsStored,
            device: DeviceChoice::Auto,
            parallel: Parallel::Auto,
        }
    }
}

impl EngineHandle {
    /// Starts the engine's thread and returns at once; the model is opened and loaded over there.
    pub fn start(source: ModelSource, config: EngineConfig) -> Self {
        Self::start_after(None, source, config)
    }

    /// Ends this engine and starts another in its place, which opens its model as soon as the
    /// memory of this one is free. Requests may be sent to it at once.
    #[must_use = "the old engine takes no more requests"]
    pub fn succeed(&self, source: ModelSource, config: EngineConfig) -> Self {
        self.shut_down();
        Self::start_after(self.shared.take_thread(), source, config)
    }

    fn start_after(
        predecessor: Option<JoinHandle<()>>,
        source: ModelSource,
        config: EngineConfig,
    ) -> Self {
        let queue = Queue::new(config.max_running.max(1), config.queue_capacity);
        let names = (source.provisional_name(), source.file_name());
        let shared = Arc::new(Shared::new(names, queue, config.time_limit));
        let (commands, received) = mpsc::channel();
        let for_worker = Arc::clone(&shared);
        let spawned = std::thread::Builder::new()
            .name("hearth-engine".to_owned())
            .spawn(move || {
                // Both models at once may be more than the memory holds. A worker that panicked
                // has told so, and its memory is free.
                let _ = predecessor.map(JoinHandle::join);
                worker::run(source, &config, &for_worker, received);
            });
        match spawned {
            Ok(thread) => shared.set_thread(thread),
            Err(error) => shared.end(GenerationError::ModelNotLoaded(error.to_string())),
        }
        Self { shared, commands }
    }

    /// Where loading stands.
    pub fn state(&self) -> EngineState {
        self.shared.state()
    }

    /// What the engine has done since it started.
    pub fn counters(&self) -> EngineCounters {
        self.shared.counters.read()
    }

    /// Changes of [`Self::state`].
    pub fn watch_state(&self) -> watch::Receiver<EngineState> {
        self.shared.watch_state()
    }

    /// Name in the model file; until that is open, the name of the file.
    pub fn model_name(&self) -> String {
        self.shared.model_name()
    }

    /// Name of the file or folder that the model is read from.
    pub fn file_name(&self) -> Option<&str> {
        self.shared.file_name.as_deref()
    }

    /// What the model is and where it computes; `None` until the file is open.
    pub fn description(&self) -> Option<ModelDescription> {
        self.shared
            .opened()
            .map(|opened| opened.description.clone())
    }

    /// Whether the model is known to be too small to be trusted: under a billion parameters.
    pub fn is_demonstration(&self) -> bool {
        self.shared
            .opened()
            .is_some_and(|opened| opened.is_demonstration)
    }

    /// Distinguishes models, see [`ModelFile::fingerprint`](crate::loader::ModelFile::fingerprint).
    /// `None` until the file is open.
    pub fn fingerprint(&self) -> Option<String> {
        self.shared
            .opened()
            .map(|opened| opened.fingerprint.clone())
    }

    /// Most tokens of prompt and answer together; `None` until the file is open.
    pub fn context_window(&self) -> Option<usize> {
        self.shared.opened().map(|opened| opened.context_window)
    }

    /// [`PromptMaker::prompt`] on the thread at hand, for callers whose conversations are short.
    ///
    /// # Errors
    /// As [`Self::prompt_maker`].
    pub async fn prompt(&self, conversation: &Conversation) -> Result<Vec<TokenId>, SubmitError> {
        Ok(self.prompt_maker().await?.prompt(conversation))
    }

    /// Ids of an answer that another model gave; empty until the file is open.
    pub fn encode_answer(&self, text: &str) -> Vec<TokenId> {
        let opened = self.shared.opened();
        opened
            .map(|opened| opened.template.answer(text, &opened.tokenizer))
            .unwrap_or_default()
    }

    /// Whether the model can be told how long to think; false until the file is open.
    pub fn has_effort(&self) -> bool {
        let opened = self.shared.opened();
        opened.is_some_and(|opened| opened.template.has_effort())
    }

    /// Whether the model can call tools; false until the file is open.
    pub fn has_tools(&self) -> bool {
        let opened = self.shared.opened();
        opened.is_some_and(|opened| opened.template.has_tools())
    }

    /// Ids that follow an answer that ended with a call, up to where the model goes on: they are
    /// part of the answer, and [`Self::resume`] makes the rest.
    pub fn tool_result(&self, call: &ToolCall, result: &str) -> Vec<TokenId> {
        let opened = self.shared.opened();
        opened
            .map(|opened| opened.template.tool_result(call, result, &opened.tokenizer))
            .unwrap_or_default()
    }

    /// Goes on with an answer that waited for a tool. It has begun, so it is never refused, even
    /// if that makes one place more than the queue has.
    pub fn resume(&self, user: UserKey, request: GenerateRequest) -> GenerationStream {
        self.submit(self.shared.queue.extra_permit(user), request)
    }

    /// Takes a place in the queue, kept until the permit or the request made with it is gone.
    /// `prompt_tokens` counts an answer to be continued too.
    ///
    /// # Errors
    /// [`SubmitError`] says why the request cannot be taken.
    pub fn reserve(&self, user: UserKey, prompt_tokens: usize) -> Result<Permit, SubmitError> {
        self.shared.check_serving()?;
        match self.context_window() {
            // One token of the window is the answer's.
            Some(context_window) if prompt_tokens >= context_window => {
                Err(SubmitError::PromptTooLong {
                    prompt_tokens,
                    context_window,
                })
            }
            _ => self.shared.queue.permit(user),
        }
    }

    /// When an answer must be complete that is asked for now.
    pub fn deadline(&self) -> Option<Instant> {
        let limit = self.shared.time_limit?;
        Instant::now().checked_add(limit)
    }

    /// Hands a request over. What goes wrong from here on is told by the stream.
    pub fn submit(&self, permit: Permit, mut request: GenerateRequest) -> GenerationStream {
        request.options.deadline = request.options.deadline.or(self.deadline());
        let (sender, events) = channel::unbounded_channel();
        let abort = AbortFlag::default();
        let stream =
            GenerationStream::new(Arc::clone(&self.shared), events, abort.clone(), &request);
        let id = self.shared.next_sequence_id();
        let stop_watch = StopWatch::new(&self.shared, &request);
        let mut sequence = Sequence::new(id, request, permit, abort, sender);
        sequence.stop_watch = stop_watch;
        // If nobody receives it, its sender is dropped, and that ends the stream.
        let _ = self.commands.send(Command::Add(Box::new(sequence)));
        stream
    }

    /// What holds answers of this engine to a format.
    ///
    /// # Errors
    /// [`FormatError`] if they cannot be of such a format.
    pub fn compile_format(&self, format: &AnswerFormat) -> Result<CompiledFormat, FormatError> {
        let opened = self.shared.opened().ok_or_else(FormatError::no_model)?;
        opened.formats()?.compile(format)
    }

    /// Computes a prompt when there is nothing else to do: one that begins like it answers sooner.
    /// Only the last one of a conversation counts.
    pub fn prepare(&self, user: UserKey, request: GenerateRequest) {
        let id = self.shared.next_sequence_id();
        let sequence = Sequence::background(id, user, request);
        let _ = self.commands.send(Command::Add(Box::new(sequence)));
    }

    /// Ends the engine after the layer it is computing or the tensor it is loading; every stream
    /// fails.
    pub fn shut_down(&self) {
        self.shared.stop();
        // The flag is for a busy worker, the command wakes an idle one.
        let _ = self.commands.send(Command::ShutDown);
    }
}

impl ModelSource {
    fn file_name(&self) -> Option<String> {
        match self {
            #[cfg(feature = "testing")]
            Self::Disturbed(path, _) => Self::File(path.clone()).file_name(),
            Self::File(path) => Some(path.file_name()?.to_string_lossy().into_owned()),
            #[cfg(feature = "testing")]
            Self::Scripted(_) => None,
        }
    }

    fn provisional_name(&self) -> String {
        match self {
            #[cfg(feature = "testing")]
            Self::Disturbed(path, _) => Self::File(path.clone()).provisional_name(),
            Self::File(path) => path
                .file_stem()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned(),
            #[cfg(feature = "testing")]
            Self::Scripted(_) => crate::scripted::NAME.to_owned(),
        }
    }
}

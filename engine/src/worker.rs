//! The engine's one thread: it alone touches the model.
//!
//! It opens and loads the model, then repeats: schedule, make room, launch, collect, update. On a
//! CPU a launched step is complete at once. With nothing to do it sleeps on its commands. Told to
//! end, it does so after the tensor or the layer it is at.
//!
//! It knows token ids, never text. One that panics is loaded again, and its answers go on. When it
//! ends for good, for whatever reason, every stream ends with it, because it owns their senders.

mod background;
mod choosing;
mod lives;
mod lobby;
mod peers;
mod replicas;
mod step;
mod waits;

use std::{
    cell::Cell,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError},
    },
    time::{Duration, Instant},
};

use lives::{Ending, Place};
use lobby::Lobby;
pub(crate) use peers::Seat;
use waits::Waits;

use crate::{
    block_pool::BLOCK_TOKENS,
    handle::{EngineConfig, EngineLoad, LoadGauge, ModelSource, Shared},
    loaded_model::{LoadedModel, PartOutcome, UnloadedModel},
    request::{FinishReason, GenerationError, TokenId, TokenLogprobs},
    scheduler::{ScheduledBatch, Scheduler, SequenceId},
    sequence::{Sequence, SequenceEvent, SequenceState},
};

/// Tokens of an answer there is to be room for beside its prompt, before it begins: it would be
/// halted soon.
const ROOM_TO_WRITE: usize = 128;

/// How often a busy engine tells how busy it is.
const SHOW_LOAD: Duration = Duration::from_millis(100);

/// What a handle asks of the worker. Aborts travel as a flag of their sequence: they must be
/// seen in the middle of a step.
#[derive(Debug)]
pub(crate) enum Command {
    Add(Box<Sequence>),
    ShutDown,
}

/// Body of the thread.
pub(crate) fn run(
    source: ModelSource,
    config: &EngineConfig,
    shared: &Arc<Shared>,
    commands: Receiver<Command>,
) {
    let served = catch_unwind(AssertUnwindSafe(|| serve(source, config, shared, commands)));
    if served.is_err() {
        tracing::error!("the engine's worker panicked; the engine has stopped");
    }
    shared.end(GenerationError::EngineStopped);
}

fn serve(
    source: ModelSource,
    config: &EngineConfig,
    shared: &Arc<Shared>,
    commands: Receiver<Command>,
) {
    // It may have waited long for the memory of its predecessor.
    if shared.is_stopping() {
        return;
    }
    let mut lobby = Lobby::new(commands, Arc::clone(shared));
    let (opened, mut models) = match UnloadedModel::open(source, config) {
        Ok(opened) => opened,
        Err(error) => return not_loaded(&error.to_string(), shared),
    };
    lobby.open(opened);
    if models.len() > 1 {
        return replicas::serve(models, config, shared, lobby);
    }
    let model = &mut models[0];
    match lives::live(model, config, shared, lobby, &Alone(shared)) {
        Ending::Told => {}
        // The reason comes before the lobby is dropped, so that those who wait there know it.
        Ending::NotLoaded(error, _lobby) => not_loaded(&error, shared),
        Ending::Failed(reason, _lobby) => {
            tracing::error!("{reason}");
            shared.end_because(GenerationError::EngineStopped, reason);
        }
    }
}

fn not_loaded(error: &str, shared: &Shared) {
    tracing::error!(%error, "the model could not be loaded: {error}");
    shared.end(GenerationError::ModelNotLoaded(error.to_owned()));
}

/// An engine that everybody who waits waits for.
struct Alone<'a>(&'a Shared);

impl Place for Alone<'_> {
    fn show_loading(&self, percent: u8, lobby: &mut Lobby) {
        lobby.wait(percent);
    }

    fn set_ready(&self) {
        self.0.set_ready();
    }

    fn hand_over(&self, lobby: &mut Lobby) {
        lobby.wait(0);
    }
}

struct Worker {
    model: LoadedModel,
    scheduler: Scheduler,
    sequences: BTreeMap<SequenceId, Sequence>,
    commands: Receiver<Command>,
    shared: Arc<Shared>,
    context_window: usize,
    end_tokens: Vec<TokenId>,
    vocab_size: usize,
    max_running: usize,
    /// Threads that choose tokens.
    num_threads: usize,
    waits: Waits,
    load: LoadGauge<Shared>,
    load_shown: Instant,
}

/// What a step gave for one sequence.
struct Computed {
    sequence: SequenceId,
    outcome: PartOutcome,
}

/// What becomes of one sequence after a step.
#[derive(Debug)]
enum Outcome {
    /// More of what was given is to be computed.
    Prefilled,
    Chosen(TokenId, Option<TokenLogprobs>),
    /// All that was given is told, and nothing more is wanted.
    Scored,
    GivenUp,
    /// None of the logits is a number.
    NoNumbers,
}

impl Worker {
    fn new(
        model: LoadedModel,
        config: &EngineConfig,
        shared: Arc<Shared>,
        commands: Receiver<Command>,
        waiting: Vec<Sequence>,
    ) -> Self {
        let opened = shared
            .opened()
            .expect("invariant: a loaded model was opened before");
        let room = model.context_window().unwrap_or(usize::MAX);
        let (context_window, vocab_size) = (
            opened.context_window.min(room),
            opened.tokenizer.vocab_size().min(model.vocab_size()),
        );
        let end_tokens = opened.tokenizer.end_tokens().to_vec();
        let mut worker = Self {
            model,
            load: LoadGauge::new(Arc::clone(&shared)),
            load_shown: Instant::now(),
            scheduler: Scheduler::new(config.max_running),
            sequences: BTreeMap::new(),
            commands,
            shared,
            context_window,
            end_tokens,
            vocab_size,
            max_running: config.max_running,
            num_threads: match config.num_threads {
                0 => std::thread::available_parallelism().map_or(1, usize::from),
                count => count,
            },
            waits: Waits::default(),
        };
        for sequence in waiting {
            worker.add(sequence);
        }
        worker
    }

    fn run(&mut self) {
        while let Some(batch) = self.schedule() {
            self.make_room(&batch);
            let computed = self.launch(&batch);
            let outcomes = self.collect(computed);
            self.update(outcomes);
        }
    }

    /// The next step; `None` when the engine is to end.
    fn schedule(&mut self) -> Option<ScheduledBatch> {
        loop {
            self.show_load();
            self.receive().ok()?;
            self.drop_aborted();
            self.fail_late();
            self.rest_idle_work();
            let promised = Cell::new(self.promised_blocks());
            let (model, sequences) = (&self.model, &self.sequences);
            let has_room = |id| {
                let sequence: Option<&Sequence> = sequences.get(&id);
                let Some(sequence) = sequence.filter(|it| !it.has_begun()) else {
                    return true;
                };
                let num_tokens = sequence.tokens.len() + ROOM_TO_WRITE;
                let has_room = model.has_room(num_tokens, promised.get());
                let needed = num_tokens.div_ceil(BLOCK_TOKENS).cast_signed();
                promised.set(promised.get() + if has_room { needed } else { 0 });
                has_room
            };
            for id in self.scheduler.admit(has_room) {
                // One that only gave its place away has its cache still.
                if let Some(sequence) = self.sequences.get_mut(&id).filter(|it| !it.has_begun()) {
                    let found = self
                        .model
                        .cache_for(sequence.cacheable_tokens(), sequence.salt);
                    sequence.begin(found);
                }
            }
            self.begin_idle_work();
            let order = self.scheduler.new_order().unwrap_or_default();
            for (ahead, id) in order.into_iter().enumerate() {
                if let Some(sequence) = self.sequences.get_mut(&id) {
                    let wait = self.waits.estimate(ahead, self.max_running);
                    sequence.tell(SequenceEvent::Queued { ahead, wait });
                }
            }
            let sequences = &self.sequences;
            let pending = |id| sequences.get(&id).map_or(0, Sequence::next_chunk);
            let batch = self.scheduler.schedule(pending);
            if !batch.shares.is_empty() {
                return Some(batch);
            }
        }
    }

    /// Tells what was computed and ends what is complete.
    fn update(&mut self, outcomes: Vec<(SequenceId, Outcome)>) {
        for (id, outcome) in outcomes {
            let Some(sequence) = self.sequences.get_mut(&id) else {
                continue;
            };
            if let SequenceState::Running {
                num_computed_tokens,
                ..
            } = sequence.state
            {
                sequence.tell_prefill(num_computed_tokens);
            }
            let finished = match outcome {
                Outcome::Prefilled if sequence.is_prepared() => {
                    self.shared.counters.note_prepared();
                    Some((FinishReason::Length, None))
                }
                Outcome::Scored => Some((FinishReason::Length, None)),
                Outcome::Prefilled | Outcome::GivenUp => None,
                Outcome::NoNumbers => {
                    self.fail_broken(id);
                    None
                }
                Outcome::Chosen(token, logprobs)
                    if self.end_tokens.contains(&token)
                        || sequence.options.stop_tokens.contains(&token) =>
                {
                    Some((FinishReason::Stop, Some((token, logprobs))))
                }
                Outcome::Chosen(token, logprobs) => {
                    let is_stopped = sequence.push(token, logprobs);
                    let stop = is_stopped.then_some(FinishReason::Stop);
                    let reason = stop.or_else(|| sequence.limit(self.context_window));
                    reason.map(|reason| (reason, None))
                }
            };
            if let Some((reason, end_token)) = finished {
                self.end(id, SequenceEvent::Finished { reason, end_token });
            }
        }
    }

    /// Free blocks that running sequences will take soon, without those that sequences hold which
    /// gave their place away: they are taken back where they are needed.
    fn promised_blocks(&self) -> isize {
        let blocks = |sequence: &Sequence| {
            let held = match &sequence.state {
                SequenceState::Running { cache, .. } => cache.num_blocks(),
                SequenceState::Waiting | SequenceState::Computing => 0,
            };
            let num_tokens = (sequence.tokens.len() + ROOM_TO_WRITE).min(self.context_window);
            let soon = num_tokens.div_ceil(BLOCK_TOKENS).saturating_sub(held);
            (held.cast_signed(), soon.cast_signed())
        };
        let promised = |sequence: &Sequence| {
            let (held, soon) = blocks(sequence);
            if self.scheduler.is_running(sequence.id) {
                soon
            } else {
                -held
            }
        };
        // One that has not begun has nothing, and is promised nothing.
        let sequences = self.sequences.values().filter(|it| it.has_begun());
        sequences.filter(|it| !it.is_background).map(promised).sum()
    }

    fn show_load(&mut self) {
        // Counting blocks takes longer than a short step may.
        let is_idle = self.sequences.is_empty();
        if !is_idle && self.load_shown.elapsed() < SHOW_LOAD {
            return;
        }
        self.load_shown = Instant::now();
        let (num_blocks, used_blocks) = self.model.blocks();
        let running = self.scheduler.num_running() as u64;
        let waiting = self.scheduler.num_waiting() as u64;
        self.load.show(EngineLoad {
            running,
            waiting,
            used_blocks: used_blocks as u64,
            num_blocks: num_blocks as u64,
        });
    }

    /// Takes commands; waits for one only when there is nothing to compute.
    fn receive(&mut self) -> Result<(), EngineEnds> {
        if self.shared.is_stopping() {
            return Err(EngineEnds);
        }
        if self.sequences.is_empty() {
            let command = self.commands.recv().map_err(|_| EngineEnds)?;
            self.obey(command)?;
        }
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.obey(command)?,
                // All handles are gone, but somebody may still listen to a sequence.
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Ok(()),
            }
        }
    }

    fn obey(&mut self, command: Command) -> Result<(), EngineEnds> {
        match command {
            Command::Add(sequence) => {
                self.add(*sequence);
                Ok(())
            }
            Command::ShutDown => Err(EngineEnds),
        }
    }

    fn add(&mut self, sequence: Sequence) {
        let vocab_size = self.vocab_size;
        if let Some(&token) = sequence
            .tokens
            .iter()
            .find(|id| id.0 as usize >= vocab_size)
        {
            let error = GenerationError::UnknownToken { token, vocab_size };
            sequence.end(SequenceEvent::Failed(error));
        } else if sequence.is_background {
            self.add_background(sequence);
        } else if let Some(reason) = sequence.limit_at_start(self.context_window) {
            let end_token = None;
            sequence.end(SequenceEvent::Finished { reason, end_token });
        } else {
            self.drop_background(sequence.session);
            self.scheduler.add(sequence.user(), sequence.id);
            self.sequences.insert(sequence.id, sequence);
        }
    }

    fn drop_aborted(&mut self) {
        let is_aborted =
            |(&id, sequence): (&SequenceId, &Sequence)| sequence.abort.is_set().then_some(id);
        let aborted: Vec<SequenceId> = self.sequences.iter().filter_map(is_aborted).collect();
        for id in aborted {
            self.scheduler.remove(id);
            self.keep(id);
            self.sequences.remove(&id);
        }
    }

    /// Ends what has a deadline that is over.
    fn fail_late(&mut self) {
        let now = Instant::now();
        let is_late =
            |(&id, sequence): (&SequenceId, &Sequence)| sequence.is_late(now).then_some(id);
        let late: Vec<SequenceId> = self.sequences.iter().filter_map(is_late).collect();
        for id in late {
            self.end(id, SequenceEvent::Failed(GenerationError::DeadlineExceeded));
        }
    }

    /// Ends a sequence of which nothing is to be kept for others.
    fn fail_broken(&mut self, id: SequenceId) {
        self.scheduler.remove(id);
        if let Some(sequence) = self.sequences.remove(&id) {
            tracing::error!("the model computed no numbers");
            sequence.end(SequenceEvent::Failed(GenerationError::NoNumbers));
        }
    }

    /// What is left when it ends early: all that was asked, each to be begun again where it is.
    fn into_unfinished(self) -> (Receiver<Command>, Vec<Sequence>) {
        let sequences = self.sequences.into_values();
        let wanted = sequences.filter(|it| !it.abort.is_set() && !it.is_background);
        let begun_again = wanted.map(|mut sequence| {
            // One that only waited has nothing to do with a failure.
            sequence.num_failures += u8::from(sequence.has_begun());
            sequence.state = SequenceState::Waiting;
            sequence
        });
        let begun_again = begun_again.collect();
        // A card that is gone may panic once more when its memory is given back.
        let model = AssertUnwindSafe(self.model);
        let _ = catch_unwind(|| drop(model));
        (self.commands, begun_again)
    }

    fn end(&mut self, id: SequenceId, last: SequenceEvent) {
        self.scheduler.remove(id);
        self.keep(id);
        if let Some(sequence) = self.sequences.remove(&id) {
            let begun = sequence.begun.filter(|_| !sequence.is_background);
            if let Some(begun) = begun {
                self.waits.note(begun.elapsed());
            }
            sequence.end(last);
        }
    }
}

/// The engine was told to end, or nobody is left to tell it anything.
struct EngineEnds;

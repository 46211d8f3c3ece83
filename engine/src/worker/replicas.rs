//! Several engines with the same model, each with a thread and devices of its own.
//!
//! The thread that opened the model hands sequences out. If one engine fails, what it was
//! computing goes on at another: a sequence carries all of its tokens.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{
    Arc,
    mpsc::{self, Receiver, Sender},
};
use std::thread;

use super::{Command, Lobby, Worker, peers::Peers};
use crate::{
    handle::{EngineConfig, Shared},
    loaded_model::UnloadedModel,
    request::GenerationError,
};

/// What an engine tells while it is made.
enum Progress {
    Loaded { index: usize, percent: u8 },
    Ready,
    Failed(String),
}

/// One engine.
struct Replica {
    index: usize,
    config: EngineConfig,
    shared: Arc<Shared>,
    peers: Arc<Peers>,
    commands: Receiver<Command>,
}

/// Loads all models and serves until nobody is left who could ask.
pub(super) fn serve(
    models: Vec<UnloadedModel>,
    config: &EngineConfig,
    shared: &Arc<Shared>,
    mut lobby: Lobby,
) {
    let num_replicas = models.len();
    shared
        .queue
        .add_places(config.max_running * (num_replicas - 1));
    let (senders, receivers): (Vec<_>, Vec<_>) = models.iter().map(|_| mpsc::channel()).unzip();
    let peers = Arc::new(Peers::new(senders));
    let (progress, told) = mpsc::channel();
    let mut threads = Vec::new();
    for (index, (model, commands)) in models.into_iter().zip(receivers).enumerate() {
        let replica = Replica {
            index,
            config: config.clone(),
            shared: Arc::clone(shared),
            peers: Arc::clone(&peers),
            commands,
        };
        let (progress, no_thread) = (progress.clone(), progress.clone());
        let spawned = thread::Builder::new()
            .name(format!("hearth-engine-{index}"))
            .spawn(move || replica.run(model, &progress));
        match spawned {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                tracing::error!(%error, "engine {index} has no thread: {error}");
                peers.remove(index);
                let _ = no_thread.send(Progress::Failed(error.to_string()));
            }
        }
    }
    drop(progress);
    let is_ready = wait(&told, &mut lobby, num_replicas, shared);
    let (commands, waiting) = lobby.close();
    if is_ready {
        shared.set_ready();
        for sequence in waiting {
            peers.give(sequence);
        }
        dispatch(&commands, &peers, shared);
    }
    peers.close(true);
    for thread in threads {
        // What it panicked with it has told.
        let _ = thread.join();
    }
}

/// Waits until every engine is ready or has failed; `false` if all have failed.
fn wait(
    told: &Receiver<Progress>,
    lobby: &mut Lobby,
    num_replicas: usize,
    shared: &Shared,
) -> bool {
    let mut percents = vec![0_u8; num_replicas];
    let (mut num_ready, mut num_failed) = (0, 0);
    let mut last_error = String::new();
    while num_ready + num_failed < num_replicas
        && let Ok(progress) = told.recv()
    {
        match progress {
            Progress::Loaded { index, percent } => {
                percents[index] = percent;
                let sum: usize = percents.iter().map(|percent| usize::from(*percent)).sum();
                let mean = u8::try_from(sum / num_replicas).unwrap_or(100);
                lobby.wait(mean);
            }
            Progress::Ready => num_ready += 1,
            Progress::Failed(error) => {
                num_failed += 1;
                last_error = error;
            }
        }
    }
    if num_ready == 0 {
        shared.end(GenerationError::ModelNotLoaded(last_error));
    }
    num_ready > 0
}

/// Hands out what arrives, until the handles are gone or say so.
fn dispatch(commands: &Receiver<Command>, peers: &Peers, shared: &Shared) {
    // A command to end that came while models were loaded is only a flag by now.
    while !shared.is_stopping() {
        match commands.recv() {
            Ok(Command::Add(sequence)) => peers.give(*sequence),
            Ok(Command::ShutDown) => return,
            Err(_) => {
                // Somebody may still listen to a sequence: engines end with their last one.
                peers.close(false);
                return;
            }
        }
    }
}

impl Replica {
    fn run(self, model: UnloadedModel, progress: &Sender<Progress>) {
        let index = self.index;
        let tell = |told| {
            // Nobody listens once all have answered.
            let _ = progress.send(told);
        };
        let loaded = catch_unwind(AssertUnwindSafe(|| {
            model.load(&mut |percent| tell(Progress::Loaded { index, percent }))
        }));
        let error = match loaded {
            Ok(Ok(model)) => {
                tell(Progress::Ready);
                return self.serve(model);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "loading panicked".to_owned(),
        };
        tracing::error!(%error, "engine {index} could not load the model: {error}");
        self.peers.retire(index, &self.commands, Vec::new());
        tell(Progress::Failed(error));
    }

    fn serve(self, model: crate::loaded_model::LoadedModel) {
        let Self {
            index,
            config,
            shared,
            peers,
            commands,
        } = self;
        let mut worker = Worker::new(model, &config, Arc::clone(&shared), commands, Vec::new());
        let served = catch_unwind(AssertUnwindSafe(|| worker.run()));
        let (commands, sequences) = worker.into_unfinished();
        if served.is_ok() {
            // The engine was told to end; so are all others.
            return;
        }
        tracing::error!("engine {index} failed; its answers go on elsewhere");
        if !peers.retire(index, &commands, sequences) {
            tracing::error!("it was the last engine");
            shared.end(GenerationError::EngineStopped);
        }
    }
}

//! Several engines with the same model, each with a thread and devices of its own.
//!
//! The thread that opened the model hands sequences out. If one engine fails, what it was
//! computing goes on at another, and it is loaded again: a sequence carries all of its tokens.

use std::cell::Cell;
use std::sync::{
    Arc,
    mpsc::{self, Receiver, Sender},
};
use std::thread;

use super::{
    Command, Lobby,
    lives::{self, Ending, Place},
    peers::Peers,
};
use crate::{
    handle::{EngineConfig, Shared},
    loaded_model::UnloadedModel,
    request::GenerationError,
};

/// What an engine tells while it is made.
enum Progress {
    Loaded { index: usize, percent: u8 },
    Ready,
    Failed(GenerationError),
}

/// One engine.
struct Replica {
    index: usize,
    config: EngineConfig,
    shared: Arc<Shared>,
    peers: Arc<Peers>,
    commands: Receiver<Command>,
}

/// Where it stands.
struct AmongPeers<'a> {
    index: usize,
    shared: &'a Shared,
    peers: &'a Peers,
    progress: &'a Sender<Progress>,
    has_served: Cell<bool>,
}

/// Loads all models and serves until nobody is left who could ask.
pub(super) fn serve(
    models: Vec<UnloadedModel>,
    config: &EngineConfig,
    shared: &Arc<Shared>,
    mut lobby: Lobby,
) {
    let num_replicas = models.len();
    let (senders, receivers): (Vec<_>, Vec<_>) = models.iter().map(|_| mpsc::channel()).unzip();
    let peers = Peers::new(senders, &shared.queue, config.max_running);
    let peers = Arc::new(peers);
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
                let error = GenerationError::ModelNotLoaded(error.to_string());
                let _ = no_thread.send(Progress::Failed(error));
            }
        }
    }
    drop(progress);
    let is_ready = wait(&told, &mut lobby, num_replicas, shared) && !shared.is_stopping();
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
    let mut last_error = GenerationError::EngineStopped;
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
        shared.end(last_error);
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
    fn run(self, mut model: UnloadedModel, progress: &Sender<Progress>) {
        let Self {
            index,
            config,
            shared,
            peers,
            commands,
        } = self;
        let place = AmongPeers {
            index,
            shared: &shared,
            peers: &peers,
            progress,
            has_served: Cell::new(false),
        };
        let lobby = Lobby::new(commands, Arc::clone(&shared));
        let (end, reason, lobby) = match lives::live(&mut model, &config, &shared, lobby, &place) {
            Ending::Told => {
                // All are told to end, but those that serve hear of it once nobody waits for this
                // one to be ready.
                if !place.has_served.get() {
                    place.tell(Progress::Failed(GenerationError::EngineStopped));
                }
                return;
            }
            Ending::NotLoaded(error, lobby) => {
                tracing::error!(%error, "engine {index} could not load the model: {error}");
                let end = GenerationError::ModelNotLoaded(error);
                (end.clone(), end.to_string(), lobby)
            }
            Ending::Failed(reason, lobby) => {
                tracing::error!("engine {index}: {reason}");
                (GenerationError::EngineStopped, reason, lobby)
            }
        };
        // Who waits there is to know the reason.
        let is_last = peers.retire(index, lobby, || shared.end_because(end.clone(), reason));
        if is_last {
            tracing::error!("it was the last engine");
        }
        if !place.has_served.get() {
            place.tell(Progress::Failed(end));
        }
    }
}

impl AmongPeers<'_> {
    fn tell(&self, told: Progress) {
        // Nobody listens once all have answered.
        let _ = self.progress.send(told);
    }
}

impl Place for AmongPeers<'_> {
    fn show_loading(&self, percent: u8, lobby: &mut Lobby) {
        let index = self.index;
        if self.has_served.get() {
            lobby.take_in(percent);
            self.peers
                .unless_serving(|| self.shared.set_loading(percent));
        } else {
            self.tell(Progress::Loaded { index, percent });
        }
    }

    fn set_ready(&self) {
        if self.has_served.replace(true) {
            self.peers.resume(self.index, || self.shared.set_ready());
        } else {
            self.tell(Progress::Ready);
        }
    }

    fn hand_over(&self, lobby: &mut Lobby) {
        self.peers.pause(self.index, lobby);
        self.show_loading(0, lobby);
    }
}

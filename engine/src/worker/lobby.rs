//! Where requests wait while the model is loaded, for the first time or again.

use std::{
    sync::{Arc, mpsc::Receiver},
    time::Instant,
};

use super::Command;
use crate::{
    handle::Shared,
    loaded_model::OpenedModel,
    request::GenerationError,
    sequence::{Sequence, SequenceEvent},
};

pub(super) struct Lobby {
    commands: Receiver<Command>,
    shared: Arc<Shared>,
    waiting: Vec<Sequence>,
}

impl Lobby {
    pub(super) fn new(commands: Receiver<Command>, shared: Arc<Shared>) -> Self {
        Self {
            commands,
            shared,
            waiting: Vec::new(),
        }
    }

    /// Publishes what is known before the weights are loaded.
    pub(super) fn open(&mut self, opened: OpenedModel) {
        self.shared.set_opened(opened);
    }

    /// A lobby where answers wait that had begun before their engine failed.
    pub(super) fn with(
        commands: Receiver<Command>,
        shared: Arc<Shared>,
        waiting: Vec<Sequence>,
    ) -> Self {
        Self {
            commands,
            shared,
            waiting,
        }
    }

    /// Publishes progress and takes in who comes, see [`Self::take_in`].
    pub(super) fn wait(&mut self, percent: u8) {
        self.shared.set_loading(percent);
        self.take_in(percent);
    }

    /// Takes new requests in, lets aborted ones go and tells the others how far loading is.
    pub(super) fn take_in(&mut self, percent: u8) {
        self.receive();
        self.waiting.retain(|sequence| !sequence.abort.is_set());
        let now = Instant::now();
        for late in self.waiting.extract_if(.., |it| it.is_late(now)) {
            late.end(SequenceEvent::Failed(GenerationError::DeadlineExceeded));
        }
        for sequence in &mut self.waiting {
            sequence.tell(SequenceEvent::Loading { percent });
        }
    }

    /// Everything that waits, those included that have not been looked at.
    pub(super) fn take(&mut self) -> Vec<Sequence> {
        self.receive();
        std::mem::take(&mut self.waiting)
    }

    fn receive(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Add(sequence) => self.waiting.push(*sequence),
                // The worker looks at the flag behind it before its first step.
                Command::ShutDown => {}
            }
        }
    }

    pub(super) fn close(self) -> (Receiver<Command>, Vec<Sequence>) {
        (self.commands, self.waiting)
    }
}

//! Several engines behind one queue: who gets a sequence, and what becomes of those of one that
//! fails.

use std::collections::VecDeque;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
    mpsc::{Receiver, SendError, Sender},
};

use super::Command;
use crate::request::GenerationError;
use crate::sequence::{Sequence, SequenceEvent};

/// Conversations whose engine is remembered.
const REMEMBERED: usize = 1024;

/// So many engines may fail while they have a sequence; then it is given up.
const MOST_FAILURES: u8 = 2;

/// The engines that share a queue.
#[derive(Debug)]
pub(super) struct Peers {
    lanes: Mutex<Lanes>,
}

#[derive(Debug)]
struct Lanes {
    /// `None`: that engine serves no more.
    lanes: Vec<Option<Lane>>,
    /// Conversations and their engines, the latest last.
    sessions: VecDeque<(u128, usize)>,
}

#[derive(Debug)]
struct Lane {
    commands: Sender<Command>,
    load: Arc<AtomicUsize>,
}

/// A sequence's part of an engine's load; none when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    load: Arc<AtomicUsize>,
}

impl Seat {
    fn new(load: &Arc<AtomicUsize>) -> Self {
        load.fetch_add(1, Ordering::Relaxed);
        Self {
            load: Arc::clone(load),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.load.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Peers {
    pub(super) fn new(commands: Vec<Sender<Command>>) -> Self {
        let lane = |commands| {
            let load = Arc::default();
            Some(Lane { commands, load })
        };
        Self {
            lanes: Mutex::new(Lanes {
                lanes: commands.into_iter().map(lane).collect(),
                sessions: VecDeque::new(),
            }),
        }
    }

    /// Hands a sequence to an engine. If none is left it is dropped, which ends its stream.
    pub(super) fn give(&self, sequence: Sequence) {
        self.lock().give(sequence);
    }

    /// Takes out an engine that never began.
    pub(super) fn remove(&self, index: usize) {
        self.lock().lanes[index] = None;
    }

    /// Takes an engine out, and hands what it had to the others. `false`: it was the last one.
    ///
    /// Nobody can send to it meanwhile, so nothing is lost between the two.
    pub(super) fn retire(
        &self,
        index: usize,
        commands: &Receiver<Command>,
        sequences: Vec<Sequence>,
    ) -> bool {
        let mut lanes = self.lock();
        lanes.lanes[index] = None;
        lanes.sessions.retain(|(_, lane)| *lane != index);
        for mut sequence in sequences {
            sequence.num_failures += 1;
            if sequence.num_failures < MOST_FAILURES {
                lanes.give(sequence);
            } else {
                // It may be what they fail of.
                sequence.end(SequenceEvent::Failed(GenerationError::EngineStopped));
            }
        }
        while let Ok(command) = commands.try_recv() {
            if let Command::Add(sequence) = command {
                lanes.give(*sequence);
            }
        }
        lanes.lanes.iter().any(Option::is_some)
    }

    /// Lets every engine end when its sequences have ended; `at_once`: now.
    pub(super) fn close(&self, at_once: bool) {
        for lane in &mut self.lock().lanes {
            if let (Some(lane), true) = (lane.take(), at_once) {
                // One that has ended needs no telling.
                let _ = lane.commands.send(Command::ShutDown);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    fn give(&mut self, sequence: Sequence) {
        let mut next = Some(Box::new(sequence));
        while let Some(mut sequence) = next.take() {
            let Some(index) = self.choose(sequence.session) else {
                return;
            };
            let Some(lane) = &self.lanes[index] else {
                return;
            };
            let session = sequence.session;
            // What is computed in idle times is no load.
            sequence.seat = (!sequence.is_background).then(|| Seat::new(&lane.load));
            match lane.commands.send(Command::Add(sequence)) {
                Ok(()) => self.remember(session, index),
                Err(SendError(command)) => {
                    // It ended without taking itself out.
                    self.lanes[index] = None;
                    if let Command::Add(sequence) = command {
                        next = Some(sequence);
                    }
                }
            }
        }
    }

    fn remember(&mut self, session: Option<u128>, index: usize) {
        if let Some(session) = session {
            self.sessions.retain(|(other, _)| *other != session);
            self.sessions.push_back((session, index));
            if self.sessions.len() > REMEMBERED {
                self.sessions.pop_front();
            }
        }
    }

    /// The engine a conversation was on, unless another has much less to do: its cache may still
    /// be there. Else the one with the least to do.
    fn choose(&self, session: Option<u128>) -> Option<usize> {
        let loads = self.lanes.iter().enumerate().filter_map(|(index, lane)| {
            let lane = lane.as_ref()?;
            Some((lane.load.load(Ordering::Relaxed), index))
        });
        let (least, freest) = loads.min()?;
        let known = self
            .sessions
            .iter()
            .find(|(other, _)| Some(*other) == session);
        let known = known.and_then(|(_, index)| {
            let load = self.lanes[*index].as_ref()?.load.load(Ordering::Relaxed);
            // One more than the others have is what its own last answer makes.
            (load <= least + 1).then_some(*index)
        });
        Some(known.unwrap_or(freest))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn lanes(loads: &[usize]) -> Lanes {
        let lane = |load: &usize| {
            let commands = mpsc::channel().0;
            let load = Arc::new(AtomicUsize::new(*load));
            Some(Lane { commands, load })
        };
        Lanes {
            lanes: loads.iter().map(lane).collect(),
            sessions: VecDeque::new(),
        }
    }

    #[test]
    fn a_conversation_goes_back_to_its_engine_unless_that_is_busy() {
        let mut lanes = lanes(&[3, 1, 2]);
        assert_eq!(lanes.choose(None), Some(1));
        lanes.sessions.push_back((7, 2));
        assert_eq!(lanes.choose(Some(7)), Some(2));
        assert_eq!(lanes.choose(Some(8)), Some(1));
        lanes.sessions.push_back((9, 0));
        assert_eq!(lanes.choose(Some(9)), Some(1), "three beside one is busy");
        lanes.lanes[1] = None;
        assert_eq!(lanes.choose(Some(9)), Some(0));
        lanes.lanes = vec![None, None, None];
        assert_eq!(lanes.choose(Some(9)), None);
    }
}

//! Several engines behind one queue: who gets a sequence, and what becomes of those of one that
//! fails.

use std::collections::VecDeque;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
    mpsc::{SendError, Sender},
};

use super::{Command, Lobby};
use crate::handle::Queue;
use crate::sequence::Sequence;

/// Conversations whose engine is remembered.
const REMEMBERED: usize = 1024;

/// The engines that share a queue.
#[derive(Debug)]
pub(super) struct Peers {
    lanes: Mutex<Lanes>,
}

#[derive(Debug)]
struct Lanes {
    /// Where every engine has places for what it runs.
    queue: Arc<Queue>,
    places_each: usize,
    /// `None`: that engine serves no more.
    of_engines: Vec<Option<Lane>>,
    /// Conversations and their engines, the latest last.
    sessions: VecDeque<(u128, usize)>,
}

#[derive(Debug)]
struct Lane {
    commands: Sender<Command>,
    load: Arc<AtomicUsize>,
    /// It failed and is loaded again: whoever is given to it waits.
    is_paused: bool,
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
    /// Engines behind `queue`, which gets `places_each` for each but the first: it has those.
    pub(super) fn new(
        commands: Vec<Sender<Command>>,
        queue: &Arc<Queue>,
        places_each: usize,
    ) -> Self {
        queue.add_places(places_each * commands.len().saturating_sub(1));
        let lane = |commands| {
            Some(Lane {
                commands,
                load: Arc::default(),
                is_paused: false,
            })
        };
        Self {
            lanes: Mutex::new(Lanes {
                queue: Arc::clone(queue),
                places_each,
                of_engines: commands.into_iter().map(lane).collect(),
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
        self.lock().lose(index);
    }

    /// Takes an engine out for good, and hands what waits in its lobby to the others. `true`: it
    /// was the last one, and `end` was called before what waits there was dropped.
    ///
    /// Nobody can send to it meanwhile, so nothing is lost between the two.
    pub(super) fn retire(&self, index: usize, mut lobby: Lobby, end: impl FnOnce()) -> bool {
        let mut lanes = self.lock();
        lanes.lose(index);
        let is_last = lanes.of_engines.iter().all(Option::is_none);
        if is_last {
            end();
        }
        for sequence in lobby.take() {
            lanes.give(sequence);
        }
        is_last
    }

    /// Takes an engine out until it is loaded again, and hands what waits in its lobby to the
    /// others; where none serves, it stays with one that is loaded again too.
    pub(super) fn pause(&self, index: usize, lobby: &mut Lobby) {
        let mut lanes = self.lock();
        lanes.sessions.retain(|(_, lane)| *lane != index);
        if let Some(lane) = &mut lanes.of_engines[index] {
            lane.is_paused = true;
        }
        for sequence in lobby.take() {
            lanes.give(sequence);
        }
    }

    /// An engine is loaded again; `show` says so before any other engine can say what it does.
    pub(super) fn resume(&self, index: usize, show: impl FnOnce()) {
        let mut lanes = self.lock();
        if let Some(lane) = &mut lanes.of_engines[index] {
            lane.is_paused = false;
        }
        show();
    }

    /// Calls `show` if no engine computes what it is given; none begins to meanwhile.
    pub(super) fn unless_serving(&self, show: impl FnOnce()) {
        let lanes = self.lock();
        let mut engines = lanes.of_engines.iter().flatten();
        if engines.all(|lane| lane.is_paused) {
            show();
        }
    }

    /// Lets every engine end when its sequences have ended; `at_once`: now.
    pub(super) fn close(&self, at_once: bool) {
        for lane in &mut self.lock().of_engines {
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
    /// Takes an engine out; the places of its sequences go with it.
    fn lose(&mut self, index: usize) {
        let was_there = self.of_engines[index].take().is_some();
        if was_there && self.of_engines.iter().any(Option::is_some) {
            self.queue.remove_places(self.places_each);
        }
        self.sessions.retain(|(_, lane)| *lane != index);
    }

    fn give(&mut self, sequence: Sequence) {
        let mut next = Some(Box::new(sequence));
        while let Some(mut sequence) = next.take() {
            let Some(index) = self.choose(sequence.session) else {
                return;
            };
            let Some(lane) = &self.of_engines[index] else {
                return;
            };
            let session = sequence.session;
            // What is computed in idle times is no load.
            sequence.seat = (!sequence.is_background).then(|| Seat::new(&lane.load));
            match lane.commands.send(Command::Add(sequence)) {
                Ok(()) => self.remember(session, index),
                Err(SendError(command)) => {
                    // It ended without taking itself out.
                    self.lose(index);
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
    /// be there. Else the one with the least to do. One that is loaded again has most.
    fn choose(&self, session: Option<u128>) -> Option<usize> {
        let load = |lane: &Lane| (lane.is_paused, lane.load.load(Ordering::Relaxed));
        let lanes = self.of_engines.iter().enumerate();
        let loads = lanes.filter_map(|(index, lane)| Some((load(lane.as_ref()?), index)));
        let ((is_paused, least), freest) = loads.min()?;
        let known = self
            .sessions
            .iter()
            .find(|(other, _)| Some(*other) == session);
        let known = known.and_then(|(_, index)| {
            // One more than the others have is what its own last answer makes.
            let limit = (is_paused, least + 1);
            (load(self.of_engines[*index].as_ref()?) <= limit).then_some(*index)
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
            Some(Lane {
                commands: mpsc::channel().0,
                load: Arc::new(AtomicUsize::new(*load)),
                is_paused: false,
            })
        };
        Lanes {
            queue: Queue::new(1, 1),
            places_each: 1,
            of_engines: loads.iter().map(lane).collect(),
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
        lanes.of_engines[1] = None;
        assert_eq!(lanes.choose(Some(9)), Some(0));
        lanes.of_engines = vec![None, None, None];
        assert_eq!(lanes.choose(Some(9)), None);
    }

    #[test]
    fn an_engine_that_is_loaded_again_gets_what_no_other_can_take() {
        let mut lanes = lanes(&[0, 9]);
        lanes.sessions.push_back((7, 0));
        lanes.of_engines[0].as_mut().unwrap().is_paused = true;
        assert_eq!(
            (lanes.choose(None), lanes.choose(Some(7))),
            (Some(1), Some(1))
        );
        lanes.of_engines[1].as_mut().unwrap().is_paused = true;
        assert_eq!(
            (lanes.choose(None), lanes.choose(Some(7))),
            (Some(0), Some(0))
        );
        lanes.lose(1);
        assert_eq!(lanes.choose(None), Some(0));
    }
}

//! Places of one kind, and the queue before them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use super::{Asker, Load};

/// How much of a kind is done at once, and how long others wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Places.
    pub(super) at_once: usize,
    /// Places that one asker has at most.
    pub(super) of_one: usize,
    /// Requests of one asker that wait at most.
    pub(super) waiting: usize,
    /// Longest wait.
    pub(super) patience: Duration,
}

/// Places of one kind.
#[derive(Debug)]
pub(super) struct Places {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    num_free: usize,
    held: HashMap<Asker, usize>,
    /// In the order of their turns; nobody without a request. While a place is free, each of them
    /// has as many as one may have.
    waiting: VecDeque<(Asker, VecDeque<oneshot::Sender<()>>)>,
    num_refused: u64,
}

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    asker: Asker,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(self.asker);
    }
}

/// A request that waits. Dropped after its turn came and before anybody saw it, it passes the
/// place on.
struct Waiting {
    places: Arc<Places>,
    asker: Asker,
    turn: oneshot::Receiver<()>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.turn.close();
        if self.turn.try_recv().is_ok() {
            self.places.give_back(self.asker);
        }
    }
}

impl Places {
    pub(super) fn new(limits: Limits) -> Self {
        let state = State {
            num_free: limits.at_once,
            held: HashMap::new(),
            waiting: VecDeque::new(),
            num_refused: 0,
        };
        Self {
            limits,
            state: Mutex::new(state),
        }
    }

    /// A place, at once or after a wait; `None`: not in time.
    pub(super) async fn take(places: &Arc<Self>, asker: Asker) -> Option<Place> {
        let place = || Place {
            places: Arc::clone(places),
            asker,
        };
        let turn = {
            let mut state = places.lock();
            if state.num_free > 0 && state.num_held(asker) < places.limits.of_one {
                state.occupy(asker);
                return Some(place());
            }
            state.wait(asker, places.limits.waiting)
        };
        let mut waiting = Waiting {
            places: Arc::clone(places),
            asker,
            turn: turn?,
        };
        match timeout(places.limits.patience, &mut waiting.turn).await {
            Ok(Ok(())) => Some(place()),
            // Nobody drops a sender before its turn.
            Ok(Err(_)) => None,
            Err(_) => {
                places.lock().num_refused += 1;
                None
            }
        }
    }

    pub(super) fn load(&self) -> Load {
        let state = self.lock();
        let waiting = state.waiting.iter().map(|(_, turns)| {
            let open = turns.iter().filter(|turn| !turn.is_closed());
            open.count() as u64
        });
        Load {
            running: (self.limits.at_once - state.num_free) as u64,
            waiting: waiting.sum(),
            refused: state.num_refused,
        }
    }

    fn give_back(&self, asker: Asker) {
        self.lock().vacate(asker, self.limits.of_one);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn num_held(&self, asker: Asker) -> usize {
        self.held.get(&asker).copied().unwrap_or_default()
    }

    fn occupy(&mut self, asker: Asker) {
        self.num_free -= 1;
        *self.held.entry(asker).or_default() += 1;
    }

    /// Stands at the end of the asker's own requests; `None`: there are too many.
    fn wait(&mut self, asker: Asker, most: usize) -> Option<oneshot::Receiver<()>> {
        let place = self.waiting.iter().position(|(whose, _)| *whose == asker);
        let turns = match place {
            Some(place) => &mut self.waiting[place].1,
            None if most == 0 => {
                self.num_refused += 1;
                return None;
            }
            None => {
                self.waiting.push_back((asker, VecDeque::new()));
                &mut self.waiting.back_mut()?.1
            }
        };
        turns.retain(|turn| !turn.is_closed());
        if turns.len() >= most {
            self.num_refused += 1;
            return None;
        }
        let (turn, received) = oneshot::channel();
        turns.push_back(turn);
        Some(received)
    }

    /// Gives a place back, and on to whoever's turn it is.
    fn vacate(&mut self, asker: Asker, of_one: usize) {
        self.num_free += 1;
        if let Some(held) = self.held.get_mut(&asker) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&asker);
            }
        }
        let mut next = 0;
        while self.num_free > 0 && next < self.waiting.len() {
            if self.num_held(self.waiting[next].0) >= of_one {
                next += 1;
                continue;
            }
            let Some((asker, mut turns)) = self.waiting.remove(next) else {
                return;
            };
            // Who has gone is passed over.
            let is_given =
                std::iter::from_fn(|| turns.pop_front()).any(|turn| turn.send(()).is_ok());
            if is_given {
                self.occupy(asker);
            }
            if !turns.is_empty() {
                self.waiting.push_back((asker, turns));
            }
        }
    }
}

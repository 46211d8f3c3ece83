//! The lives of one engine: one that fails is loaded again, and its answers go on.
//!
//! A sequence carries all of its tokens, so nothing is lost but what was computed of it: the new
//! engine computes that again, and on a processor it is the same, bit for bit.

use std::{
    any::Any,
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Lobby, Worker};
use crate::{
    handle::{EngineConfig, Shared},
    loaded_model::{LoadedModel, UnloadedModel},
    request::GenerationError,
    sequence::{Sequence, SequenceEvent},
};

/// A failed engine is loaded again so many times within [`WINDOW`]: what fails more often does so
/// for a reason that loading does not mend.
const MOST_RELOADS: usize = 3;
const WINDOW: Duration = Duration::from_mins(10);

/// So many engines may fail while they have a sequence; then it is given up.
const MOST_FAILURES: u8 = 2;

/// Where an engine stands: alone, or among others.
pub(super) trait Place {
    /// So much of the model is loaded, while sequences wait in the lobby.
    fn show_loading(&self, percent: u8, lobby: &mut Lobby);
    /// It serves from now on.
    fn set_ready(&self);
    /// It is to be loaded again; the others may take what waits meanwhile.
    fn hand_over(&self, lobby: &mut Lobby);
}

/// How the last life of an engine ended.
pub(super) enum Ending {
    /// It was told to end.
    Told,
    /// The model was never loaded, or not again.
    NotLoaded(String, Lobby),
    /// It failed too often.
    Failed(String, Lobby),
}

/// Loads the model and serves, again if it fails.
pub(super) fn live(
    model: &mut UnloadedModel,
    config: &EngineConfig,
    shared: &Arc<Shared>,
    mut lobby: Lobby,
    place: &dyn Place,
) -> Ending {
    let mut reloads = Reloads::default();
    let mut has_served = false;
    loop {
        let (failure, is_loaded) = match load(model, shared, &mut lobby, place) {
            Ok(loaded) => {
                has_served = true;
                let (commands, waiting) = lobby.close();
                let shared = Arc::clone(shared);
                let mut worker = Worker::new(loaded, config, shared.clone(), commands, waiting);
                place.set_ready();
                let served = catch_unwind(AssertUnwindSafe(|| worker.run()));
                let (commands, unfinished) = worker.into_unfinished();
                let Err(panic) = served else {
                    return Ending::Told;
                };
                lobby = Lobby::with(commands, shared, without_given_up(unfinished));
                (message(&*panic), true)
            }
            // Whatever came of it, nobody waits for this model any more.
            Err(_) if shared.is_stopping() => return Ending::Told,
            Err(error) if !has_served => return Ending::NotLoaded(error, lobby),
            Err(error) => (error, false),
        };
        if shared.is_stopping() {
            return Ending::Told;
        }
        if !reloads.allow(Instant::now()) {
            return if is_loaded {
                Ending::Failed(failed_too_often(&failure), lobby)
            } else {
                Ending::NotLoaded(failure, lobby)
            };
        }
        tracing::error!("the engine failed ({failure}); its model is loaded again");
        place.hand_over(&mut lobby);
    }
}

/// Loads the model, but not to its end once the engine is told to end: its successor waits for the
/// memory, and a file chosen by mistake may have many gigabytes.
fn load(
    model: &mut UnloadedModel,
    shared: &Shared,
    lobby: &mut Lobby,
    place: &dyn Place,
) -> Result<LoadedModel, String> {
    let mut progress = |percent: u8| {
        if shared.is_stopping() {
            // A loader tells how far it is, and nothing can be told to it. It is left as by a
            // panic, which gives its memory back, but without a report: it is no mistake.
            resume_unwind(Box::new("the engine was told to end"));
        }
        place.show_loading(percent, lobby);
    };
    let loaded = catch_unwind(AssertUnwindSafe(|| model.load(&mut progress)));
    match loaded {
        Ok(loaded) => loaded.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("loading panicked: {}", message(&*panic))),
    }
}

/// Ends those that may be what engines fail of.
fn without_given_up(sequences: Vec<Sequence>) -> Vec<Sequence> {
    let (kept, given_up): (Vec<_>, Vec<_>) = sequences
        .into_iter()
        .partition(|sequence| sequence.num_failures < MOST_FAILURES);
    for sequence in given_up {
        sequence.end(SequenceEvent::Failed(GenerationError::EngineStopped));
    }
    kept
}

fn failed_too_often(failure: &str) -> String {
    format!(
        "the engine failed {} times within {} minutes and is not loaded again; the last time: {failure}",
        MOST_RELOADS + 1,
        WINDOW.as_secs() / 60,
    )
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}

/// When an engine was loaded again.
#[derive(Debug, Default)]
struct Reloads(VecDeque<Instant>);

impl Reloads {
    /// Whether an engine that failed just now is loaded again, which is counted.
    fn allow(&mut self, now: Instant) -> bool {
        self.0.retain(|then| now.duration_since(*then) < WINDOW);
        let is_allowed = self.0.len() < MOST_RELOADS;
        if is_allowed {
            self.0.push_back(now);
        }
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_loaded_three_times_in_ten_minutes_and_later_again() {
        let (mut reloads, start) = (Reloads::default(), Instant::now());
        let minute = |count| start + Duration::from_mins(count);
        for count in 0..3 {
            assert!(reloads.allow(minute(count)));
        }
        assert!(!reloads.allow(minute(3)));
        assert!(!reloads.allow(minute(9)));
        assert!(reloads.allow(minute(10)), "the first one is long ago");
        assert!(!reloads.allow(minute(10)));
    }

    #[test]
    fn what_a_panic_said_is_known() {
        let said = |panic: fn()| message(&*catch_unwind(panic).unwrap_err());
        assert_eq!(said(|| panic!("no room")), "no room");
        assert_eq!(said(|| panic!("no {}", "card")), "no card");
        assert_eq!(
            said(|| std::panic::panic_any(7_u8)),
            "a panic without a message"
        );
    }
}

//! When the parts of an answer came.

use std::time::{Duration, Instant};

use hearth_app::model::Reasoning;
use hearth_engine::request::Usage;

use super::to_ms;

/// When things happened.
#[derive(Debug)]
pub(in crate::chat) struct Clock {
    submitted: Instant,
    pub(super) first_token: Option<Instant>,
    last_token: Option<Instant>,
    /// Earliest moment of the next frame with text.
    pub(super) next_show: Instant,
    /// First and last moment of the reasoning.
    reasoning: Option<(Instant, Instant)>,
    /// Of a continued answer: how long it reasoned before.
    earlier_reasoning_ms: u32,
}

impl Clock {
    pub(in crate::chat) fn start(earlier_reasoning_ms: u32) -> Self {
        let now = Instant::now();
        Self {
            submitted: now,
            first_token: None,
            last_token: None,
            next_show: now,
            reasoning: None,
            earlier_reasoning_ms,
        }
    }

    /// The model is reasoning.
    pub(super) fn reason(&mut self) {
        let now = Instant::now();
        let first = self.reasoning.map_or(now, |(first, _)| first);
        self.reasoning = Some((first, now));
    }

    pub(super) fn reasoning_ms(&self) -> u32 {
        let now = self
            .reasoning
            .map_or(Duration::ZERO, |(first, last)| last - first);
        self.earlier_reasoning_ms.saturating_add(to_ms(now))
    }

    /// More reasoning, for a frame.
    pub(super) fn reasoning(&self, text: String) -> Reasoning {
        let duration_ms = self.reasoning_ms();
        Reasoning { text, duration_ms }
    }

    pub(super) fn count_token(&mut self) {
        let now = Instant::now();
        self.first_token.get_or_insert(now);
        self.last_token = Some(now);
    }

    /// Cost by our own clock, for turns that the engine did not end itself.
    pub(super) fn usage(&self) -> Usage {
        let (first, last) = (self.first_token, self.last_token);
        Usage {
            time_to_first_token: first.map_or(Duration::ZERO, |first| first - self.submitted),
            decode_time: first
                .zip(last)
                .map_or(Duration::ZERO, |(first, last)| last - first),
            ..Usage::default()
        }
    }
}

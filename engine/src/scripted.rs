//! A model without weights that answers by script: for tests of what lies above the engine.
//!
//! Its vocabulary is one token per byte, 256 `<|im_start|>` and 257 `<|im_end|>`, which ends an
//! answer. Prompts are plain `ChatML`. Which answer it gives depends on the prompt alone, and which
//! token comes next on the prompt and the number of answer tokens, so a continued answer goes on
//! where it was.

mod runner;

use std::{fmt::Write, sync::OnceLock, time::Duration};

pub(crate) use runner::{ScriptedRunner, VOCAB_SIZE};
use sha2::{Digest, Sha256};

use crate::{
    chat::ChatTemplate,
    handle::EngineConfig,
    loaded_model::{self, LoadError, ModelDescription, OpenedModel},
    tokenizer::Tokenizer,
};

/// Name of every scripted model.
pub(crate) const NAME: &str = "scripted";

const DEFAULT_CONTEXT_WINDOW: usize = 8192;
/// Longest uninterrupted sleep, so that aborts are quick.
const SLICE: Duration = Duration::from_millis(5);
/// Longest time of loading without a report, as between two tensors of a file.
const LOAD_STEP: Duration = Duration::from_millis(50);

/// What a scripted model says, and how slowly.
#[derive(Clone, Debug)]
pub struct ScriptedModel {
    answers: Vec<String>,
    token_delay: Duration,
    prefill_delay: Duration,
    load_delay: Duration,
    /// Of the last of several engines, where it is not that of the others.
    last_load_delay: Option<Duration>,
    context_window: usize,
    certainty: Certainty,
    load_failure: Option<String>,
    load_panic: Option<String>,
    panic_after: Option<usize>,
    num_panicking: usize,
    num_replicas: usize,
    /// How often it was loaded.
    num_loads: usize,
}

/// How sure the model is of its next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certainty {
    /// Nothing but the scripted token is possible.
    Full,
    /// Every lower-case letter is about as probable: what is drawn depends on the seed.
    None,
    /// No logit is a number.
    Broken,
}

impl ScriptedModel {
    /// Answer `i` is given to a prompt with `i + 1` user messages; the last one repeats. Without
    /// answers, the last user message is the answer.
    pub fn new(answers: Vec<String>) -> Self {
        Self {
            answers,
            token_delay: Duration::ZERO,
            prefill_delay: Duration::ZERO,
            load_delay: Duration::ZERO,
            last_load_delay: None,
            context_window: DEFAULT_CONTEXT_WINDOW,
            certainty: Certainty::Full,
            load_failure: None,
            load_panic: None,
            panic_after: None,
            num_panicking: 1,
            num_replicas: 1,
            num_loads: 0,
        }
    }

    /// Time for every answer token after the first.
    #[must_use]
    pub fn with_token_delay(mut self, delay: Duration) -> Self {
        self.token_delay = delay;
        self
    }

    /// Time for every 32 prompt tokens.
    #[must_use]
    pub fn with_prefill_delay(mut self, delay: Duration) -> Self {
        self.prefill_delay = delay;
        self
    }

    /// Time until the model is ready.
    #[must_use]
    pub fn with_load_delay(mut self, delay: Duration) -> Self {
        self.load_delay = delay;
        self
    }

    /// Time until the last of several engines is ready, where the others take another.
    #[must_use]
    pub fn with_last_load_delay(mut self, delay: Duration) -> Self {
        self.last_load_delay = Some(delay);
        self
    }

    /// Most tokens of prompt and answer together.
    #[must_use]
    pub fn with_context_window(mut self, num_tokens: usize) -> Self {
        self.context_window = num_tokens;
        self
    }

    /// Makes every lower-case letter about as probable as the scripted byte, at every position.
    #[must_use]
    pub fn with_random_letters(mut self) -> Self {
        self.certainty = Certainty::None;
        self
    }

    /// Computes logits of which none is a number.
    #[must_use]
    pub fn with_broken_logits(mut self) -> Self {
        self.certainty = Certainty::Broken;
        self
    }

    /// Fails to load, with this reason.
    #[must_use]
    pub fn with_load_failure(mut self, reason: &str) -> Self {
        self.load_failure = Some(reason.to_owned());
        self
    }

    /// Panics while it is loaded again, with this message.
    #[must_use]
    pub fn with_load_panic(mut self, message: &str) -> Self {
        self.load_panic = Some(message.to_owned());
        self
    }

    /// Panics when an answer has this many tokens.
    #[must_use]
    pub fn with_panic_after(mut self, num_tokens: usize) -> Self {
        self.panic_after = Some(num_tokens);
        self
    }

    /// So many of several engines panic, each once, or one alone so many times that it is loaded;
    /// one if this is not called.
    #[must_use]
    pub fn with_panicking(mut self, count: usize) -> Self {
        self.num_panicking = count;
        self
    }

    /// Several engines with this model; only the first ones panic, if they are to.
    #[must_use]
    pub fn with_replicas(mut self, count: usize) -> Self {
        self.num_replicas = count.max(1);
        self
    }

    pub(crate) fn replicas(self) -> Vec<Self> {
        let num_panicking = |index| match self.num_replicas {
            1 => self.num_panicking,
            _ => usize::from(index < self.num_panicking),
        };
        let load_delay = |index: usize| match self.last_load_delay {
            Some(delay) if index + 1 == self.num_replicas => delay,
            _ => self.load_delay,
        };
        let replica = |index| Self {
            num_panicking: num_panicking(index),
            load_failure: self.load_failure.clone().filter(|_| index == 0),
            load_delay: load_delay(index),
            ..self.clone()
        };
        (0..self.num_replicas).map(replica).collect()
    }

    pub(crate) fn opened(&self, config: &EngineConfig) -> OpenedModel {
        let tokenizer = Tokenizer::bytes();
        let digest = Sha256::digest(format!("{NAME}{:?}", self.answers));
        let mut fingerprint = String::with_capacity(64);
        for byte in digest {
            write!(fingerprint, "{byte:02x}").expect("invariant: writing to a string cannot fail");
        }
        OpenedModel {
            name: NAME.to_owned(),
            fingerprint,
            is_demonstration: true,
            context_window: loaded_model::context_window(self.context_window, config),
            template: ChatTemplate::scripted(&tokenizer),
            tokenizer,
            description: ModelDescription {
                format: NAME.to_owned(),
                device: "CPU".to_owned(),
                weight_bytes: 0,
                num_parameters: 0,
            },
            formats: OnceLock::new(),
        }
    }

    pub(crate) fn load(
        &mut self,
        progress: &mut dyn FnMut(u8),
    ) -> Result<ScriptedRunner, LoadError> {
        for percent in 0..100u8 {
            progress(percent);
            let mut rest = self.load_delay / 100;
            while !rest.is_zero() {
                let step = rest.min(LOAD_STEP);
                let _ = sleep(step, &|| false);
                rest -= step;
                progress(percent);
            }
        }
        progress(100);
        if let Some(reason) = &self.load_failure {
            return Err(LoadError::Scripted(reason.clone()));
        }
        let mut loaded = self.clone();
        if self.num_panicking == 0 {
            loaded.panic_after = None;
        }
        self.num_panicking = self.num_panicking.saturating_sub(1);
        self.num_loads += 1;
        if let Some(message) = self.load_panic.as_ref().filter(|_| self.num_loads > 1) {
            panic!("{message}");
        }
        Ok(ScriptedRunner::new(loaded))
    }
}

/// Whether a sleep lasted as long as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slept {
    Fully,
    Interrupted,
}

fn sleep(duration: Duration, abort: &dyn Fn() -> bool) -> Slept {
    let mut rest = duration;
    while !rest.is_zero() {
        if abort() {
            return Slept::Interrupted;
        }
        let slice = rest.min(SLICE);
        std::thread::sleep(slice);
        rest -= slice;
    }
    Slept::Fully
}

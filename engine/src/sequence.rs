//! One prompt with its answer inside the engine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::mpsc::UnboundedSender;

use crate::{
    answer_format::{TokenConstraint, forbid},
    handle::{Permit, StopWatch},
    kernels::Draw,
    loaded_model::Cache,
    prefix_cache::Salt,
    request::{
        FinishReason, GenerateRequest, GenerationError, TokenId, TokenLogprobs, TokenOptions,
    },
    sampling::Sampler,
    scheduler::{SequenceId, UserKey},
    worker::Seat,
};

/// Tokens whose logits one step reads back.
const SCORED_CHUNK: usize = 32;

/// Where a sequence stands. One that runs has a cache, and so has one that gave its place away.
#[derive(Debug)]
pub(crate) enum SequenceState {
    Waiting,
    Running {
        cache: Cache,
        num_computed_tokens: usize,
    },
    /// In a forward pass, which has taken the cache and gives it back.
    Computing,
}

/// What the worker tells about a sequence: tokens, never text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SequenceEvent {
    Loading {
        percent: u8,
    },
    Queued {
        ahead: usize,
        wait: Option<Duration>,
    },
    Prefill {
        done: usize,
        total: usize,
    },
    /// Of tokens that were given.
    PromptLogprobs(Vec<TokenLogprobs>),
    Token {
        id: TokenId,
        at: Instant,
        logprobs: Option<TokenLogprobs>,
    },
    /// The last token, one that ends answers, is told only here.
    Finished {
        reason: FinishReason,
        end_token: Option<EndToken>,
    },
    Failed(GenerationError),
}

/// The token that ended an answer and, if they were asked for, its probabilities.
pub(crate) type EndToken = (TokenId, Option<TokenLogprobs>);

/// The caller's end of a sequence, set when it is no longer wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct AbortFlag(Arc<AtomicBool>);

impl AbortFlag {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub(crate) struct Sequence {
    pub(crate) id: SequenceId,
    pub(crate) state: SequenceState,
    pub(crate) sampler: Sampler,
    pub(crate) options: TokenOptions,
    /// What the answer must be.
    constraint: Option<TokenConstraint>,
    /// What may end it beside its end tokens.
    pub(crate) stop_watch: Option<StopWatch>,
    /// Prompt and answer.
    pub(crate) tokens: Vec<TokenId>,
    pub(crate) abort: AbortFlag,
    /// Who may find again what is computed for it.
    pub(crate) salt: Salt,
    /// The conversation it belongs to.
    pub(crate) session: Option<u128>,
    /// Its part of the load of one engine among several.
    pub(crate) seat: Option<Seat>,
    /// Engines that failed while they had it.
    pub(crate) num_failures: u8,
    /// Length of prompt and earlier answer: what is there before the first new token.
    num_given_tokens: usize,
    max_tokens: usize,
    /// Tokens of the prompt that did not have to be computed when it began.
    num_cached_tokens: Option<usize>,
    /// Given tokens whose probabilities were told, the first one counted with them.
    num_scored_tokens: usize,
    /// When it first had a place.
    pub(crate) begun: Option<Instant>,
    /// Computed only for those that begin like it.
    pub(crate) is_background: bool,
    user: UserKey,
    permit: Option<Permit>,
    events: UnboundedSender<SequenceEvent>,
    last_progress: Option<SequenceEvent>,
}

impl Sequence {
    pub(crate) fn new(
        id: SequenceId,
        request: GenerateRequest,
        permit: Permit,
        abort: AbortFlag,
        events: UnboundedSender<SequenceEvent>,
    ) -> Self {
        let user = permit.user();
        Self::with(id, request, (user, Some(permit)), abort, events)
    }

    /// A prompt that is to be computed when there is nothing else to do, so that one which begins
    /// like it need not wait. It has no place in the queue, and nobody hears of it.
    pub(crate) fn background(id: SequenceId, user: UserKey, request: GenerateRequest) -> Self {
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        let mut sequence = Self::with(id, request, (user, None), AbortFlag::default(), events);
        sequence.is_background = true;
        sequence
    }

    fn with(
        id: SequenceId,
        request: GenerateRequest,
        (user, permit): (UserKey, Option<Permit>),
        abort: AbortFlag,
        events: UnboundedSender<SequenceEvent>,
    ) -> Self {
        let format = request.options.format.as_ref();
        let constraint = format.map(|format| format.constraint(&request.answer_so_far));
        let mut sampler = Sampler::new(request.sampling, &request.prompt);
        let mut tokens = request.prompt;
        for &token in &request.answer_so_far {
            sampler.note(token);
        }
        tokens.extend(request.answer_so_far);
        Self {
            id,
            state: SequenceState::Waiting,
            sampler,
            options: request.options,
            constraint,
            stop_watch: None,
            num_given_tokens: tokens.len(),
            tokens,
            abort,
            salt: Salt {
                owner: user.0,
                num_shared_tokens: request.num_shared_tokens,
            },
            session: request.session,
            seat: None,
            num_failures: 0,
            max_tokens: request.max_tokens,
            num_cached_tokens: None,
            num_scored_tokens: 0,
            begun: None,
            is_background: false,
            user,
            permit,
            events,
            last_progress: None,
        }
    }

    /// Runs from now on, with a cache that holds some of its tokens.
    pub(crate) fn begin(&mut self, (cache, num_computed_tokens): (Cache, usize)) {
        self.state = SequenceState::Running {
            cache,
            num_computed_tokens,
        };
        self.num_cached_tokens.get_or_insert(num_computed_tokens);
        self.begun.get_or_insert_with(Instant::now);
        self.tell_prefill(num_computed_tokens);
    }

    /// Whether it was computed in the background and is complete.
    pub(crate) fn is_prepared(&self) -> bool {
        self.is_background && self.num_pending_tokens() == 0
    }

    /// Whether it has a cache.
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(self.state, SequenceState::Waiting)
    }

    /// Whether the last step was the one that computed the last of what was given.
    pub(crate) fn has_just_prefilled(&self, before: usize, computed: usize) -> bool {
        before < self.num_given_tokens && computed >= self.num_given_tokens
    }

    /// Whether it has a deadline that is over.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        let deadline = self.options.deadline;
        deadline.is_some_and(|deadline| now >= deadline)
    }

    pub(crate) fn user(&self) -> UserKey {
        self.user
    }

    /// Whether the probabilities of given tokens are still to be told, behind so many of them.
    pub(crate) fn is_scored_behind(&self, num_computed_tokens: usize) -> bool {
        self.options.scores_prompt && num_computed_tokens < self.num_given_tokens
    }

    /// Tells the probabilities of given tokens. `rows`: the logits behind the last computed tokens,
    /// of which there are `num_computed_tokens`.
    pub(crate) fn score(&mut self, rows: &[Vec<f32>], num_computed_tokens: usize) {
        let first = num_computed_tokens - rows.len() + 1;
        let num_top = self.options.top_logprobs.unwrap_or_default();
        // One that was halted has told some before.
        let new = self.num_scored_tokens.max(first)..self.num_given_tokens;
        let rows = (first..).zip(rows).filter(|(at, _)| new.contains(at));
        let logprobs: Vec<TokenLogprobs> = rows
            .map(|(at, logits)| TokenLogprobs::new(logits, self.tokens[at], num_top))
            .collect();
        self.num_scored_tokens = self.num_scored_tokens.max(num_computed_tokens + 1);
        if !logprobs.is_empty() {
            self.send(SequenceEvent::PromptLogprobs(logprobs));
        }
    }

    /// Tokens that a step may compute, see [`Self::num_pending_tokens`].
    pub(crate) fn next_chunk(&self) -> usize {
        let limit = if self.options.scores_prompt {
            SCORED_CHUNK
        } else {
            usize::MAX
        };
        self.num_pending_tokens().min(limit)
    }

    /// Whether it is told the probabilities of what was given, and nothing more.
    pub(crate) fn is_only_scored(&self) -> bool {
        self.options.scores_prompt && self.max_tokens == 0
    }

    /// The tokens that a cache may hold already.
    pub(crate) fn cacheable_tokens(&self) -> &[TokenId] {
        if self.options.scores_prompt {
            &[]
        } else {
            &self.tokens
        }
    }

    /// Tokens that are not computed yet; none unless the sequence runs.
    pub(crate) fn num_pending_tokens(&self) -> usize {
        match self.state {
            SequenceState::Running {
                num_computed_tokens,
                ..
            } => self.tokens.len() - num_computed_tokens,
            SequenceState::Waiting | SequenceState::Computing => 0,
        }
    }

    /// Why nothing is to be computed, if so.
    pub(crate) fn limit_at_start(&self, context_window: usize) -> Option<FinishReason> {
        let is_scored = self.options.scores_prompt && self.tokens.len() <= context_window;
        let limit = self.limit(context_window);
        limit.filter(|_| !is_scored || self.tokens.is_empty())
    }

    /// Why no further token may be chosen, if so.
    pub(crate) fn limit(&self, context_window: usize) -> Option<FinishReason> {
        let num_new_tokens = self.tokens.len() - self.num_given_tokens;
        let is_full = num_new_tokens >= self.max_tokens || self.tokens.len() >= context_window;
        // Without a single token there is nothing to compute the next one from.
        (is_full || self.tokens.is_empty()).then_some(FinishReason::Length)
    }

    /// Adds a chosen token and tells it; whether the answer is to end with it.
    pub(crate) fn push(&mut self, id: TokenId, logprobs: Option<TokenLogprobs>) -> bool {
        self.tokens.push(id);
        self.sampler.note(id);
        if let Some(constraint) = &mut self.constraint {
            constraint.advance(id);
        }
        self.send(SequenceEvent::Token {
            id,
            at: Instant::now(),
            logprobs,
        });
        let watch = self.stop_watch.as_mut();
        watch.is_some_and(|watch| watch.is_stopped_by(id))
    }

    /// The next token and, if asked for, how probable it was; `end_tokens` are the model's.
    pub(crate) fn choose(
        &mut self,
        logits: &mut [f32],
        end_tokens: &[TokenId],
    ) -> (TokenId, Option<TokenLogprobs>) {
        let before = self.options.top_logprobs.map(|_| logits.to_vec());
        for (token, bias) in &self.options.logit_bias {
            if let Some(logit) = logits.get_mut(token.0 as usize) {
                *logit += bias;
            }
        }
        if let Some(constraint) = &mut self.constraint {
            constraint.apply(logits);
        }
        // Where a format is complete there is nothing but the end.
        if self.forbids_end() && has_other(logits, end_tokens) {
            forbid(logits, end_tokens);
        }
        let token = self.sampler.sample(logits, self.tokens.len());
        let logprobs = before.zip(self.options.top_logprobs);
        (
            token,
            logprobs.map(|(logits, num_top)| TokenLogprobs::new(&logits, token, num_top)),
        )
    }

    /// The draw that a card can make alone for the token at `position`.
    pub(crate) fn draw(&self, position: usize) -> Option<Draw> {
        let options = &self.options;
        let is_plain = options.top_logprobs.is_none()
            && options.logit_bias.is_empty()
            && self.constraint.is_none()
            && !self.forbids_end();
        is_plain.then(|| self.sampler.draw(position)).flatten()
    }

    fn forbids_end(&self) -> bool {
        let num_new_tokens = self.tokens.len() - self.num_given_tokens;
        self.options.ignores_end || num_new_tokens < self.options.min_tokens
    }

    /// Tells progress, unless it was the last thing told, or the answer has begun: then it only
    /// goes on elsewhere.
    pub(crate) fn tell(&mut self, progress: SequenceEvent) {
        if self.tokens.len() == self.num_given_tokens
            && self.last_progress.as_ref() != Some(&progress)
        {
            self.last_progress = Some(progress.clone());
            self.send(progress);
        }
    }

    /// Tells how much of what was given is computed.
    pub(crate) fn tell_prefill(&mut self, done: usize) {
        let total = self.num_given_tokens;
        self.tell(SequenceEvent::Prefill {
            done: done.min(total),
            total,
        });
    }

    /// Ends the sequence. Its place is free before its caller can know.
    pub(crate) fn end(self, last: SequenceEvent) {
        let Self {
            events,
            permit,
            state,
            seat,
            ..
        } = self;
        drop((permit, state, seat));
        // The caller may have gone.
        let _ = events.send(last);
    }

    fn send(&self, event: SequenceEvent) {
        // A caller who has gone has set the abort flag too.
        let _ = self.events.send(event);
    }
}

/// Whether a token is possible that is none of `tokens`.
fn has_other(logits: &[f32], tokens: &[TokenId]) -> bool {
    let mut possible = (0..)
        .zip(logits)
        .filter(|(_, logit)| **logit > f32::NEG_INFINITY);
    possible.any(|(id, _)| !tokens.contains(&TokenId(id)))
}

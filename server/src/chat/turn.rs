//! The task that makes one answer: events in, text and frames out.
//!
//! It alone decides when a turn ends. On Stop it drops the engine's stream and freezes the text at
//! once, whatever the engine does meanwhile.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hearth_app::model::{FinishReason, MessageStatus, Reasoning, TurnError, Usage, WaitState};
use hearth_engine::{
    handle::GenerationStream,
    request::{
        FinishReason as EngineFinishReason, GenerationError, GenerationEvent, TokenId,
        Usage as EngineUsage,
    },
};
use tokio::sync::watch;

use super::{
    live_turns::{Claim, LiveTurn, LiveTurns, StopReason},
    recorder::Recorder,
    turn_log::Ending,
};
use crate::{
    markdown::MarkdownStream,
    store::{Chunk, FinishedAnswer, TurnTokens, tokens_per_second},
};

/// Frames with text come at most this often.
const SHOW_INTERVAL: Duration = Duration::from_millis(50);
/// A block that is slow to render is rendered less often: at most this share of the time.
const RENDER_SHARE: u32 = 10;
/// An ended turn waits that long for the database before its last frame.
const SAVE_PATIENCE: Duration = Duration::from_millis(200);
/// A tail may come that late and still replay the frames.
const LOG_LIFETIME: Duration = Duration::from_mins(1);

/// What a continued answer has cost before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EarlierCost {
    /// Present: the answer is continued.
    pub(super) time_to_first_token_ms: Option<u32>,
    pub(super) decode_ms: u32,
}

/// Text, reasoning and ids of an answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) reasoning: Option<Reasoning>,
    pub(super) token_ids: Vec<u32>,
}

/// One turn being made.
#[derive(Debug)]
pub(super) struct TurnTask {
    pub(super) turn: Arc<LiveTurn>,
    pub(super) live: LiveTurns,
    pub(super) recorder: Recorder,
    pub(super) stream: GenerationStream,
    pub(super) markdown: MarkdownStream,
    pub(super) answer: Answer,
    pub(super) claim: Claim,
    pub(super) num_prompt_tokens: usize,
    /// Tokens of a continued answer that were there before.
    pub(super) num_earlier_tokens: usize,
    pub(super) earlier: EarlierCost,
    pub(super) clock: Clock,
}

/// When things happened.
#[derive(Debug)]
pub(super) struct Clock {
    submitted: Instant,
    first_token: Option<Instant>,
    last_token: Option<Instant>,
    /// Earliest moment of the next frame with text.
    next_show: Instant,
    /// First and last moment of the reasoning.
    reasoning: Option<(Instant, Instant)>,
    /// Of a continued answer: how long it reasoned before.
    earlier_reasoning_ms: u32,
}

/// What no frame holds yet.
#[derive(Debug, Default)]
struct Unshown {
    text: String,
    reasoning: String,
}

impl Unshown {
    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.reasoning.is_empty()
    }
}

impl Clock {
    pub(super) fn start(earlier_reasoning_ms: u32) -> Self {
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
    fn reason(&mut self) {
        let now = Instant::now();
        let first = self.reasoning.map_or(now, |(first, _)| first);
        self.reasoning = Some((first, now));
    }

    fn reasoning_ms(&self) -> u32 {
        let now = self
            .reasoning
            .map_or(Duration::ZERO, |(first, last)| last - first);
        self.earlier_reasoning_ms.saturating_add(to_ms(now))
    }

    /// More reasoning, for a frame.
    fn reasoning(&self, text: String) -> Reasoning {
        let duration_ms = self.reasoning_ms();
        Reasoning { text, duration_ms }
    }

    fn count_token(&mut self) {
        let now = Instant::now();
        self.first_token.get_or_insert(now);
        self.last_token = Some(now);
    }

    /// Cost by our own clock, for turns that the engine did not end itself.
    fn usage(&self) -> EngineUsage {
        let (first, last) = (self.first_token, self.last_token);
        EngineUsage {
            time_to_first_token: first.map_or(Duration::ZERO, |first| first - self.submitted),
            decode_time: first
                .zip(last)
                .map_or(Duration::ZERO, |(first, last)| last - first),
            ..EngineUsage::default()
        }
    }
}

/// Why the stream is not read any further.
enum Outcome {
    Finished(EngineFinishReason, EngineUsage),
    Stopped(StopReason),
    Failed(GenerationError),
}

impl TurnTask {
    /// Makes the answer, then keeps its log for late tails.
    pub(super) async fn run(mut self) {
        let mut unshown = Unshown::default();
        let outcome = self.generate(&mut unshown).await;
        // From here on the engine computes for others.
        drop(self.stream);
        if !unshown.reasoning.is_empty() {
            self.turn
                .log
                .reason(self.clock.reasoning(unshown.reasoning));
        }
        let mut blocks = self.markdown.push(&unshown.text);
        blocks.extend(self.markdown.finish());
        self.turn.log.show(blocks, String::new());
        let answer = finished_answer(&self.turn, self.answer, outcome, |usage| Cost {
            usage: usage.unwrap_or_else(|| self.clock.usage()),
            num_prompt_tokens: self.num_prompt_tokens,
            num_earlier_tokens: self.num_earlier_tokens,
            is_prompt_read: self.clock.first_token.is_some(),
            earlier: self.earlier,
        });
        let mut ending = Ending {
            status: answer.status,
            finish_reason: answer.finish_reason,
            usage: (answer.usage.completion_tokens > 0).then_some(answer.usage),
            error: answer.error.clone(),
        };
        log_end(&self.turn, &answer);
        let saved = tokio::time::timeout(SAVE_PATIENCE, self.recorder.finish(answer)).await;
        if saved == Ok(false) {
            ending.error = Some(TurnError::NotSaved);
        }
        // Whoever sees the last frame may send the next message.
        drop(self.claim);
        self.turn.log.end(ending);
        loop {
            tokio::time::sleep(LOG_LIFETIME).await;
            if !self.recorder.is_unsaved(self.turn.message) {
                break;
            }
        }
        self.live.remove(&self.turn);
    }

    /// Reads events until the turn ends.
    async fn generate(&mut self, unshown: &mut Unshown) -> Outcome {
        let mut stop_asked = self.turn.stop_asked();
        loop {
            let next_show = tokio::time::Instant::from_std(self.clock.next_show);
            let event = tokio::select! {
                biased;
                reason = stopped(&mut stop_asked) => return Outcome::Stopped(reason),
                () = tokio::time::sleep_until(next_show), if !unshown.is_empty() => {
                    self.show(unshown);
                    continue;
                }
                event = self.stream.next() => event,
            };
            match event {
                Some(GenerationEvent::Tokens { ids, text }) => {
                    self.append(&ids, text, unshown);
                }
                Some(GenerationEvent::Reasoning { text }) => self.reason(text, unshown),
                Some(GenerationEvent::Finished { reason, usage }) => {
                    return Outcome::Finished(reason, usage);
                }
                Some(GenerationEvent::Failed(error)) => return Outcome::Failed(error),
                None => return Outcome::Failed(GenerationError::EngineStopped),
                Some(waiting) => self.wait(&waiting),
            }
        }
    }

    /// Its ids come with the next tokens.
    fn reason(&mut self, text: String, unshown: &mut Unshown) {
        self.clock.reason();
        let reasoning = self.answer.reasoning.get_or_insert_default();
        reasoning.text.push_str(&text);
        reasoning.duration_ms = self.clock.reasoning_ms();
        unshown.reasoning.push_str(&text);
        let chunk = Chunk {
            reasoning: text,
            ..Chunk::default()
        };
        self.recorder.append(self.turn.message, chunk);
    }

    fn append(&mut self, ids: &[TokenId], text: String, unshown: &mut Unshown) {
        self.clock.count_token();
        let ids: Vec<u32> = ids.iter().map(|id| id.0).collect();
        self.answer.text.push_str(&text);
        self.answer.token_ids.extend(&ids);
        self.turn.log.append_text(&text);
        unshown.text.push_str(&text);
        let chunk = Chunk {
            text,
            token_ids: ids,
            ..Chunk::default()
        };
        self.recorder.append(self.turn.message, chunk);
    }

    fn show(&mut self, unshown: &mut Unshown) {
        let start = Instant::now();
        let Unshown { text, reasoning } = std::mem::take(unshown);
        if !reasoning.is_empty() {
            self.turn.log.reason(self.clock.reasoning(reasoning));
        }
        let blocks = self.markdown.push(&text);
        self.turn.log.show(blocks, self.markdown.pending());
        let pause = SHOW_INTERVAL.max(start.elapsed() * RENDER_SHARE);
        self.clock.next_show = start + pause;
    }

    fn wait(&self, event: &GenerationEvent) {
        // Before the first token only: later, text says enough.
        if self.clock.first_token.is_some() {
            return;
        }
        let wait = match *event {
            GenerationEvent::Loading { percent } => WaitState::LoadingModel { percent },
            GenerationEvent::Queued { ahead } => WaitState::Queued {
                ahead: to_u32(ahead),
            },
            GenerationEvent::Prefill { done, total } => WaitState::ReadingPrompt {
                percent: u8::try_from(done * 100 / total.max(1))
                    .unwrap_or(100)
                    .min(100),
            },
            _ => return,
        };
        self.turn.log.wait(wait);
    }
}

/// Resolves when the turn is to end; never by itself.
async fn stopped(asked: &mut watch::Receiver<Option<StopReason>>) -> StopReason {
    let reason = asked.wait_for(Option::is_some).await.map(|reason| *reason);
    match reason {
        Ok(Some(reason)) => reason,
        // The sender lives in the turn that this task holds.
        _ => std::future::pending().await,
    }
}

/// What the usage of an answer is made from.
struct Cost {
    usage: EngineUsage,
    num_prompt_tokens: usize,
    num_earlier_tokens: usize,
    is_prompt_read: bool,
    earlier: EarlierCost,
}

impl Cost {
    fn decode_ms(&self) -> u32 {
        self.earlier
            .decode_ms
            .saturating_add(to_ms(self.usage.decode_time))
    }

    /// What this turn computed: a continued answer counts from where it went on.
    fn tokens(&self, completion_tokens: usize) -> TurnTokens {
        if !self.is_prompt_read {
            return TurnTokens::default();
        }
        TurnTokens {
            prompt: to_u32(self.num_prompt_tokens + self.num_earlier_tokens),
            completion: to_u32(completion_tokens.saturating_sub(self.num_earlier_tokens)),
        }
    }

    fn usage(&self, completion_tokens: usize) -> Usage {
        let completion_tokens = to_u32(completion_tokens);
        let time_to_first_token_ms = self.earlier.time_to_first_token_ms;
        Usage {
            prompt_tokens: to_u32(self.num_prompt_tokens),
            completion_tokens,
            time_to_first_token_ms: time_to_first_token_ms
                .unwrap_or_else(|| to_ms(self.usage.time_to_first_token)),
            tokens_per_second: tokens_per_second(completion_tokens, self.decode_ms()),
        }
    }
}

fn finished_answer(
    turn: &LiveTurn,
    answer: Answer,
    outcome: Outcome,
    cost: impl FnOnce(Option<EngineUsage>) -> Cost,
) -> FinishedAnswer {
    let (status, finish_reason, error, usage) = match outcome {
        Outcome::Finished(reason, usage) => {
            let reason = match reason {
                EngineFinishReason::Stop => FinishReason::Stop,
                EngineFinishReason::Length => FinishReason::Length,
            };
            (MessageStatus::Finished, Some(reason), None, Some(usage))
        }
        Outcome::Stopped(StopReason::Person) => (MessageStatus::Stopped, None, None, None),
        Outcome::Stopped(StopReason::ShutDown | StopReason::ModelSwitch | StopReason::Disabled) => {
            (MessageStatus::Interrupted, None, None, None)
        }
        Outcome::Failed(GenerationError::EngineStopped) => {
            let error = TurnError::EngineStopped;
            (MessageStatus::Interrupted, None, Some(error), None)
        }
        Outcome::Failed(error) => {
            let reason = error.to_string();
            let error = TurnError::NotMade { reason };
            (MessageStatus::Failed, None, Some(error), None)
        }
    };
    let cost = cost(usage);
    FinishedAnswer {
        message: turn.message,
        status,
        finish_reason,
        error,
        usage: cost.usage(answer.token_ids.len()),
        tokens: cost.tokens(answer.token_ids.len()),
        decode_ms: cost.decode_ms(),
        text: answer.text,
        reasoning: answer.reasoning,
        token_ids: answer.token_ids,
    }
}

fn log_end(turn: &LiveTurn, answer: &FinishedAnswer) {
    tracing::info!(
        message.id = %turn.message,
        conversation.id = %turn.conversation,
        status = ?answer.status,
        finish_reason = ?answer.finish_reason,
        engine.prompt_tokens = answer.usage.prompt_tokens,
        engine.completion_tokens = answer.usage.completion_tokens,
        time_to_first_token_ms = answer.usage.time_to_first_token_ms,
        tokens_per_second = answer.usage.tokens_per_second,
        "turn ended: {:?}, {} tokens",
        answer.status,
        answer.usage.completion_tokens,
    );
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn to_ms(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

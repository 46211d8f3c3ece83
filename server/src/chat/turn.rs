//! The task that makes one answer: events in, text and frames out.
//!
//! It alone decides when a turn ends. On Stop it drops the engine's stream and freezes the text at
//! once, whatever the engine does meanwhile.

mod clock;
mod drawing;
mod ending;

pub(super) use clock::Clock;
pub(super) use drawing::{Drawing, Drawn};
use ending::{Cost, Outcome, finished_answer, log_end};

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hearth_app::model::{MessageStatus, Reasoning, ToolStep, TurnError, WaitState};
use hearth_engine::{
    harmony::conversation::ToolCall,
    request::{Conversation, GenerationError, GenerationEvent, TokenId, Usage},
};
use tokio::{sync::watch, task::JoinHandle};
use tracing::Instrument as _;

use super::{
    live_turns::{LiveTurn, LiveTurns, SharedClaim, StopReason},
    recorder::Recorder,
    source::Source,
    tools,
    turn_log::Ending,
};
use crate::{
    changes::Changes, metrics::Metrics, request_id, search::IndexText, slow_work::SlowWork,
    store::Chunk,
};

/// Frames with text come at most this often.
const SHOW_INTERVAL: Duration = Duration::from_millis(50);
/// A block that is slow to render is rendered less often: at most this share of the time.
const RENDER_SHARE: u32 = 10;
/// An ended turn waits that long for the database before its last frame: whoever sees that frame
/// goes on from what is stored. A write that fails is known at once.
const SAVE_PATIENCE: Duration = Duration::from_secs(1);
/// A tail may come that late and still replay the frames.
const LOG_LIFETIME: Duration = Duration::from_mins(1);

/// What a continued answer has cost before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EarlierCost {
    /// Present: the answer is continued.
    pub(super) time_to_first_token_ms: Option<u32>,
    pub(super) decode_ms: u32,
}

/// Text, reasoning, steps of tools and ids of an answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) reasoning: Option<Reasoning>,
    pub(super) steps: Vec<ToolStep>,
    pub(super) token_ids: Vec<u32>,
}

/// One turn being made.
#[derive(Debug)]
pub(super) struct TurnTask {
    pub(super) turn: Arc<LiveTurn>,
    pub(super) live: LiveTurns,
    pub(super) recorder: Recorder,
    pub(super) metrics: Arc<Metrics>,
    pub(super) changes: Changes,
    pub(super) source: Source,
    pub(super) slow_work: SlowWork,
    pub(super) drawing: Drawing,
    pub(super) answer: Answer,
    pub(super) claim: SharedClaim,
    /// What the prompt was made of.
    pub(super) conversation: Option<Conversation>,
    pub(super) num_prompt_tokens: usize,
    /// Tokens of a continued answer that were there before.
    pub(super) num_earlier_tokens: usize,
    pub(super) earlier: EarlierCost,
    pub(super) clock: Clock,
}

/// Ends an answer whose task panicked. Its conversation is free once that is stored; who watches
/// is told so soon in any case.
async fn end_broken(turn: &LiveTurn, recorder: Recorder, claim: SharedClaim) {
    let message = turn.message;
    let closing = tokio::spawn(async move {
        recorder.end_broken(message).await;
        claim.give_back();
    });
    if tokio::time::timeout(SAVE_PATIENCE, closing).await.is_err() {
        tracing::warn!(message.id = %message, "its end is not stored yet");
    }
    turn.log.end(Ending {
        status: MessageStatus::Failed,
        finish_reason: None,
        usage: None,
        error: Some(TurnError::Broken),
    });
}

/// An answer that was not saved in time is told of again.
fn tell_once_saved(saving: JoinHandle<bool>, changes: Changes, turn: Arc<LiveTurn>) {
    tokio::spawn(async move {
        if saving.await.is_ok() {
            changes.tell(turn.user, turn.conversation);
        }
    });
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

impl TurnTask {
    /// Makes the answer, then keeps its log for late tails. A panic on the way ends the answer as
    /// failed, with what it has.
    pub(super) async fn supervise(self) {
        let (turn, live) = (Arc::clone(&self.turn), self.live.clone());
        let (recorder, claim) = (self.recorder.clone(), self.claim.clone());
        let changes = self.changes.clone();
        let run = request_id::carried(self.run().in_current_span());
        let made = tokio::spawn(run).await;
        if made.is_err() {
            tracing::error!(message.id = %turn.message, "a turn ended by a panic");
            end_broken(&turn, recorder.clone(), claim).await;
            changes.tell(turn.user, turn.conversation);
        }
        loop {
            tokio::time::sleep(LOG_LIFETIME).await;
            if !recorder.is_unsaved(turn.message) {
                break;
            }
        }
        live.remove(&turn);
    }

    async fn run(mut self) {
        let mut unshown = Unshown::default();
        let outcome = self.generate(&mut unshown).await;
        // From here on the engine computes for others.
        self.source.end();
        let mut num_cached = 0;
        let mut next = None;
        if let Outcome::Finished(_, usage) = &outcome {
            self.metrics.answered(usage);
            num_cached = usage.cached_tokens.unwrap_or_default();
            next = self.source.next_prompt(self.conversation, &self.answer);
        }
        if !unshown.reasoning.is_empty() {
            self.turn
                .log
                .reason(self.clock.reasoning(unshown.reasoning));
        }
        let index = IndexText::beside(&self.answer.text).await;
        let answer = (self.answer, index);
        let answer = finished_answer(&self.turn, answer, outcome, |usage| Cost {
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
        self.metrics.spent(answer.tokens, num_cached);
        log_end(&self.turn, &answer);
        let (claim, recorder) = (self.claim, self.recorder);
        let mut saving = tokio::spawn(async move {
            let saved = recorder.finish(answer).await;
            // The next message goes on from what is stored, however long that took.
            claim.give_back();
            saved
        });
        let in_time = tokio::time::timeout(SAVE_PATIENCE, &mut saving);
        // The text is safe before its last picture is drawn.
        let (saved, drawn) = tokio::join!(in_time, self.drawing.finish(unshown.text));
        self.turn.log.show(drawn.blocks, String::new());
        self.turn.log.settle(drawn.changed);
        if matches!(saved, Ok(Ok(false))) {
            ending.error = Some(TurnError::NotSaved);
        }
        self.turn.log.end(ending);
        // Whoever looks because of this finds the end.
        self.changes.tell(self.turn.user, self.turn.conversation);
        if saved.is_err() {
            tell_once_saved(saving, self.changes, self.turn);
        }
        // The answer is saved and shown: only now is time spent on the next one.
        if let Some(next) = next {
            next.prepare(&self.slow_work).await;
        }
    }

    /// Reads events until the turn ends.
    async fn generate(&mut self, unshown: &mut Unshown) -> Outcome {
        let mut stop_asked = self.turn.stop_asked();
        let mut call = None;
        // Of this turn: an answer that is continued may call as often again.
        let mut num_calls = 0;
        loop {
            let next_show = tokio::time::Instant::from_std(self.clock.next_show);
            let event = tokio::select! {
                biased;
                reason = stopped(&mut stop_asked) => return Outcome::Stopped(reason),
                drawn = self.drawing.drawn(), if self.drawing.is_busy() => {
                    self.show(drawn);
                    continue;
                }
                () = tokio::time::sleep_until(next_show), if self.has_news(unshown) => {
                    self.draw(unshown);
                    continue;
                }
                event = self.source.next() => event,
            };
            match event {
                Some(GenerationEvent::Tokens {
                    ids,
                    reasoning,
                    text,
                    ..
                }) => self.append(&ids, reasoning, text, unshown),
                Some(GenerationEvent::ToolCall(called)) => call = Some(called),
                Some(GenerationEvent::Finished { reason, usage }) => {
                    let Some(call) = call.take().filter(|_| num_calls < tools::MAX_CALLS) else {
                        return Outcome::Finished(reason, self.source.total(usage));
                    };
                    num_calls += 1;
                    let step = tokio::select! {
                        biased;
                        reason = stopped(&mut stop_asked) => return Outcome::Stopped(reason),
                        step = tools::answer(&call) => step,
                    };
                    // What stands before the step is shown before it.
                    tokio::select! {
                        biased;
                        reason = stopped(&mut stop_asked) => return Outcome::Stopped(reason),
                        () = self.catch_up(unshown) => {}
                    }
                    self.go_on(&call, step, usage);
                }
                Some(GenerationEvent::Failed(error)) => return Outcome::Failed(error),
                None => return Outcome::Failed(GenerationError::EngineStopped),
                Some(waiting) => self.wait(&waiting),
            }
        }
    }

    fn append(&mut self, ids: &[TokenId], reasoning: String, text: String, unshown: &mut Unshown) {
        self.clock.count_token();
        let ids: Vec<u32> = ids.iter().map(|id| id.0).collect();
        if !reasoning.is_empty() {
            self.clock.reason();
            let so_far = self.answer.reasoning.get_or_insert_default();
            so_far.text.push_str(&reasoning);
            so_far.duration_ms = self.clock.reasoning_ms();
            unshown.reasoning.push_str(&reasoning);
        }
        self.answer.text.push_str(&text);
        #[cfg(test)]
        assert!(!self.answer.text.contains(super::tests::FAULT), "a fault");
        self.answer.token_ids.extend(&ids);
        self.turn.log.append_text(&text);
        unshown.text.push_str(&text);
        let chunk = Chunk {
            text,
            reasoning,
            reasoning_ms: self.clock.reasoning_ms(),
            token_ids: ids,
            ..Chunk::default()
        };
        self.recorder.append(self.turn.message, chunk);
    }

    /// Gives the model what a tool has answered. Step and ids are recorded together.
    fn go_on(&mut self, call: &ToolCall, mut step: ToolStep, usage: Usage) {
        let reasoning = self.answer.reasoning.as_ref();
        step.reasoning_bytes = Some(reasoning.map_or(0, |it| to_u32(it.text.len())));
        let token_ids = self.source.tool_result(call, &step.output);
        self.answer.token_ids.extend(&token_ids);
        self.answer.steps.push(step.clone());
        self.turn.log.step(step.clone());
        let chunk = Chunk {
            steps: vec![step],
            token_ids,
            ..Chunk::default()
        };
        self.recorder.append(self.turn.message, chunk);
        self.source.go_on(&self.answer.token_ids, usage);
    }

    fn has_news(&self, unshown: &Unshown) -> bool {
        !unshown.is_empty() && !self.drawing.is_busy()
    }

    /// Shows new reasoning, and begins to draw new text.
    fn draw(&mut self, unshown: &mut Unshown) {
        let Unshown { text, reasoning } = std::mem::take(unshown);
        if !reasoning.is_empty() {
            self.turn.log.reason(self.clock.reasoning(reasoning));
        }
        if !text.is_empty() {
            self.drawing.begin(text);
        }
        self.clock.next_show = Instant::now() + SHOW_INTERVAL;
    }

    fn show(&mut self, drawn: Drawn) {
        self.turn.log.show(drawn.blocks, drawn.pending);
        // Since it began, one share of that time has passed.
        let pause = drawn.time * (RENDER_SHARE - 1);
        self.clock.next_show = self.clock.next_show.max(Instant::now() + pause);
    }

    /// Draws and shows everything that has come.
    async fn catch_up(&mut self, unshown: &mut Unshown) {
        while self.drawing.is_busy() || !unshown.is_empty() {
            if self.drawing.is_busy() {
                let drawn = self.drawing.drawn().await;
                self.show(drawn);
            } else {
                self.draw(unshown);
            }
        }
    }

    fn wait(&self, event: &GenerationEvent) {
        // Before the first token only: later, text says enough.
        if self.clock.first_token.is_some() {
            return;
        }
        let wait = match *event {
            GenerationEvent::Loading { percent } => WaitState::LoadingModel { percent },
            GenerationEvent::Queued { ahead, wait } => WaitState::Queued {
                ahead: to_u32(ahead),
                seconds: wait.and_then(|wait| u32::try_from(wait.as_secs()).ok()),
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

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn to_ms(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

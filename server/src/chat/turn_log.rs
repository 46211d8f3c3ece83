//! The frames of one turn, kept for everybody who watches it.
//!
//! Frames are numbered from 1. A tail replays the frames after its cursor and then waits for new
//! ones; a cursor of another epoch gets one snapshot instead. Any number of tails may come and go.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::stream::{BoxStream, StreamExt as _, unfold};
use hearth_app::model::{
    ChatEvent, ChatEventKind, Cursor, FinishReason, MessageStatus, Reasoning, ToolStep, TurnError,
    Usage, WaitState,
};
use std::sync::Arc;
use tokio::sync::watch;

use super::live_turns::LiveTurn;
use crate::markdown;

/// A tail that has nothing to say says so this often.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// How a turn ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ending {
    pub(super) status: MessageStatus,
    pub(super) finish_reason: Option<FinishReason>,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<TurnError>,
}

/// A turn at one moment.
#[derive(Clone, Debug)]
pub(super) struct TurnView {
    pub(super) text: String,
    pub(super) blocks: Vec<String>,
    pub(super) pending: String,
    pub(super) reasoning: Option<Reasoning>,
    pub(super) steps: Vec<ToolStep>,
    /// Where a tail goes on after this view; leads back over a wait that is still shown.
    pub(super) cursor: Cursor,
    pub(super) ending: Option<Ending>,
}

/// The log of one turn.
#[derive(Debug)]
pub(super) struct TurnLog {
    epoch: u64,
    state: Mutex<LogState>,
    /// Number of frames so far.
    num_frames: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct LogState {
    frames: Vec<ChatEvent>,
    text: String,
    blocks: Vec<String>,
    pending: String,
    reasoning: Option<Reasoning>,
    steps: Vec<ToolStep>,
    ending: Option<Ending>,
}

/// What a message holds before a turn of it begins.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    pub(super) text: String,
    /// The text, rendered.
    pub(super) blocks: Vec<String>,
    pub(super) pending: String,
    pub(super) reasoning: Option<Reasoning>,
    pub(super) steps: Vec<ToolStep>,
}

impl TurnLog {
    /// A log without frames: none repeats what the message holds already.
    pub(super) fn new(epoch: u64, beginning: Beginning) -> Self {
        let state = LogState {
            text: beginning.text,
            blocks: beginning.blocks,
            pending: beginning.pending,
            reasoning: beginning.reasoning,
            steps: beginning.steps,
            ..LogState::default()
        };
        Self {
            epoch,
            state: Mutex::new(state),
            num_frames: watch::channel(0).0,
        }
    }

    pub(super) fn append_text(&self, text: &str) {
        self.lock().text.push_str(text);
    }

    /// Publishes what the person waits for, unless the last frame says the same.
    pub(super) fn wait(&self, wait: WaitState) {
        let mut state = self.lock();
        let kind = ChatEventKind::Waiting(wait);
        if state.frames.last().is_none_or(|frame| frame.kind != kind) {
            self.push(&mut state, kind);
        }
    }

    /// Publishes more reasoning.
    pub(super) fn reason(&self, more: Reasoning) {
        let mut state = self.lock();
        let reasoning = state.reasoning.get_or_insert_default();
        reasoning.text.push_str(&more.text);
        reasoning.duration_ms = more.duration_ms;
        self.push(&mut state, ChatEventKind::Reasoning(more));
    }

    /// Publishes what a tool did.
    pub(super) fn step(&self, step: ToolStep) {
        let mut state = self.lock();
        state.steps.push(step.clone());
        self.push(&mut state, ChatEventKind::Step(step));
    }

    /// Publishes finished blocks and the pending one: only what changed.
    pub(super) fn show(&self, blocks: Vec<String>, pending: String) {
        let mut state = self.lock();
        for block in blocks {
            state.pending.clear();
            state.blocks.push(block.clone());
            self.push(&mut state, ChatEventKind::Block(block));
        }
        if state.pending != pending {
            let keep = common_prefix(&state.pending, &pending);
            let html = pending[keep..].to_owned();
            state.pending = pending;
            self.push(&mut state, ChatEventKind::Pending { keep, html });
        }
    }

    /// Publishes blocks that look otherwise now that the text has ended.
    pub(super) fn settle(&self, changed: Vec<(usize, String)>) {
        if changed.is_empty() {
            return;
        }
        let mut state = self.lock();
        markdown::replace(&mut state.blocks, changed.clone());
        self.push(&mut state, ChatEventKind::Settled(changed));
    }

    /// Publishes the last frame.
    pub(super) fn end(&self, ending: Ending) {
        let mut state = self.lock();
        if state.ending.is_some() {
            return;
        }
        state.ending = Some(ending.clone());
        let kind = ChatEventKind::Ended {
            status: ending.status,
            finish_reason: ending.finish_reason,
            usage: ending.usage,
            error: ending.error,
        };
        self.push(&mut state, kind);
    }

    /// Waits for the last frame.
    pub(super) async fn ended(&self) {
        let mut num_frames = self.num_frames.subscribe();
        while !self.is_ended() {
            if num_frames.changed().await.is_err() {
                return;
            }
        }
    }

    pub(super) fn is_ended(&self) -> bool {
        self.lock().ending.is_some()
    }

    pub(super) fn view(&self) -> TurnView {
        let state = self.lock();
        TurnView {
            text: state.text.clone(),
            blocks: state.blocks.clone(),
            pending: state.pending.clone(),
            reasoning: state.reasoning.clone(),
            steps: state.steps.clone(),
            cursor: self.cursor(state.next_seq()),
            ending: state.ending.clone(),
        }
    }

    fn push(&self, state: &mut LogState, kind: ChatEventKind) {
        let seq = state.frames.len() as u64 + 1;
        let cursor = self.cursor(seq);
        state.frames.push(ChatEvent { cursor, kind });
        self.num_frames.send_replace(seq);
    }

    fn cursor(&self, seq: u64) -> Cursor {
        Cursor {
            epoch: self.epoch,
            seq,
        }
    }

    fn lock(&self) -> MutexGuard<'_, LogState> {
        // A panic between two frames leaves a log that is still in order.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogState {
    /// Last frame a view covers: a wait or an ending is repeated, because no view holds it.
    fn next_seq(&self) -> u64 {
        let is_shown = |frame: &ChatEvent| {
            !matches!(
                frame.kind,
                ChatEventKind::Waiting(_) | ChatEventKind::Ended { .. }
            )
        };
        let num_frames = self.frames.len() as u64;
        match self.frames.last() {
            Some(last) if !is_shown(last) => num_frames - 1,
            _ => num_frames,
        }
    }

    /// The frame after `seq`, if it is there.
    fn frame_after(&self, seq: u64) -> Option<&ChatEvent> {
        self.frames.get(usize::try_from(seq).ok()?)
    }
}

/// Where a tail stands.
struct Tail {
    turn: Arc<LiveTurn>,
    num_frames: watch::Receiver<u64>,
    /// Last frame given out; `None`: a snapshot is due.
    seq: Option<u64>,
    is_ended: bool,
}

/// Frames after the cursor, then live ones, then the last.
pub(super) fn tail(turn: Arc<LiveTurn>, cursor: Cursor) -> BoxStream<'static, ChatEvent> {
    let num_frames = turn.log.num_frames.subscribe();
    let is_known = cursor.epoch == turn.log.epoch && cursor.seq <= *num_frames.borrow();
    let tail = Tail {
        turn,
        num_frames,
        seq: is_known.then_some(cursor.seq),
        is_ended: false,
    };
    unfold(tail, |mut tail| async move {
        let event = tail.next().await?;
        Some((event, tail))
    })
    .boxed()
}

impl Tail {
    async fn next(&mut self) -> Option<ChatEvent> {
        if self.is_ended {
            return None;
        }
        let Some(seq) = self.seq else {
            return Some(self.snapshot());
        };
        loop {
            self.num_frames.borrow_and_update();
            let frame = self.turn.log.lock().frame_after(seq).cloned();
            if let Some(frame) = frame {
                self.seq = Some(frame.cursor.seq);
                self.is_ended = matches!(frame.kind, ChatEventKind::Ended { .. });
                return Some(frame);
            }
            let changed = tokio::time::timeout(KEEP_ALIVE_INTERVAL, self.num_frames.changed());
            match changed.await {
                Ok(Ok(())) => {}
                // The log lives as long as this tail, so its sender does too.
                Ok(Err(_)) => return None,
                Err(_) => {
                    return Some(ChatEvent {
                        cursor: self.turn.log.cursor(seq),
                        kind: ChatEventKind::KeepAlive,
                    });
                }
            }
        }
    }

    fn snapshot(&mut self) -> ChatEvent {
        let view = self.turn.log.view();
        self.seq = Some(view.cursor.seq);
        ChatEvent {
            cursor: view.cursor,
            kind: ChatEventKind::Snapshot {
                blocks: view.blocks,
                pending: view.pending,
                reasoning: view.reasoning,
                steps: view.steps,
            },
        }
    }
}

/// Bytes both texts begin with, up to a character boundary.
fn common_prefix(old: &str, new: &str) -> usize {
    let equal = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b);
    let mut length = equal.count();
    while !(old.is_char_boundary(length) && new.is_char_boundary(length)) {
        length -= 1;
    }
    length
}

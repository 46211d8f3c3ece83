//! What a message looks like after an event: a pure reducer, tested without a browser.
//!
//! Frames count by one. The next one is applied, older ones are ignored, and a gap asks for a new
//! stream from the last frame that was applied.

use crate::model::{
    ChatEvent, ChatEventKind, Cursor, FinishReason, LocalTime, Message, MessageId, MessageStatus,
    Notice, Phase, Provenance, Reasoning, Role, Thumb, ToolStep, TurnError, Usage, WaitState,
    phases,
};

/// No frame is known: the stream answers with a snapshot.
const NOWHERE: Cursor = Cursor { epoch: 0, seq: 0 };

/// A message as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownMessage {
    pub id: MessageId,
    pub parent_id: Option<MessageId>,
    pub role: Role,
    pub status: MessageStatus,
    /// A person's text. Empty if the server rendered it: then it stands in the document only.
    pub text: String,
    /// The files beside that text, HTML; only a space if the server rendered them.
    pub files: String,
    /// Committed HTML. Blocks that the server rendered are empty: they stand in the document only.
    pub blocks: Vec<String>,
    pub pending: String,
    /// If the server rendered it, its text has one letter for each thought.
    pub reasoning: Option<Reasoning>,
    /// What tools did for the answer.
    pub steps: Vec<ToolStep>,
    /// Counts replacements of all blocks; within one revision blocks are only appended.
    pub revision: u32,
    /// Blocks of this revision that were changed, each as often as it was.
    pub settled: Vec<usize>,
    pub waiting: Option<WaitState>,
    /// The answer goes on, but its stream is not there.
    pub is_lost: bool,
    /// What there is to know about the turn that this tab began.
    pub notice: Option<Notice>,
    /// The last frame that was applied.
    pub cursor: Cursor,
    pub finish_reason: Option<FinishReason>,
    pub usage: Option<Usage>,
    pub provenance: Option<Provenance>,
    pub error: Option<TurnError>,
    /// What its person says of an answer.
    pub rating: Option<Thumb>,
    /// It is being read aloud.
    pub is_read_aloud: bool,
    pub versions: Vec<MessageId>,
    pub time: LocalTime,
}

/// What the owner of the stream has to do after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Go on reading.
    Continue,
    /// Frames are missing: open a new stream at [`ShownMessage::cursor`].
    Reconnect,
    /// The turn is over and its text complete.
    Ended,
    /// The turn is over, but frames were missed: read the message again.
    EndedAfterGap,
}

impl ShownMessage {
    /// Starts from what the server answered.
    pub fn new(message: Message) -> Self {
        Self {
            id: message.id,
            parent_id: message.parent_id,
            role: message.role,
            status: message.status,
            text: message.text,
            files: message.files,
            blocks: message.blocks,
            pending: message.pending,
            reasoning: message.reasoning,
            steps: message.steps,
            revision: 0,
            settled: Vec::new(),
            waiting: None,
            is_lost: false,
            notice: None,
            cursor: message.cursor.unwrap_or(NOWHERE),
            finish_reason: message.finish_reason,
            usage: message.usage,
            provenance: message.provenance,
            error: message.error,
            rating: message.rating,
            is_read_aloud: false,
            versions: message.versions,
            time: message.time,
        }
    }

    /// Replaces everything by what the server says now.
    pub fn replace(&mut self, message: Message) {
        let (revision, notice) = (self.revision + 1, self.notice);
        *self = Self::new(message);
        self.revision = revision;
        self.notice = notice;
    }

    /// Takes over what the server says now, and leaves text alone that is the same already.
    pub fn refresh(&mut self, message: Message) {
        let is_settled = !self.is_running() && self.status == message.status;
        if !is_settled || self.blocks.len() != message.blocks.len() {
            self.replace(message);
            return;
        }
        let num_settled = self.settled.len();
        for (index, html) in message.blocks.into_iter().enumerate() {
            // One that the server rendered is not known here.
            if self.blocks.get(index).is_some_and(|it| !it.is_empty()) {
                self.settle(index, html);
            }
        }
        if self.settled.len() > num_settled {
            self.pending = message.pending;
            self.reasoning = message.reasoning;
            self.steps = message.steps;
            self.finish_reason = message.finish_reason;
        }
        self.versions = message.versions;
        self.usage = message.usage;
        self.provenance = message.provenance;
        self.error = message.error;
        self.rating = message.rating;
    }

    /// Puts a block in the place of one that looks otherwise.
    fn settle(&mut self, index: usize, html: String) {
        if let Some(block) = self.blocks.get_mut(index)
            && *block != html
        {
            *block = html;
            self.settled.push(index);
        }
    }

    /// What the model thought and what tools did, in order.
    pub fn phases(&self) -> Vec<Phase<'_>> {
        let reasoning = self.reasoning.as_ref().map_or("", |it| &it.text);
        phases(reasoning, &self.steps)
    }

    /// A turn of this message is being made.
    pub fn is_running(&self) -> bool {
        self.status == MessageStatus::Running
    }

    /// There is text, committed or growing.
    pub fn has_text(&self) -> bool {
        !self.blocks.is_empty() || !self.pending.is_empty()
    }

    /// The answer was cut off, so Continue has a meaning.
    pub fn can_continue(&self) -> bool {
        !self.is_running() && self.status.can_continue(self.finish_reason)
    }

    /// Number of this version and how many there are, counted from one.
    pub fn version(&self) -> (usize, usize) {
        let place = self.versions.iter().position(|id| *id == self.id);
        (
            place.map_or(1, |index| index + 1),
            self.versions.len().max(1),
        )
    }

    /// Id of the version that lies `step` after this one.
    pub fn neighbour(&self, step: isize) -> Option<MessageId> {
        let place = self.versions.iter().position(|id| *id == self.id)?;
        self.versions.get(place.checked_add_signed(step)?).copied()
    }

    /// Applies one event.
    pub fn apply(&mut self, event: ChatEvent) -> Applied {
        self.is_lost = false;
        let Cursor { epoch, seq } = event.cursor;
        let same_epoch = epoch == self.cursor.epoch;
        let is_next = same_epoch && seq == self.cursor.seq + 1;
        match event.kind {
            ChatEventKind::Snapshot {
                blocks,
                pending,
                reasoning,
                steps,
            } => {
                self.blocks = blocks;
                self.pending = pending;
                self.reasoning = reasoning;
                self.steps = steps;
                self.revision += 1;
                self.settled.clear();
                self.cursor = event.cursor;
                Applied::Continue
            }
            ChatEventKind::KeepAlive if same_epoch && seq <= self.cursor.seq => Applied::Continue,
            ChatEventKind::KeepAlive => Applied::Reconnect,
            ChatEventKind::Ended {
                status,
                finish_reason,
                usage,
                error,
            } => {
                self.end(status, error);
                self.finish_reason = finish_reason;
                self.usage = usage;
                // A turn that ended before this stream began repeats its last frame.
                let is_complete = is_next || event.cursor == self.cursor;
                self.cursor = event.cursor;
                if is_complete {
                    Applied::Ended
                } else {
                    Applied::EndedAfterGap
                }
            }
            _ if same_epoch && seq <= self.cursor.seq => Applied::Continue,
            _ if !is_next => Applied::Reconnect,
            kind => self.apply_next(event.cursor, kind),
        }
    }

    fn apply_next(&mut self, cursor: Cursor, kind: ChatEventKind) -> Applied {
        match kind {
            ChatEventKind::Waiting(state) => self.waiting = Some(state),
            ChatEventKind::Reasoning(more) => {
                self.waiting = None;
                let reasoning = self.reasoning.get_or_insert_default();
                reasoning.text.push_str(&more.text);
                reasoning.duration_ms = more.duration_ms;
            }
            ChatEventKind::Step(step) => {
                self.waiting = None;
                self.steps.push(step);
            }
            ChatEventKind::Pending { keep, html } => {
                if !self.pending.is_char_boundary(keep) {
                    // What is shown is not what the server edits: only a snapshot helps.
                    self.cursor = NOWHERE;
                    return Applied::Reconnect;
                }
                self.waiting = None;
                self.pending.truncate(keep);
                self.pending.push_str(&html);
            }
            ChatEventKind::Block(html) => {
                self.waiting = None;
                self.blocks.push(html);
                self.pending.clear();
            }
            ChatEventKind::Settled(changed) => {
                for (index, html) in changed {
                    self.settle(index, html);
                }
            }
            ChatEventKind::Snapshot { .. }
            | ChatEventKind::KeepAlive
            | ChatEventKind::Ended { .. } => {}
        }
        self.cursor = cursor;
        Applied::Continue
    }

    fn end(&mut self, status: MessageStatus, error: Option<TurnError>) {
        self.status = status;
        self.error = error;
        self.waiting = None;
    }
}

#[cfg(test)]
mod tests;

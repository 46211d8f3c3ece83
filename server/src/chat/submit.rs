//! From a turn in the database to its task, and what the page is told about it.

use std::sync::{Arc, atomic::Ordering};

use hearth_app::model::{
    ChatError, ConversationId, Message, MessageId, MessageStatus, StartedTurn, UserId,
};
use hearth_engine::request::{GenerateRequest, TokenOptions};
use tracing::Instrument as _;

use super::{
    ChatServer,
    live_turns::{Claim, LiveTurn, SharedClaim, StopReason},
    refusal::store_refused,
    reservation::Reserved,
    settings::{Settings, random_u64},
    source::{Source, to_token_ids},
    turn::{Answer, Clock, Drawing, Drawn, EarlierCost, TurnTask},
    turn_log::{Beginning, TurnLog, TurnView},
};
use crate::{calendar::Calendar, request_id, store::InsertedTurn};

/// A turn that stands in the database and is to be submitted.
pub(super) struct Start {
    pub(super) user: UserId,
    pub(super) conversation: ConversationId,
    pub(super) message: MessageId,
    pub(super) claim: Claim,
    pub(super) reserved: Reserved,
    pub(super) settings: Settings,
    pub(super) answer: Answer,
    /// The answer goes on because a server ended, not because somebody wants more of it.
    pub(super) was_interrupted: bool,
    /// How the answer looks so far, and what draws the rest.
    pub(super) drawing: (Drawing, Drawn),
    pub(super) earlier: EarlierCost,
}

/// An answer at the moment its turn begins, however far it is by now.
#[derive(Debug)]
struct Opening(TurnView);

impl Opening {
    /// Whoever started a turn sees its beginning and follows from there.
    fn show(self, message: &mut Message) {
        message.status = MessageStatus::Running;
        message.blocks = self.0.blocks;
        message.pending = self.0.pending;
        message.reasoning = self.0.reasoning;
        message.steps = self.0.steps;
        message.cursor = Some(self.0.cursor);
        message.finish_reason = None;
        message.usage = None;
        message.error = None;
    }
}

impl ChatServer {
    /// Submits the request, starts the task that makes the answer, and tells how it began.
    pub(super) async fn open(&self, start: Start) -> Result<StartedTurn, ChatError> {
        let (user, message) = (start.user, start.message);
        let notice = start.reserved.notice;
        let conversation = start.conversation;
        let opening = self.submit(start);
        self.changes.tell(user, conversation);
        let mut started = self.started_answer(user, message).await?;
        opening.show(&mut started.assistant_message);
        started.notice = notice;
        Ok(started)
    }

    fn submit(&self, start: Start) -> Opening {
        let (drawing, drawn) = start.drawing;
        let beginning = Beginning {
            blocks: drawn.blocks,
            pending: drawn.pending,
            text: start.answer.text.clone(),
            reasoning: start.answer.reasoning.clone(),
            steps: start.answer.steps.clone(),
        };
        let log = TurnLog::new(new_epoch(), beginning);
        let (user, conversation) = (start.user, start.conversation);
        let turn = Arc::new(LiveTurn::new(user, start.message, conversation, log));
        let opening = Opening(turn.log.view());
        self.live.insert(Arc::clone(&turn));
        self.stop_if_unseen(&turn, &start.claim, &start.reserved);
        let num_prompt_tokens = start.reserved.prompt.len();
        let window = start.settings.window(&start.reserved.engine);
        let num_earlier_tokens = start.answer.token_ids.len();
        let earlier = start.answer.reasoning.as_ref();
        let earlier_reasoning_ms = earlier.map_or(0, |it| it.duration_ms);
        let asked = start.settings.params.max_tokens.unwrap_or(u32::MAX);
        let asked = usize::try_from(asked).unwrap_or(usize::MAX).max(1);
        // An interrupted answer ends where it would have ended undisturbed, which may be just
        // there; any other one that had reached its limit gets as much again.
        let left = match num_earlier_tokens % asked {
            0 if start.was_interrupted && num_earlier_tokens > 0 => 0,
            num_over => asked - num_over,
        };
        let request = GenerateRequest {
            prompt: start.reserved.prompt,
            answer_so_far: to_token_ids(&start.answer.token_ids),
            sampling: start.settings.sampling,
            max_tokens: left.min(window.saturating_sub(num_prompt_tokens + num_earlier_tokens)),
            stop: Vec::new(),
            options: TokenOptions {
                // Calls of tools on the way take from it.
                deadline: start.reserved.engine.deadline(),
                ..TokenOptions::default()
            },
            num_shared_tokens: start.reserved.num_shared_tokens,
            session: Some(conversation.as_uuid().as_u128()),
        };
        let engine = start.reserved.engine;
        let stream = engine.submit(start.reserved.permit, request.clone());
        let source = Source::new(engine, user, request, stream);
        let task = TurnTask {
            turn,
            live: self.live.clone(),
            recorder: self.recorder.clone(),
            metrics: Arc::clone(&self.metrics),
            changes: self.changes.clone(),
            source,
            slow_work: self.slow_work.clone(),
            drawing,
            answer: start.answer,
            claim: SharedClaim::new(start.claim),
            conversation: start.reserved.conversation,
            num_prompt_tokens,
            num_earlier_tokens,
            earlier: start.earlier,
            clock: Clock::start(earlier_reasoning_ms),
        };
        // What is logged of the turn belongs to the request that began it.
        tokio::spawn(request_id::carried(task.supervise().in_current_span()));
        opening
    }

    /// Whoever ended all turns while this one began did not see it.
    fn stop_if_unseen(&self, turn: &LiveTurn, claim: &Claim, reserved: &Reserved) {
        if self.is_closing.load(Ordering::SeqCst) {
            turn.stop(StopReason::ShutDown);
        }
        if let Some(reason) = claim.end_reason() {
            turn.stop(reason);
        }
        if reserved.is_replaced(&self.engine) {
            turn.stop(StopReason::ModelSwitch);
        }
    }

    /// A turn that an earlier post with the same key started.
    pub(super) async fn started(
        &self,
        user: UserId,
        first: InsertedTurn,
    ) -> Result<StartedTurn, ChatError> {
        let mut started = self.started_answer(user, first.assistant_message).await?;
        let (_, question) = self.shown_message(user, first.user_message).await?;
        started.user_message = Some(question);
        Ok(started)
    }

    async fn started_answer(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<StartedTurn, ChatError> {
        let (conversation, assistant_message) = self.shown_message(user, message).await?;
        let stored = self.store.conversation(user, conversation).await;
        let stored = stored
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        Ok(StartedTurn {
            conversation: self.summary(stored.listed, &Calendar::of_viewer()),
            user_message: None,
            assistant_message,
            notice: None,
        })
    }
}

/// Epochs only have to differ; short ones make short frames.
pub(super) fn new_epoch() -> u64 {
    random_u64() >> 32
}

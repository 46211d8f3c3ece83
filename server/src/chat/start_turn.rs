//! From a message to a submitted request. Everything that can refuse comes before the first
//! write: a refused message leaves no trace, and the composer keeps the text.

use std::sync::{Arc, atomic::Ordering};

use hearth_app::{
    model::{
        ChatError, ConversationId, ConversationSummary, FinishReason, MessageId, MessageStatus,
        Role, StartedTurn, TurnParams, UserId,
    },
    service::SendMessage,
};
use hearth_engine::{
    handle::{Permit, UserKey},
    request::{ChatMessage, GenerateRequest, Role as EngineRole, SamplingParams, TokenId},
};
use uuid::Uuid;

use super::{
    ChatServer,
    live_turns::{Claim, LiveTurn, StopReason},
    prompt,
    refusal::{busy, engine_refused, store_refused},
    turn::{Answer, Clock, EarlierCost, TurnTask},
    turn_log::TurnLog,
    view,
};
use crate::{
    markdown::MarkdownStream,
    store::{AnswerStart, InsertedTurn, NewTurn, StoredMessage},
};

/// Settings of a turn, checked, with the seed chosen.
#[derive(Clone, Debug)]
struct Settings {
    params: TurnParams,
    sampling: SamplingParams,
}

/// A prompt with its place in the queue.
struct Reserved {
    prompt: Vec<TokenId>,
    notice: Option<String>,
    permit: Permit,
}

/// A turn that stands in the database and is to be submitted.
struct Start {
    user: UserId,
    conversation: ConversationId,
    message: MessageId,
    claim: Claim,
    reserved: Reserved,
    settings: Settings,
    answer: Answer,
    earlier: EarlierCost,
}

impl ChatServer {
    pub(super) async fn start_send(
        &self,
        user: UserId,
        message: SendMessage,
    ) -> Result<StartedTurn, ChatError> {
        self.refuse_if_closing()?;
        let settings = Settings::parse(&message.params)?;
        let key_lock = usize::from(message.key.as_uuid().as_bytes()[15]) % self.key_locks.len();
        let _one_at_a_time = self.key_locks[key_lock].lock().await;
        let first = self.store.turn_by_key(user, message.key).await;
        if let Some(first) = first.map_err(|error| store_refused(&error))? {
            return self.started(user, first, None).await;
        }
        let conversation = message
            .conversation
            .unwrap_or_else(|| ConversationId::new(Uuid::now_v7()));
        let claim = self.claim(conversation)?;
        let branch = self.branch_to_answer(user, &message).await?;
        let parent = branch.last().map(|parent| parent.id);
        let text = message.text.into_string();
        let mut history = prompt::history(&branch);
        history.push(ChatMessage {
            role: EngineRole::User,
            content: text.clone(),
        });
        let reserved = self.reserve(user, history, &settings).await?;
        let turn = NewTurn {
            user,
            conversation,
            title: message.conversation.is_none().then(|| view::title(&text)),
            parent,
            text,
            key: message.key,
            answer: self.answer_start(&reserved.prompt, &settings),
        };
        let inserted = self.store.insert_turn(&turn).await;
        let inserted = inserted
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        let notice = reserved.notice.clone();
        if !inserted.is_repeat {
            self.submit(Start {
                user,
                conversation,
                message: inserted.assistant_message,
                claim,
                reserved,
                settings,
                answer: Answer::default(),
                earlier: EarlierCost::default(),
            });
        }
        self.started(user, inserted, notice).await
    }

    pub(super) async fn start_version(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<StartedTurn, ChatError> {
        self.refuse_if_closing()?;
        let (claim, mut branch) = self.claim_answer(user, message).await?;
        let old = branch.pop().ok_or(ChatError::NotFound)?;
        let question = branch.last().ok_or(ChatError::NotFound)?.id;
        let settings = Settings::parse(&TurnParams {
            seed: None,
            ..old.params
        })?;
        let history = prompt::history(&branch);
        let reserved = self.reserve(user, history, &settings).await?;
        let start = self.answer_start(&reserved.prompt, &settings);
        let inserted = self.store.insert_version(user, question, &start).await;
        let id = inserted
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        let notice = reserved.notice.clone();
        self.submit(Start {
            user,
            conversation: old.conversation,
            message: id,
            claim,
            reserved,
            settings,
            answer: Answer::default(),
            earlier: EarlierCost::default(),
        });
        self.started_answer(user, id, notice).await
    }

    pub(super) async fn start_continuation(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<StartedTurn, ChatError> {
        self.refuse_if_closing()?;
        let (claim, mut branch) = self.claim_answer(user, message).await?;
        let old = branch.pop().ok_or(ChatError::NotFound)?;
        if !may_continue(&old) {
            return Err(ChatError::Invalid("This answer is complete.".to_owned()));
        }
        let settings = Settings::parse(&old.params)?;
        let (reserved, token_ids) = self.reserve_rest(user, &old, &branch, &settings).await?;
        let start = self.answer_start(&reserved.prompt, &settings);
        let is_restarted = self
            .store
            .restart_answer(user, message, &start, &token_ids)
            .await;
        if !is_restarted.map_err(|error| store_refused(&error))? {
            return Err(ChatError::NotFound);
        }
        let notice = reserved.notice.clone();
        self.submit(Start {
            user,
            conversation: old.conversation,
            message,
            claim,
            reserved,
            settings,
            answer: Answer {
                text: old.text,
                token_ids,
            },
            earlier: EarlierCost {
                time_to_first_token_ms: Some(old.usage.time_to_first_token_ms)
                    .filter(|_| old.usage.completion_tokens > 0),
                decode_ms: old.decode_ms,
            },
        });
        self.started_answer(user, message, notice).await
    }

    fn refuse_if_closing(&self) -> Result<(), ChatError> {
        if self.is_closing.load(Ordering::SeqCst) {
            return Err(busy("The server is being stopped."));
        }
        Ok(())
    }

    async fn wait_for_recovery(&self) -> Result<(), ChatError> {
        let is_recovered = self.recorder.recovered().await;
        let refusal = || busy("The server's disk is full or cannot be written.");
        is_recovered.then_some(()).ok_or_else(refusal)
    }

    fn claim(&self, conversation: ConversationId) -> Result<Claim, ChatError> {
        let claim = self.live.claim(conversation);
        claim.ok_or_else(|| busy("An answer is still being written in this conversation."))
    }

    /// The messages a new one is appended to; empty for a new conversation.
    async fn branch_to_answer(
        &self,
        user: UserId,
        message: &SendMessage,
    ) -> Result<Vec<StoredMessage>, ChatError> {
        self.wait_for_recovery().await?;
        let Some(id) = message.conversation else {
            return Ok(Vec::new());
        };
        let conversation = self.store.conversation(user, id).await;
        let conversation = conversation
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        let Some(parent) = message.parent.or(conversation.active_message) else {
            return Ok(Vec::new());
        };
        let branch = self.branch(user, parent).await?;
        match branch.last() {
            Some(last) if last.conversation == id && last.role == Role::Assistant => Ok(branch),
            Some(last) if last.conversation == id => Err(ChatError::Invalid(
                "A message can only follow an answer.".to_owned(),
            )),
            _ => Err(ChatError::NotFound),
        }
    }

    /// The branch that ends in an answer, with the right to run a turn in its conversation.
    async fn claim_answer(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<(Claim, Vec<StoredMessage>), ChatError> {
        self.wait_for_recovery().await?;
        let answer = self.branch(user, message).await?.pop();
        let answer = answer.ok_or(ChatError::NotFound)?;
        if answer.role != Role::Assistant {
            return Err(ChatError::Invalid(
                "This message is not an answer.".to_owned(),
            ));
        }
        let claim = self.claim(answer.conversation)?;
        // Read again: an answer that ran a moment ago is complete now.
        Ok((claim, self.branch(user, message).await?))
    }

    async fn branch(&self, user: UserId, leaf: MessageId) -> Result<Vec<StoredMessage>, ChatError> {
        let branch = self.store.branch(user, leaf).await;
        let branch = branch.map_err(|error| store_refused(&error))?;
        if branch
            .iter()
            .any(|message| self.recorder.is_unsaved(message.id))
        {
            return Err(busy("The last answer is not saved yet."));
        }
        Ok(branch)
    }

    async fn reserve(
        &self,
        user: UserId,
        history: Vec<ChatMessage>,
        settings: &Settings,
    ) -> Result<Reserved, ChatError> {
        let prompt = prompt::fit(&self.engine, history, settings.params.max_tokens).await;
        let prompt = prompt.map_err(engine_refused)?;
        let permit = self.engine.reserve(user_key(user), prompt.ids.len());
        Ok(Reserved {
            permit: permit.map_err(engine_refused)?,
            prompt: prompt.ids,
            notice: prompt.notice,
        })
    }

    /// A place for the rest of an answer, and the ids of what is there: the stored ones if the
    /// same model goes on, else made anew from the text.
    async fn reserve_rest(
        &self,
        user: UserId,
        old: &StoredMessage,
        branch: &[StoredMessage],
        settings: &Settings,
    ) -> Result<(Reserved, Vec<u32>), ChatError> {
        let history = prompt::history(branch);
        let again = prompt::fit(&self.engine, history, settings.params.max_tokens).await;
        let again = again.map_err(engine_refused)?;
        let stored = self.store.continued_answer(user, old.id).await;
        let stored = stored
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        let is_exact = stored.model_fingerprint.is_some()
            && stored.model_fingerprint == self.engine.fingerprint();
        let (prompt, ids, notice) = if is_exact {
            let prompt = stored.prompt_token_ids.into_iter().map(TokenId).collect();
            (prompt, stored.token_ids, None)
        } else {
            let ids = self.engine.encode_answer(&old.text);
            let ids = ids.into_iter().map(|id| id.0).collect();
            let notice = "Another model goes on with this answer: not exact.".to_owned();
            (again.ids, ids, Some(notice))
        };
        let permit = self
            .engine
            .reserve(user_key(user), prompt.len() + ids.len());
        let permit = permit.map_err(engine_refused)?;
        let reserved = Reserved {
            prompt,
            notice,
            permit,
        };
        Ok((reserved, ids))
    }

    fn answer_start(&self, prompt: &[TokenId], settings: &Settings) -> AnswerStart {
        AnswerStart {
            prompt_token_ids: prompt.iter().map(|id| id.0).collect(),
            params: serde_json::to_string(&settings.params)
                .expect("invariant: settings are plain data"),
            model_name: self.engine.model_name(),
            model_fingerprint: self.engine.fingerprint(),
        }
    }

    /// Submits the request and starts the task that makes the answer.
    fn submit(&self, start: Start) {
        let mut markdown = MarkdownStream::default();
        let blocks = markdown.push(&start.answer.text);
        let pending = markdown.pending();
        let log = TurnLog::new(new_epoch(), start.answer.text.clone(), blocks, pending);
        let turn = LiveTurn::new(start.user, start.message, start.conversation, log);
        let turn = Arc::new(turn);
        self.live.insert(Arc::clone(&turn));
        if self.is_closing.load(Ordering::SeqCst) {
            turn.stop(StopReason::ShutDown);
        }
        let num_prompt_tokens = start.reserved.prompt.len();
        let window = self.engine.context_window().unwrap_or(usize::MAX);
        let num_used = num_prompt_tokens + start.answer.token_ids.len();
        let asked = start.settings.params.max_tokens.unwrap_or(u32::MAX);
        let asked = usize::try_from(asked).unwrap_or(usize::MAX);
        let request = GenerateRequest {
            prompt: start.reserved.prompt,
            answer_so_far: start
                .answer
                .token_ids
                .iter()
                .copied()
                .map(TokenId)
                .collect(),
            sampling: start.settings.sampling,
            max_tokens: asked.min(window.saturating_sub(num_used)),
            stop: Vec::new(),
        };
        let task = TurnTask {
            turn,
            live: self.live.clone(),
            recorder: self.recorder.clone(),
            stream: self.engine.submit(start.reserved.permit, request),
            markdown,
            answer: start.answer,
            claim: start.claim,
            num_prompt_tokens,
            earlier: start.earlier,
            clock: Clock::start(),
        };
        tokio::spawn(task.run());
    }

    /// A started turn with the person's message.
    async fn started(
        &self,
        user: UserId,
        inserted: InsertedTurn,
        notice: Option<String>,
    ) -> Result<StartedTurn, ChatError> {
        let question = self.shown_message(user, inserted.user_message).await?.1;
        let mut started = self
            .started_answer(user, inserted.assistant_message, notice)
            .await?;
        started.user_message = Some(question);
        Ok(started)
    }

    async fn started_answer(
        &self,
        user: UserId,
        message: MessageId,
        notice: Option<String>,
    ) -> Result<StartedTurn, ChatError> {
        let (conversation, assistant_message) = self.shown_message(user, message).await?;
        let stored = self.store.conversation(user, conversation).await;
        let stored = stored
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        Ok(StartedTurn {
            conversation: ConversationSummary {
                id: conversation,
                title: stored.title,
                running: self.live.is_running(conversation),
            },
            user_message: None,
            assistant_message,
            notice,
        })
    }
}

impl Settings {
    /// Checks a turn's settings and chooses the seed if there is none.
    fn parse(params: &TurnParams) -> Result<Self, ChatError> {
        let params = TurnParams {
            seed: Some(params.seed.unwrap_or_else(random_u64)),
            ..params.clone()
        };
        if params.max_tokens == Some(0) {
            return Err(ChatError::Invalid(
                "max_tokens is 0, at least 1 is needed".to_owned(),
            ));
        }
        let default = SamplingParams::default();
        let sampling = SamplingParams {
            temperature: params.temperature.unwrap_or(default.temperature),
            top_p: params.top_p.unwrap_or(default.top_p),
            seed: params.seed.unwrap_or_default(),
            ..default
        };
        let checked = sampling.validate();
        checked.map_err(|error| ChatError::Invalid(error.to_string()))?;
        Ok(Self { params, sampling })
    }
}

/// Answers that ended before the model ended them.
fn may_continue(answer: &StoredMessage) -> bool {
    match answer.status {
        MessageStatus::Finished => answer.finish_reason == Some(FinishReason::Length),
        MessageStatus::Running
        | MessageStatus::Stopped
        | MessageStatus::Interrupted
        | MessageStatus::Failed => true,
    }
}

fn user_key(user: UserId) -> UserKey {
    UserKey(user.as_uuid().as_u128())
}

/// Epochs only have to differ; short ones make short frames.
fn new_epoch() -> u64 {
    random_u64() >> 32
}

fn random_u64() -> u64 {
    getrandom::u64().expect("invariant: the system gives random bytes")
}

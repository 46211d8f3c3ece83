//! From a message to a submitted request. Everything that can refuse comes before the first
//! write: a refused message leaves no trace, and the composer keeps the text.

use std::sync::atomic::Ordering;

use hearth_app::{
    model::{
        BusyReason, ChatError, Choices, ConversationId, MAX_FILES, MessageId, MessageStatus,
        PersonalInstructions, Refusal, Role, StartedTurn, TurnParams, UserId,
    },
    service::SendMessage,
};
use hearth_engine::request::{ChatMessage, Role as EngineRole};
use uuid::Uuid;

use super::{
    ChatServer,
    file_blocks::Said,
    live_turns::Claim,
    personal::wording,
    refusal::{busy, store_refused},
    settings::Settings,
    submit::Start,
    turn::{Answer, Drawing, Drawn, EarlierCost},
    view,
};
use crate::store::{NewTurn, StoredConversation, StoredMessage};

/// No page asks for that.
const NOT_A_QUESTION: &str = "only a question can be edited";

impl ChatServer {
    pub(super) async fn start_send(
        &self,
        user: UserId,
        message: SendMessage,
    ) -> Result<StartedTurn, ChatError> {
        self.refuse_if_closing()?;
        let _one_at_a_time = self.key_locks.lock(user, message.key).await;
        if let Some(started) = self.started_before(user, &message).await? {
            return Ok(started);
        }
        let message = self.placed(user, message).await?;
        let conversation = message
            .conversation
            .unwrap_or_else(|| ConversationId::new(Uuid::now_v7()));
        if message.conversation.is_some() {
            // Before the claim: whether an answer runs there is its person's business.
            self.stored_conversation(user, conversation).await?;
        }
        let claim = self.claim(user, conversation).await?;
        let existing = message.conversation;
        let asked = (&message.params, message.choices);
        let settings = self.settings(user, existing, asked).await?;
        let branch = self.branch_to_answer(user, &message).await?;
        let parent = branch.last().map(|parent| parent.id);
        let question = self.asked(user, &message).await?;
        let reserved = self.reserve_current(user, &branch, Some(question), &settings);
        let reserved = reserved.await?;
        let text = message.text.into_string();
        let turn = NewTurn {
            user,
            conversation,
            is_new_conversation: message.conversation.is_none(),
            title: view::title(&text),
            parent,
            edits: message.edits,
            text,
            files: message.files,
            key: message.key,
            choices: message.choices,
            answer: reserved.answer_start(&settings),
        };
        let inserted = self.store.insert_turn(&turn).await;
        let inserted = inserted
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        if inserted.is_repeat {
            return self.started(user, inserted).await;
        }
        let start = Start {
            user,
            conversation,
            message: inserted.assistant_message,
            claim,
            reserved,
            settings,
            answer: Answer::default(),
            was_interrupted: false,
            drawing: self.new_drawing(user, inserted.assistant_message),
            earlier: EarlierCost::default(),
        };
        let mut started = self.open(start).await?;
        let (_, question) = self.shown_message(user, inserted.user_message).await?;
        started.user_message = Some(question);
        Ok(started)
    }

    /// A question as the model is asked it, with its files.
    async fn asked(&self, user: UserId, message: &SendMessage) -> Result<Said, ChatError> {
        let mut files = Vec::new();
        if let Some(edited) = message.edits {
            let texts = self.store.file_texts_of_branch(user, edited).await;
            let mut texts = texts.map_err(|error| store_refused(&error))?;
            files = texts.remove(&edited).unwrap_or_default();
        }
        if files.len() + message.files.len() > MAX_FILES {
            let limit = MAX_FILES;
            return Err(ChatError::Invalid(Refusal::TooManyFiles { limit }));
        }
        let new = self.store.unsent_file_texts(user, &message.files).await;
        let new = new.map_err(|error| store_refused(&error))?;
        files.extend(new.ok_or(ChatError::Invalid(Refusal::FilesGone))?);
        Ok(Said {
            message: ChatMessage::new(EngineRole::User, message.text.as_str()),
            files,
        })
    }

    /// A question that is edited tells where its new version goes: beside it.
    async fn placed(
        &self,
        user: UserId,
        mut message: SendMessage,
    ) -> Result<SendMessage, ChatError> {
        let Some(edited) = message.edits else {
            return Ok(message);
        };
        let edited = self.store.message(user, edited).await;
        let edited = edited
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        let asked = message.conversation.replace(edited.conversation);
        if asked.is_some_and(|asked| asked != edited.conversation) {
            return Err(ChatError::NotFound);
        }
        if edited.role != Role::User {
            return Err(ChatError::Invalid(NOT_A_QUESTION.to_owned().into()));
        }
        message.parent = edited.parent_id;
        Ok(message)
    }

    async fn stored_conversation(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<StoredConversation, ChatError> {
        let stored = self.store.conversation(user, id).await;
        stored
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)
    }

    /// The turn that an earlier post of the same message started.
    async fn started_before(
        &self,
        user: UserId,
        message: &SendMessage,
    ) -> Result<Option<StartedTurn>, ChatError> {
        let first = self.store.turn_by_key(user, message.key).await;
        let Some(first) = first.map_err(|error| store_refused(&error))? else {
            return Ok(None);
        };
        let started = self.started(user, first).await?;
        // A key belongs to one message: what was sent elsewhere would be swallowed.
        let elsewhere = message.conversation;
        if elsewhere.is_some_and(|asked| asked != started.conversation.id) {
            return Err(ChatError::Invalid(Refusal::KeyUsed));
        }
        Ok(Some(started))
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
        // What holds now, not what held for the old version; another seed too.
        let asked = TurnParams::default();
        let asked = (&asked, Choices::default());
        let settings = self.settings(user, Some(old.conversation), asked).await?;
        let reserved = self.reserve_current(user, &branch, None, &settings).await?;
        let start = reserved.answer_start(&settings);
        let inserted = self.store.insert_version(user, question, &start).await;
        let id = inserted
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        self.open(Start {
            user,
            conversation: old.conversation,
            message: id,
            claim,
            reserved,
            settings,
            answer: Answer::default(),
            was_interrupted: false,
            drawing: self.new_drawing(user, id),
            earlier: EarlierCost::default(),
        })
        .await
    }

    pub(super) async fn start_continuation(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<StartedTurn, ChatError> {
        self.refuse_if_closing()?;
        let (claim, mut branch) = self.claim_answer(user, message).await?;
        let old = branch.pop().ok_or(ChatError::NotFound)?;
        if !old.status.can_continue(old.finish_reason) {
            return Err(ChatError::Invalid(Refusal::AnswerComplete));
        }
        let asked = (&old.params, Choices::default());
        let settings = self.settings(user, Some(old.conversation), asked).await?;
        let (reserved, token_ids) = self.reserve_rest(user, &old, &branch, &settings).await?;
        let slow_work = self.slow_work.clone();
        let drawing = Drawing::of_text(slow_work, user, message, old.text.clone()).await?;
        let start = reserved.answer_start(&settings);
        let is_restarted = self
            .store
            .restart_answer(user, message, &start, &token_ids)
            .await;
        if !is_restarted.map_err(|error| store_refused(&error))? {
            return Err(ChatError::NotFound);
        }
        self.open(Start {
            user,
            conversation: old.conversation,
            message,
            claim,
            reserved,
            settings,
            answer: Answer {
                text: old.text,
                reasoning: old.reasoning,
                steps: old.steps,
                token_ids,
            },
            was_interrupted: old.status == MessageStatus::Interrupted,
            drawing,
            earlier: EarlierCost {
                time_to_first_token_ms: Some(old.usage.time_to_first_token_ms)
                    .filter(|_| old.usage.completion_tokens > 0),
                decode_ms: old.decode_ms,
            },
        })
        .await
    }

    fn new_drawing(&self, user: UserId, message: MessageId) -> (Drawing, Drawn) {
        let drawing = Drawing::new(self.slow_work.clone(), user, message);
        (drawing, Drawn::default())
    }

    fn refuse_if_closing(&self) -> Result<(), ChatError> {
        if self.is_closing.load(Ordering::SeqCst) {
            return Err(busy(BusyReason::Closing));
        }
        Ok(())
    }

    pub(super) async fn wait_for_recovery(&self) -> Result<(), ChatError> {
        let is_recovered = self.recorder.recovered().await;
        is_recovered
            .then_some(())
            .ok_or_else(|| busy(BusyReason::DiskFull))
    }

    /// Settings of a turn in this conversation, or in one that is about to be made.
    async fn settings(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
        (asked, choices): (&TurnParams, Choices),
    ) -> Result<Settings, ChatError> {
        let own = match conversation {
            Some(id) => self.store.conversation_settings(user, id).await,
            None => Ok(None),
        };
        let own = own.map_err(|error| store_refused(&error))?;
        let mut own = own.unwrap_or_default().with(choices);
        if let Some(id) = conversation.filter(|_| own.system_prompt.is_none()) {
            // What its folder says comes before what the server says.
            let folder = self.store.instructing_folder(user, id).await;
            let folder = folder.map_err(|error| store_refused(&error))?;
            own.system_prompt = folder.and_then(|it| it.instructions);
        }
        let settings = Settings::resolve(asked, &own, &self.settings.current())?;
        let told = self.store.personal_instructions(user).await;
        let told = told.map_err(|error| store_refused(&error))?;
        let told = told.filter(PersonalInstructions::is_told);
        Ok(match told {
            Some(told) => settings.with_personal(&wording(&told)),
            None => settings,
        })
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
        let parent = if message.parent.is_some() || message.edits.is_some() {
            message.parent
        } else {
            // As of now, not as of before the claim.
            self.stored_conversation(user, id).await?.active_message
        };
        let Some(parent) = parent else {
            return Ok(Vec::new());
        };
        let branch = self.branch(user, parent).await?;
        match branch.last() {
            Some(last) if last.conversation == id && last.role == Role::Assistant => Ok(branch),
            Some(last) if last.conversation == id => {
                Err(ChatError::Invalid(Refusal::MustFollowAnswer))
            }
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
        let answer = self.store.message(user, message).await;
        let answer = answer
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        if answer.role != Role::Assistant {
            return Err(ChatError::Invalid(Refusal::NotAnAnswer));
        }
        let claim = self.claim(user, answer.conversation).await?;
        // Read again: an answer that ran a moment ago is complete now.
        Ok((claim, self.branch(user, message).await?))
    }

    /// The branch that ends there, as it is stored. Its conversation is claimed: an answer that is
    /// marked as running has lost its task, and ends here.
    async fn branch(&self, user: UserId, leaf: MessageId) -> Result<Vec<StoredMessage>, ChatError> {
        let read = || self.store.branch(user, leaf);
        let branch = read().await.map_err(|error| store_refused(&error))?;
        if branch
            .iter()
            .any(|message| self.recorder.is_unsaved(message.id))
        {
            return Err(busy(BusyReason::AnswerUnsaved));
        }
        let is_running = |message: &&StoredMessage| message.status == MessageStatus::Running;
        let lost: Vec<_> = branch.iter().filter(is_running).map(|it| it.id).collect();
        if lost.is_empty() {
            return Ok(branch);
        }
        for message in lost {
            tracing::warn!(message.id = %message, "an answer without a task ends as interrupted");
            let ended = self.store.interrupt(message).await;
            ended.map_err(|error| store_refused(&error))?;
        }
        read().await.map_err(|error| store_refused(&error))
    }
}

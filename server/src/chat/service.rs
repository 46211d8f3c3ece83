//! What the server offers to pages.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use hearth_app::{
    attached_files,
    model::{
        ChatError, ChatEvent, ChatEventKind, Choices, Conversation, ConversationForm,
        ConversationId, ConversationPage, ConversationState, ConversationSummary, Cursor,
        ListPlace, Message, MessageId, ModelState, ModelStatus, Outline, Refusal, Role,
        StartedTurn, UserId,
    },
    service::{ChatService, SendMessage},
};
use hearth_engine::handle::{EngineHandle, EngineState};

use super::{
    ChatServer, live_turns::StopReason, model_titles, refusal::store_refused, turn_log, view,
};
use crate::{
    calendar::Calendar,
    settings::{parse_conversation_form, to_form},
    slow_work::Kind,
    store::{ListedConversation, StoreError, StoredMessage, Window},
};

/// Longest title a person may give, in characters.
pub(crate) const MAX_TITLE_CHARS: usize = 200;
/// Conversations of a page of the list.
pub(super) const LIST_PAGE: u32 = 50;
/// Most messages of a conversation that are shown at once, and the bytes of text that are enough:
/// with both, a page stays below 400 kB.
pub(super) const WINDOW_MESSAGES: u32 = 60;
pub(super) const WINDOW_BYTES: i64 = 96 << 10;
pub(super) const WINDOW: Window = Window {
    num_messages: WINDOW_MESSAGES,
    num_bytes: WINDOW_BYTES,
};
/// Stop answers after this time even if the turn has not ended.
const STOP_PATIENCE: Duration = Duration::from_millis(300);

#[async_trait]
impl ChatService for ChatServer {
    async fn conversations(
        &self,
        user: UserId,
        after: Option<ListPlace>,
    ) -> Result<ConversationPage, ChatError> {
        // One more tells whether there are more.
        let rows = self.store.conversations(user, after, LIST_PAGE + 1).await;
        let rows = read(rows)?;
        let (mut pinned, mut folders) = (Vec::new(), Vec::new());
        if after.is_none() {
            pinned = read(self.store.pinned_conversations(user).await)?;
            folders = read(self.store.folders(user).await)?;
        }
        let calendar = Calendar::of_viewer();
        let summary = |row| self.summary(row, &calendar);
        Ok(ConversationPage {
            pinned: pinned.into_iter().map(summary).collect(),
            folders,
            ..self.page(rows, &calendar)
        })
    }

    async fn conversation(
        &self,
        user: UserId,
        id: ConversationId,
        before: Option<MessageId>,
    ) -> Result<Conversation, ChatError> {
        let state = self.conversation_state(user, id).await?;
        let end = match before {
            Some(before) => {
                let end = self.store.message_before(user, id, before).await;
                Some(read(end)?.ok_or(ChatError::NotFound)?)
            }
            None => state.leaf,
        };
        let branch = match end {
            Some(end) => read(self.store.branch_end(user, end, WINDOW).await)?,
            None => Vec::new(),
        };
        let messages = self.shown(user, branch).await?;
        Ok(Conversation { state, messages })
    }

    async fn conversation_at(
        &self,
        user: UserId,
        id: ConversationId,
        message: MessageId,
    ) -> Result<Conversation, ChatError> {
        self.read_at(user, id, message).await
    }

    async fn conversation_state(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<ConversationState, ChatError> {
        let stored = read(self.store.conversation(user, id).await)?.ok_or(ChatError::NotFound)?;
        let own = read(self.store.conversation_settings(user, id).await)?;
        let folder = read(self.store.instructing_folder(user, id).await)?;
        Ok(ConversationState {
            summary: self.summary(stored.listed, &Calendar::of_viewer()),
            leaf: stored.active_message,
            num_messages: read(self.store.num_messages(user, id).await)?,
            has_branches: read(self.store.has_branches(user, id).await)?,
            choices: own.unwrap_or_default().choices(),
            instructed_by: folder.map(|it| it.name),
        })
    }

    async fn rename(
        &self,
        user: UserId,
        id: ConversationId,
        title: String,
    ) -> Result<(), ChatError> {
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.is_empty() {
            return Err(ChatError::Invalid(Refusal::TitleEmpty));
        }
        if title.chars().count() > MAX_TITLE_CHARS {
            return Err(ChatError::Invalid(Refusal::TitleTooLong {
                limit: MAX_TITLE_CHARS,
            }));
        }
        found(self.store.rename_conversation(user, id, &title).await)?;
        self.changes.tell(user, id);
        Ok(())
    }

    async fn delete(&self, user: UserId, id: ConversationId) -> Result<(), ChatError> {
        found(self.store.hide_conversation(user, id).await)?;
        // Nobody reads on: the model computes for others.
        self.live
            .stop_where(|_, conversation| conversation == id, StopReason::Person);
        self.changes.tell(user, id);
        Ok(())
    }

    async fn restore(&self, user: UserId, id: ConversationId) -> Result<(), ChatError> {
        found(self.store.restore_conversation(user, id).await)?;
        self.changes.tell(user, id);
        Ok(())
    }

    async fn show_version(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<ConversationId, ChatError> {
        found(self.store.show_version(user, message).await)?;
        let shown = read(self.store.message(user, message).await)?;
        let id = shown.ok_or(ChatError::NotFound)?.conversation;
        self.changes.tell(user, id);
        Ok(id)
    }

    async fn outline(&self, user: UserId, id: ConversationId) -> Result<Outline, ChatError> {
        self.outline_of(user, id).await
    }

    async fn fork(
        &self,
        user: UserId,
        message: MessageId,
        mark: &str,
    ) -> Result<ConversationId, ChatError> {
        self.copy_branch(user, message, mark).await
    }

    async fn send(&self, user: UserId, message: SendMessage) -> Result<StartedTurn, ChatError> {
        self.start_send(user, message).await
    }

    async fn regenerate(&self, user: UserId, message: MessageId) -> Result<StartedTurn, ChatError> {
        self.start_version(user, message).await
    }

    async fn continue_turn(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<StartedTurn, ChatError> {
        self.start_continuation(user, message).await
    }

    async fn stop(&self, user: UserId, message: MessageId) -> Result<(), ChatError> {
        let Some(turn) = self.live.turn(user, message) else {
            let stored = read(self.store.message(user, message).await)?;
            return stored.map(drop).ok_or(ChatError::NotFound);
        };
        turn.stop(StopReason::Person);
        if tokio::time::timeout(STOP_PATIENCE, turn.log.ended())
            .await
            .is_err()
        {
            tracing::warn!(message.id = %message, "a turn did not end in time");
        }
        Ok(())
    }

    async fn tail(
        &self,
        user: UserId,
        message: MessageId,
        cursor: Cursor,
    ) -> Result<BoxStream<'static, ChatEvent>, ChatError> {
        if let Some(turn) = self.live.turn(user, message) {
            return Ok(turn_log::tail(turn, cursor));
        }
        let (_, message) = self.shown_message(user, message).await?;
        if message.role == Role::User {
            return Err(ChatError::NotFound);
        }
        if let Some(turn) = self.live.turn(user, message.id) {
            // It was continued meanwhile.
            return Ok(turn_log::tail(turn, cursor));
        }
        Ok(ended_tail(message))
    }

    async fn message_text(&self, user: UserId, message: MessageId) -> Result<String, ChatError> {
        if let Some(turn) = self.live.turn(user, message) {
            return Ok(turn.log.view().text);
        }
        let stored = read(self.store.message(user, message).await)?;
        Ok(stored.ok_or(ChatError::NotFound)?.text)
    }

    fn model_status(&self) -> ModelStatus {
        let engine = self.engine.current();
        let settings = self.settings.current();
        ModelStatus {
            usual: Choices {
                effort: engine.has_effort().then_some(settings.reasoning_effort),
                calculator: engine.has_tools().then_some(settings.has_calculator),
            },
            ..model_status(&engine)
        }
    }

    async fn conversation_settings(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<ConversationForm, ChatError> {
        let settings = read(self.store.conversation_settings(user, id).await)?;
        Ok(to_form(settings.ok_or(ChatError::NotFound)?))
    }

    async fn save_conversation_settings(
        &self,
        user: UserId,
        id: Option<ConversationId>,
        form: ConversationForm,
    ) -> Result<ConversationId, ChatError> {
        let settings =
            parse_conversation_form(&form).map_err(|error| ChatError::Invalid(error.into()))?;
        if let Some(id) = id {
            let saved = self.store.save_conversation_settings(user, id, &settings);
            found(saved.await)?;
            self.changes.tell(user, id);
            return Ok(id);
        }
        let id = ConversationId::new(uuid::Uuid::now_v7());
        let inserted = self.store.insert_empty_conversation(user, id, &settings);
        read(inserted.await)?;
        self.changes.tell(user, id);
        Ok(id)
    }
}

impl ChatServer {
    /// A line of the sidebar, as of now.
    pub(super) fn summary(
        &self,
        listed: ListedConversation,
        calendar: &Calendar,
    ) -> ConversationSummary {
        ConversationSummary {
            id: listed.id,
            running: self.live.is_running(listed.id),
            title: listed.title,
            updated_at: listed.updated_at,
            group: calendar.group(listed.updated_at),
            pinned_at: listed.pinned_at,
            folder: listed.folder,
            archived: listed.is_archived,
            unread: listed.is_unread,
        }
    }

    /// One message for the page, and its conversation.
    pub(super) async fn shown_message(
        &self,
        user: UserId,
        id: MessageId,
    ) -> Result<(ConversationId, Message), ChatError> {
        let stored = read(self.store.message(user, id).await)?.ok_or(ChatError::NotFound)?;
        let conversation = stored.conversation;
        let shown = self.shown(user, vec![stored]).await?.pop();
        Ok((conversation, shown.ok_or(ChatError::NotFound)?))
    }

    /// The end of a branch for the page.
    pub(super) async fn shown(
        &self,
        user: UserId,
        branch: Vec<StoredMessage>,
    ) -> Result<Vec<Message>, ChatError> {
        let Some(leaf) = branch.last().map(|leaf| leaf.id) else {
            return Ok(Vec::new());
        };
        let num_messages = u32::try_from(branch.len()).unwrap_or(u32::MAX);
        let versions = read(self.store.versions(user, leaf, num_messages).await)?;
        let files = read(self.store.files_of_branch(user, leaf, num_messages).await)?;
        let files = files
            .into_iter()
            .map(|(id, files)| (id, attached_files(&files)));
        let mut files: HashMap<_, _> = files.collect();
        // A turn draws its own answer: what has just been sent waits for nobody's long texts.
        let is_quick = branch.iter().all(|message| {
            message.role == Role::User || self.live.turn(user, message.id).is_some()
        });
        let (live, rendered) = (self.live.clone(), Arc::clone(&self.rendered));
        let calendar = Calendar::of_viewer();
        let titles = self.engine.titles();
        let show = move |mut stored: StoredMessage| {
            let called = |name: String| titles.of(&name).unwrap_or(name);
            stored.model_name = stored.model_name.map(called);
            let siblings = versions.get(&stored.parent_id).cloned();
            let live = live.turn(user, stored.id);
            let siblings = siblings.unwrap_or_default();
            let time = calendar.local_time(stored.created_at);
            let files = files.remove(&stored.id).unwrap_or_default();
            Message {
                files,
                ..view::message(stored, live.as_deref(), siblings, time, &rendered)
            }
        };
        let shown = move || branch.into_iter().map(show).collect();
        if is_quick {
            return Ok(shown());
        }
        Ok(self.slow_work.run(Kind::Text, user, shown).await?)
    }
}

/// What an engine is doing, for people.
pub(crate) fn model_status(engine: &EngineHandle) -> ModelStatus {
    ModelStatus {
        name: model_titles::title(engine),
        is_demonstration: engine.is_demonstration(),
        state: match engine.state() {
            EngineState::Loading { percent } => ModelState::Loading { percent },
            EngineState::Ready => ModelState::Ready,
            EngineState::Failed(_) => ModelState::Failed,
        },
        usual: Choices::default(),
    }
}

/// The frames of an answer that nobody makes any more.
fn ended_tail(message: Message) -> BoxStream<'static, ChatEvent> {
    let snapshot = ChatEventKind::Snapshot {
        blocks: message.blocks,
        pending: message.pending,
        reasoning: message.reasoning,
        steps: message.steps,
    };
    let ended = ChatEventKind::Ended {
        status: message.status,
        finish_reason: message.finish_reason,
        usage: message.usage,
        error: message.error,
    };
    let frames = [snapshot, ended].into_iter().zip(1..);
    let events = frames.map(|(kind, seq)| ChatEvent {
        cursor: Cursor { epoch: 0, seq },
        kind,
    });
    stream::iter(events.collect::<Vec<_>>()).boxed()
}

pub(super) fn read<T>(result: Result<T, StoreError>) -> Result<T, ChatError> {
    result.map_err(|error| store_refused(&error))
}

/// A change that met no row is "not there or not yours".
fn found(result: Result<bool, StoreError>) -> Result<(), ChatError> {
    if read(result)? {
        Ok(())
    } else {
        Err(ChatError::NotFound)
    }
}

//! What the server offers to pages.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use hearth_app::{
    model::{
        ChatError, ChatEvent, ChatEventKind, Conversation, ConversationId, ConversationSummary,
        Cursor, Message, MessageId, ModelState, ModelStatus, Role, StartedTurn, UserId,
    },
    service::{ChatService, SendMessage},
};
use hearth_engine::handle::EngineState;

use super::{ChatServer, live_turns::StopReason, refusal::store_refused, turn_log, view};
use crate::store::{StoreError, StoredMessage};

/// Longest title a person may give, in characters.
pub(crate) const MAX_TITLE_CHARS: usize = 200;
/// Stop answers after this time even if the turn has not ended.
const STOP_PATIENCE: Duration = Duration::from_millis(300);

#[async_trait]
impl ChatService for ChatServer {
    async fn conversations(&self, user: UserId) -> Result<Vec<ConversationSummary>, ChatError> {
        let rows = read(self.store.conversations(user).await)?;
        let summary = |(id, title)| ConversationSummary {
            id,
            title,
            running: self.live.is_running(id),
        };
        Ok(rows.into_iter().map(summary).collect())
    }

    async fn conversation(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<Conversation, ChatError> {
        let stored = read(self.store.conversation(user, id).await)?.ok_or(ChatError::NotFound)?;
        let branch = match stored.active_message {
            Some(leaf) => read(self.store.branch(user, leaf).await)?,
            None => Vec::new(),
        };
        Ok(Conversation {
            summary: ConversationSummary {
                id,
                title: stored.title,
                running: self.live.is_running(id),
            },
            messages: self.shown(user, id, branch).await?,
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
            return Err(ChatError::Invalid("The title is empty.".to_owned()));
        }
        if title.chars().count() > MAX_TITLE_CHARS {
            return Err(ChatError::Invalid(format!(
                "The title is longer than {MAX_TITLE_CHARS} characters."
            )));
        }
        found(self.store.rename_conversation(user, id, &title).await)
    }

    async fn delete(&self, user: UserId, id: ConversationId) -> Result<(), ChatError> {
        found(self.store.hide_conversation(user, id).await)?;
        // Nobody reads on: the model computes for others.
        let turns = self.live.all().into_iter();
        for turn in turns.filter(|turn| turn.conversation == id) {
            turn.stop(StopReason::Person);
        }
        Ok(())
    }

    async fn restore(&self, user: UserId, id: ConversationId) -> Result<(), ChatError> {
        found(self.store.restore_conversation(user, id).await)
    }

    async fn show_version(&self, user: UserId, message: MessageId) -> Result<(), ChatError> {
        found(self.store.show_version(user, message).await)
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
        ModelStatus {
            name: self.engine.model_name(),
            is_demonstration: self.engine.is_demonstration(),
            state: match self.engine.state() {
                EngineState::Loading { percent } => ModelState::Loading { percent },
                EngineState::Ready => ModelState::Ready,
                EngineState::Failed(reason) => ModelState::Failed(reason),
            },
        }
    }
}

impl ChatServer {
    /// One message for the page, and its conversation.
    pub(super) async fn shown_message(
        &self,
        user: UserId,
        id: MessageId,
    ) -> Result<(ConversationId, Message), ChatError> {
        let stored = read(self.store.message(user, id).await)?.ok_or(ChatError::NotFound)?;
        let conversation = stored.conversation;
        let shown = self.shown(user, conversation, vec![stored]).await?.pop();
        Ok((conversation, shown.ok_or(ChatError::NotFound)?))
    }

    /// Messages of one conversation for the page.
    async fn shown(
        &self,
        user: UserId,
        conversation: ConversationId,
        branch: Vec<StoredMessage>,
    ) -> Result<Vec<Message>, ChatError> {
        let versions = read(self.store.children(user, conversation).await)?;
        let (live, rendered) = (self.live.clone(), Arc::clone(&self.rendered));
        let show = move |stored: StoredMessage| {
            let siblings = versions.get(&stored.parent_id).cloned();
            let live = live.turn(user, stored.id);
            view::message(
                stored,
                live.as_deref(),
                siblings.unwrap_or_default(),
                &rendered,
            )
        };
        // Rendering a long history takes longer than a serving thread may be held up.
        let shown = tokio::task::spawn_blocking(|| branch.into_iter().map(show).collect());
        shown.await.map_err(|error| {
            let request_id = uuid::Uuid::now_v7().to_string();
            tracing::error!(request.id = request_id, %error, "rendering failed: {error}");
            ChatError::Internal { request_id }
        })
    }
}

/// The frames of an answer that nobody makes any more.
fn ended_tail(message: Message) -> BoxStream<'static, ChatEvent> {
    let snapshot = ChatEventKind::Snapshot {
        blocks: message.blocks,
        pending: message.pending,
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

fn read<T>(result: Result<T, StoreError>) -> Result<T, ChatError> {
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

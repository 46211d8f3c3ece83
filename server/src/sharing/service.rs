//! What the server offers to those who share, and to those who read.

use async_trait::async_trait;
use hearth_app::{
    model::{
        ChatError, ConversationId, IdempotencyKey, ReceivedShare, Role, Share, ShareId, Shares,
        UserId,
    },
    service::sharing::{ShareChoice, SharePreview, SharedChat, SharedLine, SharingService},
};

use super::{SharingServer, read};
use crate::{
    calendar::Calendar,
    chat::ModelTitles,
    export::SharedMessage,
    markdown,
    slow_work::{Kind, run_in},
    store::{ListedShare, ReadShare, StoreError},
};

#[async_trait]
impl SharingService for SharingServer {
    async fn preview(&self, user: UserId, id: ConversationId) -> Result<SharePreview, ChatError> {
        self.preview_of(user, id).await
    }

    async fn share(
        &self,
        user: UserId,
        id: ConversationId,
        choice: ShareChoice,
    ) -> Result<ShareId, ChatError> {
        self.make(user, id, choice).await
    }

    async fn shares(&self, user: UserId) -> Result<Shares, ChatError> {
        let own = read(self.store.shares(user).await)?;
        let received = read(self.store.received_shares(user).await)?;
        let calendar = Calendar::of_viewer();
        let received = received.into_iter().map(|row| ReceivedShare {
            id: row.id,
            title: row.title,
            owner: row.owner,
            made: calendar.local_time(row.created_at),
        });
        Ok(Shares {
            received: received.collect(),
            own: own.into_iter().map(|row| listed(row, &calendar)).collect(),
            is_off: self.is_off(),
        })
    }

    async fn shared_chat(&self, user: UserId, id: ShareId) -> Result<SharedChat, ChatError> {
        let share = self.readable(user, id).await?;
        let calendar = Calendar::of_viewer();
        let own = if share.is_own {
            let own = read(self.store.shares(user).await)?;
            own.into_iter().find(|it| it.id == id)
        } else {
            None
        };
        let place = self.slow_work.place(Kind::Text, user).await?;
        let titles = self.titles.clone();
        let draw = move || -> Result<SharedChat, StoreError> {
            let messages = SharedMessage::from_stored(&share.content)?;
            let messages = messages.into_iter().enumerate();
            let lines = messages.map(|(number, it)| line(number, it, &titles, &calendar));
            Ok(SharedChat {
                id,
                title: share.title,
                owner: share.owner,
                made: calendar.local_time(share.created_at),
                own: own.map(|own| listed(own, &calendar)),
                messages: lines.collect(),
            })
        };
        read(run_in(place, draw).await?)
    }

    async fn revoke(&self, user: UserId, id: ShareId) -> Result<(), ChatError> {
        let is_found = read(self.store.delete_share(user, id).await)?;
        is_found.then_some(()).ok_or(ChatError::NotFound)
    }

    async fn continue_shared(
        &self,
        user: UserId,
        id: ShareId,
        key: IdempotencyKey,
    ) -> Result<ConversationId, ChatError> {
        let share = self.readable(user, id).await?;
        let place = self.slow_work.place(Kind::Document, user).await?;
        let content = share.content;
        let branch = move || SharedMessage::from_stored(&content).map(SharedMessage::into_branch);
        let branch = read(run_in(place, branch).await?)?;
        let copied = self.store.insert_copied(user, key, &share.title, &branch);
        let made = read(copied.await)?.ok_or(ChatError::NotFound)?;
        self.changes.tell(user, made);
        Ok(made)
    }
}

impl SharingServer {
    /// A copy for somebody who may read it.
    async fn readable(&self, user: UserId, id: ShareId) -> Result<ReadShare, ChatError> {
        if self.is_off() {
            return Err(ChatError::NotFound);
        }
        let share = read(self.store.read_share(user, id).await)?;
        share.ok_or(ChatError::NotFound)
    }
}

fn listed(row: ListedShare, calendar: &Calendar) -> Share {
    Share {
        id: row.id,
        conversation: row.conversation,
        title: row.title,
        num_messages: row.num_messages,
        readers: row.readers,
        is_in_trash: row.is_in_trash,
        made: calendar.local_time(row.created_at),
    }
}

/// Renders Markdown: not for the threads that serve requests. `number`: its place in the copy, by
/// which its footnotes are told from those of others.
fn line(
    number: usize,
    message: SharedMessage,
    titles: &ModelTitles,
    calendar: &Calendar,
) -> SharedLine {
    let (text, blocks) = match message.role {
        Role::User => (message.text, Vec::new()),
        Role::Assistant => {
            let name = format!("shared-{number}");
            let blocks = markdown::render_answer(&name, &message.text);
            (String::new(), blocks)
        }
    };
    let model = message.model.map(|name| titles.of(&name).unwrap_or(name));
    SharedLine {
        role: message.role,
        status: message.status,
        text,
        blocks,
        reasoning: message.reasoning,
        steps: message.tool_steps,
        model,
        time: calendar.local_time(message.created_at.ms()),
    }
}

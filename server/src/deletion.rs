//! What people delete: conversations wait in the trash, messages go at once, accounts with all
//! that is in them. Rows go in short steps; what takes longer is left to the upkeep, which is
//! woken for it.

mod account;
mod message;
mod trash;

use std::sync::Arc;

use async_trait::async_trait;
use hearth_app::{
    model::{ChatError, ConversationId, MessageId, Trash, User, UserId},
    service::{SessionCookie, deletion::DeletionService},
};

use crate::{
    accounts::Accounts, chat::ChatServer, chat::store_refused, store::Store, store::StoreError,
    upkeep::Upkeep, uploads::Uploads,
};

/// Serves those who delete.
#[derive(Debug)]
pub struct Deletion {
    pub store: Store,
    pub chat: Arc<ChatServer>,
    pub accounts: Arc<Accounts>,
    pub upkeep: Arc<Upkeep>,
    pub uploads: Arc<Uploads>,
}

#[async_trait]
impl DeletionService for Deletion {
    async fn trash(&self, user: UserId) -> Result<Trash, ChatError> {
        self.list_trash(user).await
    }

    async fn delete_forever(&self, user: UserId, id: ConversationId) -> Result<(), ChatError> {
        self.give_up(user, id).await
    }

    async fn empty_trash(&self, user: UserId) -> Result<(), ChatError> {
        self.give_all_up(user).await
    }

    async fn delete_message(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<ConversationId, ChatError> {
        self.remove_message(user, message).await
    }

    async fn delete_own_account(
        &self,
        user: &User,
        password: String,
    ) -> Result<SessionCookie, ChatError> {
        self.leave_for_good(user, password).await
    }

    async fn delete_account(&self, by: &User, user: UserId, name: String) -> Result<(), ChatError> {
        self.remove_somebody(by, user, &name).await
    }
}

fn read<T>(result: Result<T, StoreError>) -> Result<T, ChatError> {
    result.map_err(|error| store_refused(&error))
}

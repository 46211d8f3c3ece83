//! The order of a person's conversations: folders, the top of the list, the archive, what is new.

use std::collections::HashSet;

use async_trait::async_trait;
use hearth_app::{
    model::{
        Arranged, Arrangement, ChatError, ConversationId, ConversationPage, FolderForm, FolderId,
        ListPlace, MAX_ARRANGED, MAX_FOLDERS, MAX_PINNED, Refusal, UserId,
    },
    service::order::{Arranging, OrderService},
};

use super::{
    ChatServer,
    live_turns::StopReason,
    service::{LIST_PAGE, read},
};
use crate::{
    calendar::Calendar,
    folders::{parse_instructions, parse_name},
    store::{ArrangeOutcome, Destination, FolderSaved, ListedConversation, StoreError},
};

/// More conversations than these are told as one change: a page would read the list anew.
const MAX_TOLD: usize = 3;
/// Conversations that are taken out of a folder in one transaction.
const STEP: u32 = 200;

#[async_trait]
impl OrderService for ChatServer {
    async fn folder_conversations(
        &self,
        user: UserId,
        folder: FolderId,
        after: Option<ListPlace>,
    ) -> Result<ConversationPage, ChatError> {
        read(self.store.folder(user, folder).await)?.ok_or(ChatError::NotFound)?;
        let limit = LIST_PAGE + 1;
        let rows = self.store.folder_conversations(user, folder, after, limit);
        Ok(self.page(read(rows.await)?, &Calendar::of_viewer()))
    }

    async fn archive(
        &self,
        user: UserId,
        after: Option<ListPlace>,
    ) -> Result<ConversationPage, ChatError> {
        let rows = self
            .store
            .archived_conversations(user, after, LIST_PAGE + 1);
        Ok(self.page(read(rows.await)?, &Calendar::of_viewer()))
    }

    async fn arrange(
        &self,
        user: UserId,
        ids: Vec<ConversationId>,
        arranging: Arranging,
    ) -> Result<Arranged, ChatError> {
        let ids = each_once(ids)?;
        let arrangement = arranging.arrangement;
        let destination = destination(&arranging)?;
        let outcome = self
            .store
            .arrange(user, &ids, arrangement, &destination)
            .await;
        let done = match read(outcome)? {
            ArrangeOutcome::Done(done) if !done.is_empty() => done,
            ArrangeOutcome::Done(_) | ArrangeOutcome::NoFolder => return Err(ChatError::NotFound),
            ArrangeOutcome::TooManyPinned => return Err(too_many_pinned()),
            ArrangeOutcome::TooManyFolders => return Err(too_many_folders()),
        };
        if arrangement == Arrangement::Delete {
            // Nobody reads on: the model computes for others.
            let gone: HashSet<_> = done.iter().copied().collect();
            self.live.stop_where(
                |_, conversation| gone.contains(&conversation),
                StopReason::Person,
            );
        }
        let is_named = matches!(destination, Destination::Named(_));
        self.tell_arranged(user, &done, is_named);
        Ok(Arranged {
            num_arranged: done.len(),
            num_missing: ids.len() - done.len(),
        })
    }

    async fn see(&self, user: UserId, id: ConversationId) -> Result<(), ChatError> {
        let stored = read(self.store.conversation(user, id).await)?.ok_or(ChatError::NotFound)?;
        // Most looks see nothing new, and then nothing is written.
        if stored.listed.is_unread && read(self.store.see_conversation(user, id).await)? {
            self.changes.tell(user, id);
        }
        Ok(())
    }

    async fn create_folder(&self, user: UserId, name: String) -> Result<FolderId, ChatError> {
        let name = parse_name(&name).map_err(ChatError::Invalid)?;
        let id = saved(self.store.insert_folder(user, &name).await)?;
        self.changes.tell_everything(user);
        Ok(id)
    }

    async fn folder(&self, user: UserId, id: FolderId) -> Result<FolderForm, ChatError> {
        let folder = read(self.store.folder(user, id).await)?.ok_or(ChatError::NotFound)?;
        Ok(FolderForm {
            name: folder.name,
            instructions: folder.instructions.unwrap_or_default(),
        })
    }

    async fn save_folder(
        &self,
        user: UserId,
        id: FolderId,
        form: FolderForm,
    ) -> Result<(), ChatError> {
        let name = parse_name(&form.name).map_err(ChatError::Invalid)?;
        let told = parse_instructions(&form.instructions)
            .map_err(|error| ChatError::Invalid(error.into()))?;
        let change = self.store.change_folder(user, id, &name, told.as_deref());
        saved(change.await)?;
        self.changes.tell_everything(user);
        Ok(())
    }

    async fn delete_folder(&self, user: UserId, id: FolderId) -> Result<(), ChatError> {
        // In short steps: a folder may hold very many.
        while read(self.store.empty_folder(user, id, STEP).await)? > 0 {}
        if !read(self.store.delete_folder(user, id).await)? {
            return Err(ChatError::NotFound);
        }
        self.changes.tell_everything(user);
        Ok(())
    }
}

impl ChatServer {
    /// A piece of a list of which one row more was read: it tells whether there are more.
    pub(super) fn page(
        &self,
        mut rows: Vec<ListedConversation>,
        calendar: &Calendar,
    ) -> ConversationPage {
        let has_more = rows.len() > LIST_PAGE as usize;
        rows.truncate(LIST_PAGE as usize);
        let summary = |row| self.summary(row, calendar);
        ConversationPage {
            conversations: rows.into_iter().map(summary).collect(),
            has_more,
            today: calendar.today(),
            ..ConversationPage::default()
        }
    }

    fn tell_arranged(&self, user: UserId, done: &[ConversationId], has_new_folder: bool) {
        if has_new_folder || done.len() > MAX_TOLD {
            return self.changes.tell_everything(user);
        }
        for &id in done {
            self.changes.tell(user, id);
        }
    }
}

/// Ids that somebody names twice count once.
fn each_once(mut ids: Vec<ConversationId>) -> Result<Vec<ConversationId>, ChatError> {
    let mut known = HashSet::new();
    ids.retain(|id| known.insert(*id));
    if (1..=MAX_ARRANGED).contains(&ids.len()) {
        Ok(ids)
    } else {
        let limit = MAX_ARRANGED;
        Err(ChatError::Invalid(Refusal::ArrangedAtOnce { limit }))
    }
}

fn destination(arranging: &Arranging) -> Result<Destination, ChatError> {
    if arranging.arrangement != Arrangement::Move {
        return Ok(Destination::List);
    }
    if !arranging.folder_name.trim().is_empty() {
        let name = parse_name(&arranging.folder_name).map_err(ChatError::Invalid)?;
        return Ok(Destination::Named(name));
    }
    let folder = arranging.folder.map(Destination::Folder);
    Ok(folder.unwrap_or(Destination::List))
}

fn too_many_pinned() -> ChatError {
    let limit = MAX_PINNED;
    ChatError::Invalid(Refusal::TooManyPinned { limit })
}

fn too_many_folders() -> ChatError {
    let limit = MAX_FOLDERS;
    ChatError::Invalid(Refusal::TooManyFolders { limit })
}

fn saved(outcome: Result<FolderSaved, StoreError>) -> Result<FolderId, ChatError> {
    match read(outcome)? {
        FolderSaved::Done(id) => Ok(id),
        FolderSaved::Missing => Err(ChatError::NotFound),
        FolderSaved::Taken => Err(ChatError::Invalid(Refusal::FolderTaken)),
        FolderSaved::TooMany => Err(too_many_folders()),
    }
}

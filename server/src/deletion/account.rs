//! Accounts that go.

use hearth_app::{
    model::{AuditAction, ChatError, Refusal, User, UserId},
    service::SessionCookie,
};
use leptos::prelude::use_context;

use super::{Deletion, read};
use crate::{
    accounts::{AccountName, Visitor},
    store::{AccountChanged, Change},
};

impl Deletion {
    pub(super) async fn leave_for_good(
        &self,
        user: &User,
        password: String,
    ) -> Result<SessionCookie, ChatError> {
        // Nothing typed is no attempt.
        if password.is_empty() {
            return Err(ChatError::Invalid(Refusal::WrongPassword));
        }
        let visitor = use_context::<Visitor>().unwrap_or_default();
        let confirmed = self.accounts.confirm_password(user, password, &visitor);
        confirmed.await?;
        self.remove(user, user).await?;
        tracing::info!(user.id = %user.id, "an account was deleted by its owner");
        Ok(self.accounts.leave(visitor.session).await?)
    }

    pub(super) async fn remove_somebody(
        &self,
        by: &User,
        id: UserId,
        name: &str,
    ) -> Result<(), ChatError> {
        if by.id == id {
            return Err(ChatError::Invalid(Refusal::OwnAccount));
        }
        let found = read(self.store.account(id).await)?;
        let (user, _) = found.ok_or(ChatError::NotFound)?;
        // However its letters are composed, and as it stands where it was made before they were.
        let composed = AccountName::parse(name);
        let is_name = composed.is_ok_and(|typed| typed.as_str() == user.name);
        if !is_name && name.trim() != user.name {
            return Err(ChatError::Invalid(Refusal::NameDiffers));
        }
        self.remove(by, &user).await?;
        tracing::info!(user.id = %user.id, "an account was deleted by an administrator");
        Ok(())
    }

    async fn remove(&self, by: &User, user: &User) -> Result<(), ChatError> {
        let change = Change::by(by, AuditAction::DeleteAccount, &user.name);
        let removed = self.store.begin_account_removal(user.id, &change).await;
        match read(removed)? {
            AccountChanged::Done(_) => {}
            AccountChanged::NotThere => return Err(ChatError::NotFound),
            AccountChanged::LastAdministrator => {
                return Err(ChatError::Invalid(Refusal::LastAdministrator));
            }
        }
        self.chat.end_turns_of(user.id);
        self.uploads.tidy().await;
        self.upkeep.wake();
        Ok(())
    }
}

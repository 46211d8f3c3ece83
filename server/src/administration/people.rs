//! Accounts, as an administrator makes and changes them.

use hearth_app::model::{
    AccountChange, AccountSummary, AuditAction, ChatError, OneTimeLink, Refusal, TokenLimit, User,
    UserId, UserRole,
};

use super::{Administration, refused};
use crate::{
    accounts::{AccountName, LINK_HOURS},
    calendar::Calendar,
    store::{AccountChanged, Change, now_ms},
};

impl Administration {
    pub(super) async fn account_summaries(&self) -> Result<Vec<AccountSummary>, ChatError> {
        let now = now_ms();
        let calendar = Calendar::of_viewer();
        let overviews = self
            .store
            .account_overviews(self.store.days().number(now), now);
        let overviews = overviews.await.map_err(refused)?.into_iter();
        let summaries = overviews.map(|overview| AccountSummary {
            user: overview.user,
            disabled: overview.disabled,
            last_seen: overview.last_seen_at.map(|at| calendar.seen(at)),
            is_invited: overview.is_invited,
            token_limit: overview.token_limit,
            tokens_today: u64::try_from(overview.tokens_today).unwrap_or_default(),
        });
        Ok(summaries.collect())
    }

    pub(super) async fn invite(
        &self,
        by: &User,
        name: &str,
        role: UserRole,
    ) -> Result<OneTimeLink, ChatError> {
        let name = AccountName::parse(name)
            .map_err(ChatError::Invalid)?
            .as_str()
            .to_owned();
        let user = User {
            id: UserId::new(uuid::Uuid::now_v7()),
            name,
            role,
        };
        let hash = self.accounts.unusable_password(by.id).await?;
        let change = Change {
            new: role.as_str().to_owned(),
            ..Change::by(by, AuditAction::CreateAccount, &user.name)
        };
        let created = self.store.create_account(&user, &hash, &change).await;
        if !created.map_err(refused)? {
            return Err(ChatError::Invalid(Refusal::NameTaken));
        }
        self.link(by, &user).await
    }

    pub(super) async fn link_for(&self, by: &User, id: UserId) -> Result<OneTimeLink, ChatError> {
        let found = self.store.account(id).await.map_err(refused)?;
        let (user, _) = found.ok_or(ChatError::NotFound)?;
        self.link(by, &user).await
    }

    async fn link(&self, by: &User, user: &User) -> Result<OneTimeLink, ChatError> {
        let change = Change::by(by, AuditAction::MakeLink, &user.name);
        let token = self.accounts.make_link(user.id, &change).await?;
        let link = OneTimeLink {
            user: user.id,
            user_name: user.name.clone(),
            token,
            valid_hours: LINK_HOURS,
        };
        self.accounts.keep_new_link(by.id, link.clone());
        Ok(link)
    }

    pub(super) async fn change_state(
        &self,
        by: &User,
        id: UserId,
        asked: AccountChange,
    ) -> Result<(), ChatError> {
        let changed = self.store.change_account(id, asked, by).await;
        match changed.map_err(refused)? {
            AccountChanged::Done(state) if state.disabled => self.chat.end_turns_of(id),
            AccountChanged::Done(_) => {}
            AccountChanged::NotThere => return Err(ChatError::NotFound),
            AccountChanged::LastAdministrator => {
                return Err(ChatError::Invalid(Refusal::LastAdministrator));
            }
        }
        Ok(())
    }

    pub(super) async fn limit(&self, by: &User, id: UserId, limit: &str) -> Result<(), ChatError> {
        let limit: TokenLimit = limit.parse().map_err(ChatError::Invalid)?;
        let changed = self.store.change_limit(id, limit, by).await;
        if changed.map_err(refused)? {
            Ok(())
        } else {
            Err(ChatError::NotFound)
        }
    }
}

//! An account that goes: from one moment to the next nobody enters it and its name is free; what
//! was written in it is removed in pieces by the upkeep, and the row at last.

use hearth_app::model::{UserId, UserRole};

use super::{
    AccountChanged, Change, Store, StoreError,
    account::{AccountState, is_only_administrator},
    now_ms,
};

impl Store {
    /// Begins to remove an account: its sessions, keys, links, uploads, usage and instructions are
    /// gone when this returns, and nobody reads what it has shared.
    pub(crate) async fn begin_account_removal(
        &self,
        id: UserId,
        change: &Change,
    ) -> Result<AccountChanged, StoreError> {
        let (id, now) = (id.as_uuid(), now_ms());
        let mut transaction = self.begin().await?;
        if is_only_administrator(&mut transaction, id).await? {
            return Ok(AccountChanged::LastAdministrator);
        }
        let removed = sqlx::query!(
            "
            update user
            set removed_at = ?,
                disabled = 1,
                role = 'user',
                name = lower(hex(id)),
                name_key = null,
                password_hash = '',
                tokens_per_day = null
            where id = ? and removed_at is null
            ",
            now,
            id,
        )
        .execute(&mut *transaction)
        .await?;
        if removed.rows_affected() == 0 {
            return Ok(AccountChanged::NotThere);
        }
        sqlx::query!("delete from session where user_id = ?", id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query!("delete from one_time_link where user_id = ?", id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query!("delete from api_key where user_id = ?", id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query!("delete from upload where user_id = ?", id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query!("delete from share_reader where user_id = ?", id)
            .execute(&mut *transaction)
            .await?;
        // Those of messages go with them, in pieces.
        sqlx::query!(
            "delete from attachment where user_id = ? and message_id is null",
            id,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("delete from usage_day where user_id = ?", id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query!("delete from personal_instructions where user_id = ?", id)
            .execute(&mut *transaction)
            .await?;
        change.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(AccountChanged::Done(AccountState {
            role: UserRole::User,
            disabled: true,
        }))
    }
}

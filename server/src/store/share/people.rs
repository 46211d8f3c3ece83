//! Whom a copy can be for, and whom it is for.

use hearth_app::model::UserId;
use sqlx::{SqliteConnection, types::Uuid};

use super::super::{Store, StoreError, name_key};

impl Store {
    /// Names of everybody else who may come in, at most so many.
    pub(crate) async fn people_besides(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let user = user.as_uuid();
        let names = sqlx::query_scalar!(
            r#"
            select name as "name!: String"
            from user
            where id != ? and disabled = 0 and removed_at is null
            order by coalesce(name_key, name)
            limit ?
            "#,
            user,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(names)
    }

    /// The account of this name that may come in, in whatever case it is written.
    pub(crate) async fn person_named(&self, name: &str) -> Result<Option<UserId>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let found = find_person(&mut connection, name).await?;
        Ok(found.map(UserId::new))
    }

    /// Names of those whom a copy is for.
    pub(super) async fn readers_of(&self, share: Uuid) -> Result<Vec<String>, StoreError> {
        let names = sqlx::query_scalar!(
            r#"
            select u.name as "name!: String"
            from share_reader r
            join user u on u.id = r.user_id
            where r.share_id = ? and u.removed_at is null
            order by coalesce(u.name_key, u.name)
            "#,
            share,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(names)
    }
}

/// The same within a transaction.
pub(super) async fn find_person(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<Uuid>, StoreError> {
    let key = name_key(name);
    let id = sqlx::query_scalar!(
        r#"
        select id as "id: Uuid"
        from user
        where (name_key = ? or (name_key is null and name = ?))
            and disabled = 0
            and removed_at is null
        "#,
        key,
        name,
    )
    .fetch_optional(connection)
    .await?;
    Ok(id)
}

/// Nothing happens if that account is gone.
pub(super) async fn insert_reader(
    connection: &mut SqliteConnection,
    share: Uuid,
    reader: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "
        insert into share_reader (share_id, user_id)
        select ?, u.id
        from user u
        where u.id = ? and u.removed_at is null
        on conflict (share_id, user_id) do nothing
        ",
        share,
        reader,
    )
    .execute(connection)
    .await?;
    Ok(())
}

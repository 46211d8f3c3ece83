//! Rows of `usage_day`: tokens computed for each person, by day of the server's time zone.

use hearth_app::model::{UsageDay, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError};

/// Tokens that one turn computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TurnTokens {
    pub(crate) prompt: u32,
    pub(crate) completion: u32,
}

/// Adds a turn to its owner's day.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    message: Uuid,
    tokens: TurnTokens,
    day: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into usage_day (user_id, day, num_turns, prompt_tokens, completion_tokens)
         select c.user_id, ?, 1, ?, ?
         from message m
         join conversation c on c.id = m.conversation_id
         where m.id = ?
         on conflict (user_id, day) do update
         set num_turns = num_turns + 1,
             prompt_tokens = prompt_tokens + excluded.prompt_tokens,
             completion_tokens = completion_tokens + excluded.completion_tokens",
        day,
        tokens.prompt,
        tokens.completion,
        message,
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Adds a request of a program to a person's day.
    pub(crate) async fn add_usage(
        &self,
        user: UserId,
        tokens: TurnTokens,
        day: i64,
    ) -> Result<(), StoreError> {
        let user = user.as_uuid();
        sqlx::query!(
            "insert into usage_day (user_id, day, num_turns, prompt_tokens, completion_tokens)
             select id, ?, 1, ?, ?
             from user
             where id = ?
             on conflict (user_id, day) do update
             set num_turns = num_turns + 1,
                 prompt_tokens = prompt_tokens + excluded.prompt_tokens,
                 completion_tokens = completion_tokens + excluded.completion_tokens",
            day,
            tokens.prompt,
            tokens.completion,
            user,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Usage of everybody from a day on, by day and name.
    pub(crate) async fn usage_since(&self, day: i64) -> Result<Vec<UsageDay>, StoreError> {
        let rows = sqlx::query!(
            r#"select u.id as "id: Uuid", u.name, d.day, d.num_turns, d.prompt_tokens,
                      d.completion_tokens
               from usage_day d
               join user u on u.id = d.user_id
               where d.day >= ?
               order by d.day, u.name"#,
            day,
        )
        .fetch_all(&self.readers)
        .await?;
        let days = rows.into_iter().map(|row| UsageDay {
            user: UserId::new(row.id),
            user_name: row.name,
            day: row.day,
            num_turns: count(row.num_turns),
            prompt_tokens: count(row.prompt_tokens),
            completion_tokens: count(row.completion_tokens),
        });
        Ok(days.collect())
    }

    /// Decode speeds of the last answers of a model, tokens a second, the newest first: in the
    /// order in which they were begun, whatever the clock said.
    pub(crate) async fn last_speeds(
        &self,
        fingerprint: &str,
        limit: i64,
    ) -> Result<Vec<f32>, StoreError> {
        // The plus keeps SQLite from reading all messages backwards for a model that has no answer;
        // the index alone tells the rows.
        let rows = sqlx::query!(
            "select completion_tokens, decode_ms
             from message
             where rowid in (
                 select rowid
                 from message
                 where model_fingerprint = ? and completion_tokens > 1 and decode_ms > 0
                 order by +rowid desc
                 limit ?
             )
             order by rowid desc",
            fingerprint,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        let narrow = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        let speeds = rows.into_iter().map(|row| {
            super::tokens_per_second(narrow(row.completion_tokens), narrow(row.decode_ms))
        });
        Ok(speeds.collect())
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use hearth_app::model::{ConversationId, ConversationSettings, User, UserRole};

    use super::*;

    #[tokio::test]
    async fn after_a_clock_was_set_back_the_last_answers_are_still_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
        let user = User {
            id: UserId::new(Uuid::now_v7()),
            name: "ada".to_owned(),
            role: UserRole::User,
        };
        store.insert_user(&user, "no password", 0).await.unwrap();
        let conversation = ConversationId::new(Uuid::now_v7());
        let settings = ConversationSettings::default();
        let made = store.insert_empty_conversation(user.id, conversation, &settings);
        made.await.unwrap();
        // Each answer has more tokens than the one before, and an id that is smaller.
        for (id, num_tokens, fingerprint) in
            [(9, 11, "a"), (8, 21, "a"), (7, 31, "a"), (6, 41, "another")]
        {
            sqlx::query(
                "insert into message (id, conversation_id, role, status, text, params,
                                      model_fingerprint, completion_tokens, decode_ms, created_at)
                 values (?, ?, 'assistant', 'finished', '', '{}', ?, ?, 1000, 0)",
            )
            .bind(Uuid::from_u128(id))
            .bind(conversation.as_uuid())
            .bind(fingerprint)
            .bind(num_tokens)
            .execute(&store.writer)
            .await
            .unwrap();
        }
        let speeds = store.last_speeds("a", 2).await.unwrap();
        let speeds: Vec<String> = speeds.iter().map(f32::to_string).collect();
        assert_eq!(speeds, ["30", "20"]);
        assert!(store.last_speeds("none", 2).await.unwrap().is_empty());
    }
}

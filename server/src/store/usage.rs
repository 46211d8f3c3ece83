//! Rows of `usage_day`: tokens computed for each person, by day (UTC).

use hearth_app::model::{UsageDay, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError};

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Tokens that one turn computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TurnTokens {
    pub(crate) prompt: u32,
    pub(crate) completion: u32,
}

/// The day of a moment, counted from 1970-01-01, UTC.
pub(crate) const fn day_of(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS)
}

/// Milliseconds from a moment to the end of its day, UTC.
pub(crate) const fn rest_of_day_ms(ms: i64) -> i64 {
    DAY_MS - ms.rem_euclid(DAY_MS)
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

    /// Tokens computed for a person on a day, prompts and answers.
    pub(crate) async fn tokens_on(&self, user: UserId, day: i64) -> Result<u64, StoreError> {
        let user = user.as_uuid();
        let tokens = sqlx::query_scalar!(
            r#"select prompt_tokens + completion_tokens as "tokens!: i64"
               from usage_day
               where user_id = ? and day = ?"#,
            user,
            day,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(count(tokens.unwrap_or_default()))
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

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(day_of(0), 0);
        assert_eq!(day_of(DAY_MS - 1), 0);
        assert_eq!(day_of(DAY_MS), 1);
        assert_eq!(day_of(-1), -1);
        assert_eq!(rest_of_day_ms(DAY_MS - 1), 1);
        assert_eq!(rest_of_day_ms(DAY_MS), DAY_MS);
    }

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

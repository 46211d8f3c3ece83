//! Looking into the SQLite file beside the running server.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ConversationId, MessageId};
use sqlx::{Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;

/// Token ids of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerTokens {
    pub prompt: Vec<u32>,
    pub answer: Vec<u32>,
}

/// An open file, for reading only.
#[derive(Debug)]
pub struct Database(SqliteConnection);

impl Database {
    pub async fn open(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let connection = SqliteConnection::connect_with(&options).await;
        let connection = connection.with_context(|| format!("opening {}", path.display()))?;
        Ok(Self(connection))
    }

    /// What the engine was given for an answer and what it made.
    pub async fn answer_tokens(&mut self, message: MessageId) -> Result<AnswerTokens> {
        let row = sqlx::query("select prompt_token_ids, token_ids from message where id = ?")
            .bind(message.as_uuid())
            .fetch_one(&mut self.0)
            .await?;
        Ok(AnswerTokens {
            prompt: numbers(row.try_get("prompt_token_ids")?),
            answer: numbers(row.try_get("token_ids")?),
        })
    }

    /// Whether SQLite finds everything in its place.
    pub async fn check_integrity(&mut self) -> Result<()> {
        let found: String = sqlx::query_scalar("pragma integrity_check")
            .fetch_one(&mut self.0)
            .await?;
        ensure!(found == "ok", "{found}");
        let loose = sqlx::query("pragma foreign_key_check")
            .fetch_all(&mut self.0)
            .await?;
        ensure!(loose.is_empty(), "{} rows point nowhere", loose.len());
        Ok(())
    }

    /// Conversations of this title that can be seen, and messages in them.
    pub async fn num_titled(&mut self, title: &str) -> Result<(usize, usize)> {
        let query = "select count(distinct c.id), count(m.id)
                     from conversation c
                     left join message m on m.conversation_id = c.id
                     where c.title = ? and c.deleted_at is null";
        let row = sqlx::query(query)
            .bind(title)
            .fetch_one(&mut self.0)
            .await?;
        let number = |column| row.try_get::<i64, _>(column).map(usize::try_from);
        Ok((number(0)??, number(1)??))
    }

    /// Rows of the tables that a turn writes: messages and idempotency keys.
    pub async fn num_turn_rows(&mut self) -> Result<i64> {
        let query = "select (select count(*) from message) + (select count(*) from idempotency_key) \
                     + (select count(*) from conversation) as n";
        let row = sqlx::query(query).fetch_one(&mut self.0).await?;
        Ok(row.try_get("n")?)
    }
}

/// Gives each finished answer so many bytes of text that takes half of that when it is packed.
pub async fn lengthen_answers(path: &Path, num_bytes: i64) -> Result<()> {
    let mut connection = writing(path).await?;
    sqlx::query(
        "update message set text = hex(randomblob(?)) where role = 'assistant' and status = 'finished'",
    )
    .bind(num_bytes / 2)
    .execute(&mut connection)
    .await?;
    Ok(connection.close().await?)
}

/// Puts an answer in the place of the last one of a conversation, under an id that nobody has seen:
/// nothing that a server remembers is of this answer.
pub async fn replace_answer(path: &Path, conversation: ConversationId, text: &str) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(false);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let mut transaction = connection.begin().await?;
    let id = Uuid::now_v7();
    sqlx::query(
        "update message set id = ?, text = ?
         where id = (select active_message_id from conversation where id = ?)",
    )
    .bind(id)
    .bind(text)
    .bind(conversation.as_uuid())
    .execute(&mut *transaction)
    .await?;
    sqlx::query("update conversation set active_message_id = ? where id = ?")
        .bind(id)
        .bind(conversation.as_uuid())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(connection.close().await?)
}

/// Makes a message that many days older than it is.
pub async fn age_message(path: &Path, message: MessageId, num_days: i64) -> Result<()> {
    let mut connection = writing(path).await?;
    sqlx::query("update message set created_at = created_at - ? where id = ?")
        .bind(num_days * 24 * 60 * 60 * 1000)
        .bind(message.as_uuid())
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}

/// Lets so much time pass for every link with which somebody chooses a password.
pub async fn age_links(path: &Path, time: Duration) -> Result<()> {
    let mut connection = writing(path).await?;
    sqlx::query(
        "update one_time_link set created_at = created_at - ?1, expires_at = expires_at - ?1",
    )
    .bind(i64::try_from(time.as_millis())?)
    .execute(&mut connection)
    .await?;
    Ok(connection.close().await?)
}

/// Gives every conversation this title, and tells nobody of it.
pub async fn rename_all(path: &Path, title: &str) -> Result<()> {
    let mut connection = writing(path).await?;
    sqlx::query("update conversation set title = ?")
        .bind(title)
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}

/// As if a model had thought this before its answer.
pub async fn add_reasoning(path: &Path, answer: MessageId, text: &str) -> Result<()> {
    let mut connection = writing(path).await?;
    sqlx::query("update message set reasoning = ?, reasoning_ms = 1000 where id = ?")
        .bind(text)
        .bind(answer.as_uuid())
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}

async fn writing(path: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(path);
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// Another program that keeps the database for itself.
#[derive(Debug)]
pub struct Lock(SqliteConnection);

impl Lock {
    /// Begins to write, and does not end.
    pub async fn take(path: &Path) -> Result<Self> {
        let mut connection = writing(path).await?;
        sqlx::query("begin immediate")
            .execute(&mut connection)
            .await?;
        Ok(Self(connection))
    }

    /// Lets others write again.
    pub async fn release(mut self) -> Result<()> {
        sqlx::query("rollback").execute(&mut self.0).await?;
        Ok(self.0.close().await?)
    }
}

/// Little-endian ids.
fn numbers(bytes: Option<Vec<u8>>) -> Vec<u32> {
    let bytes = bytes.unwrap_or_default();
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

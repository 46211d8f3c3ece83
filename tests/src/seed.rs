//! A database as it is after years, the same every time: only sizes are chosen.

use std::path::Path;

use anyhow::{Context as _, Result};
use hearth_app::model::{ConversationId, MessageId};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;

use crate::chance::Chance;

/// Every database grows from it.
const SEED: u64 = 0x005e_edf0_04a1_1c0d;
/// The last conversation was used at that moment: 2026-01-01 in milliseconds.
const LAST_USE_MS: i64 = 1_767_225_600_000;
const HOUR_MS: i64 = 60 * 60 * 1000;
const WORDS: [&str; 40] = [
    "the", "a", "river", "lamp", "engine", "quiet", "north", "because", "winter", "paper", "and",
    "or", "slowly", "between", "number", "table", "window", "answer", "garden", "seven", "light",
    "water", "under", "often", "letter", "small", "house", "writes", "keeps", "finds", "mountain",
    "copper", "early", "market", "before", "thing", "with", "stone", "green", "return",
];

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    pub conversations: u32,
    /// In all conversations together, the longest included.
    pub messages: u32,
    /// Messages of one conversation, the one used first.
    pub longest: u32,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Seeded {
    /// From the one used first, which is the longest, to the one used last.
    pub conversations: Vec<ConversationId>,
    /// The messages of the longest, oldest first.
    pub branch: Vec<MessageId>,
}

struct Seeder {
    connection: SqliteConnection,
    chance: Chance,
    user: Vec<u8>,
}

/// Gives a person of this name conversations.
pub async fn fill(database: &Path, user_name: &str, amount: Amount) -> Result<Seeded> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .busy_timeout(std::time::Duration::from_secs(5));
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let user = sqlx::query_scalar("select id from user where name = ?")
        .bind(user_name)
        .fetch_optional(&mut connection)
        .await?;
    sqlx::query("begin immediate")
        .execute(&mut connection)
        .await?;
    let mut seeder = Seeder {
        connection,
        chance: Chance::new(SEED),
        user: user.with_context(|| format!("nobody is called {user_name}"))?,
    };
    let seeded = seeder.conversations(amount).await?;
    // As of an older program: the upkeep indexes it.
    sqlx::query(
        "insert or replace into search_backlog (id, titles_before, messages_before)
         values (1, x'ffffffffffffffffffffffffffffffff', x'ffffffffffffffffffffffffffffffff')",
    )
    .execute(&mut seeder.connection)
    .await?;
    sqlx::query("commit")
        .execute(&mut seeder.connection)
        .await?;
    seeder.connection.close().await?;
    Ok(seeded)
}

impl Seeder {
    async fn conversations(&mut self, amount: Amount) -> Result<Seeded> {
        let others = amount.conversations - 1;
        let num_turns = (amount.messages - amount.longest) / 2;
        let mut seeded = Seeded {
            conversations: Vec::new(),
            branch: Vec::new(),
        };
        for number in 0..amount.conversations {
            let turns = match number {
                0 => amount.longest / 2,
                // As evenly as whole turns allow.
                _ => num_turns / others + u32::from(number <= num_turns % others),
            };
            let used = LAST_USE_MS - HOUR_MS * i64::from(others - number);
            let (id, branch) = self.conversation(number, turns, used).await?;
            seeded.conversations.push(id);
            if number == 0 {
                seeded.branch = branch;
            }
        }
        Ok(seeded)
    }

    async fn conversation(
        &mut self,
        number: u32,
        turns: u32,
        used: i64,
    ) -> Result<(ConversationId, Vec<MessageId>)> {
        let id = self.id(used);
        let title = format!("{} {number}", self.words(4));
        sqlx::query(
            "insert into conversation (id, user_id, title, created_at, updated_at)
             values (?, ?, ?, ?, ?)",
        )
        .bind(id)
        .bind(&self.user)
        .bind(title)
        .bind(used)
        .bind(used)
        .execute(&mut self.connection)
        .await?;
        let mut branch = Vec::new();
        for turn in 0..turns {
            let length = self.chance.within(4..40);
            let question = format!("Question {turn}: {}?", self.words(length));
            self.message(id, &mut branch, ("user", &question), used)
                .await?;
            let answer = self.answer(turn);
            self.message(id, &mut branch, ("assistant", &answer), used)
                .await?;
        }
        sqlx::query("update conversation set active_message_id = ? where id = ?")
            .bind(branch.last())
            .bind(id)
            .execute(&mut self.connection)
            .await?;
        let branch = branch.into_iter().map(MessageId::new);
        Ok((ConversationId::new(id), branch.collect()))
    }

    /// Paragraphs, and now and then what costs more to show: a list, a table of code, a formula.
    fn answer(&mut self, turn: u32) -> String {
        let mut answer = format!("Answer {turn}: **{}**.", self.words(3));
        for _ in 0..self.chance.within(1..4) {
            let length = self.chance.within(20..80);
            let paragraph = self.words(length);
            answer.extend(["\n\n", &paragraph, "."]);
        }
        let extra = match self.chance.within(0..6) {
            0 => format!(
                "\n\n- {}\n- {}\n- {}",
                self.words(5),
                self.words(6),
                self.words(4)
            ),
            1 => format!(
                "\n\n```rust\nfn {}() {{\n    let x = 1;\n}}\n```",
                self.words(1)
            ),
            2 => "\n\n$x^2 + y^2 = z^2$".to_owned(),
            _ => String::new(),
        };
        answer + extra.as_str()
    }

    async fn message(
        &mut self,
        conversation: Uuid,
        branch: &mut Vec<Uuid>,
        (role, text): (&str, &str),
        at: i64,
    ) -> Result<()> {
        let id = self.id(at);
        let is_answer = role == "assistant";
        sqlx::query(
            "insert into message (
                 id, conversation_id, parent_id, role, status, text, finish_reason, params,
                 model_name, prompt_tokens, completion_tokens, time_to_first_token_ms, decode_ms,
                 created_at
             )
             values (?, ?, ?, ?, 'finished', ?, ?, '{}', ?, 100, ?, 50, 2000, ?)",
        )
        .bind(id)
        .bind(conversation)
        .bind(branch.last())
        .bind(role)
        .bind(text)
        .bind(is_answer.then_some("stop"))
        .bind(is_answer.then_some("a-model-of-the-seed"))
        .bind(if is_answer { 80 } else { 0 })
        .bind(at)
        .execute(&mut self.connection)
        .await?;
        branch.push(id);
        Ok(())
    }

    fn words(&mut self, count: u64) -> String {
        let count_all = WORDS.len() as u64;
        let mut words: Vec<&str> = Vec::new();
        for _ in 0..count {
            let index = usize::try_from(self.chance.within(0..count_all));
            words.extend(index.ok().and_then(|index| WORDS.get(index)));
        }
        words.join(" ")
    }

    /// A `UUIDv7` of that moment.
    fn id(&mut self, at_ms: i64) -> Uuid {
        let random = u128::from(self.chance.number()) << 64 | u128::from(self.chance.number());
        let moment = u128::from(at_ms.unsigned_abs()) << 80;
        let version = 0x7 << 76 | 0b10 << 62;
        Uuid::from_u128(moment | (random & 0x0fff_3fff_ffff_ffff_ffff) | version)
    }
}

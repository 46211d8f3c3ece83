//! A server with a scripted model, two users, and what a browser does with the frames.

use std::{fmt::Write as _, path::PathBuf, sync::Arc, time::Duration};

use futures::StreamExt as _;
use hearth_app::{
    model::{
        ChatError, ChatEvent, ChatEventKind, Choices, ConversationId, Cursor, IdempotencyKey,
        Message, MessageId, MessageStatus, MessageText, StartedTurn, TurnError, TurnParams, UserId,
    },
    service::{ChatService as _, SendMessage},
};
use hearth_engine::{
    handle::{EngineConfig, EngineHandle, ModelSource},
    scripted::ScriptedModel,
};
use uuid::Uuid;

use crate::{chat::ChatServer, settings::SettingsBook, store::Store};

/// Long enough to be stopped in the middle, with characters of one to four bytes.
pub(super) fn long_answer() -> String {
    let mut answer = String::from("# An answer\n\n");
    for number in 0..40 {
        let _ = write!(
            answer,
            "Paragraph {number} says *grüß dich*, 你好 and 🦀.\n\n"
        );
    }
    answer + "```rust\nfn main() {}\n```\n"
}

pub(super) struct Bench {
    pub(super) server: Arc<ChatServer>,
    pub(super) store: Store,
    pub(super) ada: UserId,
    pub(super) bob: UserId,
    pub(super) directory: Arc<tempfile::TempDir>,
}

impl Bench {
    pub(super) async fn start(model: ScriptedModel) -> Self {
        Self::start_with(model, EngineConfig::default()).await
    }

    pub(super) async fn start_with(model: ScriptedModel, config: EngineConfig) -> Self {
        Self::start_source(ModelSource::Scripted(model), config).await
    }

    pub(super) async fn start_source(source: ModelSource, config: EngineConfig) -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let store = Store::open(&directory.path().join("hearth.db"))
            .await
            .unwrap();
        let ada = insert_user(&store, "ada").await;
        let bob = insert_user(&store, "bob").await;
        let engine = EngineHandle::start(source, config);
        Self {
            server: serve(&store, engine).await,
            store,
            ada,
            bob,
            directory,
        }
    }

    /// The same database, served by a new process.
    pub(super) async fn reopen(
        path: PathBuf,
        users: (UserId, UserId),
        directory: Arc<tempfile::TempDir>,
        model: ScriptedModel,
    ) -> Self {
        let store = Store::open(&path).await.unwrap();
        let engine = EngineHandle::start(ModelSource::Scripted(model), EngineConfig::default());
        Self {
            server: serve(&store, engine).await,
            store,
            ada: users.0,
            bob: users.1,
            directory,
        }
    }

    /// Another server of the same database, that has seen nothing yet.
    pub(super) async fn served_anew(&self) -> Arc<ChatServer> {
        serve(&self.store, self.server.engine()).await
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join("hearth.db")
    }

    pub(super) async fn send(&self, text: &str) -> StartedTurn {
        self.try_send(question(text)).await.unwrap()
    }

    pub(super) async fn try_send(&self, message: SendMessage) -> Result<StartedTurn, ChatError> {
        self.server.send(self.ada, message).await
    }

    pub(super) async fn say(&self, conversation: ConversationId, text: &str) -> StartedTurn {
        let mut message = question(text);
        message.conversation = Some(conversation);
        self.try_send(message).await.unwrap()
    }

    /// All frames after a cursor, to the last.
    pub(super) async fn frames(&self, message: MessageId, cursor: Cursor) -> Vec<ChatEvent> {
        let tail = self.server.tail(self.ada, message, cursor).await.unwrap();
        tokio::time::timeout(Duration::from_secs(20), tail.collect())
            .await
            .unwrap()
    }

    /// Reads frames until the answer has that many bytes of HTML.
    pub(super) async fn watch_until(&self, message: &Message, num_bytes: usize) -> Page {
        let mut page = Page::of(message);
        let cursor = message.cursor.unwrap();
        let mut tail = self
            .server
            .tail(self.ada, message.id, cursor)
            .await
            .unwrap();
        while page.html().len() < num_bytes {
            page.apply(&tail.next().await.unwrap());
        }
        page
    }

    pub(super) async fn stored(&self, message: MessageId) -> crate::store::StoredMessage {
        self.store
            .message(self.ada, message)
            .await
            .unwrap()
            .unwrap()
    }

    pub(super) async fn shown(&self, turn: &StartedTurn) -> Message {
        let conversation = self
            .server
            .conversation(self.ada, turn.conversation.id, None)
            .await;
        conversation.unwrap().messages.pop().unwrap()
    }

    pub(super) async fn text(&self, message: MessageId) -> String {
        self.server.message_text(self.ada, message).await.unwrap()
    }

    pub(super) async fn num_rows(&self) -> (i64, i64) {
        let count = "select (select count(*) from conversation), (select count(*) from message)";
        sqlx::query_as(count)
            .fetch_one(&self.store.readers)
            .await
            .unwrap()
    }
}

pub(super) fn question(text: &str) -> SendMessage {
    SendMessage {
        conversation: None,
        parent: None,
        edits: None,
        text: MessageText::parse(text).unwrap(),
        files: Vec::new(),
        params: TurnParams::default(),
        choices: Choices::default(),
        key: new_key(),
    }
}

pub(super) fn new_key() -> IdempotencyKey {
    IdempotencyKey::new(Uuid::now_v7())
}

async fn insert_user(store: &Store, name: &str) -> UserId {
    let id = Uuid::now_v7();
    sqlx::query(
        "insert into user (id, name, password_hash, role, created_at) values (?, ?, '', 'user', 0)",
    )
    .bind(id)
    .bind(name)
    .execute(&store.writer)
    .await
    .unwrap();
    UserId::new(id)
}

/// What a browser makes of frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Page {
    pub(super) blocks: Vec<String>,
    pub(super) pending: String,
    pub(super) cursor: Option<Cursor>,
    pub(super) ended: Option<MessageStatus>,
    pub(super) error: Option<TurnError>,
}

impl Page {
    pub(super) fn of(message: &Message) -> Self {
        Self {
            blocks: message.blocks.clone(),
            pending: message.pending.clone(),
            cursor: message.cursor,
            ended: None,
            error: None,
        }
    }

    pub(super) fn apply(&mut self, event: &ChatEvent) {
        self.cursor = Some(event.cursor);
        match &event.kind {
            ChatEventKind::Pending { keep, html } => {
                self.pending.truncate(*keep);
                self.pending.push_str(html);
            }
            ChatEventKind::Block(html) => {
                self.pending.clear();
                self.blocks.push(html.clone());
            }
            ChatEventKind::Settled(changed) => {
                for (index, html) in changed {
                    self.blocks[*index].clone_from(html);
                }
            }
            ChatEventKind::Snapshot {
                blocks, pending, ..
            } => {
                self.blocks.clone_from(blocks);
                self.pending.clone_from(pending);
            }
            ChatEventKind::Ended { status, error, .. } => {
                self.ended = Some(*status);
                self.error.clone_from(error);
            }
            ChatEventKind::Waiting(_)
            | ChatEventKind::Reasoning(_)
            | ChatEventKind::Step(_)
            | ChatEventKind::KeepAlive => {}
        }
    }

    pub(super) fn apply_all(mut self, events: &[ChatEvent]) -> Self {
        for event in events {
            self.apply(event);
        }
        self
    }

    pub(super) fn html(&self) -> String {
        self.blocks.concat() + &self.pending
    }
}

async fn serve(store: &Store, engine: EngineHandle) -> Arc<ChatServer> {
    let settings = SettingsBook::open(store.clone()).await.unwrap();
    ChatServer::start(store.clone(), engine, settings)
}

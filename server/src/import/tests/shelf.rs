//! A database with two users, and conversations of any shape.

use std::{io::Cursor, sync::Arc};

use hearth_app::model::{
    ConversationId, ConversationSettings, FinishReason, ImportCounts, MessageId, MessageStatus,
    RatingReason, Reasoning, ReasoningEffort, Role, Thumb, ToolStep, User, UserId, UserRole,
};
use proptest::{
    collection::vec, option::of, prelude::*, sample::Index, strategy::ValueTree as _,
    test_runner::TestRunner,
};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::{
    changes::Changes,
    chat::ModelTitles,
    export::{
        Belongings, ConversationDocument, ExportServer, FolderDocument, Language,
        StoredConversations, Timestamp, stored_belongings, write_archive_with,
    },
    import::{ImportError, import},
    slow_work::SlowWork,
    store::{KeptRating, Store, StoredTree, TreeMessage, TreePlace, name_key},
    uploads::Uploads,
};

/// 2026-01-01: before any id that a test makes now.
pub(super) const EARLIER: i64 = 1_767_225_600_000;

/// A database that ends with its test.
pub(super) struct Shelf {
    pub(super) runtime: Arc<Runtime>,
    pub(super) store: Store,
    pub(super) ada: UserId,
    pub(super) bob: UserId,
    folder: tempfile::TempDir,
}

impl Shelf {
    pub(super) fn new(runtime: &Arc<Runtime>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hearth.db");
        let (store, ada, bob) = runtime.block_on(async {
            let store = Store::open(&path).await.unwrap();
            let ada = insert_user(&store, "ada").await;
            let bob = insert_user(&store, "bob").await;
            (store, ada, bob)
        });
        Self {
            runtime: Arc::clone(runtime),
            store,
            ada,
            bob,
            folder,
        }
    }

    /// What serves exports and imports of this database.
    pub(super) fn exports(&self, slow_work: SlowWork) -> Arc<ExportServer> {
        let uploads = Uploads::new(self.store.clone(), self.folder.path().join("uploads"));
        let (changes, titles) = (Changes::new(1), ModelTitles::default());
        ExportServer::new(self.store.clone(), uploads, slow_work, changes, titles)
    }

    pub(super) fn import(&self, user: UserId, file: Vec<u8>) -> Result<ImportCounts, ImportError> {
        let _runtime = self.runtime.enter();
        import(&self.store, user, Cursor::new(file), None)
    }

    /// The documents of all conversations of a user, without the time of the export.
    pub(super) fn documents(&self, user: UserId) -> Vec<ConversationDocument> {
        let _runtime = self.runtime.enter();
        let now = Timestamp::from_ms(0);
        StoredConversations::new(self.store.clone(), user, now)
            .with_reasoning(true)
            .map(Result::unwrap)
            .collect()
    }

    pub(super) fn execute(&self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let done = sqlx::query(sql).execute(&self.store.writer);
        self.runtime.block_on(done).unwrap();
    }

    pub(super) fn number(&self, sql: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let number = sqlx::query_scalar(sql).fetch_one(&self.store.writer);
        self.runtime.block_on(number).unwrap()
    }

    pub(super) fn archive(&self, user: UserId) -> Vec<u8> {
        let documents = self.documents(user).into_iter().map(Ok);
        let belongings = self.runtime.block_on(stored_belongings(&self.store, user));
        let (mut file, now) = (Vec::new(), Timestamp::from_ms(0));
        let (belongings, language) = (belongings.unwrap(), Language::English);
        write_archive_with(&mut file, belongings, documents, language, now).unwrap();
        file
    }

    /// Everything of both users.
    pub(super) fn everything(&self) -> [Vec<ConversationDocument>; 2] {
        [self.ada, self.bob].map(|user| self.documents(user))
    }
}

async fn insert_user(store: &Store, name: &str) -> UserId {
    let id = UserId::new(Uuid::now_v7());
    let user = User {
        id,
        name: name.to_owned(),
        role: UserRole::User,
    };
    store.insert_user(&user, "no password", 0).await.unwrap();
    id
}

/// An archive of these conversations, and of the folders that they are in.
pub(super) fn archive_of(trees: &[StoredTree]) -> Vec<u8> {
    let now = Timestamp::from_ms(0);
    let documents = trees
        .iter()
        .cloned()
        .map(|tree| Ok(ConversationDocument::new(tree, now)));
    let belongings = Belongings {
        folders: folders_of(trees),
        instructions: None,
    };
    let mut file = Vec::new();
    write_archive_with(&mut file, belongings, documents, Language::English, now).unwrap();
    file
}

/// By name, each once; those of two letters have instructions.
fn folders_of(trees: &[StoredTree]) -> Vec<FolderDocument> {
    let names = trees.iter().filter_map(|tree| tree.place.folder.clone());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable_by_key(|name| name_key(name));
    names.dedup();
    let folder = |name: String| FolderDocument {
        created_at: Timestamp::from_ms(EARLIER),
        instructions: (name.chars().count() == 2).then(|| format!("Speak of {name}.")),
        name,
    };
    names.into_iter().map(folder).collect()
}

/// The `number`th id of a conversation, made long ago.
fn old_id(conversation: u64, number: usize) -> Uuid {
    let ms = EARLIER as u64 + number as u64;
    let random = (u128::from(conversation) << 16) | number as u128;
    Uuid::from_u128((u128::from(ms) << 80) | (0x7 << 76) | (0x8 << 60) | random)
}

/// What varies about one message.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    reasoning: Option<Reasoning>,
    steps: Vec<ToolStep>,
    rating: Option<KeptRating>,
    parent: Index,
    text: String,
    status: MessageStatus,
    finish_reason: Option<FinishReason>,
    temperature: Option<f32>,
    seed: Option<u64>,
    numbers: [u32; 4],
    is_root: bool,
}

prop_compose! {
    fn draft()(
        parent in any::<Index>(),
        text in "[a-z 你好🦀\\n`#*<&\u{1}]{0,40}",
        status in prop::sample::select(vec![
            MessageStatus::Finished,
            MessageStatus::Stopped,
            MessageStatus::Interrupted,
            MessageStatus::Failed,
        ]),
        finish_reason in of(prop::sample::select(vec![
            FinishReason::Stop,
            FinishReason::Length,
        ])),
        temperature in of(0.0f32..2.0),
        seed in any::<Option<u64>>(),
        numbers in any::<[u32; 4]>(),
        is_root in prop::bool::weighted(0.1),
        (reasoning, steps, rating) in (of(thought()), vec(step(), 0..3), of(rating())),
    ) -> Draft {
        Draft {
            reasoning, steps, rating, parent, text, status, finish_reason, temperature, seed,
            numbers, is_root
        }
    }
}

fn thought() -> impl Strategy<Value = Reasoning> {
    let parts = ("[a-z 你好\\n]{1,30}", any::<u32>());
    parts.prop_map(|(text, duration_ms)| Reasoning { text, duration_ms })
}

fn step() -> impl Strategy<Value = ToolStep> {
    let parts = (
        "[a-z]{1,9}",
        "[0-9+\"\\n]{0,9}",
        "[0-9你]{0,9}",
        any::<bool>(),
        of(any::<u32>()),
    );
    parts.prop_map(
        |(tool, input, output, has_failed, reasoning_bytes)| ToolStep {
            tool,
            input,
            output,
            has_failed,
            reasoning_bytes,
        },
    )
}

/// What somebody says of an answer: of a good one no more than that.
fn rating() -> impl Strategy<Value = KeptRating> {
    let parts = (
        any::<bool>(),
        of((0..7usize).prop_map(|number| RatingReason::ALL[number])),
        "[a-z 你好\\n]{0,20}",
        0..1_000_000i64,
    );
    parts.prop_map(|(is_good, reason, comment, age)| KeptRating {
        thumb: if is_good { Thumb::Up } else { Thumb::Down },
        reason: reason.filter(|_| !is_good),
        comment: if is_good { String::new() } else { comment },
        rated_at: EARLIER + age,
    })
}

/// Own settings of a conversation, as the server would have accepted them.
fn settings() -> impl Strategy<Value = ConversationSettings> {
    let tenths = |least: u8, most: u8| (least..=most).prop_map(|tenths| f32::from(tenths) / 10.0);
    let parts = (
        of("[a-zA-Z你好🦀]{1,30}"),
        of(tenths(0, 20)),
        of(tenths(1, 10)),
        of(1..100_000u32),
        of((0..3usize).prop_map(|number| ReasoningEffort::ALL[number])),
        any::<Option<bool>>(),
    );
    parts.prop_map(
        |(system_prompt, temperature, top_p, max_tokens, reasoning_effort, calculator)| {
            ConversationSettings {
                system_prompt,
                temperature,
                top_p,
                max_tokens,
                reasoning_effort,
                calculator,
            }
        },
    )
}

/// Where somebody put a conversation: what is pinned is not in the archive.
fn place() -> impl Strategy<Value = TreePlace> {
    let name = prop::sample::select(vec!["Garten", "Tax", "税务", "a/b", "ä"]);
    let parts = (of(name), of(any::<bool>()), 1..1_000_000i64);
    parts.prop_map(|(folder, is_pinned, age)| {
        let at = |wanted| (is_pinned == Some(wanted)).then_some(EARLIER + age);
        TreePlace {
            folder: folder.map(str::to_owned),
            pinned_at: at(true),
            archived_at: at(false),
        }
    })
}

/// A conversation with any tree, numbered so that ids of different ones differ.
pub(super) fn tree(number: u64) -> impl Strategy<Value = StoredTree> {
    let title = "[a-zA-Z你好🦀/:]{1,30}";
    let parts = (
        title,
        vec(draft(), 0..12),
        any::<Index>(),
        0..1_000_000i64,
        (settings(), place()),
    );
    parts.prop_map(move |(title, drafts, active, age, (settings, place))| {
        let mut messages: Vec<TreeMessage> = Vec::new();
        for (index, draft) in drafts.into_iter().enumerate() {
            let parent = (!messages.is_empty() && !draft.is_root)
                .then(|| &messages[draft.parent.index(messages.len())]);
            let message = grow(MessageId::new(old_id(number, index)), parent, draft);
            messages.push(message);
        }
        let active = (!messages.is_empty()).then(|| messages[active.index(messages.len())].id);
        StoredTree {
            id: ConversationId::new(old_id(number, 0)),
            title,
            active_message: active,
            created_at: EARLIER + age,
            updated_at: EARLIER + 2 * age,
            settings,
            place,
            messages,
            shares: Vec::new(),
        }
    })
}

/// A conversation of at least five messages, two of them answers in a row of turns; it stands in
/// the list.
pub(super) fn sample(number: u64) -> StoredTree {
    let mut runner = TestRunner::deterministic();
    loop {
        let mut tree = tree(number).new_tree(&mut runner).unwrap().current();
        tree.place = TreePlace::default();
        for message in &mut tree.messages {
            message.rating = None;
        }
        let has_branch = tree.messages.len() > 4
            && tree.messages[0].role == Role::User
            && tree.messages[1].role == Role::Assistant
            && tree.messages[1].parent_id == Some(tree.messages[0].id);
        if has_branch {
            return tree;
        }
    }
}

/// The same conversation so many times under other ids, each message with this text.
pub(super) fn many(number: u64, text: &str) -> Vec<StoredTree> {
    let first = sample(1);
    let renumbered = |number: u64| {
        let renew = |id: Uuid| Uuid::from_u128(id.as_u128() ^ (u128::from(number ^ 1) << 16));
        let mut tree = first.clone();
        tree.id = ConversationId::new(renew(tree.id.as_uuid()));
        let id = |id: MessageId| MessageId::new(renew(id.as_uuid()));
        tree.active_message = tree.active_message.map(id);
        for message in &mut tree.messages {
            message.id = id(message.id);
            message.parent_id = message.parent_id.map(id);
            message.text = text.to_owned();
        }
        tree
    };
    (1..=number).map(renumbered).collect()
}

/// A person writes below an answer or at a root; everything else is an answer.
fn grow(id: MessageId, parent: Option<&TreeMessage>, draft: Draft) -> TreeMessage {
    let role = match parent.map(|it| it.role) {
        Some(Role::User) => Role::Assistant,
        Some(Role::Assistant) | None => Role::User,
    };
    let is_answer = role == Role::Assistant;
    let [
        prompt_tokens,
        completion_tokens,
        time_to_first_token_ms,
        decode_ms,
    ] = draft.numbers;
    let count = |number: u32| if is_answer { number } else { 0 };
    TreeMessage {
        id,
        parent_id: parent.map(|it| it.id),
        role,
        status: if is_answer {
            draft.status
        } else {
            MessageStatus::Finished
        },
        text: draft.text,
        files: Vec::new(),
        reasoning: draft.reasoning.filter(|_| is_answer),
        steps: if is_answer { draft.steps } else { Vec::new() },
        finish_reason: draft.finish_reason.filter(|_| is_answer),
        error: (is_answer && draft.status == MessageStatus::Failed).then(|| "it broke".to_owned()),
        params: if is_answer {
            params(draft.temperature, draft.seed)
        } else {
            Map::new()
        },
        model_name: is_answer.then(|| "A model".to_owned()),
        model_fingerprint: draft
            .seed
            .filter(|_| is_answer)
            .map(|seed| seed.to_string()),
        prompt_tokens: count(prompt_tokens),
        completion_tokens: count(completion_tokens),
        time_to_first_token_ms: count(time_to_first_token_ms),
        decode_ms: count(decode_ms),
        rating: draft.rating.filter(|_| is_answer),
        created_at: EARLIER,
    }
}

fn params(temperature: Option<f32>, seed: Option<u64>) -> Map<String, Value> {
    // As a turn writes them: 0.7f32 is "0.7" in text, and more digits as a value.
    let params = serde_json::to_string(&json!({ "seed": seed })).unwrap();
    let mut params: Map<String, Value> = serde_json::from_str(&params).unwrap();
    params.retain(|_, value| !value.is_null());
    if let Some(temperature) = temperature {
        let written = serde_json::to_string(&temperature).unwrap();
        params.insert(
            "temperature".to_owned(),
            serde_json::from_str(&written).unwrap(),
        );
    }
    params
}

//! Nothing remains: every table is named here, and every file of the server is searched.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use hearth_app::model::{ConversationId, ExportId, FolderId, ShareId, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{PASSWORD, RunningServer, new_key},
    uploads::add_file,
    web_client::WebClient,
};
use sqlx::{Row as _, SqliteConnection};

/// What becomes of a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// They go with the conversation they belong to, and so with the account.
    WithConversation,
    /// They go with the account.
    WithAccount,
    /// They stay, for the reason beside it.
    Stays,
}

use Fate::{Stays, WithAccount, WithConversation};

const TABLES: [(&str, Fate); 35] = [
    ("user", WithAccount),
    ("session", WithAccount),
    ("one_time_link", WithAccount),
    ("api_key", WithAccount),
    ("upload", WithAccount),
    ("usage_day", WithAccount),
    ("personal_instructions", WithAccount),
    ("folder", WithAccount), // a conversation that goes leaves its folder
    ("export", WithAccount), // those of a conversation go with it
    ("import", WithAccount), // while it is under way
    ("import_staged", WithConversation),
    ("conversation", WithConversation),
    ("message", WithConversation),
    ("rating", WithConversation),
    ("message_chunk", WithConversation),
    ("attachment", WithConversation),
    ("file", WithConversation), // with its last message, if that is of another one
    ("file_piece", WithConversation),
    ("idempotency_key", WithConversation),
    ("share", WithConversation),
    ("share_reader", WithConversation),
    ("removed_branch", WithConversation), // while it is under way
    ("search_entry", WithConversation),
    ("search_text", WithConversation),
    ("search_text_docsize", WithConversation),
    ("search_text_data", Stays), // the index's own numbers; its words go with their texts
    ("search_text_idx", Stays),
    ("search_text_config", Stays),
    ("search_removal", Stays), // a number only
    ("search_backlog", Stays), // how far older conversations are indexed
    ("audit", Stays),          // an entry outlives the account it speaks of
    ("setting", Stays),        // of the server
    ("chosen_model", Stays),   // of the server
    ("upkeep_job", Stays),     // numbers and times only
    ("_sqlx_migrations", Stays),
];

/// Stands in everything that is deleted.
const CANARY: &str = "Kanarienvogel";
/// What the index has of it at least: small letters, without what the word before it begins with
/// too.
const INDEXED: &str = "narienvogel";

fn holds_canary(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(holds_canary(&entry.path())?);
            continue;
        }
        let bytes = fs::read(entry.path())?;
        let wanted = INDEXED.as_bytes();
        if bytes.windows(wanted.len()).any(|it| it == wanted) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

async fn num_rows(database: &mut SqliteConnection, table: &str) -> Result<i64> {
    let query = format!("select count(*) from \"{table}\"");
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .fetch_one(database)
        .await?;
    Ok(row.try_get(0)?)
}

/// A conversation with a canary in everything that a conversation can hold.
async fn fill(server: &RunningServer, person: &WebClient) -> Result<ConversationId> {
    let content = format!("{CANARY} in a file");
    let file = add_file(person, &format!("{CANARY}.txt"), content.as_bytes()).await?;
    let arguments = [
        ("text", format!("{CANARY} asks")),
        ("key", new_key().to_string()),
        ("params[files][0]", file.id.to_string()),
    ];
    let turn: StartedTurn = person.call("send_message", &arguments).await??;
    person.read_to_end(&turn.assistant_message).await?;
    let id = turn.conversation.id;
    let settings = [
        ("id", id.to_string()),
        ("form[system_prompt]", format!("{CANARY} speaks")),
    ];
    person
        .call::<ConversationId>("save_conversation_settings", &settings)
        .await??;
    let rating = [
        ("message", turn.assistant_message.id.to_string()),
        ("thumb", "down".to_owned()),
        ("details[comment]", format!("{CANARY} is out of tune")),
        ("details[with_texts]", "true".to_owned()),
    ];
    person.call::<()>("rate_message", &rating).await??;
    let arguments = [
        ("conversation", id.to_string()),
        ("format", "json".to_owned()),
    ];
    let export: ExportId = person.call("create_export", &arguments).await??;
    let audience = [("id", id.to_string()), ("audience", "everybody".to_owned())];
    person
        .call::<ShareId>("share_conversation", &audience)
        .await??;
    let file = person.get(&format!("/exports/{export}")).await?.body;
    super::super::imports::upload(person, &format!("{CANARY}.json"), &file).await?;
    let mut database = super::open(&server.database()).await?;
    let answer = turn.assistant_message.id.as_uuid();
    for statement in [
        "update message set reasoning = 'Kanarienvogel thinks',
             tool_steps = '{\"tool\":\"calculator\",\"input\":\"Kanarienvogel\",\"output\":\"\",\"has_failed\":false}'
         where id = ?",
        "insert into message_chunk (message_id, seq, text, token_ids)
         values (?, 1, 'Kanarienvogel in a chunk', x'')",
    ] {
        sqlx::query(statement)
            .bind(answer)
            .execute(&mut database)
            .await?;
    }
    Ok(id)
}

#[tokio::test]
async fn every_table_of_the_schema_is_named_here() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let mut database = super::open(&server.database()).await?;
    let query = "select name from sqlite_schema
                 where type = 'table' and name not like 'sqlite_%' order by name";
    let found: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut database).await?;
    let mut named: Vec<&str> = TABLES.iter().map(|it| it.0).collect();
    named.sort_unstable();
    assert_eq!(found, named, "left: in the schema, right: in this test");
    Ok(())
}

#[tokio::test]
async fn of_a_deleted_conversation_no_file_holds_anything_a_month_later() -> Result<()> {
    let model = ScriptedModel::new(vec![format!("{CANARY} sings.")]);
    let (server, ada) = RunningServer::start(model).await?;
    let id = fill(&server, &ada).await?;
    let folder = server.database();
    let folder = folder.parent().context("a folder")?;
    assert!(!holds_canary(folder)?.is_empty());
    super::with_id(&ada, "delete_conversation", id).await??;
    server.upkeep_in_days(29).await;
    assert!(
        !holds_canary(folder)?.is_empty(),
        "it could still come back"
    );
    server.upkeep_in_days(31).await;
    let copies = holds_canary(folder)?;
    let is_copy = |name: &String| name.ends_with("-nightly.db");
    assert!(
        copies.iter().all(is_copy) && !copies.is_empty(),
        "{copies:?}"
    );
    // In the nightly copies made before it went, until as many nights later they are gone.
    for days in 32..=37 {
        assert!(!holds_canary(folder)?.is_empty(), "day {days}");
        server.upkeep_in_days(days).await;
    }
    assert_eq!(holds_canary(folder)?, Vec::<String>::new());
    let mut database = super::open(&server.database()).await?;
    for (table, _) in TABLES.iter().filter(|it| it.1 == WithConversation) {
        assert_eq!(num_rows(&mut database, table).await?, 0, "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn of_a_deleted_account_only_the_log_knows_the_name() -> Result<()> {
    let model = ScriptedModel::new(vec![format!("{CANARY} sings.")]);
    let (server, ada) = RunningServer::start(model).await?;
    let name = format!("{CANARY} Berta");
    let berta = server.add_user(&name).await?;
    fill(&server, &berta).await?;
    let uploads = server.database().with_file_name("uploads");
    assert_eq!(
        holds_canary(&uploads)?.len(),
        1,
        "a file waits to be imported"
    );
    let folder = [("name", format!("{CANARY}'s folder"))];
    let folder: FolderId = berta.call("create_folder", &folder).await??;
    let told = [
        ("id", folder.to_string()),
        ("form[name]", format!("{CANARY}'s folder")),
        ("form[instructions]", format!("{CANARY} whistles")),
    ];
    berta.call::<()>("save_folder", &told).await??;
    let told = [
        ("form[about]", format!("I keep a {CANARY}")),
        ("form[answering]", format!("As a {CANARY} would")),
    ];
    berta
        .call::<()>("save_personal_instructions", &told)
        .await??;
    let key = [("name", format!("{CANARY}'s program"))];
    berta.call::<String>("create_api_key", &key).await??;
    let password = [("password", PASSWORD.to_owned())];
    berta.call::<()>("delete_own_account", &password).await??;
    assert_eq!(fs::read_dir(&uploads)?.count(), 0);
    server.upkeep_in_days(0).await;
    let mut database = super::open(&server.database()).await?;
    for (table, _) in TABLES.iter().filter(|it| it.1 != Stays) {
        // Ada has an account and a session.
        let expected = i64::from(["user", "session"].contains(table));
        assert_eq!(num_rows(&mut database, table).await?, expected, "{table}");
    }
    let folder = server.database();
    let folder = folder.parent().context("a folder")?;
    assert!(!holds_canary(folder)?.is_empty(), "the log keeps the name");
    sqlx::query("delete from audit")
        .execute(&mut database)
        .await?;
    server.upkeep_in_days(0).await;
    // Tonight's copy was made while the log had the name.
    let mut found = holds_canary(folder)?;
    found.retain(|name| !name.ends_with("-nightly.db"));
    assert_eq!(found, Vec::<String>::new());
    let _ada_stays = ada
        .call::<Vec<hearth_app::model::AuditEntry>>("audit", &[])
        .await??;
    Ok(())
}

//! Bringing conversations in: over HTTP, with a preview, as forms.

use anyhow::Result;
use hearth_app::model::{ChatError, UploadState};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    database::Database,
    running_server::{RunningServer, send_and_wait},
    uploads::call,
    web_client::WebClient,
};
use serde_json::Value;

pub(crate) use hearth_tests::uploads::{post, upload};

/// A conversation of Ada's as JSON.
async fn exported(ada: &WebClient) -> Result<Vec<u8>> {
    let turn = send_and_wait(ada, None, "Hello").await?;
    let arguments = [
        ("conversation", turn.conversation.id.to_string()),
        ("format", "json".to_owned()),
    ];
    let id: hearth_app::model::ExportId = ada.call("create_export", &arguments).await??;
    Ok(ada.get(&format!("/exports/{id}")).await?.body)
}

#[tokio::test]
async fn a_preview_changes_nothing_and_an_import_happens_once() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let file = exported(&ada).await?;
    let bob = server.add_user("Bob").await?;
    let mut database = Database::open(&server.database()).await?;
    let before = database.num_turn_rows().await?;
    let page = upload(&bob, "hello.json", &file).await?;
    let preview = call(&bob, "import_preview", &page).await??;
    let UploadState::Ready(counts) = preview.state else {
        panic!("{preview:?}");
    };
    assert_eq!((counts.new_conversations, counts.new_messages), (1, 2));
    assert_eq!(preview.file_name, "hello.json");
    assert_eq!(database.num_turn_rows().await?, before);

    let theirs = call(&ada, "import_commit", &page).await?;
    assert_eq!(theirs, Err(ChatError::NotFound));
    for _ in 0..2 {
        let imported = call(&bob, "import_commit", &page).await??;
        assert_eq!(imported.state, UploadState::Imported(counts));
    }
    assert_eq!(database.num_turn_rows().await?, before + 3);
    let again = upload(&bob, "hello.json", &file).await?;
    assert!(bob.get(&again).await?.text().contains("is here already"));
    Ok(())
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_its_place_and_nothing_is_written() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let mut document: Value = serde_json::from_slice(&exported(&ada).await?)?;
    document["messages"][1]["role"] = "system".into();
    let before = Database::open(&server.database())
        .await?
        .num_turn_rows()
        .await?;
    let page = upload(&ada, "<b>damaged</b>.json", document.to_string().as_bytes()).await?;
    let shown = ada.get(&page).await?.text();
    assert!(shown.contains("messages/1/role: "), "{shown}");
    assert!(
        shown.contains("&lt;b&gt;damaged") || shown.contains("&lt;b>damaged"),
        "{shown}"
    );
    assert!(!shown.contains("Import now"), "{shown}");
    let refused = call(&ada, "import_commit", &page).await??;
    assert!(
        matches!(refused.state, UploadState::Refused { .. }),
        "{refused:?}"
    );
    let after = Database::open(&server.database())
        .await?
        .num_turn_rows()
        .await?;
    assert_eq!(before, after);
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_missing_or_too_large_is_refused_in_words() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (content, words) in [
        (Vec::new(), "Choose a file first"),
        (vec![b' '; 65 << 20], "64 MiB"),
    ] {
        let answer = post(&ada, "file.json", &content).await?;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let page = ada.get(answer.header("location")).await?.text();
        assert!(page.contains(words), "{page}");
    }
    let nobody = post(&server.client()?, "file.json", b"{}").await?;
    assert_eq!(nobody.header("location"), "/sign-in");
    let page = ada.get("/settings/import?upload=nonsense").await?.text();
    assert!(page.contains("not there any more"), "{page}");
    Ok(())
}

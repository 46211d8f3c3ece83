//! Bringing conversations in: over HTTP, with a preview, as forms.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ChatError, Upload, UploadState};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    command::hearth,
    database::Database,
    deadline::eventually,
    running_server::{PASSWORD, RunningServer, send_and_wait},
    slow_client::{begin_upload, until_running},
    uploads::{call, chatgpt_archive, chatgpt_list, content_hash, incompressible_archive},
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

/// Names of the files that wait on a server's disk.
fn waiting(server: &RunningServer) -> Result<Vec<String>> {
    let folder = server.database().with_file_name("uploads");
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
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
    assert_eq!(waiting(&server)?.len(), 1);

    let theirs = call(&ada, "import_commit", &page).await?;
    assert_eq!(theirs, Err(ChatError::NotFound));
    for _ in 0..2 {
        let imported = call(&bob, "import_commit", &page).await??;
        assert_eq!(imported.state, UploadState::Imported(counts));
        assert_eq!(waiting(&server)?, [""; 0], "nobody waits for it any more");
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
    let lead = ada.get("/settings/import").await?.text();
    assert!(lead.contains("4 GiB") && lead.contains("64 MiB"), "{lead}");
    for (content, words) in [
        (Vec::new(), "Choose a file first"),
        (vec![b' '; 65 << 20], "larger than 64 MiB"),
    ] {
        let answer = post(&ada, "file.json", &content).await?;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let page = ada.get(answer.header("location")).await?.text();
        assert!(page.contains(words), "{page}");
        assert_eq!(waiting(&server)?, [""; 0]);
    }
    let nobody = post(&server.client()?, "file.json", b"{}").await?;
    assert_eq!(nobody.header("location"), "/sign-in");
    let page = ada.get("/settings/import?upload=nonsense").await?.text();
    assert!(page.contains("not there any more"), "{page}");
    Ok(())
}

#[tokio::test]
async fn an_archive_that_is_larger_than_any_document_comes_back_as_it_was() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let file = incompressible_archive("Long ago", 24, 2 << 20)?;
    ensure!(file.len() > 64 << 20, "{} bytes", file.len());
    let page = upload(&ada, "all.zip", &file).await?;
    let preview = call(&ada, "import_preview", &page).await??;
    let UploadState::Ready(counts) = preview.state else {
        panic!("{preview:?}");
    };
    assert_eq!((counts.new_conversations, counts.new_messages), (24, 48));
    let imported = call(&ada, "import_commit", &page).await??;
    assert_eq!(imported.state, UploadState::Imported(counts));
    assert_eq!(waiting(&server)?, [""; 0]);
    let archive = ada.submit_form("/exports/all", &[]).await?;
    assert_eq!(content_hash(&archive.body)?, content_hash(&file)?);
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_cut_off_leaves_nothing_and_one_that_is_replaced_goes() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let watcher = server.watcher()?;
    let slow = begin_upload(&ada).await?;
    until_running(&watcher, "upload", 1).await?;
    let patience = Duration::from_secs(10);
    eventually("the beginning of a file", patience, async || {
        let names = waiting(&server)?;
        let is_part = |it: &String| Path::new(it).extension().is_some_and(|it| it == "part");
        Ok(names.iter().any(is_part).then_some(()))
    })
    .await?;
    drop(slow);
    until_running(&watcher, "upload", 0).await?;
    assert_eq!(waiting(&server)?, [""; 0]);
    for name in ["one.json", "two.json"] {
        let page = upload(&ada, name, b"{}").await?;
        let id = page.rsplit_once('=').map_or("", |(_, id)| id).to_owned();
        assert_eq!(waiting(&server)?, [id], "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn an_account_that_goes_takes_its_file_along_and_one_that_is_gone_is_chosen_again()
-> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let bob = server.add_user("Bob").await?;
    let page = upload(&ada, "ada.json", b"{}").await?;
    upload(&bob, "bob.json", b"{}").await?;
    assert_eq!(waiting(&server)?.len(), 2);
    let password = [("password", PASSWORD.to_owned())];
    bob.call::<()>("delete_own_account", &password).await??;
    let left = waiting(&server)?;
    let [name] = left.as_slice() else {
        panic!("{left:?}");
    };
    assert!(page.ends_with(name.as_str()), "{page}");
    // As after a copy of the database took its place: copies hold no uploads.
    fs::remove_file(server.database().with_file_name("uploads").join(name))?;
    let shown = ada.get(&page).await?.text();
    assert!(shown.contains("not there any more"), "{shown}");
    let gone = call(&ada, "import_commit", &page).await?;
    assert_eq!(gone, Err(ChatError::NotFound));
    Ok(())
}

#[tokio::test]
async fn a_command_imports_what_comes_from_a_pipe_and_an_empty_one_is_told() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let file = String::from_utf8(exported(&ada).await?)?;
    server.add_user("Bob").await?;
    let database = server.database();
    let data = database.parent().context("it lies in a folder")?;
    let new = "1  new conversations";
    let runs: [(&[&str], &str); 4] = [
        (&["--preview", "-"], new),
        (&["--preview", "/dev/stdin"], new),
        (&["-"], new),
        (&["/dev/stdin"], "1  conversations that stay as they are"),
    ];
    for (words, told) in runs {
        let words: Vec<&str> = [["import", "--user", "Bob"].as_slice(), words].concat();
        let found = hearth(data, &words, &file).await?.text()?;
        assert!(found.contains(told), "{words:?}: {found}");
        let refused = hearth(data, &words, "").await?.refusal()?;
        assert!(refused.contains("nothing comes from it"), "{refused}");
        let broken = hearth(data, &words, "no JSON").await?.refusal()?;
        assert!(!broken.contains("seek"), "{broken}");
        assert_eq!(waiting(&server)?, [""; 0], "{words:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_zip_of_chatgpt_says_what_it_holds_and_comes_without_what_cannot_be_read() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let mut database = Database::open(&server.database()).await?;
    let before = database.num_turn_rows().await?;
    let page = upload(&ada, "chatgpt.zip", &chatgpt_archive(3, &[1])?).await?;
    let preview = call(&ada, "import_preview", &page).await??;
    let UploadState::Partly {
        counts, problems, ..
    } = preview.state
    else {
        panic!("{preview:?}");
    };
    assert_eq!((counts.new_conversations, counts.new_messages), (2, 6));
    let told = counts.brought.context("it is another program's")?;
    assert_eq!((told.branches, told.pictures, told.unreadable), (2, 2, 1));
    assert_eq!(problems.len(), 1);
    let shown = ada.get(&page).await?.text();
    for words in [
        "This file comes from ChatGPT.",
        "conversation 2 “Chat 1”",
        "Import without them",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let refused = call(&ada, "import_commit", &page).await??;
    assert!(
        matches!(refused.state, UploadState::Refused { .. }),
        "{refused:?}"
    );
    assert_eq!(database.num_turn_rows().await?, before);
    let id = page.rsplit_once('=').map_or("", |(_, id)| id).to_owned();
    let fields = [("upload", id), ("without_unreadable", "true".to_owned())];
    let imported: Upload = ada.call("import_commit", &fields).await??;
    assert_eq!(imported.state, UploadState::Imported(counts));
    assert_eq!(database.num_turn_rows().await?, before + 8);
    // Another day, with what could not be read.
    let page = upload(&ada, "chatgpt.zip", &chatgpt_archive(3, &[])?).await?;
    let preview = call(&ada, "import_preview", &page).await??;
    let UploadState::Ready(counts) = preview.state else {
        panic!("{preview:?}");
    };
    assert_eq!(
        (counts.new_conversations, counts.unchanged_messages),
        (1, 6)
    );
    Ok(())
}

#[tokio::test]
async fn a_command_tells_the_program_and_how_to_leave_out_what_cannot_be_read() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let database = server.database();
    let data = database.parent().context("it lies in a folder")?;
    let file = chatgpt_list(3, &[1]);
    for words in [
        ["import", "--user", "Ada", "-"].as_slice(),
        &["import", "--user", "Ada", "--preview", "-"],
    ] {
        let refused = hearth(data, words, &file).await?.refusal()?;
        assert!(
            refused.contains("conversation 2 \"Chat 1\""),
            "{words:?}: {refused}"
        );
        assert!(refused.contains("--without-unreadable"), "{refused}");
    }
    let words = ["import", "--user", "Ada", "--without-unreadable", "-"];
    let told = hearth(data, &words, &file).await?.text()?;
    for line in [
        "2  new conversations",
        "In the file of ChatGPT:",
        "2  pictures that stay behind",
        "1  conversations that cannot be read, left out",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    Ok(())
}

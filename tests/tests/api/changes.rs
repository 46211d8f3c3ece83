//! What one tab or device does is told to all others of the same person, and to nobody else.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{AccountSummary, Change, ConversationId, ConversationState, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    change_stream::ChangeStream,
    running_server::{PASSWORD, RunningServer, send, send_and_wait, sign_in},
    web_client::WebClient,
};

/// What is promised is half a second on the page; what is told has to come much sooner.
const SOON: Duration = Duration::from_millis(400);
/// Long enough for anything that is told.
const SILENCE: Duration = Duration::from_millis(300);

fn changed(id: ConversationId) -> Change {
    Change::Conversation(id)
}

/// A second device of the same person.
async fn other_device(client: &WebClient) -> Result<WebClient> {
    let second = WebClient::new(client.base_url())?;
    sign_in(&second, "Ada", PASSWORD).await??;
    Ok(second)
}

#[tokio::test]
async fn every_kind_of_change_is_told_to_the_other_device_and_to_nobody_else() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let berta = server.add_user("Berta").await?;
    let phone = other_device(&ada).await?;
    let mut hers = ChangeStream::open(&phone, None).await?;
    let mut others = ChangeStream::open(&berta, None).await?;
    for stream in [&mut hers, &mut others] {
        assert_eq!(stream.header("content-type"), "text/event-stream");
        assert_eq!(stream.header("x-accel-buffering"), "no");
        assert_eq!(stream.header("content-encoding"), "");
        assert_eq!(stream.next_within(SOON).await?, Change::Listening);
    }
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let id = turn.conversation.id;
    // That it begins, and that it has ended.
    assert_eq!(hers.next_within(SOON).await?, changed(id));
    assert_eq!(hers.next_within(SOON).await?, changed(id));

    let (named, answer) = (id.to_string(), turn.assistant_message.id.to_string());
    let title = [("id", named.clone()), ("title", "Another".to_owned())];
    let own = [
        ("id", named.clone()),
        ("form[temperature]", "0.5".to_owned()),
    ];
    let this = [("id", named)];
    let version = [("message", answer.clone())];
    let calls: [(&str, &[(&str, String)]); 5] = [
        ("rename_conversation", &title),
        ("save_conversation_settings", &own),
        ("show_version", &version),
        ("delete_conversation", &this),
        ("restore_conversation", &this),
    ];
    for (function, arguments) in calls {
        let answer = ada.call_raw(function, arguments).await?;
        assert_eq!(answer.status, 200, "{function}: {}", answer.text());
        assert_eq!(hers.next_within(SOON).await?, changed(id), "{function}");
    }
    let again: StartedTurn = ada.call("regenerate", &version).await??;
    assert_eq!(again.conversation.id, id);
    assert_eq!(hers.next_within(SOON).await?, changed(id));
    assert_eq!(hers.next_within(SOON).await?, changed(id));
    ada.call::<()>("delete_message", &version).await??;
    // That it is shown no more, and that it is gone.
    assert_eq!(hers.next_within(SOON).await?, changed(id));
    assert_eq!(hers.next_within(SOON).await?, changed(id));
    assert!(hers.is_silent(SILENCE).await?);
    assert!(others.is_silent(SILENCE).await?);
    Ok(())
}

#[tokio::test]
async fn whoever_looks_at_what_has_changed_sees_only_what_is_there_and_theirs() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let berta = server.add_user("Berta").await?;
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let this = [("id", turn.conversation.id.to_string())];
    let look = async |client: &WebClient| {
        let state = client.call::<Option<ConversationState>>("conversation_state", &this);
        anyhow::Ok(state.await??)
    };
    assert_eq!(
        look(&ada).await?.map(|it| it.summary.id),
        Some(turn.conversation.id)
    );
    assert_eq!(look(&berta).await?, None);
    ada.call::<()>("delete_conversation", &this).await??;
    assert_eq!(look(&ada).await?, None);
    Ok(())
}

#[tokio::test]
async fn who_comes_back_is_told_what_was_missed() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let id = turn.conversation.id;
    let mut first = ChangeStream::open(&ada, None).await?;
    first.next_within(SOON).await?;
    let cursor = first.cursor.clone();
    drop(first);
    let title = [("id", id.to_string()), ("title", "Another".to_owned())];
    ada.call::<()>("rename_conversation", &title).await??;
    let mut again = ChangeStream::open(&ada, Some(&cursor)).await?;
    assert_eq!(again.next_within(SOON).await?, Change::Listening);
    assert_eq!(again.next_within(SOON).await?, changed(id));
    for unknown in ["0.0", "nonsense", "ffff.1"] {
        let mut stream = ChangeStream::open(&ada, Some(unknown)).await?;
        assert_eq!(stream.next_within(SOON).await?, Change::Everything);
    }
    Ok(())
}

#[tokio::test]
async fn an_import_changes_everything_and_the_end_of_the_server_ends_the_stream() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let mut stream = ChangeStream::open(&ada, None).await?;
    stream.next_within(SOON).await?;
    let archive = hearth_tests::uploads::archive("From elsewhere", 2, 2)?;
    let upload = hearth_tests::uploads::upload_id(&ada, "all.zip", &archive).await?;
    let arguments = [("upload", upload.to_string())];
    ada.call_raw("import_commit", &arguments).await?;
    assert_eq!(stream.next_within(SOON).await?, Change::Everything);
    server.shut_down().await;
    assert_eq!(stream.next().await?, None);
    Ok(())
}

#[tokio::test]
async fn a_page_says_from_where_on_it_listens_and_a_door_says_nothing() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ada.get("/").await?.text();
    let cursor = hearth_tests::web_client::attribute_after(&page, "<html", "data-changes")?;
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let mut stream = ChangeStream::open(&ada, Some(cursor)).await?;
    assert_eq!(stream.next_within(SOON).await?, Change::Listening);
    let told = stream.next_within(SOON).await?;
    assert_eq!(told, changed(turn.conversation.id));
    let door = server.client()?.get("/sign-in").await?.text();
    assert!(!door.contains("data-changes"), "{door}");
    Ok(())
}

#[tokio::test]
async fn who_is_not_signed_in_any_more_hears_nothing_more() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let phone = other_device(&ada).await?;
    let mut stays = ChangeStream::open(&ada, None).await?;
    assert_eq!(stays.next_within(SOON).await?, Change::Listening);
    let id = send_and_wait(&ada, None, "Hello").await?.conversation.id;
    for _ in ["it begins", "it has ended"] {
        assert_eq!(stays.next_within(SOON).await?, changed(id));
    }
    let mut goes = ChangeStream::open(&phone, None).await?;
    assert_eq!(goes.next_within(SOON).await?, Change::Listening);
    phone.call::<()>("sign_out", &[]).await??;
    let title = [("id", id.to_string()), ("title", "Another".to_owned())];
    ada.call::<()>("rename_conversation", &title).await??;
    assert_eq!(stays.next_within(SOON).await?, changed(id));
    let end = tokio::time::timeout(SOON, goes.next()).await?;
    assert_eq!(end?, None);
    Ok(())
}

#[tokio::test]
async fn who_is_disabled_does_not_hear_how_the_last_answer_ended() -> Result<()> {
    let model =
        ScriptedModel::new(vec!["slow ".repeat(2000)]).with_token_delay(Duration::from_millis(10));
    let (server, ada) = RunningServer::start(model).await?;
    let berta = server.add_user("Berta").await?;
    let mut stream = ChangeStream::open(&berta, None).await?;
    assert_eq!(stream.next_within(SOON).await?, Change::Listening);
    let turn = send(&berta, None, "Hi").await??;
    let begun = stream.next_within(SOON).await?;
    assert_eq!(begun, changed(turn.conversation.id));
    let accounts: Vec<AccountSummary> = ada.call("accounts", &[]).await??;
    let hers = accounts.iter().find(|it| it.user.name == "Berta");
    let hers = hers.context("she has an account")?.user.id;
    let fields = [("user", hers.to_string()), ("change", "disable".to_owned())];
    ada.call::<()>("change_account", &fields).await??;
    // What was being made for her ends, and that would be told.
    let end = tokio::time::timeout(Duration::from_secs(5), stream.next()).await?;
    assert_eq!(end?, None);
    Ok(())
}

//! What models are to know in every chat of a person.

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatError, ConversationId, FolderId, Refusal, UploadState};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::{ApiClient, question},
    running_server::{
        PASSWORD, RunningServer, conversation, regenerate_and_wait, send_and_wait, sign_in,
    },
    uploads::call,
    web_client::WebClient,
};
use serde_json::Value;

const ABOUT: &str = "I keep bees in Ulm.";
const ANSWERING: &str = "In three sentences at most.";

async fn start() -> Result<(RunningServer, WebClient)> {
    RunningServer::start(ScriptedModel::new(Vec::new())).await
}

async fn save(
    client: &WebClient,
    about: &str,
    answering: &str,
    is_on: bool,
) -> Result<Result<(), ChatError>> {
    let mut fields = vec![
        ("form[about]", about.to_owned()),
        ("form[answering]", answering.to_owned()),
    ];
    // A form without a tick sends nothing.
    fields.extend(is_on.then(|| ("form[is_on]", "true".to_owned())));
    client.call("save_personal_instructions", &fields).await
}

/// Tokens of the prompt of the last answer: the scripted model reads bytes.
async fn prompt_tokens(client: &WebClient, id: ConversationId) -> Result<u32> {
    let shown = conversation(client, id).await?;
    let usage = shown.messages.last().and_then(|it| it.usage);
    Ok(usage.context("an answer")?.prompt_tokens)
}

/// The same of another version of it.
async fn again(client: &WebClient, id: ConversationId) -> Result<u32> {
    let shown = conversation(client, id).await?;
    let answer = shown.messages.last().context("an answer")?.id;
    regenerate_and_wait(client, answer).await?;
    prompt_tokens(client, id).await
}

#[tokio::test]
async fn every_chat_of_a_person_begins_with_them_and_nobody_else_s() -> Result<()> {
    let (server, ada) = start().await?;
    let bob = server.add_user("Bob").await?;
    let id = send_and_wait(&ada, None, "Hello").await?.conversation.id;
    let theirs = send_and_wait(&bob, None, "Hello").await?.conversation.id;
    let plain = prompt_tokens(&ada, id).await?;
    assert_eq!(prompt_tokens(&bob, theirs).await?, plain);

    save(&ada, ABOUT, ANSWERING, true).await??;
    let told = again(&ada, id).await?;
    let more = usize::try_from(told - plain)?;
    assert!(more >= ABOUT.len() + ANSWERING.len(), "{more}");
    assert_eq!(again(&ada, id).await?, told, "the same each time");
    let another = send_and_wait(&ada, None, "Hello").await?.conversation.id;
    assert_eq!(prompt_tokens(&ada, another).await?, told);
    assert_eq!(again(&bob, theirs).await?, plain);

    save(&ada, ABOUT, ANSWERING, false).await??;
    assert_eq!(again(&ada, id).await?, plain, "kept, and not told");
    save(&ada, "", " \n", true).await??;
    assert_eq!(again(&ada, id).await?, plain, "nothing is nothing");
    Ok(())
}

#[tokio::test]
async fn what_a_folder_or_a_chat_says_stands_behind_them() -> Result<()> {
    let (_server, ada) = start().await?;
    let id = send_and_wait(&ada, None, "Hello").await?.conversation.id;
    save(&ada, ABOUT, "", true).await??;
    let personal = again(&ada, id).await?;
    let name = [("name", "Tax".to_owned())];
    let folder: FolderId = ada.call("create_folder", &name).await??;
    let told = "Name the paragraph of the law.";
    let form = [
        ("id", folder.to_string()),
        ("form[name]", "Tax".to_owned()),
        ("form[instructions]", told.to_owned()),
    ];
    ada.call::<()>("save_folder", &form).await??;
    let into = [
        ("ids[0]", id.to_string()),
        ("arrangement", "move".to_owned()),
        ("folder", folder.to_string()),
    ];
    ada.call::<hearth_app::model::Arranged>("arrange_conversations", &into)
        .await??;
    let in_folder = again(&ada, id).await?;
    assert!(usize::try_from(in_folder - personal)? > told.len());
    let own = [
        ("id", id.to_string()),
        ("form[system_prompt]", "Rhyme.".to_owned()),
    ];
    ada.call::<ConversationId>("save_conversation_settings", &own)
        .await??;
    let in_chat = again(&ada, id).await?;
    assert!(personal < in_chat && in_chat < in_folder, "{in_chat}");
    Ok(())
}

#[tokio::test]
async fn programs_are_not_told() -> Result<()> {
    let (server, ada) = start().await?;
    let program = ApiClient::of(&server, &ada).await?;
    // By then the model is there.
    send_and_wait(&ada, None, "Hello").await?;
    let prompt_tokens = async || {
        let asked = question("Hello");
        let answer = program.post("/v1/chat/completions", &asked).await?;
        let body: Value = serde_json::from_slice(&answer.body)?;
        body["usage"]["prompt_tokens"].as_u64().context("a number")
    };
    let before = prompt_tokens().await?;
    save(&ada, ABOUT, ANSWERING, true).await??;
    assert_eq!(prompt_tokens().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused_and_what_was_there_stays() -> Result<()> {
    let (_server, ada) = start().await?;
    save(&ada, ABOUT, "", true).await??;
    let refused = save(&ada, &"a".repeat(2001), "", true).await?;
    let Err(ChatError::Invalid(Refusal::SettingTooLong { chars, limit, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((chars, limit), (2001, 2000));
    let page = ada.get("/settings").await?.text();
    assert!(page.contains(ABOUT) && page.contains("19 / 2000"), "{page}");
    Ok(())
}

#[tokio::test]
async fn they_go_out_with_everything_and_come_in_where_there_are_none() -> Result<()> {
    let (server, ada) = start().await?;
    send_and_wait(&ada, None, "Hello").await?;
    save(&ada, ABOUT, ANSWERING, false).await??;
    let archive = ada.send(ada.form("/exports/all", &[])).await?.body;
    let bob = server.add_user("Bob").await?;
    let import = async |client: &WebClient| {
        let page = super::imports::upload(client, "everything.zip", &archive).await?;
        let imported = call(client, "import_commit", &page).await??;
        assert!(matches!(imported.state, UploadState::Imported(_)));
        anyhow::Ok(client.get("/settings").await?.text())
    };
    let theirs = import(&bob).await?;
    assert!(theirs.contains(ABOUT) && theirs.contains(ANSWERING));
    let switch = theirs.split("id=\"personal-on\"").nth(1);
    let switch = switch.and_then(|rest| rest.split('>').next());
    assert!(!switch.context("the switch")?.contains("checked"), "off");

    let carl = server.add_user("Carl").await?;
    save(&carl, "I paint.", "", true).await??;
    let own = import(&carl).await?;
    assert!(
        own.contains("I paint.") && !own.contains(ABOUT),
        "theirs stay"
    );
    Ok(())
}

#[tokio::test]
async fn without_script_the_form_leads_back_to_the_settings_which_say_so() -> Result<()> {
    let (server, _ada) = start().await?;
    let client = server.client()?;
    sign_in(&client, "Ada", PASSWORD).await??;
    let fields = [
        ("form[about]", ABOUT.to_owned()),
        ("form[is_on]", "true".to_owned()),
    ];
    let posted = client
        .submit_form("/api/save_personal_instructions", &fields)
        .await?;
    assert_eq!(posted.status, 302);
    assert_eq!(posted.header("location"), "/settings?saved=personal");
    let page = client.get("/settings?saved=personal").await?.text();
    assert!(page.contains(ABOUT) && page.contains("saved-mark"));
    Ok(())
}

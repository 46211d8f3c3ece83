//! Branches without script: forms, links and an outline.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::StartedTurn;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{
        RunningServer, conversation, edit_and_wait, new_key, question_of, send, send_and_wait,
    },
    web_client::{Answer, WebClient, attribute_after},
};

const HOSTILE: &str = "</textarea><script>alert(1)</script> & more";

async fn start() -> Result<(RunningServer, WebClient)> {
    RunningServer::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await
}

/// Where an answer leads, without the host.
fn location(answer: &Answer) -> &str {
    let location = answer.header("location");
    let host = location.split_once("//").map_or("", |(_, rest)| rest);
    host.find('/').map_or(location, |slash| &host[slash..])
}

#[tokio::test]
async fn the_address_opens_a_box_in_the_place_of_a_question() -> Result<()> {
    let (_server, ada) = start().await?;
    let turn = send_and_wait(&ada, None, HOSTILE).await?;
    let (id, question) = (turn.conversation.id, question_of(&turn)?);
    let path = format!("/c/{id}");
    let page = ada.get(&path).await?.text();
    assert!(!page.contains("class=\"question-editor\""), "{page}");
    let pencil = format!("name=\"edit\" value=\"{question}\"");
    assert!(page.contains(&pencil), "{page}");

    let page = ada.get(&format!("{path}?edit={question}")).await?.text();
    let (_, form) = page
        .split_once("class=\"question-editor\"")
        .context("a box")?;
    assert!(!page.contains("<script>alert"), "{page}");
    let text = "\n&lt;/textarea>&lt;script>alert(1)&lt;/script> &amp; more</textarea>";
    assert!(form.contains(text), "{form}");
    let back = attribute_after(form, "name=\"conversation\"", "value")?;
    assert_eq!(back, id.to_string());
    let fields = [
        (
            "message",
            attribute_after(form, "name=\"message\"", "value")?.to_owned(),
        ),
        (
            "key",
            attribute_after(form, "name=\"key\"", "value")?.to_owned(),
        ),
        ("text", "Another question".to_owned()),
    ];
    let sent = ada.submit_form("/api/edit_question", &fields).await?;
    assert_eq!(location(&sent), path);
    let shown = conversation(&ada, id).await?.messages;
    assert_eq!(shown[0].text, "Another question");
    assert_eq!(shown[0].versions.len(), 2);
    // A message that is not there opens nothing.
    let page = ada.get(&format!("{path}?edit={}", new_key())).await?.text();
    assert!(!page.contains("class=\"question-editor\""), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_question_of_an_earlier_piece_is_edited_there() -> Result<()> {
    let (_server, ada) = start().await?;
    let first = send_and_wait(&ada, None, "The first of many").await?;
    let (id, question) = (first.conversation.id, question_of(&first)?);
    for _ in 0..30 {
        send_and_wait(&ada, Some(id), "And?").await?;
    }
    let path = format!("/c/{id}");
    let page = ada.get(&path).await?.text();
    assert!(!page.contains("name=\"before\""), "{page}");
    let before = conversation(&ada, id).await?.messages[0].id;
    let page = ada.get(&format!("{path}?before={before}")).await?.text();
    assert!(page.contains(&format!("value=\"{question}\"")), "{page}");
    // What the pencil asks for is in the same piece.
    let kept = attribute_after(&page, "name=\"before\"", "value")?;
    let piece = format!("{path}?before={kept}&edit={question}");
    let page = ada.get(&piece).await?.text();
    assert!(page.contains("class=\"question-editor\""), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_page_that_a_question_is_edited_on_is_not_loaded_again_by_itself() -> Result<()> {
    let slow = ScriptedModel::new(vec!["Slowly. ".repeat(200)]);
    let slow = slow.with_token_delay(Duration::from_millis(20));
    let (_server, ada) = RunningServer::start(slow).await?;
    let turn = send(&ada, None, "One?").await??;
    let path = format!("/c/{}", turn.conversation.id);
    let refresh = "http-equiv=\"refresh\"";
    assert!(ada.get(&path).await?.text().contains(refresh));
    let edit = format!("{path}?edit={}", question_of(&turn)?);
    let page = ada.get(&edit).await?.text();
    assert!(page.contains("class=\"question-editor\""), "{page}");
    assert!(!page.contains(refresh), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_version_that_is_refused_gives_its_text_back() -> Result<()> {
    let (_server, ada) = start().await?;
    let turn = send_and_wait(&ada, None, "One?").await?;
    let (id, message) = (turn.conversation.id, turn.assistant_message.id.to_string());
    let fields = [
        ("message", message.clone()),
        ("conversation", id.to_string()),
        ("key", new_key().to_string()),
        ("text", "What I wrote".to_owned()),
    ];
    let refused = ada.submit_form("/api/edit_question", &fields).await?;
    let page = refused.text();
    assert!(page.contains("What I wrote"), "{page}");
    assert!(page.contains("action=\"/api/edit_question\""), "{page}");
    assert_eq!(
        attribute_after(&page, "name=\"message\"", "value")?,
        message
    );
    assert!(page.contains(&format!("href=\"/c/{id}\"")), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_fork_is_one_press() -> Result<()> {
    let (_server, ada) = start().await?;
    let turn = send_and_wait(&ada, None, "One?").await?;
    let path = format!("/c/{}", turn.conversation.id);
    let page = ada.get(&path).await?.text();
    assert!(page.contains("action=\"/api/fork_conversation\""), "{page}");
    let fields = [("message", turn.assistant_message.id.to_string())];
    let forked = ada.submit_form("/api/fork_conversation", &fields).await?;
    let fork = location(&forked).to_owned();
    assert!(fork.starts_with("/c/") && fork != path, "{fork}");
    assert!(ada.get(&fork).await?.text().contains("One? (fork)"));
    Ok(())
}

#[tokio::test]
async fn the_outline_shows_every_version_and_each_line_leads_to_its_message() -> Result<()> {
    let (_server, ada) = start().await?;
    let first = send_and_wait(&ada, None, "The first question").await?;
    let id = first.conversation.id;
    let outline = format!("/c/{id}/branches");
    let link = format!("href=\"{outline}\"");
    let page = ada.get(&format!("/c/{id}")).await?.text();
    assert!(!page.contains(&link), "there is one branch");
    let hostile = format!("The second one {HOSTILE}");
    let second = edit_and_wait(&ada, question_of(&first)?, &hostile).await?;
    let page = ada.get(&format!("/c/{id}")).await?.text();
    assert!(page.contains(&link), "{page}");

    let page = ada.get(&outline).await?.text();
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("The first question"), "{page}");
    let line = |turn: &StartedTurn| page.find(&format!("value=\"{}\"", turn.assistant_message.id));
    assert!(
        line(&second) < line(&first),
        "the shown branch is first: {page}"
    );
    for turn in [&first, &second] {
        for message in [question_of(turn)?, turn.assistant_message.id] {
            let line = format!("name=\"message\" value=\"{message}\"");
            assert_eq!(page.matches(&line).count(), 1, "{page}");
        }
    }
    assert_eq!(
        page.matches("class=\"outline-branch\"").count(),
        2,
        "{page}"
    );

    let old = first.assistant_message.id;
    let fields = [("message", old.to_string())];
    let opened = ada.submit_form("/api/open_branch", &fields).await?;
    let address = format!("/c/{id}?at={old}#message-{old}");
    assert_eq!(location(&opened), address);
    assert_eq!(conversation(&ada, id).await?.messages[1].id, old);
    Ok(())
}

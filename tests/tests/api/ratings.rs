//! What people say of answers, and who reads it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatError, Drawing, ExportId, MessageId, StartedTurn, Thumb, UploadState};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{
        PASSWORD, RunningServer, conversation, question_of, send, send_and_wait, sign_in,
    },
    uploads::call,
    web_client::WebClient,
};
use serde_json::Value;

const QUESTION: &str = "What is one and one?";
const ANSWER: &str = "It is three.";
const COMMENT: &str = "Zwei, nicht drei.";

type Fields = Vec<(&'static str, String)>;

async fn start() -> Result<(RunningServer, WebClient)> {
    RunningServer::start(ScriptedModel::new(vec![ANSWER.to_owned()])).await
}

async fn rate(
    client: &WebClient,
    message: MessageId,
    fields: &[(&'static str, &str)],
) -> Result<Result<(), ChatError>> {
    let mut all: Fields = vec![("message", message.to_string())];
    all.extend(fields.iter().map(|&(name, value)| (name, value.to_owned())));
    client.call("rate_message", &all).await
}

const UP: &[(&str, &str)] = &[("thumb", "up")];
const DOWN: &[(&str, &str)] = &[("thumb", "down")];
const BECAUSE: &[(&str, &str)] = &[
    ("thumb", "down"),
    ("details[reason]", "incorrect"),
    ("details[comment]", COMMENT),
];
const WITH_TEXTS: &[(&str, &str)] = &[
    ("thumb", "down"),
    ("details[reason]", "incorrect"),
    ("details[comment]", COMMENT),
    ("details[with_texts]", "true"),
];

/// What the page shows of an answer.
async fn shown(client: &WebClient, turn: &StartedTurn) -> Result<Option<Thumb>> {
    let shown = conversation(client, turn.conversation.id).await?;
    let answer = turn.assistant_message.id;
    let answer = shown.messages.into_iter().find(|it| it.id == answer);
    Ok(answer.context("the answer")?.rating)
}

/// What an administrator reads.
async fn report(ada: &WebClient) -> Result<String> {
    let section = [("section", "ratings".to_owned())];
    let drawing: Drawing = ada.call("draw_administration", &section).await??;
    Ok(drawing.html)
}

#[tokio::test]
async fn a_rating_is_shown_changed_and_taken_back() -> Result<()> {
    let (_server, ada) = start().await?;
    let turn = send_and_wait(&ada, None, QUESTION).await?;
    let answer = turn.assistant_message.id;
    assert_eq!(shown(&ada, &turn).await?, None);
    for (fields, expected) in [
        (UP, Some(Thumb::Up)),
        (UP, Some(Thumb::Up)),
        (BECAUSE, Some(Thumb::Down)),
        (&[][..], None),
        (&[][..], None),
    ] {
        rate(&ada, answer, fields).await??;
        assert_eq!(shown(&ada, &turn).await?, expected, "{fields:?}");
    }
    Ok(())
}

#[tokio::test]
async fn only_own_answers_that_are_over_are_rated() -> Result<()> {
    let model = ScriptedModel::new(vec!["A slow answer. ".repeat(100)])
        .with_token_delay(Duration::from_millis(20));
    let (server, ada) = RunningServer::start(model).await?;
    let bob = server.add_user("Bob").await?;
    let turn = send(&bob, None, QUESTION).await??;
    let answer = turn.assistant_message.id;
    let missing = Err(ChatError::NotFound);
    assert_eq!(rate(&bob, answer, DOWN).await?, missing, "it is written");
    let stop = [("message", answer.to_string())];
    bob.call::<()>("stop_turn", &stop).await??;
    bob.read_to_end(&turn.assistant_message).await?;
    for fields in [UP, &[][..]] {
        assert_eq!(
            rate(&ada, answer, fields).await?,
            missing,
            "an administrator"
        );
    }
    let question = question_of(&turn)?;
    assert_eq!(rate(&bob, question, DOWN).await?, missing, "a question");
    rate(&bob, answer, DOWN).await??;
    let wrong: [&[(&str, &str)]; 4] = [
        &[("thumb", "sideways")],
        &[("thumb", "down"), ("details[reason]", "nonsense")],
        &[("thumb", "up"), ("details[reason]", "incorrect")],
        &[("thumb", "up"), ("details[comment]", "Yes.")],
    ];
    for fields in wrong {
        let refused = rate(&bob, answer, fields).await?;
        assert!(matches!(refused, Err(ChatError::Invalid(_))), "{fields:?}");
    }
    let long = "a".repeat(2001);
    let endless = [("thumb", "down"), ("details[comment]", long.as_str())];
    let refused = rate(&bob, answer, &endless).await?;
    assert!(matches!(refused, Err(ChatError::Invalid(_))));
    assert_eq!(shown(&bob, &turn).await?, Some(Thumb::Down));
    Ok(())
}

#[tokio::test]
async fn administrators_read_numbers_and_comments_and_texts_only_if_they_were_sent() -> Result<()> {
    let (server, ada) = start().await?;
    let bob = server.add_user("Wilhelmine").await?;
    assert!(!report(&ada).await?.contains("<table"));
    let first = send_and_wait(&bob, None, QUESTION).await?;
    let second = send_and_wait(&bob, None, "Something else.").await?;
    rate(&bob, first.assistant_message.id, BECAUSE).await??;
    rate(&bob, second.assistant_message.id, UP).await??;
    let told = report(&ada).await?;
    assert!(told.contains(COMMENT) && told.contains("Not correct"));
    for unsaid in ["Wilhelmine", QUESTION, ANSWER, "Something else."] {
        assert!(!told.contains(unsaid), "{unsaid}: {told}");
    }
    rate(&bob, first.assistant_message.id, WITH_TEXTS).await??;
    let told = report(&ada).await?;
    assert!(told.contains(QUESTION) && told.contains(ANSWER));
    assert!(!told.contains("Wilhelmine") && !told.contains("Something else."));
    // Nobody else reads any of it.
    let section = [("section", "ratings".to_owned())];
    let refused = bob.call::<Drawing>("draw_administration", &section).await?;
    assert_eq!(refused, Err(ChatError::Forbidden));
    Ok(())
}

#[tokio::test]
async fn what_was_sent_along_goes_with_its_chat() -> Result<()> {
    let (server, ada) = start().await?;
    let turn = send_and_wait(&ada, None, QUESTION).await?;
    rate(&ada, turn.assistant_message.id, WITH_TEXTS).await??;
    let id = [("id", turn.conversation.id.to_string())];
    ada.call::<()>("delete_conversation", &id).await??;
    let told = report(&ada).await?;
    assert!(!told.contains(COMMENT) && !told.contains(ANSWER), "trash");
    ada.call::<()>("restore_conversation", &id).await??;
    assert!(report(&ada).await?.contains(ANSWER), "it came back");
    ada.call::<()>("delete_conversation", &id).await??;
    ada.call::<()>("empty_trash", &[]).await??;
    server.upkeep_in_days(0).await;
    assert!(!report(&ada).await?.contains(COMMENT));
    Ok(())
}

#[tokio::test]
async fn an_answer_that_goes_on_is_not_sent_along_any_more() -> Result<()> {
    let long = "A slow answer that somebody stops. ".repeat(10);
    let model = ScriptedModel::new(vec![long]).with_token_delay(Duration::from_millis(5));
    let (_server, ada) = RunningServer::start(model).await?;
    let turn = send(&ada, None, QUESTION).await??;
    let answer = [("message", turn.assistant_message.id.to_string())];
    ada.call::<()>("stop_turn", &answer).await??;
    ada.read_to_end(&turn.assistant_message).await?;
    rate(&ada, turn.assistant_message.id, WITH_TEXTS).await??;
    assert!(report(&ada).await?.contains(QUESTION));
    let continued: StartedTurn = ada.call("continue_turn", &answer).await??;
    ada.read_to_end(&continued.assistant_message).await?;
    let told = report(&ada).await?;
    assert!(told.contains(COMMENT) && !told.contains(QUESTION), "{told}");
    assert_eq!(shown(&ada, &turn).await?, Some(Thumb::Down));
    Ok(())
}

#[tokio::test]
async fn ratings_go_out_and_come_in_and_administrators_there_are_told_nothing() -> Result<()> {
    let (server, ada) = start().await?;
    let turn = send_and_wait(&ada, None, QUESTION).await?;
    rate(&ada, turn.assistant_message.id, WITH_TEXTS).await??;
    let format = [
        ("conversation", turn.conversation.id.to_string()),
        ("format", "json".to_owned()),
    ];
    let export: ExportId = ada.call("create_export", &format).await??;
    let file = ada.get(&format!("/exports/{export}")).await?.body;
    let document: Value = serde_json::from_slice(&file)?;
    assert_eq!(document["version"], 3);
    let rating = &document["messages"][1]["rating"];
    assert_eq!(rating["thumb"], "down");
    assert_eq!(rating["reason"], "incorrect");
    assert_eq!(rating["comment"], COMMENT);
    assert!(rating["rated_at"].is_string() && rating["with_texts"].is_null());

    let other = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = super::imports::upload(&other.1, "one.json", &file).await?;
    let imported = call(&other.1, "import_commit", &page).await??;
    assert!(matches!(imported.state, UploadState::Imported(_)));
    assert_eq!(shown(&other.1, &turn).await?, Some(Thumb::Down));
    assert!(!report(&other.1).await?.contains(COMMENT));
    // Said once more, it is said there.
    rate(&other.1, turn.assistant_message.id, BECAUSE).await??;
    assert!(report(&other.1).await?.contains(COMMENT));
    drop(server);
    Ok(())
}

#[tokio::test]
async fn without_script_a_thumb_is_a_button_of_a_form_that_leads_back() -> Result<()> {
    let (server, ada) = start().await?;
    let turn = send_and_wait(&ada, None, QUESTION).await?;
    let client = server.client()?;
    sign_in(&client, "Ada", PASSWORD).await??;
    let path = format!("/c/{}", turn.conversation.id);
    let page = client.get(&path).await?.text();
    assert!(page.contains("action=\"/api/rate_message\""));
    assert_eq!(page.matches("name=\"thumb\"").count(), 2);
    let fields = [
        ("message", turn.assistant_message.id.to_string()),
        ("thumb", "up".to_owned()),
    ];
    let posted = client.submit_form("/api/rate_message", &fields).await?;
    assert_eq!(posted.status, 302);
    let page = client.get(&path).await?.text();
    let tags: Vec<&str> = page.split('<').collect();
    let up = tags.iter().find(|tag| tag.contains("value=\"up\""));
    let up = up.context("the thumb")?;
    assert!(up.contains("aria-pressed=\"true\""), "{up}");
    // The pressed one sends no thumb.
    assert!(!up.contains("name=\"thumb\""), "{up}");
    assert_eq!(page.matches("name=\"thumb\"").count(), 1);
    Ok(())
}

//! Editing questions and forking conversations.

use anyhow::Result;
use hearth_app::model::{ChatError, ConversationId, ExportId, Refusal, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    database::Database,
    running_server::{
        RunningServer, conversation, conversations, edit_and_wait, edit_of, question_of,
        send_and_wait,
    },
    web_client::WebClient,
};

async fn start() -> Result<(RunningServer, WebClient)> {
    RunningServer::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await
}

#[tokio::test]
async fn a_question_is_sent_once_more_beside_the_old_one() -> Result<()> {
    let (_server, ada) = start().await?;
    let first = send_and_wait(&ada, None, "One?").await?;
    let id = first.conversation.id;
    let edited = edit_and_wait(&ada, question_of(&first)?, "Two?").await?;
    assert_eq!(edited.conversation.id, id);
    let versions = [question_of(&first)?, question_of(&edited)?];
    let shown = conversation(&ada, id).await?;
    assert!(shown.state.has_branches);
    assert_eq!(shown.messages[0].text, "Two?");
    assert_eq!(shown.messages[0].versions, versions);
    let old = [("message", versions[0].to_string())];
    ada.call::<()>("open_branch", &old).await??;
    let shown = conversation(&ada, id).await?;
    assert_eq!(shown.messages[0].text, "One?");
    assert_eq!(shown.messages[1].id, first.assistant_message.id);
    Ok(())
}

#[tokio::test]
async fn markdown_has_the_other_branches_for_who_wants_them() -> Result<()> {
    let (_server, ada) = start().await?;
    let first = send_and_wait(&ada, None, "What was asked first").await?;
    edit_and_wait(&ada, question_of(&first)?, "What was asked instead").await?;
    let mut fields = vec![
        ("conversation", first.conversation.id.to_string()),
        ("format", "markdown".to_owned()),
    ];
    for (with_branches, num_old) in [(false, 0), (true, 1)] {
        if with_branches {
            fields.push(("branches", "true".to_owned()));
        }
        let id: ExportId = ada.call("create_export", &fields).await??;
        let file = ada.get(&format!("/exports/{id}")).await?.text();
        let old = "\nWhat was asked first\n";
        assert_eq!(file.matches(old).count(), num_old, "{file}");
        assert!(file.contains("What was asked instead"), "{file}");
    }
    Ok(())
}

#[tokio::test]
async fn a_blank_text_and_an_answer_are_refused_and_nothing_is_written() -> Result<()> {
    let (server, ada) = start().await?;
    let turn = send_and_wait(&ada, None, "One?").await?;
    let mut database = Database::open(&server.database()).await?;
    let before = database.num_turn_rows().await?;
    let blank = edit_of(question_of(&turn)?, "  \n");
    let blank: Result<StartedTurn, _> = ada.call("edit_question", &blank).await?;
    assert_eq!(blank.err(), Some(ChatError::Invalid(Refusal::MessageEmpty)));
    let answer = edit_of(turn.assistant_message.id, "Mine");
    let answer: Result<StartedTurn, _> = ada.call("edit_question", &answer).await?;
    assert!(matches!(answer, Err(ChatError::Invalid(_))), "{answer:?}");
    let nonsense = [("message", "nonsense".to_owned())];
    for function in ["edit_question", "fork_conversation", "open_branch"] {
        let refused = ada.call_raw(function, &nonsense).await?;
        assert_eq!(refused.status, 400, "{function}");
    }
    assert_eq!(database.num_turn_rows().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_fork_is_a_conversation_of_its_own() -> Result<()> {
    let (_server, ada) = start().await?;
    let first = send_and_wait(&ada, None, "One?").await?;
    let id = first.conversation.id;
    send_and_wait(&ada, Some(id), "Two?").await?;
    let at = [("message", first.assistant_message.id.to_string())];
    let fork: ConversationId = ada.call("fork_conversation", &at).await??;
    assert_ne!(fork, id);
    let copies = conversation(&ada, fork).await?.messages;
    assert_eq!(copies.len(), 2);
    assert_eq!(copies[0].text, "One?");
    let titles: Vec<_> = conversations(&ada).await?;
    let titles: Vec<_> = titles.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(titles, ["One? (fork)", "One?"]);
    // What becomes of one is nothing to the other.
    let deleted = [("message", copies[0].id.to_string())];
    ada.call::<()>("delete_message", &deleted).await??;
    assert_eq!(conversation(&ada, id).await?.messages.len(), 4);
    Ok(())
}

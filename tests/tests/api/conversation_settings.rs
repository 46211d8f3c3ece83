//! What one conversation wants otherwise than the server's defaults.

use anyhow::Result;
use hearth_app::model::{ChatError, ConversationForm, ConversationId, FinishReason, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, conversation, new_key, send_and_wait},
    web_client::WebClient,
};

async fn save(
    client: &WebClient,
    id: Option<ConversationId>,
    fields: &[(&'static str, &str)],
) -> Result<Result<ConversationId, ChatError>> {
    let mut arguments: Vec<(&'static str, String)> = fields
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    arguments.extend(id.map(|id| ("id", id.to_string())));
    client.call("save_conversation_settings", &arguments).await
}

#[tokio::test]
async fn a_conversation_may_be_set_before_its_first_message() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["123456789".into()])).await?;
    let fields = [
        ("form[system_prompt]", "Answer in rhymes.\r\nAlways."),
        ("form[max_tokens]", "4"),
        ("form[reasoning_effort]", "high"),
    ];
    let id = save(&ada, None, &fields).await??;
    let turn = send_and_wait(&ada, Some(id), "Why is the sky blue?").await?;
    assert_eq!(turn.conversation.title, "Why is the sky blue?");
    let shown = conversation(&ada, id).await?;
    assert_eq!(shown.messages[1].finish_reason, Some(FinishReason::Length));
    let kept: ConversationForm = ada
        .call("conversation_settings", &[("id", id.to_string())])
        .await??;
    let expected = ConversationForm {
        system_prompt: "Answer in rhymes.\nAlways.".to_owned(),
        max_tokens: "4".to_owned(),
        reasoning_effort: "high".to_owned(),
        ..ConversationForm::default()
    };
    assert_eq!(kept, expected);
    Ok(())
}

async fn kept(client: &WebClient, id: ConversationId) -> Result<ConversationForm> {
    let id = [("id", id.to_string())];
    Ok(client.call("conversation_settings", &id).await??)
}

/// Sends a message with what was chosen beside the box.
async fn send_with(
    client: &WebClient,
    id: Option<ConversationId>,
    chosen: &[(&'static str, &str)],
) -> Result<StartedTurn> {
    let key = new_key().to_string();
    let mut arguments = vec![("text", "Hi".to_owned()), ("key", key)];
    let chosen = chosen
        .iter()
        .map(|(name, word)| (*name, (*word).to_owned()));
    arguments.extend(chosen);
    arguments.extend(id.map(|id| ("conversation", id.to_string())));
    let turn: StartedTurn = client.call("send_message", &arguments).await??;
    client.read_to_end(&turn.assistant_message).await?;
    Ok(turn)
}

#[tokio::test]
async fn what_is_chosen_with_a_message_is_a_setting_of_its_conversation() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let chosen = [("params[effort]", "high"), ("params[calculator]", "false")];
    let turn = send_with(&ada, None, &chosen).await?;
    let id = turn.conversation.id;
    let expected = ConversationForm {
        reasoning_effort: "high".to_owned(),
        calculator: "no".to_owned(),
        ..ConversationForm::default()
    };
    assert_eq!(kept(&ada, id).await?, expected);
    let shown = conversation(&ada, id).await?;
    assert_eq!(shown.state.choices, expected.choices());

    // The rest of its settings stays, and so does what was not chosen again.
    let fields = [
        ("form[system_prompt]", "Rhyme."),
        ("form[reasoning_effort]", "high"),
    ];
    save(&ada, Some(id), &fields).await??;
    send_with(&ada, Some(id), &[("params[calculator]", "true")]).await?;
    send_with(&ada, Some(id), &[]).await?;
    let expected = ConversationForm {
        system_prompt: "Rhyme.".to_owned(),
        calculator: "yes".to_owned(),
        ..expected
    };
    assert_eq!(kept(&ada, id).await?, expected);

    let nonsense = [
        ("text", "Hi".to_owned()),
        ("key", new_key().to_string()),
        ("params[effort]", "enormous".to_owned()),
    ];
    let refused = ada.call::<StartedTurn>("send_message", &nonsense).await?;
    assert!(refused.is_err(), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn the_model_reads_the_system_prompt() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let plain = send_and_wait(&ada, None, "Hi").await?;
    let prompt = "Answer in rhymes.";
    let id = save(&ada, None, &[("form[system_prompt]", prompt)]).await??;
    let instructed = send_and_wait(&ada, Some(id), "Hi").await?;
    let mut num_tokens = Vec::new();
    for turn in [plain, instructed] {
        let shown = conversation(&ada, turn.conversation.id).await?;
        num_tokens.push(
            shown.messages[1]
                .usage
                .map_or(0, |usage| usage.prompt_tokens),
        );
    }
    // The scripted model reads bytes.
    let more = usize::try_from(num_tokens[1] - num_tokens[0])?;
    assert!(more >= prompt.len(), "{num_tokens:?}");
    Ok(())
}

#[tokio::test]
async fn values_out_of_range_change_nothing() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let id = save(&ada, None, &[("form[temperature]", "0.5")]).await??;
    for field in [
        ("form[temperature]", "3"),
        ("form[top_p]", "0"),
        ("form[max_tokens]", "none"),
    ] {
        let refused = save(&ada, Some(id), &[field]).await?;
        assert!(matches!(refused, Err(ChatError::Invalid(_))), "{refused:?}");
    }
    let kept: ConversationForm = ada
        .call("conversation_settings", &[("id", id.to_string())])
        .await??;
    assert_eq!(kept.temperature, "0.5");
    Ok(())
}

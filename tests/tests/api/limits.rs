//! Too much and too little, refused with the reason.

use anyhow::Result;
use hearth_app::model::{ChatError, Refusal};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    database::Database,
    running_server::{RunningServer, new_key, send},
    web_client::function_path,
};

#[tokio::test]
async fn an_empty_message_is_refused_in_words_and_nothing_is_written() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let before = Database::open(&server.database())
        .await?
        .num_turn_rows()
        .await?;
    for text in ["", "   ", "\n\t\n"] {
        let error = send(&ada, None, text).await?.unwrap_err();
        assert_eq!(error, ChatError::Invalid(Refusal::MessageEmpty));
    }
    let after = Database::open(&server.database())
        .await?
        .num_turn_rows()
        .await?;
    assert_eq!(before, after);
    Ok(())
}

#[tokio::test]
async fn a_message_just_over_the_limit_is_refused_with_both_numbers() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let error = send(&ada, None, &"a".repeat(256 * 1024 + 1))
        .await?
        .unwrap_err();
    let bytes = 256 * 1024 + 1;
    assert_eq!(error, ChatError::Invalid(Refusal::MessageTooLong { bytes }));
    Ok(())
}

#[tokio::test]
async fn a_message_of_ten_megabytes_is_refused_before_it_is_read() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let fields = [
        ("text", "a".repeat(10_000_000)),
        ("key", new_key().to_string()),
    ];
    let request = ada.form(&function_path("send_message"), &fields);
    let answer = ada
        .send(request.header("accept", "application/json"))
        .await?;
    assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
    let refused = answer.outcome::<serde_json::Value>()?.unwrap_err();
    assert!(
        matches!(
            refused,
            ChatError::Invalid(Refusal::RequestTooLong { limit: 1.. })
        ),
        "{refused:?}"
    );
    let rows = Database::open(&server.database())
        .await?
        .num_turn_rows()
        .await?;
    assert_eq!(rows, 0);
    Ok(())
}

#[tokio::test]
async fn arguments_nobody_understands_are_refused_in_words() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (function, fields) in [
        ("conversation", vec![("id", "not an id".to_owned())]),
        ("conversation", vec![]),
        ("conversations", vec![("after", "yesterday".to_owned())]),
        ("conversations", vec![("after[updated_at]", "1".to_owned())]),
        ("send_message", vec![("text", "Hello".to_owned())]),
        (
            "send_message",
            vec![("text", "Hello".to_owned()), ("key", "no key".to_owned())],
        ),
        ("tail_turns", vec![]),
        ("tail_turns", vec![("tails", "..".to_owned())]),
        ("tail_turns", vec![("tails[0][message]", "..".to_owned())]),
    ] {
        let answer = ada.call_raw(function, &fields).await?;
        assert!(
            (400..=500).contains(&answer.status),
            "{function}: {answer:?}"
        );
        let error = answer.outcome::<serde_json::Value>()?.unwrap_err();
        assert!(
            matches!(error, ChatError::Invalid(_)),
            "{function}: {error:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn sampling_settings_outside_their_range_are_refused_by_name() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (name, value) in [("temperature", "9"), ("temperature", "NaN"), ("top_p", "0")] {
        let field = format!("params[{name}]");
        let fields = [
            ("text", "Hello".to_owned()),
            ("key", new_key().to_string()),
            (field.as_str(), value.to_owned()),
        ];
        let error = ada
            .call::<serde_json::Value>("send_message", &fields)
            .await?;
        let Err(ChatError::Invalid(refusal)) = error else {
            panic!("{name}={value}: {error:?}");
        };
        let is_named = matches!(&refusal, Refusal::Setting { name: told, .. } if told == name);
        assert!(is_named || value == "NaN", "{refusal:?}");
    }
    Ok(())
}

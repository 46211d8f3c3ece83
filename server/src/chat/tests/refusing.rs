use std::time::Duration;

use hearth_app::{
    model::{BusyReason, ChatError, MessageStatus, Notice, Refusal, TurnError, TurnParams},
    service::ChatService as _,
};
use hearth_engine::{handle::EngineConfig, scripted::ScriptedModel};

use super::bench::{Bench, Page, long_answer, question};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_writes_nothing() {
    let model = ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(5));
    let config = EngineConfig {
        max_running: 1,
        queue_capacity: 1,
        ..EngineConfig::default()
    };
    let bench = Bench::start_with(model, config).await;
    bench.send("One").await;
    bench.send("Two").await;
    let before = bench.num_rows().await;
    let refused = bench.try_send(question("Three")).await.unwrap_err();
    assert!(matches!(refused, ChatError::Busy { .. }), "{refused:?}");
    assert_eq!(bench.num_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_longer_than_the_window_writes_nothing() {
    let bench = Bench::start(ScriptedModel::new(Vec::new()).with_context_window(200)).await;
    let refused = bench
        .try_send(question(&"word ".repeat(100)))
        .await
        .unwrap_err();
    assert!(
        matches!(
            refused,
            ChatError::Invalid(Refusal::PromptTooLong { window: 200, .. })
        ),
        "{refused:?}"
    );
    let mut message = question("Hello");
    message.params = TurnParams {
        temperature: Some(9.0),
        ..TurnParams::default()
    };
    assert!(matches!(
        bench.try_send(message).await,
        Err(ChatError::Invalid(_))
    ));
    assert_eq!(bench.num_rows().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_cannot_be_loaded_fails_the_turn_and_names_no_file() {
    let bench =
        Bench::start(ScriptedModel::new(Vec::new()).with_load_failure("it is broken")).await;
    // Either the message is refused, or it was taken before loading failed.
    match bench.try_send(question("Hello")).await {
        Err(ChatError::Busy { reason, .. }) => assert_eq!(reason, BusyReason::ModelNotLoaded),
        Err(other) => panic!("{other:?}"),
        Ok(turn) => {
            let answer = &turn.assistant_message;
            let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
            let page = Page::default().apply_all(&frames);
            assert_eq!(page.ended, Some(MessageStatus::Failed));
            assert_eq!(page.error, Some(TurnError::ModelNotLoaded));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_has_one_running_turn() {
    let model = ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(5));
    let bench = Bench::start(model).await;
    let turn = bench.send("One").await;
    let mut second = question("Two");
    second.conversation = Some(turn.conversation.id);
    let refused = bench.try_send(second).await.unwrap_err();
    assert!(matches!(refused, ChatError::Busy { .. }), "{refused:?}");
    let again = bench
        .server
        .regenerate(bench.ada, turn.assistant_message.id)
        .await;
    assert!(matches!(again, Err(ChatError::Busy { .. })));
    assert_eq!(bench.num_rows().await, (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_post_starts_nothing_new() {
    let bench = Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await;
    let message = question("Once?");
    let (one, two) = futures::join!(
        bench.try_send(message.clone()),
        bench.try_send(message.clone())
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    let three = bench.try_send(message).await.unwrap();
    for again in [&two, &three] {
        assert_eq!(again.assistant_message.id, one.assistant_message.id);
        assert_eq!(again.conversation.id, one.conversation.id);
    }
    assert_eq!(bench.num_rows().await, (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_turns_are_left_out_when_the_window_is_full() {
    let model = ScriptedModel::new(vec!["Short.".to_owned()]).with_context_window(400);
    let bench = Bench::start(model).await;
    let mut turn = bench.send(&"first ".repeat(20)).await;
    let mut notices = Vec::new();
    for number in 0..4 {
        let answer = &turn.assistant_message;
        bench.frames(answer.id, answer.cursor.unwrap()).await;
        turn = bench
            .say(
                turn.conversation.id,
                &format!("{number} {}", "more ".repeat(20)),
            )
            .await;
        notices.extend(turn.notice);
    }
    assert!(
        notices
            .iter()
            .any(|notice| matches!(notice, Notice::TurnsLeftOut(1..))),
        "{notices:?}"
    );
    let conversation = bench
        .server
        .conversation(bench.ada, turn.conversation.id, None)
        .await
        .unwrap();
    assert_eq!(conversation.messages.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_conversation_is_gone_until_it_is_restored() {
    let bench = Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await;
    let turn = bench.send("Keep it?").await;
    let id = turn.conversation.id;
    bench
        .server
        .rename(bench.ada, id, "  A  new title ".to_owned())
        .await
        .unwrap();
    bench.server.delete(bench.ada, id).await.unwrap();
    assert!(
        bench
            .server
            .conversations(bench.ada, None)
            .await
            .unwrap()
            .conversations
            .is_empty()
    );
    let gone = bench.server.conversation(bench.ada, id, None).await;
    assert_eq!(gone.unwrap_err(), ChatError::NotFound);
    bench.server.restore(bench.ada, id).await.unwrap();
    let list = bench.server.conversations(bench.ada, None).await.unwrap();
    let list = list.conversations;
    assert_eq!((list[0].id, list[0].title.as_str()), (id, "A new title"));
}

use std::time::Duration;

use hearth_app::model::{BusyReason, ChatError, MessageStatus, TurnError};
use hearth_engine::scripted::ScriptedModel;

use super::bench::{Bench, Page, question};
use crate::markdown;

async fn execute(bench: &Bench, statement: &'static str) {
    sqlx::query(statement)
        .execute(&bench.store.writer)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_saved_is_shown_and_saved_later() {
    let text = "A paragraph.\n\n".repeat(30);
    let model = ScriptedModel::new(vec![text.clone()]);
    let bench = Bench::start(model.with_token_delay(Duration::from_millis(1))).await;
    let turn = bench.send("Go").await;
    execute(
        &bench,
        "create trigger no_space before update on message begin select raise(abort, 'full'); end",
    )
    .await;
    let answer = &turn.assistant_message;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    let page = Page::of(answer).apply_all(&frames);
    assert_eq!(page.ended, Some(MessageStatus::Finished));
    assert_eq!(page.error, Some(TurnError::NotSaved));
    assert_eq!(page.blocks, markdown::render(&text));
    assert_eq!(bench.text(answer.id).await, text);
    let mut next = question("And?");
    next.conversation = Some(turn.conversation.id);
    assert!(matches!(
        bench.try_send(next).await,
        Err(ChatError::Busy { .. })
    ));
    execute(&bench, "drop trigger no_space").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let stored = bench.stored(answer.id).await;
    assert_eq!(
        (stored.status, stored.error),
        (MessageStatus::Finished, None)
    );
    assert_eq!(stored.text, text);
    bench.say(turn.conversation.id, "And now?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_for_a_full_disk_is_refused_and_taken_when_there_is_space_again() {
    let bench = Bench::start(ScriptedModel::new(Vec::new()).with_context_window(1 << 20)).await;
    execute(&bench, "pragma max_page_count = 1").await;
    let message = question(&"Very long. ".repeat(5000));
    let refused = bench.try_send(message.clone()).await.unwrap_err();
    assert!(
        matches!(
            refused,
            ChatError::Busy {
                reason: BusyReason::DiskFull,
                ..
            }
        ),
        "{refused:?}"
    );
    assert_eq!(bench.num_rows().await, (0, 0));
    execute(&bench, "pragma max_page_count = 100000").await;
    bench.try_send(message).await.unwrap();
    assert_eq!(bench.num_rows().await, (1, 2));
}

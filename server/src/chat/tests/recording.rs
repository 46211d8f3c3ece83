use std::time::Duration;

use hearth_app::model::{ChatError, MessageStatus};
use hearth_engine::scripted::ScriptedModel;

use super::bench::{Bench, Page, question};
use crate::{chat::recorder::NOT_SAVED, markdown};

/// Far more than the free pages of a new database hold.
fn large_answer() -> String {
    "A paragraph that needs its place.\n\n".repeat(3000)
}

/// Lets the database grow to so many pages, or no further than it is.
async fn limit_pages(bench: &Bench, num_pages: u32) {
    let limit = sqlx::AssertSqlSafe(format!("pragma max_page_count = {num_pages}"));
    sqlx::query(limit)
        .execute(&bench.store.writer)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_made_while_the_disk_is_full_is_shown_and_saved_later() {
    let model = ScriptedModel::new(vec![large_answer()]).with_context_window(1 << 20);
    let bench = Bench::start(model.with_load_delay(Duration::from_millis(300))).await;
    let turn = bench.send("Go").await;
    limit_pages(&bench, 1).await;
    let answer = &turn.assistant_message;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    let page = Page::of(answer).apply_all(&frames);
    assert_eq!(page.ended, Some(MessageStatus::Finished));
    assert_eq!(page.error.as_deref(), Some(NOT_SAVED));
    assert_eq!(page.blocks, markdown::render(&large_answer()));
    assert_eq!(bench.text(answer.id).await, large_answer());
    let mut next = question("And?");
    next.conversation = Some(turn.conversation.id);
    assert!(matches!(
        bench.try_send(next).await,
        Err(ChatError::Busy { .. })
    ));
    limit_pages(&bench, 100_000).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let stored = bench.stored(answer.id).await;
    assert_eq!(
        (stored.status, stored.error),
        (MessageStatus::Finished, None)
    );
    assert_eq!(stored.text, large_answer());
    bench.say(turn.conversation.id, "And now?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_saved_is_refused() {
    let bench = Bench::start(ScriptedModel::new(Vec::new())).await;
    limit_pages(&bench, 1).await;
    let refused = bench
        .try_send(question(&"Very long. ".repeat(500)))
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, ChatError::Busy { message, .. } if message.contains("disk")),
        "{refused:?}"
    );
    limit_pages(&bench, 100_000).await;
    assert_eq!(bench.num_rows().await, (0, 0));
}

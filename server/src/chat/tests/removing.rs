//! Messages that are removed while others look at them, or while the server ends.

use std::sync::Arc;

use hearth_app::service::ChatService as _;
use hearth_engine::scripted::ScriptedModel;
use jiff::tz::TimeZone;

use super::bench::{Bench, question};
use crate::{
    backup::Backups, chat::title, config::Config, store::now_ms, upkeep::Upkeep, uploads::Uploads,
};

async fn answering() -> Bench {
    Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await
}

async fn num_messages(bench: &Bench) -> i64 {
    let number = sqlx::query_scalar("select count(*) from message");
    number.fetch_one(&bench.store.readers).await.unwrap()
}

#[tokio::test]
async fn a_removal_that_was_cut_off_goes_on_and_takes_the_title_along() {
    let bench = answering().await;
    let turn = bench.send("The secret of the house").await;
    let (conversation, answer) = (turn.conversation.id, turn.assistant_message);
    bench.frames(answer.id, answer.cursor.unwrap()).await;
    let question = turn.user_message.unwrap().id;
    let left = bench.store.leave_branch(bench.ada, question, title).await;
    left.unwrap().unwrap();
    // The server ends here.
    assert_eq!(num_messages(&bench).await, 2);
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new(folder.path().to_owned());
    let backups = Backups::new(bench.store.clone(), &config, TimeZone::UTC);
    let uploads = Uploads::new(bench.store.clone(), config.uploads());
    let server = Arc::clone(&bench.server);
    let upkeep = Upkeep::new(bench.store.clone(), server, backups, uploads);
    upkeep.run(now_ms()).await;
    assert_eq!(num_messages(&bench).await, 0);
    let shown = bench.store.conversation(bench.ada, conversation).await;
    let shown = shown.unwrap().unwrap();
    assert_eq!(
        (shown.listed.title.as_str(), shown.active_message),
        ("", None)
    );
    assert!(bench.store.doomed_branch().await.unwrap().is_none());
}

#[tokio::test]
async fn a_removed_message_that_another_tab_showed_meanwhile_leaves_a_conversation_that_goes_on() {
    let bench = answering().await;
    let first = bench.send("One?").await;
    let conversation = first.conversation.id;
    let first = first.assistant_message;
    bench.frames(first.id, first.cursor.unwrap()).await;
    let second = bench.say(conversation, "Two?").await.assistant_message;
    bench.frames(second.id, second.cursor.unwrap()).await;
    let doomed = bench.store.leave_branch(bench.ada, second.id, title).await;
    let doomed = doomed.unwrap().unwrap();
    bench
        .server
        .show_version(bench.ada, second.id)
        .await
        .unwrap();
    while bench.store.remove_branch(&doomed, 1).await.unwrap().number > 0 {}
    bench.store.end_removal(&doomed).await.unwrap();
    let shown = bench.store.conversation(bench.ada, conversation).await;
    assert_eq!(shown.unwrap().unwrap().active_message, Some(first.id));
    bench.say(conversation, "Three?").await;
}

#[tokio::test]
async fn a_step_removes_a_few_long_messages_or_many_short_ones() {
    let bench = answering().await;
    let turn = bench.send("One?").await;
    let conversation = turn.conversation.id;
    let mut last = turn.assistant_message;
    for _ in 0..4 {
        bench.frames(last.id, last.cursor.unwrap()).await;
        last = bench.say(conversation, "More?").await.assistant_message;
    }
    bench.frames(last.id, last.cursor.unwrap()).await;
    let long = "update message set text = hex(zeroblob(600000)) where role = 'assistant'";
    sqlx::query(long)
        .execute(&bench.store.writer)
        .await
        .unwrap();
    let branch = bench.store.branch(bench.ada, last.id).await.unwrap();
    let root = branch.first().unwrap().id;
    let doomed = bench.store.leave_branch(bench.ada, root, title).await;
    let doomed = doomed.unwrap().unwrap();
    let removed = bench.store.remove_branch(&doomed, 32).await.unwrap();
    // Two answers of 1.2 MB, and the question between them.
    assert_eq!(removed.number, 3);

    assert!(
        bench
            .store
            .hide_conversation(bench.ada, conversation)
            .await
            .unwrap()
    );
    let condemn = "update conversation set deleted_at = 0";
    sqlx::query(condemn)
        .execute(&bench.store.writer)
        .await
        .unwrap();
    let purged = bench.store.purge_condemned(32).await.unwrap();
    assert_eq!((purged.num_rows, purged.num_removed), (4, 0));
    let purged = bench.store.purge_condemned(32).await.unwrap();
    assert_eq!(purged.num_removed, 1);
    assert_eq!(num_messages(&bench).await, 0);
    // Whoever sends then is told so.
    let mut late = question("Late?");
    late.conversation = Some(conversation);
    assert!(bench.try_send(late).await.is_err());
}

use std::{io::Cursor, sync::Arc, time::Duration};

use futures::StreamExt as _;
use hearth_app::{
    model::{ChatError, MessageStatus, Notice, StartedTurn, TurnParams},
    service::ChatService as _,
};
use hearth_engine::scripted::ScriptedModel;

use super::bench::{Bench, Page, long_answer, question};
use crate::{
    export::{ConversationDocument, Timestamp},
    import::import,
    markdown,
};

fn slow_model() -> ScriptedModel {
    ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(1))
}

async fn finish(bench: &Bench, turn: &StartedTurn) -> Page {
    let answer = &turn.assistant_message;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    Page::of(answer).apply_all(&frames)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_continued_answer_is_the_undisturbed_one() {
    let bench = Bench::start(slow_model()).await;
    let mut message = question("Go");
    // More than the whole answer has: it shall not end for want of tokens.
    message.params.max_tokens = Some(4096);
    let mut turn = bench.try_send(message).await.unwrap();
    let epoch = turn.assistant_message.cursor.unwrap().epoch;
    for num_bytes in [40, 300, 900] {
        bench.watch_until(&turn.assistant_message, num_bytes).await;
        bench
            .server
            .stop(bench.ada, turn.assistant_message.id)
            .await
            .unwrap();
        turn = bench
            .server
            .continue_turn(bench.ada, turn.assistant_message.id)
            .await
            .unwrap();
        assert_eq!(turn.notice, None);
        assert!(turn.user_message.is_none());
        assert_ne!(turn.assistant_message.cursor.unwrap().epoch, epoch);
    }
    let page = finish(&bench, &turn).await;
    assert_eq!(page.ended, Some(MessageStatus::Finished));
    assert_eq!(bench.text(turn.assistant_message.id).await, long_answer());
    assert_eq!(page.blocks, markdown::render(&long_answer()));
    assert_eq!(
        bench.stored(turn.assistant_message.id).await.text,
        long_answer()
    );
    let again = bench
        .server
        .continue_turn(bench.ada, turn.assistant_message.id)
        .await;
    assert!(matches!(again, Err(ChatError::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_end_alone_was_lost_is_whole_and_more_of_it_is_another_wish() {
    let bench = Bench::start(ScriptedModel::new(vec![long_answer()])).await;
    let mut message = question("Go");
    message.params.max_tokens = Some(20);
    let mut turn = bench.try_send(message).await.unwrap();
    finish(&bench, &turn).await;
    let id = turn.assistant_message.id;
    let whole = bench.text(id).await;
    // The server was killed between the last text and the end.
    let cut = "update message set status = 'interrupted', finish_reason = null where id = ?";
    let cutting = sqlx::query(cut).bind(id.as_uuid());
    cutting.execute(&bench.store.writer).await.unwrap();
    for is_longer in [false, true] {
        turn = bench.server.continue_turn(bench.ada, id).await.unwrap();
        let page = finish(&bench, &turn).await;
        assert_eq!(page.ended, Some(MessageStatus::Finished));
        let text = bench.text(id).await;
        assert!(text.starts_with(&whole), "{text}");
        assert_eq!(text.len() > whole.len(), is_longer, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_inside_a_character_loses_nothing_when_it_goes_on() {
    let answer = "你好🦀 done".to_owned();
    let bench = Bench::start(ScriptedModel::new(vec![answer.clone()])).await;
    let mut message = question("Go");
    message.params = TurnParams {
        max_tokens: Some(1),
        ..TurnParams::default()
    };
    let mut turn = bench.try_send(message).await.unwrap();
    // One token is one byte here.
    for _ in 1..answer.len() {
        finish(&bench, &turn).await;
        turn = bench
            .server
            .continue_turn(bench.ada, turn.assistant_message.id)
            .await
            .unwrap();
    }
    finish(&bench, &turn).await;
    assert_eq!(bench.text(turn.assistant_message.id).await, answer);
    assert_eq!(bench.stored(turn.assistant_message.id).await.text, answer);
}

/// Runs a server to its middle and drops it like a killed process; gives what was on the screen.
fn run_and_kill() -> (Bench, StartedTurn, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (bench, turn, seen) = runtime.block_on(async {
        let bench = Bench::start(slow_model()).await;
        let turn = bench.send("Go").await;
        bench.watch_until(&turn.assistant_message, 600).await;
        let seen = bench.text(turn.assistant_message.id).await;
        tokio::time::sleep(Duration::from_millis(350)).await;
        (bench, turn, seen)
    });
    runtime.shutdown_background();
    (bench, turn, seen)
}

#[test]
fn a_killed_server_leaves_an_interrupted_answer_that_goes_on_exactly() {
    let (killed, turn, seen) = run_and_kill();
    let (path, users) = (killed.path(), (killed.ada, killed.bob));
    let directory = Arc::clone(&killed.directory);
    drop(killed);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let bench = Bench::reopen(path, users, directory, slow_model()).await;
        let shown = bench.shown(&turn).await;
        assert_eq!(shown.status, MessageStatus::Interrupted);
        // What was on the screen a quarter of a second before the end is there.
        let text = bench.text(shown.id).await;
        assert!(text.starts_with(&seen) && long_answer().starts_with(&text));
        let turn = bench
            .server
            .continue_turn(bench.ada, shown.id)
            .await
            .unwrap();
        assert_eq!(turn.notice, None);
        assert_eq!(
            finish(&bench, &turn).await.ended,
            Some(MessageStatus::Finished)
        );
        assert_eq!(bench.text(shown.id).await, long_answer());
        assert_eq!(bench.stored(shown.id).await.text, long_answer());
    });
}

#[test]
fn another_model_goes_on_with_a_notice() {
    let (killed, turn, _) = run_and_kill();
    let (path, users) = (killed.path(), (killed.ada, killed.bob));
    let directory = Arc::clone(&killed.directory);
    drop(killed);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let other = ScriptedModel::new(vec![long_answer() + "More."]);
        let bench = Bench::reopen(path, users, directory, other).await;
        let answer = turn.assistant_message.id;
        let turn = bench.server.continue_turn(bench.ada, answer).await.unwrap();
        assert_eq!(turn.notice, Some(Notice::NotExact));
        finish(&bench, &turn).await;
        assert_eq!(bench.text(answer).await, long_answer() + "More.");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_stands_beside_the_old_one() {
    let bench = Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await;
    let first = bench.send("Is it?").await;
    finish(&bench, &first).await;
    let second = bench
        .server
        .regenerate(bench.ada, first.assistant_message.id)
        .await
        .unwrap();
    finish(&bench, &second).await;
    let ids = vec![first.assistant_message.id, second.assistant_message.id];
    assert_eq!(bench.shown(&second).await.versions, ids);
    assert_eq!(bench.shown(&second).await.id, ids[1]);
    let seed = async |id| bench.stored(id).await.params.seed;
    assert_ne!(seed(ids[0]).await, seed(ids[1]).await);
    // The branch below the old version comes back with it.
    bench.server.show_version(bench.ada, ids[0]).await.unwrap();
    let third = bench.say(first.conversation.id, "Go on").await;
    finish(&bench, &third).await;
    bench.server.show_version(bench.ada, ids[1]).await.unwrap();
    assert_eq!(bench.shown(&second).await.id, ids[1]);
    bench.server.show_version(bench.ada, ids[0]).await.unwrap();
    assert_eq!(bench.shown(&first).await.id, third.assistant_message.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_answer_goes_on_from_its_text_with_a_notice() {
    let bench = Bench::start(slow_model()).await;
    let turn = bench.send("Go").await;
    bench.watch_until(&turn.assistant_message, 300).await;
    let stopped = bench.server.stop(bench.ada, turn.assistant_message.id);
    stopped.await.unwrap();
    finish(&bench, &turn).await;
    let tree = bench
        .store
        .conversation_tree(bench.ada, turn.conversation.id);
    let tree = tree.await.unwrap().unwrap();
    let json = Cursor::new(ConversationDocument::new(tree, Timestamp::now()).to_json());
    let (store, bob) = (bench.store.clone(), bench.bob);
    let imported = tokio::task::spawn_blocking(move || import(&store, bob, json, None));
    assert_eq!(imported.await.unwrap().unwrap().new_messages, 2);

    let theirs = bench.server.conversations(bob, None).await.unwrap();
    let shown = bench
        .server
        .conversation(bob, theirs.conversations[0].id, None);
    let shown = shown.await.unwrap();
    let answer = shown.messages[1].id;
    assert_ne!(answer, turn.assistant_message.id);
    let turn = bench.server.continue_turn(bob, answer).await.unwrap();
    assert_eq!(turn.notice, Some(Notice::Imported));
    let cursor = turn.assistant_message.cursor.unwrap();
    let frames = bench.server.tail(bob, answer, cursor).await.unwrap();
    let frames: Vec<_> = frames.collect().await;
    let page = Page::of(&turn.assistant_message).apply_all(&frames);
    assert_eq!(page.ended, Some(MessageStatus::Finished));
    let text = bench.server.message_text(bob, answer).await.unwrap();
    assert_eq!(text, long_answer());
}

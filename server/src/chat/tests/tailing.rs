use std::time::Duration;

use futures::StreamExt as _;
use hearth_app::{
    model::{ChatEventKind, ConversationPage, Cursor, MessageStatus},
    service::ChatService as _,
};
use hearth_engine::scripted::ScriptedModel;

use super::bench::{Bench, Page, long_answer};
use crate::markdown;

fn slow_model() -> ScriptedModel {
    ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_message_is_answered_to_the_last_frame() {
    let bench = Bench::start(ScriptedModel::new(vec![long_answer()])).await;
    let turn = bench.send("Why is the sky blue?\nTell me.").await;
    assert_eq!(turn.conversation.title, "Why is the sky blue?");
    assert_eq!(
        turn.user_message.as_ref().unwrap().text,
        "Why is the sky blue?\nTell me."
    );
    let answer = &turn.assistant_message;
    assert_eq!(answer.status, MessageStatus::Running);
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    let page = Page::of(answer).apply_all(&frames);
    assert_eq!(page.ended, Some(MessageStatus::Finished));
    assert_eq!(page.blocks, markdown::render(&long_answer()));
    assert_eq!(page.pending, "");
    let stored = bench.stored(answer.id).await;
    assert_eq!(
        (stored.text, stored.status),
        (long_answer(), MessageStatus::Finished)
    );
    assert!(stored.params.seed.is_some());
    assert_eq!(bench.shown(&turn).await.blocks, page.blocks);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_answer_makes_links_of_what_it_defines_last() {
    let text = "See [docs][1].\n\nOther words.\n\n[1]: https://example.org\n";
    let bench = Bench::start(ScriptedModel::new(vec![text.to_owned()])).await;
    let turn = bench.send("Go").await;
    let answer = &turn.assistant_message;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    let page = Page::of(answer).apply_all(&frames);
    assert_eq!(page.blocks, markdown::render(text));
    assert!(page.blocks[0].contains("<a href"), "{:?}", page.blocks);
    let changed = frames.iter().filter_map(|frame| match &frame.kind {
        ChatEventKind::Settled(changed) => Some(changed.len()),
        _ => None,
    });
    // That one block alone, once.
    assert_eq!(changed.collect::<Vec<_>>(), [1]);
    assert_eq!(bench.shown(&turn).await.blocks, page.blocks);
    // Who asks later gets the same, whether the turn is still known or not.
    let late = bench.frames(answer.id, Cursor { epoch: 0, seq: 0 }).await;
    assert_eq!(Page::of(answer).apply_all(&late).blocks, page.blocks);
}

#[tokio::test(flavor = "multi_thread")]
async fn footnotes_lead_to_each_other_in_the_stream_and_when_it_is_read_again() {
    let text = "It boils[^1].\n\nMore.\n\n[^1]: At sea level.\n";
    let bench = Bench::start(ScriptedModel::new(vec![text.to_owned()])).await;
    let turn = bench.send("Go").await;
    let answer = &turn.assistant_message;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    let page = Page::of(answer).apply_all(&frames);
    let id = answer.id.to_string();
    assert_eq!(page.blocks, markdown::render_answer(&id, text));
    assert!(page.blocks[0].contains(&format!("href=\"#note-{id}-1\"")));
    let server = bench.served_anew().await;
    let read = server.conversation(bench.ada, turn.conversation.id, None);
    assert_eq!(read.await.unwrap().messages[1].blocks, page.blocks);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_in_mid_stream_misses_nothing_and_repeats_nothing() {
    let bench = Bench::start(slow_model()).await;
    let turn = bench.send("Go").await;
    let id = turn.assistant_message.id;
    bench.watch_until(&turn.assistant_message, 300).await;
    // The page is rendered anew, then follows from its cursor.
    let reloaded = bench.shown(&turn).await;
    assert_eq!(reloaded.status, MessageStatus::Running);
    let frames = bench.frames(id, reloaded.cursor.unwrap()).await;
    let page = Page::of(&reloaded).apply_all(&frames);
    assert_eq!(page.blocks, markdown::render(&long_answer()));
    assert!(
        !frames
            .iter()
            .any(|frame| matches!(frame.kind, ChatEventKind::Snapshot { .. }))
    );
    // The connection was cut instead: the same page goes on from its last frame.
    let all = bench
        .frames(id, turn.assistant_message.cursor.unwrap())
        .await;
    let (before, _) = all.split_at(all.len() / 2);
    let cut = Page::of(&turn.assistant_message).apply_all(before);
    let rest = bench.frames(id, cut.cursor.unwrap()).await;
    assert_eq!(cut.apply_all(&rest).html(), page.html());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_cursor_is_answered_by_one_snapshot() {
    let bench = Bench::start(slow_model()).await;
    let turn = bench.send("Go").await;
    let answer = &turn.assistant_message;
    bench.watch_until(answer, 200).await;
    let unknown = Cursor { epoch: 1, seq: 7 };
    let frames = bench.frames(answer.id, unknown).await;
    let is_snapshot = |kind: &ChatEventKind| matches!(kind, ChatEventKind::Snapshot { .. });
    assert!(is_snapshot(&frames[0].kind));
    assert_eq!(
        frames
            .iter()
            .filter(|frame| is_snapshot(&frame.kind))
            .count(),
        1
    );
    let page = Page::default().apply_all(&frames);
    assert_eq!(page.blocks, markdown::render(&long_answer()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_goes_on_when_nobody_watches() {
    let bench = Bench::start(slow_model()).await;
    let turn = bench.send("Go").await;
    let answer = &turn.assistant_message;
    let mut tail = bench
        .server
        .tail(bench.ada, answer.id, answer.cursor.unwrap())
        .await
        .unwrap();
    tail.next().await.unwrap();
    drop(tail);
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    assert!(matches!(
        frames.last().unwrap().kind,
        ChatEventKind::Ended {
            status: MessageStatus::Finished,
            ..
        }
    ));
    assert_eq!(bench.text(answer.id).await, long_answer());
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_text_come_at_most_every_50_ms_and_are_numbered_without_gaps() {
    let bench = Bench::start(slow_model()).await;
    let start = std::time::Instant::now();
    let turn = bench.send("Go").await;
    let answer = &turn.assistant_message;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    let first = frames[0].cursor.seq;
    assert!(
        frames
            .iter()
            .zip(first..)
            .all(|(frame, seq)| frame.cursor.seq == seq)
    );
    let num_pending = frames
        .iter()
        .filter(|frame| matches!(frame.kind, ChatEventKind::Pending { .. }))
        .count();
    assert!(num_pending as u128 <= start.elapsed().as_millis() / 50 + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_turns_run_at_once_and_two_tails_see_the_same() {
    let bench = Bench::start(slow_model()).await;
    let (one, two) = (bench.send("One").await, bench.send("Two").await);
    let ids = [one.assistant_message, two.assistant_message];
    let watch = |index: usize| bench.frames(ids[index].id, ids[index].cursor.unwrap());
    let (first, second, again) = futures::join!(watch(0), watch(1), watch(0));
    assert_eq!(first, again);
    for frames in [first, second] {
        let page = Page::default().apply_all(&frames);
        assert_eq!(page.blocks, markdown::render(&long_answer()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_conversation_is_not_there() {
    let bench = Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await;
    let turn = bench.send("Is it private?").await;
    let (conversation, answer) = (turn.conversation.id, turn.assistant_message.id);
    bench
        .frames(answer, turn.assistant_message.cursor.unwrap())
        .await;
    let (server, bob) = (&bench.server, bench.bob);
    let not_found = hearth_app::model::ChatError::NotFound;
    let cursor = Cursor { epoch: 0, seq: 0 };
    assert_eq!(
        server
            .conversation(bob, conversation, None)
            .await
            .unwrap_err(),
        not_found
    );
    assert_eq!(
        server
            .rename(bob, conversation, "x".into())
            .await
            .unwrap_err(),
        not_found
    );
    assert_eq!(
        server.delete(bob, conversation).await.unwrap_err(),
        not_found
    );
    assert_eq!(
        server.restore(bob, conversation).await.unwrap_err(),
        not_found
    );
    assert_eq!(
        server.show_version(bob, answer).await.unwrap_err(),
        not_found
    );
    assert_eq!(server.regenerate(bob, answer).await.unwrap_err(), not_found);
    assert_eq!(
        server.continue_turn(bob, answer).await.unwrap_err(),
        not_found
    );
    assert_eq!(server.stop(bob, answer).await.unwrap_err(), not_found);
    assert_eq!(
        server.message_text(bob, answer).await.unwrap_err(),
        not_found
    );
    assert_eq!(
        server.tail(bob, answer, cursor).await.err().unwrap(),
        not_found
    );
    let mut message = super::bench::question("Let me in");
    message.conversation = Some(conversation);
    assert_eq!(server.send(bob, message).await.unwrap_err(), not_found);
    let theirs = server.conversations(bob, None).await.unwrap();
    let today = theirs.today;
    let nothing = ConversationPage {
        today,
        ..ConversationPage::default()
    };
    assert_eq!(theirs, nothing);
    assert_eq!(bench.num_rows().await, (1, 2));
}

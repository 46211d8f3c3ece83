//! Rendering that takes as long as it likes holds up nobody.

#![expect(
    clippy::await_holding_lock,
    clippy::readonly_write_lock,
    reason = "rendering waits at a gate that each test holds closed"
)]

use std::time::Duration;

use futures::StreamExt as _;
use hearth_app::{
    model::{Change, MessageStatus, UserId},
    service::ChatService as _,
};
use hearth_engine::scripted::ScriptedModel;
use tokio::time::timeout;

use super::bench::{Bench, Page, question};
use crate::{
    markdown::{
        self,
        tests::{GATE, WAITS},
    },
    slow_work::Kind,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// How the answer to this text ends.
async fn answered(bench: &Bench, user: UserId, text: &str) -> MessageStatus {
    let turn = bench.server.send(user, question(text)).await.unwrap();
    let id = turn.assistant_message.id;
    let cursor = turn.assistant_message.cursor.unwrap();
    let tail = bench.server.tail(user, id, cursor).await.unwrap();
    let frames: Vec<_> = futures::StreamExt::collect(tail).await;
    let page = Page::of(&turn.assistant_message).apply_all(&frames);
    page.ended.unwrap()
}

// One thread serves all of it: whatever is rendered there stops everything else.
#[tokio::test]
async fn an_answer_that_takes_for_ever_to_draw_holds_up_nobody() {
    // The model repeats what is said.
    let model = ScriptedModel::new(vec![]).with_token_delay(Duration::from_millis(1));
    let bench = Bench::start(model).await;
    let closed = GATE.write().unwrap();
    let slow = bench.send(&format!("{WAITS} {}", "a ".repeat(2000))).await;
    let slow = slow.assistant_message.id;
    let others = timeout(
        PATIENCE,
        answered(&bench, bench.bob, "# Quick\n\n*one*\n\ntwo"),
    );
    assert_eq!(others.await.unwrap(), MessageStatus::Finished);
    // Its text is there, and it ends when it is told to.
    let written = async {
        while bench.text(slow).await.len() < 100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, written).await.unwrap();
    timeout(PATIENCE, bench.server.stop(bench.ada, slow))
        .await
        .unwrap()
        .unwrap();
    // It is saved before its last picture is drawn.
    let saved = async {
        while bench.stored(slow).await.status != MessageStatus::Stopped {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, saved).await.unwrap();
    drop(closed);
    let text = bench.text(slow).await;
    let ended = async {
        loop {
            let conversation = bench.stored(slow).await.conversation;
            let shown = bench
                .server
                .conversation(bench.ada, conversation, None)
                .await
                .unwrap();
            let last = shown.messages.last().unwrap().clone();
            if last.status == MessageStatus::Stopped {
                return last.blocks;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert_eq!(
        timeout(PATIENCE, ended).await.unwrap(),
        markdown::render(&text)
    );
}

#[tokio::test]
async fn whoever_looks_because_an_answer_has_ended_finds_its_end() {
    let bench = Bench::start(ScriptedModel::new(vec![])).await;
    let changes = bench.server.changes();
    let mut told = Box::pin(changes.since(bench.ada, None).map(|(_, change)| change));
    assert_eq!(told.next().await, Some(Change::Listening));
    let closed = GATE.write().unwrap();
    let turn = bench.send(WAITS).await;
    let changed = Some(Change::Conversation(turn.conversation.id));
    assert_eq!(told.next().await, changed, "it begins");
    let saved = async {
        while bench.stored(turn.assistant_message.id).await.status != MessageStatus::Finished {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, saved).await.unwrap();
    // Its last picture is still drawn: for those who watch it goes on.
    assert_eq!(bench.shown(&turn).await.status, MessageStatus::Running);
    let early = timeout(Duration::from_millis(200), told.next()).await;
    assert!(early.is_err(), "{early:?}");
    drop(closed);
    let ended = timeout(PATIENCE, told.next()).await.unwrap();
    assert_eq!(ended, changed);
    assert_eq!(bench.shown(&turn).await.status, MessageStatus::Finished);
}

#[tokio::test]
async fn a_conversation_that_takes_for_ever_to_open_holds_up_nobody() {
    let bench = Bench::start(ScriptedModel::new(vec![])).await;
    let turn = bench.send(WAITS).await;
    let conversation = turn.conversation.id;
    let ended = async {
        while bench.stored(turn.assistant_message.id).await.status == MessageStatus::Running {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, ended).await.unwrap();
    let closed = GATE.write().unwrap();
    // The log of the turn is forgotten: the text has to be rendered.
    let (server, ada) = (bench.served_anew().await, bench.ada);
    let slow_work = server.slow_work.clone();
    let opening = tokio::spawn(async move { server.conversation(ada, conversation, None).await });
    let begun = async {
        while !slow_work
            .load()
            .any(|(kind, load)| kind == Kind::Text && load.running == 1)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, begun).await.unwrap();
    let others = timeout(PATIENCE, answered(&bench, bench.bob, "*one*"));
    assert_eq!(others.await.unwrap(), MessageStatus::Finished);
    assert!(!opening.is_finished());
    drop(closed);
    let opened = timeout(PATIENCE, opening).await.unwrap().unwrap().unwrap();
    assert_eq!(opened.messages.len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_being_made_is_opened_while_all_places_for_texts_are_taken() {
    let model = ScriptedModel::new(vec![]).with_token_delay(Duration::from_millis(5));
    let bench = Bench::start(model).await;
    let turn = bench.send(&"a ".repeat(2000)).await;
    let mut held = Vec::new();
    let taking = async {
        loop {
            let place = bench.server.slow_work.place(Kind::Text, bench.bob).await;
            held.push(place.unwrap());
        }
    };
    // The last one waits.
    assert!(timeout(Duration::from_millis(50), taking).await.is_err());
    let opening = bench
        .server
        .conversation(bench.ada, turn.conversation.id, None);
    let opened = timeout(PATIENCE, opening).await.unwrap().unwrap();
    assert_eq!(opened.messages[1].status, MessageStatus::Running);
    assert!(!held.is_empty());
}

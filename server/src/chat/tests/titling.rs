//! Titles that the model makes when it has nothing else to do.

use std::{sync::Arc, time::Duration};

use hearth_app::{
    model::{ChatError, ConversationId, ConversationState},
    service::ChatService as _,
};
use hearth_engine::scripted::ScriptedModel;

use super::bench::Bench;
use crate::chat::title_maker::Attempt;

/// A model that says this to everything.
fn saying(text: &str) -> ScriptedModel {
    ScriptedModel::new(vec![text.to_owned()])
}

async fn asked_and_answered(bench: &Bench, text: &str) -> ConversationId {
    let turn = bench.send(text).await;
    let answer = turn.assistant_message;
    bench.frames(answer.id, answer.cursor.unwrap()).await;
    turn.conversation.id
}

async fn title(bench: &Bench, id: ConversationId) -> String {
    let state = bench.server.conversation_state(bench.ada, id).await;
    state.unwrap().summary.title
}

/// What comes of the next attempt for which nothing else is in the way.
async fn next_attempt(bench: &Bench) -> Attempt {
    for _ in 0..200 {
        let attempt = bench.server.make_title().await.unwrap();
        if attempt != Attempt::Nothing {
            return attempt;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Attempt::Nothing
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_gets_a_title_once_and_its_tabs_are_told() {
    let bench = Bench::start(saying("**Why the sky is blue.**")).await;
    let id = asked_and_answered(&bench, "hello, tell me why").await;
    assert_eq!(title(&bench, id).await, "hello, tell me why");
    let used = bench.server.conversation_state(bench.ada, id).await;
    assert_eq!(next_attempt(&bench).await, Attempt::Settled);
    assert_eq!(title(&bench, id).await, "Why the sky is blue");
    // It stays where it is in the list: nobody used it.
    let now = bench.server.conversation_state(bench.ada, id).await;
    let moment = |state: Result<ConversationState, ChatError>| state.unwrap().summary.updated_at;
    assert_eq!(moment(now), moment(used));
    assert_eq!(bench.server.make_title().await, Ok(Attempt::Nothing));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_a_person_gave_is_never_replaced() {
    let bench = Bench::start(saying("Something else")).await;
    let id = asked_and_answered(&bench, "hello").await;
    let renamed = bench.server.rename(bench.ada, id, "Mine".to_owned()).await;
    renamed.unwrap();
    assert_eq!(bench.store.untitled_conversation(0).await.unwrap(), None);
    assert_eq!(title(&bench, id).await, "Mine");
    // Nor one that was given while the model was at it.
    let other = asked_and_answered(&bench, "another").await;
    let untitled = bench.store.untitled_conversation(0).await.unwrap().unwrap();
    assert_eq!(untitled.conversation, other);
    let renamed = bench.server.rename(bench.ada, other, "Mine".to_owned());
    renamed.await.unwrap();
    let settled = bench
        .store
        .settle_title(bench.ada, other, Some("Made"))
        .await;
    assert!(!settled.unwrap());
    assert_eq!(title(&bench, other).await, "Mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_title_leaves_the_first_line_for_good() {
    let sentence = "I am sorry, but there is no title for a conversation that has only begun.";
    let bench = Bench::start(saying(sentence)).await;
    let id = asked_and_answered(&bench, "hello").await;
    assert_eq!(next_attempt(&bench).await, Attempt::Settled);
    assert_eq!(title(&bench, id).await, "hello");
    assert_eq!(bench.server.make_title().await, Ok(Attempt::Nothing));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_has_no_room_for_stands_in_no_other_titles_way() {
    let bench = Bench::start(saying("A title").with_context_window(400)).await;
    let short = asked_and_answered(&bench, "hello").await;
    // With the wish for a title it is too long, and it was used last.
    let long = asked_and_answered(&bench, &"long ".repeat(60)).await;
    let first_line = title(&bench, long).await;
    assert_eq!(next_attempt(&bench).await, Attempt::Settled);
    assert_eq!(title(&bench, long).await, first_line);
    assert_eq!(next_attempt(&bench).await, Attempt::Settled);
    assert_eq!(title(&bench, short).await, "A title");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_message_meanwhile_does_not_wait_for_a_title() {
    let slow = saying("A title that takes its time").with_token_delay(Duration::from_millis(60));
    let bench = Bench::start(slow).await;
    let id = asked_and_answered(&bench, "hello").await;
    let server = Arc::clone(&bench.server);
    let made = tokio::spawn(async move {
        loop {
            let attempt = server.make_title().await.unwrap();
            if attempt != Attempt::Nothing {
                return attempt;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    // It is being made: the engine has something to do.
    while bench.server.engine().counters().load.running == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.send("something more important").await;
    assert_eq!(made.await.unwrap(), Attempt::Disturbed);
    assert_eq!(title(&bench, id).await, "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_conversations_and_demonstrations_get_none() {
    let bench = Bench::start(saying("A title")).await;
    let id = asked_and_answered(&bench, "hello").await;
    bench.server.delete(bench.ada, id).await.unwrap();
    assert_eq!(bench.store.untitled_conversation(0).await.unwrap(), None);
    assert!(
        !bench.server.makes_titles(),
        "a scripted model is a demonstration"
    );
}

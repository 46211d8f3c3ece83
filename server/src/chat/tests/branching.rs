//! Questions that are edited, conversations that fork, and the tree that comes of it.

use std::time::Duration;

use hearth_app::{
    model::{
        BusyReason, ChatError, Conversation, ConversationForm, ConversationId,
        ConversationSettings, FolderId, Message, MessageId, MessageStatus, Refusal, Role,
        StartedTurn,
    },
    service::{ChatService as _, SendMessage},
};
use hearth_engine::scripted::ScriptedModel;
use uuid::Uuid;

use super::bench::{Bench, Page, long_answer, question};

const MARK: &str = " (fork)";

async fn answering() -> Bench {
    Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await
}

fn edited(question_id: MessageId, text: &str) -> SendMessage {
    SendMessage {
        edits: Some(question_id),
        ..question(text)
    }
}

fn question_of(turn: &StartedTurn) -> MessageId {
    turn.user_message.as_ref().unwrap().id
}

async fn finish(bench: &Bench, turn: &StartedTurn) -> Page {
    let answer = &turn.assistant_message;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    Page::of(answer).apply_all(&frames)
}

async fn shown(bench: &Bench, id: ConversationId) -> Vec<Message> {
    let conversation = bench.server.conversation(bench.ada, id, None).await;
    conversation.unwrap().messages
}

fn ids(messages: &[Message]) -> Vec<MessageId> {
    messages.iter().map(|it| it.id).collect()
}

async fn fork(bench: &Bench, message: MessageId) -> Result<ConversationId, ChatError> {
    bench.server.fork(bench.ada, message, MARK).await
}

async fn num_tokens_counted(bench: &Bench) -> (i64, i64, i64) {
    let sum = "select sum(num_turns), sum(prompt_tokens), sum(completion_tokens) from usage_day";
    let sum = sqlx::query_as(sum).fetch_one(&bench.store.readers).await;
    sum.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_question_stands_beside_the_old_one_and_takes_nothing_away() {
    let bench = answering().await;
    let first = bench.send("One?").await;
    finish(&bench, &first).await;
    let id = first.conversation.id;
    let second = bench.say(id, "Two?").await;
    finish(&bench, &second).await;
    let old = ids(&shown(&bench, id).await);

    // The last one, and then the first one, whose parent is nothing.
    let again = bench
        .try_send(edited(question_of(&second), "Two again?"))
        .await;
    let again = again.unwrap();
    finish(&bench, &again).await;
    let messages = shown(&bench, id).await;
    assert_eq!(messages.len(), 4);
    assert_eq!(messages[2].text, "Two again?");
    assert_eq!(messages[2].parent_id, Some(old[1]));
    assert_eq!(messages[2].versions, [old[2], messages[2].id]);

    let anew = bench
        .try_send(edited(old[0], "Another one?"))
        .await
        .unwrap();
    assert_eq!(anew.conversation.id, id);
    finish(&bench, &anew).await;
    let messages = shown(&bench, id).await;
    let texts: Vec<_> = messages.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["Another one?", ""]);
    assert_eq!(messages[0].parent_id, None);
    assert_eq!(messages[0].versions, [old[0], messages[0].id]);
    // The title is the person's by now.
    assert_eq!(anew.conversation.title, "One?");

    bench.server.show_version(bench.ada, old[2]).await.unwrap();
    assert_eq!(ids(&shown(&bench, id).await), old);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_reads_what_stands_above_an_edited_question_and_nothing_below_it() {
    let bench = answering().await;
    let first = bench.send("The first of all").await;
    finish(&bench, &first).await;
    let second = bench.say(first.conversation.id, "The second of all").await;
    finish(&bench, &second).await;
    let prompt = async |turn: &StartedTurn| {
        let answer = turn.assistant_message.id;
        let stored = bench.store.continued_answer(bench.ada, answer).await;
        stored.unwrap().unwrap().prompt_token_ids
    };
    let same = bench
        .try_send(edited(question_of(&second), "The second of all"))
        .await;
    let same = same.unwrap();
    assert_eq!(prompt(&same).await, prompt(&second).await);
    finish(&bench, &same).await;
    let same = bench
        .try_send(edited(question_of(&first), "The first of all"))
        .await;
    assert_eq!(prompt(&same.unwrap()).await, prompt(&first).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_makes_one_version() {
    let bench = answering().await;
    let turn = bench.send("One?").await;
    finish(&bench, &turn).await;
    let message = edited(question_of(&turn), "Two?");
    let (one, two) = futures::join!(
        bench.try_send(message.clone()),
        bench.try_send(message.clone())
    );
    let one = one.unwrap();
    assert_eq!(two.unwrap().assistant_message.id, one.assistant_message.id);
    finish(&bench, &one).await;
    let three = bench.try_send(message).await.unwrap();
    assert_eq!(question_of(&three), question_of(&one));
    assert_eq!(bench.num_rows().await, (1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_of_ones_own_is_not_edited_and_nothing_is_written() {
    let bench = answering().await;
    let turn = bench.send("One?").await;
    finish(&bench, &turn).await;
    let other = bench.send("Elsewhere?").await;
    finish(&bench, &other).await;
    let before = bench.num_rows().await;

    let answer = bench
        .try_send(edited(turn.assistant_message.id, "Mine"))
        .await;
    let answer = answer.unwrap_err();
    assert!(
        matches!(answer, ChatError::Invalid(Refusal::NotUnderstood { .. })),
        "{answer:?}"
    );
    let nobodys = bench
        .try_send(edited(MessageId::new(Uuid::now_v7()), "Mine"))
        .await;
    assert_eq!(nobodys.unwrap_err(), ChatError::NotFound);
    let stolen = edited(question_of(&turn), "Mine");
    let stolen = bench.server.send(bench.bob, stolen).await;
    assert_eq!(stolen.unwrap_err(), ChatError::NotFound);
    let mut elsewhere = edited(question_of(&turn), "Mine");
    elsewhere.conversation = Some(other.conversation.id);
    let elsewhere = bench.try_send(elsewhere).await;
    assert_eq!(elsewhere.unwrap_err(), ChatError::NotFound);
    bench
        .server
        .delete(bench.ada, turn.conversation.id)
        .await
        .unwrap();
    let hidden = bench.try_send(edited(question_of(&turn), "Mine")).await;
    assert_eq!(hidden.unwrap_err(), ChatError::NotFound);
    assert_eq!(bench.num_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_answer_is_written_no_question_is_edited_and_what_it_would_copy_is_not_forked() {
    let model = ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(5));
    let bench = Bench::start(model).await;
    let turn = bench.send("One?").await;
    let running = |refused: ChatError| match refused {
        ChatError::Busy { reason, .. } => assert_eq!(reason, BusyReason::AnswerRunning),
        other => panic!("{other:?}"),
    };
    let refused = bench.try_send(edited(question_of(&turn), "Two?")).await;
    running(refused.unwrap_err());
    running(fork(&bench, turn.assistant_message.id).await.unwrap_err());
    assert_eq!(bench.num_rows().await, (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_says_what_was_said_and_costs_nothing() {
    let bench = answering().await;
    let first = bench.send("One?").await;
    finish(&bench, &first).await;
    let id = first.conversation.id;
    let second = bench.say(id, "Two?").await;
    finish(&bench, &second).await;
    let form = ConversationForm {
        temperature: "0.5".to_owned(),
        ..ConversationForm::default()
    };
    let saved = bench
        .server
        .save_conversation_settings(bench.ada, Some(id), form.clone());
    saved.await.unwrap();
    let counted = num_tokens_counted(&bench).await;
    let old = shown(&bench, id).await;

    let forked = fork(&bench, second.assistant_message.id).await.unwrap();
    let copies = shown(&bench, forked).await;
    assert_eq!(copies.len(), old.len());
    for (copy, old) in copies.iter().zip(&old) {
        assert_ne!(copy.id, old.id);
        assert_eq!(copy.versions, [copy.id]);
        let same = Message {
            id: old.id,
            parent_id: old.parent_id,
            versions: old.versions.clone(),
            ..copy.clone()
        };
        assert_eq!(same, *old);
    }
    assert_eq!(num_tokens_counted(&bench).await, counted);
    let list = bench.server.conversations(bench.ada, None).await.unwrap();
    let list = list.conversations;
    assert_eq!(
        (list[0].id, list[0].title.as_str()),
        (forked, "One? (fork)")
    );
    let own = bench.server.conversation_settings(bench.ada, forked).await;
    assert_eq!(own.unwrap(), form);
    // Each goes its own way.
    let third = bench.say(forked, "Three?").await;
    finish(&bench, &third).await;
    assert_eq!(ids(&shown(&bench, id).await), ids(&old));

    let early = fork(&bench, first.assistant_message.id).await.unwrap();
    assert_eq!(shown(&bench, early).await.len(), 2);
    let theirs = bench
        .server
        .fork(bench.bob, first.assistant_message.id, MARK)
        .await;
    assert_eq!(theirs.unwrap_err(), ChatError::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_at_a_question_ends_before_it() {
    let bench = answering().await;
    let first = bench.send("One?").await;
    finish(&bench, &first).await;
    let id = first.conversation.id;
    let second = bench.say(id, "Two?").await;
    finish(&bench, &second).await;
    let forked = fork(&bench, question_of(&second)).await.unwrap();
    let copies = shown(&bench, forked).await;
    let roles: Vec<_> = copies.iter().map(|it| it.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant]);
    let turn = bench.say(forked, "Otherwise?").await;
    finish(&bench, &turn).await;

    // Before the first one nothing was said; the next message names the conversation.
    let forked = fork(&bench, question_of(&first)).await.unwrap();
    assert!(shown(&bench, forked).await.is_empty());
    let turn = bench.say(forked, "Quite another").await;
    assert_eq!(turn.conversation.title, "Quite another");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_stays_in_the_folder_and_keeps_the_settings_also_if_it_begins_with_nothing() {
    let bench = answering().await;
    let turn = bench.send("One?").await;
    finish(&bench, &turn).await;
    let folder = Uuid::from_u128(1);
    for made in [
        "insert into folder (id, user_id, name, name_key, created_at)
         select ?1, id, 'Plans', 'plans', 1 from user where id = ?2",
        "update conversation set folder_id = ?1, temperature = 0.5 where user_id = ?2",
    ] {
        let made = sqlx::query(made).bind(folder).bind(bench.ada.as_uuid());
        made.execute(&bench.store.writer).await.unwrap();
    }
    for message in [turn.assistant_message.id, question_of(&turn)] {
        let forked = fork(&bench, message).await.unwrap();
        let state = bench.server.conversation_state(bench.ada, forked).await;
        let place = state.unwrap().summary.folder.map(FolderId::as_uuid);
        assert_eq!(place, Some(folder));
        let own = bench.server.conversation_settings(bench.ada, forked).await;
        assert_eq!(own.unwrap().temperature, "0.5");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forked_answer_that_was_cut_off_goes_on_exactly() {
    let model = ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(1));
    let bench = Bench::start(model).await;
    let mut message = question("Go");
    message.params.max_tokens = Some(4096);
    let turn = bench.try_send(message).await.unwrap();
    let answer = &turn.assistant_message;
    bench.watch_until(answer, 300).await;
    bench.server.stop(bench.ada, answer.id).await.unwrap();
    finish(&bench, &turn).await;
    let kept = bench.text(answer.id).await;

    let forked = fork(&bench, answer.id).await.unwrap();
    let copy = shown(&bench, forked).await.pop().unwrap();
    assert_eq!(copy.status, MessageStatus::Stopped);
    let turn = bench
        .server
        .continue_turn(bench.ada, copy.id)
        .await
        .unwrap();
    assert_eq!(turn.notice, None, "exact");
    finish(&bench, &turn).await;
    assert_eq!(bench.text(copy.id).await, long_answer());
    assert_eq!(bench.text(answer.id).await, kept);
}

/// A conversation of so many messages, without a model.
async fn insert_chain(bench: &Bench, number: i64) -> (ConversationId, Vec<MessageId>) {
    let id = ConversationId::new(Uuid::now_v7());
    let usual = ConversationSettings::default();
    let made = bench.store.insert_empty_conversation(bench.ada, id, &usual);
    made.await.unwrap();
    let message = |number: i64| MessageId::new(Uuid::from_u128(u128::try_from(number).unwrap()));
    let mut transaction = bench.store.begin().await.unwrap();
    for place in 1..=number {
        let role = if place % 2 == 1 { "user" } else { "assistant" };
        let parent = (place > 1).then(|| message(place - 1).as_uuid());
        sqlx::query(
            "insert into message (id, conversation_id, parent_id, role, status, text, params,
                                  token_ids, created_at)
             values (?, ?, ?, ?, 'finished', 'word ' || ?, '{}', zeroblob(4000), ?)",
        )
        .bind(message(place).as_uuid())
        .bind(id.as_uuid())
        .bind(parent)
        .bind(role)
        .bind(place)
        .bind(place)
        .execute(&mut *transaction)
        .await
        .unwrap();
    }
    transaction.commit().await.unwrap();
    let ids: Vec<_> = (1..=number).map(message).collect();
    bench
        .server
        .show_version(bench.ada, *ids.last().unwrap())
        .await
        .unwrap();
    (id, ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_messages_are_forked_in_their_order() {
    let bench = answering().await;
    let (id, ids) = insert_chain(&bench, 2_000).await;
    let forked = fork(&bench, *ids.last().unwrap()).await.unwrap();
    let [old, copy] = [id, forked].map(|id| bench.store.conversation_tree(bench.ada, id));
    let (old, copy) = (old.await.unwrap().unwrap(), copy.await.unwrap().unwrap());
    assert_eq!(copy.messages.len(), 2_000);
    let texts = |tree: &crate::store::StoredTree| -> Vec<String> {
        tree.messages.iter().map(|it| it.text.clone()).collect()
    };
    assert_eq!(texts(&copy), texts(&old));
    let pairs = copy.messages.iter().zip(copy.messages.iter().skip(1));
    for (parent, child) in pairs {
        assert_eq!(child.parent_id, Some(parent.id));
    }
    assert_eq!(copy.active_message, copy.messages.last().map(|it| it.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outline_has_every_message_and_leads_to_each() {
    let bench = answering().await;
    let (id, ids) = insert_chain(&bench, 200).await;
    let state = async || {
        bench
            .server
            .conversation_state(bench.ada, id)
            .await
            .unwrap()
    };
    assert!(!state().await.has_branches);
    let turn = bench.try_send(edited(ids[2], "  Another  ")).await.unwrap();
    finish(&bench, &turn).await;
    assert!(state().await.has_branches);

    let outline = bench.server.outline(bench.ada, id).await.unwrap();
    assert_eq!(outline.messages.len(), 202);
    assert_eq!(outline.leaf, Some(turn.assistant_message.id));
    let other = bench.server.outline(bench.bob, id).await;
    assert_eq!(other.unwrap_err(), ChatError::NotFound);

    // A line shows its branch, and leads to the piece that holds its message.
    let show = async |user, message| {
        let shown = bench.server.show_version(user, message).await?;
        bench.server.conversation_at(user, shown, message).await
    };
    let end = |piece: &Conversation| piece.messages.last().map(|it| it.id);
    // Far above the end of its branch that is an earlier one.
    let piece = show(bench.ada, ids[4]).await.unwrap();
    assert!(piece.messages.iter().any(|it| it.id == ids[4]));
    assert_eq!(piece.state.leaf, ids.last().copied());
    assert_ne!(end(&piece), piece.state.leaf);
    // Near the end, and in a short branch, it is the last one.
    for message in [ids[199], ids[190], question_of(&turn)] {
        let piece = show(bench.ada, message).await.unwrap();
        assert!(piece.messages.iter().any(|it| it.id == message));
        assert_eq!(end(&piece), piece.state.leaf);
    }
    let theirs = show(bench.bob, ids[4]).await;
    assert_eq!(theirs.unwrap_err(), ChatError::NotFound);
}

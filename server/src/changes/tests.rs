use std::pin::pin;

use futures::{FutureExt as _, StreamExt as _};
use uuid::Uuid;

use super::*;

const ADA: UserId = UserId::new(Uuid::from_u128(1));
const BOB: UserId = UserId::new(Uuid::from_u128(2));

fn conversation(number: u128) -> ConversationId {
    ConversationId::new(Uuid::from_u128(number))
}

/// Everything that can be heard now, and whether that was the end.
fn hear(stream: &mut (impl Stream<Item = (Cursor, Change)> + Unpin)) -> (Vec<Change>, bool) {
    let mut heard = Vec::new();
    loop {
        match stream.next().now_or_never() {
            Some(Some((_, change))) => heard.push(change),
            Some(None) => return (heard, true),
            None => return (heard, false),
        }
    }
}

#[tokio::test]
async fn everybody_hears_of_their_own_changes_and_of_no_others() {
    let changes = Changes::new(7);
    let mut ada = pin!(changes.since(ADA, None));
    let mut bob = pin!(changes.since(BOB, Some(changes.cursor())));
    assert_eq!(hear(&mut ada), (vec![Change::Listening], false));
    assert_eq!(hear(&mut bob), (vec![Change::Listening], false));
    changes.tell(ADA, conversation(1));
    changes.tell(BOB, conversation(2));
    changes.tell_everything(ADA);
    let own = [Change::Conversation(conversation(1)), Change::Everything];
    assert_eq!(hear(&mut ada), (own.to_vec(), false));
    let own = [Change::Conversation(conversation(2))];
    assert_eq!(hear(&mut bob), (own.to_vec(), false));
    changes.close();
    changes.tell(ADA, conversation(3));
    assert_eq!(hear(&mut ada), (vec![], true));
}

#[tokio::test]
async fn who_comes_back_hears_what_was_missed_or_that_it_was_too_much() {
    let changes = Changes::new(7);
    let before = changes.cursor();
    changes.tell(ADA, conversation(1));
    let (told, _) = hear(&mut pin!(changes.since(ADA, Some(before))));
    let missed = Change::Conversation(conversation(1));
    assert_eq!(told, [Change::Listening, missed]);

    // A server that was started anew counts from one again.
    let other = Cursor { epoch: 8, seq: 0 };
    let (told, _) = hear(&mut pin!(changes.since(ADA, Some(other))));
    assert_eq!(told, [Change::Everything]);
    for seq in [99, u64::MAX] {
        let later = Cursor { epoch: 7, seq };
        let (told, _) = hear(&mut pin!(changes.since(ADA, Some(later))));
        assert_eq!(told, [Change::Everything]);
    }

    let mut slow = pin!(changes.since(ADA, None));
    for _ in 0..=NUM_KEPT {
        changes.tell(BOB, conversation(2));
    }
    let (told, _) = hear(&mut pin!(changes.since(ADA, Some(before))));
    assert_eq!(told, [Change::Everything]);
    let (told, _) = hear(&mut slow);
    assert_eq!(told, [Change::Listening, Change::Everything]);
    changes.tell(ADA, conversation(3));
    let (told, _) = hear(&mut slow);
    assert_eq!(told, [Change::Conversation(conversation(3))]);
}

#[tokio::test]
async fn a_cursor_that_was_heard_leads_on_from_there() {
    let changes = Changes::new(7);
    for number in 1..=3 {
        changes.tell(ADA, conversation(number));
    }
    let stream = changes.since(ADA, Some(Cursor { epoch: 7, seq: 0 }));
    let heard: Vec<_> = stream.take(3).collect().await;
    let (cursor, _) = heard[2];
    assert_eq!(cursor, Cursor { epoch: 7, seq: 2 });
    let (rest, _) = hear(&mut pin!(changes.since(ADA, Some(cursor))));
    let last = Change::Conversation(conversation(3));
    assert_eq!(rest, [Change::Listening, last]);
}

#[tokio::test]
async fn a_listener_is_woken_by_what_is_told_later() {
    let changes = Changes::new(7);
    let heard = tokio::spawn({
        let mut stream = Box::pin(changes.since(ADA, None));
        async move {
            stream.next().await;
            stream.next().await
        }
    });
    tokio::task::yield_now().await;
    changes.tell(ADA, conversation(1));
    let (_, change) = heard.await.unwrap().unwrap();
    assert_eq!(change, Change::Conversation(conversation(1)));
}

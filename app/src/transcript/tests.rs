use uuid::Uuid;

use super::*;

fn running(cursor: Option<Cursor>) -> ShownMessage {
    ShownMessage::new(message(MessageStatus::Running, cursor))
}

fn message(status: MessageStatus, cursor: Option<Cursor>) -> Message {
    let id = MessageId::new(Uuid::from_u128(1));
    let time = LocalTime {
        year: 2026,
        month: 11,
        day: 24,
        hour: 6,
        minute: 30,
    };
    Message {
        status,
        cursor,
        ..Message::empty(id, Role::Assistant, time)
    }
}

fn started() -> ShownMessage {
    running(Some(Cursor { epoch: 5, seq: 0 }))
}

fn event(seq: u64, kind: ChatEventKind) -> ChatEvent {
    let cursor = Cursor { epoch: 5, seq };
    ChatEvent { cursor, kind }
}

fn pending(seq: u64, keep: usize, html: &str) -> ChatEvent {
    let html = html.to_owned();
    event(seq, ChatEventKind::Pending { keep, html })
}

fn block(seq: u64, html: &str) -> ChatEvent {
    event(seq, ChatEventKind::Block(html.to_owned()))
}

fn ended(seq: u64, status: MessageStatus) -> ChatEvent {
    let kind = ChatEventKind::Ended {
        status,
        finish_reason: None,
        usage: None,
        error: None,
    };
    event(seq, kind)
}

#[test]
fn an_edit_keeps_the_given_bytes_and_a_block_empties_the_pending_html() {
    let mut message = started();
    assert_eq!(message.apply(pending(1, 0, "<p>好</p>")), Applied::Continue);
    assert_eq!(message.apply(pending(2, 6, "的</p>")), Applied::Continue);
    assert_eq!(message.pending, "<p>好的</p>");
    assert_eq!(message.apply(block(3, "<p>好的。</p>")), Applied::Continue);
    assert_eq!(
        (message.blocks.as_slice(), message.pending.as_str()),
        (&["<p>好的。</p>".to_owned()][..], "")
    );
    assert_eq!(message.cursor.seq, 3);
}

#[test]
fn a_frame_seen_before_changes_nothing() {
    let mut message = started();
    message.apply(block(1, "<p>a</p>"));
    let before = message.clone();
    assert_eq!(message.apply(block(1, "<p>a</p>")), Applied::Continue);
    assert_eq!(message, before);
}

#[test]
fn a_gap_changes_nothing_and_asks_for_a_stream_from_the_last_frame() {
    let mut message = started();
    message.apply(block(1, "<p>a</p>"));
    let before = message.clone();
    assert_eq!(message.apply(block(3, "<p>c</p>")), Applied::Reconnect);
    assert_eq!(message, before);
    assert_eq!(
        message.apply(event(4, ChatEventKind::KeepAlive)),
        Applied::Reconnect
    );
    assert_eq!(
        message.apply(event(1, ChatEventKind::KeepAlive)),
        Applied::Continue
    );
}

#[test]
fn a_frame_of_another_epoch_asks_for_a_new_stream() {
    let mut message = started();
    let mut foreign = block(1, "<p>a</p>");
    foreign.cursor.epoch = 6;
    assert_eq!(message.apply(foreign), Applied::Reconnect);
    assert!(!message.has_text());
}

#[test]
fn an_edit_that_cuts_a_character_asks_for_a_snapshot() {
    for keep in [4, 99] {
        let mut message = started();
        message.apply(pending(1, 0, "<p>好"));
        assert_eq!(message.apply(pending(2, keep, "x")), Applied::Reconnect);
        assert_eq!(message.cursor, NOWHERE);
    }
}

#[test]
fn a_snapshot_replaces_everything_and_later_frames_follow_it() {
    let mut message = running(None);
    let kind = ChatEventKind::Snapshot {
        blocks: vec!["<p>a</p>".into()],
        pending: "<p>b".into(),
        reasoning: None,
        steps: Vec::new(),
    };
    assert_eq!(message.apply(event(41, kind)), Applied::Continue);
    assert_eq!(message.revision, 1);
    assert_eq!(message.apply(block(42, "<p>b</p>")), Applied::Continue);
    assert_eq!(message.blocks, ["<p>a</p>", "<p>b</p>"]);
    assert_eq!(
        message.apply(ended(43, MessageStatus::Finished)),
        Applied::Ended
    );
    assert!(!message.is_running());
}

#[test]
fn the_end_of_a_text_changes_single_blocks_in_the_same_revision() {
    let mut message = started();
    message.apply(block(1, "<p>a</p>"));
    message.apply(block(2, "<p>b</p>"));
    let changed = vec![(0, "<p>c</p>".to_owned()), (9, "<p>d</p>".to_owned())];
    let settled = event(3, ChatEventKind::Settled(changed));
    assert_eq!(message.apply(settled), Applied::Continue);
    assert_eq!(message.blocks, ["<p>c</p>", "<p>b</p>"]);
    assert_eq!((message.revision, message.settled.clone()), (0, vec![0]));
    // One that changes again is counted again, one that does not is left alone.
    for (seq, html, settled) in [(4, "<p>c</p>", vec![0]), (5, "<p>e</p>", vec![0, 0])] {
        message.apply(event(
            seq,
            ChatEventKind::Settled(vec![(0, html.to_owned())]),
        ));
        assert_eq!(
            (&message.blocks[0], &message.settled),
            (&html.to_owned(), &settled)
        );
    }
}

#[test]
fn reading_again_takes_over_a_block_that_changed_and_no_other() {
    let answer = |blocks: &[&str]| Message {
        blocks: blocks.iter().map(|&block| block.to_owned()).collect(),
        ..message(MessageStatus::Finished, None)
    };
    let mut shown = ShownMessage::new(answer(&["<p>a</p>", "", "<p>c</p>"]));
    shown.refresh(answer(&["<p>a</p>", "<p>b</p>", "<p>c</p>"]));
    assert_eq!((shown.revision, shown.settled.len()), (0, 0));
    shown.refresh(answer(&["<p>a</p>", "<p>b</p>", "<p>d</p>"]));
    assert_eq!(shown.blocks, ["<p>a</p>", "", "<p>d</p>"]);
    assert_eq!((shown.revision, shown.settled.as_slice()), (0, &[2][..]));
    shown.refresh(answer(&["<p>a</p>"]));
    assert_eq!((shown.revision, shown.blocks.len()), (1, 1));
}

#[test]
fn an_end_after_missing_frames_says_so() {
    let mut message = started();
    message.apply(block(1, "<p>a</p>"));
    assert_eq!(
        message.apply(ended(9, MessageStatus::Stopped)),
        Applied::EndedAfterGap
    );
    assert_eq!(message.status, MessageStatus::Stopped);
    assert!(message.can_continue());
}

#[test]
fn waiting_ends_with_the_first_text() {
    let mut message = started();
    message.apply(event(
        1,
        ChatEventKind::Waiting(WaitState::Queued {
            ahead: 2,
            seconds: Some(40),
        }),
    ));
    assert_eq!(
        message.waiting,
        Some(WaitState::Queued {
            ahead: 2,
            seconds: Some(40)
        })
    );
    message.apply(pending(2, 0, "<p>a</p>"));
    assert_eq!(message.waiting, None);
}

#[test]
fn versions_are_counted_from_one() {
    let mut message = started();
    let other = MessageId::new(Uuid::from_u128(2));
    message.versions = vec![other, message.id];
    assert_eq!(message.version(), (2, 2));
    assert_eq!(message.neighbour(-1), Some(other));
    assert_eq!(message.neighbour(1), None);
}

#[test]
fn reading_again_leaves_a_settled_answer_alone_and_replaces_a_changed_one() {
    let answer = |block: &str| Message {
        blocks: vec![block.to_owned()],
        ..message(MessageStatus::Finished, None)
    };
    let mut shown = ShownMessage::new(answer("")); // rendered by the server
    shown.refresh(answer("<p>a</p>"));
    assert_eq!(
        (shown.revision, shown.blocks.as_slice()),
        (0, &[String::new()][..])
    );
    shown.refresh(Message {
        blocks: vec!["<p>b</p>".into(); 2],
        ..answer("")
    });
    assert_eq!((shown.revision, shown.blocks.len()), (1, 2));
}

#[test]
fn reasoning_grows_beside_the_answer_and_is_replaced_by_a_snapshot() {
    let mut message = started();
    let more = |seq, text: &str, duration_ms| {
        let text = text.to_owned();
        event(
            seq,
            ChatEventKind::Reasoning(Reasoning { text, duration_ms }),
        )
    };
    assert_eq!(message.apply(more(1, "A greet", 10)), Applied::Continue);
    assert_eq!(message.apply(more(2, "ing.", 20)), Applied::Continue);
    // A frame that was seen already changes nothing.
    assert_eq!(message.apply(more(2, "ing.", 20)), Applied::Continue);
    let reasoning = message.reasoning.clone().unwrap();
    assert_eq!(
        (reasoning.text.as_str(), reasoning.duration_ms),
        ("A greeting.", 20)
    );
    assert!(!message.has_text());
    let kind = ChatEventKind::Snapshot {
        blocks: vec!["<p>Hello</p>".into()],
        pending: String::new(),
        reasoning: None,
        steps: Vec::new(),
    };
    message.apply(event(9, kind));
    assert_eq!(message.reasoning, None);
}

#[test]
fn what_is_known_of_a_turn_stays_when_its_answer_is_read_again() {
    let mut shown = started();
    shown.notice = Some(Notice::TurnsLeftOut(2));
    shown.replace(message(MessageStatus::Finished, None));
    assert_eq!(shown.notice, Some(Notice::TurnsLeftOut(2)));
}

#[test]
fn a_stream_that_brings_something_is_not_lost_any_more() {
    let mut shown = started();
    shown.is_lost = true;
    let cursor = shown.cursor;
    let kind = ChatEventKind::KeepAlive;
    assert_eq!(shown.apply(ChatEvent { cursor, kind }), Applied::Continue);
    assert!(!shown.is_lost);
}

use super::*;
use crate::{
    model::{ChatError, ChatEvent, MessageStatus},
    tab_leader::WordError,
};

mod browser;

pub(super) fn message(number: usize) -> MessageId {
    MessageId::new(Uuid::from_u128(1_000 + number as u128))
}

/// The server tells the frame with this number; 0 is the last one.
pub(super) fn line(number: usize, seq: u64) -> String {
    let kind = match seq {
        0 => ChatEventKind::Ended {
            status: MessageStatus::Finished,
            finish_reason: None,
            usage: None,
            error: None,
        },
        seq => ChatEventKind::Block(seq.to_string()),
    };
    let cursor = Cursor { epoch: 1, seq };
    written(number, Told::Event(ChatEvent { cursor, kind }))
}

fn written(number: usize, told: Told) -> String {
    let message = message(number);
    serde_json::to_string(&TailLine { message, told }).unwrap()
}

pub(super) fn start(number: usize, seq: u64) -> TailStart {
    TailStart {
        message: message(number),
        cursor: Cursor { epoch: 1, seq },
    }
}

fn claim(at_ms: u64) -> Claim {
    let tab = Uuid::from_u128(7);
    Claim { at_ms, tab }
}

fn wanted(number: usize, seq: u64) -> Event {
    let start = start(number, seq);
    Event::Wanted {
        number: 1,
        start,
        is_shown: false,
    }
}

fn want(tab: u128, number: usize, seq: u64) -> Event {
    Event::Heard(TailWord::Want {
        tab: Uuid::from_u128(tab),
        number: 1,
        start: start(number, seq),
    })
}

/// One that leads, and follows the first message.
fn leader() -> Tails {
    let mut tails = Tails::new(Uuid::from_u128(7));
    tails.step(Event::Leader(Leader::Me(claim(1))));
    assert!(tails.step(wanted(0, 3)).pause);
    assert_eq!(tails.step(Event::Paused).open, Some(vec![start(0, 3)]));
    tails
}

/// One that follows the first message, and whose want was taken.
fn follower() -> Tails {
    let mut tails = Tails::new(Uuid::from_u128(8));
    tails.step(Event::Leader(Leader::Other(claim(1))));
    assert_eq!(tails.step(wanted(0, 3)).doubt, Some(1));
    tails.step(Event::Heard(taken(1, 1)));
    tails
}

fn taken(at_ms: u64, number: u32) -> TailWord {
    TailWord::Taken {
        claim: claim(at_ms),
        tab: Uuid::from_u128(8),
        number,
        is_open: false,
    }
}

fn heard_line(at_ms: u64, number: usize, seq: u64) -> Event {
    Event::Heard(TailWord::Line {
        claim: claim(at_ms),
        message: message(number),
        text: line(number, seq),
    })
}

#[test]
fn words_are_read_as_they_were_said() {
    let tab = Uuid::from_u128(9);
    let claim = claim(1_764_000_000_000);
    let failures = [
        Failure::Lost,
        Failure::Broken,
        Failure::Unauthorized,
        Failure::Forbidden,
        Failure::NotFound,
    ];
    let failed = failures.map(|failure| TailWord::Failed { claim, failure });
    let said = [
        TailWord::Want {
            tab,
            number: 3,
            start: start(4, 5),
        },
        TailWord::Unwant { tab },
        TailWord::Taken {
            claim,
            tab,
            number: 3,
            is_open: false,
        },
        TailWord::Taken {
            claim,
            tab,
            number: 3,
            is_open: true,
        },
        TailWord::Opened { claim },
        TailWord::Line {
            claim,
            message: message(4),
            text: "{\"a\": \"b  c\\n\"}".to_owned(),
        },
    ];
    for word in said.into_iter().chain(failed) {
        assert_eq!(word.to_string().parse(), Ok(word));
    }
    for other in ["", "want", "line 1", "taken x y z", "failed 1 2 3", "hello"] {
        assert_eq!(other.parse::<TailWord>(), Err(WordError), "{other}");
    }
}

#[test]
fn wants_that_come_within_a_moment_are_one_stream() {
    let mut tails = leader();
    let deeds = tails.step(want(8, 1, 9));
    assert!(deeds.close && deeds.pause);
    let deeds = tails.step(want(9, 2, 4));
    assert!(deeds.close && !deeds.pause);
    let all = vec![start(0, 3), start(1, 9), start(2, 4)];
    assert_eq!(tails.step(Event::Paused).open, Some(all));
    assert_eq!(tails.step(Event::Paused), Deeds::default());
}

#[test]
fn another_stream_goes_on_after_the_last_frame_and_of_two_cursors_after_the_first() {
    let mut tails = leader();
    let given = tails.step(Event::Line(line(0, 4))).give;
    assert!(matches!(given, Some(Given::Told(Told::Event(_)))));
    tails.step(want(8, 1, 9));
    assert_eq!(
        tails.step(Event::Paused).open,
        Some(vec![start(0, 4), start(1, 9)])
    );
    tails.step(want(9, 1, 2));
    let mut elsewhere = start(0, 8);
    elsewhere.cursor.epoch = 2;
    tails.step(Event::Heard(TailWord::Want {
        tab: Uuid::from_u128(10),
        number: 1,
        start: elsewhere,
    }));
    let mut unknown = start(0, 0);
    unknown.cursor.epoch = 0;
    assert_eq!(
        tails.step(Event::Paused).open,
        Some(vec![unknown, start(1, 2)])
    );
}

#[test]
fn only_what_other_tabs_want_is_said() {
    let mut tails = leader();
    assert_eq!(tails.step(Event::Opened).say, None);
    assert_eq!(tails.step(Event::Line(line(0, 4))).say, None);
    assert_eq!(tails.step(Event::Line(line(5, 4))), Deeds::default());
    tails.step(want(8, 1, 0));
    tails.step(Event::Paused);
    assert!(tails.step(Event::Opened).say.is_some());
    let deeds = tails.step(Event::Line(line(1, 1)));
    assert!(deeds.say.is_some() && deeds.give.is_none());
}

#[test]
fn the_stream_ends_with_the_last_want() {
    let mut tails = leader();
    tails.step(want(8, 1, 9));
    assert!(!tails.step(Event::Unwanted { number: 1 }).close);
    let tab = Uuid::from_u128(8);
    assert!(tails.step(Event::Heard(TailWord::Unwant { tab })).close);
    assert_eq!(tails.step(Event::Paused).open, None);
}

#[test]
fn what_was_followed_before_takes_back_nothing_of_what_is_followed_now() {
    let mut tails = leader();
    tails.step(Event::Wanted {
        number: 2,
        start: start(1, 0),
        is_shown: false,
    });
    assert_eq!(tails.step(Event::Unwanted { number: 1 }), Deeds::default());
    assert_eq!(tails.step(Event::Paused).open, Some(vec![start(1, 0)]));
}

#[test]
fn what_is_refused_or_over_is_not_asked_for_again() {
    let mut tails = leader();
    tails.step(want(8, 1, 9));
    tails.step(want(9, 2, 9));
    tails.step(Event::Paused);
    let refused = Told::Refused(ChatError::NotFound);
    assert!(
        tails
            .step(Event::Line(written(1, refused.clone())))
            .say
            .is_some()
    );
    let given = tails.step(Event::Line(line(0, 0))).give;
    assert!(matches!(given, Some(Given::Told(Told::Event(_)))));
    tails.step(want(10, 3, 1));
    let rest = vec![start(2, 9), start(3, 1)];
    assert_eq!(tails.step(Event::Paused).open, Some(rest));

    let mut tails = follower();
    let given = tails.step(Event::Heard(TailWord::Line {
        claim: claim(1),
        message: message(0),
        text: written(0, refused.clone()),
    }));
    assert_eq!(given.give, Some(Given::Told(refused)));
    assert_eq!(tails.step(heard_line(1, 0, 4)), Deeds::default());
}

#[test]
fn a_tab_hears_nothing_before_its_want_was_taken_nor_of_other_leaders_and_messages() {
    let mut tails = Tails::new(Uuid::from_u128(8));
    tails.step(Event::Leader(Leader::Other(claim(1))));
    tails.step(wanted(0, 3));
    assert_eq!(tails.step(heard_line(1, 0, 9)), Deeds::default());
    for word in [taken(2, 1), taken(1, 9)] {
        tails.step(Event::Heard(word));
        assert_eq!(tails.step(heard_line(1, 0, 9)), Deeds::default());
    }
    tails.step(Event::Heard(taken(1, 1)));
    assert_eq!(tails.step(heard_line(2, 0, 4)), Deeds::default());
    assert_eq!(tails.step(heard_line(1, 5, 4)), Deeds::default());
    assert!(tails.step(heard_line(1, 0, 4)).give.is_some());
}

#[test]
fn another_leader_is_asked_again_after_the_last_frame() {
    let mut tails = follower();
    tails.step(heard_line(1, 0, 4));
    assert_eq!(
        tails.step(Event::Leader(Leader::Other(claim(1)))),
        Deeds::default()
    );
    let deeds = tails.step(Event::Leader(Leader::Other(claim(2))));
    let again = TailWord::Want {
        tab: Uuid::from_u128(8),
        number: 2,
        start: start(0, 4),
    };
    assert_eq!(deeds.say, Some(again));
    let deeds = tails.step(Event::Leader(Leader::Me(claim(3))));
    assert!(deeds.pause && deeds.say.is_none());
    assert_eq!(tails.step(Event::Paused).open, Some(vec![start(0, 4)]));
    let deeds = tails.step(Event::Leader(Leader::Other(claim(4))));
    assert!(deeds.close && deeds.say.is_some());
}

#[test]
fn a_leader_that_was_heard_first_by_its_answer_is_asked_once() {
    let mut tails = Tails::new(Uuid::from_u128(8));
    assert!(tails.step(wanted(0, 3)).say.is_some());
    tails.step(Event::Heard(taken(1, 1)));
    assert_eq!(
        tails.step(Event::Leader(Leader::Other(claim(1)))),
        Deeds::default()
    );
}

#[test]
fn a_tab_that_nobody_answers_leads_itself() {
    let mut tails = Tails::new(Uuid::from_u128(8));
    tails.step(wanted(0, 3));
    let doubted = |said, is_shown| Event::Doubted { said, is_shown };
    assert!(tails.step(doubted(1, false)).lead, "nobody leads");
    tails.step(Event::Leader(Leader::Other(claim(1))));
    assert!(!tails.step(doubted(1, true)).lead, "it was said again");
    assert!(!tails.step(doubted(2, false)).lead, "nobody looks at it");
    assert!(tails.step(doubted(2, true)).lead);
    tails.step(Event::Heard(taken(1, 2)));
    assert!(!tails.step(doubted(2, true)).lead, "it was answered");
}

#[test]
fn a_tab_that_is_left_takes_its_want_back_and_asks_again_if_it_comes_back() {
    let mut tails = follower();
    let deeds = tails.step(Event::Leader(Leader::Nobody));
    let tab = Uuid::from_u128(8);
    assert_eq!(deeds.say, Some(TailWord::Unwant { tab }));
    // What was answered before does not count: it was taken back since then.
    tails.step(Event::Heard(taken(1, 1)));
    let deeds = tails.step(Event::Leader(Leader::Other(claim(1))));
    assert!(matches!(deeds.say, Some(TailWord::Want { .. })));
    tails.step(Event::Leader(Leader::Nobody));
    let deeds = tails.step(Event::Leader(Leader::Me(claim(2))));
    assert!(deeds.pause);

    let mut tails = leader();
    let deeds = tails.step(Event::Leader(Leader::Nobody));
    assert!(deeds.close && deeds.say.is_none());
}

#[test]
fn a_stream_that_is_lost_is_lost_for_all_whose_want_it_had() {
    let mut tails = leader();
    tails.step(want(8, 1, 9));
    tails.step(Event::Paused);
    let deeds = tails.step(Event::Failed(Failure::Lost));
    let failed = |failure| TailWord::Failed {
        claim: claim(1),
        failure,
    };
    assert_eq!(deeds.say, Some(failed(Failure::Lost)));
    assert_eq!(deeds.give, Some(Given::Lost));
    assert_eq!(tails.step(Event::Paused).open, None);

    let mut tails = follower();
    let deeds = tails.step(Event::Heard(failed(Failure::Unauthorized)));
    let refused = Told::Refused(ChatError::Unauthorized);
    assert_eq!(deeds.give, Some(Given::Told(refused)));
    let deeds = tails.step(Event::Heard(failed(Failure::Lost)));
    assert_eq!(deeds, Deeds::default());
}

#[test]
fn a_line_that_names_no_message_ends_the_stream() {
    let mut tails = leader();
    let deeds = tails.step(Event::Line("{".to_owned()));
    assert!(deeds.close);
    assert_eq!(deeds.give, Some(Failure::Broken.into()));
}

#[test]
fn a_line_that_nobody_understands_ends_its_own_answer_alone() {
    let unknown = |number| {
        let message = message(number);
        format!("{{\"message\":\"{message}\",\"told\":{{\"later\":1}}}}")
    };
    let mut tails = leader();
    tails.step(want(8, 1, 9));
    tails.step(Event::Paused);
    let deeds = tails.step(Event::Line(unknown(1)));
    let said = TailWord::Line {
        claim: claim(1),
        message: message(1),
        text: unknown(1),
    };
    assert_eq!(deeds.say, Some(said.clone()));
    assert!(!deeds.close && deeds.give.is_none());
    let deeds = tails.step(Event::Line(line(0, 4)));
    assert!(deeds.give.is_some() && deeds.say.is_none());
    let deeds = tails.step(Event::Line(unknown(0)));
    assert!(!deeds.close);
    assert_eq!(deeds.give, Some(Failure::Broken.into()));

    let mut tails = follower();
    assert_eq!(tails.step(Event::Heard(said)), Deeds::default());
    assert!(tails.step(heard_line(1, 0, 4)).give.is_some());
}

#[test]
fn a_tab_that_is_looked_at_leads_for_what_it_follows() {
    let shown = Event::Wanted {
        number: 1,
        start: start(0, 3),
        is_shown: true,
    };
    let mut tails = Tails::new(Uuid::from_u128(8));
    tails.step(Event::Leader(Leader::Other(claim(1))));
    let deeds = tails.step(shown.clone());
    assert!(deeds.lead && deeds.say.is_none());
    assert!(tails.step(Event::Leader(Leader::Me(claim(2)))).pause);
    assert_eq!(tails.step(Event::Paused).open, Some(vec![start(0, 3)]));
    let deeds = tails.step(shown);
    assert!(!deeds.lead && deeds.pause);
}

#[test]
fn what_the_stream_brings_already_is_added_to_it() {
    let mut tails = leader();
    let joined = |tab: u128, is_open| TailWord::Taken {
        claim: claim(1),
        tab: Uuid::from_u128(tab),
        number: 1,
        is_open,
    };
    let added = |deeds: Deeds, tab, is_open| {
        assert_eq!(deeds.say, Some(joined(tab, is_open)));
        assert!(!deeds.close && !deeds.pause);
    };
    added(tails.step(want(8, 0, 3)), 8, false);
    assert!(tails.step(Event::Opened).say.is_some());
    tails.step(Event::Line(line(0, 4)));
    added(tails.step(want(9, 0, 4)), 9, true);
    assert!(tails.step(Event::Line(line(0, 5))).say.is_some());
    assert!(tails.step(want(10, 0, 4)).close, "it is behind");

    // Its own want, of an answer that others follow.
    tails.step(Event::Paused);
    tails.step(Event::Opened);
    let deeds = tails.step(wanted(0, 4));
    assert!(!deeds.close && deeds.give == Some(Given::Opened));

    // Who gives it up and comes back may have heard nothing for long.
    let tab = Uuid::from_u128(8);
    tails.step(Event::Heard(TailWord::Unwant { tab }));
    assert!(tails.step(want(8, 0, 4)).close);

    let mut tails = Tails::new(Uuid::from_u128(8));
    tails.step(wanted(0, 3));
    let deeds = tails.step(Event::Heard(joined(8, true)));
    assert_eq!(deeds.give, Some(Given::Opened));
}

#[test]
fn a_stream_has_no_more_answers_than_the_server_takes() {
    let mut tails = leader();
    let mut num_taken = 0;
    for number in 1..=MAX_TAILS {
        let deeds = tails.step(want(100 + number as u128, number, 0));
        num_taken += usize::from(deeds.say.is_some());
    }
    // Who is not in it is not told that it is.
    let starts = tails.step(Event::Paused).open.unwrap();
    assert_eq!(starts.len(), num_taken + 1);
    assert!(tails.step(want(99, 1, 0)).say.is_some(), "it is there");
    // There is room for what the leader itself wants.
    tails.step(Event::Unwanted { number: 1 });
    tails.step(want(98, MAX_TAILS, 0));
    tails.step(wanted(MAX_TAILS + 1, 0));
    let starts = tails.step(Event::Paused).open.unwrap();
    assert_eq!(starts.len(), MAX_TAILS);
}

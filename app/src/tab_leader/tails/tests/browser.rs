//! A browser with tabs, and the server that one of them listens to. What a tab says arrives at each
//! other one in order, and at some later time.

use std::collections::VecDeque;

use proptest::prelude::*;
use uuid::Uuid;

use super::{line, message, start};
use crate::{
    model::{Cursor, TailStart, Told},
    tab_leader::{
        self, BEAT_MS, Leader, Tab, Word,
        tail_word::{Failure, TailWord},
        tails::{Deeds, Event, Given, Tails},
    },
};

const TABS: usize = 4;
const MESSAGES: usize = 3;

#[derive(Clone, Debug)]
enum Said {
    Tab(Word),
    Tail(TailWord),
}

struct Shown {
    tab: Tab,
    tails: Tails,
    is_there: bool,
    /// A message, and how many of its frames are shown.
    follows: Option<(usize, u64)>,
    num_followed: u32,
    /// The open stream: each message, and up to where it was told.
    stream: Option<Vec<(usize, u64)>>,
    is_paused: bool,
    doubts: Vec<u32>,
    /// What each tab has said that did not arrive yet.
    unheard: [VecDeque<Said>; TABS],
}

struct Browser {
    now_ms: u64,
    /// Frames of each message.
    frames: [u64; MESSAGES],
    tabs: Vec<Shown>,
}

impl Browser {
    fn new() -> Self {
        let shown = |number: usize| {
            let id = Uuid::from_u128(number as u128);
            Shown {
                tab: Tab::new(id, Cursor { epoch: 1, seq: 0 }, 0),
                tails: Tails::new(id),
                is_there: true,
                follows: None,
                num_followed: 0,
                stream: None,
                is_paused: false,
                doubts: Vec::new(),
                unheard: std::array::from_fn(|_| VecDeque::new()),
            }
        };
        Self {
            now_ms: 0,
            frames: [0; MESSAGES],
            tabs: (0..TABS).map(shown).collect(),
        }
    }

    fn say(&mut self, from: usize, said: &Said) {
        for to in (0..TABS).filter(|to| *to != from) {
            self.tabs[to].unheard[from].push_back(said.clone());
        }
    }

    fn tab_step(&mut self, number: usize, event: tab_leader::Event) {
        let shown = &mut self.tabs[number];
        let word = shown.tab.step(self.now_ms, event).say;
        let leader = shown.tab.leader();
        if let Some(word) = word {
            self.say(number, &Said::Tab(word));
        }
        self.step(number, Event::Leader(leader));
    }

    fn step(&mut self, number: usize, event: Event) {
        let shown = &mut self.tabs[number];
        let deeds: Deeds = shown.tails.step(event);
        if deeds.close {
            shown.stream = None;
        }
        if let Some(starts) = deeds.open {
            let place = |start: TailStart| {
                let number = (0..MESSAGES).find(|it| message(*it) == start.message);
                (number.unwrap(), start.cursor.seq)
            };
            shown.stream = Some(starts.into_iter().map(place).collect());
        }
        shown.is_paused |= deeds.pause;
        shown.doubts.extend(deeds.doubt);
        if let Some(word) = deeds.say {
            self.say(number, &Said::Tail(word));
        }
        if let Some(given) = deeds.give {
            self.give(number, given);
        }
        if deeds.lead {
            self.tab_step(number, tab_leader::Event::Shown);
        }
    }

    /// The page shows the next frame, ignores an older one, and none is missing.
    fn give(&mut self, number: usize, given: Given) {
        let Some((message, shown)) = &mut self.tabs[number].follows else {
            panic!("{given:?} of nothing");
        };
        match given {
            Given::Opened => {}
            Given::Told(Told::Event(event)) => {
                assert!(event.cursor.seq <= *shown + 1, "{event:?} after {shown}");
                *shown = (*shown).max(event.cursor.seq);
            }
            Given::Told(Told::Refused(_)) | Given::Lost => {
                let (message, shown) = (*message, *shown);
                self.follow(number, message, shown, false);
            }
        }
    }

    fn follow(&mut self, number: usize, message: usize, seq: u64, is_shown: bool) {
        let shown = &mut self.tabs[number];
        shown.follows = Some((message, seq));
        shown.num_followed += 1;
        let wanted = Event::Wanted {
            number: shown.num_followed,
            start: start(message, seq),
            is_shown,
        };
        self.step(number, wanted);
    }

    fn unfollow(&mut self, number: usize) {
        self.tabs[number].follows = None;
        let followed = self.tabs[number].num_followed;
        self.step(number, Event::Unwanted { number: followed });
    }

    /// One word arrives.
    fn hear(&mut self, number: usize, from: usize) -> bool {
        let Some(said) = self.tabs[number].unheard[from].pop_front() else {
            return false;
        };
        if self.tabs[number].is_there {
            match said {
                Said::Tab(word) => {
                    let is_shown = number.is_multiple_of(2);
                    self.tab_step(number, tab_leader::Event::Heard { word, is_shown });
                }
                Said::Tail(word) => self.step(number, Event::Heard(word)),
            }
        }
        true
    }

    /// One line of a stream arrives.
    fn tell(&mut self, number: usize) -> bool {
        let frames = self.frames;
        let stream = self.tabs[number].stream.iter_mut().flatten();
        let mut due = stream.filter(|(message, seq)| *seq < frames[*message]);
        let Some((message, seq)) = due.next() else {
            return false;
        };
        *seq += 1;
        let line = line(*message, *seq);
        self.step(number, Event::Line(line));
        true
    }

    fn lose(&mut self, number: usize) {
        if self.tabs[number].stream.take().is_some() {
            self.step(number, Event::Failed(Failure::Lost));
        }
    }

    fn end_pause(&mut self, number: usize) {
        if std::mem::take(&mut self.tabs[number].is_paused) {
            self.step(number, Event::Paused);
            if self.tabs[number].stream.is_some() {
                self.step(number, Event::Opened);
            }
        }
    }

    fn doubt(&mut self, number: usize, is_shown: bool) {
        for said in std::mem::take(&mut self.tabs[number].doubts) {
            self.step(number, Event::Doubted { said, is_shown });
        }
    }

    fn pass(&mut self, number: usize) {
        self.now_ms += BEAT_MS / TABS as u64;
        self.tab_step(number, tab_leader::Event::Alive);
        self.tab_step(number, tab_leader::Event::Tick);
    }

    fn act(&mut self, what: u8, number: usize, other: usize) {
        if !self.tabs[number].is_there {
            return;
        }
        self.now_ms += 1;
        match what {
            0 => self.tab_step(number, tab_leader::Event::Shown),
            1 => self.tab_step(number, tab_leader::Event::Left),
            2 => {
                // The page of a killed tab says nothing any more, and its connection ends.
                self.tabs[number].is_there = self.tabs.iter().filter(|it| it.is_there).count() < 3;
                if !self.tabs[number].is_there {
                    self.tabs[number].stream = None;
                }
            }
            3 => self.lose(number),
            4 => self.unfollow(number),
            5 => {
                let message = other % MESSAGES;
                // What the server draws has what it has told so far.
                let seq = self.frames[message].saturating_sub(other as u64);
                self.follow(number, message, seq, other == 0);
            }
            6 => self.pass(number),
            7 => self.doubt(number, other == 0),
            8 | 9 => self.end_pause(number),
            10..=13 => self.frames[other % MESSAGES] += 1,
            14..=19 => {
                self.tell(number);
            }
            _ => {
                self.hear(number, other);
            }
        }
    }

    /// Everything that was said is heard.
    fn hear_all(&mut self) {
        let mut is_quiet = false;
        while !is_quiet {
            is_quiet = true;
            for to in 0..TABS {
                for from in 0..TABS {
                    is_quiet &= !self.hear(to, from);
                }
            }
        }
    }

    fn there(&self) -> Vec<usize> {
        let is_there = |number: &usize| self.tabs[*number].is_there;
        (0..TABS).filter(is_there).collect()
    }

    fn settle(&mut self) {
        for _ in 0..6 * TABS {
            for number in self.there() {
                self.hear_all();
                self.doubt(number, true);
                self.hear_all();
                self.end_pause(number);
                while self.tell(number) {}
                self.hear_all();
                self.pass(number);
            }
        }
    }

    fn num_streams(&self) -> usize {
        let is_open = |number: &usize| self.tabs[*number].stream.is_some();
        self.there().into_iter().filter(is_open).count()
    }

    fn num_leaders(&self) -> usize {
        let leads = |number: &usize| matches!(self.tabs[*number].tab.leader(), Leader::Me(_));
        self.there().into_iter().filter(leads).count()
    }
}

#[test]
fn tabs_that_follow_one_after_the_other_hold_one_stream() {
    let mut browser = Browser::new();
    for number in 0..TABS {
        browser.now_ms += 1;
        browser.tab_step(number, tab_leader::Event::Shown);
        browser.follow(number, number % MESSAGES, 0, number % 2 == 0);
        browser.frames[number % MESSAGES] += 3;
        browser.settle();
        assert_eq!(browser.num_streams(), 1);
    }
    for shown in &browser.tabs {
        let (message, seq) = shown.follows.unwrap();
        assert_eq!(seq, browser.frames[message]);
    }
}

proptest! {
    /// Whatever happens in whatever order: no frame is missing before another one, those who know
    /// of each other hold one stream, and in the end everybody who stays has everything.
    #[test]
    fn everybody_gets_every_frame_in_order_over_one_stream(
        steps in prop::collection::vec((0_u8..28, 0..TABS, 0..TABS), 0..250),
    ) {
        let mut browser = Browser::new();
        for (what, number, other) in steps {
            browser.act(what, number, other);
        }
        browser.hear_all();
        prop_assert!(browser.num_leaders() <= 1);
        prop_assert!(browser.num_streams() <= 1);
        browser.settle();
        prop_assert_eq!(browser.num_leaders(), 1);
        prop_assert!(browser.num_streams() <= 1);
        for number in browser.there() {
            if let Some((message, seq)) = browser.tabs[number].follows {
                prop_assert_eq!(seq, browser.frames[message], "tab {}", number);
            }
        }
    }
}

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::model::ConversationId;

fn at(seq: u64) -> Cursor {
    Cursor { epoch: 1, seq }
}

fn change(number: u64) -> Change {
    Change::Conversation(ConversationId::new(Uuid::from_u128(number.into())))
}

fn heard(word: Word) -> Event {
    let is_shown = false;
    Event::Heard { word, is_shown }
}

/// A browser with tabs, and the server it talks to. Everything that is said arrives in order.
struct Browser {
    now_ms: u64,
    told: u64,
    tabs: Vec<Shown>,
}

struct Shown {
    tab: Tab,
    is_there: bool,
    is_hidden: bool,
    /// Up to where the open stream has told.
    stream: Option<u64>,
    news: Vec<Change>,
}

impl Browser {
    fn new(num_tabs: usize) -> Self {
        let shown = |number: usize| Shown {
            tab: Tab::new(Uuid::from_u128(number as u128), at(0), 0),
            is_there: true,
            is_hidden: false,
            stream: None,
            news: Vec::new(),
        };
        Self {
            now_ms: 0,
            told: 0,
            tabs: (0..num_tabs).map(shown).collect(),
        }
    }

    fn event(&mut self, number: usize, event: Event) {
        let mut events = VecDeque::from([(number, event)]);
        while let Some((number, event)) = events.pop_front() {
            let now_ms = self.now_ms;
            let shown = &mut self.tabs[number];
            if !shown.is_there {
                continue;
            }
            let deeds = shown.tab.step(now_ms, event);
            shown.news.extend(deeds.news);
            if deeds.close {
                shown.stream = None;
            }
            if let Some(cursor) = deeds.open {
                shown.stream = Some(cursor.seq);
            }
            if let Some(word) = deeds.say {
                let others = (0..self.tabs.len()).filter(|other| *other != number);
                let tabs = &self.tabs;
                events.extend(others.map(|other| {
                    let is_shown = !tabs[other].is_hidden;
                    (other, Event::Heard { word, is_shown })
                }));
            }
        }
        self.deliver();
    }

    /// Open streams tell what they have not told yet.
    fn deliver(&mut self) {
        for number in 0..self.tabs.len() {
            // What sleeps hears it later.
            let told = if self.tabs[number].is_there {
                self.told
            } else {
                0
            };
            while let Some(seq) = self.tabs[number].stream.filter(|seq| *seq < told) {
                self.tabs[number].stream = Some(seq + 1);
                let (cursor, change) = (at(seq + 1), change(seq + 1));
                self.event(number, Event::Told { cursor, change });
            }
        }
    }

    fn change(&mut self) {
        self.told += 1;
        self.deliver();
    }

    fn pass(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(BEAT_MS) {
            self.now_ms += BEAT_MS;
            for number in 0..self.tabs.len() {
                if self.tabs[number].stream.is_some() {
                    self.event(number, Event::Alive);
                }
                self.event(number, Event::Tick);
            }
        }
    }

    fn streams(&self) -> Vec<usize> {
        let numbers = 0..self.tabs.len();
        let is_open = |number: &usize| {
            let shown = &self.tabs[*number];
            shown.is_there && shown.stream.is_some()
        };
        numbers.filter(is_open).collect()
    }
}

#[test]
fn words_are_read_as_they_were_said() {
    let claim = Claim {
        at_ms: 1_764_000_000_000,
        tab: Uuid::from_u128(7),
    };
    for word in [
        Word::Beat {
            claim,
            cursor: Cursor { epoch: 255, seq: 3 },
        },
        Word::Left,
        Word::Change {
            cursor: at(9),
            change: change(4),
        },
        Word::Change {
            cursor: at(9),
            change: Change::Everything,
        },
    ] {
        assert_eq!(word.to_string().parse(), Ok(word));
    }
    for other in ["", "beat", "beat x y z", "change 1.2 nothing", "hello"] {
        assert_eq!(other.parse::<Word>(), Err(WordError), "{other}");
    }
}

#[test]
fn the_tab_that_was_looked_at_last_listens_for_all() {
    let mut browser = Browser::new(3);
    browser.event(0, Event::Shown);
    browser.change();
    browser.now_ms += 10;
    browser.event(2, Event::Shown);
    assert_eq!(browser.streams(), [2]);
    browser.change();
    for shown in &browser.tabs {
        assert_eq!(shown.news, [change(1), change(2)]);
    }
}

#[test]
fn a_leader_that_is_gone_is_followed_by_another_and_nothing_is_missed() {
    let mut browser = Browser::new(2);
    browser.event(0, Event::Shown);
    browser.change();
    // It says so, or it does not.
    browser.event(0, Event::Left);
    assert_eq!(browser.streams(), [1]);
    browser.change();
    browser.now_ms += 1;
    browser.event(0, Event::Shown);
    assert_eq!(browser.streams(), [0]);
    browser.tabs[0].is_there = false;
    browser.change();
    assert_eq!(browser.tabs[1].news.len(), 2);
    browser.pass(SILENCE_MS + BEAT_MS);
    assert_eq!(browser.streams(), [1]);
    assert_eq!(browser.tabs[1].news, [change(1), change(2), change(3)]);
}

#[test]
fn a_tab_that_was_opened_beside_others_learns_that_it_missed_something() {
    let mut browser = Browser::new(2);
    browser.event(0, Event::Shown);
    browser.tabs[1].is_there = false;
    browser.change();
    browser.tabs[1].is_there = true;
    browser.pass(BEAT_MS);
    assert_eq!(browser.tabs[1].news, [Change::Everything]);
    browser.pass(BEAT_MS);
    assert_eq!(browser.tabs[1].news.len(), 1);
}

#[test]
fn a_tab_knows_who_leads_until_it_is_left() {
    let tab = |number| Uuid::from_u128(number);
    let mut one = Tab::new(tab(1), at(0), 0);
    assert_eq!(one.leader(), Leader::Nobody);
    let claim = Claim {
        at_ms: 5,
        tab: tab(2),
    };
    let cursor = at(0);
    one.step(5, heard(Word::Beat { claim, cursor }));
    assert_eq!(one.leader(), Leader::Other(claim));
    one.step(6, Event::Left);
    assert_eq!(one.leader(), Leader::Nobody);
    one.step(7, Event::Shown);
    let own = Claim {
        at_ms: 7,
        tab: tab(1),
    };
    assert_eq!(one.leader(), Leader::Me(own));
    one.step(8, Event::Left);
    assert_eq!(one.leader(), Leader::Nobody);
}

#[test]
fn a_leader_that_goes_is_followed_at_once_by_a_tab_that_is_looked_at() {
    let mut browser = Browser::new(3);
    browser.event(0, Event::Shown);
    for hidden in [0, 1] {
        browser.tabs[hidden].is_hidden = true;
    }
    browser.event(0, Event::Left);
    assert_eq!(browser.streams(), [2]);
    browser.tabs[2].is_hidden = true;
    browser.now_ms += 1;
    browser.event(2, Event::Left);
    assert!(browser.streams().is_empty(), "nobody looks");
    browser.pass(BEAT_MS);
    assert_eq!(browser.streams().len(), 1);
}

#[test]
fn a_tab_whose_timer_was_held_back_takes_the_lead_from_nobody() {
    const MINUTE_MS: u64 = 60_000;
    let claim = Claim {
        at_ms: 0,
        tab: Uuid::from_u128(2),
    };
    let mut tab = Tab::new(Uuid::from_u128(1), at(0), 0);
    tab.step(
        0,
        heard(Word::Beat {
            claim,
            cursor: at(0),
        }),
    );
    for minute in 1..4 {
        let deeds = tab.step(minute * MINUTE_MS, Event::Tick);
        assert_eq!(deeds, Deeds::default());
    }
    // Nothing is heard, and it has listened.
    for beat in 1..=3 {
        let now_ms = 3 * MINUTE_MS + beat * BEAT_MS;
        assert_eq!(tab.step(now_ms, Event::Tick).open.is_some(), beat == 3);
    }
    // A leader that said that it goes is waited for by nobody.
    let mut tab = Tab::new(Uuid::from_u128(1), at(0), 0);
    tab.step(0, heard(Word::Left));
    assert!(tab.step(MINUTE_MS, Event::Tick).open.is_some());
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_from_the_lead() {
    let claim = Claim {
        at_ms: 1_000_000,
        tab: Uuid::from_u128(2),
    };
    let mut tab = Tab::new(Uuid::from_u128(1), at(0), 1_000_000);
    tab.step(
        1_000_000,
        heard(Word::Beat {
            claim,
            cursor: at(0),
        }),
    );
    let mut silent = tab.clone();
    tab.step(10, Event::Shown);
    assert!(matches!(tab.leader(), Leader::Me(own) if own > claim));
    for beat in 0..4 {
        silent.step(10 + beat * BEAT_MS, Event::Tick);
    }
    assert!(matches!(silent.leader(), Leader::Me(own) if own > claim));
}

#[test]
fn a_stream_without_a_sign_of_life_is_opened_again() {
    let mut tab = Tab::new(Uuid::from_u128(1), at(5), 0);
    assert_eq!(tab.step(0, Event::Shown).open, Some(at(5)));
    assert_eq!(tab.step(DEAD_MS, Event::Tick).open, None);
    assert_eq!(tab.step(DEAD_MS + 1, Event::Tick).open, Some(at(5)));
    assert_eq!(tab.step(DEAD_MS + BEAT_MS, Event::Tick).open, None);
}

proptest! {
    /// Whatever happens, in the end one tab listens and all have heard everything.
    #[test]
    fn one_tab_listens_in_the_end_and_all_know_everything(
        steps in prop::collection::vec((0_usize..4, 0_u8..7, 0_u64..8_000), 0..60),
    ) {
        let mut browser = Browser::new(4);
        for (number, what, ms) in steps {
            browser.now_ms += ms;
            match what {
                0 => browser.event(number, Event::Shown),
                1 => browser.event(number, Event::Left),
                2 => browser.tabs[number].is_there = false,
                3 => browser.tabs[number].is_there = true,
                4 => browser.change(),
                5 => browser.tabs[number].is_hidden ^= true,
                _ => browser.pass(BEAT_MS),
            }
        }
        for shown in &mut browser.tabs {
            shown.is_there = true;
        }
        browser.pass(3 * SILENCE_MS);
        prop_assert_eq!(browser.streams().len(), 1);
        for shown in &browser.tabs {
            prop_assert_eq!(shown.tab.cursor, at(browser.told));
        }
    }
}

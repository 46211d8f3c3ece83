//! The running answers that tabs follow, in one stream of the tab that leads: a pure reducer,
//! tested without a browser.
//!
//! A tab says what it wants and after which frame; the leader opens one stream for all of that, and
//! passes on each line. A new want closes the stream and opens another one after a short pause, in
//! which more wants may come; one that the stream brings already only joins it. A tab listens to
//! nothing until the leader has said that it has heard the want: so no line of an older stream
//! comes between. When another tab leads, each says its want again. A tab that is looked at leads
//! for what it follows.

use serde::Deserialize;
use uuid::Uuid;

use super::{
    Claim, Leader,
    tail_word::{Failure, TailWord},
};
use crate::model::{ChatEventKind, Cursor, MAX_TAILS, MessageId, TailLine, TailStart, Told};

mod steps;

pub use steps::{Deeds, Event, Given};

/// What this tab follows.
#[derive(Clone, Debug)]
struct Want {
    number: u32,
    /// Goes on with what comes.
    start: TailStart,
    /// The leader that has heard of it.
    taken: Option<Claim>,
}

/// What a leader passes on.
#[derive(Clone, Debug)]
struct Entry {
    start: TailStart,
    /// Who wants it.
    tabs: Vec<Uuid>,
}

/// The stream of all entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    /// There is none, or somebody has given it up: it may be dead.
    Doubtful,
    /// To be opened when the pause is over.
    Due,
    /// The server was asked for it.
    Asked,
    /// The server has answered.
    Open,
}

/// What every line has, whatever else there is to understand.
#[derive(Deserialize)]
struct Envelope {
    message: MessageId,
}

/// One tab.
#[derive(Clone, Debug)]
pub struct Tails {
    id: Uuid,
    leader: Leader,
    want: Option<Want>,
    num_said: u32,
    /// Of all tabs, if this one leads.
    entries: Vec<Entry>,
    stream: Stream,
}

impl Tails {
    /// A tab that follows nothing.
    pub const fn new(id: Uuid) -> Self {
        Self {
            id,
            leader: Leader::Nobody,
            want: None,
            num_said: 0,
            entries: Vec::new(),
            stream: Stream::Doubtful,
        }
    }

    /// Takes note of an event.
    pub fn step(&mut self, event: Event) -> Deeds {
        match (event, self.leader) {
            (Event::Leader(leader), before) if leader != before => self.change_leader(leader),
            (
                Event::Wanted {
                    number,
                    start,
                    is_shown,
                },
                leader,
            ) => {
                let taken = None;
                self.want = Some(Want {
                    number,
                    start,
                    taken,
                });
                // What somebody looks at depends on no tab whose timers may be held back.
                if is_shown && !matches!(leader, Leader::Me(_)) {
                    return Deeds {
                        lead: true,
                        ..Deeds::default()
                    };
                }
                self.ask()
            }
            (Event::Unwanted { number }, _) => self.take_back(number),
            (Event::Heard(word), Leader::Me(claim)) => self.hear_tab(&word, claim),
            (Event::Heard(word), Leader::Nobody | Leader::Other(_)) => self.hear_leader(word),
            (Event::Doubted { said, is_shown }, leader) => Deeds {
                lead: self.is_unheard(said) && (is_shown || leader == Leader::Nobody),
                ..Deeds::default()
            },
            (Event::Paused, Leader::Me(_)) if self.stream == Stream::Due => self.open(),
            (Event::Opened, Leader::Me(claim)) => self.opened(claim),
            (Event::Line(text), Leader::Me(claim)) => self.pass_on(text, claim),
            (Event::Failed(failure), Leader::Me(claim)) => self.fail(failure, claim),
            _ => Deeds::default(),
        }
    }

    fn change_leader(&mut self, leader: Leader) -> Deeds {
        let before = std::mem::replace(&mut self.leader, leader);
        let has_led = matches!(before, Leader::Me(_));
        if has_led {
            self.clear();
        }
        let taken = self.want.as_ref().and_then(|it| it.taken);
        let deeds = match leader {
            Leader::Nobody => self.leave(has_led),
            // It was heard by a leader of whom nothing else was known yet.
            Leader::Other(claim) if taken == Some(claim) => Deeds::default(),
            Leader::Me(_) | Leader::Other(_) => self.ask(),
        };
        Deeds {
            close: has_led || deeds.close,
            ..deeds
        }
    }

    /// The tab is left, perhaps for good; if it comes back, it asks again.
    fn leave(&mut self, has_led: bool) -> Deeds {
        let Some(want) = &mut self.want else {
            return Deeds::default();
        };
        want.taken = None;
        self.num_said += 1; // an answer that is on its way comes too late
        let tab = self.id;
        Deeds {
            say: (!has_led).then_some(TailWord::Unwant { tab }),
            ..Deeds::default()
        }
    }

    /// Asks whoever leads for what this tab wants.
    fn ask(&mut self) -> Deeds {
        let (tab, leader) = (self.id, self.leader);
        let Some(want) = &mut self.want else {
            return Deeds::default();
        };
        let start = want.start;
        if let Leader::Me(claim) = leader {
            want.taken = Some(claim);
            let deeds = self.take(tab, start);
            return Deeds {
                give: (self.stream == Stream::Open).then_some(Given::Opened),
                ..deeds
            };
        }
        want.taken = None;
        self.num_said += 1;
        let number = self.num_said;
        Deeds {
            say: Some(TailWord::Want { tab, number, start }),
            doubt: Some(number),
            ..Deeds::default()
        }
    }

    fn take_back(&mut self, number: u32) -> Deeds {
        if self.want.take_if(|it| it.number == number).is_none() {
            return Deeds::default();
        }
        let tab = self.id;
        match self.leader {
            Leader::Me(_) => self.release(tab),
            Leader::Nobody | Leader::Other(_) => Deeds {
                say: Some(TailWord::Unwant { tab }),
                ..Deeds::default()
            },
        }
    }

    /// A leader hears what another tab says.
    fn hear_tab(&mut self, word: &TailWord, claim: Claim) -> Deeds {
        match *word {
            TailWord::Want { tab, number, start } if self.has_room(start.message) => {
                let deeds = self.take(tab, start);
                let taken = TailWord::Taken {
                    claim,
                    tab,
                    number,
                    is_open: self.stream == Stream::Open,
                };
                Deeds {
                    say: Some(taken),
                    ..deeds
                }
            }
            TailWord::Unwant { tab } => self.release(tab),
            // One that does not know yet that this tab leads, or one too many.
            TailWord::Want { .. }
            | TailWord::Taken { .. }
            | TailWord::Opened { .. }
            | TailWord::Line { .. }
            | TailWord::Failed { .. } => Deeds::default(),
        }
    }

    /// A tab hears what a leader says.
    fn hear_leader(&mut self, word: TailWord) -> Deeds {
        let give = match word {
            TailWord::Taken {
                claim,
                tab,
                number,
                is_open,
            } => {
                let is_leader = match self.leader {
                    Leader::Other(leader) => leader == claim,
                    Leader::Nobody | Leader::Me(_) => true,
                };
                let is_last = tab == self.id && number == self.num_said;
                let want = self.want.as_mut().filter(|_| is_leader && is_last);
                want.and_then(|want| {
                    want.taken = Some(claim);
                    is_open.then_some(Given::Opened)
                })
            }
            TailWord::Opened { claim } => self.is_taken_by(claim).then_some(Given::Opened),
            TailWord::Line {
                claim,
                message,
                text,
            } if self.is_taken_by(claim) => self.read(message, &text),
            TailWord::Failed { claim, failure } if self.is_taken_by(claim) => self.lose(failure),
            TailWord::Line { .. }
            | TailWord::Failed { .. }
            | TailWord::Want { .. }
            | TailWord::Unwant { .. } => None,
        };
        Deeds {
            give,
            ..Deeds::default()
        }
    }

    /// A leader opens the stream anew for what a tab wants, unless it comes from there on already.
    /// Of two that follow one answer, the one that is further gets some frames once more.
    fn take(&mut self, tab: Uuid, start: TailStart) -> Deeds {
        self.remove(tab);
        let same = |it: &&mut Entry| it.start.message == start.message;
        if let Some(entry) = self.entries.iter_mut().find(same) {
            entry.tabs.push(tab);
            let is_there = matches!(self.stream, Stream::Asked | Stream::Open);
            if is_there && entry.start.cursor == start.cursor {
                return Deeds::default();
            }
            entry.start.cursor = earlier(entry.start.cursor, start.cursor);
        } else {
            let tabs = vec![tab];
            self.entries.push(Entry { start, tabs });
        }
        Deeds {
            close: true,
            pause: std::mem::replace(&mut self.stream, Stream::Due) != Stream::Due,
            ..Deeds::default()
        }
    }

    /// The stream goes on as long as anybody wants something. Whoever gives it up may have heard
    /// nothing of it for too long.
    fn release(&mut self, tab: Uuid) -> Deeds {
        self.remove(tab);
        let close = self.entries.is_empty();
        if close || self.stream != Stream::Due {
            self.stream = Stream::Doubtful;
        }
        Deeds {
            close,
            ..Deeds::default()
        }
    }

    fn remove(&mut self, tab: Uuid) {
        for entry in &mut self.entries {
            entry.tabs.retain(|it| *it != tab);
        }
        self.entries.retain(|it| !it.tabs.is_empty());
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.stream = Stream::Doubtful;
    }

    /// All of them fit in one request, with one that this tab itself may want.
    fn has_room(&self, message: MessageId) -> bool {
        let is_there = |it: &Entry| it.start.message == message;
        self.entries.len() < MAX_TAILS - 1 || self.entries.iter().any(is_there)
    }

    fn open(&mut self) -> Deeds {
        self.stream = Stream::Asked;
        let starts: Vec<TailStart> = self.entries.iter().map(|it| it.start).collect();
        Deeds {
            open: (!starts.is_empty()).then_some(starts),
            ..Deeds::default()
        }
    }

    fn opened(&mut self, claim: Claim) -> Deeds {
        if self.stream == Stream::Asked {
            self.stream = Stream::Open;
        }
        Deeds {
            say: self.is_heard().then_some(TailWord::Opened { claim }),
            give: self.want.is_some().then_some(Given::Opened),
            ..Deeds::default()
        }
    }

    fn pass_on(&mut self, text: String, claim: Claim) -> Deeds {
        let Ok(Envelope { message }) = serde_json::from_slice(text.as_bytes()) else {
            return self.fail(Failure::Broken, claim);
        };
        let same = |it: &Entry| it.start.message == message;
        let Some(place) = self.entries.iter().position(same) else {
            return Deeds::default();
        };
        let told = line_of(&text).ok().map(|line| line.told);
        let entry = &mut self.entries[place];
        let is_own = entry.tabs.contains(&self.id);
        let is_heard = entry.tabs.iter().any(|tab| *tab != self.id);
        if let Some(Told::Event(event)) = told.as_ref().filter(|it| !is_last(it)) {
            entry.start.cursor = event.cursor;
        } else {
            self.entries.remove(place);
        }
        let give = match told {
            _ if !is_own => None,
            Some(told) => Some(self.note(told)),
            // What this tab does not understand of it is nothing to the others.
            None => self.lose(Failure::Broken),
        };
        Deeds {
            say: is_heard.then_some(TailWord::Line {
                claim,
                message,
                text,
            }),
            give,
            ..Deeds::default()
        }
    }

    /// Whoever wants something says it again.
    fn fail(&mut self, failure: Failure, claim: Claim) -> Deeds {
        let is_heard = self.is_heard();
        self.clear();
        Deeds {
            close: true,
            say: is_heard.then_some(TailWord::Failed { claim, failure }),
            give: self.lose(failure),
            ..Deeds::default()
        }
    }

    fn read(&mut self, message: MessageId, text: &str) -> Option<Given> {
        if self.want.as_ref()?.start.message != message {
            return None;
        }
        match line_of(text) {
            Ok(TailLine { told, .. }) => Some(self.note(told)),
            Err(_) => self.lose(Failure::Broken),
        }
    }

    /// What is wanted goes on after it.
    fn note(&mut self, told: Told) -> Given {
        if is_last(&told) {
            self.want = None;
        } else if let (Told::Event(event), Some(want)) = (&told, &mut self.want) {
            want.start.cursor = event.cursor;
        }
        Given::Told(told)
    }

    /// Nothing more comes of what this tab wants.
    fn lose(&mut self, failure: Failure) -> Option<Given> {
        self.want.take().map(|_| failure.into())
    }

    /// What this tab wants comes in the stream that this leader has.
    fn is_taken_by(&self, leader: Claim) -> bool {
        let want = self.want.as_ref();
        want.is_some_and(|it| it.taken == Some(leader))
    }

    /// Nobody has answered to what was said last.
    fn is_unheard(&self, said: u32) -> bool {
        let is_open = self.want.as_ref().is_some_and(|it| it.taken.is_none());
        is_open && said == self.num_said
    }

    /// Other tabs want something.
    fn is_heard(&self) -> bool {
        let is_other = |tab: &Uuid| *tab != self.id;
        let mut tabs = self.entries.iter().flat_map(|it| &it.tabs);
        tabs.any(is_other)
    }
}

/// Nothing comes after it.
fn is_last(told: &Told) -> bool {
    match told {
        Told::Event(event) => matches!(event.kind, ChatEventKind::Ended { .. }),
        Told::Refused(_) => true,
    }
}

/// From where on both miss nothing; of different epochs, a snapshot is right for both.
fn earlier(one: Cursor, other: Cursor) -> Cursor {
    if one.epoch == other.epoch {
        let seq = one.seq.min(other.seq);
        Cursor { seq, ..one }
    } else {
        Cursor { epoch: 0, seq: 0 }
    }
}

/// From bytes, as answers of the server are read: from a text, all of it would be in the program
/// twice.
fn line_of(text: &str) -> serde_json::Result<TailLine> {
    serde_json::from_slice(text.as_bytes())
}

#[cfg(test)]
mod tests;

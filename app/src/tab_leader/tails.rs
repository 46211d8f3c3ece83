//! The running answers that tabs follow, in one stream of the tab that leads: a pure reducer,
//! tested without a browser.
//!
//! A tab says what it wants and after which frame; the leader opens one stream for all of that, and
//! passes on each line. A new want closes the stream and opens another one after a short pause, in
//! which more wants may come. A tab listens to nothing until the leader has said that it has heard
//! the want: so no line of an older stream comes between. When another tab leads, each says its
//! want again.

use uuid::Uuid;

use super::{
    Claim, Leader,
    tail_word::{Failure, TailWord},
};
use crate::model::{
    ChatError, ChatEventKind, Cursor, MAX_TAILS, MessageId, TailLine, TailStart, Told,
};

/// What happens to a tab.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Who leads, told again and again.
    Leader(Leader),
    /// This tab follows an answer, and no other one any more. The number is the tab's own.
    Wanted { number: u32, start: TailStart },
    /// It does not follow it any more.
    Unwanted { number: u32 },
    /// Another tab has said something.
    Heard(TailWord),
    /// The pause is over in which other wants may come.
    Paused,
    /// Time enough to be answered has passed since something was said.
    Doubted { said: u32, is_shown: bool },
    /// The server has answered.
    Opened,
    /// The server has told a line.
    Line(String),
    /// The stream is not there any more.
    Failed(Failure),
}

/// What the tab has to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deeds {
    pub close: bool,
    /// Open the stream of these, after closing.
    pub open: Option<Vec<TailStart>>,
    pub say: Option<TailWord>,
    /// For the answer that this tab follows.
    pub give: Option<Given>,
    /// Tell [`Event::Paused`] in a moment.
    pub pause: bool,
    /// Tell [`Event::Doubted`] with this number later.
    pub doubt: Option<u32>,
    /// Lead: nobody else does.
    pub lead: bool,
}

/// What comes of an answer that a tab follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Its stream begins, perhaps once more.
    Opened,
    Told(Told),
    /// The stream ended before the answer did. Nothing more comes.
    Lost,
}

impl From<Failure> for Given {
    fn from(failure: Failure) -> Self {
        Self::Told(Told::Refused(match failure {
            Failure::Lost => return Self::Lost,
            Failure::Broken => ChatError::Unreachable(String::new()),
            Failure::Unauthorized => ChatError::Unauthorized,
            Failure::Forbidden => ChatError::Forbidden,
            Failure::NotFound => ChatError::NotFound,
        }))
    }
}

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

/// One tab.
#[derive(Clone, Debug)]
pub struct Tails {
    id: Uuid,
    leader: Leader,
    want: Option<Want>,
    num_said: u32,
    /// Of all tabs, if this one leads.
    entries: Vec<Entry>,
    /// A stream is to be opened when the pause is over.
    is_due: bool,
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
            is_due: false,
        }
    }

    /// Takes note of an event.
    pub fn step(&mut self, event: Event) -> Deeds {
        match (event, self.leader) {
            (Event::Leader(leader), before) if leader != before => self.change_leader(leader),
            (Event::Wanted { number, start }, _) => {
                let taken = None;
                self.want = Some(Want {
                    number,
                    start,
                    taken,
                });
                self.ask()
            }
            (Event::Unwanted { number }, _) => self.take_back(number),
            (Event::Heard(word), Leader::Me(claim)) => self.hear_tab(&word, claim),
            (Event::Heard(word), Leader::Nobody | Leader::Other(_)) => self.hear_leader(word),
            (Event::Doubted { said, is_shown }, leader) => Deeds {
                lead: self.is_unheard(said) && (is_shown || leader == Leader::Nobody),
                ..Deeds::default()
            },
            (Event::Paused, Leader::Me(_)) if self.is_due => self.open(),
            (Event::Opened, Leader::Me(claim)) => Deeds {
                say: self.is_heard().then_some(TailWord::Opened { claim }),
                give: self.want.is_some().then_some(Given::Opened),
                ..Deeds::default()
            },
            (Event::Line(text), Leader::Me(claim)) => self.pass_on(text, claim),
            (Event::Failed(failure), Leader::Me(claim)) => self.fail(failure, claim),
            _ => Deeds::default(),
        }
    }

    fn change_leader(&mut self, leader: Leader) -> Deeds {
        let before = std::mem::replace(&mut self.leader, leader);
        let has_led = matches!(before, Leader::Me(_));
        if has_led {
            self.entries.clear();
            self.is_due = false;
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
            return self.take(tab, start);
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
            TailWord::Want { tab, number, start } => Deeds {
                say: Some(TailWord::Taken { claim, tab, number }),
                ..self.take(tab, start)
            },
            TailWord::Unwant { tab } => self.release(tab),
            // One that does not know yet that this tab leads.
            TailWord::Taken { .. }
            | TailWord::Opened { .. }
            | TailWord::Line { .. }
            | TailWord::Failed { .. } => Deeds::default(),
        }
    }

    /// A tab hears what a leader says.
    fn hear_leader(&mut self, word: TailWord) -> Deeds {
        let give = match word {
            TailWord::Taken { claim, tab, number } => {
                let is_leader = match self.leader {
                    Leader::Other(leader) => leader == claim,
                    Leader::Nobody | Leader::Me(_) => true,
                };
                let is_last = tab == self.id && number == self.num_said;
                if let Some(want) = self.want.as_mut().filter(|_| is_leader && is_last) {
                    want.taken = Some(claim);
                }
                None
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

    /// A leader opens the stream anew for what a tab wants. Of two that follow one answer, the one
    /// that is further gets some frames once more.
    fn take(&mut self, tab: Uuid, start: TailStart) -> Deeds {
        self.remove(tab);
        let same = |it: &&mut Entry| it.start.message == start.message;
        if let Some(entry) = self.entries.iter_mut().find(same) {
            entry.start.cursor = earlier(entry.start.cursor, start.cursor);
            entry.tabs.push(tab);
        } else {
            let tabs = vec![tab];
            self.entries.push(Entry { start, tabs });
        }
        Deeds {
            close: true,
            pause: !std::mem::replace(&mut self.is_due, true),
            ..Deeds::default()
        }
    }

    /// The stream goes on as long as anybody wants something.
    fn release(&mut self, tab: Uuid) -> Deeds {
        self.remove(tab);
        let close = self.entries.is_empty();
        if close {
            self.is_due = false;
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

    fn open(&mut self) -> Deeds {
        self.is_due = false;
        let num_older = self.entries.len().saturating_sub(MAX_TAILS);
        let newest = self.entries.iter().skip(num_older);
        let starts: Vec<TailStart> = newest.map(|it| it.start).collect();
        Deeds {
            open: (!starts.is_empty()).then_some(starts),
            ..Deeds::default()
        }
    }

    fn pass_on(&mut self, text: String, claim: Claim) -> Deeds {
        let Ok(TailLine { message, told }) = line_of(&text) else {
            return self.fail(Failure::Broken, claim);
        };
        let same = |it: &Entry| it.start.message == message;
        let Some(place) = self.entries.iter().position(same) else {
            return Deeds::default();
        };
        let entry = &mut self.entries[place];
        let is_own = entry.tabs.contains(&self.id);
        let is_heard = entry.tabs.iter().any(|tab| *tab != self.id);
        match &told {
            Told::Event(event) if !is_last(&told) => entry.start.cursor = event.cursor,
            Told::Event(_) | Told::Refused(_) => {
                self.entries.remove(place);
            }
        }
        Deeds {
            say: is_heard.then_some(TailWord::Line {
                claim,
                message,
                text,
            }),
            give: is_own.then(|| self.note(told)),
            ..Deeds::default()
        }
    }

    /// Whoever wants something says it again.
    fn fail(&mut self, failure: Failure, claim: Claim) -> Deeds {
        let is_heard = self.is_heard();
        self.entries.clear();
        self.is_due = false;
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

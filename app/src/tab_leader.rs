//! Which of a browser's tabs listens to the server for all of them: a pure reducer, tested without
//! a browser.
//!
//! Browsers open few connections to a host, so one tab leads: it reads the stream of changes and
//! passes on what it hears. The tab that was looked at last leads; it says every few seconds that
//! it is there, and when it says nothing any more another one takes over, from the last change
//! that it has heard of. When it says that it goes, one that is looked at takes over at once, and
//! others only at their next look at all of this. Two that lead at once hear each other: the later
//! claim stays.
//! [`tails`] has the other stream that it reads for all of them, that of running answers.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::model::{Change, Cursor};

pub mod tail_word;
pub mod tails;

/// How often a leader says that it is there, and how often all of this is looked at.
pub const BEAT_MS: u64 = 5_000;
/// A leader of whom nothing was heard for that long is gone.
const SILENCE_MS: u64 = 12_000;
/// A tab whose timer is that late may have slept, or not have been let run: it has not listened.
const LATE_MS: u64 = 2 * BEAT_MS;
/// A stream without a sign of life for that long is dead: the server gives one every 15 s.
const DEAD_MS: u64 = 40_000;

/// The right to lead. The later one counts, of two at once the one of the greater tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    pub at_ms: u64,
    pub tab: Uuid,
}

/// Who leads, as far as a tab knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leader {
    /// Also when this tab is being left.
    #[default]
    Nobody,
    /// This tab.
    Me(Claim),
    Other(Claim),
}

/// What tabs say to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// I lead, and have heard everything up to there.
    Beat { claim: Claim, cursor: Cursor },
    /// I led, and do not any more.
    Left,
    /// The server has told me this.
    Change { cursor: Cursor, change: Change },
}

/// Written as words with spaces between them.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beat {
                claim: Claim { at_ms, tab },
                cursor,
            } => write!(f, "beat {at_ms} {tab} {cursor}"),
            Self::Left => f.write_str("left"),
            Self::Change { cursor, change } => write!(f, "change {cursor} {change}"),
        }
    }
}

/// Said by nobody who speaks this page's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a word")]
pub struct WordError;

impl FromStr for Word {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let mut parts = text.split(' ');
        let mut part = || parts.next().ok_or(WordError);
        match part()? {
            "beat" => Ok(Self::Beat {
                claim: Claim {
                    at_ms: part()?.parse().map_err(|_| WordError)?,
                    tab: part()?.parse().map_err(|_| WordError)?,
                },
                cursor: part()?.parse().map_err(|_| WordError)?,
            }),
            "left" => Ok(Self::Left),
            "change" => Ok(Self::Change {
                cursor: part()?.parse().map_err(|_| WordError)?,
                change: part()?.parse().map_err(|_| WordError)?,
            }),
            _ => Err(WordError),
        }
    }
}

/// What happens to a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is looked at.
    Shown,
    /// It is left, perhaps for good.
    Left,
    /// Another tab has said something.
    Heard { word: Word, is_shown: bool },
    /// The server has told something.
    Told { cursor: Cursor, change: Change },
    /// The server has given a sign of life.
    Alive,
    /// Time has passed.
    Tick,
}

/// What the tab has to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// Open the stream from there, in place of the one that is open.
    pub open: Option<Cursor>,
    pub close: bool,
    pub say: Option<Word>,
    /// Look at what has changed.
    pub news: Option<Change>,
}

/// One tab.
#[derive(Clone, Debug)]
pub struct Tab {
    id: Uuid,
    /// Up to where it knows everything.
    cursor: Cursor,
    /// Present: it leads.
    claim: Option<Claim>,
    /// With what right another one leads.
    other: Option<Claim>,
    /// When it last heard of a leader, or of the server if it leads itself. Absent: nobody leads.
    heard_ms: Option<u64>,
    /// When it last looked at all of this.
    ticked_ms: u64,
}

impl Tab {
    /// A tab whose page shows everything up to `cursor`.
    pub const fn new(id: Uuid, cursor: Cursor, now_ms: u64) -> Self {
        Self {
            id,
            cursor,
            claim: None,
            other: None,
            heard_ms: Some(now_ms),
            ticked_ms: now_ms,
        }
    }

    /// Who leads now.
    pub fn leader(&self) -> Leader {
        match (self.claim, self.other) {
            (Some(claim), _) => Leader::Me(claim),
            (None, Some(claim)) => Leader::Other(claim),
            (None, None) => Leader::Nobody,
        }
    }

    /// Takes note of an event.
    pub fn step(&mut self, now_ms: u64, event: Event) -> Deeds {
        // A clock may be set back.
        self.heard_ms = self.heard_ms.map(|it| it.min(now_ms));
        match (event, self.claim) {
            (Event::Shown, None) => self.take_lead(now_ms),
            (Event::Left, claim) => {
                self.follow(now_ms, None);
                if claim.is_none() {
                    return Deeds::default();
                }
                Deeds {
                    close: true,
                    say: Some(Word::Left),
                    ..Deeds::default()
                }
            }
            (Event::Heard { word, is_shown }, claim) => self.hear(now_ms, word, is_shown, claim),
            (Event::Told { cursor, change }, Some(_)) => {
                self.heard_ms = Some(now_ms);
                self.cursor = cursor;
                Deeds {
                    say: Some(Word::Change { cursor, change }),
                    news: news(change),
                    ..Deeds::default()
                }
            }
            (Event::Alive, Some(_)) => {
                self.heard_ms = Some(now_ms);
                Deeds::default()
            }
            (Event::Tick, claim) => self.tick(now_ms, claim),
            (Event::Shown, Some(_)) | (Event::Told { .. } | Event::Alive, None) => Deeds::default(),
        }
    }

    fn tick(&mut self, now_ms: u64, claim: Option<Claim>) -> Deeds {
        let before = std::mem::replace(&mut self.ticked_ms, now_ms);
        let silence = self.heard_ms.map(|it| now_ms.saturating_sub(it));
        if let Some(claim) = claim {
            let is_dead = silence.is_some_and(|it| it > DEAD_MS);
            if is_dead {
                self.heard_ms = Some(now_ms);
            }
            return Deeds {
                open: is_dead.then_some(self.cursor),
                say: Some(self.beat(claim)),
                ..Deeds::default()
            };
        }
        match silence {
            // The timers of all hidden tabs are late together, that of the leader too.
            Some(_) if now_ms.abs_diff(before) > LATE_MS => {
                self.heard_ms = Some(now_ms);
                Deeds::default()
            }
            Some(silence) if silence <= SILENCE_MS => Deeds::default(),
            Some(_) | None => self.take_lead(now_ms),
        }
    }

    fn take_lead(&mut self, now_ms: u64) -> Deeds {
        // Later than the other claim, whatever the clock says.
        let least = self.other.map_or(0, |it| it.at_ms.saturating_add(1));
        let claim = Claim {
            at_ms: now_ms.max(least),
            tab: self.id,
        };
        self.claim = Some(claim);
        self.other = None;
        self.heard_ms = Some(now_ms);
        Deeds {
            open: Some(self.cursor),
            say: Some(self.beat(claim)),
            ..Deeds::default()
        }
    }

    const fn follow(&mut self, now_ms: u64, other: Option<Claim>) {
        self.claim = None;
        self.other = other;
        self.heard_ms = Some(now_ms);
    }

    const fn beat(&self, claim: Claim) -> Word {
        Word::Beat {
            claim,
            cursor: self.cursor,
        }
    }

    fn hear(&mut self, now_ms: u64, word: Word, is_shown: bool, own: Option<Claim>) -> Deeds {
        match (word, own) {
            (Word::Beat { claim, .. }, Some(own)) if claim < own => Deeds {
                say: Some(self.beat(own)),
                ..Deeds::default()
            },
            (Word::Beat { claim, cursor }, own) => {
                self.follow(now_ms, Some(claim));
                Deeds {
                    close: own.is_some(),
                    news: self.catch_up(cursor),
                    ..Deeds::default()
                }
            }
            (Word::Left, None) if is_shown => self.take_lead(now_ms),
            (Word::Left, None) => {
                self.other = None;
                self.heard_ms = None;
                Deeds::default()
            }
            (Word::Change { cursor, change }, None) => {
                self.heard_ms = Some(now_ms);
                self.cursor = cursor;
                Deeds {
                    news: news(change),
                    ..Deeds::default()
                }
            }
            // One that does not know yet that this tab leads: it tells the same as the server.
            (Word::Left | Word::Change { .. }, Some(_)) => Deeds::default(),
        }
    }

    /// The leader is there: was anything missed on the way?
    fn catch_up(&mut self, leader: Cursor) -> Option<Change> {
        let is_behind = leader.epoch != self.cursor.epoch || leader.seq > self.cursor.seq;
        is_behind.then(|| {
            self.cursor = leader;
            Change::Everything
        })
    }
}

fn news(change: Change) -> Option<Change> {
    (change != Change::Listening).then_some(change)
}

#[cfg(test)]
mod tests;

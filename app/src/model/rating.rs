//! What a person says of an answer, and what administrators see of that.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::LocalTime;

/// Longest comment, in units of UTF-16: so browsers count (`maxlength`).
pub const MAX_COMMENT_CHARS: usize = 2000;

/// Good or bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thumb {
    Up,
    Down,
}

impl Thumb {
    /// As in forms and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatingReason {
    Incorrect,
    /// It is an answer to something else.
    Ignored,
    Incomplete,
    /// Too long, too short, the wrong tone.
    Style,
    /// It refuses what it could have done.
    Refused,
    Harmful,
    Other,
}

impl RatingReason {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Incorrect,
        Self::Ignored,
        Self::Incomplete,
        Self::Style,
        Self::Refused,
        Self::Harmful,
        Self::Other,
    ];

    /// As in forms and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incorrect => "incorrect",
            Self::Ignored => "ignored",
            Self::Incomplete => "incomplete",
            Self::Style => "style",
            Self::Refused => "refused",
            Self::Harmful => "harmful",
            Self::Other => "other",
        }
    }
}

/// What somebody adds to a thumb that points down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RatingDetails {
    pub reason: Option<RatingReason>,
    /// Empty: none.
    pub comment: String,
    /// Administrators may read the question and the answer.
    pub with_texts: bool,
}

/// Ratings of one kind on one day.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatingCount {
    /// As in a usage report.
    pub day: i64,
    /// What people call it; absent: nobody knows.
    pub model: Option<String>,
    pub thumb: Thumb,
    pub reason: Option<RatingReason>,
    pub number: u64,
}

/// What somebody wrote about an answer. Nobody is told who.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatingComment {
    pub time: LocalTime,
    pub model: Option<String>,
    pub reason: Option<RatingReason>,
    pub comment: String,
    /// Present where its person sent them along.
    pub texts: Option<SentTexts>,
}

/// A question and its answer, each cut where it is long.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentTexts {
    pub question: String,
    pub answer: String,
}

/// What people said of answers in the last days.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RatingReport {
    /// The first day of the report, counted as `day` is.
    pub first_day: i64,
    /// The days of the report as dates (`2026-11-24`), from the first on.
    pub dates: Vec<String>,
    /// The time zone by whose midnights days are told apart: the server's.
    pub zone: String,
    pub counts: Vec<RatingCount>,
    /// The newest first, a hundred at most.
    pub comments: Vec<RatingComment>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_as_it_is_written_in_forms_and_in_json() {
        for thumb in [Thumb::Up, Thumb::Down] {
            let json = serde_json::to_string(&thumb).unwrap();
            assert_eq!(json, format!("\"{}\"", thumb.as_str()));
        }
        for reason in RatingReason::ALL {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("\"{}\"", reason.as_str()));
        }
    }
}

//! What tabs say to each other about running answers.

use std::{
    fmt,
    str::{FromStr, SplitN},
};

use uuid::Uuid;

use super::{Claim, WordError};
use crate::model::{ChatError, MessageId, TailStart};

/// Why the stream of all answers is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It ended.
    Lost,
    /// It did not begin, or nobody understands it.
    Broken,
    Unauthorized,
    Forbidden,
    NotFound,
}

/// As they are written.
const FAILURES: &[(Failure, &str)] = &[
    (Failure::Lost, "lost"),
    (Failure::Broken, "broken"),
    (Failure::Unauthorized, "unauthorized"),
    (Failure::Forbidden, "forbidden"),
    (Failure::NotFound, "not-found"),
];

impl From<ChatError> for Failure {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Unauthorized => Self::Unauthorized,
            ChatError::Forbidden => Self::Forbidden,
            ChatError::NotFound => Self::NotFound,
            ChatError::Invalid(_)
            | ChatError::Busy { .. }
            | ChatError::Internal { .. }
            | ChatError::Unreachable(_) => Self::Broken,
        }
    }
}

/// One of these words. A leader says with what right it speaks: what another one has opened is not
/// what somebody has asked this one for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TailWord {
    /// I follow this answer. The number tells what is said once more from what was said before.
    Want {
        tab: Uuid,
        number: u32,
        start: TailStart,
    },
    /// I follow nothing any more.
    Unwant { tab: Uuid },
    /// I have heard that: what I pass on from now on is of a stream that has it.
    Taken {
        claim: Claim,
        tab: Uuid,
        number: u32,
        /// The server has answered already.
        is_open: bool,
    },
    /// The server answers: the stream begins.
    Opened { claim: Claim },
    /// The server has told this of a message, in JSON.
    Line {
        claim: Claim,
        message: MessageId,
        text: String,
    },
    /// The stream is not there any more: whoever wants something says it again.
    Failed { claim: Claim, failure: Failure },
}

/// Written as words with spaces between them.
impl fmt::Display for TailWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Want {
                tab,
                number,
                start: TailStart { message, cursor },
            } => write!(f, "want {tab} {number} {message} {cursor}"),
            Self::Unwant { tab } => write!(f, "unwant {tab}"),
            Self::Taken {
                claim: Claim { at_ms, tab: by },
                tab,
                number,
                is_open,
            } => {
                let name = if *is_open { "joined" } else { "taken" };
                write!(f, "{name} {at_ms} {by} {tab} {number}")
            }
            Self::Opened {
                claim: Claim { at_ms, tab },
            } => write!(f, "opened {at_ms} {tab}"),
            Self::Line {
                claim: Claim { at_ms, tab },
                message,
                text,
            } => write!(f, "line {at_ms} {tab} {message} {text}"),
            Self::Failed {
                claim: Claim { at_ms, tab },
                failure,
            } => {
                let written = FAILURES.iter().find(|(it, _)| it == failure);
                let written = written.map_or("", |(_, written)| *written);
                write!(f, "failed {at_ms} {tab} {written}")
            }
        }
    }
}

impl FromStr for TailWord {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let mut parts = text.splitn(5, ' ');
        let word = match parts.next().unwrap_or_default() {
            "want" => Self::Want {
                tab: part(&mut parts)?,
                number: part(&mut parts)?,
                start: TailStart {
                    message: part(&mut parts)?,
                    cursor: part(&mut parts)?,
                },
            },
            "unwant" => Self::Unwant {
                tab: part(&mut parts)?,
            },
            name @ ("taken" | "joined") => Self::Taken {
                claim: claim(&mut parts)?,
                tab: part(&mut parts)?,
                number: part(&mut parts)?,
                is_open: name == "joined",
            },
            "opened" => Self::Opened {
                claim: claim(&mut parts)?,
            },
            "line" => Self::Line {
                claim: claim(&mut parts)?,
                message: part(&mut parts)?,
                text: part(&mut parts)?,
            },
            "failed" => {
                let claim = claim(&mut parts)?;
                let written = parts.next().unwrap_or_default();
                let failure = FAILURES.iter().find(|(_, it)| *it == written);
                let failure = failure.ok_or(WordError)?.0;
                Self::Failed { claim, failure }
            }
            _ => return Err(WordError),
        };
        Ok(word)
    }
}

/// What comes after the name of a word; the last part may have spaces.
type Parts<'a> = SplitN<'a, char>;

fn part<T: FromStr>(parts: &mut Parts<'_>) -> Result<T, WordError> {
    let part = parts.next().and_then(|part| part.parse().ok());
    part.ok_or(WordError)
}

fn claim(parts: &mut Parts<'_>) -> Result<Claim, WordError> {
    Ok(Claim {
        at_ms: part(parts)?,
        tab: part(parts)?,
    })
}

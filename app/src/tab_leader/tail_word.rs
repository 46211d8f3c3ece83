//! What tabs say to each other about running answers.

use std::{
    fmt,
    str::{FromStr, Split},
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

impl Failure {
    const WRITTEN: [(Self, &'static str); 5] = [
        (Self::Lost, "lost"),
        (Self::Broken, "broken"),
        (Self::Unauthorized, "unauthorized"),
        (Self::Forbidden, "forbidden"),
        (Self::NotFound, "not-found"),
    ];
}

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

/// One of these words.
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
    /// I lead by this claim and have heard that: what I pass on from now on is of a stream that
    /// has it.
    Taken {
        tab: Uuid,
        number: u32,
        claim: Claim,
    },
    /// The server answers: the stream begins.
    Opened,
    /// The server has told this of a message, in JSON.
    Line { message: MessageId, text: String },
    /// The stream is not there any more: whoever wants something says it again.
    Failed(Failure),
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
                tab: other,
                number,
                claim: Claim { at_ms, tab },
            } => write!(f, "taken {other} {number} {at_ms} {tab}"),
            Self::Opened => f.write_str("opened"),
            Self::Line { message, text } => write!(f, "line {message} {text}"),
            Self::Failed(failure) => {
                let written = Failure::WRITTEN.iter().find(|(it, _)| it == failure);
                write!(f, "failed {}", written.map_or("", |(_, written)| written))
            }
        }
    }
}

impl FromStr for TailWord {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut parts = rest.split(' ');
        match name {
            "want" => Ok(Self::Want {
                tab: part(&mut parts)?,
                number: part(&mut parts)?,
                start: TailStart {
                    message: part(&mut parts)?,
                    cursor: part(&mut parts)?,
                },
            }),
            "unwant" => Ok(Self::Unwant {
                tab: part(&mut parts)?,
            }),
            "taken" => Ok(Self::Taken {
                tab: part(&mut parts)?,
                number: part(&mut parts)?,
                claim: Claim {
                    at_ms: part(&mut parts)?,
                    tab: part(&mut parts)?,
                },
            }),
            "opened" => Ok(Self::Opened),
            "line" => {
                let (message, text) = rest.split_once(' ').ok_or(WordError)?;
                Ok(Self::Line {
                    message: message.parse().map_err(|_| WordError)?,
                    text: text.to_owned(),
                })
            }
            "failed" => {
                let failure = Failure::WRITTEN.iter().find(|(_, it)| *it == rest);
                failure.map(|(it, _)| Self::Failed(*it)).ok_or(WordError)
            }
            _ => Err(WordError),
        }
    }
}

fn part<T: FromStr>(parts: &mut Split<'_, char>) -> Result<T, WordError> {
    let part = parts.next().and_then(|part| part.parse().ok());
    part.ok_or(WordError)
}

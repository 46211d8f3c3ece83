//! What is wrong with a file, and where.

use std::fmt;

/// Most problems named; a file that has more is wrong as a whole.
const MAX_NAMED: usize = 50;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Names and numbers from the outside in, such as `messages/17/parent_id`; the first number
    /// of a list is 0. Empty: the whole file.
    pub place: String,
    pub message: String,
}

impl Problem {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }

    /// The same problem seen from further outside.
    pub(super) fn within(self, outer: &str) -> Self {
        let place = match (outer, self.place.as_str()) {
            ("", _) => self.place,
            (_, "") => outer.to_owned(),
            (outer, inner) => format!("{outer}/{inner}"),
        };
        Self { place, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.message),
            place => write!(f, "{place}: {}", self.message),
        }
    }
}

/// Why a file is not imported: the first problems, and how many more there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Problems {
    named: Vec<Problem>,
    num_more: usize,
}

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        if self.named.len() < MAX_NAMED {
            self.named.push(problem);
        } else {
            self.num_more += 1;
        }
    }

    /// Takes over the problems of a part.
    pub(super) fn append(&mut self, part: Self, place: &str) {
        for problem in part.named {
            self.push(problem.within(place));
        }
        self.num_more += part.num_more;
    }

    pub(super) fn into_result(self) -> Result<(), Self> {
        if self.named.is_empty() {
            Ok(())
        } else {
            Err(self)
        }
    }

    /// The first problems.
    pub fn named(&self) -> &[Problem] {
        &self.named
    }

    /// How many there are beside the named ones.
    pub const fn num_more(&self) -> usize {
        self.num_more
    }

    fn sentence(&self) -> String {
        let lines: Vec<String> = self.named.iter().map(ToString::to_string).collect();
        let more = match self.num_more {
            0 => String::new(),
            number => format!("\nand {number} more"),
        };
        format!("nothing was imported:\n{}{more}", lines.join("\n"))
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        let mut problems = Self::default();
        problems.push(problem);
        problems
    }
}

//! What is wrong with a file, and where.

use hearth_app::model::{ImportFault, ImportProblem};

/// Most problems named; a file that has more is wrong as a whole, and is not read to its end.
const MAX_NAMED: usize = 50;

pub(super) fn problem(place: impl Into<String>, fault: ImportFault) -> ImportProblem {
    let place = place.into();
    ImportProblem { place, fault }
}

/// The same problem seen from further outside.
pub(super) fn within(problem: ImportProblem, outer: &str) -> ImportProblem {
    let place = match (outer, problem.place.as_str()) {
        ("", _) => problem.place,
        (_, "") => outer.to_owned(),
        (outer, inner) => format!("{outer}/{inner}"),
    };
    ImportProblem { place, ..problem }
}

/// Why a file is not imported: the first problems, and how many more were found with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Problems {
    named: Vec<ImportProblem>,
    num_more: usize,
}

impl Problems {
    pub(super) fn push(&mut self, problem: ImportProblem) {
        if self.is_full() {
            self.num_more += 1;
        } else {
            self.named.push(problem);
        }
    }

    /// Takes over the problems of a part.
    pub(super) fn append(&mut self, part: Self, place: &str) {
        for problem in part.named {
            self.push(within(problem, place));
        }
        self.num_more += part.num_more;
    }

    /// Whether nothing that is found from now on is named.
    pub(super) fn is_full(&self) -> bool {
        self.named.len() >= MAX_NAMED
    }

    pub(super) fn into_result(self) -> Result<(), Self> {
        if self.named.is_empty() {
            Ok(())
        } else {
            Err(self)
        }
    }

    /// The first problems.
    pub fn named(&self) -> &[ImportProblem] {
        &self.named
    }

    /// How many were found beside the named ones.
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

impl From<ImportProblem> for Problems {
    fn from(problem: ImportProblem) -> Self {
        let mut problems = Self::default();
        problems.push(problem);
        problems
    }
}

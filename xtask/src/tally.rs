//! Counts what passed and what failed, from the lines that Rust's test harness prints.

use std::ops::AddAssign;

use anyhow::Result;

/// Checks that passed and checks that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) num_passed: usize,
    pub(crate) num_failed: usize,
}

impl Tally {
    pub(crate) const PASSED: Self = Self {
        num_passed: 1,
        num_failed: 0,
    };
    pub(crate) const FAILED: Self = Self {
        num_passed: 0,
        num_failed: 1,
    };

    /// One check; why it failed is told.
    pub(crate) fn of(check: Result<()>) -> Self {
        match check {
            Ok(()) => Self::PASSED,
            Err(error) => {
                println!("{error:#}");
                Self::FAILED
            }
        }
    }

    /// Adds what a line of test output says; other lines say nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else {
            return;
        };
        let count = |what: &str| {
            let before = counts.split_once(what)?.0;
            before
                .rsplit(|letter: char| !letter.is_ascii_digit())
                .next()?
                .parse::<usize>()
                .ok()
        };
        self.num_passed += count(" passed;").unwrap_or(0);
        self.num_failed += count(" failed;").unwrap_or(0);
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.num_passed += other.num_passed;
        self.num_failed += other.num_failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_over_all_test_programs() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            "a test that prints 9 passed;",
        ] {
            tally.read(line);
        }
        assert_eq!(
            tally,
            Tally {
                num_passed: 13,
                num_failed: 2
            }
        );
    }
}

//! How long something is said that goes by itself: pure, tested without a browser.

use std::time::Duration;

/// How often the page looks whether the time is over.
pub(super) const TICK: Duration = Duration::from_millis(250);

/// What is left of the time of a sentence, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stay(u8);

impl Stay {
    /// Of a word: 5 s.
    pub(super) const WORD: Self = Self(20);
    /// Of a sentence with a way back, which somebody has to find and to press: 8 s.
    pub(super) const WAY_BACK: Self = Self(32);

    /// After one more tick. Time stands still while somebody `holds` it: the pointer or the focus
    /// is there, or nobody can see it.
    pub(super) const fn tick(self, holds: bool) -> Self {
        if holds {
            self
        } else {
            Self(self.0.saturating_sub(1))
        }
    }

    /// Nothing is left.
    pub(super) const fn is_over(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After so many ticks of each kind, one kind after the other.
    fn after(stay: Stay, ticks: &[(u32, bool)]) -> Stay {
        let all = ticks.iter().flat_map(|(number, holds)| {
            let number = usize::try_from(*number).unwrap();
            std::iter::repeat_n(*holds, number)
        });
        all.fold(stay, Stay::tick)
    }

    fn ticks_of(seconds: u32) -> u32 {
        seconds * 1000 / u32::try_from(TICK.as_millis()).unwrap()
    }

    #[test]
    fn a_word_is_said_for_five_seconds_and_a_way_back_for_eight() {
        for (stay, seconds) in [(Stay::WORD, 5), (Stay::WAY_BACK, 8)] {
            let number = ticks_of(seconds);
            assert!(!after(stay, &[(number - 1, false)]).is_over());
            assert!(after(stay, &[(number, false)]).is_over());
            assert!(after(stay, &[(number + 1, false)]).is_over());
        }
    }

    #[test]
    fn time_stands_still_while_it_is_held_and_goes_on_from_there() {
        let number = ticks_of(8);
        let held = [(3, false), (10 * number, true), (2, false), (7, true)];
        let rest = after(Stay::WAY_BACK, &held);
        assert_eq!(rest, after(Stay::WAY_BACK, &[(5, false)]));
        assert!(!after(rest, &[(number - 6, false)]).is_over());
        assert!(after(rest, &[(number - 5, false)]).is_over());
    }
}

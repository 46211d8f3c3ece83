//! How long a thread has computed.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time of a core that this thread has had; a thread that waits has none.
pub(super) fn core_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_waits_has_no_time_of_a_core() {
        let before = core_time();
        std::thread::sleep(Duration::from_millis(50));
        let had = core_time().saturating_sub(before);
        assert!(had < Duration::from_millis(40), "{had:?}");
        // One that computes has.
        let before = core_time();
        let mut number = 1_u64;
        while core_time() == before {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
    }
}

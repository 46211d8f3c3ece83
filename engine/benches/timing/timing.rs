//! What benches of kernels share: numbers to compute with, and the time of a call.

use std::time::{Duration, Instant};

/// Threads that were asked for; 0, physical cores, where nobody did. Cargo hands its own options
/// on.
pub(crate) fn num_threads() -> usize {
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    asked.unwrap_or(0)
}

/// Numbers between -1 and 1.
pub(crate) fn noise(count: usize) -> Vec<f32> {
    (0..count)
        .map(|index| u16::try_from(index * 7919 % 1000).map_or(0.0, f32::from) / 500.0 - 1.0)
        .collect()
}

/// Median seconds of a call: five at least, and for `long_enough`. Inputs are used in turn.
pub(crate) fn median_seconds<I>(inputs: &[I], long_enough: Duration, call: impl Fn(&I)) -> f64 {
    let (mut times, start) = (Vec::new(), Instant::now());
    for input in inputs.iter().cycle() {
        if times.len() >= 5 && start.elapsed() >= long_enough {
            break;
        }
        let began = Instant::now();
        call(input);
        times.push(began.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^52")]
pub(crate) fn cast(count: usize) -> f64 {
    count as f64
}

//! How much memory a process has taken.

use std::fs;

/// The most memory this process had so far, in KiB.
pub(crate) fn high_water_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("the line has a number")
}

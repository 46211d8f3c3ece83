//! How many cores this machine has.

use std::collections::HashSet;
use std::fs;

/// Physical cores this process may use; a second thread on a core only takes the first one's time.
pub(super) fn num_physical_cores() -> usize {
    let logical = std::thread::available_parallelism().map_or(1, usize::from);
    let siblings = |index: usize| {
        let path = format!("/sys/devices/system/cpu/cpu{index}/topology/thread_siblings_list");
        fs::read_to_string(path).ok()
    };
    let cores: HashSet<String> = (0..1024).map_while(siblings).collect();
    if cores.is_empty() {
        logical
    } else {
        cores.len().min(logical)
    }
}

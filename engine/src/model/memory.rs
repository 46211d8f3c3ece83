//! Whether a model fits into the memory that is free.

use std::fs;

use super::ModelError;

/// What a model takes beside its weights: buffers of a step, and the tensor that is being brought
/// into place (1 GiB).
const BESIDE_WEIGHTS: u64 = 1 << 30;

/// Refuses weights of so many bytes if they do not fit. Where the system does not tell how much
/// is free, nothing is refused.
///
/// # Errors
/// [`ModelError::Memory`].
pub(crate) fn check(weight_bytes: u64) -> Result<(), ModelError> {
    // A small model fits wherever this program runs.
    if weight_bytes < BESIDE_WEIGHTS {
        return Ok(());
    }
    let needed = weight_bytes.saturating_add(BESIDE_WEIGHTS);
    match available() {
        Some(free) if free < needed => Err(ModelError::Memory { needed, free }),
        _ => Ok(()),
    }
}

/// Bytes that programs can have without swapping, as Linux estimates them.
pub(crate) fn available() -> Option<u64> {
    parse(&fs::read_to_string("/proc/meminfo").ok()?)
}

/// `MemAvailable:   12345 kB`
fn parse(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_refused_with_both_numbers() {
        let error = check(1 << 60).unwrap_err().to_string();
        assert!(
            error.starts_with("the model needs 1099511628800 MB"),
            "{error}"
        );
        assert!(check(1 << 20).is_ok());
    }

    #[test]
    fn the_system_s_estimate_is_read() {
        let text = "MemTotal:  10 kB\nMemAvailable:    7 kB\n";
        assert_eq!(parse(text), Some(7168));
        assert_eq!(parse("MemTotal: 10 kB"), None);
    }
}

//! How far a long test goes, and which seed it begins with.

use std::{
    env,
    io::{self, Write as _},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};

/// Repeats what a seed did: a number.
const SEED: &str = "HEARTH_TEST_SEED";

/// Whether all is tried, on a machine that is for this alone.
pub fn is_whole() -> bool {
    env::var("HEARTH_TEST_EXTENT").is_ok_and(|extent| extent == "whole")
}

/// The seed of a test, which is printed: what `HEARTH_TEST_SEED` says, else `usual`, so that one
/// change is tried as the other; the whole form takes another one each night.
pub fn seed(test: &str, usual: u64) -> Result<u64> {
    let seed = match env::var(SEED) {
        Ok(given) => given
            .parse()
            .with_context(|| format!("{SEED} is {given}"))?,
        Err(_) if is_whole() => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            u64::try_from(now.as_millis())?
        }
        Err(_) => usual,
    };
    writeln!(io::stdout(), "{test}: {SEED}={seed}")?;
    Ok(seed)
}

//! Randomness without a state.
//!
//! Source: the finaliser of `SplitMix64` (Steele, Lea and Flood 2014), used twice.

/// Step of the sequence: 2^64 divided by the golden ratio, odd.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// A number from 0, below 1, that depends on both arguments alone.
pub(super) fn unit(seed: u64, position: u64) -> f64 {
    let bits = mixed(mixed(seed.wrapping_add(STEP)) ^ position.wrapping_mul(STEP));
    let upper = u32::try_from(bits >> 32).expect("invariant: 32 bits remain");
    f64::from(upper) / (f64::from(u32::MAX) + 1.0)
}

fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

//! The exponential function, without branches so that it vectorises.

/// `e^value` within 3e-7 relative; 0 below -87 and no more than `e^88`.
///
/// `value = n ln 2 + r` with `|r| <= ln 2 / 2`; the Taylor polynomial of `e^r`, times `2^n`.
#[inline(always)]
pub(in crate::kernels::cpu) fn exponential(value: f32) -> f32 {
    // Adding this leaves the nearest integer in the low bits of the float.
    const ROUNDER: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let clamped = value.clamp(-87.3, 88.0);
    let shifted = clamped * std::f32::consts::LOG2_E + ROUNDER;
    let count = shifted - ROUNDER;
    let rest = clamped - count * LN_2_HIGH - count * LN_2_LOW;
    let mut power = 1.0 / 720.0;
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        power = power * rest + coefficient;
    }
    let exponent = shifted
        .to_bits()
        .wrapping_sub(ROUNDER.to_bits())
        .wrapping_add(127)
        << 23;
    let result = power * f32::from_bits(exponent);
    if value < -87.3 { 0.0 } else { result }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential_from_minus_87_to_88() {
        for step in -8_700_i16..8_800 {
            let value = f32::from(step) / 100.0;
            let expected = f64::from(value).exp();
            let error = (f64::from(exponential(value)) - expected).abs() / expected;
            assert!(error < 6e-7, "e^{value}: relative error {error}");
        }
        assert!(exponential(-1000.0).to_bits() == 0);
        assert!((exponential(0.0) - 1.0).abs() < f32::EPSILON);
    }
}

//! Rotary frequencies stretched over more positions than the model was first trained on.
//!
//! Source: Peng and others, "`YaRN`: Efficient Context Window Extension of Large Language Models",
//! 2023, section 3.4. gpt-oss does not round the borders of its ramp.

use std::f64::consts::TAU;

use super::config::RopeConfig;
use crate::kernels::reference;

/// Radians a position of each pair (`[head_dim / 2]`), and the factor of every cosine and sine.
pub(super) fn frequencies(head_dim: usize, rope: &RopeConfig) -> (Vec<f64>, f64) {
    let plain = reference::frequencies(head_dim, rope.base);
    let Some(yarn) = rope.yarn else {
        return (plain, 1.0);
    };
    let factor = f64::from(yarn.factor);
    // The pair that turns that many times within the first training's window.
    let pair_of = |turns: f32| {
        let window = f64::from(yarn.original_context);
        let turns = (window / (f64::from(turns) * TAU)).ln();
        to_f64(plain.len()) * turns / f64::from(rope.base).ln()
    };
    let (low, high) = (pair_of(yarn.beta_fast), pair_of(yarn.beta_slow));
    let stretched = plain.iter().enumerate().map(|(pair, frequency)| {
        let ramp = ((to_f64(pair) - low) / (high - low)).clamp(0.0, 1.0);
        frequency / factor * ramp + frequency * (1.0 - ramp)
    });
    (stretched.collect(), 0.1 * factor.ln() + 1.0)
}

#[expect(clippy::cast_precision_loss, reason = "a head has some hundred values")]
fn to_f64(value: usize) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::super::config::YarnConfig;
    use super::*;

    #[test]
    fn the_published_model_has_the_frequencies_of_the_reference_implementation() {
        let rope = RopeConfig {
            base: 150_000.0,
            yarn: Some(YarnConfig {
                factor: 32.0,
                original_context: 4096,
                beta_fast: 32.0,
                beta_slow: 1.0,
            }),
        };
        let (frequencies, factor) = frequencies(64, &rope);
        assert!((factor - 1.346_573_6).abs() < 1e-6, "{factor}");
        // Computed with OpenAI's formula in f64.
        let expected = [
            (0, 1.0),
            (1, 0.689_044),
            (8, 0.050_813_3),
            (9, 0.031_705_7),
            (13, 0.003_860_36),
            (17, 0.000_129_319),
            (18, 3.830_88e-5),
            (19, 2.639_65e-5),
            (31, 3.023_51e-7),
        ];
        for (pair, expected) in expected {
            let found = frequencies[pair];
            assert!((found / expected - 1.0).abs() < 1e-5, "{pair}: {found}");
        }
    }
}

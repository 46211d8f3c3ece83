//! The next token, chosen where the logits are.

use hearth_engine::kernels::{self, Draw, DrawTensor, reference};
use hearth_engine::request::SamplingParams;
use hearth_engine::sampling::Sampler;

use super::{Noise, device, matrix};

/// How far a boundary between two tokens may move where sums are f32.
const NEAR: f32 = 2e-5;

fn chosen(logits: &[f32], draws: &[Draw]) -> Vec<i64> {
    let vocab_size = logits.len() / draws.len();
    let draw_tensor = DrawTensor::new(draws, &device());
    let tokens = kernels::choose(matrix(logits, vocab_size), &draw_tensor);
    tokens.into_data().iter::<i64>().collect()
}

/// What the reference chooses with this draw and with those next to it.
fn acceptable(logits: &[f32], draw: &Draw) -> Vec<i64> {
    let mut found = Vec::new();
    for unit in [-NEAR, 0.0, NEAR] {
        for top_p in [-NEAR, 0.0, NEAR] {
            let unit = (draw.unit + unit).clamp(0.0, 1.0);
            let top_p = if draw.top_p < 1.0 {
                draw.top_p + top_p
            } else {
                1.0
            };
            let draw = Draw {
                unit,
                top_p,
                ..*draw
            };
            found.push(i64::from(reference::choose(logits, &[draw])[0]));
        }
    }
    found
}

/// Logits with equals, impossible ones and some that are no numbers.
fn logits(noise: &mut Noise, vocab_size: usize) -> Vec<f32> {
    let mut logits: Vec<f32> = noise.floats(vocab_size).iter().map(|it| it * 8.0).collect();
    for (index, logit) in logits.iter_mut().enumerate() {
        match index % 31 {
            3 => *logit = 5.0,
            7 => *logit = f32::NEG_INFINITY,
            11 => *logit = f32::NAN,
            _ => {}
        }
    }
    logits
}

/// Every way to draw: temperature, top-k, top-p and min-p.
const KINDS: [(f32, u32, f32, f32); 9] = [
    (1.0, 0, 1.0, 0.0),
    (0.0, 0, 1.0, 0.0),
    (0.7, 0, 0.95, 0.0),
    (1.0, 0, 0.3, 0.01),
    (1.0, 40, 1.0, 0.0),
    (1.0, 5, 0.5, 0.0),
    (2.0, 1, 1.0, 0.0),
    (1.0, 100_000, 0.999, 0.0),
    (1e-30, 0, 1.0, 0.0),
];

#[test]
fn draws_agree_with_the_reference() {
    let mut noise = Noise(17);
    for vocab_size in [40, 1_024, 5_003] {
        let mut differences = 0;
        for round in 0_u8..6 {
            let draws = KINDS.map(|(temperature, top_k, top_p, min_p)| Draw {
                temperature,
                top_k,
                top_p,
                min_p,
                unit: f32::midpoint(noise.float(), 1.0) * if round == 0 { 0.0 } else { 1.0 },
            });
            let logits: Vec<Vec<f32>> = draws
                .iter()
                .map(|_| logits(&mut noise, vocab_size))
                .collect();
            let found = chosen(&logits.concat(), &draws);
            for ((logits, draw), found) in logits.iter().zip(&draws).zip(found) {
                let expected = i64::from(reference::choose(logits, &[*draw])[0]);
                differences += usize::from(found != expected);
                let acceptable = acceptable(logits, draw);
                assert!(
                    acceptable.contains(&found),
                    "{draw:?}: {found}, not {acceptable:?}"
                );
            }
        }
        assert!(
            differences <= 2,
            "{differences} of 54 draws only next to the reference"
        );
    }
}

#[test]
fn equal_logits_are_cut_at_the_lowest_ids() {
    let draw = |top_k, unit| Draw {
        temperature: 1.0,
        top_k,
        top_p: 1.0,
        min_p: 0.0,
        unit,
    };
    let draws = [
        draw(7, 0.0),
        draw(7, 0.999),
        draw(2_500, 0.999_9),
        draw(0, 0.999_999),
    ];
    let found = chosen(&vec![0.5; 4 * 3_000], &draws);
    assert_eq!(found[..3], [0, 6, 2_499]);
    assert!((2_995..3_000).contains(&found[3]), "{found:?}");
}

#[test]
fn where_nothing_is_possible_a_token_is_chosen_all_the_same() {
    let draw = Draw {
        temperature: 1.0,
        top_k: 3,
        top_p: 0.9,
        min_p: 0.0,
        unit: 0.0,
    };
    let impossible = [f32::NAN; 20];
    assert_eq!(chosen(&impossible, &[draw]), [0]);
    let mut endless = [0.0; 20];
    endless[13] = f32::INFINITY;
    assert_eq!(chosen(&endless, &[draw]), [13]);
}

#[test]
fn the_reference_draws_as_the_sampler_does() {
    let mut noise = Noise(23);
    let kinds = [
        (0.7, 0, 0.95, 0.0),
        (1.0, 40, 1.0, 0.0),
        (1.2, 9, 0.6, 0.02),
        (0.0, 0, 1.0, 0.0),
    ];
    for (temperature, top_k, top_p, min_p) in kinds {
        let params = SamplingParams {
            temperature,
            top_k,
            top_p,
            min_p,
            seed: 5,
            ..SamplingParams::default()
        };
        let sampler = Sampler::new(params, &[]);
        for position in 0..40 {
            let logits = logits(&mut noise, 700);
            let draw = sampler.draw(position).unwrap();
            let expected = sampler.sample(&mut logits.clone(), position);
            let found = acceptable(&logits, &draw);
            assert!(
                found.contains(&i64::from(expected.0)),
                "{position}: {expected:?}, {found:?}"
            );
        }
    }
    let penalised = SamplingParams {
        presence_penalty: 0.5,
        ..SamplingParams::default()
    };
    assert_eq!(Sampler::new(penalised, &[]).draw(3), None);
}

//! The default model against outputs that another implementation made, see
//! `golden/smollm2-135m/README.md`.
//!
//! The model file is not in the repository: `HEARTH_TEST_MODEL` says where it is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stderr,
    reason = "what was skipped or measured is worth reading"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hearth_engine::bench::{BenchParams, bench};
use hearth_engine::loader::GgufFile;
use hearth_engine::model_runner::{ModelRunner, RunnerConfig};
use hearth_engine::verify::{VerifyReport, verify_directory};

fn model() -> PathBuf {
    let path = std::env::var_os("HEARTH_TEST_MODEL").expect(
        "HEARTH_TEST_MODEL must name SmolLM2-135M-Instruct.Q4_1.gguf; \
         tests/golden/smollm2-135m/README.md says where to get it",
    );
    PathBuf::from(path)
}

fn golden_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/smollm2-135m")
}

/// The golden ids themselves: the tokenizer has its own test, this one is about numbers.
fn golden_ids() -> HashMap<String, Vec<u32>> {
    let json = std::fs::read(golden_dir().join("golden.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let ids = |entry: &serde_json::Value| {
        let ids = serde_json::from_value(entry["ids"].clone()).unwrap();
        Some((entry["text"].as_str()?.to_owned(), ids))
    };
    let entries = ["tokenizer_vectors", "prompts"].map(|key| json[key].as_array().unwrap());
    entries.into_iter().flatten().filter_map(ids).collect()
}

fn verify(exact: bool) -> VerifyReport {
    let ids = golden_ids();
    let encode = |text: &str| ids[text].clone();
    let report = verify_directory(&model(), &golden_dir(), exact, &encode).unwrap();
    let json = serde_json::to_string_pretty(&report).unwrap();
    eprintln!("{json}");
    report
}

#[test]
fn float_activations_give_the_golden_outputs() {
    let report = verify(true);
    assert!(report.passed, "{report:#?}");
    assert!(
        report
            .prompts
            .iter()
            .map(|prompt| prompt.num_greedy_compared)
            .sum::<usize>()
            > 300
    );
}

#[test]
fn rounded_activations_stay_near_the_golden_outputs() {
    let report = verify(false);
    assert!(report.passed, "{report:#?}");
}

#[test]
fn a_bench_reports_speeds_and_the_share_of_the_bandwidth() {
    let file = GgufFile::open(model()).unwrap();
    assert_eq!(file.num_parameters(), 134_515_008);
    let mut runner = ModelRunner::load(file, &RunnerConfig::default(), &mut |_| ()).unwrap();
    let report = bench(
        &mut runner,
        BenchParams {
            prefill_tokens: 128,
            decode_tokens: 64,
            ..BenchParams::default()
        },
    );
    eprintln!("{}", serde_json::to_string_pretty(&report).unwrap());
    assert!(report.prefill_tokens_per_s > 0.0 && report.decode_tokens_per_s > 0.0);
    assert!(report.share > 0.0 && report.read_bandwidth_gb_s > 0.0);
    assert!(report.bytes_per_token > 90_000_000);
}

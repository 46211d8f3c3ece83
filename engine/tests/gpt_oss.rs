//! The gpt-oss architecture against outputs that another implementation made, see
//! `golden/gpt-oss-tiny/README.md`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "what was measured is worth reading")]

use std::path::{Path, PathBuf};

use hearth_engine::handle::GenerationStream;
use hearth_engine::request::{GenerationEvent, TokenId};

#[path = "targets/targets.rs"]
mod targets;

mod gpt_oss {
    mod decode;
    mod devices;
    mod golden_chat;
    mod golden_tiny;
    mod headers;
    mod preemption;
    mod prefixes;
    mod refusals;
    mod scoring;
    mod tokens;
    mod turns;
}

/// How much is computed on cards in software, which take minutes for what a card does in seconds:
/// `HEARTH_TEST_EXTENT` is `brief`, `whole`, or not set.
fn extent() -> Option<String> {
    targets::is_card().then(|| std::env::var("HEARTH_TEST_EXTENT").unwrap_or_default())
}

/// Whether answers on a card are followed for their beginnings only.
fn is_shortened() -> bool {
    extent().is_some_and(|extent| extent != "whole")
}

/// Whether one model stands for several of the same kind.
fn is_brief() -> bool {
    extent().is_some_and(|extent| extent == "brief")
}

/// A set of golden outputs: where it is committed, or below `HEARTH_TEST_GOLDEN` for a program that
/// runs elsewhere than it was compiled.
fn golden(name: &str) -> PathBuf {
    let folder = std::env::var_os("HEARTH_TEST_GOLDEN").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        PathBuf::from,
    );
    folder.join(name)
}

/// The tokens of an answer; there is at least one.
async fn written(mut stream: GenerationStream) -> Vec<TokenId> {
    let mut written = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            GenerationEvent::Tokens { ids, .. } => written.extend(ids),
            GenerationEvent::Failed(error) => panic!("{error}"),
            _ => {}
        }
    }
    assert!(!written.is_empty());
    written
}

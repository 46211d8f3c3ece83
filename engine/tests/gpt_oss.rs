//! The gpt-oss architecture against outputs that another implementation made, see
//! `golden/gpt-oss-tiny/README.md`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "what was measured is worth reading")]

use std::path::{Path, PathBuf};

#[path = "targets/targets.rs"]
mod targets;

mod gpt_oss {
    mod decode;
    mod devices;
    mod golden_chat;
    mod golden_tiny;
    mod preemption;
    mod refusals;
    mod tokens;
}

/// Whether answers on a card are followed for their beginnings only: cards in software need minutes
/// for the rest, which the nightly checks ask for with `HEARTH_TEST_WHOLE`.
fn is_shortened() -> bool {
    targets::is_card() && std::env::var_os("HEARTH_TEST_WHOLE").is_none()
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

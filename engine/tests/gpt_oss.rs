//! The gpt-oss architecture against outputs that another implementation made, see
//! `golden/gpt-oss-tiny/README.md`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "what was measured is worth reading")]

#[path = "targets/targets.rs"]
mod targets;

mod gpt_oss {
    mod golden_chat;
    mod golden_tiny;
    mod refusals;
    mod tokens;
}

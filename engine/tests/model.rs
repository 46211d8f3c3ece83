//! Model files and forward passes on a tiny model that the tests write themselves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "model/damaged_files.rs"]
mod damaged_files;
#[path = "model/equalities.rs"]
mod equalities;
#[path = "model/tiny_gguf.rs"]
mod tiny_gguf;

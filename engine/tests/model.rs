//! Model files and forward passes on a tiny model that the tests write themselves.

#[path = "model/damaged_files.rs"]
mod damaged_files;
#[path = "model/equalities.rs"]
mod equalities;
#[path = "model/tiny_gguf.rs"]
mod tiny_gguf;
